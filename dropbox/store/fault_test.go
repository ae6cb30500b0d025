package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/store/storetest"
)

// fault lets what the store does to files whose path contains part fail with err, from the nth time on, until it is mended.
func fault(t *testing.T, what, part string, nth int, err error) (mend func()) {
	t.Helper()
	var mu sync.Mutex
	inject = func(w, path string) error {
		mu.Lock()
		defer mu.Unlock()
		if w != what || !strings.Contains(path, part) {
			return nil
		}
		if nth--; nth > 0 {
			return nil
		}
		return &fs.PathError{Op: w, Path: path, Err: err}
	}
	mend = func() { inject = func(string, string) error { return nil } }
	t.Cleanup(mend)
	return mend
}

// quiet is a store that does nothing by itself, in memory where that is possible: syncing costs nothing there.
func quiet(t *testing.T) *Store {
	dir, err := os.MkdirTemp("/dev/shm", "tellbox")
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	cfg := Config{Dir: filepath.Join(dir, "data"), Tidy: -1}
	if err := Init(cfg, Bundle{}); err != nil {
		t.Fatal(err)
	}
	return opened(t, cfg)
}

func opened(t *testing.T, cfg Config) *Store {
	t.Helper()
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func (s *Store) mustPut(t *testing.T, readers ...string) *dropbox.Parcel {
	t.Helper()
	p := storetest.Parcel(readers...)
	if _, err := s.Put(t.Context(), p, true); err != nil {
		t.Fatal(err)
	}
	return p
}

// known says whether s has exactly p's line in p's box.
func (s *Store) known(t *testing.T, p *dropbox.Parcel) bool {
	t.Helper()
	got, err := s.Lines(t.Context(), p.Drop)
	if err != nil && !errors.Is(err, dropbox.ErrNothing) {
		t.Error(err)
	}
	return err == nil && len(got.Lines) == 1 && bytes.Equal(got.Lines[0], p.Line)
}

func (s *Store) faults(t *testing.T) []string {
	t.Helper()
	c, err := s.Check(t.Context())
	if err != nil {
		t.Errorf("check: %v", err)
	}
	return c.Faults
}

// holds says whether any file under dir, or beside it, contains b.
func holds(t *testing.T, dir string, b []byte) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(filepath.Dir(dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) { // badger moves its records meanwhile
			return nil
		}
		found = found || bytes.Contains(content, b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestDiskFullWhileWriting: a batch that the disk has no room for is refused as a whole, leaves nothing, and nothing else happens.
func TestDiskFullWhileWriting(t *testing.T) {
	for _, what := range []string{"write", "fsync"} {
		for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT} {
			s := quiet(t)
			before := s.mustPut(t, "alice")
			size := segmentSize(t, s, 0)
			mend := fault(t, what, "segments", 1, full)
			ps := []*dropbox.Parcel{storetest.Parcel("alice"), storetest.Parcel("bob", "carol")}
			release := hold(s)
			var wg sync.WaitGroup
			for i, p := range ps {
				wg.Go(func() {
					if _, err := s.Put(t.Context(), p, true); !errors.Is(err, dropbox.ErrFull) {
						t.Errorf("%s, %v: got %v, want %v", what, full, err, dropbox.ErrFull)
					}
				})
				waiting(t, s, i+1)
			}
			release()
			wg.Wait()
			if got := segmentSize(t, s, 0); got != size {
				t.Errorf("%s, %v: the segment has %d bytes, before %d", what, full, got, size)
			}
			for _, p := range ps {
				if out, err := s.Sent(t.Context(), p.Sending, p.Digest); out != dropbox.Stored || err != nil {
					t.Errorf("Sent: got %v, %v; want that it is unknown", out, err)
				}
				if s.known(t, p) || holds(t, s.cfg.Dir, p.Line[1700:1764]) || holds(t, s.cfg.Dir, p.To[0].Sealed[1700:1764]) {
					t.Errorf("%s, %v: something of it was stored", what, full)
				}
			}
			mend()
			after := s.mustPut(t, "alice")
			s.Close()
			s = opened(t, s.cfg)
			if !s.known(t, before) || !s.known(t, after) || s.faults(t) != nil {
				t.Errorf("%s, %v: afterwards: %q", what, full, s.faults(t))
			}
		}
	}
}

func segmentSize(t *testing.T, s *Store, n uint32) int64 {
	t.Helper()
	info, err := os.Stat(s.segments.path(n))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// TestDiskFails: after a failed write or fsync nothing is answered any more; opened again it has what was acknowledged and
// nothing else.
func TestDiskFails(t *testing.T) {
	for _, what := range []string{"write", "fsync"} {
		s := quiet(t)
		before := s.mustPut(t, "alice")
		mend := fault(t, what, "segments", 1, syscall.EIO)
		p := storetest.Parcel("alice")
		for range 2 { // it stays down
			if _, err := s.Put(t.Context(), p, true); !errors.Is(err, ErrDown) {
				t.Errorf("%s: got %v, want %v", what, err, ErrDown)
			}
			mend()
		}
		_, err := s.Lines(t.Context(), before.Drop)
		_, _, err2 := s.Mail(t.Context(), "alice", "", 1)
		_, err3 := s.Purge(t.Context())
		for _, err := range []error{err, err2, err3} {
			if !errors.Is(err, ErrDown) {
				t.Errorf("%s, afterwards: got %v, want %v", what, err, ErrDown)
			}
		}
		s.Close()
		s = opened(t, s.cfg)
		if !s.known(t, before) || s.known(t, p) || s.faults(t) != nil || holds(t, s.cfg.Dir, p.Line[1700:1764]) {
			t.Errorf("%s, opened again: %q", what, s.faults(t))
		}
		s.mustPut(t, "alice")
	}
}

// TestInitFails: an Init that fails leaves nothing, at whichever file.
func TestInitFails(t *testing.T) {
	for _, what := range []string{"write", "fsync"} {
		for _, name := range []string{"data.pepper", "data.erased", "data/commits", "data/format"} {
			cfg := Config{Dir: filepath.Join(t.TempDir(), "data")}
			mend := fault(t, what, name, 1, syscall.EIO)
			if err := Init(cfg, Bundle{}); !errors.Is(err, syscall.EIO) {
				t.Errorf("%s %s: got %v", what, name, err)
			}
			mend()
			left, _ := filepath.Glob(filepath.Dir(cfg.Dir) + "/*")
			inside, _ := filepath.Glob(cfg.Dir + "/*")
			if left = append(left, inside...); len(left) > 0 && !slices.Equal(left, []string{cfg.Dir}) {
				t.Errorf("%s %s: it left %q", what, name, left)
			}
			if err := Init(cfg, Bundle{}); err != nil {
				t.Errorf("%s %s: a second time: %v", what, name, err)
			}
		}
	}
}

// TestErasingFails: a withdrawal that cannot overwrite what it took is a withdrawal all the same. It is known that something
// waits, and it goes with the next Purge or Open that can.
func TestErasingFails(t *testing.T) {
	for name, f := range map[string]struct {
		what, part string
		nth        int
		stays      bool // the ciphertext
	}{
		"overwriting": {"write", "segments", 2, true}, // the first is the frame's
		"the list":    {"write", ".erased", 1, false},
		"its fsync":   {"fsync", ".erased", 1, false},
	} {
		s := quiet(t)
		kept, taken := s.mustPut(t, "alice"), s.mustPut(t, "alice")
		mend := fault(t, f.what, f.part, f.nth, syscall.EIO)
		erased, err := s.Withdraw(t.Context(), storetest.Withdrawal(taken, "alice"))
		if err != nil || !slices.Equal(erased.Deleted, []string{"alice"}) || s.known(t, taken) || !s.known(t, kept) {
			t.Errorf("%s: withdrawing: got %+v, %v", name, erased, err)
		}
		if got := holds(t, s.cfg.Dir, taken.Line[1700:1764]); got != f.stays {
			t.Errorf("%s: the ciphertext is there: %v", name, got)
		}
		if said := s.faults(t); len(said) != 1 || !strings.Contains(said[0], "could not be overwritten yet") {
			t.Errorf("%s: check said %q", name, said)
		}
		if _, err := s.Purge(t.Context()); err == nil {
			t.Errorf("%s: purge said that all is erased", name)
		}
		crashed := s.cfg
		crashed.Dir = filepath.Join(t.TempDir(), "data")
		if out, err := exec.Command("cp", "-a", filepath.Dir(s.cfg.Dir)+"/.", filepath.Dir(crashed.Dir)).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		mend()
		if _, err := s.Purge(t.Context()); err != nil {
			t.Errorf("%s: purge: %v", name, err)
		}
		for how, s := range map[string]*Store{"purged": s, "opened after a crash": opened(t, crashed)} {
			if holds(t, s.cfg.Dir, taken.Line[1700:1764]) || holds(t, s.cfg.Dir, taken.To[0].Sealed[1700:1764]) || s.faults(t) != nil {
				t.Errorf("%s, %s: it is still there: %q", name, how, s.faults(t))
			}
			if list, err := s.erasures.since(0); err != nil || !strings.Contains(string(list), fmt.Sprintf("%x", s.erased(boxKey(s.box(taken.Drop))))) {
				t.Errorf("%s, %s: it is not in the list of erasures, %v", name, how, err)
			}
			if !s.known(t, kept) || s.known(t, taken) {
				t.Errorf("%s, %s: the wrong one is there", name, how)
			}
		}
	}
}
