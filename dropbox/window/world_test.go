package window

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"tellbox/dropbox/desk"
	"tellbox/dropbox/droptest"
	"tellbox/keys"
	"tellbox/keys/vault"
)

const passphrase = "six words that nobody would guess"

// clock is a time that passes only when a test says so.
type clock struct {
	mu    sync.Mutex // protects all below
	fires func()
	runs  bool
	for_  time.Duration
}

func (c *clock) after(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fires, c.runs, c.for_ = f, true, d
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		was := c.runs
		c.runs = false
		return was
	}
}

// pass lets the time be over, and says whether it was running.
func (c *clock) pass() bool {
	c.mu.Lock()
	runs, fires := c.runs, c.fires
	c.runs = false
	c.mu.Unlock()
	if runs {
		fires()
	}
	return runs
}

// world is a real drop-box, and an advocate at a browser.
type world struct {
	*testing.T
	box  *droptest.Box
	home string // alice's
	bobs string // bob's
}

// newWorld makes a box; alice and bob have homes with their keys. It is for tests that run beside others.
func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	return worldAlone(t)
}

func worldAlone(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, home: filepath.Join(t.TempDir(), "alice"), bobs: filepath.Join(t.TempDir(), "bob")}
	homes, err := ready()
	w.must(err)
	for id, home := range map[string]string{"alice": w.home, "bob": w.bobs} {
		w.must(os.Mkdir(home, 0o700))
		w.must(os.WriteFile(filepath.Join(home, "secret.age"), homes[id].sealed, 0o600))
		w.must(os.WriteFile(filepath.Join(home, "card.txt"), []byte(homes[id].card.Text()), 0o600))
	}
	w.box, err = droptest.Start(t.TempDir(), droptest.Options{Keygen: func(p droptest.Person) (*vault.Advocate, *keys.Card, error) {
		if h, ok := homes[p.ID]; ok {
			return h.secret, h.card, nil
		}
		return vault.NewAdvocate(p.ID, p.Name, p.Org)
	}})
	w.must(err)
	t.Cleanup(func() { w.box.Stop() })
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// folder is what stands in an advocate's folder after her first step: made once, as a passphrase costs a second.
type folder struct {
	sealed []byte
	secret *vault.Advocate
	card   *keys.Card
}

var ready = sync.OnceValues(func() (map[string]folder, error) {
	all := map[string]folder{}
	for _, p := range droptest.Defaults[:2] {
		secret, card, err := vault.NewAdvocate(p.ID, p.Name, p.Org)
		if err != nil {
			return nil, err
		}
		sealed, err := vault.Seal([]byte(secret.Text()), passphrase)
		if err != nil {
			return nil, err
		}
		all[p.ID] = folder{sealed, secret, card}
	}
	return all, nil
})

// desk opens her folder as the commands do, and joins the first time.
func (w *world) desk() *desk.Desk { return w.deskIn(w.home) }

func (w *world) deskIn(home string) *desk.Desk {
	w.Helper()
	d, err := desk.Open(home, func() (string, error) { return passphrase, nil }, time.Now)
	w.must(err)
	if !d.Joined() {
		_, err = d.Join(w.Context(), w.box.URL, "", w.box.Chain)
		w.must(err)
	}
	return d
}

// report is one by the page, as a visitor writes it.
func (w *world) report(account string, pairs ...string) (words string) {
	w.Helper()
	_, words, err := droptest.NewVisitor(w.box.URL).Report(account, pairs...)
	w.must(err)
	return words
}

// her is a browser, and the window that it looks at.
type her struct {
	*world
	window *Window
	clock  *clock
	http   *http.Client
	visits *droptest.Visitor
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

func (h *her) unlock() {
	h.Helper()
	h.shows("locked", "")
	h.press("/unlock", "passphrase", passphrase)
}

// add puts a card into the roster, as a keyholder does who got the file.
func (w *world) add(card string) {
	w.Helper()
	c, err := keys.ParseCard([]byte(card))
	w.must(err)
	w.must(w.box.Roster.Add(keys.Reader{Card: *c, Role: keys.Advocate, Languages: "English"}, time.Now()))
	w.must(w.box.Install(w.Context()))
}

// noted are the notes of her only case.
func noted(t *testing.T, d *desk.Desk) []desk.Note {
	t.Helper()
	defer d.Close()
	in, err := d.Inbox()
	if err != nil || len(in.Cases) != 1 {
		t.Fatalf("inbox %+v, %v", in, err)
	}
	list, err := d.Notes(in.Cases[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return list.Notes
}
