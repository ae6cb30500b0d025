// Package web is the server's face: the pages, which work without script, and the API for programs.
//
// It guarantees that nothing of a request is kept but what the Store is given: sealed parcels and blobs. An account and a
// code live in memory for the one request that brings them, and a code for an hour at most inside a ticket that only this
// process can open; of a file a piece at a time passes through it. Nothing about a visitor is logged. It cannot promise anything against whoever controls the running process: that
// is what cmd/reporter is for.
//
// A page is an answer to POST if it is private, and says no-store, no script but our own, no other host. See ticket.go for what
// keeps Back and Reload from showing it again.
package web

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/julienschmidt/httprouter"
	"golang.org/x/sync/semaphore"

	"tellbox/dropbox"
	"tellbox/static"
)

// Store is where sealed parcels go; dropbox/store/storetest says what it must hold. Every error that is not one of dropbox's
// (ErrNothing, ErrTaken, ErrGone, ErrFull, ErrBusy, ErrShape) means that it is down.
type Store interface {
	Sent(ctx context.Context, n dropbox.Sending, digest dropbox.Hex32) (dropbox.Outcome, error)
	Put(ctx context.Context, p *dropbox.Parcel, first bool) (dropbox.Outcome, error)
	Lines(ctx context.Context, drop dropbox.Drop) (dropbox.Lines, error)
	Withdraw(ctx context.Context, p *dropbox.Parcel) (dropbox.Erased, error)
	Reply(ctx context.Context, from string, p *dropbox.Parcel) (dropbox.Outcome, error)
	Mail(ctx context.Context, reader, after string, limit int) (mail []dropbox.Mail, next string, err error)
	Ack(ctx context.Context, reader string, ids []string) error
	Delete(ctx context.Context, reader, id string) (found bool, err error)

	Upload(ctx context.Context, id dropbox.BlobID, at, size int64) (dropbox.Upload, error)
	Blob(ctx context.Context, id dropbox.BlobID) (io.ReadSeekCloser, error)
	Discard(ids ...dropbox.BlobID)
	Missing(ctx context.Context, ids []dropbox.BlobID) ([]dropbox.BlobID, error)
	Unclaimed(ctx context.Context, ids []dropbox.BlobID) ([]dropbox.BlobID, error)
	FilesFull() bool
}

// DefaultExit is where "Leave this page" leads: a page that anybody might have open.
const DefaultExit = "https://www.bbc.co.uk/weather"

// Config is what a Server needs. Zero values of the optional fields have the defaults named there.
type Config struct {
	Store      Store
	Keyholders []byte           // every generation of the keyholders file, oldest first
	Roster     []byte           // signed
	Exit       string           // DefaultExit
	Prompts    *Prompts         // the catalogue's
	Languages  []string         // tags of those that are on beside English; all that are reviewed
	MaxFile    int64            // bytes of a file: dropbox.MaxFile; at most dropbox.MostFile
	Catalogues fs.FS            // lang/*.json; those of package static
	Now        func() time.Time // time.Now
	Log        *slog.Logger     // discards
}

// Server is an http.Handler.
type Server struct {
	Config
	handler http.Handler
	render  *renderer
	tickets *tickets
	roster  atomic.Pointer[Roster]
	memory  *semaphore.Weighted // bytes of bodies over freeBody
	sealing *semaphore.Weighted // bytes of envelopes being made
	uploads *semaphore.Weighted // see maxUploads
	reading *semaphore.Weighted // files that are verified before they are handed out
	waiting atomic.Int32        // requests that wait for memory
	turns   [64]sync.Mutex      // by code: what two windows do to one conversation is done one after the other, each on what the other left
	logged  sync.Map            // message → time of the last line: at most one an hour
}

