package web

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"tellbox/static"
)

// sixForms is English as if it were Arabic or Welsh, which have six plural forms; a draft.
func sixForms(t *testing.T) map[string]any {
	t.Helper()
	m := messagesOf(t)
	for key, v := range m {
		if _, ok := v.(map[string]any); ok {
			m[key] = map[string]any{"zero": "zero {{.PluralCount}}", "one": "one", "two": "two", "few": "few", "many": "many", "other": "other"}
		}
	}
	m["language.status"] = "draft"
	return m
}

// everyTag is every catalogue there is, drafts too.
func everyTag(t *testing.T) (tags []string) {
	t.Helper()
	names, err := fs.Glob(static.Files, "lang/*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("catalogues: %q, %v", names, err)
	}
	for _, name := range names {
		tags = append(tags, strings.TrimSuffix(strings.TrimPrefix(name, "lang/"), ".json"))
	}
	return tags
}

// Every page in every state, in every language and one made up: named and directed as such, with forms that stay in it. A draft says on each
// that it is one, and wherever the eight words stand or are asked for, that they are English.
func TestRenderEveryLanguage(t *testing.T) {
	arabic := sixForms(t)
	arabic["language.dir"] = "rtl"
	all := map[string]map[string]any{"ar": arabic}
	for _, tag := range everyTag(t) {
		var m map[string]any
		if err := json.Unmarshal(mustRead(t, "lang/"+tag+".json"), &m); err != nil {
			t.Fatal(err)
		}
		all[tag] = m
	}
	r, err := newRenderer(catalogues(t, all), slices.Collect(maps.Keys(all)))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range r.tongues {
		tag := l.tag.String()
		for name, page := range renderedIn(t, r, tag) {
			wellFormed(t, name, page)
			doc := parsed(t, page)
			if h := tagged(doc, "html")[0]; attr(h, "lang") != tag || attr(h, "dir") != l.fixed["language.dir"] {
				t.Errorf("%s in %s: got lang %q, dir %q", name, tag, attr(h, "lang"), attr(h, "dir"))
			}
			for _, n := range find(doc, func(n *html.Node) bool { return attr(n, "name") == "lang" }) {
				if attr(n, "value") != tag {
					t.Errorf("%s in %s: a form is in %q", name, tag, attr(n, "value"))
				}
			}
			text := textOf(tagged(doc, "main")[0])
			if got, want := strings.Contains(text, l.fixed["language.draft"]), l.fixed["language.status"] == "draft"; got != want {
				t.Errorf("%s in %s: says that it is a draft: %t, want %t", name, tag, got, want)
			}
			words := find(doc, func(n *html.Node) bool { return n.Data == "output" || attr(n, "name") == "code" })
			want := len(words)
			if tag == "en" {
				want = 0
			}
			if got := strings.Count(text, l.fixed["check.words.english"]); got != want {
				t.Errorf("%s in %s: says %d times that the words are English, want %d", name, tag, got, want)
			}
			for _, n := range append(words, tagged(doc, "code")...) {
				if attr(n, "class") != "print" && (attr(n, "lang") != "en" || attr(n, "dir") != "ltr" || attr(n, "translate") != "no") {
					t.Errorf("%s in %s: %s is not marked as English that stays", name, tag, n.Data)
				}
			}
		}
	}
}

// Where the switch stands, and where it leads: never away from what she typed or was told.
func TestRenderLanguageSwitch(t *testing.T) {
	m := messagesOf(t)
	m["language.name"], m["language.dir"], m["language.nav"] = "فارسی", "rtl", "زبان"
	r, err := withCatalogue(t, "fa", m)
	if err != nil {
		t.Fatal(err)
	}
	with := map[string]string{"start": "/", "start-expired": "/", "readers": "/readers", "readers-expired": "/readers", "questions": "/questions", "poster": "/poster",
		"check": "/", "check-left": "/", "check-arrived": "/", "check-arrived-message": "/"}
	for _, token := range problemTokens {
		with["problem-"+token] = "/"
	}
	offered := func(page []byte) (out []string) {
		doc := parsed(t, page)
		for _, n := range tagged(doc, "a") {
			if has(n, "hreflang") {
				out = append(out, strings.Join([]string{attr(n, "href"), attr(n, "hreflang"), attr(n, "lang"), attr(n, "dir"), textOf(n)}, " "))
			}
		}
		return out
	}
	english, persian := renderedIn(t, r, "en"), renderedIn(t, r, "fa")
	for name := range samples() {
		var toPersian, toEnglish []string
		if path := with[name]; path != "" {
			toPersian, toEnglish = []string{path + "?lang=fa fa fa rtl فارسی"}, []string{path + " en en ltr English"}
		}
		if got := offered(english[name]); !slices.Equal(got, toPersian) {
			t.Errorf("%s offers %q, want %q", name, got, toPersian)
		}
		if got := offered(persian[name]); !slices.Equal(got, toEnglish) {
			t.Errorf("%s in Persian offers %q, want %q", name, got, toEnglish)
		}
	}
	unread := samples()["problem-busy"]
	unread.Problem.Unread = true
	if page, err := r.page("en", unread); err != nil || len(offered(page)) != 0 {
		t.Error("a page that is to be reloaded leads away from what she wrote")
	}
	if got := offered(rendered(t)["start"]); len(got) != 0 {
		t.Errorf("with one language the first page offers %q", got)
	}
}

