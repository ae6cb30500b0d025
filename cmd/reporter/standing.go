package main

import (
	"strings"

	"tellbox/dropbox"
)

// What readers have decided, in the words of the page.

// standing says how it stands, who is her contact, and what is to come by when. readers get what she writes.
func (v *visit) standing(readers []dropbox.Reader, due dropbox.Due) {
	c := v.c
	stands := c.Standing()
	if stands.Status != "" {
		v.para(text("stands."+stands.Status), text("status.said", "Name", v.b.reader(stands.By), "Date", date(stands.Day)))
	}
	if stands.Status == dropbox.Closed {
		v.para(text("status.closed"))
	}
	if stands.Reopened {
		v.para(text("status.reopened"))
	}
	contact := c.Contact(readers)
	switch {
	case contact != "":
		v.para(text("status.contact", "Name", v.b.reader(contact)))
	case due.Named != "" && due.Named != c.Work.Named:
		v.para(text("status.named", "Name", v.b.reader(due.Named)))
	}
	switch {
	case due.Late:
		v.late(readers, due)
	case due.By != "" && due.Named == "":
		v.para(text("status.waiting", "Date", date(due.By)))
	case due.By != "":
		v.para(text("status.by", "Date", date(due.By)))
	case due.Answer != "":
		v.para(text("status.answer", "Date", date(due.Answer)))
	}
}

// late says that a day has passed, and whom she can turn to. The support lines are there whatever becomes of a report.
func (v *visit) late(readers []dropbox.Reader, due dropbox.Due) {
	v.para(text("status.late"))
	o, _ := v.b.roster.Ombudsperson()
	others, outside := v.c.TurnTo(readers, due.Named, o.ID)
	if len(others) > 0 {
		v.para(text("status.late.others"), v.b.names(others)+".")
	}
	if outside {
		v.para(text("status.late.ombudsperson", "Name", o.Name, "Org", o.Org))
	}
	v.para(text("status.late.lines"))
	v.showLines(v.b)
}

// decided are the sentences of an entry that says what readers decided.
func (v *visit) decided(f *dropbox.Frame) (said []string) {
	by := v.b.reader(f.From)
	if f.Status != "" {
		said = append(said, text("stands."+f.Status))
	}
	if f.Added != "" {
		name := v.b.reader(f.Added)
		said = append(said, text("entry.added", "By", by, "Name", name))
		if v.c.IsAgainst(f.Added) { // of whom nothing is shown
			said = append(said, text("entry.against", "Name", name))
		} else {
			said = append(said, text("entry.added.key", "By", by, "Name", name))
		}
	}
	if f.Named != "" {
		said = append(said, text("entry.named", "Name", v.b.reader(f.Named)))
	}
	if f.Left {
		said = append(said, text("conversation.aside", "Name", by), text("entry.left"))
	}
	return said
}

// against is what it means that somebody was added whom she struck off, and what she can do. to get what she writes.
func (v *visit) against(id string, to []dropbox.Reader) string {
	name, by := v.b.reader(id), v.b.reader(v.c.AddedBy(id))
	said := []string{text("against.title", "Name", name), text("against.what", "Name", name, "By", by), text("against.now", "Name", name, "By", by), text("against.talk")}
	o, _ := v.b.roster.Ombudsperson()
	if _, outside := v.c.TurnTo(to, "", o.ID); outside {
		said = append(said, text("against.ombudsperson", "Name", o.Name))
	}
	return strings.Join(append(said, text("against.back", "By", by)), " ")
}
