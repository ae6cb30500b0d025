package vault

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"filippo.io/age"
)

// SealTo encrypts what is written, however long, under a passphrase and onto dst, without armor and in constant memory. What stands
// in dst is whole once Close has returned nil. An empty passphrase is refused.
func SealTo(dst io.Writer, passphrase string) (io.WriteCloser, error) {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, err
	}
	recipient.SetWorkFactor(workFactor)
	return age.Encrypt(dst, recipient)
}

// OpenFrom decrypts what SealTo or `age -p` made. Each piece that is read is what was sealed; that nothing is missing is known at
// io.EOF and not before. A wrong passphrase is ErrPassphrase.
func OpenFrom(src io.Reader, passphrase string) (io.Reader, error) {
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, err
	}
	identity.SetMaxWorkFactor(maxWorkFactor)
	plain, err := age.Decrypt(src, identity)
	var noMatch *age.NoIdentityMatchError
	if errors.As(err, &noMatch) && slices.Equal(noMatch.StanzaTypes, []string{"scrypt"}) {
		return nil, ErrPassphrase
	}
	if err != nil {
		return nil, fmt.Errorf("damaged, or not sealed with a passphrase: %w", err)
	}
	return plain, nil
}
