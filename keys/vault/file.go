package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Unfinished begins the names of files that are not whole yet; a stopped program can leave one.
const Unfinished = ".tellbox-"

// WriteFile stores a secret durably: when it returns nil, the file survives a power failure, whole, with mode 0600. If
// path exists already nothing is changed and the error is fs.ErrExist.
func WriteFile(path string, data []byte) error {
	return write(path, data, 0o600, false)
}

// WritePublic stores a file for everybody (mode 0644) in the same way. With replace it takes the place of an existing
// one, at once: a reader sees the old file or the new.
func WritePublic(path string, data []byte, replace bool) error {
	return write(path, data, 0o644, replace)
}

func write(path string, data []byte, mode fs.FileMode, replace bool) (err error) {
	if !replace {
		// Spares the common mistake a temporary file; claim is what decides.
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("writing %s: %w", path, fs.ErrExist)
		}
	}
	folder := filepath.Dir(path)
	temp, err := os.CreateTemp(folder, Unfinished+"*") // mode 0600
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer os.Remove(temp.Name()) // fails, rightly, after a rename
	_, err = temp.Write(data)
	if err := errors.Join(err, temp.Chmod(mode), temp.Sync(), temp.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if replace {
		err = os.Rename(temp.Name(), path)
	} else {
		err = claim(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := syncFolder(folder); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// claim gives the finished file its name unless something has that name. rename would overwrite; link does not. Where
// there are no links (FAT, on the memory sticks that keyholders use) it looks first and renames, so that two programs
// writing the same name in the same instant could overwrite one another.
func claim(temp, path string) error {
	err := os.Link(temp, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fs.ErrExist
	}
	return os.Rename(temp, path)
}

// syncFolder makes the new name durable. The deferred Remove of a linked temporary name may come back after a power
// failure, as a second, harmless copy with the same mode.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
