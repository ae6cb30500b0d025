package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
)

// An advocate's laptop is stolen. With the sheet out of her safe she is herself again: the same card, the same mail.
func TestSheetAndRecover(t *testing.T) {
	h := joinedUp(t)
	h.write(dropbox.Report, "Something")
	dir := t.TempDir()
	file := filepath.Join(dir, "sheet")
	var made struct{ Sheet, File string }
	h.json(0, "", &made, "sheet", "-out", file)
	printed, err := os.ReadFile(file)
	h.must(err)
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 || made.File != file {
		t.Errorf("%v, %v, %+v", info, err, made)
	}
	var no failed
	h.json(1, "", &no, "sheet", "-out", file)
	h.is(no, "exists")
	h.json(1, "", &no, "sheet", "-out", filepath.Join(dir, "none", "sheet"))
	h.is(no, "no-such-file")
	screen, notes := h.run(0, "", "sheet")
	if screen != string(printed) || !strings.Contains(notes, "close this window") || !strings.Contains(screen, "Alice Okafor") || !strings.Contains(screen, h.box.URL) {
		t.Errorf("on the screen stands\n%s%s", screen, notes)
	}
	card, err := os.ReadFile(filepath.Join(h.home, "card.txt"))
	h.must(err)

	old := h.home
	h.home = filepath.Join(dir, "new")
	h.must(os.WriteFile(h.passphrase, []byte("another one\n"), 0o600))
	line := regexp.MustCompile(`(?m)^ *2\. .*\n`).FindString(screen)
	h.json(1, strings.Replace(screen, line, strings.Replace(line, line[5:9], "????", 1), 1), &no, "recover")
	h.is(no, "slip")
	if strings.Contains(no.Message, line[10:14]) || !strings.Contains(no.Message, "line 2 ") {
		t.Errorf("it says %q", no.Message)
	}
	h.json(1, "1. QQQQ", &no, "recover")
	h.is(no, "slip")
	h.json(1, "", &no, "recover")
	h.is(no, "sheet")
	if _, err := os.Stat(filepath.Join(h.home, "secret.age")); err == nil {
		t.Error("a secret was made of nothing")
	}

	var done struct{ ID, Home, Fingerprint string }
	h.json(0, "", &done, "recover", "-sheet-file", file)
	again, err := os.ReadFile(filepath.Join(h.home, "card.txt"))
	h.must(err)
	if string(again) != string(card) || done.ID != "alice" || !strings.Contains(screen, done.Fingerprint) {
		t.Errorf("recover says %+v, and the card is\n%s", done, again)
	}
	h.json(1, "", &no, "recover", "-sheet-file", file)
	h.is(no, "exists")
	fresh := h.home
	h.home = filepath.Join(dir, "third")
	told, _ := h.run(0, "", "recover", "-sheet-file", file)
	h.home = fresh
	for _, want := range []string{done.Fingerprint, "your own replies", "stepped aside from, or deleted, are shown again", "put secret.age in the place of"} {
		if !strings.Contains(told, want) {
			t.Errorf("recover does not say %q:\n%s", want, told)
		}
	}
	h.run(0, "", "join", "-server", h.box.URL, "-keyholders", h.keyholders)
	var in desk.Inbox
	if h.json(0, "", &in, "inbox"); len(in.Cases) != 1 {
		t.Errorf("inbox %+v", in)
	}

	// Where only the passphrase was forgotten, the new secret opens the old folder.
	secret, err := os.ReadFile(filepath.Join(h.home, "secret.age"))
	h.must(err)
	h.home = old
	h.must(os.WriteFile(filepath.Join(old, "secret.age"), secret, 0o600))
	if h.json(0, "", &in, "inbox"); len(in.Cases) != 1 {
		t.Errorf("in the old folder: %+v", in)
	}
}
