package vault

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"tellbox/keys"
)

// errSecret says no more: what a damaged secret contains belongs in no error.
var errSecret = errors.New("not a secret of the expected kind")

const keyholderHeader = "tellbox/1 keyholder secret"

// A Keyholder is the secret that signs rosters. Its text, before Seal, is
//
//	tellbox/1 keyholder secret
//	name Ana
//	seed <64 hex digits, an Ed25519 seed>
//
// Threshold of these together decide who reads. One alone decides nothing.
type Keyholder struct {
	Name string
	Key  ed25519.PrivateKey
}

// NewKeyholder makes a signing key, and the public file for it.
func NewKeyholder(name string) (*Keyholder, keys.Keyholder, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, keys.Keyholder{}, fmt.Errorf("making keyholder: %w", err)
	}
	k := &Keyholder{Name: name, Key: key}
	public, err := k.Public()
	if err != nil {
		return nil, keys.Keyholder{}, fmt.Errorf("making keyholder: %w", err)
	}
	return k, public, nil
}

// ParseKeyholder reads the text of a keyholder's secret.
func ParseKeyholder(text []byte) (*Keyholder, error) {
	lines := strings.Split(string(text), "\n")
	if len(lines) != 4 || lines[0] != keyholderHeader {
		return nil, fmt.Errorf("parsing keyholder: %w", errSecret)
	}
	name, ok := strings.CutPrefix(lines[1], "name ")
	key, err := parseSeed(lines[2], "seed ")
	k := &Keyholder{Name: name, Key: key}
	if !ok || err != nil || k.Text() != string(text) {
		return nil, fmt.Errorf("parsing keyholder: %w", errSecret)
	}
	if _, err := k.Public(); err != nil {
		return nil, fmt.Errorf("parsing keyholder: %w", err)
	}
	return k, nil
}

// Text is what Seal is given.
func (k *Keyholder) Text() string {
	return fmt.Sprintf("%s\nname %s\nseed %x\n", keyholderHeader, k.Name, k.Key.Seed())
}

// Public is the file for everybody; it fails if the name is not one the format allows.
func (k *Keyholder) Public() (keys.Keyholder, error) {
	return keys.NewKeyholder(k.Name, k.Key.Public().(ed25519.PublicKey))
}

// Signer signs rosters and keyholders texts, with keys.Sign.
func (k *Keyholder) Signer() note.Signer {
	return signer{keys.NewVerifier(k.Key.Public().(ed25519.PublicKey)), k.Key}
}

// A signer borrows the note name and hash from the verifier of the same key.
type signer struct {
	note.Verifier
	key ed25519.PrivateKey
}

func (s signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }

func parseSeed(line, prefix string) (ed25519.PrivateKey, error) {
	digits, ok := strings.CutPrefix(line, prefix)
	seed, err := hex.DecodeString(digits)
	if !ok || err != nil || len(seed) != ed25519.SeedSize {
		return nil, errSecret
	}
	return ed25519.NewKeyFromSeed(seed), nil
}
