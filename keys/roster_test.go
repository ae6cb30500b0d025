package keys_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"tellbox/keys"
)

func TestRosterFromKeysToReaders(t *testing.T) {
	c := newCast(t)
	signed := c.sign(t, c.roster(t).Bytes(), 1, 0)

	r, err := keys.OpenRoster(signed, c.kh, noon)
	must(t, err)
	if want := []string{"Ana", "Ben Bevan"}; !slices.Equal(r.SignedBy, want) {
		t.Errorf("signed by %v, want %v", r.SignedBy, want)
	}
	if !bytes.Equal(r.Bytes(), signed) {
		t.Error("Bytes are not the signed bytes")
	}
	var ids []string
	for _, p := range r.Receivers() {
		ids = append(ids, p.ID)
		if p.Recipient == nil || p.RecipientText != c.cards[p.ID].RecipientText || !p.Signin.Equal(c.cards[p.ID].Signin) {
			t.Errorf("%s has other keys than on the card", p.ID)
		}
	}
	if want := []string{"alice", "bob", "olga"}; !slices.Equal(ids, want) {
		t.Errorf("receivers %v, want %v", ids, want)
	}
	if o, ok := r.Ombudsperson(); !ok || o.ID != "olga" {
		t.Errorf("ombudsperson is %q, %v", o.ID, ok)
	}
	if a, _ := r.Reader("alice"); a.Statement != "sits on no party committee" || a.Fingerprint() != c.cards["alice"].Fingerprint() {
		t.Errorf("alice came back changed: %q", a.Statement)
	}
	if _, ok := r.Reader("nobody"); ok {
		t.Error("found nobody")
	}

	must(t, r.Remove("bob", noon))
	if r.Version != 6 || len(r.SignedBy) != 0 || bytes.Contains(r.Bytes(), []byte("—")) {
		t.Errorf("after a change: version %d, signed by %v", r.Version, r.SignedBy)
	}
	wantErr(t, r.Add(keys.Reader{Card: *newCard(t, "bob"), Role: keys.Advocate}, noon), keys.ErrReusedID)
	a, _ := r.Reader("alice")
	a.Card, a.Languages = *newCard(t, "alice"), ""
	must(t, r.Replace(a, noon))
	if b, _ := r.Reader("alice"); b.RecipientText == c.cards["alice"].RecipientText || b.Role != keys.Advocate || b.Languages != "" {
		t.Error("Replace kept the keys or languages, or changed the role")
	}
	wantErr(t, r.Replace(keys.Reader{Card: *newCard(t, "dan"), Role: keys.Advocate}, noon), keys.ErrUnknownID)
}

