package store

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/dgraph-io/badger/v4"
	"golang.org/x/sys/unix"

	"tellbox/dropbox"
)

// Bounds of what waits, and of what goes into one transaction. Badger's own are 15 % of the memtable, 2,516,582 bytes and
// 26,214 entries; see maxBoxMails. The largest parcel, ten age files of 768 KiB, comes to 7,883,000 bytes in segments.
const (
	queueLength  = 256
	batchOps     = 64
	batchBytes   = 8 << 20
	memTableSize = 16 << 20
)

// op is one change. do first checks, then writes: when it answers one of the errors of package dropbox it has written
// nothing. It may be run again in another transaction after one that came to nothing.
type op struct {
	do    func(tx) error
	alone func() error // instead of do: what the writer does outside of any transaction
	bytes int          // about what it writes
	room  int64        // free bytes on the disk below which it is refused
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
	return s.submit(ctx, &op{do: f, bytes: bytes, room: room, done: make(chan struct{})})
}

// alone queues f for the writer to run between two transactions.
func (s *Store) alone(ctx context.Context, f func() error) error {
	return s.submit(ctx, &op{alone: f, bytes: batchBytes, done: make(chan struct{})})
}

func (s *Store) submit(ctx context.Context, o *op) error {
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

// writer is the only goroutine that changes anything. Each transaction is synced by itself, so whatever waits goes into one.
func (s *Store) writer() {
	defer close(s.done)
	for first := range s.queue {
		for first != nil {
			batch, bytes := []*op{first}, first.bytes
			first = nil
		collect:
			for len(batch) < batchOps && batch[0].alone == nil {
				select {
				case o, ok := <-s.queue:
					if !ok {
						break collect
					}
					if bytes += o.bytes; bytes > batchBytes || o.alone != nil {
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
	if free, err := s.free(); err == nil && free >= s.little() && len(s.erasedNow) > 0 {
		s.commit(nil) // what was erased need not be erased again at the next Open
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
		case o.alone != nil && s.broken.Load():
			o.finish(ErrDown)
		case o.alone != nil:
			o.finish(o.alone())
		default:
			taken = append(taken, o)
		}
	}
	if len(taken) == 0 || s.commit(taken) {
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
// tried again alone, and the last that was tried has the error. Age files are on disk before badger commits what names them,
// and what is dropped is overwritten after that.
func (s *Store) commit(ops []*op) bool {
	if s.broken.Load() {
		for _, o := range ops {
			o.finish(ErrDown)
		}
		return true
	}
	t := s.db.NewTransaction(true)
	defer t.Discard()
	x := tx{t, newBatch(s.active)}
	for _, o := range ops {
		if o.err = o.do(x); o.err != nil && !refusal(o.err) {
			o.err = down(o.err)
			return false
		}
	}
	commit := s.commits + 1
	err := s.settle(x, commit)
	if err == nil {
		if err = s.writePieces(x.batch); err != nil {
			return s.unwritten(ops, x.batch, err)
		}
		err = t.Commit()
	}
	if errors.Is(err, badger.ErrTxnTooBig) || errors.Is(err, badger.ErrBlockedWrites) || errors.Is(err, ErrDamaged) {
		for _, o := range ops {
			o.err = down(err)
		}
		s.uncommitted(x.batch)
		return false
	}
	if err != nil {
		// Badger may show later readers what it could not sync. Answering "stored" from that would be a lie.
		s.broken.Store(true)
		s.cfg.Log.Error("store: commit failed: down until it is opened again")
		for _, o := range ops { // a refusal too may rest on what was not stored
			o.finish(down(err))
		}
		return true
	}
	s.committed(commit, x.batch)
	for _, o := range ops {
		close(o.done)
	}
	return true
}

// unwritten ends a batch whose age files could not be written: nothing refers to them. A full disk is nothing worse than
// that; after any other fault what the disk holds is not known.
func (s *Store) unwritten(ops []*op, b *batch, err error) bool {
	s.uncommitted(b)
	answer := dropbox.ErrFull
	if !errors.Is(err, unix.ENOSPC) && !errors.Is(err, unix.EDQUOT) {
		answer = ErrDown
		s.broken.Store(true)
		s.cfg.Log.Error("store: writing failed: down until it is opened again")
	} else {
		s.cfg.Log.Error("store: disk full: refused")
	}
	for _, o := range ops {
		o.finish(answer)
	}
	return true
}

// committed does what follows a durable commit, before anybody is answered.
func (s *Store) committed(commit uint64, b *batch) {
	s.commits, s.active, s.erasedNow = commit, b.active, nil
	s.tally.set(commit)
	s.erasures.noted = s.erasures.count
	if b.deletes {
		s.dirty.Store(true)
	}
	if len(b.wiped) > 0 || len(b.erased) > 0 || len(b.empty) > 0 {
		if s.forget(wipeKey(commit), wipeRecord{b.wiped, s.week(), b.erased}, b.empty) != nil {
			s.erasing.Add(1)
		}
	}
	s.blobs.named(b.claimed)
	s.eraseBlobs(b.dropped)
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

func (s *Store) little() int64 { return s.room() - s.cfg.DiskReserve*3/4 }
