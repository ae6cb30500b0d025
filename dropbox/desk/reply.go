package desk

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"filippo.io/age"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
)

// Replied is the answer to a reply that is stored.
type Replied struct {
	ID      string   `json:"id"`
	N       int      `json:"n"` // of its entry in the case
	Stored  bool     `json:"stored"`
	Notices []string `json:"notices"`
}

// Reply sends text to the reporter, and to the colleagues she chose who are still in the roster. Errors are those of ReplyWith.
func (d *Desk) Reply(ctx context.Context, id, text string) (Replied, error) {
	return d.ReplyWith(ctx, id, text, nil, client.Transfer{})
}

// ReplyWith sends text with files, or files alone. A reply whose answer never came is sent first, the same bytes again; if it says just this,
// it is the reply. Once it is stored a draft with the same words goes. A file that the server has lost meanwhile does not keep a reply from being stored: a notice names it. Errors beyond the
// client's: ErrEmptyText, dropbox.ErrTooLong, ErrTooManyFiles, ErrCodeInText, ErrWithdrawn, ErrLeft, ErrNothingHere, ErrUndelivered (try again with the
// same text and files), and those of Sync about the roster.
func (d *Desk) ReplyWith(ctx context.Context, id, text string, files []*client.Attachment, how client.Transfer) (Replied, error) {
	text, err := checkReply(text, files)
	if err != nil {
		return Replied{Notices: []string{}}, err
	}
	return d.send(ctx, id, dropbox.Frame{Kind: dropbox.Reply, Text: text}, files, how, func(*casefile) error { return nil })
}

// send sends what a frame says, a reply or a step of casework, with files, if may has nothing against it in the case as it is then.
func (d *Desk) send(ctx context.Context, id string, what dropbox.Frame, files []*client.Attachment, how client.Transfer, may func(*casefile) error) (Replied, error) {
	done := Replied{Notices: []string{}}
	c, err := d.live(id)
	if err == nil && c.left && what.Added == "" {
		err = ErrLeft
	}
	if err != nil {
		return done, err
	}
	done.ID = c.id
	notices, err := d.refresh(ctx)
	if err != nil {
		return done, err
	}
	done.Notices = append(done.Notices, notices...)
	box, err := d.mailbox()
	if err != nil {
		return done, err
	}
	p, err := d.openPending(d.pendingName(c.report.Drop))
	if err != nil {
		return done, fmt.Errorf("the reply before this one: %w: %w", ErrDamaged, err)
	}
	if it := c.unasked(what, files); p == nil && it != nil { // a sync sent it since
		return d.replied(done, it.hash, d.asked(it, c.id, what.Text))
	}
	if p != nil && d.stale(p) {
		notice := "It was never known whether your earlier reply arrived. It is not sent again."
		if says(p.frame, what, files) {
			notice = "It was never known whether this arrived when you first sent it. It is sent once more, and the reporter may see it twice."
		} else if err := d.keepWords(p); err != nil {
			return done, err
		}
		done.Notices = append(done.Notices, notice)
		p = nil
	}
	if p != nil && !says(p.frame, what, files) {
		sent, err := d.deliver(ctx, box, p, false)
		if err != nil {
			return done, fmt.Errorf("%w: %w", ErrEarlier, err)
		}
		done.Notices = append(done.Notices, "Something that you sent earlier in this case was still on its way. It was sent first.")
		done.Notices = append(done.Notices, sent.notices(c.id)...)
		p = nil
	}
	if p == nil {
		if c, err = d.live(c.id); err != nil {
			return done, err
		}
		if what.Left || what.Status == dropbox.Closed { // nobody goes, or closes, on what she wrote meanwhile
			before := len(c.counts[dropbox.FromReporter])
			if err := d.fetch(ctx, box); err != nil {
				return done, err
			}
			if c, err = d.live(c.id); err != nil {
				return done, err
			}
			if what.Status == dropbox.Closed && len(c.counts[dropbox.FromReporter]) > before {
				return done, ErrHasWritten
			}
		}
		if c.left && !d.nobody(c) {
			return done, ErrLeft
		}
		if err := may(c); err != nil {
			return done, err
		}
		sent, err := d.upload(ctx, files, how)
		if err != nil {
			return done, err
		}
		if p, err = d.seal(c, d.frame(c, what, sent)); err != nil {
			return done, err
		}
	}
	sent, err := d.deliver(ctx, box, p, false)
	done.Notices = append(done.Notices, sent.notices(c.id)...)
	return d.replied(done, sent.hash, err)
}

// asked notes that she has been told of a reply that a sync sent, after its draft is gone.
func (d *Desk) asked(it *item, id, text string) error {
	if err := d.dropDraft(id, text); err != nil {
		return err
	}
	it.about.Unasked = false
	return d.saveAbout(it)
}

// replied finds out which entry of its case the reply became.
func (d *Desk) replied(done Replied, hash string, err error) (Replied, error) {
	if err != nil {
		return done, err
	}
	c, err := d.fold().lookup(done.ID)
	if err != nil {
		return done, err
	}
	i := slices.IndexFunc(c.entries, func(e entry) bool { return e.item.hash == hash })
	done.N, done.Stored = i+1, true
	return done, nil
}

