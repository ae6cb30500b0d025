package client

import (
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/scrub"
)

// picture is a JPEG with a comment in it.
func picture() string { return droptest.JPEG(droptest.Segment(0xfe, "SECRET")) }

func disk(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What is said of an attachment is true of what is sent.
func TestAttach(t *testing.T) {
	path := disk(t, "map.jpg", picture())
	for _, original := range []bool{false, true} {
		a, err := Attach(path, original)
		if err != nil {
			t.Fatal(err)
		}
		r, err := a.open()
		if err != nil {
			t.Fatal(err)
		}
		sent, err := io.ReadAll(r)
		if err != nil || a.Size != int64(len(sent)) || a.SHA256 != dropbox.Hex32(sha256.Sum256(sent)) || strings.Contains(string(sent), "SECRET") != original {
			t.Errorf("original %v: %d bytes are sent, and it says %d; %v", original, len(sent), a.Size, err)
		}
		if a.Name != "map.jpg" || a.Type != "image/jpeg" || !a.Picture() || a.Unknown || a.Original != original || a.Found.Removed != scrub.Comment {
			t.Errorf("original %v: %+v", original, a)
		}
	}
	cut, err := Attach(disk(t, "cut.jpg", picture()[:20]), true)
	if err != nil || cut.Size != 20 || !cut.Unknown || !cut.Picture() {
		t.Errorf("the original of a broken picture is %+v, %v", cut, err)
	}
	text, err := Attach(disk(t, "notes.txt", "notes"), false)
	if err != nil || text.Picture() || text.Found.Cleaned || text.Same(cut) || !text.Same(text) {
		t.Errorf("notes are %+v, %v", text, err)
	}
}

// What cannot go is an error without its path, before anything is sent.
func TestAttachRefuses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "SECRET")
	large, pipe := disk(t, "SECRET", ""), filepath.Join(dir, "pipe")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.Truncate(large, dropbox.MostFile+1), syscall.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		filepath.Join(dir, "nowhere"): os.ErrNotExist, dir: ErrFolder, pipe: ErrNotAFile, disk(t, "SECRET", ""): ErrEmptyFile,
		large: dropbox.ErrFileTooLarge, disk(t, "SECRET.jpg", picture()[:20]): scrub.ErrBroken,
	} {
		if a, err := Attach(path, false); !errors.Is(err, want) || a != nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v, want %v", filepath.Base(path), err, want)
		}
	}
}
