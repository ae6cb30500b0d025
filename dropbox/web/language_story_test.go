package web_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/web"
)

// pseudo turns the made-up language on.
func pseudo(o *droptest.Options) {
	files, err := droptest.Pseudo("ar-XB", "rtl")
	if err != nil {
		panic(err) // embedded
	}
	o.Catalogues, o.Languages = files, []string{"ar-XB"}
}

const isolates = "\u2067\u2069"

// outside is what a text says outside of the brackets that every message of the made-up language has.
func outside(text string) string {
	depth := 0
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '⟦':
			depth++
		case r == '⟧':
			depth--
		case depth == 0 && !strings.ContainsRune(isolates, r):
			return r
		}
		return -1
	}, text))
}

// speaks holds a page to the made-up language: it is marked as such, and all that it says; its forms and links keep it.
func (w *world) speaks(p *droptest.Page, status int, name, token string, typed ...string) *droptest.Page {
	w.t.Helper()
	w.expect(p, status, name, token)
	given := append(typed, w.Roster.Name, "English")
	for _, r := range w.Roster.Readers {
		given = append(given, r.Name, r.Org, r.Statement)
	}
	for _, k := range w.Set.Keyholders {
		given = append(given, k.Name)
	}
	for _, l := range w.Roster.Lines {
		given = append(given, l.Name)
	}
	if p.Header.Get("Set-Cookie") != "" {
		w.t.Errorf("%s sets a cookie", name)
	}
	if !strings.Contains(p.Body, "⟦This translation has not yet been checked") {
		w.t.Errorf("%s does not say that it is a draft", name)
	}
	for n := range p.Root.Descendants() {
		if n.Type == html.TextNode && droptest.Attr(n.Parent, "class") != "print" && droptest.Attr(n.Parent, "lang") != "en" { // fingerprints, and words of a code
			if s := outside(n.Data); strings.IndexFunc(s, unicode.IsLetter) >= 0 && !slices.Contains(given, s) {
				w.t.Errorf("%s %s says %q", name, token, s)
			}
		}
		href, _, _ := strings.Cut(droptest.Attr(n, "href"), "#")
		switch {
		case n.Type != html.ElementNode:
		case n.Data == "html" && (droptest.Attr(n, "lang") != "ar-XB" || droptest.Attr(n, "dir") != "rtl"):
			w.t.Errorf("%s: lang %q, dir %q", name, droptest.Attr(n, "lang"), droptest.Attr(n, "dir"))
		case n.Data == "form" && w.form(p, droptest.Attr(n, "action")).Get("lang") != "ar-XB":
			w.t.Errorf("%s: the form to %s loses the language", name, droptest.Attr(n, "action"))
		case n.Data == "a" && strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "/exit") && href != "/roster" &&
			droptest.Attr(n, "hreflang") != "en" && !strings.HasSuffix(href, "?lang=ar-XB"):
			w.t.Errorf("%s: the link to %s loses the language", name, href)
		}
	}
	return p
}