// checkReply is what may go to her.
func checkReply(text string, files []*client.Attachment) (string, error) {
	text = asReply(text)
	switch {
	case strings.TrimSpace(text) == "" && (text != "" || len(files) == 0):
		return "", ErrEmptyText
	case len(files) > dropbox.MaxFiles:
		return "", ErrTooManyFiles
	case utf8.RuneCountInString(text) > dropbox.MaxText:
		return "", dropbox.ErrTooLong
	case dropbox.ContainsCode(text), slices.ContainsFunc(files, func(a *client.Attachment) bool { return dropbox.ContainsCode(a.Name) }):
		return "", ErrCodeInText
	}
	return text, nil
}

func (d *Desk) writable(id string) (*casefile, error) {
	c, err := d.live(id)
	if err == nil && c.left {
		err = ErrLeft
	}
	return c, err
}

// live is a case that was not taken back. Who has stepped aside from it still passes on what came for others.
func (d *Desk) live(id string) (*casefile, error) {
	if !d.Joined() {
		return nil, ErrNotJoined
	}
	c, err := d.fold().lookup(id)
	if err == nil && c.withdrawn {
		err = ErrWithdrawn
	}
	return c, err
}

// unasked is the last entry if it is this very reply, delivered by a sync after the command that wrote it had ended.
func (c *casefile) unasked(what dropbox.Frame, files []*client.Attachment) *item {
	for _, e := range slices.Backward(c.entries) {
		if e.item.folder == "sent" {
			if e.item.about.Unasked && says(e.frame, what, files) {
				return e.item
			}
			return nil
		}
	}
	return nil
}

// frame is what, made ready for this case.
func (d *Desk) frame(c *casefile, what dropbox.Frame, files []dropbox.File) dropbox.Frame {
	f := what
	f.Box, f.Drop, f.Day, f.Files = c.report.Box, c.report.Drop, dropbox.Today(d.now()), files
	f.Count, f.Seen, f.Chain = c.lastOwn(d.me.ID)+1, c.highest(dropbox.FromReporter), c.chain
	if f.Kind == dropbox.Status || f.Kind == dropbox.Added {
		f.Turn = c.work.Next()
	}
	return f
}

// farthest is how much further than what is here she can have seen: she could say anything.
const farthest = 10_000

// lastOwn is the greatest count of what this reader has sent: as it stands here or, on a desk that was made anew from a recovery sheet, as she has seen it.
func (c *casefile) lastOwn(me string) int {
	here := c.highest(me)
	last := here
	for _, e := range c.entries {
		if f := e.frame; f.From == dropbox.FromReporter && e.by == "" && f.Seen <= here+farthest {
			last = max(last, f.Seen)
		}
	}
	return last
}

// seal seals a frame to her, to the co-readers by the roster of today, and to herself, and keeps it as pending.
func (d *Desk) seal(c *casefile, f dropbox.Frame) (*pending, error) {
	her, err := age.ParseHybridRecipient(c.report.Recipient)
	if err != nil {
		return nil, dropbox.ErrOpen // cannot be: the frame was checked
	}
	var coReaders []dropbox.Reader
	team := append(c.team(), f.Added)
	for _, p := range d.roster.Receivers() {
		if p.ID != d.me.ID && slices.Contains(team, p.ID) {
			coReaders = append(coReaders, dropbox.Reader{ID: p.ID, Recipient: p.Recipient})
		}
	}
	f.SentTo = dropbox.IDs(coReaders)
	if f.Kind == dropbox.Added {
		f.Roster, f.Readers, f.StruckOff, f.Passed = c.report.Roster, c.report.Readers, c.report.StruckOff, c.toPass(f.Added)
	}
	sender := dropbox.Sender{ID: d.me.ID, Key: c.keys[0], Consent: c.report.Consent, SignIn: d.me.Signin}
	parcel, err := sender.SealReply(f, her, coReaders)
	if err != nil {
		return nil, fmt.Errorf("sealing the reply: %w", err)
	}
	own, err := sender.SealOwn(f, d.me.Identity.Recipient())
	if err != nil {
		return nil, fmt.Errorf("sealing the reply: %w", err)
	}
	p := &pending{Drop: f.Drop, Line: parcel.Line, To: parcel.To, Own: own, frame: &f}
	rand.Read(p.Sending[:])
	return p, d.savePending(p)
}

// resealed replaces a pending reply by one with the same words and files to the roster of today, under a number of its own.
func (d *Desk) resealed(p *pending) (*pending, error) {
	c, err := d.live(CaseID(p.Drop))
	if err != nil {
		return nil, err
	}
	f := *p.frame
	f.ID = ""
	if _, there := d.roster.Reader(f.Added); f.Added != "" && !there {
		return nil, ErrNoSuchRole
	}
	return d.seal(c, f)
}

// upload sends the files of a reply ahead of it. What no reply names in the end the server drops by itself.
func (d *Desk) upload(ctx context.Context, files []*client.Attachment, how client.Transfer) (sent []dropbox.File, err error) {
	c, err := d.server()
	if err != nil {
		return nil, err
	}
	for _, a := range files {
		f, err := c.SendAttachment(ctx, a, how)
		if err != nil {
			return nil, fmt.Errorf("sending %s: %w", a.Name, err)
		}
		sent = append(sent, f)
	}
	return sent, nil
}

// says whether a frame is this very reply or step: the same words, and the same files in the same order.
func says(f *dropbox.Frame, what dropbox.Frame, files []*client.Attachment) bool {
	return f.Kind == what.Kind && f.Text == what.Text && f.Status == what.Status && f.Named == what.Named && f.Left == what.Left && f.Added == what.Added &&
		slices.EqualFunc(f.Files, files, func(sent dropbox.File, a *client.Attachment) bool {
			return sent.Name == a.Name && sent.SHA256 == a.SHA256
		})
}
