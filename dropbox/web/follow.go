package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tellbox/dropbox"
)

// followUp is one of the things she does in a conversation: write more, change her wish, share a record, take it all back.
type followUp struct {
	kind    string
	text    string   // what she typed or chose
	more    [][]byte // what else stands for it in the digest
	check   func() error
	control string // the id of the control it is about
	// fill completes the frame, and says who gets it. readers are hers who are still in the roster.
	fill func(f *dropbox.Frame, c *dropbox.Conversation, readers []dropbox.Reader, roster *Roster) ([]dropbox.Reader, error)
	// again is the part of the page with this form alone, filled in.
	again func(h hidden, askCode bool) *conversationView
}

// message is more from her: to her readers, or to a record that nobody else has.
func (s *Server) message(w http.ResponseWriter, r *http.Request, f *form, err error) {
	s.follow(w, r, f, err, func(f *form) *followUp {
		text, toRecord, files := dropbox.Clean(f.Get("text")), f.Get("record") == "yes", f.attached
		if strings.TrimSpace(text) == "" {
			text = ""
		}
		return &followUp{kind: dropbox.Message, text: text, more: append([][]byte{strconv.AppendBool(nil, toRecord)}, files.parts()...), control: "text",
			check: func() error {
				if err := files.alone(text); err != nil {
					return err
				}
				return (&dropbox.Conversation{}).CheckMessage(text, len(files.files))
			},
			fill: func(f *dropbox.Frame, c *dropbox.Conversation, readers []dropbox.Reader, _ *Roster) ([]dropbox.Reader, error) {
				f.Text, f.Files, f.Copy = text, files.files, c.Copy
				if !c.IsRecord() && toRecord { // what she meant for herself goes to nobody because another window shared the rest
					return nil, problemOf("record-shared")
				}
				if !c.IsRecord() {
					return someone(readers)
				}
				return nil, c.CheckMessage(text, len(files.files))
			},
			again: func(h hidden, askCode bool) *conversationView {
				return &conversationView{Message: messageView{hidden: h, Text: text, Original: f.Get("original") == "yes", AskCode: askCode}, Record: toRecord}
			}}
	})
}

func (s *Server) wish(w http.ResponseWriter, r *http.Request, f *form, err error) {
	s.follow(w, r, f, err, func(f *form) *followUp {
		wish := f.Get("wish")
		return &followUp{kind: dropbox.Wish, text: wish, control: "wish",
			check: func() error {
				if !slices.Contains(dropbox.Wishes, wish) {
					return problemOf("malformed")
				}
				return nil
			},
			fill: func(f *dropbox.Frame, c *dropbox.Conversation, readers []dropbox.Reader, _ *Roster) ([]dropbox.Reader, error) {
				if f.Wish = wish; c.IsRecord() { // its form is the one to share it
					return nil, problemOf("malformed")
				}
				return someone(readers)
			},
			again: func(h hidden, askCode bool) *conversationView {
				return &conversationView{Wishes: wishView{hidden: h, Wish: wish, AskCode: askCode}}
			}}
	})
}

// share sends a record to readers, all that stands in it, as a report of today.
func (s *Server) share(w http.ResponseWriter, r *http.Request, f *form, err error) {
	s.follow(w, r, f, err, func(f *form) *followUp {
		wish, sel := wishOf(f), readSelection(f)
		return &followUp{kind: dropbox.Share, text: wish, more: sel.parts(), control: "exclude",
			check: func() error {
				if !slices.Contains(readWishes, wish) {
					return problemOf("malformed")
				}
				return nil
			},
			fill: func(f *dropbox.Frame, c *dropbox.Conversation, _ []dropbox.Reader, roster *Roster) ([]dropbox.Reader, error) {
				if roster.Expired(s.Now()) {
					return nil, problemOf("roster-expired")
				}
				readers, struckOff, err := sel.readers(roster)
				f.Text, f.Prompt = c.Account()
				f.Files = c.Files()
				f.About, f.Wish, f.Readers, f.StruckOff = c.About, wish, dropbox.IDs(readers), struckOff
				return readers, err
			},
			again: func(h hidden, askCode bool) *conversationView {
				v := shareView{hidden: h, Wish: f.Get("wish"), AskCode: askCode, selectionView: selectionView{struck: sel.struck()}}
				v.fill(s.roster.Load())
				return &conversationView{Share: v}
			}}
	})
}

