package e2e

import (
	"testing"

	"tellbox/dropbox/droptest"
)

// enterDesk goes to a button and presses it: of the page that comes the second stop is the way to lock, where there is one.
func (d *deskWindow) enterDesk(button, next string) {
	d.t.Helper()
	d.to(button)
	d.do("press", args{"key": "Enter", "leads": true})
	d.at(next)
	if !value[bool](d.tab, `!!document.querySelector("#lock")`) {
		return
	}
	if first, second := d.tabKey(false), d.tabKey(false); second.ID != "lock" {
		d.t.Errorf("%s: the second stop is %s after %s, want #lock", next, second.Is, first.Is)
	}
}

// Everything by keyboard alone: unlocking, reading, a note, a reply, casework, and locking again. Wherever she is, she sees it.
func TestDeskByKeyboard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if _, _, err := droptest.NewVisitor(s.url).Report("It has happened again"); err != nil {
		t.Fatal(err)
	}
	for _, w := range []struct {
		way
		home string
	}{{way{"chromium", "off"}, "alice"}, {way{"firefox", "off"}, "bob"}} {
		t.Run(w.String(), func(t *testing.T) {
			t.Parallel()
			b := open(t, w.way)
			d := s.deskWindow(b, w.home)
			d.at("locked")
			d.to("#passphrase")
			d.do("type", args{"text": deskPassphrase})
			d.enterDesk(`form[action="/unlock"] button`, "inbox")
			d.enterDesk(".cases a", "case")
			d.to("#reply")
			d.do("type", args{"text": "By keyboard"})
			d.to("summary")
			d.key("Enter")
			d.to("#files")
			d.back("#reply")
			d.enterDesk("button[value=send]", "case")
			d.says("Your reply is stored", "By keyboard")
			d.to("#note")
			d.do("type", args{"text": "A note by keyboard"})
			d.to(`form[action="/case/1/note"] button`)
			d.do("press", args{"key": "Enter", "leads": true})
			d.at("case") // at the notes: she goes on there
			d.says("A note by keyboard")
			d.enterDesk(`.step a[href="/case/1/work"]`, "work")
			d.to("[name=status]")
			d.key(" ")
			d.enterDesk("button[value=status]", "case")
			d.says("The reporter is told")
			d.enterDesk(`.step a[href="/case/1/forget"], a.button[href="/case/1/forget"]`, "forget")
			d.to("[name=confirm]")
			d.key(" ")
			d.checked("[name=confirm]")
			d.back("#lock")
			d.do("press", args{"key": "Enter", "leads": true})
			d.at("locked")
		})
	}
}
