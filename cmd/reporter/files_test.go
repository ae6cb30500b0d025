package main

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/store"
	"tellbox/dropbox/web"
)

const canary = "CANARY-of-hers"

// photo is a picture as a telephone takes it, with a place and a comment in it, and as it is without them.
func photo(t *testing.T) (dirty, clean string) {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 30, 20)), nil); err != nil {
		t.Fatal(err)
	}
	clean = b.String()
	gps := "Exif\x00\x00MM\x00*\x00\x00\x00\x08" + "\x00\x01\x88\x25\x00\x04\x00\x00\x00\x01\x00\x00\x00\x1a\x00\x00\x00\x00" +
		"\x00\x01\x00\x01\x00\x02\x00\x00\x00\x02N\x00\x00\x00\x00\x00\x00\x00"
	segment := func(marker byte, s string) string { return string([]byte{0xff, marker, 0, byte(len(s) + 2)}) + s }
	return clean[:2] + segment(0xe1, gps) + segment(0xfe, canary) + clean[2:], clean
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
	dirty, clean := photo(t)
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
	h.answers("alice", "Read this.", "%PDF-answer", notes[100:])

	c, numbers := h.script(0, words, "check", "-code-file", "-"), []int{}
	for _, e := range c.Entries {
		for _, f := range e.Files {
			numbers = append(numbers, f.N)
		}
	}
	h.is("files of the conversation", numbers, "[1 2 3 4 5]")
	list := h.script(0, words, "files", "-code-file", "-")
	h.is("files", all(len(list.Files), list.Files[0].From, list.Files[4].From, list.Files[3].Name, list.Files[4].Size, len(list.Saved)), all(5, "reporter", "alice", "answer.pdf", len(notes)-100, 0))

	folder := t.TempDir()
	h.must(os.WriteFile(filepath.Join(folder, "answer.pdf"), []byte("mine"), 0o644))
	saved := h.script(0, words, "files", "-code-file", "-", "-save", "4", "-save", "5", "-save", "4", "-out", folder).Saved
	h.is("saved", saved, []savedFile{{4, filepath.Join(folder, "answer (2).pdf")}, {5, filepath.Join(folder, "answer (3).pdf")}})
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
	if h.contentOf(filepath.Join(all, "IMG 1.jpg")) != clean || h.contentOf(filepath.Join(all, "IMG 1 (2).jpg")) != dirty || len(h.names(all)) != 5 {
		t.Errorf("saved are %q", h.names(all))
	}
	_, stdout, _ = h.start(false, words, h.where("files", "-code-file", "-")...)
	h.says(stdout, "File 1: IMG 1.jpg, JPEG picture", "You, 11 February 2026", "File 4: answer.pdf, PDF, 11 bytes; Alice Okafor, 11 February 2026")
}

// What cannot be sent is refused with a next step, before the server is spoken to, and by its number: no path stands in an error.
func TestFilesThatCannotGo(t *testing.T) {
	h := setUp(t)
	dirty, _ := photo(t)
	good := h.file("good.txt", "Something")
	words := h.script(0, "Something", "send").Code
	h.must(h.box.Stop()) // so everything that speaks to it ends with 3
	large, closed := h.file("large.bin", "x"), h.file("closed.txt", "x")
	h.must(os.Truncate(large, dropbox.MaxFile+1))
	h.must(os.Chmod(closed, 0))
	folder := filepath.Join(h.dir, canary)
	h.must(os.Mkdir(folder, 0o700))
	for path, want := range map[string]string{
		filepath.Join(h.dir, canary+".jpg"): "no-such-file", folder: "folder", h.file(canary+"empty", ""): "empty-file", large: "too-large", closed: "permission",
		h.file("cut.jpg", dirty[:len(dirty)/2]): "broken-picture", "/dev/null": "not-a-file", "": "no-such-file", "It was " + canary: "no-such-file",
	} {
		if path == closed && os.Getuid() == 0 { // who may read everything
			continue
		}
		for _, args := range [][]string{{"send"}, {"message", "-code-file", "-"}} {
			args = append(args, "-tries", "1", "-file", good, "-file", path)
			code, stdout, stderr := h.start(false, words+"\nSomething", h.where(args...)...)
			if code != 1 || stdout != "" || !strings.Contains(stderr, "reporter: error: file 2: ") || !strings.Contains(stderr, "\nreporter: hint: ") || strings.Contains(stderr, canary) {
				t.Errorf("%s: exit %d, %s%s", want, code, stdout, stderr)
			}
			h.is(want, h.script(1, words+"\nSomething", args...).Error, want)
		}
	}
	// The broken picture can go as it is: then only the server is missing.
	h.is("broken, as it is", h.script(3, "Something", "send", "-tries", "1", "-original", "-file", filepath.Join(h.dir, "cut.jpg")).Error, "unreachable")

	many := []string{"send", "-tries", "1"}
	for i := range dropbox.MaxFiles {
		many = append(many, "-file", h.file("many", "")+string(rune('a'+i)))
		h.must(os.WriteFile(many[len(many)-1], []byte{byte(i), 1}, 0o600))
	}
	h.is("20", h.script(3, "Something", many...).Error, "unreachable")
	h.is("20, and one twice", h.script(3, "Something", append(many, "-file", many[4])...).Error, "unreachable")
	h.is("21", h.script(1, "Something", append(many, "-file", good)...).Error, "too-many-files")
}

