package store_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tellbox/dropbox"
	"tellbox/dropbox/store"
	"tellbox/dropbox/store/storetest"
)

// subject is a store in a temporary folder that can be opened again.
type subject struct {
	*store.Store
	t   testing.TB
	cfg store.Config
	now atomic.Pointer[time.Time]

	still sync.RWMutex // held for writing while a crash is made: the writer looks at the clock before it writes
}

var bundle = store.Bundle{Keyholders: []byte("keyholders"), Roster: []byte("roster")}

func newSubject(t testing.TB, change func(*store.Config)) *subject {
	t.Helper()
	s := &subject{t: t}
	s.SetNow(storetest.Start)
	s.cfg = store.Config{Dir: filepath.Join(t.TempDir(), "data"), Now: s.clock}
	if change != nil {
		change(&s.cfg)
	}
	if err := store.Init(s.cfg, bundle); err != nil {
		t.Fatal(err)
	}
	s.open()
	t.Cleanup(func() { s.Close() })
	return s
}

func (s *subject) open() {
	s.t.Helper()
	opened, err := store.Open(s.cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Store = opened
}

func (s *subject) Reopen() {
	s.t.Helper()
	if err := s.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.open()
}

func (s *subject) SetNow(now time.Time) { s.now.Store(&now) }

func (s *subject) clock() time.Time {
	s.still.RLock()
	defer s.still.RUnlock()
	return *s.now.Load()
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		return judged{newSubject(t, func(cfg *store.Config) {
			cfg.MailboxBytes, cfg.MailboxEntries, cfg.BoxLines, cfg.BoxBytes = storetest.MailboxBytes, storetest.MailboxEntries, storetest.BoxLines, storetest.BoxBytes
			cfg.Tidy = -1
		})}
	})
}

// judged is a subject as package storetest, which does not know this one, wants it.
type judged struct{ *subject }

func (j judged) Roster() (keyholders, roster []byte, err error) {
	b, err := j.Store.Roster()
	return b.Keyholders, b.Roster, err
}

func (j judged) SetRoster(ctx context.Context, keyholders, roster []byte) error {
	return j.Store.SetRoster(ctx, store.Bundle{Keyholders: keyholders, Roster: roster})
}

func (j judged) Status(ctx context.Context, readers []string) (storetest.Status, error) {
	st, err := j.Store.Status(ctx, readers)
	out := storetest.Status{Boxes: st.Boxes, Ended: st.Ended, Withdrawn: st.Withdrawn}
	for _, m := range st.Mailboxes {
		out.Mailboxes = append(out.Mailboxes, storetest.Mailbox(m))
	}
	return out, err
}

func (j judged) Check(ctx context.Context) ([]string, error) {
	c, err := j.Store.Check(ctx)
	return c.Faults, err
}

func (j judged) Purge(ctx context.Context) (storetest.Purged, error) {
	p, err := j.Store.Purge(ctx)
	return storetest.Purged(p), err
}

func (j judged) Backup(ctx context.Context, w io.Writer) error {
	_, err := j.Store.Backup(ctx, w)
	return err
}

// beside is a subject like this one in another folder, not yet opened.
func (j judged) beside() judged {
	s := &subject{t: j.t, cfg: j.cfg}
	s.SetNow(j.clock())
	s.cfg.Dir, s.cfg.Now = filepath.Join(j.t.TempDir(), "data"), s.clock
	return judged{s}
}

func (j judged) Restored(backup []byte) (storetest.Subject, error) {
	r, path := j.beside(), filepath.Join(j.t.TempDir(), "backup")
	copyFile(j.t, j.cfg.Dir+".pepper", r.cfg.Dir+".pepper")
	copyFile(j.t, j.cfg.Dir+".erased", r.cfg.Dir+".erased")
	err := os.WriteFile(path, backup, 0o600)
	if err == nil {
		_, err = store.Restore(j.t.Context(), r.cfg, path, false)
	}
	if err != nil {
		return nil, err
	}
	r.open()
	j.t.Cleanup(func() { r.Close() })
	return r, nil
}

