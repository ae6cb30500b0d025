package vault

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"tellbox/keys"
)

const advocateHeader = "# tellbox/1 advocate secret"

// FormerLasts is how long an identity is kept at least after another took its place: the longest life of a roster, in days.
const FormerLasts = 60

// An Advocate is the secret that opens reports. Its text, before Seal, is an age identity file:
//
//	# tellbox/1 advocate secret
//	# id alice
//	# signin <64 hex digits, an Ed25519 seed>
//	# local <64 hex digits>         the seed she began with, once she has another: see LocalKey
//	# signed <64 hex digits>        the public half of a former sign-in key, by which she knows what she wrote then; the latest
//	                                first, and one line for each
//	AGE-SECRET-KEY-PQ-1…
//	# until 2027-01-27              the last day on which the identity below must be kept
//	AGE-SECRET-KEY-PQ-1…            a former one; the latest first, and two lines for each
//	# next signin <64 hex digits>   keys that no roster names yet; two lines, at most once
//	AGE-SECRET-KEY-PQ-1…
//
// Who has an identity reads all mail to its recipient, past mail included. Who has the sign-in key can fetch and
// delete mail, and speak as the advocate to other readers. Who has a former identity alone reads what was sealed to it; a former
// sign-in key is kept by nobody.
type Advocate struct {
	ID       string
	Identity *age.HybridIdentity
	Signin   ed25519.PrivateKey

	Local  []byte              // a seed; nil if she has never had another sign-in key
	Signed []ed25519.PublicKey // former sign-in keys, the latest first
	Former []Former            // the latest first
	Next   *Keys               // nil if none is prepared
}

// Former is an identity that no roster names any more.
type Former struct {
	Identity *age.HybridIdentity
	Until    time.Time // a day: the last on which it must be kept
}

// Keys are the two keys of a card.
type Keys struct {
	Identity *age.HybridIdentity
	Signin   ed25519.PrivateKey
}

func newKeys() (*Keys, error) {
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		return nil, err
	}
	_, signin, err := ed25519.GenerateKey(rand.Reader)
	return &Keys{identity, signin}, err
}

// NewAdvocate makes the secret for a reader of any role, and the card for the keyholders.
func NewAdvocate(id, name, org string) (*Advocate, *keys.Card, error) {
	k, err := newKeys()
	if err != nil {
		return nil, nil, fmt.Errorf("making advocate: %w", err)
	}
	a := &Advocate{ID: id, Identity: k.Identity, Signin: k.Signin}
	card, err := a.Card(name, org)
	if err != nil {
		return nil, nil, fmt.Errorf("making advocate: %w", err)
	}
	return a, card, nil
}

// ParseAdvocate reads the text of an advocate's secret.
func ParseAdvocate(text []byte) (*Advocate, error) {
	a, err := readAdvocate(strings.Split(string(text), "\n"))
	if err != nil || a.Text() != string(text) {
		return nil, fmt.Errorf("parsing advocate: %w", errSecret)
	}
	// The id is checked where all ids are checked: on a card.
	if _, err := a.Card("name", "organisation"); err != nil {
		return nil, fmt.Errorf("parsing advocate: %w", err)
	}
	return a, nil
}

// readAdvocate takes the lines one by one. What it is lenient about is not what Text writes.
func readAdvocate(lines []string) (a *Advocate, err error) {
	take := func(prefix string) (value string, ok bool) {
		if len(lines) == 0 {
			return "", false
		}
		if value, ok = strings.CutPrefix(lines[0], prefix); ok {
			lines = lines[1:]
		}
		return value, ok
	}
	seed := func(digits string) ed25519.PrivateKey {
		key, err2 := parseSeed(digits, "")
		if err2 != nil {
			err = errSecret
		}
		return key
	}
	identity := func() *age.HybridIdentity {
		rest, _ := take("")
		i, err2 := age.ParseHybridIdentity(rest) // its error would name what stands there
		if err2 != nil {
			err = errSecret
		}
		return i
	}
	a = &Advocate{}
	take(advocateHeader)
	a.ID, _ = take("# id ")
	signin, _ := take("# signin ")
	a.Signin = seed(signin)
	if digits, ok := take("# local "); ok {
		if key := seed(digits); err == nil {
			a.Local = key.Seed()
		}
	}
	for digits, ok := take("# signed "); ok; digits, ok = take("# signed ") {
		key, err2 := hex.DecodeString(digits)
		if err2 != nil || len(key) != ed25519.PublicKeySize {
			return nil, errSecret
		}
		a.Signed = append(a.Signed, key)
	}
	a.Identity = identity()
	for day, ok := take("# until "); ok; day, ok = take("# until ") {
		until, err2 := time.Parse(time.DateOnly, day)
		if err2 != nil {
			return nil, errSecret
		}
		a.Former = append(a.Former, Former{identity(), until})
	}
	if digits, ok := take("# next signin "); ok {
		a.Next = &Keys{Signin: seed(digits)}
		a.Next.Identity = identity()
	}
	return a, err
}

