package store

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"

	"tellbox/dropbox"
)

// A data folder has badger's files in badger/, the age files in segments/, those of files in blobs/, the file commits, and the file format, which is
// written last and read before anything else is touched:
//
//	tellbox/1 store 2
//	check 64 hex digits         HMAC-SHA256(pepper, "check")
//
// The pepper's file is 64 hex digits and a newline: 32 random bytes.
const formatLine = "tellbox/1 store 2\n"

func cleanPath(p string) string {
	if abs, err := filepath.Abs(p); err == nil {
		return abs
	}
	return filepath.Clean(p)
}

// Init makes a store with that roster, and the file with its pepper. When it returns nil all of it is durable; when it
// fails it takes away what it made. cfg.Dir must be absent or empty (ErrNotEmpty) and there must be no pepper yet
// (ErrPepper): the one that is there may be all that is left of another store.
func Init(cfg Config, roster Bundle) error {
	cfg, err := cfg.withDefaults()
	if err == nil && len(roster.Keyholders)+len(roster.Roster) > maxBundle {
		err = dropbox.ErrShape
	}
	if err == nil {
		err = initialize(cfg, roster)
	}
	if err != nil {
		return fmt.Errorf("making store: %w", err)
	}
	return nil
}

func initialize(cfg Config, roster Bundle) (err error) {
	if err := mustBeEmpty(cfg.Dir); err != nil {
		return err
	}
	pepper := make([]byte, 32)
	rand.Read(pepper)
	err = writeNew(cfg.Pepper, []byte(hex.EncodeToString(pepper)+"\n"))
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: there is one already where the new one would be", ErrPepper)
	}
	if err != nil {
		return err
	}
	id := newErasuresID()
	made := []string{cfg.Pepper}
	defer func() {
		if err != nil {
			removeAll(append(made, parts(cfg.Dir)...))
		}
	}()
	err = makeErasures(cfg.Erased, id)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: there is one already where the new one would be", ErrErasures)
	}
	if err != nil {
		return err
	}
	made = append(made, cfg.Erased)
	db, err := makeFolders(cfg)
	if err != nil {
		return err
	}
	check := mac(pepper, "check")
	err = db.Update(func(t *badger.Txn) error {
		return errors.Join(t.Set([]byte("check"), check), t.Set([]byte("roster"), roster.encode()), t.Set([]byte("erasures"), id[:]))
	})
	if err = errors.Join(down(err), down(db.Close())); err != nil {
		return err
	}
	return finishFolders(cfg, check)
}

// parts are what Init and Restore make in the data folder.
func parts(dir string) (paths []string) {
	for _, name := range []string{"format", "commits", "blobs", "segments", "badger"} {
		paths = append(paths, filepath.Join(dir, name))
	}
	return paths
}

func removeAll(paths []string) {
	for _, path := range paths {
		os.RemoveAll(path)
	}
}

func mustBeEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return ErrNotEmpty
	}
	return nil
}

// makeFolders makes an empty store without its format file: no Open takes it yet.
func makeFolders(cfg Config) (*badger.DB, error) {
	for _, dir := range []string{cfg.Dir, filepath.Join(cfg.Dir, "badger"), filepath.Join(cfg.Dir, "segments"), filepath.Join(cfg.Dir, "blobs")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		if err := os.Chmod(dir, 0o700); err != nil { // an empty folder that was there, or a narrow umask
			return nil, err
		}
	}
	if err := writeNew(filepath.Join(cfg.Dir, "commits"), tallyText(0)); err != nil {
		return nil, err
	}
	return openBadger(cfg)
}

// finishFolders makes it a store.
func finishFolders(cfg Config, check []byte) error {
	for _, name := range []string{"badger", "segments", "blobs"} {
		if err := syncDir(filepath.Join(cfg.Dir, name)); err != nil {
			return err
		}
	}
	text := formatLine + "check " + hex.EncodeToString(check) + "\n"
	if err := writeNew(filepath.Join(cfg.Dir, "format"), []byte(text)); err != nil {
		return err
	}
	return syncDir(filepath.Dir(cfg.Dir))
}

// writeNew makes a file 0600 that was not there, and returns when it and its name are on disk.
func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, inject("write", path), f.Chmod(0o600), f.Sync(), inject("fsync", path), f.Close()); err != nil {
		os.Remove(path)
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// readMarkers finds out whether cfg.Dir is a store, and cfg.Pepper its pepper, by reading alone.
func readMarkers(cfg Config) (pepper []byte, err error) {
	entries, err := os.ReadDir(cfg.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && len(entries) == 0:
		return nil, ErrMissing
	case err != nil:
		return nil, err
	}
	format, err := os.ReadFile(filepath.Join(cfg.Dir, "format"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	rest, ok := bytes.CutPrefix(format, []byte(formatLine))
	if !ok {
		return nil, ErrForeign
	}
	if _, err := os.Stat(filepath.Join(cfg.Dir, "badger", badger.ManifestFilename)); err != nil {
		return nil, ErrForeign // badger would make a new, empty one
	}
	pepper, err = readPepper(cfg.Pepper)
	if err == nil && string(rest) != "check "+hex.EncodeToString(mac(pepper, "check"))+"\n" {
		err = ErrPepper
	}
	return pepper, err
}

func readPepper(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrPepper, err)
	}
	pepper, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(pepper) != 32 {
		return nil, ErrPepper
	}
	return pepper, nil
}
