package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"tellbox/dropbox"
)

// maxTextFile bounds what is read for a reply, in bytes: more than 100,000 characters of any script.
const maxTextFile = 1 << 20

// text is what a verb was given to send or keep.
type text struct {
	said  string
	typed bool // at the terminal: it stands nowhere else
}

// text reads a text from a file, or what is left of standard input after the passphrase. At a terminal it says first how to go about it; with an error
// it returns what was typed by then.
func (c *call) text(file, invitation string) (text, error) {
	r := c.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return text{}, err
		}
		defer f.Close()
		r = f
	} else if c.terminal() {
		c.network() // so that Ctrl-C from here on does not lose what is typed
		fmt.Fprintln(c.notes, invitation)
		said, err := c.typed(0)
		return text{said, true}, err
	}
	b, err := io.ReadAll(io.LimitReader(r, maxTextFile+1))
	if err != nil {
		return text{}, fmt.Errorf("reading the text: %w", err)
	}
	if len(b) > maxTextFile {
		return text{}, fmt.Errorf("reading the text: %w", dropbox.ErrTooLong)
	}
	return text{said: string(b)}, nil
}

// terminal says whether somebody types what this program reads.
func (c *call) terminal() bool {
	f, ok := c.stdin.(interface{ Fd() uintptr }) // a file
	return ok && term.IsTerminal(int(f.Fd()))
}

// asks says whether there is somebody to ask.
func (c *call) asks() bool { return c.terminal() && c.out != io.Discard }

// typed reads the given number of lines from the terminal, or all until Ctrl-D if that is 0. Ctrl-C, and a window that is closed, end it with
// an error and the lines before.
func (c *call) typed(lines int) (string, error) {
	ctx := c.network()
	type line struct {
		text string
		err  error
	}
	came := make(chan line)
	go func() {
		r := bufio.NewReader(c.stdin) // a terminal gives one line at a time: none is read ahead
		for n := 1; ; n++ {
			s, err := r.ReadString('\n')
			select {
			case came <- line{s, err}:
			case <-ctx.Done():
				return
			}
			if err != nil || n == lines {
				return
			}
		}
	}()
	var said strings.Builder
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return said.String(), fmt.Errorf("reading what you type: %w", context.Canceled)
		case l := <-came:
			said.WriteString(l.text)
			switch {
			case l.err == io.EOF || n == lines:
				return said.String(), nil
			case l.err != nil:
				return said.String(), fmt.Errorf("reading what you type: %w", l.err)
			case said.Len() > maxTextFile:
				return said.String(), fmt.Errorf("reading what you type: %w", dropbox.ErrTooLong)
			}
		}
	}
}
