package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"tellbox/dropbox"
	"tellbox/keys/vault"
)

// Nothing is overwritten, left out without a word, or sealed with a passphrase that nobody knows, and what fails leaves nothing.
func TestBackupRefuses(t *testing.T) {
	w := newWorld(t)
	d := w.sealedDesk("alice")
	dir := t.TempDir()
	file := filepath.Join(dir, "backup")
	nothing := func(want error) {
		t.Helper()
		_, err := d.Backup(t.Context(), file, herPassphrase, nil)
		w.is(err, want)
		if left := w.contents(dir); len(left) != 0 {
			t.Errorf("%v leaves %v", want, left)
		}
	}
	_, err := d.Backup(t.Context(), file, "wrong", nil)
	w.is(err, vault.ErrPassphrase)
	for _, inside := range []string{d.home.path("backup"), d.home.path("files", "..", "mail", "backup")} {
		_, err := d.Backup(t.Context(), inside, herPassphrase, nil)
		w.is(err, ErrInside)
	}
	for _, odd := range []string{"odd", "a\nb"} {
		w.must(os.Symlink("/etc/passwd", d.home.path(odd)))
		nothing(ErrOddFile)
		w.must(os.Remove(d.home.path(odd)))
	}
	w.must(os.WriteFile(d.home.path("a\nb"), nil, 0o600))
	nothing(ErrOddFile)
	w.must(os.Remove(d.home.path("a\nb")))
	d.home.step = func() error { return fmt.Errorf("write: %w", syscall.ENOSPC) }
	nothing(syscall.ENOSPC)
	d.home.step = nil
	stopped, stop := context.WithCancel(t.Context())
	_, err = d.Backup(stopped, file, herPassphrase, func(int64, int64) { stop() }) // she presses Ctrl-C amid it
	w.is(err, context.Canceled)
	for _, there := range []string{file, file + part} {
		w.must(os.WriteFile(there, []byte("hers"), 0o600))
		_, err = d.Backup(t.Context(), file, herPassphrase, nil)
		w.is(err, map[bool]error{true: ErrTaken, false: ErrPart}[there == file])
		if left := w.contents(dir); len(left) != 1 || left[filepath.Base(there)] != "hers" {
			t.Errorf("there is %v", left)
		}
		w.must(os.Remove(there))
	}
}

// Stopped anywhere, there is a whole backup or none, and the desk is as it was.
func TestBackupStoppedAnywhere(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	h.send(dropbox.Message, "More")
	h.send(dropbox.Message, "And more")
	d := w.sealedDesk("alice")
	w.sync(d)
	before := w.contents(d.home.dir)
	for n := 0; ; n++ {
		dir := t.TempDir()
		file := filepath.Join(dir, "backup")
		done := stopAt(d, n)
		_, err := d.Backup(t.Context(), file, herPassphrase, nil)
		whole := *done <= n
		if whole != (err == nil) || err != nil && !errors.Is(err, errStopped) {
			t.Fatalf("stopped at %d: %v", n, err)
		}
		left := w.contents(dir)
		if !maps.Equal(w.contents(d.home.dir), before) || len(left) > 1 || whole != (left["backup"] != "") {
			t.Fatalf("stopped at %d: %v", n, slices.Sorted(maps.Keys(left)))
		}
		if whole {
			w.restored(file)
			mustBeMany(t, n)
			return
		}
	}
}
