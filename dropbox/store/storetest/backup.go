package storetest

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"tellbox/dropbox"
)

// restored: a restore brings back what was there when the backup was made, all of it, and goes on from there.
func restored(s *suite) {
	p, ten, taken := Parcel("alice", "bob"), keep(Parcel("bob"), 10), Parcel("alice")
	for _, q := range []*dropbox.Parcel{p, ten, taken} {
		s.put(q, true, dropbox.Stored, nil)
	}
	a := Answer(p, "bob")
	s.reply("alice", a, dropbox.Stored, nil)
	frame := Withdrawal(taken, "alice")
	s.withdraw(frame, []string{"alice"}, []string{})
	s.ackAll("alice")
	if err := s.SetRoster(s.ctx(), []byte("keys"), []byte("names")); err != nil {
		s.Fatal(err)
	}
	s.SetNow(Start.AddDate(0, 0, 21))
	s.restore(s.backup())
	if ends := s.lines(p, p.Line, a.Line); ends != "2028-W06" {
		s.Errorf("a box: ends %s, want 2028-W06", ends)
	}
	if ends := s.lines(ten, ten.Line); ends != "2036-W07" {
		s.Errorf("a record: ends %s, want 2036-W07", ends)
	}
	s.lines(taken)
	size := int64(len(p.Line))
	s.status(Status{Boxes: 2, Withdrawn: 1, Mailboxes: []Mailbox{{Reader: "alice", Entries: 2, Bytes: 2 * size}, {"bob", 3, 3, 3 * size, "2026-W07", false}}})
	s.holds("alice", p.To[0].Sealed, frame.To[0].Sealed)
	if mail, _ := s.mail("bob", ""); len(mail) != 3 || mail[0].Via != dropbox.ViaParcel || mail[2].Via != dropbox.ViaReply ||
		!slices.EqualFunc(sealed(mail), [][]byte{p.To[1].Sealed, ten.To[0].Sealed, a.To[0].Sealed}, bytes.Equal) {
		s.Errorf("bob: got %d entries, want three as they came", len(mail))
	}
	s.put(p, true, dropbox.Again, nil)
	s.reply("alice", a, dropbox.Again, nil)
	s.put(taken, true, dropbox.Gone, nil)
	s.withdrawRefused(frame, dropbox.ErrGone)
	s.put(More(p, "alice"), true, 0, dropbox.ErrTaken)
	if k, r, err := s.Roster(); string(k) != "keys" || string(r) != "names" || err != nil {
		s.Errorf("Roster: got %q, %q, %v", k, r, err)
	}

	m := More(ten, "bob") // that hers is kept for ten years is known too
	s.put(m, false, dropbox.Stored, nil)
	if ends := s.lines(ten, ten.Line, m.Line); ends != "2036-W10" {
		s.Errorf("a further line: ends %s, want 2036-W10", ends)
	}
	s.at("2026-03-18 00:00:00") // as if nothing had happened
	s.purge(Purged{Mail: 2, Boxes: 1, Numbers: 5})
	s.crash()
	s.lines(p, p.Line, a.Line)
}

// syncAcrossRestore: an advocate's old cursor lists everything anew, in every mailbox, and new ones serve as ever.
func syncAcrossRestore(s *suite) {
	kept := Parcel("alice", "bob")
	s.put(kept, true, dropbox.Stored, nil)
	s.put(Parcel("alice"), true, dropbox.Stored, nil)
	s.ackAll("alice")
	backup := s.backup()
	lost := Parcel("alice", "carol")
	s.put(lost, true, dropbox.Stored, nil)
	old, cursors := map[string][]dropbox.Mail{}, map[string]string{}
	for _, reader := range []string{"alice", "bob", "carol"} {
		old[reader], cursors[reader] = s.mail(reader, "")
	}
	s.restore(backup)
	for reader, want := range map[string]int{"alice": 2, "bob": 1, "carol": 0} {
		mail, next := s.mail(reader, cursors[reader])
		if len(mail) != want || !slices.EqualFunc(sealed(mail), sealed(old[reader][:want]), bytes.Equal) {
			s.Errorf("%s: after the old cursor got %d entries, want all %d", reader, len(mail), want)
		}
		was, _, _ := strings.Cut(cursors[reader], "-")
		if is, _, _ := strings.Cut(next, "-"); is == was {
			s.Errorf("%s: the epoch is the old one", reader)
		}
		cursors[reader] = next
	}
	late := Parcel("alice", "bob", "carol")
	s.put(late, true, dropbox.Stored, nil)
	s.Reopen()
	for i, reader := range late.Readers() {
		mail, _ := s.mail(reader, cursors[reader])
		if len(mail) != 1 || !bytes.Equal(mail[0].Envelope, late.To[i].Sealed) {
			s.Fatalf("%s: after the new cursor got %d entries, want the new one", reader, len(mail))
		}
		if err := s.Ack(s.ctx(), reader, ids(mail)); err != nil {
			s.Fatal(err)
		}
	}
	s.status(Status{Boxes: 3, Mailboxes: []Mailbox{{Reader: "alice", Entries: 3, Bytes: 3 * int64(len(kept.Line))}}})
	s.put(lost, true, dropbox.Stored, nil) // her program sends it again
	s.deleteAll("alice")
	s.count("alice", 0)
}

