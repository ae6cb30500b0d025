package storetest

import (
	"bytes"
	"slices"
	"strings"

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
