package storetest

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"tellbox/dropbox"
)

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

// ids are the names of mail in its mailbox.
func ids(mail []dropbox.Mail) (all []string) {
	for _, m := range mail {
		all = append(all, m.ID)
	}
	return all
}

// ackAll fetches all of a mailbox and acknowledges it.
func (s *suite) ackAll(reader string) {
	s.Helper()
	mail, _ := s.mail(reader, "")
	if err := s.Ack(s.ctx(), reader, ids(mail)); err != nil {
		s.Fatalf("Ack: %v", err)
	}
}

// deleteAll fetches all of a mailbox and deletes it.
func (s *suite) deleteAll(reader string) {
	s.Helper()
	mail, _ := s.mail(reader, "")
	for _, m := range mail {
		if found, err := s.Delete(s.ctx(), reader, m.ID); !found || err != nil {
			s.Fatalf("Delete: got %v, %v", found, err)
		}
	}
}

// holds holds a mailbox to those envelopes in that order.
func (s *suite) holds(reader string, want ...[]byte) {
	s.Helper()
	if mail, _ := s.mail(reader, ""); !slices.EqualFunc(sealed(mail), want, bytes.Equal) {
		s.Errorf("mailbox of %s: got %d entries, want those %d", reader, len(mail), len(want))
	}
}

func (s *suite) purge(want Purged) {
	s.Helper()
	if got, err := s.Purge(s.ctx()); err != nil || got != want {
		s.Fatalf("Purge: got %+v, %v; want %+v", got, err, want)
	}
}

// status holds the store to what it says of the mailboxes in want, and of all boxes.
func (s *suite) status(want Status) {
	s.Helper()
	var readers []string
	for _, m := range want.Mailboxes {
		readers = append(readers, m.Reader)
	}
	got, err := s.Status(s.ctx(), readers)
	if err != nil || len(got.Mailboxes) != len(readers) {
		s.Fatalf("Status: got %d mailboxes, %v; want %d", len(got.Mailboxes), err, len(readers))
	}
	if got.Mailboxes = append([]Mailbox(nil), got.Mailboxes...); !reflect.DeepEqual(got, want) {
		s.Errorf("Status: got %+v; want %+v", got, want)
	}
}

// sound fails the test if the store finds a fault in itself.
func (s *suite) sound() {
	s.Helper()
	if faults, err := s.Check(s.ctx()); err != nil || len(faults) > 0 {
		s.Errorf("Check: got %q, %v; want no fault", faults, err)
	}
}

// crash goes on with what a crash leaves.
func (s *suite) crash() {
	s.Helper()
	s.Subject = s.Crash()
}

func (s *suite) backup() []byte {
	s.Helper()
	var b bytes.Buffer
	if err := s.Backup(s.ctx(), &b); err != nil {
		s.Fatalf("Backup: %v", err)
	}
	return b.Bytes()
}

// restore goes on with what a backup brings back.
func (s *suite) restore(backup []byte) {
	s.Helper()
	r, err := s.Restored(backup)
	if err != nil {
		s.Fatalf("restoring: %v", err)
	}
	s.Subject = r
	s.sound()
}

// at sets the clock: "2026-02-11 12:00:00", in UTC.
func (s *suite) at(text string) time.Time {
	s.Helper()
	now, err := time.Parse(time.DateTime, text)
	if err != nil {
		s.Fatal(err)
	}
	s.SetNow(now)
	return now
}
