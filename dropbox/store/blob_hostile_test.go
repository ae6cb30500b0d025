package store

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tellbox/dropbox"
	"tellbox/dropbox/store/storetest"
)

// soon ends a test in which something hangs.
func soon(t *testing.T, what string, done <-chan error) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: still waiting", what)
		return nil
	}
}

// While a large file is being synced, which takes as long as the disk wants, texts are stored, also one that names this very file.
func TestSyncOfAFileHoldsUpNoText(t *testing.T) {
	s := quiet(t)
	id, blob := storetest.Blob(1)
	syncing, mayEnd := make(chan bool), make(chan bool)
	inject = func(what, path string) error {
		if what == "fsync" && path == s.blobs.path(s.blob(id)) {
			syncing <- true
			<-mayEnd
		}
		return nil
	}
	t.Cleanup(func() { inject = func(string, string) error { return nil } })
	finished, stored := make(chan error, 1), make(chan error, 1)
	go func() { finished <- s.handOver(t, id, blob) }()
	<-syncing
	p := storetest.Parcel("alice")
	p.Blobs = []dropbox.BlobID{id}
	go func() {
		_, err := s.Put(t.Context(), p, true)
		stored <- err
	}()
	var err error
	select {
	case err = <-stored:
	case <-time.After(20 * time.Second):
		t.Error("the text waits for the file")
	}
	close(mayEnd)
	if err2 := soon(t, "the file", finished); err != nil || err2 != nil {
		t.Error(err, err2)
	}
}

