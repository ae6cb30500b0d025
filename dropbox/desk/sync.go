package desk

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
)

// Limits of one Sync: what is left over comes with the next.
const (
	maxPages  = 500
	maxCursor = 1000 // bytes
	ackBatch  = 500
)

// Sync fetches what is new, acknowledges what is safe and believed, and sends replies that are still on their way. What it
// returns is for her to know, error or not. It may be stopped at any point and called again.
func (d *Desk) Sync(ctx context.Context) (notices []string, err error) {
	notices = d.Notices()
	more, err := d.refresh(ctx)
	notices = append(notices, more...)
	if err != nil {
		return notices, err
	}
	box, err := d.mailbox()
	if err != nil {
		return notices, err
	}
	err = d.fetch(ctx, box)
	notices = append(notices, d.dropGone()...) // whatever came before an error may have been a withdrawal
	if err != nil {
		return notices, err
	}
	if err := d.acknowledge(ctx, box); err != nil {
		return notices, err
	}
	more, err = d.flush(ctx, box)
	if err == nil {
		var passed []string
		passed, err = d.passOn(ctx, box)
		more = append(more, passed...)
	}
	if err == nil {
		var told []string
		told, err = d.outlive(ctx)
		more = append(more, told...)
	}
	d.saveIndex() // if it cannot be written, Close tries again
	return append(notices, more...), err
}

// Notices are what opening the desk had to say, once: Sync gives them if nobody asked before.
func (d *Desk) Notices() []string {
	notices := d.notices
	d.notices = nil
	return notices
}

// Rewind makes the next Sync list the whole mailbox. What is here is known by its hash; what a server left out, or handed out spoilt, comes
// if it is there now.
func (d *Desk) Rewind() error { return d.home.remove("cursor") }

// fetch makes every new envelope durable here, and only then the cursor after it.
func (d *Desk) fetch(ctx context.Context, box *client.Mailbox) error {
	d.listed = false
	text, err := d.home.read("cursor")
	if err != nil {
		return err
	}
	cursor := strings.TrimSpace(string(text))
	for range maxPages {
		page, err := box.Mail(ctx, cursor, client.MailPage)
		if err != nil {
			return err
		}
		for _, e := range page.Entries {
			if err := d.receive(ctx, box, e); err != nil {
				return err
			}
		}
		if !validCursor(page.Next) || page.Next == cursor && len(page.Entries) > 0 || page.Next == "" && cursor != "" {
			return fmt.Errorf("fetching mail: %w: the cursor", client.ErrAnswer)
		}
		if page.Next != cursor {
			if err := d.home.write("cursor", []byte(page.Next+"\n")); err != nil {
				return err
			}
			cursor = page.Next
		}
		if len(page.Entries) == 0 {
			d.listed = true
			return nil
		}
	}
	return nil
}

func validCursor(s string) bool {
	return len(s) <= maxCursor && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// receive keeps one entry. A new epoch lists everything again: what is here is known by its hash, what was
// forgotten is deleted there too.
func (d *Desk) receive(ctx context.Context, box *client.Mailbox, e dropbox.MailEntry) error {
	if raw, err := hex.DecodeString(e.ID); err != nil || len(raw) != 16 || len(e.Envelope) > dropbox.MaxEnvelope {
		return fmt.Errorf("fetching mail: %w: an entry", client.ErrAnswer)
	}
	hash := hashOf(e.Envelope)
	if d.forgotten[hash] {
		_, err := box.DeleteMail(ctx, e.ID)
		return err
	}
	if it := d.find(hash); it != nil {
		if !d.whole(it) && (it.opened == nil || d.opens(e.Envelope)) { // the disk has lost it, and an index may have hidden that
			it.indexed = false
			if err := d.keep(it, e.Envelope); err != nil {
				return err
			}
		}
		if slices.Contains(it.about.Entries, e.ID) {
			return nil
		}
		it.about.Entries = append(it.about.Entries, e.ID)
		return d.saveAbout(it)
	}
	it := &item{folder: "mail", hash: hash, about: about{Order: d.nextOrder(), Entries: []string{e.ID}, Reply: e.Via == dropbox.ViaReply}}
	if err := d.keep(it, e.Envelope); err != nil {
		return err
	}
	d.mail = append(d.mail, it)
	return nil
}

// acknowledge tells the server of all that is durable, opened and believed, whichever sync brought it: what was unreadable
// before may be readable now.
func (d *Desk) acknowledge(ctx context.Context, box *client.Mailbox) error {
	f := d.fold()
	believed := slices.Clone(f.quiet)
	for _, c := range f.cases {
		for _, it := range c.items {
			if s := d.signer(c, it); s != it.about.Signer {
				it.about.Signer = s
				if err := d.saveAbout(it); err != nil {
					return err
				}
			}
			if it.folder == "mail" {
				believed = append(believed, it)
			}
		}
	}
	believed = slices.DeleteFunc(believed, func(it *item) bool { return len(it.unacked()) == 0 || !it.exact || it.indexed && !d.whole(it) })
	for batch := range slices.Chunk(believed, ackBatch) {
		var ids []string
		for _, it := range batch {
			ids = append(ids, it.unacked()...)
		}
		for some := range slices.Chunk(ids, ackBatch) {
			if err := box.Ack(ctx, some); err != nil {
				return err
			}
		}
		for _, it := range batch {
			it.about.Acked = slices.Clone(it.about.Entries)
			if err := d.saveAbout(it); err != nil {
				return err
			}
		}
	}
	return nil
}

func (it *item) unacked() []string {
	return slices.DeleteFunc(slices.Clone(it.about.Entries), func(id string) bool { return slices.Contains(it.about.Acked, id) })
}
