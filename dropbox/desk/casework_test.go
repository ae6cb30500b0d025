package desk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// to makes her choose who reads; eve she always strikes off.
func (h *her) readBy(ids ...string) *her {
	h.to, h.c.Readers = ids, ids
	return h
}

// write sends a message as her own program would: to whom her lines name.
func (h *her) write(text string) {
	h.w.Helper()
	c := h.conversation()
	to, _ := c.Audience(h.w.readers([]string{"alice", "bob", "dora", "eve"}))
	p, err := h.Seal(h.frame(dropbox.Message, text), to, c, everyone)
	h.w.must(err)
	p.Sending = hash32("message", text, h.Locator.String(), fmt.Sprint(c.Count))
	h.post(p)
}

func (w *world) do(d *Desk, id string, a Action) Replied {
	w.Helper()
	done, err := d.Do(w.Context(), id, a)
	w.must(err)
	if !done.Stored {
		w.Fatalf("%+v is not stored: %+v", a, done)
	}
	return done
}

// happened are a case's entries that say something, in order.
func happened(c Case) (out []string) {
	for _, e := range c.Entries {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s: %s%s%s %s", e.From, e.Kind, e.Status, e.Added, map[bool]string{true: "leaves"}[e.Left], e.Text)))
	}
	return out
}

