package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"

	"tellbox/dropbox"
)

// Bounds of one answer of Mail, and of the marks in one transaction of Ack.
const (
	maxMail      = 100
	maxMailBytes = 8 << 20
	maxAck       = 1000
)

// full says whether a mailbox has no room for an envelope of size bytes.
func (s *Store) full(head headRecord, size int) bool {
	return head.entries >= uint64(s.cfg.MailboxEntries) || head.bytes+uint64(size) > uint64(s.cfg.MailboxBytes)
}

func via(m mailRecord) string {
	if m.reply {
		return dropbox.ViaReply
	}
	return dropbox.ViaParcel
}

// deliver puts an envelope into a mailbox, full or not. A mailbox comes to be with its first envelope.
func (s *Store) deliver(x tx, box, mb hash, envelope []byte, reply bool) error {
	head, found, err := load(x, headKey(mb), decodeHead)
	if err != nil {
		return err
	}
	if !found {
		head.next = 1
		rand.Read(head.epoch[:])
	}
	at, err := x.keep(envelope)
	if err != nil {
		return err
	}
	seq := head.next
	head.next++
	head.entries++
	head.bytes += uint64(len(envelope))
	mail := mailRecord{box: box, reply: reply, place: at}
	rand.Read(mail.id[:])
	for _, r := range []struct{ key, value []byte }{
		{headKey(mb), head.encode()},
		{mailKey(mb, seq), mail.encode()},
		{markKey(mb, seq), markRecord{put: s.week()}.encode()},
		{idKey(mb, mail.id), seqBytes(seq)},
		{dropKey(box, mb, seq), entryRecord{mail.id, uint32(len(envelope))}.encode()},
	} {
		if err := x.set(r.key, r.value); err != nil {
			return err
		}
	}
	return nil
}

// found is mail as read, before it may be handed out.
type found struct {
	dropbox.Mail
	box   hash
	fresh bool // not marked as handed out when it was read
}

// Mail lists up to limit entries of a mailbox after a cursor, acknowledged ones too, in the order they came: at most 100 and 8 MiB of
// envelopes, but at least one. next is the cursor for what follows; it stays valid until the mailbox has a new
// epoch, which it gets when the store is restored. Any cursor but one of this mailbox and epoch lists from the start. No mail
// means that there is no more.
//
// Before it returns, it is durably noted that these entries were handed out. What is withdrawn meanwhile is not returned.
// Errors: ErrBusy and ErrDown, ErrFull if the disk is; nothing was handed out then.
func (s *Store) Mail(ctx context.Context, reader, after string, limit int) (mail []dropbox.Mail, next string, err error) {
	mb := s.mailbox(reader)
	limit = min(max(limit, 1), maxMail)
	for {
		var entries []found
		if entries, after, err = s.list(mb, parseCursor(after), limit); err != nil {
			return nil, "", fmt.Errorf("reading a mailbox: %w", err)
		}
		if len(entries) == 0 {
			return nil, after, nil
		}
		if entries, err = s.handOut(ctx, mb, entries); err != nil {
			return nil, "", fmt.Errorf("handing out mail: %w", err)
		}
		if len(entries) > 0 { // else all of them were withdrawn just now
			for _, e := range entries {
				mail = append(mail, e.Mail)
			}
			return mail, after, nil
		}
	}
}

func (s *Store) list(mb hash, from cursor, limit int) (entries []found, next string, err error) {
	envelopes, err := s.fetch(func(x tx) (places []place, err error) {
		entries, next = nil, ""
		head, ok, err := load(x, headKey(mb), decodeHead)
		if err != nil || !ok {
			return nil, err
		}
		after := from
		if after.epoch != head.epoch {
			after = cursor{epoch: head.epoch}
		}
		if after.seq+1 == 0 { // no mailbox comes that far, but a cursor can
			next = after.String()
			return nil, nil
		}
		prefix, size := concat("mail/", mb[:]), 0
		err = x.each(prefix, mailKey(mb, after.seq+1), true, func(key, value []byte) (bool, error) {
			seq, ok := decodeSeq(key[len(prefix):])
			m, ok2 := decodeMail(value)
			if !ok || !ok2 {
				return false, ErrDamaged
			}
			if size += int(m.place.length); len(entries) > 0 && size > maxMailBytes {
				return false, nil
			}
			mark, ok, err := load(x, markKey(mb, seq), decodeMark)
			if err == nil && !ok {
				err = ErrDamaged
			}
			after.seq = seq
			entries = append(entries, found{dropbox.Mail{Seq: seq, ID: hex.EncodeToString(m.id[:]), Via: via(m)}, m.box, mark.handed == ""})
			places = append(places, m.place)
			return len(entries) < limit, err
		})
		next = after.String()
		return places, err
	})
	for i := range envelopes {
		entries[i].Envelope = envelopes[i]
	}
	return entries, next, err
}

