package vault

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"golang.org/x/crypto/cryptobyte"
)

// A recovery sheet is an advocate's secret on paper, with the name and organisation of her card. Between two rulers it has numbered lines:
//
//	such as   1.  QPZR Y9X8 GF2T VDW0 S3JN   54KH
//
// The characters are those of age's own keys, Bech32's, which have no 1, B, I and O; each is 5 bits. A line is 20 characters and 4 that check
// it and its number: the remainder of the number and those 100 bits by x^20 + x^3 + 1. No wrong character escapes that, nor do two that stand
// beside one another, swapped or wrong; of any other slip one in a million does. The 20 characters of all lines together are
//
//	2 characters     how many lines there are
//	8 characters     the first 40 bits of SHA-256 over all that follows: it tells lines of two sheets apart
//	1 character      how many identities there are
//	58 characters    each identity, without AGE-SECRET-KEY-PQ-1: the one of today, former ones, the next one
//	the rest         id, name, organisation and the public halves of former sign-in keys, each with its length in 2 bytes; the sign-in
//	                 seed, the local seed and the next sign-in seed, each with its length in a byte; for each former identity its last
//	                 day, 4 bytes counted from 1970; zeros up to a whole line
//
// All numbers are big endian. Who has the sheet has the secret: it is sealed under nothing.
const (
	sheetAlphabet = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
	sheetData     = 20 // characters of a line, and those that check it
	sheetCheck    = 4
	identityStart = "AGE-SECRET-KEY-PQ-1"
	identityRest  = 58
	maxIdentities = 31
	ruler         = "------------------------------------------"
)

// RecoverySheet is what she prints. where says which drop-box it is for, on one line, and may be empty. The name and organisation are those of
// her card.
func RecoverySheet(a *Advocate, name, org, where string, today time.Time) (string, error) {
	card, err := a.Card(name, org)
	if err != nil {
		return "", fmt.Errorf("making the sheet: %w", err)
	}
	values, err := sheetValues(a, name, org)
	if err != nil {
		return "", fmt.Errorf("making the sheet: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, sheetHead, card.ID, card.Name, card.Org)
	if where != "" {
		fmt.Fprintf(&b, "  Drop-box      %s\n", where)
	}
	fmt.Fprintf(&b, "  Made on       %s\n  Fingerprint   %s\n%s\n%s\n", today.UTC().Format(time.DateOnly), card.Fingerprint(), sheetBody, ruler)
	n := 1
	for line := range slices.Chunk(values, sheetData) {
		fmt.Fprintf(&b, "%3d.  %s   %s\n", n, grouped(line), grouped(checkOf(n, line)))
		n++
	}
	fmt.Fprintf(&b, "%s\n", ruler)
	return b.String(), nil
}

const sheetHead = `TELLBOX RECOVERY SHEET: SECRET

  Key of        %s
  Name          %s
  Organisation  %s
`

const sheetBody = `
This is your key on paper. Whoever holds it can read everything that was ever sealed to you, and speak as you. No
passphrase protects it. Do not photograph, scan, copy or mail it.

Keep it in a safe, or with somebody who would not read it, and never with your laptop. If it may have been seen, ask a
keyholder for new keys the same day (advocate rotate). After each change of your keys print a new one, and burn this.

If your laptop or your passphrase is lost: advocate recover -home NEWFOLDER asks for the lines below, one by one, and
for a new passphrase. Then advocate join. Capitals and spaces do not matter, and a line with a slip is asked again.
`

func grouped(values []byte) string {
	var b strings.Builder
	for i, v := range values {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(sheetAlphabet[v])
	}
	return b.String()
}

// checkOf divides the number of a line and what stands in it.
func checkOf(n int, line []byte) []byte {
	r := uint32(n)
	for _, v := range append(slices.Clone(line), 0, 0, 0, 0) {
		for bit := 4; bit >= 0; bit-- {
			r = r<<1 | uint32(v>>bit&1)
			if r>>20&1 == 1 {
				r ^= 1<<20 | 1<<3 | 1
			}
		}
	}
	return []byte{byte(r >> 15 & 31), byte(r >> 10 & 31), byte(r >> 5 & 31), byte(r & 31)}
}

// sheetValues are the characters of all lines, checks aside, each as its number.
func sheetValues(a *Advocate, name, org string) ([]byte, error) {
	identities := []*age.HybridIdentity{a.Identity}
	for _, f := range a.Former {
		identities = append(identities, f.Identity)
	}
	var b cryptobyte.Builder
	var next []byte
	if a.Next != nil {
		identities, next = append(identities, a.Next.Identity), a.Next.Signin.Seed()
	}
	signed := slices.Concat(a.Signed...)
	for _, v := range [][]byte{[]byte(a.ID), []byte(name), []byte(org), signed} {
		b.AddUint16LengthPrefixed(func(c *cryptobyte.Builder) { c.AddBytes(v) })
	}
	for _, v := range [][]byte{a.Signin.Seed(), a.Local, next} {
		b.AddUint8LengthPrefixed(func(c *cryptobyte.Builder) { c.AddBytes(v) })
	}
	for _, f := range a.Former {
		b.AddUint32(uint32(f.Until.Unix() / (24 * 60 * 60)))
	}
	rest, err := b.Bytes()
	if err != nil || len(identities) > maxIdentities {
		return nil, errors.New("it would be too long")
	}
	values := []byte{byte(len(identities))}
	for _, i := range identities {
		tail, _ := strings.CutPrefix(i.String(), identityStart)
		for _, c := range tail {
			values = append(values, byte(strings.IndexRune(sheetAlphabet, c)))
		}
	}
	values = append(values, toFives(rest)...)
	for (2+8+len(values))%sheetData != 0 {
		values = append(values, 0)
	}
	lines := (2 + 8 + len(values)) / sheetData
	sum := sha256.Sum256(values)
	return slices.Concat([]byte{byte(lines >> 5 & 31), byte(lines & 31)}, toFives(sum[:5]), values), nil
}

func toFives(data []byte) (values []byte) {
	acc, bits := uint32(0), 0
	for _, b := range data {
		for acc, bits = acc<<8|uint32(b), bits+8; bits >= 5; bits -= 5 {
			values = append(values, byte(acc>>(bits-5)&31))
		}
	}
	if bits > 0 {
		values = append(values, byte(acc<<(5-bits)&31))
	}
	return values
}
