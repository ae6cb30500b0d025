package storetest

import (
	"sync"

	"tellbox/dropbox"
)

// afterItsEnd: what the clock has ended is over, whether or not a purge came. Another line opens the box anew, without what was in it.
func afterItsEnd(s *suite, purged bool) {
	var boxes []*dropbox.Parcel
	for range 4 {
		p := Parcel("alice", "bob")
		s.put(p, true, dropbox.Stored, nil)
		s.reply("alice", Answer(p), dropbox.Stored, nil)
		boxes = append(boxes, p)
	}
	s.deleteAll("alice")
	s.deleteAll("bob")
	s.SetNow(Start.AddDate(3, 0, 0))
	for _, p := range boxes {
		s.lines(p)
	}
	s.status(Status{Ended: 4})
	if purged {
		s.purge(Purged{Lines: 8, Boxes: 4, Numbers: 8})
		s.status(Status{})
	}
	s.Reopen()
	a, m := Answer(boxes[0], "bob"), More(boxes[1], "bob")
	s.reply("alice", a, dropbox.Stored, nil)
	s.put(m, false, dropbox.Stored, nil)
	s.lines(boxes[0], a.Line)
	if ends := s.lines(boxes[1], m.Line); ends != "2031-W07" {
		s.Errorf("opened again: ends %s, want 2031-W07", ends)
	}
	s.holds("bob", a.To[0].Sealed, m.To[0].Sealed)
	if purged { // nothing is left that tells it from a drop that never was
		s.withdrawRefused(Withdrawal(boxes[2], "alice"), dropbox.ErrNothing)
		s.put(boxes[3], true, dropbox.Stored, nil)
		s.withdraw(Withdrawal(boxes[3], "alice", "bob"), []string{"alice", "bob"}, []string{})
	} else {
		s.withdraw(Withdrawal(boxes[2], "alice"), []string{}, []string{"alice"})
		s.put(boxes[3], true, 0, dropbox.ErrTaken)
	}
}

// outlives: mail that waits outlives the lines of its box, and the tombstone. While it is there its drop is known.
func outlives(s *suite) {
	p, taken := Parcel("alice", "bob"), Parcel("alice")
	s.put(p, true, dropbox.Stored, nil)
	s.ackAll("bob")
	s.put(taken, true, dropbox.Stored, nil)
	w := Withdrawal(taken, "alice")
	s.withdraw(w, []string{"alice"}, []string{})
	s.SetNow(Start.AddDate(3, 0, 0))
	s.purge(Purged{Mail: 1, Lines: 1, Numbers: 3})
	s.purge(Purged{})
	s.Reopen()
	s.lines(p)
	s.lines(taken)
	s.put(p, true, 0, dropbox.ErrTaken)
	s.put(More(taken, "alice"), true, 0, dropbox.ErrTaken)
	s.sent(taken.Sending, taken.Digest, dropbox.Stored)

	s.withdrawRefused(Withdrawal(taken, "alice"), dropbox.ErrNothing)
	a := Answer(taken)
	s.reply("bob", a, dropbox.Stored, nil) // it opens what is long forgotten
	s.lines(taken, a.Line)
	w2 := Withdrawal(taken, "alice")
	s.withdraw(w2, []string{}, []string{"alice"})
	w3 := Withdrawal(p, "alice", "bob")
	s.withdraw(w3, []string{"alice"}, []string{"bob"}) // he had it, though neither his mail nor her lines are there
	s.holds("alice", w2.To[0].Sealed, w3.To[0].Sealed)
	s.holds("bob", w3.To[1].Sealed)
}

// forgotten: a drop that was taken back more than 30 days ago is as new, though no purge came, and who was handed the frame then.
func forgotten(s *suite) {
	p := Parcel("alice", "bob")
	s.put(p, true, dropbox.Stored, nil)
	s.withdraw(Withdrawal(p, "alice", "bob"), []string{"alice", "bob"}, []string{})
	s.deleteAll("alice")
	s.deleteAll("bob")
	s.SetNow(Start.AddDate(0, 0, 40))
	s.put(p, true, dropbox.Stored, nil)
	s.lines(p, p.Line)
	s.count("bob", 1)
	s.withdraw(Withdrawal(p, "alice", "bob"), []string{"alice"}, []string{"bob"})
}

