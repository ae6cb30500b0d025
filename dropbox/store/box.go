package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tellbox/dropbox"
)

// Lines is her box: all lines in the order they came, the week it ends, and whether they are sure to be all. ErrNothing if the drop is unknown, taken
// back or past its end. It never writes. A line that the disk has damaged is there as it is: her program says that it does not
// open. ErrDown, also for an unknown drop in a store that has lost something.
func (s *Store) Lines(ctx context.Context, drop dropbox.Drop) (out dropbox.Lines, err error) {
	box := s.box(drop)
	out.Lines, err = s.fetch(func(x tx) (places []place, err error) {
		b, state, err := s.load(x, box)
		switch {
		case err != nil:
			return nil, err
		case state == boxUnknown && s.lost:
			return nil, ErrDown
		case state != boxOpen:
			return nil, dropbox.ErrNothing
		}
		out.Ends, out.Whole = string(b.week), b.whole && !s.lost
		for seq := range b.lines {
			p, ok, err := load(x, lineKey(box, uint64(seq)), decodePlace)
			if err == nil && !ok {
				err = ErrDamaged
			}
			if err != nil {
				return nil, err
			}
			places = append(places, p)
		}
		return places, nil
	})
	if err != nil {
		return dropbox.Lines{}, fmt.Errorf("reading a box: %w", err)
	}
	return out, nil
}

// fetch reads the age files at the places that look finds. Between the two one may be erased: then it is looked for
// again. What is still named there and is not what was stored is damaged. It is returned as it is: whoever it is
// for cannot open it, and nothing else suffers.
func (s *Store) fetch(look func(tx) ([]place, error)) ([][]byte, error) {
	r := reader{segments: s.segments}
	defer r.close()
	var before []place // that were not whole, the last time
	for {
		var places, broken []place
		err := s.read(func(x tx) (err error) { places, err = look(x); return err })
		if err != nil {
			return nil, err
		}
		out := make([][]byte, len(places))
		for i, p := range places {
			var whole bool
			if out[i], whole = r.read(p); !whole {
				broken = append(broken, p)
			}
		}
		if slices.Equal(broken, before) {
			if broken != nil {
				s.cfg.Log.Error("store: what was stored is damaged: tellbox check says where")
			}
			return out, nil
		}
		before = broken
		r.close() // the next look may find a segment that was not there
	}
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
	case state == boxUnknown && s.lost:
		return erased, ErrDown
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

	if err := s.erase(x, box, b, mails); err != nil {
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
			return false, ErrDamaged
		}
		seq, _ := decodeSeq(key[32:])
		mails = append(mails, boxMail{hash(key[:32]), seq, entry})
		return true, nil
	})
	return mails, err
}

// dropLines deletes the n lines of a box that has ended, and its blobs with them.
func (s *Store) dropLines(x tx, box hash, n uint32) error {
	if n == 0 {
		return nil
	}
	if err := x.dropBlobs(box); err != nil {
		return err
	}
	for seq := range n {
		key := lineKey(box, uint64(seq))
		p, ok, err := load(x, key, decodePlace)
		if err == nil && !ok {
			err = ErrDamaged
		}
		if err == nil {
			x.wipe(p)
			x.batch.erased = append(x.batch.erased, s.erased(key))
			err = x.delete(key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// dropHands forgets who was handed something of a box.
func (x tx) dropHands(box hash) error {
	var keys [][]byte
	prefix := concat("hand/", box[:])
	err := x.each(prefix, prefix, false, func(key, _ []byte) (bool, error) {
		keys = append(keys, slices.Clone(key))
		return true, nil
	})
	for _, key := range keys {
		if err == nil {
			err = x.delete(key)
		}
	}
	return err
}

// erase deletes everything of box but its record, and takes its mail off the mailboxes' counts.
func (s *Store) erase(x tx, box hash, b boxRecord, mails []boxMail) error {
	var keys [][]byte
	for seq := range b.lines {
		key := lineKey(box, uint64(seq))
		p, ok, err := load(x, key, decodePlace)
		if err != nil || !ok {
			return ErrDamaged
		}
		x.wipe(p)
		keys = append(keys, key)
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
		mail, ok2, err := load(x, mailKey(m.mailbox, m.seq), decodeMail)
		if err != nil {
			return err
		}
		if !ok || !ok2 || head.entries == 0 || head.bytes < uint64(m.size) {
			return ErrDamaged
		}
		x.wipe(mail.place)
		head.entries--
		head.bytes -= uint64(m.size)
		heads[m.mailbox] = head
		keys = append(keys, mailKey(m.mailbox, m.seq), markKey(m.mailbox, m.seq), idKey(m.mailbox, m.id), dropKey(box, m.mailbox, m.seq))
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
	x.batch.erased = append(x.batch.erased, s.erased(boxKey(box)))
	return errors.Join(x.dropBlobs(box), x.dropHands(box))
}
