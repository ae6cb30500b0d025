package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/terminal"
)

// begin says what she should know first.
func (c *call) begin(b *box) error {
	c.say("\n%s\n", terminal.Visible(b.roster.Name))
	c.para(text("start.what"))
	c.para("You can stop at any time with Ctrl-C. In this window Ctrl-C does not copy: it ends the program. Nothing is sent until you say so. Writing here does not start a formal complaint.")
	c.para(text("before.life"), text("before.life.choice"))
	c.para(text("before.device"), "What you type stays in this window until you close it.")
	c.para("Your text is locked on this computer before it leaves. Only the readers you choose can open it.", text("start.how.words"))
	c.showLines(b)
	if b.expired {
		c.para("The list of readers ended on " + date(b.roster.Expires.Format("2006-01-02")) + ", and nobody vouches for it now. So nothing new can be sent to readers. You can write a record for yourself, and send it to readers later.")
		return nil
	}
	c.showReaders(b)
	return c.vouched(b)
}

// compose asks for everything that no flag has said.
func (c *call) compose(b *box, d *draft) (err error) {
	if d.wish == "" {
		if d.wish, err = c.askWish(b.expired, dropbox.Wishes, ""); err != nil {
			return err
		}
	}
	if d.wish != dropbox.Record && len(d.exclude) == 0 {
		if err = c.askExclude(b, d); err != nil {
			return err
		}
	}
	if d.about == "" {
		if err = c.askAbout(d); err != nil {
			return err
		}
	}
	if len(d.answers) == 0 {
		if err = c.askPrompts(b, d); err != nil {
			return err
		}
	}
	if d.text == "" {
		c.say("%s\n", text("form.account"))
		c.para(text("form.account.hint"))
		if d.text, err = c.write(""); err != nil {
			return err
		}
	}
	if d.wish != dropbox.Record && !d.copy {
		err = c.askCopy(d)
	}
	return err
}

func (c *call) askCopy(d *draft) (err error) {
	c.say("")
	c.para(text("form.copy.hint"))
	d.copy, err = c.yes(text("form.copy") + "?")
	c.say("")
	return err
}

// change asks for another wish. Who turns a record into a report is asked what only a report needs.
func (c *call) change(b *box, d *draft) (err error) {
	was := d.wish
	if d.wish, err = c.askWish(b.expired, dropbox.Wishes, was); err != nil {
		d.wish = was
		return err
	}
	if was != dropbox.Record || d.wish == dropbox.Record {
		return nil
	}
	if err = c.askExclude(b, d); err == nil {
		err = c.askCopy(d)
	}
	return err
}

func (c *call) askAbout(d *draft) (err error) {
	about, err := c.choose(text("form.about"), append(optionsOf("about", dropbox.Abouts), option{"", "I would rather not say", ""}), "")
	if err == nil {
		d.about = about
	}
	return err
}

// optionsOf are choices that the page has too.
func optionsOf(family string, keys []string) (options []option) {
	for _, k := range keys {
		o := option{key: k, text: text(family + "." + k)}
		if family == "wish" {
			o.hint = text("wish.what." + k)
		}
		options = append(options, o)
	}
	return options
}

func (c *call) askWish(expired bool, wishes []string, now string) (string, error) {
	if expired {
		ok, err := c.yes("Keep a record for yourself?")
		if err == nil && !ok {
			err = errStopped
		}
		return dropbox.Record, err
	}
	options := optionsOf("wish", wishes)
	if now != "" && slices.Contains(wishes, dropbox.Record) { // of what readers have
		options[slices.Index(wishes, dropbox.Record)].hint = text("wish.had")
	}
	c.para(text("wish.hint"))
	preset := now
	if preset == "" {
		preset = "advice"
	}
	return c.choose(text("wish.legend"), options, preset)
}

