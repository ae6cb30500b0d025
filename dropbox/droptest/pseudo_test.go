package droptest

import (
	"encoding/json"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"tellbox/static"
)

func catalogue(t *testing.T, files fs.FS, name string) (m map[string]any) {
	t.Helper()
	b, err := fs.ReadFile(files, name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// The made-up language has every message of English, longer, in brackets, with the same places for names and numbers.
func TestPseudo(t *testing.T) {
	files, err := Pseudo("ar-XB", "rtl")
	if err != nil {
		t.Fatal(err)
	}
	en, xb := catalogue(t, static.Files, "lang/en.json"), catalogue(t, files, "lang/ar-XB.json")
	if got, want := slices.Sorted(maps.Keys(xb)), slices.Sorted(maps.Keys(en)); !slices.Equal(got, want) {
		t.Fatalf("got keys %q, want %q", got, want)
	}
	places, plurals := regexp.MustCompile(`\{\{.*?\}\}`), 0
	for key, want := range en {
		if strings.HasPrefix(key, "language.") && key != "language.draft" && key != "language.nav" {
			continue
		}
		message, model := xb[key], want
		if forms, ok := xb[key].(map[string]any); ok {
			message, model, plurals = forms["few"], want.(map[string]any)["other"], plurals+1
			if got := slices.Sorted(maps.Keys(forms)); !slices.Equal(got, []string{"few", "many", "one", "other", "two", "zero"}) {
				t.Errorf("%s: got forms %q", key, got)
			}
		}
		got, from := message.(string), model.(string)
		if !strings.HasPrefix(got, "\u2067⟦") || !strings.HasSuffix(got, "⟧\u2069") || !strings.Contains(got, from) {
			t.Errorf("%s: got %q from %q", key, got, from)
		}
		if n, m := utf8.RuneCountInString(got), utf8.RuneCountInString(from); 10*n < 13*m {
			t.Errorf("%s: got %d characters from %d", key, n, m)
		}
		if !slices.Equal(places.FindAllString(got, -1), places.FindAllString(from, -1)) {
			t.Errorf("%s: got %q from %q", key, got, from)
		}
	}
	if plurals == 0 {
		t.Error("no message has plural forms")
	}
	if xb["language.dir"] != "rtl" || xb["language.status"] != "draft" {
		t.Errorf("direction %q, status %q", xb["language.dir"], xb["language.status"])
	}
}
