package window

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tellbox/dropbox/droptest"
)

// From an empty folder to a reply: she makes a key, a keyholder adds her, she joins, reads and answers, and the reporter finds the answer.
func TestStory(t *testing.T) {
	t.Parallel()
	w := &world{T: t, home: filepath.Join(t.TempDir(), "dana")}
	var err error
	w.box, err = droptest.Start(t.TempDir(), droptest.Options{})
	w.must(err)
	t.Cleanup(func() { w.box.Stop() })

	h := w.start(nil)
	h.shows("first", "", "There is no key in this folder yet")
	h.press("/first/key", "id", "dana", "name", "Dana Ito", "org", "Centre", "passphrase", passphrase, "again", "other")
	h.shows("first", "twice")
	if f, _ := h.page.Form("/first/key"); f.Get("name") != "Dana Ito" || f.Get("passphrase") != "" {
		t.Errorf("the form has %v again", f.Values)
	}
	h.press("/first/key", "passphrase", passphrase, "again", passphrase)
	h.shows("key", "", "Your key is made", "Dana Ito")
	card := h.go_("/card.txt")
	if !strings.Contains(card.Header.Get("Content-Disposition"), "card.txt") {
		t.Errorf("the card is no download: %v", card.Header)
	}
	w.add(card.Body)

	h.go_("/")
	h.shows("key", "")
	h.go_("/join")
	h.press("/join", "server", w.box.URL, "chain", strings.ReplaceAll(string(w.box.Chain), "\n", "\r\n"))
	h.shows("compare", "", w.box.Set.Keyholders[0].Fingerprint(), "2 of these 3 must sign")
	h.press("/join/confirm")
	h.shows("people", "", "Dana Ito", "Alice Okafor", w.box.Set.Keyholders[2].Fingerprint())
	h.go_("/")
	h.shows("inbox", "", "There are no cases here")

	words := w.report("It was Roderick who did it. I told Roderick to stop.", "wish", "complaint", "prompt.where", "At the office")
	h.press("/fetch")
	h.shows("inbox", "", "Your mail is here: 1 new piece.", "wants to make a complaint", "Waiting for an answer", "New")
	h.go_("/case/1")
	h.shows("case", "", "It was Roderick who did it", "Where did it happen?", "At the office")
	h.press("/case/1/note", "note", "Call the law clinic")
	h.shows("case", "", "Your note is kept", "Note 1", "Call the law clinic")
	h.press("/case/1/reply", "reply", "Thank you for telling us about Roderick.", "do", "send")
	h.shows("case", "names", "Roderick")
	h.press("/case/1/reply", "do", "send")
	h.shows("case", "", "Your reply is stored", "Reply by you")
	if h.page.ByID("draft") != nil {
		t.Error("what was sent is still a draft")
	}
	page, err := droptest.NewVisitor(w.box.URL).Check(words)
	w.must(err)
	entries := page.Entries()
	if last := entries[0]; last.From != "dana" || last.Text != "Thank you for telling us about Roderick." {
		t.Errorf("the reporter reads %+v", entries)
	}
	h.press("/close")
	h.shows("closed", "")
	<-h.ended
	if d := w.desk(); len(noted(t, d)) != 1 {
		t.Error("the note is not in her folder")
	}
}

// A reply goes with files; a draft and files wait; what came is saved and shown only when she asks.
func TestFiles(t *testing.T) {
	w := newWorld(t)
	v := droptest.NewVisitor(w.box.URL)
	start, err := v.Get("/")
	w.must(err)
	form, err := v.Press(start, "/report")
	w.must(err)
	f, err := form.Form("/report/send")
	w.must(err)
	sent, err := v.Send(f.With("account", "See the picture"), droptest.File{Name: "a photo.jpg", Content: droptest.JPEG()}, droptest.File{Name: "notes.pdf", Content: "%PDF-1.7 words"})
	w.must(err)
	words := sent.Words()

	h := w.start(w.desk())
	h.go_("/case/1")
	h.shows("case", "", "a photo.jpg", "notes.pdf")
	h.press("/case/1/preview", "file", "2")
	h.shows("case", "no-preview")
	h.go_("/case/1")
	h.press("/case/1/save", "file", "2")
	saved, err := filepath.Glob(filepath.Join(w.home, "files", "*", "*"))
	if err != nil || len(saved) != 1 || filepath.Base(saved[0]) != "2 notes.pdf" {
		t.Fatalf("saved %v, %v", saved, err)
	}
	h.shows("case", "", saved[0])
	h.press("/case/1/preview", "file", "1")
	h.shows("picture", "", "a photo.jpg")
	if made := h.go_("/picture.png"); made.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the preview is %v", made.Header)
	} else if _, err := png.Decode(strings.NewReader(made.Body)); err != nil {
		t.Errorf("the preview is no PNG: %v", err)
	}
	if now, _ := filepath.Glob(filepath.Join(w.home, "files", "*", "*")); len(now) != 1 {
		t.Errorf("a preview got onto the disk: %v", now)
	}

	h.go_("/case/1")
	secret := droptest.JPEG(droptest.Segment(0xfe, "HIDDENCOMMENT"))
	h.do(h.request("/case/1/reply", []string{"reply", "Here it is", "do", "draft"}, droptest.File{Name: "scan.jpg", Content: secret}, droptest.File{Name: "plain.txt", Content: "PLAINWORDS"}))
	h.shows("case", "", "Your draft is kept", "Leave out: scan.jpg", "Hidden data is taken out: comments", "Leave out: plain.txt")
	nothingPlain(t, w.home, "PLAINWORDS", "HIDDENCOMMENT", "Here it is")
	h.do(h.request("/case/1/reply", []string{"do", "send"}))
	h.shows("case", "", "Your reply is stored", "scan.jpg", "plain.txt")
	if h.page.ByID("attached") != nil {
		t.Error("files that were sent are still there to be sent")
	}
	nothingPlain(t, w.home, "PLAINWORDS", "HIDDENCOMMENT", "Here it is")
	if left, _ := filepath.Glob(filepath.Join(w.home, ".unfinished*")); len(left) > 0 {
		t.Errorf("left in the folder: %v", left)
	}
	page, err := droptest.NewVisitor(w.box.URL).Check(words)
	w.must(err)
	if !strings.Contains(page.Body, "scan.jpg") || !strings.Contains(page.Body, "plain.txt") {
		t.Error("the reporter does not see the files")
	}
}

// nothingPlain wants none of the texts in any file of the folder.
func nothingPlain(t *testing.T, folder string, texts ...string) {
	t.Helper()
	seen := 0
	err := filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() || strings.HasPrefix(path, filepath.Join(folder, "files")) {
			return err
		}
		b, err := os.ReadFile(path)
		seen++
		for _, text := range texts {
			if bytes.Contains(b, []byte(text)) {
				t.Errorf("%s holds %q", path, text)
			}
		}
		return err
	})
	if err != nil || seen < 5 {
		t.Errorf("looked at %d files, %v", seen, err)
	}
}
