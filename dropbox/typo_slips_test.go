package dropbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
)

// How people mistype eight words, and what they remember wrongly of them.

// keyboard are the keys beside each letter, on the rows where most people type. A digit beside one counts too.
var keyboard = func() map[byte]string {
	m := map[byte]string{}
	for y, rows := 0, []string{"1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"}; y < len(rows); y++ {
		for x := range rows[y] {
			for _, n := range [][2]int{{y, x - 1}, {y, x + 1}, {y - 1, x}, {y - 1, x + 1}, {y + 1, x}, {y + 1, x - 1}} {
				if n[0] >= 0 && n[0] < len(rows) && n[1] >= 0 && n[1] < len(rows[n[0]]) {
					m[rows[y][x]] += rows[n[0]][n[1] : n[1]+1]
				}
			}
		}
	}
	return m
}()

func letter(r *rand.Rand) string { return string(rune('a' + r.IntN(26))) }

// A slip changes one word of a code, or answers "" if there is no such slip in it.
type slip func(r *rand.Rand, w string) string

var oneLetter = map[string]slip{
	"left out": func(r *rand.Rand, w string) string {
		k := r.IntN(len(w))
		return w[:k] + w[k+1:]
	},
	"added": func(r *rand.Rand, w string) string {
		k := r.IntN(len(w) + 1)
		return w[:k] + letter(r) + w[k:]
	},
	"exchanged": func(r *rand.Rand, w string) string {
		k := r.IntN(len(w))
		return w[:k] + letter(r) + w[k+1:]
	},
	"neighbours swapped": func(r *rand.Rand, w string) string {
		k := r.IntN(len(w) - 1)
		return w[:k] + w[k+1:k+2] + w[k:k+1] + w[k+2:]
	},
	"neighbouring key": func(r *rand.Rand, w string) string {
		k := r.IntN(len(w))
		near := keyboard[w[k]]
		n := r.IntN(len(near))
		return w[:k] + near[n:n+1] + w[k+1:]
	},
	"both keys": func(r *rand.Rand, w string) string {
		k := r.IntN(len(w))
		near := keyboard[w[k]]
		n := r.IntN(len(near))
		return w[:k+1] + near[n:n+1] + w[k+1:]
	},
	"doubled": func(r *rand.Rand, w string) string {
		k := r.IntN(len(w))
		return w[:k+1] + w[k:]
	},
	"accented": func(r *rand.Rand, w string) string {
		return exchange(r, w, "a", "ä", "e", "é", "i", "í", "o", "ö", "u", "ü", "c", "ç", "s", "ş")
	},
}

// exchange puts the second of one pair for the first, once, at random.
func exchange(r *rand.Rand, w string, pairs ...string) string {
	type place struct{ at, pair int }
	var places []place
	for p := 0; p < len(pairs); p += 2 {
		for at := range len(w) {
			if strings.HasPrefix(w[at:], pairs[p]) {
				places = append(places, place{at, p})
			}
		}
	}
	if len(places) == 0 {
		return ""
	}
	c := places[r.IntN(len(places))]
	return w[:c.at] + pairs[c.pair+1] + w[c.at+len(pairs[c.pair]):]
}

// ending exchanges one ending for another.
func ending(r *rand.Rand, w string, pairs ...string) string {
	var out []string
	for p := 0; p < len(pairs); p += 2 {
		if stem, ok := strings.CutSuffix(w, pairs[p]); ok && len(stem) >= 3 {
			out = append(out, stem+pairs[p+1])
		}
	}
	if len(out) == 0 {
		return ""
	}
	return out[r.IntN(len(out))]
}

