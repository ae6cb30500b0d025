package storetest

import (
	"bytes"
	"slices"
	"sync"

	"tellbox/dropbox"
)

func withdrawal(s *suite) {
	s.withdrawRefused(Withdrawal(Parcel(), "alice"), dropbox.ErrNothing)
	s.count("alice", 0)

	other := Parcel("alice", "bob")
	s.put(other, true, dropbox.Stored, nil)
	p := Parcel("alice", "bob", "carol")
	s.put(p, true, dropbox.Stored, nil)
	s.reply("bob", Answer(p, "alice"), dropbox.Stored, nil)
	s.reply("bob", Answer(p, "dora"), dropbox.Stored, nil) // a copy to one whom her client does not name below
	s.put(More(p, "alice", "carol"), false, dropbox.Stored, nil)
	w := Withdrawal(p, "carol", "alice", "bob", "eve")
	large := Withdrawal(p, "alice")
	large.To[0].Sealed = Envelope(dropbox.Buckets[1]) // it has nothing to say that takes more than the smallest
	s.withdrawRefused(large, dropbox.ErrShape)
	s.withdraw(w, []string{"alice", "carol"}, []string{"bob"}) // eve was never sent anything, and is not now
	s.Reopen()

	s.lines(p)
	s.lines(other, other.Line)
	for reader, want := range map[string][][]byte{
		"alice": {other.To[0].Sealed, w.To[1].Sealed},
		"bob":   {other.To[1].Sealed, w.To[2].Sealed},
		"carol": {w.To[0].Sealed},
		"dora":  nil,
		"eve":   nil,
	} {
		if mail, _ := s.mail(reader, ""); !slices.EqualFunc(sealed(mail), want, bytes.Equal) {
			s.Errorf("mailbox of %s: got %d entries, want %d", reader, len(mail), len(want))
		}
	}
	for range 2 {
		s.withdrawRefused(w, dropbox.ErrGone) // the page was loaded again
		s.withdrawRefused(Withdrawal(p, "alice"), dropbox.ErrNothing)
		s.sent(w.Sending, w.Digest, dropbox.Gone)
		s.Reopen()
	}
	s.count("carol", 1)
	mail, _ := s.mail("carol", "")
	if found, err := s.Delete(s.ctx(), "carol", mail[0].ID); !found || err != nil {
		s.Errorf("deleting a withdrawn frame: got %v, %v", found, err)
	}
	s.withdraw(Withdrawal(other, "alice", "bob"), []string{}, []string{"alice", "bob"})
	s.count("alice", 2) // the two frames
}

// handedOut takes back in every order of fetching. What a reader was handed once he was handed for good.
func handedOut(s *suite) {
	fetch := func(reader string) []string {
		mail, _ := s.mail(reader, "")
		var ids []string
		for _, m := range mail {
			ids = append(ids, m.ID)
		}
		return ids
	}
	forget := func(reader string) {
		ids := fetch(reader)
		if err := s.Ack(s.ctx(), reader, ids); err != nil {
			s.Fatal(err)
		}
		for _, id := range ids {
			if found, err := s.Delete(s.ctx(), reader, id); !found || err != nil {
				s.Fatalf("Delete: got %v, %v", found, err)
			}
		}
	}
	both, none := []string{"alice", "bob"}, []string{}
	for _, c := range []struct {
		name           string
		before         func(p *dropbox.Parcel)
		deleted, asked []string
	}{
		{"nobody fetched", func(p *dropbox.Parcel) {}, both, none},
		{"one of two", func(p *dropbox.Parcel) { fetch("alice") }, both[1:], both[:1]},
		{"both", func(p *dropbox.Parcel) { fetch("alice"); fetch("bob") }, none, both},
		{"one entry of the first page", func(p *dropbox.Parcel) {
			s.put(More(p, "bob"), false, dropbox.Stored, nil)
			if _, _, err := s.Mail(s.ctx(), "bob", "", 1); err != nil {
				s.Fatal(err)
			}
		}, both[:1], both[1:]},
		{"fetched, acknowledged, deleted", func(p *dropbox.Parcel) { forget("alice") }, both[1:], both[:1]},
		{"deleted, then more that nobody fetched", func(p *dropbox.Parcel) {
			forget("alice")
			s.put(More(p, "alice", "bob"), false, dropbox.Stored, nil)
		}, both[1:], both[:1]},
		{"a copy of a reply was fetched", func(p *dropbox.Parcel) {
			s.reply("alice", Answer(p, "bob"), dropbox.Stored, nil)
			fetch("bob")
		}, none, both}, // and whoever replies has read
	} {
		for _, reopen := range []func(){func() {}, s.Reopen} {
			forget("alice") // frames of the last round
			forget("bob")
			p := Parcel("alice", "bob")
			s.put(p, true, dropbox.Stored, nil)
			c.before(p)
			reopen()
			s.Log(c.name)
			s.withdraw(Withdrawal(p, "bob", "alice"), c.deleted, c.asked)
			s.count("alice", 1)
			s.count("bob", 1)
		}
	}
}

// lostBeginning: a store that was restored from before the report cannot vouch for anyone.
func lostBeginning(s *suite) {
	p := Parcel("alice", "bob")
	s.put(p, false, dropbox.Stored, nil)
	s.withdraw(Withdrawal(p, "alice", "bob"), []string{}, []string{"alice", "bob"})
	q := Parcel()
	s.reply("alice", Answer(q, "bob"), dropbox.Stored, nil)
	s.put(More(q, "alice", "bob"), false, dropbox.Stored, nil)
	s.Reopen()
	s.withdraw(Withdrawal(q, "alice", "bob"), []string{}, []string{"alice", "bob"})
}

// handOutRace: she takes it back while he fetches. Either he is named as asked, or he did not get it.
func handOutRace(s *suite) {
	var after string
	for range 30 {
		p := Parcel("alice")
		s.put(p, true, dropbox.Stored, nil)
		var mail []dropbox.Mail
		var erased dropbox.Erased
		var errMail, errWithdraw error
		var wg sync.WaitGroup
		wg.Go(func() { mail, after, errMail = s.Mail(s.ctx(), "alice", after, 100) })
		wg.Go(func() { erased, errWithdraw = s.Withdraw(s.ctx(), Withdrawal(p, "alice")) })
		wg.Wait()
		if errMail != nil || errWithdraw != nil {
			s.Fatal(errMail, errWithdraw)
		}
		got := slices.ContainsFunc(mail, func(m dropbox.Mail) bool { return bytes.Equal(m.Envelope, p.To[0].Sealed) })
		if said := slices.Contains(erased.Deleted, "alice"); got && said {
			s.Fatal("said to be deleted unread, but handed out")
		}
	}
}
