package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tellbox/dropbox"
	"tellbox/dropbox/store/storetest"
)

// mustUpload hands over a whole blob.
func (s *Store) mustUpload(t *testing.T, n int64) (dropbox.BlobID, []byte) {
	t.Helper()
	id, b := storetest.Blob(n)
	if err := s.handOver(t, id, b); err != nil {
		t.Fatal(err)
	}
	return id, b
}

func (s *Store) handOver(t *testing.T, id dropbox.BlobID, b []byte) error {
	u, err := s.Upload(t.Context(), id, 0, int64(len(b)))
	if err != nil {
		return err
	}
	defer u.Close()
	if _, err := u.Write(b); err != nil {
		return err
	}
	return u.Finish()
}

// mustBring stores a first report that brings those blobs.
func (s *Store) mustBring(t *testing.T, ids ...dropbox.BlobID) *dropbox.Parcel {
	t.Helper()
	p := storetest.Parcel("alice")
	p.Blobs = ids
	if _, err := s.Put(t.Context(), p, true); err != nil {
		t.Fatal(err)
	}
	return p
}

// files are what stands in the folder of blobs.
func (s *Store) files(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(s.blobs.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func sound(t *testing.T, s *Store, faults ...string) {
	t.Helper()
	c, err := s.Check(t.Context())
	if err != nil || len(c.Faults) != len(faults) {
		t.Fatalf("Check: %q, %v; want %d faults", c.Faults, err, len(faults))
	}
	for i, want := range faults {
		if !strings.Contains(c.Faults[i], want) {
			t.Errorf("Check: %q, want something with %q", c.Faults[i], want)
		}
	}
}

// A box holds 500 blobs, of which a quarter is hers: no reader can fill it so that she can send no file. What has no room is passed over, and
// the words are stored without it.
func TestBoxFullOfBlobs(t *testing.T) {
	s := quiet(t)
	p := s.mustPut(t, "alice")
	const replies = maxBoxBlob*3/4/dropbox.MaxFiles + 1
	without := 0
	send := func(a *dropbox.Parcel, put func(*dropbox.Parcel) error) {
		t.Helper()
		for range dropbox.MaxFiles {
			id, _ := s.mustUpload(t, 1)
			a.Blobs = append(a.Blobs, id)
		}
		a.SetDigest()
		if err := put(a); err != nil {
			t.Fatal(err)
		}
		unclaimed, err := s.Unclaimed(t.Context(), a.Blobs)
		if err != nil {
			t.Fatal(err)
		}
		without = len(unclaimed)
		s.Discard(a.Blobs...)
	}
	reply := func(a *dropbox.Parcel) error { _, err := s.Reply(t.Context(), "alice", a); return err }
	for range replies - 1 {
		if send(storetest.Answer(p), reply); without != 0 {
			t.Fatalf("%d files have no room", without)
		}
	}
	if send(storetest.Answer(p), reply); without != replies*dropbox.MaxFiles-maxBoxBlob*3/4 {
		t.Errorf("of the last reply's files %d have no room", without)
	}
	put := func(a *dropbox.Parcel) error { _, err := s.Put(t.Context(), a, false); return err }
	for n := range maxBoxBlob/4/dropbox.MaxFiles + 1 {
		send(storetest.More(p, "alice"), put)
		if last := n == maxBoxBlob/4/dropbox.MaxFiles; (without > 0) != last {
			t.Errorf("hers, %d: %d files have no room", n, without)
		}
	}
	if got := len(s.files(t)); got != maxBoxBlob {
		t.Errorf("%d blobs are there, want %d", got, maxBoxBlob)
	}
	if got, err := s.Lines(t.Context(), p.Drop); err != nil || len(got.Lines) != 1+replies+maxBoxBlob/4/dropbox.MaxFiles+1 {
		t.Errorf("%d lines, %v", len(got.Lines), err)
	}
	sound(t, s)
	if _, err := s.Withdraw(t.Context(), storetest.Withdrawal(p, "alice")); err != nil || len(s.files(t)) > 0 {
		t.Errorf("taken back: %v; %d files are left", err, len(s.files(t)))
	}
}

// Texts have a part of the disk that files cannot take, and a disk that fills up in the middle of a file refuses that alone.
func TestFilesLeaveRoomForTexts(t *testing.T) {
	s := quiet(t)
	free, err := s.free()
	if err != nil {
		t.Fatal(err)
	}
	s.cfg.TextReserve = free + 1<<30
	id, blob := storetest.Blob(1)
	if err := s.handOver(t, id, blob); !errors.Is(err, dropbox.ErrFull) || !s.FilesFull() {
		t.Errorf("a file where only texts have room: %v, full %v", err, s.FilesFull())
	}
	p := s.mustPut(t, "alice")
	st, err := s.Status(t.Context(), nil)
	if err != nil || !st.FilesFull || st.DiskFull {
		t.Errorf("status: %+v, %v", st, err)
	}
	s.cfg.TextReserve = 0
	large, b := storetest.Blob(10 << 20)
	u, err := s.Upload(t.Context(), large, 0, 0)
	if err == nil {
		_, err = u.Write(b[:5<<20])
	}
	if err != nil {
		t.Fatal(err)
	}
	s.cfg.TextReserve = free + 1<<30
	if _, err := u.Write(b[5<<20 : 9<<20]); !errors.Is(err, dropbox.ErrFull) {
		t.Errorf("when others have filled the rest meanwhile: %v", err)
	}
	s.cfg.TextReserve = 0
	for _, what := range []error{unix.ENOSPC, unix.EDQUOT} {
		mend := fault(t, "write", "/blobs/", 1, what)
		if err := s.handOver(t, storetest.Random(), blob); !errors.Is(err, dropbox.ErrFull) {
			t.Errorf("%v: %v", what, err)
		}
		mend()
	}
	for _, what := range []string{"write", "fsync", "rename"} {
		mend := fault(t, what, "/blobs/", 1, unix.EIO)
		if err := s.handOver(t, storetest.Random(), blob); !errors.Is(err, ErrDown) {
			t.Errorf("%s fails: %v, want %v", what, err, ErrDown)
		}
		mend()
	}
	if !s.known(t, p) {
		t.Error("the text is gone")
	}
	s.Discard(large)
	s = opened(t, reopened(t, s))
	if left := s.files(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	sound(t, s)
}

func reopened(t *testing.T, s *Store) Config {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return s.cfg
}

// What a disk keeps of an erased blob is noise: the header in which its key is sealed is overwritten before the name goes.
func TestErasedBlobHasNoHeader(t *testing.T) {
	s := quiet(t)
	id, blob := s.mustUpload(t, 1)
	p := s.mustBring(t, id)
	waiting, _ := s.mustUpload(t, 1)
	part, b := storetest.Blob(1)
	u, err := s.Upload(t.Context(), part, 0, int64(len(b)))
	if err == nil {
		_, err = u.Write(b[:100_000])
	}
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]string{} // another name for the same bytes, as a disk has it
	for _, name := range s.files(t) {
		kept[name] = filepath.Join(filepath.Dir(s.cfg.Dir), name)
		if err := os.Link(filepath.Join(s.blobs.dir, name), kept[name]); err != nil {
			t.Fatal(err)
		}
	}
	if len(kept) != 3 {
		t.Fatalf("%d files, want 3", len(kept))
	}
	if _, err := s.Withdraw(t.Context(), storetest.Withdrawal(p, "alice")); err != nil {
		t.Fatal(err)
	}
	s.Discard(waiting, part)
	if left := s.files(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	found := false
	for name, path := range kept {
		got, err := os.ReadFile(path)
		if err != nil || !blank(got[:dropbox.BlobHead]) {
			t.Errorf("%s still has its header, %v", name, err)
		}
		found = found || bytes.Contains(got, blob[5000:6000])
	}
	if !found {
		t.Error("the search does not find what is left of a blob")
	}
}

// A blob that cannot be erased at once is erased later, and said until then; so is one whose erasure a crash kept.
func TestBlobErasedLater(t *testing.T) {
	s := quiet(t)
	id, _ := s.mustUpload(t, 1)
	p := s.mustBring(t, id)
	mend := fault(t, "write", "/blobs/", 1, unix.EIO)
	if _, err := s.Withdraw(t.Context(), storetest.Withdrawal(p, "alice")); err != nil {
		t.Fatal(err)
	}
	if st, err := s.Status(t.Context(), nil); err != nil || st.Erasing == 0 || len(s.files(t)) != 1 {
		t.Errorf("erasing %d, %v; %d files", st.Erasing, err, len(s.files(t)))
	}
	if _, err := s.Purge(t.Context()); err == nil {
		t.Error("a purge that cannot erase it says that it did")
	}
	mend()
	if _, err := s.Purge(t.Context()); err != nil || len(s.files(t)) > 0 {
		t.Errorf("mended: %v; %d files", err, len(s.files(t)))
	}
	if st, err := s.Status(t.Context(), nil); err != nil || st.Erasing != 0 {
		t.Errorf("mended: erasing %d, %v", st.Erasing, err)
	}
	sound(t, s)
}

// Check names a blob that is damaged, missing or nobody's, and what is none; the account is not touched by it.
func TestDamagedBlobs(t *testing.T) {
	s := quiet(t)
	var ids []dropbox.BlobID
	for range 3 {
		id, _ := s.mustUpload(t, 1)
		ids = append(ids, id)
	}
	p := s.mustBring(t, ids...)
	sound(t, s)
	f, err := os.OpenFile(s.blobs.path(s.blob(ids[0])), os.O_RDWR, 0)
	if err == nil {
		_, err = f.WriteAt([]byte{1, 2, 3, 4}, 100_000)
		f.Close()
	}
	if err != nil || os.Truncate(s.blobs.path(s.blob(ids[1])), 1000) != nil || os.Remove(s.blobs.path(s.blob(ids[2]))) != nil {
		t.Fatal(err)
	}
	if _, err := s.Blob(t.Context(), ids[2]); !errors.Is(err, ErrDown) {
		t.Errorf("a blob that is gone: %v", err)
	}
	c, err := s.Check(t.Context())
	if err != nil || len(c.Faults) != 3 || c.Blobs != 3 {
		t.Errorf("Check: %d blobs, %q, %v", c.Blobs, c.Faults, err)
	}
	for name, content := range map[string]string{"notes.txt": "x", strings.Repeat("ab", 32): "x"} {
		if err := os.WriteFile(filepath.Join(s.blobs.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if c, err = s.Check(t.Context()); err != nil || len(c.Faults) != 5 {
		t.Errorf("Check: %q, %v", c.Faults, err)
	}
	var backup bytes.Buffer
	if b, err := s.Backup(t.Context(), &backup); err != nil || b.Damaged != 2 { // a changed byte does not show without reading it twice
		t.Errorf("backup: %+v, %v", b, err)
	}
	if !s.known(t, p) {
		t.Error("the account is touched")
	}
}

// The store itself looks for what has waited too long.
func TestTidyTakesWaitingBlobs(t *testing.T) {
	s := quiet(t)
	cfg := reopened(t, s)
	now := make(chan time.Time, 1)
	now <- storetest.Start
	cfg.Now = func() time.Time { n := <-now; now <- n; return n }
	cfg.Tidy = time.Millisecond
	s = opened(t, cfg)
	s.mustUpload(t, 1)
	<-now
	now <- storetest.Start.Add(25 * time.Hour)
	for deadline := time.Now().Add(time.Minute); len(s.files(t)) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it is still there")
		}
	}
}
