package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
)

// An advocate gets a new laptop.
func TestBackup(t *testing.T) {
	h := joinedUp(t)
	h.write(dropbox.Report, "Something")
	var in desk.Inbox
	h.json(0, "", &in, "inbox")
	id := in.Cases[0].ID
	h.run(0, "Hello", "reply", id)

	dir := t.TempDir()
	file, home := filepath.Join(dir, "backup"), h.home
	var made struct {
		File  string
		Bytes int64
		Files int
		failed
	}
	h.json(0, "", &made, "backup", "-out", file)
	info, err := os.Stat(file)
	h.must(err)
	if made.File != file || made.Bytes != info.Size() || made.Files < 8 {
		t.Errorf("backup says %+v", made)
	}
	h.json(1, "", &made, "backup", "-out", file)
	h.is(made.failed, "exists")
	h.json(1, "", &made, "backup", "-out", filepath.Join(home, "mail", "backup"))
	h.is(made.failed, "inside")
	h.json(1, "", &made, "backup", "-out", filepath.Join(dir, "none", "backup"))
	h.is(made.failed, "no-such-file")
	if out, _ := h.run(0, "", "backup", "-out", file+"2"); !strings.Contains(out, "Files that you saved are not in it") || !strings.Contains(out, "destroy this and older ones") {
		t.Errorf("backup prints %s", out)
	}
	h.must(os.Symlink("x", filepath.Join(home, "link")))
	h.json(1, "", &made, "backup", "-out", file+"3")
	h.is(made.failed, "odd-file")

	h.json(1, "", &made, "restore", "-from", file) // into the folder of a desk
	h.is(made.failed, "not-empty")
	h.home = filepath.Join(dir, "new")
	h.must(os.Mkdir(h.home+".part", 0o700))
	h.json(1, "", &made, "restore", "-from", file)
	h.is(made.failed, "unfinished")
	h.must(os.Remove(h.home + ".part"))
	h.json(1, "", &made, "restore", "-from", h.keyholders)
	h.is(made.failed, "not-a-backup")
	if strings.Contains(made.Message, "tellbox/1") {
		t.Errorf("the message quotes the file: %s", made.Message)
	}
	h.json(1, "", &made, "restore", "-from", file+"4")
	h.is(made.failed, "no-such-file")
	right := h.passphrase
	h.passphrase = h.keyholders
	h.json(1, "", &made, "restore", "-from", file)
	h.is(made.failed, "passphrase")
	h.passphrase = right
	h.run(2, "", "restore")
	h.run(2, "", "backup")

	var done struct {
		Home, ID, Day string
		Files         int
		Notices       []string
	}
	h.json(0, "", &done, "restore", "-from", file)
	if done.ID != "alice" || done.Home != h.home || done.Day != dropbox.Today(h.now()) || done.Files < 8 || len(done.Notices) != 4 {
		t.Errorf("restore says %+v", done)
	}
	var c desk.Case
	h.json(0, "", &c, "read", id)
	if len(c.Entries) != 2 || c.Entries[0].Text != "Something" || c.Entries[1].Text != "Hello" {
		t.Errorf("on the new laptop she reads %+v", c)
	}
	h.run(0, "", "inbox")
	h.run(0, "And from here", "reply", id)
	h.home += "er"
	if out, _ := h.run(0, "", "restore", "-from", file+"2"); !strings.Contains(out, "\n- Use this desk alone") || !strings.Contains(out, "advocate forget CASE") || !strings.Contains(out, "Next: advocate inbox") {
		t.Errorf("restore prints %s", out)
	}
}
