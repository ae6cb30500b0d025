package keys

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"

	"golang.org/x/mod/sumdb/note"
)

const keyholderHeader = "tellbox/1 keyholder"

// A Keyholder is one of the people who vouch for a roster. Her public file (k1.pub) is
//
//	tellbox/1 keyholder
//	name Ana
//	key <64 hex digits, an Ed25519 public key>
type Keyholder struct {
	Name string
	Key  ed25519.PublicKey
}

// NewKeyholder checks the name (1 to 200 characters, no "|", nothing invisible) and the key.
func NewKeyholder(name string, key ed25519.PublicKey) (Keyholder, error) {
	k := Keyholder{Name: name, Key: key}
	return k, k.check()
}

// ParseKeyholder reads a public keyholder file. All failures are ErrFormat.
func ParseKeyholder(text []byte) (Keyholder, error) {
	l := readLines(string(text), keyholderHeader)
	k := Keyholder{Name: l.take("name"), Key: l.publicKey("key")}
	if err := l.finish(); err != nil {
		return Keyholder{}, fmt.Errorf("parsing keyholder: %w", err)
	}
	if err := k.check(); err != nil {
		return Keyholder{}, fmt.Errorf("parsing keyholder: %w", err)
	}
	if err := same(string(text), k.Text()); err != nil {
		return Keyholder{}, fmt.Errorf("parsing keyholder: %w", err)
	}
	return k, nil
}

func (k Keyholder) check() error {
	if err := checkPiped("a keyholder's name", k.Name); err != nil {
		return err
	}
	return checkKey(k.Key)
}

// Text is the public file.
func (k Keyholder) Text() string {
	return fmt.Sprintf("%s\nname %s\nkey %s\n", keyholderHeader, k.Name, hex.EncodeToString(k.Key))
}

// Fingerprint is for posters: eight groups of four hex digits, of the key alone.
func (k Keyholder) Fingerprint() string { return keyFingerprint(k.Key) }

// NoteName is the name of this key in note signatures.
func (k Keyholder) NoteName() string { return NoteName(k.Key) }

func (k Keyholder) verifier() note.Verifier { return NewVerifier(k.Key) }

func keyFingerprint(key ed25519.PublicKey) string {
	return fingerprint("tellbox/1 keyholder key\n" + string(key))
}
