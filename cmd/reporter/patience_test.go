package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/web"
)

// weather is a store that fails as it is told to.
type weather struct {
	web.Store
	mu    sync.Mutex // protects what follows
	puts  []error    // what the next parcels and withdrawals meet; nil is stored
	looks []error    // what the next pickups meet
	after bool       // what fails is stored all the same
	done  int        // how many parcels and withdrawals it carried out
}

func (w *weather) over(s web.Store) web.Store { w.Store = s; return w }

func (w *weather) set(puts, looks []error, after bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.puts, w.looks, w.after = puts, looks, after
}

func (w *weather) next(of *[]error) (err error, after bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(*of) > 0 {
		err, *of = (*of)[0], (*of)[1:]
	}
	return err, w.after
}

func (w *weather) did(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		w.done++
	}
}

func (w *weather) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.done
}

// Sent is how a server finds that it has something already. That fails as storing it does.
func (w *weather) Sent(ctx context.Context, n dropbox.Sending, digest dropbox.Hex32) (dropbox.Outcome, error) {
	o, err := w.Store.Sent(ctx, n, digest)
	if err == nil && o != dropbox.Stored {
		if err, _ := w.next(&w.puts); err != nil {
			return 0, err
		}
	}
	return o, err
}

func (w *weather) Put(ctx context.Context, p *dropbox.Parcel, first bool) (dropbox.Outcome, error) {
	err, after := w.next(&w.puts)
	if err == nil || after {
		o, stored := w.Store.Put(ctx, p, first)
		w.did(stored)
		if err == nil {
			return o, stored
		}
	}
	return 0, err
}

func (w *weather) Withdraw(ctx context.Context, p *dropbox.Parcel) (dropbox.Erased, error) {
	err, after := w.next(&w.puts)
	if err == nil || after {
		e, erased := w.Store.Withdraw(ctx, p)
		w.did(erased)
		if err == nil {
			return e, erased
		}
	}
	return dropbox.Erased{}, err
}

func (w *weather) Lines(ctx context.Context, drop dropbox.Drop) (dropbox.Lines, error) {
	if err, _ := w.next(&w.looks); err != nil {
		return dropbox.Lines{}, err
	}
	return w.Store.Lines(ctx, drop)
}

var errDisk = fmt.Errorf("the disk at /secret/path is broken")

// underWeather is a box with such a store, and what the program waited for between tries.
func underWeather(t *testing.T) (*here, *weather, *[]time.Duration) {
	w, waited := &weather{}, &[]time.Duration{}
	h := setUp(t, droptest.Options{Wrap: w.over})
	h.pause = func(_ context.Context, d time.Duration) error {
		*waited = append(*waited, d)
		return nil
	}
	return h, w, waited
}

// pieces is how much mail alice has.
func (h *here) pieces() int {
	h.Helper()
	mail, err := h.box.Mail("alice")
	h.must(err)
	return len(mail)
}

// A server that is busy or has a problem is asked again, after longer and longer waits; she is told; and what she sends arrives once, even if
// it had been stored and only the answer said otherwise.
func TestTriesAgain(t *testing.T) {
	h, w, waited := underWeather(t)
	words := h.script(0, "Something", "send").Code
	for _, stored := range []bool{false, true} {
		for _, args := range [][]string{{"send"}, {"message", "-code-file", "-"}, {"wish", "-wish", "complaint", "-code-file", "-"}} {
			stdin := words + "\nMore"
			if args[0] == "send" {
				stdin = "Something"
			}
			*waited = nil
			before := h.pieces()
			w.set([]error{dropbox.ErrBusy, errDisk, dropbox.ErrBusy}, []error{errDisk, dropbox.ErrBusy}, stored)
			code, out, notes := h.start(false, stdin, h.where(args...)...)
			w.set(nil, nil, false)
			if code != 0 || h.pieces() != before+1 {
				t.Errorf("%q, stored %v: exit %d, and alice has %d more\n%s%s", args, stored, code, h.pieces()-before, out, notes)
			}
			want := []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second}
			if args[0] != "send" { // which looks first
				want = append([]time.Duration{2 * time.Second, 5 * time.Second}, want...)
			}
			if !slices.Equal(*waited, want) {
				t.Errorf("%q: it waited %v, want %v", args, *waited, want)
			}
			if !strings.Contains(notes, "sending did not work (the server is busy). Trying again in 2s. Nothing is sent twice") || !strings.Contains(notes, "the server has a problem") || strings.Contains(notes, "/secret") {
				t.Errorf("%q: she is told %s", args, notes)
			}
		}
	}
	h.is("her conversation", len(h.script(0, words, "check", "-code-file", "-").Entries), 5)
	w.set([]error{errDisk, dropbox.ErrBusy}, nil, false)
	h.is("taking back", h.script(0, words, "withdraw", "-yes", "-code-file", "-").Asked, "[alice]")
}

// What was taken back, with the answer lost, is said to be: it is done, and no more is known.
func TestTakenBackAndTheAnswerLost(t *testing.T) {
	h, w, _ := underWeather(t)
	words := h.script(0, "Something", "send").Code
	w.set([]error{errDisk}, nil, true)
	said := h.script(0, words, "withdraw", "-yes", "-code-file", "-")
	h.is("taking back", all(said.Before, said.Asked, said.Deleted), "true [] []")
	h.is("then", h.script(1, words, "check", "-code-file", "-").Error, "nothing-here")
}

