package main

import (
	"context"
	"slices"

	"tellbox/dropbox"
	"tellbox/dropbox/terminal"
)

// begin says what she should know first.
func (c *call) begin(b *box) error {
	c.say("\n%s\n", terminal.Visible(b.roster.Name))
	c.para(text("start.what"))
	c.para("You can stop at any time: press Ctrl-C twice. In this window Ctrl-C does not copy. Nothing is sent until you say so. Writing here does not start a formal complaint.")
	c.para(text("before.life"), text("before.life.choice"))
	c.para(text("before.device"), "What you type stays in this window until you close it.")
	c.para("Your text is locked on this computer before it leaves. Only the readers you choose can open it.", text("start.how.words"))
	c.showLines(b)
	if len(b.receivers) == 0 {
		c.para("Nobody on the list reads reports yet. You can write a record for yourself, and send it to readers later.")
		return nil
	}
	if b.expired {
		c.para("The list of readers ended on " + date(dropbox.Today(b.roster.Expires)) + ", and nobody vouches for it now. So nothing new can be sent to readers. You can write a record for yourself, and send it to readers later.")
		return nil
	}
	c.showReaders(b)
	return c.vouched(b)
}

// compose asks for everything that no flag has said.
func (c *call) compose(b *box, d *draft) (err error) {
	if d.wish == "" {
		if d.wish, err = c.askWish(b.closed(), dropbox.Wishes, ""); err != nil {
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
	if len(d.files) == 0 {
		if d.files, err = c.askFiles(nil); err != nil {
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
	if d.wish, err = c.askWish(b.closed(), dropbox.Wishes, was); err != nil {
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

func (c *call) askWish(closed bool, wishes []string, now string) (string, error) {
	if closed {
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
		c.say("You ruled out %s. Type 0 if that is over.", b.names(d.exclude))
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
		if slices.ContainsFunc(d.answers, func(p dropbox.Prompt) bool { return p.ID == q.ID }) {
			continue
		}
		c.questions[q.ID] = terminal.Visible(q.Question)
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
