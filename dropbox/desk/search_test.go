package desk

import (
	"strings"
	"testing"

	"tellbox/dropbox"
)

func TestSearch(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	first, second, gone := w.reporter(), w.reporter(), w.reporter()
	first.sendFiles(dropbox.Report, strings.Repeat("long ago ", 20)+"in the\nOFFICE of Zoë, "+strings.Repeat("and so on ", 20), w.upload("Holiday.pdf", []byte("x")))
	second.send(dropbox.Report, "Elsewhere")
	second.send(dropbox.Message, "The office again")
	gone.send(dropbox.Report, "Office")
	w.sync(alice)
	_, err := alice.Reply(t.Context(), second.id(), "I have rung the centre")
	w.must(err)
	w.note(alice, second.id(), "Ask Carol")
	_, err = alice.Forget(t.Context(), gone.id())
	w.must(err)
	alice = w.again(alice)

	for query, want := range map[string][]string{
		"office":          {first.id(), second.id()},
		"OFF zoë":         {first.id()},
		"zoe":             {},
		"holiday":         {first.id()},
		"years":           {first.id(), second.id()}, // what both said when asked
		"again centre":    {second.id()},             // in a message and in a reply
		"carol elsewhere": {second.id()},
		"carol holiday":   {}, // in two cases
		"nowhere":         {},
	} {
		found, err := alice.Search(strings.Fields(query))
		w.must(err)
		got := []string{}
		for _, r := range found.Cases {
			got = append(got, r.ID)
		}
		if strings.Join(got, " ") != strings.Join(want, " ") || found.Cases == nil || found.Notices == nil {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
	found, err := alice.Search([]string{"office"})
	w.must(err)
	if got, want := found.Cases[0], (Result{first.id(), "2026-W07", "report", "…ago long ago long ago in the OFFICE of Zoë, and so on and so on a…"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := found.Cases[1]; got.Where != "message" || got.Context != "The office again" {
		t.Errorf("got %+v", got)
	}
	_, err = alice.Search([]string{" ", "\x00"})
	w.is(err, ErrNoWords)

	first.withdraw()
	w.sync(alice)
	if found, err = alice.Search([]string{"office"}); err != nil || len(found.Cases) != 1 || found.Cases[0].ID != second.id() {
		t.Errorf("of a case that was taken back: %+v, %v", found, err)
	}
}
