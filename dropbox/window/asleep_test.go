package window

import (
	"sync/atomic"
	"testing"
	"time"
)

// In a laptop that sleeps the clock of a program stands still. Who opens the lid on the next day finds the desk locked.
func TestLocksAfterSleep(t *testing.T) {
	w := newWorld(t)
	w.report(secret)
	h := w.serve(w.desk())
	var slept atomic.Int64
	h.window.visits.mu.Lock()
	h.window.visits.now = func() time.Time { return time.Now().Add(time.Duration(slept.Load())) }
	h.window.visits.mu.Unlock()
	h.go_(h.window.URL()[len(h.window.origin()):])
	h.shows("inbox", "")
	slept.Add(int64(DefaultIdle - time.Minute))
	h.go_("/case/1")
	h.shows("case", "", secret)
	typed := h.request("/case/1/note", []string{"note", "Before the lid was shut"})
	slept.Add(int64(DefaultIdle + time.Minute))
	h.do(typed)
	h.shows("locked", "", "What you wrote is kept")
	if h.window.desk != nil {
		t.Error("the desk is open")
	}
	h.press("/unlock", "passphrase", passphrase)
	h.shows("case", "kept", secret)
	slept.Store(0) // a clock that is set back locks nothing
	h.go_("/case/1")
	h.shows("case", "kept", secret)
}
