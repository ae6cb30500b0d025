package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	gohash "hash"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"tellbox/dropbox"
)

const (
	roomStep = 4 << 20  // bytes after which a blob that grows is held against the disk again
	syncStep = 16 << 20 // bytes after which it is synced, so that no text waits until a whole file is on disk
)

// upload is a blob that no parcel has named yet.
type upload struct {
	path string // without .part

	mu      sync.Mutex // protects the rest
	turn    int        // which piece may write: a later one ends those before it, whose connections may be dead
	file    *os.File   // while a piece is taken
	size    int64      // as it was said to be, or 0
	have    int64      // bytes that are written
	sum     gohash.Hash
	last    time.Time
	dropped bool

	whole atomic.Pointer[blobRecord] // once it is renamed and durable. Without mu, which is held while the disk syncs: the writer does not wait for that
}

// intake is a piece of an upload, a dropbox.Upload.
type intake struct {
	s    *Store
	u    *upload
	turn int
	at   int64 // where the next byte belongs
}

// Upload takes a blob of size bytes from byte at on, where it went on after at bytes; size 0 means that nobody knows it yet. What is there
// already is passed over, all of it if the blob is stored. Errors: ErrNothing, there are not at bytes of it: it has to begin anew; ErrShape,
// no blob has that size; ErrFull, files may not have more of the disk; ErrBusy, too many wait for their parcels; ErrDown.
func (s *Store) Upload(_ context.Context, id dropbox.BlobID, at, size int64) (dropbox.Upload, error) {
	t, err := s.takeBlob(s.blob(id), at, size)
	if err != nil {
		return nil, fmt.Errorf("taking a blob: %w", err)
	}
	return t, nil
}

func (s *Store) takeBlob(name hash, at, size int64) (*intake, error) {
	if at < 0 || size != 0 && !dropbox.CheckBlobSize(size) {
		return nil, dropbox.ErrShape
	}
	if at == 0 && !s.roomFor(size) {
		return nil, dropbox.ErrFull
	}
	u, err := s.uploadOf(name, at, size)
	if err != nil {
		return nil, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.dropped || at > u.have || size != u.size {
		return nil, dropbox.ErrNothing
	}
	u.stop()
	if u.whole.Load() == nil {
		flag := os.O_WRONLY | os.O_CREATE
		if u.have == 0 { // begun anew, or left by another
			flag |= os.O_TRUNC
		}
		if u.file, err = os.OpenFile(u.path+".part", flag, 0o600); err != nil {
			return nil, full(err)
		}
	}
	u.last = s.cfg.Now()
	return &intake{s, u, u.turn, at}, nil
}

// uploadOf finds an upload, or begins it. One that a box has already is whole, and nothing can change it.
func (s *Store) uploadOf(name hash, at, size int64) (*upload, error) {
	s.blobs.mu.Lock()
	defer s.blobs.mu.Unlock()
	if s.blobs.closed { // before anything else: Close waits for the writer, the writer for mu, and reading here would wait for Close
		return nil, ErrDown
	}
	if u := s.blobs.waiting[name]; u != nil {
		return u, nil
	}
	r, claimed, err := s.claimed(name) // under mu: a claim leaves the list of those that wait only after it shows here
	switch {
	case err != nil:
		return nil, err
	case claimed:
		u := &upload{have: int64(r.size), size: size}
		u.whole.Store(&r)
		return u, nil
	case at > 0:
		return nil, dropbox.ErrNothing
	case s.blobs.doomed[name], len(s.blobs.waiting) >= maxWaiting:
		return nil, dropbox.ErrBusy
	}
	u := &upload{path: s.blobs.path(name), size: size, sum: sha256.New()}
	u.last = s.cfg.Now()
	s.blobs.waiting[name] = u
	return u, nil
}

// stop ends the piece that is taken. The caller holds mu.
func (u *upload) stop() {
	u.turn++
	if u.file != nil {
		u.file.Close()
		u.file = nil
	}
}

func (t *intake) Write(p []byte) (int, error) {
	u := t.u
	u.mu.Lock()
	defer u.mu.Unlock()
	if t.turn != u.turn {
		return 0, dropbox.ErrBusy
	}
	n := int(max(0, min(u.have-t.at, int64(len(p))))) // what is there already
	t.at += int64(n)
	p = p[n:]
	if len(p) == 0 {
		return n, nil
	}
	if end := u.have + int64(len(p)); u.whole.Load() != nil || u.size > 0 && end > u.size || end > dropbox.MaxBlob {
		return n, dropbox.ErrShape
	}
	if u.have/roomStep != (u.have+int64(len(p)))/roomStep && !t.s.roomFor(0) {
		return n, dropbox.ErrFull
	}
	err := inject("write", u.path)
	if err == nil {
		_, err = u.file.WriteAt(p, u.have)
	}
	if err == nil && u.have/syncStep != (u.have+int64(len(p)))/syncStep {
		if err = inject("fsync", u.path); err == nil {
			err = fdatasync(u.file)
		}
		if err != nil {
			u.forget()
		}
	}
	if err != nil {
		return n, full(err)
	}
	u.sum.Write(p)
	u.have += int64(len(p))
	t.at, u.last = u.have, t.s.cfg.Now()
	return n + len(p), nil
}

func (t *intake) Have() int64 {
	t.u.mu.Lock()
	defer t.u.mu.Unlock()
	return t.u.have
}

func (t *intake) Close() error {
	t.u.mu.Lock()
	defer t.u.mu.Unlock()
	if t.turn == t.u.turn {
		t.u.stop()
	}
	return nil
}

func (t *intake) Finish() error {
	u := t.u
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.whole.Load() != nil {
		return nil
	}
	if t.turn != u.turn {
		return dropbox.ErrBusy
	}
	if !dropbox.CheckBlobSize(u.have) || u.size != 0 && u.have != u.size {
		return dropbox.ErrShape
	}
	if err := u.finish(); err != nil {
		u.forget()
		return full(err)
	}
	u.whole.Store(&blobRecord{size: uint64(u.have), sum: hash(u.sum.Sum(nil))})
	return nil
}

// forget lets it begin anew: what the disk could not sync it may have lost, and does not say so twice. The caller holds mu.
func (u *upload) forget() {
	u.stop()
	u.have, u.sum = 0, sha256.New()
}

// finish makes it durable under its name.
func (u *upload) finish() error {
	head := make([]byte, dropbox.BlobHead)
	f, err := os.Open(u.path + ".part")
	if err != nil {
		return err
	}
	_, err = f.ReadAt(head, 0)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := dropbox.CheckBlobHead(head); err != nil {
		return err
	}
	if err = inject("fsync", u.path); err == nil {
		err = fdatasync(u.file)
	}
	u.stop()
	if err == nil {
		err = inject("rename", u.path)
	}
	if err == nil {
		err = os.Rename(u.path+".part", u.path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(u.path))
	}
	return err
}

// full makes ErrFull of a full disk, and ErrDown of any other fault: the next Write may work, but this blob is no good.
func full(err error) error {
	switch {
	case errors.Is(err, dropbox.ErrShape):
		return err
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return dropbox.ErrFull
	}
	return ErrDown
}

// roomFor says whether files may have size bytes more of the disk.
func (s *Store) roomFor(size int64) bool {
	free, err := s.free()
	return err == nil && free-size >= s.room()+s.cfg.TextReserve
}

// FilesFull says whether there is no room for files now. What is left of the disk is for texts.
func (s *Store) FilesFull() bool { return !s.roomFor(0) }
