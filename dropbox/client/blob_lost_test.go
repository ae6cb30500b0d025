package client

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// A server that was restarted has nothing of it any more: the file begins anew, under another id and sealed to another key, but not for ever.
func TestServerLosesAFile(t *testing.T) {
	for _, losses := range []int{1, 2, 100} {
		s, c := blobServer(t)
		posts, lost := 0, 0
		s.before = func(w http.ResponseWriter, r *http.Request) bool {
			if posts++; posts%3 == 0 && lost < losses {
				lost++
				s.there = map[string][]byte{}
			}
			return false
		}
		want, opened, ids := content(5<<20), 0, map[string]bool{}
		from := source(want)
		open := from.Open
		from.Open = func() (io.ReadCloser, error) { opened++; return open() }
		f, err := c.SendFile(t.Context(), from, Transfer{})
		if losses > maxBegun {
			if !errors.Is(err, ErrUnreachable) || Refused(err, "nothing-here") || opened != maxBegun {
				t.Errorf("a server that loses it always: %v after %d beginnings", err, opened)
			}
			continue
		}
		must(t, err)
		got, err := fetch(c, f, Transfer{})
		if err != nil || !bytes.Equal(got, want) || opened != losses+1 {
			t.Errorf("lost %d times: %d bytes, %v, opened %d times", losses, len(got), err, opened)
		}
		for id, b := range s.there {
			ids[id] = bytes.Contains(b, want[:64])
		}
		if len(ids) != 1 || ids[f.Blob.String()] {
			t.Errorf("in the end the server has %v", ids)
		}
	}
}

// A server of before there were files, or one that says so.
func TestServerWithoutFiles(t *testing.T) {
	for _, token := range []string{"nothing-here", ""} {
		s, c := blobServer(t)
		s.before = func(w http.ResponseWriter, r *http.Request) bool { refuse(w, 404, token); return true }
		_, err := c.SendFile(t.Context(), source(content(10)), tries(3))
		if n := s.requests(); !errors.Is(err, ErrNoFiles) || n != 1 {
			t.Errorf("%v after %d tries", err, n)
		}
	}
}

// What changes while it is read, cannot be read, or is too large, is an error in words, and never whole on the server.
func TestFilesThatCannotBeSent(t *testing.T) {
	b := content(3 << 20)
	broken := &fs.PathError{Op: "read", Path: "/home/her/secret.jpg", Err: errors.New("input/output error")}
	for name, c := range map[string]struct {
		from Source
		want error
	}{
		"grew":      {Source{"x", 2 << 20, source(b).Open}, ErrChanged},
		"shrank":    {Source{"x", 4 << 20, source(b).Open}, ErrChanged},
		"empty now": {Source{"x", 4 << 20, source(nil).Open}, ErrChanged},
		"too large": {Source{"x", dropbox.MostFile + 1, source(b).Open}, dropbox.ErrFileTooLarge},
		"gone": {Source{"x", 10, func() (io.ReadCloser, error) {
			return nil, &fs.PathError{Op: "open", Path: "/home/her/secret.jpg", Err: fs.ErrNotExist}
		}}, fs.ErrNotExist},
		"breaks off": {Source{"x", 3 << 20, func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(bytes.NewReader(b[:2<<20]), failing{broken})), nil
		}}, broken.Err},
	} {
		s, client := blobServer(t)
		_, err := client.SendFile(t.Context(), c.from, tries(3))
		if !errors.Is(err, c.want) || strings.Contains(err.Error(), "secret") || TryLater(err) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if len(s.whole) > 0 && slices.Contains(slices.Collect(maps.Values(s.whole)), true) {
			t.Errorf("%s: the server has it whole", name)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
