package desk

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
)

func TestReplyRefuses(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	alice := w.desk("alice")
	w.sync(alice)
	for text, want := range map[string]error{
		"":                                     ErrEmptyText,
		" \n\x00\t\n":                          ErrEmptyText,
		strings.Repeat("ü", dropbox.MaxText+1): dropbox.ErrTooLong,
		"Say " + dropbox.NewCode().Words() + ", please": ErrCodeInText,
	} {
		if _, err := alice.Reply(t.Context(), h.id(), text); err == nil {
			t.Errorf("%.20q was taken", text)
		} else {
			w.is(err, want)
		}
	}
	for id, want := range map[string]error{"": ErrShortID, "abc": ErrShortID, "0000": ErrUnknownCase} {
		_, err := alice.Reply(t.Context(), id, "Hello")
		w.is(err, want)
	}
	if got := h.texts(); len(got) != 0 {
		t.Errorf("she reads %q", got)
	}
	if _, err := alice.Reply(t.Context(), strings.ToUpper(h.id()), strings.Repeat("ü", dropbox.MaxText)); err != nil {
		t.Errorf("100,000 code points: %v", err)
	}
}

// An earlier reply that is on its way goes first; the same words twice, on purpose, are two replies.
func TestReplyAfterALostAnswer(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	alice := w.desk("alice")
	w.sync(alice)
	alice.transport = &between{swap: func(r *http.Request, resp *http.Response) *http.Response {
		return answering(dropbox.API+"reply", 502, "<html>")(r, resp)
	}}
	_, err := alice.Reply(t.Context(), h.id(), "One")
	w.is(err, ErrUndelivered)
	if in, err := alice.Inbox(); err != nil || in.OnTheWay != 1 || in.Cases[0].Entries != 1 {
		t.Fatalf("inbox %+v, %v", in, err)
	}
	alice = w.again(alice)
	done, err := alice.Reply(t.Context(), h.id(), "Two")
	if err != nil || done.N != 3 || len(done.Notices) != 1 {
		t.Fatalf("reply %+v, %v", done, err)
	}
	if done, err = alice.Reply(t.Context(), h.id(), "Two"); err != nil || done.N != 4 {
		t.Fatalf("reply %+v, %v", done, err)
	}
	c := h.conversation()
	if got := h.texts(); !slices.Equal(got, []string{"alice: One", "alice: Two", "alice: Two"}) || c.Seen["alice"] != 3 || len(c.Missing) != 0 {
		t.Errorf("she reads %q, %+v", got, c)
	}
}

// While a reply was on its way a colleague left: it goes to who is left, once.
func TestReplyToAChangedRoster(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	alice := w.desk("alice")
	w.sync(alice)
	sent := 0
	alice.transport = &between{each: func() error {
		if sent++; sent == 3 { // the request itself, after the roster came and went
			return errStopped
		}
		return nil
	}}
	_, err := alice.Reply(t.Context(), h.id(), "One")
	w.is(err, ErrUndelivered)
	w.must(w.box.Roster.Remove("bob", w.clock.Now()))
	w.must(w.box.Install(t.Context()))
	alice = w.again(alice)
	if in, notices := w.sync(alice); in.Cases[0].Entries != 2 || in.OnTheWay != 0 || len(notices) != 1 {
		t.Fatalf("inbox %+v, %q", in, notices)
	}
	if got := h.texts(); !slices.Equal(got, []string{"alice: One"}) {
		t.Errorf("she reads %q", got)
	}
}

// A reply that has waited longer than servers remember sending numbers is not sent again.
func TestStaleReply(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	alice := w.desk("alice")
	w.sync(alice)
	alice.transport = &between{swap: answering(dropbox.API+"reply", 503, `{"error":"busy"}`)}
	_, err := alice.Reply(t.Context(), h.id(), "One")
	w.is(err, ErrUndelivered)
	w.clock.Add(31 * day)
	alice = w.again(alice)
	if in, notices := w.sync(alice); in.OnTheWay != 0 || len(notices) != 1 || !strings.Contains(notices[0], "send it twice") {
		t.Errorf("%+v, %q", in, notices)
	}
	if got := h.texts(); len(got) != 1 {
		t.Errorf("she reads %q", got)
	}

	// Asked for in so many words it is sent, as another one.
	second := w.reporter()
	second.send(dropbox.Report, "Something")
	w.sync(alice)
	alice.transport = &between{swap: answering(dropbox.API+"reply", 503, `{"error":"busy"}`)}
	_, err = alice.Reply(t.Context(), second.id(), "Two")
	w.is(err, ErrUndelivered)
	w.clock.Add(31 * day)
	alice = w.again(alice)
	done, err := alice.Reply(t.Context(), second.id(), "Two")
	if err != nil || !slices.ContainsFunc(done.Notices, func(n string) bool { return strings.Contains(n, "may see it twice") }) {
		t.Errorf("%+v, %v", done, err)
	}
	if got := second.texts(); len(got) != 2 {
		t.Errorf("she reads %q", got)
	}
}
