package desk

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/keys/vault"
)

const herPassphrase = "correct horse"

// sealedDesk is somebody's desk with a secret.age in its folder.
func (w *world) sealedDesk(id string) *Desk {
	w.Helper()
	vault.WeakenForTests()
	d := w.desk(id)
	secret, err := vault.Seal([]byte(d.me.Text()), herPassphrase)
	w.must(err)
	w.must(d.home.write("secret.age", secret))
	return d
}

// backup backs a desk up, and returns the file.
func (w *world) backup(d *Desk) string {
	w.Helper()
	file := filepath.Join(w.TempDir(), "backup")
	made, err := d.Backup(w.Context(), file, herPassphrase, nil)
	w.must(err)
	info, err := os.Stat(file)
	w.must(err)
	if made.File != file || made.Bytes != info.Size() || made.Files == 0 || info.Mode() != 0o600 {
		w.Fatalf("made %+v, mode %v", made, info.Mode())
	}
	return file
}

func passphrase() (string, error) { return herPassphrase, nil }

// restored is the desk out of a backup, on another laptop.
func (w *world) restored(file string) (*Desk, Restored) {
	w.Helper()
	folder := filepath.Join(w.TempDir(), "new", "home")
	done, err := Restore(w.Context(), file, folder, passphrase, w.clock.Now, nil)
	w.must(err)
	d, err := Open(folder, passphrase, w.clock.Now)
	w.must(err)
	w.Cleanup(func() { d.Close() })
	return d, done
}

// contents are all files of a folder.
func (w *world) contents(folder string) map[string]string {
	w.Helper()
	found := map[string]string{}
	w.must(filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(folder, path)
		found[rel] = string(b)
		return err
	}))
	return found
}

