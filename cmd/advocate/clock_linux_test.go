package main

import (
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
)

// The clock in words: what is due, what is late, and whom to turn to.
func TestShowClock(t *testing.T) {
	const far = "2999-01-01"
	for _, c := range []struct {
		k            desk.Clock
		acknowledged bool
		want         string
	}{
		{desk.Clock{AcknowledgeBy: far, AnswerBy: far}, false, "  Acknowledge by 2999-01-01, full answer by 2999-01-01.\n"},
		{desk.Clock{AcknowledgeBy: "2026-02-18", AnswerBy: far, Overdue: true, TurnTo: []string{"Olga", "B\u202eob"}}, false,
			"  Acknowledge by 2026-02-18 (OVERDUE), full answer by 2999-01-01.\n  If you cannot keep up with it, turn to Olga, B[U+202E]ob.\n"},
		{desk.Clock{AcknowledgeBy: "2026-02-18", AnswerBy: far, Remind: true}, true,
			"  Full answer by 2999-01-01.\n  60 days have gone by without a full answer. Once there is one: advocate status abcd answered\n"},
		{desk.Clock{AcknowledgeBy: "2026-02-18", AnswerBy: "2026-05-11", Remind: true, Overdue: true}, true,
			"  Full answer by 2026-05-11 (OVERDUE).\n  There is nobody else in the roster to turn to.\n"},
		{desk.Clock{AcknowledgeBy: "2026-02-18", AnswerBy: "2026-05-11", FullAnswer: "2026-03-01"}, true, "  Full answer on 2026-03-01.\n"},
	} {
		var out strings.Builder
		showClock(&out, "  ", "abcd", c.k, c.acknowledged)
		if out.String() != c.want {
			t.Errorf("got\n%swant\n%s", out.String(), c.want)
		}
	}
}

// A report that lay about for ten weeks: inbox and case say whom to turn to, and the answer ends it.
func TestOverdue(t *testing.T) {
	h := joinedUp(t)
	h.day = h.now().AddDate(0, 0, -70)
	h.write(dropbox.Report, "Something")
	h.day = time.Time{}
	var in desk.Inbox
	h.json(0, "", &in, "inbox")
	l := in.Cases[0]
	if !l.Overdue || !l.Remind || len(l.TurnTo) != 1 || l.TurnTo[0] != "Bob" {
		t.Fatalf("line %+v", l)
	}
	for _, verb := range [][]string{{"inbox"}, {"read", l.ID}} {
		h.says(h.first(h.run(0, "", verb...)), "cknowledge by "+l.AcknowledgeBy+" (OVERDUE), full answer by "+l.AnswerBy+".\n", "turn to Bob.\n")
	}
	h.run(0, "I am sorry that nobody wrote.", "reply", l.ID)
	h.says(h.first(h.run(0, "", "inbox")), "60 days have gone by without a full answer.")
	h.run(0, "", "status", l.ID, "answered")
	h.json(0, "", &in, "inbox")
	if l := in.Cases[0]; l.Overdue || l.Remind || l.FullAnswer == "" {
		t.Errorf("answered: %+v", l)
	}
}
