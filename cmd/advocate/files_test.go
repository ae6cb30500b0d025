package main

import (
	"bytes"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/desk"
	"tellbox/dropbox/droptest"
)

func (h *here) upload(name string, content []byte) dropbox.File {
	h.Helper()
	c, err := client.Dial(h.box.URL, "")
	h.must(err)
	f, err := c.SendFile(h.Context(), client.Source{Name: name, Size: int64(len(content)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }}, client.Transfer{})
	h.must(err)
	return f
}

func picture() []byte {
	exif := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x0f\x00\x02\x00\x00\x00\x06\x00\x00\x00\x1a\x00\x00\x00\x00SECRET\x00\x00\x00"
	return []byte(droptest.JPEG(droptest.Segment(0xe1, exif)))
}

type filesJSON struct {
	desk.CaseFiles
	Saved, Previews []desk.Saved
	failed
}

// An advocate looks at what came, saves what she needs, and sees pictures without opening them.
func TestFiles(t *testing.T) {
	h := joinedUp(t)
	lie := h.upload("lie.txt", []byte("lie"))
	lie.SHA256[0]++
	hostile := "\x1b[31m\u202egpj.\u2066" + strings.Repeat("x", 300) + ".exe"
	h.write(dropbox.Report, "See these", h.upload("photo.jpg", picture()), h.upload(hostile, []byte("MZ")), lie)
	h.write(dropbox.Message, "", h.upload("../../notes.pdf", []byte("%PDF-1.7")))
	var in desk.Inbox
	h.json(0, "", &in, "inbox")
	id := in.Cases[0].ID

	out, _ := h.run(0, "", "read", id)
	for _, want := range []string{"\n  File 1: photo.jpg (", "\n  File 4: notes.pdf (8 bytes; looks like application/pdf)\n", "advocate files " + id} {
		if !strings.Contains(out, want) {
			t.Errorf("read does not print %q:\n%s", want, out)
		}
	}
	out, _ = h.run(0, "", "files", id[:4])
	for _, want := range []string{": 4 files.", "1. photo.jpg\n", "looks like image/jpeg; from the reporter", "in entry 2\n   sha256 ", "can act as a program", "can be a trap", "-preview N"} {
		if !strings.Contains(out, want) {
			t.Errorf("files does not print %q:\n%s", want, out)
		}
	}
	if strings.ContainsAny(out, "\x1b\u202e\u2066") || strings.Contains(out, "[U+") {
		t.Errorf("files draws on the terminal: %q", out)
	}
	var list filesJSON
	h.json(0, "", &list, "files", id)
	if len(list.Files) != 4 || list.Files[3].N != 4 || list.Files[3].Entry != 2 || len(list.Files[0].SHA256) != 64 || len(list.Saved) != 0 || list.Folder != filepath.Join(h.home, "files", id) {
		t.Fatalf("files %+v", list)
	}
	if _, err := os.Stat(list.Folder); err == nil {
		t.Error("listing has made a folder")
	}

	out, _ = h.run(0, "", "files", "-save", "4", id, "-save", "1")
	if strings.Count(out, list.Folder) != 2 || !strings.Contains(out, "readable") || !strings.Contains(out, "can be a trap") {
		t.Errorf("save prints %s", out)
	}
	h.json(0, "", &list, "files", id, "-save", "4")
	if len(list.Saved) != 1 || !list.Saved[0].Again || list.Saved[0].Path != filepath.Join(list.Folder, "4 notes.pdf") {
		t.Errorf("saved again: %+v", list.Saved)
	}
	if info, err := os.Stat(list.Saved[0].Path); err != nil || info.Mode() != 0o600 {
		t.Errorf("it is %v, %v", info, err)
	}

	// One that lies does not keep the others from being saved, and is an error all the same.
	other := filepath.Join(t.TempDir(), "out")
	h.json(1, "", &list, "files", id, "-save", "all", "-out", other)
	h.is(list.failed, "altered-file")
	names, err := os.ReadDir(other)
	if err != nil || len(names) != 3 || len(list.Saved) != 3 || !strings.Contains(list.Message, "file 3") {
		t.Errorf("saved %v, %v; %+v", names, err, list)
	}

	out, _ = h.run(0, "", "files", id, "-preview", "1")
	if !strings.Contains(out, "A preview of file 1 is in\n    "+filepath.Join(list.Folder, "1 preview.png")) || strings.Contains(out, "trap") {
		t.Errorf("preview prints %s", out)
	}
	b, err := os.ReadFile(filepath.Join(list.Folder, "1 preview.png"))
	if err != nil || bytes.Contains(b, []byte("SECRET")) {
		t.Errorf("the preview: %v", err)
	}
	if m, err := png.Decode(bytes.NewReader(b)); err != nil || m.Bounds().Dx() != 40 {
		t.Errorf("the preview is no picture: %v", err)
	}
	var no failed
	h.json(1, "", &no, "files", id, "-preview", "4")
	h.is(no, "no-preview")
	h.json(1, "", &no, "files", id, "-save", "5", "-save", "1")
	h.is(no, "unknown-file")
	h.json(1, "", &no, "files", "zzzz")
	h.is(no, "unknown-case")

	t.Chdir(filepath.Dir(h.home))
	h.home = "A"
	if out, _ = h.run(0, "", "files", id, "-save", "4"); !strings.Contains(out, "    "+list.Folder) || !strings.Contains(out, "It goes with the case") {
		t.Errorf("from her own folder: %s", out)
	}

	out, _ = h.run(0, "", "forget", id)
	if _, err := os.Stat(list.Folder); err == nil || !strings.Contains(out, "files that you saved elsewhere") {
		t.Errorf("forget leaves the files: %v, or does not say what stays: %s", err, out)
	}
}

