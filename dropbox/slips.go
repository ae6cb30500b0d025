package dropbox

import (
	"cmp"
	"slices"
	"strings"
)

// match is a word that letters may begin with: end of them, with that many slips.
type match struct{ word, end, slips int }

// node is a letter in the tree of all words. Its children are a chain of siblings.
type node struct {
	child, sibling    uint16
	word              int16 // whose last letter it is, else -1; then it has no children, as no word begins another
	letter            byte
	shortest, longest int8 // letters that its words have after it
}

// tree holds words by their letters from the front; tree[0] is the root.
var tree = func() []node {
	t := []node{{word: -1}}
	for i, w := range words {
		at := uint16(0)
		for k := range len(w) {
			left := int8(len(w) - k)
			if t[at].child == 0 {
				t[at].shortest = left
			}
			t[at].shortest, t[at].longest = min(t[at].shortest, left), max(t[at].longest, left)
			next := t[at].child // words are sorted: if the letter is there, it is the newest child, which stands first
			if next == 0 || t[next].letter != w[k] {
				next = uint16(len(t))
				t = append(t, node{letter: w[k], sibling: t[at].child, word: -1})
				t[at].child = next
			}
			at = next
		}
		t[at].word = int16(i)
	}
	return t
}()

// matches lists the words that letters begin with or, if whole, are, but for at most that many slips: a letter left out, added,
// exchanged or swapped with its neighbour. Each word stands there once for every end it can have.
func matches(letters []byte, slips int, whole bool) []match {
	var found []match
	var walk func(at uint16, pos, left int)
	walk = func(at uint16, pos, left int) {
		n := &tree[at]
		if n.word >= 0 {
			for more := 0; more <= left && pos+more <= len(letters); more++ { // letters added at its end
				if !whole || pos+more == len(letters) {
					found = append(found, match{int(n.word), pos + more, slips - left + more})
				}
			}
			return
		}
		if rest := len(letters) - pos; int(n.shortest)-rest > left || whole && rest-int(n.longest) > left {
			return
		}
		var here, after byte
		if pos < len(letters) {
			here = letters[pos]
		}
		if pos+1 < len(letters) {
			after = letters[pos+1]
		}
		if left > 0 && here != 0 {
			walk(at, pos+1, left-1) // added
		}
		for c := n.child; c != 0; c = tree[c].sibling {
			if tree[c].letter == here {
				walk(c, pos+1, left)
			}
			if left == 0 {
				continue
			}
			walk(c, pos, left-1) // left out
			if here != 0 && tree[c].letter != here {
				walk(c, pos+1, left-1) // exchanged
			}
			if tree[c].letter == after && after != here {
				for g := tree[c].child; g != 0; g = tree[g].sibling {
					if tree[g].letter == here {
						walk(g, pos+2, left-1) // swapped
					}
				}
			}
		}
	}
	walk(0, 0, slips)
	slices.SortFunc(found, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.word, b.word), cmp.Compare(a.end, b.end), cmp.Compare(a.slips, b.slips))
	})
	return slices.CompactFunc(found, func(a, b match) bool { return a.word == b.word && a.end == b.end })
}

// endings are what people remember wrongly of a word that they remember.
var endings = map[string]bool{"": true, "s": true, "es": true, "d": true, "ed": true, "r": true, "er": true, "ers": true, "e": true, "y": true,
	"ies": true, "ied": true, "ier": true, "ing": true, "ings": true, "ly": true, "ily": true, "able": true, "ably": true, "ible": true, "ion": true,
	"ions": true, "or": true, "al": true, "ness": true, "less": true, "ful": true, "ish": true, "ity": true, "ment": true, "ism": true, "ist": true, "est": true}

const shortestStem = shortestWord

// sameStem lists the words that differ from t, of at least shortestStem letters, by their ending alone: bake, baked, baking.
func sameStem(t string) (found []int) {
	i, _ := slices.BinarySearch(words, t[:shortestStem])
	for ; i < len(words) && strings.HasPrefix(words[i], t[:shortestStem]); i++ {
		w := words[i]
		stem := shortestStem
		for stem < len(w) && stem < len(t) && w[stem] == t[stem] {
			stem++
		}
		for s := stem; s >= max(shortestStem, stem-1); s-- { // of bake and baking the stem is bak, of hurried and hurries it is hurr
			if w != t && isEnding(w[:s], w[s:]) && isEnding(t[:s], t[s:]) {
				found = append(found, i)
				break
			}
		}
	}
	return found
}

// isEnding allows for the doubled consonant of swim, swimming.
func isEnding(stem, rest string) bool {
	return endings[rest] || rest != "" && rest[0] == stem[len(stem)-1] && endings[rest[1:]]
}

// spellings are letters that sound like others.
var spellings = strings.NewReplacer("tion", "sion", "ph", "f", "ght", "t", "gh", "", "wh", "w", "wr", "r", "kn", "n", "ck", "k", "sc", "s", "ce", "se", "ci", "si", "cy", "si",
	"c", "k", "qu", "kw", "x", "ks", "z", "s", "j", "g")

// sound is much the same for words that sound alike: other letters for the same consonants, no matter which vowels, nothing doubled.
func sound(w string) string {
	var out []byte
	for _, c := range []byte(spellings.Replace(w)) {
		if strings.IndexByte("aeiouyw", c) >= 0 {
			c = 'a'
		}
		if len(out) == 0 || out[len(out)-1] != c {
			out = append(out, c)
		}
	}
	return string(out)
}

var bySound = func() map[string][]int {
	m := map[string][]int{}
	for i, w := range words {
		m[sound(w)] = append(m[sound(w)], i)
	}
	return m
}()
