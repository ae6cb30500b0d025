package desk

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tellbox/dropbox"
	"tellbox/keys/vault"
)

// Stopped anywhere, there is a whole desk or none.
func TestRestoreStoppedAnywhere(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	h.send(dropbox.Message, "More")
	d := w.sealedDesk("alice")
	w.sync(d)
	file := w.backup(d)
	for n := 0; ; n++ {
		dir := t.TempDir()
		folder := filepath.Join(dir, "home")
		if n%2 == 1 {
			w.must(os.Mkdir(folder, 0o755)) // an empty one will do
		}
		done := 0
		step := func() error {
			if done++; done > n {
				return errStopped
			}
			return nil
		}
		_, err := (&restoring{home: &home{step: step}, now: w.clock.Now}).restore(t.Context(), file, folder, passphrase, nil)
		whole := done <= n
		if whole != (err == nil) || err != nil && !errors.Is(err, errStopped) {
			t.Fatalf("stopped at %d: %v", n, err)
		}
		left := w.contents(dir)
		if !whole && len(left) != 0 {
			t.Fatalf("stopped at %d: %v", n, left)
		}
		if whole {
			info, err := os.Stat(folder)
			if err != nil || info.Mode().Perm() != 0o700 || len(left) != len(w.contents(d.home.dir)) {
				t.Errorf("restored %v, %v, %d files", info, err, len(left))
			}
			mustBeMany(t, n)
			return
		}
	}
}

// sealTar seals a key and other entries as a backup, whatever they are.
func (w *world) sealTar(secret []byte, more ...tar.Header) string {
	w.Helper()
	var stream bytes.Buffer
	t := tar.NewWriter(&stream)
	if secret != nil {
		w.must(t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "secret.age", Size: int64(len(secret)), Mode: 0o777}))
		_, err := t.Write(secret)
		w.must(err)
	}
	for _, h := range more {
		w.must(t.WriteHeader(&h))
		_, err := t.Write(make([]byte, min(h.Size, 1<<20)))
		w.must(err)
	}
	t.Close() // fails where a size is a lie
	return w.sealStream(stream.Bytes())
}

func (w *world) sealStream(stream []byte) string {
	w.Helper()
	var sealed bytes.Buffer
	out, err := vault.SealTo(&sealed, herPassphrase)
	w.must(err)
	_, err = out.Write(stream)
	w.must(err)
	w.must(out.Close())
	file := filepath.Join(w.TempDir(), "backup")
	w.must(os.WriteFile(file, sealed.Bytes(), 0o600))
	return file
}

// sparse is a tar stream of a key, and of a file that is a hole of 4 MiB and next to nothing in the stream.
func (w *world) sparse(secret []byte) []byte {
	w.Helper()
	var stream bytes.Buffer
	t := tar.NewWriter(&stream)
	records := "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n28 GNU.sparse.name=the.hole\n31 GNU.sparse.realsize=4194304\n"
	at := 0
	for _, f := range []struct{ name, content string }{{"secret.age", string(secret)}, {"pax", records}, {"hole", "0\n" + strings.Repeat("\x00", 510)}} {
		w.must(t.Flush())
		if f.name == "pax" {
			at = stream.Len()
		}
		w.must(t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: f.name, Size: int64(len(f.content))}))
		_, err := t.Write([]byte(f.content))
		w.must(err)
	}
	w.must(t.Close())
	header := stream.Bytes()[at : at+512]
	header[156] = tar.TypeXHeader
	copy(header[148:156], "        ")
	sum := 0
	for _, b := range header {
		sum += int(b)
	}
	copy(header[148:156], fmt.Sprintf("%06o\x00 ", sum))
	return stream.Bytes()
}

