package window

import (
	"net/http"
	"strings"
	"testing"

	"tellbox/dropbox/droptest"
)

// The desk locks when nobody is there, and at her press of a button; then there is only the passphrase to type, and what she sent is kept.
func TestLock(t *testing.T) {
	h := openedDesk(t)
	typed := h.request("/case/1/reply", []string{"reply", "What I had typed", "do", "send"})
	noted := h.request("/case/1/note", []string{"note", "And a note"})
	if !h.clock.pass() {
		t.Fatal("the clock does not run")
	}
	for _, path := range []string{"/", "/case/1", "/key", "/search", "/card.txt", "/picture.png", "/stats.csv", "/backup"} {
		p := h.go_(path)
		h.shows("locked", "")
		if p.Status != http.StatusLocked || strings.Contains(p.Body, secret) || strings.Contains(p.Body, "alice") || p.ByID("lock") != nil {
			t.Errorf("%s, locked: %d %s", path, p.Status, p.Body)
		}
	}
	if h.window.desk != nil {
		t.Error("the desk is open")
	}
	other := h.desk() // another program can have the folder
	h.must(other.Close())

	h.do(noted)
	h.shows("locked", "", "What you wrote is kept")
	h.do(typed)
	if h.shows("locked", ""); strings.Contains(h.page.Body, "What I had typed") {
		t.Error("a locked page shows what was typed")
	}
	h.press("/unlock", "passphrase", "wrong")
	h.shows("locked", "passphrase", "Type it again")
	h.press("/unlock", "passphrase", "")
	h.shows("locked", "no-passphrase")
	h.press("/unlock", "passphrase", passphrase)
	h.shows("case", "kept", secret, "This is your draft")
	if f, err := h.page.Form("/case/1/reply"); err != nil || f.Get("reply") != "What I had typed" {
		t.Errorf("the form has %v, %v", f, err)
	}
	h.press("/case/1/reply", "do", "send")
	h.shows("case", "", "Your reply is stored")

	h.press("/lock")
	h.shows("locked", "")
	if h.clock.pass(); h.window.desk != nil {
		t.Error("her button does not lock")
	}
	h.press("/unlock", "passphrase", passphrase)
	h.shows("inbox", "")
}

// While something is on its way the desk stays open; then the time counts from anew.
func TestLongRequestsKeepItOpen(t *testing.T) {
	h := openedDesk(t)
	slow, release := make(chan bool), make(chan bool)
	h.window.router.(interface {
		HandlerFunc(method, path string, handler http.HandlerFunc)
	}).HandlerFunc("GET", "/slow", func(rw http.ResponseWriter, r *http.Request) {
		v, end := h.window.begin(rw, r)
		defer end()
		slow <- true
		<-release
		if h.window.desk == nil {
			t.Error("the desk was closed under a request")
		}
		h.window.answer(v, h.window.key)
	})
	done := make(chan *droptest.Page)
	go func() { done <- h.asked("GET", "/slow", http.Header{"Cookie": {h.cookie()}}, "") }()
	<-slow
	if h.clock.pass() {
		t.Error("the clock runs while a request is on its way")
	}
	h.window.visits.over()                                                                   // it had just fired when the request came
	go func() { done <- h.asked("GET", "/slow", http.Header{"Cookie": {h.cookie()}}, "") }() // waits for the first
	release <- true
	<-slow
	if h.clock.pass() {
		t.Error("the clock runs while a second request is on its way")
	}
	release <- true
	for range 2 {
		if p := <-done; p.Name() != "key" {
			t.Errorf("a long request is answered by %s", p.Name())
		}
	}
	if !h.clock.pass() {
		t.Error("the clock does not run after it")
	}
	if h.go_("/"); h.page.Name() != "locked" {
		t.Errorf("and does not lock: %s", h.page.Name())
	}
}
