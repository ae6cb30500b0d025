package window

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"

	"github.com/julienschmidt/httprouter"

	"tellbox/dropbox/desk"
)

// routes are all pages. What changes something is a POST.
func (w *Window) routes() http.Handler {
	r := httprouter.New()
	r.RedirectTrailingSlash, r.RedirectFixedPath, r.HandleMethodNotAllowed, r.HandleOPTIONS = false, false, false, false
	r.NotFound = w.visited(anyDesk, func(*visit) (page, error) { return page{}, errNoPage })

	get := func(path string, needs need, show show) { r.Handler(http.MethodGet, path, w.visited(needs, show)) }
	post := func(path string, needs need, back show, act act) {
		r.Handler(http.MethodPost, path, w.acting(needs, back, act))
	}
	get("/", joined, w.inbox)
	get("/show/:which", joined, w.inbox)
	get("/show/:which/:page", joined, w.inbox)
	post("/fetch", joined, w.inbox, w.fetch)
	get("/junk", joined, w.askJunk)
	post("/junk", joined, w.askJunk, w.removeJunk)
	post("/lost", joined, w.inbox, w.forgetLost)

	get("/case/:n", joined, w.showCase)
	post("/case/:n/reply", joined, w.showCase, w.reply)
	post("/case/:n/note", joined, w.showCase, w.addNote)
	post("/case/:n/unnote", joined, w.showCase, w.removeNote)
	post("/case/:n/save", joined, w.showCase, w.saveFile)
	post("/case/:n/preview", joined, w.showCase, w.previewFile)
	get("/case/:n/picture", joined, w.showPicture)
	r.HandlerFunc(http.MethodGet, "/picture.png", w.givePicture)
	get("/case/:n/forget", joined, w.askForget)
	post("/case/:n/forget", joined, w.askForget, w.forgetCase)

	post("/case/:n/aside", joined, w.showCase, w.setAside)
	post("/case/:n/keep", joined, w.askJunk, w.keepCase)
	get("/case/:n/work", joined, w.askWork)
	post("/case/:n/work", joined, w.askWork, w.work)

	get("/search", joined, w.blankSearch)
	post("/search", joined, w.blankSearch, w.search)
	get("/stats", joined, w.stats)
	r.HandlerFunc(http.MethodGet, "/stats.csv", w.statsFile)
	get("/backup", anyDesk, w.askBackup)
	post("/backup", anyDesk, w.askBackup, w.backup)
	get("/people", joined, w.people)
	get("/key", anyDesk, w.key)
	r.HandlerFunc(http.MethodGet, "/card.txt", w.card)
	post("/sheet", anyDesk, w.key, w.sheet)
	get("/rotate", joined, w.askRotate)
	post("/rotate", joined, w.askRotate, w.rotate)
	r.HandlerFunc(http.MethodGet, "/card-next.txt", w.nextCard)
	get("/leave", joined, w.askLeave)
	post("/leave", joined, w.askLeave, w.leave)
	get("/join", anyDesk, w.askJoin)
	post("/join", anyDesk, w.askJoin, w.compare)
	post("/join/confirm", anyDesk, w.askJoin, w.join)

	post("/first/key", noDesk, w.first, w.makeKey)
	post("/first/restore", noDesk, w.first, w.restore)
	post("/first/recover", noDesk, w.first, w.recoverKey)
	post("/unlock", lockedDesk, nil, w.unlock)
	r.Handler(http.MethodPost, "/lock", w.leaving(w.pressLock))
	r.Handler(http.MethodPost, "/close", w.leaving(w.pressClose))
	return r
}

// need is what a page takes for granted.
type need int

const (
	noDesk     need = iota // no key is there yet
	lockedDesk             // there is one, and no desk is open
	anyDesk                // one is open
	joined                 // and belongs to a drop-box
)

// visit is a request that got past the guard.
type visit struct {
	*http.Request
	rw      http.ResponseWriter
	ctx     context.Context
	sent    url.Values // by a POST, but for files
	backup  string     // the path of one that came
	typed   url.Values // what a form shows again
	problem *problem
	status  int
	former  bool // of a session from before a lock
}

// page is a template and what it shows.
type page struct {
	name string
	data any
}

// done is what became of a POST: another page to go to, and what that says; or a page as the answer.
type done struct {
	to    string
	told  []string
	shows *page
	sent  bool // the answer is given
}

type (
	show func(*visit) (page, error)
	act  func(*visit) (done, error)
)

var (
	errNoPage  = errors.New("there is no such page")
	errConfirm = errors.New("the box to confirm was not ticked")
)