// A backup that was damaged, cut off or made to do harm puts nothing in place, and nothing anywhere else.
func TestRestoreRefuses(t *testing.T) {
	w := newWorld(t)
	w.reporter().send(dropbox.Report, "Something")
	d := w.sealedDesk("alice")
	w.sync(d)
	file := w.backup(d)
	sealed, err := os.ReadFile(file)
	w.must(err)
	dir := t.TempDir()
	folder := filepath.Join(dir, "home")
	refused := func(what, file string, want error) {
		t.Helper()
		_, err := Restore(t.Context(), file, folder, passphrase, w.clock.Now, nil)
		if err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: got error %v, want %v", what, err, want)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Fatalf("%s leaves %v, %v", what, left, err)
		}
	}
	spoilt := filepath.Join(t.TempDir(), "spoilt")
	for at := 0; at < len(sealed); at += max(1, len(sealed)/60) {
		b := bytes.Clone(sealed)
		b[at] ^= 1
		w.must(os.WriteFile(spoilt, b, 0o600))
		_, err := Restore(t.Context(), spoilt, folder, passphrase, w.clock.Now, nil)
		if left, _ := os.ReadDir(dir); !errors.Is(err, ErrBackup) && !errors.Is(err, vault.ErrPassphrase) || len(left) != 0 {
			t.Fatalf("damaged at %d: %v, leaves %v", at, err, left)
		}
		w.must(os.WriteFile(spoilt, sealed[:at], 0o600))
		refused("cut", spoilt, ErrBackup)
	}
	w.must(os.WriteFile(spoilt, append(bytes.Clone(sealed), 'x'), 0o600))
	refused("with something after its end", spoilt, ErrBackup)
	w.must(os.WriteFile(spoilt, sealed[:len(sealed)-1], 0o600))
	refused("without its last byte", spoilt, ErrBackup)
	plain, err := vault.OpenFrom(bytes.NewReader(sealed), herPassphrase)
	w.must(err)
	stream, err := io.ReadAll(plain)
	w.must(err)
	long, err := os.ReadFile(w.sealStream(append(stream, make([]byte, 300<<10)...))) // cut where tar has long seen its own end
	w.must(err)
	w.must(os.WriteFile(spoilt, long[:len(long)-1], 0o600))
	refused("cut after the end of the tar stream", spoilt, ErrBackup)
	refused("none", filepath.Join(dir, "none"), os.ErrNotExist)

	secret, err := d.home.read("secret.age")
	w.must(err)
	refused("without a key", w.sealTar(nil), ErrBackup)
	refused("of another key", w.sealTar([]byte("-----")), nil)
	regular := func(name string, size int64) tar.Header {
		return tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size}
	}
	for what, h := range map[string]tar.Header{
		"out": regular("../evil", 0), "out, late": regular("mail/../../evil", 0), "absolute": regular("/tmp/evil", 0), "twice": regular("secret.age", 1),
		"controls": regular("a\x1b[2J", 0), "backslash": regular(`..\evil`, 0), "long": regular("x/"+strings.Repeat("y/", 300)+"z", 0),
		"lock": regular("lock", 0), "readable": regular("files/abc/1 virus.exe", 1), "unfinished": regular("mail/"+unfinished+"1", 1),
		"huge": regular("mail/huge.age", 1<<40), "larger than the backup": regular("large", 1<<21),
		"symbolic link": {Typeflag: tar.TypeSymlink, Name: "mail", Linkname: dir}, "hard link": {Typeflag: tar.TypeLink, Name: "x", Linkname: "/etc/passwd"},
		"device": {Typeflag: tar.TypeChar, Name: "x"}, "pipe": {Typeflag: tar.TypeFifo, Name: "x"}, "folder": {Typeflag: tar.TypeDir, Name: "x/"},
	} {
		refused(what, w.sealTar(secret, h), ErrBackup)
	}
	h, err := tar.NewReader(bytes.NewReader(w.sparse(secret))).Next() // is it one at all?
	if err != nil || h.Name != "secret.age" {
		t.Fatal(h, err)
	}
	refused("a hole", w.sealStream(w.sparse(secret)), ErrBackup)
	refused("a desk that does not open", w.sealTar(secret, regular("mail/"+strings.Repeat("a", 64)+".age", 4)), nil)

	_, err = Restore(t.Context(), file, folder, func() (string, error) { return "wrong", nil }, w.clock.Now, nil)
	w.is(err, vault.ErrPassphrase)
	stopped, stop := context.WithCancel(t.Context())
	_, err = Restore(stopped, file, folder, passphrase, w.clock.Now, func(int64, int64) { stop() })
	w.is(err, context.Canceled)
	full := &restoring{home: &home{}, now: w.clock.Now}
	steps := 0
	full.home.step = func() error {
		if steps++; steps > 3 {
			return syscall.ENOSPC
		}
		return nil
	}
	_, err = full.restore(t.Context(), file, folder, passphrase, nil)
	w.is(err, syscall.ENOSPC)
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// A desk is restored into a folder that is new or empty, and into no other.
func TestRestoreOverwritesNothing(t *testing.T) {
	w := newWorld(t)
	file := w.backup(w.sealedDesk("alice"))
	asked := func() (string, error) { t.Error("it asks for the passphrase first"); return "", nil }
	for name, want := range map[string]error{"home/card.txt": ErrNotEmpty, "home": ErrNotEmpty, "home.part/x": ErrPart, "home.part": ErrPart} {
		dir := t.TempDir()
		w.must(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		w.must(os.WriteFile(filepath.Join(dir, name), []byte("hers"), 0o600))
		_, err := Restore(t.Context(), file, filepath.Join(dir, "home"), asked, w.clock.Now, nil)
		w.is(err, want)
		if left := w.contents(dir); len(left) != 1 || left[name] != "hers" {
			t.Errorf("%s: there is %v", name, left)
		}
	}
	dir := t.TempDir()
	w.must(os.Mkdir(filepath.Join(dir, "empty"), 0o700))
	w.must(os.Symlink("empty", filepath.Join(dir, "link")))
	_, err := Restore(t.Context(), file, filepath.Join(dir, "link"), asked, w.clock.Now, nil)
	w.is(err, ErrNotEmpty)
	w.must(os.Remove(filepath.Join(dir, "link")))

	late := &restoring{home: &home{}, now: w.clock.Now}
	folder := filepath.Join(dir, "late")
	late.home.step = func() error { // somebody else is faster
		return errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, "hers"), nil, 0o600))
	}
	_, err = late.restore(t.Context(), file, folder, passphrase, nil)
	w.is(err, ErrNotEmpty)
	if left := w.contents(dir); len(left) != 1 {
		t.Errorf("there is %v", left)
	}
}