var misremembered = map[string]slip{
	"plural or singular": func(r *rand.Rand, w string) string {
		switch {
		case strings.HasSuffix(w, "ies"):
			return w[:len(w)-3] + "y"
		case strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss"):
			return w[:len(w)-1]
		case strings.HasSuffix(w, "y") && !strings.ContainsAny(w[len(w)-2:len(w)-1], "aeiou"):
			return w[:len(w)-1] + "ies"
		case strings.HasSuffix(w, "ch"), strings.HasSuffix(w, "sh"), strings.HasSuffix(w, "x"), strings.HasSuffix(w, "ss"):
			return w + "es"
		}
		return w + "s"
	},
	"other ending": func(r *rand.Rand, w string) string {
		return ending(r, w, "ing", "ed", "ing", "er", "ing", "", "ing", "e", "ed", "ing", "ed", "er", "ed", "", "er", "ing", "er", "ed", "er", "y",
			"y", "er", "y", "ing", "e", "ing", "e", "ed", "e", "er", "ly", "", "able", "ing", "able", "ed", "ness", "", "ion", "ing", "ion", "ed",
			"t", "ted", "t", "ting", "n", "ned", "n", "ning", "p", "ped", "p", "ping", "d", "ding", "k", "king", "k", "ked", "l", "ling", "l", "led")
	},
	"sound alike": func(r *rand.Rand, w string) string {
		return exchange(r, w, "ph", "f", "f", "ph", "c", "k", "k", "c", "ck", "k", "ie", "ei", "ei", "ie", "s", "z", "z", "s", "c", "s", "s", "c",
			"g", "j", "j", "g", "x", "cks", "y", "i", "i", "y", "able", "ible", "ible", "able", "er", "or", "or", "er", "ar", "er", "wh", "w", "kn", "n",
			"ea", "ee", "ee", "ea", "ance", "ence", "ence", "ance", "ough", "uff", "qu", "kw", "tion", "sion", "sion", "tion", "ou", "oo", "ai", "ay")
	},
	"double consonant": func(r *rand.Rand, w string) string {
		var pairs []string
		for _, c := range strings.Split("bcdfgklmnprstz", "") {
			pairs = append(pairs, c+c, c)
			if !strings.Contains(w, c+c) {
				pairs = append(pairs, c, c+c)
			}
		}
		return exchange(r, w, pairs...)
	},
	"British spelling": func(r *rand.Rand, w string) string {
		for _, p := range []string{"gray grey", "theater theatre", "mold mould", "plow plough", "pajama pyjama", "skeptic sceptic", "catalog catalogue",
			"defense defence", "offense offence", "license licence", "flavor flavour", "favor favour", "humor humour", "armor armour", "color colour",
			"vapor vapour", "savor savour", "labor labour", "parlor parlour", "neighbor neighbour", "endeavor endeavour", "fiber fibre", "caliber calibre",
			"jewelry jewellery", "leveled levelled", "traveler traveller", "aluminum aluminium", "mom mum", "anesth anaesth", "sulfate sulphate"} {
			us, uk, _ := strings.Cut(p, " ")
			if strings.HasPrefix(w, us) && !strings.HasPrefix(w, "moment") {
				return uk + w[len(us):]
			}
		}
		return ending(r, w, "ize", "ise", "izing", "ising", "ized", "ised", "izer", "iser", "yze", "yse")
	},
}

