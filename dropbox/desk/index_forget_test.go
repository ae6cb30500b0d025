package desk

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// From before a case is forgotten its text stands in no index, wherever the program is stopped; the other case's text is in the next.
func TestForgetTakesOutOfIndex(t *testing.T) {
	w := newWorld(t)
	_, alice := w.conversation(w.desk("alice"), "OTHER")
	var h *her
	for n := 0; ; n++ {
		canary := fmt.Sprintf("CANARY-%d-", n)
		h, alice = w.conversation(alice, canary)
		if plain := w.index(alice); strings.Count(plain, canary) != 3 {
			t.Fatalf("the index has not the case: %s", plain)
		}
		done := stopAt(alice, n)
		_, err := alice.Forget(t.Context(), h.id())
		if err != nil && !errors.Is(err, errStopped) {
			t.Fatalf("stopped at %d: %v", n, err)
		}
		whole := *done <= n
		if !whole {
			alice.Close() // as if killed: it can write nothing
		}
		forgotten := alice.forgotten[alice.mark(h.id())]
		if plain := w.index(alice); forgotten && strings.Contains(plain, canary) {
			t.Fatalf("stopped at %d: the index has the case", n)
		}
		alice = w.again(alice)
		if plain := w.index(alice); forgotten && strings.Contains(plain, canary) {
			t.Fatalf("stopped at %d, opened again: the index has the case", n)
		}
		_, err = alice.Forget(t.Context(), h.id())
		w.must(err)
		alice = w.again(alice)
		if plain := w.index(alice); strings.Contains(plain, canary) || strings.Count(plain, "OTHER") != 3 {
			t.Fatalf("stopped at %d, in the end the index is %s", n, plain)
		}
		if whole {
			mustBeMany(t, n)
			break
		}
	}

	// What she still writes there is no case, and not in the index either.
	h.send(dropbox.Message, "CANARY too late")
	if in, _ := w.sync(alice); in.Forgotten != 1 {
		t.Errorf("inbox %+v", in)
	}
	alice = w.again(alice)
	if plain := w.index(alice); strings.Contains(plain, "CANARY") || strings.Count(plain, "OTHER") != 3 {
		t.Errorf("the index is %s", plain)
	}
}

// An index that comes from elsewhere, as out of an old copy of the folder, brings nothing back, and loses what was forgotten.
func TestOldIndexOfForgotten(t *testing.T) {
	w := newWorld(t)
	_, alice := w.conversation(w.desk("alice"), "OTHER")
	h, alice := w.conversation(alice, "CANARY")
	old, err := os.ReadFile(alice.home.path(indexFile))
	w.must(err)
	_, err = alice.Forget(t.Context(), h.id())
	w.must(err)
	alice.Close()
	w.must(os.WriteFile(alice.home.path(indexFile), old, 0o600))
	alice = w.openAt(alice.home.dir, "alice")
	if in, err := alice.Inbox(); err != nil || len(in.Cases) != 1 || in.Unreadable != 0 {
		t.Errorf("inbox %+v, %v", in, err)
	}
	alice.Close()
	if plain := w.index(alice); strings.Contains(plain, "CANARY") || strings.Count(plain, "OTHER") != 3 {
		t.Errorf("the index is %s", plain)
	}
}

// What was taken back goes out of the index with the sync that hears of it; stopped anywhere, with the next.
func TestWithdrawnGoesOutOfIndex(t *testing.T) {
	w := newWorld(t)
	_, alice := w.conversation(w.desk("alice"), "OTHER")
	for n := 0; ; n++ {
		var h *her
		h, alice = w.conversation(alice, "CANARY")
		if plain := w.index(alice); strings.Count(plain, "CANARY") != 3 {
			t.Fatalf("the index has not the case: %s", plain)
		}
		h.withdraw()
		done := stopAt(alice, n)
		_, err := alice.Sync(t.Context())
		if err != nil && !errors.Is(err, errStopped) {
			t.Fatalf("stopped at %d: %v", n, err)
		}
		whole := *done <= n
		if !whole {
			alice = w.again(alice)
			w.sync(alice)
		}
		for range 2 { // and it stays out
			if plain := w.index(alice); strings.Contains(plain, "CANARY") || strings.Count(plain, "OTHER") != 3 {
				t.Fatalf("stopped at %d: the index is %s", n, plain)
			}
			alice = w.again(alice)
			if c := w.read(alice, h.id()); !c.Withdrawn || len(c.Entries) != 0 {
				t.Fatalf("stopped at %d: %+v", n, c)
			}
		}
		_, err = alice.Forget(t.Context(), h.id())
		w.must(err)
		if whole {
			mustBeMany(t, n)
			return
		}
	}
}

// Stopped anywhere, Close included, the next start shows what stands in the envelopes, no more and no less.
func TestIndexStoppedAnywhere(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	for n := 0; ; n++ {
		h, other := w.reporter(), w.reporter()
		h.send(dropbox.Report, "Something")
		other.send(dropbox.Report, "Something else")
		other.withdraw()
		done := stopAt(alice, n)
		_, err := alice.Sync(t.Context())
		if err == nil {
			_, err = alice.Reply(t.Context(), h.id(), "Hello")
		}
		if err == nil {
			err = alice.Close()
		}
		if err != nil && !errors.Is(err, errStopped) {
			t.Fatalf("stopped at %d: %v", n, err)
		}
		whole := *done <= n
		alice = w.again(alice)
		with := w.views(alice)
		alice.Close()
		w.must(os.RemoveAll(alice.home.path(indexFile)))
		alice = w.openAt(alice.home.dir, "alice")
		if without := w.views(alice); !reflect.DeepEqual(with, without) {
			t.Fatalf("stopped at %d: %+v with the index, %+v without", n, with, without)
		}
		if left, err := os.ReadDir(alice.home.dir); err != nil || strings.Contains(left[0].Name(), unfinished) {
			t.Fatalf("stopped at %d: %v, %v", n, left, err)
		}
		w.sync(alice)
		if whole {
			mustBeMany(t, n)
			return
		}
	}
}
