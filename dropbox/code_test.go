package dropbox

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	if len(words) != 7513 || !slices.IsSorted(words) {
		t.Fatalf("%d words, sorted %v: the list is frozen", len(words), slices.IsSorted(words))
	}
	removed, err := os.ReadFile("testdata/words-removed.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := strings.Fields(string(removed))
	if len(out)+len(words) != 7776 {
		t.Errorf("%d words removed from 7776, %d left", len(out), len(words))
	}
	for i, w := range words {
		if len(w) < shortestWord || len(w) > longestWord || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("word %q", w)
		}
		if i > 0 && strings.HasPrefix(w, words[i-1]) {
			t.Errorf("%q begins with %q: codes without spaces could be read in two ways", w, words[i-1])
		}
		if slices.Contains(out, w) {
			t.Errorf("%q was to be removed", w)
		}
	}
	space := new(big.Int).Exp(big.NewInt(int64(len(words))), big.NewInt(CodeWords), nil)
	if space.BitLen() < 104 {
		t.Errorf("eight words make %d bits, need over 103", space.BitLen()-1)
	}
}

func TestCodeForgives(t *testing.T) {
	for range 200 {
		c := NewCode()
		w := strings.Fields(c.Words())
		if len(w) != CodeWords {
			t.Fatal("not eight words")
		}
		forms := []string{
			c.Words(), strings.ToUpper(c.Words()), strings.Join(w, "-"), strings.Join(w, ""), strings.Join(w, ", "), strings.Join(w, "\r\n"),
			"  " + strings.Join(w, "\u00a0") + ". ", strings.Join(w[:4], " ") + strings.Join(w[4:], ""), "“" + c.Words() + "”",
		}
		numbered := ""
		for i, x := range w {
			numbered += fmt.Sprintf("%d. %s\n", i+1, strings.ToUpper(x[:1])+x[1:])
		}
		for _, s := range append(forms, numbered) {
			if got, err := ParseCode(s); err != nil || got != c {
				t.Fatalf("ParseCode(%q): %v", s, err)
			}
		}
	}
}

func TestCodeMistakes(t *testing.T) {
	c := CodeOf([12]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	w := strings.Fields(c.Words())
	check := func(typed, token string) *CodeError {
		t.Helper()
		_, err := ParseCode(typed)
		e, ok := err.(*CodeError)
		if !ok || e.Token != token {
			t.Fatalf("ParseCode(%q): %v, want %s", typed, err, token)
		}
		for _, x := range strings.Fields(typed) {
			if strings.Contains(e.Error(), x) {
				t.Errorf("the error %q repeats what was typed", e.Error())
			}
		}
		return e
	}
	check("", "code-length")
	check("12345 67890", "code-length")
	check(strings.Join(w[:4], " "), "code-length")
	check(c.Words()+" "+w[0], "code-length")
	check(strings.Repeat("abacus ", 200), "code-length")
	check(strings.Join(append([]string{w[1], w[0]}, w[2:]...), " "), "code-checksum")
	e := check("zzzzqqqq "+strings.Join(w[1:], " "), "code-word")
	if e.Unknown[0].Position != 1 || e.Unknown[0].Typed != "zzzzqqqq" {
		t.Errorf("%+v", e)
	}
	if _, err := ParseCode("Wörter aus einer anderen Liste für etwas"); err == nil {
		t.Error("a foreign code was read")
	}

	// One slip in one word, with and without spaces: the right word is among the suggestions.
	found, all := 0, 0
	rnd := rand.New(rand.NewPCG(1, 2)) // always the same: a slip can make another word, and one time in 128 then another code
	for range 300 {
		var entropy [12]byte
		for i := range entropy {
			entropy[i] = byte(rnd.Uint32())
		}
		c := CodeOf(entropy)
		w := strings.Fields(c.Words())
		i := rnd.IntN(CodeWords)
		right := w[i]
		k := rnd.IntN(len(right))
		w[i] = right[:k] + right[k+1:]
		for _, typed := range []string{strings.Join(w, " "), strings.Join(w, "")} {
			_, err := ParseCode(typed)
			e, ok := err.(*CodeError)
			if !ok {
				t.Fatalf("a slip was read as a code: %v", err)
			}
			if e.Token != "code-word" {
				continue // another word of the list, caught by the checksum
			}
			all++
			if len(e.Unknown) > 0 && slices.Contains(e.Unknown[0].Nearest, right) {
				found++
			}
		}
	}
	if found*100 < all*90 {
		t.Errorf("the right word was suggested %d times of %d", found, all)
	}
	t.Logf("the right word was suggested %d times of %d", found, all)
}

// TestFirstWord: the short cut past most letters finds what looking for every length does.
func TestFirstWord(t *testing.T) {
	slow := func(letters string) (int, int) {
		for n := shortestWord; n <= longestWord && n <= len(letters); n++ {
			if i, ok := wordIndex[letters[:n]]; ok {
				return i, n
			}
		}
		return 0, 0
	}
	check := func(letters string) {
		t.Helper()
		i, n := firstWord(letters)
		if i2, n2 := slow(letters); i != i2 || n != n2 {
			t.Errorf("firstWord(%q) = %d, %d, want %d, %d", letters, i, n, i2, n2)
		}
	}
	for _, w := range words {
		for cut := range len(w) + 1 {
			check(w[:cut])
			check(w[cut:])
		}
		check(w + "s")
		check(strings.ToUpper(w)) // the same five bits
	}
	check("\x00\xff\x80")
}

func TestContainsCode(t *testing.T) {
	c := NewCode()
	for _, s := range []string{c.Words(), "My code is " + strings.ToUpper(strings.ReplaceAll(c.Words(), " ", "-")) + ", ok?", "xx" + strings.ReplaceAll(c.Words(), " ", "\n")} {
		if !ContainsCode(s) {
			t.Errorf("not found in %q", s)
		}
	}
	for _, s := range []string{"", "What happened to me at the conference in the spring, in front of several people.", strings.Join(strings.Fields(c.Words())[:7], " ")} {
		if ContainsCode(s) {
			t.Errorf("found in %q", s)
		}
	}
}

func TestCodeDoesNotPrint(t *testing.T) {
	c := NewCode()
	for _, s := range []string{fmt.Sprint(c), fmt.Sprintf("%v %+v %#v %s %q", c, c, c, c, c)} {
		for _, w := range strings.Fields(c.Words()) {
			if strings.Contains(s, w) {
				t.Errorf("%q holds a word of the code", s)
			}
		}
		e := c.Entropy()
		if strings.Contains(s, fmt.Sprint(e[:])) {
			t.Errorf("%q holds the entropy", s)
		}
	}
}
