package desk

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// What was meant for colleagues alone, and could not be sent, must not become the draft of a reply to the reporter.
func TestNoteNeverBecomesADraft(t *testing.T) {
	w := newWorld(t)
	h := w.reporter().readBy("alice", "bob")
	h.send(dropbox.Report, "What happened")
	alice := w.desk("alice")
	w.sync(alice)
	lost := &between{}
	lost.each = func() error {
		if strings.HasSuffix(lost.seen[len(lost.seen)-1], "/reply") {
			return errors.New("no network")
		}
		return nil
	}
	alice.transport = lost
	_, err := alice.Do(t.Context(), h.id(), Action{Note: true, Text: "Between us"})
	w.is(err, ErrUndelivered)
	w.clock.Add(29 * day)
	alice.transport = nil
	alice.Sync(t.Context()) // the roster may have ended
	draft, err := alice.Draft(h.id())
	w.must(err)
	noted, err := alice.Notes(h.id())
	w.must(err)
	if draft.Text != "" || !slices.ContainsFunc(noted.Notes, func(n Note) bool { return n.Text == "Between us" }) || len(noted.Notes) != 1 {
		t.Errorf("draft %q, notes %+v", draft.Text, noted.Notes)
	}
	if in, err := alice.Inbox(); err != nil || in.OnTheWay != 0 {
		t.Errorf("%+v, %v: this test shows nothing", in, err)
	}
}
