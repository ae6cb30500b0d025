package web

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Which languages the pages have, and how one page leads to the next in hers. Only ?lang= and a form's hidden field pick one: a
// cookie would be a trace, and a browser's list of languages is not looked at. What was asked for never stands on a page, only the tag
// of a catalogue.

// ErrLanguage is a language that the operator turned on and that has no catalogue.
var ErrLanguage = errors.New("no such language")

// choose keeps English, and after it those that are on; if none is named, all that a native speaker has reviewed.
func choose(all []*tongue, on []string) ([]*tongue, error) {
	kept := all[:1:1]
	if len(on) == 0 {
		for _, l := range all[1:] {
			if !l.draft() {
				kept = append(kept, l)
			}
		}
		return kept, nil
	}
	for _, tag := range on {
		i := slices.IndexFunc(all, func(l *tongue) bool { return strings.EqualFold(l.tag.String(), tag) })
		if i < 0 {
			return nil, fmt.Errorf("%w: %q; there are %s", ErrLanguage, tag, list(all))
		}
		if !slices.Contains(kept, all[i]) {
			kept = append(kept, all[i])
		}
	}
	return kept, nil
}

func list(all []*tongue) string {
	var names []string
	for _, l := range all {
		name := l.tag.String()
		if l.draft() {
			name += " (a draft)"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// agrees holds a catalogue to the keys of the model, and to what the program reads in it.
func (l *tongue) agrees(model *tongue) error {
	for _, key := range slices.Sorted(maps.Keys(l.known)) {
		if !model.known[key] {
			return fmt.Errorf("message %q is not in %s", key, model.tag)
		}
	}
	for key, values := range map[string][]string{"language.dir": {"ltr", "rtl"}, "language.status": {"draft", "reviewed"}} {
		if !slices.Contains(values, l.fixed[key]) {
			return fmt.Errorf("message %q is not one of %q", key, values)
		}
	}
	return nil
}

// draft says whether the catalogue still waits for its native speakers.
func (l *tongue) draft() bool { return l.fixed["language.status"] != "reviewed" }

// foreign says whether the eight words, which are English everywhere, are in another language than the page.
func (l *tongue) foreign() bool {
	base, _ := l.tag.Base()
	return base.String() != "en"
}

// link is the address of a public page in this language.
func (l *tongue) link(path string) string {
	if l == l.all[0] {
		return path
	}
	return path + "?lang=" + l.tag.String()
}

// offer is a language of the switch. The page's own has no Href.
type offer struct{ Tag, Name, Dir, Href string }

// switches are the languages that v can be had in: none if there is one only, or if following a link would cost her what she
// typed or was told. From an answer to POST they lead to the first page.
func (l *tongue) switches(v *view) (offers []offer) {
	path, ok := map[string]string{"start": "/", "readers": "/readers", "questions": "/questions", "poster": "/poster", "problem": "/", "check": "/"}[v.Page]
	typed := v.Problem != nil && v.Problem.Unread || v.Conversation != nil || v.Check != nil && v.Check.Typed != ""
	if !ok || typed || len(l.all) < 2 {
		return nil
	}
	for _, other := range l.all {
		o := offer{Tag: other.tag.String(), Name: other.fixed["language.name"], Dir: other.fixed["language.dir"]}
		if other != l {
			o.Href = other.link(path)
		}
		offers = append(offers, o)
	}
	return offers
}
