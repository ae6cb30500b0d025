package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// sentView is what reporter send and withdraw print with -json.
type sentView struct {
	Code                              string
	Readers                           []string
	Deleted, Asked, Unasked, Doubtful []string
	Before                            bool
}

// A server that says more or less of a report than it has done: she keeps the words whenever it may be there, and it is there once.
func TestLiarReporterSending(t *testing.T) {
	w := newWary(t)
	for _, c := range []struct {
		name   string
		lie    func(*droptest.Liar)
		code   int
		token  string
		says   string
		words  bool // she gets her words
		stored int  // reports that alice has of it afterwards
		admit  string
	}{
		{"stored nothing and says so in its way", func(l *droptest.Liar) { l.Say("parcel", 200, `{"stored":false}`) }, 3, "undelivered",
			"look with your words whether it is there", true, 0, ""},
		{"stored it and cut the answer off", func(l *droptest.Liar) {
			l.Lie("parcel", func(rw http.ResponseWriter, r *http.Request) {
				l.Forward(r)
				rw.Header().Set("Content-Length", "1000")
				io.WriteString(rw, `{"stored":`)
			})
		}, 3, "undelivered", "look with your words whether it is there", true, 1, ""},
		{"stored it and says that it is busy", func(l *droptest.Liar) {
			l.Lie("parcel", func(rw http.ResponseWriter, r *http.Request) {
				l.Forward(r)
				rw.WriteHeader(503)
				io.WriteString(rw, `{"error":"busy","message":"x"}`)
			})
		}, 3, "undelivered", "look with your words", true, 1, ""},
		{"says that the readers changed", func(l *droptest.Liar) { l.Say("parcel", 422, `{"error":"readers-changed","message":"x"}`) }, 1, "readers-changed",
			"look through the names again", false, 0, ""},
		{"stored it and says that it did not", func(l *droptest.Liar) {
			l.Lie("parcel", func(rw http.ResponseWriter, r *http.Request) {
				l.Forward(r)
				rw.WriteHeader(400)
				io.WriteString(rw, `{"error":"malformed","message":"x"}`)
			})
		}, 1, "malformed", "nothing was stored", false, 1, "store what it says it refused"},
		{"says that it is stored", func(l *droptest.Liar) { l.Say("parcel", 200, `{"stored":true}`) }, 0, "", "", true, 0, "say \"stored\" and store nothing"},
		{"says that it was stored before", func(l *droptest.Liar) {
			droptest.Twist(l, "parcel", func(a *dropbox.StoredAnswer) { a.Again = true })
		}, 0, "", "", true, 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			w.liar.Honest()
			before := len(w.mail("alice"))
			c.lie(w.liar)
			s := w.reporter("send", "-text-file", w.path("account"), "-exclude", "carol", "-copy", "-keyholders", w.path("K"))
			got := decode[sentView](t, s.stdout)
			if s.code != c.code || s.token(t) != c.token || !strings.Contains(s.stderr, c.says) || (got.Code != "") != c.words {
				t.Errorf("exit %d, %s, words %v; want %d, %q and %q", s.code, s.all(), got.Code != "", c.code, c.token, c.says)
			}
			if n := len(w.mail("alice")) - before; n != c.stored {
				t.Errorf("alice has it %d times, want %d", n, c.stored)
			}
			w.liar.Honest()
			if c.words {
				w.write("words", got.Code+"\n")
				if s := w.visit("check"); (s.code == 0) != (c.stored == 1) || s.code != 0 && s.token(t) != "nothing-here" {
					t.Errorf("honest again, with her words: exit %d, %s", s.code, s.all())
				}
			}
			if c.admit != "" {
				w.admitted(c.admit)
			}
		})
	}
}

// What a server says of a withdrawal is believed as far as it can be.
func TestLiarReporterWithdrawal(t *testing.T) {
	w := newWary(t)
	says := func(deleted, asked []string) func(*droptest.Liar) {
		return func(l *droptest.Liar) {
			droptest.Twist(l, "withdraw", func(a *dropbox.WithdrawAnswer) { a.Deleted, a.Asked = deleted, asked })
		}
	}
	none := []string{}
	alice, bob, both := []string{"alice"}, []string{"bob"}, []string{"alice", "bob"}
	// Alice has answered, and bob has fetched nothing.
	for _, c := range []struct {
		name                     string
		lie                      func(*droptest.Liar)
		code                     int
		deleted, asked, doubtful []string
		before                   bool
		gone                     bool // nothing is there afterwards
		admit                    string
	}{
		{"nothing", func(*droptest.Liar) {}, 0, bob, alice, none, false, true, ""},
		{"deleted before alice got it, who has answered", says(both, none), 0, bob, none, alice, false, true, ""},
		{"says nothing of either", says(none, none), 0, none, none, both, false, true, ""},
		{"both things of both", says(both, both), 0, none, none, both, false, true, ""},
		{"names others", says([]string{"bob", "mallory"}, []string{"alice", "carol"}), 0, bob, alice, none, false, true, ""},
		{"asked, and deleted", says(none, both), 0, none, both, none, false, true, "say of a reader who has a report that he was asked to delete it, or that he never got it"},
		{"ids that are none", says([]string{"bob", "\x1b[2J"}, alice), 3, nil, nil, nil, false, true, ""},
		{"parts that are missing", func(l *droptest.Liar) {
			l.Lie("withdraw", func(rw http.ResponseWriter, r *http.Request) { l.Forward(r); io.WriteString(rw, `{"deleted":["bob"]}`) })
		}, 3, nil, nil, nil, false, true, ""},
		{"taken back before, and it was not", func(l *droptest.Liar) { l.Say("withdraw", 410, `{"error":"used-ticket","message":"x"}`) },
			0, none, none, none, true, false, "keep what it says it has deleted"},
		{"all of it, and it keeps it", func(l *droptest.Liar) { l.Say("withdraw", 200, `{"deleted":["bob"],"asked":["alice"]}`) },
			0, bob, alice, none, false, false, "keep what it says it has deleted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			w.words, w.her = w.sent()
			w.answer("alice")
			w.liar.Honest()
			c.lie(w.liar)
			s := w.visit("withdraw", "-yes")
			got := decode[sentView](t, s.stdout)
			if s.code != c.code || got.Before != c.before || !slices.Equal(got.Deleted, c.deleted) || !slices.Equal(got.Asked, c.asked) || !slices.Equal(got.Doubtful, c.doubtful) {
				t.Errorf("exit %d, %s; want deleted %q, asked %q, doubtful %q", s.code, s.all(), c.deleted, c.asked, c.doubtful)
			}
			if c.code == 3 && s.token(t) != "undelivered" {
				t.Errorf("not known: %s", s.all())
			}
			w.liar.Honest()
			if s := w.visit("check"); (s.code == 1 && s.token(t) == "nothing-here") != c.gone {
				t.Errorf("afterwards: exit %d, %s", s.code, s.all())
			}
			if c.admit != "" {
				w.admitted(c.admit)
			}
		})
	}
	w.t = t
	w.words, w.her = w.sent()
	w.answer("alice")
	says(both, none)(w.liar)
	s := w.run(nil, "reporter", "withdraw", "-yes", "-server", w.liar.URL, "-code-file", w.path("words"), "-keyholders", w.path("K"))
	if s.code != 0 || !strings.Contains(s.all(), "What the server says of these people cannot be: Alice Okafor.") || !strings.Contains(s.all(), "They may still have a copy") {
		t.Errorf("a person is told %s", s.all())
	}
}

