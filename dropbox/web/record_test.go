package web_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// She keeps something for herself, comes back, adds to it, and shares it much later with those she still trusts.
func TestRecord(t *testing.T) {
	w := newWorld(t)
	page := w.send(w.blank().With("account", "What he said", "prompt.when", "At noon", "wish", "record", "about", "saw", "exclude", "bob"))
	w.expect(page, 200, "code", "")
	words := page.Words()
	for _, want := range []string{"Nobody reads this, so nobody can answer or help.", "It is kept until 11 February 2036."} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the words page does not say %q", want)
		}
	}
	w.nobodyGot()

	w.clock.Add(18 * 24 * time.Hour) // 1 March
	c := w.check(words)
	w.expect(c, 200, "conversation", "")
	if e := c.Entries(); len(e) != 1 || !strings.Contains(e[0].Text, "What he said") || !strings.Contains(c.Body, "At noon") {
		t.Errorf("she sees %+v", e)
	}
	if !strings.Contains(c.Body, "Nobody reads this, so nobody can answer or help.") || !strings.Contains(c.Body, "It is kept until 11 February 2036.") {
		t.Error("the page does not say that it is hers alone, and until when it is kept")
	}
	if _, err := c.Form("/wish"); err == nil {
		t.Error("a record has the form to change the wish: it is shared instead")
	}
	c = w.press(c, "/message", "text", "And again")
	w.expect(c, 200, "conversation", "")
	if len(c.Entries()) != 2 || !strings.Contains(c.Body, "It is kept until 25 February 2036.") {
		t.Errorf("after adding: %+v", c.Entries())
	}
	w.nobodyGot()

	w.clock.Add(31 * 24 * time.Hour) // 1 April
	c = w.check(words)
	share := w.form(c, "/share")
	if got := share.Values["exclude"]; !slices.Equal(got, []string{"bob"}) {
		t.Errorf("struck off on the form are %q: she struck off bob when she wrote it", got)
	}
	c = w.send(share.With("wish", "complaint"))
	w.expect(c, 200, "conversation", "")
	got := must[[]*dropbox.Frame](t)(w.Reports("alice"))
	if len(got) != 1 {
		t.Fatalf("alice got %d reports", len(got))
	}
	f := got[0]
	if f.Text != "2026-02-11\nWhat he said\n\n2026-03-01\nAnd again" || f.Day != "2026-04-01" || f.Wish != "complaint" || f.About != "saw" ||
		!slices.Equal(f.Prompt, []dropbox.Prompt{{ID: "when", Text: "At noon"}}) || !slices.Equal(f.Readers, []string{"alice"}) || !slices.Equal(f.StruckOff, []string{"bob"}) {
		t.Errorf("alice got %+v", f)
	}
	if got := w.reports("bob"); len(got) != 0 {
		t.Errorf("bob, who was struck off, got %q", got)
	}
	if strings.Contains(c.Body, "Nobody reads this") || !strings.Contains(c.Body, "8 April 2026") || !strings.Contains(c.Body, "Day you first wrote it down") {
		t.Error("the page does not say that it is shared now, and by when she should hear")
	}

	// From here on it is a report like any other.
	if _, err := w.Reply(t.Context(), "alice", f, 1, "I am here."); err != nil {
		t.Fatal(err)
	}
	c = w.check(words)
	if !slices.ContainsFunc(c.Entries(), func(e droptest.Entry) bool { return e.Text == "I am here." && e.New }) {
		t.Errorf("she sees %+v", c.Entries())
	}
	c = w.press(c, "/message", "text", "Thank you")
	w.expect(c, 200, "conversation", "")
	w.expect(w.press(c, "/wish", "wish", "record"), 200, "conversation", "")
	if mail := must[[]dropbox.MailEntry](t)(w.Mail("alice")); len(mail) != 3 {
		t.Errorf("alice has %d envelopes, want 3", len(mail))
	}
	c = w.press(w.check(words), "/withdraw", "confirm", "yes")
	w.expect(c, 200, "withdrawn", "")
	if len(c.Items("deleted")) != 0 || len(c.Items("asked")) != 1 {
		t.Errorf("deleted %q, asked %q", c.Items("deleted"), c.Items("asked"))
	}
}

// nobodyGot holds all mailboxes to be empty.
func (w *world) nobodyGot() {
	w.t.Helper()
	for _, id := range []string{"alice", "bob", "carol"} {
		if mail := must[[]dropbox.MailEntry](w.t)(w.Mail(id)); len(mail) != 0 {
			w.t.Errorf("%s got %d envelopes of a record", id, len(mail))
		}
	}
}

func (w *world) record(text string) (words string) {
	w.t.Helper()
	return w.report(text, "wish", "record")
}

