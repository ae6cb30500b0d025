package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	gohash "hash"
	"io"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// A backup is one file:
//
//	tellbox/1 backup
//	check 64 hex digits              as in the file format: whose pepper it needs
//	erasures 32 hex digits N         which list of erasures, and how many entries had been applied
//	                                 (an empty line)
//	2 k ‖ 4 v ‖ 4 s ‖ k bytes of key ‖ v of value ‖ s of the age file or blob that it names  for each record
//	2 zero ‖ 4 v ‖ 4 zero ‖ v bytes: the entries of the list of erasures since those N
//	32 SHA-256 of all that
//
// s is 0 as well if the age file was erased while the backup was made: then the entries say so. It holds what the data folder
// holds, so its thief learns the same. What is erased later stays in it; the list of erasures makes that harmless for a restore,
// not for a thief.
const backupLine = "tellbox/1 backup\n"

// Backed is what went into a backup.
type Backed struct {
	Records int
	Bytes   int64
	Damaged int // age files that are not what was stored; they are in it as they are
}

// notBackedUp are records that belong to the files of one store.
var notBackedUp = []string{"segment/", "wipe/", "commits", "erasures", "scrub"}

// Backup writes a backup of what is durable now. Others may read and write meanwhile; what is erased meanwhile is erased by
// Restore too. Errors: ErrDown, ErrBusy, ctx's, those of w: then what was written is no backup.
func (s *Store) Backup(ctx context.Context, w io.Writer) (b Backed, err error) {
	ctx, stop := s.ending(ctx)
	defer stop()
	t, from, err := s.snapshot(ctx)
	if err == nil {
		defer s.users.Done()
		defer t.Discard()
		b, err = s.backup(ctx, tx{t: t}, from, w)
	}
	if err != nil {
		return Backed{}, fmt.Errorf("making a backup: %w", err)
	}
	return b, nil
}

// snapshot is what is durable between two transactions, and how many entries the list of erasures has then. Whoever has
// it says users.Done.
func (s *Store) snapshot(ctx context.Context) (t *badger.Txn, erased int64, err error) {
	err = s.alone(ctx, func() error {
		s.users.Add(1)
		t, erased = s.db.NewTransaction(false), s.erasures.count
		return nil
	})
	return t, erased, err
}

// summed writes to a file and to a hash. The first error stays.
type summed struct {
	w   *bufio.Writer
	sum gohash.Hash
	n   int64
	err error
}

func (w *summed) write(b []byte) {
	if w.err == nil {
		w.n += int64(len(b))
		w.sum.Write(b)
		_, w.err = w.w.Write(b)
	}
}

func (w *summed) record(key, value, sealed []byte) {
	w.head(key, value, len(sealed))
	w.write(sealed)
}

func (w *summed) head(key, value []byte, sealed int) {
	b := binary.BigEndian.AppendUint16(nil, uint16(len(key)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(value)))
	w.write(binary.BigEndian.AppendUint32(b, uint32(sealed)))
	w.write(key)
	w.write(value)
}

func (s *Store) backup(ctx context.Context, x tx, from int64, to io.Writer) (b Backed, err error) {
	w := &summed{w: bufio.NewWriterSize(to, 256<<10), sum: sha256.New()}
	w.write(fmt.Appendf(nil, "%scheck %x\nerasures %x %d\n\n", backupLine, mac(s.pepper, "check"), s.erasures.id, from))
	files := reader{segments: s.segments}
	defer files.close()
	err = x.each(nil, nil, true, func(key, value []byte) (bool, error) {
		if slices.ContainsFunc(notBackedUp, func(prefix string) bool { return bytes.HasPrefix(key, []byte(prefix)) }) {
			return true, nil
		}
		b.Records++
		if bytes.HasPrefix(key, []byte("blob/")) {
			return true, errors.Join(s.backupBlob(w, key, value, &b), w.err, context.Cause(ctx))
		}
		var sealed []byte
		if p, ok := placeOf(key, value); ok {
			var whole bool
			sealed, whole = files.read(p)
			if !whole {
				named, err := s.names(key, p)
				if err != nil {
					return false, err
				}
				if !named {
					sealed = nil
				} else {
					b.Damaged++
				}
			}
		}
		w.record(key, value, sealed)
		return true, errors.Join(w.err, context.Cause(ctx))
	})
	var entries []byte
	if err == nil {
		err = s.alone(ctx, func() (err error) { entries, err = s.erasures.since(from); return err })
	}
	if err != nil {
		return b, err
	}
	w.record(nil, entries, nil)
	w.write(w.sum.Sum(nil))
	if w.err == nil {
		w.err = w.w.Flush()
	}
	b.Bytes = w.n
	return b, w.err
}

