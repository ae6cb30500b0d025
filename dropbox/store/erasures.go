package store

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// The list of erasures is a file beside the data folder, Dir.erased, so that it outlives what a backup brings back. It is
// text, and only grows:
//
//	tellbox/1 erased 32 hex digits          random: which list it is
//	2026-W07 64 hex digits                  when, and HMAC-SHA256(pepper, "erased " ‖ key) of what was erased: a box that
//	…                                       was taken back, a piece of mail (id/…), a line whose box had ended
//
// Who has it and the pepper can tell whether a case that he knows was taken back, and in which week.
type erasures struct {
	path  string
	id    [16]byte
	file  *os.File // written to by the writer alone
	count int64    // entries
	sum   hash     // of all entries, see chain
	noted int64    // entries that the record erasures knows of
}

// chain is the sum of a list that had sum, with these entries more: each time SHA-256(sum ‖ entry).
func chain(sum hash, entries []byte) hash {
	for ; len(entries) >= erasuresEntry; entries = entries[erasuresEntry:] {
		sum = sha256.Sum256(append(sum[:], entries[:erasuresEntry]...))
	}
	return sum
}

// record stands in badger, so that it shows if the list is cut or changed: 16 which list ‖ 8 entries ‖ 32 their sum.
func (e *erasures) record() []byte {
	return append(append(e.id[:], seqBytes(uint64(e.count))...), e.sum[:]...)
}

// holds says whether the list is what it was when record was written, or has grown since. A new store's record is an id.
func (e *erasures) holds(record []byte) bool {
	if len(record) != 56 {
		return true
	}
	n, _ := decodeSeq(record[16:24])
	if n > uint64(e.count) {
		return false
	}
	if n == uint64(e.count) { // as after every Close
		return e.sum == hash(record[24:])
	}
	entries, err := e.since(0)
	return err == nil && chain(hash{}, entries[:n*uint64(erasuresEntry)]) == hash(record[24:])
}

const (
	erasuresLine  = "tellbox/1 erased "
	erasuresHead  = len(erasuresLine) + 33
	erasuresEntry = 8 + 1 + 64 + 1
)

// makeErasures makes an empty list, which must not be there yet.
func makeErasures(path string, id [16]byte) error {
	return writeNew(path, []byte(erasuresLine+hex.EncodeToString(id[:])+"\n"))
}

func newErasuresID() (id [16]byte) {
	rand.Read(id[:])
	return id
}

