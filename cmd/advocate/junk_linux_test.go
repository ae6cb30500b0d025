package main

import (
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
)

// A flood, and one case of random text, from the inbox until nothing is left of them but the oldest.
func TestJunk(t *testing.T) {
	h, real := oneCase(t, "Something")
	for range 7 {
		h.code = dropbox.NewCode()
		h.write(dropbox.Report, "Buy pills\u202e"+strings.Repeat(" and more of them", 5))
	}
	h.code = dropbox.NewCode()
	h.write(dropbox.Report, "Random text")
	var in desk.Inbox
	h.json(0, "", &in, "inbox")
	if len(in.Cases) != 3 || len(in.Junk.Floods) != 1 || in.Junk.Floods[0].Reports != 6 || len(in.Junk.Floods[0].Weeks) == 0 {
		t.Fatalf("inbox %+v", in)
	}
	flood := in.Junk.Floods[0]
	random := in.Cases[2].ID
	h.says(h.first(h.run(0, "", "inbox")), ": 3 cases", "Kept apart as junk, and not among the cases.", "6 reports with the very words of case "+flood.Case+", from "+flood.Weeks[0])

	h.says(h.first(h.run(0, "", "junk", random)), "1 case is kept apart as junk", "junk -keep CASE brings it back")
	h.says(h.first(h.run(0, "", "inbox")), ": 2 cases", "1 case that you put aside")
	var list desk.JunkList
	h.json(0, "", &list, "junk", "-list")
	if len(list.Aside) != 1 || list.Aside[0].ID != random || len(list.Floods) != 1 || len(list.Floods[0].Apart) != 6 {
		t.Errorf("listed %+v", list)
	}
	out := h.first(h.run(0, "", "junk", "-list"))
	h.says(out, "6 reports say exactly the same as case "+flood.Case+", which stays:", list.Floods[0].Apart[0].ID+"   week "+flood.Weeks[0]+"   Buy pills[U+202E]",
		"Put aside by you:\n     "+random)
	if strings.Contains(out, "\u202e") {
		t.Errorf("what they wrote draws: %q", out)
	}
	h.says(h.first(h.run(0, "", "read", list.Floods[0].Apart[0].ID)), "Buy pills[U+202E]")
	h.says(h.first(h.run(0, "", "search", "text")), "0 cases found")
	if _, stderr := h.run(0, "", "search", "text"); !strings.Contains(stderr, "7 reports are kept apart as junk, and not searched") {
		t.Errorf("a search says %s", stderr)
	}
	h.run(0, "", "junk", random[:4], "-keep")
	h.json(0, "", &in, "inbox")
	if len(in.Cases) != 3 {
		t.Errorf("brought back: %+v", in)
	}
	h.run(0, "", "junk", random)

	var no failed
	h.json(1, "", &no, "junk", "-remove")
	h.is(no, "not-confirmed")
	h.says(h.person(1, "no\n", "junk", "-remove"), "This deletes for good, here and in your mailbox:", "1 set-aside case", "6 flood reports", "Delete it? yes or no (no)")
	var gone desk.Removed
	h.json(0, "", &gone, "junk", "-remove", "-aside", "-yes")
	if gone.Aside != 1 || gone.Floods != 0 || !gone.Server {
		t.Errorf("removed %+v", gone)
	}
	h.says(h.person(0, "yes\n", "junk", "-remove"), "Deleted, here and in your mailbox: 6 flood reports, 0 set-aside cases, 0 duplicates, 0 unreadable pieces")
	h.json(0, "", &in, "inbox", "-again")
	if len(in.Cases) != 2 || in.Cases[0].ID != real || in.Cases[1].ID != flood.Case || len(in.Junk.Floods) != 0 || in.Junk.Floods == nil {
		t.Errorf("in the end %+v", in)
	}
	h.json(0, "", &gone, "junk", "-remove") // of nothing nobody has to be asked
	h.json(1, "", &no, "junk", "zzzz")
	h.is(no, "unknown-case")
	for _, args := range [][]string{{"junk"}, {"junk", "-list", "-remove"}, {"junk", "-keep"}, {"junk", "-list", "x"}, {"junk", "x", "-floods"}, {"junk", "x", "-yes"}} {
		h.run(2, "", args...)
	}
}
