package web_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"testing"

	"golang.org/x/net/html"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// Page and program ask the same: the catalogue's questions or the operator's, in the language of the page.
func TestProgramAsksWhatThePageAsks(t *testing.T) {
	w := newWorld(t, func(o *droptest.Options) { o.Languages = []string{"cy"} })
	same := func(lang string, count int) []string {
		t.Helper()
		query := map[bool]string{true: "?lang=" + lang}[lang != ""]
		form := w.press(w.get("/"+query), "/report")
		if got := droptest.Attr(form.Find(func(n *html.Node) bool { return n.Data == "html" }), "lang"); lang == "cy" && got != "cy" {
			t.Fatalf("the form is in %q", got)
		}
		page, program := asked(form), w.asksProgram(query)
		if !slices.Equal(page, program) || len(page) != count {
			t.Errorf("%q: the page asks %q, and the program %q", lang, page, program)
		}
		return page
	}
	if english, welsh := same("", 7), same("cy", 7); slices.Equal(english, welsh) {
		t.Errorf("in Welsh they ask %q, too", welsh)
	}
	same("en", 7)
	same("tlh", 7)
	w.edit("mood: How <are> you & yours?\nwhen: When?\nmood cy: Sut ydych chi?\n")
	same("", 2)
	if got := same("cy", 2); !slices.Equal(got, []string{"mood=Sut ydych chi?", "when=When?"}) {
		t.Errorf("in Welsh they ask %q", got)
	}
	w.edit("# no questions\n")
	same("", 0)
	same("cy", 0)
}

// asksProgram are the questions that a program gets, as id=question.
func (w *world) asksProgram(query string) (out []string) {
	w.t.Helper()
	resp := must[*http.Response](w.t)(http.Get(w.URL + dropbox.API + "prompts" + query))
	defer resp.Body.Close()
	body := must[[]byte](w.t)(io.ReadAll(resp.Body))
	var a dropbox.PromptsAnswer
	if err := json.Unmarshal(body, &a); err != nil || resp.StatusCode != 200 || a.Prompts == nil {
		w.t.Fatalf("prompts%s: %d, %v, %s", query, resp.StatusCode, err, body)
	}
	for _, q := range a.Prompts {
		out = append(out, q.ID+"="+q.Question)
	}
	return out
}
