package main

import (
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"os"

	"tellbox/keys"
	"tellbox/keys/vault"
)

func newRoster(c *call) (any, error) {
	var pubs, lines list
	roster := c.flags.String("roster", "", "")
	out := c.flags.String("keyholders-out", "", "")
	threshold := c.flags.Int("threshold", 0, "")
	name := c.flags.String("name", "", "")
	expires := c.flags.String("expires", "", "")
	c.flags.Var(&pubs, "keyholder", "")
	c.flags.Var(&lines, "line", "")
	if err := c.parseOnly("roster", "keyholders-out", "keyholder", "name", "expires"); err != nil {
		return nil, err
	}
	if *threshold == 0 {
		return nil, usage("-threshold is missing")
	}
	last, err := parseExpires(*expires, c.now)
	if err != nil {
		return nil, err
	}
	people, err := readKeyholders(pubs)
	if err != nil {
		return nil, err
	}
	var support []keys.SupportLine
	for _, text := range lines {
		s, err := keys.ParseSupportLine(text)
		if err != nil {
			return nil, fmt.Errorf("support line %q: %w", text, err)
		}
		support = append(support, s)
	}
	var box [32]byte
	rand.Read(box[:])
	kh, err := keys.NewKeyholders(box, *threshold, people)
	if err != nil {
		return nil, err
	}
	r, err := keys.NewRoster(kh, *name, last, support, c.now)
	if err != nil {
		return nil, err
	}
	if err := absent(*out, *roster); err != nil {
		return nil, err
	}
	if err := vault.WritePublic(*out, kh.Bytes(), false); err != nil {
		return nil, err
	}
	if err := vault.WritePublic(*roster, r.Bytes(), false); err != nil {
		return nil, errors.Join(err, os.Remove(*out))
	}
	describeKeyholders(c.out, kh)
	describeRoster(c.out, r)
	return viewRoster(r), nil
}

func add(c *call) (any, error) {
	path := c.flags.String("roster", "", "")
	cardPath := c.flags.String("card", "", "")
	roleName := c.flags.String("role", "", "")
	statement := c.flags.String("statement", "", "")
	languages := c.flags.String("languages", "", "")
	replace := c.flags.Bool("replace", false, "")
	if err := c.parseOnly("roster", "card"); err != nil {
		return nil, err
	}
	if *replace == (*roleName != "") {
		return nil, usage("add needs -role, or -replace for a reader who has one")
	}
	text, err := os.ReadFile(*cardPath)
	if err != nil {
		return nil, err
	}
	card, err := keys.ParseCard(text)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(c.out, "The card of %s, %s. Let them read it to you by telephone: %s\n", card.Name, card.Org, card.Fingerprint())
	return c.revise(*path, func(r *keys.Roster) error {
		p, there := r.Reader(card.ID)
		p.Card = *card
		if c.given("statement") {
			p.Statement = *statement
		}
		if c.given("languages") {
			p.Languages = *languages
		}
		if *replace {
			return r.Replace(p, c.now)
		}
		if there {
			return refuse("id-taken", "for the same person with new keys use -replace; somebody else needs another id",
				"adding %s: the roster has a reader with this id", card.ID)
		}
		if p.Role, err = keys.ParseRole(*roleName); err != nil {
			return &failure{2, "usage", "", err}
		}
		if p.Role.Receives() && !c.given("languages") {
			p.Languages = "English"
		}
		return r.Add(p, c.now)
	})
}

// given reports whether a flag is on the command line, be it with nothing in it.
func (c *call) given(name string) (found bool) {
	c.flags.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

func remove(c *call) (any, error) {
	path := c.flags.String("roster", "", "")
	id := c.flags.String("id", "", "")
	ids, err := c.parse()
	if err != nil {
		return nil, err
	}
	if *id != "" {
		ids = append(ids, *id)
	}
	if len(ids) != 1 {
		return nil, usage("remove takes one id")
	}
	if err := c.require("roster"); err != nil {
		return nil, err
	}
	return c.revise(*path, func(r *keys.Roster) error { return r.Remove(ids[0], c.now) })
}

func renew(c *call) (any, error) {
	path := c.flags.String("roster", "", "")
	expires := c.flags.String("expires", "", "")
	var keyholders list
	c.flags.Var(&keyholders, "keyholders", "")
	if err := c.parseOnly("roster", "expires"); err != nil {
		return nil, err
	}
	last, err := parseExpires(*expires, c.now)
	if err != nil {
		return nil, err
	}
	return c.revise(*path, func(r *keys.Roster) error {
		generation := r.Generation
		if len(keyholders) > 0 {
			kh, err := openKeyholders(keyholders)
			if err != nil {
				return err
			}
			if kh.Box != r.Box {
				return fmt.Errorf("renewing roster: %w", keys.ErrOtherBox)
			}
			generation = kh.Generation
		}
		return r.Renew(last, generation, c.now)
	})
}

// revise changes a roster file in place.
func (c *call) revise(path string, change func(*keys.Roster) error) (any, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r, err := keys.ParseRoster(text)
	if err != nil {
		return nil, err
	}
	if err := change(r); err != nil {
		return nil, err
	}
	if err := vault.WritePublic(path, r.Bytes(), true); err != nil {
		return nil, err
	}
	describeRoster(c.out, r)
	fmt.Fprintln(c.out, "It bears no signatures yet.")
	return viewRoster(r), nil
}
