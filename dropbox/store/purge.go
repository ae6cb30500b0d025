package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dgraph-io/badger/v4"

	"tellbox/dropbox"
)

// Purged counts what had ended by its lifetime and is gone now.
type Purged struct {
	Mail    int // acknowledged 30 days ago
	Lines   int // of boxes past their end
	Boxes   int // records of such boxes, and of tombstones
	Numbers int // sending numbers of 30 days ago
}

// How often, in ticks of Config.Tidy, the store does by itself what Purge does.
const (
	scrubTicks  = 5
	expireTicks = 60
	purgeWeight = maxBoxLines // about how many records change in one transaction, so that it fits, and others get their turn
)

// Purge takes away everything that has ended, erases what earlier faults kept from being erased, and scrubs badger's files. When
// it returns nil, no file of the data folder holds a byte of what was withdrawn, deleted or had ended before it was called, and no
// record of it but tombstones and counts. Mail that nobody acknowledged never ends. Others may read and write meanwhile. Errors:
// ErrDown, ErrBusy, ErrFull if the disk is, ctx's, or the file system's: what could be done is done.
func (s *Store) Purge(ctx context.Context) (p Purged, err error) {
	ctx, stop := s.ending(ctx)
	defer stop()
	if p, err = s.expire(ctx); err == nil {
		err = s.expireBlobs(ctx)
	}
	if err == nil {
		err = s.alone(ctx, s.eraseWaiting)
	}
	if err == nil {
		err = s.scrub(ctx)
	}
	if err != nil {
		return p, fmt.Errorf("purging: %w", err)
	}
	return p, nil
}

