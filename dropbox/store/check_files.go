package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// folder looks at what is in the data folder and who may read it.
func (c *checking) folder() {
	cfg := c.s.cfg
	entries, err := os.ReadDir(cfg.Dir)
	if err != nil {
		c.fault("the data folder cannot be read")
	}
	for _, e := range entries {
		switch e.Name() {
		case "badger", "segments", "blobs", "commits", "format", "control.sock":
		default:
			c.fault("%s in the data folder is none of its files: move it elsewhere", e.Name())
		}
	}
	for _, path := range []string{cfg.Dir, cfg.Pepper, cfg.Erased} {
		if info, err := os.Stat(path); err != nil {
			c.fault("%s is missing", filepath.Base(path))
		} else if info.Mode().Perm()&0o077 != 0 {
			c.fault("%s can be read by other users of this machine: chmod go= it", filepath.Base(path))
		}
	}
	if c.s.lost {
		c.fault("changes that were durable are missing, and this store is served all the same: restore a backup")
	}
	if n := c.s.erasing.Load(); n > 0 {
		c.fault("what %d changes dropped could not be overwritten yet: see the log, and run purge", n)
	}
}

// blob holds a blob's record against its file.
func (c *checking) blob(key, rest, value []byte) bool {
	r, ok := decodeBlob(value)
	if !ok || len(rest) != 32 || !c.has(fileKey(r.box, hashOf(rest))) || !c.has(boxKey(r.box)) {
		return false
	}
	c.Blobs++
	c.Bytes += int64(r.size)
	size, sum, err := sumOf(c.s.blobs.path(hashOf(rest)))
	if err == nil && size == int64(r.size) && sum == r.sum {
		return true
	}
	if _, named, err := c.s.claimed(hashOf(rest)); err == nil && named { // else it was erased just now
		c.fault("blobs/%x is missing, or not what was stored: that file will not open; restore a backup, or ask for it again", rest)
	}
	return true
}

// sumOf is the length of a file and its SHA-256.
func sumOf(path string) (size int64, sum hash, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, sum, err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return size, hash(h.Sum(nil)), err
}

// blobFiles looks for files that are none of a blob, or of one that nobody knows.
func (c *checking) blobFiles() {
	names, strange, err := c.s.blobs.names()
	if err != nil {
		c.fault("the folder blobs cannot be read")
	}
	for _, name := range strange {
		c.fault("blobs/%s is none of its files: move it elsewhere", name)
	}
	for name := range names {
		c.s.blobs.mu.Lock()
		known := c.s.blobs.waiting[name] != nil || c.s.blobs.doomed[name]
		c.s.blobs.mu.Unlock()
		if _, named, err := c.s.claimed(name); err == nil && !named && !known {
			if _, err := os.Stat(c.s.blobs.path(name)); err == nil { // else it was erased just now
				c.fault("blobs/%x: no record names it: restart the server, which takes it away", name[:])
			}
		}
	}
}

// tablesWhole reads all of badger's tables. On one that is damaged badger panics.
func (s *Store) tablesWhole() (whole bool) {
	defer func() {
		if recover() != nil {
			whole = false
		}
	}()
	return s.db.VerifyChecksum() == nil
}

// segments looks whether places overlap, and whether what lies between them is gone.
func (c *checking) segments(ctx context.Context) error {
	spans := append(slices.Clone(c.live), c.waiting...)
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.segment, b.segment), cmp.Compare(a.offset, b.offset))
	})
	sums := map[uint32]uint32{}
	for _, p := range c.live {
		sums[p.segment] += p.length
	}
	prefix := []byte("segment/")
	err := c.x.each(prefix, prefix, true, func(key, value []byte) (bool, error) {
		r, ok := decodeSegment(value)
		if !ok || len(key) != len(prefix)+4 {
			return true, nil // said already
		}
		c.Segments++
		n := binary.BigEndian.Uint32(key[len(prefix):])
		i, _ := slices.BinarySearchFunc(spans, n, func(p span, n uint32) int { return cmp.Compare(p.segment, n) })
		j := i
		for j < len(spans) && spans[j].segment == n {
			j++
		}
		if sums[n] != r.live {
			c.fault("segments/%08x: records name %d bytes of it, and it counts %d: restore a backup", n, sums[n], r.live)
		}
		delete(sums, n)
		c.between(n, r.end, spans[i:j:j])
		return true, context.Cause(ctx)
	})
	for n := range sums {
		c.fault("segments/%08x is named by records and not known: restore a backup", n)
	}
	return err
}

// between looks at what lies between the spans of a segment, up to its end.
func (c *checking) between(n, end uint32, spans []span) {
	f, err := os.Open(c.files.path(n))
	if err != nil {
		if len(spans) > 0 || end == 0 {
			c.fault("segments/%08x cannot be opened", n)
		}
		return
	}
	defer f.Close()
	at := uint32(0)
	for _, p := range append(spans, span{n, end, 0}) {
		if p.offset < at {
			c.fault("segments/%08x: two records name the bytes at %d: restore a backup", n, p.offset)
		}
		for at < p.offset {
			b := make([]byte, min(p.offset-at, 1<<20))
			if _, err := f.ReadAt(b, int64(at)); err != nil || !blank(b) {
				c.fault("segments/%08x: no record names the bytes between %d and %d, and they are not zeros: run purge, and check again", n, at, p.offset)
				break
			}
			at += uint32(len(b))
		}
		at = max(at, p.offset+p.length)
	}
}
