package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox/droptest"
	"tellbox/keys"
)

// asked are her answers to all that send asks, up to the first look at the whole: advice, Bob struck off, it happened to her, one prompt, text, no files, copy.
func asked(text string) []string {
	return []string{"1", "2", "1", "in spring", "s", text, ".", "", "yes"}
}

// Somebody tells what happened, step by step, changes her mind before she sends it, and comes back.
func TestPersonTells(t *testing.T) {
	h := setUp(t)
	screen := h.person(0, slices.Concat(asked("It happend."), []string{
		"12", "x", "3", "", ".", // there is no such number; an empty text anew is a slip
		"3", "It happened.", "", "Twice.", ".",
		"2", "I remember more.", ".",
		"4", "3", // a complaint
		"5", "0", // nobody is struck off after all
		"1",
		"not the words", "", "", "yes"}), "send")
	h.says(screen, "You are not using Tor.", "The demo box", "You can stop at any time", "If a life is in danger", "Samaritans", "Alice Okafor", "Who vouches for this list: Ana, Ben",
		"What would you like?", "Who must not read this?", "When was it?", "Please type one of the numbers.", "I remember more.", "I want to make a complaint.", "It goes to Alice Okafor, Bob Lindqvist.",
		"Keep these eight words", "These are not the words")
	reports, err := h.box.Reports("bob")
	h.must(err)
	want := "It happened.\n\nTwice.\nI remember more."
	if len(reports) != 1 || reports[0].Text != want || reports[0].Wish != "complaint" || reports[0].About != "me" || len(reports[0].Prompt) != 1 || reports[0].Prompt[0].Text != "in spring" {
		t.Fatalf("bob reads %+v", reports)
	}
	words := h.words(screen)
	if strings.Contains(screen[strings.LastIndex(screen, "\x1b[2J"):], words) {
		t.Error("the words stand below what was cleared")
	}

	_, err = h.box.Reply(t.Context(), "bob", reports[0], 1, "I am here.\u202e")
	h.must(err)
	fields := strings.Fields(words)
	screen = h.person(0, []string{strings.Join(fields[:7], " "), "xx" + words, strings.ToUpper(strings.Join(fields, ",")),
		"2", "Thank you.", ".", "", "2", "Really.", ".", "1", // write more, go on writing, send
		"3", "1", // advice again
		"4", "maybe", "no", "6",
		"1"}, "check")
	h.says(screen, "We need eight words", "We found 7 words", "We do not know every word", "perhaps "+fields[0],
		"Bob Lindqvist answered", "NEW", "I am here.[U+202E]", "You have 1 new answer", "You should have a full answer by 11 May 2026", "It stays on this server until",
		"It goes to Alice Okafor, Bob Lindqvist.", "Your message was sent to your readers.", "Your readers will see what you would like now.",
		"Take it back?", "Please type yes or no.", "Nothing was taken back.", "You can call these lines at any stage.", "Samaritans", "close this window")
	said := h.script(0, words, "check", "-code-file", "-")
	if len(said.Entries) != 4 || said.Entries[2].Text != "Thank you.\nReally." || said.Wish != "advice" || said.Account != want {
		t.Errorf("the script sees %+v", said)
	}

	screen = h.person(0, []string{words, "4", "yes"}, "check")
	h.says(screen, "We delete your report", "deleted from this server for good", "Asked to delete their copy: Bob Lindqvist")
	h.says(h.person(1, []string{words}, "check"), "There is nothing under these words.", "Your eight words:")
}

// A record: begun, added to, sent to readers, and taken back.
func TestPersonKeepsARecord(t *testing.T) {
	h := setUp(t)
	screen := h.person(0, []string{"4", "4", "s", "For myself.", ".", "", "1", "", "yes"}, "send")
	h.says(screen, "Please just keep a record", "It goes to nobody", "Your record is stored", "add to it, or delete it")
	words := h.words(screen)
	screen = h.person(0, []string{words, "2", "The next day.", ".", "", "1", "3", "1", "1", "no", "3", "2", "1 2", "yes", "3", "4", "1"}, "check")
	h.says(screen, "Your record", "For myself.", "Nobody reads this", "Add to your record", "Nobody reads it.", "It is saved in your record.", "Send it to Bob Lindqvist?",
		"Nothing was sent just now.", "Send it to Carol Adeyemi?", "Your record was sent to your readers.", "sent this to readers", "Please just keep a record", "should do nothing")
	if got := h.got("carol"); len(got) != 1 || !strings.Contains(got[0], "For myself.") || !strings.Contains(got[0], "The next day.") || len(h.got("alice"))+len(h.got("bob")) != 0 {
		t.Errorf("carol reads %q, alice %q, bob %q", got, h.got("alice"), h.got("bob"))
	}
	h.says(h.person(0, []string{words}, "share"), "You had sent this before.")
}

