package keys

import (
	"crypto/ed25519"
	"fmt"
	"strings"

	"filippo.io/age"
)

const cardHeader = "tellbox/1 card"

// A Card is what an advocate gives to the keyholders so that they add her to the roster (card.txt):
//
//	tellbox/1 card
//	id alice
//	name Alice Smith
//	org Rape Crisis Somewhere
//	recipient age1pq1…          1,959 characters; ML-KEM-768 with X25519, and no other kind
//	signin <64 hex digits>      the Ed25519 key her programs sign requests and frames with
//
// Nothing in it proves that the advocate made it. The keyholder compares its fingerprint with her by telephone.
type Card struct {
	ID            string
	Name          string
	Org           string
	Recipient     age.Recipient // always a *age.HybridRecipient, parsed once
	RecipientText string        // the same as a string
	Signin        ed25519.PublicKey
}

// NewCard checks all values and makes a card. Failures are ErrFormat.
func NewCard(id, name, org string, recipient *age.HybridRecipient, signin ed25519.PublicKey) (*Card, error) {
	c := &Card{ID: id, Name: name, Org: org, Recipient: recipient, RecipientText: recipient.String(), Signin: signin}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("making card: %w", err)
	}
	return c, nil
}

// ParseCard reads a card. All failures are ErrFormat.
func ParseCard(text []byte) (*Card, error) {
	l := readLines(string(text), cardHeader)
	c := &Card{ID: l.take("id"), Name: l.take("name"), Org: l.take("org")}
	c.readKeys(l)
	if err := l.finish(); err != nil {
		return nil, fmt.Errorf("parsing card: %w", err)
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("parsing card: %w", err)
	}
	if err := same(string(text), c.Text()); err != nil {
		return nil, fmt.Errorf("parsing card: %w", err)
	}
	return c, nil
}

// readKeys reads the lines that cards and rosters have in common.
func (c *Card) readKeys(l *lineReader) {
	c.RecipientText = l.take("recipient")
	c.Signin = l.publicKey("signin")
	if l.err != nil {
		return
	}
	// age names the whole string in its error; two kilobytes help nobody.
	r, err := age.ParseHybridRecipient(c.RecipientText)
	if err != nil || r.String() != c.RecipientText || !strings.HasPrefix(c.RecipientText, "age1pq1") {
		l.fail("the recipient is not an age1pq1… key (age-keygen -pq)")
		return
	}
	c.Recipient = r
}

func (c *Card) check() error {
	if err := checkID(c.ID); err != nil {
		return err
	}
	if err := checkText("a reader's name", c.Name); err != nil {
		return err
	}
	if err := checkText("a reader's organisation", c.Org); err != nil {
		return err
	}
	if c.Recipient == nil || c.RecipientText == "" {
		return fmt.Errorf("%w: %s has no recipient", ErrFormat, c.ID)
	}
	return checkKey(c.Signin)
}

// Text is the card as it is handed over.
func (c *Card) Text() string {
	return fmt.Sprintf("%s\nid %s\nname %s\norg %s\n%s", cardHeader, c.ID, c.Name, c.Org, c.keysText())
}

func (c *Card) keysText() string {
	return fmt.Sprintf("recipient %s\nsignin %x\n", c.RecipientText, []byte(c.Signin))
}

// Fingerprint covers every byte of the card: eight groups of four hex digits.
func (c *Card) Fingerprint() string { return fingerprint(c.Text()) }
