package web_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// bare holds a page to showing nothing that was typed or read, and no words.
func (w *world) bare(p *droptest.Page, private ...string) {
	w.t.Helper()
	for _, s := range private {
		if strings.Contains(p.Body, s) {
			w.t.Errorf("page %s (%s) shows %q", p.Name(), p.Problem(), s)
		}
	}
	if len(p.Entries()) != 0 || p.Words() != "" {
		w.t.Errorf("page %s shows a conversation or words", p.Name())
	}
}

func TestSameReportTwice(t *testing.T) {
	for name, between := range map[string]func(*world){
		"at once":           func(*world) {},
		"after a restart":   (*world).restart,
		"after 16 minutes":  func(w *world) { w.clock.Add(16 * time.Minute) },
		"after two hours":   func(w *world) { w.clock.Add(2 * time.Hour) },
		"after three weeks": func(w *world) { w.clock.Add(21 * 24 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			f := w.blank().With("account", "sent twice")
			first := w.send(f)
			w.expect(first, 200, "code", "")
			between(w)
			again := w.send(f)
			if name == "at once" {
				w.expect(again, 200, "code", "")
				if again.Words() != first.Words() {
					t.Errorf("other words: her report would be lost")
				}
			} else {
				w.expect(again, 200, "check", "") // stored: never an error
				w.bare(again, "sent twice", first.Words())
			}
			if got := w.reports("alice"); len(got) != 1 {
				t.Errorf("alice got %d reports, want 1", len(got))
			}
			w.expect(w.check(first.Words()), 200, "conversation", "")
		})
	}
}

func TestSameFormWithOtherText(t *testing.T) {
	for name, between := range map[string]func(*world){"at once": func(*world) {}, "after a restart": (*world).restart} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			f := w.blank().With("account", "the first version", "exclude", "bob")
			first := w.send(f)
			between(w)
			second := w.send(f.With("account", "the second version"))
			w.expect(second, 200, "code", "")
			if second.Words() == first.Words() {
				t.Fatal("two reports under one code")
			}
			if name == "at once" && !strings.Contains(second.Body, "Alice Okafor") {
				t.Error("the page does not say to whom the earlier version went")
			}
			if got := w.reports("alice"); !slices.Equal(got, []string{"the first version", "the second version"}) {
				t.Errorf("alice got %q", got)
			}
			for _, p := range []*droptest.Page{first, second} {
				w.expect(w.check(p.Words()), 200, "conversation", "")
			}
			// And each of the two once more.
			for _, text := range []string{"the first version", "the second version"} {
				if p := w.send(f.With("account", text)); p.Status != 200 {
					t.Errorf("%s again: %d", text, p.Status)
				}
			}
			if got := w.reports("alice"); len(got) != 2 {
				t.Errorf("alice got %d reports", len(got))
			}
		})
	}
}

func TestSameFormAfterWithdrawal(t *testing.T) {
	for name, between := range map[string]func(*world){"at once": func(*world) {}, "after a restart": (*world).restart} {
		for _, text := range []string{"taken back", "taken back, changed"} {
			t.Run(name+", "+text, func(t *testing.T) {
				w := newWorld(t)
				f := w.blank().With("account", "taken back")
				c := w.check(w.send(f).Words())
				w.expect(w.press(c, "/withdraw", "confirm", "yes"), 200, "withdrawn", "")
				between(w)
				p := w.send(f.With("account", text))
				w.expect(p, 410, "check", "used-ticket")
				w.bare(p, "taken back")
				if got := w.reports("alice"); len(got) != 0 {
					t.Errorf("alice got %q", got)
				}
			})
		}
	}
}

func TestSamePressAtOnce(t *testing.T) {
	w := newWorld(t)
	f := w.blank().With("account", "double click")
	words := make([]string, 8)
	var wg sync.WaitGroup
	for i := range words {
		wg.Go(func() {
			p, err := w.Send(f)
			if err != nil || p.Status != 200 {
				t.Errorf("%v %v", p, err)
				return
			}
			words[i] = p.Words()
		})
	}
	wg.Wait()
	if words[0] == "" || len(slices.Compact(words)) != 1 {
		t.Errorf("words %q: the browser shows only the last answer", words)
	}
	if got := w.reports("alice"); len(got) != 1 {
		t.Errorf("alice got %d", len(got))
	}
}

