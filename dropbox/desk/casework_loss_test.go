package desk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// Somebody whom the roster has lost before he was added must not keep everything that follows waiting.
func TestAddedLeavesRosterOnTheWay(t *testing.T) {
	w := newWorld(t)
	h, other := w.reporter().readBy("alice", "bob"), w.reporter().readBy("alice")
	h.send(dropbox.Report, "What happened")
	other.send(dropbox.Report, "Another")
	alice := w.desk("alice")
	w.sync(alice)
	lost := &between{}
	lost.each = func() error {
		if strings.HasSuffix(lost.seen[len(lost.seen)-1], "/reply") {
			return errors.New("no network")
		}
		return nil
	}
	alice.transport = lost
	_, err := alice.Do(t.Context(), h.id(), Action{Add: "dora", Text: "Dora knows more."})
	w.is(err, ErrUndelivered)
	alice.transport = nil
	w.must(w.box.Roster.Remove("dora", w.clock.Now()))
	w.must(w.box.Install(t.Context()))

	notices, err := alice.Sync(t.Context())
	if err != nil || !slices.ContainsFunc(notices, func(s string) bool { return strings.Contains(s, "was not stored") }) {
		t.Fatalf("%q, %v", notices, err)
	}
	if draft, err := alice.Draft(h.id()); err != nil || draft.Text != "Dora knows more." {
		t.Errorf("draft %+v, %v", draft, err)
	}
	_, err = alice.Reply(t.Context(), h.id(), "I am Alice.")
	w.must(err)
	if in, _ := w.sync(alice); in.OnTheWay != 0 {
		t.Errorf("inbox %+v", in)
	}
}

// What she wrote to somebody who has handed her case over reaches who has it now, also if it came after he stepped aside, or stood
// unread in his mailbox then.
func TestWrittenToWhoLeft(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice")
	h.send(dropbox.Report, "What happened")
	alice, dora := w.desk("alice"), w.desk("dora")
	w.sync(alice)
	before := h.conversation()
	early := func(text string) {
		p, err := h.Seal(h.frame(dropbox.Message, text), w.readers(h.to), before, everyone)
		w.must(err)
		p.Sending = hash32("early", text, h.Locator.String())
		h.post(p)
		before.Count++
		before.SentTo["alice"]++
	}
	early("Alice has not fetched this")
	_, err := alice.HandOver(t.Context(), h.id(), "dora", "", true)
	w.must(err)
	w.sync(dora)
	if got := happened(w.read(dora, h.id())); !slices.Contains(got, "reporter message:  Alice has not fetched this") {
		t.Errorf("if Alice forgets the case now, as she is told to, this is lost: dora reads %q", got)
	}
	early("She did not know of Dora")
	w.sync(alice)
	w.sync(alice)
	w.sync(dora)
	got := happened(w.read(dora, h.id()))
	for _, want := range []string{"Alice has not fetched this", "She did not know of Dora"} {
		n := 0
		for _, g := range got {
			if strings.Contains(g, want) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("dora reads %q %d times: %q", want, n, got)
		}
	}
	if v := w.read(alice, h.id()); !v.Left || len(v.Entries) > 0 {
		t.Errorf("alice sees %+v", v)
	}
}

// The last two step aside at the same time. Nobody reads the case then: both are told, and either can still give it to somebody, without
// being shown anything of it.
func TestLastReadersLeaveTogether(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice", "bob")
	h.send(dropbox.Report, "What happened")
	alice, bob, dora := w.desk("alice"), w.desk("bob"), w.desk("dora")
	w.sync(alice)
	w.sync(bob)
	w.do(alice, h.id(), Action{Leave: true})
	w.unaware(bob, func() { w.do(bob, h.id(), Action{Leave: true}) })

	for _, d := range []*Desk{alice, bob} {
		in, _ := w.sync(d)
		l := in.Cases[0]
		if !l.Left || len(l.Team) > 0 || !l.In("waiting") || !slices.ContainsFunc(l.Warnings, func(s string) bool { return strings.Contains(s, "Nobody reads") }) {
			t.Errorf("%s: %+v", d.ID(), l)
		}
		v := w.read(d, h.id())
		if len(v.Entries) > 0 || v.Account != "" || !slices.Contains(v.CanAdd, "dora") || slices.Contains(v.CanAdd, "alice") || slices.Contains(v.CanAdd, "eve") {
			t.Errorf("%s: %+v", d.ID(), v)
		}
		_, err := d.Reply(t.Context(), h.id(), "I am still here")
		w.is(err, ErrLeft)
		_, err = d.Do(t.Context(), h.id(), Action{Status: "reading"})
		w.is(err, ErrLeft)
	}
	if c := h.conversation(); len(c.Readers) > 0 {
		t.Errorf("she sees %+v", c.Readers)
	}
	w.do(bob, h.id(), Action{Add: "dora", Named: "dora"})
	in, _ := w.sync(dora)
	if len(in.Cases) != 1 || !in.Cases[0].Mine || w.read(dora, h.id()).Account != "What happened" {
		t.Fatalf("dora's inbox %+v", in)
	}
	if c := h.conversation(); !slices.Equal(c.Readers, []string{"dora"}) || c.Unread > 0 {
		t.Errorf("she sees %+v", c)
	}
	for _, d := range []*Desk{alice, bob} {
		w.sync(d)
		_, err := d.Do(t.Context(), h.id(), Action{Add: "dora"})
		if d == bob {
			w.is(err, ErrLeft)
		}
	}
}