// handOut notes that entries are handed out, and leaves away those that are not there any more.
func (s *Store) handOut(ctx context.Context, mb hash, entries []found) ([]found, error) {
	fresh := func(f found) bool { return f.fresh }
	if !slices.ContainsFunc(entries, fresh) {
		return entries, nil
	}
	var kept []found
	err := s.write(ctx, len(entries)*256, s.little(), func(x tx) error {
		kept = nil
		for _, e := range entries {
			mark, ok, err := load(x, markKey(mb, e.Seq), decodeMark)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			kept = append(kept, e)
			if mark.handed != "" {
				continue
			}
			mark.handed = s.week()
			if err := x.set(markKey(mb, e.Seq), mark.encode()); err != nil {
				return err
			}
			if err := x.set(handKey(e.box, mb), nil); err != nil {
				return err
			}
		}
		return nil
	})
	return kept, err
}

// Ack notes that the reader has those entries safe. Ids that are not in his mailbox are passed over, and the week of the first
// acknowledgement stays. Errors: ErrBusy and ErrDown, ErrFull if the disk is; of more than 1,000 ids some may be noted
// then: acknowledge again.
func (s *Store) Ack(ctx context.Context, reader string, ids []string) error {
	mb := s.mailbox(reader)
	for some := range slices.Chunk(ids, maxAck) {
		err := s.write(ctx, len(some)*128, s.little(), func(x tx) error {
			for _, id := range some {
				seq, _, ok, err := x.find(mb, id)
				if err != nil {
					return err
				}
				if !ok {
					continue
				}
				mark, ok, err := load(x, markKey(mb, seq), decodeMark)
				if err != nil || !ok {
					return ErrDamaged
				}
				if mark.acknowledged != "" {
					continue
				}
				mark.acknowledged = s.week()
				if err := x.set(markKey(mb, seq), mark.encode()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("acknowledging mail: %w", err)
		}
	}
	return nil
}

// find looks up an entry by its id, 32 lower-case hexadecimal digits.
func (x tx) find(mb hash, text string) (seq uint64, id [16]byte, ok bool, err error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(id) || hex.EncodeToString(b) != text {
		return 0, id, false, nil
	}
	id = [16]byte(b)
	seq, ok, err = load(x, idKey(mb, id), decodeSeq)
	return seq, id, ok, err
}

// Delete removes one entry of a reader's mailbox. That it was handed out is remembered as long as its box. Errors:
// ErrBusy and ErrDown, ErrFull if the disk is.
func (s *Store) Delete(ctx context.Context, reader, id string) (removed bool, err error) {
	mb := s.mailbox(reader)
	err = s.write(ctx, 1024, s.little(), func(x tx) error {
		var seq uint64
		if seq, _, removed, err = x.find(mb, id); err != nil || !removed {
			return err
		}
		return s.remove(x, mb, seq)
	})
	if err != nil {
		return false, fmt.Errorf("deleting mail: %w", err)
	}
	return removed, nil
}

// remove deletes a piece of mail that is there.
func (s *Store) remove(x tx, mb hash, seq uint64) error {
	mail, ok, err := load(x, mailKey(mb, seq), decodeMail)
	if err != nil {
		return err
	}
	head, ok2, err := load(x, headKey(mb), decodeHead)
	if err != nil {
		return err
	}
	b, ok3, err := load(x, boxKey(mail.box), decodeBox)
	if err != nil {
		return err
	}
	if !ok || !ok2 || !ok3 || head.entries == 0 || head.bytes < uint64(mail.place.length) || b.mails == 0 {
		return ErrDamaged
	}
	head.entries--
	head.bytes -= uint64(mail.place.length)
	b.mails--
	key := idKey(mb, mail.id)
	for _, key := range [][]byte{mailKey(mb, seq), markKey(mb, seq), key, dropKey(mail.box, mb, seq)} {
		if err := x.delete(key); err != nil {
			return err
		}
	}
	x.wipe(mail.place)
	x.batch.erased = append(x.batch.erased, s.erased(key))
	if err := x.set(headKey(mb), head.encode()); err != nil {
		return err
	}
	return x.set(boxKey(mail.box), b.encode())
}
