package web_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// decides lets a reader carry out steps of casework, on the report that he has, or that alice passed on to him.
func (w *world) decides() func(id string, f dropbox.Frame, others ...string) {
	count := map[string]int{}
	return func(id string, f dropbox.Frame, others ...string) {
		w.t.Helper()
		report := *must[[]*dropbox.Frame](w.t)(w.Reports("alice"))[0]
		if theirs := must[[]*dropbox.Frame](w.t)(w.Reports(id)); len(theirs) > 0 {
			report = *theirs[0]
		} else {
			report.Key, f.Chain = dropbox.AddedKey(report.Key, id), []string{"alice"}
		}
		count[id]++
		f.Count = count[id]
		if err := w.Step(w.t.Context(), id, &report, f, others...); err != nil {
			w.t.Fatal(err)
		}
	}
}

// main is what a page says, without what stands on each.
func main(p *droptest.Page) string {
	return strings.Join(strings.Fields(droptest.Text(p.ByID("main"))), " ")
}

// says looks for sentences, in that order.
func (w *world) says(p *droptest.Page, sentences ...string) {
	w.t.Helper()
	rest := main(p)
	for _, s := range sentences {
		_, after, ok := strings.Cut(rest, s)
		if !ok {
			w.t.Errorf("the page does not say %q, or not there: %s", s, main(p))
			return
		}
		rest = after
	}
}

