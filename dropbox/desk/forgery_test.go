package desk

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"tellbox/dropbox"
)

// impostor sends under another's drop: he is somebody who knows it, a co-reader for instance.
func (w *world) impostor(h *her) *her {
	i := w.reporter()
	i.Drop = h.Drop
	return i
}

// colleague makes a parcel of a reply with any name and key.
func (w *world) colleague(h *her, name, keyOf string, f dropbox.Frame, to ...dropbox.Reader) *dropbox.Parcel {
	w.Helper()
	f.Day = dropbox.Today(w.clock.Now())
	if f.Box == (dropbox.BoxID{}) {
		f.Box = h.Box
	}
	if f.Drop == (dropbox.Drop{}) {
		f.Drop = h.Drop
	}
	s := dropbox.Sender{ID: name, Key: h.ReaderKey(name), Consent: h.consent, SignIn: w.box.Advocates[keyOf].Signin}
	p, err := s.SealReply(f, h.Recipient(), to)
	w.must(err)
	p.Sending, p.Drop = hash32(name, keyOf, f.Text), h.Drop
	return p
}

// smuggle has a colleague post it, whatever it is.
func (w *world) smuggle(as string, p *dropbox.Parcel) {
	w.Helper()
	c := w.client().SignIn(as, w.box.Advocates[as].Signin, dropbox.BoxID(w.box.Set.Box), w.clock.Now)
	_, err := c.Reply(w.Context(), p, nil)
	w.must(err)
}

func TestForgeries(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "The true one")
	alice := w.desk("alice")
	w.sync(alice)
	toAlice := w.readers([]string{"alice"})
	asAlice := func(id string) []dropbox.Reader { return []dropbox.Reader{{ID: id, Recipient: toAlice[0].Recipient}} }
	frame := func(text string) dropbox.Frame { return dropbox.Frame{Count: 1, Text: text} }

	for name, forge := range map[string]func(){
		"bob as dora, with his own key": func() {
			w.smuggle("bob", w.colleague(h, "dora", "bob", frame("I am not Dora"), toAlice...))
		},
		"bob as alice herself": func() {
			p := w.colleague(h, "dora", "dora", frame("x"), asAlice("bob")...)
			p.To[0].Reader = "alice" // dora wrote it to bob, and alice got it
			w.smuggle("dora", p)
		},
		"somebody struck off": func() {
			w.smuggle("eve", w.colleague(h, "eve", "eve", frame("Let me in"), toAlice...))
		},
		"a colleague of another box": func() {
			f := frame("From elsewhere")
			f.Box = dropbox.BoxID{1}
			w.smuggle("bob", w.colleague(h, "bob", "bob", f, toAlice...))
		},
		"a message by somebody who knows the drop": func() {
			i := w.impostor(h)
			p, err := i.Seal(i.frame(dropbox.Message, "I am not her"), toAlice, i.c, everyone)
			w.must(err)
			w.smuggle("bob", &dropbox.Parcel{Drop: h.Drop, Sending: hash32("m"), Line: p.Line, To: p.To})
		},
		"a withdrawal by somebody who knows the drop": func() {
			i := w.impostor(h)
			p, err := i.Seal(i.frame(dropbox.Withdrawn, ""), toAlice, i.c, everyone)
			w.must(err)
			line := w.colleague(h, "bob", "bob", frame("y")).Line
			w.smuggle("bob", &dropbox.Parcel{Drop: h.Drop, Sending: hash32("w"), Line: line, To: p.To})
		},
		"a report of another box": func() {
			i := w.reporter()
			i.Box = dropbox.BoxID{7}
			i.post(i.seal(i.frame(dropbox.Report, "Another box")))
		},
		"a report to bob in alice's mailbox": func() {
			i := w.reporter()
			i.to = []string{"bob"}
			p, err := i.Seal(i.frame(dropbox.Report, "To bob"), asAlice("bob"), nil, everyone)
			w.must(err)
			p.To[0].Reader, p.Sending = "alice", hash32("r")
			i.post(p)
		},
		"bob's own envelope": func() {
			i := w.reporter()
			i.to = []string{"bob"}
			p, err := i.Seal(i.frame(dropbox.Report, "To bob"), w.readers(i.to), nil, everyone)
			w.must(err)
			p.To[0].Reader, p.Sending = "alice", hash32("b")
			i.post(p)
		},
		"a message to a drop nobody knows": func() {
			i := w.reporter()
			i.post(i.seal(i.frame(dropbox.Message, "Where is my report?")))
		},
	} {
		before, _ := w.sync(alice)
		forge()
		in, _ := w.sync(alice)
		if in.Unreadable != before.Unreadable+1 || len(in.Cases) != 1 || in.Cases[0].Entries != 1 || in.Cases[0].Withdrawn || in.Cases[0].New != before.Cases[0].New {
			t.Errorf("%s: before %+v, after %+v", name, before, in)
		}
	}
	if n := unacked(alice.mail); n != 10 {
		t.Errorf("%d are not acknowledged, want the 10 forgeries", n)
	}
	if got := said(w.read(alice, h.id())); !slices.Equal(got, []string{"reporter: The true one"}) {
		t.Errorf("alice reads %q", got)
	}

	// She can have them deleted, here and there, and they do not come back.
	n, err := alice.ForgetUnreadable(t.Context())
	if err != nil || n != 10 {
		t.Fatalf("forgetting what is unreadable: %d, %v", n, err)
	}
	w.must(alice.home.remove("cursor"))
	if in, _ := w.sync(w.again(alice)); in.Unreadable != 0 || len(in.Cases) != 1 {
		t.Errorf("inbox after that %+v", in)
	}
}

