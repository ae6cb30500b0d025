package storetest

import (
	"bytes"
	"sync"
	"sync/atomic"

	"tellbox/dropbox"
)

// crashLosesNothing crashes after every kind of answer.
func crashLosesNothing(s *suite) {
	p, q := Parcel("alice", "bob"), Parcel("alice", "bob")
	s.put(p, true, dropbox.Stored, nil)
	s.crash()
	s.put(p, true, dropbox.Again, nil)
	s.lines(p, p.Line)
	a, m := Answer(p, "bob"), More(p, "alice")
	s.reply("alice", a, dropbox.Stored, nil)
	s.crash()
	s.put(m, false, dropbox.Stored, nil)
	s.put(q, true, dropbox.Stored, nil)
	s.crash()
	s.lines(p, p.Line, a.Line, m.Line)
	s.holds("alice", p.To[0].Sealed, m.To[0].Sealed, q.To[0].Sealed)

	s.crash() // that alice was handed hers is known, and that bob was not
	frame := Withdrawal(q, "alice", "bob")
	s.withdraw(frame, []string{"bob"}, []string{"alice"})
	s.crash()
	s.lines(q)
	s.put(q, true, dropbox.Gone, nil)
	s.withdrawRefused(frame, dropbox.ErrGone)
	s.holds("bob", p.To[1].Sealed, a.To[0].Sealed, frame.To[1].Sealed)

	mail, _ := s.mail("alice", "")
	if err := s.Ack(s.ctx(), "alice", ids(mail[:2])); err != nil {
		s.Fatal(err)
	}
	s.crash()
	if found, err := s.Delete(s.ctx(), "alice", mail[1].ID); !found || err != nil {
		s.Fatalf("Delete: got %v, %v", found, err)
	}
	if err := s.SetRoster(s.ctx(), []byte("k"), []byte("r")); err != nil {
		s.Fatal(err)
	}
	s.crash()
	s.holds("alice", p.To[0].Sealed, frame.To[0].Sealed)
	size := int64(len(p.Line))
	s.status(Status{Boxes: 1, Withdrawn: 1, Mailboxes: []Mailbox{{"alice", 1, 2, 2 * size, "2026-W07", false}, {"bob", 3, 3, 3 * size, "2026-W07", false}}})
	if k, r, err := s.Roster(); string(k) != "k" || string(r) != "r" || err != nil {
		s.Errorf("Roster: got %q, %q, %v", k, r, err)
	}

	s.SetNow(Start.AddDate(0, 0, 40))
	s.purge(Purged{Mail: 1, Boxes: 0, Numbers: 5})
	s.crash()
	s.purge(Purged{})
	s.sent(p.Sending, p.Digest, dropbox.Stored)
	s.holds("alice", frame.To[0].Sealed)
}

// sequenceAfterCrash: no number of a mailbox is given twice, even if what had it was deleted before the crash, and cursors stay.
func sequenceAfterCrash(s *suite) {
	last, next := uint64(0), ""
	seen := map[string]bool{}
	for range 5 {
		for range 2 {
			p := Parcel("alice")
			s.put(p, true, dropbox.Stored, nil)
			mail, n := s.mail("alice", next)
			if len(mail) != 1 || !bytes.Equal(mail[0].Envelope, p.To[0].Sealed) || mail[0].Seq <= last || seen[mail[0].ID] {
				s.Fatalf("got %+v; want one new entry after %d", mail, last)
			}
			last, next, seen[mail[0].ID] = mail[0].Seq, n, true
			s.deleteAll("alice")
		}
		s.crash()
		s.count("alice", 0)
	}
}

// crashErased: neither answers nor the disk bring back after a crash what was erased before, nor does a purge after it.
func crashErased(s *suite) {
	var gone [][]byte
	for range 3 {
		p, q := Parcel("alice", "bob"), Parcel("alice")
		s.put(p, true, dropbox.Stored, nil)
		s.put(q, true, dropbox.Stored, nil)
		s.withdraw(Withdrawal(p), []string{}, []string{})
		s.deleteAll("alice")
		s.crash()
		gone = append(gone, append(all(p), q.To[0].Sealed)...)
		s.onDisk("erased", [][]byte{q.Line}, gone)
		s.lines(p)
		s.lines(q, q.Line)
		s.put(p, true, dropbox.Gone, nil)
		s.count("alice", 0)
		s.count("bob", 0)
	}
	s.purge(Purged{})
	s.crash()
	s.onDisk("erased", nil, gone)
}

// attempt is a parcel that was sent, and perhaps taken back, up to a crash.
type attempt struct {
	*dropbox.Parcel
	frames       *dropbox.Parcel // nil: it was not taken back
	stored, gone bool            // it was answered before the crash
}

// crashAmidCalls: of what was under way nothing is done by half, and what had been answered is done.
func crashAmidCalls(s *suite) {
	const callers = 6
	crashed := s.Subject
	var crashing atomic.Bool
	var answers atomic.Int64
	var tried [callers][]*attempt
	enough := make(chan bool)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			mine := []string{"reader-" + string(rune('a'+i)), "reader-" + string(rune('j'+i))}
			for n := 0; n < MailboxEntries && !crashing.Load(); n++ {
				a := &attempt{Parcel: Parcel(mine...)}
				tried[i] = append(tried[i], a)
				_, err := crashed.Put(s.ctx(), a.Parcel, true)
				a.stored = err == nil && !crashing.Load()
				if n%3 == 0 && err == nil {
					a.frames = Withdrawal(a.Parcel, mine...)
					_, err = crashed.Withdraw(s.ctx(), a.frames)
					a.gone = err == nil && !crashing.Load()
				}
				if answers.Add(1) == 40 {
					close(enough)
				}
			}
		})
	}
	<-enough
	crashing.Store(true)
	s.Subject = crashed.Crash()
	wg.Wait()
	for i := range tried {
		for _, a := range tried[i] {
			s.wholeOrNot(a)
		}
	}
}

func (s *suite) wholeOrNot(a *attempt) {
	s.Helper()
	there := func(p *dropbox.Parcel) (n int) {
		for _, e := range p.To {
			mail, _ := s.mail(e.Reader, "")
			for _, m := range mail {
				if bytes.Equal(m.Envelope, e.Sealed) {
					n++
				}
			}
		}
		return n
	}
	out, err := s.Sent(s.ctx(), a.Sending, a.Digest)
	if err != nil {
		s.Fatal(err)
	}
	got, err := s.Lines(s.ctx(), a.Drop)
	whole := err == nil && len(got.Lines) == 1 && out == dropbox.Again && there(a.Parcel) == len(a.To)
	none := err != nil && there(a.Parcel) == 0
	gone := none && out == dropbox.Gone && a.frames != nil && there(a.frames) == len(a.To)
	never := none && out == dropbox.Stored && (a.frames == nil || there(a.frames) == 0)
	switch {
	case a.gone && !gone, a.stored && never, !whole && !gone && !never:
		s.Errorf("stored before the crash %v, taken back %v; after it got outcome %v, %d lines, %d of %d envelopes, %v",
			a.stored, a.gone, out, len(got.Lines), there(a.Parcel), len(a.To), err)
	}
}