// begin gives a request the desk; end lets go of it.
func (w *Window) begin(rw http.ResponseWriter, r *http.Request) (v *visit, end func()) {
	v = &visit{Request: r, rw: rw, sent: url.Values{}, typed: url.Values{}, status: http.StatusOK}
	v.ctx = w.visits.begin(v)
	v.rw = patient{rw, v.ctx}
	interrupted := context.AfterFunc(v.ctx, func() { v.rw.(patient).wait() })
	w.mu.Lock()
	v.former = !w.hers(r) // now: it may have waited while she unlocked the desk
	return v, func() {
		interrupted()
		if v.backup != "" {
			os.Remove(v.backup)
		}
		w.mu.Unlock()
		w.visits.finish(v)
	}
}

// visited answers a GET.
func (w *Window) visited(needs need, show show) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		v, end := w.begin(rw, r)
		defer end()
		if w.elsewhere(v, needs) {
			return
		}
		if kept := w.kept[r.URL.Path]; kept != nil {
			v.typed, v.problem = kept, problemOf("kept")
		}
		w.answer(v, show)
	}
}

// acting carries out a POST. What was typed is in the form again, whatever is wrong; if the desk is locked, when it is open.
func (w *Window) acting(needs need, back show, act act) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		v, end := w.begin(rw, r)
		defer end()
		err := w.read(v)
		if !same(v.sent.Get("form"), w.form) {
			w.stray(rw, http.StatusForbidden, "form")
			return
		}
		from := backPath(r.URL.Path)
		if needs >= anyDesk && w.desk == nil {
			w.kept[from] = shownAgain(v.sent)
		}
		if w.elsewhere(v, needs) {
			return
		}
		once := digest(v.sent.Encode()) // with a number of the form's own: the same words from another form, or others after Back, are not a second press
		if to := w.once[once]; to != "" && !v.former {
			http.Redirect(rw, r, to, http.StatusSeeOther)
			return
		}
		var d done
		if err == nil {
			d, err = act(v)
		}
		switch {
		case err != nil:
			v.problem, v.typed = explain(err), shownAgain(v.sent)
			v.status, v.problem.Field = v.problem.Status, field(v.problem.Token, r.URL.Path, v.sent.Get("do"))
			if back == nil {
				back = func(*visit) (page, error) { return w.locked(v, v.sent.Get("next")), nil }
			}
			w.answer(v, back)
		case d.shows != nil:
			if d.to != "" { // where Reload leads instead
				w.once[once] = d.to
			}
			w.answer(v, func(*visit) (page, error) { return *d.shows, nil })
		case !d.sent:
			delete(w.kept, from)
			w.once[once] = d.to
			w.told = append(w.told, plain(d.told)...)
			http.Redirect(rw, r, d.to, http.StatusSeeOther)
		}
	}
}

// leaving answers what must not wait for others: to lock, and to close.
func (w *Window) leaving(leave func(*visit)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(rw, r.Body, 64<<10)
		if r.ParseForm() != nil || !same(r.PostForm.Get("form"), w.form) {
			w.stray(rw, http.StatusForbidden, "form")
			return
		}
		w.visits.interrupt(nil)
		v, end := w.begin(rw, r)
		defer end()
		w.shut()
		leave(v)
	}
}

// answer shows a page, or what is wrong.
func (w *Window) answer(v *visit, show show) {
	p, err := show(v)
	if err != nil {
		v.problem = explain(err)
		v.status = v.problem.Status
		p = page{"problem", nil}
	}
	w.write(v, p)
}

// elsewhere answers with the page that comes first, if there is one: to make a key, to unlock, to join.
func (w *Window) elsewhere(v *visit, needs need) bool {
	switch {
	case w.desk == nil && w.empty():
		if needs == noDesk {
			return false
		}
		w.answer(v, w.first)
	case w.desk == nil || v.former:
		if needs == lockedDesk {
			return false
		}
		v.status = http.StatusLocked
		next := v.URL.Path
		if v.Method != http.MethodGet {
			next = backPath(next)
		}
		w.write(v, w.locked(v, next))
	case needs == noDesk || needs == lockedDesk:
		http.Redirect(v.rw, v.Request, "/", http.StatusSeeOther)
	case needs == joined && !w.desk.Joined():
		http.Redirect(v.rw, v.Request, "/key", http.StatusSeeOther)
	default:
		return false
	}
	return true
}

// empty says whether there is no key in the folder.
func (w *Window) empty() bool {
	_, err := desk.Open(w.Home, func() (string, error) { return "", errNoPage }, w.Now) // it asks only if there is one
	return errors.Is(err, desk.ErrNoHome)
}
