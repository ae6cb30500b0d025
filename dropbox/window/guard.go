package window

import (
	"crypto/rand"
	"crypto/subtle"
	"net"
	"net/http"
	"slices"
	"strings"

	"tellbox/static"
)

const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// assets are the same for everybody who ever installed this program.
var assets = map[string]string{"style.css": "text/css; charset=utf-8", "desk/desk.css": "text/css; charset=utf-8", "icon.png": "image/png"}

// ServeHTTP stands before every page. A request gets past it only if it is for this host, in her session, and from a page of the desk.
func (w *Window) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	h := rw.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin") // with no-referrer browsers say that a form's Origin is null
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("X-Robots-Tag", "noindex")
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			if w.flaw != nil {
				w.flaw(p)
			}
			w.stray(rw, http.StatusInternalServerError, "flaw") // what panicked may hold a text: it is shown nowhere
		}
	}()
	name := strings.TrimPrefix(r.URL.Path, "/")
	token, opens := strings.CutPrefix(name, "open/")
	switch {
	case r.Host != w.host:
		w.stray(rw, http.StatusForbidden, "host")
	case r.Method == http.MethodGet && assets[name] != "":
		h.Set("Content-Type", assets[name])
		h.Set("Cache-Control", "private, max-age=3600") // the page that says that the desk is closed needs it, too
		b, _ := static.Files.ReadFile(name)             // embedded
		rw.Write(b)
	case opens && r.Method == http.MethodGet:
		w.trade(rw, r, token)
	case !w.hers(r) && !w.formerly(r):
		w.stray(rw, http.StatusForbidden, "session")
	case !w.fromHere(r):
		w.stray(rw, http.StatusForbidden, "origin")
	default:
		w.router.ServeHTTP(rw, r)
	}
}

// trade gives a session for the token, once. A browser that only looks ahead spends nothing.
func (w *Window) trade(rw http.ResponseWriter, r *http.Request, token string) {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		if v := strings.ToLower(r.Header.Get(name)); strings.Contains(v, "prefetch") || strings.Contains(v, "preview") || strings.Contains(v, "prerender") {
			w.stray(rw, http.StatusForbidden, "ahead")
			return
		}
	}
	if w.hers(r) || w.formerly(r) { // Back, or a reload
		http.Redirect(rw, r, "/", http.StatusSeeOther)
		return
	}
	w.traded.Lock()
	defer w.traded.Unlock()
	if w.token == "" || !same(token, w.token) {
		w.stray(rw, http.StatusForbidden, "token")
		return
	}
	w.token = ""
	w.give(rw)
	http.Redirect(rw, r, "/", http.StatusSeeOther)
}

// cookie has the port in its name: browsers send cookies to all ports of a host, and there may be two desks.
func (w *Window) cookie() string {
	_, port, _ := net.SplitHostPort(w.host)
	return "desk-" + port
}

// give hands out the session; traded is held.
func (w *Window) give(rw http.ResponseWriter) {
	http.SetCookie(rw, &http.Cookie{Name: w.cookie(), Value: w.session, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

// renew gives her a session that nobody knows who got hold of the one before; again, the one that she was given already.
func (w *Window) renew(rw http.ResponseWriter, again bool) {
	w.traded.Lock()
	defer w.traded.Unlock()
	if !again {
		w.former, w.session = append(w.former, w.session), rand.Text()
	}
	w.give(rw)
}

func (w *Window) hers(r *http.Request) bool {
	w.traded.Lock()
	defer w.traded.Unlock()
	return w.brings(r, w.session)
}

// formerly says whether a request is of a session from before a lock.
func (w *Window) formerly(r *http.Request) bool {
	w.traded.Lock()
	defer w.traded.Unlock()
	return slices.ContainsFunc(w.former, func(session string) bool { return w.brings(r, session) })
}

func (w *Window) brings(r *http.Request, session string) bool {
	cookies := r.CookiesNamed(w.cookie())
	return len(cookies) == 1 && same(cookies[0].Value, session)
}

// fromHere refuses what a page of somewhere else asks for; a page of another port of this machine is the same site, so its requests bring the cookie.
func (w *Window) fromHere(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return site == "" || site == "same-origin" || site == "none" // none: she typed the address
	}
	return slices.Equal(r.Header.Values("Origin"), []string{w.origin()}) && (site == "" || site == "same-origin")
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
