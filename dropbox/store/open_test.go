package store_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"tellbox/dropbox/store"
	"tellbox/dropbox/store/storetest"
)

// tree is every file under dir with its content, to see that nothing was touched.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			files[path] = "folder"
			return err
		}
		b, err := os.ReadFile(path)
		files[path] = string(b)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return files
}

// TestOpenRefuses: what is not this store is told apart, and not one file changes.
func TestOpenRefuses(t *testing.T) {
	write := func(path, content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name   string
		change func(dir, pepper string)
		want   error
	}{
		{"no folder", func(dir, _ string) { os.RemoveAll(dir) }, store.ErrMissing},
		{"an empty folder", func(dir, _ string) { os.RemoveAll(dir); os.Mkdir(dir, 0o700) }, store.ErrMissing},
		{"somebody's letters", func(dir, _ string) { os.RemoveAll(dir); os.Mkdir(dir, 0o700); write(dir+"/letter.txt", "Dear") }, store.ErrForeign},
		{"no format file", func(dir, _ string) { os.Remove(dir + "/format") }, store.ErrForeign},
		{"another version", func(dir, _ string) { write(dir+"/format", "tellbox/1 store\n") }, store.ErrForeign},
		{"no database", func(dir, _ string) { os.RemoveAll(dir + "/badger") }, store.ErrForeign},
		{"no manifest", func(dir, _ string) { os.Remove(dir + "/badger/MANIFEST") }, store.ErrForeign},
		{"no pepper", func(_, pepper string) { os.Remove(pepper) }, store.ErrPepper},
		{"another pepper", func(_, pepper string) { write(pepper, strings.Repeat("ab", 32)+"\n") }, store.ErrPepper},
		{"half a pepper", func(_, pepper string) { write(pepper, strings.Repeat("ab", 16)) }, store.ErrPepper},
		{"no check", func(dir, _ string) { write(dir+"/format", "tellbox/1 store 2\n") }, store.ErrPepper},
	} {
		s := newSubject(t, nil)
		s.Close()
		pepper := s.cfg.Dir + ".pepper"
		c.change(s.cfg.Dir, pepper)
		before := tree(t, filepath.Dir(s.cfg.Dir))
		if _, err := store.Open(s.cfg); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		if after := tree(t, filepath.Dir(s.cfg.Dir)); !reflect.DeepEqual(before, after) {
			t.Errorf("%s: opening changed the folder", c.name)
		}
	}
}

// TestMixedFolders: badger's files of one store under the markers of another.
func TestMixedFolders(t *testing.T) {
	a, b := newSubject(t, nil), newSubject(t, nil)
	a.Close()
	b.Close()
	if err := os.RemoveAll(a.cfg.Dir + "/badger"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(b.cfg.Dir+"/badger", a.cfg.Dir+"/badger"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(a.cfg); !errors.Is(err, store.ErrForeign) {
		t.Errorf("got %v, want %v", err, store.ErrForeign)
	}
}

func TestInit(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	s := newSubject(t, nil)
	pepper := s.cfg.Dir + ".pepper"
	for path, want := range map[string]fs.FileMode{s.cfg.Dir: 0o700, s.cfg.Dir + "/badger": 0o700, s.cfg.Dir + "/format": 0o600, pepper: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: got mode %v, %v; want %v", filepath.Base(path), info.Mode(), err, want)
		}
	}
	s.Close()
	if err := store.Init(s.cfg, bundle); !errors.Is(err, store.ErrNotEmpty) {
		t.Errorf("a second time: got %v, want %v", err, store.ErrNotEmpty)
	}
	before, _ := os.ReadFile(pepper)
	other := store.Config{Dir: filepath.Join(t.TempDir(), "other"), Pepper: pepper}
	if err := store.Init(other, bundle); !errors.Is(err, store.ErrPepper) {
		t.Errorf("over an existing pepper: got %v, want %v", err, store.ErrPepper)
	}
	if _, err := os.Stat(other.Dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a refused Init left its folder: %v", err)
	}
	if after, _ := os.ReadFile(pepper); !bytes.Equal(before, after) || len(after) != 65 {
		t.Error("the pepper was changed")
	}
	other.Pepper = filepath.Join(other.Dir, "pepper")
	if err := store.Init(other, bundle); !errors.Is(err, store.ErrPepper) {
		t.Errorf("pepper inside the folder: got %v, want %v", err, store.ErrPepper)
	}
	empty := store.Config{Dir: t.TempDir(), Pepper: filepath.Join(t.TempDir(), "p")}
	os.Chmod(empty.Dir, 0o755)
	if err := store.Init(empty, bundle); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
	if info, err := os.Stat(empty.Dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("got mode %v, %v; want 0700", info.Mode(), err)
	}
}

// TestLocked: one process at a time, and in it one Store.
func TestLocked(t *testing.T) {
	if dir := os.Getenv("TELLBOX_TEST_LOCKED"); dir != "" { // the other process
		_, err := store.Open(store.Config{Dir: dir})
		if !errors.Is(err, store.ErrLocked) {
			t.Fatalf("got %v, want %v", err, store.ErrLocked)
		}
		return
	}
	s := newSubject(t, nil)
	p := storetest.Parcel("alice")
	if _, err := s.Put(t.Context(), p, true); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(s.cfg); !errors.Is(err, store.ErrLocked) {
		t.Errorf("got %v, want %v", err, store.ErrLocked)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestLocked$", "-test.count=1")
	cmd.Env = append(os.Environ(), "TELLBOX_TEST_LOCKED="+s.cfg.Dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("another process: %v\n%s", err, out)
	}
	if _, err := s.Put(t.Context(), p, true); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
