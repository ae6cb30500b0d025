package e2e

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// Answers to her program that are huge, endless or slow end in a sentence, within bounds, and Ctrl-C ends the wait.
func TestLiarReporterPressure(t *testing.T) {
	w := newWary(t)
	for name, c := range map[string]struct {
		verb, route string
		lie         http.HandlerFunc
	}{
		"an endless roster":            {"send", "roster", withoutEnd(200, `{"roster":"`, "tellbox/1 roster\\n")},
		"an endless chain":             {"send", "roster", withoutEnd(200, `{"roster":"x","keyholders":"`, "tellbox/1 keyholders\\n")},
		"endless headers":              {"check", "pickup", headers},
		"an endless refusal":           {"check", "pickup", withoutEnd(500, "", "x")},
		"endless lines":                {"check", "pickup", withoutEnd(200, `{"lines":[`, `"",`)},
		"an endless line":              {"check", "pickup", withoutEnd(200, `{"lines":["`, "AAAA")},
		"an endless pad":               {"check", "pickup", withoutEnd(200, `{"lines":["AAAA"],"ends":"2099-W01","pad":"`, "....")},
		"10,000 lines":                 {"check", "pickup", full(`{"ends":"2099-W01","lines":[`, `"AAAA",`, "]}", 70_000)},
		"millions of lines":            {"check", "pickup", full(`{"ends":"2099-W01","lines":[`, `"",`, "]}", 24<<20-100)},
		"a line of 128 MiB":            {"check", "pickup", full(`{"ends":"2099-W01","lines":["`, "AAAA", `"]}`, 171<<20)},
		"an endless answer to sending": {"send", "parcel", withoutEnd(200, `{"stored":true,"more":"`, "x")},
		"an endless withdrawal":        {"withdraw", "withdraw", withoutEnd(200, `{"deleted":[`, `"bob",`)},
	} {
		w.liar.Honest()
		w.liar.Lie(c.route, c.lie)
		var s said
		switch c.verb {
		case "send":
			s = w.reporter("send", "-text-file", w.path("account"), "-exclude", "carol", "-keyholders", w.path("K"))
		case "withdraw":
			s = w.visit("withdraw", "-yes")
		default:
			s = w.visit(c.verb)
		}
		token, want := s.token(t), map[string]bool{"answer": true, "unreachable": true, "busy": true, "undelivered": true}
		if s.code != 1 && s.code != 3 || !want[token] || !strings.Contains(s.stderr, "hint: ") || s.rss > bound {
			t.Errorf("%s: exit %d, %s, %d MiB", name, s.code, s.all(), s.rss>>20)
		}
		if knows := decode[sentView](t, s.stdout).Code != ""; knows != (token == "undelivered" && c.verb == "send") {
			t.Errorf("%s: she has words: %v", name, knows)
		}
		t.Logf("%s: %d MiB", name, s.rss>>20)
	}
	w.heap()
	w.drip()
	w.liar.Honest()
	if v := decode[conversationView](t, w.visit("check").stdout); v.Account != herAccount {
		t.Errorf("honest again: %+v", v)
	}
}

// heap is as many lines as fit in an answer, of the right shape, that nobody can open.
func (w *wary) heap() {
	w.t.Helper()
	w.liar.Honest()
	stored, err := w.box.Store.Lines(w.t.Context(), w.her.Drop)
	w.must(err)
	a := dropbox.PickupAnswer{Ends: stored.Ends, Lines: stored.Lines}
	for size := 0; size < 17<<20; size += len(stored.Lines[0]) {
		line := append([]byte{}, stored.Lines[0]...)
		rand.Read(line[1627:]) // behind the header
		a.Lines = append(a.Lines, line)
	}
	b, err := json.Marshal(a)
	w.must(err)
	w.liar.Say("pickup", 200, string(b))
	s := w.visit("check")
	v := decode[conversationView](w.t, s.stdout)
	if s.code != 0 || v.Account != herAccount || len(v.Entries) != 1 || !strings.Contains(s.all(), nobodyVouches) || s.rss > bound {
		w.t.Errorf("%d lines of junk: exit %d, %d entries, %d MiB, %.300s", len(a.Lines)-1, s.code, len(v.Entries), s.rss>>20, s.stderr)
	}
	w.t.Logf("%d lines of junk: %d MiB", len(a.Lines)-1, s.rss>>20)
}

// drip answers a byte at a time: until -timeout is over, or she presses Ctrl-C. Of a report that may have arrived she has the words.
func (w *wary) drip() {
	w.t.Helper()
	for _, c := range []struct {
		verb, route, late, stopped string
		flags                      []string
	}{
		{"send", "roster", "unreachable", "stopped", []string{"-text-file", w.path("account"), "-exclude", "carol"}},
		{"send", "parcel", "undelivered", "undelivered", []string{"-text-file", w.path("account"), "-exclude", "carol"}},
		{"check", "pickup", "unreachable", "stopped", []string{"-code-file", w.path("words")}},
		{"message", "parcel", "undelivered", "undelivered", []string{"-code-file", w.path("words"), "-text-file", w.path("message")}},
	} {
		flags := append([]string{c.verb, "-json", "-tries", "1", "-server", w.liar.URL, "-keyholders", w.path("K")}, c.flags...)
		w.liar.Honest()
		w.liar.Lie(c.route, drips(make(chan struct{})))
		late := w.run(nil, "reporter", append(flags, "-timeout", "500ms")...)
		w.liar.Honest()
		begun := make(chan struct{})
		w.liar.Lie(c.route, drips(begun))
		stopped := w.run(w.interrupt(begun), "reporter", flags...)
		w.sealed()
		if late.code != 3 || late.token(w.t) != c.late || stopped.code != 3 || stopped.token(w.t) != c.stopped {
			w.t.Errorf("%s, %s in drips: exit %d, %s; stopped: exit %d, %s", c.verb, c.route, late.code, late.all(), stopped.code, stopped.all())
		}
		if c.verb == "send" && c.route == "parcel" && (decode[sentView](w.t, late.stdout).Code == "" || decode[sentView](w.t, stopped.stdout).Code == "") {
			w.t.Errorf("she has no words: %s; %s", late.all(), stopped.all())
		}
	}
}
