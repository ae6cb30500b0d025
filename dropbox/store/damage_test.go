package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox/store"
)

// damage is what befalls one file of a store.
type damage struct {
	File string // under the folder that holds data, data.pepper and data.erased
	What string // "flip" a bit, "cut" the file at At, "zero" from At on, "missing"
	At   int64
	Bit  int
}

func (d damage) String() string { return fmt.Sprintf("%s: %s %d.%d", d.File, d.What, d.At, d.Bit) }

func (d damage) inflict(dir string) error {
	path := filepath.Join(dir, d.File)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	switch d.What {
	case "flip":
		b := make([]byte, 1)
		_, err = f.ReadAt(b, d.At)
		b[0] ^= 1 << d.Bit
		if err == nil {
			_, err = f.WriteAt(b, d.At)
		}
	case "cut":
		err = f.Truncate(d.At)
	case "zero":
		info, err2 := f.Stat()
		if err = err2; err == nil {
			err = errors.Join(f.Truncate(d.At), f.Truncate(info.Size()))
		}
	case "missing":
		err = os.Remove(path)
	default:
		err = errors.New("damage of no known kind")
	}
	return err
}

// TestDamage: every kind of file, cut, emptied, missing, and with bits flipped where it matters.
func TestDamage(t *testing.T) {
	m := newImage(t)
	var ds []damage
	for name, f := range m.Files {
		n := int64(len(f.Content))
		ds = append(ds, damage{name, "missing", 0, 0}, damage{name, "cut", 0, 0})
		if n == 0 {
			continue
		}
		ds = append(ds, damage{name, "cut", n / 2, 0}, damage{name, "cut", n - 1, 0}, damage{name, "zero", n / 2, 0}, damage{name, "zero", n - 3, 0},
			damage{name, "flip", 0, 0}, damage{name, "flip", n / 3, 5}, damage{name, "flip", n / 2, 1}, damage{name, "flip", n - 1, 7})
	}
	m.trials(t, ds)
}

// TestListDamaged: a list of erasures that is cut, or changed, would bring back what was taken back when a backup is restored.
func TestListDamaged(t *testing.T) {
	m := newImage(t)
	n := m.Files["data.erased"].Size
	for _, d := range []damage{{"data.erased", "cut", n - 74, 0}, {"data.erased", "cut", n - 10, 0}, {"data.erased", "cut", 50, 0},
		{"data.erased", "flip", n - 3, 0}, {"data.erased", "flip", 70, 0}, {"data.erased", "flip", 52, 3}, {"data.erased", "zero", n - 20, 0}} {
		dir := memoryDir(t)
		if err := errors.Join(m.lay(dir), d.inflict(dir)); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(store.Config{Dir: filepath.Join(dir, "data"), Tidy: -1, Now: func() time.Time { return m.Now }})
		if err == nil {
			c, _ := s.Check(t.Context())
			s.Close()
			list, err := os.ReadFile(filepath.Join(dir, "data.erased"))
			for entry := range bytes.Lines(m.Files["data.erased"].Content) { // what was being erased is erased and named again
				if len(c.Faults) == 0 && !bytes.Contains(list, entry) {
					t.Errorf("%v: neither Open nor Check says anything, %v", d, err)
				}
			}
		} else if !errors.Is(err, store.ErrErasures) {
			t.Errorf("%v: got %v", d, err)
		}
	}
}

// TestDamagedSegment: what is damaged in one envelope harms nobody else, and comes as it is; Check says where.
func TestDamagedSegment(t *testing.T) {
	m := newImage(t)
	const name = "data/segments/00000000"
	sealed := m.Files[name].Content[:18043]
	_, age, _ := bytes.Cut(sealed, []byte("age-encryption.org"))
	if len(age) != len(sealed)-18 {
		t.Fatal("the segment does not begin with an envelope of the smallest bucket")
	}
	all := 0
	for _, lines := range m.Lines {
		all += len(lines)
	}
	for _, mail := range m.Mail {
		all += len(mail)
	}
	for _, c := range []struct {
		damage
		harmed int
		fault  string
	}{
		{damage{name, "flip", 5000, 3}, 1, "are not what was stored"},
		{damage{name, "flip", m.hole(name), 3}, 0, "no record names the bytes"},
		{damage{name, "cut", m.Files[name].Size - 18043, 0}, 1, "are not what was stored"},
		{damage{name, "cut", 0, 0}, all, "are not what was stored"},
		{damage{name, "missing", 0, 0}, all, "are not what was stored"},
	} {
		dir := memoryDir(t)
		if err := errors.Join(m.lay(dir), c.inflict(dir)); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(store.Config{Dir: filepath.Join(dir, "data"), Tidy: -1, Now: func() time.Time { return m.Now }})
		if err != nil {
			t.Fatalf("%v: %v", c.damage, err)
		}
		checked, err := s.Check(t.Context())
		if err != nil || len(checked.Faults) == 0 || !strings.Contains(checked.Faults[0], "segments/00000000") || !strings.Contains(checked.Faults[0], c.fault) {
			t.Errorf("%v: check: %v, %q", c.damage, err, checked.Faults)
		}
		harmed := 0
		for drop, want := range m.Lines {
			got, err := s.Lines(t.Context(), hex32(drop))
			if err != nil || len(got.Lines) != len(want) {
				t.Fatalf("%v: lines: %d of %d, %v", c.damage, len(got.Lines), len(want), err)
			}
			harmed += differ(sums(got.Lines), want)
		}
		for reader, want := range m.Mail {
			got, err := allMail(t, s, reader)
			if err != nil || len(got) != len(want) {
				t.Fatalf("%v: mail: %d of %d, %v", c.damage, len(got), len(want), err)
			}
			harmed += differ(sums(got), want)
		}
		if harmed != c.harmed {
			t.Errorf("%v: %d of %d are not what was stored, want %d", c.damage, harmed, all, c.harmed)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// hole is where in a file something was erased.
func (m *image) hole(name string) int64 {
	return int64(bytes.Index(m.Files[name].Content, make([]byte, 10_000)))
}

func differ(a, b [][32]byte) (n int) {
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}
