package desk

import (
	"errors"
	"os"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
)

// saved is a case of which a file and a preview lie on alice's disk, and one whose files must stay whatever happens to it.
func (w *world) saved(alice *Desk) (h *her) {
	w.Helper()
	h = w.reporter()
	h.sendFiles(dropbox.Report, "See", w.upload("a.txt", []byte("SECRET")), w.upload("p.png", encoded(w.TB, corners(60, 40), "png")))
	w.sync(alice)
	w.save(alice, h.id(), 1)
	_, err := alice.Preview(w.Context(), h.id(), 2, "", client.Transfer{})
	w.must(err)
	w.must(os.Mkdir(alice.home.path("files", h.id(), "unpacked"), 0o700)) // what she made of it herself goes, too
	w.must(os.WriteFile(alice.home.path("files", h.id(), "unpacked", "x"), []byte("SECRET"), 0o600))
	return h
}

// Forgetting a case takes the files that were saved in its folder, with previews, and no others; stopped anywhere, the next start
// finishes it.
func TestForgetTakesFiles(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	other := w.saved(alice)
	out := t.TempDir()
	for n := 0; ; n++ {
		h := w.saved(alice)
		_, err := alice.Save(t.Context(), h.id(), 1, out, client.Transfer{})
		w.must(err)
		done := stopAt(alice, n)
		_, err = alice.Forget(t.Context(), h.id())
		if err != nil && !errors.Is(err, errStopped) {
			t.Fatalf("stopped at %d: %v", n, err)
		}
		whole := *done <= n
		alice = w.again(alice)
		in, err := alice.Inbox()
		w.must(err)
		// From the moment it is written down that the case is forgotten, opening the desk is enough.
		if names := inFolder(alice, h.id()); len(in.Cases) == 1 && len(names) != 0 || len(in.Cases) == 2 && len(names) != 3 {
			t.Fatalf("stopped at %d: %d cases, and the folder has %q", n, len(in.Cases), names)
		}
		gone, err := alice.Forget(t.Context(), h.id())
		if err != nil || !gone.Local {
			t.Fatalf("stopped at %d, again: %+v, %v", n, gone, err)
		}
		if _, err := os.Lstat(alice.home.path("files", h.id())); !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("stopped at %d: the folder is there, %v", n, err)
		}
		if whole {
			mustBeMany(t, n)
			break
		}
	}
	if names := inFolder(alice, other.id()); len(names) != 3 {
		t.Errorf("the other case's folder has %q", names)
	}
	if left, err := os.ReadDir(out); err != nil || len(left) != 1 {
		t.Errorf("what she saved elsewhere is %v, %v", left, err)
	}
}

// When the reporter takes it back, the saved files go with the next inbox, and the advocate is told. Stopped anywhere, they go later.
func TestWithdrawnTakesFiles(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	other := w.saved(alice)
	for n := 0; ; n++ {
		h := w.saved(alice)
		h.withdraw()
		done := stopAt(alice, n)
		_, err := alice.Sync(t.Context())
		if err != nil && !errors.Is(err, errStopped) {
			t.Fatalf("stopped at %d: %v", n, err)
		}
		whole := *done <= n
		alice = w.again(alice)
		_, notices := w.sync(alice)
		if names := inFolder(alice, h.id()); len(names) != 0 {
			t.Fatalf("stopped at %d: the folder has %q", n, names)
		}
		if n == 0 && (len(notices) != 1 || !strings.Contains(notices[0], h.id()) || !strings.Contains(notices[0], "saved elsewhere")) {
			t.Errorf("notices %q", notices)
		}
		_, err = alice.Files(h.id())
		w.is(err, ErrWithdrawn)
		_, err = alice.Save(t.Context(), h.id(), 1, "", client.Transfer{})
		w.is(err, ErrWithdrawn)
		_, err = alice.Forget(t.Context(), h.id())
		w.must(err)
		if whole {
			mustBeMany(t, n)
			break
		}
	}
	if names := inFolder(alice, other.id()); len(names) != 3 {
		t.Errorf("the other case's folder has %q", names)
	}
}

// A forgotten case of which a new report comes is a case again, with files of its own.
func TestFilesOfACaseThatComesBack(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	h := w.saved(alice)
	_, err := alice.Forget(t.Context(), h.id())
	w.must(err)
	h.sendFiles(dropbox.Report, "Once more", w.upload("b.txt", []byte("b")))
	w.sync(alice)
	w.save(alice, h.id(), 1)
	alice = w.again(alice)
	if names := inFolder(alice, h.id()); len(names) != 1 || names[0] != "1 b.txt" {
		t.Errorf("the folder has %q", names)
	}
}

// Files that cannot be deleted keep nobody from opening the desk; she is told to do it herself.
func TestFilesThatCannotBeDeleted(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	h := w.saved(alice)
	h.withdraw()
	box, err := alice.mailbox()
	w.must(err)
	w.must(alice.fetch(t.Context(), box))
	alice.home.step = func() error { return errStopped }
	notices := alice.dropFiles()
	if len(notices) != 1 || !strings.Contains(notices[0], alice.home.path("files", h.id())) {
		t.Errorf("notices %q", notices)
	}
	alice = w.again(alice)
	if names := inFolder(alice, h.id()); len(names) != 0 {
		t.Errorf("the folder has %q", names)
	}
}
