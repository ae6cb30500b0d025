package main

import (
	"fmt"
	"slices"

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
	v.warn()
	return v.share(c.choice, c.exclude)
}

// share sends all that stands in a record to readers, as a report of today. If that was done before, nothing is sent.
func (v *visit) share(choice string, exclude []string) (any, error) {
	if !v.c.IsRecord() {
		v.para(text("share.before"))
		return &stored{Readers: append([]string{}, v.c.Readers...), Sent: v.c.Sent}, nil
	}
	if v.b.expired {
		return nil, fmt.Errorf("sending a record: %w: on %s", keys.ErrExpired, dropbox.Today(v.b.roster.Expires))
	}
	if v.asks {
		v.showReaders(v.b)
	}
	if err := v.ready(); err != nil {
		return nil, err
	}
	d := &draft{wish: choice, exclude: slices.DeleteFunc(slices.Clone(v.c.StruckOff), func(id string) bool { _, ok := v.b.roster.Reader(id); return !ok })}
	d.exclude = append(d.exclude, exclude...) // whom she ruled out before stays so, unless she says otherwise on a terminal
	if v.asks {
		if err := v.askShare(d, len(exclude) == 0); err != nil {
			return nil, err
		}
	}
	to, err := v.follow(func(f *dropbox.Frame) ([]dropbox.Reader, error) {
		to, struckOff, err := v.b.audience(d.exclude)
		f.Kind, f.Wish, f.About, f.Readers, f.StruckOff = dropbox.Share, d.wish, v.c.About, dropbox.IDs(to), struckOff
		f.Text, f.Prompt = v.c.Account()
		f.Files = v.c.Files()
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

// askShare asks with what wish, who must not read it, and whether to send it.
func (v *visit) askShare(d *draft, askExclude bool) (err error) {
	v.para("Everything in your record goes to readers, with the days you wrote it. Nobody gets it before you say so.")
	if d.wish == "" {
		if d.wish, err = v.askWish(false, dropbox.Wishes[:3], ""); err != nil {
			return err
		}
	}
	if askExclude {
		if err = v.askExclude(v.b, d); err != nil {
			return err
		}
	}
	to, _, err := v.b.audience(d.exclude)
	if err != nil {
		return err
	}
	ok, err := v.yes("Send it to " + v.b.names(dropbox.IDs(to)) + "?")
	if err == nil && !ok {
		err = errStopped
	}
	return err
}
