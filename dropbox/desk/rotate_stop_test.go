package desk

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"tellbox/dropbox"
)

// Stopped anywhere, making keys, dropping them, and a roster that names them leave keys and cards that belong together, and nothing is lost.
func TestRotationStoppedAnywhere(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "It began in May")
	prepared := w.begin("alice")
	w.sync(prepared)
	_, err := prepared.Reply(t.Context(), h.id(), "Hello")
	w.must(err)
	_, err = prepared.AddNote(h.id(), "Ring Bob")
	w.must(err)
	_, err = prepared.SetDraft(h.id(), "Not yet")
	w.must(err)
	w.read(prepared, h.id())
	want := []string{"reporter: It began in May", "alice: Hello"}
	ctx := t.Context()
	interrupted := false // by Ctrl-C: it ends in order, and is not killed
	anywhere := func(name string, from *Desk, do func(*Desk) error, after func(*Desk)) {
		t.Helper()
		from.Close()
		for n := 0; ; n++ {
			folder := filepath.Join(t.TempDir(), "home")
			w.must(os.CopyFS(folder, os.DirFS(from.home.dir)))
			alice := w.openHome(folder)
			done := stopAt(alice, n)
			if ctx = t.Context(); interrupted {
				ctx, done = w.interruptAt(alice, n)
			}
			do(alice)
			whole := *done <= n
			alice = w.reopen(alice)
			after(alice)
			if alice.Close(); t.Failed() {
				t.Fatalf("%s stopped at %d", name, n)
			}
			if whole {
				t.Logf("%s: %d points", name, n)
				if n < 3 {
					t.Errorf("%s: only %d points to stop at", name, n)
				}
				return
			}
		}
	}

	anywhere("making keys", prepared, func(d *Desk) error { _, err := d.Rotate(); return err }, func(d *Desk) {
		card, err := d.Rotate()
		w.must(err)
		if text, _ := os.ReadFile(d.home.path("card-next.txt")); string(text) != card.Text() {
			t.Errorf("the card is\n%s", text)
		}
	})
	prepared = w.openHome(prepared.home.dir)
	next, err := prepared.Rotate()
	w.must(err)
	anywhere("dropping keys", prepared, func(d *Desk) error { _, err := d.CancelRotation(ctx); return err }, func(d *Desk) {
		text, _ := os.ReadFile(d.home.path("card-next.txt"))
		if d.me.Next == nil != (string(text) == "") || d.me.Next != nil && string(text) != next.Text() {
			t.Errorf("keys %v, and the card is\n%s", d.me.Next != nil, text)
		}
	})
	prepared = w.openHome(prepared.home.dir)
	w.replace(prepared)
	sync := func(d *Desk) error { _, err := d.Sync(ctx); return err }
	finished := func(d *Desk) {
		w.sync(d)
		w.whole(d, h, want)
		text, err := os.ReadFile(d.home.path("card.txt"))
		if err != nil || string(text) != next.Text() || d.home.has("card-next.txt") || d.me.Next != nil {
			t.Errorf("the card is\n%s", text)
		}
	}
	anywhere("a roster that names them", prepared, sync, finished)
	interrupted = true
	anywhere("a roster that names them, and Ctrl-C", prepared, sync, finished)
	interrupted = false
	prepared = w.openHome(prepared.home.dir)
	w.later()
	w.sync(prepared) // late, but in one
	w.later()
	anywhere("destroying the former one", prepared, sync, func(d *Desk) {
		finished(d)
		if len(d.me.Former) != 0 {
			t.Error("it is still there")
		}
	})
}

// interruptAt presses Ctrl-C at the n-th thing that the desk does.
func (w *world) interruptAt(d *Desk, n int) (context.Context, *int) {
	done := 0
	ctx, cancel := context.WithCancel(w.Context())
	w.Cleanup(cancel)
	step := func() error {
		if done++; done > n {
			cancel()
		}
		return nil
	}
	d.home.step = step
	d.transport = &between{each: func() error { return errors.Join(step(), ctx.Err()) }}
	return ctx, &done
}
