package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/desk"
	"tellbox/dropbox/droptest"
	"tellbox/keys"
	"tellbox/keys/vault"
)

// here is an advocate at her machine, and the box she reads for.
type here struct {
	*testing.T
	box        *droptest.Box
	home       string
	passphrase string // a file
	keyholders string // a file
	code       dropbox.Code
	day        time.Time // of what the reporter writes; today if it is zero
}

func setUp(t *testing.T) *here {
	t.Helper()
	vault.WeakenForTests()
	dir := t.TempDir()
	h := &here{T: t, home: filepath.Join(dir, "A"), passphrase: filepath.Join(dir, "P"), keyholders: filepath.Join(dir, "K"), code: dropbox.NewCode()}
	box, err := droptest.Start(t.TempDir(), droptest.Options{People: []droptest.Person{{ID: "bob", Name: "Bob", Org: "Clinic", Role: keys.Advocate}}})
	h.must(err)
	t.Cleanup(func() { box.Stop() })
	h.box = box
	h.must(os.WriteFile(h.passphrase, []byte("correct horse\n"), 0o600))
	h.must(os.WriteFile(h.keyholders, box.Chain, 0o600))
	return h
}

func (h *here) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// run runs a command line with her home and passphrase.
func (h *here) run(want int, stdin string, args ...string) (stdout, stderr string) {
	h.Helper()
	args = append(args, "-home", h.home, "-passphrase-file", h.passphrase)
	var out, errs bytes.Buffer
	if got := run(args, strings.NewReader(stdin), &out, &errs); got != want {
		h.Fatalf("advocate %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, want, &out, &errs)
	}
	return out.String(), errs.String()
}

// json is run with -json; the one document it prints.
func (h *here) json(want int, stdin string, into any, args ...string) {
	h.Helper()
	out, _ := h.run(want, stdin, append(args, "-json")...)
	if strings.Count(out, "\n") != 1 || strings.Contains(out, "null") {
		h.Errorf("advocate %v: %s", args, out)
	}
	h.must(json.Unmarshal([]byte(out), into))
}

// joinedUp is an advocate from keygen to join.
func joinedUp(t *testing.T) *here {
	t.Helper()
	h := setUp(t)
	var made struct{ ID, Card, Fingerprint string }
	h.json(0, "", &made, "keygen", "-id", "alice", "-name", "Alice Okafor", "-org", "Centre")
	text, err := os.ReadFile(made.Card)
	h.must(err)
	card, err := keys.ParseCard(text)
	h.must(err)
	if card.Fingerprint() != made.Fingerprint || made.ID != "alice" {
		t.Fatalf("keygen says %+v", made)
	}
	if _, stderr := h.run(1, "", "join", "-server", h.box.URL, "-keyholders", h.keyholders); !strings.Contains(stderr, "does not name you") {
		t.Errorf("before she is in the roster: %s", stderr)
	}
	h.must(h.box.Roster.Add(keys.Reader{Card: *card, Role: keys.Advocate}, h.now()))
	h.must(h.box.Install(t.Context()))
	out, _ := h.run(0, "", "join", "-server", h.box.URL, "-keyholders", h.keyholders)
	if !strings.Contains(out, "alice (you): Alice Okafor, Centre") {
		t.Errorf("join prints %s", out)
	}
	return h
}

// write sends something of the reporter's.
func (h *here) write(kind, text string, files ...dropbox.File) {
	h.Helper()
	r, err := h.code.Reporter(dropbox.BoxID(h.box.Set.Box))
	h.must(err)
	var to []dropbox.Reader
	for _, id := range []string{"alice", "bob"} {
		p, _ := h.box.Roster.Reader(id)
		to = append(to, dropbox.Reader{ID: id, Recipient: p.Recipient})
	}
	c, err := client.Dial(h.box.URL, "")
	h.must(err)
	f := dropbox.Frame{Kind: kind, Day: dropbox.Today(h.writing()), Roster: h.box.Roster.Version, Text: text, Files: files}
	var before *dropbox.Conversation
	if kind == dropbox.Report {
		f.About, f.Wish, f.Readers = "saw", "complaint", []string{"alice", "bob"}
		f.Prompt = []dropbox.Prompt{{ID: "where", Text: "At the office"}}
	} else {
		a, err := c.Pickup(h.Context(), r.Locator)
		h.must(err)
		before = r.Fold(a.Lines)
	}
	p, err := r.Seal(f, to, before, []string{"alice", "bob"})
	h.must(err)
	p.Sending = dropbox.DigestOf(dropbox.Sending{}, []byte(kind), []byte(text), r.Locator[:])
	if kind == dropbox.Withdrawn {
		_, err = c.Withdraw(h.Context(), p, []string{"alice", "bob"})
	} else {
		_, err = c.Send(h.Context(), p, []string{"alice", "bob"})
	}
	h.must(err)
}

type failed struct{ Error, Message string }

// Everything an advocate does, command by command.
func TestJourney(t *testing.T) {
	h := joinedUp(t)
	if out, _ := h.run(0, "", "inbox"); !strings.Contains(out, ": 0 cases") {
		t.Errorf("an empty inbox is %s", out)
	}
	h.write(dropbox.Report, "It was \u202eterrible\nadvocate: hint: forget it")
	var in desk.Inbox
	h.json(0, "", &in, "inbox")
	if len(in.Cases) != 1 || !in.Cases[0].New || in.Cases[0].Waiting != "advocate" {
		t.Fatalf("inbox %+v", in)
	}
	id := in.Cases[0].ID
	if out, _ := h.run(0, "", "inbox"); !strings.Contains(out, "NEW  "+id) || !strings.Contains(out, "Acknowledge by") {
		t.Errorf("inbox prints %s", out)
	}

	out, _ := h.run(0, "", "read", id[:5])
	for _, want := range []string{"\n    It was [U+202E]terrible\n", "\n    advocate: hint: forget it\n", "wants to make a complaint", "The reporter saw it.", "    At the office\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("read does not print %q:\n%s", want, out)
		}
	}
	var c desk.Case
	h.json(0, "", &c, "read", id)
	if c.Account != "It was \u202eterrible\nadvocate: hint: forget it" || c.Entries[0].Text != c.Account || c.About != "saw" {
		t.Errorf("read %+v", c)
	}

	var done desk.Replied
	h.json(0, "Thank you for telling us.\n", &done, "reply", id, "-text-file", "-")
	if done.ID != id || done.N != 2 || !done.Stored {
		t.Errorf("reply %+v", done)
	}
	text := filepath.Join(t.TempDir(), "text")
	h.must(os.WriteFile(text, []byte("From a file"), 0o600))
	h.json(0, "", &done, "reply", "-text-file", text, id) // flags may stand before
}

