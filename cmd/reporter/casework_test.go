package main

import (
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
)

// decides lets a reader carry out steps of casework, on the report that he has, or that alice passed on to him.
func (h *here) decides() func(id string, f dropbox.Frame, others ...string) {
	count := map[string]int{}
	return func(id string, f dropbox.Frame, others ...string) {
		h.Helper()
		reports, err := h.box.Reports("alice")
		h.must(err)
		report := *reports[0]
		if theirs, err := h.box.Reports(id); err == nil && len(theirs) > 0 {
			report = *theirs[0]
		} else {
			report.Key, f.Chain = dropbox.AddedKey(report.Key, id), []string{"alice"}
		}
		count[id]++
		f.Count = count[id]
		h.must(h.box.Step(h.Context(), id, &report, f, others...))
	}
}

// Alice reads, asks Carol to read it too, Bob steps aside, Carol closes it, and she opens it again; then she takes it back from all of them.
func TestWhatReadersDecide(t *testing.T) {
	h := setUp(t)
	words := h.script(0, "Something", "send", "-copy").Code
	step := h.decides()
	check := func() told { t.Helper(); return h.script(0, words, "check", "-code-file", "-") }
	look := func() string { t.Helper(); return h.person(0, []string{words, "1"}, "check") }

	step("alice", dropbox.Frame{Kind: dropbox.Status, Turn: 1, Status: "reading"}, "bob")
	c := check()
	h.is("read", all(c.Status, c.StatusBy, c.StatusDay, c.Closed, c.Reopened, c.AcknowledgeBy, c.AnswerBy, c.Left, c.Against), "reading alice 2026-02-11 false false 2026-02-18 2026-05-11 [] []")
	h.says(look(), "Alice Okafor gave you news", "Your report is being read.", "There is news about your report.", "Your report is being read. Alice Okafor said so on 11 February 2026.", "You last heard from Alice Okafor.",
		"A reader should write to you by 18 February 2026.")

	h.clock.Add(24 * time.Hour)
	step("alice", dropbox.Frame{Kind: dropbox.Added, Turn: 2, Added: "carol", Named: "carol", Text: "She knows more of this."}, "bob", "carol")
	step("bob", dropbox.Frame{Kind: dropbox.Status, Turn: 3, Left: true}, "alice", "carol")
	step("carol", dropbox.Frame{Kind: dropbox.Status, Turn: 4, Status: "investigator", Text: "As you asked."}, "alice")
	step("alice", dropbox.Frame{Kind: dropbox.Note, Text: "CANARY"}, "carol")
	c = check()
	h.is("handed over", all(c.Status, c.StatusBy, c.StatusDay, c.Named, c.Readers, c.Left, len(c.Entries), c.Warnings), "investigator carol 2026-02-12 carol [alice carol] [bob] 5 []")
	h.is("the entries", c.Entries[2:], []entry{{3, "added", "alice", "2026-02-12", "She knows more of this.", "", true, []fileView{}, decision{Added: "carol", Named: "carol"}},
		{4, "status", "bob", "2026-02-12", "", "", true, []fileView{}, decision{Left: true}}, {5, "status", "carol", "2026-02-12", "As you asked.", "", true, []fileView{}, decision{Status: "investigator"}}})
	h.says(look(), "Alice Okafor asked someone to read this", "Alice Okafor asked Carol Adeyemi to read this too", "in the name of Carol Adeyemi", "Carol Adeyemi is your contact from now on.", "She knows more of this.",
		"Bob Lindqvist stepped aside, and gets nothing new from you. Whoever steps aside is asked to delete", "Your report is with the investigator.", "As you asked.",
		"You have 1 new answer.", "Your report is with the investigator. Carol Adeyemi said so on 12 February 2026.", "Your contact is Carol Adeyemi.", "You should have a full answer by 11 May 2026.",
		"Who gets what you write now: Alice Okafor, Carol Adeyemi", "Bob Lindqvist stepped aside")

	step("carol", dropbox.Frame{Kind: dropbox.Status, Turn: 5, Status: dropbox.Closed, Text: "All is said for now."}, "alice")
	c = check()
	h.is("closed", all(c.Status, c.StatusBy, c.Closed, c.Reopened, c.AnswerBy, c.Late), "closed carol true false  false")
	h.says(look(), "All is said for now.", "Your report is closed. Carol Adeyemi said so on 12 February 2026.", "You can write more at any time. Then it is open again.")
	h.is("her message", h.script(0, words+"\nThere is more.", "message", "-code-file", "-").Readers, "[alice carol]")
	c = check()
	h.is("open again", all(c.Status, c.Closed, c.Reopened), " false true")
	h.says(look(), "You wrote more after your report was closed. It is open again.")

	back := h.script(0, words, "withdraw", "-yes", "-code-file", "-")
	h.is("taken back from all who hold something", all(back.Asked, back.Deleted, back.Unasked), "[alice carol bob] [] []")
	for _, id := range []string{"alice", "bob", "carol"} {
		mail, err := h.box.Mail(id)
		h.must(err)
		o, err := dropbox.Open(mail[len(mail)-1].Envelope, h.box.Advocates[id].Identity)
		h.must(err)
		kind, _, _ := o.Claimed()
		h.is(id+" got last", kind, dropbox.Withdrawn)
	}
}

