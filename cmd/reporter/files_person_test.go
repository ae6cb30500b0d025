package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/web"
)

// What terminals write when a file is dragged into them, and what people type.
func TestPathsIn(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	for _, name := range []string{"a b.jpg", "it's.jpg", `back\slash`, "c.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	for line, want := range map[string][]string{
		"":                         nil,
		"  ":                       nil,
		in("a b.jpg"):              {in("a b.jpg")}, // typed as it is
		"'" + in("a b.jpg") + "' ": {in("a b.jpg")}, // GNOME
		`"` + in("a b.jpg") + `"`:  {in("a b.jpg")},
		strings.ReplaceAll(in("a b.jpg"), " ", `\ `) + " ":          {in("a b.jpg")}, // macOS
		"'" + strings.ReplaceAll(in("it's.jpg"), "'", `'\''`) + "'": {in("it's.jpg")},
		in(`it\'s.jpg`):               {in("it's.jpg")},
		in("it's.jpg"):                {in("it's.jpg")},
		in(`back\slash`):              {in(`back\slash`)},
		in(`back\\slash`):             {in(`back\slash`)},
		`"` + in(`back\\slash`) + `"`: {in(`back\slash`)},
		"file://" + strings.ReplaceAll(in("a b.jpg"), " ", "%20"): {in("a b.jpg")}, // KDE
		"~/c.txt":                                {in("c.txt")},
		"'" + in("a b.jpg") + "' " + in("c.txt"): {in("a b.jpg"), in("c.txt")},
		in("c.txt") + "\n" + in("a") + "\n":      {in("c.txt"), in("a")},
		in("no where.jpg"):                       {in("no where.jpg")}, // one that is not there stays one
		in("c.txt") + " " + in("nowhere"):        {in("c.txt"), in("nowhere")},
		`''`:                                     {""},
		`'open`:                                  {"open"},
		`end\`:                                   {"end"},
	} {
		if got := pathsIn(line); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

// Somebody adds files where she writes, is told what is in each, thinks better of some, and sends the rest; what she mistypes costs nothing.
func TestPersonSendsFiles(t *testing.T) {
	h := setUp(t)
	dirty, _ := photo()
	img, notes := h.file("IMG 1.jpg", dirty), h.file("my notes.txt", "notes")
	cut := h.file("cut.jpg", dirty[:len(dirty)-20])
	screen := h.person(0, []string{"1", "2", "1", "s", "It happened.", ".",
		"/nowhere/at all", h.dir, h.file("empty", ""), "'" + img + "' " + strings.ReplaceAll(notes, " ", `\ `), img, cut, "no", cut, "yes", "",
		"yes",                        // a copy
		"8", "3", "2", "4", "1", "1", // take the notes out; the first picture as it is
		"8", "2", notes, img, "", "1", // the notes after all; the picture is there, though it is not as it would be now
		"1", "", "yes"}, "send")
	h.says(screen, "You can send files too: pictures, recordings, documents.", "Whoever reads this sees the names of the files.", " is not taken: no such file or directory. Check the path.", " is not taken: it is a folder. Send the files in it one by one",
		" is not taken: it is empty.", "IMG 1.jpg, JPEG picture,", "Hidden data is taken out: where it was taken; comments.", "my notes.txt, text, 5 bytes. We do not take hidden data out of this kind of file.",
		"You have this file already. It is sent once.", "This picture is broken, so hidden data cannot be taken out of it.", "Send it as it is, with all that is hidden in it?",
		"It goes as it is. What is hidden in it is not known.", "Files that go with it:", "IMG 1.jpg", "my notes.txt", "cut.jpg",
		"It goes as it is, with what is hidden in it: where it was taken; comments.", "You have this file already.", "Sending file 1 of 3: 100 %", "Sending file 3 of 3: 100 %", "Sending: 100 %", "Keep these eight words")
	if strings.Contains(screen, h.dir) {
		t.Error("a path is shown")
	}
	reports, err := h.box.Reports("alice")
	h.must(err)
	var got []string
	for _, f := range reports[0].Files {
		got = append(got, f.Name+" "+h.content(f))
	}
	if want := []string{"IMG 1.jpg " + dirty, "cut.jpg " + dirty[:len(dirty)-20], "my notes.txt notes"}; !slices.Equal(got, want) {
		t.Errorf("alice has %.300q", got)
	}

	// More of them later, with a message that has no words; and the list is full at 20.
	words, lines := h.words(screen), []string{"2", "."}
	for i := range dropbox.MaxFiles {
		lines = append(lines, h.file("more"+string(rune('a'+i)), "more "+string(rune('a'+i))))
	}
	screen = h.person(0, slices.Concat([]string{words}, lines, []string{"1", "1"}), "check")
	h.says(screen, "That is as many as go at once.", "Your message was sent to your readers.", "File 23: moret, text, 6 bytes")
}

// A file is not what she was told of any more when it is sent: it does not go. She looks at it again, and it does.
func TestFileChangesMeanwhile(t *testing.T) {
	h := setUp(t)
	file := h.file("a.txt", "what she was told of")
	lines := []string{"1", "2", "1", "s", "It happened.", ".", file, "", "yes", "1", "no", "8", "3", "8", file, "", "1", "", "yes"}
	code, screen := h.types(&moments{lines, map[int]func(){9: func() { h.file("a.txt", "what nobody has seen") }}, 0}, h.where("send")...)
	h.is("exit", code, 0)
	h.says(screen, "Not sent: file 1: the file changed while it was read.", "Wait until nothing writes to it any more", "Send the text now, without the files?", "Take a file out", "Keep these eight words")
	reports, err := h.box.Reports("alice")
	h.must(err)
	if len(reports) != 1 || h.content(reports[0].Files[0]) != "what nobody has seen" {
		t.Errorf("alice has %+v", reports)
	}
}

// There is room for the first file, and none for the second for a while: the first is not sent again.
func TestWhatHasArrivedIsNotSentAgain(t *testing.T) {
	var n atomic.Int32
	h := setUp(t, droptest.Options{Wrap: func(s web.Store) web.Store { return stormy{s, &n, 2, dropbox.ErrFull} }})
	screen := h.person(0, []string{"1", "2", "1", "s", "It happened.", ".", "yes", "1", "no", "1", "", "yes"}, "send", "-file", h.file("a.txt", "one"), "-file", h.file("b.txt", "two"))
	h.says(screen, "Sending file 1 of 2: 100 %", "Not sent: file 2: there is no room for files right now.", "Sending file 2 of 2: 100 %", "Keep these eight words")
	reports, err := h.box.Reports("alice")
	h.must(err)
	f := reports[0].Files
	h.is("pieces, and what alice has", all(n.Load(), h.content(f[0]), h.content(f[1])), "3 one two")
}

// She saves what a reader sent, where she likes; and what she sent, if she kept it.
func TestPersonSavesFiles(t *testing.T) {
	h := setUp(t)
	words := h.script(0, "Something", "send").Code
	h.says(h.person(0, []string{words}, "files"), "There are no files here.")
	h.answers("alice", "Read this.", "%PDF-answer", noise(3<<20))
	folder := t.TempDir()
	screen := h.person(0, []string{words, "7", "", "7", "3", "x", "1,2", "/nowhere", "'" + folder + "'", "1"}, "check")
	h.says(screen, "Read this.", "File 1: answer.pdf, PDF, 11 bytes", "File 2: answer.pdf, file of a kind that we do not know, 3.0 MB", "Save files", "A file that is saved stays on this disk",
		"There is no such number.", "There is no such number.", "There is no such folder.", "Fetching file 1: 100 %", "Saved: "+filepath.Join(folder, "answer.pdf"), "Fetching file 2: 100 %",
		"Saved: "+filepath.Join(folder, "answer (2).pdf"), "Please close this window")
	if h.contentOf(filepath.Join(folder, "answer.pdf")) != "%PDF-answer" || h.contentOf(filepath.Join(folder, "answer (2).pdf")) != noise(3<<20) {
		t.Errorf("saved are %q", h.names(folder))
	}
	t.Chdir(folder)
	h.says(h.person(0, []string{words, "all", ""}, "files"), "answer (3).pdf", "answer (4).pdf")
	h.says(h.person(0, []string{words}, "files", "-save", "1", "-out", folder), "answer (5).pdf")
	h.is("the folder", len(h.names(folder)), 5)
}

// What is not what was sent is never saved, and neither is half of a file, whatever becomes of the connection and of her patience.
func TestNothingHalfIsSaved(t *testing.T) {
	h, liar := lied(t)
	words := h.script(0, "Something", "send").Code
	want := noise(3 << 20)
	h.answers("alice", "Read this.", want)
	folder := t.TempDir()
	args := []string{"files", "-server", liar.URL, "-keyholders", h.keyholders, "-code-file", h.file("words", words), "-save", "1", "-out", folder, "-json"}
	var mu sync.Mutex // protects n and flipped
	n, flipped := 0, byte(0)
	cut := func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if n++; n%2 == 0 || n > 3 && n < 6 {
			panic(http.ErrAbortHandler)
		}
		status, body := liar.Forward(r)
		w.Header().Set("Content-Range", strings.Replace(r.Header.Get("Range"), "=", " ", 1)+fmt.Sprintf("/%d", dropbox.BlobSize(int64(len(want)))))
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		w.Write(body[:len(body)-1])
		w.Write([]byte{body[len(body)-1] ^ flipped})
	}
	for name, c := range map[string]struct {
		lie   http.HandlerFunc
		flip  byte
		pause error
		tries string
		code  int
		token string
	}{
		"breaks off often":    {cut, 0, nil, "6", 0, ""},
		"one bit is another":  {cut, 1, nil, "6", 1, "unreadable-file"},
		"she stops it":        {cut, 0, context.Canceled, "6", 3, "stopped"},
		"she has no patience": {cut, 0, nil, "1", 3, "unreachable"},
		"it is gone": {func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, `{"error":"nothing-here","message":"no"}`, 404)
		}, 0, nil, "6", 1, "nothing-here"},
		"it makes no sense": {func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("<html>")) }, 0, nil, "6", 1, "answer"},
	} {
		liar.Lie("blob/", c.lie)
		mu.Lock()
		n, flipped = 0, c.flip
		mu.Unlock()
		h.pause = func(context.Context, time.Duration) error { return c.pause }
		code, stdout, stderr := h.start(false, "", append(args, "-tries", c.tries)...)
		said := h.told(c.code, code, stdout, stderr, nil)
		h.is(name, said.Error, c.token)
		mu.Lock()
		asked := n
		mu.Unlock()
		if names := h.names(folder); c.code != 0 && len(names) > 0 {
			t.Errorf("%s: there is %q", name, names)
		}
		for _, s := range said.Saved {
			if h.contentOf(s.Path) != want || asked < 4 {
				t.Errorf("%s: what was saved is not what was sent; %d requests", name, asked)
			}
			h.must(os.Remove(s.Path))
		}
	}
	h.is("no folder", h.script(1, words, "files", "-code-file", "-", "-save", "1", "-out", folder+"/nowhere").Error, "no-such-folder")
	h.is("no number", h.script(1, words, "files", "-code-file", "-", "-save", "2", "-out", folder).Error, "no-such-number")
}

// A record with files goes to readers with them.
func TestRecordWithFilesIsShared(t *testing.T) {
	h := setUp(t)
	words := h.script(0, "For myself.", "send", "-wish", "record", "-file", h.file("a.txt", "one")).Code
	h.script(0, words+"\n", "message", "-code-file", "-", "-file", h.file("b.txt", "two"))
	h.script(0, words, "share", "-code-file", "-")
	reports, err := h.box.Reports("alice")
	h.must(err)
	f := reports[0].Files
	if len(f) != 2 || h.content(f[0]) != "one" || h.content(f[1]) != "two" {
		t.Errorf("alice has %+v", f)
	}
	h.is("her own", len(h.script(0, words, "files", "-code-file", "-").Files), 2)
	h.is("in it", h.script(0, words, "check", "-code-file", "-").Entries[1].Files[0].N, 2)
}

// Names are made to fit a disk, which counts bytes.
func TestNamesFitADisk(t *testing.T) {
	folder := t.TempDir()
	for i, name := range []string{strings.Repeat("説", 96) + ".txt", strings.Repeat("説", 96) + ".txt", "a." + strings.Repeat("x", 98), "file", "file"} {
		tmp, err := os.CreateTemp(folder, ".tellbox-*")
		if err != nil {
			t.Fatal(err)
		}
		tmp.Close()
		path, err := settle(tmp.Name(), folder, name)
		ending := filepath.Ext(name)
		if err != nil || len(filepath.Base(path)) > 240 || i < 2 && filepath.Ext(path) != ending {
			t.Errorf("%q: %q, %v", name, path, err)
		}
	}
	if entries, err := os.ReadDir(folder); len(entries) != 5 || err != nil {
		t.Errorf("there are %v, %v", entries, err)
	}
}
