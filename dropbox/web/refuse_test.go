package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// typed holds a page to what she typed being in its form.
func (w *world) typed(p *droptest.Page, action string, pairs ...string) {
	w.t.Helper()
	f := w.form(p, action)
	for i := 0; i+1 < len(pairs); i += 2 {
		if got := strings.ReplaceAll(f.Get(pairs[i]), "\r\n", "\n"); got != pairs[i+1] && !slices.Contains(f.Values[pairs[i]], pairs[i+1]) {
			w.t.Errorf("field %s is %.60q, want %.60q", pairs[i], got, pairs[i+1])
		}
	}
	if f.Get("ticket") == "" || f.Get("sending") == "" && action != "/check" {
		w.t.Errorf("the form to %s has no ticket or sending number", action)
	}
}

func TestReportRefusals(t *testing.T) {
	w := newWorld(t)
	other := dropbox.NewCode().Words()
	for _, c := range []struct {
		name   string
		status int
		token  string
		pairs  []string
	}{
		{"empty", 422, "empty-account", []string{"account", ""}},
		{"blank", 422, "empty-account", []string{"account", " \n\t "}},
		{"100,001 characters", 422, "too-long", []string{"account", strings.Repeat("x", 100_001)}},
		{"100,001 Chinese characters", 422, "too-long", []string{"account", strings.Repeat("说", 100_001)}},
		{"with the prompts too long", 422, "too-long", []string{"account", strings.Repeat("x", 99_999), "prompt.when", "ab"}},
		{"a code", 422, "code-in-text", []string{"account", "my words are " + other}},
		{"a code in a prompt", 422, "code-in-text", []string{"account", "x", "prompt.where", other}},
		{"a reader not shown", 422, "unknown-reader", []string{"account", "x", "exclude", "mallory"}},
		{"all struck off", 422, "no-reader", []string{"account", "x", "exclude", "alice bob carol"}},
		{"another roster", 422, "readers-changed", []string{"account", "x", "roster", "2"}},
		{"an unknown wish", 400, "malformed", []string{"account", "x", "wish", "revenge"}},
		{"a record too long to share", 422, "too-long", []string{"account", strings.Repeat("x", 99_990), "wish", "record"}},
		{"an unknown about", 400, "malformed", []string{"account", "x", "about", "them"}},
		{"no sending number", 400, "malformed", []string{"account", "x", "sending", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &world{t: t, Box: w.Box, Visitor: w.Visitor, clock: w.clock}
			f := w.blank().With(c.pairs...)
			f.Values["exclude"] = strings.Fields(f.Get("exclude"))
			f.Set("prompt.told", "a\n\"quoted\" <b>")
			f.Set("copy", "yes")
			p := w.send(f)
			w.expect(p, c.status, "form", c.token)
			w.typed(p, "/report/send", "account", f.Get("account"), "prompt.told", "a\n\"quoted\" <b>", "copy", "yes")
			for _, id := range f.Values["exclude"] {
				if _, ok := w.Roster.Reader(id); ok && !slices.Contains(w.form(p, "/report/send").Values["exclude"], id) {
					t.Errorf("%s is not ticked any more", id)
				}
			}
			if field := droptest.Attr(p.ByID("account"), "aria-invalid"); c.token == "empty-account" && field != "true" {
				t.Errorf("the account has aria-invalid %q", field)
			}
			// With the mistake mended, the same form goes through.
			good := w.form(p, "/report/send").With("account", "mended "+c.name, "prompt.where", "", "prompt.when", "", "wish", "advice", "about", "me")
			good.Values.Del("exclude")
			w.expect(w.send(good), 200, "code", "")
		})
	}
	if got := w.reports("alice"); len(got) != 14 {
		t.Errorf("alice got %d reports, want 14", len(got))
	}
	if got := w.reports("carol"); len(got) != 0 {
		t.Errorf("carol got %q", got)
	}
}

