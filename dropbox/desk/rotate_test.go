package desk

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/keys"
	"tellbox/keys/vault"
)

// begin is somebody's desk with a secret.age and a card, opened with her passphrase.
func (w *world) begin(id string) *Desk {
	w.Helper()
	d := w.sealedDesk(id)
	p, _ := w.box.Roster.Reader(id)
	w.must(d.home.write("card.txt", []byte(p.Card.Text())))
	return w.reopen(d)
}

// reopen is the desk after its program ended, with whatever keys it has now.
func (w *world) reopen(d *Desk) *Desk {
	w.Helper()
	d.Close()
	return w.openHome(d.home.dir)
}

func (w *world) openHome(folder string) *Desk {
	w.Helper()
	d, err := Open(folder, passphrase, w.clock.Now)
	w.must(err)
	w.Cleanup(func() { d.Close() })
	return d
}

// replace is what keyholders do with the card of new keys, and puts it into force.
func (w *world) replace(d *Desk) {
	w.Helper()
	text, err := os.ReadFile(d.home.path("card-next.txt"))
	w.must(err)
	card, err := keys.ParseCard(text)
	w.must(err)
	p, _ := w.box.Roster.Reader(card.ID)
	p.Card = *card
	w.must(w.box.Roster.Replace(p, w.clock.Now()))
	w.must(w.box.Install(w.Context()))
	w.box.Advocates[card.ID] = d.me.Promoted(w.clock.Now())
}

// renew keeps the roster alive for another 40 days.
func (w *world) renew() {
	w.Helper()
	w.must(w.box.Roster.Renew(w.clock.Now().AddDate(0, 0, 40), 1, w.clock.Now()))
	w.must(w.box.Install(w.Context()))
}

// later is a time when a former key is not needed any more.
func (w *world) later() {
	w.Helper()
	for range 2 {
		w.clock.Add(31 * day)
		w.renew()
	}
}

// sealedTo says which files of a home an identity opens, and which it does not.
func (w *world) sealedTo(d *Desk, with age.Identity) (open, shut []string) {
	w.Helper()
	for name, content := range w.contents(d.home.dir) {
		if !strings.HasSuffix(name, ".age") || name == "secret.age" {
			continue
		}
		if _, err := age.Decrypt(strings.NewReader(content), with); err == nil {
			open = append(open, name)
		} else {
			shut = append(shut, name)
		}
	}
	return open, shut
}

func (w *world) says(notices []string, wants ...string) {
	w.Helper()
	for _, want := range wants {
		if !strings.Contains(strings.Join(notices, "\n"), want) {
			w.Errorf("the notices %q do not say %q", notices, want)
		}
	}
}

