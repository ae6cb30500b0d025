package desk

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"tellbox/dropbox/client"
	"tellbox/keys"
)

// boxFile is box.json.
type boxFile struct {
	Server     string `json:"server"`
	Proxy      string `json:"proxy,omitempty"`
	Keyholders string `json:"keyholders"` // the newest generation that she, or keyholders she believed, vouched for
	Roster     string `json:"roster"`     // signed by that generation; no lower version is believed again
}

func (b *boxFile) pinned() (*keys.Keyholders, error) {
	return keys.ParseKeyholders([]byte(b.Keyholders))
}

// open opens the stored roster as on the day it was issued: it was current when it was stored.
func (b *boxFile) open() (*keys.Roster, error) {
	kh, err := b.pinned()
	if err != nil {
		return nil, err
	}
	r, err := keys.ParseRoster([]byte(b.Roster))
	if err != nil {
		return nil, err
	}
	return keys.OpenRoster([]byte(b.Roster), kh, r.Issued)
}

// refresh looks at the server's roster, and returns what she should know about it.
func (d *Desk) refresh(ctx context.Context) (notices []string, err error) {
	if !d.Joined() {
		return nil, ErrNotJoined
	}
	c, err := d.server()
	if err != nil {
		return nil, err
	}
	pinned, err := d.box.pinned()
	if err != nil {
		return nil, err
	}
	return d.accept(ctx, c, pinned, d.box, false)
}

// accept fetches keyholders and roster, verifies both from pinned on, and stores what is newer than what was seen.
func (d *Desk) accept(ctx context.Context, c *client.Client, pinned *keys.Keyholders, box boxFile, joining bool) (notices []string, err error) {
	answer, err := c.Roster(ctx)
	if err != nil {
		return nil, err
	}
	kh, err := keys.Follow(pinned, []byte(answer.Keyholders))
	if err != nil {
		return nil, err
	}
	next, err := keys.OpenRoster([]byte(answer.Roster), kh, d.now())
	if errors.Is(err, keys.ErrExpired) && !joining {
		notices = append(notices, fmt.Sprintf("The roster ended on %s: nobody new can report until the keyholders sign another. Your conversations go on.",
			next.Expires.Format("2006-01-02")))
	} else if err != nil {
		return nil, err
	}
	if d.Joined() {
		if err := follows(d.roster, next); err != nil {
			return nil, err
		}
	}
	if err := d.named(next); err != nil {
		return nil, err
	}
	if kh.Generation != pinned.Generation {
		notices = append(notices, "The keyholders have changed; the ones before them vouch for that. Compare the fingerprints with the poster.")
	}
	box.Keyholders, box.Roster = kh.Text(), string(next.Bytes())
	if box != d.box {
		text, err := json.MarshalIndent(box, "", "  ")
		if err != nil {
			return nil, err
		}
		if err := d.home.write("box.json", append(text, '\n')); err != nil {
			return nil, err
		}
	}
	d.box, d.roster = box, next
	return notices, nil
}

// follows refuses a roster that is older than the one seen, or another of the same version.
func follows(seen, next *keys.Roster) error {
	if next.Box == seen.Box && next.Version == seen.Version && next.Generation == seen.Generation {
		if next.Text() != seen.Text() {
			return ErrSameVersion
		}
		return nil
	}
	return seen.Successor(next)
}

// named says whether the roster has her, with exactly her keys, in a role that gets reports.
func (d *Desk) named(r *keys.Roster) error {
	me, ok := r.Reader(d.me.ID)
	if !ok || me.RecipientText != d.me.Identity.Recipient().String() || !bytes.Equal(me.Signin, d.me.Signin.Public().(ed25519.PublicKey)) {
		return fmt.Errorf("%w (%s)", ErrNotInRoster, d.me.ID)
	}
	if !slices.ContainsFunc(r.Receivers(), func(p keys.Reader) bool { return p.ID == d.me.ID }) {
		return fmt.Errorf("%w (%s)", ErrNoReports, me.Role)
	}
	return nil
}

// others are the ids of all receivers but herself: a reply is as long as if it went to all of them.
func (d *Desk) others() []string {
	ids := []string{}
	for _, p := range d.roster.Receivers() {
		if p.ID != d.me.ID {
			ids = append(ids, p.ID)
		}
	}
	return ids
}
