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
	roster            string
	shown, exclude    []string
}

func readAccount(f *form) *account {
	a := &account{text: dropbox.Clean(f.Get("account")), wish: f.Get("wish"), about: f.Get("about"), keep: f.Get("copy") == "yes",
		roster: f.Get("roster"), shown: f.Values["shown"], exclude: f.Values["exclude"]}
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
	parts := [][]byte{[]byte("report"), []byte(a.text), []byte(a.wish), []byte(a.about), strconv.AppendBool(nil, a.keep), []byte(a.roster),
		[]byte(strings.Join(a.shown, "\n")), []byte(strings.Join(a.exclude, "\n"))}
	for _, p := range a.prompts {
		parts = append(parts, []byte(p.ID), []byte(p.Answer))
	}
	return dropbox.DigestOf(n, parts...)
}

// frame is the report as it will be sealed.
func (a *account) frame(day string, version int, readers, struckOff []string) dropbox.Frame {
	f := dropbox.Frame{Kind: dropbox.Report, Day: day, Text: a.text, About: a.about, Wish: a.wish, Roster: version,
		Readers: readers, StruckOff: struckOff, Copy: a.keep}
	for _, p := range a.prompts {
		if strings.TrimSpace(p.Answer) != "" {
			f.Prompt = append(f.Prompt, dropbox.Prompt{ID: p.ID, Text: p.Answer})
		}
	}
	return f
}

// check finds what she has to change before this can be sent.
func (a *account) check() error {
	f := a.frame("", 0, nil, nil)
	switch {
	case strings.TrimSpace(a.text) == "":
		return problemOf("empty-account")
	case f.Length() > dropbox.MaxText:
		p := problemOf("too-long")
		p.Args = map[string]any{"Count": f.Length(), "Limit": dropbox.MaxText, "Over": f.Length() - dropbox.MaxText}
		return p
	case dropbox.ContainsCode(a.text), slices.ContainsFunc(a.prompts, func(p promptView) bool { return dropbox.ContainsCode(p.Answer) }):
		return problemOf("code-in-text")
	case a.wish == "record" || !slices.Contains(dropbox.Wishes, a.wish), !slices.Contains(dropbox.Abouts, a.about):
		return problemOf("malformed")
	}
	return nil
}

// readers is the positive list: the shown advocates that she did not strike off; if none is left, the shown ombudsperson.
func (a *account) readers(roster *Roster) (readers []dropbox.Reader, struckOff []string, err error) {
	if a.roster != strconv.Itoa(roster.Version) {
		return nil, nil, problemOf("readers-changed")
	}
	struckOff = slices.Compact(slices.Sorted(slices.Values(a.exclude)))
	for _, id := range slices.Concat(a.shown, struckOff) {
		if _, ok := roster.Reader(id); !ok || !slices.Contains(a.shown, id) {
			return nil, nil, problemOf("unknown-reader")
		}
	}
	willing := func(id string) bool { return slices.Contains(a.shown, id) && !slices.Contains(struckOff, id) }
	for _, p := range roster.Advocates() {
		if r, ok := roster.reader(p.ID); ok && willing(p.ID) {
			readers = append(readers, r)
		}
	}
	if o, ok := roster.Ombudsperson(); ok && len(readers) == 0 && willing(o.ID) {
		r, _ := roster.reader(o.ID)
		readers = append(readers, r)
	}
	if len(readers) == 0 {
		return nil, nil, problemOf("no-reader")
	}
	return readers, struckOff, nil
}

func ids(readers []dropbox.Reader) (out []string) {
	for _, r := range readers {
		out = append(out, r.ID)
	}
	return out
}
