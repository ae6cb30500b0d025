package storetest

import (
	"bytes"
	"errors"
	"slices"

	"tellbox/dropbox"
)

func durable(s *suite) {
	p := Parcel("alice", "bob")
	s.put(p, true, dropbox.Stored, nil)
	s.Reopen()
	if ends := s.lines(p, p.Line); ends != "2028-W06" { // 11 February 2028
		s.Errorf("box ends %s, want 2028-W06", ends)
	}
	for i, reader := range p.Readers() {
		mail, _ := s.mail(reader, "")
		if len(mail) != 1 || !bytes.Equal(mail[0].Envelope, p.To[i].Sealed) || len(mail[0].ID) != 32 {
			s.Errorf("mailbox of %s: got %d entries, want the envelope", reader, len(mail))
		}
	}
	s.count("carol", 0)
	s.sent(p.Sending, p.Digest, dropbox.Again)
	s.Reopen()
	s.count("alice", 1)
}

func sendingTwice(s *suite) {
	for _, reopen := range []func(){func() {}, s.Reopen} {
		p := Parcel("alice")
		s.sent(p.Sending, p.Digest, dropbox.Stored)
		s.put(p, true, dropbox.Stored, nil)
		reopen()
		s.sent(p.Sending, p.Digest, dropbox.Again)
		s.put(p, true, dropbox.Again, nil)
		s.put(p, false, dropbox.Again, nil)
		s.reply("bob", p, dropbox.Again, nil)

		q := Parcel("alice") // the form once more, with other words: the caller has given it a new code
		q.Sending = p.Sending
		q.SetDigest()
		s.sent(q.Sending, q.Digest, dropbox.Another)
		s.put(q, true, dropbox.Another, nil)
		reopen()
		s.put(q, true, dropbox.Again, nil)
		s.put(p, true, dropbox.Again, nil)
		s.lines(p, p.Line)
		s.lines(q, q.Line)

		unsent := Random()
		s.withdraw(Withdrawal(q, "alice"), []string{"alice"}, []string{})
		reopen()
		s.sent(q.Sending, q.Digest, dropbox.Gone)
		s.put(q, true, dropbox.Gone, nil)
		s.sent(p.Sending, p.Digest, dropbox.Again) // the box of that digest is still there
		s.sent(p.Sending, unsent, dropbox.Gone)    // the last one is not
		s.withdraw(Withdrawal(p, "alice"), []string{"alice"}, []string{})
		reopen()
		s.put(p, true, dropbox.Gone, nil)
		s.put(p, false, dropbox.Gone, nil)
		s.lines(p)
	}
}

func manySendings(s *suite) {
	n := Random()
	var all []*dropbox.Parcel
	for i := range 66 {
		p := Parcel("reader-a")
		p.To[0].Reader = "reader-" + string(rune('a'+i%16)) // not to fill one mailbox
		p.Sending = n
		p.SetDigest()
		all = append(all, p)
		want := dropbox.Another
		if i == 0 {
			want = dropbox.Stored
		}
		s.put(p, true, want, nil)
	}
	s.sent(n, all[1].Digest, dropbox.Another) // forgotten
	s.sent(n, all[2].Digest, dropbox.Again)
	s.sent(n, all[65].Digest, dropbox.Again)
}

func firstReport(s *suite) {
	p := Parcel("alice")
	s.put(p, true, dropbox.Stored, nil)
	s.put(More(p, "alice"), true, 0, dropbox.ErrTaken)
	s.Reopen()
	q := More(p, "alice")
	s.put(q, true, 0, dropbox.ErrTaken)
	s.sent(q.Sending, q.Digest, dropbox.Stored) // a refusal is not remembered
	s.lines(p, p.Line)
	s.count("alice", 1)

	mail, _ := s.mail("alice", "")
	if _, err := s.Delete(s.ctx(), "alice", mail[0].ID); err != nil {
		s.Fatal(err)
	}
	s.put(q, true, 0, dropbox.ErrTaken)
	s.withdraw(Withdrawal(p), []string{}, []string{})
	s.put(q, true, 0, dropbox.ErrTaken) // a tombstone
	s.count("alice", 0)
}

