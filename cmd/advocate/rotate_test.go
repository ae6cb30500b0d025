package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
	"tellbox/keys"
)

// An advocate changes her keys, command by command, and comes back with the sheet that she printed meanwhile.
func TestRotate(t *testing.T) {
	h := joinedUp(t)
	h.write(dropbox.Report, "Something")
	h.run(0, "", "inbox")
	var no failed
	h.json(1, "", &no, "rotate", "-cancel")
	h.is(no, "no-rotation")
	h.run(2, "", "rotate", "now")

	var made, again struct{ ID, Card, Fingerprint string }
	h.json(0, "", &made, "rotate")
	out, _ := h.run(0, "", "rotate")
	for _, want := range []string{made.Fingerprint, "card-next.txt -replace", "advocate sheet", "-cancel"} {
		if !strings.Contains(out, want) {
			t.Errorf("rotate does not say %q:\n%s", want, out)
		}
	}
	h.json(0, "", &again, "rotate")
	text, err := os.ReadFile(made.Card)
	h.must(err)
	card, err := keys.ParseCard(text)
	h.must(err)
	if again != made || card.Fingerprint() != made.Fingerprint || card.ID != "alice" || card.Name != "Alice Okafor" {
		t.Errorf("rotate says %+v, then %+v", made, again)
	}
	var dropped struct {
		Cancelled bool
		Notices   []string
	}
	if h.json(0, "", &dropped, "rotate", "-cancel"); !dropped.Cancelled {
		t.Errorf("%+v", dropped)
	}
	if h.json(0, "", &again, "rotate"); again.Fingerprint == made.Fingerprint {
		t.Error("the same keys again")
	}
	sheet, _ := h.run(0, "", "sheet")

	text, err = os.ReadFile(made.Card)
	h.must(err)
	card, err = keys.ParseCard(text)
	h.must(err)
	h.must(h.box.Roster.Replace(keys.Reader{Card: *card, Role: keys.Advocate}, h.now()))
	h.must(h.box.Install(t.Context()))
	h.write(dropbox.Message, "More")
	h.json(1, "", &no, "rotate", "-cancel")
	h.is(no, "in-force")
	var in desk.Inbox
	h.json(0, "", &in, "inbox")
	if len(in.Cases) != 1 || in.Cases[0].Entries != 2 || in.Unreadable != 0 {
		t.Errorf("inbox %+v", in)
	}
	h.run(0, "Hello", "reply", in.Cases[0].ID)

	h.home = filepath.Join(t.TempDir(), "new")
	h.run(0, sheet, "recover")
	h.run(0, "", "join", "-server", h.box.URL, "-keyholders", h.keyholders)
	if h.json(0, "", &in, "inbox"); len(in.Cases) != 1 || in.Cases[0].Entries != 2 || in.Unreadable != 0 {
		t.Errorf("with the sheet: %+v", in)
	}
	now, err := os.ReadFile(filepath.Join(h.home, "card.txt"))
	if err != nil || !strings.Contains(string(now), card.RecipientText) {
		t.Errorf("her card is\n%s", now)
	}
}
