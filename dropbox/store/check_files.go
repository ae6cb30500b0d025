package store

import (
	"cmp"
	"context"
	"encoding/binary"
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
		case "badger", "segments", "commits", "format", "control.sock":
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
