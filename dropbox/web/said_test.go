package web_test

import (
	"strings"
	"testing"
)

// What she has not said, nobody says for her: whom it happened to is left open.
func TestAboutLeftUnsaid(t *testing.T) {
	w := newWorld(t)
	words := w.report("x", "copy", "yes")
	reports, err := w.Reports("alice")
	if err != nil || len(reports) != 1 || reports[0].About != "" {
		t.Errorf("alice reads %+v, %v", reports, err)
	}
	if c := w.check(words); strings.Contains(c.Body, "It happened to me") {
		t.Error("her conversation says whom it happened to")
	}
	record := w.check(w.record("y"))
	w.expect(w.press(record, "/share"), 200, "conversation", "")
}

// She is told that what she did is done.
func TestSaysWhatIsDone(t *testing.T) {
	w := newWorld(t)
	c := w.check(w.record("x"))
	for _, step := range []struct{ action, name, value, says string }{
		{"/message", "text", "more", "It is saved in your record."},
		{"/share", "wish", "thinking", "Your record was sent to your readers."},
		{"/message", "text", "more", "Your message was sent to your readers."},
		{"/wish", "wish", "complaint", "Your readers will see what you would like now."},
	} {
		if strings.Contains(c.Body, step.says) {
			t.Errorf("before %s the page says %q", step.action, step.says)
		}
		c = w.press(c, step.action, step.name, step.value)
		w.expect(c, 200, "conversation", "")
		if !strings.Contains(c.Body, step.says) {
			t.Errorf("after %s the page does not say %q", step.action, step.says)
		}
	}
}

// The readers page tells those keyholders who signed the list from those who did not.
func TestWhoSigned(t *testing.T) {
	w := newWorld(t)
	body := w.get("/readers").Body
	signed, others, ok := strings.Cut(body, "They have not signed this one.")
	if !ok || !strings.Contains(signed, ">Ana<") || !strings.Contains(signed, ">Ben<") || strings.Contains(signed, ">Cleo<") || !strings.Contains(others, ">Cleo<") {
		t.Error("the page does not say who of Ana, Ben and Cleo signed: the first two did")
	}
}