func TestLargeAccounts(t *testing.T) {
	w := newWorld(t)
	for name, text := range map[string]string{
		"latin": strings.Repeat("x", 100_000), "chinese": strings.Repeat("说", 100_000), "emoji": strings.Repeat("🫂", 100_000),
		"lines": strings.Repeat("\r\n", 49_999) + "xy", "quotes": strings.Repeat(`"`, 100_000),
	} {
		words := w.report(text, "copy", "yes")
		if e := w.check(words).Entries(); len(e) != 1 || strings.TrimSpace(e[0].Text) != strings.TrimSpace(dropbox.Clean(text)) {
			t.Errorf("%s: came back otherwise", name)
		}
	}
	// URL-encoded, the emoji make 1.2 MB.
	f := w.blank().With("account", strings.Repeat("🫂", 100_000))
	p := must[*droptest.Page](t)(w.post(f.Action, "application/x-www-form-urlencoded", f.Encode()))
	w.expect(p, 200, "code", "")
	// A body of 10 MiB: refused, and what was read of it is in the form.
	f = w.blank().With("account", strings.Repeat("long ", 2<<20), "prompt.when", "For years")
	p = w.send(f)
	if p.Status != 413 || p.Problem() != "too-large" || !strings.Contains(p.Body, "long long long") || !strings.Contains(p.Body, "only the start") {
		t.Errorf("10 MiB: status %d, problem %q", p.Status, p.Problem())
	}
}

