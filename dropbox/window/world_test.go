package window

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tellbox/dropbox/desk"
	"tellbox/dropbox/droptest"
	"tellbox/keys"
	"tellbox/keys/vault"
)

const passphrase = "six words that nobody would guess"

// clock is a time that passes only when a test says so.
type clock struct {
	mu    sync.Mutex // protects all below
	fires func()
	runs  bool
	for_  time.Duration
}

func (c *clock) after(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fires, c.runs, c.for_ = f, true, d
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		was := c.runs
		c.runs = false
		return was
	}
}

// pass lets the time be over, and says whether it was running.
func (c *clock) pass() bool {
	c.mu.Lock()
	runs, fires := c.runs, c.fires
	c.runs = false
	c.mu.Unlock()
	if runs {
		fires()
	}
	return runs
}

// world is a real drop-box, and an advocate at a browser.
type world struct {
	*testing.T
	box  *droptest.Box
	home string // alice's
	bobs string // bob's
}

// newWorld makes a box; alice and bob have homes with their keys. It is for tests that run beside others.
func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	return worldAlone(t)
}

func worldAlone(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, home: filepath.Join(t.TempDir(), "alice"), bobs: filepath.Join(t.TempDir(), "bob")}
	homes, err := ready()
	w.must(err)
	for id, home := range map[string]string{"alice": w.home, "bob": w.bobs} {
		w.must(os.Mkdir(home, 0o700))
		w.must(os.WriteFile(filepath.Join(home, "secret.age"), homes[id].sealed, 0o600))
		w.must(os.WriteFile(filepath.Join(home, "card.txt"), []byte(homes[id].card.Text()), 0o600))
	}
	w.box, err = droptest.Start(t.TempDir(), droptest.Options{Keygen: func(p droptest.Person) (*vault.Advocate, *keys.Card, error) {
		if h, ok := homes[p.ID]; ok {
			return h.secret, h.card, nil
		}
		return vault.NewAdvocate(p.ID, p.Name, p.Org)
	}})
	w.must(err)
	t.Cleanup(func() { w.box.Stop() })
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// folder is what stands in an advocate's folder after her first step: made once, as a passphrase costs a second.
type folder struct {
	sealed []byte
	secret *vault.Advocate
	card   *keys.Card
}

var ready = sync.OnceValues(func() (map[string]folder, error) {
	vault.WeakenForTests()
	all := map[string]folder{}
	for _, p := range droptest.Defaults[:2] {
		secret, card, err := vault.NewAdvocate(p.ID, p.Name, p.Org)
		if err != nil {
			return nil, err
		}
		sealed, err := vault.Seal([]byte(secret.Text()), passphrase)
		if err != nil {
			return nil, err
		}
		all[p.ID] = folder{sealed, secret, card}
	}
	return all, nil
})

// desk opens her folder as the commands do, and joins the first time.
func (w *world) desk() *desk.Desk { return w.deskIn(w.home) }

func (w *world) deskIn(home string) *desk.Desk {
	w.Helper()
	d, err := desk.Open(home, func() (string, error) { return passphrase, nil }, time.Now)
	w.must(err)
	if !d.Joined() {
		_, err = d.Join(w.Context(), w.box.URL, "", w.box.Chain)
		w.must(err)
	}
	return d
}

// report is one by the page, as a visitor writes it.
func (w *world) report(account string, pairs ...string) (words string) {
	w.Helper()
	_, words, err := droptest.NewVisitor(w.box.URL).Report(account, pairs...)
	w.must(err)
	return words
}

// add puts a card into the roster, as a keyholder does who got the file.
func (w *world) add(card string) {
	w.Helper()
	c, err := keys.ParseCard([]byte(card))
	w.must(err)
	w.must(w.box.Roster.Add(keys.Reader{Card: *c, Role: keys.Advocate, Languages: "English"}, time.Now()))
	w.must(w.box.Install(w.Context()))
}

// noted are the notes of her only case.
func noted(t *testing.T, d *desk.Desk) []desk.Note {
	t.Helper()
	defer d.Close()
	in, err := d.Inbox()
	if err != nil || len(in.Cases) != 1 {
		t.Fatalf("inbox %+v, %v", in, err)
	}
	list, err := d.Notes(in.Cases[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return list.Notes
}
