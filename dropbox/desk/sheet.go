package desk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"tellbox/keys"
	"tellbox/keys/vault"
)

// Sheet is the recovery sheet of her keys as they are today, for printing: whoever reads it has them. After each change of her keys it has to be
// printed anew.
func (d *Desk) Sheet() (string, error) {
	card, err := d.card()
	if err != nil {
		return "", err
	}
	where := ""
	if d.Joined() {
		where = d.roster.Name + ", " + d.box.Server
	}
	return vault.RecoverySheet(d.me, card.Name, card.Org, where, d.now())
}

// card has her name and organisation: the one in her folder, or the roster's if that was lost.
func (d *Desk) card() (*keys.Card, error) {
	if card := d.cardFile(); card != nil {
		return card, nil
	}
	if d.Joined() {
		if p, ok := d.roster.Reader(d.me.ID); ok {
			return &p.Card, nil
		}
	}
	return nil, fmt.Errorf("card.txt: %w", ErrDamaged)
}

// cardFile is nil if there is no card of hers.
func (d *Desk) cardFile() *keys.Card {
	text, err := d.home.read("card.txt")
	if err != nil {
		return nil
	}
	card, err := keys.ParseCard(text)
	if err != nil || card.ID != d.me.ID {
		return nil
	}
	return card
}

// Recover makes keys anew out of a recovery sheet, in a folder that has none, under a new passphrase, and the card that belongs to them: the same
// as before. What else was in her folder comes by Join and Sync, as far as the server still has it, or by the folder: secret.age works in the
// old one too. It overwrites no secret (fs.ErrExist), and asks for nothing before it knows that. Other errors: those of vault.ParseRecoverySheet.
func Recover(folder string, passphrase, sheet func() (string, error)) (*keys.Card, error) {
	h, err := openHome(folder, true)
	if err != nil {
		return nil, err
	}
	defer h.close()
	if _, err := os.Lstat(h.path("secret.age")); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("making keys: secret.age: %w", fs.ErrExist)
	}
	p, err := passphrase()
	if err != nil {
		return nil, err
	}
	text, err := sheet()
	if err != nil {
		return nil, err
	}
	secret, card, err := vault.ParseRecoverySheet(text)
	if err != nil {
		return nil, err
	}
	return card, h.keepKeys(secret, card, p)
}

// keepKeys makes a new secret and its card durable.
func (h *home) keepKeys(secret *vault.Advocate, card *keys.Card, passphrase string) error {
	sealed, err := vault.Seal([]byte(secret.Text()), passphrase)
	if err != nil {
		return err
	}
	// The card first: a card without its secret can be made anew, a secret without its card is a riddle.
	if err := h.write("card.txt", []byte(card.Text())); err != nil {
		return err
	}
	return vault.WriteFile(h.path("secret.age"), sealed)
}
