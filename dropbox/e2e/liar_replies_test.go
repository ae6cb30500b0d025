package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// A server that says more or less than it has done: what can be seen of that is said, and nothing is lost or sent twice.
func TestLiarAdvocateReplies(t *testing.T) {
	d := newDeceived(t)
	text := d.path("text")
	d.write("text", "What alice answers\n")
	stored := func(times int) func(*deceived, string) {
		return func(d *deceived, _ string) {
			d.t.Helper()
			if n := d.replies("What alice answers"); n != times {
				d.t.Errorf("she was answered %d times, want %d", n, times)
			}
		}
	}
	for _, c := range []struct {
		name  string
		lie   func(l *droptest.Liar)
		code  int
		token string
		says  string
		most  int // requests that may arrive to store it
		after func(*deceived, string)
		admit string
	}{
		{"stored nothing and says so in its way", func(l *droptest.Liar) { l.Say("reply", 200, `{"stored":false,"again":false}`) }, 3, "undelivered",
			"run the same command again with the same text", 1, stored(1), ""},
		{"stored it and cut the answer off", func(l *droptest.Liar) {
			l.Lie("reply", func(w http.ResponseWriter, r *http.Request) {
				l.Forward(r)
				w.Header().Set("Content-Length", "1000")
				io.WriteString(w, `{"stored":`)
			})
		}, 3, "undelivered", "it is not sent twice", 1, stored(1), ""},
		{"says that the readers changed, whenever it is asked", func(l *droptest.Liar) {
			l.Say("reply", 422, `{"error":"readers-changed","message":"the readers have changed"}`)
		}, 1, "readers-changed", "the readers have changed", 2, stored(0), ""},
		{"says that nothing is there", func(l *droptest.Liar) { l.Say("reply", 404, `{"error":"nothing-here","message":"x"}`) }, 1, "nothing-here",
			"advocate inbox shows whether she took it back", 1, stored(0), "say that a box is not there any more"},
		{"says that the clock is wrong", func(l *droptest.Liar) {
			l.Say("reply", 401, fmt.Sprintf(`{"error":"signature","message":"x","time":%d}`, time.Now().AddDate(-1, 0, 0).Unix()))
		}, 1, "signature", "the server's clock says", 1, stored(1), "say that it is another time than it is"},
		{"says that it is stored", func(l *droptest.Liar) { l.Say("reply", 200, `{"stored":true,"again":false}`) }, 0, "", `"stored":true`, 1, stored(0),
			"say \"stored\" and store nothing"},
		{"says that it was stored before", func(l *droptest.Liar) {
			droptest.Twist(l, "reply", func(a *dropbox.StoredAnswer) { a.Again = true })
		}, 0, "", `"stored":true`, 1, stored(1), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d.t = t
			d.liar.Honest()
			d.forgetReplies()
			home := d.home("known")
			c.lie(d.liar)
			s := d.advocate(home, "reply", d.caseID, "-text-file", text)
			if s.code != c.code || s.token(t) != c.token || !strings.Contains(s.all(), c.says) {
				t.Errorf("exit %d, %s; want %d, %q and %q", s.code, s.all(), c.code, c.token, c.says)
			}
			if n := len(d.liar.Arrived("reply")); n != c.most {
				t.Errorf("it was sent %d times, want %d", n, c.most)
			}
			d.intact(home) // delivers what is on its way
			c.after(d, home)
			if c.admit != "" {
				d.admitted(c.admit)
			}
		})
	}
	d.t = t
	d.deletions()
}

// answers are what her box holds of answers, by text, since they were last forgotten.
func (d *deceived) replies(text string) (n int) {
	lines, err := d.box.Store.Lines(d.t.Context(), d.her.Drop)
	d.must(err)
	for _, f := range d.her.Fold(lines.Lines[min(d.before, len(lines.Lines)):]).Entries {
		if f.Text == text {
			n++
		}
	}
	return n
}

func (d *deceived) forgetReplies() {
	lines, err := d.box.Store.Lines(d.t.Context(), d.her.Drop)
	d.must(err)
	d.before = len(lines.Lines)
}

// deletions: a server that keeps what it says it deleted cannot be caught, but what is forgotten never comes back.
func (d *deceived) deletions() {
	d.t.Helper()
	d.liar.Honest()
	home := d.home("known")
	d.liar.Say("mail/", 503, `{"error":"busy","message":"later"}`)
	if s := d.advocate(home, "forget", d.caseID); s.code != 3 || s.token(d.t) != "busy" {
		d.t.Errorf("not deleted: exit %d, %s", s.code, s.all())
	}
	d.intact(home)
	d.liar.Say("mail/", 200, `{}`)
	if s := d.advocate(home, "forget", d.caseID); s.code != 0 {
		d.t.Errorf("said to be deleted: exit %d, %s", s.code, s.all())
	}
	d.admitted("keep what it says it has deleted")
	cursor := filepath.Join(home, "cursor")
	d.must(os.Remove(cursor)) // as after a restore: everything is listed again
	in := decode[inbox](d.t, d.advocate(home, "inbox").stdout)
	if n := len(d.liar.Arrived("mail/")); len(in.Cases) != 0 || n < 8 {
		d.t.Errorf("listed again: %d cases, and it was asked %d times to delete", len(in.Cases), n)
	}
}
