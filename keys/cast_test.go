package keys_test

import (
	"errors"
	"testing"
	"time"

	"tellbox/keys"
	"tellbox/keys/vault"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// A cast is a box with three keyholders, of whom two must sign, and the people who may read.
type cast struct {
	secrets []*vault.Keyholder // Ana, Ben, Cyd
	people  []keys.Keyholder
	kh      *keys.Keyholders
	cards   map[string]*keys.Card
}

func newCast(t testing.TB) *cast {
	t.Helper()
	c := &cast{cards: map[string]*keys.Card{}}
	for _, name := range []string{"Ana", "Ben Bevan", "Cyd"} {
		s, p, err := vault.NewKeyholder(name)
		if err != nil {
			t.Fatal(err)
		}
		c.secrets, c.people = append(c.secrets, s), append(c.people, p)
	}
	var err error
	if c.kh, err = keys.NewKeyholders([32]byte{1, 2, 3}, 2, c.people); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"alice", "bob", "olga", "ivy"} {
		c.cards[id] = newCard(t, id)
	}
	return c
}

func newCard(t testing.TB, id string) *keys.Card {
	t.Helper()
	_, card, err := vault.NewAdvocate(id, "Name of "+id, "An Organisation, Cymru")
	if err != nil {
		t.Fatal(err)
	}
	return card
}

func (c *cast) roster(t testing.TB) *keys.Roster {
	t.Helper()
	line, err := keys.ParseSupportLine("Samaritans|116 123|daily 00:00-24:00|Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	r, err := keys.NewRoster(c.kh, "Tellbox yn Rhywle", noon.AddDate(0, 0, 50), []keys.SupportLine{line}, noon)
	if err != nil {
		t.Fatal(err)
	}
	must(t, r.Add(keys.Reader{Card: *c.cards["alice"], Role: keys.Advocate, Statement: "sits on no party committee", Languages: "English, Cymraeg"}, noon))
	must(t, r.Add(keys.Reader{Card: *c.cards["olga"], Role: keys.Ombudsperson, Languages: "Français"}, noon))
	must(t, r.Add(keys.Reader{Card: *c.cards["bob"], Role: keys.Advocate, Languages: "العربية, English"}, noon))
	must(t, r.Add(keys.Reader{Card: *c.cards["ivy"], Role: keys.Investigator}, noon))
	return r
}

func (c *cast) sign(t testing.TB, text []byte, who ...int) []byte {
	t.Helper()
	for _, i := range who {
		var err error
		if text, err = keys.Sign(text, c.secrets[i].Signer()); err != nil {
			t.Fatal(err)
		}
	}
	return text
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}
