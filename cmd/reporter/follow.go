package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tellbox/dropbox"
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
		err = (&dropbox.Conversation{}).CheckMessage(text, 0)
	}
	if err != nil {
		return nil, err
	}
	v, err := c.comeWith(words)
	if err != nil {
		return nil, err
	}
	v.warn()
	return v.message(text)
}

// message sends text, or asks for it if there is none.
func (v *visit) message(text string) (any, error) {
	for ask := text == ""; ; ask = true {
		record, err := v.c.IsRecord(), error(nil)
		if v.onlyRecord && !record {
			return nil, errRecordShared
		}
		if !record {
			if err := v.ready(); err != nil {
				return nil, err
			}
			if _, err := v.still(); err != nil {
				return nil, err
			}
		}
		if ask {
			if text, err = v.askMessage(text, record); err != nil {
				return nil, err
			}
		}
		to, err := v.follow(func(f *dropbox.Frame) ([]dropbox.Reader, error) {
			f.Kind, f.Text, f.Copy = dropbox.Message, text, v.c.Copy
			if err := v.c.CheckMessage(text, 0); err != nil || record {
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
		if !v.asks || errors.Is(err, errUndelivered) || errors.Is(err, errStopped) || errors.Is(err, errNoReader) {
			return nil, err
		}
		v.unsent(err, stillHere)
	}
}

// askMessage asks for a message, or for more of it, until she sends it.
func (v *visit) askMessage(text string, record bool) (string, error) {
	if record {
		v.para("What you add is kept for you alone. Nobody reads it.")
	} else {
		to, _ := v.still()
		v.para("It goes to " + v.b.names(dropbox.IDs(to)) + ".")
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
	v.warn()
	return v.wish(c.choice)
}

func (v *visit) wish(choice string) (any, error) {
	if v.c.IsRecord() {
		return nil, errRecord
	}
	if err := v.ready(); err != nil {
		return nil, err
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
