package storetest

import (
	"bytes"
	"slices"
	"strings"

	"tellbox/dropbox"
)

func cursors(s *suite) {
	var want [][]byte
	for range 5 {
		p := Parcel("alice", "bob")
		s.put(p, true, dropbox.Stored, nil)
		want = append(want, p.To[0].Sealed)
	}
	var got []dropbox.Mail
	var marks []string
	for next := ""; ; {
		mail, n, err := s.Mail(s.ctx(), "alice", next, 2)
		if err != nil {
			s.Fatal(err)
		}
		if len(mail) == 0 {
			if n != next {
				s.Errorf("cursor at the end: got %q, want %q again", n, next)
			}
			break
		}
		got, marks, next = append(got, mail...), append(marks, n), n
		s.Reopen()
	}
	if !slices.EqualFunc(sealed(got), want, bytes.Equal) || len(marks) != 3 {
		s.Fatalf("got %d entries in %d pages, want those 5 in 3", len(got), len(marks))
	}
	if mail, _ := s.mail("alice", marks[0]); len(mail) != 3 || mail[0].Seq != got[2].Seq {
		s.Errorf("after the first page: got %d entries, want 3", len(mail))
	}
	epoch, _, _ := strings.Cut(marks[0], "-")
	_, bobs := s.mail("bob", "")
	for _, unknown := range []string{"", bobs, strings.Repeat("0", 32) + "-2", epoch, epoch + "-", epoch + "-x", epoch + "--1", epoch + "-02",
		strings.ToUpper(epoch) + "x-2", "-2", "2", epoch + "-99999999999999999999", strings.Repeat("x", 1000)} {
		if mail, _ := s.mail("alice", unknown); len(mail) != 5 {
			s.Errorf("cursor %q: got %d entries, want all 5", unknown, len(mail))
		}
	}
	if mail, _ := s.mail("alice", epoch+"-18446744073709551615"); len(mail) != 0 {
		s.Errorf("the last cursor there is: got %d entries, want none", len(mail))
	}
	if mail, next, err := s.Mail(s.ctx(), "nobody", marks[0], 10); err != nil || len(mail) != 0 {
		s.Errorf("a mailbox that never was: got %d entries, %q, %v", len(mail), next, err)
	}
}

// howItCame: a desk believes no report that came with a colleague's reply, so the store has to say which did.
func howItCame(s *suite) {
	p := Parcel("alice")
	s.put(p, true, dropbox.Stored, nil)
	s.put(More(p, "alice"), false, dropbox.Stored, nil)
	s.reply("bob", Answer(p, "alice"), dropbox.Stored, nil)
	s.Reopen()
	mail, _ := s.mail("alice", "")
	if len(mail) != 3 || mail[0].Via != dropbox.ViaParcel || mail[1].Via != dropbox.ViaParcel || mail[2].Via != dropbox.ViaReply {
		s.Errorf("got %+v", mail)
	}
}

func answerLimits(s *suite) {
	large := dropbox.Buckets[len(dropbox.Buckets)-1]
	for range 12 {
		p := Parcel("alice")
		p.To[0].Sealed = Envelope(large)
		s.put(p, true, dropbox.Stored, nil)
	}
	mail, next, err := s.Mail(s.ctx(), "alice", "", 100)
	if want := 8 << 20 / dropbox.EnvelopeSize(large); err != nil || len(mail) != want {
		s.Fatalf("got %d entries, %v; want the %d that fit 8 MiB", len(mail), err, want)
	}
	if rest, _ := s.mail("alice", next); len(mail)+len(rest) != 12 {
		s.Errorf("got %d entries in all, want 12", len(mail)+len(rest))
	}
	for _, limit := range []int{-1, 0, 1} {
		if mail, _, err := s.Mail(s.ctx(), "alice", "", limit); err != nil || len(mail) != 1 {
			s.Errorf("limit %d: got %d entries, %v; want 1", limit, len(mail), err)
		}
	}
}

func sequence(s *suite) {
	seqs := []uint64{0}
	for range 4 {
		s.put(Parcel("alice"), true, dropbox.Stored, nil)
		mail, next := s.mail("alice", "")
		if len(mail) != 1 || mail[0].Seq <= seqs[len(seqs)-1] {
			s.Fatalf("got %d entries; want one numbered after %d", len(mail), seqs)
		}
		seqs = append(seqs, mail[0].Seq)
		if found, err := s.Delete(s.ctx(), "alice", mail[0].ID); !found || err != nil {
			s.Fatalf("Delete: got %v, %v", found, err)
		}
		s.Reopen()
		s.count("alice", 0)
		s.put(Parcel("alice"), true, dropbox.Stored, nil)
		fresh, _ := s.mail("alice", next)
		if len(fresh) != 1 || fresh[0].Seq <= seqs[len(seqs)-1] {
			s.Fatalf("after the old cursor: got %d entries, want the new one", len(fresh))
		}
		seqs = append(seqs, fresh[0].Seq)
		if _, err := s.Delete(s.ctx(), "alice", fresh[0].ID); err != nil {
			s.Fatal(err)
		}
	}
}

func ackAndDelete(s *suite) {
	p := Parcel("alice", "bob")
	s.put(p, true, dropbox.Stored, nil)
	s.put(Parcel("alice"), true, dropbox.Stored, nil)
	alices, _ := s.mail("alice", "")
	bobs, _ := s.mail("bob", "")
	junk := []string{"", "x", strings.Repeat("0", 32), strings.ToUpper(alices[0].ID), alices[0].ID + "00", bobs[0].ID}
	for range 2 {
		if err := s.Ack(s.ctx(), "alice", append(junk, alices[0].ID)); err != nil {
			s.Fatalf("Ack: %v", err)
		}
	}
	if err := s.Ack(s.ctx(), "nobody", junk); err != nil {
		s.Errorf("Ack: %v", err)
	}
	many := make([]string, 2500) // more than a store need take at once
	for i := range many {
		many[i] = Random().String()[:32]
	}
	if err := s.Ack(s.ctx(), "bob", append(many, bobs[0].ID)); err != nil {
		s.Errorf("Ack: %v", err)
	}
	size := int64(len(p.Line))
	s.status(Status{Boxes: 2, Mailboxes: []Mailbox{{"alice", 1, 2, 2 * size, "2026-W07", false}, {Reader: "bob", Entries: 1, Bytes: size}}})
	s.Reopen()
	s.count("alice", 2) // acknowledged, but listed as long as it is there
	s.count("bob", 1)
	for _, id := range junk {
		if found, err := s.Delete(s.ctx(), "alice", id); found || err != nil {
			s.Errorf("deleting %q: got %v, %v; want false", id, found, err)
		}
	}
	for i, want := range []bool{true, false} {
		if found, err := s.Delete(s.ctx(), "alice", alices[0].ID); found != want || err != nil {
			s.Errorf("deleting for the %d. time: got %v, %v; want %v", i+1, found, err, want)
		}
	}
	if err := s.Ack(s.ctx(), "alice", []string{alices[0].ID}); err != nil {
		s.Errorf("acknowledging what is deleted: %v", err)
	}
	s.Reopen()
	if mail, _ := s.mail("alice", ""); len(mail) != 1 || mail[0].ID != alices[1].ID {
		s.Errorf("got %d entries, want the other one", len(mail))
	}
	s.count("bob", 1)
	s.lines(p, p.Line)
}
