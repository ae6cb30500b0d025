package store

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"tellbox/dropbox"
)

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
