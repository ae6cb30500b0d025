package web

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"tellbox/dropbox"
	"tellbox/static"
)

var twoTags = []string{"cy", "en"}

// written is the prompts as a file that says the same.
func (p *Prompts) written() string {
	var b strings.Builder
	for _, q := range p.list {
		fmt.Fprintf(&b, "%s: %s\n", q.id, q.question)
		for _, tag := range twoTags {
			if q.in[tag] != "" {
				fmt.Fprintf(&b, "%s %s: %s\n", q.id, tag, q.in[tag])
			}
		}
	}
	return b.String()
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "q%d: Question %d?\n", i, i)
	}
	return b.String()
}

func TestParsePrompts(t *testing.T) {
	long := strings.Repeat("说", dropbox.MaxQuestion)
	for name, c := range map[string]struct{ text, want string }{
		"nothing":           {"", ""},
		"only comments":     {"# when: When was it?\n\n   \n\t# x", ""},
		"in order":          {"where: Where?\nwhen: When?\n", "where: Where?\nwhen: When?\n"},
		"no last newline":   {"when: When?", "when: When?\n"},
		"from Windows":      {"\ufeffwhen: When?\r\n\r\nwhere: Where?\r\n", "when: When?\nwhere: Where?\n"},
		"spaces and tabs":   {"  when\t :\t When?\u00a0 \n", "when: When?\n"},
		"colons and hashes": {"when: When: # 1 or 2?\n", "when: When: # 1 or 2?\n"},
		"translated":        {"when: When?\nwhere: Where?\nwhen  cy: Pryd?\nwhere en: Where, then?\nwhen en: When, then?", "when: When?\nwhen cy: Pryd?\nwhen en: When, then?\nwhere: Where?\nwhere en: Where, then?\n"},
		"200 characters":    {"when: " + long, "when: " + long + "\n"},
		"16 of them":        {many(dropbox.MaxQuestions), many(dropbox.MaxQuestions)},
		"64 KiB":            {"when: When?\n" + strings.Repeat("#", maxPromptFile-12), "when: When?\n"},
	} {
		p, err := parsePrompts("prompts.txt", []byte(c.text), twoTags)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := p.written(); got != c.want || p.ids() != nil && len(p.list) == 0 {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestParsePromptsRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		line int
		says string
	}{
		"no colon":                   {"# c\n\nwhen: When?\nWhere was it?", 4, "no colon"},
		"a secret in its place":      {"AGE-SECRET-KEY-1CANARY\n", 1, "no colon"},
		"no id":                      {"when: When?\n: Where?", 2, "no id"},
		"no question":                {"when:", 1, "no question"},
		"blank question":             {"when: \u00a0\t ", 1, "no question"},
		"no words":                   {"when: ?\u200b", 1, "no words"},
		"capitals":                   {"When: CANARY?", 1, "the id takes"},
		"a digit first":              {"1st: When?", 1, "the id takes"},
		"33 characters":              {strings.Repeat("w", 33) + ": When?", 1, "the id takes"},
		"her own id":                 {"reporter: When?", 1, `not "reporter"`},
		"a sentence for an id":       {"when was it CANARY: When?", 1, "nothing else"},
		"an id in other letters":     {"wann-wäre: When?", 1, "the id takes"},
		"twice":                      {"when: When?\n\nwhere: Where?\nwhen: When?", 4, "the id when stands in line 1"},
		"a translation alone":        {"when: When?\nwhere cy: Ble?", 2, "no question where"},
		"a translation too early":    {"when cy: Pryd?\nwhen: When?", 1, "no question when above"},
		"a translation twice":        {"when: When?\nwhen cy: Pryd?\nwhen cy: CANARY?", 3, "when has been translated to cy"},
		"no such language":           {"when: When?\nwhen tlh: CANARY?", 2, "there are cy, en"},
		"no language":                {"when: When?\nwhen c_y!: CANARY?", 2, "there are cy, en"},
		"a language in capitals":     {"when: When?\nwhen CY: CANARY?", 2, "there are cy, en"},
		"201 characters":             {"when: " + strings.Repeat("说", 201), 1, "201 characters: 200"},
		"a long translation":         {"when: When?\nwhen cy: " + strings.Repeat("w", 300), 2, "300 characters: 200"},
		"a bell":                     {"when: When?\nwhere: Where\a CANARY?", 2, "control"},
		"an escape in the id":        {"\x1bwhen: When?", 1, "control"},
		"a tab within":               {"when: When\twas it?", 1, "control"},
		"an old Mac's line ends":     {"# c\rwhen: When?\r", 1, "control"},
		"a line that is none":        {"# c\u2028when: When?", 1, "control"},
		"a control of eight bits":    {"when: When?\u0085", 1, "control"},
		"Latin-1":                    {"when: When?\nwho: Caf\xe9?", 2, "UTF-8"},
		"Latin-1 in a comment":       {"when: When?\n# Caf\xe9?", 2, "UTF-8"},
		"UTF-16":                     {"\xff\xfew\x00h\x00e\x00n\x00", 1, "UTF-8"},
		"a template":                 {"when: When did {{.Name}} do it?", 1, "template"},
		"the end of a template":      {"when: When }} was it?", 1, "template"},
		"a template for translation": {"when: When?\nwhen cy: {{Pryd", 2, "template"},
		"17 of them":                 {"#\n" + many(dropbox.MaxQuestions+1), dropbox.MaxQuestions + 2, "16 is the most"},
		"more than 64 KiB":           {"when: When?\n" + strings.Repeat("#\n", 40_000), 1 + 1 + (maxPromptFile-12)/2, "64 KiB"},
	} {
		p, err := parsePrompts("some/prompts.txt", []byte(c.text), twoTags)
		if err == nil {
			t.Errorf("%s: taken, as %q", name, p.written())
			continue
		}
		if where := fmt.Sprintf("some/prompts.txt:%d: ", c.line); !strings.HasPrefix(err.Error(), where) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %q, want %q and %q", name, err, where, c.says)
		}
		if strings.Contains(err.Error(), "CANARY") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error says what stands there: %q", name, err)
		}
	}
}