// unaware does something while the server holds back what came for a desk, as if it came a moment later: a desk fetches before it closes or leaves.
func (w *world) unaware(d *Desk, do func()) {
	w.Helper()
	cursor, err := d.home.read("cursor")
	w.must(err)
	d.transport = &between{swap: answering(dropbox.API+"mail", 200, fmt.Sprintf(`{"entries":[],"next":%q}`, strings.TrimSpace(string(cursor))))}
	do()
	d.transport = nil
}

// Two who add the same colleague each pass on what she wrote before she knew by them; neither relies on the other.
func TestBothPassOn(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice", "bob")
	h.send(dropbox.Report, "What happened")
	alice, bob, dora := w.desk("alice"), w.desk("bob"), w.desk("dora")
	w.sync(alice)
	w.sync(bob)
	_, err := alice.Reply(t.Context(), h.id(), "I am Alice.")
	w.must(err)
	before := h.conversation()
	w.do(alice, h.id(), Action{Add: "dora"})
	w.do(bob, h.id(), Action{Add: "dora"}) // and then he is away for weeks
	p, err := h.Seal(h.frame(dropbox.Message, "Early"), w.readers(h.to), before, everyone)
	w.must(err)
	p.Sending = hash32("early", h.Locator.String())
	h.post(p)
	for _, d := range []*Desk{alice, bob} { // and then he comes back
		w.sync(d)
		w.sync(dora)
		got := happened(w.read(dora, h.id()))
		if early := slices.DeleteFunc(slices.Clone(got), func(s string) bool { return s != "reporter message:  Early" }); len(early) != 1 {
			t.Errorf("after %s's desk dora reads %q", d.ID(), got)
		}
	}
}

// That the person who is named to her is no longer in the roster is said to those who still read the case.
func TestNamedLeavesRoster(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice", "bob")
	h.send(dropbox.Report, "What happened")
	alice := w.desk("alice")
	w.sync(alice)
	w.do(alice, h.id(), Action{Named: "bob"})
	w.must(w.box.Roster.Remove("bob", w.clock.Now()))
	w.must(w.box.Install(t.Context()))
	if in, _ := w.sync(alice); !slices.ContainsFunc(in.Cases[0].Warnings, func(s string) bool { return strings.Contains(s, "bob is named to the reporter") }) || !in.Cases[0].In("waiting") {
		t.Errorf("alice is told %q", in.Cases[0].Warnings)
	}
	_, err := alice.Do(t.Context(), h.id(), Action{Named: "bob", Status: "reading"})
	w.is(err, ErrNotReader)
	_, err = alice.HandOver(t.Context(), h.id(), "bob", "", true)
	w.is(err, ErrNotReader)
	w.do(alice, h.id(), Action{Named: "alice"})
	if in, _ := w.sync(alice); len(in.Cases[0].Warnings) > 0 {
		t.Errorf("alice is told %q", in.Cases[0].Warnings)
	}
}

// Handing over to somebody whom she chose adds nobody.
func TestHandOverToWhoReads(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice", "bob")
	h.send(dropbox.Report, "What happened")
	alice, bob := w.desk("alice"), w.desk("bob")
	w.sync(alice)
	_, err := alice.HandOver(t.Context(), h.id(), "bob", "Bob goes on.", true)
	w.must(err)
	w.sync(alice)
	w.sync(bob)
	if got := happened(w.read(bob, h.id())); !slices.Equal(got, []string{"reporter report:  What happened", "alice status:  Bob goes on.", "alice status: leaves"}) {
		t.Errorf("bob reads %q", got)
	}
}
