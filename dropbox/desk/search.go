package desk

import (
	"fmt"
	"strings"
	"time"

	"tellbox/dropbox"
)

// Results are the cases in which all words of a search stand.
type Results struct {
	Cases   []Result `json:"cases"`
	Notices []string `json:"notices"`
}

// Result is one of them, and where the first of the words stands in it.
type Result struct {
	ID      string `json:"id"`
	Week    string `json:"week"`
	Where   string `json:"where"`   // "report", "message", "reply", "prompt", "file" or "note"
	Context string `json:"context"` // some words on either side of it, on one line; others' words, as they came
}

// passage is a text of a case.
type passage struct{ where, text string }

// Search finds the cases in which each of words stands somewhere, in capitals or not, whole or as a part of a word. Accents count. It looks at
// reports, messages, replies, notes and names of files, and asks no server. Of a case that was taken back there is nothing to find.
// Errors: ErrNoWords.
func (d *Desk) Search(words []string) (Results, error) {
	found := Results{Cases: []Result{}, Notices: []string{}}
	words = strings.Fields(strings.ToLower(dropbox.Clean(strings.Join(words, " "))))
	switch {
	case !d.Joined():
		return found, ErrNotJoined
	case len(words) == 0:
		return found, ErrNoWords
	}
	f := d.fold()
	found.Notices = append(found.Notices, f.leftOut("not searched")...)
	for _, c := range f.listed() {
		if c.gone() {
			continue
		}
		passages := c.passages()
		noted, err := d.notes(c.id)
		if err != nil {
			found.Notices = append(found.Notices, fmt.Sprintf("Your notes on case %s cannot be searched: %v.", c.id, err))
		}
		for _, n := range noted {
			passages = append(passages, passage{"note", n.Text})
		}
		if first, ok := all(passages, words); ok {
			sent, _ := time.Parse(time.DateOnly, c.report.Day) // frames are checked when they are opened
			found.Cases = append(found.Cases, Result{c.id, dropbox.Week(sent), first.where, around(first.text, words[0])})
		}
	}
	return found, nil
}

func (c *casefile) passages() (list []passage) {
	for _, e := range c.entries {
		list = append(list, passage{e.frame.Kind, e.frame.Text})
		for _, p := range e.frame.Prompt {
			list = append(list, passage{"prompt", p.Text})
		}
		for _, f := range e.frame.Files {
			list = append(list, passage{"file", f.Name})
		}
	}
	return list
}

// all says whether every word stands in one of the passages, and in which the first of them does.
func all(passages []passage, words []string) (first passage, ok bool) {
	missing := len(words)
	for i, word := range words {
		for _, p := range passages {
			if strings.Contains(strings.ToLower(p.text), word) {
				missing--
				if i == 0 {
					first = p
				}
				break
			}
		}
	}
	return first, missing == 0
}

// contextLength is how many characters are shown on either side of a word that was found.
const contextLength = 30

// around cuts a line out of text. The word is in lower case; a letter can have another length then, so places are counted in characters.
func around(text, word string) string {
	at := len([]rune(before(strings.ToLower(text), word)))
	runes := []rune(text)
	from, to := max(0, at-contextLength), min(len(runes), at+len([]rune(word))+contextLength)
	line := strings.Join(strings.Fields(string(runes[from:to])), " ")
	if from > 0 {
		line = "…" + line
	}
	if to < len(runes) {
		line += "…"
	}
	return line
}

func before(text, word string) string {
	text, _, _ = strings.Cut(text, word)
	return text
}
