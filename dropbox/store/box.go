package store

import (
	"context"
	"fmt"
	"slices"

	"tellbox/dropbox"
)

// Lines is her box: all lines in the order they came, and the week it ends. ErrNothing if the drop is unknown, taken
// back or past its end. It never writes. ErrDown.
func (s *Store) Lines(ctx context.Context, drop dropbox.Drop) (out dropbox.Lines, err error) {
	box := s.box(drop)
	err = s.read(func(x tx) error {
		b, state, err := s.load(x, box)
		if err != nil {
			return err
		}
		if state != boxOpen {
			return dropbox.ErrNothing
		}
		out.Ends = string(b.week)
		for seq := range b.lines {
			line, err := x.get(lineKey(box, uint64(seq)))
			if err == nil && line == nil {
				err = errDamaged
			}
			if err != nil {
				return err
			}
			out.Lines = append(out.Lines, line)
		}
		return nil
	})
	if err != nil {
		return dropbox.Lines{}, fmt.Errorf("reading a box: %w", err)
	}
	return out, nil
}

// Withdraw takes it all back, in one durable transaction: it deletes the box, its lines and every piece of mail of that drop in all
// mailboxes, copies of replies too; leaves a tombstone for 30 days; remembers the sending number; and delivers p.To, a
// `withdrawn` frame of the smallest bucket for each reader who was ever sent something of it, whatever the quotas say.
//
// Deleted are the readers in p.To of whom it is known that nothing of hers was ever handed out to them, and who had mail of
// hers waiting; Asked are all others in p.To who were sent something. Both are sorted. Of a box that was opened again, in a store that had
// lost its beginning, nothing is known: then all are Asked.
//
// A box past its end can still be taken back. Errors: ErrNothing for an unknown drop; after a withdrawal ErrGone for the same sending, ErrNothing for others; ErrShape
// if there is a line or a larger frame; ErrFull if the disk is; ErrBusy, ErrDown.
func (s *Store) Withdraw(ctx context.Context, p *dropbox.Parcel) (erased dropbox.Erased, err error) {
	if !shaped(p) || p.Line != nil || slices.ContainsFunc(p.To, func(e dropbox.Envelope) bool {
		return len(e.Sealed) != dropbox.EnvelopeSize(dropbox.Buckets[0])
	}) {
		return erased, fmt.Errorf("withdrawing: %w", dropbox.ErrShape)
	}
	err = s.write(ctx, parcelBytes(p), s.little(), func(x tx) error {
		erased, err = s.withdraw(x, p)
		return err
	})
	if err != nil {
		return dropbox.Erased{}, fmt.Errorf("withdrawing: %w", err)
	}
	return erased, nil
}

func (s *Store) withdraw(x tx, p *dropbox.Parcel) (erased dropbox.Erased, err error) {
	_, sent, err := s.sending(x, s.number(p.Sending), hash(p.Digest))
	if err != nil {
		return erased, err
	}
	box := s.box(p.Drop)
	b, state, err := s.load(x, box)
	switch {
	case err != nil:
		return erased, err
	case state == boxGone && slices.ContainsFunc(sent, func(r sentRecord) bool { return r.box == box }):
		return erased, dropbox.ErrGone
	case state == boxGone, state == boxUnknown: // mail of an unknown drop is what an old withdrawal delivered
		return erased, dropbox.ErrNothing
	}
	mails, err := x.mailsOf(box)
	if err != nil {
		return erased, err
	}
	erased = dropbox.Erased{Deleted: []string{}, Asked: []string{}}
	var to []dropbox.Envelope // who has never been sent anything of it gets no frame: quotas do not hold for these
	for _, e := range p.To {
		reader, mb := e.Reader, s.mailbox(e.Reader)
		handed, err := x.get(handKey(box, mb))
		if err != nil {
			return erased, err
		}
		has := slices.ContainsFunc(mails, func(m boxMail) bool { return m.mailbox == mb })
		if b.whole && !has && handed == nil {
			continue
		}
		to = append(to, e)
		if b.whole && has && handed == nil {
			erased.Deleted = append(erased.Deleted, reader)
		} else {
			erased.Asked = append(erased.Asked, reader)
		}
	}
	slices.Sort(erased.Deleted)
	slices.Sort(erased.Asked)

	if err := x.erase(box, b, mails); err != nil {
		return erased, err
	}
	rest := *p
	rest.To = to
	b = boxRecord{tombstone: true, week: s.week(), mails: uint32(len(to))}
	return erased, s.finish(x, &rest, box, b, sent)
}

// boxMail is a piece of mail as the index of its box names it.
type boxMail struct {
	mailbox hash
	seq     uint64
	entryRecord
}

func (x tx) mailsOf(box hash) (mails []boxMail, err error) {
	prefix := concat("drop/", box[:])
	err = x.each(prefix, prefix, true, func(key, value []byte) (bool, error) {
		key = key[len(prefix):]
		entry, ok := decodeEntry(value)
		if len(key) != 40 || !ok {
			return false, errDamaged
		}
		seq, _ := decodeSeq(key[32:])
		mails = append(mails, boxMail{hash(key[:32]), seq, entry})
		return true, nil
	})
	return mails, err
}

// erase deletes everything of box but its record, and takes its mail off the mailboxes' counts.
func (x tx) erase(box hash, b boxRecord, mails []boxMail) error {
	var keys [][]byte
	for seq := range b.lines {
		keys = append(keys, lineKey(box, uint64(seq)))
	}
	heads := map[hash]headRecord{}
	for _, m := range mails {
		head, ok := heads[m.mailbox]
		if !ok {
			var err error
			if head, ok, err = load(x, headKey(m.mailbox), decodeHead); err != nil {
				return err
			}
		}
		if !ok || head.entries == 0 || head.bytes < uint64(m.size) {
			return errDamaged
		}
		head.entries--
		head.bytes -= uint64(m.size)
		heads[m.mailbox] = head
		keys = append(keys, mailKey(m.mailbox, m.seq), markKey(m.mailbox, m.seq), idKey(m.mailbox, m.id), dropKey(box, m.mailbox, m.seq))
	}
	prefix := concat("hand/", box[:])
	err := x.each(prefix, prefix, false, func(key, _ []byte) (bool, error) {
		keys = append(keys, slices.Clone(key))
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := x.delete(key); err != nil {
			return err
		}
	}
	for mb, head := range heads {
		if err := x.set(headKey(mb), head.encode()); err != nil {
			return err
		}
	}
	return nil
}
