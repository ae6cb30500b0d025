package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
)

// pending is a reply whose answer is not known: the sealed bytes, so that what is sent again is the same, under the
// same sending number. On disk it is JSON sealed to herself, and so tells a thief nothing.
type pending struct {
	Drop    dropbox.Drop       `json:"drop"`
	Sending dropbox.Sending    `json:"sending"`
	Line    []byte             `json:"line"`
	To      []dropbox.Envelope `json:"to"`
	Own     []byte             `json:"own"` // what goes to sent/

	frame *dropbox.Frame // out of Own
}

// knownFor is how long a reply may be sent again: a server forgets sending numbers after 30 days.
const knownFor = 28 * 24 * time.Hour

var errStale = errors.New("it has waited so long that sending it again could send it twice")

func (d *Desk) stale(p *pending) bool {
	day, err := time.Parse(time.DateOnly, p.frame.Day)
	return err != nil || d.now().Sub(day) > knownFor
}

// pendingName is one name for each case, so that there is never more than one reply on its way in it.
func (d *Desk) pendingName(drop dropbox.Drop) string {
	return filepath.Join("pending", d.mark(CaseID(drop))+".age")
}

func (p *pending) parcel() *dropbox.Parcel {
	parcel := &dropbox.Parcel{Drop: p.Drop, Sending: p.Sending, Line: p.Line, To: p.To}
	for _, f := range p.frame.Files {
		parcel.Blobs = append(parcel.Blobs, f.Blob)
	}
	return parcel
}

// savePending makes a reply durable before it is sent for the first time.
func (d *Desk) savePending(p *pending) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	sealed, err := dropbox.SealBytes(text, d.me.Identity.Recipient())
	if err != nil {
		return err
	}
	return d.home.write(d.pendingName(p.Drop), sealed)
}

// pendings are the replies on their way, and the names of those that cannot be read any more.
func (d *Desk) pendings() (all []*pending, damaged []string, err error) {
	entries, err := os.ReadDir(d.home.path("pending"))
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".age") {
			continue
		}
		p, err := d.openPending(filepath.Join("pending", e.Name()))
		if err != nil {
			damaged = append(damaged, filepath.Join("pending", e.Name()))
			continue
		}
		all = append(all, p)
	}
	return all, damaged, nil
}

// openPending returns nil without an error for a file that is not there.
func (d *Desk) openPending(name string) (*pending, error) {
	sealed, err := d.home.read(name)
	if err != nil || sealed == nil {
		return nil, err
	}
	text, _, err := d.decrypt(sealed)
	if err != nil {
		return nil, err
	}
	p := &pending{}
	if err := json.Unmarshal(text, p); err != nil {
		return nil, err
	}
	o, _ := d.openEnvelope(p.Own)
	if o == nil {
		return nil, dropbox.ErrOpen
	}
	p.frame, err = d.believeOwn(o)
	if err == nil && (p.frame.Drop != p.Drop || name != d.pendingName(p.Drop)) { // a reply of hers, but in another case
		err = dropbox.ErrOpen
	}
	return p, err
}

// flush sends again what is on its way.
func (d *Desk) flush(ctx context.Context, box *client.Mailbox) (notices []string, err error) {
	all, damaged, err := d.pendings()
	if err != nil {
		return nil, err
	}
	notices = d.damagedReplies(damaged)
	for _, p := range all {
		id := CaseID(p.Drop)
		c, err := d.live(id)
		if errors.Is(err, ErrUnknownCase) && !d.forgotten[d.mark(id)] { // its report is damaged here, and may come again
			continue
		}
		if err == nil && c.left && p.frame.Kind != dropbox.Added { // stopped after that was stored
			if err := d.home.remove(d.pendingName(p.Drop)); err != nil {
				return notices, err
			}
			continue
		}
		if err == nil && d.stale(p) {
			err = errStale
		}
		if errors.Is(err, errStale) {
			err = errors.Join(err, d.keepWords(p))
		}
		if errors.Is(err, ErrWithdrawn) || errors.Is(err, ErrUnknownCase) || errors.Is(err, errStale) {
			err = errors.Join(err, d.home.remove(d.pendingName(p.Drop)))
		}
		var sent delivered
		if err == nil {
			sent, err = d.deliver(ctx, box, p, true)
		}
		_, refused := errors.AsType[*client.Error](err)
		switch {
		case err == nil:
			notices = append(notices, fmt.Sprintf("Your reply in case %s was still on its way. It has arrived now.", id))
			notices = append(notices, sent.notices(id)...)
		case errors.Is(err, ErrUndelivered):
			return notices, err
		case refused, errors.Is(err, ErrNothingHere), errors.Is(err, ErrNoSuchRole), errors.Is(err, ErrWithdrawn), errors.Is(err, ErrUnknownCase), errors.Is(err, errStale):
			notice := fmt.Sprintf("Your reply in case %s was not stored: %v.", id, err)
			if draft, err := d.Draft(id); err == nil && draft.Text != "" {
				notice += fmt.Sprintf(" What it said is kept as your draft: advocate draft %s shows it.", id)
			}
			notices = append(notices, notice)
		default:
			return notices, err
		}
	}
	return notices, nil
}

