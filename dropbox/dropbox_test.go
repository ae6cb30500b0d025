package dropbox

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
)

func testReporter(t testing.TB, box byte) *Reporter {
	t.Helper()
	r, err := NewCode().Reporter(BoxID{box, 1})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func testReader(t testing.TB, id string) (Reader, *age.HybridIdentity) {
	t.Helper()
	i, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return Reader{id, i.Recipient()}, i
}

func testReport(readers ...string) Frame {
	return Frame{Kind: Report, Day: "2026-02-11", Count: 1, Roster: 3, Text: "What happened", About: "me", Wish: "advice", Readers: readers, StruckOff: []string{"dave"}}
}

// The whole path of a report through this package, as the two sides see it.
func TestConversation(t *testing.T) {
	her := testReporter(t, 7)
	alice, aliceKey := testReader(t, "alice")
	bob, bobKey := testReader(t, "bob")
	f := testReport("alice", "bob")
	f.Prompt = []Prompt{{"when", "For years"}}
	p, err := her.Seal(f, []Reader{bob, alice}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Readers(); !slices.Equal(got, []string{"alice", "bob"}) {
		t.Fatalf("readers %v", got)
	}
	for _, e := range append(p.To, Envelope{"", p.Line}) {
		if err := CheckEnvelope(e.Sealed); err != nil || len(e.Sealed) != len(p.Line) {
			t.Fatalf("envelope of %d bytes: %v", len(e.Sealed), err)
		}
	}
	if _, err := Open(p.To[0].Sealed, bobKey); err != ErrOpen {
		t.Fatalf("bob opened alice's envelope: %v", err)
	}
	o, err := Open(p.To[0].Sealed, aliceKey)
	if err != nil {
		t.Fatal(err)
	}
	report, err := o.AsReport()
	if err != nil || report.Text != f.Text || report.Drop != her.Drop || report.Prompt[0].Text != "For years" || report.Key != her.ReaderKey("alice") {
		t.Fatalf("report %+v, %v", report, err)
	}

	// Alice replies; her line and Bob's copy are believed, by their own keys only.
	recipient, err := age.ParseHybridRecipient(report.Recipient)
	if err != nil {
		t.Fatal(err)
	}
	pub, signIn, _ := ed25519.GenerateKey(nil)
	sender := Sender{"alice", report.Key, signIn}
	r, err := sender.SealReply(Frame{Box: report.Box, Drop: report.Drop, Day: "2026-02-12", Count: 1, Seen: 1, Text: "I am here"}, recipient, []Reader{bob})
	if err != nil {
		t.Fatal(err)
	}
	if o, err = Open(r.To[0].Sealed, bobKey); err != nil {
		t.Fatal(err)
	}
	if g, err := o.BySig(pub); err != nil || g.Text != "I am here" || g.To != "bob" {
		t.Fatalf("bob read %+v, %v", g, err)
	}
	if _, err := o.AsReport(); err != ErrOpen {
		t.Fatal("a reply passed for a report")
	}
	c := her.Fold([][]byte{p.Line, r.Line, r.Line})
	if len(c.Entries) != 2 || c.Entries[0].Text != "" || c.Entries[1].Text != "I am here" || c.Entries[1].From != "alice" ||
		c.Count != 1 || c.Seen["alice"] != 1 || c.Unread != 0 || !slices.Equal(c.Readers, []string{"alice", "bob"}) || c.Wish != "advice" {
		t.Fatalf("fold %+v", c)
	}

	// She writes more and keeps it.
	m, err := her.Seal(Frame{Kind: Message, Day: "2026-02-13", Count: 2, Text: "More", Copy: true}, []Reader{alice, bob}, c.Seen)
	if err != nil {
		t.Fatal(err)
	}
	o, _ = Open(m.To[0].Sealed, aliceKey)
	if g, err := o.ByMAC(report.Key); err != nil || g.Text != "More" || g.Seen != 1 || g.Copy {
		t.Fatalf("alice read %+v, %v", g, err)
	}
	if c = her.Fold([][]byte{p.Line, r.Line, m.Line}); c.Entries[2].Text != "More" || c.Count != 2 {
		t.Fatalf("fold %+v", c)
	}

	// Taking it back: a frame for every reader, no line.
	w, err := her.Seal(Frame{Kind: Withdrawn, Day: "2026-02-14", Count: 3}, []Reader{alice, bob}, c.Seen)
	if err != nil || w.Line != nil || len(w.To) != 2 {
		t.Fatalf("withdrawal %+v, %v", w, err)
	}
}

// Everyone who might lie in somebody's name, with all the keys he really has.
func TestForgery(t *testing.T) {
	her, other := testReporter(t, 7), testReporter(t, 7)
	alice, aliceID := testReader(t, "alice")
	bob, _ := testReader(t, "bob")
	p, err := her.Seal(testReport("alice", "bob"), []Reader{alice, bob}, nil)
	if err != nil {
		t.Fatal(err)
	}
	reply := func(s Sender, f Frame) []byte {
		f.Day, f.Count, f.Text = "2026-02-12", 1, "forged"
		r, err := s.SealReply(f, her.Recipient(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return r.Line
	}
	_, key, _ := ed25519.GenerateKey(nil)
	bobs, alices := her.ReaderKey("bob"), her.ReaderKey("alice")
	good := Frame{Box: her.Box, Drop: her.Drop}
	forged := map[string][]byte{
		"bob as alice":      reply(Sender{"alice", bobs, key}, good),
		"alice, other box":  reply(Sender{"alice", alices, key}, Frame{Box: BoxID{9}, Drop: her.Drop}),
		"alice, other drop": reply(Sender{"alice", alices, key}, Frame{Box: her.Box, Drop: other.Drop}),
		"no key":            reply(Sender{"alice", Hex32{}, key}, good),
		"cut":               p.Line[:len(p.Line)-1],
		"to somebody else":  p.To[0].Sealed,
	}
	if own, err := (Sender{"alice", alices, key}).SealOwn(Frame{Box: her.Box, Drop: her.Drop, Day: "2026-02-12", Count: 1, Text: "signed only"}, her.Recipient()); err != nil {
		t.Fatal(err)
	} else {
		forged["a signature where a MAC belongs"] = own
	}
	// A line that poses as hers, made by a reader, who knows her recipient and drop but not "self".
	posed := testReport("bob")
	posed.Text, posed.StruckOff, posed.Box, posed.Drop, posed.From, posed.To, posed.ID = "", nil, her.Box, her.Drop, FromReporter, FromReporter, newID()
	plain, err := posed.encode(macWith(bobs))
	if err != nil {
		t.Fatal(err)
	}
	forged["bob as herself"], _ = SealBytes(pad(plain, Buckets[0]), her.Recipient())
	for name, line := range forged {
		if c := her.Fold([][]byte{p.Line, line}); len(c.Entries) != 1 || c.Unread != 1 || !slices.Equal(c.Readers, []string{"alice", "bob"}) {
			t.Errorf("%s was believed: %+v", name, c)
		}
	}
	if c := her.Fold([][]byte{p.Line, reply(Sender{"alice", alices, key}, good)}); len(c.Entries) != 2 || c.Unread != 0 {
		t.Errorf("the real alice was not believed: %+v", c)
	}

	// Bob as her, to Alice.
	m, err := other.Seal(Frame{Kind: Message, Day: "2026-02-12", Count: 2, Text: "forged"}, []Reader{alice}, nil)
	if err != nil {
		t.Fatal(err)
	}
	o, err := Open(m.To[0].Sealed, aliceID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.ByMAC(alices); err != ErrOpen {
		t.Error("another's message was believed")
	}
	if _, err := o.ByMAC(Hex32{}); err != ErrOpen {
		t.Error("a message was believed under an empty key")
	}
}

func TestGapsAndLostReport(t *testing.T) {
	her := testReporter(t, 7)
	reply := func(n int) []byte {
		r, err := Sender{ID: "alice", Key: her.ReaderKey("alice"), SignIn: ed25519.NewKeyFromSeed(make([]byte, 32))}.SealReply(
			Frame{Box: her.Box, Drop: her.Drop, Day: "2026-02-12", Count: n, Text: "reply"}, her.Recipient(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return r.Line
	}
	c := her.Fold([][]byte{reply(1), reply(3)})
	if !slices.Equal(c.Missing, []string{"alice"}) || !slices.Equal(c.Readers, []string{"alice"}) || c.Seen["alice"] != 3 {
		t.Errorf("%+v", c)
	}
}

func TestSealRefuses(t *testing.T) {
	her := testReporter(t, 7)
	alice, _ := testReader(t, "alice")
	x25519, _ := age.GenerateX25519Identity()
	if _, err := her.Seal(testReport("alice"), []Reader{{"alice", x25519.Recipient()}}, nil); err == nil {
		t.Error("sealed to a classic recipient")
	}
	for name, change := range map[string]func(*Frame){
		"empty":            func(f *Frame) { f.Text = "" },
		"blank":            func(f *Frame) { f.Text = " \n\t" },
		"unclean":          func(f *Frame) { f.Text = "a\r\nb" },
		"escape":           func(f *Frame) { f.Text = "\x1b[2J" },
		"no wish":          func(f *Frame) { f.Wish = "" },
		"no about":         func(f *Frame) { f.About = "us" },
		"not a reader":     func(f *Frame) { f.Readers = []string{"bob"} },
		"both":             func(f *Frame) { f.StruckOff = []string{"alice"} },
		"unknown kind":     func(f *Frame) { f.Kind = "request" },
		"reserved kind":    func(f *Frame) { f.Kind = "note" },
		"a day that isn't": func(f *Frame) { f.Day = "2026-02-30" },
		"count":            func(f *Frame) { f.Count = 0 },
	} {
		f := testReport("alice")
		change(&f)
		if _, err := her.Seal(f, []Reader{alice}, nil); err == nil {
			t.Errorf("%s: sealed", name)
		}
	}
	f := testReport("alice")
	f.Text = strings.Repeat("x", MaxText+1)
	if _, err := her.Seal(f, []Reader{alice}, nil); !errors.Is(err, ErrTooLong) {
		t.Errorf("100,001 characters: %v", err)
	}
}

func TestEveryScriptFits(t *testing.T) {
	her := testReporter(t, 7)
	alice, id := testReader(t, "alice")
	for name, c := range map[string]string{"latin": "e", "chinese": "说", "emoji": "🫂", "quotes": `"`, "newlines": "\n", "angle": "<", "backslash": `\`} {
		f := testReport("alice")
		f.Text, f.Copy = "a"+strings.Repeat(c, MaxText-2)+"z", true
		p, err := her.Seal(f, []Reader{alice}, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		o, err := Open(p.To[0].Sealed, id)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if g, err := o.AsReport(); err != nil || g.Text != f.Text {
			t.Errorf("%s: came out otherwise: %v", name, err)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"a\r\nb": "a\nb", "a\rb": "ab", "a\u2028b\u2029c": "a\nb\nc", "a\x00\x1b\x7f\u0085b": "ab", "a\tb\n": "a\tb\n", "a\xff\xfeb": "a\uFFFDb",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

// What a decoder of lesser strictness would take.
func TestDecodeRefuses(t *testing.T) {
	good := testReport("alice")
	good.Box, good.Drop, good.From, good.To, good.ID = BoxID{1}, Drop{2}, FromReporter, FromReporter, newID()
	good.Text, good.StruckOff = "", nil
	plain, err := good.encode(macWith([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	text := string(plain)
	padTo := func(s string, n int) []byte { return []byte(s + strings.Repeat(" ", max(0, n-len(s)))) }
	if _, err := decode(padTo(text, Buckets[0])); err != nil {
		t.Fatalf("a good frame: %v", err)
	}
	for name, s := range map[string]string{
		"unknown key":     strings.Replace(text, `{"box"`, `{"x":1,"box"`, 1),
		"duplicate key":   strings.Replace(text, `"count":1`, `"count":1,"count":1`, 1),
		"other case":      strings.Replace(text, `"count"`, `"Count"`, 1),
		"kelvin sign":     strings.Replace(text, `{"box"`, `{"`+"\u212A"+`ey":"","box"`, 1),
		"null":            strings.Replace(text, `{"box"`, `{"text":null,"box"`, 1),
		"trailing data":   text + "{}",
		"trailing comma":  text[:len(text)-1] + ",}",
		"newline at end":  text + "\n",
		"leading space":   strings.Replace(text, "\n\n{", "\n\n {", 1),
		"bad utf-8":       strings.Replace(text, `"me"`, "\"me\xff\"", 1),
		"upper hex":       strings.Replace(text, "mac ", "mac A", 1),
		"other version":   strings.Replace(text, "tellbox/1", "tellbox/2", 1),
		"no empty line":   strings.Replace(text, "\n\n", "\n", 1),
		"carriage return": strings.ReplaceAll(text, "\n", "\r\n"),
		"float":           strings.Replace(text, `"count":1`, `"count":1.5`, 1),
	} {
		if _, err := decode(padTo(s, Buckets[0])); err != ErrOpen {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, n := range []int{0, 1, len(text), Buckets[0] - 1, Buckets[0] + 1, Buckets[3] + 1} {
		if _, err := decode(padTo(text, n)[:n:n]); err != ErrOpen && n != Buckets[0] {
			t.Errorf("length %d: %v", n, err)
		}
	}
}

func TestParcelHasOneLength(t *testing.T) {
	her := testReporter(t, 7)
	var readers []Reader
	var ids []string
	for _, id := range []string{"a", "bea", "christopher", "ombuds"} {
		r, _ := testReader(t, id)
		readers, ids = append(readers, r), append(ids, id)
	}
	lengths := map[int]bool{}
	for n := 1; n <= len(readers); n++ {
		for _, keep := range []bool{false, true} {
			f := testReport(ids[:n]...)
			f.Copy = keep
			p, err := her.Seal(f, readers[:n], nil)
			if err != nil {
				t.Fatal(err)
			}
			p.Keep = 2
			lengths[len(multipartBytes(t, p, ids))] = true
		}
	}
	if len(lengths) != 1 {
		t.Errorf("lengths %v, want one", lengths)
	}
}
