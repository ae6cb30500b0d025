package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/dgraph-io/badger/v4"
	"golang.org/x/sys/unix"

	"tellbox/dropbox"
)

// Bounds of what waits, and of what goes into one transaction. Badger's own are 15 % of the memtable, 10,066,329 bytes
// and 104,857 entries; the largest parcel, ten age files of 768 KiB, comes to 7,883,000.
const (
	queueLength  = 256
	batchOps     = 64
	batchBytes   = 8 << 20
	memTableSize = 64 << 20
)

// op is one change. do first checks, then writes: when it answers one of the errors of package dropbox it has written
// nothing. It may be run again in another transaction after one that came to nothing.
type op struct {
	do    func(tx) error
	bytes int   // about what it writes
	room  int64 // free bytes on the disk below which it is refused
	state atomic.Int32
	err   error
	done  chan struct{} // closed when err is final
}

const (
	opWaiting int32 = iota
	opTaken         // the writer has it: its outcome is coming
	opLeft          // its caller went away before that: it is never run
)

// write queues f and waits until it is durable or refused. While it waits in the queue ctx can end it: ErrBusy, nothing
// stored. After that the true outcome is waited for.
func (s *Store) write(ctx context.Context, bytes int, room int64, f func(tx) error) error {
	o := &op{do: f, bytes: bytes, room: room, done: make(chan struct{})}
	if err := s.enqueue(ctx, o); err != nil {
		return err
	}
	select {
	case <-o.done:
	case <-ctx.Done():
		if o.state.CompareAndSwap(opWaiting, opLeft) {
			return dropbox.ErrBusy
		}
		<-o.done
	}
	return o.err
}

func (s *Store) enqueue(ctx context.Context, o *op) error {
	s.mu.RLock() // so that Close does not close the queue under us; the writer goes on emptying it meanwhile
	defer s.mu.RUnlock()
	if s.closed {
		return ErrDown
	}
	if ctx.Err() != nil {
		return dropbox.ErrBusy
	}
	select {
	case s.queue <- o:
		return nil
	case <-ctx.Done():
		return dropbox.ErrBusy
	}
}

// writer is the only goroutine that changes anything. Badger syncs once for each transaction, so whatever waits goes
// into one.
func (s *Store) writer() {
	defer close(s.done)
	for first := range s.queue {
		for first != nil {
			batch, bytes := []*op{first}, first.bytes
			first = nil
		collect:
			for len(batch) < batchOps {
				select {
				case o, ok := <-s.queue:
					if !ok {
						break collect
					}
					if bytes += o.bytes; bytes > batchBytes {
						first = o
						break collect
					}
					batch = append(batch, o)
				default:
					break collect
				}
			}
			s.run(batch)
		}
	}
}

// run takes the ops that are still wanted and brings them to their outcome.
func (s *Store) run(batch []*op) {
	free, err := s.free()
	taken := batch[:0]
	for _, o := range batch {
		if !o.state.CompareAndSwap(opWaiting, opTaken) {
			continue
		}
		switch {
		case err != nil:
			o.finish(ErrDown)
		case free < o.room:
			s.cfg.Log.Error("store: disk nearly full: refused")
			o.finish(dropbox.ErrFull)
		default:
			taken = append(taken, o)
		}
	}
	if s.commit(taken) {
		return
	}
	for _, o := range taken { // one of them failed, or they are too big together: let each stand for itself
		if !s.commit([]*op{o}) {
			o.finish(o.err)
		}
	}
}

func (o *op) finish(err error) {
	o.err = err
	close(o.done)
}

// commit runs ops in one transaction and finishes them all, or none: then nothing was written and each may be
// tried again alone, and the last that was tried has the error.
func (s *Store) commit(ops []*op) bool {
	if s.broken.Load() {
		for _, o := range ops {
			o.finish(ErrDown)
		}
		return true
	}
	t := s.db.NewTransaction(true)
	defer t.Discard()
	for _, o := range ops {
		if o.err = o.do(tx{t}); o.err != nil && !refusal(o.err) {
			o.err = down(o.err)
			return false
		}
	}
	err := t.Commit()
	if errors.Is(err, badger.ErrTxnTooBig) || errors.Is(err, badger.ErrBlockedWrites) {
		for _, o := range ops {
			o.err = down(err)
		}
		return false
	}
	if err != nil {
		// Badger may show later readers what it could not sync. Answering "stored" from that would be a lie.
		s.broken.Store(true)
		s.cfg.Log.Error("store: commit failed: down until it is opened again")
	}
	for _, o := range ops {
		if err != nil { // a refusal too may rest on what was not stored
			o.err = down(err)
		}
		close(o.done)
	}
	return true
}

// free is how many bytes the disk has for us.
func (s *Store) free() (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(s.cfg.Dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}

// room is the disk that must be free for new reports and replies; little is for all else: a withdrawal or an
// acknowledgement should still go when there is no room for more. Badger compacts level 0 whenever it likes, and writes it and the level
// below anew before it gives the old ones back.
func (s *Store) room() int64 {
	room := s.cfg.DiskReserve
	for _, l := range s.db.Levels() {
		if l.Level == 0 || l.IsBaseLevel {
			room += l.Size
		}
	}
	return room
}

func (s *Store) little() int64 { return s.cfg.DiskReserve / 4 }

// refusal says whether err is an answer, not a failure.
func refusal(err error) bool {
	for _, e := range []error{dropbox.ErrNothing, dropbox.ErrTaken, dropbox.ErrGone, dropbox.ErrFull, dropbox.ErrShape} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// down makes ErrDown of badger's errors. Their text is left out, as some carry values.
func down(err error) error {
	if err == nil || refusal(err) {
		return err
	}
	for _, e := range []error{ErrDown, ErrForeign, ErrLocked, errDamaged} {
		if errors.Is(err, e) {
			if e == errDamaged {
				return fmt.Errorf("%w: %w", ErrDown, err)
			}
			return err
		}
	}
	text := err.Error()
	switch {
	case errors.Is(err, badger.ErrTxnTooBig):
		return fmt.Errorf("%w: badger: transaction too big", ErrDown)
	case errors.Is(err, badger.ErrBlockedWrites):
		return fmt.Errorf("%w: badger: writes are held up", ErrDown)
	case errors.Is(err, badger.ErrDBClosed):
		return fmt.Errorf("%w: badger: closed", ErrDown)
	case strings.Contains(text, "directory lock"): // badger does not wrap causes
		return ErrLocked
	case strings.Contains(text, unix.ENOSPC.Error()):
		return fmt.Errorf("%w: badger: disk full", ErrDown)
	}
	return fmt.Errorf("%w: badger: failed", ErrDown)
}
