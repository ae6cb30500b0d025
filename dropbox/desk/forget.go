package desk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Forgotten says where a case is gone.
type Forgotten struct {
	ID     string `json:"id"`
	Local  bool   `json:"local"`
	Server bool   `json:"server"`
}

// Forget deletes a case: first all of it in her mailbox, then here, with her notes, a draft, and the files of it that were saved in its own folder. Colleagues keep theirs, and the reporter hers. Stopped
// in between, or with the server out of reach, it is called again; a case that is forgotten stays so.
func (d *Desk) Forget(ctx context.Context, id string) (Forgotten, error) {
	if !d.Joined() {
		return Forgotten{ID: id}, ErrNotJoined
	}
	c, err := d.fold().lookup(id)
	if full := strings.ToLower(strings.TrimSpace(id)); errors.Is(err, ErrUnknownCase) && d.forgotten[d.mark(full)] {
		err := errors.Join(d.removeKept(full, d.mark(full)), d.dropDecided(d.mark(full))) // as far as it was not done before
		return Forgotten{full, err == nil, true}, err
	}
	if errors.Is(err, ErrUnknownCase) {
		return d.forgetLost(ctx, id)
	}
	if err != nil {
		return Forgotten{ID: id}, err
	}
	return d.forgetAll(ctx, c.id, d.mark(c.id), slices.Concat(c.items, c.strangers))
}

// forgetAll deletes all of a case, first in her mailbox, then here.
func (d *Desk) forgetAll(ctx context.Context, id, mark string, items []*item) (Forgotten, error) {
	gone := Forgotten{ID: id}
	if err := d.deleteThere(ctx, items, 1); err != nil {
		return gone, err
	}
	gone.Server = true
	if err := d.home.remove(filepath.Join("pending", mark+".age")); err != nil {
		return gone, err
	}
	err := d.deleteHere(items, mark)
	if err == nil {
		err = d.removeKept(id, mark)
	}
	if err == nil {
		err = d.dropDecided(mark)
	}
	gone.Local = err == nil
	return gone, err
}

// dropDecided takes a case that is forgotten out of what she decided about junk.
func (d *Desk) dropDecided(mark string) error {
	if _, aside := d.decided.Aside[mark]; aside || d.decided.Kept[mark] {
		return d.saveJunk()
	}
	return nil
}

// removeKept deletes what she has kept of a case beside its mail.
func (d *Desk) removeKept(id, mark string) error {
	return errors.Join(d.removeMarked(mark), d.home.removeFolder(filepath.Join("files", id)))
}

// ForgetUnreadable deletes what does not open or nobody vouches for, there and here: nothing else ever does.
func (d *Desk) ForgetUnreadable(ctx context.Context) (n int, err error) {
	if !d.Joined() {
		return 0, ErrNotJoined
	}
	items := d.fold().unreadable
	if err := d.deleteThere(ctx, items, 1); err != nil {
		return 0, err
	}
	return len(items), d.deleteHere(items)
}

// bulkAtOnce is how many requests are on their way when there is much to delete: each is durable before its answer, and Tor is far.
const bulkAtOnce = 8

func (d *Desk) deleteThere(ctx context.Context, items []*item, atOnce int) error {
	box, err := d.mailbox()
	if err != nil {
		return err
	}
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(atOnce)
	for _, it := range items {
		for _, id := range it.about.Entries {
			all.Go(func() error {
				_, err := box.DeleteMail(ctx, id)
				return err
			})
		}
	}
	return all.Wait()
}

// deleteHere writes down what goes before it goes: stopped after that, the rest goes when the desk is opened again. The index goes before
// all.
func (d *Desk) deleteHere(items []*item, marks ...string) error {
	for _, it := range items {
		marks = append(marks, it.hash)
	}
	if err := d.dropIndex(); err != nil {
		return err
	}
	if err := d.home.addHashes("forgotten", d.forgotten, marks...); err != nil {
		return err
	}
	if err := d.discard(items...); err != nil {
		return err
	}
	gone := func(it *item) bool { return d.forgotten[it.hash] }
	d.mail, d.sent = slices.DeleteFunc(d.mail, gone), slices.DeleteFunc(d.sent, gone)
	return nil
}

// ofForgotten says whether an item claims to belong to a case that she has forgotten.
func (d *Desk) ofForgotten(it *item) bool {
	if it.opened == nil {
		return false
	}
	_, drop, _ := it.opened.Claimed()
	return d.forgotten[d.mark(CaseID(drop))]
}

// mark is a case's id under her key, so that the list of forgotten ones names none.
func (d *Desk) mark(id string) string {
	m := hmac.New(sha256.New, d.me.LocalKey())
	m.Write([]byte("tellbox/1 forgotten " + id))
	return hex.EncodeToString(m.Sum(nil))
}
