package keys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxText bounds every text of this package, signatures included, in bytes.
const maxText = 1 << 20

const day = "2006-01-02"

// A lineReader hands out the lines of a strict text. Each line is a key, one space and a value. The first failure
// sticks: later calls return empty values, so a parser reads straight down and asks once, at the end.
//
// It need not be strict about how values are written: every parser compares what it understood, formatted again,
// with what it was given (same).
type lineReader struct {
	text string // what has not been read yet
	line int
	err  error
}

// readLines starts reading text, whose first line must be header.
func readLines(text, header string) *lineReader {
	l := &lineReader{text: text}
	if len(text) > maxText {
		l.fail("longer than %d bytes", maxText)
	} else if !strings.HasPrefix(text, header+"\n") {
		l.fail("the first line is not %q", header)
	} else {
		l.text, l.line = text[len(header)+1:], 1
	}
	return l
}

func (l *lineReader) fail(format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf("%w: line %d: %s", ErrFormat, l.line+1, fmt.Sprintf(format, args...))
	}
}

// next reports whether the next line has this key.
func (l *lineReader) next(key string) bool {
	return l.err == nil && strings.HasPrefix(l.text, key+" ")
}

// take returns the value of the next line, which must have this key.
func (l *lineReader) take(key string) string {
	if !l.next(key) {
		l.fail("expected %q", key)
		return ""
	}
	line, rest, ok := strings.Cut(l.text, "\n")
	if !ok {
		l.fail("the last line does not end")
		return ""
	}
	l.text = rest
	l.line++
	return line[len(key)+1:]
}

func (l *lineReader) number(key string) int {
	n, err := strconv.Atoi(l.take(key))
	if err != nil {
		l.fail("%s is not a number", key)
	}
	return n
}

func (l *lineReader) day(key string) time.Time {
	t, err := time.Parse(day, l.take(key))
	if err != nil {
		l.fail("%s is not a day like 2027-01-15", key)
	}
	return t
}

func (l *lineReader) hex32(key string) (b [32]byte) {
	raw, err := hex.DecodeString(l.take(key))
	if err != nil || len(raw) != len(b) {
		l.fail("%s is not 64 hex digits", key)
	}
	copy(b[:], raw)
	return b
}

func (l *lineReader) publicKey(key string) ed25519.PublicKey {
	b := l.hex32(key)
	return b[:]
}

// finish reports the first failure; text left over is one.
func (l *lineReader) finish() error {
	if l.text != "" {
		l.fail("unexpected line")
	}
	return l.err
}

// same refuses a text that is not written the one way its content is written.
func same(given, formatted string) error {
	if given != formatted {
		return fmt.Errorf("%w: not written in the one allowed way (upper-case hex, leading zeros or the like)", ErrFormat)
	}
	return nil
}

var idPattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// checkID allows `[a-z][a-z0-9-]{0,31}`, except the two words that name other senders in a frame.
func checkID(id string) error {
	if !idPattern.MatchString(id) {
		return fmt.Errorf("%w: an id is 1 to 32 of a-z, 0-9 and -, beginning with a letter", ErrFormat)
	}
	if id == "reporter" || id == "server" {
		return fmt.Errorf("%w: the id %q is reserved", ErrFormat, id)
	}
	return nil
}

// checkText allows 1 to 200 characters of UTF-8 that show as they are: no controls, no line or paragraph separators,
// and no invisible format characters but the two joiners that some scripts need. Bidirectional controls are among the
// refused: they could make a page show a name that is not the signed one.
func checkText(what, s string) error {
	if n := utf8.RuneCountInString(s); n < 1 || n > 200 {
		return fmt.Errorf("%w: %s needs 1 to 200 characters, not %d", ErrFormat, what, n)
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("%w: %s is not UTF-8", ErrFormat, what)
	}
	if strings.TrimSpace(s) != s {
		return fmt.Errorf("%w: %s begins or ends with a space", ErrFormat, what)
	}
	for _, r := range s {
		joiner := r == '\u200c' || r == '\u200d'
		if unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Cf) && !joiner {
			return fmt.Errorf("%w: %s contains the invisible character %U", ErrFormat, what, r)
		}
	}
	return nil
}

// checkPiped is checkText for values that stand in a line divided by "|".
func checkPiped(what, s string) error {
	if strings.Contains(s, "|") {
		return fmt.Errorf("%w: %s contains |", ErrFormat, what)
	}
	return checkText(what, s)
}

// smallOrder lists the y coordinates, little endian, of the points whose order divides 8. With such a "key" anybody
// can make signatures that verify (Cremers and Jackson, "Prime, Order Please!", 2019, table 4).
var smallOrder = [][]byte{
	unhex("0000000000000000000000000000000000000000000000000000000000000000"),
	unhex("0100000000000000000000000000000000000000000000000000000000000000"),
	unhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
	unhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
	unhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// checkKey refuses the 32-byte Ed25519 public keys that would make "distinct keys" meaningless: points of small order,
// for which anybody can sign, and second spellings (y ≥ 2^255-19) of a key.
func checkKey(key ed25519.PublicKey) error {
	if len(key) != ed25519.PublicKeySize {
		return fmt.Errorf("%w: an Ed25519 key has 32 bytes, not %d", ErrFormat, len(key))
	}
	y := bytes.Clone(key)
	y[31] &= 0x7f
	if y[31] == 0x7f && y[0] >= 0xed && bytes.Count(y[1:31], []byte{0xff}) == 30 {
		return fmt.Errorf("%w: an Ed25519 key is not in its usual form", ErrFormat)
	}
	for _, weak := range smallOrder {
		if bytes.Equal(y, weak) {
			return fmt.Errorf("%w: an Ed25519 key is one for which anybody can sign", ErrFormat)
		}
	}
	return nil
}

// fingerprint makes what people read to one another from a poster or by telephone: the first 128 bits of a SHA-256 in
// eight groups of four hex digits. Finding other content with the same fingerprint takes 2^128 tries.
func fingerprint(content string) string {
	sum := sha256.Sum256([]byte(content))
	groups := make([]string, 8)
	for i := range groups {
		groups[i] = hex.EncodeToString(sum[2*i : 2*i+2])
	}
	return strings.Join(groups, " ")
}
