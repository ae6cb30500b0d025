package store_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"tellbox/dropbox"
	"tellbox/dropbox/store"
	"tellbox/dropbox/store/storetest"
)

// Sizes of TestFullDisk: of the disk, and of what is to stay free.
const (
	diskBytes   = 80 << 20
	diskReserve = 16 << 20
)

// TestFullDisk fills a small file system of its own: first with reports, until they are refused, then to the last byte with
// somebody else's file. All of it happens in other processes, as badger's maps turn a full disk into a SIGBUS.
func TestFullDisk(t *testing.T) {
	for _, kind := range []string{"tmpfs", "ext4"} {
		t.Run(kind, func(t *testing.T) {
			if os.Geteuid() != 0 {
				if os.Getenv("CI") == "true" {
					t.Fatal("only root may mount a file system, and here this test may not be left out")
				}
				t.Skip("only root may mount a file system")
			}
			dir := memoryDir(t)
			cmd := fullDiskStep(dir, kind)
			cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL} // what it mounts goes with it
			out, err := cmd.CombinedOutput()
			if strings.Contains(string(out), "cannot mount") && os.Getenv("CI") == "" {
				t.Skipf("no file system of its own here: %s", out)
			}
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func fullDiskStep(dir, step string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^TestFullDiskChild$", "-test.count=1", "-test.v")
	cmd.Env = append(os.Environ(), "TELLBOX_TEST_SPACE="+dir, "TELLBOX_TEST_STEP="+step)
	return cmd
}

// TestFullDiskChild is the other processes of TestFullDisk: one that mounts, and those that it starts for each step.
func TestFullDiskChild(t *testing.T) {
	dir := os.Getenv("TELLBOX_TEST_SPACE")
	d := &fullDisk{T: t, disk: filepath.Join(dir, "disk"), remembered: filepath.Join(dir, "remembered")}
	d.cfg = store.Config{Dir: d.disk + "/data", Pepper: dir + "/pepper", DiskReserve: diskReserve, Tidy: -1}
	switch step := os.Getenv("TELLBOX_TEST_STEP"); step {
	case "":
		return
	case "fill":
		d.fill()
	case "open":
		if _, err := store.Open(d.cfg); !errors.Is(err, store.ErrDisk) || !strings.Contains(err.Error(), "0 MiB are free, it needs 2") {
			t.Errorf("opening on a full disk: got %v, want %v with figures", err, store.ErrDisk)
		}
	case "little":
		d.little()
	case "freed":
		d.freed()
	default:
		d.mount(step)
		for _, step := range []string{"fill", "open", "little", "freed"} {
			if out, err := fullDiskStep(dir, step).CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", step, err, out)
			}
		}
	}
}

type fullDisk struct {
	*testing.T
	cfg        store.Config
	disk       string // where it is mounted
	remembered string // what was acknowledged
}

func (d *fullDisk) mount(kind string) {
	err := os.Mkdir(d.disk, 0o700)
	if err == nil && kind == "tmpfs" {
		err = unix.Mount("tmpfs", d.disk, "tmpfs", 0, "size=80m")
	} else if err == nil {
		image := d.disk + ".image"
		if err = os.WriteFile(image, nil, 0o600); err == nil {
			err = os.Truncate(image, diskBytes)
		}
		for _, args := range [][]string{{"mkfs.ext4", "-q", "-m", "0", image}, {"mount", "-o", "loop", image, d.disk}} {
			if out, err2 := exec.Command(args[0], args[1:]...).CombinedOutput(); err == nil && err2 != nil {
				err = errors.New(err2.Error() + ": " + string(out))
			}
		}
		if err == nil {
			err = os.Remove(image) // it goes when it is unmounted
		}
	}
	if err != nil {
		d.Fatalf("cannot mount %s: %v", kind, err)
	}
}

// fill is the life of a server on a disk that fills up.
func (d *fullDisk) fill() {
	if err := store.Init(d.cfg, bundle); err != nil {
		d.Fatal(err)
	}
	s, err := store.Open(d.cfg)
	if err != nil {
		d.Fatal(err)
	}
	m := newMemory()
	var last *dropbox.Parcel
	for err == nil {
		p := storetest.Parcel("alice", "bob")
		p.To[1].Sealed = storetest.Envelope(dropbox.Buckets[2])
		p.SetDigest()
		if _, err = s.Put(d.Context(), p, true); err == nil {
			m.acked(p)
			last = p
		}
	}
	if st, _ := s.Status(d.Context(), nil); !errors.Is(err, dropbox.ErrFull) || len(m.Lines) < 100 || !st.DiskFull {
		d.Errorf("after %d reports: %v, %+v", len(m.Lines), err, st)
	}
	if _, err := allMail(d.T, s, "alice"); err != nil {
		d.Errorf("handing out: %v", err)
	}
	back := storetest.Withdrawal(last, "bob")
	if _, err := s.Withdraw(d.Context(), back); err != nil {
		d.Errorf("taking back when reports are refused: %v", err)
	}
	m.takenBack(last, back)
	b, err := json.Marshal(m)
	if err == nil {
		err = os.WriteFile(d.remembered, b, 0o600)
	}
	if err != nil {
		d.Fatal(err)
	}
	d.stuff()
	d.full(s, m)
	if err := s.Close(); err != nil {
		d.Errorf("closing: %v", err)
	}
}

// stuff fills the disk to the last byte.
func (d *fullDisk) stuff() {
	f, err := os.Create(d.disk + "/stuffing")
	if err != nil {
		d.Fatal(err)
	}
	defer f.Close()
	for n := 1 << 20; n > 0; {
		if _, err := f.Write(make([]byte, n)); err != nil {
			n /= 2
		}
	}
	if err := f.Sync(); err != nil && !errors.Is(err, unix.ENOSPC) {
		d.Fatal(err)
	}
	var st unix.Statfs_t
	if err := unix.Statfs(d.disk, &st); err != nil || st.Bavail > 0 {
		d.Fatalf("%d blocks are still free, %v", st.Bavail, err)
	}
}

// full: what only reads goes on, and whatever writes is refused.
func (d *fullDisk) full(s *store.Store, m *image) {
	drop := hex32(keys(m.Lines)[0])
	if got, err := s.Lines(d.Context(), drop); err != nil || len(got.Lines) != 1 {
		d.Errorf("her lines: %d, %v", len(got.Lines), err)
	}
	if got, err := allMail(d.T, s, "alice"); err != nil || len(got) != len(m.Mail["alice"]) {
		d.Errorf("mail that had been handed out: %d, %v", len(got), err)
	}
	if c, err := s.Check(d.Context()); err != nil || len(c.Faults) > 0 {
		d.Errorf("check: %v, %q", err, c.Faults)
	}
	p := storetest.Parcel("alice")
	_, err := s.Put(d.Context(), p, true)
	_, _, err2 := s.Mail(d.Context(), "bob", "", 1)
	err3 := s.SetRoster(d.Context(), bundle)
	_, err4 := s.Withdraw(d.Context(), storetest.Withdrawal(&dropbox.Parcel{Drop: drop}, "alice"))
	for what, err := range map[string]error{"a report": err, "mail not yet handed out": err2, "a roster": err3, "taking back": err4} {
		if !errors.Is(err, dropbox.ErrFull) {
			d.Errorf("%s: got %v, want %v", what, err, dropbox.ErrFull)
		}
	}
	if _, err := s.Purge(d.Context()); !errors.Is(err, dropbox.ErrFull) {
		d.Errorf("purge: got %v, want %v", err, dropbox.ErrFull)
	}
}

// little: with hardly more free than Open asks for, it opens, answers and closes.
func (d *fullDisk) little() {
	info, err := os.Stat(d.disk + "/stuffing")
	if err == nil {
		err = os.Truncate(d.disk+"/stuffing", info.Size()-diskReserve/8-1<<18)
	}
	if err != nil {
		d.Fatal(err)
	}
	s, err := store.Open(d.cfg)
	if err != nil {
		d.Fatal(err)
	}
	if c, err := s.Check(d.Context()); err != nil || len(c.Faults) > 0 {
		d.Errorf("check: %v, %q", err, c.Faults)
	}
	if _, err := s.Put(d.Context(), storetest.Parcel("alice"), true); !errors.Is(err, dropbox.ErrFull) {
		d.Errorf("a report: got %v, want %v", err, dropbox.ErrFull)
	}
	if err := s.Close(); err != nil {
		d.Errorf("closing: %v", err)
	}
}

// freed: once there is room again, all that was acknowledged is there.
func (d *fullDisk) freed() {
	if err := os.Remove(d.disk + "/stuffing"); err != nil {
		d.Fatal(err)
	}
	m := &image{}
	b, err := os.ReadFile(d.remembered)
	if err == nil {
		err = json.Unmarshal(b, m)
	}
	if err != nil {
		d.Fatal(err)
	}
	s, err := store.Open(d.cfg)
	if err != nil {
		d.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Purge(d.Context()); err != nil {
		d.Errorf("purge: %v", err)
	}
	wrongs := m.held(d.T, s, true)
	if c, err := s.Check(d.Context()); err != nil || len(c.Faults) > 0 || len(wrongs) > 0 {
		d.Errorf("check: %v, %q; %q", err, c.Faults, wrongs)
	}
}