func TestRecordTakenBack(t *testing.T) {
	w := newWorld(t)
	words := w.record("x")
	c := w.press(w.check(words), "/withdraw", "confirm", "yes")
	w.expect(c, 200, "withdrawn", "")
	if !strings.Contains(c.Body, "No reader had it.") || c.Items("deleted") != nil || c.Items("asked") != nil {
		t.Errorf("deleted %q, asked %q", c.Items("deleted"), c.Items("asked"))
	}
	w.expect(w.check(words), 404, "check", "nothing-here")
	w.nobodyGot()
}

// A record needs no reader, and nobody who vouches for them.
func TestRecordNeedsNobody(t *testing.T) {
	w := newWorld(t)
	f := w.blank().With("account", "x", "wish", "record")
	f.Values["exclude"] = []string{"alice", "bob", "carol", "irene", "jan"}
	w.expect(w.send(f), 200, "code", "")
	words := w.record("y")

	g := w.blank().With("account", "z", "wish", "record", "roster", "1") // the roster changed meanwhile
	w.expect(w.send(g), 200, "code", "")
	f = w.blank().With("account", "z", "wish", "record")
	w.clock.Add(51 * 24 * time.Hour)
	w.expect(w.send(f.With("wish", "advice", "sending", strings.Repeat("ab", 32))), 503, "form", "roster-expired")
	w.expect(w.send(f), 200, "code", "")
	c := w.press(w.check(words), "/message", "text", "more")
	w.expect(c, 200, "conversation", "")
	p := w.press(c, "/share", "exclude", "bob")
	w.expect(p, 503, "conversation", "roster-expired")
	w.typed(p, "/share", "exclude", "bob")
	w.nobodyGot()
}

func TestShareRefusals(t *testing.T) {
	w := newWorld(t)
	words := w.record("x")
	c := w.check(words)
	all := w.form(c, "/share").With("wish", "thinking")
	all.Values["exclude"] = []string{"alice", "bob", "carol"}
	p := w.send(all)
	w.expect(p, 422, "conversation", "no-reader")
	w.typed(p, "/share", "wish", "thinking")
	if got := w.form(p, "/share").Values["exclude"]; !slices.Equal(got, []string{"alice", "bob", "carol"}) {
		t.Errorf("struck off are now %q", got)
	}
	if len(p.Entries()) != 0 {
		t.Error("a refusal shows the record: Back and Reload would show it again")
	}
	for _, step := range []struct {
		status      int
		token       string
		name, value string
	}{
		{422, "readers-changed", "roster", "2"}, {422, "unknown-reader", "exclude", "mallory"}, {400, "malformed", "wish", "record"}, {400, "malformed", "sending", ""},
	} {
		w.expect(w.send(w.form(c, "/share").With(step.name, step.value)), step.status, "conversation", step.token)
	}
	w.expect(w.press(c, "/message", "text", strings.Repeat("x", 99_980)), 422, "conversation", "too-long")
	w.nobodyGot()

	// With everybody but her struck off, the ombudsperson gets it; and then it cannot be shared once more.
	other := w.form(w.check(words), "/share")
	two := w.form(c, "/share").With()
	two.Values["exclude"] = []string{"alice", "bob"}
	w.expect(w.send(two), 200, "conversation", "")
	if got := w.reports("carol"); len(got) != 1 {
		t.Errorf("the ombudsperson got %q", got)
	}
	p = w.send(other)
	w.expect(p, 200, "conversation", "")
	if !strings.Contains(p.Body, "You had sent this before. Nothing was sent just now.") || len(w.reports("alice")) != 0 {
		t.Error("it was shared a second time, or she is not told")
	}
	w.expect(w.send(other), 410, "conversation", "used-ticket") // the page was loaded again: it is not shown twice

	// Pressed twice, it is sent once, and shown to nobody a second time.
	words = w.record("y")
	form := w.form(w.check(words), "/share")
	w.expect(w.send(form), 200, "conversation", "")
	w.expect(w.send(form), 410, "check", "used-ticket")
	if got := w.reports("alice"); len(got) != 1 {
		t.Errorf("alice got %q", got)
	}

	// After a restart the form comes back, and asks for the words.
	words = w.record("z")
	form = w.form(w.check(words), "/share").With("exclude", "bob")
	w.restart()
	p = w.send(form)
	w.expect(p, 410, "conversation", "used-ticket")
	w.typed(p, "/share", "exclude", "bob")
	w.expect(w.press(p, "/share", "code", words), 200, "conversation", "")
	if got := w.reports("bob"); !slices.Equal(got, []string{"2026-02-11\ny"}) {
		t.Errorf("bob got %q", got)
	}
	// What was never a record is not shared.
	sent := w.report("a report")
	f := w.form(w.check(w.record("other")), "/share").With("code", sent)
	w.expect(w.send(f), 200, "conversation", "")
	if got := w.reports("alice"); len(got) != 3 {
		t.Errorf("alice got %d reports, want 3", len(got))
	}
}
