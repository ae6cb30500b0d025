package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Restored is what a restore brought back.
type Restored struct {
	Boxes, Mail, Lines, Blobs int

	Erased int // boxes and pieces of mail of the backup that had been erased since, and were erased again
	Faults []string
}

// Restore makes a store in cfg.Dir, which must be absent or empty, of the backup in the file from. The pepper must be there already,
// and the list of erasures, whose entries since the backup are applied; with withoutErasures it may be missing, and then what
// was taken back or deleted since the backup is back. Mailboxes get new epochs, so that their readers list everything anew;
// of who had been handed what nothing is certain any more, and no withdrawal will say "deleted" of what is restored.
//
// Until all of it is durable the folder is no store; when Restore fails it takes away what it made. Errors: ErrNotEmpty, ErrPepper,
// ErrErasures, ErrBackup, ErrDown, ErrFull, or the file system's.
func Restore(ctx context.Context, cfg Config, from string, withoutErasures bool) (r Restored, err error) {
	cfg, err = cfg.withDefaults()
	if err == nil {
		r, err = restore(ctx, cfg, from, withoutErasures)
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return Restored{}, fmt.Errorf("restoring: %w", err)
	}
	return r, nil
}

func restore(ctx context.Context, cfg Config, from string, withoutErasures bool) (r Restored, err error) {
	if err := mustBeEmpty(cfg.Dir); err != nil {
		return r, err
	}
	s := closedStore(cfg)
	close(s.tidied)
	if s.pepper, err = readPepper(cfg.Pepper); err != nil {
		return r, err
	}
	f, err := os.Open(from)
	if err != nil {
		return r, err
	}
	defer f.Close()
	head, since, err := readBackup(f) // all of it, before anything is made
	if err != nil {
		return r, err
	}
	if !hmac.Equal(head.check, mac(s.pepper, "check")) {
		return r, fmt.Errorf("%w: it belongs to a store with another one", ErrPepper)
	}
	made := parts(cfg.Dir)
	if _, err := os.Stat(cfg.Dir); errors.Is(err, fs.ErrNotExist) {
		made = append(made, cfg.Dir)
	}
	defer func() {
		if err != nil {
			removeAll(made)
		}
	}()
	gone, isNew, err := s.erasuresSince(head, since, withoutErasures)
	if isNew {
		made = append(made, cfg.Erased)
	}
	if err != nil {
		return r, err
	}
	defer s.closeFiles()
	if s.db, err = makeFolders(cfg); err != nil {
		return r, err
	}
	if _, err = s.openTally(0); err != nil {
		s.db.Close()
		return r, err
	}
	go s.writer()
	if err = s.fill(ctx, f); err == nil {
		err = s.replay(ctx, gone, &r)
	}
	if err == nil {
		err = s.scrub(ctx)
	}
	var c Checked
	if err == nil {
		c, err = s.Check(ctx)
	}
	if err = errors.Join(err, s.Close()); err != nil {
		return r, err
	}
	r.Boxes, r.Mail, r.Lines, r.Blobs, r.Faults = c.Boxes, c.Mail, c.Lines, c.Blobs, c.Faults
	return r, finishFolders(cfg, head.check)
}

// readBackup reads all of a backup, and returns its head and the erasures at its end.
func readBackup(f *os.File) (h header, since []byte, err error) {
	br := &backupReader{r: bufio.NewReaderSize(f, 256<<10), sum: sha256.New()}
	if h, err = br.header(); err != nil {
		return h, nil, err
	}
	for {
		key, value, _, err := br.next()
		if err != nil || len(key) == 0 {
			return h, value, err
		}
	}
}

