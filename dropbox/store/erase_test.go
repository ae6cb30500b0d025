package store_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tellbox/dropbox"
	"tellbox/dropbox/store"
	"tellbox/dropbox/store/storetest"
)

var big = flag.Bool("big", false, "TestErasingInALargeStore with 1 GB, not 72 MB")

// needles are byte strings to be searched for all at once: whatever has 64 bytes in a row of an age file has one of its pieces
// of 32 bytes.
type needles struct {
	begin []bool // by the first 22 bits
	all   map[[8]byte]string
}

func newNeedles() *needles { return &needles{make([]bool, 1<<22), map[[8]byte]string{}} }

func (n *needles) add(what string, b []byte) {
	n.begin[binary.BigEndian.Uint32(b)>>10] = true
	n.all[[8]byte(b)] = what
}

// kept adds an age file and the sum that its record has.
func (n *needles) kept(what string, sealed []byte) {
	n.age(what, sealed)
	sum := sha256.Sum256(sealed)
	n.hash("the sum of "+what, sum[:])
}

// age adds an age file without its header, which is the same in all that storetest makes.
func (n *needles) age(what string, sealed []byte) {
	for b := sealed[len(sealed)-16<<10:]; len(b) >= 32; b = b[32:] {
		n.add(what, b)
	}
}

// hash adds a hash by its quarters, as badger leaves away what a key has in common with the one before.
func (n *needles) hash(what string, h []byte) {
	for ; len(h) >= 8; h = h[8:] {
		n.add(what, h)
	}
}

