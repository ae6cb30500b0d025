package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/keys"
	"tellbox/keys/vault"
)

// deceived is a lying server and an advocate, alice, whose folder lies in homes: "fresh" with her keys alone, "known" when she
// has fetched one report. Two messages and a wish wait for her since.
type deceived struct {
	*lied
	her    *woman
	caseID string
	tries  int
	before int // lines that her box had when the answers in it were last forgotten
}

const herAccount = "What she told"

func newDeceived(t *testing.T) *deceived {
	t.Helper()
	d := &deceived{lied: newLied(t)}
	sealed, err := vault.Seal([]byte(d.box.Advocates["alice"].Text()), passphrase)
	d.must(err)
	d.made("homes/fresh")
	d.write("homes/fresh/secret.age", string(sealed))
	d.her = d.woman()
	d.her.send(dropbox.Report, herAccount)
	known := d.home("fresh")
	for _, verb := range [][]string{{"join", "-server", d.liar.URL, "-keyholders", d.path("K")}, {"inbox"}} {
		if s := d.advocate(known, verb...); s.code != 0 {
			t.Fatalf("%q before any lie: %+v", verb, s)
		}
	}
	d.must(os.Rename(known, d.path("homes/known")))
	in := decode[inbox](t, d.advocate(d.home("known"), "inbox").stdout)
	if len(in.Cases) != 1 {
		t.Fatalf("inbox %+v", in)
	}
	d.caseID = in.Cases[0].ID
	d.her.send(dropbox.Message, "First more")
	d.her.send(dropbox.Message, "Then more")
	d.her.send(dropbox.Wish, "complaint")
	return d
}

// home is a copy of one of the folders.
func (d *deceived) home(like string) string {
	d.t.Helper()
	d.tries++
	dir := d.path("homes", fmt.Sprint(d.tries))
	d.must(os.CopyFS(dir, os.DirFS(d.path("homes", like))))
	return dir
}

func (d *deceived) advocate(home string, args ...string) said {
	d.t.Helper()
	return d.run(nil, "advocate", append(args, "-json", "-home", home, "-passphrase-file", d.path("pass"))...)
}

// pinned puts a roster in a folder that its owner has seen before.
func (d *deceived) pinned(home string, roster []byte) {
	d.t.Helper()
	b, err := json.Marshal(map[string]string{"server": d.liar.URL, "keyholders": string(d.box.Chain), "roster": string(roster)})
	d.must(err)
	d.must(os.WriteFile(home+"/box.json", b, 0o600))
}

// rosterLie is what a server shows, and what an advocate's program says of it.
type rosterLie struct {
	name        string
	chain       string
	roster      []byte
	token, says string
	newcomer    string // the token somebody gets who has seen no roster yet, if it is another; "-": the lie is not noticed then
}

