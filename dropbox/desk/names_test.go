package desk

import (
	"strings"
	"testing"

	"tellbox/dropbox"
)

// Names that she wrote are found in a reply; what only looks like one is not.
func TestNames(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, `It was Mr. Whitlock, and later Daniel. Nobody helped. On Monday in March I told Bob, and the NHS too.
Everybody saw it! "Come here," he said to Zoë O'Brien-Smith. Then nobody... (it was J. Kowalski). Please help; I'm afraid of Al. Yours, Miss Éva`)
	h.send(dropbox.Message, "I meant Fergus.")
	alice := w.desk("alice")
	w.sync(alice)
	for text, want := range map[string]string{
		"Dear you, did Daniel's manager know? And DANIEL, daniel?": "Daniel",
		"Whitlock and Kowalski, Daniel and Daniel.":                "Whitlock Kowalski Daniel",
		"Has Zoë spoken to Brien or Smith?":                        "Zoë Brien Smith",
		"Éva or Eva, and Fergus":                                   "Éva Fergus",
		// false friends
		"Nobody on Monday. Everybody in March; Come to the NHS, Please, Then": "",
		"Miss, Mr, Al, I'm":           "",
		"Bob and Alice at the Centre": "", // readers
		"For years, Danielle":         "",
		"":                            "",
	} {
		got, err := alice.Names(h.id(), text)
		if err != nil || got == nil || strings.Join(got, " ") != want {
			t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestWordsThatBegin(t *testing.T) {
	got := ""
	for w, begins := range words("One two. Three Dr. Four\n- Five: Six (Seven) “Eight” 'Nine' it's J. Ten e.g. Eleven? Twelve") {
		if begins {
			w = "[" + w + "]"
		}
		got += w + " "
	}
	if want := "[One] two [Three] Dr Four [Five] [Six] Seven [Eight] [Nine] it s J Ten e g Eleven [Twelve] "; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
