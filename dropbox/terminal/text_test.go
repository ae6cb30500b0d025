package terminal

import (
	"strings"
	"testing"
)

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
		if got := strings.Join(Wrap(Visible(text), 8), "|"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
