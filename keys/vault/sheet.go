package vault

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"
	"golang.org/x/crypto/cryptobyte"

	"tellbox/keys"
)

// A recovery sheet is an advocate's secret on paper, with the name and organisation of her card. Between two rulers it has numbered lines:
//
//  1. QPZR Y9X8 GF2T VDW0 S3JN   54KH
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

// Callers branch on these. ErrSheet: the lines are right, each by itself, and together they are no recovery sheet. ErrSlip: any *SlipError.
var (
	ErrSheet = errors.New("these are not all the lines of one recovery sheet")
	ErrSlip  = errors.New("a line is not as it was printed")
)

// SlipError names the lines of a sheet that are not as they were printed, or missing, in order.
type SlipError struct{ Lines []int }

// Is says that it is ErrSlip.
func (e *SlipError) Is(target error) bool { return target == ErrSlip }

func (e *SlipError) Error() string {
	if len(e.Lines) == 1 {
		return fmt.Sprintf("line %d is not as it was printed", e.Lines[0])
	}
	var names []string
	for _, n := range e.Lines[:min(len(e.Lines), 9)] {
		names = append(names, strconv.Itoa(n))
	}
	if more := len(e.Lines) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("lines %s are not as they were printed", strings.Join(names, ", "))
}

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

func toBytes(values []byte) (data []byte) {
	acc, bits := uint32(0), 0
	for _, v := range values {
		if acc, bits = acc<<5|uint32(v), bits+5; bits >= 8 {
			data, bits = append(data, byte(acc>>(bits-8))), bits-8
		}
	}
	return data
}

// SheetLine looks at one typed line, the n-th, with its number or without: ok says that it is as it was printed, and line has it so. In the first
// one stands how many there are.
func SheetLine(n int, typed string) (line string, total int, ok bool) {
	values, ok := readLine(n, typed)
	if !ok {
		return "", 0, false
	}
	return fmt.Sprintf("%3d.  %s   %s\n", n, grouped(values), grouped(checkOf(n, values))), linesOf(values), true
}

func linesOf(first []byte) int { return int(first[0])<<5 | int(first[1]) }

func readLine(n int, typed string) (values []byte, ok bool) {
	if number := lineNumber.FindStringSubmatch(typed); number != nil && strings.TrimLeft(number[1], "0") == strconv.Itoa(n) {
		typed = strings.Replace(typed, number[0], "", 1)
	}
	for _, c := range strings.ToUpper(typed) {
		if strings.ContainsRune(" \t\r\n-\u00a0", c) {
			continue
		}
		if i := strings.IndexRune("BIO1", c); i >= 0 { // nothing else that it could be
			c = rune("8L0L"[i])
		}
		i := strings.IndexRune(sheetAlphabet, c)
		if i < 0 {
			return nil, false
		}
		values = append(values, byte(i))
	}
	if len(values) != sheetData+sheetCheck || !slices.Equal(values[sheetData:], checkOf(n, values[:sheetData])) {
		return nil, false
	}
	return values[:sheetData], true
}

var (
	lineNumber = regexp.MustCompile(`(?m)^[ \t]*(\d{1,3})[ \t]*[.:)]`)
	ruled      = regexp.MustCompile(`(?m)^\s*-{8,}\s*$`)
)

// ParseRecoverySheet reads a sheet, all of it or only the lines between its rulers, in any case and order, broken as one likes. Lines without
// their numbers are taken in the order in which they stand. Errors: *SlipError, ErrSheet.
func ParseRecoverySheet(text string) (*Advocate, *keys.Card, error) {
	if parts := ruled.Split(text, -1); len(parts) > 1 {
		text = parts[1]
	}
	typed := map[int]string{}
	slip := &SlipError{}
	if starts := lineNumber.FindAllStringSubmatchIndex(text, -1); len(starts) > 0 {
		for i, s := range starts {
			end := len(text)
			if i+1 < len(starts) {
				end = starts[i+1][0]
			}
			n, _ := strconv.Atoi(text[s[2]:s[3]])
			if _, twice := typed[n]; twice || n == 0 {
				slip.Lines = append(slip.Lines, n)
			} else {
				typed[n] = text[s[1]:end]
			}
		}
	} else {
		all := strings.Join(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n-\u00a0", r) }), "")
		for line := range slices.Chunk([]rune(all), sheetData+sheetCheck) {
			typed[len(typed)+1] = string(line)
		}
	}
	values, err := readLines(typed, slip)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the sheet: %w", err)
	}
	a, card, err := readSheet(values)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the sheet: %w", err)
	}
	return a, card, nil
}

