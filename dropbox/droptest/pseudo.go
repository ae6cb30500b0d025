package droptest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"strings"
	"testing/fstest"
	"unicode/utf8"

	"tellbox/static"
)

// forms are all that a language can have, as Arabic does.
var forms = []string{"zero", "one", "two", "few", "many", "other"}

// Pseudo is the catalogues of package static and one more, lang/‹tag›.json, a draft that is made of English: it shows what a page
// does with a long text of another direction, and what it says outside of catalogues. Every message stands in brackets, ⟦…⟧, and is
// a third longer; dir is "rtl", where right-to-left marks stand around it, or "ltr". Plural forms begin with their name, "few: ". For
// right to left the tag is best ar-XB, which has six of them.
func Pseudo(tag, dir string) (fs.FS, error) {
	files := fstest.MapFS{}
	names, err := fs.Glob(static.Files, "lang/*.json")
	for _, name := range names {
		b, readErr := static.Files.ReadFile(name)
		files[name], err = &fstest.MapFile{Data: b}, errors.Join(err, readErr)
	}
	if err != nil {
		return nil, fmt.Errorf("reading catalogues: %w", err)
	}
	var messages map[string]any
	if err := json.Unmarshal(files["lang/en.json"].Data, &messages); err != nil {
		return nil, fmt.Errorf("reading lang/en.json: %w", err)
	}
	for key, message := range messages {
		switch m := message.(type) {
		case string:
			messages[key] = lengthen(m, dir)
		case map[string]any:
			plural := map[string]any{}
			for _, form := range forms {
				plural[form] = lengthen(fmt.Sprint(form, ": ", m["other"]), dir)
			}
			messages[key] = plural
		}
	}
	maps.Copy(messages, map[string]any{"language.name": "⟦" + tag + "⟧", "language.dir": dir, "language.status": "draft"})
	b, err := json.Marshal(messages)
	files[path.Join("lang", tag+".json")] = &fstest.MapFile{Data: b}
	return files, err
}

// lengthen adds a third in letters of the direction's script, in words, so that lines can break.
func lengthen(s, dir string) string {
	letter, before, after := "o", "", ""
	if dir == "rtl" {
		letter, before, after = "م", "\u2067", "\u2069" // a right-to-left isolate
	}
	var filler strings.Builder
	for n := range utf8.RuneCountInString(s)/3 + 1 {
		if n%6 == 0 {
			filler.WriteByte(' ')
		} else {
			filler.WriteString(letter)
		}
	}
	return before + "⟦" + s + filler.String() + "⟧" + after
}
