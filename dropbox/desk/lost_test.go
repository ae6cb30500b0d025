package desk

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// rot damages a file as a disk does.
func (w *world) rot(d *Desk, name string) {
	w.Helper()
	b, err := d.home.read(name)
	w.must(err)
	if len(b) < 100 {
		w.Fatalf("%s has %d bytes", name, len(b))
	}
	b[len(b)-50] ^= 1
	w.must(os.WriteFile(d.home.path(name), b, 0o600))
}

// rotReport damages the report of a case, which no index hides then.
func (w *world) rotReport(d *Desk, id string) *Desk {
	w.Helper()
	c, err := d.fold().lookup(id)
	w.must(err)
	d.Close()
	w.rot(d, c.entries[0].item.name(".age"))
	w.must(os.Remove(d.home.path("index.age")))
	return w.again(d)
}

// An inbox that fails after the page with a withdrawal still takes what she had kept of that case, and says so.
func TestWithdrawnThoughTheInboxFails(t *testing.T) {
	w, h, alice := told(t)
	w.note(alice, h.id(), "Ring Carol")
	h.withdraw()
	pages := 0
	alice.transport = &between{swap: answering(dropbox.API+"mail/ack", 500, "{}"), each: func() error {
		if pages++; pages > 4 { // the roster's and the first page's request and answer
			return errStopped
		}
		return nil
	}}
	notices, err := alice.Sync(t.Context())
	w.is(err, errStopped)
	if left := alice.marksIn(notes); len(left) != 0 || !slices.ContainsFunc(notices, func(n string) bool { return strings.Contains(n, "took case "+h.id()+" back") }) {
		t.Errorf("left %q, said %q", left, notices)
	}
	if c := w.read(alice, h.id()); !c.Withdrawn {
		t.Error("the withdrawal had not come: the test is of nothing")
	}
}

// What opening the desk had to say is said by the next inbox, or by whoever asks before, and once.
func TestNoticesOfOpening(t *testing.T) {
	w, h, alice := told(t)
	w.note(alice, h.id(), "Ring Carol")
	kept, err := alice.home.read(alice.privateName(notes, h.id()))
	w.must(err)
	h.withdraw()
	w.sync(alice)
	w.must(alice.home.write(alice.privateName(notes, h.id()), kept)) // as if the program had been killed before
	alice = w.again(alice)
	if left := alice.marksIn(notes); len(left) != 0 {
		t.Fatalf("left %q", left)
	}
	_, notices := w.sync(alice)
	if len(notices) != 1 || !strings.Contains(notices[0], "took case "+h.id()+" back") {
		t.Errorf("said %q", notices)
	}
	if _, again := w.sync(alice); len(again) != 0 || len(alice.Notices()) != 0 {
		t.Errorf("said again %q", again)
	}
}

// A report that does not open any more leaves things behind: they are counted and named, come back with the report, and can be forgotten.
func TestLostCase(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	other := w.reporter()
	other.send(dropbox.Report, "Stays")
	h := w.saved(alice)
	_, err := alice.Reply(t.Context(), h.id(), "Hello")
	w.must(err)
	w.note(alice, h.id(), "Ring Carol")
	w.setDraft(alice, h.id(), "Later")
	w.note(alice, other.id(), "Stays")
	if in, _ := w.sync(alice); len(in.Lost) != 0 || in.Lost == nil {
		t.Fatalf("lost %+v", in.Lost)
	}
	alice = w.rotReport(alice, h.id())
	in, err := alice.Inbox()
	w.must(err)
	want := Lost{ID: h.id(), Replies: 1, Notes: true, Draft: true, Saved: 3, mark: alice.mark(h.id())}
	if len(in.Lost) != 1 || in.Lost[0] != want || len(in.Cases) != 1 || in.Unreadable != 1 {
		t.Fatalf("lost %+v of %+v", in.Lost, in)
	}

	w.must(alice.Rewind())
	if in, _ := w.sync(alice); len(in.Lost) != 0 || len(in.Cases) != 2 || len(w.read(alice, h.id()).Notes) != 1 {
		t.Fatalf("after all of it came again: %+v", in)
	}

	alice = w.rotReport(alice, h.id())
	gone, err := alice.Forget(t.Context(), strings.ToUpper(h.id()[:5]))
	if err != nil || !gone.Local || !gone.Server || gone.ID != h.id() {
		t.Fatalf("forgotten: %+v, %v", gone, err)
	}
	in, err = alice.Inbox()
	w.must(err)
	if len(in.Lost) != 0 || len(alice.sent) != 0 || len(alice.marksIn(notes)) != 1 || len(alice.marksIn(drafts)) != 0 || len(inFolder(alice, h.id())) != 0 {
		t.Errorf("left %+v, %d sent, notes %q", in, len(alice.sent), alice.marksIn(notes))
	}
	if again, err := alice.Forget(t.Context(), h.id()); err != nil || !again.Local {
		t.Errorf("again: %+v, %v", again, err)
	}
	if len(w.read(alice, other.id()).Notes) != 1 {
		t.Error("the other case lost its note")
	}
}