// tidy does it now and then.
func (s *Store) tidy() {
	defer close(s.tidied)
	ctx, stop := s.ending(context.Background())
	defer stop()
	clock := time.NewTicker(s.cfg.Tidy)
	defer clock.Stop()
	for tick := 1; ; tick++ {
		select {
		case <-clock.C:
		case <-ctx.Done():
			return
		}
		err := s.expireBlobs(ctx)
		if err == nil && s.erasing.Load() > 0 {
			err = s.alone(ctx, s.eraseWaiting)
		}
		if err == nil && tick%expireTicks == 0 {
			_, err = s.expire(ctx)
		}
		if err == nil && tick%scrubTicks == 0 && s.dirty.Load() {
			err = s.scrub(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.cfg.Log.Error("store: could not tidy up: trying again later")
		}
	}
}

// scrub makes badger write its files anew without what was deleted: only a flush and a compaction do that. It flushes when
// a prefix is dropped of which something is in memory. One at a time: while one drops a prefix and another flattens, badger 4.9.6
// mixes up its tables.
func (s *Store) scrub(ctx context.Context) error {
	s.scrubbing.Lock()
	defer s.scrubbing.Unlock()
	err := s.alone(ctx, func() error {
		if free, err := s.free(); err != nil || free < s.little() { // it writes new files, which on a full disk is deadly
			return cmp.Or(err, dropbox.ErrFull)
		}
		if len(s.erasedNow) > 0 {
			s.commit(nil)
		}
		s.dirty.Store(false)
		scratch := []byte("scrub")
		err := s.db.Update(func(t *badger.Txn) error {
			return errors.Join(t.Set(scratch, nil), t.Set([]byte("commits"), seqBytes(s.commits))) // the latter stays, so that no version is missing
		})
		if err == nil {
			err = s.db.DropPrefix(scratch)
		}
		return down(err)
	})
	if err != nil {
		s.dirty.Store(true)
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return ErrDown
	}
	return down(s.db.Flatten(1))
}

// expire takes away what has ended.
func (s *Store) expire(ctx context.Context) (p Purged, err error) {
	for _, kind := range []struct {
		prefix string
		weigh  func(x tx, key, value []byte) int // see purgeWeight
		due    func(key, value []byte) (bool, error)
		drop   func(x tx, key, value []byte, p *Purged) error
	}{
		{"mark/", weigh20, s.markDue, s.dropMark},
		{"box/", weighBox, s.boxDue, s.dropBox},
		{"sent/", weigh20, s.sentDue, s.dropSent},
	} {
		from := []byte(kind.prefix)
		for from != nil && err == nil {
			var keys [][]byte
			keys, from, err = s.find(ctx, []byte(kind.prefix), from, kind.weigh, kind.due)
			if err != nil || len(keys) == 0 {
				continue
			}
			var now Purged
			err = s.write(ctx, len(keys)*512, s.little(), func(x tx) error {
				now = Purged{}
				for _, key := range keys {
					value, err := x.get(key) // it may have changed meanwhile
					if err != nil {
						return err
					}
					if value == nil {
						continue
					}
					due, err := kind.due(key, value)
					if err == nil && due {
						err = kind.drop(x, key, value, &now)
					}
					if err != nil {
						return err
					}
				}
				return nil
			})
			if err == nil {
				p = Purged{p.Mail + now.Mail, p.Lines + now.Lines, p.Boxes + now.Boxes, p.Numbers + now.Numbers}
			}
		}
	}
	return p, err
}

func weigh20(tx, []byte, []byte) int { return 20 }

func weighBox(x tx, key, value []byte) int {
	b, _ := decodeBox(value)
	blobs, _ := x.blobsOf(hashOf(key[len("box/"):])) // two records each
	return 20 + int(b.lines) + 2*len(blobs)
}

// find collects keys that are due, up to purgeWeight and one, and where to go on: nil at the end.
func (s *Store) find(ctx context.Context, prefix, from []byte, weigh func(x tx, key, value []byte) int, due func(key, value []byte) (bool, error)) (keys [][]byte, next []byte, err error) {
	err = s.read(func(x tx) error {
		weight := 0
		return x.each(prefix, from, true, func(key, value []byte) (bool, error) {
			if weight >= purgeWeight {
				next = slices.Clone(key)
				return false, nil
			}
			ok, err := due(key, value)
			if ok {
				keys = append(keys, slices.Clone(key))
				weight += weigh(x, key, value)
			}
			if err == nil {
				err = context.Cause(ctx)
			}
			return true, err
		})
	})
	return keys, next, err
}

func (s *Store) markDue(_, value []byte) (bool, error) {
	mark, ok := decodeMark(value)
	if !ok {
		return false, ErrDamaged
	}
	return mark.acknowledged != "" && s.past(mark.acknowledged), nil
}

func (s *Store) dropMark(x tx, key, _ []byte, p *Purged) error {
	rest := key[len("mark/"):]
	if len(rest) != 40 {
		return ErrDamaged
	}
	seq, _ := decodeSeq(rest[32:])
	p.Mail++
	return s.remove(x, hash(rest[:32]), seq)
}

// boxDue: a box past its end with something left of it, or a tombstone that does not count any more.
func (s *Store) boxDue(_, value []byte) (bool, error) {
	b, ok := decodeBox(value)
	if !ok {
		return false, ErrDamaged
	}
	if b.tombstone {
		return s.past(b.week) && b.mails == 0, nil
	}
	return b.week < s.week() && (b.lines > 0 || b.mails == 0), nil
}

// dropBox keeps the record of a box as long as mail of it is there: nobody has acknowledged that.
func (s *Store) dropBox(x tx, key, value []byte, p *Purged) error {
	b, _ := decodeBox(value)
	if len(key) != len("box/")+32 {
		return ErrDamaged
	}
	box := hash(key[len("box/"):])
	if err := s.dropLines(x, box, b.lines); err != nil {
		return err
	}
	p.Lines += int(b.lines)
	b.lines, b.bytes = 0, 0
	if b.mails > 0 {
		return x.set(key, b.encode())
	}
	p.Boxes++
	if err := x.dropHands(box); err != nil {
		return err
	}
	return x.delete(key)
}

func (s *Store) sentDue(_, value []byte) (bool, error) {
	rs, ok := decodeSent(value)
	if !ok {
		return false, ErrDamaged
	}
	return slices.ContainsFunc(rs, func(r sentRecord) bool { return s.past(r.week) }), nil
}

func (s *Store) dropSent(x tx, key, value []byte, p *Purged) error {
	rs, _ := decodeSent(value)
	left := slices.DeleteFunc(rs, func(r sentRecord) bool { return s.past(r.week) })
	p.Numbers++
	if len(left) > 0 {
		return x.set(key, encodeSent(left))
	}
	return x.delete(key)
}
