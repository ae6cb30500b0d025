package desk

import (
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"

	"tellbox/dropbox"
)

// CaseID names a case for people: the first 10 characters of the base32 (RFC 4648, lower case) of SHA-256(drop).
func CaseID(drop dropbox.Drop) string {
	sum := sha256.Sum256(drop[:])
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:10]
}

// folded is what all mail together says.
type folded struct {
	cases      []*casefile // by day of the report, then by arrival
	quiet      []*item     // taken back before the report came here: nothing to show
	unreadable []*item
	floods     []Flood
}

// fold reads everything afresh: what is shown depends on the mail alone, not on when it came.
func (d *Desk) fold() *folded {
	f := &folded{}
	byDrop := map[dropbox.Drop]*casefile{}
	for _, it := range d.mail {
		d.foldReport(f, byDrop, it)
	}
	all := inOrder(d.mail, d.sent)
	d.foldAdded(f, byDrop, all)
	for _, it := range all {
		d.foldRest(f, byDrop, it)
	}
	for _, c := range f.cases {
		c.finish(d.me.ID)
	}
	slices.SortStableFunc(f.cases, func(a, b *casefile) int { return strings.Compare(a.report.Day, b.report.Day) })
	d.sift(f)
	return f
}

func inOrder(mail, sent []*item) []*item {
	all := slices.Concat(mail, sent)
	slices.SortStableFunc(all, func(a, b *item) int { return a.about.Order - b.about.Order })
	return all
}

// foldReport takes in reports. The first of a drop stays, whatever comes later: who has that report's key is the reporter.
func (d *Desk) foldReport(f *folded, byDrop map[dropbox.Drop]*casefile, it *item) {
	if it.opened == nil || it.about.Reply {
		return
	}
	r, err := it.opened.AsReport(d.roster.Box, d.me.ID)
	if err != nil {
		return
	}
	c := byDrop[r.Drop]
	if c == nil {
		c = newCase(r, r.Key)
		byDrop[r.Drop] = c
		f.cases = append(f.cases, c)
		c.take(d.me.ID, it, r)
		return
	}
	c.items = append(c.items, it)
	c.seconds = append(c.seconds, it)
}

func (d *Desk) foldRest(f *folded, byDrop map[dropbox.Drop]*casefile, it *item) {
	if it.opened == nil {
		if it.folder == "mail" {
			f.unreadable = append(f.unreadable, it)
		}
		return
	}
	kind, drop, from := it.opened.Claimed()
	c := byDrop[drop]
	if c != nil && slices.Contains(c.items, it) {
		return
	}
	if c == nil {
		// Nobody can tell whether she made this, and it does not matter: there is nothing of hers here.
		if kind == dropbox.Withdrawn && from == dropbox.FromReporter {
			f.quiet = append(f.quiet, it)
		} else if it.folder == "mail" {
			f.unreadable = append(f.unreadable, it)
		}
		return
	}
	frame, err := d.believe(c, it, from)
	if err != nil {
		c.strangers = append(c.strangers, it)
		if it.folder == "mail" {
			f.unreadable = append(f.unreadable, it)
		}
		return
	}
	c.take(d.me.ID, it, frame)
}

// lookup finds a case by its id or the beginning of it.
func (f *folded) lookup(id string) (*casefile, error) {
	id = strings.ToLower(strings.TrimSpace(id))
	if len(id) < 4 {
		return nil, ErrShortID
	}
	var found *casefile
	for _, c := range f.cases {
		if !strings.HasPrefix(c.id, id) {
			continue
		}
		if found != nil {
			return nil, ErrAmbiguous
		}
		found = c
	}
	if found == nil {
		return nil, ErrUnknownCase
	}
	return found, nil
}
