package main

import (
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
)

// An advocate hands over what she has, and is told what is still to do.
func TestLeave(t *testing.T) {
	h := joinedUp(t)
	h.write(dropbox.Report, "Something")
	h.run(0, "", "inbox")
	var no failed
	h.run(2, "", "leave")
	h.json(1, "", &no, "leave", "-to", "zoe")
	h.is(no, "unknown-reader")
	var l desk.Leaving
	if h.json(0, "", &l, "leave", "-to", "bob", "-list"); len(l.Cases) != 1 || l.Cases[0].Step != desk.LeaveHandOver || l.Cases[0].Done {
		t.Errorf("listed %+v", l)
	}
	if out, _ := h.run(0, "", "leave", "-to", "bob", "-list"); !strings.Contains(out, "handed over to bob") || !strings.Contains(out, "Nothing was done yet") {
		t.Errorf("-list prints %s", out)
	}
	out, _ := h.run(0, "", "leave", "-to", "Bob")
	for _, want := range []string{l.Cases[0].ID + "  handed over to bob", "keyholder remove -roster ROSTER alice", "Your key stays on this machine"} {
		if !strings.Contains(out, want) {
			t.Errorf("leave does not say %q:\n%s", want, out)
		}
	}
	if h.json(0, "", &l, "leave", "-to", "bob"); len(l.Cases) != 0 {
		t.Errorf("again %+v", l)
	}
	h.json(1, "Hello", &no, "reply", h.only())
	h.is(no, "left")
}

// only is her one case.
func (h *here) only() string {
	h.Helper()
	var in desk.Inbox
	if h.json(0, "", &in, "inbox"); len(in.Cases) != 1 {
		h.Fatalf("inbox %+v", in)
	}
	return in.Cases[0].ID
}