// Alice changes her keys in the middle of everything: mail waits, a reply is on its way, she has notes and a draft. Nothing is lost, everything
// is readable with the new key alone once the former one is destroyed, and whoever stole the old secret reads nothing of what is sealed from then on.
func TestRotation(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "It began in May")
	alice, bob := w.begin("alice"), w.begin("bob")
	w.sync(alice)
	w.sync(bob)
	_, err := alice.Reply(t.Context(), h.id(), "With the old key")
	w.must(err)
	_, err = alice.AddNote(h.id(), "Ring Bob")
	w.must(err)
	_, err = alice.SetDraft(h.id(), "Not yet")
	w.must(err)
	w.read(alice, h.id())

	card, err := alice.Rotate()
	w.must(err)
	alice = w.reopen(alice)
	again, err := alice.Rotate()
	w.must(err)
	onDisk := w.contents(alice.home.dir)
	if again.Text() != card.Text() || onDisk["card-next.txt"] != card.Text() || onDisk["card.txt"] == card.Text() || card.Name != "Alice" {
		t.Fatalf("asked again, the card is\n%s\nand was\n%s", again.Text(), card.Text())
	}
	stolen := alice.me
	h.send(dropbox.Message, "Before the roster")
	w.sync(alice) // goes on with the keys of today
	_, err = alice.Reply(t.Context(), h.id(), "Still the old key")
	w.must(err)

	// These wait in her mailbox, and one of hers has not left yet.
	h.send(dropbox.Message, "Waiting")
	_, err = bob.Reply(t.Context(), h.id(), "Bob's, waiting")
	w.must(err)
	c, err := alice.fold().lookup(h.id())
	w.must(err)
	_, err = alice.seal(c, alice.frame(c, dropbox.Frame{Kind: dropbox.Reply, Text: "On its way"}, nil)) // as if stopped before it was sent
	w.must(err)
	bobs, err := bob.fold().lookup(h.id())
	w.must(err)
	_, err = bob.seal(bobs, bob.frame(bobs, dropbox.Frame{Kind: dropbox.Reply, Text: "Bob's, on its way"}, nil))
	w.must(err)
	w.replace(alice)
	w.sync(bob) // sends it, as it was sealed
	h.send(dropbox.Message, "To the new key")
	if open, shut := w.sealedTo(alice, stolen.Next.Identity); len(open) != 0 || len(shut) < 6 {
		t.Fatalf("the new key opens %v already, not %v", open, shut)
	}

	_, notices := w.sync(alice)
	w.says(notices, "new keys are in force", "until 2026-04-1", "recovery sheet", "still on its way. It has arrived now")
	want := []string{"reporter: It began in May", "alice: With the old key", "reporter: Before the roster", "alice: Still the old key",
		"reporter: Waiting", "bob: Bob's, waiting", "bob: Bob's, on its way", "reporter: To the new key", "alice: On its way"}
	w.whole(alice, h, want)
	for range 2 { // the second time out of the index
		alice = w.reopen(alice)
		w.whole(alice, h, want)
	}
	onDisk = w.contents(alice.home.dir)
	if onDisk["card.txt"] != card.Text() || onDisk["card-next.txt"] != "" {
		t.Errorf("the card is now\n%s", onDisk["card.txt"])
	}

	// Bob's desk has seen the new roster. What she signed before and was still on its way is believed there, and what she signs now.
	_, err = alice.Reply(t.Context(), h.id(), "With the new key")
	w.must(err)
	in, _ := w.sync(bob)
	if c := w.read(bob, h.id()); in.Unreadable != 0 || len(c.Entries) != len(want)+1 || len(c.Warnings) != 0 {
		t.Errorf("Bob reads %+v, %+v", c, in)
	}
	if got := h.texts(); !slices.Equal(got, []string{"alice: With the old key", "alice: Still the old key", "bob: Bob's, waiting", "bob: Bob's, on its way", "alice: On its way", "alice: With the new key"}) {
		t.Errorf("she reads %q", got)
	}

	w.outlived(alice, h, stolen)
}

// whole says that nothing is missing on her desk, and nothing doubled.
func (w *world) whole(alice *Desk, h *her, want []string) {
	w.Helper()
	c := w.read(alice, h.id())
	got := said(c)
	slices.Sort(got)
	want = slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) || len(c.Warnings) != 0 || len(c.Notes) != 1 || c.Notes[0].Text != "Ring Bob" {
		w.Errorf("she reads %q, want %q; %+v", got, want, c)
	}
	if draft, err := alice.Draft(h.id()); err != nil || draft.Text != "Not yet" {
		w.Errorf("her draft is %+v, %v", draft, err)
	}
	in, err := alice.Inbox()
	w.must(err)
	if in.Unreadable != 0 || in.OnTheWay != 0 || in.Cases[0].New || unacked(alice.mail) != 0 {
		w.Errorf("her inbox is %+v", in)
	}
	for _, it := range slices.Concat(alice.mail, alice.sent) {
		if !it.exact || !alice.whole(it) {
			w.Errorf("%s is not taken for whole", it.hash)
		}
	}
	if open, shut := w.sealedTo(alice, alice.me.Identity); len(shut) != 0 || len(open) < 5 {
		w.Errorf("the new key opens %v, and not %v", open, shut)
	}
}

