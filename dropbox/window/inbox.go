package window

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/julienschmidt/httprouter"

	"tellbox/dropbox/desk"
)

// firstFetch is how long the inbox waits for a server when the desk has just been opened; fetchTime is for her press of a button.
const (
	firstFetch = 20 * time.Second
	fetchTime  = 10 * time.Minute
)

// caseLine is a case in the inbox.
type caseLine struct {
	desk.CaseLine
	Number int
}

// filter is a choice of cases.
type filter struct {
	Path, Name string
	Count      int
	Chosen     bool
	in         func(*desk.CaseLine) bool
}

// filters are those of package desk, and all.
func filters() []filter {
	all := []filter{{Path: "/", Name: "All", in: func(*desk.CaseLine) bool { return true }}}
	for _, view := range desk.Views {
		all = append(all, filter{Path: "/show/" + view, Name: viewNames[view], in: func(l *desk.CaseLine) bool { return l.In(view) }})
	}
	return all
}

var viewNames = map[string]string{"new": "New", "mine": "Mine", "waiting": "Waiting for me", "overdue": "Overdue"}

type inboxPage struct {
	desk.Inbox
	Me      string
	Filters []filter
	Lines   []caseLine
	Apart   int // all that is junk
	// Of many cases a page shows some; these are the addresses of those before and after, if there are any.
	Before, After string
	First, Last   int
	Of            int
	Stale         *problem
}

// inbox lists what is on the disk, whether the server answers or not.
func (w *Window) inbox(v *visit) (page, error) {
	if w.due {
		ctx, cancel := context.WithTimeout(v.ctx, firstFetch)
		defer cancel()
		w.sync(ctx)
	}
	in, err := w.desk.Inbox()
	if err != nil {
		return page{}, err
	}
	shown := inboxPage{Inbox: in, Me: w.desk.ID(), Filters: filters(), Stale: w.stale, Lines: []caseLine{}}
	shown.Apart = in.Unreadable + in.Junk.Duplicates + in.Junk.Aside
	for _, f := range in.Junk.Floods {
		shown.Apart += f.Reports
	}
	which, known := "/", false
	if name := httprouter.ParamsFromContext(v.Request.Context()).ByName("which"); name != "" && name != "all" {
		which = "/show/" + name
	}
	for _, l := range in.Cases {
		line := caseLine{CaseLine: l}
		line.Warnings = plain(l.Warnings)
		for i, f := range shown.Filters {
			if !f.in(&line.CaseLine) {
				continue
			}
			shown.Filters[i].Count++
			if f.Path == which {
				shown.Lines = append(shown.Lines, line)
			}
		}
	}
	for i, f := range shown.Filters {
		shown.Filters[i].Chosen = f.Path == which
		known = known || f.Path == which
	}
	n := 1
	if s := httprouter.ParamsFromContext(v.Request.Context()).ByName("page"); s != "" {
		n = atoi(s)
	}
	if !known || !shown.cut(which, n, w.perPage) {
		return page{}, errNoPage
	}
	for i, l := range shown.Lines {
		shown.Lines[i].Number = w.number(l.ID)
	}
	return page{"inbox", shown}, nil
}

// cut leaves the n-th page of the cases.
func (p *inboxPage) cut(which string, n, perPage int) bool {
	p.Of = len(p.Lines)
	first := (n - 1) * perPage
	if n < 1 || first >= p.Of && n > 1 {
		return false
	}
	last := min(first+perPage, p.Of)
	if which == "/" {
		which = "/show/all"
	}
	if n > 1 {
		p.Before = fmt.Sprintf("%s/%d", which, n-1)
	}
	if last < p.Of {
		p.After = fmt.Sprintf("%s/%d", which, n+1)
	}
	p.Lines, p.First, p.Last = p.Lines[first:last], first+1, last
	return true
}

// sync fetches mail, and remembers why not.
func (w *Window) sync(ctx context.Context) error {
	w.due = false
	notices, err := w.desk.Sync(ctx)
	w.told = append(w.told, plain(notices)...)
	if w.stale = nil; err != nil {
		w.stale = explain(err)
		return err
	}
	w.dropSent()
	return nil
}

// fetch is the button. That it did not work stands in the inbox until it does.
func (w *Window) fetch(v *visit) (done, error) {
	if v.sent.Get("again") == "yes" {
		if err := w.desk.Rewind(); err != nil {
			return done{}, err
		}
	}
	ctx, cancel := context.WithTimeout(v.ctx, fetchTime)
	defer cancel()
	before, err := w.desk.Inbox()
	if err != nil {
		return done{}, err
	}
	if w.sync(ctx) != nil {
		return done{to: "/"}, nil
	}
	after, err := w.desk.Inbox()
	if err != nil {
		return done{}, err
	}
	return done{to: "/", told: []string{arrived(before, after)}}, nil
}

func arrived(before, after desk.Inbox) string {
	entries := func(in desk.Inbox) (n int) {
		for _, l := range in.Cases {
			n += l.Entries
		}
		return n
	}
	switch n := entries(after) - entries(before); {
	case n > 0:
		return "Your mail is here: " + number(n, "new piece.", "new pieces.")
	case slices.ContainsFunc(after.Cases, func(l desk.CaseLine) bool { return l.New }):
		return "Your mail is here. Nothing came since the last time."
	}
	return "Your mail is here. There is nothing new."
}
