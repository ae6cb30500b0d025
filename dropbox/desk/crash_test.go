package desk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// Stopped anywhere, a sync loses nothing and doubles nothing, and nothing is acknowledged that is not on the disk.
func TestSyncStoppedAnywhere(t *testing.T) {
	w := newWorld(t)
	first, second := w.reporter(), w.reporter()
	first.send(dropbox.Report, "First")
	second.send(dropbox.Report, "Second")
	first.send(dropbox.Message, "More")
	bob := w.desk("bob")
	w.sync(bob)
	_, err := bob.Reply(t.Context(), first.id(), "From Bob")
	w.must(err)

	for n := 0; ; n++ {
		w.folders["alice"] = t.TempDir()
		alice := w.desk("alice")
		done := stopAt(alice, n)
		_, err := alice.Sync(t.Context())
		if err != nil && !errors.Is(err, errStopped) {
			t.Fatalf("stopped at %d: %v", n, err)
		}
		whole := *done <= n
		alice = w.again(alice)
		alice.transport = &ackWatch{t: t, d: alice}
		in, _ := w.sync(alice)
		if len(in.Cases) != 2 || in.Cases[0].Entries != 3 || in.Cases[1].Entries != 1 || in.Unreadable != 0 || unacked(alice.mail) != 0 || len(alice.mail) != 4 {
			t.Fatalf("stopped at %d: %+v, %d envelopes", n, in, len(alice.mail))
		}
		left, err := os.ReadDir(alice.home.path("mail"))
		if err != nil || len(left) != 8 {
			t.Fatalf("stopped at %d: %d files, %v", n, len(left), err)
		}
		alice.Close()
		if whole {
			mustBeMany(t, n)
			return
		}
	}
}

// mustBeMany fails if there were too few points to stop at for the test to mean anything.
func mustBeMany(t *testing.T, n int) {
	t.Helper()
	t.Logf("%d points", n)
	if n < 10 {
		t.Errorf("only %d points to stop at", n)
	}
}

// ackWatch refuses an acknowledgement of what cannot be found on the disk.
type ackWatch struct {
	t *testing.T
	d *Desk
}

func (a *ackWatch) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/mail/ack") {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		var request dropbox.AckRequest
		if err := json.Unmarshal(body, &request); err != nil {
			a.t.Error(err)
		}
		kept, err := a.d.loadItems("mail", nil) // from the disk
		if err != nil {
			a.t.Error(err)
		}
		for _, id := range request.IDs {
			if !slices.ContainsFunc(kept, func(it *item) bool { return slices.Contains(it.about.Entries, id) && it.opened != nil }) {
				a.t.Errorf("%s is acknowledged and not on the disk", id)
			}
		}
	}
	return http.DefaultTransport.RoundTrip(r)
}

// Stopped anywhere, a reply that is given again is stored once, whether or not a sync came in between.
func TestReplyStoppedAnywhere(t *testing.T) {
	for _, between := range []bool{false, true} {
		t.Run(fmt.Sprint("sync between ", between), func(t *testing.T) {
			w := newWorld(t)
			alice, bob := w.desk("alice"), w.desk("bob")
			for n := 0; ; n++ {
				h := w.reporter()
				h.send(dropbox.Report, "Something")
				w.sync(alice)
				done := stopAt(alice, n)
				_, err := alice.Reply(t.Context(), h.id(), "Once")
				if err != nil && !errors.Is(err, errStopped) {
					t.Fatalf("stopped at %d: %v", n, err)
				}
				whole := *done <= n
				alice = w.again(alice)
				if !whole {
					if between {
						w.sync(alice)
						alice = w.again(alice)
					}
					again, err := alice.Reply(t.Context(), h.id(), "Once")
					if err != nil || again.N != 2 {
						t.Fatalf("stopped at %d, again: %+v, %v", n, again, err)
					}
				}
				alice = w.again(alice)
				in, _ := w.sync(alice)
				if got := h.texts(); !slices.Equal(got, []string{"alice: Once"}) || in.OnTheWay != 0 {
					t.Fatalf("stopped at %d: she reads %q; %+v", n, got, in)
				}
				if got := said(w.read(alice, h.id())); !slices.Equal(got, []string{"reporter: Something", "alice: Once"}) {
					t.Fatalf("stopped at %d: alice reads %q", n, got)
				}
				w.sync(bob)
				if c := w.read(bob, h.id()); len(c.Entries) != 2 || len(c.Warnings) != 0 {
					t.Fatalf("stopped at %d: bob reads %+v", n, c)
				}
				if whole {
					mustBeMany(t, n)
					return
				}
			}
		})
	}
}

