package store

import (
	"bytes"
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// Open opens the store that Init made. It creates nothing, and before it has found a store of this version, and its
// pepper, it touches nothing. Then it takes away what a crash left of a batch that was never answered, and erases what the
// crash kept it from erasing. Errors: ErrMissing, ErrForeign, ErrPepper, ErrErasures, ErrLocked, ErrDisk, ErrDamaged, ErrDown, or the
// file system's.
func Open(cfg Config) (*Store, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("opening store: %w", err)
	}
	s := closedStore(cfg)
	if s.pepper, err = readMarkers(cfg); err == nil {
		err = s.open()
	}
	if err != nil {
		return nil, fmt.Errorf("opening store: %w", err)
	}
	if cfg.Tidy > 0 {
		go s.tidy()
	} else {
		close(s.tidied)
	}
	return s, nil
}

func closedStore(cfg Config) *Store {
	return &Store{
		cfg: cfg, segments: segments{filepath.Join(cfg.Dir, "segments")}, listed: map[string]bool{},
		blobs: blobs{dir: filepath.Join(cfg.Dir, "blobs"), waiting: map[hash]*upload{}, doomed: map[hash]bool{}},
		queue: make(chan *op, queueLength), done: make(chan struct{}), closing: make(chan struct{}), tidied: make(chan struct{}),
	}
}

// open opens the files and starts the writer.
func (s *Store) open() (err error) {
	free, err := s.free()
	if err != nil {
		return err
	}
	if least := s.cfg.DiskReserve / 8; free < least { // badger writes what it had in memory into its files when it opens
		return fmt.Errorf("%w: %d MiB are free, it needs %d", ErrDisk, free>>20, least>>20)
	}
	defer func() {
		if err != nil {
			s.closeFiles()
			if s.db != nil {
				s.db.Close()
			}
		}
	}()
	whole, missing, err := s.examine()
	if err != nil {
		return err
	}
	if s.db, err = openBadger(s.cfg); err != nil {
		return err
	}
	var commits, lost, record []byte
	err = s.view(func(x tx) error {
		check, err := x.get([]byte("check"))
		known := check != nil || whole // with a table set aside only the file format says it
		if err == nil && known && !hmac.Equal(check, mac(s.pepper, "check")) {
			err = ErrForeign // the two folders are of different stores
		}
		var err2 error
		record, err2 = x.get([]byte("erasures"))
		var err3, err4 error
		commits, err3 = x.get([]byte("commits"))
		lost, err4 = x.get([]byte("lost"))
		return errors.Join(err, err2, err3, err4)
	})
	if err != nil {
		return down(err)
	}
	s.commits, _ = decodeSeq(commits)
	if s.lost = lost != nil || !whole; s.lost && !s.cfg.Damaged {
		return fmt.Errorf("%w: it has been known for some time that changes are missing", ErrDamaged)
	}
	list, err := s.listErasures(record, record == nil && s.lost)
	if err != nil {
		return err
	}
	if err := errors.Join(s.openSegments(), s.openBlobs()); err != nil {
		return down(err)
	}
	s.commits += missing
	if err := s.begin(!bytes.HasPrefix(record, list[:]), list, lost == nil); err != nil {
		return down(err)
	}
	go s.writer()
	return nil
}

// examine looks at badger's files before badger does, and says whether all of them are whole, and how many commits are missing. If
// they are not it refuses, unless what is left is wanted: then it sets aside what badger would stumble over.
func (s *Store) examine() (whole bool, missing uint64, err error) {
	dir := filepath.Join(s.cfg.Dir, "badger")
	files, err := inspect(dir)
	if err != nil {
		return false, 0, err
	}
	missing, err = s.openTally(files.commits)
	if err != nil {
		return false, 0, err
	}
	if missing > 0 {
		files.fault("badger's log has lost the last %d changes that were durable", missing)
	}
	if files.torn && len(files.wrong) > 0 {
		files.fault("badger/%s is cut", badger.ManifestFilename)
		files.closed = true
	}
	if len(files.wrong) > 0 && (files.closed || !s.cfg.Damaged) {
		return false, 0, fmt.Errorf("%w: %s", ErrDamaged, strings.Join(files.wrong, "; "))
	}
	return len(files.wrong) == 0, missing, files.prepare(dir)
}

