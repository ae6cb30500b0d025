// Package store keeps a drop-box on one machine's disk, in badger. It is given ciphertext, and files it under keyed hashes:
// no drop, locator, reader's id or sending number is ever written down, and no time finer than an ISO week.
//
// What it guarantees: a call that changes something returns nil only after its one transaction is synced to
// disk; a call that refuses has written nothing; what Mail returns was durably noted as handed out before, so that Withdraw
// can say truthfully who may have read something; a sequence number of a mailbox is never given twice. These promises are
// the conformance suite storetest, so that another store can be held to them.
//
// What it does not: Withdraw and Delete take records out of every later answer, but badger's files keep the
// bytes until a purge. A stolen folder shows how many envelopes wait and which records belong together; with the pepper, which
// lies outside the folder, a thief who knows readers' ids learns whose mailbox is whose. A failed disk is noticed (ErrDown),
// not survived: that is what backups are for.
package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"

	"tellbox/dropbox"
)

// Why Open and Init refuse, and what every call answers when the disk does not do its part.
var (
	ErrMissing  = errors.New("there is no store in that folder")
	ErrForeign  = errors.New("that folder holds something else, or a store of another version")
	ErrPepper   = errors.New("the pepper is missing, malformed or of another store")
	ErrLocked   = errors.New("another process has the store open")
	ErrNotEmpty = errors.New("that folder is not empty")
	ErrDown     = errors.New("the store is down")
)

// Config says where a store is and what it may hold. Zero values of all fields but Dir have the defaults named there.
type Config struct {
	Dir    string           // the data folder, 0700
	Pepper string           // the file with the pepper, outside Dir: Dir + ".pepper"
	Now    func() time.Time // time.Now
	Log    *slog.Logger     // discards; gets fixed words only

	MailboxBytes   int64 // of envelopes in one mailbox: 2 GiB
	MailboxEntries int   // in one mailbox: 100,000
	BoxLines       int   // in one box: 4,000, which is also the most
	BoxBytes       int64 // of lines in one box, all of which one answer carries: 16 MiB; three quarters of this and of BoxLines for replies
	DiskReserve    int64 // bytes to leave free: 512 MiB. On a full disk badger dies of SIGBUS, so below it reports and
	// replies are refused with ErrFull, and below a quarter of it everything that writes.
}

// Store is an open store. Its methods may be called from any number of goroutines. One process has it at a time.
//
// All records, by key. ‹box›, ‹mailbox› and ‹number› are 32 bytes, HMAC-SHA256(pepper, "drop " ‖ drop),
// (pepper, "mailbox " ‖ reader's id) and (pepper, "sending " ‖ sending number). Integers are big-endian; a seq has eight
// bytes. A week is 8 letters, 2026-W07, or 8 zero bytes for never.
//
//	roster                  4 bytes of length ‖ keyholders ‖ roster
//	check                   32: HMAC-SHA256(pepper, "check"); stands in the file Dir/format as well
//	box/‹box›               28, see boxRecord; stays as long as there are lines or mail, or for a tombstone's 30 days
//	line/‹box›‹seq›         an age file to her; the seqs are 0, 1, 2 … without gaps
//	drop/‹box›‹mailbox›‹seq›  16 id ‖ 4 length of the envelope: which mail is of this box
//	hand/‹box›‹mailbox›     empty: some mail of this box was handed out from this mailbox; stays as long as box/
//	epoch/‹mailbox›         40: 16 random ‖ 8 next seq, from 1 ‖ 8 entries ‖ 8 bytes of envelopes
//	mail/‹mailbox›‹seq›     16 random id ‖ 32 box ‖ 1 'p' or 'r', see mailRecord ‖ envelope
//	mark/‹mailbox›‹seq›     24: the weeks it was put, first handed out and first acknowledged
//	id/‹mailbox›‹id›        8 seq
//	sent/‹number›           up to 64 of: 32 digest ‖ 32 box ‖ 8 week, oldest first
//
// Tombstones and sending numbers count for 30 days, rounded up to a week; a box for its years. After that they count as
// absent, whether or not a purge has removed them.
type Store struct {
	cfg    Config
	pepper []byte
	db     *badger.DB

	queue  chan *op
	done   chan struct{} // closed when the writer has emptied queue
	broken atomic.Bool   // a commit failed: what is in memory may not be on disk, so nothing is answered any more

	mu     sync.RWMutex // held for reading while the database is read or an op is put into queue; Close holds it for writing
	closed bool
}

