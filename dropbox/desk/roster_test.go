package desk

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/droptest"
	"tellbox/keys"
	"tellbox/keys/vault"
)

// sign signs a text with the first n keyholders of a box.
func (w *world) sign(by []*vault.Keyholder, n int, text string) string {
	w.Helper()
	signed := []byte(text)
	for _, k := range by[:n] {
		var err error
		signed, err = keys.Sign(signed, k.Signer())
		w.must(err)
	}
	return string(signed)
}

// served makes a desk see another roster and other keyholders than the server has.
func served(d *Desk, keyholders, roster string) {
	body, _ := json.Marshal(dropbox.RosterAnswer{Keyholders: keyholders, Roster: roster})
	d.transport = &between{swap: answering(dropbox.API+"roster", 200, string(body))}
}

// changed is the roster after a change, not signed.
func (w *world) changed(change func(*keys.Roster) error) *keys.Roster {
	w.Helper()
	r, err := keys.ParseRoster(w.box.Signed)
	w.must(err)
	w.must(change(r))
	return r
}

func TestRosters(t *testing.T) {
	w := newWorld(t)
	now := w.clock.Now()
	alice := w.desk("alice")
	before := alice.roster.Version
	chain := string(w.box.Chain)

	renewed := w.changed(func(r *keys.Roster) error { return r.Renew(now.AddDate(0, 0, 40), 1, now) })
	other := w.changed(func(r *keys.Roster) error { return r.Renew(now.AddDate(0, 0, 41), 1, now) })
	without := w.changed(func(r *keys.Roster) error { return r.Remove("alice", now) })
	_, stranger, err := vault.NewAdvocate("alice", "Alice", "Centre")
	w.must(err)
	half, err := keys.NewCard("alice", "Alice", "Centre", w.box.Advocates["alice"].Identity.Recipient(), stranger.Signin)
	w.must(err)
	halved := w.changed(func(r *keys.Roster) error { return r.Replace(keys.Reader{Card: *half, Role: keys.Advocate}, now) })
	replaced := w.changed(func(r *keys.Roster) error { return r.Replace(keys.Reader{Card: *stranger, Role: keys.Advocate}, now) })
	vanished := w.changed(func(r *keys.Roster) error { return r.Remove("dora", now) })
	vanished.Retired = nil
	strangers, set := w.strangers()

	w2, err := droptest.Start(t.TempDir(), droptest.Options{Now: w.clock.Now})
	w.must(err)
	defer w2.Stop()

	good := w.box.Keyholders
	for name, c := range map[string]struct {
		keyholders, roster string
		want               error
	}{
		"nothing":                    {"", "", client.ErrAnswer},
		"signed by one":              {chain, w.sign(good, 1, renewed.Text()), keys.ErrTooFewSignatures},
		"signed by others":           {chain, w.sign(strangers, 2, renewed.Text()), keys.ErrTooFewSignatures},
		"changed after signing":      {chain, strings.Replace(w.sign(good, 2, renewed.Text()), "Alice", "Alicia", 1), keys.ErrAltered},
		"other keyholders":           {set.Text(), w.sign(strangers, 2, renewed.Text()), keys.ErrOtherKeyholders},
		"another box":                {string(w2.Chain), string(w2.Signed), keys.ErrOtherKeyholders},
		"another box's roster":       {chain, string(w2.Signed), keys.ErrOtherBox},
		"without her":                {chain, w.sign(good, 2, without.Text()), ErrNotInRoster},
		"with her id and other keys": {chain, w.sign(good, 2, replaced.Text()), ErrNotInRoster},
		"with another sign-in key":   {chain, w.sign(good, 2, halved.Text()), ErrNotInRoster},
		"somebody vanished":          {chain, w.sign(good, 2, vanished.Text()), keys.ErrVanished},
	} {
		served(alice, c.keyholders, c.roster)
		if _, err := alice.Sync(t.Context()); err == nil {
			t.Errorf("%s was believed", name)
		} else {
			w.is(err, c.want)
		}
		after := alice.roster.Version
		if alice = w.again(alice); after != before || alice.roster.Version != before {
			t.Errorf("%s left its trace", name)
		}
	}

	// A newer one is believed, and from then on nothing older, nor another of the same version.
	served(alice, chain, w.sign(good, 2, renewed.Text()))
	w.sync(alice)
	alice = w.again(alice)
	_, err = alice.Sync(t.Context()) // the real server still has the old one
	w.is(err, keys.ErrRollback)
	served(alice, chain, w.sign(good, 2, other.Text()))
	_, err = alice.Sync(t.Context())
	w.is(err, keys.ErrSameVersion)
}

// strangers are keyholders of the same box id who are not its keyholders.
func (w *world) strangers() ([]*vault.Keyholder, *keys.Keyholders) {
	w.Helper()
	var secrets []*vault.Keyholder
	var people []keys.Keyholder
	for _, name := range []string{"Ana", "Ben"} {
		secret, public, err := vault.NewKeyholder(name)
		w.must(err)
		secrets, people = append(secrets, secret), append(people, public)
	}
	set, err := keys.NewKeyholders(w.box.Set.Box, 2, people)
	w.must(err)
	return secrets, set
}