// If no verdict comes, it is not known whether it arrived: exit 3, and she has her words, by JSON and on the screen.
func TestNeverAnAnswer(t *testing.T) {
	h, w, waited := underWeather(t)
	earlier := h.script(0, "Something", "send").Code
	down := slices.Repeat([]error{errDisk}, 100)
	for _, stored := range []bool{false, true} {
		w.set(down, nil, stored)
		*waited = nil
		said := h.script(3, "Something new", "send")
		h.is("send", all(said.Error, said.Readers, len(strings.Fields(said.Code))), "undelivered [alice bob] 8")
		if len(*waited) != 5 || (*waited)[4] != 30*time.Second {
			t.Errorf("it waited %v", *waited)
		}
		*waited = nil
		code, out, errs := h.start(false, "Something new", h.where("send", "-tries", "1")...)
		words := h.words(out)
		h.is("exit", code, 3)
		h.says(out, "It is not known whether your report has arrived.", "keep them, and look later", "You can write it again.")
		h.says(errs, "reporter: error: ", "reporter: hint: look with your words whether it is there")
		if len(*waited) != 0 || strings.Contains(errs, words) || strings.Contains(errs+out, "/secret") {
			t.Errorf("with -tries 1 it waited %v, and said %s", *waited, errs)
		}
		h.is("record", h.script(3, "For me", "send", "-wish", "record").Error, "undelivered")
		h.is("message", h.script(3, earlier+"\nMore", "message", "-code-file", "-").Error, "undelivered")
		w.set(nil, nil, false)
		for _, words := range []string{said.Code, words} {
			want := map[bool]int{true: 0, false: 1}[stored]
			h.is("later", h.script(want, words, "check", "-code-file", "-").Error, map[bool]string{true: "", false: "nothing-here"}[stored])
		}
	}
	w.set(nil, down, false)
	h.is("looking", h.script(3, earlier, "check", "-code-file", "-").Error, "store-down")
	w.set(nil, slices.Repeat([]error{dropbox.ErrBusy}, 100), false)
	h.is("looking", h.script(3, earlier, "check", "-code-file", "-").Error, "busy")
	w.set([]error{dropbox.ErrFull}, nil, false)
	*waited = nil
	h.is("no room", h.script(3, "Something", "send").Error, "full") // nobody waits a minute for a disk
	h.is("waited", *waited, "[]")
}

// A server that is away when she comes, and back later, or not.
func TestServerAway(t *testing.T) {
	h, _, _ := underWeather(t)
	words := h.script(0, "Something", "send").Code
	h.must(h.box.Stop())
	waits := 0
	h.pause = func(context.Context, time.Duration) error {
		if waits++; waits == 3 {
			h.must(h.box.Restart())
		}
		return nil
	}
	h.is("send", h.script(0, "Something", "send").Readers, "[alice bob]")
	h.is("waits", waits, 3)
	h.must(h.box.Stop())
	h.pause = func(context.Context, time.Duration) error { return nil }
	for _, args := range [][]string{{"send"}, {"check", "-code-file", "-"}, {"readers"}} {
		stdin := words
		if args[0] == "send" {
			stdin = "Something"
		}
		code, out, errs := h.start(false, stdin, h.where(args...)...)
		if code != 3 || out != "" || !strings.Contains(errs, "Trying again in 30s") || !strings.Contains(errs, "hint: check the internet, the address, and whether Tor is running") || strings.Contains(errs, "127.0.0.1") {
			t.Errorf("%q: exit %d, %s%s", args, code, out, errs)
		}
		h.is("token", h.looks(h.where("-tries", "1")...).Error, "unreachable")
	}
	// Ctrl-C while it waits.
	h.pause = func(context.Context, time.Duration) error { return context.Canceled }
	h.is("stopped", h.script(3, "Something", "send").Error, "stopped")
	h.must(h.box.Restart())
	h.is("got", len(h.got("alice")), 2)
}

// A person is told that it is not known, keeps her words, and tries again with the very same report.
func TestPersonTriesAgain(t *testing.T) {
	h, w, _ := underWeather(t)
	for _, stored := range []bool{false, true} {
		before := h.pieces()
		w.set(slices.Repeat([]error{errDisk}, 4), nil, stored)
		screen := h.person(0, slices.Concat(asked("Something"), []string{"1", "", "", ""}), "send", "-tries", "3")
		first := h.words(screen)
		h.says(screen, "It is not known whether your report has arrived.", first, "Press Enter to try again; it is not sent twice.", "Keep these eight words", first)
		if h.pieces() != before+1 {
			t.Errorf("alice has %d more", h.pieces()-before)
		}
		// Or she stops there, and has her words.
		w.set(slices.Repeat([]error{errDisk}, 100), nil, stored)
		screen = h.person(3, slices.Concat(asked("Something"), []string{"1", ""}), "send", "-tries", "1")
		h.says(screen, "It is not known whether your report has arrived.", h.words(screen), "error: it is not known whether this has arrived")
		w.set(slices.Repeat([]error{errDisk}, 3), nil, stored)
		screen = h.person(0, []string{first, "2", "More", ".", "", "1", "", "", "1"}, "check", "-tries", "1")
		h.says(screen, "it is not known", "Your message was sent to your readers.")
		w.set(nil, nil, false)
	}
}
