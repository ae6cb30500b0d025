package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"tellbox/dropbox"
)

// bound is the most memory that a program may take, whatever a server answers, in bytes.
const bound = 128 << 20

// Answers that are huge, endless or slow end in a sentence, within bounds, and Ctrl-C ends the wait.
func TestLiarAdvocatePressure(t *testing.T) {
	d := newDeceived(t)
	endless := func(w http.ResponseWriter, piece string) {
		for chunk := []byte(strings.Repeat(piece, 64<<10/len(piece))); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	answer := func(head, piece string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, head)
			endless(w, piece)
		}
	}
	full := func(head, piece, tail string, size int) http.HandlerFunc {
		body := head + strings.TrimSuffix(strings.Repeat(piece, size/len(piece)), ",") + tail
		return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
	}
	for name, c := range map[string]struct {
		route string
		lie   http.HandlerFunc
	}{
		"endless spaces":              {"roster", answer("", " ")},
		"an endless roster":           {"roster", answer(`{"roster":"`, "tellbox/1 roster\\n")},
		"endless mail":                {"mail", answer(`{"entries":[{"id":"`, "0")},
		"endless pieces of mail":      {"mail", answer(`{"entries":[`, "{},")},
		"millions of pieces of mail":  {"mail", full(`{"entries":[`, "{},", `],"next":"x-1"}`, 16<<20-100)},
		"millions of unknown objects": {"mail", full(`{"entries":[],"next":"x-1","more":[`, "{},", "]}", 16<<20-100)},
		"an envelope of 12 MiB":       {"mail", full(`{"entries":[{"seq":1,"via":"parcel","id":"`+entry(1, nil).ID+`","envelope":"`, "AAAA", `"}],"next":"x-1"}`, 16<<20-200)},
		"endless headers": {"mail", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n")
			for n := 0; ; n++ {
				if _, err := fmt.Fprintf(conn, "X-%d: %s\r\n", n, strings.Repeat("x", 4000)); err != nil {
					return
				}
			}
		}},
	} {
		d.liar.Honest()
		d.liar.Lie(c.route, c.lie)
		home := d.home("known")
		moved := unmoved(home, "box.json", "cursor")
		s := d.advocate(home, "inbox")
		if token := s.token(t); s.code != 1 && s.code != 3 || token != "answer" && token != "unreachable" || s.rss > bound || len(moved()) > 0 {
			t.Errorf("%s: exit %d, %s, %d MiB, changed %q", name, s.code, token, s.rss>>20, moved())
		}
		t.Logf("%s: %d MiB", name, s.rss>>20)
	}
	d.liar.Honest()
	d.liar.Lie("mail", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		endless(w, "x")
	})
	if s := d.advocate(d.home("known"), "inbox"); s.code != 3 || s.rss > bound {
		t.Errorf("an endless refusal: exit %d, %s", s.code, s.all())
	}
	d.drip()
	d.shelves()
}

// drip answers a byte at a time, until she has enough and presses Ctrl-C.
func (d *deceived) drip() {
	d.t.Helper()
	for _, route := range []string{"roster", "mail", "mail/ack"} {
		d.liar.Honest()
		begun := make(chan struct{})
		d.liar.Lie(route, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			close(begun)
			for tick := time.NewTicker(50 * time.Millisecond); ; {
				select {
				case <-r.Context().Done():
					tick.Stop()
					return
				case <-tick.C:
					io.WriteString(w, " ")
					w.(http.Flusher).Flush()
				}
			}
		})
		home := d.home("known")
		s := d.run(func(p *os.Process) {
			select {
			case <-begun:
			case <-d.t.Context().Done():
			}
			p.Signal(syscall.SIGINT)
		}, "advocate", "inbox", "-json", "-home", home, "-passphrase-file", d.path("pass"))
		if in := decode[inbox](d.t, s.stdout); s.code != 3 || s.token(d.t) != "stopped" || len(in.Cases) != 1 || !strings.Contains(s.stderr, "nothing is lost") {
			d.t.Errorf("%s in drips: exit %d, %s", route, s.code, s.all())
		}
		if in := d.intact(home); in.Cases[0].Entries != 4 {
			d.t.Errorf("%s in drips: afterwards %+v", route, in)
		}
	}
}

// shelves is a mailbox that never ends: an inbox does, and what it was given stays where it can be deleted.
func (d *deceived) shelves() {
	d.t.Helper()
	d.liar.Honest()
	n := 0
	d.liar.Lie("mail", func(w http.ResponseWriter, r *http.Request) {
		n++
		junk := slices.Repeat([]byte{byte(n), byte(n >> 8)}, 9000)
		json.NewEncoder(w).Encode(dropbox.MailAnswer{Entries: []dropbox.MailEntry{entry(n, junk)}, Next: fmt.Sprintf("x-%d", n)})
	})
	home := d.home("known")
	began := time.Now()
	s := d.advocate(home, "inbox")
	in := decode[inbox](d.t, s.stdout)
	if s.code != 0 || in.Unreadable != n || n > 500 || len(d.acknowledged()) > 0 {
		d.t.Errorf("mail without end: exit %d, %d unreadable of %d, %s", s.code, in.Unreadable, n, s.stderr)
	}
	d.t.Logf("%d pages in %s, %d MiB", n, time.Since(began), s.rss>>20)
	d.admitted("fill an advocate's disk with mail that nobody can open")
}
