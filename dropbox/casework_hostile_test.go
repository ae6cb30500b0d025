package dropbox

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// speaker makes lines to her, as whoever has a key can.
type speaker struct {
	t   *testing.T
	her *Reporter
	n   map[string]int
}

func (s *speaker) line(id string, key Hex32, f Frame) []byte {
	s.t.Helper()
	if f.Count == 0 {
		s.n[id]++
		f.Count = s.n[id]
	}
	f.Box, f.Drop, f.Day = s.her.Box, s.her.Drop, "2026-02-12"
	p, err := Sender{ID: id, Key: key, Consent: Hex32{1}, SignIn: ed25519.NewKeyFromSeed(make([]byte, 32))}.SealReply(f, s.her.Recipient(), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return p.Line
}

// hostileCase is a case that alice and bob read; dave is struck off.
func hostileCase(t *testing.T) (*speaker, [][]byte, Hex32, Hex32) {
	her := testReporter(t, 7)
	alice, _ := testReader(t, "alice")
	bob, _ := testReader(t, "bob")
	p, err := her.Seal(testReport("alice", "bob"), []Reader{alice, bob}, nil, everyone)
	if err != nil {
		t.Fatal(err)
	}
	return &speaker{t, her, map[string]int{}}, [][]byte{p.Line}, her.ReaderKey("alice"), her.ReaderKey("bob")
}

// Whom she struck off decides nothing, and nobody by his word does, however a dishonest reader helps him.
func TestStruckOffAndWhomTheyAdd(t *testing.T) {
	s, lines, alice, _ := hostileCase(t)
	dave := AddedKey(alice, "dave")
	lines = append(lines, s.line("alice", alice, Frame{Kind: Added, Turn: 1, Added: "dave"}),
		s.line("dave", dave, Frame{Kind: Status, Turn: 2, Status: Closed, Text: "It is over.", Chain: []string{"alice"}, Seen: 900}),
		s.line("dave", dave, Frame{Kind: Added, Turn: 3, Added: "carol", Named: "carol", Chain: []string{"alice"}}),
		s.line("carol", AddedKey(dave, "carol"), Frame{Text: "I am Carol", Chain: []string{"alice", "dave"}}))
	c := s.her.Fold(lines)
	if c.Work.Status != "" || c.Work.FirstFull != "" || c.Work.Named != "" || !slices.Equal(c.Readers, []string{"alice", "bob"}) || !slices.Equal(c.Against, []string{"dave"}) ||
		len(c.Entries) != 2 || c.SentTo["dave"] != 0 || c.Lost {
		t.Errorf("she sees %+v", c)
	}
}

// Who poses as a colleague cannot make her believe that she wrote more to him, or missed something of his.
func TestPosingCountsNothing(t *testing.T) {
	s, lines, alice, _ := hostileCase(t)
	lines = append(lines, s.line("bob", AddedKey(alice, "bob"), Frame{Text: "I am Bob", Chain: []string{"alice"}, Count: 500, Seen: 900}))
	c := s.her.Fold(lines)
	if c.Unread != 1 || c.Seen["bob"] != 0 || len(c.Missing) > 0 || c.Lost || c.SentTo["bob"] != 1 {
		t.Errorf("she sees %+v", c)
	}
}

// A reader cannot speak as one whom another added without her being told that he added him too.
func TestSpeakingForWhomAnotherAdded(t *testing.T) {
	s, lines, alice, bob := hostileCase(t)
	lines = append(lines, s.line("bob", bob, Frame{Kind: Added, Turn: 1, Added: "carol"}))
	forged := s.line("carol", AddedKey(alice, "carol"), Frame{Text: "I am not Carol", Chain: []string{"alice"}})
	if c := s.her.Fold(append(slices.Clone(lines), forged)); c.Unread != 1 || len(c.Entries) != 2 {
		t.Errorf("alice passes for carol: %+v", c)
	}
	if c := s.her.Fold([][]byte{lines[0], forged, lines[1]}); c.Unread != 1 || len(c.Entries) != 2 || !slices.Equal(c.Chains["carol"], []string{"bob"}) {
		t.Errorf("alice passes for carol, in another order: %+v", c)
	}
	told := append(slices.Clone(lines), s.line("alice", alice, Frame{Kind: Added, Turn: 1, Added: "carol"}), forged)
	if c := s.her.Fold(told); c.Unread != 0 || len(c.Entries) != 4 {
		t.Errorf("both added her: %+v", c)
	}
}

// However many a reader adds, she can go on writing, and her line stays within the length that people make.
func TestAddingWithoutEnd(t *testing.T) {
	s, lines, alice, _ := hostileCase(t)
	for i := range maxReaders + 50 {
		lines = append(lines, s.line("alice", alice, Frame{Kind: Added, Turn: 1, Added: fmt.Sprintf("somebody-with-a-long-name-%d", i)}))
	}
	c := s.her.Fold(lines)
	reader, _ := testReader(t, "alice")
	p, err := s.her.Seal(Frame{Kind: Message, Day: "2026-02-13", Text: strings.Repeat("x", 11_000)}, []Reader{reader}, c, everyone)
	if err != nil {
		t.Fatal(err)
	}
	if again := s.her.Fold(append(lines, p.Line)); again.Count != 2 || again.Lost || again.SentTo["alice"] != 2 {
		t.Errorf("she sees %+v", again)
	}
}

// Who is named last and has left gives way to who was named before, if he still reads. Who has left closes nothing.
func TestAfterLeaving(t *testing.T) {
	at := func(from string, count, turn int, f Frame) *Frame {
		f.From, f.Count, f.Turn, f.Day = from, count, turn, "2026-02-12"
		return &f
	}
	frames := []*Frame{
		at("alice", 1, 1, Frame{Kind: Added, Added: "carol", Named: "carol"}),
		at("alice", 2, 2, Frame{Kind: Status, Left: true}),
		at("bob", 1, 3, Frame{Kind: Status, Named: "alice"}), // he did not know
		at("alice", 3, 4, Frame{Kind: Status, Status: Closed, Text: "It is over."}),
	}
	if c := Decided(frames); c.Named != "carol" || c.Status != "" || c.FirstFull != "" || !slices.Equal(c.Left, []string{"alice"}) {
		t.Errorf("decided %+v", c)
	}
}

// A parcel of readers has room for all lists of people, whatever the length of the text beside them.
func TestReadersRoomForPeople(t *testing.T) {
	her := testReporter(t, 7)
	_, signIn, _ := ed25519.GenerateKey(nil)
	s := Sender{ID: "alice", Key: Hex32{1}, Consent: Hex32{2}, SignIn: signIn}
	carol, _ := testReader(t, "carol")
	var struck []string
	for i := range 120 {
		struck = append(struck, fmt.Sprintf("somebody-with-a-long-name-%d", i))
	}
	report := testReport("alice")
	report.Box, report.Drop, report.From, report.To, report.ID, report.Count = her.Box, her.Drop, FromReporter, "alice", newID(), 1
	report.StruckOff = struck
	for n := 2000; n < 10_500; n += 100 {
		report.Text = strings.Repeat("x", n)
		f := Frame{Kind: Added, Box: her.Box, Drop: her.Drop, Day: "2026-02-12", Count: 1, Turn: 1, Added: "carol", Readers: report.Readers, StruckOff: struck, Passed: []Passed{Pass(&report)}}
		if _, err := s.SealReply(f, her.Recipient(), []Reader{carol}); err != nil {
			t.Fatalf("a report of %d characters: %v", n, err)
		}
	}
}

// What was not right by a key is not looked at again by that key: a fold asks each time, and anybody of the roster can send thousands that are not.
func TestSignatureRemembersRefusal(t *testing.T) {
	her := testReporter(t, 7)
	bob, bobKey := testReader(t, "bob")
	pub, signIn, _ := ed25519.GenerateKey(nil)
	other, _, _ := ed25519.GenerateKey(nil)
	p, err := Sender{ID: "alice", Key: Hex32{1}, Consent: Hex32{2}, SignIn: signIn}.SealReply(
		Frame{Box: her.Box, Drop: her.Drop, Day: "2026-02-12", Count: 1, Text: "x"}, her.Recipient(), []Reader{bob})
	if err != nil {
		t.Fatal(err)
	}
	o, err := Open(p.To[0].Sealed, bobKey)
	if err != nil {
		t.Fatal(err)
	}
	route := Route{her.Box, her.Drop, "alice", "bob"}
	for range 2 {
		if _, err := o.BySig(other, route); err == nil || !other.Equal(o.refused) {
			t.Error("another's signature is believed, or it is not remembered that it is not")
		}
		if _, err := o.BySig(pub, route); err != nil {
			t.Errorf("the right key is refused: %v", err)
		}
	}
}
