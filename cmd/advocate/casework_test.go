package main

import (
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
)

// A status is said in the words that the inbox has for it, and a wrong one is refused before anybody is asked for a passphrase.
func TestStatusWord(t *testing.T) {
	h, id := oneCase(t, "Something")
	home := h.home
	h.home = t.TempDir() // no key is here that could be opened
	for _, wrong := range []string{"investigaor", dropbox.Closed} {
		_, said := h.run(2, "", "status", id, wrong)
		h.says(said, "received, reading, answered, investigator, panel", "advocate close CASE closes it")
	}
	h.home = home
	h.says(h.first(h.run(0, "", "status", id, "Investigator")), "The reporter is told that case "+id+" is with the investigator.")
	h.says(h.first(h.run(0, "", "inbox")), "With the investigator;")
}

// What goes to colleagues does not look like a note that she keeps for herself.
func TestToColleaguesIsNoNote(t *testing.T) {
	h, id := oneCase(t, "Something")
	h.run(0, "For me alone", "note", id, "-text-file", "-")
	h.run(0, "For Bob, too", "tell", id, "-text-file", "-")
	h.says(h.first(h.run(0, "", "read", id)), "2. note between colleagues from alice, ", "Between colleagues; the reporter does not see it.", "Your notes. They are private", "Note 1, ")
}

// Who names herself on leaving is told what else to do, and not that she has no case.
func TestLeaveToOneself(t *testing.T) {
	h, _ := oneCase(t, "Something")
	var no failed
	h.json(1, "", &no, "leave", "-to", "alice")
	h.is(no, "nothing-to-do")
	out, said := h.run(1, "", "leave", "-to", "alice", "-list")
	if out != "" {
		t.Errorf("it prints %q", out)
	}
	h.says(said, "hint: name somebody other than yourself")
	var l desk.Leaving
	if h.json(0, "", &l, "leave", "-to", "bob", "-list"); len(l.Cases) != 1 {
		t.Errorf("listed %+v", l)
	}
}