// The whole journey in another language. It is asked for once; hidden fields keep it, through refusals, and after a restart.
func TestJourneyInAnotherLanguage(t *testing.T) {
	w := newWorld(t, pseudo)
	start := w.speaks(w.get("/?lang=ar-XB"), 200, "start", "")
	w.speaks(w.get("/readers?lang=ar-XB"), 200, "readers", "")
	w.speaks(w.get("/questions?lang=ar-XB"), 200, "questions", "")
	w.speaks(w.get("/poster?lang=ar-XB"), 200, "poster", "", strings.TrimPrefix(w.URL, "http://"))
	w.speaks(w.get("/nothing?lang=ar-XB"), 404, "problem", "not-found")
	if p := w.get("/message?lang=ar-XB"); p.Status != 303 || p.Header.Get("Location") != "/?lang=ar-XB" {
		t.Errorf("GET /message: %d to %q", p.Status, p.Header.Get("Location"))
	}

	form := w.speaks(w.press(start, "/report"), 200, "form", "")
	form = w.speaks(w.press(form, "/report/send"), 422, "form", "empty-account")
	form = w.speaks(w.press(form, "/report/send", "account", "It was him", "roster", "7"), 422, "form", "readers-changed", "It was him")
	form = w.speaks(w.press(form, "/report/send", "account", strings.Repeat("x", 100_003)), 422, "form", "too-long", strings.Repeat("x", 100_003))
	page := w.press(form, "/report/send", "account", "It was him", "copy", "yes", "wish", "thinking")
	words := page.Words()
	w.speaks(page, 200, "code", "", words)
	report := must[[]*dropbox.Frame](t)(w.Reports("alice"))[0]
	for i, text := range []string{"First answer", "Second answer"} {
		if _, err := w.Reply(t.Context(), "alice", report, i+1, text); err != nil {
			t.Fatal(err)
		}
	}

	said := []string{words, "It was him", "First answer", "Second answer", "Thank you"}
	check := w.speaks(w.press(page, "/check", "code", "zzzz"+words), 422, "check", "code-word", append(strings.Fields(words), "zzzz"+strings.Fields(words)[0])...) // it may quote any of them
	conversation := w.speaks(w.press(check, "/check", "code", words), 200, "conversation", "", said...)
	if len(conversation.Entries()) != 3 || !strings.Contains(conversation.Body, "⟦two: You have ٢ new answers.") {
		t.Errorf("two answers are not counted as this language does: %+v", conversation.Entries())
	}
	conversation = w.speaks(w.press(conversation, "/message", "text", "Take "+words), 422, "conversation", "code-in-text", "Take "+words)
	conversation = w.speaks(w.press(conversation, "/message", "text", "Thank you"), 200, "conversation", "", said...)
	conversation = w.speaks(w.press(conversation, "/wish", "wish", "complaint"), 200, "conversation", "", said...)
	w.restart()
	void := w.speaks(w.press(conversation, "/withdraw", "confirm", "yes"), 410, "conversation", "used-ticket")
	void = w.speaks(w.press(void, "/withdraw", "code", words), 400, "conversation", "malformed", words)
	withdrawn := w.speaks(w.press(void, "/withdraw", "code", words, "confirm", "yes"), 200, "withdrawn", "")
	again := w.speaks(w.press(withdrawn, "/report"), 200, "form", "")

	w.down.Store(true)
	again = w.speaks(w.press(again, "/report/send", "account", "Once more"), 503, "form", "store-down", "Once more")
	w.down.Store(false)
	w.get(exit(again))
	w.speaks(w.press(again, "/report/send"), 410, "check", "used-ticket")
	w.speaks(w.press(w.press(start, "/check"), "/check", "code", words), 404, "check", "nothing-here", strings.Fields(words)...) // of which it may quote some that are near others
}

// A record, too: kept, added to and shared.
func TestRecordInAnotherLanguage(t *testing.T) {
	w := newWorld(t, pseudo)
	form := w.press(w.get("/?lang=ar-XB"), "/report")
	page := w.press(form, "/report/send", "account", "It was him", "wish", "record")
	w.speaks(page, 200, "code", "", page.Words())
	c := w.speaks(w.press(page, "/check", "code", page.Words()), 200, "conversation", "", "It was him")
	c = w.speaks(w.press(c, "/message", "text", "Again"), 200, "conversation", "", "It was him", "Again")
	c = w.speaks(w.press(c, "/share", "roster", "7"), 422, "conversation", "readers-changed")
	w.speaks(w.press(c, "/share"), 200, "conversation", "", "It was him", "Again", "2026-02-11\nIt was him\n\n2026-02-11\nAgain")
}

