package desk

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"filippo.io/age"

	"tellbox/dropbox"
	"tellbox/keys"
	"tellbox/keys/vault"
)

// Her keys change in steps. After each of them the program may be stopped, and goes on from there:
//
//	Rotate        secret.age gets keys to come, and card-next.txt is their card. No roster names them, and all goes on with those of today
//	keyholders    sign a roster that names them
//	any refresh   of that roster: secret.age has them in the place of today's, whose identity is a former one for 60 days; then card.txt, then
//	              box.json. From here on she signs with the new key
//	Sync          what only a former identity opens is sealed to the one of today, so that it stays readable: once, and for each envelope that
//	              takes as long as two small files take to be durable
//	Sync          when 60 days are over, the mailbox was listed to its end and nothing here needs it: secret.age goes on without the former one

// Errors of a change of keys.
var (
	ErrNoRotation = errors.New("there are no new keys on their way")
	ErrInForce    = errors.New("the roster names your new keys already: they are in force")
)

// Rotate makes keys to come, and card-next.txt, the card for the keyholders. If there are some already it gives their card once more.
func (d *Desk) Rotate() (*keys.Card, error) {
	before, err := d.card()
	if err != nil {
		return nil, err
	}
	if d.me.Next == nil {
		next, err := d.me.Prepared()
		if err != nil {
			return nil, err
		}
		if err := d.saveSecret(next); err != nil {
			return nil, err
		}
	}
	if err := d.settleCards(before); err != nil {
		return nil, err
	}
	return d.me.NextCard(before.Name, before.Org)
}

// CancelRotation drops keys to come that no roster names: it looks at the server's first, for without them she could not read what is sealed to
// them. Errors: ErrNoRotation, ErrInForce, and those of Sync about the roster.
func (d *Desk) CancelRotation(ctx context.Context) (notices []string, err error) {
	if d.me.Next == nil {
		return nil, ErrNoRotation
	}
	if d.Joined() {
		if notices, err = d.refresh(ctx); err != nil {
			return notices, err
		}
		if d.me.Next == nil {
			return notices, ErrInForce
		}
	}
	// The card first: nobody may be given one whose keys are gone.
	if err := d.home.remove("card-next.txt"); err != nil {
		return notices, err
	}
	return notices, d.saveSecret(d.me.Cancelled())
}

// saveSecret replaces her secret, under the passphrase that opened it.
func (d *Desk) saveSecret(next *vault.Advocate) error {
	sealed, err := vault.Seal([]byte(next.Text()), d.passphrase)
	if err != nil {
		return err
	}
	if err := d.home.write("secret.age", sealed); err != nil {
		return err
	}
	d.me = next
	return nil
}

// settleCards makes the cards what the secret says, with the name of before; without that it leaves what there is.
func (d *Desk) settleCards(before *keys.Card) error {
	if before == nil {
		return nil
	}
	card, err := d.me.Card(before.Name, before.Org)
	if err != nil {
		return err
	}
	if text, err := d.home.read("card.txt"); err != nil || string(text) != card.Text() {
		if err := d.home.write("card.txt", []byte(card.Text())); err != nil {
			return err
		}
	}
	if d.me.Next == nil {
		if d.home.has("card-next.txt") {
			return d.home.remove("card-next.txt")
		}
		return nil
	}
	next, err := d.me.NextCard(before.Name, before.Org)
	if err != nil {
		return err
	}
	if text, err := d.home.read("card-next.txt"); err == nil && string(text) == next.Text() {
		return nil
	}
	return d.home.write("card-next.txt", []byte(next.Text()))
}

// promote makes the keys to come hers if a verified roster names them, and says so.
func (d *Desk) promote(r *keys.Roster) (notices []string, err error) {
	me, ok := r.Reader(d.me.ID)
	if d.me.Next == nil || !ok || !hasKeys(me, d.me.Next.Identity, d.me.Next.Signin) {
		return nil, nil
	}
	before, _ := d.card()                 // nil if there is none: then there is none after it
	if err := d.dropIndex(); err != nil { // it is sealed to the identity of before
		return nil, err
	}
	if err := d.saveSecret(d.me.Promoted(d.now())); err != nil {
		return nil, err
	}
	for _, it := range slices.Concat(d.mail, d.sent) {
		it.former = it.opened != nil
	}
	return []string{fmt.Sprintf("Your new keys are in force. The former one stays until %s, for mail that is still on its way. Please make a new backup today, and print a new recovery sheet (advocate sheet) unless you did so after advocate rotate.",
		d.me.Former[0].Until.Format("2006-01-02"))}, d.settleCards(before)
}

