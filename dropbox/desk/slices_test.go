package desk

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"tellbox/dropbox"
)

// Where what several parts of a desk keep meets.

// A reply that waits goes first; if it cannot, she is told that it is this one that was not sent.
func TestReplyBehindAnEarlierOne(t *testing.T) {
	w, h, alice := told(t)
	alice.transport = &between{swap: answering(dropbox.API+"reply", 503, `{"error":"busy"}`)}
	_, err := alice.Reply(t.Context(), h.id(), "One")
	w.is(err, ErrUndelivered)
	if errors.Is(err, ErrEarlier) {
		t.Error("the first is called an earlier one")
	}
	_, err = alice.Reply(t.Context(), h.id(), "Two")
	w.is(err, ErrEarlier)
}

// What was sent leaves the draft, though more stands in it; the rest stays.
func TestDraftLosesWhatWasSent(t *testing.T) {
	w, h, alice := told(t)
	for _, c := range [][3]string{{"One", "One", ""}, {"One\n\nTwo", "One", "Two"}, {"One\n\nTwo", "Two", "One"}, {"One\n\nTwo", "Three", "One\n\nTwo"}, {"OneTwo", "One", "OneTwo"}} {
		w.setDraft(alice, h.id(), c[0])
		w.must(alice.dropDraft(h.id(), c[1]))
		if got := w.draft(alice, h.id()); got != c[2] {
			t.Errorf("draft %q, sent %q: left %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

// The index hides that the disk has lost an envelope, but not from a look at all of the mailbox, which brings it back.
func TestLostEnvelopeComesBack(t *testing.T) {
	w := newWorld(t)
	_, alice := w.conversation(w.desk("alice"), "CANARY")
	alice.Close()
	was := w.spoil(alice, "mail")
	alice = w.openAt(alice.home.dir, "alice")
	w.must(alice.Rewind())
	w.sync(alice)
	now := map[string][]byte{}
	for name := range was {
		b, err := os.ReadFile(name)
		w.must(err)
		now[name] = b
	}
	if len(was) == 0 || !maps.EqualFunc(was, now, func(a, b []byte) bool { return string(a) == string(b) }) {
		t.Error("the envelopes are not as they came")
	}
}

// A reply on its way belongs to its case: put in another's place it is none.
func TestPendingReplyOfAnotherCase(t *testing.T) {
	w, h, alice := told(t)
	other := w.reporter()
	other.send(dropbox.Report, "Something else")
	w.sync(alice)
	alice.transport = &between{swap: answering(dropbox.API+"reply", 503, `{"error":"busy"}`)}
	_, err := alice.Reply(t.Context(), h.id(), "Only for her")
	w.is(err, ErrUndelivered)
	from, to := alice.pendingName(h.Drop), alice.pendingName(other.Drop)
	w.must(os.Rename(alice.home.path(from), alice.home.path(to)))
	if p, err := alice.openPending(to); !errors.Is(err, dropbox.ErrOpen) {
		t.Errorf("%+v, %v", p, err)
	}
}

// A link in the place of a case's folder goes, and nothing that it leads to.
func TestLinkInPlaceOfFiles(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	elsewhere := t.TempDir()
	w.must(os.WriteFile(filepath.Join(elsewhere, "hers.txt"), []byte("x"), 0o600))
	w.must(os.MkdirAll(alice.home.path("files"), 0o700))
	w.must(os.Symlink(elsewhere, alice.home.path("files", "abcdefghij")))
	w.must(alice.home.removeFolder(filepath.Join("files", "abcdefghij")))
	if _, err := os.Stat(filepath.Join(elsewhere, "hers.txt")); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(alice.home.path("files", "abcdefghij")); err == nil {
		t.Error("the link is still there")
	}
}
