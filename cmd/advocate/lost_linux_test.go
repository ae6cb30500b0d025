package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
)

// rot damages all files of a kind, and takes the index that would hide it.
func (h *here) rot(glob string) {
	h.Helper()
	found, err := filepath.Glob(filepath.Join(h.home, glob))
	if err != nil || len(found) == 0 {
		h.Fatalf("no %s: %v", glob, err)
	}
	for _, name := range found {
		b, err := os.ReadFile(name)
		h.must(err)
		b[len(b)-50] ^= 1
		h.must(os.WriteFile(name, b, 0o600))
	}
	h.must(os.RemoveAll(filepath.Join(h.home, "index.age")))
}

// A disk that rots: everything that is wrong is said in words, with what to do.
func TestDamagedDisk(t *testing.T) {
	h, id := oneCase(t, "Something")
	h.run(0, "Hello", "reply", id)
	h.run(0, "Ring Carol", "note", id)
	_, stderr := h.run(0, "Say "+h.code.Words(), "draft", id, "-text-file", "-")
	h.says(stderr, "Your draft is kept, but cannot be sent as it stands: it has the words of a code in it.")
	h.rot("mail/*.age")
	h.says(h.first(h.run(0, "", "inbox")), ": 0 cases", "Of 1 case the report cannot be opened any more", "     "+id+": 1 reply of yours, your draft, your notes\n", "advocate forget CASE deletes what is left")
	_, stderr = h.run(0, "", "backup", "-out", filepath.Join(t.TempDir(), "b"))
	h.says(stderr, "note: 1 piece of mail is not as it came", "advocate inbox -again")
	var in desk.Inbox
	h.json(0, "", &in, "inbox", "-again")
	if len(in.Cases) != 1 || len(in.Lost) != 0 {
		t.Errorf("after -again %+v", in)
	}
	h.rot("mail/*.age")
	h.json(0, "", new(desk.Forgotten), "forget", id)
	h.json(0, "", &in, "inbox")
	if text, _ := json.Marshal(in.Lost); string(text) != "[]" {
		t.Errorf("left %s", text)
	}
}

// Whichever verb opens the desk first says what went with that.
func TestAnyVerbSaysWhatOpeningDid(t *testing.T) {
	h, id := oneCase(t, "Something")
	h.run(0, "Ring Carol", "note", id)
	found, err := filepath.Glob(filepath.Join(h.home, "notes/*.age"))
	h.must(err)
	kept, err := os.ReadFile(found[0])
	h.must(err)
	h.write(dropbox.Withdrawn, "")
	h.run(0, "", "inbox")
	h.must(os.WriteFile(found[0], kept, 0o600)) // as if it had been killed amid that
	_, stderr := h.run(0, "", "read", id)
	h.says(stderr, "note: The reporter took case "+id+" back.")
	if _, stderr := h.run(0, "", "read", id); strings.Contains(stderr, "note:") {
		t.Errorf("it says again %s", stderr)
	}
}
