package e2e

import (
	"slices"
	"testing"

	"tellbox/dropbox"
)

// stands is what both say of how a report stands: the status, who said so, who is her contact, and whether it is open again.
type stands struct {
	Status, Named string
	StatusBy      string `json:"status_by"`
	Reopened      bool
	Readers       []string
}

// stood wants her program to say how it stands, and her page, in a sentence.
func (w *twoWays) stood(t *testing.T, words string, want stands) {
	t.Helper()
	program, page := byProgram{w.site}, byPage{w.site}
	got := decode[stands](t, program.done(program.reporter(words, "check", "-code-file", "-")))
	if got.Status != want.Status || got.Named != want.Named || got.StatusBy != want.StatusBy || got.Reopened != want.Reopened || !slices.Equal(got.Readers, want.Readers) {
		t.Errorf("her program says %+v, want %+v", got, want)
	}
	p := page.open(words)
	if status := p.ByID("status"); (status == nil) != (want.Status == "") || (p.ByID("reopened") != nil) != want.Reopened {
		t.Errorf("her page says nothing of %+v", want)
	}
}

// decided is what three advocates decide at their desks, as she reads it.
func (w *twoWays) decided(t *testing.T) {
	words := w.begin.send("It was at the office.", options{wish: "advice", about: "me", when: "today", copy: true})
	all := []string{entryText("report", "you", "It was at the office.", "advice")}
	add := func(id, kind, text string) { all = append(all, entryText(kind, id, text, "")) }
	act := func(id, verb string, args ...string) {
		t.Helper()
		w.advocate(id, "inbox")
		w.advocate(id, verb, args...)
	}
	c := w.reads(t, "alice")
	w.reads(t, "bob")
	w.write("more", "For you to know.")

	act("alice", "assign", c.ID, "alice")
	add("alice", "status", "")
	act("bob", "status", c.ID, "reading")
	add("bob", "status", "")
	w.both(t, words, false, slices.Clone(all)...)
	w.stood(t, words, stands{Status: "reading", StatusBy: "bob", Named: "alice", Readers: []string{"alice", "bob"}})

	act("alice", "add", c.ID, "carol", "-text-file", w.path("more"))
	add("alice", "added", "For you to know.")
	act("alice", "tell", c.ID, "-text-file", w.path("more")) // of which she hears nothing
	act("bob", "aside", c.ID)
	add("bob", "status", "")
	w.goOn.message(words, "Who is this?")
	all = append(all, entryText("message", "you", "Who is this?", ""))
	if got := w.reads(t, "carol"); got.Account != "It was at the office." {
		t.Errorf("carol reads %+v", got)
	}
	act("carol", "close", c.ID, "-text-file", w.path("more"))
	add("carol", "status", "For you to know.")
	w.both(t, words, false, slices.Clone(all)...)
	w.stood(t, words, stands{Status: dropbox.Closed, StatusBy: "carol", Named: "alice", Readers: []string{"alice", "carol"}})

	w.begin.message(words, "There is more.")
	all = append(all, entryText("message", "you", "There is more.", ""))
	w.both(t, words, false, slices.Clone(all)...)
	w.stood(t, words, stands{Named: "alice", Reopened: true, Readers: []string{"alice", "carol"}})

	deleted, asked := w.goOn.withdraw(words)
	if slices.Sort(asked); len(deleted) != 0 || !slices.Equal(asked, []string{"Alice Okafor", "Bob Lindqvist", "Carol Adeyemi"}) {
		t.Errorf("deleted of %v, asked %v", deleted, asked)
	}
	w.gone(t, words)
}
