package window

import (
	"errors"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
)

// casePage is a case and all that can be done with it.
type casePage struct {
	desk.Case
	Number   int
	Me       string
	Text     string // in the form for a reply: what was typed, or her draft
	Drafted  bool
	Was      string // digest of the draft on which that is based
	Damaged  bool   // the draft cannot be read
	Names    []string
	Attached []*desk.Attached
	Folder   string
	Entries  []entry
}

type entry struct {
	desk.Entry
	Mine, Reporter bool
}

// showCase is the page of a case. To look at it marks it as read.
func (w *Window) showCase(v *visit) (page, error) {
	id, err := w.named(v)
	if err != nil {
		return page{}, err
	}
	c, err := w.desk.Read(id)
	if err != nil {
		return page{}, err
	}
	shown := casePage{Case: c, Number: w.number(id), Me: w.desk.ID(), Attached: w.attached[id]}
	shown.Warnings = plain(c.Warnings)
	if c.Withdrawn || c.Left {
		return page{"case", shown}, nil
	}
	for _, e := range c.Entries {
		shown.Entries = append(shown.Entries, entry{e, e.From == shown.Me, e.From == dropbox.FromReporter})
	}
	if text := v.typed.Get("reply"); v.problem != nil && v.problem.Token == "kept" && text != "" {
		if _, err := w.desk.KeepDraft(id, text); err != nil { // it outlives the program from here on
			return page{}, err
		}
		v.typed.Del("reply")
	}
	draft, err := w.desk.Draft(id)
	if shown.Damaged = errors.Is(err, desk.ErrDamaged); err != nil && !shown.Damaged {
		return page{}, err
	}
	shown.Text, shown.Drafted, shown.Was = draft.Text, draft.Text != "", digest(draft.Text)
	if text := v.typed.Get("reply"); text != "" {
		shown.Text = text
	}
	if v.problem != nil && v.problem.Token == "names" {
		if shown.Names, err = w.desk.Names(id, shown.Text); err != nil {
			return page{}, err
		}
	}
	list, err := w.desk.Files(id)
	shown.Folder = list.Folder
	return page{"case", shown}, err
}

// forgetPage asks before a case is deleted.
type forgetPage struct {
	ID     string
	Number int
}

func (w *Window) askForget(v *visit) (page, error) {
	id, err := w.named(v)
	return page{"forget", forgetPage{id, w.number(id)}}, err
}

func (w *Window) forgetCase(v *visit) (done, error) {
	id, err := w.named(v)
	if err != nil {
		return done{}, err
	}
	if v.sent.Get("confirm") != "yes" {
		return done{}, errConfirm
	}
	gone, err := w.desk.Forget(v.ctx, id)
	if err != nil {
		return done{}, err
	}
	discard(w.attached[id])
	delete(w.attached, id)
	w.picture = picture{}
	delete(w.kept, strings.TrimSuffix(v.URL.Path, "/forget"))
	return done{to: "/", told: []string{"Case " + gone.ID + " is deleted, here and in your mailbox, with your notes and the files in its folder. Files that you saved elsewhere, and back-ups, you have to delete yourself."}}, nil
}

// addNote keeps a note, which nobody else ever gets.
func (w *Window) addNote(v *visit) (done, error) {
	id, err := w.named(v)
	if err == nil {
		_, err = w.desk.AddNote(id, v.sent.Get("note"))
	}
	return done{to: w.casePath(id) + "#notes", told: []string{"Your note is kept. Nobody else ever gets it."}}, err
}

func (w *Window) removeNote(v *visit) (done, error) {
	id, err := w.named(v)
	if err == nil {
		_, err = w.desk.RemoveNote(id, atoi(v.sent.Get("number")))
	}
	return done{to: w.casePath(id) + "#notes", told: []string{"The note is deleted."}}, err
}
