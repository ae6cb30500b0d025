package storetest

import (
	"time"

	"tellbox/dropbox"
)

// thirtyDays: acknowledged mail, sending numbers and tombstones last 30 days from the end of their week. Mail goes by a purge; the
// others are over when the clock says so.
func thirtyDays(s *suite) {
	for _, c := range []struct{ noted, over string }{
		{"2026-03-02 00:00:00", "2026-04-08 00:00:00"}, // a week's first moment
		{"2026-05-17 23:59:59", "2026-06-17 00:00:00"}, // its last
		{"2026-12-31 12:00:00", "2027-02-03 00:00:00"}, // 2026-W53
		{"2028-01-31 12:00:00", "2028-03-08 00:00:00"}, // over 29 February
		{"2029-12-31 00:00:00", "2030-02-06 00:00:00"}, // 2030-W01, in the year before
		{"2033-01-02 23:59:59", "2033-02-02 00:00:00"}, // 2032-W53, in the year after
	} {
		s.at(c.noted)
		s.Log(c.noted)
		if _, err := s.Purge(s.ctx()); err != nil { // what the last round left
			s.Fatal(err)
		}
		p, taken := Parcel("alice"), Parcel("bob")
		w := Withdrawal(taken)
		s.put(p, true, dropbox.Stored, nil)
		s.put(taken, true, dropbox.Stored, nil)
		s.withdraw(w, []string{}, []string{})
		s.ackAll("alice")

		over := s.at(c.over)
		s.SetNow(over.Add(-time.Second))
		s.ackAll("alice") // the first time counts
		s.purge(Purged{})
		s.count("alice", 1)
		s.put(p, true, dropbox.Again, nil)
		s.put(taken, true, dropbox.Gone, nil)
		s.put(More(taken, "bob"), true, 0, dropbox.ErrTaken)
		s.put(More(taken, "bob"), false, 0, dropbox.ErrNothing)
		s.reply("bob", Answer(taken), 0, dropbox.ErrGone)
		s.withdrawRefused(w, dropbox.ErrGone)
		s.status(Status{Boxes: 1, Withdrawn: 1})

		s.SetNow(over)
		s.count("alice", 1)
		for _, q := range []*dropbox.Parcel{p, taken, w} {
			s.sent(q.Sending, q.Digest, dropbox.Stored)
		}
		s.withdrawRefused(w, dropbox.ErrNothing)
		s.status(Status{Boxes: 1})
		s.purge(Purged{Mail: 1, Boxes: 1, Numbers: 3})
		s.count("alice", 0)
		s.lines(p, p.Line)
		s.put(taken, true, dropbox.Stored, nil) // as if it had never been
		s.withdraw(Withdrawal(taken), []string{}, []string{})
		s.withdraw(Withdrawal(p), []string{}, []string{})
	}
}

// waitsForEver: mail that nobody acknowledged is there whatever happened to its box, and the operator is told since when.
func waitsForEver(s *suite) {
	p := Parcel("alice", "bob")
	s.put(p, true, dropbox.Stored, nil)
	taken := Parcel("alice", "bob")
	s.put(taken, true, dropbox.Stored, nil)
	w := Withdrawal(taken, "alice", "bob")
	s.withdraw(w, []string{"alice", "bob"}, []string{})
	s.count("bob", 2) // handed out, and not acknowledged
	size := int64(len(p.Line))
	for _, years := range []int{1, 3, 12, 40} {
		s.SetNow(Start.AddDate(years, 0, 0))
		if _, err := s.Purge(s.ctx()); err != nil {
			s.Fatal(err)
		}
		want := Status{Ended: 1, Mailboxes: []Mailbox{{"alice", 2, 2, 2 * size, "2026-W07", false}, {"bob", 2, 2, 2 * size, "2026-W07", false}}}
		if years < 2 {
			want.Boxes, want.Ended = 1, 0
		}
		s.status(want)
	}
	s.Reopen()
	s.holds("alice", p.To[0].Sealed, w.To[0].Sealed)
	s.holds("bob", p.To[1].Sealed, w.To[1].Sealed)
	s.ackAll("alice")
	s.ackAll("bob")
	s.SetNow(Start.AddDate(41, 0, 0))
	s.purge(Purged{Mail: 4, Boxes: 2})
	s.status(Status{Mailboxes: []Mailbox{{Reader: "alice"}, {Reader: "bob"}}})
}

// boxEnds: a box ends with the week so many years after its last line; from then on it counts as absent.
func boxEnds(s *suite) {
	for _, c := range []struct {
		sent string
		keep int
		ends string
		over string
	}{
		{"2026-12-31 23:59:59", 0, "2028-W52", "2029-01-01 00:00:00"},
		{"2029-01-01 00:00:00", 2, "2031-W01", "2031-01-06 00:00:00"},
		{"2035-12-31 12:00:00", 2, "2037-W53", "2038-01-04 00:00:00"},
		{"2040-02-29 12:00:00", 0, "2042-W09", "2042-03-03 00:00:00"},
		{"2044-02-29 12:00:00", 10, "2054-W09", "2054-03-02 00:00:00"},
		{"2058-01-01 00:00:00", 10, "2067-W52", "2068-01-02 00:00:00"},
	} {
		s.at(c.sent)
		p, opened := Parcel("alice"), Parcel()
		p.Keep = c.keep
		s.put(p, true, dropbox.Stored, nil)
		if ends := s.lines(p, p.Line); ends != c.ends {
			s.Errorf("%s, %d years: ends %s, want %s", c.sent, c.keep, ends, c.ends)
		}
		if c.keep != 10 { // a reply opens a box for two
			a := Answer(opened)
			s.reply("alice", a, dropbox.Stored, nil)
			if ends := s.lines(opened, a.Line); ends != c.ends {
				s.Errorf("%s, by a reply: ends %s, want %s", c.sent, ends, c.ends)
			}
		}
		over := s.at(c.over)
		s.SetNow(over.Add(-time.Second))
		if _, err := s.Purge(s.ctx()); err != nil {
			s.Fatal(err)
		}
		s.lines(p, p.Line)
		s.SetNow(over)
		s.lines(p)
		s.lines(opened)
		s.withdraw(Withdrawal(p), []string{}, []string{}) // its mail, for the next round
	}
}

