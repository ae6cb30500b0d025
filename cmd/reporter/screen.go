package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"tellbox/dropbox/terminal"
)

// A screen is the terminal at which a person sits. Nil is none: a script, or a test.
type screen struct{ in, out *os.File }

func newScreen(s setting) *screen {
	in, reads := s.in.(*os.File)
	out, writes := s.out.(*os.File)
	if !s.person || !reads || !writes {
		return nil
	}
	return &screen{in, out}
}

// width is how many characters of text stand in a line, at most terminal.TextWidth.
func (s *screen) width() int {
	if s == nil {
		return terminal.TextWidth
	}
	columns, _, err := term.GetSize(int(s.out.Fd()))
	if err != nil || columns < 20 {
		return terminal.TextWidth
	}
	return min(terminal.TextWidth, columns-1)
}

// pasted is how long a pasted text can take from one line to the next.
const pasted = 100 * time.Millisecond

// waits says whether more has been typed, or comes within d. Nobody types a line as fast: it was pasted.
func (s *screen) waits(d time.Duration) bool {
	if s == nil {
		return false
	}
	fds := []unix.PollFd{{Fd: int32(s.in.Fd()), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, int(d.Milliseconds()))
	return err == nil && n > 0 && fds[0].Revents&unix.POLLIN != 0
}

// more says whether another line has been typed or pasted already.
func (c *call) more(d time.Duration) bool {
	return c.screen != nil && (c.in.Buffered() > 0 || c.screen.waits(d))
}

// forget drops what was typed before the question was there: the rest of something pasted, or Enter while she waited. It must not be
// taken for an answer.
func (c *call) forget() {
	for c.more(0) {
		if _, err := c.readLine(); err != nil {
			return
		}
	}
}

// clear takes everything off the screen, and off what many terminals keep above it.
func (c *call) clear() {
	if c.asks {
		io.WriteString(c.out, "\x1b[H\x1b[2J\x1b[3J")
	}
}

// lines breaks text for the screen. What follows a broken line is as far in as its beginning.
func (c *call) lines(text string) (lines []string) {
	width := c.screen.width()
	for line := range strings.SplitSeq(text, "\n") {
		bare := strings.TrimLeft(line, " ")
		in := line[:len(line)-len(bare)]
		if c.screen == nil || len(in) > width/2 {
			lines = append(lines, line)
			continue
		}
		for _, part := range terminal.Wrap(bare, width-len(in)) {
			lines = append(lines, strings.TrimRight(in+part, " "))
		}
	}
	return lines
}

// say prints a paragraph for people.
func (c *call) say(format string, args ...any) {
	io.WriteString(c.out, strings.Join(c.lines(fmt.Sprintf(format, args...)), "\n")+"\n")
}

// para prints sentences, and an empty line.
func (c *call) para(sentences ...string) {
	for _, line := range terminal.Wrap(terminal.Visible(strings.TrimSpace(strings.Join(sentences, " "))), c.screen.width()) {
		c.say("%s", line)
	}
	c.say("")
}

// showText shows somebody's words.
func (c *call) showText(s string) { terminal.ShowText(c.out, s, c.screen.width()-4) }

// date is a day of a frame, 2006-01-02, in words.
func date(day string) string {
	d, err := time.Parse("2006-01-02", day)
	if err != nil {
		return terminal.Visible(day)
	}
	return text("date", "Day", d.Day(), "Month", text(fmt.Sprintf("month.%d", d.Month())), "Year", d.Year())
}