// A language is asked for by ?lang= or, before that, by the hidden field; by nothing else. A page never says back what it was asked.
func TestHowALanguageIsPicked(t *testing.T) {
	w := newWorld(t, pseudo)
	of := func(p *droptest.Page) string {
		return droptest.Attr(p.Find(func(n *html.Node) bool { return n.Data == "html" }), "lang")
	}
	const canary = "ca-NARY\"><b>"
	for query, want := range map[string]string{"": "en", "?lang=": "en", "?lang=en": "en", "?lang=ar-XB": "ar-XB", "?lang=AR-xb": "ar-XB", "?lang=ar": "ar-XB", "?lang=cy": "en",
		"?lang=" + url.QueryEscape(canary): "en", "?lang=ar-XB&lang=en": "ar-XB", "?lang=" + strings.Repeat("ar-", 1000): "en", "?LANG=ar-XB": "en"} {
		start := w.get("/" + query)
		if got := of(start); got != want {
			t.Errorf("%.30q: got %s, want %s", query, got, want)
		}
		for _, action := range []string{"/report", "/check"} {
			page := w.press(start, action)
			if got := of(page); got != want {
				t.Errorf("%.30q, then %s: got %s, want %s", query, action, got, want)
			}
			for hidden, want := range map[string]string{"en": "en", "ar-XB": "ar-XB", "xx": "en", canary: "en", strings.Repeat("ar-", 1000): "en"} {
				f := w.form(start, action).With("lang", hidden)
				f.Action += query
				p := w.send(f)
				if got := of(p); got != want {
					t.Errorf("%s%.30q with %.30q hidden: got %s, want %s", action, query, hidden, got, want)
				}
				if strings.Contains(p.Body, "NARY") || strings.Contains(p.Body, "ar-ar-") {
					t.Errorf("%s with %.30q hidden says it back", action, hidden)
				}
			}
		}
	}
	r := must[*http.Request](t)(http.NewRequest("GET", w.URL+"/", nil))
	r.Header.Set("Accept-Language", "ar-XB")
	r.Header.Set("Cookie", "lang=ar-XB")
	if got := of(must[*droptest.Page](t)(w.Do(r))); got != "en" {
		t.Errorf("by a header: got %s", got)
	}
	if p := w.get("/report?lang=" + url.QueryEscape(canary)); p.Header.Get("Location") != "/" {
		t.Errorf("a redirect says back %q", p.Header.Get("Location"))
	}
}

// A draft that nobody turned on is out of reach; what is no language stops the server before it serves.
func TestDraftsAreOff(t *testing.T) {
	w := newWorld(t, func(o *droptest.Options) { pseudo(o); o.Languages = nil })
	start := w.get("/?lang=ar-XB")
	form := w.send(w.form(start, "/report").With("lang", "ar-XB"))
	w.expect(form, 200, "form", "")
	for _, p := range []*droptest.Page{start, form} {
		if strings.Contains(p.Body, "ar-XB") || strings.Contains(p.Body, "⟦") || strings.Contains(p.Body, "rtl") {
			t.Errorf("page %s is in a language that is off, or offers it", p.Name())
		}
	}
	_, err := web.New(web.Config{Keyholders: w.Chain, Roster: w.Signed, Languages: []string{"tlh"}})
	if !errors.Is(err, web.ErrLanguage) || !strings.Contains(err.Error(), `"tlh"; there are en`) {
		t.Errorf("a language that is none: got %v", err)
	}
}

// The Welsh that we ship is a draft: off until the operator names it, and then every page says, in Welsh, that nobody has checked it.
func TestWelshIsADraft(t *testing.T) {
	const asked, checked = "Beth ddigwyddodd", "Dydy siaradwr Cymraeg iaith gyntaf ddim wedi gwirio"
	for _, on := range []bool{false, true} {
		w := newWorld(t, func(o *droptest.Options) {
			if on {
				o.Languages = []string{"cy"}
			}
		})
		start := w.get("/?lang=cy")
		form := w.send(w.form(start, "/report").With("lang", "cy"))
		code := w.press(form, "/report/send", "account", "Fe oedd e", "copy", "yes")
		conversation := w.press(code, "/check", "code", code.Words())
		w.expect(form, 200, "form", "")
		w.expect(conversation, 200, "conversation", "")
		if got := strings.Contains(form.Body, asked); got != on {
			t.Errorf("turned on: %t; the form asks in Welsh: %t", on, got)
		}
		for _, p := range []*droptest.Page{start, w.get("/readers?lang=cy"), w.get("/questions?lang=cy"), form, code, conversation} {
			if got := strings.Contains(p.Body, checked); got != on {
				t.Errorf("turned on: %t; page %s says in Welsh that it is a draft: %t", on, p.Name(), got)
			}
			if got := strings.Contains(p.Body, `<html lang="cy" dir="ltr">`); got != on {
				t.Errorf("turned on: %t; page %s is marked as Welsh: %t", on, p.Name(), got)
			}
		}
	}
}
