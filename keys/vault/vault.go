// Package vault keeps secrets at rest: a keyholder's signing key, an advocate's age identity and sign-in key. Each is a
// short readable text, encrypted under a passphrase in age's own format, so that the public program opens it too:
//
//	age -d k1
//	age -d -i secret envelope.age      an advocate's secret is an age identity file (needs age 1.3 or newer)
//
// # What it promises
//
// Without the passphrase a vault file shows nothing but its size. Guessing costs scrypt with N = 2^17, r = 8, p = 1 per
// guess: half a second and 128 MiB on one core of 2026. Files are written durably and with mode 0600, and an existing
// secret is never overwritten.
//
// # What it does not promise
//
// A weak passphrase stays weak. Secrets are in memory, and perhaps in swap, while a program runs; Go gives no way to
// erase them for certain. Passphrases are used byte by byte: an é typed on another system may not be the same bytes.
// Who can change the file can destroy it, or put back an older one with its older passphrase.
//
// The server never links this package.
package vault

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"

	"filippo.io/age/armor"
)

// ErrPassphrase: the passphrase does not open the file.
var ErrPassphrase = errors.New("the passphrase is wrong")

// maxSecret bounds what is sealed, maxFile the armored file, in bytes. Ours have a few hundred.
const (
	maxSecret = 512 << 10
	maxFile   = 1 << 20
)

// workFactor is the logarithm of scrypt's N for new files. Measured on one core: 15 takes 0.10 s, 16 0.19 s, 17 0.51 s,
// 18 (age's own default) 1.16 s. Files say which factor they have; maxWorkFactor bounds what a hostile one can cost.
var workFactor = 17

const maxWorkFactor = 20

// WeakenForTests makes Seal cheap and its files worthless, in this process, from now on. The race detector stretches
// one Seal or Open to four seconds, and a journey needs dozens. It panics outside a test binary.
func WeakenForTests() {
	if flag.Lookup("test.v") == nil {
		panic("vault: WeakenForTests in a real program")
	}
	workFactor = 10
}

// Seal encrypts at most 512 KiB under a passphrase, ASCII armored. An empty passphrase is refused.
func Seal(plaintext []byte, passphrase string) ([]byte, error) {
	if len(plaintext) > maxSecret {
		return nil, fmt.Errorf("sealing secret: longer than %d bytes", maxSecret)
	}
	var sealed bytes.Buffer
	armored := armor.NewWriter(&sealed)
	w, err := SealTo(armored, passphrase)
	if err != nil {
		return nil, fmt.Errorf("sealing secret: %w", err)
	}
	if _, err := w.Write(plaintext); err != nil {
		return nil, fmt.Errorf("sealing secret: %w", err)
	}
	if err := errors.Join(w.Close(), armored.Close()); err != nil {
		return nil, fmt.Errorf("sealing secret: %w", err)
	}
	return sealed.Bytes(), nil
}

// Open decrypts what Seal made, or what `age -p` made, armored or not. A wrong passphrase is ErrPassphrase; all other
// failures mean that the file is damaged or something else.
func Open(sealed []byte, passphrase string) ([]byte, error) {
	if len(sealed) > maxFile {
		return nil, fmt.Errorf("opening secret: longer than %d bytes", maxFile)
	}
	var r io.Reader = bytes.NewReader(sealed)
	if bytes.HasPrefix(sealed, []byte(armor.Header)) {
		r = armor.NewReader(r)
	}
	plain, err := OpenFrom(r, passphrase)
	if err != nil {
		return nil, fmt.Errorf("opening secret: %w", err)
	}
	secret, err := io.ReadAll(plain)
	if err != nil {
		return nil, fmt.Errorf("opening secret: damaged: %w", err)
	}
	return secret, nil
}
