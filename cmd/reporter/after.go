package main

import (
	"context"
	"errors"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/terminal"
)

// showSent gives out the words.
func (c *call) showSent(b *box, d *draft, s *sealed) {
	key := "code.only"
	if d.wish == dropbox.Record {
		key = "record.code"
	}
	c.say("\n%s\n\n  %s\n", text("code.title"), s.code.Words())
	c.para(text(key), text("code.once"), "You may write them down. But paper can be found, and so can a photo. Other apps can see what you copy.")
	c.tellMissed(d.files, missed(d.files, s.missing))
	if d.wish == dropbox.Record {
		c.para(text("record.code.opens"), text("record.next"))
		return
	}
	copied := text("code.no-copy")
	if d.copy {
		copied = text("code.copy")
	}
	c.para(text("code.anyone"), copied)
	c.say("%s: %s.\n", text("code.readers"), b.names(dropbox.IDs(s.to)))
	c.para(text("code.next"))
}

// showUndelivered gives out the words of a report that may have arrived.
func (c *call) showUndelivered(code dropbox.Code) {
	c.say("\nIt is not known whether your report has arrived. If it has, these eight words open it:\n\n  %s\n", code.Words())
	c.para("Please keep them, and look later: reporter check. If nothing is there then, it has not arrived. You can write it again.")
}

// keepWords lets a person make sure that she has them, and takes them off the screen.
func (c *call) keepWords(code dropbox.Code) error {
	for {
		line, err := c.askAll("Type the words once, to check that you have them. Enter alone skips this: ")
		if err != nil {
			return c.leaveWords()
		}
		if line == "" {
			break
		}
		typed, err := dropbox.ParseCode(line)
		if err == nil && typed == code {
			c.para("They are right.")
			break
		}
		c.say("These are not the words that you were given. Please look again.")
	}
	for { // Enter alone would be a slip, and lose them
		sure, err := c.yes("Do you have the words? A yes clears this screen, and nobody can show them again")
		if err != nil {
			return c.leaveWords()
		}
		if sure {
			break
		}
		c.say("Take your time. The words stay on this screen until you type yes.")
	}
	c.clear()
	c.para("To come back, start this program again: reporter check. You need your words, and the same address. Please close this window now.")
	return nil
}

// leaveWords leaves them on the screen: she may not have them.
func (c *call) leaveWords() error {
	c.para("Your words are still on this screen. Once you have them, please close this window.")
	return nil
}

// mistyped says which words may be wrong.
func (c *call) mistyped(err error) {
	e, ok := errors.AsType[*dropbox.CodeError](err)
	if !ok {
		return
	}
	c.say("%s %s", text("problem."+e.Token+".title"), text("problem."+e.Token+".next"))
	if e.Token == "code-length" {
		c.say("%s", counted("problem.count", e.Words))
	}
	c.suggest(e)
	c.say("")
}

func (c *call) suggest(e *dropbox.CodeError) {
	for _, u := range e.Unknown {
		c.say("%s %s", text("problem.word", "Position", u.Position), near(u))
	}
	for _, u := range e.Doubtful {
		c.say("%s %s", text("problem.listed", "Position", u.Position), near(u))
	}
	for _, s := range e.Swapped {
		c.say("%s", text("problem.swapped", "First", s[0], "Second", s[1]))
	}
}

func near(u dropbox.UnknownWord) string {
	typed := terminal.Visible(u.Typed)
	if len(u.Nearest) == 0 {
		return typed
	}
	return typed + " (perhaps " + strings.Join(u.Nearest, ", ") + ")"
}

// stillHere is what she is told where her text is kept.
const stillHere = "What you wrote is still here."

// unsent tells a person what was wrong, and more.
func (c *call) unsent(err error, more ...string) {
	c.say("")
	if errors.Is(err, errNotSure) {
		c.para("Nothing was taken back.")
		return
	}
	if errors.Is(err, errStopped) || errors.Is(err, context.Canceled) && !errors.Is(err, errUndelivered) {
		c.para("Nothing was sent just now.")
		return
	}
	if errors.Is(err, errUndelivered) {
		c.para("No answer came. So it is not known whether this has arrived.")
		return
	}
	f := explain(err)
	if f.Token == "empty-account" {
		more = nil
	}
	c.para(append([]string{"Not sent: " + f.Error() + ".", sentence(f.Hint)}, more...)...)
}

func sentence(hint string) string {
	if hint == "" {
		return ""
	}
	return strings.ToUpper(hint[:1]) + strings.TrimSuffix(hint[1:], ".") + "."
}

func (v *visit) showTakenBack(t *takenBack) {
	switch {
	case t.Before:
		v.para(text("withdrawn.before"), "Which readers had it is not known any more.")
		return
	case v.c.Alone():
		v.para(text("record.withdrawn"))
		return
	}
	v.para(text("withdrawn.what"))
	v.list(text("withdrawn.deleted"), t.Deleted)
	if len(t.Doubtful) > 0 {
		v.list("What the server says of these people cannot be", t.Doubtful)
		v.para("They may still have a copy, and may not have been asked to delete it.")
	}
	if len(t.Asked) > 0 {
		v.list(text("withdrawn.asked"), t.Asked)
		v.para(text("withdrawn.asked.text"))
	} else if !v.c.IsRecord() && len(t.Doubtful) == 0 {
		v.para(text("withdrawn.asked.none"))
	}
	if len(t.Unasked) > 0 {
		v.list(text("withdrawn.unasked"), t.Unasked)
		v.para(text("withdrawn.unasked.text"))
	}
	if len(t.Against) > 0 {
		v.list(text("withdrawn.unasked"), t.Against)
		v.para(text("withdrawn.against"))
	}
	if v.c.IsRecord() {
		v.para(text("record.withdrawn.unsure"))
	}
	v.para(text("withdrawn.again"))
}

func (v *visit) list(title string, ids []string) {
	if len(ids) > 0 {
		v.say("%s: %s.", title, v.b.names(ids))
	}
}
