package storetest

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"tellbox/dropbox"
)

// erasuresReplayed: no restore brings back what was taken back or deleted since, however many backups and restores there were.
func erasuresReplayed(s *suite) {
	p, q, kept := Parcel("alice", "bob"), Parcel("alice"), Parcel("alice", "bob")
	for _, each := range []*dropbox.Parcel{p, q, kept} {
		s.put(each, true, dropbox.Stored, nil)
	}
	s.reply("alice", Answer(p, "bob"), dropbox.Stored, nil)
	first := s.backup()
	mail, _ := s.mail("alice", "")
	s.SetNow(Start.AddDate(0, 0, 7))
	s.withdraw(Withdrawal(p, "alice", "bob"), []string{"bob"}, []string{"alice"})
	second := s.backup()
	if found, err := s.Delete(s.ctx(), "alice", mail[1].ID); !found || err != nil {
		s.Fatalf("Delete: got %v, %v", found, err)
	}
	gone := append(all(p), q.To[0].Sealed)
	replayed := func(backup []byte) {
		s.Helper()
		s.restore(backup)
		s.onDisk("erased", [][]byte{q.Line}, gone)
		s.lines(p)
		s.lines(q, q.Line)
		s.put(p, true, dropbox.Gone, nil)
		s.reply("alice", Answer(p), 0, dropbox.ErrGone)
		s.withdrawRefused(Withdrawal(p, "alice"), dropbox.ErrNothing)
	}
	s.SetNow(Start.AddDate(0, 0, 21))
	replayed(first)
	s.holds("alice", kept.To[0].Sealed)
	s.holds("bob", kept.To[1].Sealed)
	replayed(second)
	s.count("alice", 2) // the frame
	replayed(first)     // once more, from the older one
	s.crash()

	s.withdraw(Withdrawal(kept), []string{}, []string{})
	gone = append(gone, all(kept)...)
	replayed(first)
	s.lines(kept)
	s.count("alice", 0)
	s.count("bob", 0)
	s.status(Status{Boxes: 1, Withdrawn: 2})
	s.at("2026-03-25 00:00:00") // 30 days from when she took it back, not from the restore
	s.status(Status{Boxes: 1, Withdrawn: 1})
	s.reply("alice", Answer(p), dropbox.Stored, nil)
}

// takenTwice: she took it back, a reply opened it again when that was long forgotten, and she took it back again. The last time
// counts, whenever the backup was made.
func takenTwice(s *suite) {
	p := Parcel("alice", "bob")
	s.put(p, true, dropbox.Stored, nil)
	backups := [][]byte{s.backup()}
	s.withdraw(Withdrawal(p, "alice", "bob"), []string{"alice", "bob"}, []string{})
	s.SetNow(Start.AddDate(0, 0, 40))
	backups = append(backups, s.backup())
	s.reply("alice", Answer(p, "bob"), dropbox.Stored, nil)
	s.withdraw(Withdrawal(p, "alice", "bob"), []string{}, []string{"alice", "bob"})
	for _, backup := range backups {
		s.restore(backup)
		s.count("alice", 0) // the first frames went with the second withdrawal
		s.count("bob", 0)
		s.reply("alice", Answer(p), 0, dropbox.ErrGone)
		s.status(Status{Withdrawn: 1})
	}
}

// expiriesReplayed: nor what a purge took away.
func expiriesReplayed(s *suite) {
	p, opened := Parcel("alice", "bob"), Parcel("bob")
	s.put(p, true, dropbox.Stored, nil)
	s.put(opened, true, dropbox.Stored, nil)
	s.ackAll("alice")
	backup := s.backup()
	s.SetNow(Start.AddDate(3, 0, 0))
	s.reply("bob", Answer(opened), dropbox.Stored, nil)
	s.purge(Purged{Mail: 1, Lines: 1, Numbers: 2})
	s.restore(backup)
	s.onDisk("expired", [][]byte{p.To[1].Sealed}, [][]byte{p.Line, p.To[0].Sealed, opened.Line})
	s.lines(p)
	s.lines(opened)
	s.count("alice", 0)
	s.holds("bob", p.To[1].Sealed, opened.To[0].Sealed)
	a := Answer(opened)
	s.reply("bob", a, dropbox.Stored, nil)
	s.lines(opened, a.Line)
}

