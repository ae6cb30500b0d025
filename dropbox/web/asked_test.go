package web_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/web"
)

// edit is the operator, who edits his prompts and restarts the server.
func (w *world) edit(text string) {
	w.t.Helper()
	w.Prompts = must[*web.Prompts](w.t)(web.ParsePrompts("prompts.txt", []byte(text)))
	w.restart()
}

// asked are the optional questions of a form, as id=label.
func asked(p *droptest.Page) (out []string) {
	for n := range p.Root.Descendants() {
		if id, ok := strings.CutPrefix(droptest.Attr(n, "for"), "prompt."); ok && n.Data == "label" {
			out = append(out, id+"="+droptest.Text(n))
		}
	}
	return out
}

// answered are the terms of the conversation's lists that have this text.
func answered(p *droptest.Page, answer string) (questions []string) {
	term := ""
	for n := range p.ByID("conversation").Descendants() {
		if n.Type == html.ElementNode && n.Data == "dt" {
			term = droptest.Text(n)
		}
		if n.Type == html.ElementNode && n.Data == "dd" && droptest.Text(n) == answer {
			questions = append(questions, term)
		}
	}
	return questions
}

func (w *world) prompts(reader string) (all [][]dropbox.Prompt) {
	w.t.Helper()
	for _, f := range must[[]*dropbox.Frame](w.t)(w.Reports(reader)) {
		all = append(all, f.Prompt)
	}
	return all
}

func TestOperatorsPrompts(t *testing.T) {
	w := newWorld(t)
	usual := []string{"when=When was it? A rough time is fine.", "where=Where was it?", "who=Who was there?", "told=Did you tell anyone? What did they do?",
		"before=Has it happened before?", "help=What would help you now?", "contact=Is there a safe way to reach you? At what hours?"}
	if got := asked(w.press(w.get("/"), "/report")); !slices.Equal(got, usual) {
		t.Errorf("without a file the form asks %q", got)
	}
	w.edit("mood: Sut <ydych> chi?\nwhen: When, roughly?\nmood en: How <are> you?\n")
	form := w.press(w.get("/"), "/report")
	if got := asked(form); !slices.Equal(got, []string{"mood=How <are> you?", "when=When, roughly?"}) {
		t.Errorf("the form asks %q", got)
	}
	page := w.press(form, "/report/send", "account", "x", "copy", "yes", "prompt.mood", "afraid", "prompt.when", "in spring")
	w.expect(page, 200, "code", "")
	for _, id := range []string{"alice", "bob"} {
		if got := w.prompts(id); len(got) != 1 || !slices.Equal(got[0], []dropbox.Prompt{{ID: "mood", Text: "afraid"}, {ID: "when", Text: "in spring"}}) {
			t.Errorf("%s reads %+v", id, got)
		}
	}
	// What she answered stands under the operator's question while he has it, then the catalogue's, then its id.
	for _, c := range []struct{ file, mood, when string }{
		{"mood: Sut <ydych> chi?\nwhen: When, roughly?\nmood en: How <are> you?", "How <are> you?", "When, roughly?"},
		{"mood: And how are you now?", "And how are you now?", "When was it? A rough time is fine."},
		{"# none", "mood", "When was it? A rough time is fine."},
	} {
		w.edit(c.file)
		p := w.check(page.Words())
		if got := slices.Concat(answered(p, "afraid"), answered(p, "in spring")); !slices.Equal(got, []string{c.mood, c.when}) {
			t.Errorf("with %q her answers stand under %q", c.file, got)
		}
	}
	form = w.press(w.get("/"), "/report")
	if got := asked(form); got != nil || strings.Contains(form.Body, "<textarea name=\"prompt.") {
		t.Errorf("with a file of no questions the form asks %q", got)
	}
	w.expect(w.press(form, "/report/send", "account", "x"), 200, "code", "")
}

