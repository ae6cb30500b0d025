package store

import (
	"context"
	"fmt"

	"tellbox/dropbox"
)

// Status is what an operator may know: how much there is, and of what. It names no case.
type Status struct {
	Mailboxes []Mailbox // in the order asked
	Boxes     int       // open
	Ended     int       // past their end, waiting for a purge or for their mail to go
	Withdrawn int       // tombstones that still count
	Blobs     int       // of files
	BlobBytes int64     // of all blobs
	DiskFree  int64     // bytes
	DiskFull  bool      // less is free than the reserve: reports are refused
	FilesFull bool      // what is free is for texts: files are refused
	Erasing   int       // changes whose erasure has failed so far; it is tried again every minute
	Lost      bool      // something durable is missing, and the store is served all the same
}

// Mailbox is one reader's.
type Mailbox struct {
	Reader  string
	Waiting int    // entries that are not acknowledged
	Entries int    // all
	Bytes   int64  // of all envelopes
	Oldest  string // the week of the oldest that waits: "2026-W07", or ""
	Full    bool   // no room for another of the smallest
}

// Status counts boxes and what is in the mailboxes of readers. ErrDown; ctx.Err() if that came first.
func (s *Store) Status(ctx context.Context, readers []string) (st Status, err error) {
	st = Status{Mailboxes: []Mailbox{}}
	err = s.read(func(x tx) error {
		for _, reader := range readers {
			m, err := s.mailboxStatus(ctx, x, reader)
			if err != nil {
				return err
			}
			st.Mailboxes = append(st.Mailboxes, m)
		}
		err := x.each([]byte("blob/"), []byte("blob/"), true, func(_, value []byte) (bool, error) {
			r, ok := decodeBlob(value)
			st.Blobs++
			st.BlobBytes += int64(r.size)
			if !ok {
				return false, ErrDamaged
			}
			return ctx.Err() == nil, nil
		})
		if err != nil {
			return err
		}
		return x.each([]byte("box/"), []byte("box/"), true, func(_, value []byte) (bool, error) {
			b, ok := decodeBox(value)
			switch {
			case !ok:
				return false, ErrDamaged
			case b.tombstone && !s.past(b.week):
				st.Withdrawn++
			case !b.tombstone && b.week < s.week():
				st.Ended++
			case !b.tombstone:
				st.Boxes++
			}
			return ctx.Err() == nil, nil
		})
	})
	if err == nil {
		st.DiskFree, err = s.free()
		st.DiskFull, st.FilesFull = st.DiskFree < s.room(), s.FilesFull()
		st.Erasing, st.Lost = int(s.erasing.Load()), s.lost
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return Status{}, fmt.Errorf("counting: %w", err)
	}
	return st, nil
}

func (s *Store) mailboxStatus(ctx context.Context, x tx, reader string) (Mailbox, error) {
	mb := s.mailbox(reader)
	head, _, err := load(x, headKey(mb), decodeHead)
	if err != nil {
		return Mailbox{}, err
	}
	m := Mailbox{Reader: reader, Entries: int(head.entries), Bytes: int64(head.bytes)}
	m.Full = s.full(head, dropbox.EnvelopeSize(dropbox.Buckets[0]))
	prefix := concat("mark/", mb[:])
	err = x.each(prefix, prefix, true, func(_, value []byte) (bool, error) {
		mark, ok := decodeMark(value)
		if !ok {
			return false, ErrDamaged
		}
		if mark.acknowledged == "" {
			m.Waiting++
			if m.Oldest == "" {
				m.Oldest = string(mark.put) // they stand in the order they came
			}
		}
		return ctx.Err() == nil, nil
	})
	return m, err
}

// Roster is the stored roster with its keyholders. ErrDown.
func (s *Store) Roster() (r Bundle, err error) {
	err = s.read(func(x tx) error {
		var ok bool
		if r, ok, err = load(x, []byte("roster"), decodeBundle); err == nil && !ok {
			err = ErrDamaged
		}
		return err
	})
	if err != nil {
		return Bundle{}, fmt.Errorf("reading the roster: %w", err)
	}
	return r, nil
}

// SetRoster replaces both parts together. Whether the new roster may follow the old is the caller's to judge. Errors: ErrShape
// if they come to more than about 1 MiB; ErrFull if the disk is; ErrBusy, ErrDown.
func (s *Store) SetRoster(ctx context.Context, r Bundle) error {
	if len(r.Keyholders)+len(r.Roster) > maxBundle {
		return fmt.Errorf("storing the roster: %w", dropbox.ErrShape)
	}
	err := s.write(ctx, maxBundle, s.little(), func(x tx) error { return x.set([]byte("roster"), r.encode()) })
	if err != nil {
		return fmt.Errorf("storing the roster: %w", err)
	}
	return nil
}