// Crash opens a copy of everything as it stands while the store is open, which is what a kill leaves: what was written stays,
// synced or not. Two copies in a row that are alike show what stood there at the moment between them. The writer stands still
// before it writes, so a kill within a commit is not among these: TestTorture in e2e kills at any moment.
func (j judged) Crash() storetest.Subject {
	j.t.Helper()
	j.still.Lock()
	image, again := j.files(), j.files()
	for !reflect.DeepEqual(image, again) {
		image, again = again, j.files()
	}
	j.still.Unlock()
	if err := j.Close(); err != nil {
		j.t.Error(err)
	}
	left := j.beside()
	root := filepath.Dir(left.cfg.Dir)
	for name, f := range image {
		path := filepath.Join(root, name)
		err := os.MkdirAll(filepath.Dir(path), 0o700)
		if err == nil {
			err = os.WriteFile(path, f.content, 0o600)
		}
		if err = errors.Join(err, os.Truncate(path, f.size)); err != nil {
			j.t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(left.cfg.Dir, "segments"), 0o700); err != nil {
		j.t.Fatal(err)
	}
	left.open()
	j.t.Cleanup(func() { left.Close() })
	return left
}

// file is a file up to the last byte that was written to it: badger's log is 32 MiB of nothing at first.
type file struct {
	content []byte
	size    int64
}

// files are all files, the pepper and the list of erasures among them. If badger takes one away meanwhile, all are read again.
func (j judged) files() map[string]file {
	j.t.Helper()
	root, all := filepath.Dir(j.cfg.Dir), map[string]file{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err == nil {
			all[name], err = readFile(path)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, io.EOF) {
		return j.files()
	}
	if err != nil {
		j.t.Fatal(err)
	}
	return all
}

func readFile(path string) (f file, err error) {
	r, err := os.Open(path)
	if err != nil {
		return f, err
	}
	defer r.Close()
	if f.size, err = r.Seek(0, io.SeekEnd); err != nil {
		return f, err
	}
	end := int64(0)
	for {
		data, err := r.Seek(end, unix.SEEK_DATA)
		if errors.Is(err, unix.ENXIO) {
			break
		}
		if err == nil {
			end, err = r.Seek(data, unix.SEEK_HOLE)
		}
		if err != nil {
			return f, err
		}
	}
	f.content = make([]byte, end)
	_, err = r.ReadAt(f.content, 0)
	return f, err
}

func (j judged) Disk() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for name, f := range j.files() {
			if !yield(name, f.content) {
				return
			}
		}
	}
}