// New makes a Server, or says what is wrong with roster or keyholders. An expired roster is no error: conversations go on.
func New(c Config) (*Server, error) {
	if c.Exit == "" {
		c.Exit = DefaultExit
	}
	if c.MaxFile <= 0 || c.MaxFile > dropbox.MostFile {
		c.MaxFile = dropbox.MaxFile
	}
	if c.Catalogues == nil {
		c.Catalogues = static.Files
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{Config: c, tickets: newTickets(c.Now), memory: semaphore.NewWeighted(bodyMemory),
		sealing: semaphore.NewWeighted(sealMemory), uploads: semaphore.NewWeighted(maxUploads), reading: semaphore.NewWeighted(maxReading)}
	var err error
	if s.render, err = newRenderer(c.Catalogues, c.Languages); err != nil {
		return nil, err
	}
	first, err := OpenRoster(c.Keyholders, c.Roster, c.Now())
	if err != nil {
		return nil, err
	}
	s.roster.Store(first)
	s.handler = s.guard(s.routes())
	return s, nil
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Server) routes() http.Handler {
	r := httprouter.New()
	r.RedirectTrailingSlash, r.RedirectFixedPath, r.HandleMethodNotAllowed, r.HandleOPTIONS = false, false, false, false
	r.NotFound = http.HandlerFunc(s.notFound)

	r.GET("/", s.page("start"))
	r.GET("/readers", s.page("readers"))
	r.GET("/questions", s.page("questions"))
	r.GET("/poster", s.poster)
	r.GET("/roster", s.rosterText)
	r.GET("/style.css", asset("style.css", "text/css; charset=utf-8"))
	r.GET("/app.js", asset("app.js", "text/javascript; charset=utf-8"))
	r.GET("/words.txt", content([]byte(dropbox.WordList()), "text/plain; charset=utf-8"))
	r.GET("/icon.png", asset("icon.png", "image/png"))
	r.GET("/favicon.ico", asset("icon.png", "image/png"))
	r.GET("/exit", s.exit)
	r.GET("/exit/:sitting", s.exit)
	r.GET("/health", func(w http.ResponseWriter, _ *http.Request, _ httprouter.Params) { w.Write([]byte("ok")) })

	private := map[string]httprouter.Handle{
		"/report": s.fields(s.blankReport), "/report/send": s.streamed(s.sendReport), "/check": s.fields(s.check),
		"/message": s.streamed(s.message), "/wish": s.fields(s.wish), "/share": s.fields(s.share), "/withdraw": s.fields(s.withdraw),
		"/file": s.fields(s.file),
	}
	for path, handle := range private {
		r.POST(path, s.sameSite(handle))
		r.GET(path, func(w http.ResponseWriter, r *http.Request, _ httprouter.Params) {
			http.Redirect(w, r, s.render.tongue(r.URL.Query().Get("lang")).link("/"), http.StatusSeeOther)
		})
	}

	r.GET(dropbox.API+"roster", s.apiRoster)
	r.GET(dropbox.API+"prompts", s.apiPrompts)
	r.POST(dropbox.API+"parcel", s.api(s.apiParcel))
	r.POST(dropbox.API+"pickup", s.api(s.apiPickup))
	r.POST(dropbox.API+"withdraw", s.api(s.apiWithdraw))
	r.POST(dropbox.API+"blob", s.sameSite(s.takeBlob))
	r.POST(dropbox.API+"blob/:id", s.sameSite(s.takeBlob))
	r.GET(dropbox.API+"blob/:id", s.giveBlob)
	r.GET(dropbox.API+"mail", s.signed(s.apiMail))
	r.POST(dropbox.API+"mail/ack", s.signed(s.apiAck))
	r.DELETE(dropbox.API+"mail/:id", s.signed(s.apiDelete))
	r.POST(dropbox.API+"reply", s.signed(s.apiReply))
	return r
}

// policy is every answer's Content-Security-Policy. Pages add scriptPolicy: one script, which may ask this server alone, and
// which cannot make markup or code out of text.
const (
	policy       = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	scriptPolicy = "; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
)

// guard stands around everything: the headers every answer has, and panics. net/http's own recovery would log an
// address and a stack.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.log("a request ended in a panic; this is a flaw in the program")
				s.refuse(w, r, &view{Page: "problem"}, problemOf("store-down"))
			}
		}()
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), interest-cohort=()")
		h.Set("X-Robots-Tag", "noindex")
		h["Date"] = nil // the server's clock is nobody's business but the advocates', who get it in errors
		next.ServeHTTP(w, r)
	})
}

// sameSite refuses a form that another site sends. Nothing else is refused: there are no cookies to protect, and Tor Browser and
// strict referrer policies make a missing or null Origin ordinary.
func (s *Server) sameSite(next httprouter.Handle) httprouter.Handle {
	return func(w http.ResponseWriter, r *http.Request, p httprouter.Params) {
		if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
			s.refuse(w, r, &view{Page: "problem"}, problemOf("malformed"))
			return
		}
		next(w, r, p)
	}
}

// log writes one of a few fixed sentences, at most once an hour each, so that the log's times tell nothing of visitors.
func (s *Server) log(message string, args ...any) {
	key := message
	for _, a := range args {
		if text, ok := a.(string); ok {
			key += "\x00" + text
		}
	}
	now := s.Now()
	if last, ok := s.logged.Load(key); ok && now.Sub(last.(time.Time)) < time.Hour {
		return
	}
	s.logged.Store(key, now)
	s.Log.Error(message, args...)
}

func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, dropbox.API) }
