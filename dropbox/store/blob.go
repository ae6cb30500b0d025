package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"tellbox/dropbox"
)

// Bounds of blobs. A whole one waits a day for the parcel that names it; a part of one an hour for the rest.
const (
	maxWaiting = 10_000 // blobs that no parcel has named yet
	maxBoxBlob = 500    // of one box, see maxBoxMails
	dropStep   = 20     // that are erased before the writer looks whether somebody waits
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

func (b *blobs) path(name hash) string { return filepath.Join(b.dir, hex.EncodeToString(name[:])) }

// blob is the name of a blob here.
func (s *Store) blob(id dropbox.BlobID) hash { return hash(mac(s.pepper, "blob ", id[:])) }

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

// claim gives the blobs that p names, and that wait here whole, to box. The others are passed over, and those for which the box has no room:
// an account never waits for a file.
func (s *Store) claim(x tx, box hash, p *dropbox.Parcel) error {
	if len(p.Blobs) == 0 {
		return nil
	}
	has, err := x.blobsOf(box)
	if err != nil {
		return err
	}
	room := maxBoxBlob - len(has)
	if isReply(p) { // as for lines, a quarter is hers
		room -= maxBoxBlob / 4
	}
	for _, id := range p.Blobs {
		name := s.blob(id)
		had, err := x.get(blobKey(name))
		if err != nil {
			return err
		}
		r, waits := s.blobs.waits(name)
		if had != nil || !waits || room <= 0 {
			continue
		}
		room--
		r.box = box
		if err := errors.Join(x.set(blobKey(name), r.encode()), x.set(fileKey(box, name), nil)); err != nil {
			return err
		}
		x.batch.claimed = append(x.batch.claimed, name)
	}
	return nil
}

// blobsOf are the blobs of a box.
func (x tx) blobsOf(box hash) (names []hash, err error) {
	prefix := concat("file/", box[:])
	err = x.each(prefix, prefix, false, func(key, _ []byte) (bool, error) {
		if len(key) != len(prefix)+32 {
			return false, ErrDamaged
		}
		names = append(names, hash(key[len(prefix):]))
		return true, nil
	})
	return names, err
}

// dropBlobs deletes all blobs of a box.
func (x tx) dropBlobs(box hash) error {
	names, err := x.blobsOf(box)
	for _, name := range names {
		err = errors.Join(err, x.delete(blobKey(name)), x.delete(fileKey(box, name)))
	}
	x.batch.dropped = append(x.batch.dropped, names...)
	return err
}

// hasBlob says whether a blob is in a box, or waits whole for its parcel.
func (s *Store) hasBlob(name hash) (bool, error) {
	if _, ok := s.blobs.waits(name); ok {
		return true, nil
	}
	_, ok, err := s.claimed(name)
	return ok, err
}

// Missing are those of ids that are neither in a box nor wait whole for their parcel. ErrDown.
func (s *Store) Missing(_ context.Context, ids []dropbox.BlobID) ([]dropbox.BlobID, error) {
	return s.without(ids, s.hasBlob)
}

// without are those of ids that are not there.
func (s *Store) without(ids []dropbox.BlobID, there func(hash) (bool, error)) (rest []dropbox.BlobID, err error) {
	for _, id := range ids {
		ok, err := there(s.blob(id))
		if err != nil {
			return nil, fmt.Errorf("looking for blobs: %w", err)
		}
		if !ok {
			rest = append(rest, id)
		}
	}
	return rest, nil
}

// Unclaimed are those of ids that no box has: what a parcel that is stored names and did not bring. One that came whole a moment too late
// waits for another parcel, and goes if none names it. ErrDown.
func (s *Store) Unclaimed(_ context.Context, ids []dropbox.BlobID) ([]dropbox.BlobID, error) {
	return s.without(ids, func(name hash) (bool, error) { _, ok, err := s.claimed(name); return ok, err })
}

// Blob is the ciphertext of a whole blob, for whoever knows its id. ErrNothing; ErrDown also for one that should be there.
func (s *Store) Blob(_ context.Context, id dropbox.BlobID) (io.ReadSeekCloser, error) {
	name := s.blob(id)
	ok, err := s.hasBlob(name)
	if err != nil {
		return nil, fmt.Errorf("reading a blob: %w", err)
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
