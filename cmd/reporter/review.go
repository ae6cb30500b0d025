package main

import (
	"errors"
	"slices"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/terminal"
)

// question is how the form's question with that id reads, as far as this program knows.
func (c *call) question(id string) string {
	if q, ok := c.questions[id]; ok {
		return q
	}
	if q, ok := catalogue()["prompt."+id].(string); ok {
		return q
	}
	return terminal.Visible(id)
}

// review shows her what would be sent, and to whom, until she says send.
func (c *call) review(b *box, d *draft) error {
	for {
		c.summary(b, d)
		what, err := c.choose("What would you like to do?", c.changes(d), "")
		if err != nil {
			return err
		}
		switch what {
		case "send":
			if err = d.check(); err == nil {
				return nil
			}
			c.unsent(err, stillHere)
			continue
		case "more":
			d.text, err = c.write(d.text)
		case "anew":
			var text string
			before := ""
			if c.editor {
				before = d.text
			}
			if text, err = c.write(before); strings.TrimSpace(text) != "" { // an empty one was a slip
				d.text = text
			}
		case "wish":
			err = c.change(b, d)
		case "exclude":
			err = c.askExclude(b, d)
		case "about":
			err = c.askAbout(d)
		case "answers":
			before := d.answers
			d.answers = nil
			if err = c.askPrompts(b, d); err != nil {
				d.answers = before
			}
		case "files":
			d.files, err = c.changeFiles(d.files)
		case "copy":
			err = c.askCopy(d)
		case "stop":
			c.clear()
			return errStopped
		}
		if errors.Is(err, errStopped) {
			return err
		}
		if err != nil {
			c.unsent(err, stillHere)
		}
	}
}

// changes are what she can do with a draft.
func (c *call) changes(d *draft) []option {
	options := []option{{"send", "Send it", ""}, {"more", "Add to the text", ""}, {"anew", "Write the text anew", ""},
		{"wish", text("wish.change"), ""}, {"exclude", "Change who must not read it", ""}, {"about", "Change whether it happened to you", ""},
		{"answers", "Answer the questions anew", ""}, {"files", "Add files, look at them, or take some out", ""}, {"copy", "Change whether your words open this text", ""}, {"stop", "Stop. Nothing is sent, and the text is gone", ""}}
	if d.wish == dropbox.Record {
		options = slices.DeleteFunc(options, func(o option) bool { return o.key == "exclude" || o.key == "copy" })
		options[0].text = "Store it, for yourself alone"
	}
	if c.editor {
		options = slices.Delete(options, 1, 2)
		options[1].text = "Change the text"
	}
	return options
}

func (c *call) summary(b *box, d *draft) {
	c.say("\n%s\n", text("form.send.title"))
	if strings.TrimSpace(d.text) == "" {
		c.para("You have not written anything in your own words yet.")
	} else {
		c.say("Your text:\n")
		c.showText(d.text)
		c.say("")
	}
	for _, a := range d.answers {
		c.say("You answered, to “%s”:\n", c.question(a.ID))
		c.showText(a.Text)
		c.say("")
	}
	c.showFiles(d.files)
	if d.about != "" {
		c.say("%s.", text("about."+d.about))
	}
	c.say("%s.", text("wish."+d.wish))
	switch to, struckOff, err := b.audience(d.exclude); {
	case d.wish == dropbox.Record:
		c.para("It goes to nobody, and nobody will answer.", text("form.send.words"), text("record.code.opens"))
	case err != nil:
		c.para("Nobody is left to read it: please change who must not.")
	default:
		c.say("It goes to %s.", b.names(dropbox.IDs(to)))
		if len(struckOff) > 0 {
			c.say("It must not be read by %s.", b.names(struckOff))
		}
		c.say("")
		c.para(text("form.send.words"), map[bool]string{true: "They open this text, too.", false: "They open the answers, but not this text."}[d.copy])
	}
}
