package dropbox

import (
	"math/bits"
	"sort"
)

// Suggestions for mistyped words come from the list alone: asking for them tells nothing about what is stored.

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