func (w *world) post(path, kind, body string) (*droptest.Page, error) {
	r, err := http.NewRequest("POST", w.URL+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", kind)
	return w.Do(r)
}

func TestMalformedForms(t *testing.T) {
	w := newWorld(t)
	body := "--b\r\nContent-Disposition: form-data; name=\"account\"\r\n\r\nwhat she typed\r\n--b"
	for name, c := range map[string][2]string{
		"no boundary":    {"multipart/form-data", body},
		"no type":        {"", body},
		"json":           {"application/json", `{"account":"x"}`},
		"broken off":     {"multipart/form-data; boundary=b", body},
		"broken header":  {"multipart/form-data; boundary=b", body + "\r\nnonsense\r\n\r\n"},
		"bad escape":     {"application/x-www-form-urlencoded", "account=what+she+typed&x=%zz"},
		"a file":         {"multipart/form-data; boundary=b", body + "\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.png\"\r\n\r\nPNG\r\n--b--\r\n"},
		"nothing at all": {"multipart/form-data; boundary=b", ""},
	} {
		for _, path := range []string{"/report/send", "/message", "/wish", "/withdraw", "/check", "/report"} {
			p, err := w.post(path, c[0], c[1])
			if err != nil {
				t.Fatal(err)
			}
			if path == "/check" && name == "a file" || path == "/report" && name == "a file" {
				continue // a form with a file that nobody asked for; nothing is stored of it
			}
			if p.Status != 400 || p.Problem() != "malformed" {
				t.Errorf("%s to %s: status %d, problem %q", name, path, p.Status, p.Problem())
			}
			if path == "/report/send" && (name == "broken off" || name == "a file" || name == "bad escape") && !strings.Contains(p.Body, "what she typed") {
				t.Errorf("%s: what she typed is gone", name)
			}
		}
	}
	if got := w.reports("alice"); len(got) != 0 {
		t.Errorf("something was stored: %q", got)
	}
}

func TestOmbudspersonReadsIfAllElseAreStruckOff(t *testing.T) {
	w := newWorld(t)
	f := w.blank().With("account", "about both of them")
	f.Values["exclude"] = []string{"alice", "bob"}
	w.expect(w.send(f), 200, "code", "")
	if a, c := w.reports("alice"), w.reports("carol"); len(a) != 0 || len(c) != 1 {
		t.Errorf("alice got %d, carol %d", len(a), len(c))
	}
	// A reader who was not shown gets nothing, whatever the roster says.
	f = w.blank().With("account", "only to who was shown")
	f.Values["shown"] = []string{"bob"}
	w.expect(w.send(f), 200, "code", "")
	if a, b := w.reports("alice"), w.reports("bob"); len(a) != 0 || len(b) != 1 {
		t.Errorf("alice got %d, bob %d", len(a), len(b))
	}
}

func TestCodeRefusals(t *testing.T) {
	w := newWorld(t)
	words := strings.Fields(w.report("x"))
	join := func(w ...string) string { return strings.Join(w, " ") }
	mistyped := slices.Clone(words)
	mistyped[2] = mistyped[2][:1] + "qqzq"
	for name, c := range map[string]struct {
		typed, token string
		status       int
	}{
		"nothing":  {"", "code-length", 422},
		"half":     {join(words[:4]...), "code-length", 422},
		"foreign":  {"1234 5678 9012 3456", "code-length", 422},
		"mistyped": {join(mistyped...), "code-word", 422},
		"swapped":  {join(append([]string{words[1], words[0]}, words[2:]...)...), "code-checksum", 422},
		"unknown":  {dropbox.NewCode().Words(), "nothing-here", 404},
		"huge":     {strings.Repeat("abacus ", 100_000), "code-length", 422},
	} {
		if words[0] == words[1] && name == "swapped" {
			continue
		}
		p := w.check(c.typed)
		if name == "swapped" && !strings.Contains(p.Body, "Words 1 and 2 may be the other way round.") {
			t.Error("the page does not say which words may be swapped")
		}
		if name == "swapped" && p.Problem() == "nothing-here" {
			continue // one in 128 passes the checksum
		}
		w.expect(p, c.status, "check", c.token)
		if name == "mistyped" {
			if got := w.form(p, "/check").Get("code"); got != c.typed {
				t.Errorf("typed %q is now %q", c.typed, got)
			}
		}
		if strings.Contains(p.Header.Get("Location"), words[5]) {
			t.Error("a word in a URL")
		}
		// The refusal did not use up the form.
		w.expect(w.press(p, "/check", "code", join(words...)), 200, "conversation", "")
	}
	// A suggestion with its position, from the list alone.
	slip := slices.Clone(words)
	slip[7] = slip[7][:len(slip[7])-1] + "q"
	p := w.check(join(slip...))
	w.expect(p, 422, "check", "code-word")
	if p.ByID("suggestions") == nil || !strings.Contains(p.Body, `data-position="8"`) || !strings.Contains(p.Body, ">"+words[7]+"</code>") {
		t.Error("the right word is not suggested, or not where it belongs")
	}
}

func TestRosterChanges(t *testing.T) {
	w := newWorld(t)
	words := w.report("first")
	before := w.blank().With("account", "typed before the change", "exclude", "bob")
	w.advocate("dora", "Dora Finch")
	p := w.send(before)
	w.expect(p, 422, "form", "readers-changed")
	w.typed(p, "/report/send", "account", "typed before the change", "exclude", "bob", "shown", "dora")
	w.expect(w.press(p, "/report/send"), 200, "code", "")
	if d, b := w.reports("dora"), w.reports("bob"); len(d) != 1 || len(b) != 1 {
		t.Errorf("dora got %d, bob %d", len(d), len(b))
	}
	// What she writes on goes to those she chose, and not to the new one.
	c := w.press(w.check(words), "/message", "text", "more")
	w.expect(c, 200, "conversation", "")
	if a, d := must[[]dropbox.MailEntry](t)(w.Mail("alice")), must[[]dropbox.MailEntry](t)(w.Mail("dora")); len(a) != 3 || len(d) != 1 {
		t.Errorf("alice has %d, dora %d", len(a), len(d))
	}
	// A reader leaves: she is told, and what she writes goes to the other.
	if err := w.Roster.Remove("alice", w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := w.Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	c = w.check(words)
	if !strings.Contains(c.Body, "alice") {
		t.Error("she is not told that alice left")
	}
	w.expect(w.press(c, "/message", "text", "to bob"), 200, "conversation", "")
	if b := must[[]dropbox.MailEntry](t)(w.Mail("bob")); len(b) != 3 {
		t.Errorf("bob has %d", len(b))
	}
	// Older, unsigned and foreign rosters are refused by the server itself.
	if _, err := w.Web.CheckRoster(nil, w.Signed); err == nil {
		t.Error("the same version was taken again")
	}
	if _, err := w.Web.CheckRoster(nil, []byte(w.Roster.Text())); err == nil {
		t.Error("an unsigned roster was taken")
	}
}

func TestRosterExpiresWhileServing(t *testing.T) {
	w := newWorld(t)
	words := w.report("before", "copy", "yes")
	f := w.blank().With("account", "typed in time")
	w.clock.Add(51 * 24 * time.Hour)
	p := w.send(f)
	w.expect(p, 503, "form", "roster-expired")
	w.typed(p, "/report/send", "account", "typed in time")
	if p.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	w.expect(w.press(w.get("/"), "/check"), 200, "check", "")
	start := w.get("/")
	w.expect(start, 200, "start", "")
	if p, err := w.post("/report", "application/x-www-form-urlencoded", "lang=en"); err != nil || p.Status != 503 || p.Problem() != "roster-expired" {
		t.Errorf("a blank form: %d %v", p.Status, err)
	}
	c := w.check(words)
	w.expect(c, 200, "conversation", "")
	w.expect(w.press(c, "/message", "text", "conversations go on"), 200, "conversation", "")
	if got := must[[]dropbox.MailEntry](t)(w.Mail("alice")); len(got) != 2 {
		t.Errorf("alice has %d", len(got))
	}
}

func TestStoreDown(t *testing.T) {
	w := newWorld(t)
	words := w.report("x")
	c := w.check(words)
	f := w.blank().With("account", "typed while it was down")
	blank := w.press(w.get("/"), "/check")
	w.down.Store(true)
	for _, step := range []struct {
		page   *droptest.Page
		name   string
		action string
		field  string
		typed  string
	}{
		{w.send(f), "form", "/report/send", "account", "typed while it was down"},
		{w.press(blank, "/check", "code", words), "check", "/check", "code", words},
		{w.press(c, "/message", "text", "more"), "conversation", "/message", "text", "more"},
	} {
		w.expect(step.page, 503, step.name, "store-down")
		w.typed(step.page, step.action, step.field, step.typed)
		if strings.Contains(step.page.Body, "canary-in-a-store-error") {
			t.Error("the page shows the store's error")
		}
	}
	w.down.Store(false)
	w.expect(w.send(f), 200, "code", "")
	w.expect(w.press(c, "/message", "text", "more"), 200, "conversation", "")
}

func TestMessageRefusals(t *testing.T) {
	w := newWorld(t)
	words := w.report("x")
	c := w.check(words)
	for _, step := range [][2]string{{"", "empty-account"}, {strings.Repeat("说", 100_001), "too-long"}, {"my words: " + words, "code-in-text"}} {
		p := w.press(c, "/message", "text", step[0])
		w.expect(p, 422, "conversation", step[1])
		w.typed(p, "/message", "text", step[0])
		if len(p.Entries()) != 0 {
			t.Error("a refusal shows the conversation: Back and Reload would show it again")
		}
		if step[1] != "code-in-text" && strings.Contains(p.Body, words) {
			t.Error("the words are on the page")
		}
	}
	w.expect(w.press(c, "/message", "text", "now it is right"), 200, "conversation", "")
	c = w.check(words)
	for _, wish := range []string{"", "x"} {
		w.expect(w.press(c, "/wish", "wish", wish), 400, "conversation", "malformed")
	}
	w.expect(w.press(c, "/withdraw"), 400, "conversation", "malformed")
	w.expect(w.press(c, "/withdraw", "confirm", "yes"), 200, "withdrawn", "")
}

// While many forms wait for memory, no new blank ones are given out; those already out go through.
func TestPressure(t *testing.T) {
	w := newWorld(t)
	f := w.blank().With("account", "sent under pressure")
	release, err := w.Web.Strain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.post("/report", "application/x-www-form-urlencoded", "lang=en")
	if err != nil {
		t.Fatal(err)
	}
	w.expect(p, 503, "problem", "busy")
	w.expect(w.send(f), 200, "code", "")
	release()
	w.expect(w.press(w.get("/"), "/report"), 200, "form", "")
}

// A form for which there is no memory is not read at all, rather than given back cut; the page says where her text is.
func TestNoRoomToRead(t *testing.T) {
	w := newWorld(t, pseudo)
	text := strings.Repeat("说话 ", 30_000) + "THE END"
	f := w.blank().With("account", text)
	release, err := w.Web.Strain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other := make(chan *droptest.Page)
	go func() {
		p, _ := w.post("/report/send", "application/x-www-form-urlencoded", "ticket=x&lang=ar-XB&account="+url.QueryEscape(text))
		other <- p
	}()
	p := w.send(f)
	w.expect(p, 503, "problem", "busy")
	if p := <-other; p == nil || droptest.Attr(p.ByID("main"), "data-page") != "problem" || !strings.Contains(p.Body, "⟦Reload this page") || strings.Contains(p.Body, "hreflang") {
		t.Error("the page is not in her language, or leads away from her text")
	}
	if !strings.Contains(p.Body, "Reload this page") || strings.Contains(p.Body, "still here") {
		t.Error("the page does not say where her text is")
	}
	release()
	w.expect(w.send(f), 200, "code", "")
	if got := w.reports("alice"); len(got) != 1 || got[0] != text {
		t.Error("alice got another text")
	}
}

func TestLongLanguages(t *testing.T) {
	w := newWorld(t)
	p, err := w.post("/check", "application/x-www-form-urlencoded", "lang="+strings.Repeat("zh,", 1<<18))
	if err != nil || p.Status != 200 || len(p.Body) > 100_000 {
		t.Errorf("%v", err)
	}
}