// A catalogue has all plural forms of its language, as the Unicode consortium lists them, and the program knows which is for what.
func TestRenderPlurals(t *testing.T) {
	for tag, want := range map[string]map[int]string{
		"ar": {1: "one", 2: "two", 3: "few", 11: "many", 100: "other"},
		"cy": {0: "zero 0", 1: "one", 2: "two", 3: "few", 6: "many", 4: "other"},
		"pl": {1: "one", 2: "few", 5: "many", 22: "few"},
		"en": {0: "other", 1: "one", 2: "other"},
	} {
		m := sixForms(t)
		m["language.status"] = "reviewed"
		six := m["problem.over"].(map[string]any)
		r, err := withCatalogue(t, tag, m)
		if err != nil {
			t.Fatal(err)
		}
		l := r.tongue(tag)
		for n, form := range want {
			if got, err := l.count("problem.over", n); err != nil || got != form {
				t.Errorf("%s: %d is %q, %v; want %q", tag, n, got, err, form)
			}
			name, _, _ := strings.Cut(form, " ")
			less := map[string]any{}
			for k, v := range six {
				if k != name {
					less[k] = v
				}
			}
			m["problem.over"] = less
			if _, err := withCatalogue(t, tag, m); err == nil {
				t.Errorf("%s lacks %q: no error at start", tag, name)
			}
		}
	}
}

// The counts that are tried at start reach every form that a number up to a thousand, or a million, has in any language.
func TestRenderPluralCounts(t *testing.T) {
	all := []string{"ar", "be", "br", "bs", "cs", "cy", "da", "en", "es", "fr", "ga", "gd", "gv", "he", "hr", "ja", "kw", "lt", "lv", "mk", "mt", "pl", "pt", "ro", "ru", "shi", "sl", "so", "uk", "zh"}
	for _, tag := range append(all, everyTag(t)...) {
		form := func(n int) plural.Form { return plural.Cardinal.MatchPlural(language.MustParse(tag), n, 0, 0, 0, 0) }
		reached := map[plural.Form]bool{}
		for _, n := range counts {
			reached[form(n)] = true
		}
		for n := range 1001 {
			if !reached[form(n)] {
				t.Errorf("%s: the form of %d is not tried", tag, n)
				break
			}
		}
	}
}

// Reviewed catalogues are on, drafts when they are named, English always and first; what is not there is refused by name.
func TestRenderLanguagesThatAreOn(t *testing.T) {
	draft := sixForms(t)
	files := catalogues(t, map[string]map[string]any{"nl": messagesOf(t), "cy": draft})
	for asked, want := range map[string]string{"": "en nl", "en": "en", "cy": "en cy", "nl en cy nl": "en nl cy", "CY": "en cy"} {
		r, err := newRenderer(files, strings.Fields(asked))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range r.tongues {
			got = append(got, l.tag.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("asked for %q: got %q, want %q", asked, got, want)
		}
		if got := r.tongue("cy").tag.String(); got != map[bool]string{true: "cy", false: "en"}[strings.Contains(want, "cy")] {
			t.Errorf("asked for %q: Welsh leads to %s", asked, got)
		}
	}
	_, err := newRenderer(files, []string{"cy", "xx"})
	if !errors.Is(err, ErrLanguage) || !strings.Contains(err.Error(), `"xx"; there are en, cy (a draft), nl`) {
		t.Errorf("a language that is none: got %v", err)
	}
	delete(draft, "start.title")
	if _, err := newRenderer(catalogues(t, map[string]map[string]any{"cy": draft}), []string{"en"}); err == nil || errors.Is(err, ErrLanguage) {
		t.Errorf("a draft that is off and not complete: got %v", err)
	}
}
