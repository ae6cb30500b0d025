package droptest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"tellbox/dropbox"
)

// Liar is a server that lies to programs. It stands in front of a real box on loopback, hands every request on to it, and writes down
// what arrived; a test says on which routes it answers something else. Whoever has the Box has every key that a dishonest reader,
// or the server itself, could use.
//
// A route is the path below dropbox.API: "roster", "pickup", "mail/ack". "mail/" is every deletion of a piece of mail, "blob/" every
// piece of every blob.
type Liar struct {
	URL string
	Box *Box

	server  *http.Server
	mu      sync.Mutex // protects lies and arrived
	lies    map[string]http.HandlerFunc
	arrived []Arrival
}

// Arrival is one request as it came.
type Arrival struct {
	Method, Route string
	Header        http.Header
	Body          []byte
}

// NewLiar serves on a port of its own. It is honest at first.
func NewLiar(b *Box) (*Liar, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &Liar{URL: "http://" + listener.Addr().String(), Box: b, lies: map[string]http.HandlerFunc{}}
	l.server = &http.Server{Handler: l, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go l.server.Serve(listener)
	return l, nil
}

// Close ends it, whatever it is in the middle of.
func (l *Liar) Close() error { return l.server.Close() }

// Honest takes back all lies, and forgets what arrived.
func (l *Liar) Honest() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lies, l.arrived = map[string]http.HandlerFunc{}, nil
}

// Lie has h answer what arrives on a route. The request's body can be read there again, and Forward asks the real box.
func (l *Liar) Lie(route string, h http.HandlerFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lies[route] = h
}

// Say answers a route with a status and a body, and does nothing else.
func (l *Liar) Say(route string, status int, body string) {
	l.Lie(route, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

// Twist has the real box do what a route asks, and changes its answer. T is the JSON of that route; refusals stay as they are.
func Twist[T any](l *Liar, route string, change func(*T)) {
	l.Lie(route, func(w http.ResponseWriter, r *http.Request) {
		status, body := l.Forward(r)
		var answer T
		if status == http.StatusOK && json.Unmarshal(body, &answer) == nil {
			change(&answer)
			body, _ = json.Marshal(answer) // package dropbox's own types
		}
		w.WriteHeader(status)
		w.Write(body)
	})
}

// Arrived are the requests on a route since it was last Honest; on all of them, if route is "".
func (l *Liar) Arrived(route string) (found []Arrival) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.arrived {
		if route == "" || a.Route == route {
			found = append(found, a)
		}
	}
	return found
}

// ServeHTTP implements http.Handler.
func (l *Liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // whoever asked is gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	route := strings.TrimPrefix(r.URL.Path, dropbox.API)
	if strings.HasPrefix(route, "mail/") && r.Method == http.MethodDelete {
		route = "mail/"
	}
	if strings.HasPrefix(route, "blob/") {
		route = "blob/"
	}
	l.mu.Lock()
	l.arrived = append(l.arrived, Arrival{r.Method, route, r.Header, body})
	lie := l.lies[route]
	l.mu.Unlock()
	if lie != nil {
		lie(w, r)
		return
	}
	status, part, answer := l.forward(r)
	if part != "" {
		w.Header().Set("Content-Range", part)
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	}
	w.WriteHeader(status)
	w.Write(answer)
}

// Forward has the real box answer a request, with its body as it stands there. Status 502 is a box that cannot be asked.
func (l *Liar) Forward(r *http.Request) (status int, body []byte) {
	status, _, body = l.forward(r)
	return status, body
}

// forward also says which part of something the answer is.
func (l *Liar) forward(r *http.Request) (status int, part string, body []byte) {
	ask, err := http.NewRequestWithContext(r.Context(), r.Method, l.Box.URL+r.URL.RequestURI(), r.Body)
	if err != nil {
		return http.StatusBadGateway, "", nil
	}
	ask.Header = r.Header.Clone()
	resp, err := http.DefaultTransport.RoundTrip(ask)
	if err != nil {
		return http.StatusBadGateway, "", nil
	}
	body, err = io.ReadAll(resp.Body)
	if errors.Join(err, resp.Body.Close()) != nil {
		return http.StatusBadGateway, "", nil
	}
	return resp.StatusCode, resp.Header.Get("Content-Range"), body
}
