package store_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/store"
	"tellbox/dropbox/store/storetest"
)

// image is a store as a crash leaves it: all that was acknowledged is on disk, some of it in badger's tables, the rest in its log.
type image struct {
	Now   time.Time
	Lines map[string][][32]byte // by drop
	Mail  map[string][][32]byte // by reader
	Gone  []string              // drops that were taken back
	Files map[string]imageFile
}

// imageFile is a file without the zeros at its end: badger's log has 32 MiB of them.
type imageFile struct {
	Size    int64
	Content []byte
}

func newMemory() *image {
	return &image{Now: storetest.Start, Lines: map[string][][32]byte{}, Mail: map[string][][32]byte{}, Files: map[string]imageFile{}}
}

func (m *image) acked(p *dropbox.Parcel) {
	if p.Line != nil {
		m.Lines[p.Drop.String()] = append(m.Lines[p.Drop.String()], sha256.Sum256(p.Line))
	}
	for _, e := range p.To {
		m.Mail[e.Reader] = append(m.Mail[e.Reader], sha256.Sum256(e.Sealed))
	}
}

// takenBack forgets p, whose envelopes were the last that their readers got, and remembers the frames in back.
func (m *image) takenBack(p, back *dropbox.Parcel) {
	delete(m.Lines, p.Drop.String())
	m.Gone = append(m.Gone, p.Drop.String())
	for _, e := range p.To {
		m.Mail[e.Reader] = m.Mail[e.Reader][:len(m.Mail[e.Reader])-1]
	}
	m.acked(back)
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// newImage makes a store with a few hundred records in tables of three generations and in the log.
func newImage(t *testing.T) *image {
	s := newSubject(t, func(cfg *store.Config) { cfg.Dir, cfg.Tidy = memoryDir(t)+"/data", -1 })
	m := newMemory()
	for generation := range 4 {
		var last *dropbox.Parcel
		for range 8 {
			last = s.put("alice", "bob")
			m.acked(last)
		}
		answer := storetest.Answer(last, "bob")
		if _, err := s.Reply(t.Context(), "alice", answer); err != nil {
			t.Fatal(err)
		}
		m.acked(answer)
		taken := s.put("carol")
		back := storetest.Withdrawal(taken, "carol")
		if _, err := s.Withdraw(t.Context(), back); err != nil {
			t.Fatal(err)
		}
		m.acked(taken)
		m.takenBack(taken, back)
		switch generation {
		case 0:
			if _, err := s.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
		case 1, 2:
			s.Reopen()
		}
	}
	m.files(t, filepath.Dir(s.cfg.Dir))
	return m
}

// files reads all of dir into m.
func (m *image) files(t *testing.T, dir string) {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		m.Files[name] = imageFile{int64(len(b)), bytes.TrimRight(b, "\x00")}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// lay writes the files to dir, which it empties before.
func (m *image) lay(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for name, f := range m.Files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.Content, 0o600); err != nil {
			return err
		}
		if err := os.Truncate(path, f.Size); err != nil {
			return err
		}
	}
	return nil
}

// held holds s to what was acknowledged: all of it must be as it was, or, if something is known to be damaged, at least not
// be called absent.
func (m *image) held(t *testing.T, s *store.Store, whole bool) (wrongs []string) {
	wrong := func(format string, args ...any) { wrongs = append(wrongs, fmt.Sprintf(format, args...)) }
	for drop, want := range m.Lines {
		got, err := s.Lines(t.Context(), hex32(drop))
		if errors.Is(err, dropbox.ErrNothing) {
			wrong("an acknowledged report counts as nothing here")
		} else if whole && (err != nil || !slices.Equal(sums(got.Lines), want)) {
			wrong("her lines are not what she sent: %d lines, %v", len(got.Lines), err)
		}
	}
	for _, drop := range m.Gone {
		if _, err := s.Lines(t.Context(), hex32(drop)); err == nil {
			wrong("what was taken back is back")
		}
	}
	for reader, want := range m.Mail {
		got, err := allMail(t, s, reader)
		if err == nil && len(got) < len(want) {
			wrong("%s has %d pieces of mail of %d", reader, len(got), len(want))
		} else if whole && (err != nil || !slices.Equal(sums(got), want)) {
			wrong("%s has other mail: %d of %d, %v", reader, len(got), len(want), err)
		}
	}
	return wrongs
}

func hex32(text string) (h dropbox.Hex32) {
	if err := h.UnmarshalText([]byte(text)); err != nil {
		panic(err)
	}
	return h
}

func sums(bs [][]byte) (out [][32]byte) {
	for _, b := range bs {
		out = append(out, sha256.Sum256(b))
	}
	return out
}

func allMail(t *testing.T, s *store.Store, reader string) (envelopes [][]byte, err error) {
	for next := ""; ; {
		mail, n, err := s.Mail(t.Context(), reader, next, 100)
		if err != nil || len(mail) == 0 {
			return envelopes, err
		}
		next = n
		for _, m := range mail {
			envelopes = append(envelopes, m.Envelope)
		}
	}
}

// memoryDir is a folder for what need not survive a power cut: syncing costs nothing there.
func memoryDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "tellbox")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// boxHash is the name of a drop's box, as Store's comment says.
func (s *subject) boxHash(drop dropbox.Drop) []byte {
	s.t.Helper()
	text, err := os.ReadFile(s.cfg.Dir + ".pepper")
	if err != nil {
		s.t.Fatal(err)
	}
	pepper, _ := hex.DecodeString(strings.TrimSpace(string(text)))
	m := hmac.New(sha256.New, pepper)
	m.Write([]byte("drop "))
	m.Write(drop[:])
	return m.Sum(nil)
}
