package main

import (
	"path/filepath"
	"strings"
	"testing"
)

type checkJSON struct {
	OK                               bool
	Boxes, Mail, Lines, Files, Bytes int
	Faults                           []string
}

// damage flips a bit of an age file, and returns the name of its segment.
func (b *box) damage() string {
	b.Helper()
	segments, err := filepath.Glob(filepath.Join(b.data, "segments", "*"))
	b.must(err)
	text := []byte(b.read(segments[0]))
	text[1000] ^= 1
	b.write(segments[0], string(text))
	return filepath.Base(segments[0])
}

func TestCheck(t *testing.T) {
	both(t, func(t *testing.T, b *box) {
		var found checkJSON
		b.json(0, &found, "check", "-data", b.data)
		if !found.OK || found.Boxes != 3 || found.Mail != 6 || found.Lines != 3 || found.Bytes < 9*16<<10 || len(found.Faults) != 0 {
			t.Errorf("got %+v", found)
		}
		if out, _ := b.run(0, "check", "-data", b.data); !strings.HasPrefix(out, "all good: 3 boxes, ") {
			t.Errorf("got %q", out)
		}

		segment := b.damage()
		found = checkJSON{}
		b.json(1, &found, "check", "-data", b.data)
		if found.OK || len(found.Faults) != 1 || !strings.Contains(found.Faults[0], segment) {
			t.Errorf("got %+v", found)
		}
		if out, errs := b.run(1, "check", "-data", b.data); out != found.Faults[0]+"\n" || strings.Contains(errs, "error") {
			t.Errorf("got %q and %q, want %q", out, errs, found.Faults)
		}
		b.fails(1, "no-store", []string{"check", "-data", b.path("none")})
	})
}

// Whoever rotates backups by exit status must not throw a whole one away for this one.
func TestBackupOfDamaged(t *testing.T) {
	both(t, func(t *testing.T, b *box) {
		b.damage()
		var made struct {
			File                    string
			Records, Bytes, Damaged int
		}
		b.json(1, &made, "backup", "-data", b.data, "-out", b.path("B"))
		if made.File != b.path("B") || made.Damaged != 1 || b.read(b.path("B")) == "" {
			t.Errorf("got %+v", made)
		}
		if _, errs := b.run(1, "backup", "-data", b.data, "-out", b.path("B2")); !strings.Contains(errs, "error: 1 age files") || !strings.Contains(errs, "tellbox check") {
			t.Errorf("got %q", errs)
		}
	})
}

// A store that has lost something is served only by an operator who says so, and status goes on saying it.
func TestServeDamaged(t *testing.T) {
	b := newBox(t)
	b.write(filepath.Join(b.data, "commits"), "00000000000000009999 00000000000000009999\n")
	for _, verb := range []string{"serve", "status", "roster"} {
		if _, errs := b.run(1, verb, "-data", b.data); !strings.Contains(errs, "tellbox check") || !strings.Contains(errs, "serve -damaged") {
			t.Errorf("%s: %q", verb, errs)
		}
	}
	b.fails(1, "damaged", []string{"backup", "-data", b.data, "-out", b.path("B")})
	var found checkJSON
	if b.json(1, &found, "check", "-data", b.data); found.OK || len(found.Faults) == 0 {
		t.Errorf("check: %+v", found)
	}
	b.serve("-damaged")
	if out, _ := b.run(0, "status", "-data", b.data); !strings.Contains(out, "\n! opened with -damaged") {
		t.Errorf("status: %s", out)
	}
	b.run(0, "backup", "-data", b.data, "-out", b.path("B"))
}
