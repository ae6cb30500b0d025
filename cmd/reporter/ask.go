package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"tellbox/dropbox/terminal"
)

// errStopped: she ended it before anything was sent.
var errStopped = errors.New("stopped")

// readLine reads a line, its end included. Whoever types one has not pressed Ctrl-C to end anything.
func (c *call) readLine() (string, error) {
	line, err := c.in.ReadString('\n')
	c.pressed.Store(0)
	return line, err
}

// ask asks for one line. What was typed before is no answer. The end of the input is errStopped.
func (c *call) ask(question string) (string, error) {
	c.forget()
	bare := strings.TrimRight(question, " ") // the space behind it belongs on its line
	io.WriteString(c.out, strings.Join(c.lines(bare), "\n")+question[len(bare):])
	line, err := c.readLine()
	if err != nil && line == "" {
		c.say("")
		return "", errStopped
	}
	c.cut(line)
	return strings.TrimSpace(line), nil
}

// askAll is ask for what may be pasted: lines that come at once are one answer.
func (c *call) askAll(question string) (string, error) {
	answer, err := c.ask(question)
	for err == nil && len(answer) < maxText && c.more(pasted) {
		line, stop := c.readLine()
		c.cut(line)
		answer += "\n" + strings.TrimRight(line, "\r\n")
		if stop != nil {
			break
		}
	}
	return strings.TrimSpace(answer), err
}

// cut says so if a terminal has not taken all of a line.
func (c *call) cut(line string) {
	if len(line) < maxTyped {
		return
	}
	tail := []rune(strings.TrimSpace(strings.ToValidUTF8(line, "")))
	next := "Please write on from there, and press Enter now and then."
	if c.more(pasted) {
		next = "The rest of what you pasted follows after the gap. You can mend it in a moment, with shorter lines or in an editor."
	}
	c.say("\nThat line was longer than a terminal can take, and its end is lost. The last that came is:\n  … %s\n%s",
		terminal.Visible(string(tail[max(0, len(tail)-60):])), next)
}

// yes asks for a yes. Enter alone is a no; anything else is asked again.
func (c *call) yes(question string) (bool, error) {
	for {
		answer, err := c.ask(question + " (yes or no): ")
		if err != nil {
			return false, err
		}
		switch strings.ToLower(answer) {
		case "yes", "y":
			return true, nil
		case "no", "n", "":
			return false, nil
		}
		c.say("Please type yes or no.")
	}
}

// option is one of several answers.
type option struct{ key, text, hint string }

// choose asks for one of them by number. Enter alone is the one with the key preset, if there is one.
func (c *call) choose(question string, options []option, preset string) (string, error) {
	c.say("%s", question)
	hint := ""
	for i, o := range options {
		c.numbered(i+1, o.text)
		for _, line := range terminal.Wrap(o.hint, c.screen.width()-5) {
			if line != "" {
				c.say("     %s", line)
			}
		}
		if o.key == preset {
			hint = fmt.Sprintf(" (Enter for %d)", i+1)
		}
	}
	for {
		answer, err := c.ask("Number" + hint + ": ")
		if err != nil {
			return "", err
		}
		n, err := strconv.Atoi(answer)
		switch {
		case c.more(pasted): // a text pasted here, which can begin with a number
		case answer == "" && hint != "":
			c.say("")
			return preset, nil
		case err == nil && n >= 1 && n <= len(options):
			c.say("")
			return options[n-1].key, nil
		}
		c.say("Please type one of the numbers.")
	}
}

func (c *call) numbered(n int, text string) {
	for i, line := range terminal.Wrap(text, c.screen.width()-5) {
		if i == 0 {
			c.say("%3d  %s", n, line)
		} else {
			c.say("     %s", line)
		}
	}
}

// several asks for any number of them. Enter alone is none, or what was chosen before.
func (c *call) several(question string, options []option, before []string) ([]string, error) {
	for {
		answer, err := c.ask(question)
		if err != nil {
			return nil, err
		}
		fields := strings.FieldsFunc(answer, func(r rune) bool { return r == ' ' || r == ',' })
		if len(fields) == 0 {
			return before, nil
		}
		if slices.Equal(fields, []string{"0"}) {
			return nil, nil
		}
		var keys []string
		for _, f := range fields {
			n, err := strconv.Atoi(f)
			if err != nil || n < 1 || n > len(options) {
				keys = nil
				break
			}
			if key := options[n-1].key; !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
		if keys != nil {
			return keys, nil
		}
		c.say("Please type their numbers with spaces between them, or 0 for nobody.")
	}
}

// maxTyped is how many bytes of a line a terminal takes; it drops what is beyond, without a word (Linux: N_TTY_BUF_SIZE).
const maxTyped = 4095

// typed reads lines up to one with a dot alone, or Ctrl-D. A dot in the middle of a pasted text is part of it. If the first line says so, she
// would rather have an editor.
func (c *call) typed() (text string, editor bool, err error) {
	var b strings.Builder
	for b.Len() <= maxText {
		line, err := c.readLine()
		if err != nil && err != io.EOF {
			return "", false, fmt.Errorf("reading the text: %w", err)
		}
		bare := strings.TrimRight(line, "\r\n")
		if b.Len() == 0 && strings.EqualFold(strings.TrimSpace(bare), "editor") && !c.more(pasted) {
			return "", true, nil
		}
		if err == io.EOF && line == "" || bare == "." && !c.more(pasted) {
			break
		}
		b.WriteString(bare + "\n")
		c.cut(line)
	}
	return strings.TrimRight(b.String(), "\n"), false, nil
}
