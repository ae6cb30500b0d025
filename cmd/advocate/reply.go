package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tellbox/dropbox/desk"
	"tellbox/dropbox/terminal"
)

func reply(c *call) (any, error) {
	file := c.flags.String("text-file", "", "")
	drafted := c.flags.Bool("draft", false, "")
	var paths []string
	c.flags.Func("file", "", func(path string) error { paths = append(paths, path); return nil })
	original := c.flags.Bool("original", false, "")
	id, err := c.parseCase()
	switch {
	case err != nil:
		return nil, err
	case *original && len(paths) == 0:
		return nil, usage("-original goes with -file")
	case *drafted && *file != "":
		return nil, usage("-draft and -text-file are two texts; send one")
	}
	files, err := c.attach(paths, *original)
	if err != nil {
		return nil, err
	}
	d, err := c.open()
	if err != nil {
		return nil, err
	}
	defer d.Close()
	draft, err := d.Draft(id) // before she types for nothing
	if err != nil && (*drafted || !errors.Is(err, desk.ErrDamaged)) {
		return nil, err
	}
	t := text{said: draft.Text}
	switch {
	case *drafted && draft.Text == "":
		return nil, desk.ErrNoDraft
	case !*drafted:
		t, err = c.replyText(*file, len(files) > 0)
	}
	if err != nil {
		return nil, c.unsent(d, draft.ID, t, err)
	}
	names, err := c.names(d, draft.ID, t.said)
	if err != nil {
		t.typed = true // or it is the draft already
		return nil, c.unsent(d, draft.ID, t, err)
	}
	how, stop := c.transfer("Sending the files")
	done, err := d.ReplyWith(c.network(), draft.ID, t.said, files, how)
	stop()
	c.note(done.Notices)
	if err != nil {
		return nil, c.unsent(d, draft.ID, t, noRoom(err))
	}
	fmt.Fprintf(c.out, "Your reply in case %s is stored. The reporter sees it on coming back with the words.\n", done.ID)
	return replied{done, sentFiles(files), names}, nil
}

// replyText is what a reply says; files can go alone.
func (c *call) replyText(file string, files bool) (text, error) {
	if file == "" && files {
		return text{}, nil
	}
	t, err := c.text(cmp.Or(file, "-"), "Write your reply. End it with Ctrl-D on a line of its own; Ctrl-C sends nothing, and keeps the lines before as your draft.")
	if err == nil && strings.TrimSpace(t.said) == "" {
		err = desk.ErrEmptyText
	}
	return t, err
}

type replied struct {
	desk.Replied
	Files []sentFile `json:"files"`
	Names []string   `json:"names"` // that the reporter wrote, too, as far as can be guessed
}

// names are those of a reply that the reporter mentioned. Somebody at a terminal is asked whether it should go all the same; a script is
// told.
func (c *call) names(d *desk.Desk, id, text string) ([]string, error) {
	names, err := d.Names(id, text)
	if err != nil || len(names) == 0 {
		return names, err
	}
	what := "Your reply has names in it, as it seems, that the reporter wrote: " + terminal.Visible(strings.Join(names, ", ")) + "."
	if !c.asks() {
		c.note([]string{what + " It is sent all the same."})
		return names, nil
	}
	sure, err := c.agrees(what + "\nWhoever sees the reporter's screen sees them, and so do your colleagues. Send it all the same?")
	if err == nil && !sure {
		err = &terminal.Failure{Code: terminal.Refused, Token: "names", Hint: "advocate draft CASE shows it; advocate reply CASE -draft sends it after the same question",
			Err: errors.New("the reply was not sent")}
	}
	return names, err
}

// agrees asks somebody at a terminal; anything but yes is no.
func (c *call) agrees(question string) (bool, error) {
	fmt.Fprint(c.notes, question, " yes or no (no): ")
	answer, err := c.typed(1)
	return slices.Contains([]string{"y", "yes"}, strings.ToLower(strings.TrimSpace(answer))), err
}

// unsent says what became of a reply that was not sent. What she typed is kept as her draft. A reply on its way is not a draft.
func (c *call) unsent(d *desk.Desk, id string, t text, err error) error {
	if strings.TrimSpace(t.said) == "" || errors.Is(err, desk.ErrUndelivered) && !errors.Is(err, desk.ErrEarlier) {
		return err
	}
	draft, e := d.Draft(id)
	if t.typed {
		if draft, e = d.KeepDraft(id, t.said); e != nil {
			c.note([]string{fmt.Sprintf("What you wrote could not be kept: %v. Please copy it from above.", e)})
			return err
		}
	}
	if e == nil && len(draft.Notices) > 0 {
		c.note([]string{fmt.Sprintf("What you wrote is kept on this machine: advocate draft %s shows it. It cannot be sent as it stands.", id)})
	} else if e == nil && draft.Text != "" {
		c.note([]string{fmt.Sprintf("What you wrote is kept on this machine: advocate draft %s shows it, advocate reply %s -draft sends it.", id, id)})
	}
	return err
}
