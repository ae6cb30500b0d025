package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// answered is the line of a reader's answer to her, by whose key it says, in a case that frame names.
func (w *wary) answered(from, key string, count int, text string, frame func(*dropbox.Frame)) []byte {
	w.t.Helper()
	f := dropbox.Frame{Box: w.her.Box, Drop: w.her.Drop, Day: dropbox.Today(time.Now()), Count: count, Seen: 1, Text: text}
	if frame != nil {
		frame(&f)
	}
	s := dropbox.Sender{ID: from, Key: w.her.ReaderKey(key), Consent: w.her.ReaderKey("consent"), SignIn: w.box.Advocates[key].Signin}
	p, err := s.SealReply(f, w.her.Recipient(), nil)
	w.must(err)
	return p.Line
}

// conversation fills her box: alice answers, she writes more, alice answers twice, bob once. These are the texts, in that order.
func (w *wary) conversation() (texts []string) {
	w.t.Helper()
	reply := func(id string, count int, text string) {
		reports, err := w.box.Reports(id)
		w.must(err)
		i := slices.IndexFunc(reports, func(f *dropbox.Frame) bool { return f.Drop == w.her.Drop })
		_, err = w.box.Reply(w.t.Context(), id, reports[i], count, text)
		w.must(err)
	}
	reply("alice", 1, "alice's words, first")
	if s := w.visit("message", "-text-file", w.path("message")); s.code != 0 {
		w.t.Fatalf("a message: %+v", s)
	}
	reply("alice", 2, "alice's words, second")
	reply("alice", 3, "alice's words, third")
	reply("bob", 1, "bob's words")
	return []string{herAccount, "alice's words, first", "What she adds", "alice's words, second", "alice's words, third", "bob's words"}
}

const nobodyVouches = "because nobody vouches for"

// lineLie is what a server shows of her box, and what her program says and shows.
type lineLie struct {
	name  string
	lines [][]byte
	says  []string
	shows []string
	admit string // what SECURITY.md says, of a lie that is not noticed
}

// Lines that are forged, replayed, reordered, dropped, cut or another's are said, or shown as what they are.
func TestLiarReporterLines(t *testing.T) {
	w := newWary(t)
	texts := w.conversation()
	without := func(gone ...int) (left []string) {
		for i, text := range texts {
			if !slices.Contains(gone, i) {
				left = append(left, text)
			}
		}
		return left
	}
	stored, err := w.box.Store.Lines(t.Context(), w.her.Drop)
	w.must(err)
	lines := stored.Lines
	flipped := slices.Clone(lines[3])
	flipped[len(flipped)-100] ^= 1
	drop := func(n int) [][]byte { return slices.Delete(slices.Clone(lines), n, n+1) }
	add := func(line []byte) [][]byte { return append(slices.Clone(lines), line) }
	instead := func(n int, line []byte) [][]byte { return slices.Replace(slices.Clone(lines), n, n+1, line) }
	another, her := w.words, w.her
	_, stranger := w.sent()
	foreign, err := w.box.Store.Lines(t.Context(), stranger.Drop)
	w.must(err)
	w.words, w.her = another, her
	w.write("words", w.words+"\n")
	const alices, lost = "Some answers from Alice Okafor are missing here.", "Some of what you sent is missing here."

	for _, c := range []lineLie{
		{"an answer by the server itself", add(w.answered("alice", "carol", 4, "A lie", nil)), []string{nobodyVouches}, texts, ""},
		{"an answer by one reader in another's name", add(w.answered("alice", "bob", 4, "A lie", nil)), []string{nobodyVouches}, texts, ""},
		{"an answer to another box", add(w.answered("alice", "alice", 4, "A lie", func(f *dropbox.Frame) { f.Box[0]++ })), []string{nobodyVouches}, texts, ""},
		{"an answer to another case", add(w.answered("alice", "alice", 4, "A lie", func(f *dropbox.Frame) { f.Drop[0]++ })), []string{nobodyVouches}, texts, ""},
		{"an answer that is in another woman's box", add(foreign.Lines[0]), []string{nobodyVouches}, texts, ""},
		{"another woman's box", foreign.Lines, []string{nobodyVouches, lost}, nil, ""},
		{"one again", add(lines[1]), nil, texts, ""},
		{"all again", slices.Repeat(lines, 3), nil, texts, ""},
		{"alice's in another order", [][]byte{lines[0], lines[4], lines[2], lines[1], lines[3], lines[5]}, nil, texts, ""},
		{"alice's first dropped", drop(1), []string{alices}, without(1), ""},
		{"alice's second dropped", drop(3), []string{alices}, without(3), ""},
		{"alice's latest dropped", drop(4), nil, without(4), "hold back the latest of what somebody wrote"},
		{"bob's only answer dropped", drop(5), nil, without(5), "hold back the latest of what somebody wrote"},
		{"her message dropped", drop(2), nil, without(2), "hold back the latest of what somebody wrote"},
		{"her report dropped", drop(0), []string{lost}, without(0), ""},
		{"all but the answers dropped", [][]byte{lines[1], lines[3]}, []string{lost}, []string{texts[1], texts[3]}, ""},
		{"one cut", instead(3, lines[3][:5000]), []string{nobodyVouches, alices}, without(3), ""},
		{"one changed", instead(3, flipped), []string{nobodyVouches, alices}, without(3), ""},
		{"an advocate's mail among her lines", add(w.mail("alice")[0].Envelope), []string{nobodyVouches}, texts, ""},
		{"bob's before alice's", [][]byte{lines[5], lines[0], lines[1], lines[2], lines[3], lines[4]}, nil,
			[]string{texts[5], texts[0], texts[1], texts[2], texts[3], texts[4]}, "mix the order of what different people wrote"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			w.lineLie(c)
		})
	}
	w.t = t
	w.facts()
}

