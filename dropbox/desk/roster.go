package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"tellbox/dropbox/client"
	"tellbox/keys"
)

// boxFile is box.json.
type boxFile struct {
	Server string `json:"server"`
	Proxy  string `json:"proxy,omitempty"`
	keys.Pin
}

// Join believes the roster that the server shows, by the keyholders file that somebody gave her, and makes this desk one of that
// drop-box. It may be called again, for another address of the same box. Errors beyond those of keys.Follow and
// keys.OpenRoster (an expired roster is one of them here): ErrOtherBox, ErrNotInRoster, ErrNoReports, *client.AddressError.
func (d *Desk) Join(ctx context.Context, server, proxy string, keyholders []byte) (*keys.Roster, error) {
	c, err := d.dial(server, proxy)
	if err != nil {
		return nil, err
	}
	pinned, err := keys.OpenChain(keyholders)
	if err != nil {
		return nil, err
	}
	if d.Joined() {
		if d.roster.Box != pinned.Box {
			return nil, ErrOtherBox
		}
		before, err := d.box.Pinned()
		if err != nil {
			return nil, err
		}
		if before.Generation == pinned.Generation && before.Text() != pinned.Text() {
			return nil, keys.ErrOtherKeyholders
		}
		if before.Generation > pinned.Generation {
			pinned = before
		}
	}
	_, err = d.accept(ctx, c, pinned, boxFile{Server: c.Base(), Proxy: proxy}, true)
	return d.roster, err
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
	pinned, err := d.box.Pinned()
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
	pin, next, err := keys.Accept(pinned, d.roster, []byte(answer.Keyholders), []byte(answer.Roster), d.now())
	if errors.Is(err, keys.ErrExpired) && !joining {
		notices = append(notices, fmt.Sprintf("The roster ended on %s: nobody new can report until the keyholders sign another. Your conversations go on.",
			next.Expires.Format("2006-01-02")))
	} else if err != nil {
		return nil, err
	}
	more, err := d.promote(next)
	if notices = append(notices, more...); err != nil {
		return notices, err
	}
	if err := d.named(next); err != nil {
		return notices, err
	}
	if err := d.keepFormer(next); err != nil {
		return notices, err
	}
	if next.Generation != pinned.Generation {
		notices = append(notices, "The keyholders have changed; the ones before them vouch for that. Compare the fingerprints with the poster.")
	}
	box.Pin = pin
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

// named says whether the roster has her, with exactly her keys, in a role that gets reports.
func (d *Desk) named(r *keys.Roster) error {
	me, ok := r.Reader(d.me.ID)
	if !ok || !hasKeys(me, d.me.Identity, d.me.Signin) {
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
