package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"tellbox/dropbox/desk"
	"tellbox/dropbox/terminal"
)

// draft shows the draft of a case, keeps another, or deletes it.
func draft(c *call) (any, error) {
	file := c.flags.String("text-file", "", "")
	discard := c.flags.Bool("discard", false, "")
	id, err := c.parseCase()
	if err == nil && *discard && *file != "" {
		err = usage("-discard goes without -text-file")
	}
	if err != nil {
		return nil, err
	}
	d, err := c.open()
	if err != nil {
		return nil, err
	}
	defer d.Close()
	switch {
	case *discard:
		kept, err := d.DiscardDraft(id)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(c.out, "Your draft in case %s is deleted.\n", kept.ID)
		return kept, nil
	case *file != "":
		return c.setDraft(d, id, *file)
	}
	kept, err := d.Draft(id)
	if err != nil {
		return nil, err
	}
	if kept.Text == "" {
		fmt.Fprintf(c.out, "Case %s has no draft.\n", kept.ID)
		return kept, nil
	}
	fmt.Fprintf(c.out, "Your draft in case %s. Nobody has been sent it.\n\n", kept.ID)
	terminal.ShowText(c.out, kept.Text, terminal.TextWidth)
	c.note(kept.Notices)
	fmt.Fprintf(c.out, "\nTo send it: advocate reply %s -draft\n", kept.ID)
	return kept, nil
}

func (c *call) setDraft(d *desk.Desk, id, file string) (any, error) {
	before, err := d.Draft(id)
	if err != nil && !errors.Is(err, desk.ErrDamaged) {
		return nil, err
	}
	t, err := c.text(file, "Write your draft. End it with Ctrl-D on a line of its own.")
	if err != nil {
		return nil, c.unsent(d, before.ID, t, err)
	}
	kept, err := d.SetDraft(before.ID, t.said)
	if err != nil {
		return nil, err
	}
	c.note(kept.Notices)
	fmt.Fprintf(c.out, "Your draft in case %s is kept on this machine. To send it: advocate reply %s -draft\n", kept.ID, kept.ID)
	return kept, nil
}

// note keeps a note on a case, lists them, or deletes one.
func note(c *call) (any, error) {
	file := c.flags.String("text-file", "", "")
	list := c.flags.Bool("list", false, "")
	remove := 0
	c.flags.Func("remove", "", func(s string) (err error) {
		if remove, err = strconv.Atoi(s); err != nil || remove < 1 {
			err = errors.New("it takes the number of a note")
		}
		return err
	})
	id, err := c.parseCase()
	if err == nil && (*file != "" && (*list || remove != 0) || *list && remove != 0) {
		err = usage("-text-file, -list and -remove go one at a time")
	}
	if err != nil {
		return nil, err
	}
	d, err := c.open()
	if err != nil {
		return nil, err
	}
	defer d.Close()
	noted, err := d.Notes(id)
	if err != nil {
		return nil, err
	}
	switch {
	case *list && len(noted.Notes) == 0:
		fmt.Fprintf(c.out, "You have no notes on case %s.\n", noted.ID)
		return noted, nil
	case *list:
		fmt.Fprintf(c.out, "Your notes on case %s. They are private: nobody is ever sent them.\n", noted.ID)
		showNotes(c.out, noted.Notes)
		return noted, nil
	case remove != 0:
		if noted, err = d.RemoveNote(noted.ID, remove); err == nil {
			fmt.Fprintf(c.out, "Note %d on case %s is deleted.\n", remove, noted.ID)
		}
		return noted, err
	}
	t, err := c.text(cmp.Or(*file, "-"), "Write your note. End it with Ctrl-D on a line of its own; Ctrl-C keeps nothing.")
	if err == nil {
		noted, err = d.AddNote(noted.ID, t.said)
	}
	if err != nil {
		return nil, err
	}
	c.note(noted.Notices)
	fmt.Fprintf(c.out, "It is note %d on case %s. It is private: nobody is ever sent it.\n", noted.Notes[len(noted.Notes)-1].N, noted.ID)
	return noted, nil
}

func showNotes(w io.Writer, notes []desk.Note) {
	for _, n := range notes {
		fmt.Fprintf(w, "\nNote %d, %s\n\n", n.N, n.Day)
		terminal.ShowText(w, n.Text, terminal.TextWidth)
	}
}

// search finds cases by words. Nothing of it is written down or sent.
func search(c *call) (any, error) {
	words, err := c.parseMany()
	switch {
	case err != nil:
		return nil, err
	case len(words) == 0:
		return nil, usage("say which words to look for, or - to be asked")
	case slices.Contains(words, "-") && len(words) > 1:
		return nil, usage("- goes alone")
	}
	d, err := c.open()
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if words[0] == "-" {
		t, err := c.text("-", "Write the words to look for. End with Ctrl-D on a line of its own.")
		if err != nil {
			return nil, err
		}
		words = strings.Fields(t.said)
	}
	found, err := d.Search(words)
	if err != nil {
		return nil, err
	}
	c.note(found.Notices)
	fmt.Fprintf(c.out, "%s found.\n", number(len(found.Cases), "case"))
	for _, r := range found.Cases {
		fmt.Fprintf(c.out, "\n%s   sent in week %s\n     In a %s: %s\n", r.ID, r.Week, r.Where, terminal.Visible(r.Context))
	}
	return found, nil
}