func TestTicketNeverCostsHerText(t *testing.T) {
	for name, between := range map[string]func(*world){"after a restart": (*world).restart, "after two hours": func(w *world) { w.clock.Add(2 * time.Hour) }} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			words := w.report("x")
			report, message, blank := w.blank(), w.check(words), w.press(w.get("/"), "/check")
			between(w)
			p := w.send(report.With("account", "written before"))
			w.expect(p, 200, "code", "")
			w.expect(w.check(p.Words()), 200, "conversation", "")

			p = w.press(blank, "/check", "code", words)
			w.expect(p, 410, "check", "used-ticket")
			w.bare(p, words)
			w.expect(w.press(p, "/check", "code", words), 200, "conversation", "")

			p = w.press(message, "/message", "text", "also written before")
			w.expect(p, 410, "conversation", "used-ticket")
			w.typed(p, "/message", "text", "also written before")
			p = w.press(p, "/message", "code", "only half of it")
			if p.Status != 422 {
				t.Errorf("wrong words: %d", p.Status)
			}
			w.typed(p, "/message", "text", "also written before", "code", "only half of it")
			p = w.press(p, "/message", "code", words)
			w.expect(p, 200, "conversation", "")
			if e := p.Entries(); len(e) != 2 {
				t.Errorf("entries %+v", e)
			}
			p = w.press(message, "/withdraw", "confirm", "yes")
			w.expect(p, 410, "conversation", "used-ticket")
			w.expect(w.press(p, "/withdraw", "code", words, "confirm", "yes"), 200, "withdrawn", "")
		})
	}
}

// What somebody sees who comes to the device after her: he can only send again what she sent.
func TestAfterLeaving(t *testing.T) {
	w := newWorld(t)
	blank := w.blank()
	refused := blank.With("account", "")
	refused.Set("prompt.when", "typed but refused")
	w.expect(w.send(refused), 422, "form", "empty-account")
	sent := blank.With("account", "typed and sent")
	code := w.send(sent)
	words := code.Words()
	check := w.form(code, "/check").With("code", words)
	c := w.send(check)
	w.expect(c, 200, "conversation", "")
	message := w.form(c, "/message").With("text", "a message")
	wish, withdraw := w.form(c, "/wish").With("wish", "complaint"), w.form(c, "/withdraw").With("confirm", "yes")

	// Before she leaves, a shown conversation is not shown again.
	p := w.send(check)
	w.expect(p, 410, "check", "used-ticket")
	w.bare(p, words, "typed and sent")

	if p := w.get(exit(c)); p.Status != 303 {
		t.Fatalf("exit: %d", p.Status)
	}
	before := must[[]dropbox.MailEntry](t)(w.Mail("alice"))
	for name, f := range map[string]*droptest.Form{"refused report": refused, "sent report": sent, "unsent report": blank.With("account", "typed, never sent"),
		"check": check, "message": message, "wish": wish, "withdraw": withdraw} {
		p := w.send(f)
		if p.Status != 410 || p.Name() != "check" || p.Problem() != "used-ticket" {
			t.Errorf("%s: status %d, page %s, problem %s", name, p.Status, p.Name(), p.Problem())
		}
		w.bare(p, words, "typed", "a message")
	}
	if after := must[[]dropbox.MailEntry](t)(w.Mail("alice")); len(after) != len(before) {
		t.Error("something was stored after she left")
	}
	w.expect(w.check(words), 200, "conversation", "")
}

