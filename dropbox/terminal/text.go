package terminal

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"tellbox/dropbox"
)

// TextWidth is how many characters of somebody's words stand in a line. Wider ones than a column (Chinese, emoji) may be
// broken once more by the terminal.
const TextWidth = 72

// Visible makes text safe for a terminal. Controls are gone (dropbox.Clean); characters that turn the direction of what
// follows, or that are not seen at all, become their numbers, for they can make a sentence look like another. The two joiners
// and the plain marks of direction stay: some scripts cannot be read without them.
func Visible(s string) string {
	var b strings.Builder
	for _, r := range dropbox.Clean(s) {
		switch {
		case r == '\u200c' || r == '\u200d' || r == '\u200e' || r == '\u200f':
			b.WriteRune(r)
		case unicode.Is(unicode.Cf, r):
			fmt.Fprintf(&b, "[%U]", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Wrap breaks text into lines of at most width characters, at spaces where there are any.
func Wrap(text string, width int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(strings.ReplaceAll(text, "\t", "    "), "\n") {
		rest := []rune(paragraph)
		for len(rest) > width {
			cut := width
			for cut > 0 && rest[cut] != ' ' {
				cut--
			}
			if cut == 0 {
				cut = width
			}
			lines = append(lines, string(rest[:cut]))
			rest = rest[cut:]
			if rest[0] == ' ' {
				rest = rest[1:]
			}
		}
		lines = append(lines, string(rest))
	}
	return lines
}

// ShowText writes somebody's words so that they cannot pass for the program's: each line further in, and of at most width characters.
func ShowText(w io.Writer, text string, width int) {
	for _, line := range Wrap(Visible(text), width) {
		fmt.Fprintln(w, strings.TrimRight("    "+line, " "))
	}
}
