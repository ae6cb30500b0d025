package main

import (
	"context"
	"errors"
	"fmt"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/keys"
)

// visit is her conversation, opened with her words.
type visit struct {
	*call
	b     *box
	code  dropbox.Code
	her   *dropbox.Reporter
	c     *dropbox.Conversation
	older error // the server shows an older list of readers than her own lines name

	missing []dropbox.BlobID // of the files of what she sent last, those that the server does not have
}

// come opens the conversation.
func (c *call) come() (*visit, error) {
	words, err := c.early()
	if err != nil {
		return nil, err
	}
	return c.comeWith(words)
}

// early reads the words of a script, which come first on standard input, and are looked at before the server is. A person is asked later:
// then it returns nil.
func (c *call) early() (*dropbox.Code, error) {
	if c.codeFile == "" && c.asks {
		return nil, nil
	}
	code, err := c.code()
	return &code, err
}

// comeWith is come with words, or nil to ask for them. A person whose words lead nowhere is told what else they may have been, and asked
// again.
func (c *call) comeWith(words *dropbox.Code) (*visit, error) {
	b, err := c.connect()
	if err != nil {
		return nil, err
	}
	for ask := words == nil; ; ask = true {
		v := &visit{call: c, b: b}
		if ask {
			if v.code, err = c.askCode(); err != nil {
				return nil, err
			}
		} else {
			v.code = *words
		}
		if v.her, err = v.code.Reporter(b.roster.Box); err != nil {
			return nil, err
		}
		err = v.look()
		if !c.asks || !client.Refused(err, "nothing-here") {
			return v, err
		}
		c.para(text("problem.nothing-here.title"), text("problem.nothing-here.next"))
		c.suggest(v.code.Nearby())
	}
}

// look fetches her lines, and believes only those that she or the reader they name made.
func (v *visit) look() error {
	var a dropbox.PickupAnswer
	err := v.patiently("looking for answers", func(ctx context.Context) (err error) {
		a, err = v.b.Pickup(ctx, v.her.Locator)
		return err
	})
	if err != nil {
		return err
	}
	v.c = v.her.Fold(a.Lines)
	v.c.Ends, v.c.Whole = a.Ends, a.Whole
	if v.older = nil; v.b.roster.Version < v.c.Roster {
		v.older = fmt.Errorf("%w: the server shows list %d of the readers, and you have seen list %d", keys.ErrRollback, v.b.roster.Version, v.c.Roster)
	}
	return nil
}

// again is a later look. If her lines name a newer list of readers by then, that is fetched too.
func (v *visit) again() error {
	if err := v.look(); err != nil || v.older == nil {
		return err
	}
	if err := v.refresh(v.b); err != nil {
		return err
	}
	return v.look()
}

// refresh fetches the list of readers anew; it must follow the one before.
func (c *call) refresh(b *box) error {
	var a dropbox.RosterAnswer
	err := c.patiently("fetching the list of readers", func(ctx context.Context) (err error) {
		a, err = b.Roster(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if err := c.adopt(b, b.keyholders, b.roster, a); err != nil {
		return err
	}
	c.keep(b)
	return nil
}

// follow seals one more frame of hers and sends it. If the list of readers has changed meanwhile, it is sealed anew to those of her
// readers who are left; fill is asked again.
func (v *visit) follow(fill func(f *dropbox.Frame) ([]dropbox.Reader, error), give func(*dropbox.Parcel) error) (to []dropbox.Reader, err error) {
	if v.asks { // what she did in another window, while she thought about this, counts
		record := v.c.IsRecord()
		if err := v.again(); err != nil {
			return nil, err
		}
		if record && !v.c.IsRecord() {
			return nil, errRecordShared
		}
	}
	for tries := 0; ; tries++ {
		f := dropbox.Frame{Day: dropbox.Today(v.now()), Roster: v.b.roster.Version}
		if to, err = fill(&f); err != nil {
			return nil, err
		}
		if v.older != nil && len(to) > 0 && f.Kind != dropbox.Withdrawn {
			return nil, v.older
		}
		p, err := v.her.Seal(f, to, v.c, v.b.people)
		if err != nil {
			return nil, err
		}
		p.Sending = newSending()
		err = give(p)
		for errors.Is(err, errUndelivered) && v.asks {
			v.unsent(err)
			if _, stop := v.ask("Press Enter to try again; it is not sent twice. Ctrl-D stops: "); stop != nil {
				return nil, err
			}
			err = give(p)
		}
		if !client.Refused(err, "readers-changed") {
			return to, err
		}
		if newer := v.refresh(v.b); newer != nil {
			return nil, newer
		}
		if tries > 1 || f.Kind == dropbox.Share { // whoever is new on the list she has not seen
			return nil, err
		}
		v.note("the list of readers has just changed; it goes to those of your readers who are on it")
	}
}

// ready says whether anything of hers may be sealed to the readers as the server shows them. A withdrawal needs nobody to be vouched for: there is
// nothing in it that anybody could not know.
func (v *visit) ready() error {
	if v.older != nil {
		return v.older
	}
	return v.vouched(v.b)
}

// send is a give for all but a withdrawal.
func (v *visit) send(p *dropbox.Parcel) (err error) {
	v.missing, err = v.give(v.b, p)
	return err
}

// still are her readers who are on the list now.
func (v *visit) still() ([]dropbox.Reader, error) {
	to, _ := v.c.Audience(v.b.receivers)
	if len(to) == 0 {
		return nil, errNoReader
	}
	return to, nil
}