func furtherParcels(s *suite) {
	p := Parcel("alice", "bob")
	s.put(p, true, dropbox.Stored, nil)
	q := More(p, "bob")
	s.put(q, false, dropbox.Stored, nil)
	s.Reopen()
	s.put(q, false, dropbox.Again, nil)
	r := More(p, "alice")
	r.Sending = q.Sending
	r.SetDigest()
	s.put(r, false, dropbox.Another, nil)
	s.lines(p, p.Line, q.Line, r.Line)
	s.count("alice", 2)
	s.count("bob", 2)

	unknown := Parcel("alice") // to a store that was restored from before her report
	s.put(unknown, false, dropbox.Stored, nil)
	s.lines(unknown, unknown.Line)

	s.withdraw(Withdrawal(p, "alice", "bob"), []string{}, []string{"alice", "bob"})
	s.put(More(p, "alice"), false, 0, dropbox.ErrNothing)
	s.Reopen()
	s.put(More(p, "alice"), false, 0, dropbox.ErrNothing)
	s.lines(p)
}

func replies(s *suite) {
	p := Parcel("alice", "bob")
	s.put(p, true, dropbox.Stored, nil)
	a := Answer(p, "bob")
	s.reply("alice", a, dropbox.Stored, nil)
	s.Reopen()
	s.reply("alice", a, dropbox.Again, nil)
	b := Answer(p, "alice")
	b.Sending = a.Sending
	b.SetDigest()
	s.reply("bob", b, dropbox.Another, nil)
	s.lines(p, p.Line, a.Line, b.Line)
	alone := Answer(p)
	s.reply("bob", alone, dropbox.Stored, nil)
	mail, _ := s.mail("bob", "")
	if !slices.EqualFunc(sealed(mail), [][]byte{p.To[1].Sealed, a.To[0].Sealed}, bytes.Equal) {
		s.Errorf("mailbox of bob: got %d entries, want her report and alice's copy", len(mail))
	}

	unknown := Parcel()
	s.reply("alice", Answer(unknown, "alice"), 0, dropbox.ErrShape)
	u := Answer(unknown, "bob")
	s.reply("alice", u, dropbox.Stored, nil)
	s.lines(unknown, u.Line)

	s.withdraw(Withdrawal(p, "alice", "bob"), []string{}, []string{"alice", "bob"})
	s.reply("alice", Answer(p, "bob"), 0, dropbox.ErrGone)
	s.Reopen()
	s.reply("alice", Answer(p), 0, dropbox.ErrGone)
	s.reply("alice", a, dropbox.Gone, nil)
	s.lines(p)
}

func shapes(s *suite) {
	bad := func(name string, change func(p *dropbox.Parcel)) {
		p := Parcel("alice", "bob")
		change(p)
		s.put(p, true, 0, dropbox.ErrShape)
		s.put(p, false, 0, dropbox.ErrShape)
		s.sent(p.Sending, p.Digest, dropbox.Stored)
		if _, err := s.Lines(s.ctx(), p.Drop); !errors.Is(err, dropbox.ErrNothing) {
			s.Errorf("%s: something was stored", name)
		}
	}
	bad("no line", func(p *dropbox.Parcel) { p.Line = nil })
	bad("no envelope, and not hers", func(p *dropbox.Parcel) { p.To, p.Locator = nil, dropbox.Locator{} })
	bad("a line that is none", func(p *dropbox.Parcel) { p.Line = []byte("words") })
	bad("a cut line", func(p *dropbox.Parcel) { p.Line = p.Line[:len(p.Line)-1] })
	bad("an envelope that is none", func(p *dropbox.Parcel) { p.To[1].Sealed = make([]byte, len(p.Line)) })
	bad("one reader twice", func(p *dropbox.Parcel) { p.To[1].Reader = "alice" })
	bad("no reader's id", func(p *dropbox.Parcel) { p.To[1].Reader = "Bob!" })
	bad("too many envelopes", func(p *dropbox.Parcel) {
		for i := range 8 {
			p.To = append(p.To, dropbox.Envelope{Reader: "reader-" + string(rune('a'+i)), Sealed: p.Line})
		}
	})
	bad("years below none", func(p *dropbox.Parcel) { p.Keep = -1 })

	p := Parcel("alice")
	s.put(p, true, dropbox.Stored, nil)
	noLine, mine, stranger := Answer(p, "bob"), Answer(p, "alice"), Answer(p, "bob")
	noLine.Line = nil
	s.reply("alice", noLine, 0, dropbox.ErrShape)
	s.reply("alice", mine, 0, dropbox.ErrShape) // nobody is his own addressee
	s.reply("No one", stranger, 0, dropbox.ErrShape)
	s.withdrawRefused(More(p, "alice"), dropbox.ErrShape) // it has a line
	w := Withdrawal(p, "alice")
	w.To[0].Sealed = w.To[0].Sealed[1:]
	s.withdrawRefused(w, dropbox.ErrShape)
	s.lines(p, p.Line)
	s.count("alice", 1)
	s.count("bob", 0)
}
