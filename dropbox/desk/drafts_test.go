package desk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
)

func TestDraft(t *testing.T) {
	w, h, alice := told(t)
	if text := w.draft(alice, h.id()); text != "" {
		t.Errorf("before: %q", text)
	}
	_, err := alice.DiscardDraft(h.id())
	w.is(err, ErrNoDraft)
	_, err = alice.SetDraft(h.id(), " \n")
	w.is(err, ErrEmptyText)
	w.setDraft(alice, h.id()[:4], "First")
	w.setDraft(alice, h.id(), "Dear you,\r\n")
	alice = w.again(alice)
	if in, err := alice.Inbox(); err != nil || !in.Cases[0].Draft || w.draft(alice, h.id()) != "Dear you," {
		t.Errorf("inbox %+v, %v; draft %q", in, err, w.draft(alice, h.id()))
	}
	// What is kept because it was not sent costs the draft nothing, and is kept once.
	for range 2 {
		_, err := alice.KeepDraft(h.id(), "More\n")
		w.must(err)
	}
	if got := w.draft(alice, h.id()); got != "Dear you,\n\nMore" {
		t.Errorf("draft %q", got)
	}
	_, err = alice.DiscardDraft(h.id())
	w.must(err)
	if in, err := alice.Inbox(); err != nil || in.Cases[0].Draft {
		t.Errorf("inbox %+v, %v", in, err)
	}
}

// A draft goes when a reply with its words is stored; another reply leaves it.
func TestDraftIsSent(t *testing.T) {
	w, h, alice := told(t)
	w.setDraft(alice, h.id(), "Draft")
	_, err := alice.Reply(t.Context(), h.id(), "Else")
	w.must(err)
	if got := w.draft(alice, h.id()); got != "Draft" {
		t.Errorf("another reply has left %q", got)
	}
	_, err = alice.Reply(t.Context(), h.id(), "Draft")
	w.must(err)
	if got := w.draft(alice, h.id()); got != "" {
		t.Errorf("it is sent, and there is %q", got)
	}
}

// Stopped anywhere while it is sent, a draft is there until its reply is stored, and is stored once.
func TestDraftStoppedAnywhere(t *testing.T) {
	for _, between := range []bool{false, true} {
		t.Run(fmt.Sprint("sync between ", between), func(t *testing.T) {
			w := newWorld(t)
			alice := w.desk("alice")
			for n := 0; ; n++ {
				h := w.reporter()
				h.send(dropbox.Report, "Something")
				w.sync(alice)
				w.setDraft(alice, h.id(), "Once")
				done := stopAt(alice, n)
				_, err := alice.Reply(t.Context(), h.id(), "Once")
				if err != nil && !errors.Is(err, errStopped) {
					t.Fatalf("stopped at %d: %v", n, err)
				}
				whole := *done <= n
				alice = w.again(alice)
				if between {
					w.sync(alice)
					alice = w.again(alice)
				}
				// As advocate reply -draft would.
				if text := w.draft(alice, h.id()); text != "" {
					_, err := alice.Reply(t.Context(), h.id(), text)
					w.must(err)
				} else if got := h.texts(); len(got) != 1 {
					t.Fatalf("stopped at %d: the draft is gone, and she reads %q", n, got)
				}
				w.sync(alice)
				if got := h.texts(); !slices.Equal(got, []string{"alice: Once"}) || w.draft(alice, h.id()) != "" {
					t.Fatalf("stopped at %d: she reads %q; draft %q", n, got, w.draft(alice, h.id()))
				}
				if whole {
					mustBeMany(t, n)
					return
				}
			}
		})
	}
}

// What a server refuses for good becomes the draft again, whether she waits for the answer or a sync brings it.
func TestRefusedReplyBecomesDraft(t *testing.T) {
	w, h, alice := told(t)
	alice.transport = &between{swap: answering(dropbox.API+"reply", 413, `{"error":"too-large"}`)}
	if _, err := alice.Reply(t.Context(), h.id(), "Refused"); err == nil || w.draft(alice, h.id()) != "Refused" {
		t.Errorf("%v; draft %q", err, w.draft(alice, h.id()))
	}
	_, err := alice.DiscardDraft(h.id())
	w.must(err)

	alice.transport = &between{swap: answering(dropbox.API+"reply", 503, `{"error":"busy"}`)}
	_, err = alice.Reply(t.Context(), h.id(), "On its way")
	w.is(err, ErrUndelivered)
	if got := w.draft(alice, h.id()); got != "" {
		t.Errorf("on its way, and a draft: %q", got)
	}
	alice.transport = &between{swap: answering(dropbox.API+"reply", 413, `{"error":"too-large"}`)}
	in, notices := w.sync(alice)
	if got := w.draft(alice, h.id()); got != "On its way" || in.OnTheWay != 0 || len(notices) != 1 || !strings.Contains(notices[0], "kept as your draft") {
		t.Errorf("draft %q, %+v, %q", got, in, notices)
	}
}

// A reply that has waited too long is not sent again, and not lost.
func TestStaleReplyBecomesDraft(t *testing.T) {
	for _, synced := range []bool{false, true} {
		w, h, alice := told(t)
		alice.transport = &between{swap: answering(dropbox.API+"reply", 503, `{"error":"busy"}`)}
		_, err := alice.Reply(t.Context(), h.id(), "One")
		w.is(err, ErrUndelivered)
		w.clock.Add(31 * day)
		alice = w.again(alice)
		if synced {
			w.sync(alice)
		} else {
			_, err = alice.Reply(t.Context(), h.id(), "Two")
			w.must(err)
		}
		if got := w.draft(alice, h.id()); got != "One" {
			t.Errorf("synced %v: draft %q", synced, got)
		}
	}
}

// A draft with the words of a reply that a sync delivered is that reply, and goes with it.
func TestDraftOfWhatASyncDelivered(t *testing.T) {
	w, h, alice := told(t)
	alice.transport = &between{swap: answering(dropbox.API+"reply", 503, `{"error":"busy"}`)}
	_, err := alice.Reply(t.Context(), h.id(), "Once")
	w.is(err, ErrUndelivered)
	alice = w.again(alice)
	w.sync(alice)
	w.setDraft(alice, h.id(), "Once")
	_, err = alice.Reply(t.Context(), h.id(), "Once")
	w.must(err)
	if got := h.texts(); len(got) != 1 || w.draft(alice, h.id()) != "" {
		t.Errorf("she reads %q; draft %q", got, w.draft(alice, h.id()))
	}
}
