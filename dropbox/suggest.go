package dropbox

import (
	"cmp"
	"slices"
	"strings"
)

// Suggestions come from the list and the checksum alone: asking for them tells nothing about what is stored. Their work is
// bounded, as anybody may ask (BenchmarkParseCode).

const (
	maxNearest = 5 // words suggested for one
	maxOffered = 6 // ways to mend the whole that the checksum agrees with
)

// unknownWords is for what holds something that is not on the list. If there are ways to read it as eight words with a right
// checksum, they are what it suggests; else what is near each word by itself.
func unknownWords(tokens []string) *CodeError {
	e, near := &CodeError{Token: "code-word"}, alikes{}
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
			e.Unknown = append(e.Unknown, UnknownWord{e.Words, rest, near.nearest(lettersOf(rest))})
		}
	}
	l := newLattice(tokens, near)
	if l == nil {
		return e
	}
	found := l.readings(0, max(twoSlips, l.least[CodeWords][0]+oneSlip))
	if len(found) == 0 {
		return e
	}
	byThemselves := e.Unknown
	e.Words, e.Unknown = CodeWords, nil
	e.offer(l, found)
	if found[0].cost() > oneSlip*len(byThemselves) { // so far away it may be right by chance
		for _, u := range byThemselves {
			if !slices.ContainsFunc(e.Unknown, func(v UnknownWord) bool { return v.Position == u.Position && v.Typed == u.Typed }) {
				continue
			}
			e.Unknown = suggestAlso(e.Unknown, u.Position, u.Typed, u.Nearest...)
		}
	}
	return e
}

// wrongWords is for eight words of the list that are not a code, or not the right one: which exchange of two of them, or
// which words at most that cost away would make one.
func wrongWords(tokens []string, indexes []int, cost int) *CodeError {
	e := &CodeError{Token: "code-checksum", Words: CodeWords}
	for distance := 1; distance < CodeWords; distance++ {
		for i := 0; i+distance < CodeWords && (distance == 1 || cost > oneSlip); i++ {
			j := i + distance
			if indexes[i] == indexes[j] {
				continue
			}
			swapped := slices.Clone(indexes)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			if _, ok := codeOfIndexes(swapped); ok && len(e.Swapped) < maxOffered/2 {
				e.Swapped = append(e.Swapped, [2]int{i + 1, j + 1})
			}
		}
	}
	if l := newLattice(tokens, alikes{}); l != nil {
		// Each typed word is one: readings that cut them otherwise would be about words that nobody typed.
		e.offer(l, slices.DeleteFunc(l.readings(oneSlip, cost), func(r reading) bool { return !r.cutAs(indexes) }))
	}
	return e
}

// cutAs says whether the words of r end where the listed ones do that were typed.
func (r reading) cutAs(indexes []int) bool {
	end := 0
	for i, m := range r {
		if end += len(words[indexes[i]]); m.end != end {
			return false
		}
	}
	return true
}

// wrongLength is for words of the list that are not eight. Rarely one of them is a mistyped one that reads as two (revert, ion).
func wrongLength(tokens []string, indexes []int) *CodeError {
	e := &CodeError{Token: "code-length", Words: len(indexes)}
	if len(indexes) < CodeWords-1 || len(indexes) > CodeWords+1 {
		return e
	}
	if l := newLattice(tokens, alikes{}); l != nil {
		e.offer(l, l.readings(oneSlip, remembered))
	}
	return e
}

// Nearby suggests what else c may have been meant for, when nothing is there: one time in 128 a wrong word passes the checksum.
// It looks no further than one slip in one word and two neighbours exchanged, for most who find nothing have typed rightly.
func (c Code) Nearby() *CodeError {
	tokens := strings.Fields(c.Words())
	var indexes []int
	for _, t := range tokens {
		indexes = append(indexes, wordIndex[t])
	}
	return wrongWords(tokens, indexes, oneSlip)
}

// offer takes from each reading the words that were typed otherwise.
func (e *CodeError) offer(l *lattice, found []reading) {
	for _, r := range found {
		start := 0
		for i, m := range r {
			typed := string(l.typed[start:m.end])
			start = m.end
			if typed == words[m.word] {
				continue
			}
			if _, listed := wordIndex[typed]; listed {
				e.Doubtful = suggestAlso(e.Doubtful, i+1, typed, words[m.word])
			} else {
				e.Unknown = suggestAlso(e.Unknown, i+1, typed, words[m.word])
			}
		}
	}
	byPosition := func(a, b UnknownWord) int { return cmp.Compare(a.Position, b.Position) }
	slices.SortStableFunc(e.Unknown, byPosition)
	slices.SortStableFunc(e.Doubtful, byPosition)
}

// suggestAlso adds words to what is suggested for the one typed there.
func suggestAlso(list []UnknownWord, position int, typed string, words ...string) []UnknownWord {
	i := slices.IndexFunc(list, func(u UnknownWord) bool { return u.Position == position && u.Typed == typed })
	if i < 0 {
		i = len(list)
		list = append(list, UnknownWord{Position: position, Typed: typed})
	}
	for _, w := range words {
		list[i].add(w)
	}
	return list
}

func (u *UnknownWord) add(word string) {
	if len(u.Nearest) < maxNearest && !slices.Contains(u.Nearest, word) {
		u.Nearest = append(u.Nearest, word)
	}
}

// nearest lists words within two slips of t or of its stem, the closest first. If t is long it is several words
// run together, of which the first is mistyped: then those with which the remainder can be read.
func (a alikes) nearest(t []byte) []string {
	var found []match
	if len(t) > longestWord+2 {
		for _, m := range matches(t[:longestWord+2], 1, false) {
			if _, rest := segment(string(t[m.end:])); rest == "" {
				found = append(found, m)
			}
		}
	} else {
		found = slices.Clone(a.to(t))
	}
	slices.SortStableFunc(found, func(a, b match) int { return cmp.Compare(a.slips, b.slips) })
	u := UnknownWord{}
	for _, m := range found {
		u.add(words[m.word])
	}
	return u.Nearest
}
