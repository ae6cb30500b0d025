package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/web"
	"tellbox/keys"
	"tellbox/keys/vault"
)

func TestMain(m *testing.M) {
	vault.WeakenForTests()
	os.Exit(m.Run())
}

// world is a box, a visitor and the clock of both.
type world struct {
	t *testing.T
	*droptest.Box
	*droptest.Visitor
	clock *droptest.Clock
	down  atomic.Bool // the store answers with errors
}

// flaky is a store that can be told to be down.
type flaky struct {
	web.Store
	down *atomic.Bool
}

var errDown = errors.New("canary-in-a-store-error")

func (f flaky) Lines(ctx context.Context, d dropbox.Drop) (dropbox.Lines, error) {
	if f.down.Load() {
		return dropbox.Lines{}, errDown
	}
	return f.Store.Lines(ctx, d)
}

func (f flaky) Sent(ctx context.Context, n dropbox.Sending, d dropbox.Hex32) (dropbox.Outcome, error) {
	if f.down.Load() {
		return 0, errDown
	}
	return f.Store.Sent(ctx, n, d)
}

func newWorld(t *testing.T, change ...func(*droptest.Options)) *world {
	t.Helper()
	w := &world{t: t, clock: droptest.NewClock()}
	o := droptest.Options{Now: w.clock.Now, Wrap: func(s web.Store) web.Store { return flaky{s, &w.down} }}
	for _, c := range change {
		c(&o)
	}
	var err error
	if w.Box, err = droptest.Start(t.TempDir(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Box.Stop() })
	w.Visitor = droptest.NewVisitor(w.URL)
	return w
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (w *world) get(path string) *droptest.Page {
	w.t.Helper()
	return must[*droptest.Page](w.t)(w.Get(path))
}

func (w *world) press(p *droptest.Page, action string, pairs ...string) *droptest.Page {
	w.t.Helper()
	return must[*droptest.Page](w.t)(w.Press(p, action, pairs...))
}

func (w *world) send(f *droptest.Form) *droptest.Page {
	w.t.Helper()
	return must[*droptest.Page](w.t)(w.Send(f))
}

func (w *world) form(p *droptest.Page, action string) *droptest.Form {
	w.t.Helper()
	return must[*droptest.Form](w.t)(p.Form(action))
}

func (w *world) blank() *droptest.Form {
	w.t.Helper()
	return w.form(w.press(w.get("/"), "/report"), "/report/send")
}

func (w *world) report(account string, pairs ...string) (words string) {
	w.t.Helper()
	_, words, err := w.Report(account, pairs...)
	if err != nil {
		w.t.Fatal(err)
	}
	return words
}

func (w *world) check(words string) *droptest.Page {
	w.t.Helper()
	return must[*droptest.Page](w.t)(w.Check(words))
}

func (w *world) restart() {
	w.t.Helper()
	if err := w.Restart(); err != nil {
		w.t.Fatal(err)
	}
}

// advocate puts one more into the roster, and that into force.
func (w *world) advocate(id, name string) {
	w.t.Helper()
	if err := errors.Join(w.Add(droptest.Person{ID: id, Name: name, Org: "Helpline", Role: keys.Advocate}), w.Install(w.t.Context())); err != nil {
		w.t.Fatal(err)
	}
}

// reports are those that reader id has been sent, by their texts.
func (w *world) reports(id string) (texts []string) {
	w.t.Helper()
	for _, f := range must[[]*dropbox.Frame](w.t)(w.Reports(id)) {
		texts = append(texts, f.Text)
	}
	return texts
}

// expect holds a page to its status, name and problem.
func (w *world) expect(p *droptest.Page, status int, name, token string) {
	w.t.Helper()
	if p.Status != status || p.Name() != name || p.Problem() != token {
		w.t.Fatalf("page %q, status %d, problem %q; want %q, %d, %q", p.Name(), p.Status, p.Problem(), name, status, token)
	}
}

func exit(p *droptest.Page) string { return droptest.Attr(p.ByID("exit"), "href") }

// The whole journey, as she makes it.
func TestJourney(t *testing.T) {
	w := newWorld(t)
	for path, name := range map[string]string{"/poster": "poster", "/": "start", "/readers": "readers", "/questions": "questions"} {
		w.expect(w.get(path), 200, name, "")
	}
	form := w.press(w.get("/"), "/report")
	w.expect(form, 200, "form", "")
	f := w.form(form, "/report/send")
	if !slices.Equal(f.Values["shown"], []string{"alice", "bob", "carol", "irene", "jan"}) {
		t.Errorf("shown %v", f.Values["shown"])
	}
	page := w.send(f.With("account", "What happened\r\nto me", "prompt.when", "For years", "wish", "thinking", "about", "saw", "copy", "yes", "exclude", "bob"))
	w.expect(page, 200, "code", "")
	words := page.Words()
	if len(strings.Fields(words)) != 8 || words != strings.Join(strings.Fields(strings.ToLower(words)), " ") {
		t.Fatalf("words %q", words)
	}
	if got := w.reports("bob"); len(got) != 0 {
		t.Errorf("bob, who was struck off, got %q", got)
	}
	if got := w.reports("carol"); len(got) != 0 {
		t.Errorf("the ombudsperson got %q", got)
	}
	report := must[[]*dropbox.Frame](t)(w.Reports("alice"))[0]
	if report.Text != "What happened\nto me" || report.Wish != "thinking" || report.About != "saw" || report.Prompt[0].Text != "For years" ||
		!slices.Equal(report.Readers, []string{"alice"}) || !slices.Equal(report.StruckOff, []string{"bob"}) || report.Day != "2026-02-11" {
		t.Errorf("alice read %+v", report)
	}
	if _, err := w.Reply(t.Context(), "alice", report, 1, "I am here.\nWhat do you need?"); err != nil {
		t.Fatal(err)
	}

	// "Check you have them", from the words page itself; then everything she can do.
	c := w.press(page, "/check", "code", strings.ToUpper(strings.ReplaceAll(words, " ", "-")))
	w.expect(c, 200, "conversation", "")
	e := c.Entries()
	if len(e) != 2 {
		t.Fatalf("entries %+v", e)
	}
	slices.SortStableFunc(e, func(a, b droptest.Entry) int { return strings.Compare(b.From, a.From) })
	if e[0].From != "you" || e[0].New || !strings.Contains(e[0].Text, "What happened\nto me") || e[1] != (droptest.Entry{Kind: "reply", From: "alice", Text: "I am here.\nWhat do you need?", New: true}) {
		t.Errorf("entries %+v", e)
	}
	if strings.Contains(c.Body, words) || strings.Contains(c.Body, strings.Fields(words)[0]+" "+strings.Fields(words)[1]) {
		t.Error("the conversation page holds the words")
	}
	c = w.press(c, "/message", "text", "Thank you")
	w.expect(c, 200, "conversation", "")
	if e := c.Entries(); len(e) != 3 || slices.ContainsFunc(e, func(e droptest.Entry) bool { return e.New }) {
		t.Errorf("after writing: %+v", e)
	}
	c = w.press(c, "/wish", "wish", "complaint")
	w.expect(c, 200, "conversation", "")
	if mail := must[[]dropbox.MailEntry](t)(w.Mail("alice")); len(mail) != 3 {
		t.Errorf("alice has %d envelopes, want 3", len(mail))
	}
	c = w.press(c, "/withdraw", "confirm", "yes")
	w.expect(c, 200, "withdrawn", "")
	if len(c.Items("deleted")) != 0 || len(c.Items("asked")) != 1 || !strings.Contains(c.Items("asked")[0], "Alice Okafor") {
		t.Errorf("deleted %q, asked %q", c.Items("deleted"), c.Items("asked"))
	}
	w.expect(w.check(words), 404, "check", "nothing-here")
}

func TestHeaders(t *testing.T) {
	w := newWorld(t)
	const strict = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	pages := []*droptest.Page{w.get("/"), w.get("/nothing"), w.press(w.get("/"), "/report"), w.check("abacus"), w.get("/exit"), w.get("/style.css"),
		w.get("/app.js"), w.get("/words.txt"), w.get("/icon.png"), w.get("/roster"), w.get("/health"), w.get("/report"), w.get("/api/1/roster"), w.get("/api/1/mail")}
	for i, p := range pages {
		policy := strict
		if i < 4 { // where the script is used
			policy += "; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
		}
		for name, want := range map[string]string{"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff"} {
			if got := p.Header.Get(name); got != want {
				t.Errorf("answer %d, page %q: %s is %q", i, p.Name(), name, got)
			}
		}
		if p.Header.Get("Date") != "" || p.Header.Get("Server") != "" {
			t.Error("the answer tells the server's clock or name")
		}
		if cookie := p.Header.Get("Set-Cookie"); (cookie != "") != (i == 4) {
			t.Errorf("%s: cookie %q", p.Name(), cookie)
		}
	}
}

func TestRoutes(t *testing.T) {
	w := newWorld(t)
	if p := w.get("/health"); p.Status != 200 || !strings.Contains(p.Body, "ok") {
		t.Errorf("health: %d", p.Status)
	}
	for _, path := range []string{"/report", "/report/send", "/check", "/message", "/wish", "/share", "/withdraw", "/file"} {
		if p := w.get(path); p.Status != 303 || p.Header.Get("Location") != "/" {
			t.Errorf("GET %s: %d", path, p.Status)
		}
	}
	for _, r := range []string{"GET /nothing", "GET /report/", "POST /", "PUT /report", "OPTIONS /", "DELETE /check", "HEAD /report", "GET /Report", "GET //",
		"POST /consent", "PUT /file", "GET /api/1/parcel", "GET /api/1/blob", "GET /api/2/roster", "GET /exit/a/b", "POST /exit", "GET /style.css/", "GET /../go.mod", "TRACE /"} {
		method, path, _ := strings.Cut(r, " ")
		req := must[*http.Request](t)(http.NewRequest(method, w.URL+path, strings.NewReader("junk")))
		p := must[*droptest.Page](t)(w.Do(req))
		if p.Status != 404 || method != "HEAD" && p.Problem() != "not-found" {
			t.Errorf("%s: status %d, problem %q", r, p.Status, p.Problem())
		}
	}
	if p := w.get("/exit"); p.Status != 303 || p.Header.Get("Location") != web.DefaultExit {
		t.Errorf("exit: %d to %s", p.Status, p.Header.Get("Location"))
	}
	if got := w.get("/roster").Body; !strings.Contains(got, "tellbox/1 roster") {
		t.Errorf("roster: %q", got)
	}
}

func TestCrossSite(t *testing.T) {
	w := newWorld(t)
	f := w.blank().With("account", "x")
	for name, c := range map[string]struct {
		headers map[string]string
		status  int
	}{
		"cross-site":       {map[string]string{"Sec-Fetch-Site": "cross-site"}, 400},
		"no headers":       {nil, 200},
		"null origin":      {map[string]string{"Origin": "null"}, 200},
		"same-origin":      {map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		"typed in the bar": {map[string]string{"Sec-Fetch-Site": "none"}, 200},
	} {
		r := must[*http.Request](t)(http.NewRequest("POST", w.URL+"/report/send", strings.NewReader(f.Encode())))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for k, v := range c.headers {
			r.Header.Set(k, v)
		}
		if p := must[*droptest.Page](t)(w.Do(r)); p.Status != c.status {
			t.Errorf("%s: status %d, want %d", name, p.Status, c.status)
		}
	}
	if got := w.reports("alice"); len(got) != 1 {
		t.Errorf("%d reports stored, want 1", len(got))
	}
}

func TestThirtyTwoPressSendAtOnce(t *testing.T) {
	w := newWorld(t)
	var wg sync.WaitGroup
	words, texts := make([]string, 32), make([]string, 32)
	for i := range words {
		texts[i] = "account " + strings.Repeat("x", i)
		wg.Go(func() {
			var err error
			if _, words[i], err = droptest.NewVisitor(w.URL).Report(texts[i]); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, id := range []string{"alice", "bob"} {
		got := w.reports(id)
		slices.Sort(got)
		want := slices.Sorted(slices.Values(texts))
		if !slices.Equal(got, want) {
			t.Errorf("%s read %d reports, want 32", id, len(got))
		}
	}
	for _, f := range must[[]*dropbox.Frame](t)(w.Reports("bob")) {
		if _, err := w.Reply(t.Context(), "bob", f, 1, "reply to "+f.Text); err != nil {
			t.Fatal(err)
		}
	}
	for i, code := range words {
		if e := w.check(code).Entries(); !slices.ContainsFunc(e, func(e droptest.Entry) bool { return e.From == "bob" && e.Text == "reply to "+texts[i] }) {
			t.Errorf("report %d: %+v", i, e)
		}
	}
}

// The poster says where this is by the name it was asked for, if that can be a name.
func TestPoster(t *testing.T) {
	w := newWorld(t)
	for host, says := range map[string]bool{"box.example": true, strings.Repeat("abcdefg2", 7) + ".onion": true, "[::1]:8460": true, "a b": false, "<b>": false, "evil.example/x": false} {
		r := httptest.NewRequest("GET", "/poster", nil)
		r.Host = host
		rec := httptest.NewRecorder()
		w.Web.ServeHTTP(rec, r)
		if rec.Code != 200 || strings.Contains(rec.Body.String(), "<bdi>"+host+"</bdi>") != says {
			t.Errorf("asked as %q: status %d, names it: want %v", host, rec.Code, says)
		}
		if strings.Contains(rec.Body.String(), "Tor Browser, which you can get") != strings.HasSuffix(host, ".onion") {
			t.Errorf("asked as %q, it speaks of Tor Browser wrongly", host)
		}
		for _, k := range w.Set.Keyholders {
			if !strings.Contains(rec.Body.String(), k.Fingerprint()) {
				t.Errorf("the fingerprint of %s is missing", k.Name)
			}
		}
		if !strings.Contains(rec.Body.String(), "At least 2 of them must sign") {
			t.Error("it does not say how many of them have to sign")
		}
	}
}