// in looks at every file of dir and says what it found, and in which kind of file.
func (n *needles) in(t *testing.T, dir string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if os.IsNotExist(err) { // badger compacts meanwhile
			return nil
		}
		for b = bytes.TrimRight(b, "\x00"); len(b) >= 8; b = b[1:] {
			if n.begin[binary.BigEndian.Uint32(b)>>10] {
				if what, ok := n.all[[8]byte(b)]; ok {
					found[what] = true
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func (n *needles) gone(t *testing.T, dir, when string) {
	t.Helper()
	for what := range n.in(t, dir) {
		t.Errorf("%s: %s is still there", when, what)
	}
}

// present: what is there is found, so that gone says something.
func (n *needles) present(t *testing.T, dir string) {
	t.Helper()
	found := n.in(t, dir)
	for _, what := range n.all {
		if !found[what] {
			t.Fatalf("the search does not find %s", what)
		}
	}
}

// TestErased: when Withdraw or Delete returns, no file of the folder holds a piece of the age files; when Purge returns, badger's
// files have not their records either. What stands beside them is untouched.
func TestErased(t *testing.T) {
	s := newSubject(t, func(cfg *store.Config) { cfg.Tidy = -1 })
	m := newMemory()
	for range 3 {
		m.acked(s.put("alice", "bob"))
	}
	taken, deleted := s.put("alice", "bob"), s.put("carol")
	answer := storetest.Answer(taken, "bob")
	if _, err := s.Reply(t.Context(), "alice", answer); err != nil {
		t.Fatal(err)
	}
	carols, _, err := s.Mail(t.Context(), "carol", "", 10)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		m.acked(s.put("alice", "bob"))
	}
	n := newNeedles()
	ages := map[string][]byte{"her line": taken.Line, "the reply": answer.Line, "the copy": answer.To[0].Sealed, "alice's": taken.To[0].Sealed,
		"bob's": taken.To[1].Sealed, "carol's": deleted.To[0].Sealed}
	for what, sealed := range ages {
		n.kept(what, sealed)
	}
	id, _ := hex.DecodeString(carols[0].ID)
	n.hash("the id", id)
	n.present(t, s.cfg.Dir)

	back := storetest.Withdrawal(taken, "alice", "bob")
	if _, err := s.Withdraw(t.Context(), back); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Delete(t.Context(), "carol", carols[0].ID); err != nil {
		t.Fatal(err)
	}
	for what := range n.in(t, s.cfg.Dir) {
		if ages[what] != nil {
			t.Errorf("right after the call: %s is still there", what)
		}
	}
	if _, err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.gone(t, s.cfg.Dir, "after Purge")
	m.acked(&dropbox.Parcel{To: back.To})
	m.Gone = append(m.Gone, taken.Drop.String())
	m.Lines[deleted.Drop.String()] = [][32]byte{sha256.Sum256(deleted.Line)}
	if wrongs := m.held(t, s.Store, true); len(wrongs) > 0 {
		t.Errorf("its neighbours: %q", wrongs)
	}
	s.sound()
}

// ended puts a report that is acknowledged, and one that is not, and returns the needles of the former: age files, sums, box.
func (s *subject) ended() (n *needles, waits *dropbox.Parcel) {
	p, waits := s.put("alice", "bob"), s.put("carol")
	for _, reader := range []string{"alice", "bob"} {
		mail, _, err := s.Mail(s.t.Context(), reader, "", 10)
		if err == nil {
			err = s.Ack(s.t.Context(), reader, []string{mail[0].ID})
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
	n = newNeedles()
	for what, sealed := range map[string][]byte{"her line": p.Line, "alice's": p.To[0].Sealed, "bob's": p.To[1].Sealed} {
		n.kept(what, sealed)
	}
	n.hash("the box", s.boxHash(p.Drop))
	return n, waits
}

// TestEnded: after the box and its mail have ended, Purge leaves nothing of them at all, and what nobody acknowledged stays.
func TestEnded(t *testing.T) {
	s := newSubject(t, func(cfg *store.Config) { cfg.Tidy = -1 })
	n, waits := s.ended()
	if _, err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.present(t, s.cfg.Dir)
	s.SetNow(storetest.Start.AddDate(3, 0, 0))
	got, err := s.Purge(t.Context())
	if err != nil || got != (store.Purged{Mail: 2, Lines: 2, Boxes: 1, Numbers: 2}) {
		t.Errorf("got %+v, %v", got, err)
	}
	n.gone(t, s.cfg.Dir, "after its end")
	mail, err := allMail(t, s.Store, "carol")
	if err != nil || len(mail) != 1 || !bytes.Equal(mail[0], waits.To[0].Sealed) {
		t.Errorf("what nobody acknowledged: %d, %v", len(mail), err)
	}
	s.sound()
}

// TestTidy: the same without anybody calling Purge.
func TestTidy(t *testing.T) {
	s := newSubject(t, func(cfg *store.Config) { cfg.Tidy = 2 * time.Millisecond })
	n, _ := s.ended()
	s.SetNow(storetest.Start.AddDate(3, 0, 0))
	for range 500 {
		if len(n.in(t, s.cfg.Dir)) == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	n.gone(t, s.cfg.Dir, "long after its end")
}

// TestErasingInALargeStore: what is taken back goes wherever it stands, and its blocks and emptied files are given back.
func TestErasingInALargeStore(t *testing.T) {
	s := newSubject(t, func(cfg *store.Config) { cfg.Tidy = -1; cfg.DiskReserve = 1 << 20 })
	reports := 72
	if *big {
		reports = 1000
	}
	var ps []*dropbox.Parcel
	for range reports {
		p := storetest.Parcel("alice", "bob", "carol")
		for i := range p.To {
			p.To[i].Sealed = storetest.Envelope(dropbox.Buckets[2])
		}
		p.Line = storetest.Envelope(dropbox.Buckets[2])
		p.SetDigest()
		if _, err := s.Put(t.Context(), p, true); err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}

	n, m, begin := newNeedles(), newMemory(), time.Now()
	withdraw := func(which func(i int) bool) (taken, freed int64) {
		before := blocks(t, s.cfg.Dir)
		for i, p := range ps {
			if p == nil || !which(i) {
				continue
			}
			n.age("a line", p.Line)
			n.age("an envelope", p.To[2].Sealed)
			if _, err := s.Withdraw(t.Context(), storetest.Withdrawal(p)); err != nil {
				t.Fatal(err)
			}
			m.Gone, ps[i], taken = append(m.Gone, p.Drop.String()), nil, taken+1<<20
		}
		return taken, before - blocks(t, s.cfg.Dir)
	}
	if taken, freed := withdraw(func(i int) bool { return i%10 == 5 }); holes(t, s.cfg.Dir) && freed < taken*9/10 {
		t.Errorf("%d bytes of the disk were given back of %d", freed, taken)
	}
	withdraw(func(i int) bool { return i < 64 })
	t.Logf("%d reports of 1 MiB, %d of them taken back in %v", reports, len(m.Gone), time.Since(begin))
	n.gone(t, s.cfg.Dir, "right after the calls")
	if _, err := os.Stat(s.cfg.Dir + "/segments/00000000"); !os.IsNotExist(err) {
		t.Errorf("the emptied segment is still there: %v", err)
	}
	for _, p := range ps {
		if p != nil {
			m.acked(p)
		}
	}
	begin = time.Now()
	if _, err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("purged in %v", time.Since(begin))
	if wrongs := m.held(t, s.Store, true); len(wrongs) > 0 {
		t.Errorf("its neighbours: %q", wrongs)
	}
	s.sound()
}

// blocks is how much of the disk the segments take.
func blocks(t *testing.T, dir string) (bytes int64) {
	t.Helper()
	paths, _ := filepath.Glob(dir + "/segments/*")
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		bytes += info.Sys().(*syscall.Stat_t).Blocks * 512
	}
	return bytes
}

// holes says whether the file system of dir can punch them.
func holes(t *testing.T, dir string) bool {
	f, err := os.CreateTemp(filepath.Dir(dir), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.Write(make([]byte, 1<<16))
	return unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 0, 1<<16) == nil
}
