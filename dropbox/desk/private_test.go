package desk

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
)

func (w *world) note(d *Desk, id, text string) Noted {
	w.Helper()
	list, err := d.AddNote(id, text)
	w.must(err)
	return list
}

func (w *world) draft(d *Desk, id string) string {
	w.Helper()
	draft, err := d.Draft(id)
	w.must(err)
	return draft.Text
}

func (w *world) setDraft(d *Desk, id, text string) {
	w.Helper()
	_, err := d.SetDraft(id, text)
	w.must(err)
}

// told is a desk with one case.
func told(t *testing.T) (*world, *her, *Desk) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	alice := w.desk("alice")
	w.sync(alice)
	return w, h, alice
}

func TestNotes(t *testing.T) {
	w, h, alice := told(t)
	if v := w.read(alice, h.id()); v.Notes == nil || len(v.Notes) != 0 {
		t.Errorf("before: %+v", v.Notes)
	}
	w.note(alice, h.id()[:4], "One\r\nmore\n")
	w.clock.Add(day)
	w.note(alice, h.id(), "Two")
	w.note(alice, h.id(), "Three")
	alice = w.again(alice)
	first := w.read(alice, h.id()).Notes[0]
	if first != (Note{1, "2026-02-11", "One\nmore"}) {
		t.Errorf("the first is %+v", first)
	}
	_, err := alice.RemoveNote(h.id(), 2)
	w.must(err)
	_, err = alice.RemoveNote(h.id(), 2)
	w.is(err, ErrNoSuchNote)
	list := w.note(alice, h.id(), "Four")
	if want := []Note{first, {3, "2026-02-12", "Three"}, {4, "2026-02-12", "Four"}}; !slices.Equal(list.Notes, want) {
		t.Errorf("got %+v, want %+v", list.Notes, want)
	}
	for text, want := range map[string]error{" \n": ErrEmptyText, strings.Repeat("ü", dropbox.MaxText+1): dropbox.ErrTooLong} {
		_, err := alice.AddNote(h.id(), text)
		w.is(err, want)
	}
	_, err = alice.AddNote("0000", "Lost")
	w.is(err, ErrUnknownCase)
	for _, n := range []int{1, 3, 4} {
		_, err := alice.RemoveNote(h.id(), n)
		w.must(err)
	}
	if left := alice.marksIn(notes); len(left) != 0 {
		t.Errorf("without notes there is %q", left)
	}
}

// Neither a note nor a draft stands readable in the folder, nor which case it is of; their length tells little; and nobody else gets them.
func TestPrivateStaysPrivate(t *testing.T) {
	w, h, alice := told(t)
	other := w.reporter()
	other.send(dropbox.Report, "Else")
	w.sync(alice)
	const canary = "PRIVATECANARY"
	w.note(alice, h.id(), canary)
	w.note(alice, other.id(), canary+strings.Repeat("x", 10_000))
	w.setDraft(alice, h.id(), canary)
	lengths, files := map[int64]bool{}, 0
	w.must(filepath.WalkDir(alice.home.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(canary)) || strings.Contains(path, h.id()) || bytes.Contains(content, []byte(h.id())) {
			t.Errorf("%s tells", path)
		}
		if kind := filepath.Base(filepath.Dir(path)); kind == notes || kind == drafts {
			info, err := e.Info()
			w.must(err)
			lengths[info.Size()] = true
			files++
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s is %v", path, info.Mode())
			}
		}
		return err
	}))
	if files != 3 || len(lengths) != 1 {
		t.Errorf("%d files of lengths %v", files, lengths)
	}
	alice.transport = &between{each: func() error { t.Error("something was sent"); return errStopped }}
	w.note(alice, h.id(), "More")
	_, err := alice.RemoveNote(h.id(), 1)
	w.must(err)
	w.read(alice, h.id())
	_, err = alice.Search([]string{"more"})
	w.must(err)
	_, err = alice.Names(h.id(), "Hello Daniel")
	w.must(err)
	_, err = alice.KeepDraft(h.id(), "More")
	w.must(err)
	_, err = alice.DiscardDraft(h.id())
	w.must(err)
}

