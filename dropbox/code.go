package dropbox

import (
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"math/big"
	"math/bits"
	"sort"
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

// wordLetters are the letters each word is made of, as bits.
var wordLetters = func() (sets []uint32) {
	for _, w := range words {
		sets = append(sets, lettersOf(w))
	}
	return sets
}()

func lettersOf(s string) (set uint32) {
	for i := range len(s) {
		if c := s[i] - 'a'; c < 26 {
			set |= 1 << c
		} else {
			set |= 1 << 26
		}
	}
	return set
}

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
	for n := shortestWord; n <= longestWord && n <= len(letters); n++ {
		if i, ok := wordIndex[letters[:n]]; ok {
			return i, n
		}
	}
	return 0, 0
}

func unknownWords(tokens []string) *CodeError {
	e := &CodeError{Token: "code-word"}
	for _, t := range tokens {
		known, rest := segment(t)
		if rest != "" && len(t) <= longestWord+2 {
			known, rest = nil, t // a short token is one mistyped word, even if it begins with another
		}
		e.Words += len(known)
		if rest == "" {
			continue
		}
		e.Words++
		if len(e.Unknown) < CodeWords {
			e.Unknown = append(e.Unknown, UnknownWord{e.Words, rest, nearest(rest)})
		}
	}
	if len(e.Unknown) == 0 { // every token is a word, yet run together they are not: cannot be, the list is prefix-free
		e.Token = "code-checksum"
	}
	return e
}

// nearest lists up to five words within two slips of t, the closest first. If t is long it is several words
// run together, of which the first is mistyped: then those with which the remainder can be read.
func nearest(t string) []string {
	type candidate struct {
		word string
		d    int
	}
	var found []candidate
	letters := lettersOf(t)
	for i, w := range words {
		d := 3
		// Two slips change at most four letters of the set: this leaves out most words at no cost.
		if len(t) <= longestWord+2 {
			if bits.OnesCount32(letters^wordLetters[i]) <= 4 {
				d = slips(t, w)
			}
		} else {
			for cut := len(w) - 1; cut <= len(w)+1 && cut <= len(t); cut++ {
				if bits.OnesCount32(lettersOf(t[:cut])^wordLetters[i]) > 2 {
					continue
				}
				if s := slips(t[:cut], w); s <= 1 && s < d {
					if _, rest := segment(t[cut:]); rest == "" {
						d = s
					}
				}
			}
		}
		if d <= 2 {
			found = append(found, candidate{w, d})
		}
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].d < found[j].d })
	var out []string
	for _, c := range found {
		if len(out) == 5 || c.d > found[0].d+1 {
			break
		}
		out = append(out, c.word)
	}
	return out
}

// slips is the optimal string alignment distance of two short strings: one for each letter added, left out, exchanged
// or swapped with its neighbour. It answers 3 for anything more than 2.
func slips(a, b string) int {
	if d := len(a) - len(b); d > 2 || d < -2 {
		return 3
	}
	var rows [3][longestWord + 4]int
	if len(b) >= len(rows[0]) {
		return 3
	}
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	prev2, prev, cur := &rows[2], &rows[0], &rows[1]
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return min(prev[len(b)], 3)
}

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