// outlived lets 60 days go by, after which the thief of the old secret and the new key are all there is.
func (w *world) outlived(alice *Desk, h *her, stolen *vault.Advocate) {
	w.Helper()
	before := said(w.read(alice, h.id()))
	w.later()
	alice = w.reopen(alice)
	away := &between{each: func() error { return errStopped }}
	alice.transport = away
	if _, err := alice.Sync(w.Context()); err == nil || len(alice.me.Former) != 1 {
		w.Errorf("the former key went without the end of the mailbox: %v", err)
	}
	alice.transport = nil
	h.send(dropbox.Message, "Much later")
	_, notices := w.sync(alice)
	w.says(notices, "former key is destroyed", "Backups and recovery sheets")
	alice = w.reopen(alice)
	secret, err := os.ReadFile(alice.home.path("secret.age"))
	w.must(err)
	text, err := vault.Open(secret, herPassphrase)
	w.must(err)
	if len(alice.me.Former) != 0 || bytes.Contains(text, []byte(stolen.Identity.String())) || strings.Count(string(text), "AGE-SECRET") != 1 {
		w.Errorf("the former key is still in the secret")
	}
	if _, notices := w.sync(alice); len(notices) != 0 {
		w.Errorf("said again: %q", notices)
	}
	w.whole(alice, h, append(before, "reporter: Much later"))

	if open, shut := w.sealedTo(alice, stolen.Identity); len(open) != 0 || len(shut) < 8 {
		w.Errorf("a thief of the old secret opens %v of her folder", open)
	}
	mail, err := w.box.Mail("alice")
	w.must(err)
	if len(mail) == 0 {
		w.Fatal("nothing is in her mailbox")
	}
	latest := mail[len(mail)-1].Envelope
	if _, err := dropbox.Open(latest, stolen.Identity); err == nil {
		w.Error("a thief of the old secret opens new mail")
	}
	if _, err := dropbox.Open(latest, alice.me.Identity); err != nil {
		w.Errorf("she does not: %v", err)
	}
	_, err = w.client().SignIn("alice", stolen.Signin, dropbox.BoxID(w.box.Set.Box), w.clock.Now).Mail(w.Context(), "", 10)
	if !client.Refused(err, "signature") {
		w.Errorf("a thief of the old secret at her mailbox: %v", err)
	}
}

// Her key changes once more while a former one is still kept. A backup of such a desk is one, and the public age program opens what lies in it.
func TestTwoRotationsAndABackup(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "One")
	nonsense := w.reporter()
	nonsense.send(dropbox.Report, "Nonsense")
	alice := w.begin("alice")
	w.sync(alice)
	_, err := alice.SetAside([]string{nonsense.id()})
	w.must(err)
	for n, text := range []string{"Two", "Three"} {
		_, err := alice.Reply(t.Context(), h.id(), text)
		w.must(err)
		_, err = alice.Rotate()
		w.must(err)
		w.replace(alice)
		if n == 0 {
			w.sync(alice)
		}
		w.clock.Add(day)
	}
	before := alice.me
	if _, err := alice.Reply(t.Context(), h.id(), "Four"); err != nil || alice.me == before { // a reply looks at the roster too
		t.Fatalf("%v, and the new keys are not in force", err)
	}
	w.sync(alice)
	if len(alice.me.Former) != 2 || len(alice.me.Signed) != 2 {
		t.Fatalf("she has %d former keys", len(alice.me.Former))
	}
	file := filepath.Join(t.TempDir(), "backup")
	if made, err := alice.Backup(t.Context(), file, herPassphrase, nil); err != nil || made.Damaged != 0 {
		t.Errorf("the backup says %+v, %v", made, err)
	}
	restored, _ := w.restored(file)
	want := []string{"reporter: One", "alice: Two", "alice: Three", "alice: Four"}
	for _, d := range []*Desk{w.reopen(alice), restored} {
		if got := said(w.read(d, h.id())); !slices.Equal(got, want) {
			t.Errorf("she reads %q", got)
		}
		if in, err := d.Inbox(); err != nil || len(in.Cases) != 1 || in.Junk.Aside != 1 {
			t.Errorf("inbox %+v, %v", in, err)
		}
	}

	program := ageProgram(t)
	identity := filepath.Join(t.TempDir(), "identity")
	w.must(os.WriteFile(identity, []byte(alice.me.Text()), 0o600))
	found, err := filepath.Glob(restored.home.path("mail", "*.age"))
	if err != nil || len(found) != 2 {
		t.Fatalf("%v, %v", found, err)
	}
	for _, name := range found {
		out, err := exec.Command(program, "-d", "-i", identity, name).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "One") && !strings.Contains(string(out), "Nonsense") {
			t.Errorf("age: %v, %.200s", err, out)
		}
	}
	if open, shut := w.sealedTo(restored, alice.me.Identity); len(shut) != 0 || !slices.Contains(open, junkFile) {
		t.Errorf("today's key opens %v, and not %v", open, shut)
	}
}

