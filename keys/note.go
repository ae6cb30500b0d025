package keys

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// A signed text is a note (golang.org/x/mod/sumdb/note, C2SP signed-note): the text, an empty line, and one line
// "— NAME BASE64" for each signature. The texts here contain no empty line themselves, so an unsigned text is simply
// one without a signature block.

// splitNote parts a signed or unsigned text from its signatures, which it does not check.
func splitNote(signed []byte) (*note.Note, error) {
	if len(signed) > maxText {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrFormat, maxText)
	}
	if !bytes.Contains(signed, []byte("\n\n")) {
		return &note.Note{Text: string(signed)}, nil
	}
	_, err := note.Open(signed, nil)
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) {
		return nil, fmt.Errorf("%w: malformed signatures", ErrFormat)
	}
	return unverified.Note, nil
}

// Sign appends a signature to a roster or a keyholders text and returns the signed text. Other signatures stay as
// they are, unchecked. Signing again with the same key changes nothing, or replaces that key's signature if the text
// was changed since. Anything that is not a well-formed roster or keyholders text is refused as ErrFormat, so that a
// keyholder's key never signs something else by accident. vault.Keyholder.Signer makes signers.
func Sign(text []byte, signer note.Signer) ([]byte, error) {
	var err error
	if bytes.HasPrefix(text, []byte(rosterHeader+"\n")) {
		_, err = ParseRoster(text)
	} else {
		_, err = ParseKeyholders(text)
	}
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	n, err := splitNote(text)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	signed, err := note.Sign(&note.Note{Text: n.Text}, signer)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	line := signed[len(n.Text)+1:]
	if bytes.Contains(text, append([]byte("\n"), line...)) {
		return bytes.Clone(text), nil // Ed25519 is deterministic: this key signed this text before
	}
	if signed, err = note.Sign(n, signer); err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return signed, nil
}

// signers returns the names of the keyholders in k who signed, in the order of the keyholders file, or
// ErrTooFewSignatures, or ErrAltered. Signatures by other keys are ignored.
func (k *Keyholders) signers(signed []byte) ([]string, error) {
	have := make(map[string]bool)
	if bytes.Contains(signed, []byte("\n\n")) {
		var known []note.Verifier
		for _, h := range k.Keyholders {
			known = append(known, h.verifier())
		}
		n, err := note.Open(signed, note.VerifierList(known...))
		var unverified *note.UnverifiedNoteError
		var invalid *note.InvalidSignatureError
		switch {
		case errors.As(err, &invalid):
			return nil, ErrAltered
		case errors.As(err, &unverified):
			n = unverified.Note
		case err != nil:
			return nil, fmt.Errorf("%w: malformed signatures", ErrFormat)
		}
		for _, s := range n.Sigs {
			have[s.Name] = true // one key has one note name: this counts keys
		}
	}
	names := []string{}
	for _, h := range k.Keyholders {
		if have[h.NoteName()] {
			names = append(names, h.Name)
		}
	}
	if len(names) < k.Threshold {
		who := strings.Join(names, ", ")
		if who == "" {
			who = "nobody"
		}
		return names, fmt.Errorf("%w: %d of %d are needed, and %s did", ErrTooFewSignatures, k.Threshold, len(k.Keyholders), who)
	}
	return names, nil
}

// NoteName is the name a keyholder's signatures bear: "tellbox-" and 32 hex digits of the key's fingerprint. It comes
// from the key alone, so a key cannot sign under two names; the name for people stands in the keyholders file.
func NoteName(key ed25519.PublicKey) string {
	return "tellbox-" + strings.ReplaceAll(keyFingerprint(key), " ", "")
}

// NewVerifier returns what checks note signatures by a key. It panics unless the key has 32 bytes.
func NewVerifier(key ed25519.PublicKey) note.Verifier {
	vkey, err := note.NewEd25519VerifierKey(NoteName(key), key)
	if err != nil {
		panic(err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		panic(err)
	}
	return v
}
