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

// endless writes a piece again and again, until nobody listens.
func endless(w io.Writer, piece string) {
	for chunk := []byte(strings.Repeat(piece, 64<<10/len(piece))); ; {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// withoutEnd answers with head, and then with pieces for ever.
func withoutEnd(status int, head, piece string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, head)
		endless(w, piece)
	}
}

// full answers with size bytes of pieces between head and tail.
func full(head, piece, tail string, size int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, head)
		for chunk := strings.Repeat(piece, 64<<10/len(piece)); size > len(chunk); size -= len(chunk) {
			if _, err := io.WriteString(w, chunk); err != nil {
				return
			}
		}
		io.WriteString(w, strings.TrimSuffix(strings.Repeat(piece, size/len(piece)), ",")+tail)
	}
}

// headers are all that it ever answers.
func headers(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
	endless(conn, "X-More: "+strings.Repeat("x", 4000)+"\r\n")
}

// drips answers a space at a time; begun is closed at the first.
func drips(begun chan<- struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		close(begun)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-r.Context().Done():
				return
			case <-tick.C:
				io.WriteString(w, " ")
				w.(http.Flusher).Flush()
			}
		}
	}
}

// interrupt presses Ctrl-C as soon as begun is closed.
func (l *lied) interrupt(begun <-chan struct{}) func(*os.Process) {
	return func(p *os.Process) {
		select {
		case <-begun:
		case <-time.After(30 * time.Second):
			l.t.Error("nothing was asked of the server")
		}
		p.Signal(syscall.SIGINT)
	}
}

// Answers that are huge, endless or slow end in a sentence, within bounds, and Ctrl-C ends the wait.
func TestLiarAdvocatePressure(t *testing.T) {
	d := newDeceived(t)
	for name, c := range map[string]struct {
		route string
		lie   http.HandlerFunc
	}{
		"endless spaces":              {"roster", withoutEnd(200, "", " ")},
		"an endless roster":           {"roster", withoutEnd(200, `{"roster":"`, "tellbox/1 roster\\n")},
		"endless mail":                {"mail", withoutEnd(200, `{"entries":[{"id":"`, "0")},
		"endless pieces of mail":      {"mail", withoutEnd(200, `{"entries":[`, "{},")},
		"millions of pieces of mail":  {"mail", full(`{"entries":[`, "{},", `],"next":"x-1"}`, 16<<20-100)},
		"millions of unknown objects": {"mail", full(`{"entries":[],"next":"x-1","more":[`, "{},", "]}", 16<<20-100)},
		"an envelope of 12 MiB":       {"mail", full(`{"entries":[{"seq":1,"via":"parcel","id":"`+entry(1, nil).ID+`","envelope":"`, "AAAA", `"}],"next":"x-1"}`, 16<<20-200)},
		"endless headers":             {"mail", headers},
		"an endless refusal":          {"mail", withoutEnd(500, "", "x")},
	} {
		d.liar.Honest()
		d.liar.Lie(c.route, c.lie)
		home := d.home("known")
		moved := unmoved(home, "box.json", "cursor")
		s := d.advocate(home, "inbox")
		if token := s.token(t); s.code != 1 && s.code != 3 || token != "answer" && token != "unreachable" && token != "busy" || s.rss > bound || len(moved()) > 0 {
			t.Errorf("%s: exit %d, %s, %d MiB, changed %q", name, s.code, token, s.rss>>20, moved())
		}
		t.Logf("%s: %d MiB", name, s.rss>>20)
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
		d.liar.Lie(route, drips(begun))
		home := d.home("known")
		s := d.run(d.interrupt(begun), "advocate", "inbox", "-json", "-home", home, "-passphrase-file", d.path("pass"))
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
	d.admitted("fill an advocate's disk, and in time the memory her program needs, with mail")
}
