package e2e

import (
	"slices"
	"strings"
	"testing"
)

// A case that is begun on the page goes on in the program, and the other way round, with every action that both have: report, record, come
// back, write more, add to a record, change the wish, share, take back. Both see the same at every step, and her readers cannot tell which it was.
func TestPageAndProgram(t *testing.T) {
	s := newSite(t)
	page, program := byPage{s}, byProgram{s}
	for name, order := range map[string][2]hands{"begun on the page": {page, program}, "begun in the program": {program, page}} {
		t.Run(name, func(t *testing.T) {
			one := *s
			one.t = t
			w := &twoWays{&one, order[0].in(&one), order[1].in(&one)}
			w.report(t)
			w.withoutCopy(t)
			w.record(t)
			w.recordTakenBack(t)
			w.decided(t)
		})
	}
}

// twoWays are her hands where a case begins, and where it goes on.
type twoWays struct {
	*site
	begin, goOn hands
}

// both look at a case from both sides.
func (w *twoWays) both(t *testing.T, words string, record bool, want ...string) {
	t.Helper()
	slices.Sort(want)
	for _, h := range []hands{w.begin, w.goOn} {
		got, here := h.check(words)
		if wanted := (view{record, want}); !here || got.String() != wanted.String() {
			t.Errorf("%T: here %v, %s\nwant %s", h, here, got, wanted)
		}
	}
}

func (w *twoWays) gone(t *testing.T, words string) {
	t.Helper()
	for _, h := range []hands{w.begin, w.goOn} {
		if _, here := h.check(words); here {
			t.Errorf("%T: it is still there", h)
		}
	}
}

// reads is the one new case of an advocate.
func (w *twoWays) reads(t *testing.T, id string) (found caseView) {
	t.Helper()
	n := 0
	for _, c := range decode[inbox](t, w.advocate(id, "inbox", "-json")).Cases {
		if c.New && !c.Withdrawn {
			n, found = n+1, decode[caseView](t, w.advocate(id, "read", c.ID, "-json"))
		}
	}
	if n > 1 {
		t.Fatalf("%s has %d new cases", id, n)
	}
	return found
}

func (w *twoWays) report(t *testing.T) {
	words := w.begin.send("It happened in March.", options{wish: "thinking", about: "saw", when: "in March", exclude: []string{"bob"}, copy: true})
	report := entryText("report", "you", "It happened in March.", "thinking")
	w.both(t, words, false, report)
	w.goOn.message(words, "There is more.")
	w.goOn.wish(words, "complaint")
	w.begin.message(words, "And more.")
	hers := []string{report, entryText("message", "you", "There is more.", ""), entryText("wish", "you", "", "complaint"), entryText("message", "you", "And more.", "")}
	w.both(t, words, false, slices.Clone(hers)...)

	c := w.reads(t, "alice")
	if c.Account != "It happened in March." || c.About != "saw" || c.Wish != "complaint" || len(c.Prompts) != 1 || c.Prompts[0].Text != "in March" ||
		!slices.Equal(c.Readers, []string{"alice"}) || !slices.Equal(c.StruckOff, []string{"bob"}) || len(c.Entries) != 4 || len(c.Warnings) != 0 {
		t.Errorf("alice reads %+v", c)
	}
	if b := w.reads(t, "bob"); b.ID != "" {
		t.Errorf("bob, who was struck off, reads %+v", b)
	}
	w.write("reply", "I am here.")
	w.advocate("alice", "reply", c.ID, "-text-file", w.path("reply"))
	w.both(t, words, false, append(hers, entryText("reply", "alice", "I am here.", ""))...)

	deleted, asked := w.goOn.withdraw(words)
	if len(deleted) != 0 || !slices.Equal(asked, []string{"Alice Okafor"}) {
		t.Errorf("deleted of %v, asked %v", deleted, asked)
	}
	w.gone(t, words)
	w.reads(t, "alice")
	if c := decode[caseView](t, w.advocate("alice", "read", c.ID, "-json")); !c.Withdrawn {
		t.Error("alice was not told that it was taken back")
	}
}

func (w *twoWays) withoutCopy(t *testing.T) {
	words := w.begin.send("I keep nothing of this.", options{wish: "advice", about: "me", when: "today", exclude: []string{"alice", "bob"}})
	w.goOn.message(words, "Nor of this.")
	w.both(t, words, false, entryText("report", "you", "", "advice"), entryText("message", "you", "", ""))
	if c := w.reads(t, "carol"); c.Account != "I keep nothing of this." || len(c.Entries) != 2 || c.Entries[1].Text != "Nor of this." { // all advocates are struck off
		t.Errorf("carol reads %+v", c)
	}
}

func (w *twoWays) record(t *testing.T) {
	words := w.begin.send("For myself.", options{wish: "record", about: "me", when: "again", exclude: []string{"alice"}})
	w.goOn.message(words, "The next day.")
	w.begin.message(words, "And the next.")
	hers := []string{entryText("report", "you", "For myself.", "record"), entryText("message", "you", "The next day.", ""), entryText("message", "you", "And the next.", "")}
	w.both(t, words, true, slices.Clone(hers)...)
	for _, id := range []string{"alice", "bob", "carol"} {
		if c := w.reads(t, id); c.ID != "" {
			t.Errorf("%s reads a record: %+v", id, c)
		}
	}
	w.goOn.share(words, "thinking", "alice")
	w.begin.wish(words, "advice")
	w.goOn.message(words, "Now you know.")
	w.both(t, words, false, append(hers, entryText("share", "you", "", "thinking"), entryText("wish", "you", "", "advice"), entryText("message", "you", "Now you know.", ""))...)
	c := w.reads(t, "bob")
	for _, piece := range []string{"For myself.", "The next day.", "And the next."} {
		if !strings.Contains(c.Account, piece) {
			t.Errorf("bob does not read %q in %q", piece, c.Account)
		}
	}
	if len(c.Entries) != 3 || c.Wish != "advice" || !slices.Equal(c.StruckOff, []string{"alice"}) {
		t.Errorf("bob reads %+v", c)
	}
	if a := w.reads(t, "alice"); a.ID != "" {
		t.Errorf("alice, who was struck off, reads %+v", a)
	}
}

func (w *twoWays) recordTakenBack(t *testing.T) {
	words := w.begin.send("Not even for myself.", options{wish: "record", about: "told", when: "once"})
	deleted, asked := w.goOn.withdraw(words)
	if len(deleted)+len(asked) != 0 {
		t.Errorf("deleted of %v, asked %v: nobody had it", deleted, asked)
	}
	w.gone(t, words)
}
