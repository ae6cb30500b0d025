package main

import (
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// The server shows an older list of readers than her lines name: it lies, or was restored from a backup. She sees what is there and can take it
// back, which needs nobody to be vouched for; nothing of hers is sealed.
func TestOlderList(t *testing.T) {
	h := setUp(t)
	code := dropbox.NewCode()
	her, err := code.Reporter(dropbox.BoxID(h.box.Set.Box))
	h.must(err)
	alice, _ := h.box.Roster.Reader("alice")
	f := dropbox.Frame{Kind: dropbox.Report, Day: "2026-02-11", Text: "Something", Wish: "advice", Roster: h.box.Roster.Version + 2, Readers: []string{"alice"}, Copy: true}
	p, err := her.Seal(f, []dropbox.Reader{{ID: "alice", Recipient: alice.Recipient}}, nil, []string{"alice"})
	h.must(err)
	p.Sending = newSending()
	p.SetDigest()
	_, err = h.box.Store.Put(t.Context(), p, true)
	h.must(err)
	words := code.Words()

	said := h.script(1, words, "check", "-code-file", "-")
	if said.Error != "rollback" || said.Account != "Something" || !slices.ContainsFunc(said.Warnings, func(w string) bool { return strings.Contains(w, "older list of readers") }) {
		t.Errorf("check says %+v", said)
	}
	for _, args := range [][]string{{"message"}, {"wish", "-wish", "complaint"}} {
		if said := h.script(1, words+"\nMore", append(args, "-code-file", "-")...); said.Error != "rollback" {
			t.Errorf("%s says %+v", args[0], said)
		}
	}
	h.says(h.person(0, []string{words, "2", "3", "3", "1"}, "check"), "older list of readers", "Not sent: ", "Not sent: ")
	code2, out, errs := h.start(false, words, "withdraw", "-yes", "-code-file", "-", "-json", "-server", h.box.URL) // nothing pinned either
	if said := h.told(0, code2, out, errs, []string{"withdraw"}); !slices.Equal(said.Deleted, []string{"alice"}) {
		t.Errorf("taking it back says %+v", said)
	}
}