func (w *wary) lineLie(c lineLie) {
	t := w.t
	t.Helper()
	w.liar.Honest()
	droptest.Twist(w.liar, "pickup", func(a *dropbox.PickupAnswer) { a.Lines = c.lines })
	s := w.visit("check")
	v := decode[conversationView](t, s.stdout)
	var shown []string
	for _, e := range v.Entries {
		shown = append(shown, e.Text)
	}
	if s.code != 0 || !slices.Equal(shown, c.shows) || len(v.Warnings) != len(c.says) {
		t.Errorf("exit %d, shown %q, want %q; warnings %q", s.code, shown, c.shows, v.Warnings)
	}
	for _, says := range c.says {
		if !slices.ContainsFunc(v.Warnings, func(warning string) bool { return strings.Contains(warning, says) }) {
			t.Errorf("warnings %q, want %q", v.Warnings, says)
		}
	}
	if c.admit != "" {
		w.admitted(c.admit)
	}
}

// facts are what a server says beside the lines: when it deletes them, whether they are all, and that there are none.
func (w *wary) facts() {
	w.t.Helper()
	w.liar.Honest()
	droptest.Twist(w.liar, "pickup", func(a *dropbox.PickupAnswer) { a.Ends, a.Whole = "2099-W01", false })
	if v := decode[conversationView](w.t, w.visit("check").stdout); v.Ends != "2098-12-29" || len(v.Warnings) > 0 {
		w.t.Errorf("until another day: %+v", v)
	}
	w.admitted("say that it keeps something longer than it will")
	w.liar.Say("pickup", 404, `{"error":"nothing-here","message":"x"}`)
	if s := w.visit("check"); s.code != 1 || s.token(w.t) != "nothing-here" || !strings.Contains(s.stderr, "check your words; it may have been taken back") {
		w.t.Errorf("nothing here: exit %d, %s", s.code, s.all())
	}
	w.admitted("say that a box is not there any more")

	// Whoever runs the server and knows a reader's key to her can do what that reader can; the server alone cannot.
	w.liar.Honest()
	w.sent("-wish", "record")
	record := func() conversationView { return decode[conversationView](w.t, w.visit("check").stdout) }
	if v := record(); !v.Record || !v.Alone {
		w.t.Fatalf("a record: %+v", v)
	}
	if s := w.visit("share", "-wish", "advice", "-exclude", "carol"); s.code != 0 {
		w.t.Fatalf("sharing: %+v", s)
	}
	droptest.Twist(w.liar, "pickup", func(a *dropbox.PickupAnswer) { a.Whole = false })
	if v := record(); v.Record || v.Alone {
		w.t.Errorf("shared: %+v", v)
	}
	droptest.Twist(w.liar, "pickup", func(a *dropbox.PickupAnswer) { a.Lines = a.Lines[:1] })
	if v := record(); !v.Record || !v.Alone || len(v.Warnings) > 0 {
		w.t.Errorf("a record that was shared, and looks as if not: %+v", v)
	}
	w.admitted("make a record that she shared look as if she had not")
	droptest.Twist(w.liar, "pickup", func(a *dropbox.PickupAnswer) { a.Lines, a.Whole = a.Lines[:1], false })
	if v := record(); !v.Record || v.Alone {
		w.t.Errorf("a record, and the server is not sure: %+v", v)
	}
}
