package dropbox

import (
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
)

// A record goes to nobody, grows, and is shared with all that stands in it.
func TestRecord(t *testing.T) {
	w := newRecordWorld(t)
	w.send(Frame{Kind: Report, Day: "2026-02-11", Text: "What he said", About: "saw", Wish: Record, StruckOff: []string{"bob"}, Copy: true, Prompt: []Prompt{{"when", "At noon"}}})
	c := w.fold()
	if !c.IsRecord() || c.Written != "2026-02-11" || c.Sent != "" || !c.Copy || c.Lost || !slices.Equal(c.StruckOff, []string{"bob"}) {
		t.Fatalf("a record folds to %+v", c)
	}
	w.send(Frame{Kind: Message, Day: "2026-03-01", Text: "And again", Copy: true})
	c = w.fold()
	text, prompts := c.Account()
	if want := "2026-02-11\nWhat he said\n\n2026-03-01\nAnd again"; text != want || !slices.Equal(prompts, []Prompt{{"when", "At noon"}}) || !c.IsRecord() {
		t.Fatalf("it says %q, %v", text, prompts)
	}
	if want := MaxText - len(text) - len("At noon") - len("\n\n2026-03-01\n"); c.Room() != want {
		t.Errorf("room for %d, want %d", c.Room(), want)
	}

	p := w.send(Frame{Kind: Share, Day: "2026-04-01", Text: text, Prompt: prompts, About: c.About, Wish: "thinking", Readers: []string{"alice"}, StruckOff: []string{"bob"}}, "alice")
	c = w.fold()
	if c.IsRecord() || c.Written != "2026-02-11" || c.Sent != "2026-04-01" || c.Wish != "thinking" || c.Lost || !slices.Equal(c.Readers, []string{"alice"}) || c.SentTo["alice"] != 1 {
		t.Errorf("shared, it folds to %+v", c)
	}
	o, err := Open(p.To[0].Sealed, w.alice)
	if err != nil {
		t.Fatal(err)
	}
	f, err := o.AsReport(w.her.Box, "alice")
	if err != nil || f.Text != text || f.Day != "2026-04-01" || f.Wish != "thinking" || f.About != "saw" || f.Count != 1 || !slices.Equal(f.StruckOff, []string{"bob"}) {
		t.Fatalf("alice gets %+v, %v", f, err)
	}
	if len(p.Line) != len(p.To[0].Sealed) {
		t.Error("line and envelope have different lengths")
	}

	// An addition that was on its way in another window does not make it a record again.
	stale := w.conversation
	w.conversation = &Conversation{Count: 2, Written: "2026-02-11"}
	w.send(Frame{Kind: Message, Day: "2026-04-01", Text: "One more", Copy: true})
	w.conversation = stale
	if c = w.fold(); c.IsRecord() || !slices.Equal(c.Readers, []string{"alice"}) {
		t.Errorf("with a late addition it folds to %+v", c)
	}
	w.send(Frame{Kind: Message, Day: "2026-04-02", Text: "To you", Copy: true}, "alice")
	if c = w.fold(); c.SentTo["alice"] != 2 {
		t.Errorf("alice was sent %d frames, want 2", c.SentTo["alice"])
	}
}

// If the line is gone that says who got it, an answer still does.
func TestRecordWithoutItsShare(t *testing.T) {
	w := newRecordWorld(t)
	w.send(Frame{Kind: Report, Day: "2026-02-11", Text: "What he said", About: "me", Wish: Record, Copy: true})
	w.send(Frame{Kind: Share, Day: "2026-02-12", Text: "x", About: "me", Wish: "advice", Readers: []string{"alice"}}, "alice")
	w.lines = w.lines[:1]
	if c := w.fold(); !c.IsRecord() {
		t.Errorf("a server that holds back the newest line shows: %+v; the documentation says it does not", c)
	}
	s := Sender{ID: "alice", Key: w.her.ReaderKey("alice"), SignIn: nil}
	p, err := s.SealReply(Frame{Box: w.her.Box, Drop: w.her.Drop, Day: "2026-02-13", Count: 1, Seen: 1, Text: "I am here."}, w.her.Recipient(), nil)
	if err != nil {
		t.Fatal(err)
	}
	w.lines = append(w.lines, p.Line)
	if c := w.fold(); c.IsRecord() || !c.Lost || !slices.Equal(c.Readers, []string{"alice"}) {
		t.Errorf("with alice's answer it folds to %+v", c)
	}
}

