// Package storetest says what any store of Tellbox must hold, as tests: what is answered is durable, a refusal
// changes nothing, sending numbers make sending twice harmless, mailboxes never lose or reorder, and a withdrawal tells the truth
// about who may have read. A store passes if Run passes, whatever it is built on.
//
// It does not test that a crash loses nothing (Reopen closes in good order), nor what a stolen disk shows.
package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"testing"
	"time"

	"tellbox/dropbox"
)

// The limits that a Subject must have.
const (
	MailboxBytes   = 12 << 20
	MailboxEntries = 64
	BoxLines       = 12
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
}

// Subject is a store under test, empty at first.
type Subject interface {
	Store
	Reopen()              // closes it and opens it again on the same data; fails the test if it cannot
	SetNow(now time.Time) // sets its clock
}

// Run holds the subjects that open makes to all promises, each by an empty one.
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
		{"cursors", cursors},
		{"how it came", howItCame},
		{"limits of one answer", answerLimits},
		{"numbers are never given twice", sequence},
		{"acknowledging and deleting", ackAndDelete},
		{"who had been handed what", handedOut},
		{"a lost beginning", lostBeginning},
		{"handing out races with taking back", handOutRace},
		{"taking it back", withdrawal},
		{"a full mailbox", fullMailbox},
		{"a full box", fullBox},
		{"lifetimes", lifetimes},
		{"32 at once", atOnce},
		{"one sending 16 times at once", sameAtOnce},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(&suite{t, open(t)}) })
	}
}

// Envelope makes bytes of the shape of an envelope or line whose frame fills bucket: random, and nobody can open them.
func Envelope(bucket int) []byte {
	b := make([]byte, dropbox.EnvelopeSize(bucket))
	rand.Read(b)
	small := dropbox.Buckets[0]
	header := b[:dropbox.EnvelopeSize(small)-small-32] // what is left beside the nonce and one chunk's tag
	for i := range header {
		header[i] = 'A'
	}
	copy(header, "age-encryption.org/v1\n-> mlkem768x25519 ")
	copy(header[len(header)-49:], "\n--- ")
	header[len(header)-1] = '\n'
	if dropbox.CheckEnvelope(b) != nil {
		panic("storetest: the shape of envelopes has changed")
	}
	return b
}

// Random is a random locator, drop or sending number.
func Random() (h dropbox.Hex32) {
	rand.Read(h[:])
	return h
}

// Parcel makes a parcel of a new reporter: a line and an envelope to each reader, of the smallest bucket.
func Parcel(readers ...string) *dropbox.Parcel {
	p := &dropbox.Parcel{Roster: 1, Locator: Random()}
	p.Drop = dropbox.DropOf(p.Locator)
	return refill(p, readers...)
}

// More makes a further parcel by the reporter of p, under a sending number of its own.
func More(p *dropbox.Parcel, readers ...string) *dropbox.Parcel {
	return refill(&dropbox.Parcel{Roster: 1, Locator: p.Locator, Drop: p.Drop}, readers...)
}

// Answer makes a reply to the reporter of p, with copies to readers.
func Answer(p *dropbox.Parcel, readers ...string) *dropbox.Parcel {
	return refill(&dropbox.Parcel{Drop: p.Drop}, readers...)
}

// Withdrawal makes what takes p back, with a frame to each reader.
func Withdrawal(p *dropbox.Parcel, readers ...string) *dropbox.Parcel {
	w := More(p, readers...)
	w.Line = nil
	w.SetDigest()
	return w
}

func refill(p *dropbox.Parcel, readers ...string) *dropbox.Parcel {
	p.Sending = Random()
	p.Line = Envelope(dropbox.Buckets[0])
	for _, id := range readers {
		p.To = append(p.To, dropbox.Envelope{Reader: id, Sealed: Envelope(dropbox.Buckets[0])})
	}
	p.SetDigest()
	return p
}

// suite is one test with its subject. Its methods fail the test if the store's answer is not the one wanted.
type suite struct {
	*testing.T
	Subject
}

func (s *suite) ctx() context.Context { return s.T.Context() }

func (s *suite) put(p *dropbox.Parcel, first bool, want dropbox.Outcome, wantErr error) {
	s.Helper()
	got, err := s.Put(s.ctx(), p, first)
	s.outcome("Put", got, err, want, wantErr)
}

func (s *suite) reply(from string, p *dropbox.Parcel, want dropbox.Outcome, wantErr error) {
	s.Helper()
	got, err := s.Reply(s.ctx(), from, p)
	s.outcome("Reply", got, err, want, wantErr)
}

func (s *suite) sent(n dropbox.Sending, digest dropbox.Hex32, want dropbox.Outcome) {
	s.Helper()
	got, err := s.Sent(s.ctx(), n, digest)
	s.outcome("Sent", got, err, want, nil)
}

func (s *suite) outcome(call string, got dropbox.Outcome, err error, want dropbox.Outcome, wantErr error) {
	s.Helper()
	if !errors.Is(err, wantErr) || err == nil && got != want {
		s.Fatalf("%s: got %v, %v; want %v, %v", call, got, err, want, wantErr)
	}
}

// lines holds her box to those lines in that order; none means ErrNothing.
func (s *suite) lines(p *dropbox.Parcel, want ...[]byte) (ends string) {
	s.Helper()
	got, err := s.Lines(s.ctx(), p.Drop)
	if len(want) == 0 {
		if !errors.Is(err, dropbox.ErrNothing) || got.Lines != nil {
			s.Fatalf("Lines: got %d lines, %v; want %v", len(got.Lines), err, dropbox.ErrNothing)
		}
		return ""
	}
	if err != nil || !slices.EqualFunc(got.Lines, want, bytes.Equal) {
		s.Fatalf("Lines: got %d lines, %v; want those %d", len(got.Lines), err, len(want))
	}
	return got.Ends
}

// mail lists a whole mailbox from a cursor on.
func (s *suite) mail(reader, after string) (all []dropbox.Mail, next string) {
	s.Helper()
	for next = after; ; {
		mail, n, err := s.Mail(s.ctx(), reader, next, 100)
		if err != nil {
			s.Fatalf("Mail: %v", err)
		}
		if len(mail) == 0 {
			return all, n
		}
		all, next = append(all, mail...), n
	}
}

// count holds a mailbox to a number of entries, which are handed out by that.
func (s *suite) count(reader string, want int) {
	s.Helper()
	if got, _ := s.mail(reader, ""); len(got) != want {
		s.Fatalf("mailbox of %s: got %d entries, want %d", reader, len(got), want)
	}
}

func (s *suite) withdraw(p *dropbox.Parcel, deleted, asked []string) {
	s.Helper()
	got, err := s.Withdraw(s.ctx(), p)
	if err != nil || !slices.Equal(got.Deleted, deleted) || !slices.Equal(got.Asked, asked) {
		s.Fatalf("Withdraw: got deleted %v, asked %v, %v; want %v, %v", got.Deleted, got.Asked, err, deleted, asked)
	}
}

func (s *suite) withdrawRefused(p *dropbox.Parcel, want error) {
	s.Helper()
	if _, err := s.Withdraw(s.ctx(), p); !errors.Is(err, want) {
		s.Fatalf("Withdraw: got %v, want %v", err, want)
	}
}

// sealed are the envelopes of mail.
func sealed(mail []dropbox.Mail) (b [][]byte) {
	for _, m := range mail {
		b = append(b, m.Envelope)
	}
	return b
}
