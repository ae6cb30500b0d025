package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/store"
)

// What cannot be sent is refused with a next step, before the server is spoken to, and by its number: no path stands in an error.
func TestFilesThatCannotGo(t *testing.T) {
	h := setUp(t)
	dirty, _ := photo()
	good := h.file("good.txt", "Something")
	words := h.script(0, "Something", "send").Code
	h.must(h.box.Stop()) // so everything that speaks to it ends with 3
	large, closed := h.file("large.bin", "x"), h.file("closed.txt", "x")
	h.must(os.Truncate(large, dropbox.MostFile+1))
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
	h.is("how often she is asked to write", strings.Count(screen, "Write as much or as little"), 1)
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
