package keys

import (
	"fmt"
	"slices"
	"strings"
)

const maxLanguages = 8

// checkLanguages allows "" and what stands after "languages " in a roster. A comma divides languages and nothing else.
func checkLanguages(text string) error {
	if text == "" {
		return nil
	}
	if err := checkText("a reader's languages", text); err != nil {
		return err
	}
	seen := make(map[string]bool)
	for name := range strings.SplitSeq(text, ", ") {
		if name == "" || name != strings.TrimSpace(name) || strings.Contains(name, ",") {
			return fmt.Errorf(`%w: languages are written like "English, Cymraeg"`, ErrFormat)
		}
		if seen[strings.ToLower(name)] {
			return fmt.Errorf("%w: a language is there twice: %s", ErrFormat, name)
		}
		seen[strings.ToLower(name)] = true
	}
	if len(seen) > maxLanguages {
		return fmt.Errorf("%w: more than %d languages", ErrFormat, maxLanguages)
	}
	return nil
}

// Languages are those that at least one of the people reads, each once, in the order in which they first come. It is
// empty if none of them is known.
func Languages(people []Reader) (names []string) {
	for _, p := range people {
		for name := range strings.SplitSeq(p.Languages, ", ") {
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Languages are those in which she can write: the advocates', to whom a report goes unless she strikes them off; the
// ombudsperson's, where there are no advocates.
func (r *Roster) Languages() []string {
	if a := r.Advocates(); len(a) > 0 {
		return Languages(a)
	}
	return Languages(r.Receivers())
}
