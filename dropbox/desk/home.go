package desk

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// home is the folder. One program at a time works in it: lock holds that.
type home struct {
	dir  string
	lock *os.File

	// step is called before everything that changes the folder, so that tests can stop the program between any two
	// changes. nil does nothing.
	step func() error
}

const unfinished = ".unfinished-" // begins the names of files that are not whole yet

// openHome locks the folder and clears away what a stopped program left. It makes the folder if it may.
func openHome(dir string, create bool) (*home, error) {
	h := &home{dir: dir}
	if create {
		if err := makeFolder(dir); err != nil {
			return nil, fmt.Errorf("making folder: %w", err)
		}
	}
	lock, err := os.OpenFile(h.path("lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking folder: %w", err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = ErrInUse
		}
		return nil, fmt.Errorf("locking folder: %w", err)
	}
	h.lock = lock
	for _, sub := range []string{"", "mail", "sent", "pending", "files", "notes", "drafts"} {
		if err := os.MkdirAll(h.path(sub), 0o700); err != nil {
			h.close()
			return nil, fmt.Errorf("making folder: %w", err)
		}
		h.clear(sub)
	}
	for _, id := range h.folders("files") {
		h.clear(filepath.Join("files", id))
	}
	return h, nil
}

// clear removes what is not whole from a folder.
func (h *home) clear(folder string) {
	entries, _ := os.ReadDir(h.path(folder)) // none, if it cannot be read
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), unfinished) {
			os.Remove(h.path(folder, e.Name()))
		}
	}
}

// makeFolder makes a private folder, or makes an empty one private.
func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		return err
	}
	return errors.Join(os.Chmod(dir, 0o700), syncFolder(filepath.Dir(dir)))
}

func (h *home) close() error { return h.lock.Close() }

func (h *home) path(elem ...string) string {
	return filepath.Join(append([]string{h.dir}, elem...)...)
}

func (h *home) before() error {
	if h.step == nil {
		return nil
	}
	return h.step()
}

// read returns nil without an error for a file that is not there.
func (h *home) read(name string) ([]byte, error) {
	b, err := os.ReadFile(h.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && b == nil {
		b = []byte{}
	}
	return b, err
}

func (h *home) has(name string) bool {
	_, err := os.Lstat(h.path(name))
	return err == nil
}

// write puts a file in place, whole and durable, or leaves what was there.
func (h *home) write(name string, data []byte) error {
	if err := h.before(); err != nil {
		return err
	}
	path := h.path(name)
	f, err := os.CreateTemp(filepath.Dir(path), unfinished+"*") // 0600
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close(), h.before())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// remove deletes a file for good; one that is not there is no error.
func (h *home) remove(name string) error {
	if err := h.unlink(name); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(h.path(name)))
}

// unlink is remove, but for making it durable.
func (h *home) unlink(name string) error {
	if err := h.before(); err != nil {
		return err
	}
	if err := os.Remove(h.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing %s: %w", name, err)
	}
	return nil
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// hashes is a set of lines of hexadecimal digits.
type hashes map[string]bool

func (h *home) readHashes(name string) (hashes, error) {
	text, err := h.read(name)
	set := hashes{}
	for _, line := range strings.Fields(string(text)) {
		set[line] = true
	}
	return set, err
}

// addHashes makes the set durable with more in it, and then changes it.
func (h *home) addHashes(name string, set hashes, more ...string) error {
	if !slices.ContainsFunc(more, func(m string) bool { return !set[m] }) {
		return nil
	}
	all := maps.Clone(set)
	for _, m := range more {
		all[m] = true
	}
	lines := slices.Sorted(maps.Keys(all))
	if err := h.write(name, []byte(strings.Join(lines, "\n")+"\n")); err != nil {
		return err
	}
	maps.Copy(set, all)
	return nil
}