func (s *Server) withdraw(w http.ResponseWriter, r *http.Request, f *form, err error) {
	s.follow(w, r, f, err, func(f *form) *followUp {
		return &followUp{kind: dropbox.Withdrawn, text: f.Get("confirm"), control: "confirm",
			check: func() error {
				if f.Get("confirm") != "yes" {
					return problemOf("malformed")
				}
				return nil
			},
			fill: func(_ *dropbox.Frame, c *dropbox.Conversation, _ []dropbox.Reader, roster *Roster) ([]dropbox.Reader, error) {
				return c.Holders(roster.receivers), nil
			},
			again: func(h hidden, askCode bool) *conversationView {
				return &conversationView{Withdraw: withdrawView{hidden: h, AskCode: askCode}}
			}}
	})
}

// someone wants a reader.
func someone(readers []dropbox.Reader) ([]dropbox.Reader, error) {
	if len(readers) == 0 {
		return nil, problemOf("no-reader")
	}
	return readers, nil
}

// follow is the path that all of these share. A refusal gives the form back with what she typed, and never shows the
// conversation: that would be a page which Back and Reload show again.
func (s *Server) follow(w http.ResponseWriter, r *http.Request, f *form, readErr error, read func(*form) *followUp) {
	lang := f.Get("lang")
	k, st := s.tickets.open(f.Get("ticket"), forFollow, f.began)
	if st == left {
		s.askWords(w, r, lang, newSitting(), problemOf("used-ticket"), &checkView{Left: true})
		return
	}
	u := read(f)
	sending, err := dropbox.ParseHex32(f.Get("sending"))
	if readErr != nil {
		err = readErr
	} else if err != nil || f.file {
		err = problemOf("malformed")
	}
	var page *view
	var outcome dropbox.Outcome
	if err == nil {
		page, outcome, err = s.deliverFollowUp(r.Context(), f, u, sending, k, st)
	}
	f.attached.discard()
	switch {
	case err == nil && outcome == dropbox.Gone && u.kind == dropbox.Withdrawn:
		// She pressed twice, or the answer was lost: there is nothing private in that it worked.
		s.show(w, r, http.StatusOK, &view{Page: "withdrawn", Lang: lang, Exit: s.tickets.exitPath(k.sitting), Withdrawn: &withdrawnView{Before: true}})
	case err == nil && (outcome == dropbox.Again || outcome == dropbox.Gone):
		// That very sending is stored, or its box is gone: nothing of hers is shown.
		s.askWords(w, r, lang, k.sitting, problemOf("used-ticket"), &checkView{Arrived: outcome == dropbox.Again})
	case err == nil:
		s.show(w, r, http.StatusOK, page)
	default:
		why := s.problemFrom(err).about(u.control)
		s.refuse(w, r, s.followUpAgain(f, u, k, st, lang, why), why)
	}
}

// followUpAgain is the form alone, with what she typed. It asks for the words if its ticket does not hold them.
func (s *Server) followUpAgain(f *form, u *followUp, k ticket, st state, lang string, why *refused) *view {
	h := hidden{f.Get("ticket"), f.Get("sending")}
	askCode := st != good || k.code == dropbox.Code{}
	if st != good {
		h.Ticket = s.tickets.issue(forFollow, k.sitting, dropbox.Code{})
	}
	if _, err := dropbox.ParseHex32(h.Sending); err != nil {
		h.Sending = newSending()
	}
	c := u.again(h, askCode)
	c.Typed = f.Get("code")
	c.Record = c.Record && why.Token != "record-shared" // from here on it is a message like any other
	c.Share.seen(readSelection(f), why)
	return &view{Page: "conversation", Lang: lang, Exit: s.tickets.exitPath(k.sitting), Conversation: c, Rechoose: f.attached != nil && f.attached.chosen}
}