func TestPaddedLengths(t *testing.T) {
	most := dropbox.Buckets[3]
	for n, want := range map[int]int{1: dropbox.Buckets[0], dropbox.Buckets[0]: dropbox.Buckets[0], dropbox.Buckets[0] + 1: dropbox.Buckets[1], most: most, most + 1: 2 * most} {
		if got := padded(n); got != want {
			t.Errorf("%d becomes %d, want %d", n, got, want)
		}
	}
}

// What somebody else sealed to her, or took from another case or from elsewhere in the folder, is not hers. The case is shown all the same.
func TestPrivateForged(t *testing.T) {
	w, h, alice := told(t)
	other := w.reporter()
	other.send(dropbox.Report, "Else")
	w.sync(alice)
	w.note(alice, other.id(), "Of another case")
	w.setDraft(alice, other.id(), "Of another case")
	there, err := alice.home.read(alice.privateName(drafts, other.id()))
	w.must(err)
	noted, err := alice.home.read(alice.privateName(notes, other.id()))
	w.must(err)
	sealed, err := dropbox.SealBytes([]byte(strings.Repeat("0", 64)+"\n"+`"Go away"`), alice.me.Identity.Recipient())
	w.must(err)
	for what, content := range map[string][]byte{"sealed by a stranger": sealed, "of another case": there, "of another folder": noted, "cut": there[:len(there)-1], "empty": {}, "no age file": []byte("x")} {
		w.must(alice.home.write(alice.privateName(drafts, h.id()), content))
		w.must(alice.home.write(alice.privateName(notes, h.id()), content))
		if draft, err := alice.Draft(h.id()); !errors.Is(err, ErrDamaged) || draft.Text != "" {
			t.Errorf("%s: draft %+v, %v", what, draft, err)
		}
		if what == "of another folder" {
			continue
		}
		if v := w.read(alice, h.id()); len(v.Notes) != 0 || len(v.Entries) != 1 || len(v.Warnings) != 1 || !strings.Contains(v.Warnings[0], "cannot be shown") {
			t.Errorf("%s: %+v", what, v)
		}
		_, err := alice.AddNote(h.id(), "Over it")
		w.is(err, ErrDamaged)
		found, err := alice.Search([]string{"something"})
		if err != nil || len(found.Cases) != 1 || len(found.Notices) != 1 {
			t.Errorf("%s: search %+v, %v", what, found, err)
		}
	}
	// A damaged draft keeps no reply from being sent, and no words from being kept.
	_, err = alice.Reply(t.Context(), h.id(), "Hello")
	w.must(err)
	if draft, err := alice.KeepDraft(h.id(), "Anew"); err != nil || draft.Text != "Anew" {
		t.Errorf("draft %+v, %v", draft, err)
	}
}

// Stopped anywhere, a note is there or not, and those before it are.
func TestNoteStoppedAnywhere(t *testing.T) {
	w, h, alice := told(t)
	w.note(alice, h.id(), "Before")
	w.setDraft(alice, h.id(), "Before")
	for n := 0; ; n++ {
		before := len(w.read(alice, h.id()).Notes)
		done := stopAt(alice, n)
		_, err := alice.AddNote(h.id(), "Another")
		_, errDraft := alice.SetDraft(h.id(), "Another")
		whole := *done <= n
		alice = w.again(alice)
		got, draft := w.read(alice, h.id()).Notes, w.draft(alice, h.id())
		if got[0].Text != "Before" || err == nil && len(got) != before+1 || err != nil && len(got) != before || draft != map[bool]string{true: "Another", false: "Before"}[errDraft == nil] {
			t.Fatalf("stopped at %d: %v, %v: %+v, %q", n, err, errDraft, got, draft)
		}
		if whole {
			if n < 4 {
				t.Errorf("only %d points to stop at", n)
			}
			return
		}
	}
}

// Notes and drafts are in a backup, and are believed on another laptop.
func TestBackupHasNotes(t *testing.T) {
	w := newWorld(t)
	alice := w.sealedDesk("alice")
	h := w.private(alice)
	there, _ := w.restored(w.backup(alice))
	if v := w.read(there, h.id()); len(v.Notes) != 1 || v.Notes[0].Text != "Mine" || w.draft(there, h.id()) != "Mine" {
		t.Errorf("notes %+v, draft %q", v.Notes, w.draft(there, h.id()))
	}
}
