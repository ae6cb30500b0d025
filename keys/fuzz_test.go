package keys_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"tellbox/keys"
	"tellbox/keys/vault"
)

// add seeds a fuzz target and fails without any.
func add(f *testing.F, seeds ...[]byte) {
	f.Helper()
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
}

// fixedCast is a cast whose keys are the same in every process: fuzzing runs in several, and what one of them signed
// has to verify in the others. Its roster is testdata/roster.txt.
func fixedCast(f *testing.F) (*cast, *keys.Roster) {
	f.Helper()
	c := &cast{}
	for i, name := range []string{"Ana", "Ben Bevan", "Cyd"} {
		text := fmt.Sprintf("tellbox/1 keyholder secret\nname %s\nseed %064x\n", name, i+1)
		s, err := vault.ParseKeyholder([]byte(text))
		must(f, err)
		p, err := s.Public()
		must(f, err)
		c.secrets, c.people = append(c.secrets, s), append(c.people, p)
	}
	var err error
	c.kh, err = keys.NewKeyholders([32]byte{1, 2, 3}, 2, c.people)
	must(f, err)
	text, err := os.ReadFile("testdata/roster.txt")
	must(f, err)
	r, err := keys.ParseRoster(text)
	must(f, err)
	return c, r
}

func FuzzKeyholder(f *testing.F) {
	c, _ := fixedCast(f)
	add(f, []byte(c.people[0].Text()), []byte(c.people[1].Text()), nil)
	f.Fuzz(func(t *testing.T, text []byte) {
		if k, err := keys.ParseKeyholder(text); err == nil && k.Text() != string(text) {
			t.Errorf("%q became %q", text, k.Text())
		} else if err != nil {
			wantErr(t, err, keys.ErrFormat)
		}
	})
}

func FuzzCard(f *testing.F) {
	_, r := fixedCast(f)
	add(f, []byte(r.Readers[0].Card.Text()), []byte(r.Readers[1].Card.Text()))
	f.Fuzz(func(t *testing.T, text []byte) {
		if c, err := keys.ParseCard(text); err == nil && c.Text() != string(text) {
			t.Errorf("%q became %q", text, c.Text())
		} else if err != nil {
			wantErr(t, err, keys.ErrFormat)
		}
	})
}

// Whatever chain is offered, what Follow returns descends from the pinned generation: here, where only one next
// generation was ever signed, it is one of two texts.
func FuzzKeyholders(f *testing.F) {
	c, _ := fixedCast(f)
	k2, err := c.kh.Change(1, c.people[1:])
	must(f, err)
	signed := c.sign(f, k2.Bytes(), 0, 1)
	chain := append(c.kh.Bytes(), signed...)
	add(f, c.kh.Bytes(), k2.Bytes(), signed, chain)
	f.Fuzz(func(t *testing.T, text []byte) {
		if k, err := keys.ParseKeyholders(text); err == nil {
			if !bytes.HasPrefix(text, []byte(k.Text())) || !bytes.Equal(k.Bytes(), text) {
				t.Errorf("%q became %q", text, k.Text())
			}
		}
		if k, err := keys.Follow(c.kh, text); err == nil && k.Text() != c.kh.Text() && k.Text() != k2.Text() {
			t.Errorf("followed to %q", k.Text())
		}
	})
}

// Whatever roster is offered, what OpenRoster returns is the one text that was signed.
func FuzzRoster(f *testing.F) {
	c, r := fixedCast(f)
	want := r.Text()
	signed := c.sign(f, r.Bytes(), 0, 1)
	if _, err := keys.OpenRoster(signed, c.kh, noon); err != nil {
		f.Fatal(err)
	}
	languages, err := os.ReadFile("testdata/languages.txt")
	must(f, err)
	add(f, r.Bytes(), signed, c.sign(f, r.Bytes(), 2), languages)
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := keys.ParseRoster(text); err == nil && !bytes.HasPrefix(text, []byte(r.Text())) {
			t.Errorf("%q became %q", text, r.Text())
		}
		if r, err := keys.OpenRoster(text, c.kh, noon); err == nil && r.Text() != want {
			t.Errorf("believed %q", text)
		}
	})
}

func FuzzHours(f *testing.F) {
	seeds := []string{"daily 00:00-24:00", "Mon-Fri 09:00-17:00; Sat,Sun 10:00-12:00", "Fri 22:00-02:00", "Sat-Mon 00:00-24:00"}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s, "Europe/London", int64(1774746000))
	}
	f.Add("", "", int64(0))
	f.Fuzz(func(t *testing.T, text, zone string, unix int64) {
		h, err := keys.ParseHours(text, zone)
		if err != nil {
			wantErr(t, err, keys.ErrFormat)
			return
		}
		if h.String() != text || h.Zone() != zone {
			t.Errorf("%q %q became %q %q", text, zone, h, h.Zone())
		}
		at := time.Unix(unix%(1<<36), 0)
		if next := h.Opens(at); h.OpenAt(at) != next.Equal(at) || !next.IsZero() && (next.Before(at) || !h.OpenAt(next)) {
			t.Errorf("%q in %s: at %s it opens %s", text, zone, at, next)
		}
	})
}