// Whoever the server would have read, or vouch for readers, is not believed; nothing is asked of such a server, and nothing sealed.
func TestLiarAdvocateRosters(t *testing.T) {
	d := newDeceived(t)
	ana, ben := d.box.Keyholders[0], d.box.Keyholders[1]
	chain := string(d.box.Chain)
	inserted := d.roster(mallory)
	exchanged := d.swapped(func(k int, people []keys.Keyholder) (*keys.Keyholders, error) {
		return keys.NewKeyholders(d.box.Set.Box, k, people)
	})
	usurped := d.swapped(d.box.Set.Change)
	ofUsurpers := d.roster(func(r *keys.Roster) error { return r.Renew(r.Expires, 2, time.Now()) })
	twin := d.roster(func(r *keys.Roster) error { return nil })
	twin.Expires = twin.Expires.AddDate(0, 0, 1)
	other, err := droptest.Start(d.path("other"), droptest.Options{})
	d.must(err)
	defer other.Stop()

	for _, c := range []rosterLie{
		{"a reader inserted", chain, append([]byte(inserted.Text()), d.box.Signed[len(d.box.Roster.Text()):]...), "altered",
			"believe nothing that this server shows", ""},
		{"a reader inserted, vouched for by one keyholder and the server", chain, d.sign(inserted.Text(), ana, d.strangers[0]), "too-few-signatures",
			"ask a keyholder, by telephone, before you go on", ""},
		{"a reader inserted by one keyholder who signed twice", chain, d.sign(inserted.Text(), ana), "too-few-signatures", "too few", ""},
		{"keyholders exchanged", exchanged.Text(), d.sign(inserted.Text(), d.strangers...), "other-keyholders", "compare the keyholders' fingerprints with the poster", ""},
		{"keyholders who follow without being vouched for", chain + string(d.sign(usurped.Text(), ana, d.strangers[0])), d.sign(ofUsurpers.Text(), d.strangers...),
			"too-few-signatures", "believe nothing that this server shows", ""},
		{"an older roster", chain, d.older, "rollback", "older than you have seen", "-"},
		{"an expired roster", chain, d.expired, "rollback", "older than you have seen", "roster-expired"},
		{"two rosters of one version", chain, d.sign(twin.Text(), ana, ben), "altered", "two different rosters with the same version", "-"},
		{"another box", string(other.Chain), other.Signed, "other-keyholders", "keyholders", ""},
		{"another box's roster", chain, other.Signed, "other-box", "check both", ""},
		{"no roster", chain, nil, "answer", "makes no sense", ""},
		{"no keyholders", "", d.box.Signed, "answer", "makes no sense", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d.t = t
			d.rosterLie(c)
		})
	}
	d.t = t
	d.admitted("show an older roster to somebody who has never seen a newer one")

	// One that has ended is said, and conversations go on.
	d.liar.Honest()
	d.shows(chain, d.expired)
	home := d.home("known")
	d.pinned(home, d.expired)
	s := d.advocate(home, "inbox")
	if in := decode[inbox](t, s.stdout); s.code != 0 || !strings.Contains(s.all(), "nobody new can report until the keyholders sign another") || in.Cases[0].Entries != 4 {
		t.Errorf("an expired roster: exit %d, %s", s.code, s.all())
	}
}

// rosterLie tells one lie to an advocate who has joined, twice, and to one who wants to.
func (d *deceived) rosterLie(c rosterLie) {
	t := d.t
	t.Helper()
	for _, args := range [][]string{{"inbox"}, {"reply", d.caseID, "-text-file", d.path("pass")}} {
		d.liar.Honest()
		d.shows(c.chain, c.roster)
		home := d.home("known")
		moved := unmoved(home, "box.json", "cursor")
		s := d.advocate(home, args...)
		if s.code != 1 || s.token(t) != c.token || !strings.Contains(s.all(), c.says) {
			t.Errorf("%s: exit %d, %s; want 1, %s and %q", args[0], s.code, s.all(), c.token, c.says)
		}
		if n := len(d.liar.Arrived("")); n != 1 || len(moved()) > 0 {
			t.Errorf("%s: %d requests arrived, want that for the roster; changed: %q", args[0], n, moved())
		}
		d.intact(home)
	}
	home, want := d.home("fresh"), c.token
	if c.newcomer != "" {
		want = strings.Trim(c.newcomer, "-")
	}
	d.liar.Honest()
	d.shows(c.chain, c.roster)
	s := d.advocate(home, "join", "-server", d.liar.URL, "-keyholders", d.path("K"))
	if s.token(t) != want || (s.code == 0) != (want == "") {
		t.Errorf("join: exit %d, %s; want %q", s.code, s.all(), want)
	}
	if _, err := os.Stat(home + "/box.json"); (err == nil) != (want == "") {
		t.Errorf("join: box.json: %v", err)
	}
}

// intact fails unless an honest server finds alice's folder with all that was in it, and brings the rest.
func (d *deceived) intact(home string) inbox {
	d.t.Helper()
	d.liar.Honest()
	s := d.advocate(home, "inbox")
	if s.code != 0 {
		d.t.Errorf("honest again, an inbox ends with %d, %s", s.code, s.all())
	}
	in := decode[inbox](d.t, s.stdout)
	c := decode[caseView](d.t, d.advocate(home, "read", d.caseID).stdout)
	if c.Account != herAccount || c.Withdrawn || c.Wish == "" {
		d.t.Errorf("honest again, the case is %+v", c)
	}
	return in
}
