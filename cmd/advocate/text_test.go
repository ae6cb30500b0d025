package main

import (
	"os/exec"
	"strings"
	"testing"
)

// Programs for different people hold different secrets: this one never links the server's store.
func TestLinksNoStore(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		for _, no := range []string{"badger", "tellbox/dropbox/store", "tellbox/dropbox/web", "tellbox/static", "testing"} {
			if strings.Contains(line, no) {
				t.Errorf("advocate links %s", line)
			}
		}
	}
}

func TestWrap(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "",
		"one two three":         "one two|three",
		"onetwothreefour":       "onetwoth|reefour",
		"a\n\nb":                "a||b",
		"one two  three":        "one two |three",
		"ünïcödé äöü":           "ünïcödé|äöü",
		"\ta":                   "    a",
		"12345678 2":            "12345678|2",
		"\x1b[2Jred\u2066x":     "[2Jred[U|+2066]x",
		"a\u200db\u200f \ufeff": "a\u200db\u200f|[U+FEFF]",
	} {
		if got := strings.Join(wrap(visible(text), 8), "|"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
