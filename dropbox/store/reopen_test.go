package store

import (
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dgraph-io/badger/v4"

	"tellbox/dropbox/store/storetest"
)

// TestOpensThoughErasingFails: one bad sector under what was taken back does not keep everybody else from being served.
func TestOpensThoughErasingFails(t *testing.T) {
	s := quiet(t)
	kept, taken := s.mustPut(t, "alice"), s.mustPut(t, "alice")
	fault(t, "write", "segments", 2, syscall.EIO) // the first is the frame's
	if _, err := s.Withdraw(t.Context(), storetest.Withdrawal(taken, "alice")); err != nil {
		t.Fatal(err)
	}
	s.Close()
	mend := fault(t, "write", "segments", 1, syscall.EIO)
	s, err := Open(s.cfg)
	if err != nil {
		t.Fatalf("opening: %v", err)
	}
	defer s.Close()
	if said := s.faults(t); !s.known(t, kept) || s.known(t, taken) || len(said) != 1 || !strings.Contains(said[0], "could not be overwritten yet") {
		t.Errorf("check said %q", said)
	}
	mend()
	if _, err := s.Purge(t.Context()); err != nil || s.faults(t) != nil || holds(t, s.cfg.Dir, taken.Line[1700:1764]) {
		t.Errorf("purge: %v, %q", err, s.faults(t))
	}
}

// TestOrphansAreKept: tables that a cut manifest does not name any more are not deleted, whatever is served.
func TestOrphansAreKept(t *testing.T) {
	s := quiet(t)
	for range 2 {
		s.mustPut(t, "alice")
		s.Close()
		s = opened(t, s.cfg)
	}
	s.mustPut(t, "alice")
	dir := filepath.Join(s.cfg.Dir, "badger")
	tables, _ := filepath.Glob(dir + "/*.sst")
	copied := copyOf(t, s.cfg)
	if err := cutManifest(filepath.Join(copied.Dir, "badger")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(copied); err == nil {
		t.Error("opened as if nothing was missing")
	}
	copied.Damaged = true
	opened(t, copied)
	for _, path := range tables {
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !holds(t, filepath.Join(copied.Dir, "badger", "x"), before) { // perhaps under another name
			t.Errorf("%s is gone", filepath.Base(path))
		}
	}
}

// copyOf is a store as a crash leaves it now.
func copyOf(t *testing.T, cfg Config) Config {
	t.Helper()
	from := filepath.Dir(cfg.Dir)
	cfg.Dir = filepath.Join(t.TempDir(), "data")
	cfg.Pepper, cfg.Erased = "", ""
	if out, err := exec.Command("cp", "-a", from+"/.", filepath.Dir(cfg.Dir)).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	return cfg
}

// cutManifest takes the last change off, as if it had never been written.
func cutManifest(dir string) error {
	path := filepath.Join(dir, badger.ManifestFilename)
	b, err := os.ReadFile(path)
	last, at := 8, 8
	for err == nil && at < len(b) {
		last = at
		at += 8 + int(binary.BigEndian.Uint32(b[at:]))
	}
	return errors.Join(err, os.Truncate(path, int64(last)))
}