// What readers decide arrives on her page in words: who reads, who is named to her, how it stands, who stepped aside; closed, and open again
// once she writes. Taking it back asks everybody who holds something.
func TestWhatReadersDecide(t *testing.T) {
	w := newWorld(t)
	words := w.report("Something", "copy", "yes")
	step := w.decides()
	step("alice", dropbox.Frame{Kind: dropbox.Status, Turn: 1, Status: "received", Named: "alice"}, "bob")
	c := w.check(words)
	w.says(c, "There is news about your report.", "Your report has arrived. Alice Okafor said so on 11 February 2026.", "Your contact is Alice Okafor.", "A reader should write to you by 18 February 2026.")

	w.clock.Add(24 * time.Hour)
	step("alice", dropbox.Frame{Kind: dropbox.Added, Turn: 2, Added: "carol", Named: "carol", Text: "She knows <more>."}, "bob", "carol")
	step("bob", dropbox.Frame{Kind: dropbox.Status, Turn: 3, Left: true}, "alice", "carol")
	step("carol", dropbox.Frame{Kind: dropbox.Status, Turn: 4, Status: "panel", Text: "As you asked."}, "alice")
	step("alice", dropbox.Frame{Kind: dropbox.Note, Text: "CANARY"}, "carol")
	c = w.check(words)
	var got []string
	for _, e := range c.Entries() {
		got = append(got, e.Kind+" "+e.From+" "+e.Text)
	}
	if want := []string{"status carol As you asked.", "status bob ", "added alice She knows <more>.", "status alice ", "report you Something"}; !slices.Equal(got, want) {
		t.Errorf("her entries are %q, want %q", got, want)
	}
	w.says(c, "You have 1 new answer.", "Your report is with the panel. Carol Adeyemi said so on 12 February 2026.", "Your contact is Carol Adeyemi.", "You should have a full answer by 11 May 2026.",
		"Your report is with the panel. As you asked.", "Bob Lindqvist stepped aside, and gets nothing new from you.", "Alice Okafor asked Carol Adeyemi to read this too",
		"Alice Okafor could also write to you in the name of Carol Adeyemi.", "Carol Adeyemi is your contact from now on.",
		"Who gets what you write now", "Alice OkaforCarol Adeyemi", "Bob Lindqvist stepped aside")

	step("carol", dropbox.Frame{Kind: dropbox.Status, Turn: 5, Status: dropbox.Closed, Text: "All is said."}, "alice")
	c = w.check(words)
	w.says(c, "Your report is closed. Carol Adeyemi said so on 12 February 2026. You can write more at any time. Then it is open again.", "Your report is closed. All is said.")
	if strings.Contains(main(c), "You should have a full answer by") {
		t.Error("a closed report waits for an answer")
	}
	had := len(must[[]dropbox.MailEntry](t)(w.Mail("bob")))
	c = w.press(c, "/message", "text", "There is more.")
	w.expect(c, 200, "conversation", "")
	w.says(c, "Your message was sent to your readers.", "You wrote more after your report was closed. It is open again.")
	if mail := must[[]dropbox.MailEntry](t)(w.Mail("carol")); len(mail) != 4 { // the case, two of alice's and bob's, and the message
		t.Errorf("carol has %d envelopes", len(mail))
	}
	if len(must[[]dropbox.MailEntry](t)(w.Mail("bob"))) != had {
		t.Error("bob, who stepped aside, got her message")
	}

	// Alice has left the list by now. She cannot be asked, and the page says so.
	if err := w.Roster.Remove("alice", w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := w.Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	c = w.check(words)
	w.says(c, "Who gets what you write now", "Carol Adeyemi", "Bob Lindqvist stepped aside", "alice has left the list of readers")
	c = w.press(c, "/withdraw", "confirm", "yes")
	w.expect(c, 200, "withdrawn", "")
	if asked, unasked := c.Items("asked"), c.Items("unasked"); !slices.Equal(asked, []string{"Bob Lindqvist", "Carol Adeyemi"}) || !slices.Equal(unasked, []string{"alice"}) || len(c.Items("deleted")) != 0 {
		t.Errorf("asked %q, unasked %q, deleted %q", asked, unasked, c.Items("deleted"))
	}
	for _, id := range []string{"bob", "carol"} {
		mail := must[[]dropbox.MailEntry](t)(w.Mail(id))
		o := must[*dropbox.Opened](t)(dropbox.Open(mail[len(mail)-1].Envelope, w.Advocates[id].Identity))
		if kind, _, _ := o.Claimed(); kind != dropbox.Withdrawn {
			t.Errorf("%s was not asked to delete it", id)
		}
	}
}

// A program that does what none should adds somebody whom she struck off: she is told at once, by whom, and what she can do. Nothing that he
// says is shown, and he gets nothing.
func TestAddedAgainstHerWill(t *testing.T) {
	w := newWorld(t)
	words := w.report("Something", "copy", "yes", "exclude", "bob")
	step := w.decides()
	step("alice", dropbox.Frame{Kind: dropbox.Added, Turn: 1, Added: "bob"}, "bob")
	step("bob", dropbox.Frame{Kind: dropbox.Status, Turn: 2, Status: dropbox.Closed, Named: "bob", Text: "CANARY"}, "alice")
	c := w.check(words)
	if alert := c.ByID("against"); droptest.Attr(alert, "role") != "alert" {
		t.Fatal("there is no alert")
	}
	w.says(c, "You ruled out Bob Lindqvist. But Bob Lindqvist may have your report.", "Alice Okafor passed it on", "You can talk to a help line", "You can tell Carol Adeyemi, the ombudsperson, who has nothing of this from us.", "write it again without Alice Okafor.",
		"Alice Okafor asked Bob Lindqvist to read this too", "You had ruled out Bob Lindqvist.")
	if s := main(c); strings.Contains(s, "CANARY") || strings.Contains(s, "closed") || strings.Contains(s, "Your contact") {
		t.Errorf("what somebody says whom she struck off is shown: %s", s)
	}
	had := len(must[[]dropbox.MailEntry](t)(w.Mail("bob")))
	w.expect(w.press(c, "/message", "text", "More"), 200, "conversation", "")
	if len(must[[]dropbox.MailEntry](t)(w.Mail("bob"))) != had {
		t.Error("bob got her message")
	}
	c = w.press(w.check(words), "/withdraw", "confirm", "yes")
	w.expect(c, 200, "withdrawn", "")
	if !slices.Equal(c.Items("not-asked"), []string{"Bob Lindqvist"}) || !slices.Equal(c.Items("asked"), []string{"Alice Okafor"}) {
		t.Errorf("not asked %q, asked %q", c.Items("not-asked"), c.Items("asked"))
	}
	for _, m := range must[[]dropbox.MailEntry](t)(w.Mail("bob")) {
		if o, err := dropbox.Open(m.Envelope, w.Advocates["bob"].Identity); err == nil {
			if kind, _, _ := o.Claimed(); kind == dropbox.Withdrawn {
				t.Error("bob, who is struck off, is told that she took it back")
			}
		}
	}
}

// When a day has passed she is told whom she can turn to: other readers, the ombudsperson unless she struck that person off, and the help lines.
func TestWhomToTurnTo(t *testing.T) {
	w := newWorld(t)
	words, alone := w.report("Something", "copy", "yes"), w.report("Something else", "exclude", "carol")
	w.decides()("alice", dropbox.Frame{Kind: dropbox.Status, Turn: 1, Status: "reading", Named: "alice"}, "bob")
	if c := w.check(words); c.ByID("late") != nil {
		t.Error("late on the first day")
	}
	w.clock.Add(8 * 24 * time.Hour)
	w.says(w.check(words), "Your contact is Alice Okafor.", "The day for an answer has passed.", "They get what you write below: Bob Lindqvist", "You can speak to Carol Adeyemi (Independent), the ombudsperson, who has nothing of this from us.", "You can call a help line, with or without a report.")
	c := w.check(alone)
	w.says(c, "The day for an answer has passed.", "Alice Okafor, Bob Lindqvist", "You can call a help line")
	if strings.Contains(main(c), "ombudsperson") {
		t.Error("she is sent to somebody whom she struck off")
	}
}