// The tags are those of the catalogues that are built in.
func TestParsePromptsKnowsTheCatalogues(t *testing.T) {
	if _, err := ParsePrompts("p", []byte("when: Pryd?\nwhen en: When?")); err != nil {
		t.Error(err)
	}
	if _, err := ParsePrompts("p", []byte("when: When?\nwhen tlh: ghorgh?")); err == nil {
		t.Error("took a language that no page comes in")
	}
	r, err := newRenderer(static.Files, everyTag(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range r.tongues {
		if tag := l.tag.String(); !slices.Contains(catalogueTags(), tag) {
			t.Errorf("pages come in %s, and prompts cannot", tag)
		}
	}
}

// The documented file asks what the form asks without it, and its example of a translation is one.
func TestDocumentedPrompts(t *testing.T) {
	text, err := os.ReadFile("../../deploy/prompts.txt")
	if err != nil {
		t.Fatal(err)
	}
	p, err := ParsePrompts("deploy/prompts.txt", text)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.ids(), defaultPrompts) {
		t.Errorf("it asks %q, and the form %q", p.ids(), defaultPrompts)
	}
	catalogue := func(tag string) (messages map[string]any) {
		if err := json.Unmarshal(mustRead(t, "lang/"+tag+".json"), &messages); err != nil {
			t.Fatal(err)
		}
		return messages
	}
	for _, q := range p.list {
		if want := catalogue("en")["prompt."+q.id]; q.question != want {
			t.Errorf("it asks %q, and the form %q", q.question, want)
		}
		for _, tag := range everyTag(t) {
			if want := catalogue(tag)["prompt."+q.id]; tag != "en" && q.in[tag] != want {
				t.Errorf("in %s it asks %q, and the form %q", tag, q.in[tag], want)
			}
		}
	}
	example := strings.ReplaceAll(strings.Join(regexp.MustCompile(`(?m)^#     .*$`).FindAllString(string(text), -1), "\n"), "#     ", "")
	if p, err := parsePrompts("example", []byte(example), twoTags); err != nil || len(p.ids()) != 1 || len(p.list[0].in) != 1 {
		t.Errorf("its example of a translation: %v", err)
	}
}

// A page asks in its own language if the operator has it, and in his if not; for what he does not ask, the catalogue's words or the id.
func TestPromptsAsk(t *testing.T) {
	p, err := parsePrompts("p", []byte("when: When, <b>roughly</b>?\nwhen cy: Pryd?\nmood: How are you?"), twoTags)
	if err != nil {
		t.Fatal(err)
	}
	r, err := newRenderer(static.Files, nil)
	if err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string][]string{
		"en": {"When, <b>roughly</b>?", "How are you?", "Where was it?", "gone"},
		"cy": {"Pryd?", "How are you?", "Where was it?", "gone"},
	} {
		answers := func() []promptView {
			return []promptView{{ID: "when", Answer: "x"}, {ID: "mood", Answer: "x"}, {ID: "where", Answer: "x"}, {ID: "gone", Answer: "x"}}
		}
		v := &view{Form: &formView{Prompts: answers()}, Conversation: &conversationView{Entries: []entryView{{}, {Prompts: answers()}}}}
		p.ask(v, lang)
		for _, list := range [][]promptView{v.Form.Prompts, v.Conversation.Entries[1].Prompts} {
			var got []string
			for _, a := range list {
				question, err := r.tongues[0].ask(a)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, question)
			}
			if !slices.Equal(got, want) {
				t.Errorf("in %s: got %q, want %q", lang, got, want)
			}
		}
	}
}

func FuzzParsePrompts(f *testing.F) {
	for _, s := range []string{"", "# c\n\nwhen: When?\r\nwhen cy: Pryd?\n", "\ufeffa: b", "a b c: d", "a:\tb\tc", "a: {{b}}", many(17), "a: b\na: b", "a cy: b", "a: \xff", ":\n:", "reporter: x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := parsePrompts("p", text, twoTags)
		if err != nil {
			if !regexp.MustCompile(`^p:[1-9][0-9]*: .+$`).MatchString(err.Error()) {
				t.Errorf("the error is %q", err)
			}
			return
		}
		if len(text) > maxPromptFile || len(p.list) > dropbox.MaxQuestions {
			t.Errorf("took %d bytes, %d prompts", len(text), len(p.list))
		}
		for _, q := range p.list {
			if !dropbox.ValidID(q.id) {
				t.Errorf("took the id %q", q.id)
			}
			for _, s := range append([]string{q.question}, q.in["cy"], q.in["en"]) {
				if utf8.RuneCountInString(s) > dropbox.MaxQuestion || dropbox.Clean(s) != s || strings.ContainsAny(s, "\n\t") || strings.Contains(s, "{{") {
					t.Errorf("took the question %q", s)
				}
			}
		}
		again, err := parsePrompts("p", []byte(p.written()), twoTags)
		if err != nil || again.written() != p.written() {
			t.Errorf("written out and read again: %v, %q", err, p.written())
		}
	})
}
