package desk

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// The whole conversation of a reporter with two advocates, over the real server, each program ending after every step.
func TestConversation(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "What happened\nover two lines")

	alice := w.desk("alice")
	in, _ := w.sync(alice)
	mustBeFirstLine(t, h, in)
	c := w.read(alice, h.id()[:4])
	if c.Account != "What happened\nover two lines" || c.Sent != "2026-02-11" || c.Prompts[0].Text != "For years" || !slices.Equal(c.StruckOff, []string{"eve"}) ||
		c.Entries[0].N != 1 || c.Entries[0].Kind != "report" {
		t.Fatalf("case %+v", c)
	}
	alice = w.again(alice)
	if in, err := alice.Inbox(); err != nil || in.Cases[0].New {
		t.Fatalf("after reading it is still new: %+v, %v", in, err)
	}

	done, err := alice.Reply(t.Context(), h.id(), "I am Alice.\r\nI read this.\n")
	if err != nil || done.N != 2 || !done.Stored || done.ID != h.id() {
		t.Fatalf("reply %+v, %v", done, err)
	}
	if got := h.texts(); !slices.Equal(got, []string{"alice: I am Alice.\nI read this."}) {
		t.Fatalf("she reads %q", got)
	}
	h.send(dropbox.Message, "More from me")
	h.send(dropbox.Wish, "")

	bob := w.desk("bob")
	in, _ = w.sync(bob)
	if got := said(w.read(bob, h.id())); !slices.Equal(got, []string{"reporter: What happened\nover two lines", "alice: I am Alice.\nI read this.", "reporter: More from me", "reporter: "}) {
		t.Fatalf("bob reads %q", got)
	}
	if in.Cases[0].Wish != "complaint" || in.Cases[0].Waiting != "advocate" || !in.Cases[0].Answered {
		t.Fatalf("bob's line %+v", in.Cases[0])
	}
	bob = w.again(bob)
	if done, err = bob.Reply(t.Context(), h.id(), "And Bob"); err != nil || done.N != 5 {
		t.Fatalf("bob's reply %+v, %v", done, err)
	}
	in, _ = w.sync(alice)
	if l := in.Cases[0]; !l.New || l.Entries != 5 || l.Waiting != "reporter" || len(l.Warnings) != 0 || in.Unreadable != 0 {
		t.Fatalf("alice's line %+v", l)
	}
	conversation := h.conversation()
	if len(conversation.Missing) != 0 || conversation.Unread != 0 || conversation.Seen["alice"] != 1 || conversation.Seen["bob"] != 1 {
		t.Fatalf("her conversation %+v", conversation)
	}
	if got := conversation.Entries[len(conversation.Entries)-1]; got.Seen != 3 {
		t.Errorf("bob has seen %d of hers, want 3", got.Seen)
	}

	// Nothing readable is on the disk, and nobody else can look.
	for _, folder := range w.folders {
		mustBePrivate(t, folder, "What happened", "More from me", "I am Alice", "And Bob", h.id(), h.Drop.String(), h.Locator.String())
	}
}

func mustBeFirstLine(t *testing.T, h *her, in Inbox) {
	t.Helper()
	if len(in.Cases) != 1 || in.Unreadable != 0 {
		t.Fatalf("inbox %+v", in)
	}
	got, want := in.Cases[0], CaseLine{ID: h.id(), New: true, Week: "2026-W07", Wish: "thinking", Entries: 1, Waiting: "advocate",
		Readers: []string{"alice", "bob", "dora"}, Team: []string{"alice", "bob", "dora"}, Clock: Clock{AcknowledgeBy: "2026-02-18", AnswerBy: "2026-05-11", TurnTo: []string{}}, Warnings: []string{}}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("line %+v, want %+v", got, want)
	}
}

func mustBePrivate(t *testing.T, folder string, planted ...string) {
	t.Helper()
	files := 0
	err := filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if want := os.FileMode(0o600); !info.IsDir() && info.Mode().Perm() != want {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if path != folder && info.IsDir() && info.Mode().Perm() != 0o700 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if info.IsDir() {
			return nil
		}
		files++
		b, err := os.ReadFile(path)
		for _, p := range planted {
			if strings.Contains(string(b), p) || strings.Contains(path[len(folder):], p) {
				t.Errorf("%s shows %q", path, p)
			}
		}
		return err
	})
	if err != nil || files < 5 {
		t.Errorf("%d files searched, %v", files, err)
	}
}

func TestWithdrawn(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "I take this back later")
	alice, bob := w.desk("alice"), w.desk("bob")
	w.sync(alice)
	_, err := alice.Reply(t.Context(), h.id(), "Hello")
	w.must(err)
	w.read(alice, h.id())
	w.sync(alice)
	h.withdraw()

	// Before she has heard of it, the server does not take her reply; after, this program does not.
	_, err = alice.Reply(t.Context(), h.id(), "Are you there?")
	w.is(err, ErrNothingHere)
	in, _ := w.sync(alice)
	if l := in.Cases[0]; !l.Withdrawn || !l.New || l.Entries != 0 || l.Wish != "" || in.OnTheWay != 0 {
		t.Fatalf("line %+v", l)
	}
	c := w.read(alice, h.id())
	if !c.Withdrawn || c.Account != "" || len(c.Entries) != 0 || len(c.Prompts) != 0 || c.Wish != "" || c.About != "" {
		t.Fatalf("a withdrawn case shows %+v", c)
	}
	_, err = alice.Reply(t.Context(), h.id(), "Are you there?")
	w.is(err, ErrWithdrawn)

	// Bob never saw the report: for him there is nothing, and nothing unreadable.
	in, _ = w.sync(bob)
	if len(in.Cases) != 0 || in.Unreadable != 0 {
		t.Fatalf("bob's inbox %+v", in)
	}
	if n := unacked(bob.mail); n != 0 {
		t.Errorf("%d of bob's are not acknowledged", n)
	}
	gone, err := alice.Forget(t.Context(), h.id())
	if err != nil || !gone.Local || !gone.Server {
		t.Fatalf("forgetting: %+v, %v", gone, err)
	}
}

func unacked(items []*item) int {
	n := 0
	for _, it := range items {
		n += len(it.unacked())
	}
	return n
}

func TestLookup(t *testing.T) {
	f := &folded{cases: []*casefile{{id: "abcdefghij"}, {id: "abcdxxxxxx"}}}
	for id, want := range map[string]error{"abcd": ErrAmbiguous, "abcde": nil, "ABCDX ": nil, "abc": ErrShortID, "zzzz": ErrUnknownCase} {
		if _, err := f.lookup(id); err != want {
			t.Errorf("%q: %v, want %v", id, err, want)
		}
	}
}
