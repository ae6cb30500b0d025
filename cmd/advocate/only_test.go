package main

import (
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
)

// The inbox can be looked at in parts, and each case is in those where it belongs.
func TestInboxInParts(t *testing.T) {
	h, id := oneCase(t, "Something")
	want := func(only string, n int) {
		t.Helper()
		var in desk.Inbox
		if h.json(0, "", &in, "inbox", "-only", only); len(in.Cases) != n {
			t.Errorf("%s: %d cases, want %d", only, len(in.Cases), n)
		}
	}
	for only, n := range map[string]int{"new": 1, "mine": 0, "waiting": 1, "overdue": 0} {
		want(only, n)
	}
	h.run(0, "", "read", id)
	h.run(0, "", "assign", id, "bob")
	for only, n := range map[string]int{"new": 0, "mine": 0, "waiting": 0, "overdue": 0} {
		want(only, n)
	}
	h.run(0, "", "assign", id, "alice")
	want("mine", 1)
	want("waiting", 1)
	h.says(h.first(h.run(0, "", "inbox", "-only", "new")), ": 0 cases of 1")
	h.run(0, "I am Alice.", "reply", id, "-text-file", "-")
	want("waiting", 0)
	h.write(dropbox.Message, "More")
	want("new", 1)
	want("waiting", 1)
	h.run(0, "We spoke.", "close", id, "-text-file", "-")
	want("waiting", 0)
	h.run(2, "", "inbox", "-only", "yours")
}
