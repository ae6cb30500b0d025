package window

import (
	"net/http"
	"strings"
	"testing"

	"tellbox/dropbox/droptest"
)

// Whoever got her session, as another program of this machine does whose page she opened, has nothing of it once the desk was locked.
func TestSessionEndsWithALock(t *testing.T) {
	h := openedDesk(t)
	stolen := h.cookie()
	unlock := func(cookie, with string) *droptest.Page {
		form := "form=" + h.window.form + "&next=/case/1&once=the+same&passphrase=" + strings.ReplaceAll(with, " ", "+")
		return h.asked("POST", "/unlock", http.Header{"Cookie": {cookie}, "Origin": {h.window.origin()}, "Content-Type": {"application/x-www-form-urlencoded"}}, form)
	}
	note := h.request("/case/1/note", []string{"note", "By a thief"})
	note.Header.Set("Cookie", stolen)
	h.press("/lock")
	h.press("/unlock", "passphrase", passphrase)
	h.shows("inbox", "")
	if h.cookie() == stolen || h.cookie() == "" {
		t.Error("the session is the same as before")
	}
	h.window.mu.Lock()
	h.window.told = []string{secret} // what the next page says is for her
	h.window.mu.Unlock()
	for _, path := range []string{"/", "/case/1", "/key", "/card.txt", "/picture.png", "/stats.csv", "/nothing"} {
		if p := h.asked("GET", path, http.Header{"Cookie": {stolen}}, ""); p.Name() != "locked" || strings.Contains(p.Body, secret) || strings.Contains(p.Body, "alice") || p.ByID("lock") != nil {
			t.Errorf("%s shows a thief %s", path, p.Name())
		}
	}
	page, err := (&droptest.Visitor{Client: http.DefaultClient}).Do(note)
	h.must(err)
	if page.Name() != "locked" {
		t.Errorf("his note is answered by %s", page.Name())
	}
	if p := unlock(stolen, "a guess"); p.Name() != "locked" || p.Problem() != "passphrase" || len(p.Header.Values("Set-Cookie")) > 1 {
		t.Errorf("his guess is answered by %s %s %v", p.Name(), p.Problem(), p.Header)
	}
	h.go_("/case/1")
	if h.shows("case", "", secret); strings.Contains(h.text(), "By a thief") {
		t.Error("he has left a note")
	}

	// Her browser, if the answer with the new session was lost because she pressed twice, needs the passphrase and nothing else.
	for range 2 {
		p := unlock(stolen, passphrase)
		if p.Status != http.StatusSeeOther || p.Header.Get("Location") != "/case/1" || !strings.Contains(p.Header.Get("Set-Cookie"), h.cookie()) {
			t.Errorf("unlocked again: %d %v", p.Status, p.Header)
		}
	}
}
