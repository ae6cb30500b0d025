package web

import (
	"context"
	"net/http"

	"tellbox/dropbox"
)

// readLines opens what the code opens.
func (s *Server) readLines(ctx context.Context, code dropbox.Code, roster *Roster) (*dropbox.Conversation, *dropbox.Reporter, error) {
	her, err := code.Reporter(roster.Box)
	if err != nil {
		return nil, nil, err
	}
	lines, err := s.Store.Lines(ctx, her.Drop)
	if err != nil {
		return nil, nil, err
	}
	c := her.Fold(lines.Lines)
	c.Ends, c.Whole = lines.Ends, lines.Whole
	return c, her, nil
}

// check gives out the blank form for the words, or shows what they open.
func (s *Server) check(w http.ResponseWriter, r *http.Request, f *form, err error) {
	lang := f.Get("lang")
	k, st := s.tickets.open(f.Get("ticket"), forCheck, f.began)
	if err != nil {
		s.askWords(w, r, lang, k.sitting, err, &checkView{})
		return
	}
	if !f.Has("code") {
		if st == left {
			k.sitting = newSitting()
		}
		s.askWords(w, r, lang, k.sitting, nil, &checkView{})
		return
	}
	if st != good {
		if st == left {
			k.sitting = newSitting()
		}
		s.askWords(w, r, lang, k.sitting, problemOf("used-ticket"), &checkView{Left: st == left})
		return
	}
	code, err := dropbox.ParseCode(f.Get("code"))
	var c *dropbox.Conversation
	roster := s.roster.Load()
	if err == nil {
		c, _, err = s.readLines(r.Context(), code, roster)
		err = s.underTyped(code, err)
	}
	if err != nil {
		s.askWords(w, r, lang, k.sitting, err, &checkView{Typed: f.Get("code"), hidden: hidden{Ticket: f.Get("ticket")}})
		return
	}
	if !s.tickets.spend(k, dropbox.Hex32{}) {
		s.askWords(w, r, lang, newSitting(), problemOf("used-ticket"), &checkView{})
		return
	}
	s.show(w, r, http.StatusOK, s.conversation(lang, k.sitting, code, c, roster))
}

// askWords answers with the form for the words. err may be nil. Without a ticket in c it gets a fresh one.
func (s *Server) askWords(w http.ResponseWriter, r *http.Request, lang string, sitting [16]byte, err error, c *checkView) {
	if c.Ticket == "" {
		c.Ticket = s.tickets.issue(forCheck, sitting, dropbox.Code{})
	}
	v := &view{Page: "check", Lang: lang, Exit: s.tickets.exitPath(sitting), Check: c}
	if err != nil {
		s.refuse(w, r, v, err)
		return
	}
	s.show(w, r, http.StatusOK, v)
}

// conversation is the page of all that her words open, with a ticket for everything she can do there.
func (s *Server) conversation(lang string, sitting [16]byte, code dropbox.Code, c *dropbox.Conversation, roster *Roster) *view {
	next := func() hidden {
		return hidden{s.tickets.issue(forFollow, sitting, code), newSending()}
	}
	readers, gone := c.Audience(roster.receivers)
	v := &conversationView{Message: messageView{hidden: next()}, Withdraw: withdrawView{hidden: next()}, Save: hidden{Ticket: next().Ticket}, Record: c.IsRecord(), Alone: c.Alone(),
		Written: c.Written, Sent: c.Sent, Readers: roster.names(dropbox.IDs(readers)), LeftOut: roster.names(gone), Missing: roster.names(c.Missing), Lost: c.Lost, Unread: c.Unread, Copy: c.Copy,
		Ends: dropbox.WeekBegins(c.Ends)}
	if v.Record {
		v.Share = shareView{hidden: next(), selectionView: selectionView{struck: selection{exclude: c.StruckOff}.struck()}}
		v.Share.fill(roster)
	} else {
		v.Wishes = wishView{hidden: next(), Wish: c.Wish}
	}
	v.decided(c, roster, readers, c.Due(dropbox.Today(s.Now())))
	fresh := c.Fresh()
	for i, f := range c.Entries {
		e := entryOf(f, roster, i >= fresh)
		e.Against = f.Kind == dropbox.Added && c.IsAgainst(f.Added)
		v.Entries = append(v.Entries, e)
	}
	return &view{Page: "conversation", Lang: lang, Exit: s.tickets.exitPath(sitting), Conversation: v}
}

// decided is how it stands, who is her contact, and what is wrong with that.
func (v *conversationView) decided(c *dropbox.Conversation, roster *Roster, readers []dropbox.Reader, due dropbox.Due) {
	v.By, v.Answer, v.Late, v.Aside = due.By, due.Answer, due.Late, roster.names(c.Aside())
	if v.Contact = c.Contact(readers) != ""; due.Named != "" && (v.Contact || due.Named != c.Work.Named) {
		v.Named = roster.name(due.Named)
	}
	said := c.Standing()
	v.Standing = standingView{said.Status, roster.name(said.By), said.Day, said.Reopened}
	o, _ := roster.Ombudsperson()
	others, outside := c.TurnTo(readers, due.Named, o.ID)
	if v.Turn.Others = roster.names(others); outside {
		v.Turn.Ombudsperson, v.Turn.Org = o.Name, o.Org
	}
	for _, id := range c.Against {
		v.Against = append(v.Against, againstView{roster.name(id), roster.name(c.AddedBy(id)), v.Turn.Ombudsperson})
	}
}

func entryOf(f *dropbox.Frame, roster *Roster, isNew bool) entryView {
	e := entryView{Kind: f.Kind, From: f.From, Name: roster.name(f.From), Day: f.Day, Text: f.Text, Wish: f.Wish, About: f.About, New: isNew, Kept: true,
		Answer: f.Answers(), Status: f.Status, Left: f.Left}
	if f.Named != "" {
		e.Named = roster.name(f.Named)
	}
	if f.Added != "" {
		e.Added = roster.name(f.Added)
	}
	if f.From == dropbox.FromReporter {
		e.From, e.Name, e.New = "you", "", false
		e.Kept = f.Copy || f.Kind == dropbox.Wish || f.Kind == dropbox.Share
	}
	for _, p := range f.Prompt {
		e.Prompts = append(e.Prompts, promptView{ID: p.ID, Answer: p.Text})
	}
	for _, file := range f.Files {
		e.Files = append(e.Files, fileView{file.Name, file.Type, file.Size, file.Blob.String()})
	}
	return e
}
