package dropbox

import (
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"math/big"
	"math/bits"
	"strings"
	"unicode"
)

// CodeWords is how many words a pickup code has.
const CodeWords = 8

// maxCodeInput bounds what ParseCode looks at, in bytes: eight of the longest words with generous separators fit.
const maxCodeInput = 512

//go:embed words.txt
var wordsFile string

// words is the frozen list: sorted, lower-case a–z, no word the beginning of another (a test holds both). Because
// of the latter, eight words run together without any separator can be read in one way only.
// Changing one word changes every code: never.
var words = strings.Fields(wordsFile)

var wordIndex = func() map[string]int {
	m := make(map[string]int, len(words))
	for i, w := range words {
		m[w] = i
	}
	return m
}()

const shortestWord, longestWord = 3, 9 // letters; held by TestWords

// Code is a reporter's pickup code: 96 random bits, shown as eight words. Whoever has it is the reporter.
//
// The number entropy·2⁷ + checksum (103 bits; the checksum is the first 7 bits of SHA-256(entropy)) is written in base
// len(words), most significant digit first, one word a digit.
type Code struct{ entropy [12]byte }

// NewCode draws a fresh code.
func NewCode() Code {
	var c Code
	rand.Read(c.entropy[:]) // never fails: crypto/rand ends the program instead
	return c
}

// CodeOf is the code with that entropy, for tickets and test vectors.
func CodeOf(entropy [12]byte) Code { return Code{entropy} }

// Entropy is the code's 12 secret bytes.
func (c Code) Entropy() [12]byte { return c.entropy }

// String keeps codes out of logs and error texts, however they are printed; Words is the real thing.
func (c Code) String() string   { return "[code]" }
func (c Code) GoString() string { return "[code]" }

func (c Code) checksum() byte {
	h := sha256.Sum256(c.entropy[:])
	return h[0] >> 1
}

// Words is the code as a person keeps it: eight words with single spaces.
func (c Code) Words() string {
	n := new(big.Int).SetBytes(c.entropy[:])
	n.Lsh(n, 7).Or(n, big.NewInt(int64(c.checksum())))
	base, digit := big.NewInt(int64(len(words))), new(big.Int)
	var out [CodeWords]string
	for i := CodeWords - 1; i >= 0; i-- {
		n.DivMod(n, base, digit)
		out[i] = words[digit.Int64()]
	}
	return strings.Join(out[:], " ")
}

func codeOfIndexes(indexes []int) (Code, bool) {
	n, base := new(big.Int), big.NewInt(int64(len(words)))
	for _, i := range indexes {
		n.Mul(n, base).Add(n, big.NewInt(int64(i)))
	}
	if n.BitLen() > 103 {
		return Code{}, false
	}
	sum := byte(n.Uint64() & 0x7f)
	var c Code
	n.Rsh(n, 7).FillBytes(c.entropy[:])
	return c, c.checksum() == sum
}

// CodeError says what is wrong with typed words, by token of the contract: code-word (some are not on the list),
// code-length (not eight words) or code-checksum (eight words of the list that are no code: mistyped or misremembered).
type CodeError struct {
	Token   string
	Words   int // how many words were read
	Unknown []UnknownWord
}

// UnknownWord is a word that is not on the list, and those on the list that it may have been. They come from the list
// alone, never from what is stored.
type UnknownWord struct {
	Position int // from 1
	Typed    string
	Nearest  []string
}

// Error names the token only: what was typed is nearly a secret.
func (e *CodeError) Error() string { return "reading the words: " + e.Token }

// ParseCode reads a code as people type it: any case, with spaces, line breaks, commas, hyphens, numbers or nothing between
// the words. Its errors are *CodeError.
func ParseCode(typed string) (Code, error) {
	if len(typed) > maxCodeInput {
		return Code{}, &CodeError{Token: "code-length"}
	}
	tokens := strings.FieldsFunc(strings.Map(lower, typed), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
	indexes, rest := segment(strings.Join(tokens, ""))
	if rest != "" {
		return Code{}, unknownWords(tokens)
	}
	if len(indexes) != CodeWords {
		return Code{}, &CodeError{Token: "code-length", Words: len(indexes)}
	}
	c, ok := codeOfIndexes(indexes)
	if !ok {
		return Code{}, &CodeError{Token: "code-checksum", Words: CodeWords}
	}
	return c, nil
}

// lower is for A–Z only: languages differ on how other letters fold, and none of those is in a word.
func lower(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// segment reads words from the front of letters until it is used up or no word fits; rest is what could not be read.
func segment(letters string) (indexes []int, rest string) {
	for letters != "" {
		i, n := firstWord(letters)
		if n == 0 {
			return indexes, letters
		}
		indexes, letters = append(indexes, i), letters[n:]
	}
	return indexes, ""
}

// firstWord is the one word that letters begins with, and its length, or 0, 0.
func firstWord(letters string) (index, length int) {
	if len(letters) < shortestWord {
		return 0, 0
	}
	for lengths := wordLengths[beginning(letters)]; lengths != 0; lengths &= lengths - 1 {
		n := bits.TrailingZeros16(lengths)
		if n > len(letters) {
			break
		}
		if i, ok := wordIndex[letters[:n]]; ok {
			return i, n
		}
	}
	return 0, 0
}

// wordLengths says of the words that begin alike how long they are, as bits. Most of any text begins no word, or only long ones:
// so looking for words in it is mostly looking here.
var wordLengths = func() (lengths [1 << 15]uint16) {
	for _, w := range words {
		lengths[beginning(w)] |= 1 << len(w)
	}
	return lengths
}()

// beginning stands for the first three letters, five bits of each: of no use but as an index, as other bytes count as letters too.
func beginning(s string) int { return int(s[0]&31)<<10 | int(s[1]&31)<<5 | int(s[2]&31) }

// ContainsCode says whether text contains a whole pickup code, anybody's, however its words are separated. Eight
// words of the list in a row that happen to carry a right checksum are taken for one.
func ContainsCode(text string) bool {
	letters := strings.Map(func(r rune) rune {
		if r = lower(r); r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, text)
	indexes := make([]int, 0, CodeWords)
	for start := range letters {
		indexes = indexes[:0]
		for rest := letters[start:]; len(indexes) < CodeWords; {
			i, n := firstWord(rest)
			if n == 0 {
				break
			}
			indexes, rest = append(indexes, i), rest[n:]
		}
		if len(indexes) == CodeWords {
			if _, ok := codeOfIndexes(indexes); ok {
				return true
			}
		}
	}
	return false
}
