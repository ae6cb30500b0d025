package keys_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"testing"

	"tellbox/keys"
	"tellbox/keys/vault"
)

func TestKeyholderFile(t *testing.T) {
	secret, public, err := vault.NewKeyholder("Ana María")
	must(t, err)
	again, err := keys.ParseKeyholder([]byte(public.Text()))
	must(t, err)
	if again.Name != "Ana María" || !again.Key.Equal(secret.Key.Public()) || again.Fingerprint() != public.Fingerprint() {
		t.Errorf("came back as %+v", again)
	}
	if words := strings.Fields(public.Fingerprint()); len(words) != 8 || len(words[0]) != 4 {
		t.Errorf("fingerprint %q is not eight groups of four", public.Fingerprint())
	}
	// The name for people is not in the fingerprint nor in the name on signatures: one key has one of each.
	if other, _ := keys.NewKeyholder("Somebody Else", public.Key); other.NoteName() != public.NoteName() {
		t.Error("one key has two note names")
	}
	for name, text := range map[string]string{
		"empty": "", "extra": public.Text() + "x", "no end": strings.TrimSuffix(public.Text(), "\n"),
		"piped name": strings.Replace(public.Text(), "Ana", "A|a", 1), "long": public.Text() + strings.Repeat("\n", 1<<20),
		"two names": strings.Replace(public.Text(), "name ", "name x\nname ", 1),
	} {
		if _, err := keys.ParseKeyholder([]byte(text)); !errors.Is(err, keys.ErrFormat) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// With a key of small order a constant is a signature of about one text in eight; none may become a keyholder.
func TestWeakKeysAreRefused(t *testing.T) {
	forged := make([]byte, ed25519.SignatureSize)
	forged[0] = 1 // R is the identity, s is 0
	for _, digits := range []string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	} {
		var key ed25519.PublicKey
		fmt.Sscanf(digits, "%x", (*[]byte)(&key))
		weak := false
		for i := range 500 {
			weak = weak || ed25519.Verify(key, []byte{byte(i), byte(i >> 8)}, forged)
		}
		if !weak {
			t.Errorf("%s is not weak after all", digits)
		}
		if _, err := keys.NewKeyholder("Mallory", key); !errors.Is(err, keys.ErrFormat) {
			t.Errorf("%s: got %v, want a refusal", digits, err)
		}
	}
}

func TestKeyholdersRefusals(t *testing.T) {
	c := newCast(t)
	twin := c.people[0]
	twin.Name = "Ana's other hat"
	namesake := c.people[1]
	namesake.Name = "Ana"
	for name, test := range map[string]struct {
		threshold int
		people    []keys.Keyholder
	}{
		"nobody":                  {1, nil},
		"threshold 0":             {0, c.people},
		"negative threshold":      {-1, c.people},
		"threshold over all":      {4, c.people},
		"one key under two names": {2, []keys.Keyholder{c.people[0], twin}},
		"two keys under one name": {2, []keys.Keyholder{c.people[0], namesake}},
		"too many":                {1, make([]keys.Keyholder, 33)},
		"no key":                  {1, []keys.Keyholder{{Name: "x"}}},
	} {
		if _, err := keys.NewKeyholders([32]byte{}, test.threshold, test.people); !errors.Is(err, keys.ErrFormat) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := keys.NewKeyholders([32]byte{}, 1, c.people); err != nil {
		t.Errorf("1 of 3: %v", err)
	}
	text := c.kh.Text()
	twice := strings.Replace(text, "keyholder Cyd|", fmt.Sprintf("keyholder Ana's other hat|%x\nkeyholder Cyd|", []byte(twin.Key)), 1)
	for name, text := range map[string]string{
		"one key under two names": twice,
		"generation 0":            strings.Replace(text, "generation 1", "generation 0", 1),
		"threshold 4":             strings.Replace(text, "threshold 2", "threshold 4", 1),
		"no end":                  text[:len(text)-1],
		"trailing":                text + "x\n",
		"many":                    text + strings.Repeat("keyholder x|00\n", 1000),
	} {
		if _, err := keys.ParseKeyholders([]byte(text)); !errors.Is(err, keys.ErrFormat) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestChangeOfKeyholders(t *testing.T) {
	c, d := newCast(t), newCast(t)
	k2, err := c.kh.Change(2, d.people)
	must(t, err)

	for name, test := range map[string]struct {
		signed []byte
		want   error
	}{
		"two of the old":          {c.sign(t, k2.Bytes(), 0, 2), nil},
		"unsigned":                {k2.Bytes(), keys.ErrTooFewSignatures},
		"one of the old":          {c.sign(t, k2.Bytes(), 0), keys.ErrTooFewSignatures},
		"the new alone":           {d.sign(t, k2.Bytes(), 0, 1, 2), keys.ErrTooFewSignatures},
		"one old and all the new": {d.sign(t, c.sign(t, k2.Bytes(), 1), 0, 1, 2), keys.ErrTooFewSignatures},
		"changed after signing":   {bytes.Replace(c.sign(t, k2.Bytes(), 0, 2), []byte("threshold 2"), []byte("threshold 1"), 1), keys.ErrAltered},
		"same generation":         {c.sign(t, c.kh.Bytes(), 0, 1), keys.ErrRollback},
		"a roster":                {c.sign(t, c.roster(t).Bytes(), 0, 1), keys.ErrFormat},
	} {
		if _, err := c.kh.Succeed(test.signed); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	otherBox, err := keys.NewKeyholders([32]byte{7}, 2, d.people)
	must(t, err)
	otherBox, err = otherBox.Change(2, d.people)
	must(t, err)
	_, err = c.kh.Succeed(c.sign(t, otherBox.Bytes(), 0, 1))
	wantErr(t, err, keys.ErrOtherBox)

	// A chain of three generations, as the server serves it.
	k2, err = c.kh.Succeed(c.sign(t, k2.Bytes(), 0, 2))
	must(t, err)
	k3, err := k2.Change(1, c.people[:1])
	must(t, err)
	k3, err = k2.Succeed(d.sign(t, k3.Bytes(), 1, 2))
	must(t, err)
	g1, g2, g3 := c.kh.Bytes(), k2.Bytes(), k3.Bytes()
	chain := bytes.Join([][]byte{g1, g2, g3}, nil)
	for _, pinned := range []*keys.Keyholders{c.kh, k2, k3} {
		newest, err := keys.Follow(pinned, chain)
		must(t, err)
		if newest.Generation != 3 || newest.Text() != k3.Text() {
			t.Errorf("from %d: came to generation %d", pinned.Generation, newest.Generation)
		}
	}
	if newest, err := keys.OpenChain(chain); err != nil || newest.Generation != 3 {
		t.Errorf("OpenChain: %v, %v", newest, err)
	}

	forged1, err := keys.NewKeyholders(c.kh.Box, 1, d.people)
	must(t, err)
	unsigned3 := []byte(k3.Text())
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, test := range map[string]struct {
		pinned *keys.Keyholders
		chain  []byte
		want   error
	}{
		"empty":                     {c.kh, nil, keys.ErrRollback},
		"ends before the pinned":    {k3, join(g1, g2), keys.ErrRollback},
		"begins after the pinned":   {c.kh, join(g2, g3), keys.ErrOtherKeyholders},
		"another first generation":  {c.kh, join(forged1.Bytes(), g2), keys.ErrOtherKeyholders},
		"another pinned generation": {k2, join(g1, c.sign(t, mustChange(t, c.kh, c.people), 0, 1)), keys.ErrOtherKeyholders},
		"unsigned step":             {c.kh, join(g1, g2, unsigned3), keys.ErrTooFewSignatures},
		"a step left out":           {c.kh, join(g1, g3), keys.ErrFormat},
		"a step twice":              {c.kh, join(g1, g2, g2), keys.ErrFormat},
		"rubbish between":           {c.kh, join(g1, []byte("hello\n"), g2), keys.ErrFormat},
		"rubbish before":            {c.kh, join([]byte("\n"), g1), keys.ErrFormat},
		"too long":                  {c.kh, bytes.Repeat(g1, 1<<20/len(g1)+1), keys.ErrFormat},
	} {
		if _, err := keys.Follow(test.pinned, test.chain); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

func mustChange(t testing.TB, k *keys.Keyholders, people []keys.Keyholder) []byte {
	t.Helper()
	next, err := k.Change(1, people)
	must(t, err)
	return next.Bytes()
}

func TestSignRefusesOtherTexts(t *testing.T) {
	c := newCast(t)
	for _, text := range []string{"", "hello\n", c.cards["alice"].Text(), c.people[0].Text(), string(bytes.Join([][]byte{c.kh.Bytes(), c.kh.Bytes()}, nil))} {
		if _, err := keys.Sign([]byte(text), c.secrets[0].Signer()); !errors.Is(err, keys.ErrFormat) {
			t.Errorf("signed %.40q: %v", text, err)
		}
	}
}

func TestCard(t *testing.T) {
	card := newCard(t, "alice")
	again, err := keys.ParseCard([]byte(card.Text()))
	must(t, err)
	if again.Text() != card.Text() || again.Fingerprint() != card.Fingerprint() {
		t.Error("the card came back changed")
	}
	changed, err := keys.ParseCard([]byte(strings.Replace(card.Text(), "Name of", "Name of Dr", 1)))
	must(t, err)
	if changed.Fingerprint() == card.Fingerprint() {
		t.Error("another name has the same fingerprint")
	}
	for name, text := range map[string]string{
		"empty": "", "trailing": card.Text() + "\n", "no end": strings.TrimSuffix(card.Text(), "\n"),
		"reserved": strings.Replace(card.Text(), "id alice", "id server", 1),
		"no org":   strings.Replace(card.Text(), "org An Organisation, Cymru\n", "", 1),
	} {
		if _, err := keys.ParseCard([]byte(text)); !errors.Is(err, keys.ErrFormat) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