// typing is how a whole code is written, without a mistake.
var typing = map[string]func(r *rand.Rand, w []string) string{
	"as given":   func(r *rand.Rand, w []string) string { return strings.Join(w, " ") },
	"UPPER":      func(r *rand.Rand, w []string) string { return strings.ToUpper(strings.Join(w, " ")) },
	"Title":      func(r *rand.Rand, w []string) string { return strings.Join(each(w, title), " ") },
	"First":      func(r *rand.Rand, w []string) string { return title(strings.Join(w, " ")) },
	"mIxEd":      func(r *rand.Rand, w []string) string { return mixed(r, strings.Join(w, " ")) },
	"CamelCase":  func(r *rand.Rand, w []string) string { return strings.Join(each(w, title), "") },
	"separators": separated,
	"spacing": func(r *rand.Rand, w []string) string {
		s := []string{"", "  ", "\t", "\n", "\r\n", "\u00a0", " \n ", "\u2009", "\u3000", "\u2028", "\v"}[r.IntN(11)]
		return []string{"", " ", "\n\t "}[r.IntN(3)] + strings.Join(w, s) + []string{"", " ", "\r\n\r\n"}[r.IntN(3)]
	},
	"unseen characters": func(r *rand.Rand, w []string) string {
		unseen := []rune("\u00ad\u200b\ufeff\u200d\u200c\u2060\u200e\u200f\u202a\x00")
		s := []rune(strings.Join(w, " "))
		for range 4 {
			s = slices.Insert(s, r.IntN(len(s)+1), unseen[r.IntN(len(unseen))])
		}
		return "\ufeff" + string(s)
	},
	"numbered": func(r *rand.Rand, w []string) string {
		form := []string{"%d. %s\n", "%d) %s ", "%d: %s, ", "#%d %s\n", "(%d) %s; ", "%02d %s\n", "%d%s ", "%d️⃣ %s\n"}[r.IntN(8)]
		var out strings.Builder
		for i, x := range w {
			fmt.Fprintf(&out, form, i+1, x)
		}
		return out.String()
	},
	"listed": func(r *rand.Rand, w []string) string {
		b := []string{"- ", "* ", "• ", "– ", "> ", "▪️ ", "✔️ ", "☑ ", "① ", "[ ] "}[r.IntN(10)]
		return b + strings.Join(w, "\n"+b)
	},
	"quoted": func(r *rand.Rand, w []string) string {
		q := [][2]string{{"“", "”"}, {"‘", "’"}, {"«", "»"}, {"„", "“"}, {`"`, `"`}, {"'", "'"}, {"(", ")"}, {"[", "]"}, {"`", "`"}}[r.IntN(9)]
		if r.IntN(2) == 0 {
			return q[0] + strings.Join(w, " ") + q[1]
		}
		return q[0] + strings.Join(w, q[1]+" "+q[0]) + q[1]
	},
	"full width": func(r *rand.Rand, w []string) string {
		s := strings.Join(w, []string{" ", "\u3000", "、", "・", "，"}[r.IntN(5)])
		if r.IntN(2) == 0 {
			s = strings.Join(each(w, title), " ")
		}
		return strings.Map(func(r rune) rune {
			if r < 0x80 && unicode.IsLetter(r) {
				return r - 'A' + 'Ａ'
			}
			return r
		}, s)
	},
	"a phone's full stop": func(r *rand.Rand, w []string) string {
		k := 1 + r.IntN(7)
		return title(strings.Join(w[:k], " ")) + ". " + title(strings.Join(w[k:], " ")) + []string{"", ".", ". ", "…"}[r.IntN(4)]
	},
	"ligatures": func(r *rand.Rand, w []string) string {
		s := strings.Join(w, " ")
		t := strings.NewReplacer("ffi", "ﬃ", "ffl", "ﬄ", "ff", "ﬀ", "fi", "ﬁ", "fl", "ﬂ").Replace(s)
		if s == t {
			return ""
		}
		return t
	},
	"a space in a word": func(r *rand.Rand, w []string) string {
		i := r.IntN(CodeWords)
		k := 1 + r.IntN(len(w[i])-1)
		return strings.Join(put(w, i, w[i][:k]+[]string{" ", "-", "-\n", ". "}[r.IntN(4)]+w[i][k:]), " ")
	},
	"two words run together": func(r *rand.Rand, w []string) string {
		i := r.IntN(CodeWords - 1)
		return strings.Join(w[:i+1], " ") + strings.Join(w[i+1:], " ")
	},
}

func separated(r *rand.Rand, w []string) string {
	s := []string{",", ", ", "-", "–", " — ", ".", ". ", ";", "/", " / ", "_", "|", "\\", "+", "&", ":", "'", "·", "…", " -> ", "=", "~"}
	return strings.Join(w, s[r.IntN(len(s))])
}

func each(w []string, f func(string) string) []string {
	out := slices.Clone(w)
	for i := range out {
		out[i] = f(out[i])
	}
	return out
}

func put(w []string, i int, word string) []string {
	out := slices.Clone(w)
	out[i] = word
	return out
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func mixed(r *rand.Rand, s string) string {
	return strings.Map(func(c rune) rune {
		if r.IntN(2) == 0 {
			return unicode.ToUpper(c)
		}
		return c
	}, s)
}
