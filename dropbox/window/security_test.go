package window

import (
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"tellbox/dropbox/droptest"
)

const secret = "THEACCOUNTITSELF"

// asked is one request from outside, with nothing but what it says.
func (h *her) asked(method, path string, header http.Header, body string) *droptest.Page {
	h.Helper()
	r, err := http.NewRequest(method, h.window.origin()+path, strings.NewReader(body))
	h.must(err)
	for name, values := range header {
		r.Header[name] = values
	}
	if host := header.Get("Host"); host != "" {
		r.Host = host
	}
	page, err := (&droptest.Visitor{Client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}).Do(r)
	h.must(err)
	return page
}

// refused wants a plain page with nothing of the desk.
func (h *her) refused(p *droptest.Page, what string) {
	h.Helper()
	if p.Status != http.StatusForbidden || p.Name() != "stray" {
		h.Errorf("%s: status %d, page %s", what, p.Status, p.Name())
	}
	for _, private := range []string{secret, "alice", "Inbox", h.window.form, h.window.session} {
		if strings.Contains(p.Body, private) {
			h.Errorf("%s: the page has %q", what, private)
		}
	}
}

// cookie is the header that her browser sends.
func (h *her) cookie() string {
	u, _ := url.Parse(h.window.origin())
	for _, c := range h.http.Jar.Cookies(u) {
		if c.Name == h.window.cookie() {
			return c.Name + "=" + c.Value
		}
	}
	return ""
}

// openedDesk is a window with a case in it that was read.
func openedDesk(t *testing.T) *her {
	w := newWorld(t)
	w.report(secret)
	h := w.start(w.desk())
	h.go_("/case/1")
	h.shows("case", "", secret)
	return h
}

func TestLoopbackOnly(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "localhost:0", "[::1]:0", "[::]:0", "192.0.2.1:0", "127.0.0.2:0", "127.0.0.1", "", "127.0.0.1.example:0"} {
		if l, err := Listen(address); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: listens at %v, error %v", address, l, err)
		}
	}
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	again, err := Listen("127.0.0.1:0")
	if err != nil || again.Addr().String() == l.Addr().String() {
		t.Errorf("two desks are at %v and %v, %v", l.Addr(), again.Addr(), err)
	}
	again.Close()
}

// The token gives a session once; whatever only looks ahead spends nothing.
func TestTokenOnce(t *testing.T) {
	w := newWorld(t)
	w.report(secret)
	h := w.serve(w.desk())
	open := strings.TrimPrefix(h.window.URL(), h.window.origin())
	for _, ahead := range []http.Header{{"Sec-Purpose": {"prefetch;prerender"}}, {"Purpose": {"prefetch"}}, {"X-Moz": {"prefetch"}}, {"X-Purpose": {"preview"}}} {
		h.refused(h.asked("GET", open, ahead, ""), "looking ahead")
	}
	if p := h.asked("HEAD", open, nil, ""); p.Status != http.StatusForbidden {
		t.Errorf("HEAD is answered by %d", p.Status)
	}
	h.refused(h.asked("POST", open, http.Header{"Origin": {h.window.origin()}}, ""), "POST")
	h.refused(h.asked("GET", open[:len(open)-1]+"x", nil, ""), "a wrong token")
	h.refused(h.asked("GET", "/open/", nil, ""), "no token")

	first := h.asked("GET", open, nil, "")
	if first.Status != http.StatusSeeOther || first.Header.Get("Location") != "/" {
		t.Fatalf("the token leads to %d %v", first.Status, first.Header)
	}
	set := first.Header.Values("Set-Cookie")
	if len(set) != 1 {
		t.Fatalf("cookies %q", set)
	}
	c, err := http.ParseSetCookie(set[0])
	w.must(err)
	_, port, _ := strings.Cut(h.window.host, ":")
	if c.Name != "desk-"+port || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Domain != "" || c.Path != "/" || c.MaxAge != 0 || !c.Expires.IsZero() || len(c.Value) < 26 {
		t.Errorf("the cookie is %s", set[0])
	}
	if strings.Contains(set[0], open[len("/open/"):]) {
		t.Error("the cookie is the token")
	}
	used := h.asked("GET", open, nil, "")
	h.refused(used, "a used token")
	if !strings.Contains(used.Body, "start it again") || len(used.Header.Values("Set-Cookie")) > 0 {
		t.Errorf("a used token is answered by %v %s", used.Header, used.Body)
	}
	if back := h.asked("GET", open, http.Header{"Cookie": {c.Name + "=" + c.Value}}, ""); back.Header.Get("Location") != "/" {
		t.Errorf("going back to the token leads her to %d %v", back.Status, back.Header)
	}
}