// askExclude asks for everyone who must not read it, and says so if that leaves nobody.
func (c *call) askExclude(b *box, d *draft) error {
	var options []option
	c.say("%s", text("form.exclude"))
	for i, p := range b.roster.Readers {
		options = append(options, option{key: p.ID})
		c.numbered(i+1, terminal.Visible(p.Name)+", "+terminal.Visible(p.Org)+": "+string(p.Role))
	}
	c.say("")
	c.para("Those you name get nothing from us, and we do not tell them that you wrote. The other readers see whom you named.")
	if o, ok := b.roster.Ombudsperson(); ok {
		c.para("If you name every advocate, " + o.Name + " reads it instead.")
	}
	question := "Their numbers, with spaces between them; Enter for nobody: "
	if len(d.exclude) > 0 {
		c.say("You ruled out %s. Type 0 if that is over.", terminal.Visible(strings.Join(b.names(d.exclude), ", ")))
		question = "Their numbers, with spaces between them; Enter leaves it as it is: "
	}
	for {
		exclude, err := c.several(question, options, d.exclude)
		if err != nil {
			return err
		}
		if _, _, err = b.audience(exclude); err == nil {
			d.exclude = exclude
			c.say("")
			return nil
		}
		c.para("Then nobody is left to read this. Please leave one of those who read reports. Or stop here, and keep a record for yourself.")
	}
}

// askPrompts asks the form's questions, which come from the server. Without them she writes as well.
func (c *call) askPrompts(b *box, d *draft) error {
	var a dropbox.PromptsAnswer
	err := c.online(func(ctx context.Context) (err error) {
		a, err = b.Prompts(ctx)
		return err
	})
	if err != nil {
		c.para("The questions that may help cannot be shown. You can write without them.")
		return nil
	}
	if len(a.Prompts) == 0 {
		return nil
	}
	c.say("%s\n", text("form.prompts"))
	c.para("Press Enter to skip one. Type s to skip the rest. “I don’t remember” is an answer.")
	for _, q := range a.Prompts {
		if !dropbox.ValidID(q.ID) || slices.ContainsFunc(d.answers, func(p dropbox.Prompt) bool { return p.ID == q.ID }) {
			continue
		}
		question := []rune(terminal.Visible(strings.ReplaceAll(q.Question, "\n", " ")))
		c.questions[q.ID] = string(question[:min(len(question), 300)])
		answer, err := c.askAll(c.questions[q.ID] + "\n> ")
		if err != nil {
			return err
		}
		if answer == "s" {
			break
		}
		if answer = dropbox.Clean(answer); answer != "" {
			d.answers = append(d.answers, dropbox.Prompt{ID: q.ID, Text: answer})
		}
	}
	c.say("")
	return nil
}

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
		options := []option{{"send", "Send it", ""}, {"more", "Add to the text", ""}, {"anew", "Write the text anew", ""},
			{"wish", text("wish.change"), ""}, {"exclude", "Change who must not read it", ""}, {"about", "Change whether it happened to you", ""},
			{"answers", "Answer the questions anew", ""}, {"copy", "Change whether your words open this text", ""}, {"stop", "Stop. Nothing is sent, and the text is gone", ""}}
		if d.wish == dropbox.Record {
			options = slices.DeleteFunc(options, func(o option) bool { return o.key == "exclude" || o.key == "copy" })
			options[0].text = "Store it, for yourself alone"
		}
		if c.editor {
			options = slices.Delete(options, 1, 2)
			options[1].text = "Change the text"
		}
		what, err := c.choose("What would you like to do?", options, "")
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
		c.say("It goes to %s.", terminal.Visible(strings.Join(b.names(dropbox.IDs(to)), ", ")))
		if len(struckOff) > 0 {
			c.say("It must not be read by %s.", terminal.Visible(strings.Join(b.names(struckOff), ", ")))
		}
		c.say("")
		c.para(text("form.send.words"), map[bool]string{true: "They open this text, too.", false: "They open the answers, but not this text."}[d.copy])
	}
}
