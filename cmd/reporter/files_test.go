package main

import (
	"context"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/web"
)

const canary = "CANARY-of-hers"

// photo is a picture as a telephone takes it, with a place and a comment in it, and as it is without them.
func photo() (dirty, clean string) {
	gps := "Exif\x00\x00MM\x00*\x00\x00\x00\x08" + "\x00\x01\x88\x25\x00\x04\x00\x00\x00\x01\x00\x00\x00\x1a\x00\x00\x00\x00" +
		"\x00\x01\x00\x01\x00\x02\x00\x00\x00\x02N\x00\x00\x00\x00\x00\x00\x00"
	return droptest.JPEG(droptest.Segment(0xe1, gps), droptest.Segment(0xfe, canary)), droptest.JPEG()
}

// noise is n bytes that look like no kind of file.
func noise(n int) string {
	b := make([]byte, n)
	src := rand.NewChaCha8([32]byte{byte(n)})
	src.Read(b)
	b[0] = 0
	return string(b)
}

// content fetches a file as a reader does, and opens it.
func (h *here) content(f dropbox.File) string {
	h.Helper()
	blob, err := h.box.Store.Blob(h.Context(), f.Blob)
	h.must(err)
	defer blob.Close()
	r, err := f.Open(blob)
	h.must(err)
	b, err := io.ReadAll(r)
	h.must(err)
	return string(b)
}

// answers is a reader's reply with files.
func (h *here) answers(id, text string, contents ...string) {
	h.Helper()
	reports, err := h.box.Reports(id)
	h.must(err)
	c, err := client.Dial(h.box.URL, "")
	h.must(err)
	var files []dropbox.File
	for _, content := range contents {
		f, err := c.SendFile(h.Context(), client.Source{Name: "answer.pdf", Size: int64(len(content)),
			Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}, client.Transfer{})
		h.must(err)
		files = append(files, f)
	}
	_, err = h.box.Reply(h.Context(), id, reports[len(reports)-1], 1, text, files...)
	h.must(err)
}

