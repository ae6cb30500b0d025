package window

import (
	"strings"
	"testing"
)

// A browser keeps what was typed into a form, and sends it again at Back and Reload: whoever sits at an open desk gets no sheet by that.
func TestSheetIsShownOnce(t *testing.T) {
	w := newWorld(t)
	h := w.start(w.desk())
	h.go_("/key")
	ask := h.request("/sheet", []string{"passphrase", passphrase})
	again := h.request("/sheet", []string{"passphrase", passphrase, "once", "as it was"})
	twice := h.request("/sheet", []string{"passphrase", passphrase, "once", "as it was"})
	h.do(ask)
	h.shows("sheet", "", "TELLBOX RECOVERY SHEET")
	h.do(again)
	h.shows("sheet", "", "TELLBOX RECOVERY SHEET")
	h.do(twice)
	if h.shows("key", ""); strings.Contains(h.text(), "TELLBOX RECOVERY SHEET") {
		t.Error("the sheet is shown without the passphrase")
	}
}
