package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestMain makes the test binary the bare handler when load starts it as such.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == bareVerb {
		main()
	}
	os.Exit(m.Run())
}

// TestFiles: so do files, whatever their figures.
func TestFiles(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	var out bytes.Buffer
	log := &journal{began: func() {}}
	if code := run(t.Context(), []string{"-files", "-runs", "1", "-size", "1", "-connections", "2", "-stored", "40", "-json"}, &out, log); code != 0 {
		t.Fatalf("exit status %d\n%s", code, log)
	}
	var f fileFigures
	if err := json.Unmarshal(out.Bytes(), &f); err != nil {
		t.Fatalf("%v in %s", err, &out)
	}
	if len(f.Uploads) != 1 || f.Uploads[0].Parallel != 2 || f.Uploads[0].Whole.Median <= 0 || f.Uploads[0].Bare.Median <= 0 {
		t.Errorf("got uploads %+v", f.Uploads)
	}
	for _, l := range f.Looks {
		if l.With <= 0 || l.Without < 0 {
			t.Errorf("got %+v", l)
		}
	}
	if len(f.Looks) != 7 {
		t.Errorf("got %d looks, want 7", len(f.Looks))
	}
	empty(t, temporary)
}

// TestLoad: all loads still work, whatever their figures, and leave nothing behind.
func TestLoad(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	var out bytes.Buffer
	log := &journal{began: func() {}}
	if code := run(t.Context(), []string{"-runs", "1", "-for", "100ms", "-connections", "2", "-mail", "40", "-json"}, &out, log); code != 0 {
		t.Fatalf("exit status %d\n%s", code, log)
	}
	var f figures
	if err := json.Unmarshal(out.Bytes(), &f); err != nil {
		t.Fatalf("%v in %s", err, &out)
	}
	var names []string
	for _, r := range f.Trials {
		names = append(names, r.Load)
		if r.Connections != 2 || r.Whole.Median <= 0 || r.Bare.Median <= 0 || r.Ratio <= 0 || r.Failed != 0 {
			t.Errorf("got %+v", r)
		}
		if (r.WithForm != nil) != (r.Load == "send") {
			t.Errorf("%s: form and send: got %v", r.Load, r.WithForm)
		}
		if _, err := os.Stat("/proc/self/status"); err == nil && (r.Memory == nil || r.Memory.Rest <= 0 || r.Memory.Peak < r.Memory.Anonymous || r.Memory.Anonymous <= 0) {
			t.Errorf("%s: memory: got %+v", r.Load, r.Memory)
		}
	}
	if got, want := fmt.Sprint(names), "[send check sync]"; got != want {
		t.Errorf("got loads %s, want %s", got, want)
	}
	if len(f.Targets) < 2 { // sending, and no failed request
		t.Errorf("got targets %+v", f.Targets)
	}
	empty(t, temporary)
}

// TestStopped: Ctrl-C in the middle leaves nothing behind either.
func TestStopped(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	ctx, cancel := context.WithCancel(t.Context())
	log := &journal{began: cancel}
	if code := run(ctx, []string{"-only", "check", "-connections", "1"}, log, log); code != 1 {
		t.Errorf("got exit status %d, want 1", code)
	}
	if !strings.Contains(log.String(), "stopped before the end") {
		t.Errorf("got %s", log)
	}
	empty(t, temporary)
}

// journal keeps what is said, also by both servers at once. began is called when something is.
type journal struct {
	began func()

	mu   sync.Mutex // protects said
	said bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.began()
	return j.said.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.said.String()
}

func empty(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestFailures: refusals, wrong answers and broken connections are counted, and the rest goes on.
func TestFailures(t *testing.T) {
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch asked.Add(1) {
		case 1:
			http.Error(w, `<div id="error" data-error="busy">`, http.StatusServiceUnavailable)
		case 2:
			panic(http.ErrAbortHandler)
		case 3:
			fmt.Fprint(w, "another page")
		default:
			fmt.Fprint(w, "the right page")
		}
	}))
	defer s.Close()
	requests := make([][]byte, 10)
	for i := range requests {
		requests[i] = request("POST", "/", plainText, []byte("a body"))
	}
	b, err := fire(t.Context(), side{server: &server{url: s.URL}, mark: []byte("right")}, once(requests), 1, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if b.failed != 3 || asked.Load() != 10 || b.fault == nil || b.fault.Error() != "status 503 busy" || b.rate <= 0 {
		t.Errorf("got %d failed of %d, the first: %v; want 3 of 10, status 503 busy", b.failed, asked.Load(), b.fault)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"-only", "nothing"}, {"-connections", "0"}, {"-connections", "1,"}, {"-runs", "0"}, {"-for", "0s"}, {"more"}} {
		var log bytes.Buffer
		if code := run(t.Context(), args, &log, &log); code != 2 || log.Len() == 0 {
			t.Errorf("%v: got exit status %d and %q, want 2 and a word about it", args, code, &log)
		}
	}
}

func TestSpread(t *testing.T) {
	of := func(rates ...float64) spread {
		var bursts []*burst
		for _, r := range rates {
			bursts = append(bursts, &burst{rate: r})
		}
		return rateOf(bursts)
	}
	for _, c := range []struct{ got, want spread }{
		{of(7), spread{7, 7, 7}}, {of(9, 1, 4), spread{4, 1, 9}}, {of(4, 1, 2, 3, 100), spread{3, 1, 100}}, {of(1, 2), spread{1.5, 1, 2}},
	} {
		if c.got != c.want {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
}
