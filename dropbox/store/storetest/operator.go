package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"time"

	"tellbox/dropbox"
)

// roster: both parts are replaced together, and whoever reads them gets two that belong together.
func roster(s *suite) {
	same := func(keyholders, roster []byte) {
		s.Helper()
		if k, r, err := s.Roster(); err != nil || !bytes.Equal(k, keyholders) || !bytes.Equal(r, roster) {
			s.Errorf("got %.20q, %.20q, %v; want %.20q, %.20q", k, r, err, keyholders, roster)
		}
	}
	set := func(keyholders, roster []byte) {
		s.Helper()
		if err := s.SetRoster(s.ctx(), keyholders, roster); err != nil {
			s.Fatal(err)
		}
	}
	k, r := bytes.Repeat([]byte("k"), 300_000), bytes.Repeat([]byte("r"), 600_000)
	set(k, r)
	same(k, r)
	for _, next := range []func(){s.Reopen, s.crash, func() { s.restore(s.backup()) }} {
		next()
		same(k, r)
	}
	if err := s.SetRoster(s.ctx(), make([]byte, 600_000), make([]byte, 600_000)); !errors.Is(err, dropbox.ErrShape) {
		s.Errorf("too large: got %v, want %v", err, dropbox.ErrShape)
	}
	same(k, r)
	set(nil, nil)
	same(nil, nil)

	set([]byte("keys 0"), []byte("names 0"))
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range 200 {
				k, r, err := s.Roster()
				if err != nil || !bytes.Equal(bytes.TrimPrefix(k, []byte("keys")), bytes.TrimPrefix(r, []byte("names"))) {
					s.Errorf("got %q with %q, %v", k, r, err)
				}
			}
		})
	}
	for n := range 20 {
		set(fmt.Appendf(nil, "keys %d", n), fmt.Appendf(nil, "names %d", n))
	}
	wg.Wait()
	same([]byte("keys 19"), []byte("names 19"))
}

// status is what an operator is told. Weeks are those of UTC, wherever the server stands.
func status(s *suite) {
	s.status(Status{Mailboxes: []Mailbox{{Reader: "alice"}, {Reader: "bob"}}})
	east := time.FixedZone("east of Greenwich", 2*60*60)
	s.SetNow(time.Date(2027, 1, 4, 0, 30, 0, 0, east)) // Monday there, still Sunday of 2026-W53 in UTC
	p := Parcel("alice")
	s.put(p, true, dropbox.Stored, nil)
	s.at("2027-01-04 12:00:00")
	size := int64(len(p.Line))
	q := Parcel("bob", "alice")
	s.put(q, true, dropbox.Stored, nil)
	s.status(Status{Boxes: 2, Mailboxes: []Mailbox{{"bob", 1, 1, size, "2027-W01", false}, {"alice", 2, 2, 2 * size, "2026-W53", false}}})
	mail, _ := s.mail("alice", "")
	if err := s.Ack(s.ctx(), "alice", ids(mail[:1])); err != nil {
		s.Fatal(err)
	}
	for range MailboxEntries - 2 {
		s.put(Parcel("alice"), true, dropbox.Stored, nil)
	}
	s.Reopen()
	s.status(Status{Boxes: MailboxEntries, Mailboxes: []Mailbox{
		{"alice", MailboxEntries - 1, MailboxEntries, MailboxEntries * size, "2027-W01", true}, {"bob", 1, 1, size, "2027-W01", false}}})
	s.withdraw(Withdrawal(q), []string{}, []string{})
	s.status(Status{Boxes: MailboxEntries - 1, Withdrawn: 1, Mailboxes: []Mailbox{
		{"alice", MailboxEntries - 2, MailboxEntries - 1, (MailboxEntries - 1) * size, "2027-W01", false}, {Reader: "bob"}}})
	s.at("2029-01-08 00:00:00")
	s.status(Status{Ended: MailboxEntries - 1})
}