func (s *Server) deliverFollowUp(ctx context.Context, typed *form, u *followUp, n dropbox.Sending, k ticket, st state) (*view, dropbox.Outcome, error) {
	lang := typed.Get("lang")
	digest := dropbox.DigestOf(n, append([][]byte{[]byte(u.kind), []byte(u.text)}, u.more...)...)
	known, err := s.Store.Sent(ctx, n, digest)
	if err != nil || known == dropbox.Again || known == dropbox.Gone {
		return nil, known, err
	}
	code, err := k.codeOr(typed.Get("code"), st)
	if err == nil {
		err = u.check()
	}
	if err != nil {
		return nil, 0, err
	}
	turn := &s.turns[code.Entropy()[0]%byte(len(s.turns))]
	turn.Lock()
	defer turn.Unlock()
	roster := s.roster.Load()
	c, her, err := s.readLines(ctx, code, roster)
	if err != nil && code != k.code { // she typed it; what a ticket holds stands on no page
		err = s.underTyped(code, err)
	}
	if err != nil {
		return nil, 0, err
	}
	if u.kind == dropbox.Share && !c.IsRecord() { // in another window
		return s.sharedBefore(c, code, k, digest, roster, lang)
	}
	readers, _ := c.Audience(roster.receivers)
	f := dropbox.Frame{Kind: u.kind, Day: dropbox.Today(s.Now()), Roster: roster.Version}
	readers, err = u.fill(&f, c, readers, roster)
	if err != nil {
		return nil, 0, err
	}
	release, err := s.sealingRoom(ctx, &f, len(readers)+1)
	if err != nil {
		return nil, 0, err
	}
	defer release()
	p, err := her.Seal(f, readers, c, roster.people)
	if err != nil {
		return nil, 0, err
	}
	p.Sending, p.Digest = n, digest
	if u.kind == dropbox.Withdrawn {
		return s.takeBack(ctx, p, k, st, c, roster, lang)
	}
	outcome, err := s.Store.Put(ctx, p, false)
	if err != nil || outcome == dropbox.Again || outcome == dropbox.Gone {
		return nil, outcome, err
	}
	typed.attached.keep()
	v := s.followed(ctx, u, k, st, code, digest, lang)
	if v == nil {
		return nil, dropbox.Again, nil // stored: never answered with an error
	}
	if len(readers) == 0 {
		v.Conversation.Done = "added"
	}
	v.Files = typed.attached.list
	return v, outcome, nil
}

// followed is the conversation with what she has just stored; nil if she left meanwhile, or it cannot be read.
func (s *Server) followed(ctx context.Context, u *followUp, k ticket, st state, code dropbox.Code, digest dropbox.Hex32, lang string) *view {
	if st == good && !s.tickets.spend(k, digest) {
		return nil
	}
	roster := s.roster.Load()
	after, _, err := s.readLines(ctx, code, roster)
	if err != nil {
		return nil
	}
	v := s.conversation(lang, k.sitting, code, after, roster)
	v.Conversation.Done = u.kind
	return v
}

// sharedBefore shows her what became of a record that she shared before: now, nothing is sent.
func (s *Server) sharedBefore(c *dropbox.Conversation, code dropbox.Code, k ticket, digest dropbox.Hex32, roster *Roster, lang string) (*view, dropbox.Outcome, error) {
	if !s.tickets.spend(k, digest) { // a void one too: this stores nothing by which a reload could be told
		return nil, dropbox.Again, nil
	}
	v := s.conversation(lang, k.sitting, code, c, roster)
	v.Conversation.Shared = true
	return v, dropbox.Stored, nil
}

// takeBack deletes everything that nobody has fetched and asks the others to.
func (s *Server) takeBack(ctx context.Context, p *dropbox.Parcel, k ticket, st state, c *dropbox.Conversation, roster *Roster, lang string) (*view, dropbox.Outcome, error) {
	erased, err := s.Store.Withdraw(ctx, p)
	if errors.Is(err, dropbox.ErrGone) {
		return nil, dropbox.Gone, nil
	}
	if err != nil {
		return nil, 0, err
	}
	if st == good && !s.tickets.spend(k, p.Digest) {
		return nil, dropbox.Gone, nil // done, but she left meanwhile
	}
	return &view{Page: "withdrawn", Lang: lang, Exit: s.tickets.exitPath(k.sitting), Withdrawn: &withdrawnView{Deleted: roster.names(erased.Deleted),
		Asked: roster.names(erased.Asked), Unasked: roster.names(c.Unasked(roster.receivers)), Against: roster.names(c.Against), Record: c.Alone(), Unsure: c.IsRecord() && !c.Alone()}}, dropbox.Stored, nil
}
