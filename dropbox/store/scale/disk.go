package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// plainFile is what the store is compared with: nothing but a file beside it, on the same disk.
type plainFile struct{ *os.File }

func openPlain(dir string) (plainFile, error) {
	f, err := os.OpenFile(filepath.Join(dir, "plain"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	return plainFile{f}, err
}

// append writes the age files of src's last report as often as that, in one piece, and returns when they are on disk.
func (f plainFile) append(src *source, times int) (time.Duration, error) {
	var all []byte
	for range times {
		for _, b := range src.sealed() {
			all = append(all, b...)
		}
	}
	began := time.Now()
	_, err := f.Write(all)
	err = errors.Join(err, unix.Fdatasync(int(f.Fd())))
	return time.Since(began), err
}

// rate is how many reports a second it takes, as many at once as there are callers.
func (f plainFile) rate(times int) (float64, error) {
	src := newSource()
	var sum time.Duration
	for range max(times, 1) {
		src.report(0)
		took, err := f.append(src, callers)
		if err != nil {
			return 0, err
		}
		sum += took
	}
	return float64(max(times, 1)*callers) / sum.Seconds(), nil
}

// diskUse is what the store takes, holes left out, and of it badger's part; in bytes.
func diskUse(dir string) (total, badger int64, err error) {
	data := filepath.Join(dir, "data")
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() == "plain" {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		size := info.Sys().(*syscall.Stat_t).Blocks * 512
		total += size
		if strings.HasPrefix(path, filepath.Join(data, "badger")) {
			badger += size
		}
		return nil
	})
	return total, badger, err
}

// evict takes the store's files out of the system's memory. Nobody has them open.
func evict(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := f.Sync(); err != nil { // what is not written yet would stay
			return err
		}
		return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
	})
}