// purgeCounts follows a few boxes to the end of everything, and counts.
func purgeCounts(s *suite) {
	a, b, c, d, e := Parcel("alice", "bob"), keep(Parcel("alice"), 10), Parcel("alice"), Parcel("carol"), Parcel("carol")
	s.put(c, true, dropbox.Stored, nil)
	s.deleteAll("alice")
	s.put(a, true, dropbox.Stored, nil)
	r := Answer(a)
	s.reply("alice", r, dropbox.Stored, nil)
	s.put(b, true, dropbox.Stored, nil)
	s.ackAll("alice")
	_, cursor := s.mail("alice", "")
	s.put(d, true, dropbox.Stored, nil)
	s.put(e, true, dropbox.Stored, nil)
	frame := Withdrawal(d, "carol")
	s.withdraw(frame, []string{"carol"}, []string{})
	s.withdraw(Withdrawal(e), []string{}, []string{})
	s.purge(Purged{})
	s.status(Status{Boxes: 3, Withdrawn: 2})

	s.at("2026-03-18 00:00:00")
	s.purge(Purged{Mail: 2, Boxes: 1, Numbers: 8})
	s.purge(Purged{})
	s.Reopen()
	s.lines(a, a.Line, r.Line)
	s.lines(b, b.Line)
	s.lines(c, c.Line)
	size := int64(len(a.Line))
	s.status(Status{Boxes: 3, Mailboxes: []Mailbox{{Reader: "alice"}, {"bob", 1, 1, size, "2026-W07", false}, {"carol", 1, 1, size, "2026-W07", false}}})

	s.at("2029-01-01 00:00:00")
	s.purge(Purged{Lines: 3, Boxes: 1})
	s.purge(Purged{})
	s.lines(a)
	s.lines(b, b.Line)
	s.lines(c)
	s.holds("bob", a.To[1].Sealed)
	s.holds("carol", frame.To[0].Sealed)
	s.ackAll("bob")
	s.ackAll("carol")

	s.at("2029-02-07 00:00:00")
	s.purge(Purged{Mail: 2, Boxes: 2})
	s.status(Status{Boxes: 1, Mailboxes: []Mailbox{{Reader: "alice"}, {Reader: "bob"}, {Reader: "carol"}}})
	s.at("2036-02-18 00:00:00")
	s.purge(Purged{Lines: 1, Boxes: 1})
	s.purge(Purged{})
	s.Reopen()
	s.status(Status{})

	f := Parcel("alice") // mailboxes stay, with their numbers
	s.put(f, true, dropbox.Stored, nil)
	if mail, _ := s.mail("alice", cursor); len(mail) != 1 {
		s.Errorf("after the old cursor: got %d entries, want the new one", len(mail))
	}
}

// purgeRace purges while what has ended is opened again, sent again and acknowledged. What is answered stays.
func purgeRace(s *suite) {
	const n = 24
	var old, fresh [n]*dropbox.Parcel
	var wg sync.WaitGroup
	for i := range n {
		old[i] = Parcel("alice", "bob", "carol")
		wg.Go(func() {
			if out, err := s.Put(s.ctx(), old[i], true); err != nil || out != dropbox.Stored {
				s.Errorf("Put: got %v, %v", out, err)
			}
			if i%4 == 0 {
				if _, err := s.Withdraw(s.ctx(), Withdrawal(old[i])); err != nil {
					s.Errorf("Withdraw: %v", err)
				}
			}
		})
	}
	wg.Wait()
	s.ackAll("alice")
	bobs, _ := s.mail("bob", "")
	waiting, _ := s.mail("carol", "")
	s.SetNow(Start.AddDate(3, 0, 0))
	for range 4 {
		wg.Go(func() {
			for range 2 {
				if _, err := s.Purge(s.ctx()); err != nil {
					s.Errorf("Purge: %v", err)
				}
			}
		})
	}
	for from := range 3 { // not all at once: the purge should come between
		wg.Go(func() {
			for i := from; i < n; i += 3 {
				fresh[i] = s.openAgain(old[i], i%2 == 0)
			}
		})
	}
	wg.Go(func() {
		if err := s.Ack(s.ctx(), "bob", ids(bobs)); err != nil {
			s.Errorf("Ack: %v", err)
		}
	})
	wg.Wait()
	s.Reopen()
	for range 2 {
		for _, q := range fresh {
			s.lines(q, q.Line)
			s.put(q, false, dropbox.Again, nil)
		}
		s.purge(Purged{})
	}
	s.count("alice", 0)
	s.count("bob", len(bobs))
	s.holds("carol", sealed(waiting)...)
	s.count("dora", n)
}

// openAgain adds a line to a box that has ended, under a number that is long forgotten.
func (s *suite) openAgain(old *dropbox.Parcel, reply bool) *dropbox.Parcel {
	q := More(old, "dora")
	if reply {
		q = Answer(old, "dora")
	}
	q.Sending = old.Sending
	q.SetDigest()
	put := func() (dropbox.Outcome, error) { return s.Put(s.ctx(), q, false) }
	if reply {
		put = func() (dropbox.Outcome, error) { return s.Reply(s.ctx(), "bob", q) }
	}
	if out, err := put(); err != nil || out != dropbox.Stored {
		s.Errorf("opening it again: got %v, %v", out, err)
	}
	return q
}
