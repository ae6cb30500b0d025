// Package window is the advocate's desk as pages, for those who would rather not type commands: a web server on her own machine, for her own
// browser, that does with a desk.Desk what the verbs of cmd/advocate do.
//
// # What it promises
//
// It listens on 127.0.0.1 alone and ends with the program. A token in the address that is printed at the start is traded once for a session: a
// cookie that scripts and other sites do not get. Every request must name this very host and port; every POST must say that it comes from a page of
// this very origin, and bring the session's form token. Whatever else comes is answered with a page that has nothing private. Pages run no script,
// load nothing from elsewhere, are kept in no cache, and have the same title. No address names a case: it has a number, which counts for one run.
//
// What others wrote is text and never markup; what is not seen, or turns text around, becomes visible. Nothing that came is opened; a picture is shown
// as one made anew.
//
// The desk locks when nobody uses it for a while, and at a press of a button: then it is closed, its keys are let go of, and every page asks for
// the passphrase alone. What she sends to a locked desk is kept in memory and shown again after that. A request on its way, such as a long fetch,
// keeps it open. Text of a reply that does not reach the server is a draft before it is sent.
//
// # What it does not promise
//
// Cookies know no ports: if she opens a page of another program on this machine at 127.0.0.1, her browser sends the cookie there. The token stands
// for a moment in the command line by which the browser is opened, where other users of this machine may see it; whoever is first has the session, and
// she then sees that the token was used. Programs of her own account can do whatever she can. Go does not erase memory: what was shown before a
// lock can stay in it for a while. What her browser does with a page while it is open (extensions, a password manager, swap) is its own affair.
package window

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"tellbox/dropbox/desk"
)

// Config is what a window needs.
type Config struct {
	Home string        // the advocate's folder; it need not be there yet
	Desk *desk.Desk    // already open; nil: the first page asks for the passphrase
	Idle time.Duration // after which the desk locks; 0 is 15 minutes
	Now  func() time.Time

	after   func(time.Duration, func()) (stop func() bool) // time.AfterFunc
	perPage int                                            // cases on a page of the inbox; 0 is 100
	flaw    func(any)                                      // tests hear of what panicked
}

// DefaultIdle is after how long nobody is thought to sit there any more.
const DefaultIdle = 15 * time.Minute

// ErrAddress: the desk is for this machine alone.
var ErrAddress = errors.New("the desk listens on 127.0.0.1 alone")

// Listen takes an address like 127.0.0.1:0.
func Listen(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil || host != "127.0.0.1" {
		return nil, ErrAddress
	}
	return net.Listen("tcp4", address)
}

// Window serves one desk to one browser.
type Window struct {
	Config
	listener net.Listener
	host     string // 127.0.0.1:PORT
	url      string // that opens it
	form     string // in every form
	pages    pages
	router   http.Handler
	visits   visits
	over     chan struct{} // closed when she closes the desk
	ends     sync.Once

	traded  sync.Mutex // protects all below
	token   string     // in that address; "" once it was traded
	session string     // in the cookie; another one after each lock
	former  []string   // which know a desk that is locked, and can unlock it

	mu       sync.Mutex // a desk is for one goroutine; protects all below
	desk     *desk.Desk // nil while it is locked, or not there yet
	due      bool       // mail was not fetched since it was opened
	stale    *problem   // why the last fetch ended early; nil if it did not
	told     []string   // what the next page says once
	numbers  []string   // ids of cases; one more than the index is the number in addresses
	kept     map[string]url.Values
	once     map[string]string // digests of forms that were carried out, and where that led
	attached map[string][]*desk.Attached
	unsure   map[string]bool // cases with a reply on its way, whose files are still attached
	picture  picture
}

// New makes a window on a listener of Listen.
func New(c Config, l net.Listener) (*Window, error) {
	if c.Idle == 0 {
		c.Idle = DefaultIdle
	}
	if c.perPage == 0 {
		c.perPage = 100
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.after == nil {
		c.after = func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }
	}
	w := &Window{Config: c, listener: l, host: l.Addr().String(), token: rand.Text(), session: rand.Text(), form: rand.Text(), over: make(chan struct{}),
		desk: c.Desk, due: c.Desk != nil, once: map[string]string{}}
	w.url = w.origin() + "/open/" + w.token
	w.forget()
	var err error
	if w.Home, err = filepath.Abs(c.Home); err != nil {
		return nil, err
	}
	if w.pages, err = parsePages(); err != nil {
		return nil, err
	}
	if c.Desk != nil {
		w.told = plain(c.Desk.Notices())
	}
	w.visits = visits{after: c.after, now: c.Now, idle: c.Idle, lock: w.lock, running: map[*visit]context.CancelFunc{}}
	w.router = w.routes()
	return w, nil
}

// URL opens the desk, once.
func (w *Window) URL() string { return w.url }

func (w *Window) origin() string { return "http://" + w.host }

// Serve ends when ctx does or she closes the desk, and leaves it locked.
func (w *Window) Serve(ctx context.Context) error {
	s := &http.Server{Handler: w, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(w.listener) }()
	w.visits.rest()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	case <-w.over:
	}
	w.visits.interrupt(nil)
	soon, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if e := s.Shutdown(soon); e != nil {
		err = errors.Join(err, s.Close())
	}
	w.visits.end()
	w.lock()
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the desk: %w", err)
	}
	return nil
}

// lock closes the desk. What is on its way is waited for: whoever does not want to wait interrupts it first.
func (w *Window) lock() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shut()
}

func (w *Window) shut() {
	if w.desk == nil {
		return
	}
	for _, files := range w.attached {
		discard(files)
	}
	w.desk.Close() // what it could not write is made anew
	w.desk = nil
	kept := w.kept
	w.forget()
	w.kept = kept
}

// forget lets go of all that was of an open desk, but for the numbers of cases: a page that was open when it locked is to be found again.
func (w *Window) forget() {
	w.told, w.stale, w.picture = nil, nil, picture{}
	w.kept, w.attached, w.unsure = map[string]url.Values{}, map[string][]*desk.Attached{}, map[string]bool{}
}

func discard(files []*desk.Attached) {
	for _, f := range files {
		f.Discard() // what stays nobody can open, and the next start clears it away
	}
}
