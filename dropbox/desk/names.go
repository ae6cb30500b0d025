package desk

import (
	"iter"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tellbox/dropbox"
)

// Names are the words of a reply that are, as far as can be guessed, names that the reporter mentioned: words with a capital that she wrote
// somewhere else than at the beginning of a sentence. Left out are short words, all in capitals (NHS), titles, days and months, and what
// the roster's readers are called. It is a reminder and no more: places are found as well, in German every noun; and names are missed
// that are all in capitals or in small letters, that are months, too, or are of a script that has no capitals. Errors: those of a reply.
func (d *Desk) Names(id, text string) ([]string, error) {
	found := []string{}
	c, err := d.writable(id)
	if err != nil {
		return found, err
	}
	mentioned := map[string]bool{}
	for _, e := range c.entries {
		if e.frame.From != dropbox.FromReporter {
			continue
		}
		mention(mentioned, e.frame.Text)
		for _, p := range e.frame.Prompt {
			mention(mentioned, p.Text)
		}
	}
	for _, p := range d.roster.Readers {
		for w := range words(p.ID + " " + p.Name + " " + p.Org) {
			delete(mentioned, strings.ToLower(w))
		}
	}
	for w := range words(dropbox.Clean(text)) {
		if mentioned[strings.ToLower(w)] && named(w) && !slices.Contains(found, w) {
			found = append(found, w)
		}
	}
	return found, nil
}

// mention adds the names of a text.
func mention(names map[string]bool, text string) {
	for w, begins := range words(text) {
		if !begins && named(w) && !noNames[strings.ToLower(w)] {
			names[strings.ToLower(w)] = true
		}
	}
}

// named says whether a word is written as names are.
func named(w string) bool {
	first, size := utf8.DecodeRuneInString(w)
	return utf8.RuneCountInString(w) >= 3 && unicode.IsUpper(first) && strings.ContainsFunc(w[size:], unicode.IsLower)
}

// titles stand before names, and a dot after them ends no sentence.
var titles = []string{"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "doctor", "sir", "madam", "rev", "st"}

// noNames have a capital wherever they stand.
var noNames = func() map[string]bool {
	set := map[string]bool{}
	for day := range 7 {
		set[strings.ToLower(time.Weekday(day).String())] = true
	}
	for month := time.January; month <= time.December; month++ {
		set[strings.ToLower(month.String())] = true
	}
	for _, t := range titles {
		set[t] = true
	}
	return set
}()

// words are the runs of letters of a text, each with whether it may have its capital from the beginning of a sentence, a quotation or a line.
func words(text string) iter.Seq2[string, bool] {
	letter := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) }
	return func(yield func(string, bool) bool) {
		before := ""
		for begins := true; ; {
			start := strings.IndexFunc(text, letter)
			if start < 0 {
				return
			}
			begins = begins || starts(text[:start], before)
			text = text[start:]
			end := strings.IndexFunc(text, func(r rune) bool { return !letter(r) })
			if end < 0 {
				end = len(text)
			}
			if !yield(text[:end], begins) {
				return
			}
			before, text, begins = text[:end], text[end:], false
		}
	}
}

// starts says whether a sentence starts after what stands between two words.
func starts(gap, before string) bool {
	if gap == "." || strings.TrimRight(gap, " ") == "." {
		before = strings.ToLower(before)
		return !slices.Contains(titles, before) && (utf8.RuneCountInString(before) > 1 || before == "i")
	}
	return strings.ContainsAny(gap, ".!?:…\n\"“„«") || strings.HasSuffix(gap, " '") || strings.HasSuffix(gap, "‘")
}