// The operator edits his prompts while her form stands open: what she has answered comes back, and arrives.
func TestPromptsEditedWhileSheWrites(t *testing.T) {
	w := newWorld(t)
	w.edit("when: When?\nzeal: Z?\nmood: M?\nblank: B?")
	f := w.blank().With("prompt.when", "in spring", "prompt.zeal", "z\n1", "prompt.mood", "afraid", "prompt.blank", " \n")
	w.edit("told: T?\nmood: How are you?")
	p := w.send(f)
	w.expect(p, 422, "form", "empty-account")
	if got := asked(p); !slices.Equal(got, []string{"told=T?", "mood=How are you?", "when=When was it? A rough time is fine.", "zeal=zeal"}) {
		t.Errorf("the form comes back with %q", got)
	}
	w.typed(p, "/report/send", "prompt.when", "in spring", "prompt.zeal", "z\n1", "prompt.mood", "afraid", "prompt.told", "")

	f = w.form(p, "/report/send").With("account", "x", "prompt.told", "my sister")
	w.expect(w.send(f), 200, "code", "")
	want := []dropbox.Prompt{{ID: "told", Text: "my sister"}, {ID: "mood", Text: "afraid"}, {ID: "when", Text: "in spring"}, {ID: "zeal", Text: "z\n1"}}
	if got := w.prompts("alice"); len(got) != 1 || !slices.Equal(got[0], want) {
		t.Errorf("alice reads %+v, want %+v", got, want)
	}
	// Sent again from her browser, after yet another edit, it is the same form still.
	w.edit("zeal: Z?\nnew: N?\ntold: T?")
	w.expect(w.send(f), 200, "check", "")
	f.Set("prompt.zeal", "more")
	w.expect(w.send(f), 200, "code", "")
	if got := w.prompts("alice"); len(got) != 2 || got[1][0] != (dropbox.Prompt{ID: "zeal", Text: "more"}) {
		t.Errorf("alice reads %+v", got)
	}
}

// More answers than a frame takes, or one under what is no id, are refused and not lost in silence.
func TestPromptsBeyondBounds(t *testing.T) {
	w := newWorld(t)
	f := w.blank().With("account", "x", "prompt.when", "w")
	var all []dropbox.Prompt
	for i := range 31 {
		p := dropbox.Prompt{ID: fmt.Sprintf("old-%02d", i), Text: fmt.Sprint("answer ", i)}
		f.Set("prompt."+p.ID, p.Text)
		all = append(all, p)
	}
	w.expect(w.send(f), 200, "code", "")
	if got := w.prompts("alice"); len(got) != 1 || !slices.Equal(got[0], append([]dropbox.Prompt{{ID: "when", Text: "w"}}, all...)) {
		t.Errorf("of 32 answers alice reads %+v", got)
	}
	p := w.send(f.With("prompt.older", "one more", "sending", strings.Repeat("ab", 32)))
	w.expect(p, 400, "form", "malformed")
	again := w.form(p, "/report/send")
	for _, a := range append(all, dropbox.Prompt{ID: "older", Text: "one more"}, dropbox.Prompt{ID: "when", Text: "w"}) {
		if again.Get("prompt."+a.ID) != a.Text {
			t.Errorf("her answer to %s is lost", a.ID)
		}
	}
	w.expect(w.send(again.With("prompt.old-07", "")), 200, "code", "")

	for _, id := range []string{"", "When", "reporter", "a b", "1st", strings.Repeat("w", 33), "<script>"} {
		f := w.blank().With("account", "", "prompt."+id, "what she typed", "prompt.when", "w")
		p := w.send(f)
		if w.expect(p, 400, "form", "malformed"); !strings.Contains(p.Body, "only the start of what you wrote") || strings.Contains(p.Body, "<script>") {
			t.Errorf("prompt.%s: the page says nothing of it", id)
		}
		w.typed(p, "/report/send", "prompt.when", "w")
		w.expect(w.send(f.With("account", "x", "prompt."+id, " \n")), 200, "code", "") // nothing was typed there: nothing is lost
	}
}
