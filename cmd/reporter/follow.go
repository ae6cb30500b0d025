package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/keys"
)

var (
	errRecordShared = errors.New("this record has been sent to readers")
	errRecord       = errors.New("this is a record, which nobody reads")
	errNotSure      = errors.New("nothing was taken back")
)

// stored is what became of a message, a wish or a share.
type stored struct {
	Stored  bool     `json:"stored"`
	Readers []string `json:"readers"` // who gets it
	Record  bool     `json:"record"`  // nobody: it is in her record
	Sent    string   `json:"sent"`    // the day the report, or the record, went to readers; "" if it did not
}

func (v *visit) stored(to []dropbox.Reader) *stored {
	return &stored{true, append([]string{}, dropbox.IDs(to)...), len(to) == 0, v.c.Sent}
}

func message(c *call) (any, error) {
	words, err := c.early()
	if err != nil {
		return nil, err
	}
	text, given, err := c.written()
	if err == nil && given {
		err = (&dropbox.Conversation{}).CheckMessage(text)
	}
	if err != nil {
		return nil, err
	}
	v, err := c.comeWith(words)
	if err != nil {
		return nil, err
	}
	return v.message(text)
}

// message sends text, or asks for it if there is none.
func (v *visit) message(text string) (any, error) {
	record := v.c.IsRecord()
	if v.onlyRecord && !record {
		return nil, errRecordShared
	}
	if !record {
		if _, err := v.still(); err != nil {
			return nil, err
		}
	}
	for ask := text == ""; ; ask = true {
		err := error(nil)
		if ask {
			if text, err = v.askMessage(text, record); err != nil {
				return nil, err
			}
		}
		to, err := v.follow(func(f *dropbox.Frame) ([]dropbox.Reader, error) {
			f.Kind, f.Text, f.Copy = dropbox.Message, text, v.c.Copy
			if err := v.c.CheckMessage(text); err != nil || record {
				return nil, err
			}
			return v.still()
		}, v.send)
		if err == nil {
			key := "done.message"
			if record {
				key = "done.added"
			}
			v.done(key)
			return v.stored(to), nil
		}
		if _, bad := errors.AsType[*dropbox.TextError](err); !bad || !v.asks {
			return nil, err
		}
		v.unsent(err) // the text is still here
	}
}

// askMessage asks for a message, or for more of it, until she sends it.
func (v *visit) askMessage(text string, record bool) (string, error) {
	if record {
		v.para("What you add is kept for you alone. Nobody reads it.")
	} else {
		to, _ := v.still()
		v.para("It goes to " + strings.Join(v.b.names(dropbox.IDs(to)), ", ") + ".")
	}
	for before := text; ; before = text {
		var err error
		if text, err = v.write(before); err != nil {
			return "", err
		}
		v.say("\nYour message:\n")
		v.showText(text)
		what, err := v.choose("\nWhat would you like to do?", []option{{"send", "Send it", ""}, {"more", "Go on writing", ""}, {"anew", "Write it anew", ""}, {"stop", "Stop. Nothing is sent, and the text is gone", ""}}, "")
		switch {
		case err != nil:
			return "", err
		case what == "stop":
			return "", errStopped
		case what == "send":
			return text, nil
		case what == "anew" && !v.editor:
			text = ""
		}
	}
}

func wish(c *call) (any, error) {
	if c.choice == "" && !c.asks {
		return nil, usage("-wish is missing")
	}
	if c.choice != "" && !slices.Contains(dropbox.Wishes, c.choice) {
		return nil, fmt.Errorf("-wish: %w; there are %s", errChoice, strings.Join(dropbox.Wishes, ", "))
	}
	v, err := c.come()
	if err != nil {
		return nil, err
	}
	return v.wish(c.choice)
}

func (v *visit) wish(choice string) (any, error) {
	if v.c.IsRecord() {
		return nil, errRecord
	}
	if _, err := v.still(); err != nil {
		return nil, err
	}
	if choice == "" {
		var err error
		if choice, err = v.askWish(false, dropbox.Wishes, v.c.Wish); err != nil {
			return nil, err
		}
	}
	to, err := v.follow(func(f *dropbox.Frame) ([]dropbox.Reader, error) {
		f.Kind, f.Wish = dropbox.Wish, choice
		return v.still()
	}, v.send)
	if err != nil {
		return nil, err
	}
	v.done("done.wish")
	return v.stored(to), nil
}

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
	v.para("Everything in your record goes to readers, with the days you wrote it.")
	if d.wish, err = v.askWish(false, dropbox.Wishes[:3], ""); err != nil {
		return err
	}
	if len(d.exclude) > 0 {
		v.say("You ruled out %s. Type 0 if that is over.", strings.Join(v.b.names(d.exclude), ", "))
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

// takenBack is what a withdrawal did.
type takenBack struct {
	Deleted  []string `json:"deleted"`  // readers to whom nothing had been handed out, as the server says
	Asked    []string `json:"asked"`    // readers who were asked to delete it
	Unasked  []string `json:"unasked"`  // readers who are no longer on the list
	Doubtful []string `json:"doubtful"` // readers of whom the server says nothing, or what cannot be
	Before   bool     `json:"before"`   // it was taken back already: no more is known
}

func withdraw(c *call) (any, error) {
	if !c.sure && !c.asks {
		return nil, usage("-yes is missing: it takes everything back, for good")
	}
	v, err := c.come()
	if err != nil {
		return nil, err
	}
	return v.withdraw(c.sure)
}

func (v *visit) withdraw(sure bool) (any, error) {
	if !sure {
		if err := v.askWithdraw(); err != nil {
			return nil, err
		}
	}
	_, gone := v.c.Audience(v.b.receivers)
	result := &takenBack{Deleted: []string{}, Asked: []string{}, Unasked: append([]string{}, gone...), Doubtful: []string{}}
	var said dropbox.WithdrawAnswer
	to, err := v.follow(func(f *dropbox.Frame) ([]dropbox.Reader, error) {
		f.Kind = dropbox.Withdrawn
		to, _ := v.c.Audience(v.b.receivers)
		return to, nil
	}, func(p *dropbox.Parcel) error {
		return v.hand(v.b, "taking it back", func(ctx context.Context) (err error) {
			said, err = v.b.Withdraw(ctx, p, dropbox.IDs(v.b.receivers))
			return err
		})
	})
	if result.Before = client.Refused(err, "used-ticket"); err != nil && !result.Before { // the first answer was lost
		return nil, err
	}
	if !result.Before {
		result.sort(dropbox.IDs(to), said, v.c.Seen)
	}
	v.showTakenBack(result)
	return result, nil
}

// sort believes what a server says of her readers as far as it can be: each of them once, and of nobody who has answered her that it
// was deleted before. Whom else it names is no matter.
func (t *takenBack) sort(readers []string, said dropbox.WithdrawAnswer, answered map[string]int) {
	for _, id := range readers {
		switch deleted, asked := slices.Contains(said.Deleted, id), slices.Contains(said.Asked, id); {
		case asked && !deleted:
			t.Asked = append(t.Asked, id)
		case deleted && !asked && answered[id] == 0:
			t.Deleted = append(t.Deleted, id)
		default:
			t.Doubtful = append(t.Doubtful, id)
		}
	}
}

func (v *visit) askWithdraw() error {
	if v.c.Alone() {
		v.para(text("record.withdraw"))
	} else {
		v.para(text("withdraw.what"), text("withdraw.found"))
	}
	ok, err := v.yes("Take it back?")
	if err == nil && !ok {
		err = errNotSure
	}
	return err
}
