package e2e

import (
	"bytes"
	"fmt"
	"mime"
	"mime/multipart"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/keys"
)

// wary is a lying server and a reporter with her program: she has sent a report to alice and bob, not to carol, and keeps a copy.
type wary struct {
	*lied
	words   string
	her     *dropbox.Reporter // what her program is, when it has her words
	readers []string          // to whom something may be sealed
}

// conversationView is what reporter check -json prints.
type conversationView struct {
	Account, Wish, Ends string
	Record, Alone       bool
	Readers, Warnings   []string
	Entries             []struct {
		Kind, From, Text string
		New              bool
	}
}

func newWary(t *testing.T) *wary {
	t.Helper()
	w := &wary{lied: newLied(t), readers: []string{"alice", "bob"}}
	w.write("account", herAccount+"\n")
	w.write("message", "What she adds\n")
	w.words, w.her = w.sent()
	return w
}

// sent is another report, sent while the server is honest, and its words, which are in the file "words".
func (w *wary) sent(flags ...string) (words string, her *dropbox.Reporter) {
	w.t.Helper()
	w.liar.Honest()
	s := w.reporter("send", append(flags, "-text-file", w.path("account"), "-exclude", "carol", "-copy", "-keyholders", w.path("K"))...)
	words = decode[struct{ Code string }](w.t, s.stdout).Code
	if s.code != 0 || words == "" {
		w.t.Fatalf("sending to an honest server: %+v", s)
	}
	w.write("words", words+"\n")
	code, err := dropbox.ParseCode(words)
	w.must(err)
	her, err = code.Reporter(dropbox.BoxID(w.box.Set.Box))
	w.must(err)
	return words, her
}

func (w *wary) reporter(verb string, flags ...string) said {
	w.t.Helper()
	s := w.run(nil, "reporter", append([]string{verb, "-json", "-tries", "1", "-server", w.liar.URL}, flags...)...)
	w.sealed()
	return s
}

// visit is a verb with her words and the keyholders' file.
func (w *wary) visit(verb string, flags ...string) said {
	w.t.Helper()
	return w.reporter(verb, append(flags, "-code-file", w.path("words"), "-keyholders", w.path("K"))...)
}

// sealed fails if anything that arrived at the server holds a word of hers, or an envelope to somebody she has not chosen.
func (w *wary) sealed() {
	w.t.Helper()
	words := strings.Fields(w.words)
	for _, a := range w.liar.Arrived("") {
		all := []byte(fmt.Sprint(a.Header) + string(a.Body))
		for _, secret := range []string{herAccount, "What she adds", w.words, "alice's words"} {
			if secret != "" && bytes.Contains(all, []byte(secret)) {
				w.t.Errorf("%s carries %q", a.Route, secret)
			}
		}
		for i := 1; i < len(words); i++ {
			if bytes.Contains(all, []byte(words[i-1]+" "+words[i])) {
				w.t.Errorf("%s carries words of her code", a.Route)
			}
		}
		if to := w.addressees(a); slices.ContainsFunc(to, func(id string) bool { return !slices.Contains(w.readers, id) }) {
			w.t.Errorf("%s goes to %q", a.Route, to)
		}
	}
}

// addressees are the readers to whom a parcel has envelopes.
func (w *wary) addressees(a droptest.Arrival) (to []string) {
	_, params, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return nil
	}
	p, err := dropbox.ReadParcel(multipart.NewReader(bytes.NewReader(a.Body), params["boundary"]))
	w.must(err)
	return p.Readers()
}

