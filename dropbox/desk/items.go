package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"tellbox/dropbox"
)

// item is one envelope in mail/ or sent/.
type item struct {
	folder string
	hash   string
	about  about
	opened *dropbox.Opened // nil if it does not open
	exact  bool            // it is the very envelope that was opened

	indexed bool // it was opened out of the index
	former  bool // only an identity of before may open it, and it has to be sealed anew
}

// about is what stands beside an envelope.
type about struct {
	Order    int      `json:"order"`              // of arrival on this desk
	Entries  []string `json:"entries,omitempty"`  // ids under which the server has it
	Acked    []string `json:"acked,omitempty"`    // those of them that are acknowledged
	Signer   string   `json:"signer,omitempty"`   // the sign-in key a co-reader's reply was verified by: he may leave the roster
	Reply    bool     `json:"reply,omitempty"`    // it came with a colleague's reply: whatever it says of itself, she did not send it
	Resealed string   `json:"resealed,omitempty"` // SHA-256 of what stands in its file since her keys changed, or stood there before Instead: the same, sealed to the identity of then
	Instead  string   `json:"instead,omitempty"`  // SHA-256 of what is put in the place of that, or of what came, when they change
	Unasked  bool     `json:"unasked,omitempty"`  // a reply that a later sync delivered: she has not been told that it arrived
}

func hashOf(envelope []byte) string {
	sum := sha256.Sum256(envelope)
	return hex.EncodeToString(sum[:])
}

func (it *item) name(ext string) string { return filepath.Join(it.folder, it.hash+ext) }

// loadItems reads a folder in the order of arrival, and opens the envelopes that the index does not have. What was forgotten while the program
// was stopped goes now.
func (d *Desk) loadItems(folder string, index map[string][]byte) ([]*item, error) {
	entries, err := os.ReadDir(d.home.path(folder))
	if err != nil {
		return nil, err
	}
	var items, gone []*item
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		it := &item{folder: folder, hash: strings.TrimSuffix(e.Name(), ext)}
		if d.forgotten[it.hash] {
			gone = append(gone, it)
			continue
		}
		if ext != ".age" {
			continue
		}
		items = append(items, it)
	}
	if err := d.discard(gone...); err != nil {
		return nil, err
	}
	var all errgroup.Group
	all.SetLimit(runtime.GOMAXPROCS(0)) // there may be thousands, and most of it is arithmetic
	for _, it := range items {
		all.Go(func() error { return d.loadItem(it, index) })
	}
	if err := all.Wait(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(items, func(a, b *item) int { return a.about.Order - b.about.Order })
	return items, nil
}

func (d *Desk) loadItem(it *item, index map[string][]byte) error {
	text, err := d.home.read(it.name(".json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &it.about); err != nil {
		return fmt.Errorf("%s: %w", it.name(".json"), err)
	}
	if !it.reopen(index) {
		envelope, err := d.home.read(it.name(".age"))
		if err != nil {
			return err
		}
		it.open(d, envelope)
	}
	if it.opened != nil && d.Joined() {
		it.opened.AsReport(d.roster.Box, d.me.ID) // fold asks again: if it is right, that costs nothing then
	}
	return nil
}

func (it *item) open(d *Desk, envelope []byte) {
	it.opened, it.former = d.openEnvelope(envelope) // nil: it stays unreadable
	it.exact = it.is(envelope)
}

// is says whether this is the envelope: as it came, or as it was sealed anew.
func (it *item) is(envelope []byte) bool { return it.has(hashOf(envelope)) }

func (it *item) has(sum string) bool {
	return sum == it.hash || sum == it.about.Resealed || sum == it.about.Instead
}

// keep makes an envelope durable, what stands beside it first: an envelope that is there is complete.
func (d *Desk) keep(it *item, envelope []byte) error {
	it.about.Resealed, it.about.Instead = "", ""
	if err := d.saveAbout(it); err != nil {
		return err
	}
	if err := d.home.write(it.name(".age"), envelope); err != nil {
		return err
	}
	it.open(d, envelope)
	return nil
}

func (d *Desk) saveAbout(it *item) error {
	text, err := json.Marshal(it.about)
	if err != nil {
		return err
	}
	return d.home.write(it.name(".json"), append(text, '\n'))
}

// discard removes items that stand in forgotten. They are durably gone when it returns; stopped before, they go when the desk is opened again.
func (d *Desk) discard(items ...*item) error {
	folders := map[string]bool{}
	for _, it := range items {
		for _, ext := range []string{".age", ".json"} {
			if err := d.home.unlink(it.name(ext)); err != nil {
				return err
			}
		}
		folders[it.folder] = true
	}
	for folder := range folders {
		if err := syncFolder(d.home.path(folder)); err != nil {
			return err
		}
	}
	return nil
}

// nextOrder follows everything that has come or gone.
func (d *Desk) nextOrder() int {
	n := 0
	for _, it := range slices.Concat(d.mail, d.sent) {
		n = max(n, it.about.Order)
	}
	return n + 1
}

func (d *Desk) find(hash string) *item {
	i := slices.IndexFunc(d.mail, func(it *item) bool { return it.hash == hash })
	if i < 0 {
		return nil
	}
	return d.mail[i]
}