// boxExtended: every line moves a box's end, and nothing else does.
func boxExtended(s *suite) {
	p := Parcel("alice", "bob")
	s.put(p, true, dropbox.Stored, nil)
	want := [][]byte{p.Line}
	day, years := 0, 2
	later := func() { day += 100; s.SetNow(Start.AddDate(0, 0, day)) }
	ends := func(what, want string, lines [][]byte) {
		s.Helper()
		if got := s.lines(p, lines...); got != want {
			s.Errorf("%s: ends %s, want %s", what, got, want)
		}
	}
	stays := s.lines(p, want...)
	for _, c := range []struct {
		what string
		do   func()
	}{
		{"fetching", func() { s.count("alice", 1) }},
		{"acknowledging", func() { s.ackAll("alice") }},
		{"deleting", func() { s.deleteAll("bob") }},
		{"a purge", func() { s.purge(Purged{}) }},
		{"a backup", func() { s.backup() }},
		{"opening", s.Reopen},
		{"a sending repeated", func() { s.put(p, true, dropbox.Again, nil) }},
		{"a refused report", func() { s.put(More(p, "alice"), true, 0, dropbox.ErrTaken) }},
		{"a refused withdrawal", func() { s.withdrawRefused(More(p, "alice"), dropbox.ErrShape) }},
		{"mail of another box", func() { s.put(Parcel("bob"), true, dropbox.Stored, nil) }},
	} {
		s.SetNow(Start.AddDate(0, 0, 20)) // her number still counts
		c.do()
		ends(c.what, stays, want)
	}
	for _, c := range []struct {
		what  string
		line  func() *dropbox.Parcel
		years int
	}{
		{"a reply", func() *dropbox.Parcel { return Answer(p) }, 2},
		{"a message", func() *dropbox.Parcel { return More(p, "alice") }, 2},
		{"a message that says ten years", func() *dropbox.Parcel { return keep(More(p, "alice"), 10) }, 10},
		{"a reply to that", func() *dropbox.Parcel { return Answer(p, "bob") }, 10},
		{"a message that does not say", func() *dropbox.Parcel { return More(p, "bob") }, 10},
	} {
		later()
		q := c.line()
		if q.Locator == (dropbox.Locator{}) {
			s.reply("alice", q, dropbox.Stored, nil)
		} else {
			s.put(q, false, dropbox.Stored, nil)
		}
		want, years = append(want, q.Line), c.years
		s.Reopen()
		ends(c.what, dropbox.Week(Start.AddDate(0, 0, day).AddDate(years, 0, 0)), want)
	}
}

// keep makes p say for how many years her box is kept.
func keep(p *dropbox.Parcel, years int) *dropbox.Parcel {
	p.Keep = years
	p.SetDigest()
	return p
}

func lifetimes(s *suite) {
	day := func(n int) { s.SetNow(Start.AddDate(0, 0, n)) }
	ten := Parcel("alice")
	ten.Keep = 10
	s.put(ten, true, dropbox.Stored, nil)
	if ends := s.lines(ten, ten.Line); ends != "2036-W07" {
		s.Errorf("ten years: ends %s, want 2036-W07", ends)
	}
	p := Parcel("alice")
	s.put(p, true, dropbox.Stored, nil)
	day(365)
	a, b := Answer(p), Answer(ten)
	s.reply("alice", a, dropbox.Stored, nil)
	s.reply("alice", b, dropbox.Stored, nil)
	for _, c := range []struct {
		ends, want string
	}{{s.lines(p, p.Line, a.Line), "2029-W06"}, {s.lines(ten, ten.Line, b.Line), "2037-W07"}} {
		if c.ends != c.want {
			s.Errorf("after a further line: ends %s, want %s", c.ends, c.want)
		}
	}
	day(3*365 + 1) // Sunday, 11 February 2029, the last day of the week it ends
	s.lines(p, p.Line, a.Line)
	day(3*365 + 2)
	s.lines(p)
	s.Reopen()
	s.put(More(p, "alice"), true, 0, dropbox.ErrTaken)
	q := More(p, "alice") // a further parcel opens it anew, without what had ended
	s.put(q, false, dropbox.Stored, nil)
	s.lines(p, q.Line)

	day(2000) // past its end again, but it can be taken back
	s.lines(q)
	s.withdraw(Withdrawal(q, "alice"), []string{}, []string{"alice"})
	s.put(ten, false, dropbox.Stored, nil) // sending numbers are forgotten
	for n := range 31 {
		day(2000 + n)
		s.reply("alice", Answer(q), 0, dropbox.ErrGone)
		s.put(q, false, 0, dropbox.ErrNothing)
		s.put(ten, false, dropbox.Again, nil)
	}
	day(2000 + 30 + 7)
	s.withdrawRefused(Withdrawal(q, "alice"), dropbox.ErrNothing)
	s.lines(q)
	again := Answer(q)
	s.reply("alice", again, dropbox.Stored, nil)
	s.lines(q, again.Line)
}
