package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"golang.org/x/sys/unix"

	"tellbox/dropbox"
)

// openBadger opens, or makes, the database under cfg.Dir. Its errors are ErrLocked, ErrDamaged and ErrDown.
//
// It holds small records alone, about 1.7 KB a report to three readers, so its memtable and tables, which it maps into
// memory, are small, and so is what it writes anew when it compacts.
func openBadger(cfg Config) (*badger.DB, error) {
	opt := badger.DefaultOptions(filepath.Join(cfg.Dir, "badger")).
		WithSyncWrites(true).
		WithMemTableSize(memTableSize).
		WithNumMemtables(1).
		WithNumCompactors(2).
		WithValueThreshold(1 << 20). // every value stays in the LSM tree: the value log only logs that a sync failed
		WithValueLogFileSize(1 << 20).
		WithCompression(options.None). // keyed hashes
		WithBlockCacheSize(0).
		WithIndexCacheSize(0).
		WithChecksumVerificationMode(options.OnBlockRead). // see inspect
		WithDetectConflicts(false).                        // there is one writer
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

var tableName = regexp.MustCompile(`\d{6,}\.sst`)

// refusal says whether err is an answer, not a failure.
func refusal(err error) bool {
	for _, e := range []error{dropbox.ErrNothing, dropbox.ErrTaken, dropbox.ErrGone, dropbox.ErrFull, dropbox.ErrShape} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// down makes ErrDown of badger's errors. Their text is left out, as some carry values.
func down(err error) error {
	if err == nil || refusal(err) {
		return err
	}
	for _, e := range []error{ErrDown, ErrForeign, ErrLocked, ErrDisk, dropbox.ErrBusy, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, e) {
			return err
		}
	}
	if errors.Is(err, ErrDamaged) {
		return fmt.Errorf("%w: %w", ErrDown, err)
	}
	text := err.Error()
	switch {
	case errors.Is(err, badger.ErrTxnTooBig):
		return fmt.Errorf("%w: badger: transaction too big", ErrDown)
	case errors.Is(err, badger.ErrBlockedWrites):
		return fmt.Errorf("%w: badger: writes are held up", ErrDown)
	case errors.Is(err, badger.ErrDBClosed):
		return fmt.Errorf("%w: badger: closed", ErrDown)
	case strings.Contains(text, "directory lock"): // badger does not wrap causes
		return ErrLocked
	case strings.Contains(text, unix.ENOSPC.Error()):
		return fmt.Errorf("%w: badger: disk full", ErrDown)
	case tableName.MatchString(text):
		return fmt.Errorf("%w: %w: badger/%s cannot be read", ErrDown, ErrDamaged, tableName.FindString(text))
	case strings.Contains(strings.ToLower(text), "manifest"):
		return fmt.Errorf("%w: %w: badger/%s cannot be read", ErrDown, ErrDamaged, badger.ManifestFilename)
	}
	return fmt.Errorf("%w: badger: failed", ErrDown)
}
