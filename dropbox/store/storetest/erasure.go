package storetest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"tellbox/dropbox"
)

// pieces are 32 bytes each of the random part of an age file that Envelope made: a store may cut it up, but not so small.
func pieces(sealed []byte) (all [][]byte) {
	begin := bytes.LastIndex(sealed[:dropbox.EnvelopeSize(dropbox.Buckets[0])-dropbox.Buckets[0]], []byte("\n--- ")) + 64
	step := (len(sealed) - begin - 32) / 7
	for at := begin; at+32 <= len(sealed); at += step {
		all = append(all, sealed[at:at+32])
	}
	return all
}

// onDisk searches everything on disk for what is left of age files: something of each that is kept, nothing of any that is gone.
func (s *suite) onDisk(what string, kept, gone [][]byte) {
	s.Helper()
	found := make([]string, len(kept)+len(gone))
	for name, content := range s.Disk() {
		for i, b := range slices.Concat(kept, gone) {
			for _, piece := range pieces(b) {
				if found[i] == "" && bytes.Contains(content, piece) {
					found[i] = name
				}
			}
		}
	}
	for i, name := range found {
		if i < len(kept) && name == "" {
			s.Errorf("%s: number %d of what is kept is not found on disk", what, i)
		}
		if i >= len(kept) && name != "" {
			s.Errorf("%s: something of number %d of what is gone is still in %s", what, i-len(kept), name)
		}
	}
}

// named searches everything on disk for the ids of mail.
func (s *suite) named(what string, ids ...string) {
	s.Helper()
	for name, content := range s.Disk() {
		for _, id := range ids {
			raw, err := hex.DecodeString(id)
			if err != nil || len(raw) != 16 {
				s.Fatalf("got id %q", id)
			}
			if bytes.Contains(content, raw) || bytes.Contains(content, []byte(id)) || bytes.Contains(content, []byte(strings.ToUpper(id))) {
				s.Errorf("%s: its id is still in %s", what, name)
			}
		}
	}
}

// all are all age files of parcels.
func all(parcels ...*dropbox.Parcel) (sealed [][]byte) {
	for _, p := range parcels {
		if p.Line != nil {
			sealed = append(sealed, p.Line)
		}
		for _, e := range p.To {
			sealed = append(sealed, e.Sealed)
		}
	}
	return sealed
}

// erasedFromDisk: when a withdrawal or a deletion is answered, nothing of the ciphertext is on disk; after a purge nothing of the
// records is. What was not erased is there.
func erasedFromDisk(s *suite) {
	kept, taken, cleared := Parcel("alice", "bob"), Parcel("alice", "bob"), Parcel("alice")
	taken.To[1].Sealed = Envelope(dropbox.Buckets[3])
	taken.SetDigest()
	for _, p := range []*dropbox.Parcel{kept, taken, cleared} {
		s.put(p, true, dropbox.Stored, nil)
	}
	more, answer := More(taken, "alice"), Answer(taken, "alice")
	s.put(more, false, dropbox.Stored, nil)
	s.reply("bob", answer, dropbox.Stored, nil)
	mail, _ := s.mail("alice", "")
	s.onDisk("stored", all(kept, taken, cleared, more, answer), nil)

	frame := Withdrawal(taken, "alice", "bob")
	s.withdraw(frame, []string{}, []string{"alice", "bob"})
	gone := all(taken, more, answer)
	s.onDisk("taken back", all(kept, cleared, frame), gone)
	if found, err := s.Delete(s.ctx(), "alice", mail[2].ID); !found || err != nil {
		s.Fatalf("Delete: got %v, %v", found, err)
	}
	gone = append(gone, cleared.To[0].Sealed)
	left := append(all(kept, frame), cleared.Line)
	s.onDisk("deleted", left, gone)

	backup := s.backup()
	for i, b := range gone {
		for _, piece := range pieces(b) {
			if bytes.Contains(backup, piece) {
				s.Errorf("erased %d stands in a backup made after that", i)
				break
			}
		}
	}
	for i, next := range []func(){s.Reopen, s.crash, func() { s.purge(Purged{}) }, s.crash, func() { s.restore(backup) }} {
		next()
		s.onDisk(fmt.Sprint("erased, then step ", i), left, gone)
		if i >= 2 {
			s.named("erased mail, purged", ids(mail[1:])...)
		}
	}
}

// expiredOffDisk: the same for what had its time.
func expiredOffDisk(s *suite) {
	acked, ended, opened := Parcel("alice", "bob"), Parcel("bob"), Parcel("bob")
	s.put(acked, true, dropbox.Stored, nil)
	s.ackAll("alice")
	mail, _ := s.mail("alice", "")
	s.put(ended, true, dropbox.Stored, nil)
	s.put(opened, true, dropbox.Stored, nil)
	s.SetNow(Start.AddDate(0, 0, 40))
	s.onDisk("before the purge", all(acked), nil)
	s.purge(Purged{Mail: 1, Numbers: 3})
	gone := [][]byte{acked.To[0].Sealed}
	s.onDisk("acknowledged", all(ended, opened), gone)
	s.named("acknowledged mail", ids(mail)...)

	s.SetNow(Start.AddDate(3, 0, 0))
	a := Answer(opened)
	s.reply("bob", a, dropbox.Stored, nil)
	gone = append(gone, opened.Line)
	s.onDisk("in the box that was opened again", [][]byte{ended.Line, acked.Line, a.Line}, gone)
	s.purge(Purged{Lines: 2})
	gone = append(gone, ended.Line, acked.Line)
	kept := [][]byte{a.Line, acked.To[1].Sealed, ended.To[0].Sealed, opened.To[0].Sealed}
	s.onDisk("in boxes that ended", kept, gone)
	s.crash()
	s.onDisk("expired", kept, gone)
}

// refusedOffDisk: what was not stored was not written either.
func refusedOffDisk(s *suite) {
	p, taken := Parcel("alice"), Parcel("alice")
	s.put(p, true, dropbox.Stored, nil)
	s.put(taken, true, dropbox.Stored, nil)
	s.withdraw(Withdrawal(taken), []string{}, []string{})
	var refused []*dropbox.Parcel
	try := func(q *dropbox.Parcel, first bool, want error) {
		s.Helper()
		s.put(q, first, 0, want)
		refused = append(refused, q)
	}
	try(More(p, "alice"), true, dropbox.ErrTaken)
	try(More(taken, "alice"), false, dropbox.ErrNothing)
	for range BoxLines*3/4 - 1 {
		s.reply("alice", Answer(p), dropbox.Stored, nil)
	}
	full, gone := Answer(p, "bob"), Answer(taken, "bob")
	s.reply("alice", full, 0, dropbox.ErrFull)
	s.reply("alice", gone, 0, dropbox.ErrGone)
	for s.fill("carol") {
	}
	try(Parcel("bob", "carol"), true, dropbox.ErrFull)
	w := Withdrawal(taken, "alice")
	s.withdrawRefused(w, dropbox.ErrNothing)
	again := *p // the same sending in other words, as far as it says itself
	again.Line = Envelope(dropbox.Buckets[0])
	s.put(&again, true, dropbox.Again, nil)
	s.onDisk("refused", all(p), append(all(refused...), append(all(full, gone, w), again.Line)...))
}