// readLines puts the lines together.
func readLines(typed map[int]string, slip *SlipError) (all []byte, err error) {
	total := len(typed)
	for n := range typed {
		total = max(total, n)
	}
	if first, ok := readLine(1, typed[1]); ok {
		total = max(total, linesOf(first))
	}
	for n := 1; n <= total; n++ {
		values, ok := readLine(n, typed[n])
		if !ok && !slices.Contains(slip.Lines, n) {
			slip.Lines = append(slip.Lines, n)
		}
		all = append(all, values...)
	}
	if slices.Sort(slip.Lines); len(slip.Lines) > 0 {
		return nil, slip
	}
	return all, nil
}

func readSheet(values []byte) (*Advocate, *keys.Card, error) {
	if len(values) < 2*sheetData {
		return nil, nil, ErrSheet
	}
	count, fives := int(values[10]), values[11:]
	var identities []*age.HybridIdentity
	for range count {
		if len(fives) < identityRest {
			return nil, nil, ErrSheet
		}
		i, err := age.ParseHybridIdentity(identityStart + strings.ReplaceAll(grouped(fives[:identityRest]), " ", ""))
		if err != nil {
			return nil, nil, ErrSheet
		}
		identities, fives = append(identities, i), fives[identityRest:]
	}
	a, name, org, ok := readRest(cryptobyte.String(toBytes(fives)), identities)
	if !ok {
		return nil, nil, ErrSheet
	}
	card, err := a.Card(name, org)
	if err != nil {
		return nil, nil, ErrSheet
	}
	// One way to write each secret: that the whole checksum is right, and nothing follows, is seen in this too.
	if again, err := sheetValues(a, name, org); err != nil || !slices.Equal(again, values) {
		return nil, nil, ErrSheet
	}
	return a, card, nil
}

func readRest(s cryptobyte.String, identities []*age.HybridIdentity) (a *Advocate, name, org string, ok bool) {
	var texts, seeds [4]cryptobyte.String
	for i := range texts {
		if !s.ReadUint16LengthPrefixed(&texts[i]) {
			return nil, "", "", false
		}
	}
	for i := range 3 {
		if !s.ReadUint8LengthPrefixed(&seeds[i]) || len(seeds[i]) != ed25519.SeedSize && (i == 0 || len(seeds[i]) > 0) {
			return nil, "", "", false
		}
	}
	if len(identities) == 0 || len(texts[3])%ed25519.PublicKeySize != 0 {
		return nil, "", "", false
	}
	a = &Advocate{ID: string(texts[0]), Identity: identities[0], Signin: ed25519.NewKeyFromSeed(seeds[0])}
	for key := range slices.Chunk(texts[3], ed25519.PublicKeySize) {
		a.Signed = append(a.Signed, ed25519.PublicKey(key))
	}
	if len(seeds[1]) > 0 {
		a.Local = seeds[1]
	}
	former := identities[1:]
	if len(seeds[2]) > 0 {
		if len(former) == 0 {
			return nil, "", "", false
		}
		a.Next = &Keys{former[len(former)-1], ed25519.NewKeyFromSeed(seeds[2])}
		former = former[:len(former)-1]
	}
	for _, i := range former {
		var days uint32
		if !s.ReadUint32(&days) {
			return nil, "", "", false
		}
		a.Former = append(a.Former, Former{i, time.Unix(int64(days)*24*60*60, 0).UTC()})
	}
	return a, string(texts[1]), string(texts[2]), true
}
