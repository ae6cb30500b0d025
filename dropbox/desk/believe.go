package desk

import (
	"bytes"
	"encoding/hex"

	"tellbox/dropbox"
)

// believe checks that a frame was made by who it says, for this desk, in this case.
func (d *Desk) believe(c *casefile, it *item, from string) (*dropbox.Frame, error) {
	route := dropbox.Route{Box: d.roster.Box, Drop: c.report.Drop, From: from, To: d.me.ID}
	switch {
	case it.folder == "sent":
		return d.believeOwn(it.opened)
	case from == dropbox.FromReporter && it.about.Reply:
		return nil, dropbox.ErrOpen
	case from == dropbox.FromReporter:
		for _, key := range c.keys {
			f, err := it.opened.ByMAC(key, route)
			if err == nil && f.Kind != dropbox.Report { // a report is believed as a report or not at all
				return f, nil
			}
		}
		return nil, dropbox.ErrOpen
	case !c.members[from]:
		return nil, dropbox.ErrOpen
	}
	return it.opened.BySig(d.signIn(it, from), route)
}

// believeOwn believes what she sealed to herself.
func (d *Desk) believeOwn(o *dropbox.Opened) (*dropbox.Frame, error) {
	_, drop, _ := o.Claimed()
	route := dropbox.Route{Box: d.roster.Box, Drop: drop, From: d.me.ID, To: dropbox.FromReporter}
	for _, key := range d.me.Wrote() {
		if f, err := o.BySig(key, route); err == nil {
			return f, nil
		}
	}
	return nil, dropbox.ErrOpen
}

// signer is what to remember of an envelope just believed, or "".
func (d *Desk) signer(c *casefile, it *item) string {
	_, _, from := it.opened.Claimed()
	if it.folder != "mail" || from == dropbox.FromReporter {
		return ""
	}
	return hex.EncodeToString(bytes.Clone(d.signIn(it, from)))
}