func TestSpentTickets(t *testing.T) {
	w := newWorld(t)
	words := w.report("x")
	c := w.check(words)
	m := w.form(c, "/message").With("text", "once")
	w.expect(w.send(m), 200, "conversation", "")
	p := w.send(m) // a reload: stored once, nothing shown
	w.expect(p, 410, "check", "used-ticket")
	w.bare(p, "once")
	p = w.send(m.With("text", "another text")) // not stored yet: not lost
	w.expect(p, 410, "conversation", "used-ticket")
	w.typed(p, "/message", "text", "another text")
	w.expect(w.press(p, "/message", "code", words), 200, "conversation", "")
	if mail := must[[]dropbox.MailEntry](t)(w.Mail("alice")); len(mail) != 3 {
		t.Errorf("alice has %d envelopes, want 3", len(mail))
	}
	w.restart()
	p = w.send(m.With("code", words)) // even with the words: that very sending is stored
	w.expect(p, 410, "check", "used-ticket")
	w.bare(p, "once")

	// A ticket works in its own form only: the blank form's, which holds the new code, opens no conversation.
	f := w.blank().With("account", "y")
	w.expect(w.send(f), 200, "code", "")
	for _, action := range []string{"/check", "/message", "/wish", "/withdraw"} {
		g := &droptest.Form{Action: action, Values: f.With("text", "z", "wish", "advice", "confirm", "yes", "sending", strings.Repeat("ab", 32), "code", "").Values}
		if p := w.send(g); p.Status == 200 {
			t.Errorf("the report's ticket works at %s", action)
		}
	}
}

func TestTwoWindows(t *testing.T) {
	w := newWorld(t)
	words := w.report("x", "copy", "yes")
	one, two := w.check(words), w.check(words)
	w.expect(w.press(one, "/message", "text", "from one"), 200, "conversation", "")
	p := w.press(two, "/message", "text", "from the other")
	w.expect(p, 200, "conversation", "")
	if e := p.Entries(); len(e) != 3 {
		t.Errorf("entries %+v", e)
	}
	w.expect(w.press(one, "/withdraw", "confirm", "yes"), 200, "withdrawn", "")
	p = w.press(two, "/wish", "wish", "complaint")
	w.expect(p, 404, "conversation", "nothing-here")
	p = w.press(two, "/withdraw", "confirm", "yes")
	w.expect(p, 404, "conversation", "nothing-here")
}

func TestWithdrawalTellsTheTruth(t *testing.T) {
	w := newWorld(t)
	c := w.check(w.report("x"))
	w.reports("bob") // bob has fetched, alice has not
	p := w.press(c, "/withdraw", "confirm", "yes")
	w.expect(p, 200, "withdrawn", "")
	if d, a := strings.Join(p.Items("deleted"), ","), strings.Join(p.Items("asked"), ","); !strings.Contains(d, "Alice Okafor") || strings.Contains(d, "Bob") || !strings.Contains(a, "Bob Lindqvist") || strings.Contains(a, "Alice") {
		t.Errorf("deleted %q, asked %q", d, a)
	}
	if mail := must[[]dropbox.MailEntry](t)(w.Mail("bob")); len(mail) != 1 {
		t.Errorf("bob has %d envelopes, want the withdrawal alone", len(mail))
	}
}