// What a picture hides is said and taken out before it goes; what cannot go is refused before anything goes.
func TestReplyWithFiles(t *testing.T) {
	h := joinedUp(t)
	h.write(dropbox.Report, "Something")
	var in desk.Inbox
	h.json(0, "", &in, "inbox")
	id, dir := in.Cases[0].ID, t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		h.must(os.WriteFile(path, content, 0o600))
		return path
	}
	photo, paper := file("photo.jpg", picture()), file("paper.pdf", []byte("%PDF-1.7"))

	_, notes := h.run(0, "stands there and is not read", "reply", id, "-file", photo, "-file", paper, "-file", paper)
	for _, want := range []string{"paper.pdf is there twice; it is sent once.", "photo.jpg, JPEG picture, ", ". Hidden data is taken out: with what device or program.", "paper.pdf, PDF, 8 bytes. We do not take hidden data out of this kind of file."} {
		if !strings.Contains(notes, want) {
			t.Errorf("reply does not say %q:\n%s", want, notes)
		}
	}
	var c desk.Case
	h.json(0, "", &c, "read", id)
	e := c.Entries[len(c.Entries)-1]
	if e.Text != "" || len(e.Files) != 2 || e.Files[0].Name != "photo.jpg" || e.Files[0].Size >= int64(len(picture())) {
		t.Fatalf("the reply is %+v", e)
	}
	var done replied
	h.json(0, "With words", &done, "reply", id, "-text-file", "-", "-original", "-file", photo)
	if !done.Stored || done.N != 3 || len(done.Files) != 1 || !done.Files[0].Original || done.Files[0].Size != int64(len(picture())) {
		t.Errorf("reply %+v", done)
	}
	h.json(0, "", &c, "read", id)
	if e := c.Entries[2]; e.Text != "With words" || e.Files[0].Size != int64(len(picture())) || e.Files[0].N != 3 {
		t.Errorf("the reply is %+v", e)
	}

	large := file("large", nil)
	h.must(os.Truncate(large, dropbox.MostFile+1))
	for path, token := range map[string]string{dir: "folder", file("empty", nil): "empty-file", large: "too-large", filepath.Join(dir, "no"): "no-such-file",
		file("cut.png", []byte("\x89PNG\r\n\x1a\n\x00\x00")): "broken-picture"} {
		var no failed
		h.json(1, "", &no, "reply", id, "-file", photo, "-file", path)
		h.is(no, token)
	}
	var no failed
	h.json(1, "", &no, "reply", id, "-file", photo, "-text-file", "-")
	h.is(no, "empty-text")
	many := []string{"reply", id}
	for range dropbox.MaxFiles + 1 {
		many = append(many, "-file", paper)
	}
	h.json(1, "", &no, many...)
	h.is(no, "too-many-files")
	h.json(0, "", &c, "read", id)
	if len(c.Entries) != 3 {
		t.Errorf("what was refused was sent: %+v", c.Entries)
	}

	h.must(h.box.Stop())
	waits = []time.Duration{time.Millisecond}
	h.json(3, "", &no, "files", id, "-save", "1")
	h.is(no, "unreachable")
	h.json(3, "", &no, "reply", id, "-file", photo)
	h.is(no, "unreachable")
}