// Of notes alone nothing tells the case: they have a name all the same.
func TestLostNotes(t *testing.T) {
	w, h, alice := told(t)
	w.note(alice, h.id(), "Ring Carol")
	alice = w.rotReport(alice, h.id())
	in, err := alice.Inbox()
	w.must(err)
	if len(in.Lost) != 1 || !in.Lost[0].Notes || in.Lost[0].ID != alice.mark(h.id())[:10] {
		t.Fatalf("lost %+v", in.Lost)
	}
	_, err = alice.Forget(t.Context(), "zzzz")
	w.is(err, ErrUnknownCase)
	if gone, err := alice.Forget(t.Context(), in.Lost[0].ID); err != nil || !gone.Local || len(alice.marksIn(notes)) != 0 {
		t.Errorf("%+v, %v", gone, err)
	}
	// Who knows the case's name can use it.
	h = w.reporter()
	h.send(dropbox.Report, "Else")
	h.send(dropbox.Message, "More")
	w.sync(alice)
	w.note(alice, h.id(), "Ring Carol")
	alice = w.rotReport(alice, h.id())
	if gone, err := alice.Forget(t.Context(), h.id()); err != nil || !gone.Local || len(alice.marksIn(notes)) != 0 || len(alice.mail) != 2 {
		t.Errorf("%+v, %v; %d pieces of mail", gone, err, len(alice.mail))
	}
}

// Stopped anywhere, forgetting what is left of a case is finished by doing it again, or by opening the desk.
func TestForgetLostStoppedAnywhere(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	for n := 0; ; n++ {
		h := w.saved(alice)
		_, err := alice.Reply(t.Context(), h.id(), "Hello")
		w.must(err)
		w.note(alice, h.id(), "Ring Carol")
		alice = w.rotReport(alice, h.id())
		done := stopAt(alice, n)
		_, err = alice.Forget(t.Context(), h.id())
		if err != nil && !errors.Is(err, errStopped) {
			t.Fatalf("stopped at %d: %v", n, err)
		}
		whole := *done <= n
		alice = w.again(alice)
		if gone, err := alice.Forget(t.Context(), h.id()); err != nil || !gone.Local {
			t.Fatalf("stopped at %d, again: %+v, %v", n, gone, err)
		}
		if in, err := alice.Inbox(); err != nil || len(in.Lost) != 0 || len(alice.sent) != 0 || len(alice.marksIn(notes)) != 0 || len(inFolder(alice, h.id())) != 0 {
			t.Fatalf("stopped at %d: %+v, %v", n, in, err)
		}
		if whole {
			mustBeMany(t, n)
			return
		}
	}
}

// One damaged reply on its way keeps nobody from her inbox, nor the other replies from arriving; she is told what to do.
func TestDamagedReplyOnItsWay(t *testing.T) {
	w, h, alice := told(t)
	other := w.reporter()
	other.send(dropbox.Report, "Else")
	w.sync(alice)
	w.fail(alice, h.id())
	w.fail(alice, other.id())
	name := alice.pendingName(h.Drop)
	w.rot(alice, name)
	in, notices := w.sync(alice)
	if len(in.Cases) != 2 || in.OnTheWay != 0 || !slices.Equal(other.texts(), []string{"alice: Hello"}) {
		t.Errorf("inbox %+v; the other reads %q", in, other.texts())
	}
	if !slices.ContainsFunc(notices, func(n string) bool {
		return strings.Contains(n, "in case "+h.id()) && strings.HasSuffix(n, alice.home.path(name))
	}) {
		t.Errorf("said %q", notices)
	}
	_, err := alice.Reply(t.Context(), h.id(), "Hello")
	w.is(err, ErrDamaged)
	w.must(os.Remove(alice.home.path(name))) // as she was told
	_, err = alice.Reply(t.Context(), h.id(), "Hello")
	w.must(err)
	if got := h.texts(); !slices.Equal(got, []string{"alice: Hello", "alice: Hello"}) { // it had arrived, which nobody here could know
		t.Errorf("she reads %q", got)
	}
}

