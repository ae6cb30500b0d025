package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// At a terminal the lines are asked for one by one. A slip is said at once, and only that line is asked again.
func TestRecoverAtATerminal(t *testing.T) {
	h := setUp(t)
	h.run(0, "", "keygen", "-id", "alice", "-name", "Alice", "-org", "Centre")
	sheet, _ := h.run(0, "", "sheet")
	var lines []string
	for _, l := range strings.Split(sheet, "\n") {
		if n, rest, ok := strings.Cut(l, ".  "); ok && len(strings.TrimSpace(n)) <= 2 {
			lines = append(lines, strings.ToLower(strings.ReplaceAll(rest, " ", "")))
		}
	}
	if len(lines) < 8 {
		t.Fatalf("the sheet is\n%s", sheet)
	}
	h.home = filepath.Join(t.TempDir(), "new")
	h.says(h.person(3, strings.Join(lines[:3], "\n")+"\n^C", "recover"), "Line 4: ")
	wrong := lines[2][:7] + map[bool]string{true: "z", false: "q"}[lines[2][7] == 'q'] + lines[2][8:]
	typed := append(append([]string{}, lines[:2]...), wrong)
	screen := h.person(0, strings.Join(append(typed, lines[2:]...), "\n")+"\n", "recover")
	h.says(screen, "That is not line 3 as it was printed", "under the new passphrase")
	if strings.Count(screen, "not line") != 1 || !strings.Contains(screen, strings.Split(strings.Split(sheet, "Fingerprint   ")[1], "\n")[0]) {
		t.Errorf("the screen shows\n%s", screen)
	}
	h.home += "er"
	h.says(h.person(1, strings.Join(lines[:3], "\n")+"\n\x04", "recover"), "Line 4: ", "reading the sheet")
}
