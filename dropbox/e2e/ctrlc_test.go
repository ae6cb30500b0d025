package e2e

import (
	"strings"
	"testing"
)

// Ctrl-C is what people press to copy. Once, it asks; what she has written so far is still there. Twice, it ends the program, and nothing was sent.
func TestCtrlCAsksFirst(t *testing.T) {
	w := newWary(t)
	args := []string{"send", "-server", w.liar.URL, "-keyholders", w.path("K"), "-wish", "advice", "-about", "me", "-exclude", "carol"}
	w.liar.Honest()
	screen := w.onTerminal([]keystrokes{{"\n> ", "By the river"}, {"\n> ", ctrlC}, {"just go on.", "s"},
		{"a dot", ctrlC}, {"just go on.", "What happened\nAnd more.\n."}, {"Enter for none: ", ""}, {"no):", "no"}, {"Number: ", "1"}, {"Enter alone", ""}, {"no):", "yes"}}, args...)
	if !strings.Contains(screen, "    By the river\n") || !strings.Contains(screen, "    What happened\n    And more.\n") || len(w.liar.Arrived("parcel")) != 1 {
		t.Errorf("pressed once, %d were sent, and the screen shows %q", len(w.liar.Arrived("parcel")), screen)
	}
	w.liar.Honest()
	screen = w.onTerminal([]keystrokes{{"\n> ", "By the river"}, {"\n> ", ctrlC}, {"just go on.", ctrlC}}, args...)
	if len(w.liar.Arrived("parcel")) != 0 || strings.Contains(screen, "a dot") {
		t.Errorf("pressed twice, %d were sent, and the screen shows %q", len(w.liar.Arrived("parcel")), screen)
	}
}
