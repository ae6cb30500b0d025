// Package store keeps a drop-box on one machine's disk: records in badger, the age files that they name in segments beside
// it, and the blobs of files, which are large, each in a file of its own. It is given ciphertext, and files it under keyed hashes: no drop, locator, reader's id or sending number is ever
// written down, and no time finer than an ISO week.
//
// What it guarantees: a call that changes something returns nil only after its one transaction is synced to
// disk; a call that refuses has written nothing; what Mail returns was durably noted as handed out before, so that Withdraw
// can say truthfully who may have read something; a sequence number of a mailbox is never given twice. These promises are
// the conformance suite storetest, so that another store can be held to them.
//
// What is withdrawn, deleted or expired is overwritten in its file before the call that dropped it returns; badger's
// records of it, which hold no ciphertext, are scrubbed from its files within minutes, and by Purge at once.
//
// What it does not: flash, copy-on-write file systems and backups keep old blocks after that. A stolen folder shows how many
// envelopes wait and which records belong together; with the pepper, which lies outside the folder, a thief who knows
// readers' ids learns whose mailbox is whose. Damage to the files is found (Open, Check) and not repaired, and a failed disk is
// noticed (ErrDown), not survived: that is what backups are for.
package store

import (
	"context"
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
	ErrDamaged  = errors.New("the store is damaged")
	ErrErasures = errors.New("the list of erasures is missing or not of this store")
	ErrBackup   = errors.New("that is not a whole backup")
	ErrDisk     = errors.New("there is too little room on the disk")
)

// Config says where a store is and what it may hold. Zero values of all fields but Dir have the defaults named there.
type Config struct {
	Dir    string           // the data folder, 0700
	Pepper string           // the file with the pepper, outside Dir: Dir + ".pepper"
	Erased string           // the list of erasures, outside Dir: Dir + ".erased"
	Now    func() time.Time // time.Now
	Log    *slog.Logger     // discards; gets fixed words only

	MailboxBytes   int64 // of envelopes in one mailbox: 2 GiB
	MailboxEntries int   // in one mailbox: 100,000
	BoxLines       int   // in one box: 4,000, which is also the most
	BoxBytes       int64 // of lines in one box, all of which one answer carries: 16 MiB; three quarters of this and of BoxLines for replies
	DiskReserve    int64 // bytes to leave free: 512 MiB. On a full disk badger dies of SIGBUS, so below it reports and
	// replies are refused with ErrFull, below a quarter of it everything that writes, and below an eighth the store does not open.
	TextReserve int64 // bytes beyond DiskReserve that files leave to texts: 2 GiB

	Damaged bool          // open although something that was durable is missing: what is left is served
	Tidy    time.Duration // how often it looks for what is to erase: a minute; negative: never
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
//	line/‹box›‹seq›         44: the place of an age file to her; the seqs are 0, 1, 2 … without gaps
//	drop/‹box›‹mailbox›‹seq›  16 id ‖ 4 length of the envelope: which mail is of this box
//	hand/‹box›‹mailbox›     empty: some mail of this box was handed out from this mailbox; stays as long as box/
//	epoch/‹mailbox›         40: 16 random ‖ 8 next seq, from 1 ‖ 8 entries ‖ 8 bytes of envelopes
//	mail/‹mailbox›‹seq›     93: 16 random id ‖ 32 box ‖ 1 'p' or 'r' ‖ 44 place of the envelope, see mailRecord
//	mark/‹mailbox›‹seq›     24: the weeks it was put, first handed out and first acknowledged
//	id/‹mailbox›‹id›        8 seq
//	blob/‹blob›             72: whose it is, see blobRecord; ‹blob› is HMAC-SHA256(pepper, "blob " ‖ id), and its file's name
//	file/‹box›‹blob›        empty: which blobs are of this box
//	sent/‹number›           up to 64 of: 32 digest ‖ 32 box ‖ 8 week, oldest first
//	segment/‹4›             8: how far a segment is written, and how much of it is in use, see segmentRecord
//	wipe/‹commit›           what has still to be overwritten, see wipeRecord
//	commits                 8: the number of the last transaction; stands in the file Dir/commits as well
//	erasures                which list of erasures is this store's, and what is in it, see erasures.record
//	lost                    8 week: since when it is known that something durable is missing
//
// Tombstones and sending numbers count for 30 days, rounded up to a week; a box for its years. After that they count as
// absent, whether or not a purge has removed them.
type Store struct {
	cfg    Config
	pepper []byte
	db     *badger.DB

	segments segments
	blobs    blobs
	lost     bool // something durable is missing: an unknown drop may have been known

	queue     chan *op
	done      chan struct{} // closed when the writer has emptied queue
	closing   chan struct{} // closed when Close begins
	closeOnce sync.Once
	tidied    chan struct{}  // closed when tidy has ended
	users     sync.WaitGroup // snapshots in use
	scrubbing sync.Mutex     // held by whoever has badger rewrite its files
	broken    atomic.Bool    // a commit failed: what is in memory may not be on disk, so nothing is answered any more
	dirty     atomic.Bool    // badger's files still have records that were deleted
	erasing   atomic.Int64   // wipe records whose erasure failed

	// The writer's alone.
	active    uint32 // the segment that is written to
	commits   uint64 // the last transaction's number
	tally     *tally
	erasures  *erasures
	erasedNow [][]byte        // wipe records that are done; the next transaction deletes them
	listed    map[string]bool // wipe records whose names are in the list of erasures already

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
	if cfg.Erased == "" {
		cfg.Erased = cfg.Dir + ".erased"
	}
	cfg.Pepper, cfg.Erased = cleanPath(cfg.Pepper), cleanPath(cfg.Erased)
	inside := strings.TrimSuffix(cfg.Dir, "/") + "/"
	if strings.HasPrefix(cfg.Pepper, inside) {
		return cfg, fmt.Errorf("%w: it must lie outside the data folder", ErrPepper)
	}
	if strings.HasPrefix(cfg.Erased, inside) {
		return cfg, fmt.Errorf("%w: it must lie outside the data folder", ErrErasures)
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
	setDefault(&cfg.TextReserve, 2<<30)
	setDefault(&cfg.Tidy, time.Minute)
	return cfg, nil
}

func setDefault[T int | int64 | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// read runs f on what is durable now.
func (s *Store) read(f func(tx) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed || s.broken.Load() {
		return ErrDown
	}
	return down(s.view(f))
}

// view is read for the writer and for Open.
func (s *Store) view(f func(tx) error) error {
	return s.db.View(func(t *badger.Txn) error { return f(tx{t: t}) })
}

// ending is ctx, and ends when Close begins.
func (s *Store) ending(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := make(chan struct{})
	go func() {
		select {
		case <-s.closing:
			cancel(ErrDown)
		case <-stop:
		}
	}()
	return ctx, func() { close(stop); cancel(nil) }
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
