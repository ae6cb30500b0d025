package storetest

import "tellbox/dropbox"

// record keeps something for herself alone, adds to it, shares it, and takes it back.
func record(s *suite) {
	s.at("2044-02-29 12:00:00")
	kept, alone := keep(Parcel(), 10), keep(Parcel(), 10)
	s.put(kept, true, dropbox.Stored, nil)
	s.put(kept, true, dropbox.Again, nil)
	s.put(keep(More(kept), 10), true, 0, dropbox.ErrTaken)
	s.put(alone, true, dropbox.Stored, nil)
	more := More(kept)
	s.put(more, false, dropbox.Stored, nil)
	s.Reopen()
	if got, err := s.Lines(s.ctx(), kept.Drop); err != nil || !got.Whole {
		s.Errorf("a record that was there from its first line on is not whole, %v", err)
	}
	opened := Parcel()
	s.put(More(opened), false, dropbox.Stored, nil) // as after a restore
	if got, err := s.Lines(s.ctx(), opened.Drop); err != nil || got.Whole {
		s.Errorf("a box without its beginning is whole, %v", err)
	}
	if ends := s.lines(kept, kept.Line, more.Line); ends != "2054-W09" {
		s.Errorf("a record ends %s, want ten years later", ends)
	}
	s.count("alice", 0)

	shared := More(kept, "alice", "bob")
	s.put(shared, false, dropbox.Stored, nil)
	if ends := s.lines(kept, kept.Line, more.Line, shared.Line); ends != "2054-W09" {
		s.Errorf("a record that was shared ends %s, want ten years later", ends)
	}
	s.count("alice", 1)
	s.withdraw(Withdrawal(kept, "alice", "bob"), []string{"bob"}, []string{"alice"})
	s.lines(kept)

	s.withdraw(Withdrawal(alone), []string{}, []string{})
	s.Reopen()
	s.lines(alone)
	s.put(More(alone), false, 0, dropbox.ErrNothing)
}