// names are those of all that is in a folder.
func (h *here) names(folder string) (names []string) {
	h.Helper()
	entries, err := os.ReadDir(folder)
	h.must(err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (h *here) contentOf(path string) string {
	h.Helper()
	b, err := os.ReadFile(path)
	h.must(err)
	return string(b)
}

// Files go with a report and with messages, cleaned or as they are, and she is told what of both; a reader has them; she gets his, and saves
// them.
func TestFilesThereAndBack(t *testing.T) {
	h := setUp(t)
	dirty, clean := photo()
	notes := "%PDF-1.4 " + noise(3<<20)
	code, stdout, stderr := h.start(false, "It happened.", h.where("send", "-copy", "-file", h.file("IMG 1.jpg", dirty), "-file", h.file("notes.pdf", notes), "-json")...)
	said := h.told(0, code, stdout, stderr, nil)
	h.says(stderr, "note: file 1: IMG 1.jpg, JPEG picture,", "Hidden data is taken out: where it was taken; comments.", "note: file 2: notes.pdf, PDF, 3.0 MB. We do not take hidden data out of this kind of file. It may hold names")
	one := said.Files[0]
	h.is("the photo", all(one.N, one.Name, one.Type, one.Size == int64(len(clean)), one.Cleaned, one.Original, one.Removed), "1 IMG 1.jpg image/jpeg true true false [place comment]")
	h.is("the rest", all(said.Files[1].Type, said.Files[1].Cleaned, said.Files[1].Removed, said.Missing), "application/pdf false [] []")
	reports, err := h.box.Reports("alice")
	h.must(err)
	f := reports[0].Files
	if len(f) != 2 || h.content(f[0]) != clean || h.content(f[1]) != notes || f[0].Name != "IMG 1.jpg" || f[1].Type != "application/pdf" || f[0].SHA256 != one.SHA256 {
		t.Fatalf("alice has %+v", f)
	}

	// A message that is files alone, one of them with all that is hidden in it.
	words := said.Code
	said = h.script(0, words+"\n", "message", "-code-file", "-", "-original", "-file", h.file("IMG 1.jpg", dirty))
	h.is("message", all(said.Stored, said.Files[0].Original, said.Files[0].Cleaned, said.Files[0].Size == int64(len(dirty))), "true true false true")
	h.script(0, words+"\n \n\t", "message", "-code-file", "-", "-file", h.file("b", "blanks are no text"))
	h.answers("alice", "Read this.", "%PDF-answer", notes[100:])

	c, numbers := h.script(0, words, "check", "-code-file", "-"), []int{}
	for _, e := range c.Entries {
		for _, f := range e.Files {
			numbers = append(numbers, f.N)
		}
	}
	h.is("files of the conversation", numbers, "[1 2 3 4 5 6]")
	list := h.script(0, words, "files", "-code-file", "-")
	h.is("files", all(len(list.Files), list.Files[0].From, list.Files[5].From, list.Files[4].Name, list.Files[5].Size, len(list.Saved)), all(6, "reporter", "alice", "answer.pdf", len(notes)-100, 0))

	folder := t.TempDir()
	h.must(os.WriteFile(filepath.Join(folder, "answer.pdf"), []byte("mine"), 0o644))
	saved := h.script(0, words, "files", "-code-file", "-", "-save", "5", "-save", "6", "-save", "5", "-out", folder).Saved
	h.is("saved", saved, []savedFile{{5, filepath.Join(folder, "answer (2).pdf")}, {6, filepath.Join(folder, "answer (3).pdf")}})
	h.is("the folder", h.names(folder), "[answer (2).pdf answer (3).pdf answer.pdf]")
	for name, want := range map[string]string{"answer.pdf": "mine", "answer (2).pdf": "%PDF-answer", "answer (3).pdf": notes[100:]} {
		if h.contentOf(filepath.Join(folder, name)) != want {
			t.Errorf("%s is something else", name)
		}
	}
	if info, err := os.Stat(saved[0].Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("saved as %v, %v", info, err)
	}
	all := t.TempDir()
	code, stdout, stderr = h.start(false, words, h.where("files", "-code-file", "-", "-save", "all", "-out", all)...)
	h.is("exit", code, 0)
	h.says(stdout, "Saved: "+filepath.Join(all, "IMG 1.jpg"), "Saved: ")
	h.says(stderr, "what was saved stays on this disk until it is deleted")
	if h.contentOf(filepath.Join(all, "IMG 1.jpg")) != clean || h.contentOf(filepath.Join(all, "IMG 1 (2).jpg")) != dirty || len(h.names(all)) != 6 {
		t.Errorf("saved are %q", h.names(all))
	}
	_, stdout, _ = h.start(false, words, h.where("files", "-code-file", "-")...)
	h.says(stdout, "File 1: IMG 1.jpg, JPEG picture", "You, 11 February 2026", "File 5: answer.pdf, PDF, 11 bytes; Alice Okafor, 11 February 2026")
}

// forgetful is a store that has lost the first file by the time that the parcel comes.
type forgetful struct{ web.Store }

func (f forgetful) Put(ctx context.Context, p *dropbox.Parcel, first bool) (dropbox.Outcome, error) {
	if len(p.Blobs) > 0 {
		f.Discard(p.Blobs[0])
	}
	return f.Store.Put(ctx, p, first)
}

// A file that is not there any more when the rest arrives never holds up the rest: she has her words, and is told which file to send again.
func TestFileIsMissing(t *testing.T) {
	h := setUp(t, droptest.Options{Wrap: func(s web.Store) web.Store { return forgetful{s} }})
	files := []string{"-file", h.file("a.txt", "one"), "-file", h.file("b.txt", "two")}
	code, stdout, stderr := h.start(false, "Something", h.where(append([]string{"send", "-json"}, files...)...)...)
	said := h.told(0, code, stdout, stderr, nil)
	h.is("send", all(len(strings.Fields(said.Code)), said.Missing), "8 [1]")
	h.says(stderr, "your text arrived. These files did not: a.txt. Send them again with your words: reporter message -file")
	said = h.script(0, said.Code+"\nMore", append([]string{"message", "-code-file", "-"}, files...)...)
	h.is("message", all(said.Stored, said.Missing), "true [1]")
	screen := h.person(0, []string{"1", "2", "1", "s", "Something else", ".", "yes", "1", "", "yes"}, append([]string{"send"}, files...)...)
	h.says(screen, "Keep these eight words", "These files did not: a.txt.", "\x1b[2J", "These files did not: a.txt.")
	h.is("alice reads", h.got("alice"), "[Something Something else]")

	words := h.words(screen)
	folder := t.TempDir()
	h.is("her copy of it", h.script(1, words, "files", "-code-file", "-", "-save", "all", "-out", folder).Error, "nothing-here")
	h.is("the folder", h.names(folder), "[]")
	list := h.script(0, words, "files", "-code-file", "-", "-save", "2", "-out", folder)
	h.is("the other", h.contentOf(list.Saved[0].Path), "two")
}

// stormy is a store that has a problem with one piece of an upload.
type stormy struct {
	web.Store
	n   *atomic.Int32 // pieces so far
	bad int32
	err error
}

func (s stormy) Upload(ctx context.Context, id dropbox.BlobID, at, size int64) (dropbox.Upload, error) {
	if s.n.Add(1) == s.bad {
		return nil, s.err
	}
	return s.Store.Upload(ctx, id, at, size)
}

// The server is restarted in the middle of a file, and has nothing of it any more: the file begins anew, and arrives once.
func TestServerRestartsWithinAFile(t *testing.T) {
	var n atomic.Int32
	h := setUp(t, droptest.Options{Wrap: func(s web.Store) web.Store { return stormy{s, &n, 3, errDisk} }})
	restarts := 0
	h.pause = func(context.Context, time.Duration) error {
		restarts++
		h.must(h.box.Stop())
		h.must(h.box.Restart())
		return nil
	}
	want := noise(3 << 20) // in five pieces
	code, stdout, stderr := h.start(false, "Something", h.where("send", "-json", "-file", h.file("a.bin", want))...)
	said := h.told(0, code, stdout, stderr, nil)
	h.is("restarts, pieces, missing", all(restarts, n.Load(), said.Missing), "1 9 []")
	h.says(stderr, "sending file 1 of 1 did not work (the server has a problem). Trying again in 2s.")
	reports, err := h.box.Reports("alice")
	h.must(err)
	if h.content(reports[0].Files[0]) != want {
		t.Error("alice has something else")
	}
}

// What a reader says of a file is only what he says: if it looks like something else, she is told.
func TestFileLooksLikeSomethingElse(t *testing.T) {
	h := setUp(t)
	words := h.script(0, "Something", "send").Code
	h.answers("alice", "Read this.", "MZ"+noise(1000), "%PDF-1.4")
	reports, err := h.box.Reports("alice")
	h.must(err)
	lines, err := h.box.Store.Lines(t.Context(), reports[0].Drop)
	h.must(err)
	code, err := dropbox.ParseCode(words)
	h.must(err)
	her, err := code.Reporter(dropbox.BoxID(h.box.Set.Box))
	h.must(err)
	files := her.Fold(lines.Lines).Entries[1].Files
	files[0].Type = "image/jpeg"
	_, err = h.box.Reply(t.Context(), "alice", reports[0], 2, "And this.", files...)
	h.must(err)
	exit, _, stderr := h.start(false, words, h.where("files", "-code-file", "-", "-save", "3", "-save", "4", "-out", t.TempDir())...)
	h.is("exit", exit, 0)
	h.says(stderr, "file 3 was said to be this: JPEG picture. It looks like this: file of a kind that we do not know. Do not open it")
	if strings.Contains(stderr, "file 4 was") {
		t.Errorf("the other is what it was said to be: %s", stderr)
	}
}