// answer has somebody fetch what there is and answer it.
func (w *wary) answer(id string) {
	w.t.Helper()
	reports, err := w.box.Reports(id)
	w.must(err)
	i := slices.IndexFunc(reports, func(f *dropbox.Frame) bool { return f.Drop == w.her.Drop })
	if i < 0 {
		w.t.Fatalf("%s has no such report", id)
	}
	_, err = w.box.Reply(w.t.Context(), id, reports[i], 1, "alice's words")
	w.must(err)
}

// Answers that are none: each is said in a sentence with what to do, and what may have been stored is not lost.
func TestLiarReporterNonsense(t *testing.T) {
	w := newWary(t)
	send := []string{"-text-file", w.path("account"), "-exclude", "carol"}
	stored, err := w.box.Store.Lines(t.Context(), w.her.Drop)
	w.must(err)
	for route, c := range map[string]struct {
		honest any
		verb   string
		flags  []string
		code   int
		token  string
	}{
		"roster":   {dropbox.RosterAnswer{Keyholders: string(w.box.Chain), Roster: string(w.box.Signed)}, "send", send, 1, "answer"},
		"parcel":   {dropbox.StoredAnswer{Stored: true}, "send", send, 3, "undelivered"},
		"pickup":   {dropbox.PickupAnswer{Lines: stored.Lines, Ends: stored.Ends, Whole: true}, "check", nil, 1, "answer"},
		"withdraw": {dropbox.WithdrawAnswer{Deleted: []string{"bob"}, Asked: []string{"alice"}}, "withdraw", []string{"-yes"}, 3, "undelivered"},
	} {
		bodies := damaged(t, c.honest)
		for name, body := range nonsense {
			bodies[name] = body
		}
		if a, ok := c.honest.(dropbox.PickupAnswer); ok {
			for _, ends := range []string{"", "soon", "9999-W99", "2099-W01\x1b[2J"} {
				a.Ends = ends
				b, _ := json.Marshal(a)
				bodies[fmt.Sprintf("it ends %q", ends)] = string(b)
			}
		}
		for _, harmless := range []string{"again is null", "whole is null", "pad is null", "lines is an array"} { // as good as not there; and a line that does not open
			delete(bodies, harmless)
		}
		for name, body := range bodies {
			w.liar.Honest()
			w.liar.Say(route, 200, body)
			flags := c.flags
			if c.verb != "send" {
				flags = append([]string{"-code-file", w.path("words")}, flags...)
			}
			s := w.reporter(c.verb, append([]string{"-keyholders", w.path("K")}, flags...)...)
			if s.code != c.code || s.token(t) != c.token || !strings.Contains(s.stderr, "reporter: hint: ") {
				t.Errorf("%s: %s: exit %d, %.300s; want %d, %q", route, name, s.code, s.all(), c.code, c.token)
			}
			if route == "roster" && len(w.liar.Arrived("parcel")) > 0 {
				t.Errorf("%s: %s: something was sent", route, name)
			}
		}
	}
	w.liar.Honest()
	w.liar.Say("pickup", 400, fmt.Sprintf(`{"error":"no-such-token","message":"\u001b[2Jgo on\u009b1m\r\nreporter: hint: type\u202eyour words\u2066 at evil.example%s"}`, strings.Repeat("!", 5000)))
	s := w.run(nil, "reporter", "check", "-server", w.liar.URL, "-code-file", w.path("words"), "-keyholders", w.path("K"))
	if s.code != 1 || strings.ContainsAny(s.stdout+s.stderr, "\x1b\u009b\r\u202e\u2066") || strings.Contains(s.stderr, "\nreporter: hint: type") ||
		!strings.Contains(s.stderr, "the server refused: ") || len(s.stderr) > 700 {
		t.Errorf("what a server says: exit %d, %q", s.code, s.stderr)
	}
}