// An advocate moves to another laptop, and goes on as if nothing had happened.
func TestBackup(t *testing.T) {
	w := newWorld(t)
	kept, forgotten, answered := w.reporter(), w.reporter(), w.reporter()
	kept.send(dropbox.Report, "Kept")
	forgotten.send(dropbox.Report, "Forgotten")
	answered.send(dropbox.Report, "Answered")
	old := w.sealedDesk("alice")
	w.sync(old)
	w.read(old, kept.id())
	_, err := old.Forget(t.Context(), forgotten.id())
	w.must(err)
	_, err = old.Reply(t.Context(), kept.id(), "Hello")
	w.must(err)
	old.transport = &between{each: func() error { return errStopped }}
	c, err := old.fold().lookup(answered.id())
	w.must(err)
	_, err = old.seal(c, old.frame(c, dropbox.Frame{Kind: dropbox.Reply, Text: "On its way"}, nil)) // as if stopped before it was sent
	w.must(err)
	for name, content := range map[string]string{"card.txt": "card", "notes/x/y.age": "of a later version", "empty": "", "lock": "", indexFile: "made anew",
		"files/abcdefghij/1 photo.jpg": "READABLE", "mail/" + unfinished + "1": "half", vault.Unfinished + "1": "half"} {
		w.must(os.MkdirAll(filepath.Dir(old.home.path(name)), 0o700))
		w.must(os.WriteFile(old.home.path(name), []byte(content), 0o644))
	}
	file := w.backup(old)

	want := w.contents(old.home.dir)
	maps.DeleteFunc(want, func(name, _ string) bool {
		return name == "lock" || name == indexFile || strings.HasPrefix(name, "files") || strings.Contains(name, unfinished) || strings.HasPrefix(name, vault.Unfinished)
	})
	w.clock.Add(2 * day)
	kept.send(dropbox.Message, "After the backup")
	answered.withdraw()
	w.sync(w.again(old)) // which tells the server of all that, and that it has it
	alice, done := w.restored(file)
	got := w.contents(alice.home.dir)
	delete(got, "lock")
	delete(got, indexFile)
	if !maps.Equal(got, want) || len(got) < 12 {
		t.Errorf("restored %v\nwant %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	if done.ID != "alice" || done.Day != "2026-02-11" || done.Files != len(want) || len(done.Notices) != 4 {
		t.Errorf("restored %+v, want %d files", done, len(want))
	}
	w.must(filepath.WalkDir(alice.home.dir, func(path string, e fs.DirEntry, err error) error {
		w.must(err)
		info, err := e.Info()
		w.must(err)
		if m := info.Mode(); m != fs.ModeDir|0o700 && m != 0o600 {
			t.Errorf("%s is %v", path, m)
		}
		return nil
	}))

	in, _ := w.sync(alice)
	if len(in.Cases) != 2 || in.OnTheWay != 0 || in.Unreadable != 0 {
		t.Errorf("inbox %+v", in)
	}
	if got := said(w.read(alice, kept.id())); !slices.Equal(got, []string{"reporter: Kept", "alice: Hello", "reporter: After the backup"}) {
		t.Errorf("she reads %q", got)
	}
	if c := w.read(alice, answered.id()); !c.Withdrawn {
		t.Errorf("what was taken back since: %+v", c)
	}
	_, err = alice.Reply(t.Context(), kept.id(), "From the new laptop")
	w.must(err)
	if got := kept.texts(); !slices.Equal(got, []string{"alice: Hello", "alice: From the new laptop"}) {
		t.Errorf("the reporter reads %q", got)
	}
}

// What the old desk did after the backup is not known to the new one. Nothing is stored twice for that, or hidden from anybody; what comes
// back, she is told.
func TestTwoDesksOneKey(t *testing.T) {
	w := newWorld(t)
	both, gone := w.reporter(), w.reporter()
	both.send(dropbox.Report, "Something")
	gone.send(dropbox.Report, "Deleted after the backup")
	old, bob := w.sealedDesk("alice"), w.desk("bob")
	w.sync(old)
	lost := &between{swap: answering("/api/1/reply", 503, `{"error":"busy"}`)} // it was stored, and she does not know
	old.transport = lost
	_, err := old.Reply(t.Context(), both.id(), "Once")
	w.is(err, ErrUndelivered)
	old.transport = nil
	file := w.backup(old)
	if _, notices := w.sync(old); len(notices) != 1 {
		t.Errorf("the old desk says %q", notices)
	}
	_, err = old.Reply(t.Context(), both.id(), "From the old desk")
	w.must(err)
	gone.withdraw()
	w.sync(old)
	_, err = old.Forget(t.Context(), gone.id())
	w.must(err)

	w.clock.Add(27 * day)
	alice, done := w.restored(file)
	for _, about := range []string{"this desk alone", "forget CASE", "Replies that you sent after", "Files that you had saved"} {
		if !slices.ContainsFunc(done.Notices, func(n string) bool { return strings.Contains(n, about) }) {
			t.Errorf("nothing is said about %q", about)
		}
	}
	w.sync(alice) // sends "Once" again
	if c := w.read(alice, gone.id()); c.Withdrawn {
		t.Error("it is known now that a case was taken back: then say so no more")
	}
	_, err = alice.Reply(t.Context(), gone.id(), "Are you there?")
	w.is(err, ErrNothingHere)
	_, err = alice.Reply(t.Context(), both.id(), "From the new desk")
	w.must(err)
	want := []string{"alice: Once", "alice: From the old desk", "alice: From the new desk"}
	if got := both.texts(); !slices.Equal(got, want) || len(both.conversation().Missing) != 0 {
		t.Errorf("the reporter reads %q, missing %v", got, both.conversation().Missing)
	}
	w.sync(bob)
	if c := w.read(bob, both.id()); !slices.Equal(said(c)[1:], want) || len(c.Warnings) != 0 {
		t.Errorf("bob reads %q, %q", said(c), c.Warnings)
	}

	w.clock.Add(2 * day)
	if _, done := w.restored(file); len(done.Notices) != 5 || !strings.Contains(done.Notices[4], "older than four weeks") {
		t.Errorf("of an old backup it is said %q", done.Notices)
	}
}

// The public age program and tar list a backup, and give back what is in it.
func TestPublicAgeListsBackups(t *testing.T) {
	w := newWorld(t)
	w.reporter().send(dropbox.Report, "Something")
	d := w.sealedDesk("alice")
	w.sync(d)
	file, program := w.backup(d), ageProgram(t)
	// age asks for a passphrase on a terminal and nowhere else: script makes one.
	c := exec.Command("script", "-qec", fmt.Sprintf("%s -d -o %s.tar %s", program, file, file), "/dev/null")
	c.Stdin = strings.NewReader(herPassphrase + "\n")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("age: %v, %s", err, out)
	}
	out, err := exec.Command("tar", "-tf", file+".tar").Output()
	if err != nil {
		t.Fatal(err)
	}
	names, _, err := d.home.ordinaryFiles()
	w.must(err)
	if got := strings.Fields(string(out)); !slices.Equal(got, names) || !slices.Contains(got, "secret.age") {
		t.Errorf("tar lists %q, want %q", got, names)
	}
	f, err := os.Open(file + ".tar")
	w.must(err)
	defer f.Close()
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		w.must(err)
		if h.Mode != 0o600 || h.Uid != 0 || h.Uname != "" || h.ModTime.UTC().Format(time.DateTime) != "2026-02-11 00:00:00" {
			t.Errorf("%s says more than it should: %+v", h.Name, h)
		}
	}
}

// A desk of any size goes through a small memory.
func TestBackupInConstantMemory(t *testing.T) {
	const size = 64 << 20
	vault.WeakenForTests()
	w := &world{TB: t, clock: droptest.NewClock()} // without a server: that takes a memory of its own
	home := t.TempDir()
	_, err := Keygen(home, "alice", "Alice", "Centre", passphrase)
	w.must(err)
	d, err := Open(home, passphrase, w.clock.Now)
	w.must(err)
	defer d.Close()
	w.must(os.WriteFile(d.home.path("large"), nil, 0o600))
	w.must(os.Truncate(d.home.path("large"), size))
	var seen, total int64
	var most uint64
	watch := func(d, t int64) {
		if d-seen > 1<<20 || d == t || d < seen {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most, seen, total = max(most, m.HeapAlloc), d, t
		}
	}
	runtime.GC()
	file := filepath.Join(t.TempDir(), "backup")
	_, err = d.Backup(t.Context(), file, herPassphrase, watch)
	w.must(err)
	if seen != total || total <= size {
		t.Errorf("progress ends at %d of %d", seen, total)
	}
	folder := filepath.Join(t.TempDir(), "home")
	_, err = Restore(t.Context(), file, folder, passphrase, w.clock.Now, watch)
	w.must(err)
	if most == 0 || most > size/2 {
		t.Errorf("%d bytes of memory for %d", most, size)
	}
	if seen != total || total <= size {
		t.Errorf("progress ends at %d of %d", seen, total)
	}
	info, err := os.Stat(filepath.Join(folder, "large"))
	if err != nil || info.Size() != size {
		t.Errorf("restored %v, %v", info, err)
	}
}
