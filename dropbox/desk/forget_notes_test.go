package desk

import (
	"errors"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// private is a case with a note and a draft.
func (w *world) private(d *Desk) *her {
	w.Helper()
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	h.send(dropbox.Message, "More")
	w.sync(d)
	w.note(d, h.id(), "Mine")
	w.setDraft(d, h.id(), "Mine")
	return h
}

// Notes and draft go with the case; stopped anywhere, the next start finishes it. Those of another case stay.
func TestForgetTakesNotes(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	other := w.private(alice)
	for n := 0; ; n++ {
		h := w.private(alice)
		done := stopAt(alice, n)
		_, err := alice.Forget(t.Context(), h.id())
		if err != nil && !errors.Is(err, errStopped) {
			t.Fatalf("stopped at %d: %v", n, err)
		}
		whole := *done <= n
		alice = w.again(alice)
		in, err := alice.Inbox()
		w.must(err)
		// From the moment it is written down that the case is forgotten, opening the desk is enough.
		if noted, drafted := len(alice.marksIn(notes)), len(alice.marksIn(drafts)); noted != len(in.Cases) || drafted != len(in.Cases) {
			t.Fatalf("stopped at %d: %d cases, %d with notes, %d with drafts", n, len(in.Cases), noted, drafted)
		}
		_, err = alice.Forget(t.Context(), h.id())
		w.must(err)
		if noted, drafted := alice.marksIn(notes), alice.marksIn(drafts); len(noted) != 1 || len(drafted) != 1 || noted[0] != alice.mark(other.id()) {
			t.Fatalf("stopped at %d, again: %q, %q", n, noted, drafted)
		}
		if whole {
			mustBeMany(t, n)
			break
		}
	}
	// A forgotten case of which a new report comes is a case again, with notes of its own.
	h := w.private(alice)
	_, err := alice.Forget(t.Context(), h.id())
	w.must(err)
	h.send(dropbox.Report, "Once more")
	w.sync(alice)
	if v := w.read(alice, h.id()); len(v.Notes) != 0 {
		t.Errorf("notes came back: %+v", v.Notes)
	}
	w.note(alice, h.id(), "Anew")
	alice = w.again(alice)
	if v := w.read(alice, h.id()); len(v.Notes) != 1 {
		t.Errorf("notes %+v", v.Notes)
	}
}

// When the reporter takes it back, notes and draft go with the next inbox, and the advocate is told.
func TestWithdrawnTakesNotes(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	other := w.private(alice)
	for n := 0; ; n++ {
		h := w.private(alice)
		h.withdraw()
		done := stopAt(alice, n)
		_, err := alice.Sync(t.Context())
		if err != nil && !errors.Is(err, errStopped) {
			t.Fatalf("stopped at %d: %v", n, err)
		}
		whole := *done <= n
		alice = w.again(alice)
		in, notices := w.sync(alice)
		if noted, drafted := alice.marksIn(notes), alice.marksIn(drafts); len(noted) != 1 || len(drafted) != 1 || noted[0] != alice.mark(other.id()) {
			t.Fatalf("stopped at %d: %q, %q", n, noted, drafted)
		}
		if n == 0 && (len(notices) != 1 || !strings.Contains(notices[0], h.id()) || !strings.Contains(notices[0], "notes and draft")) {
			t.Errorf("notices %q", notices)
		}
		if l := in.Cases[len(in.Cases)-1]; l.ID != h.id() || !l.Withdrawn || l.Draft {
			t.Errorf("inbox %+v", l)
		}
		_, err = alice.Notes(h.id())
		w.is(err, ErrWithdrawn)
		_, err = alice.AddNote(h.id(), "Still")
		w.is(err, ErrWithdrawn)
		_, err = alice.KeepDraft(h.id(), "Still")
		w.is(err, ErrWithdrawn)
		if found, err := alice.Search([]string{"mine"}); err != nil || len(found.Cases) != 1 {
			t.Errorf("search finds %+v, %v", found, err)
		}
		_, err = alice.Forget(t.Context(), h.id())
		w.must(err)
		if whole {
			mustBeMany(t, n)
			break
		}
	}
}

// Notes that cannot be deleted keep nobody from opening the desk; they are not shown, and she is told.
func TestNotesThatCannotBeDeleted(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	h := w.private(alice)
	h.withdraw()
	box, err := alice.mailbox()
	w.must(err)
	w.must(alice.fetch(t.Context(), box))
	alice.home.step = func() error { return errStopped }
	if notices := alice.dropPrivate(); len(notices) != 1 || !strings.Contains(notices[0], "could not all be deleted") {
		t.Errorf("notices %q", notices)
	}
	in, err := alice.Inbox()
	if err != nil || !in.Cases[0].Withdrawn || in.Cases[0].Draft {
		t.Errorf("inbox %+v, %v", in, err)
	}
	if found, err := alice.Search([]string{"mine"}); err != nil || len(found.Cases) != 0 {
		t.Errorf("search finds %+v, %v", found, err)
	}
	alice.home.step = nil
	if v := w.read(alice, h.id()); len(v.Notes) != 0 {
		t.Errorf("notes %+v", v.Notes)
	}
	alice = w.again(alice)
	if noted, drafted := alice.marksIn(notes), alice.marksIn(drafts); len(noted)+len(drafted) != 0 {
		t.Errorf("there are still %q and %q", noted, drafted)
	}
}