// fill copies the records into the empty store.
func (s *Store) fill(ctx context.Context, f *os.File) error {
	if _, err := f.Seek(0, 0); err != nil {
		return err
	}
	br := &backupReader{r: bufio.NewReaderSize(f, 256<<10), sum: sha256.New(), blob: s.bringBackBlob}
	if _, err := br.header(); err != nil {
		return err
	}
	list := s.erasures.record()
	err := s.write(ctx, 0, s.room(), func(x tx) error { return x.set([]byte("erasures"), list) })
	type record struct{ key, value, sealed []byte }
	for end := false; !end && err == nil; {
		var records []record
		for size := 0; size < batchBytes/2 && len(records) < 2000; {
			key, value, sealed, err := br.next()
			if err != nil {
				return err
			}
			if end = len(key) == 0; end {
				break
			}
			records = append(records, record{key, value, sealed})
			size += len(key) + len(value) + len(sealed)
		}
		err = s.write(ctx, batchBytes/2, s.room(), func(x tx) error {
			for _, r := range records {
				value, err := restored(x, r.key, r.value, r.sealed)
				if err == nil {
					err = x.set(r.key, value)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	return err
}

// restored is a record as it is in the new store.
func restored(x tx, key, value, sealed []byte) ([]byte, error) {
	kind, rest, _ := strings.Cut(string(key), "/")
	switch kind {
	case "line":
		if was, ok := decodePlace(value); ok {
			p, err := x.bringBack(was, sealed)
			return p.append(nil), err
		}
	case "mail":
		if m, ok := decodeMail(value); ok {
			var err error
			m.place, err = x.bringBack(m.place, sealed)
			return m.encode(), err
		}
	case "box":
		if b, ok := decodeBox(value); ok {
			b.whole = false // somebody may have been handed something since
			return b.encode(), nil
		}
	case "epoch":
		if h, ok := decodeHead(value); ok {
			rand.Read(h.epoch[:])
			return h.encode(), nil
		}
	case "drop", "hand", "mark", "id", "sent", "blob", "file":
		return value, nil
	case "roster", "check", "lost":
		if rest == "" {
			return value, nil
		}
	}
	return nil, ErrBackup
}

// bringBack keeps an age file of a backup. It stays under its old sum, so that what was damaged there is found to be. One that was
// erased while the backup was made is zeros until the replay takes it away: the counts are of its length.
func (x tx) bringBack(was place, sealed []byte) (place, error) {
	if len(sealed) == 0 {
		sealed = make([]byte, was.length)
	}
	p, err := x.keep(sealed)
	p.sum = was.sum
	return p, err
}

// replay erases what was erased since the backup.
func (s *Store) replay(ctx context.Context, gone map[hash]week, r *Restored) error {
	if len(gone) == 0 {
		return nil
	}
	has := func(key []byte) bool { _, ok := gone[s.erased(key)]; return ok }
	for _, kind := range []struct {
		prefix string
		due    func(key, value []byte) (bool, error)
		drop   func(x tx, key, value []byte) error
	}{
		{"box/", func(key, value []byte) (bool, error) {
			b, ok := decodeBox(value)
			line := lineKey(hash(bytes.TrimPrefix(key, []byte("box/"))), 0)
			if b.tombstone { // of an earlier time: it was forgotten, opened again, and taken back again
				return ok && b.week < gone[s.erased(key)], nil
			}
			return ok && (has(key) || b.lines > 0 && has(line)), nil
		}, func(x tx, key, value []byte) error {
			b, _ := decodeBox(value)
			box := hash(bytes.TrimPrefix(key, []byte("box/")))
			if !has(key) {
				n := b.lines
				b.lines, b.bytes = 0, 0
				return errors.Join(s.dropLines(x, box, n), x.set(key, b.encode()))
			}
			mails, err := x.mailsOf(box)
			if err == nil {
				err = s.erase(x, box, b, mails)
			}
			return errors.Join(err, x.set(key, boxRecord{tombstone: true, week: gone[s.erased(key)]}.encode()))
		}},
		{"id/", func(key, _ []byte) (bool, error) { return has(key), nil },
			func(x tx, key, value []byte) error {
				seq, _ := decodeSeq(value)
				return s.remove(x, hash(key[len("id/"):][:32]), seq)
			}},
	} {
		from := []byte(kind.prefix)
		for from != nil {
			keys, next, err := s.find(ctx, []byte(kind.prefix), from, func(tx, []byte, []byte) int { return 1 }, kind.due)
			if err != nil {
				return err
			}
			for _, key := range keys {
				err := s.write(ctx, 0, s.little(), func(x tx) error {
					value, err := x.get(key)
					if err == nil && value != nil {
						err = kind.drop(x, key, value)
					}
					x.batch.erased = nil // the list has them already, and since when
					return err
				})
				if err != nil {
					return err
				}
				r.Erased++
			}
			from = next
		}
	}
	return nil
}