// pickupAcrossRestore: she comes back to a store that has lost what came after the backup.
func pickupAcrossRestore(s *suite) {
	p := Parcel("alice", "bob")
	s.put(p, true, dropbox.Stored, nil)
	backup := s.backup()
	m, a, lost := More(p, "alice"), Answer(p, "bob"), Parcel("alice", "bob")
	s.put(m, false, dropbox.Stored, nil)
	s.reply("alice", a, dropbox.Stored, nil)
	s.put(lost, true, dropbox.Stored, nil)
	s.restore(backup)
	s.lines(p, p.Line)
	s.lines(lost)
	s.sent(p.Sending, p.Digest, dropbox.Again)
	for _, q := range []*dropbox.Parcel{m, a, lost} {
		s.sent(q.Sending, q.Digest, dropbox.Stored)
	}
	s.reply("alice", a, dropbox.Stored, nil) // sent again, it is stored
	s.put(m, false, dropbox.Stored, nil)
	s.put(m, false, dropbox.Again, nil)
	s.lines(p, p.Line, a.Line, m.Line)

	r := Answer(lost, "bob") // alice answers a report that this store never had
	s.reply("alice", r, dropbox.Stored, nil)
	n := More(lost, "alice")
	s.put(n, false, dropbox.Stored, nil)
	s.lines(lost, r.Line, n.Line)
	s.holds("bob", p.To[1].Sealed, a.To[0].Sealed, r.To[0].Sealed)
}

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
		s.onDisk("erased", false, gone...)
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
	s.onDisk("expired", false, p.Line, p.To[0].Sealed, opened.Line)
	s.lines(p)
	s.lines(opened)
	s.count("alice", 0)
	s.holds("bob", p.To[1].Sealed, opened.To[0].Sealed)
	a := Answer(opened)
	s.reply("bob", a, dropbox.Stored, nil)
	s.lines(opened, a.Line)
}

// withdrawAfterRestore: after a restore nobody knows who was handed what since the backup. Of what came later it is known again.
func withdrawAfterRestore(s *suite) {
	var old []*dropbox.Parcel
	for range 2 {
		old = append(old, Parcel("alice", "bob"))
		s.put(old[len(old)-1], true, dropbox.Stored, nil)
	}
	s.restore(s.backup())
	w := Withdrawal(old[0], "alice", "bob")
	s.withdraw(w, []string{}, []string{"alice", "bob"})
	s.put(More(old[1], "alice"), false, dropbox.Stored, nil)
	s.Reopen()
	s.withdraw(Withdrawal(old[1], "alice", "bob"), []string{}, []string{"alice", "bob"})
	p := Parcel("alice", "bob")
	s.put(p, true, dropbox.Stored, nil)
	s.count("bob", 3)
	s.withdraw(Withdrawal(p, "alice", "bob"), []string{"alice"}, []string{"bob"})
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
	for range 24 {
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
	s.onDisk("taken back meanwhile", false, all(taken...)...)
	s.count("alice", len(before))
	for i := range tried {
		for _, a := range tried[i] {
			s.wholeOrNot(a)
		}
	}
}
