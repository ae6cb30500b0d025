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

// What nothing opens any more does not take the place of what she can read.
func TestServersCopyIsOfAFormerKey(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "It began in May")
	alice := w.begin("alice")
	w.sync(alice)
	_, err := alice.Rotate()
	w.must(err)
	w.replace(alice)
	w.sync(alice)
	w.later()
	w.sync(alice)
	if mail, err := w.box.Mail("alice"); err != nil || len(mail) != 1 || len(alice.me.Former) != 0 {
		t.Fatalf("the server has %d envelopes, she %d former keys, %v", len(mail), len(alice.me.Former), err)
	}
	it := alice.mail[0]
	it.about.Resealed, it.about.Instead = "", "" // as in a copy that another program made of her folder amid a Sync
	w.must(alice.saveAbout(it))
	w.must(alice.home.remove(indexFile))
	alice.indexed = nil
	alice.Close()
	w.must(os.Remove(alice.home.path(indexFile)))
	alice = w.openHome(alice.home.dir)
	if alice.mail[0].exact {
		t.Fatal("it counts as whole")
	}
	w.must(alice.Rewind())
	w.sync(alice)
	if got := said(w.read(alice, h.id())); !slices.Equal(got, []string{"reporter: It began in May"}) {
		t.Errorf("she reads %q", got)
	}
}