// Two advocates carry a case together: named, read, talked over, handed over to a third, closed, and opened again by her.
func TestCasework(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice", "bob")
	h.send(dropbox.Report, "What happened")
	alice, bob, dora := w.desk("alice"), w.desk("bob"), w.desk("dora")
	w.sync(alice)
	w.sync(bob)

	w.do(alice, h.id(), Action{Named: "alice", Status: "reading"})
	w.do(alice, h.id(), Action{Note: true, Text: "Bob, do you know the place?"})
	in, _ := w.sync(bob)
	if l := in.Cases[0]; l.Named != "alice" || l.Mine || l.Status != "reading" || l.Waiting != "advocate" || l.Answered || !l.New {
		t.Errorf("bob's inbox %+v", l)
	}
	if got := happened(w.read(bob, h.id())); !slices.Equal(got, []string{"reporter report:  What happened", "alice status: reading", "alice note:  Bob, do you know the place?"}) {
		t.Errorf("bob reads %q", got)
	}
	c := h.conversation()
	if c.Work.Named != "alice" || c.Work.Status != "reading" || len(c.Entries) != 2 || c.Unread != 0 || len(c.Missing) > 0 || c.Due("2026-02-12").By == "" {
		t.Errorf("she sees %+v", c)
	}
	_, err := bob.Reply(t.Context(), h.id(), "I am Bob.")
	w.must(err)
	h.write("More")
	w.sync(alice)

	// Dora gets all of it, by Alice's hand; and then Alice steps aside.
	_, err = alice.AddNote(h.id(), "Private to Alice")
	w.must(err)
	done, err := alice.HandOver(t.Context(), h.id(), "dora", "Dora knows this better than I do.", true)
	if err != nil || !done.Stored || !slices.ContainsFunc(done.Notices, func(n string) bool { return strings.Contains(n, "stepped aside") }) {
		t.Fatalf("%+v, %v", done, err)
	}
	in, _ = w.sync(dora)
	if l := in.Cases[0]; len(in.Cases) != 1 || !l.Mine || l.Named != "dora" || l.Waiting != "advocate" || !slices.Equal(l.Team, []string{"bob", "dora"}) || len(l.Warnings) > 0 {
		t.Errorf("dora's inbox %+v", in)
	}
	v := w.read(dora, h.id())
	if got := happened(v); !slices.Equal(got, []string{"reporter report:  What happened", "alice status: reading", "bob reply:  I am Bob.", "reporter message:  More",
		"alice added: dora Dora knows this better than I do.", "alice status: leaves"}) || v.AddedBy != "alice" || v.Account != "What happened" || v.About != "me" || len(v.Prompts) != 1 || v.Entries[3].PassedBy != "alice" {
		t.Errorf("dora reads %q", got)
	}
	for _, it := range dora.mail {
		if len(it.unacked()) > 0 {
			t.Error("dora's mail is not acknowledged")
		}
	}

	// Alice has nothing of it any more that a program shows.
	in, _ = w.sync(alice)
	if v := w.read(alice, h.id()); !in.Cases[0].Left || !v.Left || len(v.Entries) > 0 || v.Account != "" || len(v.Notes) > 0 || v.Wish != "" {
		t.Errorf("alice still sees %+v", v)
	}
	_, err = alice.Reply(t.Context(), h.id(), "I am still here")
	w.is(err, ErrLeft)
	_, err = alice.Do(t.Context(), h.id(), Action{Named: "bob"})
	w.is(err, ErrLeft)

	// She writes to those who read it now; Dora answers with a key of her own, and closes it; she opens it again.
	h.write("Dora, are you there?")
	w.sync(dora)
	_, err = dora.Reply(t.Context(), h.id(), "I am.")
	w.must(err)
	w.do(dora, h.id(), Action{Status: dropbox.Closed, Text: "We agreed to leave it here."})
	w.sync(bob)
	for _, d := range []*Desk{bob, dora} {
		if in, _ := d.Inbox(); !in.Cases[0].Closed || in.Cases[0].Waiting != "reporter" || in.Cases[0].Entries != map[*Desk]int{bob: 10, dora: 9}[d] /* a note was before her time */ {
			t.Errorf("%s: after closing %+v", d.ID(), in.Cases[0])
		}
	}
	c = h.conversation()
	if last := c.Entries[len(c.Entries)-1]; c.Work.Status != dropbox.Closed || last.Text != "We agreed to leave it here." || c.Due("2026-02-12").Named != "dora" || len(c.Missing) > 0 || c.Lost {
		t.Errorf("she sees %+v", c)
	}
	h.write("Something else has happened")
	for _, d := range []*Desk{bob, dora} {
		if in, _ := w.sync(d); in.Cases[0].Closed || !in.Cases[0].Reopened || in.Cases[0].Waiting != "advocate" || in.Unreadable > 0 || len(in.Cases[0].Warnings) > 0 {
			t.Errorf("%s: after she wrote %+v", d.ID(), in)
		}
	}
	if c := h.conversation(); !c.Work.Reopened {
		t.Errorf("she sees %+v", c.Work)
	}
	in, _ = w.sync(alice)
	if in.Cases[0].New || len(alice.mail) != 3 {
		t.Errorf("alice got what she wrote after that: %d", len(alice.mail))
	}

	// Taking it back reaches Alice, too.
	c = h.conversation()
	p, err := h.Seal(h.frame(dropbox.Withdrawn, ""), c.Holders(w.readers([]string{"alice", "bob", "dora", "eve"})), c, everyone)
	w.must(err)
	p.Sending = hash32("back", h.Locator.String())
	_, err = w.client().Withdraw(t.Context(), p, everyone[:4])
	w.must(err)
	for _, d := range []*Desk{alice, bob, dora} {
		if in, _ := w.sync(d); !in.Cases[0].Withdrawn {
			t.Errorf("%s was not asked to delete it: %+v", d.ID(), in)
		}
	}
}

// What she or a colleague wrote before knowing of somebody new reaches him all the same, once.
func TestNewReaderMissesNothing(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice", "bob")
	h.send(dropbox.Report, "What happened")
	alice, bob, dora := w.desk("alice"), w.desk("bob"), w.desk("dora")
	w.sync(alice)
	w.sync(bob)
	before := h.conversation()
	w.do(alice, h.id(), Action{Add: "dora"})
	_, err := bob.Reply(t.Context(), h.id(), "Written before Bob knew of Dora")
	w.must(err)
	p, err := h.Seal(h.frame(dropbox.Message, "Written before she knew of Dora"), w.readers(h.to), before, everyone)
	w.must(err)
	p.Sending = hash32("early", h.Locator.String())
	h.post(p)
	w.do(bob, h.id(), Action{Status: "reading"}) // he has not fetched his mail

	w.sync(dora)
	if got := happened(w.read(dora, h.id())); len(got) != 2 {
		t.Fatalf("dora reads %q already: this test shows nothing", got)
	}
	w.sync(alice)
	want := []string{"reporter report:  What happened", "alice added: dora", "bob reply:  Written before Bob knew of Dora", "reporter message:  Written before she knew of Dora", "bob status: reading"}
	for range 2 {
		w.sync(alice) // it does not go a second time
		w.sync(bob)
		in, _ := w.sync(dora)
		got := happened(w.read(dora, h.id()))
		if slices.Sort(got); !slices.Equal(got, sorted(want)) || len(in.Cases[0].Warnings) > 0 || in.Unreadable > 0 {
			t.Errorf("dora reads %q: %+v", got, in)
		}
	}
	if len(alice.sent) != 2 {
		t.Errorf("alice sent %d frames, want 2: adding Dora, and what came meanwhile", len(alice.sent))
	}
	if c := h.conversation(); c.Unread > 0 || len(c.Missing) > 0 || len(c.Work.Joined) != 1 {
		t.Errorf("she sees %+v", c)
	}
	// From then on both write to all three.
	h.write("To all")
	_, err = bob.Reply(t.Context(), h.id(), "To all")
	w.must(err)
	w.sync(dora)
	w.sync(alice)
	if got := happened(w.read(dora, h.id())); len(got) != 7 || len(alice.sent) != 2 {
		t.Errorf("dora reads %q", got)
	}
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }

// Two who decide at the same time, and two who add the same colleague, end with one picture everywhere, and nothing is lost.
func TestConcurrentCasework(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice", "bob")
	h.send(dropbox.Report, "What happened")
	alice, bob, dora := w.desk("alice"), w.desk("bob"), w.desk("dora")
	w.sync(alice)
	w.sync(bob)
	w.do(alice, h.id(), Action{Add: "dora", Named: "alice"})
	w.do(bob, h.id(), Action{Add: "dora", Named: "bob"})
	w.do(alice, h.id(), Action{Status: "reading"})
	w.unaware(bob, func() { w.do(bob, h.id(), Action{Status: dropbox.Closed, Text: "Bob thinks it is over."}) })
	_, err := alice.Reply(t.Context(), h.id(), "I am Alice.")
	w.must(err)
	h.write("Hello Dora")
	for range 3 {
		w.sync(alice)
		w.sync(bob)
		w.sync(dora)
	}
	var first Case
	for _, d := range []*Desk{alice, bob, dora} {
		v := w.read(d, h.id())
		if d == alice {
			first = v
		}
		got := happened(v)
		if slices.Sort(got); v.Named != "bob" || v.Status != "reading" || !slices.Equal(v.Team, []string{"alice", "bob", "dora"}) || len(v.Warnings) > 0 || !slices.Equal(got, sorted(happened(first))) || len(got) != 7 {
			t.Errorf("%s reads %q: %+v", d.ID(), got, v)
		}
	}
	c := h.conversation()
	if c.Due("2026-02-12").Named != "bob" || c.Work.Status != "reading" || len(c.Work.Joined) != 1 || len(c.Entries) != 7 {
		t.Errorf("she sees %+v", c.Work)
	}
	_, err = dora.Reply(t.Context(), h.id(), "I am Dora.")
	w.must(err)
	if got := h.texts(); !slices.Contains(got, "dora: I am Dora.") {
		t.Errorf("she reads %q", got)
	}
}

// Who was added can add another, and leave; she can follow the chain, and so can the last of it.
func TestChainOfReaders(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice")
	h.send(dropbox.Report, "What happened")
	alice, bob, dora := w.desk("alice"), w.desk("bob"), w.desk("dora")
	w.sync(alice)
	_, err := alice.HandOver(t.Context(), h.id(), "bob", "", true)
	w.must(err)
	w.sync(bob)
	_, err = bob.HandOver(t.Context(), h.id(), "dora", "", true)
	w.must(err)
	w.sync(dora)
	_, err = dora.Reply(t.Context(), h.id(), "I am Dora.")
	w.must(err)
	h.write("Thank you")
	in, _ := w.sync(dora)
	if l := in.Cases[0]; !slices.Equal(l.Team, []string{"dora"}) || l.Waiting != "advocate" || len(l.Warnings) > 0 || l.Entries != 7 {
		t.Errorf("dora's inbox %+v, %q", l, happened(w.read(dora, h.id())))
	}
	c := h.conversation()
	if !slices.Equal(c.Readers, []string{"dora"}) || c.Unread > 0 || !slices.Equal(c.Chains["dora"], []string{"alice", "bob"}) {
		t.Errorf("she sees %+v", c)
	}
	_, err = dora.Do(t.Context(), h.id(), Action{Leave: true})
	w.is(err, ErrNobodyElse)
}