func hasKeys(p keys.Reader, identity *age.HybridIdentity, signin ed25519.PrivateKey) bool {
	return p.RecipientText == identity.Recipient().String() && bytes.Equal(p.Signin, signin.Public().(ed25519.PublicKey))
}

// openEnvelope opens one with the identity of today, or with another that she has.
func (d *Desk) openEnvelope(envelope []byte) (o *dropbox.Opened, former bool) {
	for _, identity := range d.me.Identities() {
		if o, err := dropbox.Open(envelope, identity); err == nil {
			return o, slices.ContainsFunc(d.me.Former, func(f vault.Former) bool { return f.Identity == identity })
		}
	}
	return nil, false
}

// opens says whether one of her identities does: what is on the server may be sealed to one that is destroyed.
func (d *Desk) opens(envelope []byte) bool {
	o, _ := d.openEnvelope(envelope)
	return o != nil
}

// decrypt opens any age file of hers. again says that a former identity opened it, so that it has to be sealed anew. Its only error is
// dropbox.ErrOpen.
func (d *Desk) decrypt(sealed []byte) (plain []byte, again bool, err error) {
	if _, err := age.Decrypt(bytes.NewReader(sealed), d.me.Identity); err != nil {
		again = true
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), d.me.Identities()...)
	if err == nil {
		plain, err = io.ReadAll(r)
	}
	if err != nil {
		return nil, false, dropbox.ErrOpen
	}
	return plain, again, nil
}

// outlive seals anew what only a former identity opens, and destroys those whose time is over.
func (d *Desk) outlive(ctx context.Context) (notices []string, err error) {
	if len(d.me.Former) == 0 {
		return nil, nil
	}
	for _, it := range slices.Concat(d.mail, d.sent) {
		if err := errors.Join(ctx.Err(), d.resealItem(it)); err != nil {
			return nil, err
		}
	}
	names := []string{junkFile}
	for _, folder := range []string{notes, drafts} {
		for _, mark := range d.marksIn(folder) {
			names = append(names, filepath.Join(folder, mark+".age"))
		}
	}
	for _, name := range names {
		if err := d.resealFile(name); err != nil {
			return nil, err
		}
	}
	if err := d.resealPending(); err != nil {
		return nil, err
	}
	next, gone := d.me.Outlived(d.now())
	if gone == 0 || !d.listed {
		return nil, nil
	}
	if err := d.saveSecret(next); err != nil {
		return nil, err
	}
	return []string{"Your former key is destroyed on this machine: nothing needs it any more. Backups and recovery sheets that you made before your keys changed still have it. Please destroy those."}, nil
}

// resealItem leaves the envelope's name as it is, by which the mailbox knows it. What stands beside it first says what is to stand there, and what does
// now: stopped in between, the old one still does, and it is done again.
func (d *Desk) resealItem(it *item) error {
	if it.opened != nil && !it.former {
		return nil
	}
	envelope, err := d.home.read(it.name(".age"))
	if err != nil {
		return err
	}
	plain, again, err := d.decrypt(envelope)
	if err != nil { // nothing of hers opens it
		return nil
	}
	if again {
		sealed, err := dropbox.SealBytes(plain, d.me.Identity.Recipient())
		if err != nil {
			return err
		}
		if it.is(envelope) { // what was exchanged on the disk does not become right by this
			it.about.Resealed, it.about.Instead = hashOf(envelope), hashOf(sealed)
			if err := d.saveAbout(it); err != nil {
				return err
			}
		}
		if err := d.home.write(it.name(".age"), sealed); err != nil {
			return err
		}
	}
	it.former = false
	return nil
}

func (d *Desk) resealFile(name string) error {
	sealed, err := d.home.read(name)
	if err != nil {
		return err
	}
	plain, again, err := d.decrypt(sealed)
	if err != nil || !again {
		return nil
	}
	if sealed, err = dropbox.SealBytes(plain, d.me.Identity.Recipient()); err != nil {
		return err
	}
	return d.home.write(name, sealed)
}

// resealPending seals anew what could not be sent yet, and the copy of hers that is in it.
func (d *Desk) resealPending() error {
	all, _, err := d.pendings()
	if err != nil {
		return err
	}
	for _, p := range all {
		plain, again, err := d.decrypt(p.Own)
		if err != nil || !again {
			continue
		}
		if p.Own, err = dropbox.SealBytes(plain, d.me.Identity.Recipient()); err != nil {
			return err
		}
		if err := d.savePending(p); err != nil {
			return err
		}
	}
	return nil
}
