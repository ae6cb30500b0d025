package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"tellbox/dropbox"
)

// account is what the form says, cleaned.
type account struct {
	text, wish, about string
	prompts           []promptView // answers, first to what is asked now
	strange           bool         // there are others, which no form of ours asks for
	keep              bool
	selection
	*attached
}

func readAccount(f *form, p *Prompts) *account {
	a := &account{text: dropbox.Clean(f.Get("account")), wish: wishOf(f), about: f.Get("about"), keep: f.Get("copy") == "yes",
		selection: readSelection(f), attached: f.attached}
	a.prompts, a.strange = p.answers(f)
	return a
}

// wishOf is what she would like: advice, if she chose nothing.
func wishOf(f *form) string { return cmp.Or(f.Get("wish"), "advice") }

// answered are her answers, without the prompts that she left.
func (a *account) answered() (out []dropbox.Prompt) {
	for _, p := range a.prompts {
		if strings.TrimSpace(p.Answer) != "" {
			out = append(out, dropbox.Prompt{ID: p.ID, Text: p.Answer})
		}
	}
	return out
}

// digest stands for every field she can change, and for nothing else: the same form is the same sending though the operator has
// edited his prompts meanwhile.
func (a *account) digest(n dropbox.Sending) dropbox.Hex32 {
	parts := append([][]byte{[]byte("report"), []byte(a.text), []byte(a.wish), []byte(a.about), strconv.AppendBool(nil, a.keep)}, a.selection.parts()...)
	answered := a.answered()
	slices.SortFunc(answered, func(p, q dropbox.Prompt) int { return strings.Compare(p.ID, q.ID) })
	for _, p := range answered {
		parts = append(parts, []byte(p.ID), []byte(p.Text))
	}
	return dropbox.DigestOf(n, append(parts, a.attached.parts()...)...)
}

// isRecord says whether it goes to nobody.
func (a *account) isRecord() bool { return a.wish == dropbox.Record }

// frame is the report as it will be sealed. A record is its own copy.
func (a *account) frame(day string, version int, readers, struckOff []string) dropbox.Frame {
	return dropbox.Frame{Kind: dropbox.Report, Day: day, Text: a.text, Prompt: a.answered(), About: a.about, Wish: a.wish, Roster: version,
		Readers: readers, StruckOff: struckOff, Copy: a.keep || a.isRecord(), Files: a.files}
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
	f := a.frame("", 0, nil, nil)
	if err := f.CheckAccount(); err != nil {
		return err
	}
	if !slices.Contains(dropbox.Wishes, a.wish) || a.about != "" && !slices.Contains(dropbox.Abouts, a.about) || len(f.Prompt) > maxAnswers {
		return problemOf("malformed")
	}
	return nil
}