// A second report under a known drop is said, and neither shown nor believed.
// Bob, whom she chose, makes up a report to Dora, whom she did not, under her true drop: well-formed, with a grant of his own.
// An honest server says that it came with a reply, and nobody believes it, nor what follows.
func TestReportByAColleague(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.to = []string{"alice", "bob"}
	h.send(dropbox.Report, "To alice and bob alone")
	i := w.impostor(h)
	i.to = []string{"dora"}
	for _, kind := range []string{dropbox.Report, dropbox.Message} {
		made, err := i.Seal(i.frame(kind, "Made up by bob"), w.readers(i.to), &dropbox.Conversation{Readers: i.to, SentTo: map[string]int{}}, everyone)
		w.must(err)
		w.smuggle("bob", &dropbox.Parcel{Drop: h.Drop, Sending: hash32(kind), Line: made.Line, To: made.To})
	}
	dora := w.desk("dora")
	if in, _ := w.sync(dora); len(in.Cases) != 0 || in.Unreadable != 2 {
		t.Errorf("inbox %+v", in)
	}
	// A dishonest server hides how it came: then it is a case of its own, as any made-up report is.
	for _, it := range dora.mail {
		it.about.Reply = false
	}
	if f := dora.fold(); len(f.cases) != 1 {
		t.Errorf("%d cases", len(f.cases))
	}
}

func TestSecondReport(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "The first")
	i := w.impostor(h)
	i.send(dropbox.Report, "The second")
	i.send(dropbox.Message, "More of the second")
	h.send(dropbox.Message, "More of the first")
	alice := w.desk("alice")
	in, _ := w.sync(alice)
	if len(in.Cases) != 1 || in.Unreadable != 1 {
		t.Fatalf("inbox %+v", in)
	}
	if got := said(w.read(alice, h.id())); !slices.Equal(got, []string{"reporter: The first", "reporter: More of the first"}) {
		t.Errorf("alice reads %q", got)
	}
	if l := in.Cases[0]; len(l.Warnings) != 1 || !strings.Contains(l.Warnings[0], "another report") {
		t.Errorf("warnings %q", l.Warnings)
	}

	// Bob was sent the second only, and answers that: both of them notice.
	p := w.colleague(i, "bob", "bob", dropbox.Frame{Count: 1, Text: "I read your report"}, w.readers([]string{"alice"})...)
	w.smuggle("bob", p)
	in, _ = w.sync(alice)
	if l := in.Cases[0]; l.Entries != 3 || len(l.Warnings) != 2 || !strings.Contains(l.Warnings[1], "bob writes answers another report") {
		t.Errorf("warnings %q", l.Warnings)
	}
}

