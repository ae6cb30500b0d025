package web

import (
	"slices"
	"strconv"
	"strings"

	"tellbox/dropbox"
)

// account is what the form says, cleaned.
type account struct {
	text, wish, about string
	prompts           []promptView
	keep              bool
	selection
}

func readAccount(f *form) *account {
	a := &account{text: dropbox.Clean(f.Get("account")), wish: f.Get("wish"), about: f.Get("about"), keep: f.Get("copy") == "yes",
		selection: readSelection(f)}
	if a.wish == "" {
		a.wish = "advice"
	}
	if a.about == "" {
		a.about = "me"
	}
	for _, id := range defaultPrompts {
		a.prompts = append(a.prompts, promptView{ID: id, Answer: dropbox.Clean(f.Get("prompt." + id))})
	}
	return a
}

// digest stands for every field she can change.
func (a *account) digest(n dropbox.Sending) dropbox.Hex32 {
	parts := append([][]byte{[]byte("report"), []byte(a.text), []byte(a.wish), []byte(a.about), strconv.AppendBool(nil, a.keep)}, a.parts()...)
	for _, p := range a.prompts {
		parts = append(parts, []byte(p.ID), []byte(p.Answer))
	}
	return dropbox.DigestOf(n, parts...)
}

// isRecord says whether it goes to nobody.
func (a *account) isRecord() bool { return a.wish == dropbox.Record }

// frame is the report as it will be sealed. A record is its own copy.
func (a *account) frame(day string, version int, readers, struckOff []string) dropbox.Frame {
	f := dropbox.Frame{Kind: dropbox.Report, Day: day, Text: a.text, About: a.about, Wish: a.wish, Roster: version,
		Readers: readers, StruckOff: struckOff, Copy: a.keep || a.isRecord()}
	for _, p := range a.prompts {
		if strings.TrimSpace(p.Answer) != "" {
			f.Prompt = append(f.Prompt, dropbox.Prompt{ID: p.ID, Text: p.Answer})
		}
	}
	return f
}

// audience is who gets it, and who must not.
func (a *account) audience(roster *Roster) (readers []dropbox.Reader, struckOff []string, err error) {
	if a.isRecord() {
		return nil, a.struckOff(roster), nil
	}
	return a.readers(roster)
}

// check finds what she has to change before this can be sent.
func (a *account) check() error {
	f, room := a.frame("", 0, nil, nil), dropbox.MaxText
	if a.isRecord() {
		room = (&dropbox.Conversation{}).Room()
	}
	switch {
	case strings.TrimSpace(a.text) == "":
		return problemOf("empty-account")
	case f.Length() > room:
		return tooLong(f.Length() - room)
	case dropbox.ContainsCode(a.text), slices.ContainsFunc(a.prompts, func(p promptView) bool { return dropbox.ContainsCode(p.Answer) }):
		return problemOf("code-in-text")
	case !slices.Contains(dropbox.Wishes, a.wish), !slices.Contains(dropbox.Abouts, a.about):
		return problemOf("malformed")
	}
	return nil
}

func tooLong(over int) error {
	p := problemOf("too-long")
	p.Args = map[string]any{"Over": over}
	return p
}
