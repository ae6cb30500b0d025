package store

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// Age files stand in segments, Dir/segments/‹8 hex digits›, one after the other and without framing; badger's records say
// where. They are kept out of badger because there every one would be written several times, stay in its files after its
// deletion, be mapped into memory, and kill the process with SIGBUS when the disk is full. Here each is written once, and erased by
// overwriting it where it stands. An offset is never used twice.
const segmentBytes = 64 << 20 // where the next segment begins

// place says where an age file stands: 4 segment ‖ 4 offset ‖ 4 length ‖ 32 SHA-256 of it.
type place struct {
	span
	sum [32]byte
}

// span is a part of a segment. 12 bytes, all big-endian.
type span struct{ segment, offset, length uint32 }

const (
	spanSize  = 12
	placeSize = spanSize + 32
)

func (p span) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, p.segment)
	b = binary.BigEndian.AppendUint32(b, p.offset)
	return binary.BigEndian.AppendUint32(b, p.length)
}

func (p place) append(b []byte) []byte { return append(p.span.append(b), p.sum[:]...) }

func decodeSpan(b []byte) span {
	return span{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])}
}

func decodePlace(b []byte) (p place, ok bool) {
	if len(b) != placeSize {
		return p, false
	}
	return place{decodeSpan(b), [32]byte(b[spanSize:])}, true
}

// segmentRecord is what is known of a segment: 4 end ‖ 4 live.
type segmentRecord struct {
	end  uint32 // how far it is written; what stands beyond was never committed
	live uint32 // bytes before that which records name; the others are zeros
}

func (r segmentRecord) encode() []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, r.end), r.live)
}

func decodeSegment(b []byte) (r segmentRecord, ok bool) {
	if len(b) != 8 {
		return r, false
	}
	r = segmentRecord{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])}
	return r, r.live <= r.end
}

func segmentKey(n uint32) []byte { return concat("segment/", binary.BigEndian.AppendUint32(nil, n)) }

// segments are the files. Reading is free to anybody; the rest is the writer's.
type segments struct{ dir string }

func (g segments) path(n uint32) string { return filepath.Join(g.dir, fmt.Sprintf("%08x", n)) }

// numbers are the segments that there are files of, in order, and the names of files that are none.
func (g segments) numbers() (ns []uint32, strange []string, err error) {
	entries, err := os.ReadDir(g.dir)
	for _, e := range entries {
		n, err := strconv.ParseUint(e.Name(), 16, 32)
		if err != nil || g.path(uint32(n)) != filepath.Join(g.dir, e.Name()) || !e.Type().IsRegular() {
			strange = append(strange, e.Name())
			continue
		}
		ns = append(ns, uint32(n))
	}
	return ns, strange, err
}

// write puts age files where they belong, in one segment, and returns when they are on disk. What stood there was never
// committed.
func (g segments) write(at span, sealed [][]byte) error {
	if err := inject("write", g.path(at.segment)); err != nil {
		return err
	}
	_, err := os.Stat(g.path(at.segment))
	isNew := errors.Is(err, fs.ErrNotExist)
	f, err := os.OpenFile(g.path(at.segment), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	offset := int64(at.offset)
	for _, b := range sealed {
		if _, err := f.WriteAt(b, offset); err != nil {
			return err
		}
		offset += int64(len(b))
	}
	if err := inject("fsync", g.path(at.segment)); err != nil {
		return err
	}
	if err := fdatasync(f); err != nil {
		return err
	}
	if isNew {
		return syncDir(g.dir)
	}
	return nil
}

// cut takes away what stands beyond the end of a segment: a batch that was not committed. On a full disk it cannot always be
// overwritten, but it can be cut off.
func (g segments) cut(n, end uint32) error {
	info, err := os.Stat(g.path(n))
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() <= int64(end) {
		return nil
	}
	if err != nil {
		return err
	}
	g.wipe([]span{{n, end, uint32(min(info.Size()-int64(end), 1<<32-1))}})
	return os.Truncate(g.path(n), int64(end))
}

// reader reads places, and keeps the last file open for the next place.
type reader struct {
	segments
	n uint32
	f *os.File
}

func (r *reader) close() {
	if r.f != nil {
		r.f.Close()
		r.f = nil
	}
}

// read is what stands at p; whole says whether that is what was stored there. What can not be read are zeros.
func (r *reader) read(p place) (sealed []byte, whole bool) {
	if r.f == nil || r.n != p.segment {
		r.close()
		r.n = p.segment
		r.f, _ = os.Open(r.path(p.segment)) // nil if it fails, and reading then fails too
	}
	sealed = make([]byte, p.length)
	_, err := r.f.ReadAt(sealed, int64(p.offset))
	return sealed, err == nil && sha256.Sum256(sealed) == p.sum
}

var zeros [64 << 10]byte

// wipe overwrites spans with zeros where they stand, waits until that is on disk, and then gives the room back. A segment
// that is gone is wiped already. A file system that never writes in place (btrfs, ZFS) and flash keep the old blocks for a while.
func (g segments) wipe(spans []span) error {
	spans = slices.SortedFunc(slices.Values(spans), func(a, b span) int {
		return cmp.Or(cmp.Compare(a.segment, b.segment), cmp.Compare(a.offset, b.offset))
	})
	for len(spans) > 0 {
		n := len(spans)
		if i := slices.IndexFunc(spans, func(p span) bool { return p.segment != spans[0].segment }); i > 0 {
			n = i
		}
		if err := g.wipeOne(spans[:n]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		spans = spans[n:]
	}
	return nil
}

func (g segments) wipeOne(spans []span) error {
	path := g.path(spans[0].segment)
	if err := inject("write", path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	for _, p := range spans {
		end := min(int64(p.offset)+int64(p.length), info.Size())
		for at := int64(p.offset); at < end; {
			n, err := f.WriteAt(zeros[:min(int64(len(zeros)), end-at)], at)
			if err != nil {
				return err
			}
			at += int64(n)
		}
	}
	if err := fdatasync(f); err != nil {
		return err
	}
	for _, p := range spans { // where the file system can; the zeros are there whether or not it can
		unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, int64(p.offset), int64(p.length))
	}
	return nil
}

// remove takes away segments of which nothing is left.
func (g segments) remove(ns []uint32) error {
	for _, n := range ns {
		if err := os.Remove(g.path(n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if len(ns) == 0 {
		return nil
	}
	return syncDir(g.dir)
}

func fdatasync(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}

// blank says whether b is all zeros.
func blank(b []byte) bool {
	for len(b) > len(zeros) {
		if !bytes.Equal(b[:len(zeros)], zeros[:]) {
			return false
		}
		b = b[len(zeros):]
	}
	return bytes.Equal(b, zeros[:len(b)])
}

// inject is where tests let a write, an fsync or a rename fail.
var inject = func(what, path string) error { return nil }