// A piece that comes while the store is being closed is refused, and holds nothing that the writer needs to come to its end.
func TestUploadWhileClosing(t *testing.T) {
	s := quiet(t)
	part, b := storetest.Blob(1)
	if u, err := s.Upload(t.Context(), part, 0, int64(len(b))); err != nil || u.Close() != nil {
		t.Fatal(err)
	}
	s.blobs.close()
	s.mu.Lock() // as Close does then, until the writer has ended
	for what, id := range map[string]dropbox.BlobID{"a new one": storetest.Random(), "one that was begun": part} {
		refused := make(chan error, 1)
		go func() {
			_, err := s.Upload(t.Context(), id, 0, int64(len(b)))
			refused <- err
		}()
		select {
		case err := <-refused:
			if !errors.Is(err, ErrDown) {
				t.Errorf("%s: got %v, want %v", what, err, ErrDown)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: it waits for Close, and Close for it", what)
		}
	}
	s.mu.Unlock()
}

// What a disk could not sync it may have forgotten, and the next fsync does not say so. So such a blob begins anew.
func TestNothingIsBuiltOnAFailedSync(t *testing.T) {
	s := quiet(t)
	id, blob := storetest.Blob(1)
	for _, what := range []string{"fsync", "rename"} {
		mend := fault(t, what, "/blobs/", 1, unix.EIO)
		if err := s.handOver(t, id, blob); !errors.Is(err, ErrDown) {
			t.Fatalf("%s: got %v", what, err)
		}
		mend()
		u, err := s.Upload(t.Context(), id, int64(len(blob)), int64(len(blob)))
		if err == nil {
			err = u.Finish()
		}
		if !errors.Is(err, dropbox.ErrNothing) {
			t.Errorf("%s: gone on where it was: %v, want %v", what, err, dropbox.ErrNothing)
		}
	}
	large, b := storetest.Blob(20 << 20) // it is synced now and then
	u, err := s.Upload(t.Context(), large, 0, int64(len(b)))
	if err == nil {
		_, err = u.Write(b[:10<<20])
	}
	if err != nil {
		t.Fatal(err)
	}
	mend := fault(t, "fsync", "/blobs/", 1, unix.EIO)
	if _, err := u.Write(b[10<<20 : 20<<20]); !errors.Is(err, ErrDown) {
		t.Errorf("a sync fails in the middle: %v", err)
	}
	mend()
	if _, err := s.Upload(t.Context(), large, 10<<20, int64(len(b))); !errors.Is(err, dropbox.ErrNothing) {
		t.Errorf("gone on after that: %v, want %v", err, dropbox.ErrNothing)
	}
	if err := s.handOver(t, id, blob); err != nil {
		t.Fatalf("begun anew: %v", err)
	}
	s.mustHave(t, id, blob)
}

func (s *Store) mustHave(t *testing.T, id dropbox.BlobID, blob []byte) {
	t.Helper()
	f, err := s.Blob(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, blob) {
		t.Errorf("got %d bytes, %v; want %d, or others", len(got), err, len(blob))
	}
}

// What lies there from before is no part of a blob.
func TestLeftoverUnderABlob(t *testing.T) {
	s := quiet(t)
	id, blob := storetest.Blob(1)
	if err := os.WriteFile(s.blobs.path(s.blob(id))+".part", make([]byte, len(blob)+1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.handOver(t, id, blob); err != nil {
		t.Fatal(err)
	}
	s.mustHave(t, id, blob)
}

// What could not be erased yet keeps its name to itself: no new blob of that name is erased in its place.
func TestDoomedNameIsNotTaken(t *testing.T) {
	s := quiet(t)
	id, blob := s.mustUpload(t, 1)
	p := s.mustBring(t, id)
	mend := fault(t, "write", "/blobs/", 1, unix.EIO)
	if _, err := s.Withdraw(t.Context(), storetest.Withdrawal(p, "alice")); err != nil {
		t.Fatal(err)
	}
	mend()
	again := storetest.Parcel("alice")
	again.Blobs = []dropbox.BlobID{id}
	if err := s.handOver(t, id, blob); !errors.Is(err, dropbox.ErrBusy) {
		t.Errorf("the same blob while the old one is there: %v, want %v", err, dropbox.ErrBusy)
	}
	if _, err := s.Put(t.Context(), again, true); err != nil {
		t.Fatal(err)
	}
	missing, err := s.Missing(t.Context(), again.Blobs)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(missing) == 0 {
		s.mustHave(t, id, blob)
	}
	if err := s.handOver(t, id, blob); err != nil {
		t.Errorf("the same blob after that: %v", err)
	}
}

// A blob that nobody named and that could not be erased is said, and tried again by the store itself; trying leaves no file open.
func TestDiscardedLater(t *testing.T) {
	s := quiet(t)
	id, _ := s.mustUpload(t, 1)
	open := func() int {
		fds, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(fds)
	}
	mend := fault(t, "write", "/blobs/", 1, unix.EIO)
	before := open()
	s.Discard(id)
	if n := open(); n > before {
		t.Errorf("%d files are open, before %d", n, before)
	}
	if st, err := s.Status(t.Context(), nil); err != nil || st.Erasing != 1 || len(s.files(t)) != 1 {
		t.Errorf("erasing %d, %v; %d files", st.Erasing, err, len(s.files(t)))
	}
	mend()
	if err := s.alone(t.Context(), s.eraseWaiting); err != nil || len(s.files(t)) > 0 {
		t.Errorf("mended: %v, %d files", err, len(s.files(t)))
	}
}

// A piece that another has overtaken is told to try again: the store is not down, and nobody's log says so.
func TestOvertakenPiece(t *testing.T) {
	s := quiet(t)
	id, blob := storetest.Blob(1)
	first, err := s.Upload(t.Context(), id, 0, int64(len(blob)))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.handOver(t, id, blob); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Write(blob); err != nil && !errors.Is(err, dropbox.ErrBusy) {
		t.Errorf("got %v, want %v", err, dropbox.ErrBusy)
	}
	s.mustHave(t, id, blob)
}

// Boxes full of files that end in the same week go in transactions that are small enough.
func TestManyFilesEndAtOnce(t *testing.T) {
	s := quiet(t)
	boxes := 40
	for range boxes {
		p := s.mustPut(t)
		box := s.box(p.Drop)
		err := s.write(t.Context(), 0, 0, func(x tx) error { // as if so many had been uploaded and claimed
			for range maxBoxBlob {
				name := hash(storetest.Random())
				if err := errors.Join(x.set(blobKey(name), blobRecord{box: box, size: 1}.encode()), x.set(fileKey(box, name), nil)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.cfg.Now = func() time.Time { return time.Now().AddDate(maxKeep+1, 0, 0) }
	got, err := s.Purge(t.Context())
	if err != nil || got.Boxes != boxes {
		t.Errorf("purge: %d boxes of %d, %v", got.Boxes, boxes, err)
	}
}

// Ten thousand uploads that were broken off go without holding up what others store meanwhile.
func TestManyPartsExpire(t *testing.T) {
	s := quiet(t)
	_, blob := storetest.Blob(1)
	n := 500
	for range n {
		u, err := s.Upload(t.Context(), storetest.Random(), 0, int64(len(blob)))
		if err == nil {
			_, err = u.Write(blob[:1])
		}
		if err != nil || u.Close() != nil {
			t.Fatal(err)
		}
	}
	s.cfg.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	erased, least := 0, n
	stored := make(chan error, 1)
	inject = func(what, path string) error {
		if what == "write" && strings.Contains(path, "/blobs/") {
			if erased++; erased == 1 {
				go func() {
					_, err := s.Put(t.Context(), storetest.Parcel("alice"), true)
					stored <- err
				}()
				waiting(t, s, 1)
			}
		} else if what == "fsync" && strings.Contains(path, "/segments/") {
			least = min(least, erased)
		}
		return nil
	}
	t.Cleanup(func() { inject = func(string, string) error { return nil } })
	if _, err := s.Purge(t.Context()); err != nil || len(s.files(t)) > 0 {
		t.Errorf("purge: %v, %d files", err, len(s.files(t)))
	}
	if err := soon(t, "a text", stored); err != nil {
		t.Error(err)
	}
	if least > 100 {
		t.Errorf("a text waited until %d of %d were erased", least, n)
	}
}

// Everything at once, until the store is closed in the middle of it: what was said to be stored is there afterwards, and nothing hangs.
func TestBlobsAtOnce(t *testing.T) {
	s := quiet(t)
	_, blob := storetest.Blob(1)
	var mu sync.Mutex // protects promised
	promised := map[dropbox.BlobID]bool{}
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for round := 0; ; round++ {
				id := storetest.Random()
				var pieces sync.WaitGroup
				for range 2 { // two pieces of one upload
					pieces.Go(func() { s.handOver(t, id, blob) })
				}
				p := storetest.Parcel("alice")
				p.Blobs = []dropbox.BlobID{id}
				if round%2 == 0 {
					pieces.Wait()
				}
				_, err := s.Put(t.Context(), p, true)
				missing, err2 := s.Unclaimed(t.Context(), p.Blobs)
				pieces.Wait()
				s.Discard(id)
				switch {
				case errors.Is(err, ErrDown):
					return
				case err != nil || err2 != nil && !errors.Is(err2, ErrDown):
					t.Error(err, err2)
					return
				case err2 == nil && worker%4 == 0:
					s.Withdraw(t.Context(), storetest.Withdrawal(p, "alice"))
				case err2 == nil && len(missing) == 0:
					mu.Lock()
					promised[id] = true
					mu.Unlock()
				}
			}
		})
	}
	for range 5 {
		if _, err := s.Purge(t.Context()); err != nil {
			t.Error(err)
		}
	}
	ended := make(chan error, 1)
	go func() {
		err := s.Close()
		all.Wait()
		ended <- err
	}()
	if err := soon(t, "closing", ended); err != nil {
		t.Error(err)
	}
	s = opened(t, s.cfg)
	sound(t, s)
	if len(promised) == 0 {
		t.Error("nothing was stored")
	}
	for id := range promised {
		s.mustHave(t, id, blob)
	}
	if n := len(s.files(t)); n < len(promised) {
		t.Errorf("%d files, %d were promised", n, len(promised))
	}
}
