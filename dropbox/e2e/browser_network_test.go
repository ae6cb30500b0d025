package e2e

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// recorder stands in front of a box, and writes down what of every request is not its body, and every cookie that is set.
type recorder struct {
	URL string

	mu      sync.Mutex // protects the rest
	heads   []string   // request lines and headers
	posts   map[string]int
	cookies []string // path and Set-Cookie
	open    int      // requests that are not answered yet
}

func record(t *testing.T, box string) *recorder {
	to, err := url.Parse(box)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{posts: map[string]int{}}
	proxy := &httputil.ReverseProxy{
		Rewrite:  func(p *httputil.ProxyRequest) { p.SetURL(to) },
		ErrorLog: log.New(io.Discard, "", 0), // a second press breaks the first request off
		ModifyResponse: func(resp *http.Response) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			for _, c := range resp.Header["Set-Cookie"] {
				r.cookies = append(r.cookies, resp.Request.URL.Path+" "+c)
			}
			return nil
		},
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		head, err := httputil.DumpRequest(q, false)
		if err != nil {
			panic(err)
		}
		r.mu.Lock()
		r.open++
		r.heads = append(r.heads, string(head))
		if q.Method == "POST" {
			r.posts[q.URL.Path]++
		}
		r.mu.Unlock()
		defer func() {
			r.mu.Lock()
			r.open--
			r.mu.Unlock()
		}()
		proxy.ServeHTTP(w, q)
	}))
	t.Cleanup(s.Close)
	r.URL = s.URL
	return r
}

// behind puts a recorder before the site, whose visitors then come that way; leaving leads to another site.
func (s *site) behind(t *testing.T) (r *recorder, exit string) {
	t.Helper()
	exit = weather(t)
	s.stop(syscall.SIGTERM)
	s.start(strings.TrimPrefix(s.url, "http://"), "-exit", exit) // where Alice joined
	return record(t, s.url), exit
}