// New keyholders whom the old ones vouch for are followed, said, and pinned.
func TestKeyholdersChange(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	secrets, _ := w.strangers()
	var people []keys.Keyholder
	for _, s := range secrets {
		p, err := s.Public()
		w.must(err)
		people = append(people, p)
	}
	next, err := w.box.Set.Change(2, people)
	w.must(err)
	chain := string(w.box.Chain) + w.sign(w.box.Keyholders, 2, next.Text())
	r := w.changed(func(r *keys.Roster) error { return r.Renew(r.Expires, 2, w.clock.Now()) })
	served(alice, chain, w.sign(secrets, 2, r.Text()))
	if _, notices := w.sync(alice); len(notices) != 1 || !strings.Contains(notices[0], "keyholders have changed") {
		t.Fatalf("notices %q", notices)
	}
	if _, notices := w.sync(alice); len(notices) != 0 {
		t.Errorf("said again: %q", notices)
	}
	alice = w.again(alice)
	_, err = alice.Sync(t.Context()) // the real server still has the generation before
	w.is(err, keys.ErrRollback)
	_, err = alice.Join(t.Context(), w.box.URL, "", w.box.Chain)
	w.is(err, keys.ErrRollback)
}

func TestExpiredRoster(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	alice := w.desk("alice")
	w.sync(alice)
	w.clock.Add(51 * day)
	alice = w.again(alice)
	if _, notices := w.sync(alice); len(notices) != 1 || !strings.Contains(notices[0], "conversations go on") {
		t.Errorf("notices %q", notices)
	}
	if _, err := alice.Reply(t.Context(), h.id(), "Still here"); err != nil {
		t.Errorf("replying: %v", err)
	}
	bob := w.openAt(t.TempDir(), "bob")
	_, err := bob.Join(t.Context(), w.box.URL, "", w.box.Chain)
	w.is(err, keys.ErrExpired)
}

func TestJoinRefuses(t *testing.T) {
	w := newWorld(t)
	_, set := w.strangers()
	d := w.openAt(t.TempDir(), "alice")
	_, err := d.Sync(t.Context())
	w.is(err, ErrNotJoined)
	_, err = d.Inbox()
	w.is(err, ErrNotJoined)
	_, err = d.Join(t.Context(), w.box.URL, "", []byte(set.Text()))
	w.is(err, keys.ErrOtherKeyholders)
	_, err = d.Join(t.Context(), w.box.URL, "", []byte("hello"))
	w.is(err, keys.ErrFormat)
	for server, token := range map[string]string{"http://example.org": "http", "http://abc.onion": "onion", "ftp://x": "server", "": "server"} {
		_, err = d.Join(t.Context(), server, "", w.box.Chain)
		if a, ok := err.(*client.AddressError); !ok || a.Token != token {
			t.Errorf("%q: %v, want %s", server, err, token)
		}
	}
	if w.again(d).Joined() {
		t.Error("joined after all")
	}

	irene := w.openAt(t.TempDir(), "irene")
	_, err = irene.Join(t.Context(), w.box.URL, "", w.box.Chain)
	w.is(err, ErrNoReports)

	// A folder belongs to one box; another address of that box is welcome.
	other, err := droptest.Start(t.TempDir(), droptest.Options{Now: w.clock.Now})
	w.must(err)
	defer other.Stop()
	alice := w.desk("alice")
	_, err = alice.Join(t.Context(), other.URL, "", other.Chain)
	w.is(err, ErrOtherBox)
	_, err = alice.Join(t.Context(), strings.Replace(w.box.URL, "127.0.0.1", "localhost", 1), "", w.box.Chain)
	w.must(err)
	if alice = w.again(alice); !strings.HasPrefix(alice.box.Server, "http://localhost:") {
		t.Errorf("the server is %s", alice.box.Server)
	}
}

func TestKeygenAndOpen(t *testing.T) {
	vault.WeakenForTests()
	w := newWorld(t)
	folder := t.TempDir() + "/new/home"
	pass := func() (string, error) { return "right", nil }
	_, err := Open(folder, pass, w.clock.Now)
	w.is(err, ErrNoHome)
	card, err := Keygen(folder, "alice", "Alice", "Centre", pass)
	w.must(err)
	if card.ID != "alice" {
		t.Errorf("card %+v", card)
	}
	_, err = Keygen(folder, "alice", "Alice", "Centre", pass)
	w.is(err, fs.ErrExist)
	_, err = Open(folder, func() (string, error) { return "wrong", nil }, w.clock.Now)
	w.is(err, vault.ErrPassphrase)
	d, err := Open(folder, pass, w.clock.Now)
	w.must(err)
	_, err = Open(folder, pass, w.clock.Now)
	w.is(err, ErrInUse)
	w.must(d.Close())
	if d, err = Open(folder, pass, w.clock.Now); err != nil || d.ID() != "alice" || d.Joined() {
		t.Fatalf("%v", err)
	}
	w.must(d.Close())
	if _, err := Keygen(t.TempDir(), "reporter", "R", "O", pass); err == nil {
		t.Error("a reserved id was taken")
	}
}
