package dropbox

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// mended says whether somebody who knows the words of c can mend what she typed by what e suggests: for each word that is
// wrong she takes a suggestion that stands there for that position, or she exchanges two words as suggested.
func mended(c Code, typed string, e *CodeError) bool {
	want := strings.Fields(c.Words())
	for mend := range suggested(typed, &CodeError{Swapped: e.Swapped}) {
		if mend == c {
			return true
		}
	}
	var known []UnknownWord
	for _, u := range slices.Concat(e.Unknown, e.Doubtful) {
		if u.Position <= CodeWords && slices.Contains(u.Nearest, want[u.Position-1]) {
			known = append(known, UnknownWord{u.Position, u.Typed, []string{want[u.Position-1]}})
		}
	}
	for mend := range suggested(typed, &CodeError{Unknown: known}) {
		if mend == c {
			return true
		}
	}
	return false
}

// suggested are the codes that come of typed when suggestions are taken, each of them and all together, as long as what they replace is there.
func suggested(typed string, e *CodeError) map[Code]bool {
	found := map[Code]bool{}
	try := func(letters string) {
		if indexes, rest := segment(letters); rest == "" && len(indexes) == CodeWords {
			if c, ok := codeOfIndexes(indexes); ok {
				found[c] = true
			}
		}
	}
	if indexes, rest := segment(typed); rest == "" && len(indexes) == CodeWords {
		for _, s := range e.Swapped {
			var out []string
			for _, i := range indexes {
				out = append(out, words[i])
			}
			out[s[0]-1], out[s[1]-1] = out[s[1]-1], out[s[0]-1]
			try(strings.Join(out, ""))
		}
	}
	var take func(done, rest string, left []UnknownWord)
	take = func(done, rest string, left []UnknownWord) {
		if len(left) == 0 {
			try(done + rest)
			return
		}
		u := left[0]
		take(done, rest, left[1:])
		for at := strings.Index(rest, u.Typed); at >= 0 && u.Typed != ""; {
			for _, w := range u.Nearest {
				take(done+rest[:at]+w, rest[at+len(u.Typed):], left[1:])
			}
			next := strings.Index(rest[at+1:], u.Typed)
			if next < 0 {
				break
			}
			at += 1 + next
		}
	}
	all := slices.Concat(e.Unknown, e.Doubtful)
	slices.SortStableFunc(all, func(a, b UnknownWord) int { return a.Position - b.Position })
	take("", typed, all)
	return found
}

// TestNearby: when what was mistyped is by chance a code, though nobody's, it says what was meant; never what was typed.
func TestNearby(t *testing.T) {
	for _, c := range []class{
		{"neighbours swapped", swapped(func(*rand.Rand) int { return 1 }), 0},
		{"another word", oneWord(oneLetter["left out"], " "), 0}, // as another word, and as a code: one slip in some thousands
	} {
		r, seen := rand.New(rand.NewPCG(5, 5)), 0
		for round := 0; seen < 5 && round < 1000; round++ {
			corpus, _ := corpusOf(t, r, []class{c})
			for _, x := range corpus {
				indexes, rest := segment(strings.ReplaceAll(x.text, " ", ""))
				if rest != "" || len(indexes) != CodeWords {
					continue
				}
				got, ok := codeOfIndexes(indexes)
				if !ok {
					continue
				}
				seen++
				e := got.Nearby()
				if !mended(x.code, strings.ReplaceAll(x.text, " ", ""), e) || len(e.Unknown) > 0 || e.Words != CodeWords {
					t.Errorf("%s: %q for %q: %+v", c.name, x.text, x.code.Words(), *e)
				}
				if slices.ContainsFunc(e.Doubtful, func(u UnknownWord) bool { return slices.Contains(u.Nearest, u.Typed) }) {
					t.Errorf("%s: a word is suggested for itself: %+v", c.name, e.Doubtful)
				}
			}
		}
		if seen < 5 {
			t.Errorf("%s: only %d are codes", c.name, seen)
		}
	}
}

// Words that are all on the list are not cut into others that nobody typed.
func TestListedWordsStayWhole(t *testing.T) {
	for i := range 400 {
		var entropy [12]byte
		entropy[0], entropy[5], entropy[11] = byte(i), byte(i>>4), byte(3*i)
		w := strings.Fields(CodeOf(entropy).Words())
		w[2], w[3] = w[3], w[2]
		_, err := ParseCode(strings.Join(w, " "))
		var e *CodeError
		if !errors.As(err, &e) {
			continue // the same word twice, or by chance another code
		}
		if e.Token != "code-checksum" || len(e.Unknown) != 0 || !slices.Contains(e.Swapped, [2]int{3, 4}) {
			t.Errorf("%q: %+v", w, e)
		}
		for _, d := range e.Doubtful {
			if d.Typed != w[d.Position-1] {
				t.Errorf("%q: doubts %q at %d, which nobody typed", w, d.Typed, d.Position)
			}
		}
	}
}
