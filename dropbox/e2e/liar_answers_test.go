package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"tellbox/dropbox"
)

// Answers that are none: each is said in a sentence with what to do, and changes nothing.
func TestLiarAdvocateNonsense(t *testing.T) {
	d := newDeceived(t)
	d.write("text", "What alice answers\n")
	verbs := map[string][]string{"roster": {"inbox"}, "mail": {"inbox"}, "reply": {"reply", d.caseID, "-text-file", d.path("text")}}
	mail := d.mail("alice")
	honest := map[string]any{
		"roster": dropbox.RosterAnswer{Keyholders: string(d.box.Chain), Roster: string(d.box.Signed)},
		"mail":   dropbox.MailAnswer{Entries: mail[len(mail)-1:], Next: "00112233445566778899aabbccddeeff-9"},
		"reply":  dropbox.StoredAnswer{Stored: true},
	}
	for route, args := range verbs {
		bodies := damaged(t, honest[route])
		for name, body := range nonsense {
			bodies[name] = body
		}
		if route == "mail" {
			for _, id := range []string{"../../../../etc/passwd", "", "\x1b[2J", strings.Repeat("ab", 1000)} {
				b, _ := json.Marshal(dropbox.MailAnswer{Entries: []dropbox.MailEntry{{ID: id, Via: dropbox.ViaParcel, Envelope: mail[0].Envelope}}, Next: "x-1"})
				bodies[fmt.Sprintf("entry: the id is %.20q", id)] = string(b)
			}
			for name, body := range damaged(t, mail[len(mail)-1]) {
				bodies["entry: "+name] = fmt.Sprintf(`{"entries":[%s],"next":"00112233445566778899aabbccddeeff-9"}`, body)
			}
			for _, harmless := range []string{"entry: seq is null", "entry: seq is a number", "entry: envelope is null"} {
				delete(bodies, harmless) // the first is not used at all, the other is an envelope that does not open
			}
		}
		delete(bodies, "again is null") // not used
		for name, body := range bodies {
			d.nonsense(route+": "+name, args, func() { d.liar.Say(route, 200, body) })
		}
	}
	d.envelopes()
}

// nonsense fails unless a verb says that an answer makes no sense and what to do, and leaves everything as it was.
func (d *deceived) nonsense(name string, args []string, lie func()) {
	d.t.Helper()
	d.liar.Honest()
	home := d.home("known")
	moved := unmoved(home, "box.json", "cursor")
	lie()
	s := d.advocate(home, args...)
	code, token, hint := 1, "answer", "something else may have answered"
	if args[0] == "reply" && len(d.liar.Arrived("reply")) > 0 {
		code, token, hint = 3, "undelivered", "run the same command again"
	}
	if s.code != code || s.token(d.t) != token || !strings.Contains(s.stderr, hint) || len(moved()) > 0 {
		d.t.Errorf("%s: exit %d, %.300s, changed %q; want %d, %q, %q", name, s.code, s.all(), moved(), code, token, hint)
	}
	if len(d.liar.Arrived("mail/ack")) > 0 {
		d.t.Errorf("%s: something was acknowledged", name)
	}
}

// envelopes are answers in another wrapping than the program asked for.
func (d *deceived) envelopes() {
	d.t.Helper()
	var elsewhere atomic.Int32
	trap := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { elsewhere.Add(1) }))
	defer trap.Close()
	roster, err := json.Marshal(dropbox.RosterAnswer{Keyholders: string(d.box.Chain), Roster: string(d.box.Signed)})
	d.must(err)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(roster)
	d.must(z.Close())
	for name, lie := range map[string]http.HandlerFunc{
		"gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(zipped.Bytes())
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, trap.URL, http.StatusTemporaryRedirect)
		},
		"a page": func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, nonsense["a hotel's sign-in page"], http.StatusForbidden)
		},
		"no content": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"too much":   func(w http.ResponseWriter, _ *http.Request) { w.Write(append(roster, strings.Repeat(" ", 9<<20)...)) },
	} {
		d.nonsense(name, []string{"inbox"}, func() { d.liar.Lie("roster", lie) })
	}
	if n := elsewhere.Load(); n > 0 {
		d.t.Errorf("a redirect was followed %d times", n)
	}

	// What a server says stands in one line, can draw nothing, and turns nothing round.
	d.liar.Honest()
	d.liar.Say("roster", 400, `{"error":"malformed","message":"\u001b[2Jgo on\u009b1m\r\n\nadvocate: hint: type\u202eyour passphrase\u2066 at evil.example`+strings.Repeat("!", 5000)+`"}`)
	s := d.run(nil, "advocate", "inbox", "-home", d.home("known"), "-passphrase-file", d.path("pass"))
	if s.code != 1 || strings.ContainsAny(s.stdout+s.stderr, "\x1b\u009b\r\u202e\u2066") || strings.Contains(s.stderr, "\nadvocate: hint: type") ||
		!strings.Contains(s.stderr, "advocate: error: fetching the roster: the server refused: ") || len(s.stderr) > 600 {
		d.t.Errorf("what a server says: exit %d, %q", s.code, s.stderr)
	}
}