// Keys that nobody knows of can be dropped; keys that are in force cannot, nor when nobody can say whether they are.
func TestCancelRotation(t *testing.T) {
	w := newWorld(t)
	alice := w.begin("alice")
	_, err := alice.CancelRotation(t.Context())
	w.is(err, ErrNoRotation)
	first, err := alice.Rotate()
	w.must(err)
	alice.transport = &between{each: func() error { return errStopped }}
	if _, err = alice.CancelRotation(t.Context()); err == nil || alice.me.Next == nil {
		t.Fatalf("cancelled without asking: %v", err)
	}
	alice = w.reopen(alice)
	_, err = alice.CancelRotation(t.Context())
	w.must(err)
	alice = w.reopen(alice)
	if alice.me.Next != nil || alice.home.has("card-next.txt") {
		t.Error("the keys are still there")
	}
	second, err := alice.Rotate()
	w.must(err)
	if second.Text() == first.Text() {
		t.Error("the cancelled keys came back")
	}
	w.replace(alice)
	_, err = alice.CancelRotation(t.Context())
	w.is(err, ErrInForce)
	if alice = w.reopen(alice); alice.me.Next != nil || len(alice.me.Former) != 1 {
		t.Error("the new keys are not in force")
	}

	// Before she has joined, nothing can name them.
	young := t.TempDir()
	_, err = Keygen(young, "zoe", "Zoe", "Centre", passphrase)
	w.must(err)
	d := w.openHome(young)
	_, err = d.Rotate()
	w.must(err)
	_, err = d.CancelRotation(t.Context())
	w.must(err)
}

// While one program asks for the passphrase, another changes the keys: the first goes on with those that are there when it begins to work.
func TestKeysChangeWhileSheTypes(t *testing.T) {
	w := newWorld(t)
	alice := w.begin("alice")
	folder := alice.home.dir
	alice.Close()
	alice, err := Open(folder, func() (string, error) {
		other := w.openHome(folder)
		_, err := other.Rotate()
		w.must(err)
		return herPassphrase, other.Close()
	}, w.clock.Now)
	w.must(err)
	defer alice.Close()
	if alice.me.Next == nil || !alice.home.has("card-next.txt") {
		t.Error("it has no keys to come, which are on the disk")
	}

	// A card that is lost comes back, with the name that the roster has.
	w.must(alice.home.remove("card.txt"))
	w.must(alice.home.remove("card-next.txt"))
	card, err := alice.Rotate()
	w.must(err)
	if files := w.contents(folder); card.Name != "Alice" || files["card-next.txt"] != card.Text() || !strings.Contains(files["card.txt"], "name Alice") {
		t.Errorf("the cards are %q and %q", files["card.txt"], files["card-next.txt"])
	}
	w.replace(alice)
	w.sync(alice)
	_, err = alice.Sheet()
	w.must(err)
}
