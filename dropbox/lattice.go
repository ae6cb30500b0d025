package dropbox

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// What a word costs that was typed otherwise. Costs of eight words add up.
const (
	oneSlip    = 2
	remembered = 3
	twoSlips   = 4
	mostSlips  = 4 * oneSlip // in all eight words
	tooFar     = 100
)

// maxSteps bounds the search for a right checksum, for each request: some 0.3 ms.
const maxSteps = 30_000

// lattice holds every way to read what was typed as words of the list, near enough: whatever stands between them, and with slips.
type lattice struct {
	typed   []rune
	letters []byte               // one for each rune of typed: a–z, or one that is in no word
	ends    []bool               // by position: a token as typed ends there
	from    [][]match            // by position in letters: words that may begin there, the cheapest first; end is a position too, slips their cost
	least   [CodeWords + 1][]int // by words and position: what it costs to read all from there as that many words
}

// reading is eight words, each with its end.
type reading [CodeWords]match

// newLattice is nil if what was typed is too short or too long to be eight words, nearly.
func newLattice(tokens []string, near alikes) *lattice {
	l := &lattice{typed: []rune(strings.Join(tokens, ""))}
	if n := len(l.typed); n < CodeWords*(shortestWord-1) || n > CodeWords*(longestWord+1) {
		return nil
	}
	l.letters = lettersOf(string(l.typed))
	l.from, l.ends = make([][]match, len(l.letters)+1), make([]bool, len(l.letters)+1)
	begins := slices.Repeat([]int{tooFar}, len(l.letters)+1) // what it costs to read all before there as words
	begins[0] = 0
	aligned := map[int]int{} // tokens: most typed words are one, and then may be wrong by more
	for at, i := 0, 0; i < len(tokens); i++ {
		n := utf8.RuneCountInString(tokens[i])
		if len(tokens) <= CodeWords+2 {
			aligned[at] = n
		}
		at += n
		l.ends[at] = true
	}
	for at := range l.letters {
		if begins[at] > mostSlips {
			continue
		}
		for _, m := range matches(l.letters[at:min(len(l.letters), at+longestWord+1)], 1, false) {
			l.from[at] = append(l.from[at], match{m.word, at + m.end, m.slips * oneSlip})
		}
		if n := aligned[at]; n > 0 && n <= longestWord+4 {
			for _, m := range near.to(l.letters[at : at+n]) {
				if m.slips > oneSlip {
					l.from[at] = append(l.from[at], match{m.word, at + n, m.slips})
				}
			}
		}
		slices.SortStableFunc(l.from[at], func(a, b match) int { return cmp.Compare(a.slips, b.slips) })
		for _, m := range l.from[at] {
			begins[m.end] = min(begins[m.end], begins[at]+m.slips)
		}
	}
	for k := range l.least {
		l.least[k] = slices.Repeat([]int{tooFar}, len(l.letters)+1)
	}
	l.least[0][len(l.letters)] = 0
	for k := 1; k <= CodeWords; k++ {
		for at, from := range l.from {
			for _, m := range from {
				l.least[k][at] = min(l.least[k][at], m.slips+l.least[k-1][m.end])
			}
		}
	}
	return l
}

// readings are those with a right checksum that cost from least to most, the cheapest first, up to maxOffered. When some are
// found it looks only a little further: what costs more is mostly right by chance.
func (l *lattice) readings(least, most int) (found []reading) {
	var r reading
	steps := 0
	var read func(k, at, left int)
	read = func(k, at, left int) {
		if k == CodeWords {
			if left == 0 { // else it was tried before
				found = l.with(found, r)
			}
			return
		}
		for _, m := range l.from[at] {
			if steps++; steps > maxSteps || len(found) >= maxOffered || m.slips > left {
				return
			}
			if m.slips+l.least[CodeWords-k-1][m.end] <= left {
				r[k] = m
				read(k+1, m.end, left-m.slips)
			}
		}
	}
	for cost := max(least, l.least[CodeWords][0]); cost <= min(most, tooFar-1); cost++ {
		if read(0, 0, cost); len(found) > 0 {
			most = min(most, cost+1)
		}
	}
	return found
}

// with adds r to found, if its checksum is right. Of two with the same words it keeps the cheaper, then the one whose
// words end where those typed do.
func (l *lattice) with(found []reading, r reading) []reading {
	if _, ok := codeOfIndexes(r.words()); !ok {
		return found
	}
	i := slices.IndexFunc(found, func(f reading) bool { return slices.Equal(f.words(), r.words()) })
	if i < 0 {
		return append(found, r)
	}
	if r.cost() == found[i].cost() && l.apart(r) > l.apart(found[i]) {
		found[i] = r
	}
	return found
}

func (r reading) words() []int {
	var out [CodeWords]int
	for i, m := range r {
		out[i] = m.word
	}
	return out[:]
}

func (r reading) cost() (n int) {
	for _, m := range r {
		n += m.slips
	}
	return n
}

// apart counts the words of r that end where a typed one does.
func (l *lattice) apart(r reading) (n int) {
	for _, m := range r {
		if l.ends[m.end] {
			n++
		}
	}
	return n
}

// alikes remembers what is like a token, as that is asked for twice.
type alikes map[string][]match

// to lists the words that end or are spelt otherwise than t, or with one slip, at what they cost; two slips if t is no word itself.
func (a alikes) to(t []byte) []match {
	if found, ok := a[string(t)]; ok {
		return found
	}
	slips := 2
	if _, listed := wordIndex[string(t)]; listed {
		slips = 1
	}
	found := matches(t, slips, true)
	for i := range found {
		found[i].slips *= oneSlip
	}
	var others []int
	if len(t) >= shortestWord {
		others = append(sameStem(string(t)), bySound[sound(string(t))]...)
	}
	for _, w := range others {
		i := slices.IndexFunc(found, func(m match) bool { return m.word == w })
		if i < 0 {
			found = append(found, match{w, len(t), remembered})
		} else {
			found[i].slips = min(found[i].slips, remembered)
		}
	}
	a[string(t)] = found
	return found
}

// lettersOf is one byte for each rune: capital and small i of Turkish keyboards are an i, any other letter is none of ours.
func lettersOf(s string) []byte {
	var out []byte
	for _, r := range s {
		switch {
		case r == 'İ' || r == 'ı':
			r = 'i'
		case r < 'a' || r > 'z':
			r = '?'
		}
		out = append(out, byte(r))
	}
	return out
}