// Text is what Seal is given.
func (a *Advocate) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n# id %s\n# signin %x\n", advocateHeader, a.ID, a.Signin.Seed())
	if a.Local != nil {
		fmt.Fprintf(&b, "# local %x\n", a.Local)
	}
	for _, key := range a.Signed {
		fmt.Fprintf(&b, "# signed %x\n", []byte(key))
	}
	fmt.Fprintf(&b, "%s\n", a.Identity)
	for _, f := range a.Former {
		fmt.Fprintf(&b, "# until %s\n%s\n", f.Until.Format(time.DateOnly), f.Identity)
	}
	if a.Next != nil {
		fmt.Fprintf(&b, "# next signin %x\n%s\n", a.Next.Signin.Seed(), a.Next.Identity)
	}
	return b.String()
}

// Card makes the public card that belongs to the secret.
func (a *Advocate) Card(name, org string) (*keys.Card, error) {
	return (&Keys{a.Identity, a.Signin}).card(a.ID, name, org)
}

// NextCard makes the card of the keys that are prepared; there must be some.
func (a *Advocate) NextCard(name, org string) (*keys.Card, error) {
	return a.Next.card(a.ID, name, org)
}

func (k *Keys) card(id, name, org string) (*keys.Card, error) {
	return keys.NewCard(id, name, org, k.Identity.Recipient(), k.Signin.Public().(ed25519.PublicKey))
}

// LocalKey is for what she keeps on her own machine: it names cases there, and vouches for her notes. It stays when her other keys change,
// for nobody else ever sees what it makes. It is the seed of her first sign-in key.
func (a *Advocate) LocalKey() []byte {
	if a.Local != nil {
		return a.Local
	}
	return a.Signin.Seed()
}

// Identities are all that may open mail to her: what is the case most often first.
func (a *Advocate) Identities() []age.Identity {
	all := []age.Identity{a.Identity}
	for _, f := range a.Former {
		all = append(all, f.Identity)
	}
	if a.Next != nil {
		all = append(all, a.Next.Identity) // a roster may name it that she has not seen yet
	}
	return all
}

// Wrote are the keys by which she knows what she signed herself, today's first.
func (a *Advocate) Wrote() []ed25519.PublicKey {
	return append([]ed25519.PublicKey{a.Signin.Public().(ed25519.PublicKey)}, a.Signed...)
}

// Prepared is the secret with keys to come; those that it has already stay.
func (a *Advocate) Prepared() (*Advocate, error) {
	next := *a
	if next.Next == nil {
		k, err := newKeys()
		if err != nil {
			return nil, fmt.Errorf("making new keys: %w", err)
		}
		next.Next = k
	}
	return &next, nil
}

// Cancelled is the secret without keys to come.
func (a *Advocate) Cancelled() *Advocate {
	next := *a
	next.Next = nil
	return &next
}

// Promoted is the secret with the keys to come in the place of today's, whose identity becomes a former one.
func (a *Advocate) Promoted(today time.Time) *Advocate {
	return &Advocate{
		ID: a.ID, Identity: a.Next.Identity, Signin: a.Next.Signin, Local: a.LocalKey(),
		Signed: a.Wrote(),
		Former: append([]Former{{a.Identity, today.UTC().Truncate(24*time.Hour).AddDate(0, 0, FormerLasts)}}, a.Former...),
	}
}

// Outlived is the secret without the former identities that need not be kept any more, and how many those are.
func (a *Advocate) Outlived(today time.Time) (*Advocate, int) {
	next := *a
	day := today.UTC().Truncate(24 * time.Hour)
	next.Former = slices.DeleteFunc(slices.Clone(a.Former), func(f Former) bool { return day.After(f.Until) })
	return &next, len(a.Former) - len(next.Former)
}
