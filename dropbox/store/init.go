package store

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"tellbox/dropbox"
)

// A data folder has badger's files in badger/, and the file format, which is written last and read before anything else
// is touched:
//
//	tellbox/1 store
//	check 64 hex digits         HMAC-SHA256(pepper, "check")
//
// The pepper's file is 64 hex digits and a newline: 32 random bytes.
const formatLine = "tellbox/1 store\n"

func cleanPath(p string) string {
	if abs, err := filepath.Abs(p); err == nil {
		return abs
	}
	return filepath.Clean(p)
}

// Init makes a store with that roster, and the file with its pepper. When it returns nil all of it is durable; when it
// fails it takes away what it made. cfg.Dir must be absent or empty (ErrNotEmpty) and there must be no pepper yet
// (ErrPepper): the one that is there may be all that is left of another store.
func Init(cfg Config, roster Bundle) error {
	cfg, err := cfg.withDefaults()
	if err == nil && len(roster.Keyholders)+len(roster.Roster) > maxBundle {
		err = dropbox.ErrShape
	}
	if err == nil {
		err = initialize(cfg, roster)
	}
	if err != nil {
		return fmt.Errorf("making store: %w", err)
	}
	return nil
}

func initialize(cfg Config, roster Bundle) (err error) {
	entries, err := os.ReadDir(cfg.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return ErrNotEmpty
	}
	pepper := make([]byte, 32)
	rand.Read(pepper)
	err = writeNew(cfg.Pepper, []byte(hex.EncodeToString(pepper)+"\n"))
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: there is one already where the new one would be", ErrPepper)
	}
	if err != nil {
		return err
	}
	made := []string{cfg.Pepper, filepath.Join(cfg.Dir, "format"), filepath.Join(cfg.Dir, "badger")}
	defer func() {
		if err != nil {
			for _, path := range made {
				os.RemoveAll(path)
			}
		}
	}()
	for _, dir := range []string{cfg.Dir, filepath.Join(cfg.Dir, "badger")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		if err := os.Chmod(dir, 0o700); err != nil { // an empty folder that was there, or a narrow umask
			return err
		}
	}
	db, err := openBadger(cfg)
	if err != nil {
		return err
	}
	check := mac(pepper, "check")
	err = db.Update(func(t *badger.Txn) error {
		return errors.Join(t.Set([]byte("check"), check), t.Set([]byte("roster"), roster.encode()))
	})
	if err = errors.Join(down(err), down(db.Close())); err != nil {
		return err
	}
	if err := syncDir(filepath.Join(cfg.Dir, "badger")); err != nil {
		return err
	}
	if err := writeNew(filepath.Join(cfg.Dir, "format"), []byte(formatLine+"check "+hex.EncodeToString(check)+"\n")); err != nil {
		return err
	}
	return syncDir(filepath.Dir(cfg.Dir))
}

// writeNew makes a file 0600 that was not there, and returns when it and its name are on disk.
func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close()); err != nil {
		os.Remove(path)
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// readMarkers finds out whether cfg.Dir is a store, and cfg.Pepper its pepper, by reading alone.
func readMarkers(cfg Config) (pepper []byte, err error) {
	entries, err := os.ReadDir(cfg.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && len(entries) == 0:
		return nil, ErrMissing
	case err != nil:
		return nil, err
	}
	format, err := os.ReadFile(filepath.Join(cfg.Dir, "format"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	rest, ok := bytes.CutPrefix(format, []byte(formatLine))
	if !ok {
		return nil, ErrForeign
	}
	if _, err := os.Stat(filepath.Join(cfg.Dir, "badger", badger.ManifestFilename)); err != nil {
		return nil, ErrForeign // badger would make a new, empty one
	}
	text, err := os.ReadFile(cfg.Pepper)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrPepper, err)
	}
	pepper, err = hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(pepper) != 32 || string(rest) != "check "+hex.EncodeToString(mac(pepper, "check"))+"\n" {
		return nil, ErrPepper
	}
	return pepper, nil
}

// openBadger opens, or makes, the database under cfg.Dir. Its errors are ErrLocked and ErrDown.
//
// The memtable is large for the sake of the largest parcel, see writer.go. The sizes of blocks, tables and level 0 are for
// memory: badger builds tables in buffers that double up to the memtable's size, and keeps eight of them; fewer and later
// compactions keep these small. Of its own the process then has 95 to 150 MB while 18,000 reports of 72 KB come in 16
// seconds, at a memory limit of 160 MiB (debug.SetMemoryLimit; without one 350 to 670). Known flaws: when 1.3 GB have come
// without a pause and level 0 is compacted, it has up to 460 MB; and all tables are mapped, so that the resident size
// that the system reports grows with the data, though it can drop those pages.
func openBadger(cfg Config) (*badger.DB, error) {
	opt := badger.DefaultOptions(filepath.Join(cfg.Dir, "badger")).
		WithSyncWrites(true).
		WithMemTableSize(memTableSize).
		WithNumMemtables(1).
		WithBlockSize(64 << 10).
		WithBaseTableSize(1 << 20).
		WithNumLevelZeroTables(20).
		WithNumLevelZeroTablesStall(40).
		WithNumCompactors(2).
		WithValueThreshold(1 << 20). // every value stays in the LSM tree: the value log only logs that a sync failed
		WithValueLogFileSize(64 << 20).
		WithCompression(options.None). // ciphertext
		WithBlockCacheSize(0).
		WithIndexCacheSize(0).
		WithChecksumVerificationMode(options.OnBlockRead).
		WithDetectConflicts(false). // there is one writer
		WithMetricsEnabled(false).
		WithLogger(badgerLog{cfg.Log})
	db, err := badger.Open(opt)
	if err != nil {
		return nil, down(err)
	}
	return db, nil
}

// badgerLog says that badger had something to say. What it was is left out: its texts can carry keys and values.
type badgerLog struct{ log *slog.Logger }

func (l badgerLog) Errorf(string, ...any)   { l.log.Error("badger: an error") }
func (l badgerLog) Warningf(string, ...any) { l.log.Warn("badger: a warning") }
func (l badgerLog) Infof(string, ...any)    {}
func (l badgerLog) Debugf(string, ...any)   {}