// A reply on its way in a case whose report was damaged waits for it: nothing that she wrote is lost.
func TestReplyWaitsForItsReport(t *testing.T) {
	w, h, alice := told(t)
	w.fail(alice, h.id())
	alice = w.rotReport(alice, h.id())
	in, notices := w.sync(alice)
	if len(in.Lost) != 1 || !in.Lost[0].OnTheWay || in.Lost[0].ID != h.id() || len(notices) != 0 {
		t.Fatalf("lost %+v, said %q", in.Lost, notices)
	}
	w.must(alice.Rewind())
	if in, _ := w.sync(alice); len(in.Lost) != 0 || in.OnTheWay != 0 || !slices.Equal(h.texts(), []string{"alice: Hello"}) {
		t.Errorf("inbox %+v, she reads %q", in, h.texts())
	}
}

// fail has a reply of which no answer comes.
func (w *world) fail(d *Desk, id string) {
	w.Helper()
	d.transport = &between{swap: answering(dropbox.API+"reply", 503, `{"error":"busy","message":"busy"}`)}
	defer func() { d.transport = nil }()
	_, err := d.Reply(w.Context(), id, "Hello")
	w.is(err, ErrUndelivered)
}

// A backup says that what goes into it is not what came.
func TestBackupOfDamagedMail(t *testing.T) {
	w, h, _ := told(t)
	alice := w.sealedDesk("bob")
	w.sync(alice)
	_, err := alice.Reply(t.Context(), h.id(), "Hello")
	w.must(err)
	alice = w.again(alice) // with an index, which hides it
	w.rot(alice, alice.mail[0].name(".age"))
	w.rot(alice, alice.sent[0].name(".age"))
	made, err := alice.Backup(t.Context(), filepath.Join(t.TempDir(), "b"), herPassphrase, nil)
	if err != nil || made.Damaged != 2 || len(made.Notices) != 2 || !strings.HasPrefix(made.Notices[0], "1 piece of mail is not as it came") || !strings.Contains(made.Notices[0], "inbox -again") {
		t.Fatalf("made %+v, %v", made, err)
	}
	w.must(alice.Rewind())
	w.sync(alice)
	made, err = alice.Backup(t.Context(), filepath.Join(t.TempDir(), "b"), herPassphrase, nil)
	if err != nil || made.Damaged != 1 || len(made.Notices) != 1 || !strings.Contains(made.Notices[0], "copy of 1 reply") {
		t.Errorf("made again %+v, %v", made, err)
	}
}

// Notes and drafts keep what she typed, the words of a code too, and both say at once what is wrong with it.
func TestCodeInWhatSheKeeps(t *testing.T) {
	w, h, alice := told(t)
	text := "She said " + dropbox.NewCode().Words()
	draft, err := alice.SetDraft(h.id(), text)
	if err != nil || len(draft.Notices) != 1 || !strings.Contains(draft.Notices[0], "cannot be sent") || w.draft(alice, h.id()) != text {
		t.Errorf("draft %+v, %v", draft, err)
	}
	if again, err := alice.Draft(h.id()); err != nil || !slices.Equal(again.Notices, draft.Notices) {
		t.Errorf("shown %+v, %v", again, err)
	}
	if list := w.note(alice, h.id(), text); len(list.Notices) != 1 || list.Notes[0].Text != text || !strings.Contains(list.Notices[0], "words of a code") {
		t.Errorf("note %+v", list)
	}
	if list := w.note(alice, h.id(), "Ring Carol"); len(list.Notices) != 0 || list.Notices == nil {
		t.Errorf("note %+v", list)
	}
	if long, err := alice.SetDraft(h.id(), strings.Repeat("ü", dropbox.MaxText+1)); err != nil || len(long.Notices) != 1 {
		t.Errorf("a long one: %q, %v", long.Notices, err)
	}
}