// Without her cookie, for another host, or from another page, no request gets anywhere.
func TestStrangersGetNothing(t *testing.T) {
	h := openedDesk(t)
	origin, cookie := h.window.origin(), h.cookie()
	if cookie == "" {
		t.Fatal("she has no cookie")
	}
	paths := []string{"/", "/show/new", "/case/1", "/case/1/picture", "/case/1/forget", "/picture.png", "/search", "/stats", "/stats.csv", "/backup", "/people", "/key", "/card.txt", "/join", "/nothing"}
	for _, path := range paths {
		h.refused(h.asked("GET", path, nil, ""), path+" without a cookie")
		h.refused(h.asked("GET", path, http.Header{"Cookie": {h.window.cookie() + "=wrong"}}, ""), path+" with a wrong cookie")
		h.refused(h.asked("GET", path, http.Header{"Cookie": {cookie + "; " + h.window.cookie() + "=wrong"}}, ""), path+" with two cookies")
		for _, host := range []string{"localhost:" + origin[len("http://127.0.0.1:"):], "127.0.0.1", "evil.example", "127.0.0.1:1", "127.0.0.1.evil.example:" + origin[len("http://127.0.0.1:"):]} {
			h.refused(h.asked("GET", path, http.Header{"Cookie": {cookie}, "Host": {host}}, ""), path+" for "+host)
		}
		for _, site := range []string{"cross-site", "same-site", "strange"} {
			h.refused(h.asked("GET", path, http.Header{"Cookie": {cookie}, "Sec-Fetch-Site": {site}}, ""), path+" "+site)
		}
	}
	if p := h.asked("GET", "/case/1", http.Header{"Cookie": {cookie}, "Sec-Fetch-Site": {"same-origin"}}, ""); !strings.Contains(p.Body, secret) {
		t.Error("her own browser does not get it either")
	}

	form := url.Values{"form": {h.window.form}, "note": {"a note"}}.Encode()
	post := func(change http.Header, body string) *droptest.Page {
		header := http.Header{"Cookie": {cookie}, "Origin": {origin}, "Sec-Fetch-Site": {"same-origin"}, "Content-Type": {"application/x-www-form-urlencoded"}}
		for name, values := range change {
			header[name] = values
		}
		return h.asked("POST", "/case/1/note", header, body)
	}
	for what, p := range map[string]*droptest.Page{
		"no cookie":           post(http.Header{"Cookie": nil}, form),
		"no origin":           post(http.Header{"Origin": nil}, form),
		"null origin":         post(http.Header{"Origin": {"null"}}, form),
		"other port":          post(http.Header{"Origin": {"http://127.0.0.1:1"}}, form),
		"localhost":           post(http.Header{"Origin": {strings.Replace(origin, "127.0.0.1", "localhost", 1)}}, form),
		"https":               post(http.Header{"Origin": {strings.Replace(origin, "http", "https", 1)}}, form),
		"two origins":         post(http.Header{"Origin": {origin, "http://evil.example"}}, form),
		"cross-site":          post(http.Header{"Sec-Fetch-Site": {"cross-site"}}, form),
		"same-site":           post(http.Header{"Sec-Fetch-Site": {"same-site"}}, form),
		"none":                post(http.Header{"Sec-Fetch-Site": {"none"}}, form),
		"no form token":       post(nil, "note=a+note"),
		"wrong form token":    post(nil, "note=a+note&form=wrong"),
		"token in the query":  h.asked("POST", "/case/1/note?form="+h.window.form, http.Header{"Cookie": {cookie}, "Origin": {origin}, "Content-Type": {"application/x-www-form-urlencoded"}}, "note=a+note"),
		"to lock, no token":   h.asked("POST", "/lock", http.Header{"Cookie": {cookie}, "Origin": {origin}, "Content-Type": {"application/x-www-form-urlencoded"}}, ""),
		"to close, no token":  h.asked("POST", "/close", http.Header{"Cookie": {cookie}, "Origin": {origin}, "Content-Type": {"application/x-www-form-urlencoded"}}, ""),
		"to close, no cookie": h.asked("POST", "/close", http.Header{"Origin": {origin}, "Content-Type": {"application/x-www-form-urlencoded"}}, form),
	} {
		h.refused(p, what)
	}
	h.go_("/case/1")
	if h.shows("case", ""); strings.Contains(h.text(), "a note") {
		t.Error("a stranger has left a note")
	}
	if p := post(nil, form); p.Status != http.StatusSeeOther {
		t.Errorf("her own form is answered by %d %s", p.Status, p.Body)
	}
}