// placeOf is the place that a record names, if it is of a kind that does.
func placeOf(key, value []byte) (place, bool) {
	switch {
	case bytes.HasPrefix(key, []byte("line/")):
		return decodePlace(value)
	case bytes.HasPrefix(key, []byte("mail/")):
		m, ok := decodeMail(value)
		return m.place, ok
	}
	return place{}, false
}

// names says whether the record under key still names p.
func (s *Store) names(key []byte, p place) (named bool, err error) {
	err = s.view(func(x tx) error {
		value, err := x.get(key)
		now, ok := placeOf(key, value)
		named = ok && now == p
		return err
	})
	return named, err
}

// backupReader reads what Backup wrote.
type backupReader struct {
	r    *bufio.Reader
	sum  gohash.Hash
	blob func(key []byte, size int64, content io.Reader) error // takes blobs; nil passes over them
}

// header is the head of a backup.
type header struct {
	check  []byte // 32
	list   [16]byte
	erased int64
}

func (r *backupReader) header() (h header, err error) {
	var text []byte
	for range 4 {
		line, err := r.r.ReadSlice('\n')
		if err != nil {
			return h, ErrBackup
		}
		text = append(text, line...)
	}
	r.sum.Write(text)
	var check, list []byte
	_, err = fmt.Sscanf(string(text), backupLine+"check %x\nerasures %x %d\n", &check, &list, &h.erased)
	if err != nil || len(check) != 32 || len(list) != 16 || h.erased < 0 {
		return h, ErrBackup
	}
	h.check, h.list = check, [16]byte(list)
	if again := fmt.Sprintf("%scheck %s\nerasures %s %d\n\n", backupLine, hex.EncodeToString(check), hex.EncodeToString(list), h.erased); again != string(text) {
		return h, ErrBackup
	}
	return h, nil
}

// next is the next record; at the end key is empty, value the entries of the list of erasures, and what follows has been
// found to be the right sum.
func (r *backupReader) next() (key, value, sealed []byte, err error) {
	head := make([]byte, 10)
	if err := r.read(head); err != nil {
		return nil, nil, nil, err
	}
	k, v, n := binary.BigEndian.Uint16(head), binary.BigEndian.Uint32(head[2:]), binary.BigEndian.Uint32(head[6:])
	if k > 256 || k > 0 && v > 2<<20 || v > 1<<30 {
		return nil, nil, nil, ErrBackup
	}
	key, value = make([]byte, k), make([]byte, v)
	if err := errors.Join(r.read(key), r.read(value)); err != nil {
		return nil, nil, nil, err
	}
	if bytes.HasPrefix(key, []byte("blob/")) {
		return key, value, nil, r.readBlob(key, int64(n))
	}
	if n > 2<<20 {
		return nil, nil, nil, ErrBackup
	}
	sealed = make([]byte, n)
	if err := r.read(sealed); err != nil {
		return nil, nil, nil, err
	}
	if k == 0 {
		want := r.sum.Sum(nil)
		got := make([]byte, len(want))
		_, err = io.ReadFull(r.r, got)
		if _, more := r.r.ReadByte(); err != nil || !bytes.Equal(got, want) || more != io.EOF {
			return nil, nil, nil, ErrBackup
		}
	}
	return key, value, sealed, nil
}

func (r *backupReader) read(b []byte) error {
	if _, err := io.ReadFull(r.r, b); err != nil {
		return ErrBackup
	}
	r.sum.Write(b)
	return nil
}
