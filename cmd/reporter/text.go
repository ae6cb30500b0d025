package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"tellbox/dropbox"
	"tellbox/keys"
)

// maxText bounds what is read of her text, in bytes: more than 100,000 characters of any script.
const maxText = 1 << 20

// written is her text as a script gives it: from -text-file, or standard input, or the editor. On a terminal without these flags it is asked
// for later, and ok is false.
func (c *call) written() (text string, ok bool, err error) {
	switch {
	case c.editor && c.textFile != "":
		return "", false, usage("-editor or -text-file: one of them")
	case c.editor && !c.asks:
		return "", false, usage("-editor needs a terminal")
	case c.asks && c.textFile == "":
		return "", false, nil
	}
	r := io.Reader(c.in)
	if c.textFile == "" && c.typing {
		c.note("write your text, and end it with Ctrl-D on a line of its own")
	}
	if c.textFile != "" && c.textFile != "-" {
		f, err := opened("-text-file", c.textFile)
		if err != nil {
			return "", false, err
		}
		defer f.Close()
		r = f
	}
	b, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if err != nil {
		return "", false, fmt.Errorf("reading the text: %w", pathless(err))
	}
	if len(b) > maxText {
		return "", false, &dropbox.TextError{Token: "too-long"}
	}
	return strings.TrimRight(dropbox.Clean(string(b)), "\n"), true, nil
}

// opened opens the file of a flag.
func opened(flag, path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, pathless(err))
	}
	return f, nil
}

// pathless is an error without the path in it: that may be the words or the text themselves, by a slip.
func pathless(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err
	}
	return err
}

// write asks a person for her text, to follow before.
func (c *call) write(before string) (string, error) {
	if c.editor {
		text, err := c.edit(before)
		if err == nil {
			return text, nil
		}
		if errors.Is(err, errStopped) {
			return "", err
		}
		before, c.editor = text, false
		c.para("The editor did not work: "+explain(err).Error()+".", "You can write here instead.")
	}
	if strings.TrimSpace(before) != "" {
		c.para("Your text so far is kept. What you write now follows it.")
	}
	c.para("Write as much or as little as you like, and press Enter now and then. You can paste, too: often with the right mouse button, or Ctrl-Shift-V. " +
		"When you are done, type a dot on a line of its own, and press Enter.")
	if _, err := memoryFolder(); err == nil {
		c.para("Or type just the word “editor”, and press Enter: then you write in an editor, where you can change what you wrote.")
	}
	more, editor, err := c.typed()
	if err != nil {
		return "", err
	}
	if editor {
		c.editor = true
		return c.write(before)
	}
	if before != "" && more != "" {
		before += "\n"
	}
	return dropbox.Clean(before + more), nil
}

// readAnswers reads the file of -answers.
func (c *call) readAnswers() (answers []dropbox.Prompt, err error) {
	if c.answers == "" {
		return nil, nil
	}
	f, err := opened("-answers", c.answers)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d := json.NewDecoder(io.LimitReader(f, maxText))
	d.DisallowUnknownFields()
	if err := d.Decode(&answers); err != nil || d.Decode(&struct{}{}) != io.EOF {
		return nil, fmt.Errorf(`-answers: %w: it is [{"id":"when","text":"…"}]`, keys.ErrFormat) // the error itself can hold what she wrote
	}
	seen := map[string]bool{}
	var given []dropbox.Prompt
	for _, a := range answers {
		if !dropbox.ValidID(a.ID) || seen[a.ID] || len(answers) > 32 {
			return nil, fmt.Errorf("-answers: %w: an id that is none, or that is there twice, or more than 32", keys.ErrFormat)
		}
		seen[a.ID] = true
		if a.Text = dropbox.Clean(a.Text); strings.TrimSpace(a.Text) != "" {
			given = append(given, a)
		}
	}
	return given, nil
}

// code reads the words of -code-file.
func (c *call) code() (dropbox.Code, error) {
	switch c.codeFile {
	case "":
		return dropbox.Code{}, usage("-code-file is missing")
	case "-": // the first line: what follows is her text
		line, err := c.readLine()
		if err != nil && err != io.EOF {
			return dropbox.Code{}, fmt.Errorf("reading the words: %w", err)
		}
		return dropbox.ParseCode(line)
	}
	f, err := opened("-code-file", c.codeFile)
	if err != nil {
		return dropbox.Code{}, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return dropbox.Code{}, fmt.Errorf("reading the words: %w", pathless(err))
	}
	return dropbox.ParseCode(string(b))
}

// askCode asks for the words, says what may be wrong with them, and clears the screen when they can be read.
func (c *call) askCode() (dropbox.Code, error) {
	for {
		line, err := c.askAll("Your eight words: ")
		if err != nil {
			return dropbox.Code{}, err
		}
		code, err := dropbox.ParseCode(line)
		if err == nil {
			c.clear() // what was mistyped before, too
			return code, nil
		}
		c.mistyped(err)
	}
}
