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

// everyone is the roster of these tests.
var everyone = []string{"alice", "bob", "christopher", "dave", "ombuds"}

func testReport(readers ...string) Frame {
	return Frame{Kind: Report, Day: "2026-02-11", Roster: 3, Text: "What happened", About: "me", Wish: "advice", Readers: readers, StruckOff: []string{"dave"}}
}

// The whole path of a report through this package, as the two sides see it.
func TestConversation(t *testing.T) {
	her := testReporter(t, 7)
	alice, aliceKey := testReader(t, "alice")
	bob, bobKey := testReader(t, "bob")
	f := testReport("alice", "bob")
	f.Prompt = []Prompt{{"when", "For years"}}
	p, err := her.Seal(f, []Reader{bob, alice}, nil, everyone)
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
	report, err := o.AsReport(her.Box, "alice")
	if err != nil || report.Text != f.Text || report.Drop != her.Drop || report.Prompt[0].Text != "For years" || report.Key != her.ReaderKey("alice") {
		t.Fatalf("report %+v, %v", report, err)
	}

	// Alice replies; her line and Bob's copy are believed, by their own keys only.
	recipient, err := age.ParseHybridRecipient(report.Recipient)
	if err != nil {
		t.Fatal(err)
	}
	pub, signIn, _ := ed25519.GenerateKey(nil)
	sender := Sender{"alice", report.Key, report.Consent, signIn}
	r, err := sender.SealReply(Frame{Box: report.Box, Drop: report.Drop, Day: "2026-02-12", Count: 1, Seen: 1, Text: "I am here"}, recipient, []Reader{bob})
	if err != nil {
		t.Fatal(err)
	}
	if o, err = Open(r.To[0].Sealed, bobKey); err != nil {
		t.Fatal(err)
	}
	if g, err := o.BySig(pub, Route{her.Box, her.Drop, "alice", "bob"}); err != nil || g.Text != "I am here" || g.Consent != report.Consent {
		t.Fatalf("bob read %+v, %v", g, err)
	}
	if _, err := o.BySig(pub, Route{her.Box, her.Drop, "alice", "carol"}); err != ErrOpen {
		t.Fatal("a frame to bob was taken for one to carol")
	}
	if _, err := o.AsReport(her.Box, "bob"); err != ErrOpen {
		t.Fatal("a reply passed for a report")
	}
	c := her.Fold([][]byte{p.Line, r.Line, r.Line})
	if len(c.Entries) != 2 || c.Entries[0].Text != "" || c.Entries[1].Text != "I am here" || c.Entries[1].From != "alice" ||
		c.Count != 1 || c.Seen["alice"] != 1 || c.Unread != 0 || !slices.Equal(c.Readers, []string{"alice", "bob"}) || c.Wish != "advice" {
		t.Fatalf("fold %+v", c)
	}

	// She writes more and keeps it.
	m, err := her.Seal(Frame{Kind: Message, Day: "2026-02-13", Text: "More", Copy: true}, []Reader{alice, bob}, c, everyone)
	if err != nil {
		t.Fatal(err)
	}
	o, _ = Open(m.To[0].Sealed, aliceKey)
	if g, err := o.ByMAC(report.Key, Route{her.Box, her.Drop, FromReporter, "alice"}); err != nil || g.Text != "More" || g.Seen != 1 || g.Count != 2 || g.Copy {
		t.Fatalf("alice read %+v, %v", g, err)
	}
	if c = her.Fold([][]byte{p.Line, r.Line, m.Line}); c.Entries[2].Text != "More" || c.Count != 2 {
		t.Fatalf("fold %+v", c)
	}

	// Taking it back: a frame for every reader, no line.
	w, err := her.Seal(Frame{Kind: Withdrawn, Day: "2026-02-14"}, []Reader{alice, bob}, c, everyone)
	if err != nil || w.Line != nil || len(w.To) != 2 {
		t.Fatalf("withdrawal %+v, %v", w, err)
	}
}

