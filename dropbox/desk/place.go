package desk

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"tellbox/dropbox"
)

// place is where a file belongs that somebody can read: a saved one, or a preview.
type place struct {
	folder string
	as     string
	size   int64
	sum    dropbox.Hex32
}

// maxSame is how many different files of one name a folder can have.
const maxSame = 100

var errManySame = errors.New("there are too many files of that name already")

// taken is the path of this very file, or "" if it is not there.
func (p place) taken() string {
	for i := 1; i <= maxSame; i++ {
		path := filepath.Join(p.folder, numbered(p.as, i))
		info, err := os.Lstat(path)
		if err != nil {
			return ""
		}
		if info.Mode().IsRegular() && info.Size() == p.size && hashFile(path) == p.sum {
			return path
		}
	}
	return ""
}

// put writes a file into its place, under a name that nothing has yet. It has no name before it is whole, durable and what p says: until
// then it is one of those that openHome clears away in the home. If it fails nothing is left, unless the program is killed.
func (h *home) put(p place, write func(io.Writer) error) (path string, err error) {
	if err := h.before(); err != nil {
		return "", err
	}
	_, before := os.Lstat(p.folder)
	if err := os.MkdirAll(p.folder, 0o700); err != nil {
		return "", fmt.Errorf("saving a file: %w", err)
	}
	f, err := os.CreateTemp(p.folder, unfinished+"*") // 0600
	if err != nil {
		return "", fmt.Errorf("saving a file: %w", err)
	}
	defer func() {
		os.Remove(f.Name())
		if err != nil && before != nil {
			os.Remove(p.folder) // it was not there; if there is something in it now, it stays
		}
	}()
	sum := sha256.New()
	if err = write(io.MultiWriter(f, sum)); err == nil && dropbox.Hex32(sum.Sum(nil)) != p.sum {
		err = ErrNotTheFile
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = h.before()
	}
	if err == nil {
		path, err = p.name(f.Name())
	}
	if err != nil {
		return "", fmt.Errorf("saving a file: %w", err)
	}
	syncFolder(p.folder) // not every disk can; a file can be fetched again
	return path, nil
}

// name gives a whole file its name, or one like it that nothing has.
func (p place) name(unnamed string) (path string, err error) {
	for i := 1; i <= maxSame; i++ {
		path = filepath.Join(p.folder, numbered(p.as, i))
		if err = link(unnamed, path); !errors.Is(err, fs.ErrExist) {
			return path, err
		}
	}
	return "", errManySame
}

// link gives a file a name, unless something has it (fs.ErrExist). A link does both at once; a USB stick that knows none has to be
// looked at first.
func link(unnamed, path string) error {
	err := os.Link(unnamed, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	return os.Rename(unnamed, path)
}

func hashFile(path string) (sum dropbox.Hex32) {
	f, err := os.Open(path)
	if err != nil {
		return sum
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum
	}
	return dropbox.Hex32(h.Sum(nil))
}

func hashBytes(b []byte) dropbox.Hex32 { return sha256.Sum256(b) }

// folders are those in a folder of the home.
func (h *home) folders(name string) (names []string) {
	entries, _ := os.ReadDir(h.path(name)) // none, if it cannot be read
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// removeFolder deletes a folder with all that is in it, and can be called again if it was stopped amid that.
func (h *home) removeFolder(name string) error {
	info, err := os.Lstat(h.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !info.IsDir() { // a link that leads elsewhere
		return h.remove(name)
	}
	entries, err := os.ReadDir(h.path(name))
	if err != nil {
		return fmt.Errorf("removing %s: %w", name, err)
	}
	for _, e := range entries {
		if err := h.before(); err != nil {
			return err
		}
		if err := os.RemoveAll(h.path(name, e.Name())); err != nil {
			return fmt.Errorf("removing %s: %w", name, err)
		}
	}
	return h.remove(name)
}
