package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"

	"tellbox/dropbox"
	"tellbox/dropbox/store/storetest"
)

func newStore(t testing.TB) *Store {
	t.Helper()
	cfg := Config{Dir: filepath.Join(t.TempDir(), "data")}
	if err := Init(cfg, Bundle{}); err != nil {
		t.Fatal(err)
	}
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// hold stops the writer in an op until release is called.
func hold(s *Store) (release func()) {
	held, free := make(chan bool), make(chan bool)
	go s.write(context.Background(), 0, 0, func(tx) error { close(held); <-free; return nil })
	<-held
	return func() { close(free) }
}

// waiting returns when n ops stand in the queue.
func waiting(t *testing.T, s *Store, n int) {
	t.Helper()
	for range 5000 {
		if len(s.queue) == n {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("got %d ops in the queue, want %d", len(s.queue), n)
}

// TestBusy: whoever goes away while he waits is told that nothing was stored, and nothing is; whoever goes away
// later is told the true outcome.
func TestBusy(t *testing.T) {
	s := newStore(t)
	release := hold(s)
	ctx, cancel := context.WithCancel(t.Context())
	p, answer := storetest.Parcel("alice"), make(chan error)
	go func() { _, err := s.Put(ctx, p, true); answer <- err }()
	waiting(t, s, 1)
	cancel()
	if err := <-answer; !errors.Is(err, dropbox.ErrBusy) {
		t.Errorf("in the queue: got %v, want %v", err, dropbox.ErrBusy)
	}
	release()
	if out, err := s.Sent(t.Context(), p.Sending, p.Digest); err != nil || out != dropbox.Stored {
		t.Errorf("Sent: got %v, %v; want that it is unknown", out, err)
	}

	ctx, cancel = context.WithCancel(t.Context())
	err := s.write(ctx, 0, 0, func(x tx) error {
		cancel()
		time.Sleep(10 * time.Millisecond)
		return x.set([]byte("test"), []byte("stored"))
	})
	if err != nil {
		t.Errorf("once taken: got %v, want the outcome", err)
	}

	release = hold(s) // a full queue
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	for range queueLength + 20 {
		wg.Go(func() {
			if err := s.write(ctx, 0, 0, func(tx) error { return nil }); !errors.Is(err, dropbox.ErrBusy) {
				t.Errorf("full queue: got %v, want %v", err, dropbox.ErrBusy)
			}
		})
	}
	wg.Wait()
	release()
}

// TestCloseDrains: what was accepted is stored before Close returns; what comes later is refused.
func TestCloseDrains(t *testing.T) {
	s := newStore(t)
	release := hold(s)
	parcels := make([]*dropbox.Parcel, 100)
	var wg sync.WaitGroup
	for i := range parcels {
		parcels[i] = storetest.Parcel("alice")
		wg.Go(func() {
			if _, err := s.Put(t.Context(), parcels[i], true); err != nil {
				t.Errorf("Put: %v", err)
			}
		})
	}
	waiting(t, s, len(parcels))
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	time.Sleep(10 * time.Millisecond)
	release()
	wg.Wait()
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), storetest.Parcel("alice"), true); !errors.Is(err, ErrDown) {
		t.Errorf("closed: got %v, want %v", err, ErrDown)
	}
	if err := s.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	s, err := Open(s.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, p := range parcels {
		if out, err := s.Sent(t.Context(), p.Sending, p.Digest); out != dropbox.Again || err != nil {
			t.Fatalf("Sent: got %v, %v", out, err)
		}
	}
}

// together runs fs in one batch and returns their outcomes.
func together(t *testing.T, s *Store, fs ...func(tx) error) []error {
	t.Helper()
	release := hold(s)
	errs := make([]error, len(fs))
	var wg sync.WaitGroup
	for i, f := range fs {
		wg.Go(func() { errs[i] = s.write(t.Context(), 0, 0, f) })
		waiting(t, s, i+1)
	}
	release()
	wg.Wait()
	return errs
}

func (s *Store) has(key string) bool {
	var b []byte
	err := s.read(func(x tx) (err error) { b, err = x.get([]byte(key)); return err })
	return err == nil && b != nil
}

// TestBatch: ops of one batch see one another; one that refuses, fails or is too big harms none of the others.
func TestBatch(t *testing.T) {
	s := newStore(t)
	set := func(key string, size int) func(tx) error {
		return func(x tx) error { return x.set([]byte(key), make([]byte, size)) }
	}
	raw := errors.New("badger would say: secret value")
	errs := together(t, s,
		set("one", 1),
		func(x tx) error {
			if b, err := x.get([]byte("one")); err != nil || b == nil {
				return fmt.Errorf("not seen: %v", err)
			}
			return dropbox.ErrTaken
		},
		set("two", 1))
	if errs[0] != nil || errs[1] != dropbox.ErrTaken || errs[2] != nil || !s.has("one") || !s.has("two") {
		t.Errorf("refused: got %v", errs)
	}
	errs = together(t, s, set("three", 1), func(x tx) error {
		set("half", 1)(x)
		return raw
	}, set("four", 1))
	if errs[0] != nil || !errors.Is(errs[1], ErrDown) || strings.Contains(errs[1].Error(), "secret") || errs[2] != nil {
		t.Errorf("failed: got %v", errs)
	}
	if !s.has("three") || s.has("half") || !s.has("four") {
		t.Error("failed: the wrong ones were stored")
	}
	many := func(prefix string, n int) func(tx) error {
		return func(x tx) error {
			for i := range n {
				if err := set(fmt.Sprint(prefix, i), 1000_000)(x); err != nil {
					return err
				}
			}
			return nil
		}
	}
	errs = together(t, s, many("a", 2), many("b", 2), many("c", 3), set("five", 1))
	if errs[0] != nil || errs[1] != nil || !errors.Is(errs[2], ErrDown) || errs[3] != nil {
		t.Errorf("too big: got %v", errs)
	}
	if !s.has("a1") || !s.has("b1") || s.has("c0") || !s.has("five") {
		t.Error("too big: the wrong ones were stored")
	}
}

// TestBroken: after a commit that failed nothing is answered from what may not be on disk.
func TestBroken(t *testing.T) {
	s := newStore(t)
	s.broken.Store(true)
	p := storetest.Parcel("alice")
	_, err := s.Put(t.Context(), p, true)
	_, err2 := s.Sent(t.Context(), p.Sending, p.Digest)
	_, err3 := s.Lines(t.Context(), p.Drop)
	for _, err := range []error{err, err2, err3} {
		if !errors.Is(err, ErrDown) {
			t.Errorf("got %v, want %v", err, ErrDown)
		}
	}
}

// TestWithdrawnMeanwhile: mail that was read to be handed out, but taken back before that was noted, is not handed out.
func TestWithdrawnMeanwhile(t *testing.T) {
	s := newStore(t)
	p, q := storetest.Parcel("alice"), storetest.Parcel("alice")
	for _, p := range []*dropbox.Parcel{p, q} {
		if _, err := s.Put(t.Context(), p, true); err != nil {
			t.Fatal(err)
		}
	}
	mb := s.mailbox("alice")
	entries, _, err := s.list(mb, cursor{}, 10)
	if err != nil || len(entries) != 2 {
		t.Fatalf("got %d entries, %v", len(entries), err)
	}
	erased, err := s.Withdraw(t.Context(), storetest.Withdrawal(p, "alice"))
	if err != nil || len(erased.Deleted) != 1 {
		t.Fatalf("got %v, %v; want that alice's is deleted", erased, err)
	}
	entries, err = s.handOut(t.Context(), mb, entries)
	if err != nil || len(entries) != 1 || !bytes.Equal(entries[0].Envelope, q.To[0].Sealed) {
		t.Errorf("got %d entries, %v; want the other one", len(entries), err)
	}
}

// TestQuietBadger: what badger says never reaches the log or an error as it stands.
func TestQuietBadger(t *testing.T) {
	var log bytes.Buffer
	l := badgerLog{slog.New(slog.NewTextHandler(&log, nil))}
	var _ badger.Logger = l
	l.Errorf("%s", "the-value")
	l.Warningf("%s", "the-value")
	l.Infof("%s", "the-value")
	for _, err := range []error{errors.New("the-value"), fmt.Errorf("the-value: %w", badger.ErrTxnTooBig), errors.New("no space left on device: the-value"),
		errors.New("Cannot acquire directory lock the-value"), fmt.Errorf("the-value: %w", badger.ErrDBClosed)} {
		if text := down(err).Error(); strings.Contains(text, "the-value") {
			t.Errorf("an error says %q", text)
		}
	}
	if strings.Contains(log.String(), "the-value") || !strings.Contains(log.String(), "badger: an error") {
		t.Errorf("the log says %q", log.String())
	}
}
