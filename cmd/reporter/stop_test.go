package main

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// leaver types some lines and then presses Ctrl-D, as often as she is asked.
type leaver struct {
	io.Reader
	ends int
}

func (l *leaver) Read(b []byte) (int, error) {
	n, err := l.Reader.Read(b)
	if err == io.EOF {
		if l.ends++; l.ends > 20 {
			panic("the program asks on and on, though nobody is there")
		}
	}
	return n, err
}

// leaves is the program with a person who types these lines and leaves.
func (h *here) leaves(lines []string, args ...string) (code int, screen string) {
	h.Helper()
	typed := ""
	if len(lines) > 0 {
		typed = strings.Join(lines, "\n") + "\n"
	}
	var out bytes.Buffer
	code = run(args, setting{&leaver{Reader: strings.NewReader(typed)}, &out, &out, true, true, h.clock.Now, h.pause})
	return code, out.String()
}

// Whatever she is in the middle of, Ctrl-D ends it: nothing is stored that she had not sent, nothing asks on, and the program ends as it should.
func TestLeavesAnywhere(t *testing.T) {
	w := &weather{}
	h := setUp(t, droptest.Options{Wrap: w.over})
	report := func() string { return h.script(0, "Something", "send", "-copy").Code }
	record := func() string { return h.script(0, "For me", "send", "-wish", "record").Code }
	for name, c := range map[string]struct {
		begin   func() string // the words
		verb    string
		lines   []string // the last is the one that sends
		unasked bool     // nothing says who vouches
	}{
		"a report, compared":    {nil, "send", slices.Concat([]string{"1"}, asked("Something"), []string{"1"}), true},
		"nothing to compare":    {nil, "send", slices.Concat([]string{"3", "yes"}, asked("Something"), []string{"1"}), true},
		"everything changed":    {nil, "send", slices.Concat(asked("Something"), []string{"2", "more", ".", "3", "anew", ".", "4", "2", "5", "1", "1"}), false},
		"everybody struck off":  {nil, "send", []string{"1", "1 2 3", "1 2", "4", "s", "Something", ".", "", "no", "1"}, false},
		"every question":        {nil, "send", []string{"1", "", "2", "a", "b", "c", "d", "e", "f", "g", "Something", ".", "", "no", "1"}, false},
		"a record":              {nil, "send", []string{"4", "1", "s", "For me", ".", "", "1"}, false},
		"a message":             {report, "message", []string{"More", ".", "", "2", "Even more", ".", "1"}, false},
		"a message, from check": {report, "check", []string{"2", "More", ".", "", "3", "Anew", ".", "1"}, false},
		"a message, compared":   {report, "check", []string{"2", "1", "More", ".", "", "1"}, true},
		"a wish":                {report, "wish", []string{"3"}, false},
		"a wish, from check":    {report, "check", []string{"3", "3"}, false},
		"taken back":            {report, "withdraw", []string{"yes"}, false},
		"taken back in check":   {report, "check", []string{"4", "no", "4", "maybe", "yes"}, false},
		"a record, more":        {record, "check", []string{"2", "More", ".", "", "1"}, false},
		"a record, shared":      {record, "share", []string{"1", "1 2 3", "1", "yes"}, false},
		"shared in check":       {record, "check", []string{"3", "2", "", "no", "3", "2", "", "yes"}, false},
		"a record, taken back":  {record, "withdraw", []string{"no way", "yes"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := *h
			h.T = t
			lines := c.lines
			if c.begin != nil {
				lines = append([]string{c.begin()}, lines...)
			}
			args := h.where(c.verb)
			if c.unasked {
				args = []string{c.verb, "-server", h.box.URL}
			}
			before := w.count()
			for n := range lines {
				code, screen := h.leaves(lines[:n], args...)
				left := c.verb == "check" && n > 0 // in a conversation that is leaving
				if want := map[bool]int{true: 0, false: 1}[left]; code != want || w.count() != before {
					t.Fatalf("after %q: exit %d, want %d, and %d were stored\n%s", lines[:n], code, want, w.count()-before, screen[max(0, len(screen)-600):])
				}
				if !left && !strings.Contains(screen, "Nothing was sent") && !strings.Contains(screen, "othing was taken back") && !strings.Contains(screen, "nothing was sent") {
					t.Errorf("after %q she is told %s", lines[:n], screen[max(0, len(screen)-300):])
				}
			}
			if code, screen := h.leaves(lines, args...); code != 0 || w.count() != before+1 {
				t.Errorf("with all of it: exit %d, and %d were stored\n%s", code, w.count()-before, screen)
			}
		})
	}
}

// A code that leads nowhere may be another one with a slip in it: she is told which, and asked again.
func TestNothingUnderTheseWords(t *testing.T) {
	h := setUp(t)
	var wrong, right dropbox.Code
	for swapped := [][2]int{}; len(swapped) != 1; {
		wrong = dropbox.NewCode()
		if swapped = wrong.Nearby().Swapped; len(swapped) == 1 {
			f := strings.Fields(wrong.Words())
			i, j := swapped[0][0]-1, swapped[0][1]-1
			f[i], f[j] = f[j], f[i]
			var err error
			right, err = dropbox.ParseCode(strings.Join(f, " "))
			h.must(err)
		}
	}
	h.under(right, "Something")
	swap := wrong.Nearby().Swapped[0]
	screen := h.person(0, []string{wrong.Words(), right.Words(), "1"}, "check")
	h.says(screen, "There is nothing under these words.", text("problem.swapped", "First", swap[0], "Second", swap[1]), "Your eight words:", "Something")
}

// under stores a report under words of the test's own.
func (h *here) under(code dropbox.Code, text string) {
	h.Helper()
	her, err := code.Reporter(dropbox.BoxID(h.box.Set.Box))
	h.must(err)
	alice, _ := h.box.Roster.Reader("alice")
	f := dropbox.Frame{Kind: dropbox.Report, Day: "2026-02-11", Text: text, Wish: "advice", Roster: h.box.Roster.Version, Readers: []string{"alice"}, Copy: true}
	p, err := her.Seal(f, []dropbox.Reader{{ID: "alice", Recipient: alice.Recipient}}, nil, []string{"alice"})
	h.must(err)
	p.Sending = newSending()
	p.SetDigest()
	_, err = h.box.Store.Put(h.Context(), p, true)
	h.must(err)
}