// withDefaults fills in cfg, and refuses a pepper inside the data folder, where a thief or a backup would find both.
func (cfg Config) withDefaults() (Config, error) {
	if cfg.Dir == "" {
		return cfg, errors.New("no data folder named")
	}
	cfg.Dir = cleanPath(cfg.Dir)
	if cfg.Pepper == "" {
		cfg.Pepper = cfg.Dir + ".pepper"
	}
	cfg.Pepper = cleanPath(cfg.Pepper)
	if strings.HasPrefix(cfg.Pepper, strings.TrimSuffix(cfg.Dir, "/")+"/") {
		return cfg, fmt.Errorf("%w: it must lie outside the data folder", ErrPepper)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	setDefault(&cfg.MailboxBytes, 2<<30)
	setDefault(&cfg.MailboxEntries, 100_000)
	setDefault(&cfg.BoxLines, maxBoxLines)
	cfg.BoxLines = min(cfg.BoxLines, maxBoxLines)
	setDefault(&cfg.BoxBytes, 16<<20)
	setDefault(&cfg.DiskReserve, 512<<20)
	return cfg, nil
}

func setDefault[T int | int64](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// Open opens the store that Init made. It creates nothing, and before it has found a store of this version, and its
// pepper, it touches nothing. Errors: ErrMissing, ErrForeign, ErrPepper, ErrLocked, ErrDown, or the file system's.
func Open(cfg Config) (*Store, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("opening store: %w", err)
	}
	s := &Store{cfg: cfg, queue: make(chan *op, queueLength), done: make(chan struct{})}
	if s.pepper, err = readMarkers(cfg); err != nil {
		return nil, fmt.Errorf("opening store: %w", err)
	}
	if s.db, err = openBadger(cfg); err != nil {
		return nil, fmt.Errorf("opening store: %w", err)
	}
	err = s.db.View(func(t *badger.Txn) error {
		check, err := (tx{t}).get([]byte("check"))
		if err == nil && !hmac.Equal(check, mac(s.pepper, "check")) {
			err = ErrForeign // the two folders are of different stores
		}
		return err
	})
	if err != nil {
		s.db.Close()
		return nil, fmt.Errorf("opening store: %w", down(err))
	}
	go s.writer()
	return s, nil
}

// Close waits for what was accepted, and closes the files. Calls after it answer ErrDown.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.queue)
	<-s.done
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("closing store: %w", down(err))
	}
	return nil
}

// read runs f on what is durable now.
func (s *Store) read(f func(tx) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed || s.broken.Load() {
		return ErrDown
	}
	return down(s.db.View(func(t *badger.Txn) error { return f(tx{t}) }))
}

func mac(pepper []byte, label string, parts ...[]byte) []byte {
	m := hmac.New(sha256.New, pepper)
	m.Write([]byte(label))
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

// Keyed hashes, each with a label of its own, none of which begins another.
func (s *Store) box(drop dropbox.Drop) hash      { return hash(mac(s.pepper, "drop ", drop[:])) }
func (s *Store) mailbox(reader string) hash      { return hash(mac(s.pepper, "mailbox ", []byte(reader))) }
func (s *Store) number(n dropbox.Sending) hash   { return hash(mac(s.pepper, "sending ", n[:])) }
func (s *Store) week() week                      { return weekOf(s.cfg.Now()) }
func (s *Store) past(since week) bool            { return weekOf(s.cfg.Now().AddDate(0, 0, -keepDays)) > since }
func (s *Store) endOfYears(years int) (end week) { return weekOf(s.cfg.Now().AddDate(years, 0, 0)) }