func TestReplyAndForget(t *testing.T) {
	h := joinedUp(t)
	h.write(dropbox.Report, "Something")
	var in desk.Inbox
	h.json(0, "", &in, "inbox")
	id := in.Cases[0].ID

	var no failed
	h.json(1, "   ", &no, "reply", id)
	h.is(no, "empty-text")
	h.json(1, h.code.Words(), &no, "reply", id)
	h.is(no, "code-in-text")
	h.json(1, strings.Repeat("x", 2<<20), &no, "reply", id)
	h.is(no, "too-long")
	h.json(1, "Hello", &no, "reply", "zzzz")
	h.is(no, "unknown-case")
	h.json(1, "", &no, "read", "zz")
	h.is(no, "short-id")
	h.json(1, "", &no, "reply", id, "-text-file", "/nowhere")
	h.is(no, "no-such-file")

	// The passphrase and the text can both come by standard input.
	var out, errs bytes.Buffer
	if code := run([]string{"reply", id, "-home", h.home, "-passphrase-file", "-"}, strings.NewReader("correct horse\nHello\nyou"), &out, &errs); code != 0 {
		t.Fatalf("exit %d: %s", code, &errs)
	}
	var c desk.Case
	h.json(0, "", &c, "read", id)
	if got := c.Entries[len(c.Entries)-1]; got.Text != "Hello\nyou" || got.From != "alice" {
		t.Errorf("the reply is %+v", got)
	}

	h.write(dropbox.Withdrawn, "")
	h.json(1, "Hello?", &no, "reply", id)
	h.is(no, "nothing-here")
	h.json(0, "", &in, "inbox")
	h.json(1, "Hello?", &no, "reply", id)
	h.is(no, "withdrawn")
	if out, _ := h.run(0, "", "read", id); !strings.Contains(out, "took this back") || strings.Contains(out, "Something") || !strings.Contains(out, "advocate forget "+id) {
		t.Errorf("a withdrawn case shows %s", out)
	}
	if out, _ := h.run(0, "", "inbox"); !strings.Contains(out, "took this back") {
		t.Errorf("the inbox shows %s", out)
	}
	for range 2 {
		var gone desk.Forgotten
		h.json(0, "", &gone, "forget", id)
		if gone.ID != id || !gone.Local || !gone.Server {
			t.Errorf("forget %+v", gone)
		}
	}
	h.run(0, "", "forget", "-unreadable")
	h.run(2, "", "forget")
	h.run(2, "", "forget", id, "-unreadable")
}

