package window

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"tellbox/static"
)

var (
	action      = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	block       = regexp.MustCompile(`(?i)</?(?:p|li|h1|h2|h3|label|legend|button|div|section|td|th|option|caption|summary|form|ul|nav|q)\b[^>]*>`)
	tag         = regexp.MustCompile(`(?s)<[^>]*>`)
	sentenceEnd = regexp.MustCompile(`[.?!](?:\s+|$)`)
	wordIn      = regexp.MustCompile(`[\pL'’-]+`)
)

// What the desk says is plain: short sentences, easy words, and none of those that a survivor, or somebody who helps one, should not have to read.
func TestPlainWords(t *testing.T) {
	texts := map[string][]string{}
	for _, name := range append(slices.Clone(pageNames), "layout", "parts") {
		b, err := static.Files.ReadFile("desk/" + name + ".html")
		if err != nil {
			t.Fatal(err)
		}
		for _, piece := range block.Split(string(b), -1) {
			texts[name] = append(texts[name], tag.ReplaceAllString(action.ReplaceAllString(piece, " x "), " "))
		}
	}
	for _, e := range explanations {
		texts["problems"] = append(texts["problems"], e.Title, e.Next)
	}
	for name, pieces := range texts {
		words, sentences, spoken := 0, 0, 0
		for _, piece := range pieces {
			for _, no := range []string{"victim", "alleged", "failed", "invalid", "submit"} {
				if strings.Contains(strings.ToLower(piece), no) {
					t.Errorf("%s says %q", name, no)
				}
			}
			piece = strings.TrimSpace(piece)
			if !sentenceEnd.MatchString(piece) {
				continue
			}
			for _, sentence := range sentenceEnd.Split(piece, -1) {
				w := wordIn.FindAllString(sentence, -1)
				if len(w) == 0 {
					continue
				}
				if len(w) >= 25 {
					t.Errorf("%s has a sentence of %d words: %s", name, len(w), strings.Join(w, " "))
				}
				sentences++
				words += len(w)
				for _, word := range w {
					spoken += syllables(word)
				}
			}
		}
		if sentences < 3 {
			continue
		}
		// Flesch and Kincaid, 1975
		if grade := .39*float64(words)/float64(sentences) + 11.8*float64(spoken)/float64(words) - 15.59; grade > 6 {
			t.Errorf("%s has reading grade %.1f, want at most 6", name, grade)
		}
	}
}

var vowels = regexp.MustCompile(`[aeiouy]+`)

// syllables is as in package web's tests, which no other can import.
func syllables(word string) int {
	w := strings.ToLower(word)
	n := len(vowels.FindAllString(w, -1))
	silent := strings.HasSuffix(w, "e") && !strings.HasSuffix(w, "le") || strings.HasSuffix(w, "es") && !regexp.MustCompile(`([sxzc]|sh|ch|g)es$`).MatchString(w) ||
		strings.HasSuffix(w, "ed") && !strings.HasSuffix(w, "ted") && !strings.HasSuffix(w, "ded")
	if silent && n > 1 {
		n--
	}
	return max(n, 1)
}