func TestRoster(t *testing.T) {
	s := newSubject(t, nil)
	same := func(want store.Bundle) {
		t.Helper()
		if got, err := s.Roster(); err != nil || string(got.Keyholders) != string(want.Keyholders) || string(got.Roster) != string(want.Roster) {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	same(bundle)
	next := store.Bundle{Keyholders: []byte("k2"), Roster: bytes.Repeat([]byte("r"), 600_000)}
	if err := s.SetRoster(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	same(next)
	s.Reopen()
	same(next)
	if err := s.SetRoster(t.Context(), store.Bundle{Roster: make([]byte, 1<<20)}); !errors.Is(err, dropbox.ErrShape) {
		t.Errorf("too large: got %v, want %v", err, dropbox.ErrShape)
	}
	same(next)
}

// TestNothingPlain searches the folder, the log and all errors for what must never be written down.
func TestNothingPlain(t *testing.T) {
	var log bytes.Buffer
	s := newSubject(t, func(cfg *store.Config) {
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		cfg.MailboxEntries = 2
	})
	ctx := t.Context()
	var said []error
	said = append(said, s.SetRoster(ctx, store.Bundle{Roster: []byte("the signed text")}))
	p := storetest.Parcel("zaphod-beeblebrox", "trillian")
	parcels := []*dropbox.Parcel{p, storetest.More(p, "zaphod-beeblebrox"), storetest.More(p, "zaphod-beeblebrox"), storetest.Answer(p, "trillian")}
	for i, q := range parcels {
		_, err := s.Put(ctx, q, i == 0)
		said = append(said, err)
	}
	taken := storetest.Withdrawal(p, "zaphod-beeblebrox", "trillian")
	gone := storetest.Parcel("marvin-p-android")
	_, err := s.Put(ctx, gone, true)
	mail, _, err2 := s.Mail(ctx, "zaphod-beeblebrox", "", 1)
	err3 := s.Ack(ctx, "zaphod-beeblebrox", []string{mail[0].ID})
	_, err4 := s.Lines(ctx, p.Drop)
	_, err5 := s.Reply(ctx, "trillian", storetest.Answer(p))
	_, err6 := s.Withdraw(ctx, taken)
	_, err7 := s.Withdraw(ctx, taken)
	said = append(said, err, err2, err3, err4, err5, err6, err7)
	s.Reopen()
	s.Close()
	_, err = s.Lines(ctx, p.Drop)
	said = append(said, err)
	if !errors.Is(err, store.ErrDown) {
		t.Errorf("closed: got %v, want %v", err, store.ErrDown)
	}

	pepper, _ := os.ReadFile(s.cfg.Dir + ".pepper")
	raw, _ := hex.DecodeString(strings.TrimSpace(string(pepper)))
	secrets := map[string][]byte{"pepper": raw, "reader": []byte("zaphod"), "reader 2": []byte("trillian"), "reader 3": []byte("marvin")}
	for _, q := range append(parcels, taken, gone) {
		secrets["drop "+q.Drop.String()] = q.Drop[:]
		secrets["locator "+q.Locator.String()] = q.Locator[:]
		secrets["sending "+q.Sending.String()] = q.Sending[:]
	}
	delete(secrets, "locator "+dropbox.Locator{}.String()) // a reply has none
	places := tree(t, s.cfg.Dir)
	places["the log"] = log.String()
	all := ""
	for _, content := range places {
		all += content
	}
	if !strings.Contains(all, string(gone.Line)) {
		t.Fatal("her line is not found: the search is not looking")
	}
	for name, secret := range secrets {
		for path, content := range places {
			if strings.Contains(content, string(secret)) || strings.Contains(strings.ToLower(content), hex.EncodeToString(secret)) {
				t.Errorf("%s stands in %s", strings.Fields(name)[0], filepath.Base(path))
			}
		}
		for _, err := range said {
			var full *dropbox.FullError // names the reader to the operator, by contract
			if err != nil && !errors.As(err, &full) && (strings.Contains(err.Error(), string(secret)) || strings.Contains(err.Error(), hex.EncodeToString(secret))) {
				t.Errorf("%s stands in an error", strings.Fields(name)[0])
			}
		}
	}
}

func TestStatus(t *testing.T) {
	s := newSubject(t, func(cfg *store.Config) { cfg.MailboxEntries = 3 })
	ctx := t.Context()
	status := func(boxes, ended, withdrawn int, want ...store.Mailbox) {
		t.Helper()
		got, err := s.Status(ctx, []string{"alice", "bob"})
		if err != nil || got.Boxes != boxes || got.Ended != ended || got.Withdrawn != withdrawn || !reflect.DeepEqual(got.Mailboxes, want) {
			t.Errorf("got %+v, %v; want %d, %d, %d, %+v", got, err, boxes, ended, withdrawn, want)
		}
		if got.DiskFree <= 0 || got.DiskFull {
			t.Errorf("disk: got %d free, full %v", got.DiskFree, got.DiskFull)
		}
	}
	size := int64(dropbox.EnvelopeSize(dropbox.Buckets[0]))
	status(0, 0, 0, store.Mailbox{Reader: "alice"}, store.Mailbox{Reader: "bob"})
	var all []*dropbox.Parcel
	for i := range 3 {
		s.SetNow(storetest.Start.AddDate(0, 0, 7*i))
		all = append(all, storetest.Parcel("alice"))
		if _, err := s.Put(ctx, all[i], true); err != nil {
			t.Fatal(err)
		}
	}
	status(3, 0, 0, store.Mailbox{"alice", 3, 3, 3 * size, "2026-W07", true}, store.Mailbox{Reader: "bob"})
	mail, _, err := s.Mail(ctx, "alice", "", 10)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Ack(ctx, "alice", []string{mail[0].ID}); err != nil {
		t.Fatal(err)
	}
	s.Reopen()
	status(3, 0, 0, store.Mailbox{"alice", 2, 3, 3 * size, "2026-W08", true}, store.Mailbox{Reader: "bob"})
	if _, err := s.Delete(ctx, "alice", mail[1].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Withdraw(ctx, storetest.Withdrawal(all[2], "alice", "bob")); err != nil {
		t.Fatal(err)
	}
	status(2, 0, 1, store.Mailbox{"alice", 1, 2, 2 * size, "2026-W09", false}, store.Mailbox{Reader: "bob"})
	s.SetNow(storetest.Start.AddDate(3, 0, 0))
	status(0, 2, 0, store.Mailbox{"alice", 1, 2, 2 * size, "2026-W09", false}, store.Mailbox{Reader: "bob"})
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Status(done, []string{"alice"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

// TestDiskReserve: near a full disk reports are refused, while taking back still goes.
func TestDiskReserve(t *testing.T) {
	s := newSubject(t, nil)
	ctx := t.Context()
	p := storetest.Parcel("alice")
	if _, err := s.Put(ctx, p, true); err != nil {
		t.Fatal(err)
	}
	st, err := s.Status(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.cfg.DiskReserve = st.DiskFree * 7 / 10 // room for reports, and none for what no mailbox bounds
	s.Reopen()
	if _, err := s.Put(ctx, storetest.Parcel(), true); !errors.Is(err, dropbox.ErrFull) {
		t.Errorf("a record: got %v, want %v", err, dropbox.ErrFull)
	}
	if _, err := s.Put(ctx, storetest.Parcel("alice"), true); err != nil {
		t.Errorf("a report: %v", err)
	}
	s.cfg.DiskReserve = 2 * st.DiskFree
	s.Reopen()
	if _, err := s.Put(ctx, storetest.Parcel("alice"), true); !errors.Is(err, dropbox.ErrFull) {
		t.Errorf("got %v, want %v", err, dropbox.ErrFull)
	}
	if st, err := s.Status(ctx, nil); err != nil || !st.DiskFull {
		t.Errorf("got full %v, %v", st.DiskFull, err)
	}
	if _, err := s.Withdraw(ctx, storetest.Withdrawal(p, "alice")); err != nil {
		t.Errorf("taking back: %v", err)
	}
	s.cfg.DiskReserve = 6 * st.DiskFree
	s.Reopen()
	if _, _, err := s.Mail(ctx, "alice", "", 1); !errors.Is(err, dropbox.ErrFull) {
		t.Errorf("got %v, want %v", err, dropbox.ErrFull)
	}
}