// The same file given twice goes once, also under another name, and she is told. A name that could be a path or turn the text round goes
// without what does so.
func TestNamesAndTwins(t *testing.T) {
	h := setUp(t)
	odd := h.file("evil\u202egpj.exe\x07", "one")
	link := filepath.Join(h.dir, "link")
	h.must(os.Symlink(odd, link))
	code, _, stderr := h.start(false, "Something", h.where("send", "-file", odd, "-file", h.file("b", "two"), "-file", link, "-file", h.file("c", "two"), "-file", h.file(strings.Repeat("é", 90)+".txt", "three"))...)
	h.is("exit", code, 0)
	h.says(stderr, "file 3 is there twice; it is sent once", "file 4 is there twice; it is sent once", "file 1: evilgpj.exe, text, 3 bytes")
	reports, err := h.box.Reports("alice")
	h.must(err)
	var names []string
	for _, f := range reports[0].Files {
		names = append(names, f.Name)
	}
	h.is("alice has", names, "[evilgpj.exe b "+strings.Repeat("é", 90)+".txt]")
}

// crammed is a box that has no room for files.
func crammed(t *testing.T) *here {
	return setUp(t, droptest.Options{Store: store.Config{TextReserve: 1 << 62}})
}

// There is no room for files: the text is not lost, and can go without them.
func TestNoRoomForFiles(t *testing.T) {
	h := crammed(t)
	file := h.file("a.txt", "evidence")
	code, stdout, stderr := h.start(false, "Something", h.where("send", "-file", file)...)
	if code != 3 || stdout != "" || len(h.got("alice")) != 0 {
		t.Errorf("exit %d, %s", code, stdout)
	}
	h.says(stderr, "error: file 1: there is no room for files right now", "hint: send the text alone, without -file; the files can follow another day")
	h.is("token", h.script(3, "Something", "send", "-file", file).Error, "full")
	words := h.script(0, "Something", "send").Code
	h.is("message", h.script(3, words+"\nMore", "message", "-code-file", "-", "-file", file).Error, "full")

	screen := h.person(0, slices.Concat(asked("It happened."), []string{"8", file, "", "1", "no", "1", "yes", "", "yes"}), "send")
	h.says(screen, "a.txt, text, 8 bytes. We do not take hidden data out", "Not sent: file 1: there is no room for files right now.", "What you wrote is still here.", "Send the text now, without the files?",
		"Check and send", "a.txt", "Send the text now, without the files?", "Keep these eight words")
	h.is("alice reads", h.got("alice"), "[Something It happened.]")
	screen = h.person(0, []string{words, "More.", ".", file, "", "1", "yes"}, "message")
	h.says(screen, "Not sent: file 1: there is no room", "Your message was sent to your readers.")
	screen = h.person(1, []string{words, ".", file, "", "1", "4"}, "message") // there is no text to send without it
	h.says(screen, "Not sent: file 1: there is no room", "a.txt", "Nothing was sent just now.")
	h.is("her conversation", len(h.script(0, words, "check", "-code-file", "-").Entries), 2)
}

// A server that takes no file as large, or none at all.
func TestServersThatTakeNoFile(t *testing.T) {
	h, liar := lied(t)
	through := []string{"-server", liar.URL, "-keyholders", h.keyholders, "-file", h.file("a.txt", "evidence")}
	for token, status := range map[string]int{"too-large": 413, "no-files": 404} {
		liar.Lie("blob/", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			io.WriteString(w, `{"error":"`+map[int]string{413: "too-large", 404: "nothing-here"}[status]+`","message":"no"}`)
		})
		code, stdout, stderr := h.start(false, "Something", append([]string{"send", "-json"}, through...)...)
		h.is(token, h.told(1, code, stdout, stderr, nil).Error, token)
		h.says(stderr, "error: file 1: ", "hint: ")
	}
	if len(h.got("alice")) != 0 {
		t.Error("something was sent")
	}
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
