package desk

import (
	"slices"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/keys"
	"tellbox/keys/vault"
)

// ombudsperson puts one into the roster.
func (w *world) ombudsperson(id, name string) {
	w.Helper()
	_, card, err := vault.NewAdvocate(id, name, "Office")
	w.must(err)
	w.must(w.box.Roster.Add(keys.Reader{Card: *card, Role: keys.Ombudsperson}, w.clock.Now()))
	w.must(w.box.Install(w.Context()))
}

// on is a case as the inbox and the case itself show it, on a day.
func (w *world) on(d *Desk, id, today string) Clock {
	w.Helper()
	now, err := time.Parse(time.DateOnly, today)
	w.must(err)
	before := d.now
	defer func() { d.now = before }()
	d.now = func() time.Time { return now }
	in, err := d.Inbox()
	w.must(err)
	i := slices.IndexFunc(in.Cases, func(l CaseLine) bool { return l.ID == id })
	line, shown := in.Cases[i].Clock, w.read(d, id).Clock
	if line.Overdue != shown.Overdue || line.Remind != shown.Remind || !slices.Equal(line.TurnTo, shown.TurnTo) || line.TurnTo == nil {
		w.Errorf("%s: the inbox has %+v, the case %+v", today, line, shown)
	}
	return line
}

func (w *world) mustBe(what string, k Clock, remind, overdue bool, turnTo ...string) {
	w.Helper()
	if k.Remind != remind || k.Overdue != overdue || !slices.Equal(k.TurnTo, turnTo) {
		w.Errorf("%s: %+v, want remind %t, overdue %t, turn to %q", what, k, remind, overdue, turnTo)
	}
}

// A case from the first day to its answer. It was sent on 2026-02-11: words are due by 02-18, an answer by 05-11.
func TestClock(t *testing.T) {
	w := newWorld(t)
	w.ombudsperson("olga", "Olga")
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	alice, bob := w.desk("alice"), w.desk("bob")
	w.sync(alice)
	w.sync(bob)
	people := []string{"Olga", "Bob", "Dora"} // Eve is struck off, Irene investigates

	w.mustBe("the last day for words", w.on(alice, h.id(), "2026-02-18"), false, false)
	w.mustBe("a day later", w.on(alice, h.id(), "2026-02-19"), false, true, people...)
	file := w.attach(w.file("a.txt", []byte("a file alone")), true)
	_, err := alice.ReplyWith(t.Context(), h.id(), "", []*client.Attachment{file}, client.Transfer{})
	w.must(err)
	w.do(alice, h.id(), Action{Status: "reading"})
	w.do(alice, h.id(), Action{Note: true, Text: "Words to Bob are no words to her"})
	w.mustBe("a file, a status and a note", w.on(alice, h.id(), "2026-02-19"), false, true, people...)
	w.do(bob, h.id(), Action{Status: "received", Text: "We have read it."})
	w.sync(alice)
	w.mustBe("a colleague's words", w.on(alice, h.id(), "2026-02-19"), false, false)

	w.mustBe("day 59", w.on(alice, h.id(), "2026-04-11"), false, false)
	w.mustBe("day 60", w.on(alice, h.id(), "2026-04-12"), true, false)
	w.mustBe("the last day for an answer", w.on(alice, h.id(), "2026-05-11"), true, false)
	w.do(bob, h.id(), Action{Leave: true})
	w.sync(alice)
	w.mustBe("a day later", w.on(alice, h.id(), "2026-05-12"), true, true, "Olga", "Dora")
	w.mustBe("of who stepped aside nothing is asked", w.on(bob, h.id(), "2026-05-12"), false, false)

	w.do(alice, h.id(), Action{Status: dropbox.Answered})
	k := w.on(alice, h.id(), "2026-08-01")
	if w.mustBe("answered", k, false, false); k.FullAnswer != "2026-02-11" {
		t.Errorf("answered: %+v", k)
	}
	h.write("And one thing more")
	w.sync(alice)
	w.mustBe("what she writes later starts no clock", w.on(alice, h.id(), "2026-08-01"), false, false)
	h.withdraw()
	w.sync(alice)
	w.mustBe("taken back", w.on(alice, h.id(), "2026-08-01"), false, false)
}

// Closing ends the clock; an answer in status alone does not stand for words; whom she struck off nobody is sent to.
func TestClockEnds(t *testing.T) {
	w := newWorld(t)
	w.ombudsperson("eva", "Eva")
	h, other := w.reporter(), w.reporter().readBy("alice")
	h.send(dropbox.Report, "Something")
	f := other.frame(dropbox.Report, "Else")
	f.StruckOff = []string{"bob", "dora", "eva", "eve"}
	other.post(other.seal(f))
	alice := w.desk("alice")
	w.sync(alice)
	w.do(alice, h.id(), Action{Status: dropbox.Closed, Text: "We agreed to leave it here."})
	w.mustBe("closed", w.on(alice, h.id(), "2026-08-01"), false, false)
	w.mustBe("nobody to turn to", w.on(alice, other.id(), "2026-02-19"), false, true)
	w.do(alice, other.id(), Action{Status: dropbox.Answered})
	w.mustBe("answered without a word", w.on(alice, other.id(), "2026-02-19"), false, true)
}