// openErasures opens the list and cuts off half an entry that a crash left. fs.ErrNotExist if there is none.
func openErasures(path string) (e *erasures, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	e = &erasures{path: path, file: f}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	head := make([]byte, erasuresHead)
	if _, err := io.ReadFull(f, head); err != nil || !bytes.HasPrefix(head, []byte(erasuresLine)) || head[len(head)-1] != '\n' {
		return nil, fmt.Errorf("%w: %s is something else", ErrErasures, filepath.Base(path))
	}
	if n, err := hex.Decode(e.id[:], head[len(erasuresLine):len(head)-1]); err != nil || n != len(e.id) {
		return nil, fmt.Errorf("%w: %s is damaged in its first line", ErrErasures, filepath.Base(path))
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	e.count = (size - int64(erasuresHead)) / int64(erasuresEntry)
	if whole := e.size(); whole != size {
		if err := f.Truncate(whole); err != nil {
			return nil, err
		}
	}
	entries, err := e.since(0)
	e.sum = chain(hash{}, entries)
	return e, err
}

// beginErasures makes an empty list under a new id, and opens it.
func beginErasures(path string) (*erasures, error) {
	if err := makeErasures(path, newErasuresID()); err != nil {
		return nil, err
	}
	return openErasures(path)
}

func (e *erasures) size() int64 { return int64(erasuresHead) + e.count*int64(erasuresEntry) }

// append adds names, and returns when they are on disk.
func (e *erasures) append(w week, names []hash) error {
	if len(names) == 0 {
		return nil
	}
	var b []byte
	for _, h := range names {
		b = append(hex.AppendEncode(append(append(b, w...), ' '), h[:]), '\n')
	}
	err := inject("write", e.path)
	if err == nil {
		_, err = e.file.WriteAt(b, e.size())
	}
	if err == nil {
		err = inject("fsync", e.path)
	}
	if err == nil {
		err = fdatasync(e.file)
	}
	if err != nil {
		return err
	}
	e.count += int64(len(names))
	e.sum = chain(e.sum, b)
	return nil
}

// since are the entries from number from on, as they stand in the file.
func (e *erasures) since(from int64) ([]byte, error) {
	if from > e.count {
		return nil, fmt.Errorf("%w: it is shorter than it was", ErrErasures)
	}
	b := make([]byte, (e.count-from)*int64(erasuresEntry))
	_, err := e.file.ReadAt(b, int64(erasuresHead)+from*int64(erasuresEntry))
	if errors.Is(err, io.EOF) && len(b) == 0 {
		err = nil
	}
	return b, err
}

// parseErasures adds what since returned to all: what was erased, and when last: a box may be opened and taken back again.
func parseErasures(all map[hash]week, b []byte) error {
	for ; len(b) >= erasuresEntry; b = b[erasuresEntry:] {
		var h hash
		w, ok := decodeWeek(b[:8])
		n, err := hex.Decode(h[:], b[9:erasuresEntry-1])
		if !ok || w == "" || err != nil || n != len(h) || b[8] != ' ' || b[erasuresEntry-1] != '\n' {
			return fmt.Errorf("%w: an entry is damaged", ErrErasures)
		}
		all[h] = max(all[h], w)
	}
	if len(b) > 0 {
		return fmt.Errorf("%w: an entry is cut", ErrErasures)
	}
	return nil
}

// erased is the name of a key in the list of erasures.
func (s *Store) erased(key []byte) hash { return hash(mac(s.pepper, "erased ", key)) }

// listErasures opens the list of the store with that record of it. If there is none it makes one with a new id, which is returned: backups
// from before then cannot be restored without saying that what was erased may come back.
// If the store has lost which one is its own, any is.
func (s *Store) listErasures(record []byte, any bool) (id [16]byte, err error) {
	copy(id[:], record)
	s.erasures, err = openErasures(s.cfg.Erased)
	isNew := errors.Is(err, fs.ErrNotExist)
	if isNew {
		s.cfg.Log.Warn("store: the list of erasures is missing: a new one was begun")
		s.erasures, err = beginErasures(s.cfg.Erased)
	}
	if err == nil && (isNew || any) {
		id = s.erasures.id
	}
	if err == nil && s.erasures.id != id {
		s.erasures.file.Close()
		err = fmt.Errorf("%w: %s is of another store; put the right one there, or move it away and a new one is begun", ErrErasures, filepath.Base(s.cfg.Erased))
	} else if err == nil && !isNew && !s.erasures.holds(record) {
		s.erasures.file.Close()
		err = fmt.Errorf("%w: %s was cut or changed; put the right one there, or move it away and a new one is begun", ErrErasures, filepath.Base(s.cfg.Erased))
	}
	return id, err
}

// erasuresSince opens the list of erasures, or makes a new one, and returns what was erased since the backup began.
func (s *Store) erasuresSince(h header, since []byte, without bool) (gone map[hash]week, isNew bool, err error) {
	gone = map[hash]week{}
	if parseErasures(gone, since) != nil {
		return nil, false, ErrBackup
	}
	s.erasures, err = openErasures(s.cfg.Erased)
	if errors.Is(err, fs.ErrNotExist) {
		if !without {
			return nil, false, fmt.Errorf("%w: there is no %s", ErrErasures, filepath.Base(s.cfg.Erased))
		}
		s.erasures, err = beginErasures(s.cfg.Erased)
		return gone, true, err
	}
	if err != nil {
		return nil, false, err
	}
	if s.erasures.id != h.list {
		s.erasures.file.Close()
		return nil, false, fmt.Errorf("%w: %s is another store's, or was begun after the backup", ErrErasures, filepath.Base(s.cfg.Erased))
	}
	entries, err := s.erasures.since(h.erased)
	if err == nil {
		err = parseErasures(gone, entries)
	}
	return gone, false, err
}
