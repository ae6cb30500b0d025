package web

import (
	"context"
	"errors"
	"net/http"

	"tellbox/dropbox"
)

// blankReport gives out the form, and a sitting.
func (s *Server) blankReport(w http.ResponseWriter, r *http.Request, f *form, err error) {
	lang := f.Get("lang")
	roster := s.roster.Load()
	switch {
	case err != nil:
	case roster.Expired(s.Now()):
		err = problemOf("roster-expired")
	case s.strained():
		err = problemOf("busy")
	}
	if err != nil {
		s.refuse(w, r, &view{Page: "problem", Lang: lang}, err)
		return
	}
	sitting := newSitting()
	v := &view{Page: "form", Lang: lang, Exit: s.tickets.exitPath(sitting)}
	v.Form = &formView{hidden: hidden{s.tickets.issue(forReport, sitting, dropbox.NewCode()), newSending()}}
	s.fillForm(v.Form, roster)
	s.show(w, r, http.StatusOK, v)
}

// fillForm adds what the form shows of the roster.
func (s *Server) fillForm(f *formView, roster *Roster) {
	f.selectionView.fill(roster)
	f.Languages = roster.Languages()
	if len(f.Prompts) == 0 {
		for _, id := range s.Prompts.ids() {
			f.Prompts = append(f.Prompts, promptView{ID: id})
		}
	}
}

// sendReport takes the filled form.
func (s *Server) sendReport(w http.ResponseWriter, r *http.Request, f *form, readErr error) {
	k, st := s.tickets.open(f.Get("ticket"), forReport, f.began)
	lang := f.Get("lang")
	if st == left {
		s.askWords(w, r, lang, newSitting(), problemOf("used-ticket"), &checkView{Left: true})
		return
	}
	a := readAccount(f, s.Prompts)
	sending, err := dropbox.ParseHex32(f.Get("sending"))
	v, outcome := (*view)(nil), dropbox.Stored
	switch {
	case readErr != nil:
		err = readErr
	case err != nil, f.file:
		err = problemOf("malformed")
	case a.strange:
		err = cutOff("malformed")
	default:
		v, outcome, err = s.deliver(r.Context(), a, sending, k, st)
	}
	a.discard()
	switch {
	case err == nil && outcome == dropbox.Again:
		s.askWords(w, r, lang, k.sitting, nil, &checkView{Arrived: true})
	case err == nil && outcome == dropbox.Gone:
		s.askWords(w, r, lang, k.sitting, problemOf("used-ticket"), &checkView{})
	case err == nil:
		v.Lang, v.Exit = lang, s.tickets.exitPath(k.sitting)
		s.show(w, r, http.StatusOK, v)
	default:
		why := s.problemFrom(err)
		s.refuse(w, r, s.formAgain(f, a, k, st, lang, why), why)
	}
}

// formAgain is the form with all she typed. Its ticket is the one it had, if that still works.
func (s *Server) formAgain(f *form, a *account, k ticket, st state, lang string, why *refused) *view {
	v := &view{Page: "form", Lang: lang, Exit: s.tickets.exitPath(k.sitting), Form: &formView{hidden: hidden{f.Get("ticket"), f.Get("sending")},
		Wish: f.Get("wish"), About: f.Get("about"), Account: a.text, Prompts: a.prompts, Copy: a.keep, Original: f.Get("original") == "yes", selectionView: selectionView{struck: a.struck()}}}
	v.Rechoose = a.chosen
	if st == void {
		v.Form.Ticket = s.tickets.issue(forReport, k.sitting, dropbox.NewCode())
	}
	if _, err := dropbox.ParseHex32(v.Form.Sending); err != nil {
		v.Form.Sending = newSending()
	}
	s.fillForm(v.Form, s.roster.Load())
	v.Form.seen(a.selection, why)
	return v
}

