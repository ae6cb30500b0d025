package e2e

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
)

// woman is a reporter with a program that this test is.
type woman struct {
	*dropbox.Reporter
	l *lied
	c *dropbox.Conversation
}

func (l *lied) woman() *woman {
	l.t.Helper()
	r, err := dropbox.NewCode().Reporter(dropbox.BoxID(l.box.Set.Box))
	l.must(err)
	to := []string{"alice", "bob"}
	return &woman{r, l, &dropbox.Conversation{Readers: to, StruckOff: []string{"carol"}, SentTo: map[string]int{}}}
}

func (w *woman) seal(kind, text string) *dropbox.Parcel {
	w.l.t.Helper()
	f := dropbox.Frame{Kind: kind, Day: dropbox.Today(time.Now()), Roster: w.l.box.Roster.Version, Text: text}
	switch kind {
	case dropbox.Report:
		f.About, f.Wish, f.Readers, f.StruckOff = "me", "advice", w.c.Readers, w.c.StruckOff
	case dropbox.Wish:
		f.Wish, f.Text = text, ""
	}
	var to []dropbox.Reader
	for _, id := range w.c.Readers {
		to = append(to, dropbox.Reader{ID: id, Recipient: w.l.recipient(id)})
	}
	p, err := w.Seal(f, to, w.c, []string{"alice", "bob", "carol"})
	w.l.must(err)
	w.c.Count++
	for _, id := range w.c.Readers {
		w.c.SentTo[id]++
	}
	rand.Read(p.Sending[:])
	return p
}

func (w *woman) send(kind, text string) {
	w.l.t.Helper()
	c, err := client.Dial(w.l.box.URL, "")
	w.l.must(err)
	_, err = c.Send(w.l.t.Context(), w.seal(kind, text), []string{"alice", "bob", "carol"})
	w.l.must(err)
}

func (l *lied) recipient(id string) age.Recipient {
	l.t.Helper()
	p, ok := l.box.Roster.Reader(id)
	if !ok {
		l.t.Fatalf("no reader %s", id)
	}
	return p.Recipient
}

// mail is what waits for somebody, all of it.
func (l *lied) mail(id string) []dropbox.MailEntry {
	l.t.Helper()
	mail, err := l.box.Mail(id)
	l.must(err)
	return mail
}

// nonsense is answers that are none of this API's, whatever was asked.
var nonsense = map[string]string{
	"a hotel's sign-in page": "<!doctype html><title>Welcome</title><p>Please sign in to use the network.",
	"nothing":                "",
	"null":                   "null",
	"an empty object":        "{}",
	"an array":               "[]",
	"a number":               "17",
	"half of it":             `{"roster":"tellbox/1 roster`,
	"deep nesting":           strings.Repeat(`{"a":`, 20_000),
}

// damaged are answers like the honest one, each with one value in it of another kind, named by where that is.
func damaged(t *testing.T, honest any) map[string]string {
	t.Helper()
	out := map[string]string{}
	b, err := json.Marshal(honest)
	if err != nil {
		t.Fatal(err)
	}
	fields := decode[map[string]any](t, string(b))
	for name, value := range fields {
		for kind, junk := range map[string]any{"null": nil, "a number": 17, "a text": "x", "an array": []any{[]any{1}}, "an object": map[string]any{"a": 1}, "true": true} {
			if fmt.Sprintf("%T", junk) == fmt.Sprintf("%T", value) && kind != "an array" {
				continue // a value of the same kind is another lie
			}
			fields[name] = junk
			b, _ := json.Marshal(fields)
			out[name+" is "+kind] = string(b)
		}
		fields[name] = value
	}
	return out
}

// unmoved remembers files of a folder, and says which have changed since.
func unmoved(dir string, names ...string) func() []string {
	before := map[string][]byte{}
	for _, n := range names {
		before[n], _ = os.ReadFile(filepath.Join(dir, n)) // nil for one that is not there
	}
	return func() (moved []string) {
		for _, n := range names {
			if now, _ := os.ReadFile(filepath.Join(dir, n)); !slices.Equal(now, before[n]) {
				moved = append(moved, n)
			}
		}
		return moved
	}
}