// Every answer forbids scripts, frames, caches and other hosts; no page has a script, a style or a title of its own.
func TestEveryPageIsPlain(t *testing.T) {
	h := openedDesk(t)
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		"Cache-Control":           "no-store", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	}
	for _, path := range []string{"/", "/case/1", "/case/1/forget", "/search", "/stats", "/stats.csv", "/backup", "/people", "/key", "/card.txt", "/join", "/nothing", "/style.css", "/desk/desk.css", "/icon.png", "/open/wrong"} {
		p := h.go_(path)
		for name, value := range want {
			if asset := assets[path[1:]] != ""; asset && name == "Cache-Control" {
				continue // nothing in them is anybody's
			}
			if p.Header.Get(name) != value {
				t.Errorf("%s: %s is %q", path, name, p.Header.Get(name))
			}
		}
		if !strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
			continue
		}
		for _, no := range []string{"<script", " style=", "<style", "javascript:", "://", " onclick", "<iframe", "<link rel=\"pre"} {
			if strings.Contains(strings.ReplaceAll(p.Body, h.box.URL, ""), no) && !(no == "://" && path == "/join") {
				t.Errorf("%s has %q", path, no)
			}
		}
		if !strings.Contains(p.Body, "<title>Desk</title>") {
			t.Errorf("%s has another title", path)
		}
	}
}

// Nothing about a case is in an address, so nothing is in the browser's history.
func TestAddressesTellNothing(t *testing.T) {
	h := openedDesk(t)
	d := h.window.desk
	in, err := d.Inbox()
	h.must(err)
	id := in.Cases[0].ID
	for _, path := range []string{"/", "/case/1", "/search"} {
		p := h.go_(path)
		for n := range p.Root.Descendants() {
			for _, a := range []string{"href", "action", "src"} {
				if v := droptest.Attr(n, a); strings.Contains(v, id) || strings.Contains(strings.ToLower(v), "theaccount") {
					t.Errorf("%s leads to %s", path, v)
				}
			}
		}
	}
	h.press("/search", "words", "theaccount")
	h.shows("search", "", "1 case found", secret)
	if h.at != "/search" {
		t.Errorf("a search is at %s", h.at)
	}
}

// Two desks in one browser keep their sessions apart.
func TestTwoDesks(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(w.desk()), w.serve(nil)
	b.http = a.http
	b.go_(strings.TrimPrefix(b.window.URL(), b.window.origin()))
	b.shows("locked", "")
	a.go_("/")
	a.shows("inbox", "")
	b.press("/unlock", "passphrase", passphrase)
	b.shows("locked", "in-use")
}

// A locked desk, and one that ended, leave the folder as the commands do.
func TestNothingLeft(t *testing.T) {
	h := openedDesk(t)
	h.do(h.request("/case/1/reply", []string{"reply", "DRAFTWORDS", "do", "draft"}, droptest.File{Name: "a.txt", Content: "ATTACHEDWORDS"}))
	h.shows("case", "", "a.txt")
	h.end()
	<-h.ended
	nothingPlain(t, h.home, secret, "DRAFTWORDS", "ATTACHEDWORDS")
	names, err := filepath.Glob(filepath.Join(h.home, ".*"))
	h.must(err)
	if len(names) > 0 {
		t.Errorf("left: %v", names)
	}
	h.must(h.desk().Close())
}