// notABackup: a backup that is not whole, or not as it was, is refused, and a backup that could not be written says so.
func notABackup(s *suite) {
	p := Parcel("alice", "bob")
	s.put(p, true, dropbox.Stored, nil)
	backup := s.backup()
	refused := func(what string, at int, b []byte) {
		s.Helper()
		if _, err := s.Restored(b); err == nil {
			s.Fatalf("%s at %d of %d: it was restored", what, at, len(backup))
		}
	}
	refused("nothing", 0, nil)
	refused("twice", 0, append(slices.Clone(backup), backup...))
	refused("something else", 0, []byte("Dear"))
	for i := range 8 {
		at := i * (len(backup) - 1) / 7
		refused("cut", at, backup[:at])
		flipped := slices.Clone(backup)
		flipped[at] ^= 1
		refused("flipped", at, flipped)
	}
	full := errors.New("no room there")
	for _, room := range []int{0, 1000, len(backup) - 1} {
		if err := s.Backup(s.ctx(), &limited{room, full}); !errors.Is(err, full) {
			s.Errorf("room for %d bytes: got %v, want %v", room, err, full)
		}
	}
	s.restore(backup)
	s.lines(p, p.Line)
}

// limited is a writer that has room for so many bytes.
type limited struct {
	room int
	err  error
}

func (w *limited) Write(b []byte) (int, error) {
	if w.room -= len(b); w.room < 0 {
		return 0, w.err
	}
	return len(b), nil
}

// amid is a writer that calls do once, when the backup has begun to arrive.
type amid struct {
	bytes.Buffer
	do   func()
	once sync.Once
}

func (w *amid) Write(b []byte) (int, error) {
	w.once.Do(w.do)
	return w.Buffer.Write(b)
}

// backupAmidCalls: what was there when a backup began is in it, what came meanwhile is whole or not at all, and what was erased
// meanwhile is not brought back.
func backupAmidCalls(s *suite) {
	var before, taken []*dropbox.Parcel
	for range 12 {
		p, q := Parcel("alice", "bob"), Parcel("carol")
		s.put(p, true, dropbox.Stored, nil)
		s.put(q, true, dropbox.Stored, nil)
		before, taken = append(before, p), append(taken, q)
	}
	var stop atomic.Bool
	var tried [4][]*attempt
	var wg sync.WaitGroup
	for i := range tried {
		wg.Go(func() {
			reader := "reader-" + string(rune('a'+i))
			for n := 0; n < MailboxEntries && !stop.Load(); n++ {
				a := &attempt{Parcel: Parcel(reader)}
				tried[i] = append(tried[i], a)
				if _, err := s.Put(s.ctx(), a.Parcel, true); err != nil {
					s.Errorf("Put: %v", err)
				}
			}
		})
	}
	w := &amid{do: func() {
		for _, q := range taken {
			if _, err := s.Withdraw(s.ctx(), Withdrawal(q, "carol")); err != nil {
				s.Errorf("Withdraw: %v", err)
			}
		}
	}}
	if err := s.Backup(s.ctx(), w); err != nil {
		s.Fatal(err)
	}
	stop.Store(true)
	wg.Wait()
	s.restore(w.Bytes())
	for _, p := range before {
		s.lines(p, p.Line)
	}
	for _, q := range taken {
		s.lines(q)
		s.put(q, true, dropbox.Gone, nil)
	}
	s.onDisk("taken back meanwhile", nil, all(taken...))
	s.count("alice", len(before))
	for i := range tried {
		for _, a := range tried[i] {
			s.wholeOrNot(a)
		}
	}
}