// Stopped anywhere, forgetting is finished by doing it again.
func TestForgetStoppedAnywhere(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	for n := 0; ; n++ {
		h := w.reporter()
		h.send(dropbox.Report, "Something")
		h.send(dropbox.Message, "More")
		w.sync(alice)
		_, err := alice.Reply(t.Context(), h.id(), "Hello")
		w.must(err)
		w.read(alice, h.id())
		_, err = alice.Keep([]string{h.id()})
		w.must(err)
		done := stopAt(alice, n)
		_, err = alice.Forget(t.Context(), h.id())
		if err != nil && !errors.Is(err, errStopped) {
			t.Fatalf("stopped at %d: %v", n, err)
		}
		whole := *done <= n
		alice = w.again(alice)
		gone, err := alice.Forget(t.Context(), strings.ToUpper(h.id()))
		if err != nil || !gone.Local || !gone.Server || gone.ID != h.id() {
			t.Fatalf("stopped at %d, again: %+v, %v", n, gone, err)
		}
		if alice = w.again(alice); len(alice.decided.Kept) != 0 {
			t.Fatalf("stopped at %d: the case still stands in %s", n, junkFile)
		}
		for _, folder := range []string{"mail", "sent", "pending"} {
			if left, err := os.ReadDir(alice.home.path(folder)); err != nil || len(left) != 0 {
				t.Fatalf("stopped at %d: %s has %v, %v", n, folder, left, err)
			}
		}
		mail, err := w.box.Mail("alice")
		if err != nil || len(mail) != 0 {
			t.Fatalf("stopped at %d: the server has %d, %v", n, len(mail), err)
		}
		if whole {
			mustBeMany(t, n)
			return
		}
	}
}

// A restored server lists everything again, under a new epoch: what is here is not doubled, what was forgotten stays so.
func TestNewEpoch(t *testing.T) {
	w := newWorld(t)
	kept, forgotten := w.reporter(), w.reporter()
	kept.send(dropbox.Report, "Kept")
	report := forgotten.seal(forgotten.frame(dropbox.Report, "Forgotten"))
	forgotten.post(report)
	alice := w.desk("alice")
	w.sync(alice)
	w.read(alice, kept.id())
	_, err := alice.Forget(t.Context(), forgotten.id())
	w.must(err)

	forgotten.send(dropbox.Message, "Are you there?")
	if in, _ := w.sync(alice); in.Unreadable != 1 || in.Forgotten != 1 {
		t.Errorf("what she writes in a forgotten case: %+v", in)
	}
	report.Sending = hash32("as if restored") // the very same envelopes, under other ids
	forgotten.post(report)
	w.must(alice.home.write("cursor", []byte("00000000000000000000000000000000-9\n")))
	alice = w.again(alice)
	in, _ := w.sync(alice)
	if len(in.Cases) != 1 || in.Cases[0].ID != kept.id() || in.Cases[0].New || in.Unreadable != 1 || len(alice.mail) != 2 {
		t.Errorf("inbox %+v", in)
	}
	if mail, err := w.box.Mail("alice"); err != nil || len(mail) != 2 {
		t.Errorf("the server has %d, %v", len(mail), err)
	}
}
