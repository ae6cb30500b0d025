package window

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"tellbox/dropbox/droptest"
)

// A case from which she stepped aside, and that nobody reads any more, she gives on without seeing it.
func TestNobodyReadsIt(t *testing.T) {
	w := newWorld(t)
	w.report("It has happened again")
	h := w.start(w.desk())
	h.go_("/case/1/work")
	h.press("/case/1/work", "do", "aside", "confirm", "yes")
	h.shows("case", "", "You stepped aside", "Please delete it")
	h.go_("/case/1/work")
	h.shows("problem", "left")
	w.must(w.box.Roster.Remove("bob", time.Now()))
	w.must(w.box.Install(w.Context()))
	h.go_("/")
	h.press("/fetch")
	h.shows("inbox", "", "Nobody reads case")
	h.go_("/case/1")
	if h.shows("case", "", "Let a colleague read it"); strings.Contains(h.text(), "happened again") || strings.Contains(h.text(), "delete it") {
		t.Errorf("the page shows %s", h.text())
	}
	h.go_("/case/1/work")
	if h.shows("work", "", "Add a colleague", "carol"); strings.Contains(h.text(), "Close the case") {
		t.Errorf("the page offers %s", h.text())
	}
	h.press("/case/1/work", "do", "add", "who", "carol")
	h.shows("case", "", "carol has all of the case now", "Please delete it")
}

// Her key on paper, a change of keys, and what she leaves behind.
func TestSheetAndRotation(t *testing.T) {
	w := newWorld(t)
	w.report("It has happened again")
	h := w.start(w.desk())
	h.go_("/key")
	h.press("/sheet", "passphrase", "wrong")
	if h.shows("key", "passphrase"); h.page.ByID("main") != nil && strings.Contains(h.page.Body, `class="sheet"`) {
		t.Error("the sheet is shown without the passphrase")
	}
	h.press("/sheet", "passphrase", passphrase)
	h.shows("sheet", "", "Alice Okafor")
	n := h.page.Find(func(n *html.Node) bool { return n.Data == "pre" })
	sheet := droptest.Text(n)

	h.go_("/card-next.txt")
	h.shows("problem", "no-rotation")
	h.go_("/rotate")
	h.press("/rotate", "do", "make")
	h.shows("rotate", "", "Your next keys are ready", "Drop the next keys")
	if card := h.go_("/card-next.txt"); !strings.Contains(card.Body, "id alice") {
		t.Errorf("the next card is %s", card.Body)
	}
	h.go_("/rotate")
	h.press("/rotate", "do", "cancel")
	h.shows("rotate", "", "The next keys are dropped", "Make my next keys")

	h.go_("/leave")
	h.press("/leave", "do", "list")
	h.shows("leave", "nobody")
	h.press("/leave", "do", "list", "who", "bob")
	h.shows("leave", "", "Nothing was done yet", "Yes, hand over my cases to bob")
	h.press("/leave", "do", "leave")
	h.shows("leave", "confirm")
	h.press("/leave", "do", "list", "who", "bob")
	h.press("/leave", "do", "leave", "confirm", "yes")
	h.shows("leave", "", "This became of your cases", "What is left to do")
	h.go_("/case/1")
	h.shows("case", "", "You stepped aside")

	w.home = filepath.Join(t.TempDir(), "again")
	again := w.start(nil)
	again.press("/first/recover", "passphrase", passphrase, "again", passphrase, "sheet", "1. QQQQ")
	again.shows("first", "slip", "not as they were printed")
	again.press("/first/recover", "passphrase", passphrase, "again", passphrase, "sheet", sheet)
	again.shows("key", "", "Your key is here again", "Alice Okafor")
}
