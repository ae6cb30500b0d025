package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	gohash "hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"tellbox/dropbox"
)

// Bounds of blobs. A whole one waits a day for the parcel that names it; a part of one an hour for the rest.
const (
	maxWaiting = 10_000   // blobs that no parcel has named yet
	maxBoxBlob = 500      // of one box, see maxBoxMails
	dropStep   = 20       // that are erased before the writer looks whether somebody waits
	roomStep   = 4 << 20  // bytes after which a blob that grows is held against the disk again
	syncStep   = 16 << 20 // bytes after which it is synced, so that no text waits until a whole file is on disk
	waitWhole  = 24 * time.Hour
	waitPart   = time.Hour
)

// blobs are the files' ciphertext, each in a file of its own, Dir/blobs/‹64 hex digits›, so that they stream and nothing of them is in memory.
// While one is taken, .part follows its name. Once a parcel has named a blob, badger's records say whose it is. Until then it is known in
// memory alone, and Open takes away what no record names: an upload that a crash has cut leaves nothing.
//
// A blob is erased by overwriting its age header, in which the key of all the rest is sealed, and then unlinked: what a disk keeps of it
// can be opened by nobody, not even with the secret that stands in envelopes. Any size takes the same time.
type blobs struct {
	dir string

	mu      sync.Mutex // protects the rest
	closed  bool
	waiting map[hash]*upload
	doomed  map[hash]bool // what is being erased, or could not be: until then nothing new has its name
}

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

func (b *blobs) path(name hash) string { return filepath.Join(b.dir, hex.EncodeToString(name[:])) }

// blob is the name of a blob here.
func (s *Store) blob(id dropbox.BlobID) hash { return hash(mac(s.pepper, "blob ", id[:])) }

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

// claimed is the record of a blob that a box has.
func (s *Store) claimed(name hash) (r blobRecord, ok bool, err error) {
	err = s.read(func(x tx) error {
		r, ok, err = load(x, blobKey(name), decodeBlob)
		return err
	})
	return r, ok, err
}

// waits says whether a blob is whole and waits for its parcel.
func (b *blobs) waits(name hash) (r blobRecord, ok bool) {
	b.mu.Lock()
	u := b.waiting[name]
	b.mu.Unlock()
	if u == nil || u.whole.Load() == nil {
		return r, false
	}
	return *u.whole.Load(), true
}

// named takes blobs that a box has now off the list of those that wait.
func (b *blobs) named(names []hash) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, name := range names {
		delete(b.waiting, name)
	}
}

// Missing are those of ids that are neither in a box nor wait whole for their parcel. ErrDown.
func (s *Store) Missing(_ context.Context, ids []dropbox.BlobID) (missing []dropbox.BlobID, err error) {
	for _, id := range ids {
		name := s.blob(id)
		_, ok := s.blobs.waits(name)
		if !ok {
			if _, ok, err = s.claimed(name); err != nil {
				return nil, fmt.Errorf("looking for blobs: %w", err)
			}
		}
		if !ok {
			missing = append(missing, id)
		}
	}
	return missing, nil
}

// Unclaimed are those of ids that no box has: what a parcel that is stored names and did not bring. One that came whole a moment too late
// waits for another parcel, and goes if none names it. ErrDown.
func (s *Store) Unclaimed(_ context.Context, ids []dropbox.BlobID) (unclaimed []dropbox.BlobID, err error) {
	for _, id := range ids {
		_, ok, err := s.claimed(s.blob(id))
		if err != nil {
			return nil, fmt.Errorf("looking for blobs: %w", err)
		}
		if !ok {
			unclaimed = append(unclaimed, id)
		}
	}
	return unclaimed, nil
}

// Blob is the ciphertext of a whole blob, for whoever knows its id. ErrNothing; ErrDown also for one that should be there.
func (s *Store) Blob(_ context.Context, id dropbox.BlobID) (io.ReadSeekCloser, error) {
	name := s.blob(id)
	_, ok := s.blobs.waits(name)
	if !ok {
		var err error
		if _, ok, err = s.claimed(name); err != nil {
			return nil, fmt.Errorf("reading a blob: %w", err)
		}
	}
	if !ok && s.lost {
		return nil, fmt.Errorf("reading a blob: %w", ErrDown)
	}
	if !ok {
		return nil, dropbox.ErrNothing
	}
	f, err := os.Open(s.blobs.path(name))
	if err == nil {
		return f, nil
	}
	if _, ok, err := s.claimed(name); err == nil && !ok { // it was taken back just now
		return nil, dropbox.ErrNothing
	}
	s.cfg.Log.Error("store: a blob is missing: tellbox check says which")
	return nil, fmt.Errorf("reading a blob: %w", ErrDown)
}

// Discard takes away blobs that wait for a parcel which will not come. One that is in a box stays.
func (s *Store) Discard(ids ...dropbox.BlobID) {
	s.alone(context.Background(), func() error {
		var names []hash
		for _, id := range ids {
			names = append(names, s.blob(id))
		}
		s.dropWaiting(names)
		return nil
	})
}