// begin writes down what open found out, and erases what is waiting for it.
func (s *Store) begin(newList bool, list [16]byte, newLoss bool) error {
	if newList || s.lost && newLoss {
		err := s.db.Update(func(t *badger.Txn) error {
			err := t.Set([]byte("erasures"), list[:])
			if err == nil && s.lost {
				err = t.Set([]byte("lost"), s.week().append(nil))
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	s.eraseWaiting() // what fails is logged and counted, and tried again: a bad sector is no reason to serve nobody
	return nil
}

// openSegments finds where writing goes on, and takes away what no record names: a batch that a crash kept from being
// committed, and segments whose last bytes were erased. In a store that has lost something nothing is taken away.
func (s *Store) openSegments() error {
	ns, _, err := s.segments.numbers()
	if err != nil {
		return err
	}
	known := map[uint32]segmentRecord{}
	err = s.view(func(x tx) error {
		prefix := []byte("segment/")
		return x.each(prefix, prefix, true, func(key, value []byte) (bool, error) {
			r, ok := decodeSegment(value)
			if !ok || len(key) != len(prefix)+4 {
				return false, ErrDamaged
			}
			n := binary.BigEndian.Uint32(key[len(prefix):])
			known[n] = r
			s.active = max(s.active, n)
			return true, nil
		})
	})
	if err != nil {
		return err
	}
	if s.lost {
		if len(ns) > 0 {
			s.active = max(s.active, ns[len(ns)-1]+1)
		}
		return nil
	}
	var empty []uint32
	for _, n := range ns {
		r, ok := known[n]
		if err := s.segments.cut(n, r.end); err != nil {
			return err
		}
		if !ok {
			empty = append(empty, n)
		}
	}
	return s.segments.remove(empty)
}

// Close waits for what was accepted, and closes the files. It ends a Backup or Check that runs. Calls after it answer ErrDown.
func (s *Store) Close() error {
	s.closeOnce.Do(func() { close(s.closing) })
	<-s.tidied
	s.blobs.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.queue)
	<-s.done
	s.users.Wait()
	s.closeFiles()
	if free, err := s.free(); err == nil && free < s.cfg.DiskReserve/8 {
		// Closing, badger writes its memory into a new file, and on a full disk it dies of that. All of it is in its log.
		s.cfg.Log.Error("store: disk full: closed without tidying up")
		return nil
	}
	closed := make(chan error, 1)
	go func() { closed <- s.db.Close() }()
	var patience <-chan time.Time
	if s.broken.Load() { // what badger cannot write when it closes it tries for ever; all that was answered is in its log
		patience = time.After(3 * time.Second)
	}
	select {
	case err := <-closed:
		if err != nil {
			return fmt.Errorf("closing store: %w", down(err))
		}
	case <-patience:
		return fmt.Errorf("closing store: %w: the disk does not take what is left to write", ErrDown)
	}
	return nil
}

func (s *Store) closeFiles() {
	if s.erasures != nil {
		s.erasures.file.Close()
	}
	if s.tally != nil {
		s.tally.file.Close()
	}
}

// tally is the file Dir/commits: the number of the last transaction that was answered, in 20 digits, twice. It is written after
// every commit and never synced, so it is never ahead of what badger made durable; if badger's own number is lower, its log
// was damaged and it has dropped the rest of it, as it does without a word.
type tally struct{ file *os.File }

func tallyText(n uint64) []byte { return fmt.Appendf(nil, "%020d %020d\n", n, n) }

func (t *tally) set(n uint64) { t.file.WriteAt(tallyText(n), 0) }

// openTally opens it, and says how many commits are missing. After a power cut it may be empty or old, and says nothing.
func (s *Store) openTally(have uint64) (missing uint64, err error) {
	f, err := os.OpenFile(filepath.Join(s.cfg.Dir, "commits"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return 0, err
	}
	s.tally = &tally{f}
	b := make([]byte, len(tallyText(0)))
	if _, err := f.ReadAt(b, 0); err != nil {
		return 0, nil
	}
	var n, again uint64
	if _, err := fmt.Sscanf(string(b), "%d %d", &n, &again); err != nil || n != again || n <= have {
		return 0, nil
	}
	return n - have, nil
}