// On the whole journey nothing is asked of another host, nothing is kept in the browser, no cookie is set but the one on the way out;
// and neither the words nor what she types stand in an address, a title, a header or the server's log.
func TestBrowserKeepsNothing(t *testing.T) {
	s := newSite(t)
	r, exit := s.behind(t)
	var mu sync.Mutex
	var secrets []string // of all ways
	ran := 0             // ways for which there is a browser here: in CI all of them, or they have failed
	t.Cleanup(func() {
		said, err := os.ReadFile(s.path("log"))
		if err != nil {
			t.Fatal(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, secret := range secrets {
			if strings.Contains(strings.ToLower(string(said)), secret) {
				t.Errorf("%q stands in the log", secret)
			}
			for _, head := range r.heads {
				if strings.Contains(strings.ToLower(head), secret) {
					t.Errorf("%q stands in %s", secret, head)
				}
			}
		}
		if len(r.heads) < ran*12 || len(secrets) < ran*20 {
			t.Errorf("%d requests and %d secrets were seen", len(r.heads), len(secrets))
		}
		for _, c := range r.cookies {
			if !strings.HasPrefix(c, "/exit/") {
				t.Errorf("a cookie is set: %s", c)
			}
		}
		if len(r.cookies) != ran {
			t.Errorf("%d cookies were set, want one on each way out", len(r.cookies))
		}
	})
	everyWay(t, func(t *testing.T, b *tab) {
		mu.Lock()
		ran++
		mu.Unlock()
		var titles []string
		page := func() {
			t.Helper()
			b.keepsNothing()
			titles = append(titles, value[string](b, `document.title + " " + location.href`))
		}
		for _, path := range []string{"/readers", "/questions", "/nowhere"} {
			b.visit(r.URL + path)
			page()
		}
		b.toForm(r.URL)
		page()
		b.write(`[name="prompt.where"]`, "canary-where")
		b.follow(sendReport, "form/empty-account")
		page()
		b.write(account, "canary-account")
		b.use("[name=copy]")
		b.follow(sendReport, "code")
		words := b.words()
		page()
		b.write(codeField, words[:strings.LastIndex(words, " ")]+" qqcanary")
		b.follow(startCheck, "check/code-word")
		page()
		b.toConversation(r.URL, strings.ToUpper(words))
		page()
		b.write("#text", "canary-message")
		b.follow(sendMessage, "conversation")
		page()
		b.use("#confirm")
		b.follow(`form[action="/withdraw"] button`, "withdrawn")
		page()
		b.do("use", args{"at": "#exit", "leads": true})

		found := []string{"canary"}
		fields := strings.Fields(words)
		for i, w := range fields[1:] {
			for _, between := range []string{" ", "+", "%20", "-", ",", ""} {
				found = append(found, fields[i]+between+w)
			}
		}
		for _, secret := range found {
			if text := strings.ToLower(strings.Join(titles, "\n")); strings.Contains(text, secret) {
				t.Errorf("%q stands in a title or an address: %s", secret, text)
			}
		}
		mu.Lock()
		secrets = append(secrets, found...)
		mu.Unlock()
		asked := decode[[]string](t, string(b.do("asked", nil)))
		for _, u := range asked {
			// Firefox itself looks at a font of its own, which comes from nowhere.
			if !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, r.URL+"/") && !strings.HasPrefix(u, strings.TrimSuffix(exit, "weather")) {
				t.Errorf("the browser asked for %s", u)
			}
		}
		if len(asked) < 12 || !slices.Contains(asked, r.URL+"/style.css") {
			t.Errorf("the browser asked for %q alone", asked)
		}
	})
}

// keepsNothing wants the browser to have nothing of the page but the page. What answers later never does in a Firefox without
// scripts; there nothing but a script could have put something in.
func (b *tab) keepsNothing() {
	b.t.Helper()
	const now = `cookie: document.cookie, local: Object.keys(localStorage), session: Object.keys(sessionStorage), name: window.name`
	later := ""
	if b.w.scripts == "on" {
		later = `, databases: await indexedDB.databases(), caches: await caches.keys(), workers: await navigator.serviceWorker?.getRegistrations() ?? []`
	}
	await := map[string]string{"on": "async ", "off": ""}[b.w.scripts]
	if found := value[[]string](b, `(`+await+`() => Object.entries({`+now+later+`}).filter(([_, what]) => what.length).map(([name]) => name))()`); len(found) > 0 {
		b.t.Errorf("%s: the browser keeps %q", value[string](b, "location.href"), found)
	}
	if cookies := decode[[]any](b.t, string(b.do("cookies", nil))); len(cookies) > 0 {
		b.t.Errorf("%s: there are cookies: %v", value[string](b, "location.href"), cookies)
	}
}

// What is sent twice is stored once: Send pressed three times, and the words page reloaded, which shows the same words.
func TestResend(t *testing.T) {
	s := newSite(t)
	everyWay(t, func(t *testing.T, b *tab) {
		r := record(t, s.url)
		text := "once, " + b.w.String()
		b.toForm(r.URL)
		b.write(account, text)
		if _, err := b.try("use", args{"at": sendReport, "times": 3, "leads": true}); err != nil {
			t.Fatalf("%v, and the form was sent %d times; %d requests are open", err, r.sent("/report/send"), r.open)
		}
		b.settle(r)
		b.at("code")
		pressed := r.sent("/report/send")
		words := b.words()
		for range 2 {
			b.do("reload", nil)
			b.at("code")
			if again := b.words(); again != words {
				t.Errorf("a reload shows %q, and before it were %q", again, words)
			}
		}
		if n := r.sent("/report/send") - pressed; n != 2 {
			t.Errorf("two reloads sent the form %d times", n)
		}
		t.Logf("three presses sent the form %d times", pressed)

		b.toConversation(r.URL, words)
		b.write("#text", "more")
		b.do("use", args{"at": sendMessage, "times": 3, "leads": true})
		b.settle(r)
		desk.Lock()
		defer desk.Unlock()
		found, entries := 0, 0
		for _, c := range decode[inbox](t, s.advocate("alice", "inbox", "-json")).Cases {
			if decode[caseView](t, s.advocate("alice", "read", c.ID, "-json")).Account == text {
				found, entries = found+1, entries+c.Entries
			}
		}
		if found != 1 || entries != 2 {
			t.Errorf("Alice has %d reports with %d entries, want one report and one message", found, entries)
		}
	})
}

// settle waits until all that she pressed is sent and answered.
func (b *tab) settle(r *recorder) {
	b.t.Helper()
	for open := 1; open > 0; {
		b.do("settle", nil)
		r.mu.Lock()
		open = r.open
		r.mu.Unlock()
	}
	b.do("settle", nil)
}

func (r *recorder) sent(path string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.posts[path]
}
