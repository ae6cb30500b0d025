package main

import (
	"fmt"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/terminal"
	"tellbox/keys"
)

// showLines are the support lines, which depend on no report.
func (c *call) showLines(b *box) {
	c.say("%s", text("layout.help.danger"))
	for _, l := range b.roster.Lines {
		open := ""
		if l.OpenAt(c.now()) {
			open = "; " + text("layout.help.open")
		}
		hours := l.Hours.String()
		if hours == "daily 00:00-24:00" {
			hours = text("hours.always")
		}
		zone := l.Hours.Zone()
		c.say("  %s: %s", terminal.Visible(l.Name), terminal.Visible(l.Phone))
		c.say("      %s %s%s", hours, text("hours.zone", "City", strings.ReplaceAll(zone[strings.LastIndex(zone, "/")+1:], "_", " ")), open)
	}
	c.say("")
}

// showReaders are those to whom a report would go, and who would not get it.
func (c *call) showReaders(b *box) {
	for _, role := range []keys.Role{keys.Advocate, keys.Ombudsperson, keys.Investigator, keys.Adjudicator} {
		first := true
		for _, p := range b.roster.Readers {
			if p.Role != role {
				continue
			}
			if first {
				c.say("%s. %s", text("role."+string(role)), text("role.what."+string(role)))
			}
			first = false
			c.say("  %s, %s", terminal.Visible(p.Name), terminal.Visible(p.Org))
			if p.Statement != "" {
				c.say("      %s", terminal.Visible(p.Statement))
			}
			if p.Languages != "" {
				c.say("      %s %s", text("person.reads"), terminal.Visible(p.Languages))
			}
		}
	}
	c.say("")
	c.say("%s: %s, until %s.\n", text("readers.vouch"), terminal.Visible(strings.Join(b.roster.SignedBy, ", ")), date(dropbox.Today(b.roster.Expires)))
}

// showKeyholders are those who may vouch, with the numbers of the poster.
func (c *call) showKeyholders(b *box) {
	c.say("%s", text("poster.keyholders"))
	for _, k := range b.keyholders.Keyholders {
		c.say("  %s  %s", k.Fingerprint(), terminal.Visible(k.Name))
	}
	c.say("At least %d of these %d have to sign.\n", b.keyholders.Threshold, len(b.keyholders.Keyholders))
}

// compare lets a person hold the keyholders to a poster.
func (c *call) compare(b *box) error {
	c.showKeyholders(b)
	c.para("So far only the server has said who they are. Are these the numbers on the poster, or from somebody you trust: all of them, and no others?")
	what, err := c.choose("Are they the same?", []option{{"yes", "Yes, the same", ""}, {"no", "No", ""}, {"", "I have nothing to compare them with", ""}}, "none")
	switch {
	case err != nil:
		return err
	case what == "no":
		c.para("Then please write nothing here now. Someone may have put up a false list. You can call a help line instead.")
		return keys.ErrOtherKeyholders
	case what == "":
		c.para("Then whoever controls the server could show you readers of their own, who would get what you write. You can stop here, and call a help line instead.")
		if b.unchecked, err = c.yes("Go on?"); err == nil && !b.unchecked {
			err = errStopped
		}
		return err
	}
	if err := b.byMost(); err != nil {
		return err
	}
	b.pinned = true
	return nil
}

// readers is the verb.
func readers(c *call) (any, error) {
	b, err := c.connect()
	if err != nil {
		return nil, err
	}
	c.say("%s\n", terminal.Visible(b.roster.Name))
	c.showReaders(b)
	c.showKeyholders(b)
	if b.pinned {
		c.para("They agree with what you brought.")
	} else {
		c.para("Only the server has said so. Compare the numbers with the poster; then use -fingerprint, -keyholders or -remember.")
	}
	if b.expired {
		c.para(text("readers.expired"))
	}
	c.showLines(b)
	return b.view(), nil
}

type (
	boxView struct {
		Box        string       `json:"box"`
		Name       string       `json:"name"`
		Version    int          `json:"version"`
		Expires    string       `json:"expires"`
		Expired    bool         `json:"expired"`
		Pinned     bool         `json:"pinned"` // something that the server did not say agrees with it
		SignedBy   []string     `json:"signed_by"`
		Threshold  int          `json:"threshold"`
		Keyholders []keyView    `json:"keyholders"`
		Readers    []readerView `json:"readers"`
		Lines      []string     `json:"lines"`
	}
	keyView struct {
		Name        string `json:"name"`
		Fingerprint string `json:"fingerprint"`
	}
	readerView struct {
		ID        string    `json:"id"`
		Role      keys.Role `json:"role"`
		Name      string    `json:"name"`
		Org       string    `json:"org"`
		Statement string    `json:"statement"`
		Languages string    `json:"languages"`
	}
)

