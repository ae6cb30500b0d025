package window

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
	"tellbox/dropbox/terminal"
	"tellbox/static"
)

// pages are the templates of static/desk.
type pages map[string]*template.Template

var pageNames = []string{"stray", "problem", "first", "locked", "closed", "key", "join", "compare", "people", "inbox", "case", "picture", "forget", "search", "stats", "backup", "work", "junk", "sheet", "rotate", "leave"}

// view is what a template gets.
type view struct {
	Page    string
	Form    string // what every form brings back
	Open    bool   // the desk is open
	Joined  bool
	Told    []string
	Problem *problem
	Typed   url.Values
	Data    any
}

func parsePages() (pages, error) {
	all := pages{}
	for _, name := range pageNames {
		t, err := template.New(name).Funcs(funcs).ParseFS(static.Files, "desk/layout.html", "desk/parts.html", path.Join("desk", name+".html"))
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", name, err)
		}
		all[name] = t
	}
	return all, nil
}

var funcs = template.FuncMap{
	"visible": terminal.Visible, "kind": terminal.Kind, "size": terminal.Size, "attached": terminal.Attached,
	"once": rand.Text, "day": day, "week": week, "number": number, "maxFiles": func() int { return dropbox.MaxFiles },
	"wish": func(w string) string { return desk.Wishes[w] }, "about": func(a string) string { return cmp.Or(desk.Abouts[a], "It is not said whom it happened to.") },
	"kindOf": func(k string) string { return cmp.Or(kinds[k], k) }, "asked": func(id string) string { return cmp.Or(asked[id], id) },
	"label": label, "typed": typedIn, "field": describe, "status": func(s string) string { return desk.Statuses[s] }, "list": func(values ...any) []any { return values },
}

// typedIn is what was typed into a field, if it was in that form of several on a page.
func typedIn(typed url.Values, do, name string) string {
	if typed.Get("do") != do {
		return ""
	}
	return typed.Get(name)
}

var kinds = map[string]string{"report": "Report", "message": "Message", "wish": "New wish", "reply": "Reply", "status": "Status", "added": "Colleague added", "note": "Note between colleagues"}

// asked are the questions of the form, as the catalogue's ids name them. An operator can have others.
var asked = map[string]string{"when": "When did it happen?", "where": "Where did it happen?", "who": "Who was there?", "told": "Did you tell anyone? What did they do?",
	"before": "Has it happened before?", "help": "What would help?", "contact": "A safe way and time to reach you"}

// day is a date as people write it.
func day(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return s
	}
	return t.Format("2 January 2006")
}

// week is an ISO week in words.
func week(s string) string {
	year, n, ok := strings.Cut(s, "-W")
	if !ok {
		return s
	}
	return "week " + strings.TrimPrefix(n, "0") + " of " + year
}

func number(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// write shows a page, and with it, once, what there is to tell. There is no half page.
func (w *Window) write(v *visit, p page) {
	d := view{Page: p.name, Form: w.form, Open: w.desk != nil && !v.former, Problem: v.problem, Typed: v.typed, Data: p.data}
	if d.Open {
		d.Joined = w.desk.Joined()
		d.Told, w.told = w.told, nil
	} else { // a cookie that changes empties Chromium's back-forward cache, or Back would show a case
		http.SetCookie(v.rw, &http.Cookie{Name: w.cookie() + "-away", Value: "1", Path: "/", MaxAge: 2, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	}
	w.render(v.rw, v.status, d)
}

// stray answers whoever has no business here, or has not any more. It has nothing of the desk in it.
func (w *Window) stray(rw http.ResponseWriter, status int, token string) {
	w.render(rw, status, view{Page: "stray", Problem: &problem{Token: token}})
}

func (w *Window) render(rw http.ResponseWriter, status int, d view) {
	var b bytes.Buffer
	if err := w.pages[d.Page].ExecuteTemplate(&b, "layout", d); err != nil {
		panic(err) // a flaw of a template; ServeHTTP says so
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.WriteHeader(status)
	rw.Write(b.Bytes())
}