// Whoever strikes off everybody is told, and asked again. Whoever has nothing to compare with is told what that means.
func TestPersonComparesAndStrikesOff(t *testing.T) {
	h := setUp(t)
	bare := func(want int, lines ...string) string {
		t.Helper()
		code, out, errs := h.start(true, strings.Join(lines, "\n")+"\n", "send", "-server", h.box.URL)
		if code != want {
			t.Fatalf("exit %d, want %d\n%s%s", code, want, out, errs)
		}
		return out + errs
	}
	h.says(bare(1, "2"), "Are these the numbers on the poster", "error: ", "compare with the poster")
	h.says(bare(1, "3", "no"), "readers of their own", "Nothing was sent just now.")
	for _, compare := range [][]string{{"1"}, {"3", "yes"}} {
		screen := bare(0, append(compare, "1", "1 2 3", "1,2", "4", "s", "Something", ".", "", "", "1", "", "yes")...)
		h.says(screen, "Are they the same?", "Then nobody is left to read this.", "It goes to Carol Adeyemi.", "It must not be read by Alice Okafor, Bob Lindqvist.")
	}
	if got := h.got("carol"); len(got) != 2 || len(h.got("alice")) != 0 {
		t.Errorf("carol has %d, alice %d", len(got), len(h.got("alice")))
	}
}

// Wherever her input ends, the program ends, and nothing was sent.
func TestPersonStopsAnywhere(t *testing.T) {
	h := setUp(t)
	lines := append([]string{"1"}, asked("Something")...) // compares first
	for n := range len(lines) + 1 {
		code, out, errs := h.start(true, strings.Join(lines[:n], "\n")+strings.Repeat("\n", min(n, 1)), "send", "-server", h.box.URL)
		if code != 1 || errs != "" || !strings.Contains(out, "Nothing was sent just now.") || strings.Contains(out, "Keep these eight words") {
			t.Errorf("after %d lines: exit %d, %s", n, code, errs)
		}
	}
	words := h.script(0, "Something", "send").Code
	for n, lines := range [][]string{{}, {words}, {words, "2"}, {words, "2", "Text", ".", ""}, {words, "3"}, {words, "4"}} {
		want := map[bool]int{true: 1, false: 0}[n == 0] // on the page of the conversation that is leaving
		code, _, errs := h.start(true, strings.Join(append(lines, ""), "\n"), h.where("check")...)
		if code != want {
			t.Errorf("check after %q: exit %d, want %d, %s", lines, code, want, errs)
		}
	}
	if c := h.script(0, words, "check", "-code-file", "-"); len(c.Entries) != 1 || len(h.got("alice")) != 1 {
		t.Errorf("there is %+v", c.Entries)
	}
}

// What cannot be sent is not lost: it is said what is wrong, and she goes on from there.
func TestPersonsTextIsKept(t *testing.T) {
	h := setUp(t)
	other := h.script(0, "Something", "send").Code
	screen := h.person(0, slices.Concat(asked("My words are "+other), []string{"1", // refused
		"3", strings.Repeat("x", 100_001), ".", "1", // so is this
		"3", "Now it is good.", ".", "1", "", "yes"}), "send")
	h.says(screen, "Not sent: the text has eight words in it that could open a report.", "Take them out", "My words are", "That line was longer than a terminal can take",
		"Not sent: the text is too long to send in one go, by ", "Make it shorter", "Keep these eight words")
	if got := h.got("alice"); len(got) != 2 || got[1] != "Now it is good." {
		t.Errorf("alice reads %.100q", got)
	}

	// The list of readers changes while she writes. She is told, sees the new one, and has her text.
	h.pause = nil
	lines := &slow{lines: slices.Concat(asked("Something else"), []string{"1", "5", "0", "1", "", "yes"}), at: len(asked("")), do: func() {
		h.must(h.box.Add(dora))
		h.must(h.box.Install(t.Context()))
	}}
	var out strings.Builder
	code := run(h.where("send"), setting{lines, &out, &out, true, true, h.clock.Now, h.pause})
	h.says(out.String(), "Not sent: the list of readers has changed, so nothing was sent.", "Dora Finch", "Something else", "It goes to Alice Okafor, Dora Finch", "It goes to Alice Okafor, Bob Lindqvist, Dora Finch", "Keep these eight words")
	if got := h.got("dora"); code != 0 || len(got) != 1 || got[0] != "Something else" {
		t.Errorf("exit %d; dora reads %q", code, got)
	}
}

var dora = droptest.Person{ID: "dora", Name: "Dora Finch", Org: "Helpline", Role: keys.Advocate}

// slow is somebody typing line after line; before the line at, something happens.
type slow struct {
	lines []string
	at, n int
	do    func()
}

func (s *slow) Read(b []byte) (int, error) {
	if s.n == s.at {
		s.do()
	}
	if s.n == len(s.lines) {
		return 0, fmt.Errorf("nothing more is typed")
	}
	s.n++
	return copy(b, s.lines[s.n-1]+"\n"), nil
}

// Where nobody reads reports yet she is told so before she writes, and can keep a record.
func TestNobodyReadsYet(t *testing.T) {
	h := setUp(t, droptest.Options{People: []droptest.Person{{ID: "irene", Name: "Irene Novak", Org: "Novak Investigations", Role: keys.Investigator}}})
	h.says(h.person(0, []string{"yes", "4", "s", "For myself.", ".", "", "1", "", "yes"}, "send"), "Nobody on the list reads reports yet.", "Keep a record for yourself?", "Your record is stored")
	h.says(h.person(1, []string{"no"}, "send"), "Nothing was sent")
	if said := h.script(1, "Something", "send"); said.Error != "no-reader" {
		t.Errorf("a script is told %+v", said)
	}
}
