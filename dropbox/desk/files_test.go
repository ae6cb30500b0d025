package desk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
)

// upload sends a file's blob, as her program does.
func (w *world) upload(name string, content []byte) dropbox.File {
	w.Helper()
	f, err := w.client().SendFile(w.Context(), client.Source{Name: name, Size: int64(len(content)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }}, client.Transfer{})
	w.must(err)
	return f
}

// sendFiles is send with files.
func (h *her) sendFiles(kind, text string, files ...dropbox.File) {
	h.w.Helper()
	f := h.frame(kind, text)
	f.Files = files
	h.post(h.seal(f))
}

// file is a file of an advocate's, on her disk.
func (w *world) file(name string, content []byte) string {
	w.Helper()
	path := filepath.Join(w.TempDir(), name)
	w.must(os.WriteFile(path, content, 0o600))
	return path
}

func (w *world) attach(path string, original bool) *client.Attachment {
	w.Helper()
	a, err := client.Attach(path, original)
	w.must(err)
	return a
}

func (w *world) save(d *Desk, id string, n int) Saved {
	w.Helper()
	s, err := d.Save(w.Context(), id, n, "", client.Transfer{})
	w.must(err)
	return s
}

// inFolder are the names in the folder where a case's files are saved, unfinished ones too.
func inFolder(d *Desk, id string) []string {
	entries, _ := os.ReadDir(d.home.path("files", id))
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// Files go both ways, and everybody in the case can save them: numbered through, verified, private, and never twice.
func TestFilesOfACase(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	large := bytes.Repeat([]byte("A recording. "), 200_000)
	h.sendFiles(dropbox.Report, "What happened", w.upload("photo.JPG", []byte("\xff\xd8\xffphoto")), w.upload("talk.m4a", large))
	h.sendFiles(dropbox.Message, "", w.upload("notes.txt", []byte("More")))
	alice, bob := w.desk("alice"), w.desk("bob")
	w.sync(alice)
	w.sync(bob)
	done, err := bob.ReplyWith(t.Context(), h.id(), "", []*client.Attachment{w.attach(w.file("form.pdf", []byte("%PDF-1.7")), false)}, client.Transfer{})
	if err != nil || done.N != 3 {
		t.Fatalf("bob's reply: %+v, %v", done, err)
	}
	w.sync(alice)
	_, err = alice.ReplyWith(t.Context(), h.id(), "See this", []*client.Attachment{w.attach(w.file("a.txt", []byte("own")), false)}, client.Transfer{})
	w.must(err)

	alice = w.again(alice)
	list, err := alice.Files(h.id())
	w.must(err)
	want := []struct {
		name, kind, from string
		entry            int
		content          []byte
	}{
		{"photo.JPG", "image/jpeg", "reporter", 1, []byte("\xff\xd8\xffphoto")}, {"talk.m4a", "text/plain", "reporter", 1, large},
		{"notes.txt", "text/plain", "reporter", 2, []byte("More")}, {"form.pdf", "application/pdf", "bob", 3, []byte("%PDF-1.7")}, {"a.txt", "text/plain", "alice", 4, []byte("own")},
	}
	if len(list.Files) != len(want) || list.ID != h.id() {
		t.Fatalf("files %+v", list)
	}
	if left := inFolder(alice, h.id()); len(left) != 0 {
		t.Fatalf("before anything is saved there is %q", left)
	}
	for i, f := range list.Files {
		if x := want[i]; f.N != i+1 || f.Name != x.name || f.Type != x.kind || f.From != x.from || f.Entry != x.entry || f.Size != int64(len(x.content)) ||
			f.SHA256 != hashBytes(x.content).String() {
			t.Errorf("file %+v, want %s", f, x.name)
		}
		for _, again := range []bool{false, true} {
			s := w.save(alice, h.id()[:4], f.N)
			got, err := os.ReadFile(s.Path)
			if err != nil || !bytes.Equal(got, want[i].content) || s.Again != again || s.Path != filepath.Join(list.Folder, fmt.Sprintf("%d %s", f.N, want[i].name)) {
				t.Errorf("saved %+v: %d bytes, %v", s, len(got), err)
			}
		}
	}
	if c := w.read(alice, h.id()); len(c.Entries[0].Files) != 2 || c.Entries[1].Files[0].N != 3 || c.Entries[1].Text != "" {
		t.Errorf("read shows %+v", c.Entries)
	}
	mustBePrivate(t, alice.home.dir)
	if names := inFolder(alice, h.id()); len(names) != 5 {
		t.Errorf("the folder has %q", names)
	}
	// The reporter can fetch what she was sent.
	entries := h.conversation().Entries
	f := entries[len(entries)-1].Files[0]
	r, err := f.Open(w.client().FetchFile(t.Context(), f, client.Transfer{}))
	w.must(err)
	if got, err := io.ReadAll(r); err != nil || string(got) != "own" {
		t.Errorf("she gets %q, %v", got, err)
	}
	_, err = alice.Save(t.Context(), h.id(), 6, "", client.Transfer{})
	w.is(err, ErrNoSuchFile)
}

// Whatever a file is called, its name on the disk is one in the folder, of at most 255 bytes, that hides nothing and does nothing.
func TestFileNames(t *testing.T) {
	for name, want := range map[string]string{
		"photo.jpg":                    "7 photo.jpg",
		"../../etc/passwd":             "7 passwd",
		`C:\Windows\con`:               "7 con",
		".profile":                     "7 profile",
		"-rf":                          "7 rf",
		"":                             "7 file",
		"a\u202egpj.exe":               "7 agpj.exe",
		"a\x1b[2J\n.txt":               "7 a[2J.txt",
		"name. . .":                    "7 name",
		"a." + strings.Repeat("x", 50): "7 a." + strings.Repeat("x", 50),
	} {
		if got := fileName(7, name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{strings.Repeat("x", 300) + ".pdf", strings.Repeat("漢", 300) + ".pdf", strings.Repeat("é", 99), strings.Repeat("x.", 200)} {
		got := numbered(fileName(999_999, name), maxSame)
		if len(got) > 255 || len(got) < 100 || !utf8.ValidString(got) || strings.HasSuffix(name, ".pdf") != strings.HasSuffix(got, ".pdf") {
			t.Errorf("%.20q becomes %q, of %d bytes", name, got, len(got))
		}
	}
}

// What stands in a folder already is never overwritten, whatever it is.
func TestSaveOverwritesNothing(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.sendFiles(dropbox.Report, "See", w.upload("a.txt", []byte("mine")))
	alice := w.desk("alice")
	w.sync(alice)
	out := filepath.Join(t.TempDir(), "new", "folder")
	w.must(os.MkdirAll(out, 0o700))
	other := w.file("other", []byte("theirs"))
	w.must(os.WriteFile(filepath.Join(out, "1 a.txt"), []byte("THEM"), 0o644))
	w.must(os.Symlink(other, filepath.Join(out, "1 a (2).txt")))
	w.must(os.Mkdir(filepath.Join(out, "1 a (3).txt"), 0o700))
	for _, again := range []bool{false, true} {
		s, err := alice.Save(t.Context(), h.id(), 1, out, client.Transfer{})
		if err != nil || filepath.Base(s.Path) != "1 a (4).txt" || s.Again != again {
			t.Errorf("saved %+v, %v", s, err)
		}
	}
	for path, want := range map[string]string{"1 a.txt": "THEM", "1 a (2).txt": "theirs", "1 a (4).txt": "mine"} {
		if got, err := os.ReadFile(filepath.Join(out, path)); err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v", path, got, err)
		}
	}
	if names := inFolder(alice, h.id()); len(names) != 0 {
		t.Errorf("the case's own folder has %q", names)
	}
}

// Stopped anywhere, nothing has a name that is not whole, and nothing else is left once the desk is opened again.
func TestSaveStoppedAnywhere(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	content := bytes.Repeat([]byte("0123456789"), 300_000)
	h.sendFiles(dropbox.Report, "See", w.upload("a.txt", content))
	alice := w.desk("alice")
	w.sync(alice)
	for n := 0; ; n++ {
		done := stopAt(alice, n)
		_, err := alice.Save(t.Context(), h.id(), 1, "", client.Transfer{})
		if err != nil && !errors.Is(err, errStopped) {
			t.Fatalf("stopped at %d: %v", n, err)
		}
		whole := *done <= n
		// What a program that was killed leaves, and one that was stopped does not.
		if _, err := os.Lstat(alice.home.path("files", h.id())); whole != (err == nil) {
			t.Fatalf("stopped at %d: %q", n, inFolder(alice, h.id()))
		}
		w.must(os.MkdirAll(alice.home.path("files", h.id()), 0o700))
		w.must(os.WriteFile(alice.home.path("files", h.id(), unfinished+"123"), content[:1000], 0o600))
		alice = w.again(alice)
		if left := inFolder(alice, h.id()); whole && !slices.Equal(left, []string{"1 a.txt"}) || !whole && len(left) != 0 {
			t.Fatalf("stopped at %d, opened again: %q", n, left)
		}
		w.must(os.RemoveAll(alice.home.path("files", h.id())))
		if whole {
			if n < 8 { // four pieces, there and back
				t.Errorf("only %d points to stop at", n)
			}
			return
		}
	}
}