// What was sealed again from the same frame is the same frame.
func TestReplay(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "Once")
	p := h.seal(h.frame(dropbox.Message, "Only once"))
	h.post(p)
	r, err := age.Decrypt(bytes.NewReader(p.To[0].Sealed), w.box.Advocates["alice"].Identity)
	w.must(err)
	plain, err := io.ReadAll(r)
	w.must(err)
	sealed, err := dropbox.SealBytes(plain, w.box.Advocates["alice"].Identity.Recipient())
	w.must(err)
	p.To[0].Sealed, p.Sending = sealed, hash32("replay")
	h.post(p)

	alice := w.desk("alice")
	in, _ := w.sync(alice)
	if in.Unreadable != 0 || in.Cases[0].Entries != 2 || len(in.Cases[0].Warnings) != 0 || unacked(alice.mail) != 0 {
		t.Errorf("inbox %+v", in)
	}
}

func TestGaps(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "One")
	h.c.SentTo["alice"] += 2 // two that never come
	h.send(dropbox.Message, "Four")
	w.smuggle("bob", w.colleague(h, "bob", "bob", dropbox.Frame{Count: 2, Seen: 5, Text: "My second"}, w.readers([]string{"alice"})...))
	in, _ := w.sync(w.desk("alice"))
	const next = " Try advocate inbox -again, then ask your colleagues."
	want := []string{"2 messages by the reporter did not arrive here." + next, "1 message by bob did not arrive here." + next}
	if got := in.Cases[0].Warnings; !slices.Equal(got, want) {
		t.Errorf("warnings %q, want %q", got, want)
	}
}

// Unreadable mail is not given up: it is read once its report has come.
func TestUnreadableUntilTheReportComes(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	report := h.seal(h.frame(dropbox.Report, "Late"))
	h.send(dropbox.Message, "Early")
	alice := w.desk("alice")
	in, _ := w.sync(alice)
	if in.Unreadable != 1 || len(in.Cases) != 0 || unacked(alice.mail) != 1 {
		t.Fatalf("inbox %+v", in)
	}
	h.post(report)
	alice = w.again(alice)
	in, _ = w.sync(alice)
	if in.Unreadable != 0 || unacked(alice.mail) != 0 {
		t.Fatalf("inbox %+v", in)
	}
	if got := said(w.read(alice, h.id())); !slices.Equal(got, []string{"reporter: Late", "reporter: Early"}) {
		t.Errorf("alice reads %q", got)
	}
}

// A colleague who has left was believed while he was there.
func TestColleagueLeaves(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	alice, bob := w.desk("alice"), w.desk("bob")
	w.sync(bob)
	_, err := bob.Reply(t.Context(), h.id(), "From Bob")
	w.must(err)
	w.sync(alice)
	w.must(w.box.Roster.Remove("bob", w.clock.Now()))
	w.must(w.box.Install(t.Context()))
	in, _ := w.sync(alice)
	if in.Unreadable != 0 || in.Cases[0].Entries != 2 {
		t.Fatalf("inbox %+v", in)
	}
	// What she writes now goes to who is left.
	_, err = alice.Reply(t.Context(), h.id(), "Bob has left")
	w.must(err)
	_, err = bob.Sync(t.Context())
	w.is(err, ErrNotInRoster)
	if in, err := bob.Inbox(); err != nil || len(in.Cases) != 1 {
		t.Errorf("bob keeps what he has: %+v, %v", in, err)
	}
	dora := w.desk("dora")
	if in, _ := w.sync(dora); in.Unreadable != 1 || in.Cases[0].Entries != 2 {
		t.Errorf("dora, who had never seen his reply: %+v", in)
	}
}