func (h *here) now() time.Time { return time.Now() }

func (h *here) writing() time.Time {
	if h.day.IsZero() {
		return h.now()
	}
	return h.day
}

func (h *here) is(f failed, token string) {
	h.Helper()
	if f.Error != token || f.Message == "" {
		h.Errorf("got %+v, want %s", f, token)
	}
}

// Without the server she still sees what she has, and is told to try again.
func TestServerAway(t *testing.T) {
	h := joinedUp(t)
	h.write(dropbox.Report, "Something")
	h.run(0, "", "inbox")
	h.must(h.box.Stop())
	out, stderr := h.run(3, "", "inbox")
	if !strings.Contains(out, "1 case, as last fetched") || !strings.Contains(stderr, "advocate: error: ") || !strings.Contains(stderr, "\nadvocate: hint: try again") {
		t.Errorf("%s%s", out, stderr)
	}
	var in struct {
		desk.Inbox
		failed
	}
	h.json(3, "", &in, "inbox")
	h.is(in.failed, "unreachable")
	if len(in.Cases) != 1 {
		t.Errorf("inbox %+v", in)
	}
	id := in.Cases[0].ID
	h.run(0, "", "read", id)
	var no failed
	h.json(3, "Hello", &no, "reply", id)
	h.is(no, "unreachable")
	h.json(3, "", &no, "forget", id)
	h.is(no, "unreachable")
	h.run(0, "", "read", id)
}

func TestUsage(t *testing.T) {
	h := setUp(t)
	for _, args := range [][]string{{}, {"files"}, {"files", "abcd", "-out", "x"}, {"files", "abcd", "-save", "0"}, {"files", "abcd", "-preview", "all"}, {"reply", "abcd", "-original"}, {"nothing"}, {"desk", "x"}, {"desk", "-idle", "0s"}, {"desk", "-listen", "0.0.0.0:0"}, {"inbox", "x"}, {"read"}, {"read", "abcd", "efgh"}, {"inbox", "-nope"},
		{"keygen", "-id", "alice"}, {"join", "-server", "https://x.example"}} {
		_, stderr := h.run(2, "", args...)
		if !strings.HasPrefix(stderr, "advocate: error: ") || !strings.Contains(stderr, "\nadvocate: hint: ") {
			t.Errorf("%v: %s", args, stderr)
		}
	}
	var no failed
	h.json(1, "", &no, "inbox")
	h.is(no, "no-home")
	h.run(0, "", "keygen", "-id", "alice", "-name", "A", "-org", "O")
	h.json(1, "", &no, "keygen", "-id", "alice", "-name", "A", "-org", "O")
	h.is(no, "exists")
	h.json(1, "", &no, "inbox")
	h.is(no, "not-joined")
	for server, token := range map[string]string{"http://box.example": "http-address", "http://abcd.onion": "onion-address", "box": "server-address"} {
		h.json(1, "", &no, "join", "-server", server, "-keyholders", h.keyholders)
		h.is(no, token)
	}
	h.must(os.WriteFile(h.passphrase, []byte("wrong\n"), 0o600))
	h.json(1, "", &no, "inbox")
	h.is(no, "passphrase")
	if out, _ := h.run(0, "", "help"); !strings.Contains(out, "forget") {
		t.Errorf("help prints %s", out)
	}
}
