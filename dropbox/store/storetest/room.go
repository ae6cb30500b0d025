package storetest

import (
	"errors"

	"tellbox/dropbox"
)

func fullMailbox(s *suite) {
	var first *dropbox.Parcel
	for range MailboxEntries {
		p := Parcel("alice")
		if first == nil {
			first = p
		}
		s.put(p, true, dropbox.Stored, nil)
	}
	full := func(got error, reader string) {
		s.Helper()
		var e *dropbox.FullError
		if !errors.As(got, &e) || e.Reader != reader || !errors.Is(got, dropbox.ErrFull) {
			s.Fatalf("got %v, want that the mailbox of %s is full", got, reader)
		}
	}
	p := Parcel("bob", "alice", "carol") // one of the three is full: none gets it
	_, err := s.Put(s.ctx(), p, true)
	full(err, "alice")
	_, err = s.Reply(s.ctx(), "bob", Answer(first, "alice"))
	full(err, "alice")
	s.Reopen()
	s.count("bob", 0)
	s.count("carol", 0)
	s.lines(p)
	s.lines(first, first.Line)
	s.sent(p.Sending, p.Digest, dropbox.Stored)

	s.withdraw(Withdrawal(first, "alice", "bob"), []string{"alice"}, []string{}) // no quota stands in her way
	s.count("alice", MailboxEntries)
	_, err = s.Put(s.ctx(), p, true)
	full(err, "alice")
	mail, _ := s.mail("alice", "")
	if _, err := s.Delete(s.ctx(), "alice", mail[0].ID); err != nil {
		s.Fatal(err)
	}
	s.put(p, true, dropbox.Stored, nil)

	large := dropbox.Buckets[len(dropbox.Buckets)-1]
	for i := 0; ; i++ {
		p := Parcel("dora")
		p.To[0].Sealed = Envelope(large)
		_, err := s.Put(s.ctx(), p, true)
		if i == MailboxBytes/dropbox.EnvelopeSize(large) {
			full(err, "dora")
			s.lines(p)
			break
		}
		if err != nil {
			s.Fatal(err)
		}
	}
}

// frameToFull: the frame of a withdrawal reaches a reader whose mailbox others have filled.
func frameToFull(s *suite) {
	p := Parcel("alice", "bob")
	s.put(p, true, dropbox.Stored, nil)
	s.deleteAll("alice")
	for s.fill("alice") {
	}
	s.withdraw(Withdrawal(p, "alice", "bob"), []string{"bob"}, []string{"alice"})
	s.count("alice", MailboxEntries+1)
	_, err := s.Put(s.ctx(), Parcel("alice"), true)
	if !errors.Is(err, dropbox.ErrFull) {
		s.Errorf("Put: got %v, want %v", err, dropbox.ErrFull)
	}
}

func fullBox(s *suite) {
	p := Parcel("alice")
	s.put(p, true, dropbox.Stored, nil)
	want := [][]byte{p.Line}
	for len(want) < BoxLines*3/4 {
		a := Answer(p)
		s.reply("alice", a, dropbox.Stored, nil)
		want = append(want, a.Line)
	}
	s.reply("alice", Answer(p, "bob"), 0, dropbox.ErrFull) // the rest is for her to write
	for len(want) < BoxLines {
		m := More(p, "alice")
		s.put(m, false, dropbox.Stored, nil)
		want = append(want, m.Line)
	}
	s.Reopen()
	q := More(p, "alice")
	s.put(q, false, 0, dropbox.ErrFull)
	s.sent(q.Sending, q.Digest, dropbox.Stored)
	s.lines(p, want...)
	s.count("alice", 1+BoxLines/4)
	s.count("bob", 0)
	s.withdraw(Withdrawal(p, "alice"), []string{}, []string{"alice"})
}

// fullOfBytes: what a box may hold in bytes, three quarters of that by replies.
func fullOfBytes(s *suite) {
	large := dropbox.Buckets[len(dropbox.Buckets)-1]
	fat := func(p *dropbox.Parcel) *dropbox.Parcel {
		p.Line = Envelope(large)
		p.SetDigest()
		return p
	}
	p := fat(Parcel("alice"))
	s.put(p, true, dropbox.Stored, nil)
	want := [][]byte{p.Line}
	size := dropbox.EnvelopeSize(large)
	for (len(want)+1)*size <= BoxBytes*3/4 {
		a := fat(Answer(p))
		s.reply("alice", a, dropbox.Stored, nil)
		want = append(want, a.Line)
	}
	s.reply("alice", fat(Answer(p, "bob")), 0, dropbox.ErrFull)
	for (len(want)+1)*size <= BoxBytes {
		m := fat(More(p, "alice"))
		s.put(m, false, dropbox.Stored, nil)
		want = append(want, m.Line)
	}
	s.put(fat(More(p, "bob")), false, 0, dropbox.ErrFull)
	s.Reopen()
	s.lines(p, want...)
	s.count("bob", 0)
	small := More(p, "bob")
	s.put(small, false, dropbox.Stored, nil)
	s.lines(p, append(want, small.Line)...)
}

// againWithoutRoom: a number that is known is answered before anything else is looked at.
func againWithoutRoom(s *suite) {
	p := Parcel("alice")
	s.put(p, true, dropbox.Stored, nil)
	a := Answer(p)
	s.reply("alice", a, dropbox.Stored, nil)
	for range BoxLines - 2 {
		s.put(More(p, "bob"), false, dropbox.Stored, nil)
	}
	for s.fill("alice") {
	}
	s.put(More(p, "alice"), false, 0, dropbox.ErrFull)
	s.put(p, true, dropbox.Again, nil)
	s.put(p, false, dropbox.Again, nil)
	s.reply("alice", a, dropbox.Again, nil)
	s.withdraw(Withdrawal(p), []string{}, []string{})
	s.put(p, true, dropbox.Gone, nil)
	s.reply("alice", a, dropbox.Gone, nil)
}

// fill puts another report into a mailbox unless it is full.
func (s *suite) fill(reader string) bool {
	s.Helper()
	st, err := s.Status(s.ctx(), []string{reader})
	if err != nil {
		s.Fatal(err)
	}
	if !st.Mailboxes[0].Full {
		s.put(Parcel(reader), true, dropbox.Stored, nil)
	}
	return !st.Mailboxes[0].Full
}
