package window

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"strings"

	"golang.org/x/net/html"

	"tellbox/dropbox/desk"
	"tellbox/dropbox/droptest"
)

// her is a browser, and the window that it looks at.
type her struct {
	*world
	window *Window
	clock  *clock
	http   *http.Client
	end    context.CancelFunc
	ended  chan struct{}
	page   *droptest.Page
	at     string
}

// start runs a window, and opens its address.
func (w *world) start(d *desk.Desk) *her {
	w.Helper()
	h := w.serve(d)
	h.go_(strings.TrimPrefix(h.window.URL(), h.window.origin()))
	return h
}

func (w *world) serve(d *desk.Desk) *her {
	w.Helper()
	l, err := Listen("127.0.0.1:0")
	w.must(err)
	h := &her{world: w, clock: &clock{}, ended: make(chan struct{})}
	h.window, err = New(Config{Home: w.home, Desk: d, after: h.clock.after, flaw: func(p any) { w.Errorf("it panicked: %v", p) }}, l)
	w.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	h.end = cancel
	go func() {
		defer close(h.ended)
		if err := h.window.Serve(ctx); err != nil {
			w.Error(err)
		}
	}()
	w.Cleanup(func() {
		cancel()
		<-h.ended
	})
	h.http = h.browser()
	return h
}

// browser is one with cookies of its own.
func (h *her) browser() *http.Client {
	jar, _ := cookiejar.New(nil) // never errs
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// do sends a request and follows where it leads.
func (h *her) do(r *http.Request) *droptest.Page {
	h.Helper()
	for range 5 {
		answer, err := h.http.Do(r)
		h.must(err)
		b, err := io.ReadAll(answer.Body)
		h.must(err)
		answer.Body.Close()
		to := answer.Header.Get("Location")
		if to == "" {
			root, err := html.Parse(bytes.NewReader(b))
			h.must(err)
			h.at, h.page = r.URL.Path, &droptest.Page{Status: answer.StatusCode, Header: answer.Header, Body: string(b), Root: root}
			return h.page
		}
		to, _, _ = strings.Cut(to, "#")
		r, err = http.NewRequest("GET", h.window.origin()+to, nil)
		h.must(err)
	}
	h.Fatal("redirected in a circle")
	return nil
}

func (h *her) go_(path string) *droptest.Page {
	h.Helper()
	r, err := http.NewRequest("GET", h.window.origin()+path, nil)
	h.must(err)
	return h.do(r)
}

// request is a form of the page as a browser sends it, with what she filled in and the files that she chose.
func (h *her) request(action string, pairs []string, files ...droptest.File) *http.Request {
	h.Helper()
	f, err := h.page.Form(action)
	h.must(err)
	f = f.With(pairs...)
	n := h.page.Find(func(n *html.Node) bool { return n.Data == "form" && droptest.Attr(n, "action") == action })
	kind, body := "application/x-www-form-urlencoded", f.Values.Encode()
	if droptest.Attr(n, "enctype") == "multipart/form-data" {
		kind, body = h.multipart(f, n, files)
	}
	r, err := http.NewRequest("POST", h.window.origin()+action, strings.NewReader(body))
	h.must(err)
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Origin", h.window.origin())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// multipart keeps the order in which fields stand on the page.
func (h *her) multipart(f *droptest.Form, form *html.Node, files []droptest.File) (kind, body string) {
	h.Helper()
	var b bytes.Buffer
	w, seen := multipart.NewWriter(&b), map[string]bool{}
	for n := range form.Descendants() {
		name := droptest.Attr(n, "name")
		if name == "" || seen[name] {
			continue
		}
		seen[name] = true
		if droptest.Attr(n, "type") != "file" {
			for _, v := range f.Values[name] {
				h.must(w.WriteField(name, v))
			}
			continue
		}
		for _, file := range append(files, make([]droptest.File, max(0, 1-len(files)))...) { // an empty field comes as a part, too
			part, err := w.CreateFormFile(name, file.Name)
			h.must(err)
			_, err = io.WriteString(part, file.Content)
			h.must(err)
		}
	}
	h.must(w.Close())
	return w.FormDataContentType(), b.String()
}

// press sends a form of the page with what she filled in.
func (h *her) press(action string, pairs ...string) *droptest.Page {
	h.Helper()
	return h.do(h.request(action, pairs))
}

// shows wants a page with these texts in it, and problem as its problem, "" for none.
func (h *her) shows(name, problem string, texts ...string) {
	h.Helper()
	if h.page.Name() != name || h.page.Problem() != problem {
		h.Fatalf("she is at %s (%s), problem %q, want %s, problem %q:\n%s", h.at, h.page.Name(), h.page.Problem(), name, problem, h.text())
	}
	for _, want := range texts {
		if !strings.Contains(h.text(), want) {
			h.Errorf("page %s does not show %q:\n%s", name, want, h.text())
		}
	}
}

// text is what she reads, in one line, and what stands in fields.
func (h *her) text() string {
	return strings.Join(strings.Fields(droptest.Text(h.page.ByID("main"))), " ")
}