// Everyone who might lie in somebody's name, with all the keys he really has.
func TestForgery(t *testing.T) {
	her, other := testReporter(t, 7), testReporter(t, 7)
	alice, aliceID := testReader(t, "alice")
	bob, _ := testReader(t, "bob")
	p, err := her.Seal(testReport("alice", "bob"), []Reader{alice, bob}, nil, everyone)
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
		"bob as alice":      reply(Sender{"alice", bobs, Hex32{}, key}, good),
		"alice, other box":  reply(Sender{"alice", alices, Hex32{}, key}, Frame{Box: BoxID{9}, Drop: her.Drop}),
		"alice, other drop": reply(Sender{"alice", alices, Hex32{}, key}, Frame{Box: her.Box, Drop: other.Drop}),
		"no key":            reply(Sender{"alice", Hex32{}, Hex32{}, key}, good),
		"cut":               p.Line[:len(p.Line)-1],
		"to somebody else":  p.To[0].Sealed,
	}
	if own, err := (Sender{"alice", alices, Hex32{}, key}).SealOwn(Frame{Box: her.Box, Drop: her.Drop, Day: "2026-02-12", Count: 1, Text: "signed only"}, her.Recipient()); err != nil {
		t.Fatal(err)
	} else {
		forged["a signature where a MAC belongs"] = own
	}
	// A line that poses as hers, made by a reader, who knows her recipient and drop but not "self".
	posed := testReport("bob")
	posed.Count, posed.Text, posed.StruckOff, posed.Box, posed.Drop, posed.From, posed.To, posed.ID = 1, "", nil, her.Box, her.Drop, FromReporter, FromReporter, newID()
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
	if c := her.Fold([][]byte{p.Line, reply(Sender{"alice", alices, Hex32{}, key}, good)}); len(c.Entries) != 2 || c.Unread != 0 {
		t.Errorf("the real alice was not believed: %+v", c)
	}

	// Bob as her, to Alice.
	m, err := other.Seal(Frame{Kind: Message, Day: "2026-02-12", Text: "forged"}, []Reader{alice}, &Conversation{Readers: []string{"alice"}}, everyone)
	if err != nil {
		t.Fatal(err)
	}
	o, err := Open(m.To[0].Sealed, aliceID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.ByMAC(alices, Route{other.Box, other.Drop, FromReporter, "alice"}); err != ErrOpen {
		t.Error("another's message was believed")
	}
	if _, err := o.ByMAC(Hex32{}, Route{other.Box, other.Drop, FromReporter, "alice"}); err != ErrOpen {
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
	if _, err := her.Seal(testReport("alice"), []Reader{{"alice", x25519.Recipient()}}, nil, everyone); err == nil {
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
		"too many readers": func(f *Frame) { f.Readers = []string{"alice", "bob"} },
	} {
		f := testReport("alice")
		change(&f)
		if _, err := her.Seal(f, []Reader{alice}, nil, everyone); err == nil {
			t.Errorf("%s: sealed", name)
		}
	}
	f := testReport("alice")
	f.Text = strings.Repeat("x", MaxText+1)
	if _, err := her.Seal(f, []Reader{alice}, nil, everyone); !errors.Is(err, ErrTooLong) {
		t.Errorf("100,001 characters: %v", err)
	}
}

func TestEveryScriptFits(t *testing.T) {
	her := testReporter(t, 7)
	alice, id := testReader(t, "alice")
	for name, c := range map[string]string{"latin": "e", "chinese": "说", "emoji": "🫂", "quotes": `"`, "newlines": "\n", "angle": "<", "backslash": `\`} {
		f := testReport("alice")
		f.Text, f.Copy = "a"+strings.Repeat(c, MaxText-2)+"z", true
		p, err := her.Seal(f, []Reader{alice}, nil, everyone)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		o, err := Open(p.To[0].Sealed, id)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if g, err := o.AsReport(her.Box, "alice"); err != nil || g.Text != f.Text {
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
	good.Text, good.StruckOff, good.Count = "", nil, 1
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
		"float":           strings.Replace(text, `"count":1`, `"count":1.0`, 1),
		"exponent":        strings.Replace(text, `"count":1`, `"count":1e0`, 1),
		"a zero said":     strings.Replace(text, `"count":1`, `"count":1,"seen":0`, 1),
		"minus zero":      strings.Replace(text, `"count":1`, `"count":1,"seen":-0`, 1),
		"an escape":       strings.Replace(text, `"me"`, `"\u006de"`, 1),
		"escaped solidus": strings.Replace(text, `"day":"2026-02-11"`, `"day":"2026-02-11","text":"\/"`, 1),
		"white space":     strings.Replace(text, `,"drop"`, `, "drop"`, 1),
		"an empty list":   strings.Replace(text, `,"readers"`, `,"prompts":[],"readers"`, 1),
		"another order":   strings.Replace(strings.Replace(text, `"count":1,`, ``, 1), `{"box"`, `{"count":1,"box"`, 1),
		"__proto__":       strings.Replace(text, `{"box"`, `{"__proto__":{},"box"`, 1),
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

// The largest frames fit the room that size allows for all but texts and people.
func TestSizeIsEnough(t *testing.T) {
	long := strings.Repeat("a", 32)
	her := testReporter(t, 7)
	r, _ := testReader(t, long)
	f := testReport(long)
	f.Wish, f.Roster, f.About = "complaint", maxCount, "told"
	f.Prompt = []Prompt{{long, "<&>\n\t\"\\"}, {"b" + long[1:], "说"}}
	p, err := her.Seal(f, []Reader{r}, &Conversation{Readers: f.Readers, StruckOff: f.StruckOff, SentTo: map[string]int{long: maxCount - 1}, Seen: map[string]int{long: maxCount}}, []string{long, "dave"})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Line) != EnvelopeSize(Buckets[0]) {
		t.Errorf("a small report takes %d bytes", len(p.Line))
	}
	g := testReport("alice")
	g.Text = strings.Repeat("<", 12_000) // which JSON for HTML would escape, and ours does not
	if p, err = her.Seal(g, []Reader{{"alice", r.Recipient}}, nil, everyone); err != nil || len(p.Line) != EnvelopeSize(Buckets[0]) {
		t.Errorf("12,000 angle brackets take %d bytes, %v", len(p.Line), err)
	}
	if n := len(f.Text) + 3400 + 300; bucketFor(n) != Buckets[0] {
		t.Errorf("an ordinary report needs %d bytes", n)
	}
}

// What a server can do to her lines without any key, and what she is told of it.
func TestFoldAndAServerThatLies(t *testing.T) {
	her := testReporter(t, 7)
	alice, aliceID := testReader(t, "alice")
	bob, _ := testReader(t, "bob")
	readers := []Reader{alice, bob}
	var lines [][]byte
	send := func(f Frame) *Parcel {
		t.Helper()
		f.Day = "2026-02-11"
		var c *Conversation
		if f.Kind != Report {
			c = her.Fold(lines)
		}
		p, err := her.Seal(f, readers, c, everyone)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, p.Line)
		return p
	}
	reply := func(id string, count, seen int) {
		t.Helper()
		p, err := Sender{ID: id, Key: her.ReaderKey(id)}.SealReply(Frame{Box: her.Box, Drop: her.Drop, Day: "2026-02-12", Count: count, Seen: seen, Text: id + " answers"}, her.Recipient(), nil)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, p.Line)
	}
	p := send(testReport("alice", "bob"))
	if o, err := Open(p.To[0].Sealed, aliceID); err != nil {
		t.Fatal(err)
	} else if f, err := o.AsReport(her.Box, "alice"); err != nil || f.Count != 1 {
		t.Fatalf("%+v %v", f, err)
	}
	send(Frame{Kind: Wish, Wish: "complaint"})
	send(Frame{Kind: Wish, Wish: "thinking"})
	reply("alice", 1, 3)
	reply("alice", 2, 3)
	reply("bob", 1, 2)
	pick := func(at ...int) (out [][]byte) {
		for _, i := range at {
			out = append(out, lines[i])
		}
		return out
	}
	for name, c := range map[string]struct {
		lines   [][]byte
		wish    string
		readers []string
		lost    bool
		missing []string
		count   int
		toAlice int
	}{
		"all":                    {pick(0, 1, 2, 3, 4, 5), "thinking", []string{"alice", "bob"}, false, nil, 3, 3},
		"her wishes swapped":     {pick(0, 2, 1, 3, 4, 5), "thinking", []string{"alice", "bob"}, false, nil, 3, 3},
		"alice's swapped":        {pick(0, 1, 2, 4, 3, 5), "thinking", []string{"alice", "bob"}, false, nil, 3, 3},
		"her last withheld":      {pick(0, 1, 3, 4, 5), "complaint", []string{"alice", "bob"}, true, nil, 2, 3},
		"her second withheld":    {pick(0, 2, 3, 4, 5), "thinking", []string{"alice", "bob"}, true, nil, 3, 3},
		"her report withheld":    {pick(1, 2, 3, 4, 5), "thinking", []string{"alice", "bob"}, true, nil, 3, 3},
		"all of hers withheld":   {pick(3, 4, 5), "", []string{"alice", "bob"}, true, nil, 0, 3},
		"all but bob's withheld": {pick(5), "", []string{"bob"}, true, nil, 0, 0},
		"alice's first withheld": {pick(0, 1, 2, 4, 5), "thinking", []string{"alice", "bob"}, false, []string{"alice"}, 3, 3},
		"each twice":             {pick(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5), "thinking", []string{"alice", "bob"}, false, nil, 3, 3},
	} {
		f := her.Fold(c.lines)
		if f.Wish != c.wish || !slices.Equal(f.Readers, c.readers) || f.Lost != c.lost || !slices.Equal(f.Missing, c.missing) ||
			f.Count != c.count || f.SentTo["alice"] != c.toAlice || f.Unread != 0 {
			t.Errorf("%s: %+v", name, f)
		}
		last := 0
		for _, e := range f.Entries {
			if e.From == "alice" {
				if e.Count < last {
					t.Errorf("%s: alice's replies stand in the wrong order", name)
				}
				last = e.Count
			}
		}
	}
	// Two windows that pressed at once used one count; nothing seems lost, and the next is one more.
	c := her.Fold(lines)
	for range 2 {
		p, err := her.Seal(Frame{Kind: Message, Day: "2026-02-13", Text: "from a window"}, readers, c, everyone)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, p.Line)
	}
	if f := her.Fold(lines); f.Lost || f.Count != 4 || f.SentTo["alice"] != 4 || len(f.Entries) != 8 {
		t.Errorf("two windows: %+v", f)
	}
	// Nobody she struck off, and nobody new, gets what she writes on.
	dave, _ := testReader(t, "dave")
	if _, err := her.Seal(Frame{Kind: Message, Day: "2026-02-12", Text: "x"}, []Reader{dave}, her.Fold(lines), everyone); err == nil {
		t.Error("sealed to dave, whom she struck off")
	}
}

// A report whose recipient is none, or one of another kind, is not opened: nobody could answer it.
func TestRecipientOfAReport(t *testing.T) {
	alice, aliceID := testReader(t, "alice")
	p, err := testReporter(t, 7).Seal(testReport("alice"), []Reader{alice}, nil, everyone)
	if err != nil {
		t.Fatal(err)
	}
	o, err := Open(p.To[0].Sealed, aliceID)
	if err != nil {
		t.Fatal(err)
	}
	x25519, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for _, recipient := range []string{"age1pq1nothing", o.claimed.Recipient + "q", x25519.Recipient().String()} {
		f := o.claimed
		f.Recipient = recipient
		plain, err := f.encode(noMAC)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(pad(plain, Buckets[0])); err != ErrOpen {
			t.Errorf("%.20s: got %v, want %v", recipient, err, ErrOpen)
		}
	}
}

// Bob, who knows drop, recipient and consent key, makes up a report to Alice with keys of his own.
func TestForgedReport(t *testing.T) {
	her := testReporter(t, 7)
	alice, aliceID := testReader(t, "alice")
	bob, bobID := testReader(t, "bob")
	p, err := her.Seal(testReport("alice", "bob"), []Reader{alice, bob}, nil, everyone)
	if err != nil {
		t.Fatal(err)
	}
	o, err := Open(p.To[1].Sealed, bobID)
	if err != nil {
		t.Fatal(err)
	}
	his, err := o.AsReport(her.Box, "bob")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Frame){
		"as it came":      func(f *Frame) {},
		"to her":          func(f *Frame) { f.To = "alice" },
		"another key":     func(f *Frame) { f.To, f.Key = "alice", Hex32{1} },
		"his recipient":   func(f *Frame) { f.To, f.Recipient = "alice", bobID.Recipient().String() },
		"another box":     func(f *Frame) { f.To, f.Box = "alice", BoxID{1} },
		"a grant of zero": func(f *Frame) { f.To, f.Grant = "alice", strings.Repeat("0", 128) },
	} {
		forged := *his
		change(&forged)
		plain, err := forged.encode(noMAC)
		if err != nil {
			t.Fatal(name, err)
		}
		envelope, err := SealBytes(pad(plain, Buckets[0]), alice.Recipient)
		if err != nil {
			t.Fatal(err)
		}
		o, err := Open(envelope, aliceID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.AsReport(her.Box, "alice"); err != ErrOpen {
			t.Errorf("%s: believed", name)
		}
	}
}
