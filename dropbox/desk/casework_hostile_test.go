package desk

import (
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// pass has a reader's desk send somebody an addition with whatever it likes in it.
func (w *world) pass(d *Desk, h *her, to string, spoil func(f *dropbox.Frame)) {
	w.Helper()
	c, err := d.live(h.id())
	w.must(err)
	f := d.frame(c, dropbox.Frame{Kind: dropbox.Added, Added: to}, nil)
	f.Readers, f.StruckOff, f.Passed = c.report.Readers, c.report.StruckOff, c.toPass(to)
	spoil(&f)
	s := dropbox.Sender{ID: d.ID(), Key: c.keys[0], Consent: c.report.Consent, SignIn: d.me.Signin}
	p, err := s.SealReply(f, h.Recipient(), w.readers([]string{to}))
	w.must(err)
	p.Sending = hash32("pass", dropbox.NewCode().Words())
	box, err := d.mailbox()
	w.must(err)
	_, err = box.Reply(w.Context(), p, d.others())
	w.must(err)
}

// Nobody closes what she has just written: the desk looks for it first.
func TestClosingFetchesFirst(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice", "bob")
	h.send(dropbox.Report, "What happened")
	alice := w.desk("alice")
	w.sync(alice)
	h.write("It has got worse")
	_, err := alice.Do(t.Context(), h.id(), Action{Status: dropbox.Closed, Text: "We agreed to leave it here."})
	w.is(err, ErrHasWritten)
	if c := h.conversation(); c.Work.Status != "" {
		t.Errorf("she sees %+v", c.Work)
	}
	if got := happened(w.read(alice, h.id())); len(got) != 2 {
		t.Errorf("alice reads %q", got)
	}
	w.do(alice, h.id(), Action{Status: dropbox.Closed, Text: "We agreed to leave it here."})
}

// A colleague who adds somebody cannot keep him from answering, nor put words into another colleague's mouth that he has from himself.
func TestPassingOnLies(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice", "bob")
	h.send(dropbox.Report, "What happened")
	alice, bob, dora := w.desk("alice"), w.desk("bob"), w.desk("dora")
	w.sync(alice)
	w.sync(bob)
	w.do(alice, h.id(), Action{Add: "dora"})
	w.sync(bob)
	_, err := bob.Reply(t.Context(), h.id(), "Bob's own words")
	w.must(err)
	w.do(bob, h.id(), Action{Note: true, Text: "Bob's own note"})
	w.sync(alice)
	c, err := alice.writable(h.id())
	w.must(err)
	w.pass(alice, h, "dora", func(f *dropbox.Frame) {
		f.Passed = nil
		for _, g := range c.steps {
			if g.From != "bob" {
				continue
			}
			lie := dropbox.Pass(g)
			if g.Kind == dropbox.Reply {
				lie.Text = "What Bob never said"
			}
			f.Passed = append(f.Passed, lie)
			mine := lie
			mine.Kind, mine.From, mine.ID, mine.Count, mine.Text = dropbox.Reply, "dora", strings.Repeat("0", 31)+"1", 1<<20, "What Dora never said"
			f.Passed = append(f.Passed, mine)
		}
	})
	// The server shows her the lie first.
	w.sync(dora)
	last := len(dora.mail) - 1
	for _, it := range dora.mail {
		if it != dora.mail[0] {
			it.about.Order = 100 - it.about.Order
		}
	}
	slices.SortStableFunc(dora.mail, func(a, b *item) int { return a.about.Order - b.about.Order })
	if last != 3 {
		t.Fatalf("%d envelopes", last+1)
	}
	got := happened(w.read(dora, h.id()))
	if all := strings.Join(got, "\n"); strings.Contains(all, "never said") || !strings.Contains(all, "Bob's own words") || !strings.Contains(all, "Bob's own note") {
		t.Errorf("dora reads %q", got)
	}
	if _, err := dora.Reply(t.Context(), h.id(), "I am Dora."); err != nil {
		t.Errorf("dora cannot answer: %v", err)
	}
}

// Two who add the same person and tell her two stories are found out.
func TestTwoStories(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice", "bob")
	h.send(dropbox.Report, "What happened")
	alice, bob, dora := w.desk("alice"), w.desk("bob"), w.desk("dora")
	w.sync(alice)
	w.sync(bob)
	w.pass(alice, h, "dora", func(f *dropbox.Frame) { f.Passed[0].Text, f.StruckOff = "Nothing happened", nil })
	w.sync(dora)
	if v := w.read(dora, h.id()); v.Account != "Nothing happened" || len(v.Warnings) > 0 {
		t.Fatalf("dora reads %+v: this test shows nothing", v)
	}
	w.do(bob, h.id(), Action{Add: "dora"})
	w.sync(dora)
	if v := w.read(dora, h.id()); !slices.ContainsFunc(v.Warnings, func(s string) bool { return strings.Contains(s, "false report") }) || slices.Contains(v.CanAdd, "eve") {
		t.Errorf("dora is told %q, and can add %q", v.Warnings, v.CanAdd)
	}
}

// A case that somebody has forgotten stays so, also if a colleague who did not know adds her once more.
func TestAddedAfterForgetting(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice", "bob")
	h.send(dropbox.Report, "What happened")
	alice, bob, dora := w.desk("alice"), w.desk("bob"), w.desk("dora")
	w.sync(alice)
	w.sync(bob)
	w.do(alice, h.id(), Action{Add: "dora"})
	w.sync(dora)
	w.do(dora, h.id(), Action{Leave: true})
	_, err := dora.Forget(t.Context(), h.id())
	w.must(err)
	w.do(bob, h.id(), Action{Add: "dora"}) // he has not fetched his mail
	if in, _ := w.sync(dora); len(in.Cases) > 0 || in.Forgotten != 1 {
		t.Errorf("dora's inbox %+v", in)
	}
}

// What cannot be passed on in one case does not keep a desk from fetching, and all else is passed on.
func TestPassingOnRefused(t *testing.T) {
	w := newWorld(t)
	alice, dora := w.desk("alice"), w.desk("dora")
	var all []*her
	for range 2 {
		h := w.reporter().readBy("alice")
		h.send(dropbox.Report, "What happened")
		all = append(all, h)
	}
	w.sync(alice)
	for _, h := range all {
		before := h.conversation()
		w.do(alice, h.id(), Action{Add: "dora"})
		p, err := h.Seal(h.frame(dropbox.Message, "Early"), w.readers(h.to), before, everyone)
		w.must(err)
		p.Sending = hash32("early", h.Locator.String())
		h.post(p)
	}
	c := all[0].conversation()
	p, err := all[0].Seal(all[0].frame(dropbox.Withdrawn, ""), w.readers([]string{"dora"}), c, everyone)
	w.must(err)
	p.Sending = hash32("back")
	w.sync(dora)
	box, err := alice.mailbox()
	w.must(err)
	w.must(alice.fetch(t.Context(), box))
	_, err = w.client().Withdraw(t.Context(), p, everyone[:4])
	w.must(err)
	if _, err := alice.Sync(t.Context()); err != nil {
		t.Errorf("alice cannot fetch: %v", err)
	}
	w.sync(dora)
	if got := happened(w.read(dora, all[1].id())); len(got) != 3 {
		t.Errorf("dora reads %q", got)
	}
}

// Who is added by a chain that he could not name is not added: he could never answer.
func TestAddedByAnImpossibleChain(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice")
	h.send(dropbox.Report, "What happened")
	alice, dora := w.desk("alice"), w.desk("dora")
	w.sync(alice)
	w.pass(alice, h, "dora", func(f *dropbox.Frame) { f.Chain = []string{"dora"} })
	if in, _ := w.sync(dora); len(in.Cases) > 0 || in.Unreadable != 1 {
		t.Errorf("dora's inbox %+v", in)
	}
	w.do(alice, h.id(), Action{Add: "dora"})
	w.sync(dora)
	_, err := dora.Reply(t.Context(), h.id(), "I am Dora.")
	w.must(err)
}
