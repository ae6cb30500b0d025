// Package storetest says what any store of Tellbox must hold, as tests: what is answered is durable, even through a crash; a refusal
// changes nothing; sending numbers make sending twice harmless; mailboxes never lose or reorder; a withdrawal tells the truth
// about who may have read; what is erased is on the disk no more, and no backup brings it back; and everything lasts as long as it
// should. A store passes if Run passes, whatever it is built on.
//
// It does not test what only a power cut, a full or a failing disk shows, nor what a thief learns beyond ciphertext: those
// depend on how a store is built, and are for its own tests.
package storetest

import (
	"context"
	"io"
	"iter"
	"testing"
	"time"

	"tellbox/dropbox"
)

// The limits that a Subject must have.
const (
	MailboxBytes   = 12 << 20
	MailboxEntries = 64
	BoxLines       = 12
	BoxBytes       = 4 << 20
)

// Start is what a Subject's clock shows at first, in week 2026-W07. A Subject's clock moves only by SetNow.
var Start = time.Date(2026, 2, 11, 12, 0, 0, 0, time.UTC)

// Store is what is tested. The methods of package store say what each must do.
type Store interface {
	Sent(ctx context.Context, n dropbox.Sending, digest dropbox.Hex32) (dropbox.Outcome, error)
	Put(ctx context.Context, p *dropbox.Parcel, first bool) (dropbox.Outcome, error)
	Lines(ctx context.Context, drop dropbox.Drop) (dropbox.Lines, error)
	Withdraw(ctx context.Context, p *dropbox.Parcel) (dropbox.Erased, error)
	Reply(ctx context.Context, from string, p *dropbox.Parcel) (dropbox.Outcome, error)
	Mail(ctx context.Context, reader, after string, limit int) (mail []dropbox.Mail, next string, err error)
	Ack(ctx context.Context, reader string, ids []string) error
	Delete(ctx context.Context, reader, id string) (found bool, err error)

	Upload(ctx context.Context, id dropbox.BlobID, at, size int64) (dropbox.Upload, error)
	Blob(ctx context.Context, id dropbox.BlobID) (io.ReadSeekCloser, error)
	Discard(ids ...dropbox.BlobID)
	Missing(ctx context.Context, ids []dropbox.BlobID) ([]dropbox.BlobID, error)
	Unclaimed(ctx context.Context, ids []dropbox.BlobID) ([]dropbox.BlobID, error)

	Roster() (keyholders, roster []byte, err error)
	SetRoster(ctx context.Context, keyholders, roster []byte) error
	Status(ctx context.Context, readers []string) (Status, error)
	Check(ctx context.Context) (faults []string, err error)
	Purge(ctx context.Context) (Purged, error) // a Subject purges at no other time
	Backup(ctx context.Context, w io.Writer) error
}

// Status is what store.Status is, without the disk.
type Status struct {
	Mailboxes               []Mailbox
	Boxes, Ended, Withdrawn int
}

// Mailbox is what store.Mailbox is.
type Mailbox struct {
	Reader  string
	Waiting int
	Entries int
	Bytes   int64
	Oldest  string
	Full    bool
}

// Purged is what store.Purged is.
type Purged struct{ Mail, Lines, Boxes, Numbers int }

// Subject is a store under test, empty at first. It fails the test by itself when it cannot do what a method here asks.
type Subject interface {
	Store
	SetNow(now time.Time) // sets its clock; others may read it meanwhile
	Reopen()              // closes it in good order and opens it again on the same data; no call is under way

	// Crash is a subject on what there would be if the process, or all processes, of this one were killed now. Its clock
	// shows the same. Calls may be under way: they may have been done or not, and end in any way. This subject is not used
	// again.
	Crash() Subject

	// Restored is a subject made of a backup, with what a restore needs beside it (the pepper, the list of erasures) as this one
	// has it now. Its clock shows the same. Unless there is an error this subject is not used again.
	Restored(backup []byte) (Subject, error)

	// Disk is everything that the store keeps on disk, file by file, as it stands there, but not the room that file systems and
	// disks have given back.
	Disk() iter.Seq2[string, []byte]
}

// Run holds the subjects that open makes to all promises, each by an empty one, some at the same time. What every test leaves must
// be sound.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	for _, c := range []struct {
		name string
		test func(*suite)
	}{
		{"durable", durable},
		{"sending twice", sendingTwice},
		{"at most 64 sendings a number", manySendings},
		{"a first report needs a new drop", firstReport},
		{"her further parcels", furtherParcels},
		{"replies", replies},
		{"refused shapes", shapes},
		{"a caller who left", callerLeft},
		{"a caller who leaves meanwhile", callerLeaves},
		{"cursors", cursors},
		{"how it came", howItCame},
		{"limits of one answer", answerLimits},
		{"numbers are never given twice", sequence},
		{"acknowledging and deleting", ackAndDelete},
		{"who had been handed what", handedOut},
		{"a lost beginning", lostBeginning},
		{"handing out races with taking back", handOutRace},
		{"taking it back", withdrawal},
		{"a record for herself", record},
		{"a full mailbox", fullMailbox},
		{"a frame to a full mailbox", frameToFull},
		{"a full box", fullBox},
		{"a box full of bytes", fullOfBytes},
		{"a known number where there is no room", againWithoutRoom},
		{"32 at once", atOnce},
		{"one sending 16 times at once", sameAtOnce},

		{"lifetimes", lifetimes},
		{"what lasts 30 days", thirtyDays},
		{"mail waits for ever", waitsForEver},
		{"when a box ends", boxEnds},
		{"what extends a box", boxExtended},
		{"after a box has ended", func(s *suite) { afterItsEnd(s, false) }},
		{"after a box has ended and was purged", func(s *suite) { afterItsEnd(s, true) }},
		{"mail that outlives its box", outlives},
		{"a withdrawal long forgotten", forgotten},
		{"what a purge counts and leaves", purgeCounts},
		{"purging races with putting", purgeRace},

		{"blobs", blobs},
		{"pieces of blobs", blobPieces},
		{"blobs that nobody names", blobsWait},
		{"blobs end with their box", blobsEnd},
		{"blobs across a crash", blobsCrash},
		{"blobs across a restore", blobsRestored},

		{"status", status},
		{"roster", roster},
		{"erased from the disk", erasedFromDisk},
		{"expired and off the disk", expiredOffDisk},
		{"a refusal leaves nothing on the disk", refusedOffDisk},

		{"a crash loses nothing", crashLosesNothing},
		{"numbers after a crash", sequenceAfterCrash},
		{"what is erased stays erased", crashErased},
		{"a crash amid calls", crashAmidCalls},

		{"restored", restored},
		{"sync across a restore", syncAcrossRestore},
		{"pickup across a restore", pickupAcrossRestore},
		{"erasures are replayed", erasuresReplayed},
		{"taken back twice", takenTwice},
		{"expiries are replayed", expiriesReplayed},
		{"taking back after a restore", withdrawAfterRestore},
		{"a backup that is none", notABackup},
		{"a backup amid calls", backupAmidCalls},

		{"at random", func(s *suite) { random(s, 1, 30, 14) }},
		{"at random, four at once", func(s *suite) { random(s, 4, 8, 10) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &suite{t, open(t)}
			c.test(s)
			s.sound()
		})
	}
}
