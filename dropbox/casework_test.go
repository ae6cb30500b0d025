package dropbox

import (
	"crypto/ed25519"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
)

// Alice adds Carol to a case that was hers and Bob's: Carol gets the case so far and a key, she hears of it, and both speak to one another.
func TestAddingAReader(t *testing.T) {
	her := testReporter(t, 7)
	alice, aliceKey := testReader(t, "alice")
	bob, bobKey := testReader(t, "bob")
	carol, carolKey := testReader(t, "carol")
	p, err := her.Seal(testReport("alice", "bob"), []Reader{alice, bob}, nil, everyone)
	if err != nil {
		t.Fatal(err)
	}
	o, _ := Open(p.To[0].Sealed, aliceKey)
	report, err := o.AsReport(her.Box, "alice")
	if err != nil {
		t.Fatal(err)
	}
	pub, signIn, _ := ed25519.GenerateKey(nil)
	sender := Sender{ID: "alice", Key: report.Key, Consent: report.Consent, SignIn: signIn}
	added := Frame{Kind: Added, Box: her.Box, Drop: her.Drop, Day: "2026-02-12", Count: 1, Seen: 1, Turn: 1, Added: "carol", Named: "carol", Text: "Carol knows more of this.",
		Roster: 3, Readers: report.Readers, StruckOff: report.StruckOff, Passed: []Passed{Pass(report)}}
	r, err := sender.SealReply(added, her.Recipient(), []Reader{bob, carol})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range r.To {
		if len(e.Sealed) != len(r.Line) {
			t.Error("the lengths tell who was added")
		}
	}
	if o, err = Open(r.To[0].Sealed, bobKey); err != nil {
		t.Fatal(err)
	}
	if g, err := o.BySig(pub, Route{her.Box, her.Drop, "alice", "bob"}); err != nil || g.Added != "carol" || g.Key != (Hex32{}) || g.Recipient != "" || g.Passed != nil {
		t.Errorf("bob got %+v, %v", g, err)
	}
	if o, err = Open(r.To[1].Sealed, carolKey); err != nil {
		t.Fatal(err)
	}
	g, err := o.BySig(pub, Route{her.Box, her.Drop, "alice", "carol"})
	if err != nil || g.Key != AddedKey(report.Key, "carol") || g.Recipient != report.Recipient || g.Consent != report.Consent || len(g.Passed) != 1 ||
		g.Passed[0].Text != report.Text || g.Passed[0].Key != (Hex32{}) || g.Passed[0].Grant != "" || strings.Contains(string(o.Bytes()), report.Key.String()) {
		t.Fatalf("carol got %+v, %v", g, err)
	}

	// Carol answers with her own key; nobody but who has it can, and no other chain makes it.
	_, carolSigns, _ := ed25519.GenerateKey(nil)
	answer := Frame{Box: her.Box, Drop: her.Drop, Day: "2026-02-13", Count: 1, Text: "I am Carol", Chain: []string{"alice"}}
	by := func(key Hex32, chain ...string) []byte {
		t.Helper()
		f := answer
		f.Chain = chain
		q, err := Sender{ID: "carol", Key: key, SignIn: carolSigns}.SealReply(f, her.Recipient(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return q.Line
	}
	c := her.Fold([][]byte{p.Line, r.Line, by(g.Key, "alice")})
	if len(c.Entries) != 3 || c.Unread != 0 || c.Entries[2].Text != "I am Carol" || !slices.Equal(c.Readers, []string{"alice", "bob", "carol"}) ||
		c.Work.Named != "carol" || c.Due("2026-02-13").Named != "carol" || c.Work.Joined[0] != (Addition{"carol", "alice", "2026-02-12"}) {
		t.Fatalf("she sees %+v", c)
	}
	for name, line := range map[string][]byte{"no chain": by(g.Key), "another's chain": by(g.Key, "bob"), "a key of nobody": by(Hex32{4}, "alice")} {
		if c := her.Fold([][]byte{p.Line, r.Line, line}); c.Unread != 1 || len(c.Entries) != 2 {
			t.Errorf("%s: believed: %+v", name, c)
		}
	}
	to, _ := c.Audience([]Reader{alice, bob, carol})
	m, err := her.Seal(Frame{Kind: Message, Day: "2026-02-14", Text: "More"}, to, c, everyone)
	if err != nil {
		t.Fatal(err)
	}
	if o, err = Open(m.To[2].Sealed, carolKey); err != nil {
		t.Fatal(err)
	}
	if f, err := o.ByMAC(g.Key, Route{her.Box, her.Drop, FromReporter, "carol"}); err != nil || f.Turn != 2 || f.Count != 1 {
		t.Errorf("carol reads %+v, %v", f, err)
	}

	// Nor can somebody pose, by a key that he makes, as a reader whom she chose herself, or has heard.
	posing, err := Sender{ID: "bob", Key: AddedKey(report.Key, "bob"), SignIn: signIn}.SealReply(
		Frame{Box: her.Box, Drop: her.Drop, Day: "2026-02-13", Count: 1, Text: "I am Bob", Chain: []string{"alice"}}, her.Recipient(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if c := her.Fold([][]byte{p.Line, r.Line, posing.Line}); c.Unread != 1 || len(c.Entries) != 2 || c.Chains["bob"] != nil || len(c.Work.Joined) != 1 {
		t.Errorf("alice passes for bob: %+v", c)
	}
	// If the line that told her was held back, she hears of Carol by Carol's own.
	if c := her.Fold([][]byte{p.Line, by(g.Key, "alice")}); !slices.Equal(c.Chains["carol"], []string{"alice"}) || len(c.Work.Joined) != 1 || !slices.Equal(c.Readers, []string{"alice", "bob", "carol"}) {
		t.Errorf("without that line: %+v", c)
	}

	// A note is told to colleagues; her own line of it has no words, and stands on no page.
	note, err := sender.SealReply(Frame{Kind: Note, Box: her.Box, Drop: her.Drop, Day: "2026-02-14", Count: 2, Text: "between us"}, her.Recipient(), []Reader{bob, carol})
	if err != nil {
		t.Fatal(err)
	}
	if c := her.Fold([][]byte{p.Line, r.Line, note.Line}); len(c.Entries) != 2 || c.Unread != 0 || c.Seen["alice"] != 2 || len(c.Missing) > 0 {
		t.Errorf("after a note she sees %+v", c)
	}
	if o, err := Open(note.Line, her.identity); err != nil || strings.Contains(string(o.Bytes()), "between us") {
		t.Error("her line has the note's words")
	}

	// Whoever has stepped aside gets nothing more, but is asked to delete what he has.
	left, err := sender.SealReply(Frame{Kind: Status, Box: her.Box, Drop: her.Drop, Day: "2026-02-15", Count: 3, Turn: 3, Left: true}, her.Recipient(), []Reader{bob, carol})
	if err != nil {
		t.Fatal(err)
	}
	c = her.Fold([][]byte{p.Line, r.Line, note.Line, left.Line})
	if to, gone := c.Audience([]Reader{alice, bob, carol}); !slices.Equal(IDs(to), []string{"bob", "carol"}) || gone != nil {
		t.Errorf("she writes to %v, gone %v", IDs(to), gone)
	}
	if w, err := her.Seal(Frame{Kind: Withdrawn, Day: "2026-02-16"}, c.Holders([]Reader{alice, bob, carol}), c, everyone); err != nil || len(w.To) != 3 {
		t.Errorf("taking it back: %v", err)
	}
}

// Somebody she struck off cannot be added: not by an honest program, and what a dishonest one sends is said and not shown.
func TestAddingSomebodyStruckOff(t *testing.T) {
	her := testReporter(t, 7)
	alice, _ := testReader(t, "alice")
	dave, _ := testReader(t, "dave")
	p, err := her.Seal(testReport("alice"), []Reader{alice}, nil, everyone)
	if err != nil {
		t.Fatal(err)
	}
	key := her.ReaderKey("alice")
	sender := Sender{ID: "alice", Key: key, Consent: Hex32{1}, SignIn: ed25519.NewKeyFromSeed(make([]byte, 32))}
	report := testReport("alice")
	report.Box, report.Drop, report.From, report.To, report.ID, report.Count = her.Box, her.Drop, FromReporter, "alice", newID(), 1
	f := Frame{Kind: Added, Box: her.Box, Drop: her.Drop, Day: "2026-02-12", Count: 1, Turn: 1, Added: "dave", Readers: report.Readers, StruckOff: report.StruckOff, Passed: []Passed{Pass(&report)}}
	if _, err := sender.SealReply(f, her.Recipient(), []Reader{dave}); err == nil {
		t.Fatal("somebody she struck off was added")
	}
	f.StruckOff = nil // she lies to him as well
	report.StruckOff = nil
	f.Passed = []Passed{Pass(&report)}
	r, err := sender.SealReply(f, her.Recipient(), []Reader{dave})
	if err != nil {
		t.Fatal(err)
	}
	his, err := Sender{ID: "dave", Key: AddedKey(key, "dave"), SignIn: sender.SignIn}.SealReply(
		Frame{Box: her.Box, Drop: her.Drop, Day: "2026-02-13", Count: 1, Text: "I am Dave", Chain: []string{"alice"}}, her.Recipient(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := her.Fold([][]byte{p.Line, r.Line, his.Line})
	to, _ := c.Audience([]Reader{alice, dave})
	if !slices.Equal(c.Against, []string{"dave"}) || len(c.Entries) != 2 || slices.Contains(c.Readers, "dave") || !slices.Equal(IDs(to), []string{"alice"}) {
		t.Errorf("she sees %+v and writes to %v", c, IDs(to))
	}
}

// Decided arrives at the same in whatever order frames come.
func TestDecidedConverges(t *testing.T) {
	at := func(from string, count, turn int, f Frame) *Frame {
		f.From, f.Count, f.Turn, f.Day = from, count, turn, "2026-02-12"
		return &f
	}
	frames := []*Frame{
		at("alice", 1, 1, Frame{Kind: Status, Named: "alice", Status: "reading"}),
		at("bob", 1, 1, Frame{Kind: Status, Named: "bob", Status: "received"}), // at the same time
		at("alice", 2, 2, Frame{Kind: Added, Added: "carol"}),
		at("bob", 2, 3, Frame{Kind: Status, Status: Closed, Text: "All is said."}),
		at(FromReporter, 2, 3, Frame{Kind: Message, Text: "I have more to say."}), // as he closed it
		at("carol", 1, 3, Frame{Kind: Status, Status: "panel"}),
		at("bob", 3, 4, Frame{Kind: Status, Left: true}),
	}
	want := Decided(frames)
	if want.Named != "alice" || want.Status != "panel" || want.By != "carol" || want.FirstFull != "2026-02-12" || !slices.Equal(want.Left, []string{"bob"}) || want.Turn != 4 ||
		!slices.Equal(want.Team([]string{"alice", "bob", "dave"}, []string{"dave"}), []string{"alice", "carol"}) {
		t.Fatalf("decided %+v", want)
	}
	for range 200 {
		rand.Shuffle(len(frames), func(i, j int) { frames[i], frames[j] = frames[j], frames[i] })
		if got := Decided(frames); got.Named != want.Named || got.Status != want.Status || got.By != want.By || got.Turn != want.Turn || got.FirstFull != want.FirstFull ||
			!slices.Equal(got.Left, want.Left) || !slices.Equal(got.Joined, want.Joined) || got.Reopened != want.Reopened {
			t.Fatalf("in another order %+v, want %+v", got, want)
		}
	}

	// What she writes opens a closed case, if she wrote it after that or without knowing of it; what she wrote before does not.
	answered := at("alice", 1, 4, Frame{Kind: Status, Status: Answered})
	if d := Decided([]*Frame{answered, at("alice", 2, 5, Frame{Kind: Status, Status: Closed, Text: "All is said."}), at(FromReporter, 2, 6, Frame{Kind: Message})}); d.FirstFull == "" || !d.Reopened {
		t.Errorf("what was answered is so no more: %+v", d)
	}
	closed := at("alice", 1, 5, Frame{Kind: Status, Status: Closed, Text: "All is said."})
	for turn, reopened := range map[int]bool{0: false, 4: false, 5: true, 6: true} {
		if d := Decided([]*Frame{at(FromReporter, 2, turn, Frame{Kind: Message}), closed}); d.Reopened != reopened || (d.Status == Closed) == reopened || (d.FirstFull == "") != reopened {
			t.Errorf("her message of turn %d: %+v", turn, d)
		}
	}
}

// A frame of casework that says what its kind does not allow is refused on the way out and on the way in.
func TestCaseworkFrames(t *testing.T) {
	good := Frame{Kind: Status, Box: BoxID{1}, Drop: Drop{2}, From: "alice", To: FromReporter, ID: newID(), Day: "2026-02-12", Count: 1, Turn: 1, Status: "reading"}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	added := good
	added.Kind, added.Status, added.Added = Added, "", "carol"
	if err := added.check(); err != nil {
		t.Fatal(err)
	}
	toCarol := added
	i, _ := age.GenerateHybridIdentity()
	report := testReport("alice")
	report.Box, report.Drop, report.From, report.To, report.ID, report.Count = good.Box, good.Drop, FromReporter, "alice", newID(), 1
	toCarol.To, toCarol.Key, toCarol.Consent, toCarol.Recipient, toCarol.Readers, toCarol.Passed = "carol", Hex32{3}, Hex32{4}, i.Recipient().String(), []string{"alice"}, []Passed{Pass(&report)}
	if err := toCarol.check(); err != nil {
		t.Fatal(err)
	}
	note := good
	note.Kind, note.Status, note.Turn, note.To, note.Text = Note, "", 0, "bob", "between us"
	if err := note.check(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		of    Frame
		spoil func(f *Frame)
	}{
		"a status of nothing":            {good, func(f *Frame) { f.Status = "" }},
		"a status of its own making":     {good, func(f *Frame) { f.Status = "lost" }},
		"closed without a reason":        {good, func(f *Frame) { f.Status = Closed }},
		"closed with blanks":             {good, func(f *Frame) { f.Status, f.Text = Closed, "  " }},
		"no turn":                        {good, func(f *Frame) { f.Turn = 0 }},
		"a turn without end":             {good, func(f *Frame) { f.Turn = maxCount + 1 }},
		"by her":                         {good, func(f *Frame) { f.From, f.To = FromReporter, "alice" }},
		"leaves and is named":            {good, func(f *Frame) { f.Left, f.Named = true, "alice" }},
		"with a wish":                    {good, func(f *Frame) { f.Wish = "advice" }},
		"named is no id":                 {good, func(f *Frame) { f.Named = "Alice Smith" }},
		"an added status":                {good, func(f *Frame) { f.Added = "carol" }},
		"passes on in a status":          {good, func(f *Frame) { f.Passed = toCarol.Passed }},
		"adds nobody":                    {added, func(f *Frame) { f.Added = "" }},
		"adds herself":                   {added, func(f *Frame) { f.Added = "alice" }},
		"tells her his key":              {added, func(f *Frame) { f.Key = Hex32{3} }},
		"passes on to a colleague":       {toCarol, func(f *Frame) { f.To = "bob" }},
		"brings no key":                  {toCarol, func(f *Frame) { f.Key = Hex32{} }},
		"brings nothing":                 {toCarol, func(f *Frame) { f.Passed = nil }},
		"struck off":                     {toCarol, func(f *Frame) { f.StruckOff = []string{"carol"} }},
		"passes on a key":                {toCarol, func(f *Frame) { f.Passed[0].Key = Hex32{5} }},
		"passes on another case":         {toCarol, func(f *Frame) { f.Passed[0].Drop = Drop{9} }},
		"passes on what passes on":       {toCarol, func(f *Frame) { f.Passed[0].Frame.Passed = toCarol.Passed }},
		"passes on something unheard of": {toCarol, func(f *Frame) { f.Passed[0].Kind = "gossip" }},
		"passes on a withdrawal":         {toCarol, func(f *Frame) { f.Passed[0].Kind = Withdrawn }},
		"a note without words":           {note, func(f *Frame) { f.Text = "" }},
		"a note with a turn":             {note, func(f *Frame) { f.Turn = 3 }},
		"a chain with its own end":       {good, func(f *Frame) { f.Chain = []string{"alice"} }},
		"a reply that decides":           {good, func(f *Frame) { f.Kind, f.Turn, f.Text = Reply, 0, "x" }},
	} {
		f := c.of
		f.Passed = slices.Clone(f.Passed)
		c.spoil(&f)
		if f.check() == nil {
			t.Errorf("%s was let through", name)
		}
	}
}