// Somebody whom she struck off was added by a program that does what none should. She is told so, by whom, and what she can do.
func TestAddedAgainstHerWill(t *testing.T) {
	h := setUp(t)
	words := h.script(0, "Something", "send", "-copy", "-exclude", "bob").Code
	step := h.decides()
	step("alice", dropbox.Frame{Kind: dropbox.Added, Turn: 1, Added: "bob"}, "bob")
	step("bob", dropbox.Frame{Kind: dropbox.Status, Turn: 2, Status: dropbox.Closed, Text: "CANARY"}, "alice")
	c := h.script(0, words, "check", "-code-file", "-")
	h.is("against her will", all(c.Against, c.Readers, c.Status, c.Closed, len(c.Entries), len(c.Warnings)), "[{bob alice}] [alice]  false 2 1")
	h.is("the warning", c.Warnings[0], "You ruled out Bob Lindqvist. But Bob Lindqvist may have your report. Alice Okafor passed it on, with what came before. That must not happen. "+
		"We do not send Bob Lindqvist what you write here. We show you nothing from Bob Lindqvist. But Alice Okafor could pass on more. You can talk to a help line about what to do now. "+
		"You can tell Carol Adeyemi, the ombudsperson, who has nothing of this from us. You can take it back, and write it again without Alice Okafor. What was read cannot be undone.")
	h.says(h.person(0, []string{words, "1"}, "check"), "You had ruled out Bob Lindqvist.", "Note: You ruled out Bob Lindqvist.")
	before, err := h.box.Mail("bob")
	h.must(err)
	screen := h.person(0, []string{words, "yes"}, "withdraw")
	h.says(screen, "You ruled out Bob Lindqvist. But", "Asked to delete their copy: Alice Okafor.", "Could not be asked: Bob Lindqvist.", "You ruled out these people, but a reader passed it on to them.")
	if after, err := h.box.Mail("bob"); err != nil || len(after) > len(before) {
		t.Errorf("bob, who is struck off, got something: %v", err)
	}
}

// When a day has passed she is told whom she can turn to; never somebody she struck off.
func TestLate(t *testing.T) {
	h := setUp(t)
	words := h.script(0, "Something", "send", "-copy").Code
	other := h.script(0, "Something else", "send", "-copy", "-exclude", "carol", "-exclude", "bob").Code
	h.decides()("alice", dropbox.Frame{Kind: dropbox.Status, Turn: 1, Status: "received", Named: "alice"}, "bob")
	h.is("in time", h.script(0, words, "check", "-code-file", "-").Late, "false")
	h.clock.Add(8 * 24 * time.Hour)
	h.is("late", h.script(0, words, "check", "-code-file", "-").Late, "true")
	h.says(h.person(0, []string{words, "1"}, "check"), "Your contact is Alice Okafor.", "The day for an answer has passed.", "They get what you write below: Bob Lindqvist.",
		"You can speak to Carol Adeyemi (Independent), the ombudsperson, who has nothing of this from us.", "You can call a help line, with or without a report.", "Samaritans: 116 123")
	screen := h.person(0, []string{other, "1"}, "check")
	h.says(screen, "The day for an answer has passed.", "You can call a help line")
	if strings.Contains(screen, "ombudsperson") || strings.Contains(screen, "Carol") {
		t.Errorf("she is sent to somebody she struck off:\n%s", screen)
	}

	// Who has left the list can be asked for nothing; her page says so.
	h.decides()("bob", dropbox.Frame{Kind: dropbox.Status, Turn: 2, Left: true}, "alice")
	h.must(h.box.Roster.Remove("bob", h.clock.Now()))
	h.must(h.box.Install(t.Context()))
	back := h.script(0, words, "withdraw", "-yes", "-code-file", "-")
	h.is("taken back", all(back.Asked, back.Unasked), "[alice] [bob]")
}
