package dropbox

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// TextError says what she has to change in her words before they can be sent, by token of the contract: empty-account, too-long or
// code-in-text.
type TextError struct {
	Token string
	Over  int // how many code points too long
}

// Error names the token only.
func (e *TextError) Error() string { return "checking the text: " + e.Token }

// CheckAccount finds what is wrong with the words of a report, or of a record, which needs room for the day it was written. The error is
// a *TextError.
func (f *Frame) CheckAccount() error {
	room := MaxText
	if f.Wish == Record {
		room = (&Conversation{}).Room()
	}
	switch {
	case strings.TrimSpace(f.Text) == "":
		return &TextError{Token: "empty-account"}
	case f.Length() > room:
		return &TextError{"too-long", f.Length() - room}
	case ContainsCode(f.Text), slices.ContainsFunc(f.Prompt, func(p Prompt) bool { return ContainsCode(p.Text) }):
		return &TextError{Token: "code-in-text"}
	}
	return nil
}

// CheckMessage finds what is wrong with text, and so many files, as a message in c: one that is added to a record becomes part of what its
// readers may get later. The error is a *TextError.
func (c *Conversation) CheckMessage(text string, files int) error {
	room, all := MaxText, text
	if c.IsRecord() {
		kept, _ := c.Account()
		room, all = c.Room(), kept+text
	}
	switch over := utf8.RuneCountInString(text) - room; {
	case strings.TrimSpace(text) == "" && files == 0:
		return &TextError{Token: "empty-account"}
	case files > MaxFiles, c.IsRecord() && files+len(c.Files()) > maxFiles:
		return &TextError{Token: "too-many-files"}
	case over > 0:
		return &TextError{"too-long", over}
	case ContainsCode(all):
		return &TextError{Token: "code-in-text"}
	}
	return nil
}

// Audience are those of receivers who get what she writes: her readers, but never one she struck off. Gone are the ids of readers who are
// no longer there.
func (c *Conversation) Audience(receivers []Reader) (to []Reader, gone []string) {
	for _, id := range c.Readers {
		if slices.Contains(c.StruckOff, id) {
			continue
		}
		if i := slices.IndexFunc(receivers, func(r Reader) bool { return r.ID == id }); i >= 0 {
			to = append(to, receivers[i])
		} else {
			gone = append(gone, id)
		}
	}
	return to, gone
}

// Holders are those of receivers who have something of hers: her readers, and who stepped aside. Taking it back asks all of them.
func (c *Conversation) Holders(receivers []Reader) []Reader {
	to, _ := c.Audience(receivers)
	for _, r := range receivers {
		if slices.Contains(c.Work.Left, r.ID) && !slices.Contains(c.StruckOff, r.ID) && !slices.Contains(IDs(to), r.ID) {
			to = append(to, r)
		}
	}
	return to
}

// IDs are those of readers.
func IDs(readers []Reader) (ids []string) {
	for _, r := range readers {
		ids = append(ids, r.ID)
	}
	return ids
}

// Due is what she can expect by when. A person's own words are what counts as an acknowledgement.
type Due struct {
	Named  string // the reader who is named to her or, if nobody is, who wrote last, by id; "" if nobody has
	By     string // the day by which a reader should have written to her; "" once one has, and of a record
	Answer string // the day by which she should have a full answer; "" once she has, and of a record
	Late   bool   // the next of these days is over
}

// Due says so on the day today.
func (c *Conversation) Due(today string) (d Due) {
	words := false
	for _, f := range c.Entries {
		if f.From != FromReporter && !slices.Contains(c.Work.Left, f.From) {
			d.Named = f.From
		}
		words = words || f.Acknowledges()
	}
	if slices.Contains(c.Readers, c.Work.Named) {
		d.Named = c.Work.Named
	}
	sent, err := time.Parse(time.DateOnly, c.Sent)
	if err != nil {
		return d
	}
	next := ""
	if c.Work.FirstFull == "" {
		d.Answer = Answer(sent)
		next = d.Answer
	}
	if !words && c.Work.Status != Closed {
		d.By = Acknowledge(sent)
		next = d.By
	}
	d.Late = next != "" && today > next
	return d
}

// Fresh is the index in Entries from which on all came after her last own line.
func (c *Conversation) Fresh() int {
	for i := len(c.Entries); i > 0; i-- {
		if c.Entries[i-1].From == FromReporter {
			return i
		}
	}
	return 0
}