func TestRecordFrames(t *testing.T) {
	w := newRecordWorld(t)
	base := Frame{Kind: Report, Box: w.her.Box, Drop: w.her.Drop, From: FromReporter, To: FromReporter, ID: newID(), Day: "2026-02-11", Count: 1, Text: "x", About: "me", Wish: Record, Copy: true}
	if err := base.check(); err != nil {
		t.Fatal(err)
	}
	share := base
	share.Kind, share.Text, share.About, share.Copy, share.Wish, share.Readers = Share, "", "", false, "advice", []string{"alice"}
	if err := share.check(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		f      Frame
		change func(*Frame)
	}{
		"a record with readers":          {base, func(f *Frame) { f.Readers = []string{"alice"} }},
		"a record without words":         {base, func(f *Frame) { f.Text, f.Copy = "", false }},
		"a report without readers":       {base, func(f *Frame) { f.Wish = "advice" }},
		"a record in an envelope":        {base, func(f *Frame) { f.To, f.Copy = "alice", false }},
		"a share with nobody":            {share, func(f *Frame) { f.Readers = nil }},
		"a share that is still a record": {share, func(f *Frame) { f.Wish = Record }},
		"a share with words":             {share, func(f *Frame) { f.Text, f.Copy = "x", true }},
		"a share in an envelope":         {share, func(f *Frame) { f.To = "alice" }},
		"a reader's share":               {share, func(f *Frame) { f.From = "alice" }},
	} {
		c.change(&c.f)
		if c.f.check() == nil {
			t.Errorf("%s passes", name)
		}
	}
	if _, err := w.her.Seal(Frame{Kind: Share, Day: "2026-02-11", Text: "x", About: "me", Wish: "advice", Readers: []string{"alice", "bob"}}, []Reader{{"alice", w.alice.Recipient()}}, &Conversation{}, nil); err == nil {
		t.Error("a share that names one more than gets it was sealed")
	}
	if _, err := w.her.Seal(Frame{Kind: Share, Day: "2026-02-11", Text: "x", About: "me", Wish: "advice", Readers: []string{"alice"}, StruckOff: []string{"alice"}}, []Reader{{"alice", w.alice.Recipient()}}, &Conversation{}, nil); err == nil {
		t.Error("a share to somebody struck off was sealed")
	}
	// What fills a record to the brim can be shared.
	c := &Conversation{}
	full := base
	full.Text = strings.Repeat("说", c.Room())
	c.Entries = []*Frame{&full}
	text, _ := c.Account()
	if _, err := w.her.Seal(Frame{Kind: Share, Day: "2026-02-11", Text: text, About: "me", Wish: "advice", Readers: []string{"alice"}}, []Reader{{"alice", w.alice.Recipient()}}, c, nil); err != nil {
		t.Errorf("a full record cannot be shared: %v", err)
	}
	if c.Room() != 0 {
		t.Errorf("a full record has room for %d", c.Room())
	}
}

type recordWorld struct {
	t            *testing.T
	her          *Reporter
	alice        *age.HybridIdentity
	lines        [][]byte
	conversation *Conversation // nil: her first
}

func newRecordWorld(t *testing.T) *recordWorld {
	her, err := NewCode().Reporter(BoxID{1})
	if err != nil {
		t.Fatal(err)
	}
	alice, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return &recordWorld{t: t, her: her, alice: alice}
}

func (w *recordWorld) send(f Frame, to ...string) *Parcel {
	w.t.Helper()
	var readers []Reader
	for _, id := range to {
		readers = append(readers, Reader{id, w.alice.Recipient()})
	}
	p, err := w.her.Seal(f, readers, w.conversation, []string{"alice", "bob"})
	if err != nil {
		w.t.Fatal(err)
	}
	if len(p.To) != len(to) {
		w.t.Fatalf("%d envelopes, want %d", len(p.To), len(to))
	}
	w.lines = append(w.lines, p.Line)
	w.fold()
	return p
}

func (w *recordWorld) fold() *Conversation {
	w.conversation = w.her.Fold(w.lines)
	return w.conversation
}
