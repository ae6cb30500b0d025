package main

import (
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// lied is a here whose program speaks to a server that can lie.
func lied(t *testing.T) (*here, *droptest.Liar) {
	t.Helper()
	h := setUp(t)
	liar, err := droptest.NewLiar(h.box)
	h.must(err)
	t.Cleanup(func() { liar.Close() })
	return h, liar
}

// Her own lines name the list of readers that she has seen. A server that shows an older one is found out by a program that remembers nothing:
// everything is shown, and nothing sealed to readers. (Taking it back is another matter: TestOlderList.)
func TestOlderListThanHerLinesName(t *testing.T) {
	h, liar := lied(t)
	older := h.shown()
	h.must(h.box.Add(dora))
	h.install()
	words := h.script(0, "Something", "send", "-copy").Code
	record := h.script(0, "For me", "send", "-wish", "record").Code
	liar.Say("roster", 200, older)
	through := func(want int, stdin string, args ...string) told {
		t.Helper()
		return h.at(want, stdin, append(args, "-server", liar.URL, "-keyholders", h.keyholders)...)
	}
	c := through(1, words, "check", "-code-file", "-")
	if c.Error != "rollback" || c.Account != "Something" || len(c.Entries) != 1 || len(c.Warnings) == 0 || !strings.HasPrefix(c.Warnings[0], "The server shows an older list of readers") {
		t.Errorf("check says %+v", c)
	}
	for _, args := range [][]string{{"message"}, {"wish", "-wish", "complaint"}} {
		h.is(args[0], through(1, words+"\nMore", append(args, "-code-file", "-")...).Error, "rollback")
	}
	h.is("share", through(1, record, "share", "-code-file", "-").Error, "rollback")

	code, out, errs := h.start(true, strings.Join([]string{words, "2", "3", "1", ""}, "\n"), "check", "-server", liar.URL, "-keyholders", h.keyholders)
	h.is("exit at a terminal", code, 0)
	h.says(out+errs, "Something", "Note: The server shows an older list of readers", "Do not write here now", "Not sent: ", "you have seen list 7", "Not sent: ", "close this window")
	if n := len(liar.Arrived("parcel?a")) + len(liar.Arrived("parcel")) + len(liar.Arrived("withdraw")); n != 0 || len(liar.Arrived("roster")) == 0 {
		t.Errorf("%d parcels were sent", n)
	}
	liar.Honest()
	h.is("with the true list", through(0, words+"\nMore", "message", "-code-file", "-").Readers, "[alice bob dora]")
}

// What is missing, or what nobody vouches for, is said in a sentence; the rest is shown.
func TestWarnings(t *testing.T) {
	h, liar := lied(t)
	words := h.script(0, "Something", "send", "-copy").Code
	reports, err := h.box.Reports("alice")
	h.must(err)
	for n, text := range []string{"First answer", "Second answer"} {
		_, err := h.box.Reply(t.Context(), "alice", reports[0], n+1, text)
		h.must(err)
	}
	for _, text := range []string{"Second", "Third"} {
		h.script(0, words+"\n"+text, "message", "-code-file", "-")
	}
	other := h.script(0, "Of somebody else", "send", "-copy").Code
	var theirs [][]byte
	droptest.Twist(liar, "pickup", func(a *dropbox.PickupAnswer) { theirs = a.Lines })
	through := []string{"-server", liar.URL, "-keyholders", h.keyholders}
	h.at(0, other, append([]string{"check", "-code-file", "-"}, through...)...)
	look := func(change func([][]byte) [][]byte) told {
		t.Helper()
		droptest.Twist(liar, "pickup", func(a *dropbox.PickupAnswer) { a.Lines = change(a.Lines) })
		code, out, errs := h.start(false, words, append([]string{"check", "-code-file", "-"}, through...)...)
		said := h.at(0, words, append([]string{"check", "-code-file", "-"}, through...)...)
		if code != 0 || errs != "" {
			t.Errorf("exit %d, %s", code, errs)
		}
		for _, w := range said.Warnings {
			h.says(out, "Note: "+w)
		}
		return said
	}
	without := func(at int) func([][]byte) [][]byte {
		return func(lines [][]byte) [][]byte { return slices.Delete(slices.Clone(lines), at, at+1) }
	}
	lost, missing := "Some of what you sent is missing here. It may have been lost, or held back. Check who gets what you write now.", "Some answers from Alice Okafor are missing here."
	for name, c := range map[string]struct {
		change  func([][]byte) [][]byte
		entries int
		want    []string
	}{
		"nothing":           {func(l [][]byte) [][]byte { return l }, 5, nil},
		"an answer":         {without(1), 4, []string{missing}},
		"a message of hers": {without(3), 4, []string{lost}},
		"her report":        {without(0), 4, []string{lost}},
		"the latest answer, which cannot be found out": {func(l [][]byte) [][]byte { return l[:2] }, 2, nil},
		"a forged line":    {func(l [][]byte) [][]byte { return append(slices.Clone(l), theirs[0]) }, 5, []string{"We do not show 1 entry, because nobody vouches for it."}},
		"two, and garbage": {func(l [][]byte) [][]byte { return append(slices.Clone(l), theirs[0], theirs[0], []byte("junk")) }, 5, []string{"We do not show 3 entries, because nobody vouches for them."}},
		"one twice":        {func(l [][]byte) [][]byte { return append(slices.Clone(l), l[1]) }, 5, nil},
		"in another order": {func(l [][]byte) [][]byte { m := slices.Clone(l); slices.Reverse(m); return m }, 5, nil},
		"several":          {func(l [][]byte) [][]byte { return [][]byte{l[0], l[2], l[4], theirs[0]} }, 3, []string{lost, missing, "We do not show 1 entry, because nobody vouches for it."}},
	} {
		said := look(c.change)
		h.is(name, said.Warnings, append([]string{}, c.want...))
		h.is(name, len(said.Entries), c.entries)
	}
	liar.Honest()
	h.must(h.box.Roster.Remove("alice", h.clock.Now()))
	h.install()
	said := look(func(l [][]byte) [][]byte { return l })
	h.is("a reader who left", all(said.Warnings, said.Readers), "[alice has left the list of readers, and gets nothing new from you.] [bob]")
	h.is("a message", h.script(0, words+"\nStill there?", "message", "-code-file", "-").Readers, "[bob]")
	back := h.script(0, words, "withdraw", "-yes", "-code-file", "-")
	h.is("taking back", all(back.Unasked, back.Asked, back.Deleted), "[alice] [] [bob]")
	h.must(h.box.Roster.Remove("bob", h.clock.Now()))
	h.install()
	nobody := h.script(1, other+"\nHello?", "message", "-code-file", "-")
	h.is("nobody left", nobody.Error, "no-reader")
	h.is("nobody left", h.script(1, other, "wish", "-wish", "advice", "-code-file", "-").Error, "no-reader")
}

// The list of readers changes while a message is under way: it goes to those of her readers who are left, and nobody new gets it.
func TestListChangesUnderAMessage(t *testing.T) {
	h, liar := lied(t)
	words := h.script(0, "Something", "send").Code
	record := h.script(0, "For me", "send", "-wish", "record").Code
	through := []string{"-code-file", "-", "-server", liar.URL, "-keyholders", h.keyholders}
	older := h.shown()
	h.must(h.box.Add(dora))
	h.must(h.box.Roster.Remove("bob", h.clock.Now()))
	h.install()
	once := func() { // the program gets the older list first, which was true a moment ago
		liar.Honest()
		first := true
		droptest.Twist(liar, "roster", func(a *dropbox.RosterAnswer) {
			if first {
				first = false
				h.must(jsonInto(older, a))
			}
		})
	}
	once()
	code, out, errs := h.start(false, words+"\nMore", append([]string{"message"}, through...)...)
	if code != 0 || !strings.Contains(errs, "the list of readers has just changed") {
		t.Errorf("exit %d, %s%s", code, out, errs)
	}
	c := h.script(0, words, "check", "-code-file", "-")
	h.is("her readers", all(c.Readers, len(c.Entries)), "[alice] 2")
	if mail, err := h.box.Mail("dora"); err != nil || len(mail) != 0 {
		t.Errorf("dora has %d, %v", len(mail), err)
	}
	// A report or a record never goes to a list that she has not seen.
	once()
	h.is("send", h.at(1, "Something", append([]string{"send"}, through[2:]...)...).Error, "readers-changed")
	once()
	h.is("share", h.at(1, record, append([]string{"share"}, through...)...).Error, "readers-changed")
	h.is("got", len(h.got("alice"))+len(h.got("dora")), 1)
}
