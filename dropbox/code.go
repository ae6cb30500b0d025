package dropbox

import (
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
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

// WordList is every word that codes are made of, each on a line of its own.
func WordList() string { return wordsFile }

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

// codeOfIndexes is the code that these eight words are, if their checksum is right.
func codeOfIndexes(indexes []int) (c Code, ok bool) {
	var hi, lo, carry uint64 // len(words)⁸ has 103 bits
	for _, i := range indexes {
		over, product := bits.Mul64(lo, uint64(len(words)))
		lo, carry = bits.Add64(product, uint64(i), 0)
		hi = hi*uint64(len(words)) + over + carry
	}
	if hi>>(103-64) != 0 {
		return Code{}, false
	}
	binary.BigEndian.PutUint32(c.entropy[:], uint32(hi>>7))
	binary.BigEndian.PutUint64(c.entropy[4:], hi<<57|lo>>7)
	return c, c.checksum() == byte(lo&0x7f)
}

// CodeError says what is wrong with typed words, by token of the contract: code-word (some are not on the list),
// code-length (not eight words) or code-checksum (eight words of the list that are no code: mistyped or misremembered).
//
// What it suggests comes from the list and the checksum alone, never from what is stored: whoever types a code could
// have found it without the server. Suggestions are guesses. Of those that the checksum agrees with, 1 in 128 does so by chance.
type CodeError struct {
	Token    string
	Words    int           // how many words were read
	Unknown  []UnknownWord // not on the list
	Doubtful []UnknownWord // on the list, but with one of Nearest instead the checksum is right
	Swapped  [][2]int      // two words, by position from 1: exchanged, the checksum is right
}

// UnknownWord is a word as it was typed, and up to five on the list that it may have been, the likeliest first.
type UnknownWord struct {
	Position int // from 1
	Typed    string
	Nearest  []string
}

// Error names the token only: what was typed is nearly a secret.
func (e *CodeError) Error() string { return "reading the words: " + e.Token }

// ParseCode reads a code as people type it: any case, with spaces, line breaks, commas, hyphens, numbers or nothing between
// the words, as phones, word processors and keyboards of other scripts write these. Its errors are *CodeError.
func ParseCode(typed string) (Code, error) {
	if len(typed) > maxCodeInput {
		return Code{}, &CodeError{Token: "code-length"}
	}
	tokens := tokensOf(typed)
	indexes, rest := segment(strings.Join(tokens, ""))
	if rest != "" {
		return Code{}, unknownWords(tokens)
	}
	if len(indexes) != CodeWords {
		return Code{}, wrongLength(tokens, indexes)
	}
	c, ok := codeOfIndexes(indexes)
	if !ok {
		return Code{}, wrongWords(tokens, indexes, twoSlips)
	}
	return c, nil
}

// ligatures are what a word copied from a printed page may hold.
var ligatures = strings.NewReplacer("ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl")

// tokensOf are the runs of letters in what was typed. A mark belongs to the letter before it; alone (the one that makes a bullet
// an emoji) it is none.
func tokensOf(typed string) []string {
	inWord := false
	return strings.FieldsFunc(strings.Map(lower, ligatures.Replace(typed)), func(r rune) bool {
		inWord = unicode.IsLetter(r) || inWord && unicode.IsMark(r)
		return !inWord
	})
}

// lower is for A–Z only, and a–z as East Asian keyboards write them: languages differ on how other letters fold, and none of
// those is in a word.
func lower(r rune) rune {
	switch {
	case r >= 'A' && r <= 'Z':
		return r - 'A' + 'a'
	case r >= 'Ａ' && r <= 'Ｚ':
		return r - 'Ａ' + 'a'
	case r >= 'ａ' && r <= 'ｚ':
		return r - 'ａ' + 'a'
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