func (b *box) view() boxView {
	v := boxView{Box: fmt.Sprintf("%x", b.roster.Box), Name: b.roster.Name, Version: b.roster.Version, Expires: dropbox.Today(b.roster.Expires), Expired: b.expired, Pinned: b.pinned,
		SignedBy: append([]string{}, b.roster.SignedBy...), Threshold: b.keyholders.Threshold, Keyholders: []keyView{}, Readers: []readerView{}, Lines: []string{}}
	for _, k := range b.keyholders.Keyholders {
		v.Keyholders = append(v.Keyholders, keyView{k.Name, k.Fingerprint()})
	}
	for _, p := range b.roster.Readers {
		v.Readers = append(v.Readers, readerView{p.ID, p.Role, p.Name, p.Org, p.Statement, p.Languages})
	}
	for _, l := range b.roster.Lines {
		v.Lines = append(v.Lines, l.String())
	}
	return v
}

// show is the conversation, the newest last: that is where she is on the screen.
func (v *visit) show() {
	c := v.c
	title := "conversation.title"
	if c.IsRecord() {
		title = "record.title"
	}
	v.say("\n%s\n", text(title))
	fresh := c.Fresh()
	n := 0
	for i, f := range c.Entries {
		v.showEntry(f, i >= fresh, n+1)
		n += len(f.Files)
	}
	v.status()
	for _, w := range v.warnings() {
		v.para("Note: " + w)
	}
}

// showEntry shows one, whose files have the numbers from n on.
func (v *visit) showEntry(f *dropbox.Frame, fresh bool, n int) {
	who, tag := text("conversation.you"), ""
	if f.From != dropbox.FromReporter {
		who = v.b.reader(f.From)
	}
	if fresh {
		tag = "   " + strings.ToUpper(text("conversation.tag"))
	}
	v.say("%s %s, %s%s\n", terminal.Visible(who), text("kind."+f.Kind), date(f.Day), tag)
	for _, said := range v.decided(f) {
		v.para(said)
	}
	switch {
	case f.Text != "":
		v.showText(f.Text)
		v.say("")
	case f.From == dropbox.FromReporter && !f.Copy && (f.Kind == dropbox.Report || f.Kind == dropbox.Message):
		v.say("    %s\n", text("conversation.not-kept"))
	}
	for i := range f.Files {
		v.say("  %s", describe(n+i, &f.Files[i]))
	}
	if len(f.Files) > 0 {
		v.say("")
	}
	for _, p := range f.Prompt {
		v.say("  To “%s” you said:\n", v.question(p.ID))
		v.showText(p.Text)
		v.say("")
	}
	if f.About != "" {
		v.say("  %s.\n", text("about."+f.About))
	}
	if f.Wish != "" {
		v.say("  %s %s.\n", text("wish.legend"), text("wish."+f.Wish))
	}
}

// status says what happens by when, and who gets what she writes.
func (v *visit) status() {
	c, due := v.c, v.c.Due(dropbox.Today(v.now()))
	ends := dropbox.WeekBegins(c.Ends)
	if c.IsRecord() {
		v.para(map[bool]string{true: text("record.alone"), false: text("record.unsure")}[c.Alone()])
		if ends != "" {
			v.para(text("record.until", "Date", date(ends)))
		}
		return
	}
	switch answers, decided := c.News(); {
	case answers > 0:
		v.say("%s", counted("conversation.new", answers))
	case decided > 0:
		v.say("%s", text("conversation.news"))
	default:
		v.say("%s", text("conversation.none"))
	}
	readers, _ := c.Audience(v.b.receivers)
	v.standing(readers, due)
	if len(readers) > 0 {
		v.say("%s: %s", text("conversation.readers"), v.b.names(dropbox.IDs(readers)))
	}
	for _, id := range c.Aside() {
		v.para(text("conversation.aside", "Name", v.b.reader(id)))
	}
	if ends != "" {
		v.say("%s: %s", text("conversation.ends"), date(ends))
	}
	v.say("")
}

func (v *visit) done(key string) { v.para(text(key)) }
