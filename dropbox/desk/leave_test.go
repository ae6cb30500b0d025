package desk

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// Alice leaves the service. What is open goes to Dora, who is told all of it, and the reporters are told of her; what Dora must not have, or what
// Alice has not finished, stays Alice's and is said.
func TestLeave(t *testing.T) {
	w := newWorld(t)
	alone, bobs, closed, closedAlone, notDora, drafted, gone := w.reporter().readBy("alice"), w.reporter().readBy("alice", "bob"), w.reporter().readBy("alice", "bob"),
		w.reporter().readBy("alice"), w.reporter().readBy("alice"), w.reporter().readBy("alice"), w.reporter().readBy("alice")
	for _, h := range []*her{alone, bobs, closed, closedAlone, drafted, gone} {
		h.send(dropbox.Report, "What happened")
	}
	f := notDora.frame(dropbox.Report, "Not for Dora")
	f.StruckOff = []string{"dora"}
	notDora.post(notDora.seal(f))
	alice, bob, dora := w.desk("alice"), w.desk("bob"), w.desk("dora")
	w.sync(alice)
	w.sync(bob)
	w.do(bob, bobs.id(), Action{Named: "bob", Status: "reading"})
	for _, h := range []*her{closed, closedAlone} {
		w.do(alice, h.id(), Action{Status: dropbox.Closed, Text: "It is done."})
	}
	_, err := alice.Reply(t.Context(), alone.id(), "I am Alice")
	w.must(err)
	_, err = alice.SetDraft(drafted.id(), "Not yet")
	w.must(err)
	gone.withdraw()
	junk := w.reporter().readBy("alice")
	junk.send(dropbox.Report, "Nonsense")
	w.sync(alice)
	_, err = alice.SetAside([]string{junk.id()})
	w.must(err)
	sent := len(alice.sent)

	want := map[string]string{alone.id(): LeaveHandOver, bobs.id(): LeaveAside, closed.id(): LeaveClosed, closedAlone.id(): LeaveHandOver, notDora.id(): LeaveCannot, drafted.id(): LeaveCannot}
	listed, err := alice.Leave(t.Context(), "dora", true)
	w.must(err)
	if len(listed.Notices) != 1 || !strings.Contains(listed.Notices[0], "1 report is kept apart as junk, and not handed over") {
		t.Errorf("it says %q", listed.Notices)
	}
	if len(listed.Cases) != len(want) || len(alice.sent) != sent {
		t.Errorf("listed %+v, and sent %d", listed, len(alice.sent)-sent)
	}
	for _, c := range listed.Cases {
		if want[c.ID] != c.Step || c.Done || (c.Reason != "") != (c.Step == LeaveCannot) {
			t.Errorf("listed %+v, want %s", c, want[c.ID])
		}
	}
	for _, who := range []string{"alice", "irene", "nobody"} {
		if _, err := alice.Leave(t.Context(), who, false); !errors.Is(err, ErrNothingToDo) && !errors.Is(err, ErrNoSuchRole) {
			t.Errorf("to %s: %v", who, err)
		}
	}
	_, err = bob.Reply(t.Context(), bobs.id(), "Bob goes on") // she has not seen that when she leaves
	w.must(err)
	left, err := alice.Leave(t.Context(), "dora", false)
	w.must(err)
	for _, c := range left.Cases {
		if want[c.ID] != c.Step || c.Done != (c.Step == LeaveHandOver || c.Step == LeaveAside) {
			t.Errorf("left %+v, want %s", c, want[c.ID])
		}
	}
	again, err := alice.Leave(t.Context(), "dora", false)
	if err != nil || len(again.Cases) != 3 || slices.ContainsFunc(again.Cases, func(c LeavingCase) bool { return c.Done }) {
		t.Errorf("again: %+v, %v", again, err)
	}

	alone.write("Dora?")
	w.must(w.box.Roster.Remove("alice", w.clock.Now()))
	w.must(w.box.Install(t.Context()))
	in, _ := w.sync(dora)
	if len(in.Cases) != 2 || in.Unreadable != 0 {
		t.Errorf("dora's inbox %+v", in)
	}
	if got := happened(w.read(dora, alone.id())); !slices.Equal(got, []string{"reporter report:  What happened", "alice reply:  I am Alice", "alice added: dora", "alice status: leaves", "reporter message:  Dora?"}) {
		t.Errorf("dora reads %q", got)
	}
	for h, named := range map[*her]string{alone: "dora", closedAlone: "dora", bobs: "bob"} {
		if c := h.conversation(); c.Work.Named != named || !slices.Equal(c.Work.Left, []string{"alice"}) || len(c.Missing) != 0 || c.Unread != 0 {
			t.Errorf("she sees %+v", c.Work)
		}
	}
	if c := closedAlone.conversation(); c.Work.Status != dropbox.Closed {
		t.Errorf("the closed one is %+v", c.Work)
	}
}

