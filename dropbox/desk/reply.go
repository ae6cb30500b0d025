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
// client's: ErrEmptyText, dropbox.ErrTooLong, ErrTooManyFiles, ErrCodeInText, ErrWithdrawn, ErrNothingHere, ErrUndelivered (try again with the
// same text and files), and those of Sync about the roster.
func (d *Desk) ReplyWith(ctx context.Context, id, text string, files []*client.Attachment, how client.Transfer) (Replied, error) {
	done := Replied{Notices: []string{}}
	text, err := checkReply(text, files)
	if err != nil {
		return done, err
	}
	c, err := d.writable(id)
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
		return done, err
	}
	if it := c.unasked(text, files); p == nil && it != nil { // a sync sent it since
		return d.replied(done, it.hash, d.asked(it, c.id, text))
	}
	if p != nil && d.stale(p) {
		if err := d.keepUnless(p, text); err != nil {
			return done, err
		}
		done.Notices = append(done.Notices, "It was never known whether your earlier reply arrived. It is not sent again.")
		p = nil
	}
	if p != nil && !says(p.frame, text, files) {
		sent, err := d.deliver(ctx, box, p, false)
		if err != nil {
			return done, fmt.Errorf("%w: %w", ErrEarlier, err)
		}
		done.Notices = append(done.Notices, "An earlier reply of yours, with other words, was still on its way. It was sent first.")
		done.Notices = append(done.Notices, sent.notices(c.id)...)
		if c, err = d.writable(c.id); err != nil {
			return done, err
		}
		p = nil
	}
	if p == nil {
		sent, err := d.upload(ctx, files, how)
		if err != nil {
			return done, err
		}
		if p, err = d.seal(c, c.draft(d, text, sent)); err != nil {
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

// keepUnless makes a draft of a pending reply that is given up, unless text takes its place.
func (d *Desk) keepUnless(p *pending, text string) error {
	if p.frame.Text == text {
		return nil
	}
	return d.keepDraft(CaseID(p.Drop), p.frame.Text)
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
func (c *casefile) unasked(text string, files []*client.Attachment) *item {
	for _, e := range slices.Backward(c.entries) {
		if e.item.folder == "sent" {
			if e.item.about.Unasked && says(e.frame, text, files) {
				return e.item
			}
			return nil
		}
	}
	return nil
}

func (c *casefile) draft(d *Desk, text string, files []dropbox.File) dropbox.Frame {
	return dropbox.Frame{Box: c.report.Box, Drop: c.report.Drop, Day: dropbox.Today(d.now()),
		Count: c.highest(d.me.ID) + 1, Seen: c.highest(dropbox.FromReporter), Text: text, Files: files}
}

// seal seals a reply to her, to the co-readers by the roster of today, and to herself, and keeps it as pending.
func (d *Desk) seal(c *casefile, f dropbox.Frame) (*pending, error) {
	her, err := age.ParseHybridRecipient(c.report.Recipient)
	if err != nil {
		return nil, dropbox.ErrOpen // cannot be: the frame was checked
	}
	var coReaders []dropbox.Reader
	for _, p := range d.roster.Receivers() {
		if p.ID != d.me.ID && slices.Contains(c.report.Readers, p.ID) && !slices.Contains(c.report.StruckOff, p.ID) {
			coReaders = append(coReaders, dropbox.Reader{ID: p.ID, Recipient: p.Recipient})
		}
	}
	sender := dropbox.Sender{ID: d.me.ID, Key: c.report.Key, Consent: c.report.Consent, SignIn: d.me.Signin}
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
	c, err := d.writable(CaseID(p.Drop))
	if err != nil {
		return nil, err
	}
	f := p.frame
	return d.seal(c, dropbox.Frame{Box: f.Box, Drop: f.Drop, Day: f.Day, Count: f.Count, Seen: f.Seen, Text: f.Text, Files: f.Files})
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

// says whether a frame is this reply: the same words, and the same files in the same order.
func says(f *dropbox.Frame, text string, files []*client.Attachment) bool {
	return f.Text == text && slices.EqualFunc(f.Files, files, func(sent dropbox.File, a *client.Attachment) bool {
		return sent.Name == a.Name && sent.SHA256 == a.SHA256
	})
}
