package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"text/template"

	"tellbox/static"
)

// The page's own words, in English, so that page and program say the same of the same.

var catalogue = sync.OnceValue(func() (all map[string]any) {
	text, err := static.Files.ReadFile("lang/en.json")
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		panic(err) // embedded
	}
	return all
})

// text is a sentence of the page. pairs are the names and values of what stands in it.
func text(key string, pairs ...any) string {
	s, ok := catalogue()[key].(string)
	if !ok {
		panic("no such text: " + key) // TestTexts finds them all
	}
	return filled(s, pairs)
}

// counted is a sentence about n things.
func counted(key string, n int) string {
	forms, _ := catalogue()[key].(map[string]any)
	form := "other"
	if n == 1 {
		form = "one"
	}
	s, ok := forms[form].(string)
	if !ok {
		panic("no such text: " + key)
	}
	return filled(s, []any{"PluralCount", n})
}

func filled(s string, pairs []any) string {
	if !strings.Contains(s, "{{") {
		return s
	}
	values := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	var b strings.Builder
	if err := template.Must(template.New("").Option("missingkey=error").Parse(s)).Execute(&b, values); err != nil {
		panic(err)
	}
	return b.String()
}
