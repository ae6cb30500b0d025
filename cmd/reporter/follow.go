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

	Files   []sentFile `json:"files,omitempty"`
	Missing []int      `json:"missing,omitempty"` // of those: they did not arrive, and have to be sent again
}

func (v *visit) stored(to []dropbox.Reader, files ...*attachment) *stored {
	return &stored{true, append([]string{}, dropbox.IDs(to)...), len(to) == 0, v.c.Sent, sentFiles(files), missed(files, v.missing)}
}

func message(c *call) (any, error) {
	words, err := c.early()
	if err != nil {
		return nil, err
	}
	text, given, err := c.written()
	if err != nil {
		return nil, err
	}
	files, err := c.attached()
	if err == nil && given {
		err = (&dropbox.Conversation{}).CheckMessage(text, len(files))
	}
	if err != nil {
		return nil, err
	}
	v, err := c.comeWith(words)
	if err != nil {
		return nil, err
	}
	v.warn()
	return v.message(text, given, files)
}

// message sends a text with files, or asks for it if none was given.
func (v *visit) message(text string, given bool, files []*attachment) (any, error) {
	wrote := given
	for ask := !given; ; ask = true {
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
			if text, files, err = v.askMessage(text, files, record, wrote); err != nil {
				return nil, err
			}
			wrote = true
		} else {
			v.noteFiles(files)
		}
		to, err := v.sendMessage(text, files, record)
		if v.asks && ofFile(err) {
			alone, stop := v.alone(err, text)
			if stop != nil {
				return nil, stop
			}
			if !alone {
				continue
			}
			files = nil
			to, err = v.sendMessage(text, nil, record)
		}
		if err == nil {
			v.tellMissed(files, missed(files, v.missing))
			key := "done.message"
			if record {
				key = "done.added"
			}
			v.done(key)
			return v.stored(to, files...), nil
		}
		if !v.asks || errors.Is(err, errUndelivered) || errors.Is(err, errStopped) || errors.Is(err, errNoReader) {
			return nil, err
		}
		v.unsent(err, stillHere)
	}
}

// sendMessage sends it, and its files before it.
func (v *visit) sendMessage(text string, files []*attachment, record bool) ([]dropbox.Reader, error) {
	if strings.TrimSpace(text) == "" {
		text = "" // files may come without words, but not with blanks
	}
	if err := v.c.CheckMessage(text, len(files)); err != nil {
		return nil, err
	}
	sent, err := v.upload(v.b, files)
	if err != nil {
		return nil, err
	}
	return v.follow(func(f *dropbox.Frame) ([]dropbox.Reader, error) {
		f.Kind, f.Text, f.Files, f.Copy = dropbox.Message, text, sent, v.c.Copy
		if err := v.c.CheckMessage(text, len(files)); err != nil || record {
			return nil, err
		}
		return v.still()
	}, v.send)
}

// askMessage asks for a message, or for more of it, until she sends it. Who wrote already, and has files to look through, is first shown
// what she has.
func (v *visit) askMessage(text string, files []*attachment, record, wrote bool) (string, []*attachment, error) {
	if record {
		v.para("What you add is kept for you alone. Nobody reads it.")
	} else {
		to, _ := v.still()
		v.para("It goes to " + v.b.names(dropbox.IDs(to)) + ".")
	}
	asked := text != "" || len(files) > 0
	for write := !wrote || len(files) == 0; ; {
		var err error
		if write {
			if text, err = v.write(text); err == nil && !asked {
				v.say("")
				files, err = v.askFiles(nil)
				asked = true
			}
			if err != nil {
				return "", nil, err
			}
		}
		v.say("\nYour message:\n")
		v.showText(text)
		v.say("")
		v.showFiles(files)
		what, err := v.choose("What would you like to do?", []option{{"send", "Send it", ""}, {"more", "Go on writing", ""}, {"anew", "Write it anew", ""}, {"stop", "Stop. Nothing is sent, and the text is gone", ""},
			{"files", "Add files, look at them, or take some out", ""}}, "")
		write = what == "more" || what == "anew"
		switch {
		case err != nil:
			return "", nil, err
		case what == "stop":
			return "", nil, errStopped
		case what == "send":
			return text, files, nil
		case what == "anew" && !v.editor:
			text = ""
		case what == "files":
			if files, err = v.changeFiles(files); err != nil {
				return "", nil, err
			}
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
