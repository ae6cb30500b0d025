package store

import (
	"cmp"
	"errors"
	"io"
	"os"

	"tellbox/dropbox"
)

// Blobs stand in a backup behind their records, like age files, and are never in memory as a whole.

// blob writes a blob's record and all of its file. whole says whether that was as long as it should be.
func (w *summed) blob(key, value []byte, size int64, f io.Reader) (whole bool) {
	w.head(key, value, int(size))
	piece := make([]byte, 256<<10)
	whole = true
	for size > 0 && w.err == nil {
		piece = piece[:min(size, int64(len(piece)))]
		if n, err := io.ReadFull(f, piece); err != nil {
			clear(piece[n:])
			whole = false
		}
		w.write(piece)
		size -= int64(len(piece))
	}
	return whole
}

// backupBlob writes a blob. One that was erased meanwhile has no bytes.
func (s *Store) backupBlob(w *summed, key, value []byte, b *Backed) error {
	r, ok := decodeBlob(value)
	if !ok {
		return ErrDamaged
	}
	name := hashOf(key[len("blob/"):])
	f, err := os.Open(s.blobs.path(name))
	if err == nil {
		defer f.Close()
		if w.blob(key, value, int64(r.size), f) {
			return nil
		}
	} else {
		w.record(key, value, nil)
	}
	if _, named, err := s.claimed(name); err != nil || named {
		b.Damaged++
		return err
	}
	return nil
}

// readBlob hands a blob on. What takes it may fail, and need not read to its end.
func (r *backupReader) readBlob(key []byte, size int64) error {
	if size > dropbox.MaxBlob || len(key) != len("blob/")+32 {
		return ErrBackup
	}
	content := &io.LimitedReader{R: io.TeeReader(r.r, r.sum), N: size}
	if r.blob != nil && size > 0 {
		if err := r.blob(key, size, content); err != nil {
			return err
		}
	}
	if _, err := io.Copy(io.Discard, content); err != nil || content.N > 0 {
		return ErrBackup
	}
	return nil
}

// bringBackBlob writes the file of a blob. Whether it is what was stored, Check says.
func (s *Store) bringBackBlob(key []byte, size int64, content io.Reader) error {
	if free, err := s.free(); err != nil || free-size < s.little() {
		return cmp.Or(err, dropbox.ErrFull)
	}
	path := s.blobs.path(hashOf(key[len("blob/"):]))
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, content)
	err = errors.Join(err, f.Sync(), f.Close(), syncDir(s.blobs.dir))
	if err == nil && n != size {
		err = ErrBackup
	}
	return err
}
