package main

import (
	"fmt"
	"slices"
	"strings"

	"tellbox/dropbox"
	"tellbox/keys"
)

func share(c *call) (any, error) {
	if c.choice == "" && !c.asks {
		c.choice = "advice"
	}
	if c.choice == dropbox.Record || c.choice != "" && !slices.Contains(dropbox.Wishes, c.choice) {
		return nil, fmt.Errorf("-wish: %w; a record goes to readers with advice, thinking or complaint", errChoice)
	}
	v, err := c.come()
	if err != nil {
		return nil, err
	}
	return v.share(c.choice, c.exclude)
}

// share sends all that stands in a record to readers, as a report of today. If that was done before, nothing is sent.
func (v *visit) share(choice string, exclude []string) (any, error) {
	if !v.c.IsRecord() {
		v.para(text("share.before"))
		return &stored{false, append([]string{}, v.c.Readers...), false, v.c.Sent}, nil
	}
	if v.older != nil {
		return nil, v.older
	}
	if v.b.expired {
		return nil, fmt.Errorf("sending a record: %w: on %s", keys.ErrExpired, v.b.roster.Expires.Format("2006-01-02"))
	}
	d := &draft{exclude: exclude}
	if len(exclude) == 0 {
		d.exclude = slices.DeleteFunc(slices.Clone(v.c.StruckOff), func(id string) bool { _, ok := v.b.roster.Reader(id); return !ok })
	}
	if choice == "" {
		if err := v.askShare(d); err != nil {
			return nil, err
		}
		choice = d.wish
	}
	to, err := v.follow(func(f *dropbox.Frame) ([]dropbox.Reader, error) {
		to, struckOff, err := v.b.audience(d.exclude)
		f.Kind, f.Wish, f.About, f.Readers, f.StruckOff = dropbox.Share, choice, v.c.About, dropbox.IDs(to), struckOff
		f.Text, f.Prompt = v.c.Account()
		return to, err
	}, v.send)
	if err != nil {
		return nil, err
	}
	v.done("done.share")
	s := v.stored(to)
	s.Sent = dropbox.Today(v.now())
	return s, nil
}

// askShare asks with what wish, and who must not read it.
func (v *visit) askShare(d *draft) (err error) {
	v.showReaders(v.b)
	if err = v.vouched(v.b); err != nil {
		return err
	}
	v.para("Everything in your record goes to readers, with the days you wrote it. Nobody gets it before you say so.")
	if d.wish, err = v.askWish(false, dropbox.Wishes[:3], ""); err != nil {
		return err
	}
	if err = v.askExclude(v.b, d); err != nil {
		return err
	}
	to, _, err := v.b.audience(d.exclude)
	if err != nil {
		return err
	}
	ok, err := v.yes("Send it to " + strings.Join(v.b.names(dropbox.IDs(to)), ", ") + "?")
	if err == nil && !ok {
		err = errStopped
	}
	return err
}
