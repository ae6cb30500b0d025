package web_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/web"
	"tellbox/keys"
)

// What she adds in a window that still shows a record is for herself: it goes to nobody if another window has shared the record.
func TestAddingToARecordThatWasShared(t *testing.T) {
	w := newWorld(t)
	words := w.record("x")
	stale := w.form(w.check(words), "/message").With("text", "for myself alone")
	w.expect(w.press(w.check(words), "/share"), 200, "conversation", "")
	p := w.send(stale)
	w.expect(p, 422, "conversation", "record-shared")
	w.typed(p, "/message", "text", "for myself alone")
	if mail := must[[]dropbox.MailEntry](t)(w.Mail("alice")); len(mail) != 1 {
		t.Fatalf("alice has %d envelopes, want the report alone", len(mail))
	}
	// If she wants them to have it, the form that came back sends it.
	w.expect(w.press(p, "/message"), 200, "conversation", "")
	if mail := must[[]dropbox.MailEntry](t)(w.Mail("alice")); len(mail) != 2 {
		t.Errorf("alice has %d envelopes, want 2", len(mail))
	}
	// A form that comes back for another reason still adds to the record.
	words = w.record("y")
	p = w.press(w.check(words), "/message", "text", " ")
	w.expect(p, 422, "conversation", "empty-account")
	if got := w.form(p, "/message").Get("record"); got != "yes" {
		t.Errorf("the form that came back is for readers: record %q", got)
	}
}

// Two windows at once: neither loses the other's, and a record stays one that can be shared.
func TestRecordInTwoWindowsAtOnce(t *testing.T) {
	w := newWorld(t)
	words := w.record("x")
	a, b := w.form(w.check(words), "/message").With("text", strings.Repeat("a", 60_000)), w.form(w.check(words), "/message").With("text", strings.Repeat("b", 60_000))
	got := w.both(a, b)
	if got[200] != 1 || got[422] != 1 {
		t.Errorf("two additions that fit one by one: statuses %v, want one stored and one too long", got)
	}
	c, d := w.form(w.check(words), "/share").With("exclude", "alice"), w.form(w.check(words), "/share").With("exclude", "bob")
	if got := w.both(c, d); got[200] != 2 {
		t.Errorf("two shares: statuses %v", got)
	}
	if alice, bob := len(w.reports("alice")), len(w.reports("bob")); alice+bob != 1 {
		t.Errorf("alice got %d and bob %d reports, though each was struck off in the other window", alice, bob)
	}
}

func (w *world) both(a, b *droptest.Form) map[int]int {
	w.t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	statuses := map[int]int{}
	for _, f := range []*droptest.Form{a, b} {
		wg.Go(func() {
			p, err := w.Send(f)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				w.t.Error(err)
				return
			}
			statuses[p.Status]++
		})
	}
	wg.Wait()
	return statuses
}

// doubtful is a store that does not know its boxes from their beginning, as after a restore.
type doubtful struct{ web.Store }

func (d doubtful) Lines(ctx context.Context, drop dropbox.Drop) (dropbox.Lines, error) {
	l, err := d.Store.Lines(ctx, drop)
	l.Whole = false
	return l, err
}

// Nobody is told that a record is hers alone where that is not sure.
func TestRecordThatMayHaveBeenShared(t *testing.T) {
	w := newWorld(t, func(o *droptest.Options) { o.Wrap = func(s web.Store) web.Store { return doubtful{s} } })
	c := w.check(w.record("x"))
	if strings.Contains(c.Body, "no reader can") || !strings.Contains(c.Body, "we cannot say for sure that no reader has this") || strings.Contains(c.Body, "No reader has it.") {
		t.Error("the page claims that nobody has it, or does not say that this is not sure")
	}
	c = w.press(c, "/withdraw", "confirm", "yes")
	w.expect(c, 200, "withdrawn", "")
	if strings.Contains(c.Body, "No reader had it.") || !strings.Contains(c.Body, "If a reader had it after all, we could not ask them") {
		t.Error("taking it back claims that nobody had it")
	}
}

// What was shared before is shown once, also to a form that has waited too long.
func TestSharedBeforeIsShownOnce(t *testing.T) {
	w := newWorld(t)
	words := w.record("x")
	stale := w.form(w.check(words), "/share").With("code", words)
	w.expect(w.press(w.check(words), "/share"), 200, "conversation", "")
	w.restart()
	p := w.send(stale)
	w.expect(p, 200, "conversation", "")
	if len(p.Entries()) == 0 {
		t.Fatal("it is not shown at all")
	}
	if again := w.send(stale); len(again.Entries()) != 0 || again.Status == 200 && again.Name() == "conversation" {
		t.Errorf("loaded again, page %s shows %d entries", again.Name(), len(again.Entries()))
	}
}

// A code in two pieces of a record would be whole in what readers get.
func TestCodeInTwoPiecesOfARecord(t *testing.T) {
	w := newWorld(t)
	fields := strings.Fields(dropbox.NewCode().Words())
	c := w.check(w.record("my words are " + strings.Join(fields[:4], " ")))
	w.expect(w.press(c, "/message", "text", strings.Join(fields[4:], " ")), 422, "conversation", "code-in-text")
}

// Somebody who came to the roster after she saw it is named to her before anything goes there, whatever her form came back for.
func TestReaderAddedWhileHerFormComesBack(t *testing.T) {
	w := newWorld(t)
	f := w.blank().With("account", " ", "exclude", "bob")
	share := w.form(w.check(w.record("x")), "/share").With("exclude", "bob", "wish", "nonsense")
	w.advocate("eve", "Eve Stone")
	p := w.send(f)
	w.expect(p, 422, "form", "empty-account")
	p = w.press(p, "/report/send", "account", "What happened")
	w.expect(p, 422, "form", "readers-changed")
	w.expect(w.press(p, "/report/send"), 200, "code", "")

	p = w.send(share)
	w.expect(p, 400, "conversation", "malformed")
	p = w.press(p, "/share", "wish", "advice")
	w.expect(p, 422, "conversation", "readers-changed")
	w.typed(p, "/share", "exclude", "bob")
	if got := w.reports("bob"); len(got) != 0 {
		t.Errorf("bob got %q", got)
	}
}

// A report whose form has lost its ticket is stored, and its words are shown.
func TestNoTicketShowsTheWords(t *testing.T) {
	w := newWorld(t)
	for _, ticket := range []string{"", "!"} {
		p := w.send(w.blank().With("account", "x", "ticket", ticket, "wish", "record"))
		w.expect(p, 200, "code", "")
		w.expect(w.check(p.Words()), 200, "conversation", "")
	}
}