// What must not be done is refused, with the reason, and nothing is sent.
func TestRefusedCasework(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice", "bob")
	h.send(dropbox.Report, "What happened")
	alice, bob := w.desk("alice"), w.desk("bob")
	w.sync(alice)
	w.sync(bob)
	w.do(bob, h.id(), Action{Leave: true})
	w.sync(alice)
	lines := len(h.conversation().Entries)
	for name, c := range map[string]struct {
		Action
		want error
	}{
		"somebody she struck off":     {Action{Add: "eve"}, ErrStruckOff},
		"an investigator":             {Action{Add: "irene"}, ErrNoSuchRole},
		"nobody of the roster":        {Action{Add: "mallory"}, ErrNoSuchRole},
		"herself":                     {Action{Add: "alice"}, ErrReadsIt},
		"who left":                    {Action{Add: "bob"}, ErrHasLeft},
		"names who left":              {Action{Named: "bob"}, ErrNotReader},
		"names who does not read":     {Action{Named: "dora"}, ErrNotReader},
		"leaves nobody":               {Action{Leave: true}, ErrNobodyElse},
		"talks to nobody":             {Action{Note: true, Text: "Anyone?"}, ErrNobodyElse},
		"closes without a reason":     {Action{Status: dropbox.Closed}, ErrNoReason},
		"closes with blanks":          {Action{Status: dropbox.Closed, Text: " \n"}, ErrNoReason},
		"does nothing":                {Action{Text: "Something"}, ErrNothingToDo},
		"does too much":               {Action{Add: "dora", Leave: true}, ErrNothingToDo},
		"a note that decides":         {Action{Note: true, Named: "alice", Text: "x"}, ErrNothingToDo},
		"a status of her own making":  {Action{Status: "lost"}, ErrNothingToDo},
		"an empty note":               {Action{Note: true}, ErrEmptyText},
		"a reason with a code in it":  {Action{Status: dropbox.Closed, Text: dropbox.NewCode().Words()}, ErrCodeInText},
		"a greeting without room":     {Action{Add: "dora", Text: strings.Repeat("x", maxGreeting+1)}, dropbox.ErrTooLong},
		"a reason longer than a text": {Action{Status: dropbox.Closed, Text: strings.Repeat("x", dropbox.MaxText+1)}, dropbox.ErrTooLong},
	} {
		if _, err := alice.Do(t.Context(), h.id(), c.Action); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if got := len(h.conversation().Entries); got != lines || len(alice.sent) > 0 {
		t.Errorf("something was sent: %d lines, want %d", got, lines)
	}
}

// Stopped anywhere while a case is handed over, and started again, it is handed over once.
func TestHandOverStoppedAnywhere(t *testing.T) {
	w := newWorld(t)
	dora := w.desk("dora")
	for n := 0; ; n++ {
		h := w.reporter().readBy("alice")
		h.send(dropbox.Report, "What happened")
		w.folders["alice"] = t.TempDir()
		alice := w.desk("alice")
		w.sync(alice)
		done := stopAt(alice, n)
		_, err := alice.HandOver(t.Context(), h.id(), "dora", "Dora takes over.", true)
		whole := *done <= n
		if whole {
			w.must(err)
		}
		alice = w.again(alice)
		w.sync(alice)
		if _, err := alice.HandOver(t.Context(), h.id(), "dora", "Dora takes over.", true); err != nil && !errors.Is(err, ErrLeft) {
			t.Fatalf("stopped at %d, again: %v", n, err)
		}
		w.sync(dora)
		got := happened(w.read(dora, h.id()))
		want := []string{"reporter report:  What happened", "alice added: dora Dora takes over.", "alice status: leaves"}
		if got[len(got)-1] = strings.TrimSuffix(got[len(got)-1], " Dora takes over."); !slices.Equal(got, want) {
			t.Fatalf("stopped at %d: dora reads %q", n, got)
		}
		if c := h.conversation(); !slices.Equal(c.Readers, []string{"dora"}) || c.Work.Named != "dora" || c.Unread > 0 {
			t.Fatalf("stopped at %d: she sees %+v", n, c)
		}
		alice.Close()
		if whole {
			mustBeMany(t, n)
			return
		}
	}
}

// A long case goes in several pieces, and arrives whole.
func TestPassingOnMuch(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice")
	long := strings.Repeat("\U0001F600", 90_000)
	h.send(dropbox.Report, long)
	alice, dora := w.desk("alice"), w.desk("dora")
	w.sync(alice)
	for i := range 3 {
		h.write(fmt.Sprint(i) + long)
	}
	w.sync(alice)
	w.do(alice, h.id(), Action{Add: "dora"})
	in, _ := w.sync(dora)
	v := w.read(dora, h.id())
	if len(v.Entries) != 5 || len(v.Entries[3].Text) != 4*90_000+1 || v.Account != long || in.Unreadable > 0 || len(alice.sent) < 3 {
		t.Errorf("dora reads %d entries after %d frames", len(v.Entries), len(alice.sent))
	}
	if c := h.conversation(); len(c.Work.Joined) != 1 || c.Unread > 0 {
		t.Errorf("she sees %+v", c.Work)
	}
}

// A reader who "adds" a colleague who has her report already cannot put himself in her place: the colleague goes on with the key she brought.
func TestAddingDoesNotReplaceHer(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice", "bob")
	h.send(dropbox.Report, "What happened")
	alice, bob := w.desk("alice"), w.desk("bob")
	w.sync(alice)
	w.sync(bob)
	c, err := alice.writable(h.id())
	w.must(err)
	forged := *c.report
	forged.Text = "Nothing happened"
	f := alice.frame(c, dropbox.Frame{Kind: dropbox.Added, Added: "bob"}, nil)
	f.Readers, f.StruckOff, f.Passed = c.report.Readers, c.report.StruckOff, []dropbox.Passed{dropbox.Pass(&forged)}
	more := forged
	more.Kind, more.ID, more.Count, more.About, more.Wish, more.Prompt, more.Readers, more.StruckOff = dropbox.Message, strings.Repeat("0", 32), 2, "", "", nil, nil, nil
	f.Passed = append(f.Passed, dropbox.Pass(&more))
	s := dropbox.Sender{ID: "alice", Key: c.report.Key, Consent: c.report.Consent, SignIn: alice.me.Signin}
	p, err := s.SealReply(f, h.Recipient(), w.readers([]string{"bob"}))
	w.must(err)
	p.Sending = hash32("forged")
	box, err := alice.mailbox()
	w.must(err)
	_, err = box.Reply(t.Context(), p, alice.others())
	w.must(err)
	w.sync(bob)
	again, err := bob.writable(h.id())
	w.must(err)
	if v := w.read(bob, h.id()); v.Account != "What happened" || len(v.Entries) != 2 || v.AddedBy != "" || again.keys[0] != h.ReaderKey("bob") || len(again.keys) != 1 {
		t.Errorf("bob reads %+v", v)
	}
}

// A desk that was made anew knows from her how far its advocate had counted, so that what is written there is not taken for something old; and a reporter who
// lies about that keeps nobody from answering.
func TestCountingGoesOnWithoutTheOldDesk(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice", "bob")
	h.send(dropbox.Report, "What happened")
	alice := w.desk("alice")
	w.sync(alice)
	for _, text := range []string{"One", "Two"} {
		_, err := alice.Reply(t.Context(), h.id(), text)
		w.must(err)
	}
	h.write("Thank you")
	w.sync(alice)
	alice.Close()
	w.folders["alice"] = t.TempDir()
	alice = w.desk("alice")
	w.sync(alice)
	_, err := alice.Reply(t.Context(), h.id(), "Three")
	w.must(err)
	if got := h.texts(); !slices.Equal(got, []string{"alice: One", "alice: Two", "alice: Three"}) {
		t.Errorf("she reads %q", got)
	}

	c := h.conversation()
	c.Seen["alice"] = 1 << 20
	p, err := h.Seal(h.frame(dropbox.Message, "I have seen a million"), w.readers([]string{"alice", "bob"}), c, everyone)
	w.must(err)
	p.Sending = hash32("liar")
	h.post(p)
	w.sync(alice)
	_, err = alice.Reply(t.Context(), h.id(), "Four")
	w.must(err)
}