// dropWaiting erases blobs that nobody has named. The writer's alone, so that none is named meanwhile.
func (s *Store) dropWaiting(names []hash) {
	var dropped []hash
	for _, name := range names {
		s.blobs.mu.Lock()
		u := s.blobs.waiting[name]
		if u != nil {
			delete(s.blobs.waiting, name)
			s.blobs.doomed[name] = true
			dropped = append(dropped, name)
		}
		s.blobs.mu.Unlock()
		if u != nil {
			u.mu.Lock()
			u.stop()
			u.dropped = true
			u.mu.Unlock()
		}
	}
	s.eraseBlobs(dropped)
}

// expireBlobs takes away what has waited too long, a few at a time: others get their turn in between.
func (s *Store) expireBlobs(ctx context.Context) (err error) {
	for n := dropStep; n == dropStep && err == nil; {
		err = s.alone(ctx, func() error {
			old := s.expired()
			n = len(old)
			s.dropWaiting(old)
			return nil
		})
	}
	return err
}

// expired are dropStep of those that have waited too long, or all.
func (s *Store) expired() (old []hash) {
	now := s.cfg.Now()
	s.blobs.mu.Lock()
	defer s.blobs.mu.Unlock()
	for name, u := range s.blobs.waiting {
		if len(old) == dropStep {
			break
		}
		if !u.mu.TryLock() { // it is being written
			continue
		}
		if wait := now.Sub(u.last); wait > waitWhole || wait > waitPart && u.whole.Load() == nil {
			old = append(old, name)
		}
		u.mu.Unlock()
	}
	return old
}

// eraseBlobs overwrites the headers of blobs that no record names any more, and unlinks them. What fails is tried again later.
func (s *Store) eraseBlobs(names []hash) (err error) {
	for _, name := range names {
		s.blobs.mu.Lock()
		s.blobs.doomed[name] = true
		s.blobs.mu.Unlock()
		path := s.blobs.path(name)
		failed := errors.Join(eraseBlob(path), eraseBlob(path+".part"))
		s.blobs.mu.Lock()
		if failed == nil {
			delete(s.blobs.doomed, name)
		} else {
			err = failed
		}
		s.blobs.mu.Unlock()
	}
	if len(names) > 0 && err == nil {
		err = syncDir(s.blobs.dir)
	}
	if err != nil {
		s.erasing.Add(1)
		s.cfg.Log.Error("store: could not erase a blob: trying again later")
	}
	return err
}

func eraseBlob(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil {
		err = inject("write", path)
	}
	if err == nil {
		_, err = f.WriteAt(zeros[:min(4096, info.Size())], 0) // no more than there is: on a full disk it has no room
	}
	if err == nil && info.Size() > 4096 && strings.HasSuffix(path, ".part") { // of which nothing is synced yet: up to gigabytes
		err = f.Truncate(4096)
	}
	if err == nil {
		err = fdatasync(f)
	}
	if err != nil {
		return err
	}
	return os.Remove(path)
}

// eraseDoomed tries again to erase what could not be, and says how much is left. The writer's alone.
func (s *Store) eraseDoomed() (left int, err error) {
	s.blobs.mu.Lock()
	names := slices.Collect(maps.Keys(s.blobs.doomed))
	s.blobs.mu.Unlock()
	err = s.eraseBlobs(names)
	s.blobs.mu.Lock()
	defer s.blobs.mu.Unlock()
	return len(s.blobs.doomed), err
}

// openBlobs takes away what no record names. In a store that has lost something nothing is taken away.
func (s *Store) openBlobs() error {
	if err := os.MkdirAll(s.blobs.dir, 0o700); err != nil || s.lost {
		return err
	}
	names, _, err := s.blobs.names()
	if err != nil {
		return err
	}
	var unnamed []hash
	err = s.view(func(x tx) error {
		for name, part := range names {
			value, err := x.get(blobKey(name))
			if err == nil && value != nil && part { // none of ours
				err = eraseBlob(s.blobs.path(name) + ".part")
			}
			if err != nil {
				return err
			}
			if value == nil {
				unnamed = append(unnamed, name)
			}
		}
		return nil
	})
	if err == nil {
		s.eraseBlobs(unnamed) // what fails is counted and tried again
	}
	return err
}

// names are the blobs that there are files of, and whether it is a part, and the names of files that are none.
func (b *blobs) names() (names map[hash]bool, strange []string, err error) {
	entries, err := os.ReadDir(b.dir)
	names = map[hash]bool{}
	for _, e := range entries {
		text, part := strings.CutSuffix(e.Name(), ".part")
		name, err := hex.DecodeString(text)
		if err != nil || len(name) != len(hash{}) || text != hex.EncodeToString(name) || !e.Type().IsRegular() {
			strange = append(strange, e.Name())
			continue
		}
		names[hash(name)] = part
	}
	return names, strange, err
}

// close ends what is being taken.
func (b *blobs) close() {
	b.mu.Lock()
	b.closed = true
	waiting := slices.Collect(maps.Values(b.waiting))
	b.mu.Unlock()
	for _, u := range waiting {
		u.mu.Lock()
		u.stop()
		u.mu.Unlock()
	}
}