func TestForgedLinesAreSaid(t *testing.T) {
	w := newWorld(t)
	words := w.report("x")
	report := must[[]*dropbox.Frame](t)(w.Reports("bob"))[0]
	// Bob, with all his real keys, writes to her in Alice's name.
	forged := *report
	p, err := w.SealReply("bob", &forged, 1, "I am Alice, meet me")
	if err != nil {
		t.Fatal(err)
	}
	alice := dropbox.Sender{ID: "alice", Key: report.Key, SignIn: w.Advocates["bob"].Signin}
	q, err := alice.SealReply(dropbox.Frame{Box: report.Box, Drop: report.Drop, Day: report.Day, Count: 1, Text: "I am Alice, meet me"}, must[*age.HybridRecipient](t)(age.ParseHybridRecipient(report.Recipient)), nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Line = q.Line
	if _, err := w.Store.Reply(t.Context(), "bob", p); err != nil {
		t.Fatal(err)
	}
	c := w.check(words)
	if len(c.Entries()) != 1 || strings.Contains(c.Body, "meet me") {
		t.Errorf("the forged reply is shown: %+v", c.Entries())
	}
}

// A void ticket (an hour of writing) does not mean that leaving leaves nothing behind: the page that comes of it belongs to
// a sitting, and the form that led to it too.
func TestAfterLeavingAVoidTicket(t *testing.T) {
	t.Run("a report that could not be stored", func(t *testing.T) {
		w := newWorld(t)
		f := w.blank().With("account", "canary private")
		w.clock.Add(2 * time.Hour)
		w.down.Store(true)
		p := w.send(f)
		w.expect(p, 503, "form", "store-down")
		w.get(exit(p))
		w.down.Store(false)
		again := w.send(f)
		w.expect(again, 410, "check", "used-ticket")
		w.bare(again, "canary")
		if got := w.reports("alice"); len(got) != 0 {
			t.Errorf("alice got %q", got)
		}
	})
	t.Run("a report that came back", func(t *testing.T) {
		w := newWorld(t)
		f := w.blank().With("account", "canary private")
		f.Values["exclude"] = []string{"alice", "bob", "carol"}
		w.clock.Add(2 * time.Hour)
		p := w.send(f)
		w.expect(p, 422, "form", "no-reader")
		w.get(exit(p))
		w.bare(w.send(f), "canary")
	})
	t.Run("a message that came back", func(t *testing.T) {
		w := newWorld(t)
		f := w.form(w.check(w.report("x")), "/message").With("text", "canary message")
		w.clock.Add(2 * time.Hour)
		p := w.send(f)
		w.typed(p, "/message", "text", "canary message")
		w.get(exit(p))
		w.bare(w.send(f), "canary")
	})
	t.Run("a message with the words, typed again and not stored", func(t *testing.T) {
		w := newWorld(t)
		words := w.report("canary report", "copy", "yes")
		f := w.form(w.check(words), "/message").With("text", "canary message")
		w.clock.Add(2 * time.Hour)
		g := w.form(w.send(f), "/message").With("code", words)
		w.clock.Add(2 * time.Hour)
		w.down.Store(true)
		p := w.send(g)
		w.get(exit(p))
		w.down.Store(false)
		w.bare(w.send(g), "canary", words)
	})
}

// Who writes for more than an hour and presses Send twice sees her words: the browser shows only the second answer.
func TestSlowWriterPressesTwice(t *testing.T) {
	w := newWorld(t)
	f := w.blank().With("account", "written for 61 minutes")
	w.clock.Add(61 * time.Minute)
	first, second := w.send(f), w.send(f)
	w.expect(second, 200, "code", "")
	if first.Words() != second.Words() || len(w.reports("alice")) != 1 {
		t.Errorf("words %q and %q, %d reports", first.Words(), second.Words(), len(w.reports("alice")))
	}
	w.expect(w.check(second.Words()), 200, "conversation", "")
}

// Taking it back, pressed twice: she learns that it worked.
func TestWithdrawTwice(t *testing.T) {
	w := newWorld(t)
	c := w.check(w.report("x"))
	f := w.form(c, "/withdraw").With("confirm", "yes")
	w.expect(w.send(f), 200, "withdrawn", "")
	w.expect(w.send(f), 200, "withdrawn", "")
	w.restart()
	w.expect(w.send(f), 200, "withdrawn", "")
	if mail := must[[]dropbox.MailEntry](t)(w.Mail("alice")); len(mail) != 1 {
		t.Errorf("alice has %d entries", len(mail))
	}
}

// Sittings that never were cost no memory, and end nothing.
func TestMadeUpSittings(t *testing.T) {
	w := newWorld(t)
	f := w.blank().With("account", "")
	p := w.send(f)
	for i := range 100 {
		w.get("/exit/" + strings.Repeat("0123456789abcdef"[i%16:i%16+1], 64))
	}
	if n := w.Web.Ended(); n != 0 {
		t.Errorf("%d sittings remembered", n)
	}
	w.get(exit(p))
	if n := w.Web.Ended(); n != 1 {
		t.Errorf("%d sittings remembered, want 1", n)
	}
}