// deliver seals and stores a report. With Again and Gone nothing was stored; the view is nil unless her words can be shown.
func (s *Server) deliver(ctx context.Context, a *account, n dropbox.Sending, k ticket, st state) (*view, dropbox.Outcome, error) {
	digest := a.digest(n)
	known, err := s.Store.Sent(ctx, n, digest)
	if err != nil {
		return nil, 0, err
	}
	roster := s.roster.Load()
	if known == dropbox.Again {
		return s.wordsAgain(ctx, a, k, st, digest, roster)
	}
	if known == dropbox.Gone {
		return nil, known, nil
	}
	if roster.Expired(s.Now()) && !a.isRecord() {
		return nil, 0, problemOf("roster-expired")
	}
	if err := a.check(); err != nil {
		return nil, 0, err
	}
	readers, struckOff, err := a.audience(roster)
	if err != nil {
		return nil, 0, err
	}
	code := k.code
	if st == spent || known == dropbox.Another {
		code = dropbox.NewCode()
	}
	f := a.frame(dropbox.Today(s.Now()), roster.Version, dropbox.IDs(readers), struckOff)
	outcome, code, err := s.putReport(ctx, f, code, n, digest, readers, roster)
	if err == nil && outcome == dropbox.Again {
		return s.wordsAgain(ctx, a, k, st, digest, roster)
	}
	if err != nil || outcome == dropbox.Gone {
		return nil, outcome, err
	}
	a.attached.keep()
	if st != spent && code == k.code && !s.tickets.claim(k, digest) {
		return nil, dropbox.Again, nil // she left while it was being stored: its words are not for this page
	}
	var earlier []string
	if outcome == dropbox.Another && st != void {
		if c, _, err := s.readLines(ctx, k.code, roster); err == nil {
			earlier = c.Readers
		}
	}
	v := s.words(k, code, roster, dropbox.IDs(readers), a, earlier)
	v.Code.Earlier = outcome == dropbox.Another
	return v, outcome, nil
}

// wordsAgain shows the words of a report that is already stored, to whoever sends the very same form again soon enough: the
// answer to her first press may have been lost.
func (s *Server) wordsAgain(ctx context.Context, a *account, k ticket, st state, digest dropbox.Hex32, roster *Roster) (*view, dropbox.Outcome, error) {
	if !s.tickets.claim(k, digest) {
		return nil, dropbox.Again, nil
	}
	c, _, err := s.readLines(ctx, k.code, roster)
	if errors.Is(err, dropbox.ErrNothing) {
		return nil, dropbox.Again, nil // that report is under another code
	}
	if err != nil {
		return nil, 0, err
	}
	return s.words(k, k.code, roster, c.Readers, a, nil), dropbox.Stored, nil
}

// putReport seals the report under code and stores it; if that code turns out to be taken by another sending
// of the same form, under a new one.
func (s *Server) putReport(ctx context.Context, f dropbox.Frame, code dropbox.Code, n dropbox.Sending, digest dropbox.Hex32,
	readers []dropbox.Reader, roster *Roster) (dropbox.Outcome, dropbox.Code, error) {
	release, err := s.sealingRoom(ctx, &f, len(readers)+1)
	if err != nil {
		return 0, code, err
	}
	defer release()
	for try := 0; ; try++ {
		her, err := code.Reporter(roster.Box)
		if err != nil {
			return 0, code, err
		}
		p, err := her.Seal(f, readers, nil, roster.people)
		if err != nil {
			return 0, code, err
		}
		p.Sending, p.Digest = n, digest
		outcome, err := s.Store.Put(ctx, p, true)
		if try > 2 || !errors.Is(err, dropbox.ErrTaken) {
			return outcome, code, err
		}
		code = dropbox.NewCode()
	}
}

// words is the page with the eight words, the only one that ever holds them.
func (s *Server) words(k ticket, code dropbox.Code, roster *Roster, readers []string, a *account, earlierReaders []string) *view {
	c := &codeView{hidden: hidden{Ticket: s.tickets.issue(forCheck, k.sitting, dropbox.Code{})},
		Words: code.Words(), Readers: roster.names(readers), Copy: a.keep, EarlierReaders: roster.names(earlierReaders)}
	if a.isRecord() {
		c.Record, c.Ends = true, dropbox.WeekBegins(dropbox.Week(s.Now().AddDate(dropbox.RecordYears, 0, 0)))
	}
	return &view{Page: "code", Code: c, Files: a.list}
}
