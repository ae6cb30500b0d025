package store_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/store"
	"tellbox/dropbox/store/storetest"
)

// backup writes a backup of s to a new file.
func (s *subject) backup() string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "backup")
	f, err := os.Create(path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	if _, err := s.Backup(s.t.Context(), f); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// restored is a store made of that backup, with the pepper and the list of erasures of s.
func (s *subject) restored(backup string) *subject {
	s.t.Helper()
	cfg := s.cfg
	cfg.Dir = filepath.Join(s.t.TempDir(), "restored")
	copyFile(s.t, s.cfg.Dir+".pepper", cfg.Dir+".pepper")
	copyFile(s.t, s.cfg.Dir+".erased", cfg.Dir+".erased")
	r, err := store.Restore(s.t.Context(), cfg, backup, false)
	if err != nil {
		s.t.Fatal(err)
	}
	if len(r.Faults) > 0 {
		s.t.Errorf("restored with faults: %q", r.Faults)
	}
	out := &subject{t: s.t, cfg: cfg}
	if out.Store, err = store.Open(cfg); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { out.Close() })
	out.sound()
	return out
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// sound fails the test if Check finds a fault.
func (s *subject) sound() {
	s.t.Helper()
	c, err := s.Check(s.t.Context())
	if err != nil || len(c.Faults) > 0 {
		s.t.Errorf("check: %v %q", err, c.Faults)
	}
}

// put stores a first report.
func (s *subject) put(readers ...string) *dropbox.Parcel {
	s.t.Helper()
	p := storetest.Parcel(readers...)
	if out, err := s.Put(s.t.Context(), p, true); err != nil || out != dropbox.Stored {
		s.t.Fatalf("Put: %v, %v", out, err)
	}
	return p
}

// TestRestore: what is in a backup comes back, and what was erased after it does not. Readers list everything anew.
func TestRestore(t *testing.T) {
	s := newSubject(t, nil)
	kept, taken, deleted := s.put("alice", "bob"), s.put("alice", "bob"), s.put("alice")
	if _, err := s.Reply(t.Context(), "alice", storetest.Answer(kept, "bob")); err != nil {
		t.Fatal(err)
	}
	before, cursor, err := s.Mail(t.Context(), "alice", "", 100)
	if err != nil || len(before) != 3 {
		t.Fatalf("got %d entries, %v", len(before), err)
	}
	backup := s.backup()
	if _, err := s.Withdraw(t.Context(), storetest.Withdrawal(taken, "alice", "bob")); err != nil {
		t.Fatal(err)
	}
	if found, err := s.Delete(t.Context(), "alice", before[2].ID); !found || err != nil {
		t.Fatalf("got %v, %v", found, err)
	}
	late := s.put("alice")
	s.sound()

	r := s.restored(backup)
	lines, err := r.Lines(t.Context(), kept.Drop)
	if err != nil || len(lines.Lines) != 2 || !bytes.Equal(lines.Lines[0], kept.Line) {
		t.Errorf("kept: got %d lines, %v", len(lines.Lines), err)
	}
	for what, p := range map[string]*dropbox.Parcel{"taken back after the backup": taken, "sent after the backup": late} {
		if _, err := r.Lines(t.Context(), p.Drop); !errors.Is(err, dropbox.ErrNothing) {
			t.Errorf("%s: got %v, want %v", what, err, dropbox.ErrNothing)
		}
	}
	if _, err := r.Reply(t.Context(), "alice", storetest.Answer(taken, "bob")); !errors.Is(err, dropbox.ErrGone) {
		t.Errorf("a reply to what was taken back: got %v, want %v", err, dropbox.ErrGone)
	}
	after, next, err := r.Mail(t.Context(), "alice", cursor, 100) // the old cursor, as an advocate's program has it
	if err != nil || len(after) != 1 || !bytes.Equal(after[0].Envelope, kept.To[0].Sealed) || next[:32] == cursor[:32] {
		t.Errorf("alice: got %d entries, %v, cursor %s after %s", len(after), err, next, cursor)
	}
	if lines, err := r.Lines(t.Context(), deleted.Drop); err != nil || len(lines.Lines) != 1 {
		t.Errorf("of whom a reader deleted the mail: got %d lines, %v", len(lines.Lines), err)
	}
	// Nobody knows any more who was handed what since: nothing is called deleted.
	erased, err := r.Withdraw(t.Context(), storetest.Withdrawal(kept, "alice", "bob"))
	if err != nil || len(erased.Deleted) != 0 || !slices.Equal(erased.Asked, []string{"alice", "bob"}) {
		t.Errorf("withdrawing: got %+v, %v", erased, err)
	}
	if _, err := r.Put(t.Context(), storetest.More(late, "alice"), false); err != nil {
		t.Errorf("a follow-up to what the backup has not: %v", err)
	}
	r.sound()
}

// TestRestoreRefuses: what is not a backup of this store is refused, and nothing is left behind.
func TestRestoreRefuses(t *testing.T) {
	s := newSubject(t, nil)
	s.put("alice")
	backup := s.backup()
	whole, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	other := newSubject(t, nil)
	for _, c := range []struct {
		name   string
		change func(cfg *store.Config, backup []byte) []byte
		want   error
	}{
		{"a folder with something in it", func(cfg *store.Config, b []byte) []byte { os.MkdirAll(cfg.Dir+"/x", 0o700); return b }, store.ErrNotEmpty},
		{"no pepper", func(cfg *store.Config, b []byte) []byte { os.Remove(cfg.Dir + ".pepper"); return b }, store.ErrPepper},
		{"another pepper", func(cfg *store.Config, b []byte) []byte { cfg.Pepper = other.cfg.Dir + ".pepper"; return b }, store.ErrPepper},
		{"no list", func(cfg *store.Config, b []byte) []byte { os.Remove(cfg.Dir + ".erased"); return b }, store.ErrErasures},
		{"another list", func(cfg *store.Config, b []byte) []byte { cfg.Erased = other.cfg.Dir + ".erased"; return b }, store.ErrErasures},
		{"cut", func(_ *store.Config, b []byte) []byte { return b[:len(b)-1] }, store.ErrBackup},
		{"cut short", func(_ *store.Config, b []byte) []byte { return b[:len(b)/2] }, store.ErrBackup},
		{"too long", func(_ *store.Config, b []byte) []byte { return append(b, 'x') }, store.ErrBackup},
		{"a flipped bit", func(_ *store.Config, b []byte) []byte { b[len(b)/2] ^= 1; return b }, store.ErrBackup},
		{"empty", func(_ *store.Config, b []byte) []byte { return nil }, store.ErrBackup},
		{"a letter", func(_ *store.Config, b []byte) []byte { return []byte("Dear") }, store.ErrBackup},
	} {
		cfg := store.Config{Dir: filepath.Join(t.TempDir(), "new"), Tidy: -1}
		copyFile(t, s.cfg.Dir+".pepper", cfg.Dir+".pepper")
		copyFile(t, s.cfg.Dir+".erased", cfg.Dir+".erased")
		path := filepath.Join(t.TempDir(), "backup")
		if err := os.WriteFile(path, c.change(&cfg, slices.Clone(whole)), 0o600); err != nil {
			t.Fatal(err)
		}
		before := tree(t, filepath.Dir(cfg.Dir))
		if _, err := store.Restore(t.Context(), cfg, path, false); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		after := tree(t, filepath.Dir(cfg.Dir))
		delete(after, cfg.Dir) // an empty folder may stay
		delete(before, cfg.Dir)
		if len(after) != len(before) {
			t.Errorf("%s: it left something behind: %d files, before %d", c.name, len(after), len(before))
		}
	}
	cfg := store.Config{Dir: filepath.Join(t.TempDir(), "new"), Tidy: -1}
	copyFile(t, s.cfg.Dir+".pepper", cfg.Dir+".pepper")
	if _, err := store.Restore(t.Context(), cfg, backup, true); err != nil {
		t.Errorf("without the list, said so: %v", err)
	}
	if _, err := store.Open(cfg); err != nil {
		t.Errorf("opening what was restored: %v", err)
	}
}

// TestErasedWhileBackedUp: what is taken back while a backup is written is not in it, and restoring needs no list for that.
func TestErasedWhileBackedUp(t *testing.T) {
	s := newSubject(t, nil)
	var parcels []*dropbox.Parcel
	for range 40 {
		parcels = append(parcels, s.put("alice", "bob"))
	}
	w := &slowly{after: 300 << 10, then: func() {
		for _, p := range parcels {
			if _, err := s.Withdraw(t.Context(), storetest.Withdrawal(p, "alice")); err != nil {
				t.Error(err)
			}
		}
	}}
	if _, err := s.Backup(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "backup")
	if err := os.WriteFile(path, w.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := store.Config{Dir: filepath.Join(t.TempDir(), "new"), Tidy: -1, Now: s.cfg.Now}
	copyFile(t, s.cfg.Dir+".pepper", cfg.Dir+".pepper")
	r, err := store.Restore(t.Context(), cfg, path, true)
	if err != nil || r.Erased != len(parcels) || r.Lines != 0 || len(r.Faults) > 0 {
		t.Errorf("got %+v, %v; want all %d erased", r, err, len(parcels))
	}
}

// slowly is a writer that does something once it has got so much.
type slowly struct {
	bytes.Buffer
	after int
	then  func()
}

func (w *slowly) Write(b []byte) (int, error) {
	if w.then != nil && w.Len() > w.after {
		w.then()
		w.then = nil
	}
	return w.Buffer.Write(b)
}

var _ io.Writer = (*slowly)(nil)

// TestCloseEndsBackup: a backup whose reader has stopped reading does not keep a store from closing once it reads again.
func TestCloseEndsBackup(t *testing.T) {
	s := newSubject(t, nil)
	for range 40 {
		s.put("alice", "bob")
	}
	closed := make(chan error)
	w := &slowly{then: func() {
		go func() { closed <- s.Close() }()
		time.Sleep(20 * time.Millisecond)
	}}
	if _, err := s.Backup(t.Context(), w); !errors.Is(err, store.ErrDown) {
		t.Errorf("got %v, want %v", err, store.ErrDown)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}
