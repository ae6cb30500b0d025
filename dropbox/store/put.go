package store

import (
	"context"
	"fmt"
	"slices"

	"tellbox/dropbox"
)

// Sent says what Put or Reply would do with that sending number and digest, and writes nothing: Again, Another or Gone;
// Stored means that the number is unknown. Errors: ErrDown.
func (s *Store) Sent(ctx context.Context, n dropbox.Sending, digest dropbox.Hex32) (out dropbox.Outcome, err error) {
	err = s.read(func(x tx) error {
		out, _, err = s.sending(x, s.number(n), hash(digest))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("looking up a sending: %w", err)
	}
	return out, nil
}

// Put stores a reporter's parcel in one durable transaction: its line, its envelopes as mail, its sending number. first says
// that it is a first report, for which the drop must be unknown. The sending number comes before all else: Again
// and Gone store nothing. Otherwise the errors are
//
//	ErrShape    not a parcel with a line; without an envelope it can only be hers: a record for herself
//	ErrTaken    first, and the drop is known: a box, a tombstone, or mail
//	ErrNothing  not first, and she took that drop back
//	ErrFull     the box or the disk, of which reports have a part to themselves; as *dropbox.FullError a mailbox: nobody gets it
//	ErrBusy     ctx ended before its turn came; nothing was stored
//	ErrDown
//
// A later parcel to an unknown drop opens the box again: its store was restored from an older backup.
func (s *Store) Put(ctx context.Context, p *dropbox.Parcel, first bool) (out dropbox.Outcome, err error) {
	if !shaped(p) || p.Line == nil || len(p.To) == 0 && isReply(p) {
		return 0, fmt.Errorf("storing a parcel: %w", dropbox.ErrShape)
	}
	room := s.room()
	if len(p.To) == 0 { // no mailbox bounds these, and they stay for years: what is left for the last of the disk is reports
		room += s.cfg.DiskReserve
	}
	err = s.write(ctx, parcelBytes(p), room, func(x tx) error {
		out, err = s.put(x, p, first)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("storing a parcel: %w", err)
	}
	return out, nil
}

func (s *Store) put(x tx, p *dropbox.Parcel, first bool) (dropbox.Outcome, error) {
	out, sent, err := s.sending(x, s.number(p.Sending), hash(p.Digest))
	if err != nil || out == dropbox.Again || out == dropbox.Gone {
		return out, err
	}
	box := s.box(p.Drop)
	b, state, err := s.load(x, box)
	switch {
	case err != nil:
		return 0, err
	case first && (state != boxUnknown || b.mails > 0):
		return 0, dropbox.ErrTaken
	case state == boxGone:
		return 0, dropbox.ErrNothing
	}
	forgotten := b.tombstone
	if state == boxUnknown {
		b = boxRecord{whole: first, mails: b.mails}
	}
	if p.Keep != 0 {
		b.keep = p.Keep
	}
	if err = s.add(x, p, box, b, state, sent); err == nil && forgotten { // who was handed its frame was handed nothing of this
		err = x.dropHands(box)
	}
	return out, err
}

// Reply stores a reader's reply: a line to her, and mail to his co-readers. The outcomes and errors are those of Put, but a drop
// that was taken back is ErrGone. An unknown drop opens the box again, for two years. from is never an addressee: ErrShape.
// Whoever replies has been handed something of hers, whatever this store remembers.
func (s *Store) Reply(ctx context.Context, from string, p *dropbox.Parcel) (out dropbox.Outcome, err error) {
	if !shaped(p) || p.Line == nil || !dropbox.ValidID(from) || slices.Contains(p.Readers(), from) {
		return 0, fmt.Errorf("storing a reply: %w", dropbox.ErrShape)
	}
	err = s.write(ctx, parcelBytes(p), s.room(), func(x tx) error {
		out, err = s.reply(x, from, p)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("storing a reply: %w", err)
	}
	return out, nil
}

func (s *Store) reply(x tx, from string, p *dropbox.Parcel) (dropbox.Outcome, error) {
	out, sent, err := s.sending(x, s.number(p.Sending), hash(p.Digest))
	if err != nil || out == dropbox.Again || out == dropbox.Gone {
		return out, err
	}
	box := s.box(p.Drop)
	b, state, err := s.load(x, box)
	switch {
	case err != nil:
		return 0, err
	case state == boxGone:
		return 0, dropbox.ErrGone
	case state == boxUnknown:
		b = boxRecord{mails: b.mails}
	}
	if err := s.add(x, p, box, b, state, sent); err != nil {
		return 0, err
	}
	return out, x.set(handKey(box, s.mailbox(from)), nil)
}

// add checks the quotas, then writes all of p. b is what its box was, in state.
func (s *Store) add(x tx, p *dropbox.Parcel, box hash, b boxRecord, state boxState, sent []sentRecord) error {
	stale := uint32(0) // lines that a purge would have taken
	if state == boxEnded {
		stale, b.lines, b.bytes = b.lines, 0, 0
	}
	lines, bytes, mails := s.cfg.BoxLines, uint64(s.cfg.BoxBytes), maxBoxMails
	if isReply(p) { // a quarter is hers: no reader can fill her box so that she cannot write to the others
		lines, bytes, mails = lines*3/4, bytes*3/4, mails*3/4
	}
	if int(b.lines) >= lines || b.bytes+uint64(len(p.Line)) > bytes || int(b.mails)+len(p.To) > mails {
		return dropbox.ErrFull
	}
	for _, e := range p.To {
		head, _, err := load(x, headKey(s.mailbox(e.Reader)), decodeHead)
		if err != nil {
			return err
		}
		if s.full(head, len(e.Sealed)) {
			return &dropbox.FullError{Reader: e.Reader}
		}
	}

	if err := s.dropLines(x, box, stale); err != nil {
		return err
	}
	line, err := x.keep(p.Line)
	if err != nil {
		return err
	}
	if err := x.set(lineKey(box, uint64(b.lines)), line.append(nil)); err != nil {
		return err
	}
	if b.keep == 0 {
		b.keep = defaultKeep
	}
	b.week = s.endOfYears(b.keep)
	b.lines++
	b.bytes += uint64(len(p.Line))
	b.mails += uint32(len(p.To))
	if err := s.claim(x, box, p); err != nil {
		return err
	}
	return s.finish(x, p, box, b, sent)
}

// isReply says whether a reader made it: readers do not know her locator.
func isReply(p *dropbox.Parcel) bool { return p.Locator == dropbox.Locator{} }

// finish writes what a parcel and a withdrawal have in common: the mail, the box's record, the sending number.
func (s *Store) finish(x tx, p *dropbox.Parcel, box hash, b boxRecord, sent []sentRecord) error {
	for _, e := range p.To {
		if err := s.deliver(x, box, s.mailbox(e.Reader), e.Sealed, isReply(p)); err != nil {
			return err
		}
	}
	if err := x.set(boxKey(box), b.encode()); err != nil {
		return err
	}
	sent = append(sent, sentRecord{hash(p.Digest), box, s.week()})
	return x.set(sentKey(s.number(p.Sending)), encodeSent(sent))
}

// sending looks up a sending number. rs are the sendings that still count.
func (s *Store) sending(x tx, number, digest hash) (out dropbox.Outcome, rs []sentRecord, err error) {
	rs, _, err = load(x, sentKey(number), decodeSent)
	if err != nil {
		return 0, nil, err
	}
	rs = slices.DeleteFunc(rs, func(r sentRecord) bool { return s.past(r.week) })
	if len(rs) == 0 {
		return dropbox.Stored, nil, nil
	}
	which, out := rs[len(rs)-1], dropbox.Another
	if i := slices.IndexFunc(rs, func(r sentRecord) bool { return r.digest == digest }); i >= 0 {
		which, out = rs[i], dropbox.Again
	}
	_, state, err := s.load(x, which.box)
	if state == boxGone {
		out = dropbox.Gone
	}
	return out, rs, err
}

// boxState is what a box's record means today.
type boxState int

const (
	boxUnknown boxState = iota // none, or a tombstone of more than 30 days, whose mail may have outlived it
	boxOpen
	boxEnded // past its end: nothing to her, though its lines wait for a purge
	boxGone  // she took it back
)

func (s *Store) load(x tx, box hash) (boxRecord, boxState, error) {
	b, found, err := load(x, boxKey(box), decodeBox)
	switch {
	case err != nil || !found:
		return b, boxUnknown, err
	case b.tombstone && s.past(b.week):
		return b, boxUnknown, nil
	case b.tombstone:
		return b, boxGone, nil
	case b.week < s.week():
		return b, boxEnded, nil
	}
	return b, boxOpen, nil
}

// shaped says whether p can be a parcel at all.
func shaped(p *dropbox.Parcel) bool {
	return p.CheckShape() == nil && p.Drop != dropbox.Drop{} && p.Sending != dropbox.Sending{} && p.Keep >= 0 && p.Keep <= maxKeep
}

// parcelBytes is about how much p writes.
func parcelBytes(p *dropbox.Parcel) int {
	n := len(p.Line) + 1024
	for _, e := range p.To {
		n += len(e.Sealed) + 512
	}
	return n
}