// Stopped anywhere, leaving is finished by doing it again, and the reporter is told each thing once.
func TestLeaveStoppedAnywhere(t *testing.T) {
	w := newWorld(t)
	alice, dora := w.desk("alice"), w.desk("dora")
	for n := 0; ; n++ {
		h := w.reporter().readBy("alice")
		h.send(dropbox.Report, "What happened")
		done := stopAt(alice, n)
		_, err := alice.Leave(t.Context(), "dora", false)
		if err != nil && !errors.Is(err, errStopped) {
			t.Fatalf("stopped at %d: %v", n, err)
		}
		whole := *done <= n
		alice = w.again(alice)
		if left, err := alice.Leave(t.Context(), "dora", false); err != nil || !whole && len(left.Cases) > 1 {
			t.Fatalf("stopped at %d, again: %+v, %v", n, left, err)
		}
		in, _ := w.sync(dora)
		got := happened(w.read(dora, h.id()))
		if !slices.Equal(got, []string{"reporter report:  What happened", "alice added: dora", "alice status: leaves"}) || in.Unreadable != 0 {
			t.Fatalf("stopped at %d: dora reads %q, %+v", n, got, in)
		}
		if c := h.conversation(); c.Work.Named != "dora" || len(c.Entries) != 3 || len(c.Missing) != 0 {
			t.Fatalf("stopped at %d: she sees %+v", n, c)
		}
		if left, err := alice.Leave(t.Context(), "dora", true); err != nil || len(left.Cases) != 0 {
			t.Fatalf("stopped at %d: left are %+v, %v", n, left, err)
		}
		if whole {
			mustBeMany(t, n)
			return
		}
	}
}

// What a colleague writes between two steps of her leaving, without knowing of who takes over, is passed on before she steps aside.
func TestLeavePassesOnWhatComesMeanwhile(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice", "bob")
	h.send(dropbox.Report, "What happened")
	alice, bob, dora := w.desk("alice"), w.desk("bob"), w.desk("dora")
	w.sync(alice)
	w.sync(bob)
	wrote := false
	meanwhile := &between{}
	meanwhile.each = func() error {
		if last := meanwhile.seen[len(meanwhile.seen)-1]; strings.HasSuffix(last, "/reply") && !wrote {
			if wrote = true; len(alice.sent) > 0 {
				t.Error("she has sent something before")
			}
			meanwhile.swap = func(_ *http.Request, resp *http.Response) *http.Response { // it is stored
				meanwhile.swap = nil
				_, err := bob.Reply(t.Context(), h.id(), "I do not know of Dora")
				w.must(err)
				return resp
			}
		}
		return nil
	}
	alice.transport = meanwhile
	left, err := alice.Leave(t.Context(), "dora", false)
	if err != nil || !wrote || len(left.Cases) != 1 || !left.Cases[0].Done {
		t.Fatalf("%+v, %v", left, err)
	}
	w.sync(dora)
	if got := happened(w.read(dora, h.id())); !slices.Contains(got, "bob reply:  I do not know of Dora") {
		t.Errorf("dora reads %q", got)
	}
}

// A flood whose oldest report Alice handed over does not come up as cases of hers: then something open would be hers after she has left.
func TestLeaveAmidAFlood(t *testing.T) {
	w := newWorld(t)
	for range 6 {
		w.reporter().readBy("alice").send(dropbox.Report, pills)
	}
	alice := w.desk("alice")
	w.sync(alice)
	left, err := alice.Leave(t.Context(), "dora", false)
	w.must(err)
	if len(left.Cases) != 1 || !left.Cases[0].Done {
		t.Fatalf("left %+v", left)
	}
	in, _ := w.sync(alice)
	if len(in.Cases) != 1 || !in.Cases[0].Left || in.Cases[0].New || len(in.Junk.Floods) != 1 || in.Junk.Floods[0].Reports != 5 {
		t.Errorf("her inbox afterwards: %+v", in)
	}
	second := in.Junk.Floods[0]
	list, err := alice.Junk()
	w.must(err)
	id := list.Floods[0].Apart[0].ID
	_, err = alice.HandOver(t.Context(), id, "dora", "", true)
	w.must(err)
	if in, _ := w.sync(alice); len(in.Cases) != 2 || !in.Cases[1].Left || in.Junk.Floods[0].Case != second.Case || in.Junk.Floods[0].Reports != 4 {
		t.Errorf("with another that she left: %+v", in)
	}
}

// What nobody reads any more, as two left at the same time, is not forgotten when one of them leaves the service: nobody else may have it.
func TestLeaveWithACaseNobodyReads(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice", "bob")
	h.send(dropbox.Report, "What happened")
	alice, bob, dora := w.desk("alice"), w.desk("bob"), w.desk("dora")
	w.sync(alice)
	w.sync(bob)
	w.do(alice, h.id(), Action{Leave: true})
	w.unaware(bob, func() { w.do(bob, h.id(), Action{Leave: true}) })
	for _, list := range []bool{false, true} {
		left, err := alice.Leave(t.Context(), "dora", list)
		w.must(err)
		if len(left.Cases) != 1 || left.Cases[0].Step != LeaveCannot || left.Cases[0].Done || !strings.Contains(left.Cases[0].Reason, "nobody reads it") {
			t.Errorf("left %+v", left)
		}
	}
	w.do(alice, h.id(), Action{Add: "dora", Named: "dora"})
	w.sync(dora)
	if left, err := alice.Leave(t.Context(), "dora", false); err != nil || len(left.Cases) != 0 {
		t.Errorf("left %+v, %v", left, err)
	}
}
