package storetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"sync"

	"tellbox/dropbox"
)

func callerLeft(s *suite) {
	p := Parcel("alice")
	s.put(p, true, dropbox.Stored, nil)
	gone, cancel := context.WithCancel(s.ctx())
	cancel()
	q := Parcel("alice")
	if _, err := s.Put(gone, q, true); !errors.Is(err, dropbox.ErrBusy) {
		s.Errorf("Put: got %v, want %v", err, dropbox.ErrBusy)
	}
	if _, err := s.Withdraw(gone, Withdrawal(p, "alice")); !errors.Is(err, dropbox.ErrBusy) {
		s.Errorf("Withdraw: got %v, want %v", err, dropbox.ErrBusy)
	}
	if mail, _, err := s.Mail(gone, "alice", "", 10); !errors.Is(err, dropbox.ErrBusy) || mail != nil {
		s.Errorf("Mail: got %d entries, %v; want %v", len(mail), err, dropbox.ErrBusy)
	}
	if _, err := s.Reply(gone, "alice", Answer(p)); !errors.Is(err, dropbox.ErrBusy) {
		s.Errorf("Reply: got %v, want %v", err, dropbox.ErrBusy)
	}
	if err := s.SetRoster(gone, nil, []byte("another")); !errors.Is(err, dropbox.ErrBusy) {
		s.Errorf("SetRoster: got %v, want %v", err, dropbox.ErrBusy)
	}
	if _, r, err := s.Roster(); err != nil || string(r) == "another" {
		s.Errorf("Roster: got %q, %v", r, err)
	}
	for call, do := range map[string]func() error{
		"Purge":  func() error { _, err := s.Purge(gone); return err },
		"Check":  func() error { _, err := s.Check(gone); return err },
		"Backup": func() error { return s.Backup(gone, io.Discard) },
	} {
		if err := do(); !errors.Is(err, dropbox.ErrBusy) && !errors.Is(err, context.Canceled) {
			s.Errorf("%s: got %v, want %v or %v", call, err, dropbox.ErrBusy, context.Canceled)
		}
	}
	if _, err := s.Status(gone, nil); !errors.Is(err, context.Canceled) {
		s.Errorf("Status: got %v, want %v", err, context.Canceled)
	}
	s.Reopen()
	s.sent(q.Sending, q.Digest, dropbox.Stored)
	s.lines(q)
	s.lines(p, p.Line)
	s.withdraw(Withdrawal(p, "alice"), []string{"alice"}, []string{}) // what was not answered was not handed out

	mail, _ := s.mail("alice", "")
	if err := s.Ack(gone, "alice", ids(mail)); !errors.Is(err, dropbox.ErrBusy) {
		s.Errorf("Ack: got %v, want %v", err, dropbox.ErrBusy)
	}
	if found, err := s.Delete(gone, "alice", mail[0].ID); !errors.Is(err, dropbox.ErrBusy) || found {
		s.Errorf("Delete: got %v, %v; want %v", found, err, dropbox.ErrBusy)
	}
	s.status(Status{Withdrawn: 1, Mailboxes: []Mailbox{{"alice", 1, 1, int64(len(p.Line)), "2026-W07", false}}})
}

// callerLeaves: whoever leaves while his call is under way is told the truth: it was done, or it was not and ErrBusy says so.
func callerLeaves(s *suite) {
	var wg sync.WaitGroup
	for i := range 6 {
		reader := "reader-" + string(rune('a'+i))
		wg.Go(func() {
			for n := range 8 {
				s.leave(n, func(ctx context.Context) {
					p := Parcel(reader)
					out, err := s.Put(ctx, p, true)
					known, err2 := s.Sent(s.ctx(), p.Sending, p.Digest)
					done := err == nil && out == dropbox.Stored && known == dropbox.Again
					if busy := errors.Is(err, dropbox.ErrBusy) && known == dropbox.Stored; err2 != nil || !done && !busy {
						s.Errorf("Put: got %v, %v; after it %v, %v", out, err, known, err2)
					}
				})
				p := Parcel(reader)
				if _, err := s.Put(s.ctx(), p, true); err != nil {
					s.Errorf("Put: %v", err)
				}
				s.leave(n, func(ctx context.Context) {
					mail, _, errMail := s.Mail(ctx, reader, "", 100)
					erased, err := s.Withdraw(s.ctx(), Withdrawal(p, reader))
					asked := errMail == nil && slices.Equal(erased.Asked, []string{reader})
					busy := errors.Is(errMail, dropbox.ErrBusy) && mail == nil && slices.Equal(erased.Deleted, []string{reader})
					if err != nil || !asked && !busy {
						s.Errorf("Mail: got %d entries, %v; a withdrawal after it %v, %v", len(mail), errMail, erased, err)
					}
				})
			}
		})
	}
	wg.Wait()
}

// leave runs call and ends its context some time during it.
func (s *suite) leave(n int, call func(context.Context)) {
	ctx, cancel := context.WithCancel(s.ctx())
	go func() {
		for range n * 50 {
			runtime.Gosched()
		}
		cancel()
	}()
	call(ctx)
}

func atOnce(s *suite) {
	parcels := make([]*dropbox.Parcel, 32)
	var wg sync.WaitGroup
	for i := range parcels {
		parcels[i] = Parcel("alice", "bob", "carol")
		wg.Go(func() {
			if out, err := s.Put(s.ctx(), parcels[i], true); err != nil || out != dropbox.Stored {
				s.Errorf("Put: got %v, %v", out, err)
			}
		})
	}
	wg.Wait()
	s.Reopen()
	for reader := range 3 {
		mail, _ := s.mail(parcels[0].To[reader].Reader, "")
		ids := map[string]bool{}
		for i, m := range mail {
			ids[m.ID] = true
			if i > 0 && m.Seq <= mail[i-1].Seq {
				s.Errorf("seq %d after %d", m.Seq, mail[i-1].Seq)
			}
		}
		if len(ids) != len(parcels) {
			s.Errorf("got %d ids, want %d", len(ids), len(parcels))
		}
		for _, p := range parcels {
			if !slices.ContainsFunc(mail, func(m dropbox.Mail) bool { return bytes.Equal(m.Envelope, p.To[reader].Sealed) }) {
				s.Error("an envelope is missing")
			}
		}
	}
	for _, p := range parcels {
		s.lines(p, p.Line)
	}
}

func sameAtOnce(s *suite) {
	p := Parcel("alice")
	var outcomes [16]dropbox.Outcome
	var wg sync.WaitGroup
	for i := range outcomes {
		wg.Go(func() {
			var err error
			if outcomes[i], err = s.Put(s.ctx(), p, true); err != nil {
				s.Errorf("Put: %v", err)
			}
		})
	}
	wg.Wait()
	slices.Sort(outcomes[:])
	if outcomes[0] != dropbox.Stored || outcomes[1] != dropbox.Again || outcomes[15] != dropbox.Again {
		s.Errorf("got outcomes %v, want one that stored", outcomes)
	}
	s.lines(p, p.Line)
	s.count("alice", 1)
}
