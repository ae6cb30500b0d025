package vault

import (
	"bytes"
	"testing"
	"time"
)

func FuzzParseKeyholder(f *testing.F) {
	k, _, err := NewKeyholder("Ana")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(k.Text()))
	f.Fuzz(func(t *testing.T, text []byte) {
		if k, err := ParseKeyholder(text); err == nil && k.Text() != string(text) {
			t.Errorf("%q became %q", text, k.Text())
		}
	})
}

func FuzzParseAdvocate(f *testing.F) {
	a, _, err := NewAdvocate("alice", "Alice", "Org")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(a.Text()))
	a, err = a.Prepared()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(a.Text()))
	a = a.Promoted(time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC))
	f.Add([]byte(a.Text()))
	f.Fuzz(func(t *testing.T, text []byte) {
		if a, err := ParseAdvocate(text); err == nil && a.Text() != string(text) {
			t.Errorf("%q became %q", text, a.Text())
		}
	})
}

// What Open accepts says what was sealed: age authenticates every byte.
func FuzzOpen(f *testing.F) {
	sealed, err := Seal([]byte("secret"), "p")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Fuzz(func(t *testing.T, file []byte) {
		if bytes.Contains(file, []byte(" 1")) && !bytes.Contains(file, []byte(" 10\n")) {
			t.Skip("a dear work factor")
		}
		if got, err := Open(file, "p"); err == nil && string(got) != "secret" {
			t.Errorf("got %q", got)
		}
	})
}
