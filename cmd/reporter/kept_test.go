package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// moments is somebody typing line after line; before some of them, something happens.
type moments struct {
	lines  []string
	before map[int]func()
	n      int
}

func (m *moments) Read(b []byte) (int, error) {
	if do := m.before[m.n]; do != nil {
		do()
	}
	if m.n == len(m.lines) {
		return 0, io.EOF
	}
	m.n++
	return copy(b, m.lines[m.n-1]+"\n"), nil
}

func (h *here) types(m *moments, args ...string) (code int, screen string) {
	h.Helper()
	var out bytes.Buffer
	code = run(args, setting{m, &out, &out, true, true, h.clock.Now, h.pause})
	return code, out.String()
}

// The list of readers has changed, and the new one cannot be had, or is a lie: her text is kept, and goes to those whom she has seen once it can.
func TestTextIsKeptWhateverTheListIs(t *testing.T) {
	h, liar := lied(t)
	through := []string{"-server", liar.URL, "-keyholders", h.keyholders}
	words := h.script(0, "Something", "send", "-copy").Code
	first := asked("Something else")
	changes := func(who int) func() {
		return func() {
			p := dora
			p.ID += string(rune('a' + who))
			h.must(h.box.Add(p))
			h.install()
			liar.Say("roster", 200, strings.Replace(h.shown(), "Alice Okafor", "Alice Ok4for", 1))
		}
	}
	code, screen := h.types(&moments{slices.Concat(first, []string{"1", "1", "1", "", "yes"}),
		map[int]func(){len(first): changes(0), len(first) + 1: liar.Honest}, 0}, append([]string{"send"}, through...)...)
	h.is("exit", code, 0)
	h.says(screen, "Not sent: the list of readers has changed", "Not sent: ", "Believe nothing that this server shows", "Something else", "Not sent: the list of readers has changed", "Dora Finch", "Keep these eight words")
	h.is("alice reads", h.got("alice"), "[Something Something else]")

	code, screen = h.types(&moments{[]string{words, "2", "More", ".", "", "1", ".", "1", "1"},
		map[int]func(){5: changes(1), 6: liar.Honest}, 0}, append([]string{"check"}, through...)...)
	h.is("exit", code, 0)
	h.says(screen, "Not sent: ", "Believe nothing that this server shows", "What you wrote is still here.", "Your text so far is kept.", "Your message was sent to your readers.")
	c := h.script(0, words, "check", "-code-file", "-")
	h.is("her message", c.Entries[len(c.Entries)-1].Text, "More")
}

// At a terminal the box is remembered once she has compared the numbers, and not if she has nothing to compare them with; and a list that is
// newer than the one she came with is remembered, too.
func TestPersonRemembers(t *testing.T) {
	h := setUp(t)
	file := filepath.Join(h.dir, "box")
	send := func(compare []string, change func()) string {
		t.Helper()
		lines := slices.Concat(compare, asked("CANARY"))
		code, screen := h.types(&moments{slices.Concat(lines, []string{"1", "1", "", "yes"})[:len(lines)+4], map[int]func(){len(lines): change}, 0},
			"send", "-server", h.box.URL, "-remember", file)
		if code != 0 {
			t.Fatalf("exit %d\n%s", code, screen)
		}
		return screen
	}
	add := func(id string) func() {
		return func() {
			p := dora
			p.ID = id
			h.must(h.box.Add(p))
			h.install()
		}
	}
	send([]string{"3", "yes"}, add("dora"))
	if _, err := os.Stat(file); err == nil {
		t.Fatal("what nobody has compared is remembered")
	}
	send([]string{"1"}, add("eve"))
	perm, text := mode(t, file)
	if perm != 0o600 || strings.Contains(text, "CANARY") || !strings.Contains(text, "eve") {
		t.Errorf("it remembers, %v:\n%s", perm, text)
	}
	code, screen := h.leaves(slices.Concat(asked("Something"), []string{"1", "", "yes"}), "send", "-remember", file)
	h.is("exit", code, 0)
	if strings.Contains(screen, "Are they the same?") {
		t.Error("she is asked to compare what is remembered")
	}
}
