package vault

import (
	"crypto/ed25519"
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

func toBytes(values []byte) (data []byte) {
	acc, bits := uint32(0), 0
	for _, v := range values {
		if acc, bits = acc<<5|uint32(v), bits+5; bits >= 8 {
			data, bits = append(data, byte(acc>>(bits-8))), bits-8
		}
	}
	return data
}
