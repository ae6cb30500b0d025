package droptest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// Visitor is a browser without script: it fetches pages, finds their forms, and sends them with all hidden fields.
type Visitor struct {
	Base   string
	Client *http.Client
}

// NewVisitor makes one that follows no redirects and keeps no cookies.
func NewVisitor(base string) *Visitor {
	return &Visitor{Base: base, Client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Page is an answer and its document.
type Page struct {
	Status int
	Header http.Header
	Body   string
	Root   *html.Node
}

// Get fetches a page.
func (v *Visitor) Get(path string) (*Page, error) {
	r, err := http.NewRequest("GET", v.Base+path, nil)
	if err != nil {
		return nil, err
	}
	return v.Do(r)
}

// Do sends a request and reads the page.
func (v *Visitor) Do(r *http.Request) (*Page, error) {
	resp, err := v.Client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	root, err := html.Parse(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return &Page{resp.StatusCode, resp.Header, string(b), root}, nil
}

// Form is a form of a page with the values a browser would send if nothing were touched.
type Form struct {
	Action string
	url.Values
}

// Form finds the form with that action.
func (p *Page) Form(action string) (*Form, error) {
	n := p.Find(func(n *html.Node) bool { return n.Data == "form" && Attr(n, "action") == action })
	if n == nil {
		return nil, fmt.Errorf("page %s (%d) has no form to %s", p.Name(), p.Status, action)
	}
	f := &Form{action, url.Values{}}
	for c := range n.Descendants() {
		name := Attr(c, "name")
		if c.Type != html.ElementNode || name == "" {
			continue
		}
		switch kind := Attr(c, "type"); {
		case c.Data == "textarea":
			f.Add(name, strings.TrimPrefix(Text(c), "\n"))
		case c.Data != "input" || kind == "submit":
		case kind != "checkbox" && kind != "radio" || HasAttr(c, "checked"):
			f.Add(name, Attr(c, "value"))
		}
	}
	return f, nil
}

// With is a copy of the form with other values.
func (f *Form) With(pairs ...string) *Form {
	g := &Form{f.Action, maps.Clone(f.Values)}
	for i := 0; i+1 < len(pairs); i += 2 {
		g.Values[pairs[i]] = []string{pairs[i+1]}
	}
	return g
}

// File is a file that she chose, with the bytes in it.
type File struct{ Name, Content string }

// Body is the form as a browser sends it: multipart/form-data, files last.
func (f *Form) Body(files ...File) (contentType string, body []byte, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, values := range f.Values {
		for _, value := range values {
			if name != "files" { // what an empty field for files has to say
				err = errors.Join(err, w.WriteField(name, value))
			}
		}
	}
	for _, file := range files {
		part, partErr := w.CreateFormFile("files", file.Name)
		if err = errors.Join(err, partErr); partErr == nil {
			_, partErr = io.WriteString(part, file.Content)
			err = errors.Join(err, partErr)
		}
	}
	err = errors.Join(err, w.Close())
	return w.FormDataContentType(), b.Bytes(), err
}

// Send sends the form, with files.
func (v *Visitor) Send(f *Form, files ...File) (*Page, error) {
	kind, body, err := f.Body(files...)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequest("POST", v.Base+f.Action, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", kind)
	return v.Do(r)
}

// Press sends the form of a page with other values.
func (v *Visitor) Press(p *Page, action string, pairs ...string) (*Page, error) {
	f, err := p.Form(action)
	if err != nil {
		return nil, err
	}
	return v.Send(f.With(pairs...))
}

// Report goes from the first page to the words: it fills in the form and sends it.
func (v *Visitor) Report(account string, pairs ...string) (page *Page, words string, err error) {
	start, err := v.Get("/")
	if err != nil {
		return nil, "", err
	}
	form, err := v.Press(start, "/report")
	if err != nil {
		return nil, "", err
	}
	page, err = v.Press(form, "/report/send", append([]string{"account", account}, pairs...)...)
	if err != nil {
		return nil, "", err
	}
	words = page.Words()
	if page.Status != 200 || words == "" {
		return page, "", fmt.Errorf("sending a report: page %s, status %d, %s", page.Name(), page.Status, page.Problem())
	}
	return page, words, nil
}

// Check goes from the first page to the conversation.
func (v *Visitor) Check(words string) (*Page, error) {
	start, err := v.Get("/")
	if err != nil {
		return nil, err
	}
	form, err := v.Press(start, "/check")
	if err != nil {
		return nil, err
	}
	return v.Press(form, "/check", "code", words)
}

// Name is the page's data-page.
func (p *Page) Name() string {
	return Attr(p.ByID("main"), "data-page")
}

// Problem is the token of the page's problem, or "".
func (p *Page) Problem() string { return Attr(p.ByID("error"), "data-error") }

// Words is what stands in <output id="code">.
func (p *Page) Words() string {
	if n := p.ByID("code"); n != nil && n.Data == "output" {
		return strings.TrimSpace(Text(n))
	}
	return ""
}

// ByID finds an element, or nil.
func (p *Page) ByID(id string) *html.Node {
	return p.Find(func(n *html.Node) bool { return Attr(n, "id") == id })
}

// Find is the first element that is wanted, or nil.
func (p *Page) Find(want func(*html.Node) bool) *html.Node {
	for n := range p.Root.Descendants() {
		if n.Type == html.ElementNode && want(n) {
			return n
		}
	}
	return nil
}

// Entry is one li of <ol id="conversation">.
type Entry struct {
	Kind, From, Text string
	New              bool
}

// Entries are those of the conversation shown.
func (p *Page) Entries() (out []Entry) {
	list := p.ByID("conversation")
	if list == nil {
		return nil
	}
	for li := range list.Descendants() {
		if li.Type != html.ElementNode || Attr(li, "data-kind") == "" {
			continue
		}
		e := Entry{Kind: Attr(li, "data-kind"), From: Attr(li, "data-from"), New: Attr(li, "data-new") == "yes"}
		for d := range li.Descendants() {
			if d.Data == "div" && Attr(d, "class") == "text" {
				e.Text = Text(d)
			}
		}
		out = append(out, e)
	}
	return out
}

// Items are the texts of the li of the list with that id.
func (p *Page) Items(id string) (out []string) {
	list := p.ByID(id)
	if list == nil {
		return nil
	}
	for li := range list.ChildNodes() {
		if li.Data == "li" {
			out = append(out, strings.TrimSpace(Text(li)))
		}
	}
	return out
}

// Attr is an attribute's value, or "".
func Attr(n *html.Node, name string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// HasAttr says whether the attribute is there.
func HasAttr(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// Text is all text in a node.
func Text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}
