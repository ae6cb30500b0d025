package desk

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"tellbox/dropbox"
)

// What was sealed anew once is sealed anew again at the next change of keys. Stopped anywhere in that, nothing is taken for damaged.
func TestSecondRotationStoppedAnywhere(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "It began in May")
	alice := w.begin("alice")
	w.sync(alice)
	_, err := alice.Reply(t.Context(), h.id(), "Hello")
	w.must(err)
	for n := range 2 {
		_, err = alice.Rotate()
		w.must(err)
		w.replace(alice)
		if n == 0 {
			w.sync(alice)
		}
	}
	alice.Close()
	for n := 0; ; n++ {
		folder := filepath.Join(t.TempDir(), "home")
		w.must(os.CopyFS(folder, os.DirFS(alice.home.dir)))
		d := w.openHome(folder)
		done := stopAt(d, n)
		d.Sync(t.Context())
		d.Close()
		os.Remove(filepath.Join(folder, indexFile)) // which would hide what stands in the files
		d = w.openHome(folder)
		w.sync(d)
		for _, it := range slices.Concat(d.mail, d.sent) {
			if !it.exact || !d.whole(it) || it.former {
				t.Errorf("stopped at %d, %s is taken for damaged: %+v", n, it.name(""), it.about)
			}
		}
		if d.Close(); *done <= n {
			if n < 10 {
				t.Errorf("only %d points to stop at", n)
			}
			return
		}
	}
}
