package main

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/scrub"
	"tellbox/dropbox/terminal"
)

// pathsIn are the paths in a line that was typed, or that a terminal wrote when files were dragged into it: in quotes, with \ before what is
// odd, or as file:// addresses. A path that is there as the line stands needs none of these.
func pathsIn(line string) (paths []string) {
	if line = strings.TrimSpace(line); line == "" {
		return nil
	}
	if _, err := os.Lstat(line); err == nil {
		return []string{line}
	}
	for _, word := range shellWords(line) {
		if u, err := url.Parse(word); err == nil && u.Scheme == "file" {
			word = u.Path
		}
		if rest, ok := strings.CutPrefix(word, "~/"); ok {
			if home, err := os.UserHomeDir(); err == nil {
				word = filepath.Join(home, rest)
			}
		}
		paths = append(paths, word)
	}
	if len(paths) > 1 && !slices.ContainsFunc(paths, func(p string) bool { _, err := os.Lstat(p); return err == nil }) {
		return []string{line} // one path with spaces in it, and wrong
	}
	return paths
}

// shellWords takes a line apart as a shell does, without any of its other powers.
func shellWords(line string) (words []string) {
	var word strings.Builder
	begun, quote, escaped := false, rune(0), false
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			begun, escaped = true, true
		case r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			begun, quote = true, r
		case quote == 0 && strings.ContainsRune(" \t\r\n", r):
			if begun {
				words = append(words, word.String())
				word.Reset()
			}
			begun = false
		default:
			begun = true
			word.WriteRune(r)
		}
	}
	if begun {
		words = append(words, word.String())
	}
	return words
}

// askFiles asks for files to go with what she writes, beside those she has, until Enter alone.
func (c *call) askFiles(have []*attachment) ([]*attachment, error) {
	c.para("You can send files too: pictures, recordings, documents. Hidden data is taken out of JPEG and PNG pictures, and you are told what was found. "+
		"What can be seen in them stays. Whoever reads this sees the names of the files.", "Type where a file is, or drag it into this window, and press Enter.")
	question := "A file; Enter for none: "
	for len(have) < dropbox.MaxFiles {
		line, err := c.askAll(question)
		if err != nil {
			return have, err
		}
		if line == "" {
			c.say("")
			return have, nil
		}
		for _, path := range pathsIn(line) {
			if have, err = c.addFile(have, path); err != nil {
				return have, err
			}
		}
		question = "One more; Enter goes on: "
	}
	c.para("That is as many as go at once. You can send more with another message.")
	return have, nil
}

// addFile takes a file, says what is in it, or what is wrong.
func (c *call) addFile(have []*attachment, path string) ([]*attachment, error) {
	a, err := attach(path, c.original)
	if errors.Is(err, scrub.ErrBroken) {
		c.para("This picture is broken, so hidden data cannot be taken out of it.")
		as, stop := c.yes("Send it as it is, with all that is hidden in it?")
		if stop != nil || !as {
			return have, stop
		}
		a, err = attach(path, true)
	}
	switch {
	case err != nil:
		f := explain(err)
		c.para(terminal.Visible(filepath.Base(path))+" is not taken: "+f.Error()+".", sentence(f.Hint))
		return have, nil
	case slices.ContainsFunc(have, a.same):
		c.para("You have this file already. It is sent once.")
		return have, nil
	case len(have) == dropbox.MaxFiles:
		return have, nil // askFiles says so
	}
	c.para(terminal.Attached(a.Attachment))
	return append(have, a), nil
}

// changeFiles lets her look at the files, add to them, take some out, and choose which go as they are.
func (c *call) changeFiles(have []*attachment) ([]*attachment, error) {
	if len(have) == 0 {
		return c.askFiles(have)
	}
	for len(have) > 0 {
		c.showFiles(have)
		options := []option{{"done", "Go on", ""}, {"add", "Add a file", ""}, {"out", "Take a file out", ""}}
		if slices.ContainsFunc(have, func(a *attachment) bool { return a.Picture() }) {
			options = append(options, option{"original", "Leave in a picture what is hidden in it, or take it out after all", ""})
		}
		what, err := c.choose("What would you like to do?", options, "done")
		if err != nil || what == "done" {
			return have, err
		}
		if what == "add" {
			if have, err = c.askFiles(have); err != nil {
				return have, err
			}
			continue
		}
		i, err := c.which(have)
		switch {
		case err != nil:
			return have, err
		case what == "out":
			have = slices.Delete(slices.Clone(have), i, i+1)
		case have[i].Picture():
			if a, err := have[i].again(!have[i].Original); err == nil {
				have = slices.Clone(have)
				have[i] = a
			} else {
				c.unsent(err)
			}
		default:
			c.para("This file goes as it is.")
		}
	}
	return have, nil
}

// which asks for one of the files.
func (c *call) which(files []*attachment) (int, error) {
	if len(files) == 1 {
		return 0, nil
	}
	var options []option
	for i, a := range files {
		options = append(options, option{key: strconv.Itoa(i), text: terminal.Visible(a.Name)})
	}
	n, err := c.choose("Which one?", options, "")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(n)
}

func (c *call) showFiles(files []*attachment) {
	if len(files) == 0 {
		return
	}
	c.say("Files that go with it:\n")
	for i, a := range files {
		c.numbered(i+1, terminal.Attached(a.Attachment))
	}
	c.say("")
}
