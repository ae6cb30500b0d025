package desk

import (
	"slices"
	"testing"

	"tellbox/dropbox"
	"tellbox/keys/vault"
)

// dora signs something, as herself or as her thief, with the keys that secret has. eve posts it: a server lets nobody in with former keys, so
// it takes somebody whom it does let in.
func (w *world) signedBy(h *her, secret *vault.Advocate, count int, text string) {
	w.Helper()
	s := dropbox.Sender{ID: "dora", Key: h.ReaderKey("dora"), Consent: h.consent, SignIn: secret.Signin}
	p, err := s.SealReply(dropbox.Frame{Box: h.Box, Drop: h.Drop, Day: dropbox.Today(w.clock.Now()), Count: count, Text: text}, h.Recipient(), w.readers([]string{"alice", "bob"}))
	w.must(err)
	p.Sending, p.Drop = hash32("eve", text), h.Drop
	w.smuggle("eve", p)
}

// What a colleague signed before her keys changed is believed on desks that hear of the change before they see it, for 60 days, and what was
// believed once stays so. After that nobody speaks with her old keys, whoever has them.
func TestColleagueChangesHerKeys(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	alice, bob, dora := w.desk("alice"), w.desk("bob"), w.begin("dora")
	for _, d := range []*Desk{alice, bob, dora} {
		w.sync(d)
	}
	former := dora.me
	_, err := dora.Reply(t.Context(), h.id(), "In flight")
	w.must(err)
	_, err = dora.Rotate()
	w.must(err)
	w.replace(dora)
	w.sync(dora)
	_, err = dora.Reply(t.Context(), h.id(), "With new keys")
	w.must(err)

	in, _ := w.sync(alice)
	want := []string{"reporter: Something", "dora: In flight", "dora: With new keys"}
	if got := said(w.read(alice, h.id())); in.Unreadable != 0 || !slices.Equal(got, want) {
		t.Fatalf("alice reads %q, %+v", got, in)
	}
	alice = w.again(alice)
	w.signedBy(h, former, 3, "Her thief, early")
	in, _ = w.sync(alice)
	if got := said(w.read(alice, h.id())); in.Unreadable != 0 || !slices.Equal(got, append(want, "dora: Her thief, early")) {
		t.Errorf("what a thief can do for 60 days: alice reads %q, %+v", got, in) // SECURITY.md says so; if it cannot any more, that has to be changed
	}
	before := said(w.read(alice, h.id()))
	w.later()
	alice = w.again(alice)
	w.signedBy(h, former, 4, "Her thief, late")
	in, _ = w.sync(alice)
	if got := said(w.read(alice, h.id())); in.Unreadable != 1 || !slices.Equal(got, before) {
		t.Errorf("after 60 days alice reads %q, %+v", got, in)
	}
	if alice = w.again(alice); len(alice.former) != 0 {
		t.Errorf("%+v is remembered", alice.former)
	}

	// Somebody who never was in a roster that this desk saw gains nothing, however long ago this desk was at work.
	stranger, _, err := vault.NewAdvocate("dora", "Dora", "Clinic")
	w.must(err)
	w.signedBy(h, stranger, 5, "A stranger")
	in, _ = w.sync(bob)
	if c := w.read(bob, h.id()); slices.Contains(said(c), "dora: A stranger") || in.Unreadable == 0 {
		t.Errorf("bob reads %q", said(c))
	}
}

// A colleague leaves. What she sent last is believed by those who hear of her leaving first.
func TestLeaverIsBelieved(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	alice, dora := w.desk("alice"), w.desk("dora")
	w.sync(alice)
	w.sync(dora)
	_, err := dora.Reply(t.Context(), h.id(), "I am leaving")
	w.must(err)
	w.must(w.box.Roster.Remove("dora", w.clock.Now()))
	w.must(w.box.Install(t.Context()))
	in, _ := w.sync(alice)
	want := []string{"reporter: Something", "dora: I am leaving"}
	if got := said(w.read(alice, h.id())); in.Unreadable != 0 || !slices.Equal(got, want) {
		t.Errorf("alice reads %q, %+v", got, in)
	}
	w.later()
	alice = w.again(alice)
	w.sync(alice)
	if got := said(w.read(alice, h.id())); !slices.Equal(got, want) {
		t.Errorf("60 days later alice reads %q", got)
	}
}