// Nothing is sealed to a reader whom a server inserts, however she pinned the keyholders, and nothing is sent to such a server.
func TestLiarReporterRosters(t *testing.T) {
	w := newWary(t)
	ana, ben := w.box.Keyholders[0], w.box.Keyholders[1]
	chain := string(w.box.Chain)
	inserted := w.roster(mallory)
	exchanged := w.swapped(func(k int, people []keys.Keyholder) (*keys.Keyholders, error) {
		return keys.NewKeyholders(w.box.Set.Box, k, people)
	})
	lowered, err := keys.NewKeyholders(w.box.Set.Box, 1, w.box.Set.Keyholders)
	w.must(err)
	twin := w.roster(func(r *keys.Roster) error { return nil })
	twin.Expires = twin.Expires.AddDate(0, 0, 1)
	other, err := droptest.Start(w.path("other"), droptest.Options{})
	w.must(err)
	defer other.Stop()

	pins := map[string][]string{"file": {"-keyholders", w.path("K")}, "memory": {"-remember", w.path("memory")}}
	for _, k := range w.box.Set.Keyholders {
		pins["poster"] = append(pins["poster"], "-fingerprint", k.Fingerprint())
	}
	if s := w.reporter("readers", "-keyholders", w.path("K"), "-remember", w.path("memory")); s.code != 0 {
		t.Fatalf("the first time: %+v", s)
	}
	const trust, poster = "ask somebody you trust, or call a help line", "compare with the poster"
	for _, c := range []struct {
		name               string
		chain              string
		roster             []byte
		file, poster, past string // the token for each way to pin; "-": it is not noticed
		says               string
	}{
		{"a reader inserted", chain, append([]byte(inserted.Text()), w.box.Signed[len(w.box.Roster.Text()):]...), "altered", "altered", "altered", trust},
		{"a reader inserted, vouched for by one keyholder and the server", chain, w.sign(inserted.Text(), ana, w.strangers[0]),
			"too-few-signatures", "too-few-signatures", "too-few-signatures", trust},
		{"keyholders exchanged", exchanged.Text(), w.sign(inserted.Text(), w.strangers...), "other-keyholders", "other-keyholders", "other-keyholders", poster},
		{"one keyholder said to be enough", lowered.Text(), w.sign(inserted.Text(), ana), "other-keyholders", "too-few-signatures", "other-keyholders", trust},
		{"an older roster", chain, w.older, "-", "-", "rollback", "older than you have seen"},
		{"an expired roster", chain, w.expired, "roster-expired", "roster-expired", "rollback", ""},
		{"two rosters of one version", chain, w.sign(twin.Text(), ana, ben), "-", "-", "altered", "two"},
		{"another box", string(other.Chain), other.Signed, "other-keyholders", "other-keyholders", "other-keyholders", poster},
		{"another box's roster", chain, other.Signed, "other-box", "other-box", "other-box", "check both"},
		{"nothing", "", nil, "answer", "answer", "answer", "makes no sense"},
	} {
		for pin, want := range map[string]string{"file": c.file, "poster": c.poster, "memory": c.past} {
			t.Run(c.name+"/"+pin, func(t *testing.T) {
				w.t = t
				w.liar.Honest()
				moved := unmoved(w.dir, "memory")
				w.shows(c.chain, c.roster)
				w.readers = []string{"alice", "bob"}
				if c.name == "an older roster" && want == "-" {
					w.readers = append(w.readers, "dora") // who has been vouched for
				}
				s := w.reporter("send", append(pins[pin], "-text-file", w.path("account"), "-exclude", "carol")...)
				if want == "-" { // it is sent; the real box takes none by an older roster
					if n := len(w.liar.Arrived("parcel")); n != 1 || s.code == 1 && s.token(t) != "readers-changed" {
						t.Errorf("exit %d, %d sent, %s", s.code, n, s.all())
					}
					w.admitted("show an older roster to somebody who has never seen a newer one")
					return
				}
				if s.code != 1 || s.token(t) != want || !strings.Contains(s.all(), c.says) && pin == "file" || !strings.Contains(s.stderr, "hint: ") {
					t.Errorf("exit %d, %s; want 1, %s and %q", s.code, s.all(), want, c.says)
				}
				if n := len(w.liar.Arrived("")); n != len(w.liar.Arrived("roster")) || len(moved()) > 0 {
					t.Errorf("%d requests beside those for the roster; changed: %q", n-len(w.liar.Arrived("roster")), moved())
				}
			})
		}
	}
	w.t = t
	w.olderThanHers(chain)
}

// olderThanHers: her own lines say which roster she has seen, and nothing else has to be kept for that.
func (w *wary) olderThanHers(chain string) {
	w.t.Helper()
	w.liar.Honest()
	w.shows(chain, w.older)
	s := w.visit("check")
	v := decode[conversationView](w.t, s.stdout)
	if s.code != 1 || s.token(w.t) != "rollback" || v.Account != herAccount || !strings.Contains(s.all(), "Do not write here now, and ask somebody you trust.") {
		w.t.Errorf("an older roster than her lines name: exit %d, %s", s.code, s.all())
	}
	for _, verb := range [][]string{{"message", "-text-file", w.path("message")}, {"wish", "-wish", "complaint"}} {
		if s := w.visit(verb[0], verb[1:]...); s.code != 1 || s.token(w.t) != "rollback" {
			w.t.Errorf("%s: exit %d, %s", verb[0], s.code, s.all())
		}
	}
	if n := len(w.liar.Arrived("parcel")) + len(w.liar.Arrived("withdraw")); n > 0 {
		w.t.Errorf("%d parcels were sent", n)
	}

	// Expired, conversations go on, and it is said; a record needs nobody. What only the server has said is said to be that.
	w.liar.Honest()
	w.shows(chain, w.ended())
	if s := w.visit("check"); s.code != 0 || !strings.Contains(s.all(), "nobody vouches for it now") {
		w.t.Errorf("an expired roster: exit %d, %s", s.code, s.all())
	}
	if s := w.reporter("send", "-wish", "record", "-text-file", w.path("account"), "-keyholders", w.path("K")); s.code != 0 {
		w.t.Errorf("a record, with an expired roster: exit %d, %s", s.code, s.all())
	}
	w.liar.Honest()
	s = w.reporter("send", "-text-file", w.path("account"))
	if s.code != 1 || s.token(w.t) != "not-pinned" || len(w.liar.Arrived("parcel")) > 0 {
		w.t.Errorf("nothing pinned: exit %d, %s", s.code, s.all())
	}
	if _, err := os.Stat(w.path("tmp", ".config")); err == nil {
		w.t.Error("the program keeps settings")
	}
}

// ended is a roster of the newest version that has ended, as one will have by and by: signed by real keyholders.
func (w *wary) ended() []byte {
	w.t.Helper()
	r := w.roster(func(r *keys.Roster) error { return nil })
	r.Issued, r.Expires = time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -50), time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -2)
	return w.sign(r.Text(), w.box.Keyholders[0], w.box.Keyholders[1])
}