func TestRosterSignatures(t *testing.T) {
	c, other := newCast(t), newCast(t)
	text := c.roster(t).Bytes()
	good := c.sign(t, text, 0, 1)

	t.Run("unsigned", func(t *testing.T) {
		_, err := keys.OpenRoster(text, c.kh, noon)
		wantErr(t, err, keys.ErrTooFewSignatures)
	})
	t.Run("one of two", func(t *testing.T) {
		_, err := keys.OpenRoster(c.sign(t, text, 2), c.kh, noon)
		wantErr(t, err, keys.ErrTooFewSignatures)
	})
	t.Run("one key twice", func(t *testing.T) {
		once := c.sign(t, text, 0)
		if twice := c.sign(t, once, 0); !bytes.Equal(once, twice) {
			t.Error("signing twice is not the same as once")
		}
		line := once[len(text)+1:]
		_, err := keys.OpenRoster(append(bytes.Clone(once), line...), c.kh, noon)
		wantErr(t, err, keys.ErrTooFewSignatures)
	})
	t.Run("a stranger", func(t *testing.T) {
		_, err := keys.OpenRoster(other.sign(t, c.sign(t, text, 0), 0, 1, 2), c.kh, noon)
		wantErr(t, err, keys.ErrTooFewSignatures)
	})
	t.Run("all three and a stranger", func(t *testing.T) {
		r, err := keys.OpenRoster(other.sign(t, c.sign(t, text, 2, 1, 0), 0), c.kh, noon)
		must(t, err)
		if len(r.SignedBy) != 3 {
			t.Errorf("signed by %v, want three", r.SignedBy)
		}
	})
	t.Run("signatures moved to another version", func(t *testing.T) {
		_, err := keys.OpenRoster(bytes.Replace(good, []byte("version 5"), []byte("version 6"), 1), c.kh, noon)
		wantErr(t, err, keys.ErrAltered)
	})
	t.Run("reader inserted after signing", func(t *testing.T) {
		r, err := keys.ParseRoster(text)
		must(t, err)
		must(t, r.Add(keys.Reader{Card: *newCard(t, "mallory"), Role: keys.Advocate}, noon))
		forged := append(r.Bytes(), good[len(text):]...)
		_, err = keys.OpenRoster(forged, c.kh, noon)
		wantErr(t, err, keys.ErrAltered)
		if _, err := keys.Sign(forged, c.secrets[2].Signer()); err != nil {
			t.Errorf("signing anew: %v", err)
		}
	})
	t.Run("exchanged keyholders", func(t *testing.T) {
		mallory, err := keys.NewKeyholders(c.kh.Box, 2, other.people)
		must(t, err)
		_, err = keys.OpenRoster(good, mallory, noon)
		wantErr(t, err, keys.ErrTooFewSignatures)
		_, err = keys.OpenRoster(other.sign(t, text, 0, 1), c.kh, noon)
		wantErr(t, err, keys.ErrTooFewSignatures)
	})
	t.Run("signature by the note's rules under another key's name", func(t *testing.T) {
		forged := bytes.ReplaceAll(other.sign(t, c.sign(t, text, 0), 1),
			[]byte(other.people[1].NoteName()), []byte(c.people[1].NoteName()))
		_, err := keys.OpenRoster(forged, c.kh, noon)
		wantErr(t, err, keys.ErrTooFewSignatures)
	})
	t.Run("another box", func(t *testing.T) {
		kh, err := keys.NewKeyholders([32]byte{9}, 2, c.people)
		must(t, err)
		_, err = keys.OpenRoster(good, kh, noon)
		wantErr(t, err, keys.ErrOtherBox)
	})
	t.Run("another generation", func(t *testing.T) {
		kh, err := c.kh.Change(2, c.people)
		must(t, err)
		_, err = keys.OpenRoster(good, kh, noon)
		wantErr(t, err, keys.ErrOtherGeneration)
	})
	t.Run("threshold in the roster's mouth", func(t *testing.T) {
		forged := bytes.Replace(text, []byte("version"), []byte("threshold 1\nversion"), 1)
		_, err := keys.OpenRoster(forged, c.kh, noon)
		wantErr(t, err, keys.ErrFormat)
	})
}

func TestRosterDays(t *testing.T) {
	c := newCast(t)
	signed := c.sign(t, c.roster(t).Bytes(), 0, 1) // issued 2026-11-20, expires 2027-01-09
	for _, test := range []struct {
		now  string
		want error
	}{
		{"2026-11-18T23:59:59Z", keys.ErrNotYet},
		{"2026-11-19T00:00:00Z", nil},
		{"2027-01-09T23:59:59Z", nil},
		{"2027-01-09T23:59:59-01:00", keys.ErrExpired},
		{"2027-01-10T00:00:00Z", keys.ErrExpired},
	} {
		now, err := time.Parse(time.RFC3339, test.now)
		must(t, err)
		r, err := keys.OpenRoster(signed, c.kh, now)
		if !errors.Is(err, test.want) {
			t.Errorf("at %s: got %v, want %v", test.now, err, test.want)
		}
		if (r != nil) != (test.want == nil || test.want == keys.ErrExpired) {
			t.Errorf("at %s: roster is %v", test.now, r)
		}
	}
	// Expired, and too few signed: the signatures decide, and no roster comes back.
	if r, err := keys.OpenRoster(c.roster(t).Bytes(), c.kh, noon.AddDate(1, 0, 0)); !errors.Is(err, keys.ErrTooFewSignatures) || r != nil {
		t.Errorf("unsigned and expired: got %v, %v", r, err)
	}

	r := c.roster(t)
	before := r.Text()
	wantErr(t, r.Renew(noon.AddDate(0, 0, 61), 1, noon), keys.ErrFormat)
	wantErr(t, r.Renew(noon.AddDate(0, 0, -1), 1, noon), keys.ErrExpired)
	wantErr(t, r.Renew(noon, 0, noon), keys.ErrRollback)
	wantErr(t, r.Remove("bob", noon.AddDate(0, 3, 0)), keys.ErrExpired)
	if r.Text() != before {
		t.Error("a refused change left a trace")
	}
	must(t, r.Renew(noon.AddDate(0, 0, 60), 1, noon))
	must(t, r.Renew(noon, 2, noon))
	if r.Generation != 2 || !r.Expires.Equal(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("renewed to %v, generation %d", r.Expires, r.Generation)
	}
	if _, err := keys.NewRoster(c.kh, "x", noon.AddDate(0, 0, 61), nil, noon); !errors.Is(err, keys.ErrFormat) {
		t.Errorf("61 days: got %v", err)
	}
}