// delivered is a reply that the server has stored.
type delivered struct {
	hash    string   // of her copy
	missing []string // names of files that the server did not have any more
}

// notices say which files have to be sent once more.
func (s delivered) notices(id string) (notices []string) {
	for _, name := range s.missing {
		notices = append(notices, fmt.Sprintf("The file %q did not arrive with your reply; all else did. Please send it again: advocate reply %s -file FILE.", name, id))
	}
	return notices
}

// deliver sends a reply and, once the server's verdict is known, moves it to sent or drops it. Without a verdict
// (ErrUndelivered) it stays. Of what is refused the words become her draft. unasked says that she is not waiting for it.
func (d *Desk) deliver(ctx context.Context, box *client.Mailbox, p *pending, unasked bool) (sent delivered, err error) {
	answer, err := box.Reply(ctx, p.parcel(), d.others())
	if client.Refused(err, "readers-changed") {
		// A co-reader left the roster while the reply was on its way: nothing was stored, for a server looks at the sending number
		// before the roster. The same words again, to who is left.
		var next *pending
		next, err = d.resealed(p)
		if errors.Is(err, ErrNoSuchRole) { // or it would keep all that follows waiting
			return sent, errors.Join(err, d.drop(p))
		}
		if err != nil {
			return sent, err
		}
		p = next
		answer, err = box.Reply(ctx, p.parcel(), d.others())
	}
	if err == nil {
		for _, f := range p.frame.Files {
			if slices.Contains(answer.Missing, f.Blob) {
				sent.missing = append(sent.missing, f.Name)
			}
		}
		sent.hash, err = d.keepSent(p, unasked)
		return sent, err
	}
	refusal, refused := errors.AsType[*client.Error](err)
	if !refused || refusal.Later() || refusal.Token == "signature" || refusal.Token == "" {
		return sent, fmt.Errorf("%w: %w", ErrUndelivered, err)
	}
	if err := d.drop(p); err != nil {
		return sent, err
	}
	if refusal.Token == "nothing-here" || refusal.Token == "used-ticket" {
		err = ErrNothingHere
	}
	return sent, err
}

// keepWords keeps the words of what will not be sent: as her draft, but what was meant for colleagues alone as a note of her own. A draft is
// sent to the reporter.
func (d *Desk) keepWords(p *pending) error {
	id := CaseID(p.Drop)
	if p.frame.Kind != dropbox.Note {
		return d.keepDraft(id, p.frame.Text)
	}
	list, err := d.notes(id)
	if err != nil || slices.ContainsFunc(list, func(n Note) bool { return n.Text == p.frame.Text }) { // stopped after this
		return err
	}
	_, err = d.AddNote(id, p.frame.Text)
	return err
}

// drop lets go of what will not be sent.
func (d *Desk) drop(p *pending) error {
	return errors.Join(d.keepWords(p), d.home.remove(d.pendingName(p.Drop)))
}

// keepSent keeps her own copy, and then lets go of the pending reply: stopped in between, it is sent again,
// found stored, and the copy is the same file. A draft with these words goes before it, or they could be sent twice.
func (d *Desk) keepSent(p *pending, unasked bool) (hash string, err error) {
	hash = hashOf(p.Own)
	i := slices.IndexFunc(d.sent, func(it *item) bool { return it.hash == hash })
	switch {
	case i < 0:
		it := &item{folder: "sent", hash: hash, about: about{Order: d.nextOrder(), Unasked: unasked}}
		if err := d.keep(it, p.Own); err != nil {
			return "", err
		}
		d.sent = append(d.sent, it)
	case unasked: // stopped in between, so she has not been told either
		d.sent[i].about.Unasked = true
		if err := d.saveAbout(d.sent[i]); err != nil {
			return "", err
		}
	}
	if err := d.dropDraft(CaseID(p.Drop), p.frame.Text); err != nil {
		return "", err
	}
	return hash, d.home.remove(d.pendingName(p.Drop))
}
