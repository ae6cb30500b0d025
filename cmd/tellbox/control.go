package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"tellbox/dropbox/store"
	"tellbox/dropbox/web"
)

// A running server answers its operator on D/control.sock, which only its own user can open. Without one the verbs open the
// store themselves; only one process can.

// patience is how long one side waits for the other to read, and verbs that should be quick for their answer.
const patience = time.Minute

func listenControl(dir string) (net.Listener, error) {
	return listenUnix(filepath.Join(dir, "control.sock"), 0o600)
}

func controlHandler(st *store.Store, site *web.Server) http.Handler {
	mux := http.NewServeMux()
	var installing sync.Mutex // two at once could leave the older one in the store
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) {
		s, err := statusOf(r.Context(), st)
		controlAnswer(w, s, err)
	})
	mux.HandleFunc("GET /check", func(w http.ResponseWriter, r *http.Request) {
		found, err := st.Check(r.Context())
		controlAnswer(w, found, err)
	})
	mux.HandleFunc("POST /purge", func(w http.ResponseWriter, r *http.Request) {
		purged, err := st.Purge(r.Context())
		controlAnswer(w, purged, err)
	})
	mux.HandleFunc("GET /backup", func(w http.ResponseWriter, r *http.Request) {
		streamBackup(w, r, st.Backup)
	})
	mux.HandleFunc("GET /roster", func(w http.ResponseWriter, r *http.Request) {
		b, err := st.Roster()
		controlAnswer(w, b, err)
	})
	mux.HandleFunc("PUT /roster", func(w http.ResponseWriter, r *http.Request) {
		var b store.Bundle
		if err := json.NewDecoder(io.LimitReader(r.Body, 8<<20)).Decode(&b); err != nil {
			controlAnswer(w, nil, errors.New("malformed request"))
			return
		}
		installing.Lock()
		defer installing.Unlock()
		next, err := site.CheckRoster(b.Keyholders, b.Roster)
		if err == nil {
			err = st.SetRoster(r.Context(), store.Bundle{Keyholders: next.Chain(), Roster: b.Roster})
		}
		if err == nil {
			site.UseRoster(next)
		}
		controlAnswer(w, struct{}{}, err)
	})
	return mux
}

// controlError carries an error, with what explain knows of it, over the socket.
type controlError struct {
	Message, Token, Hint string
	Code                 int
}

func asControlError(err error) *controlError {
	h := explain(err)
	return &controlError{err.Error(), h.token, h.hint, h.code}
}

func (e *controlError) hinted() error {
	return &hinted{errors.New(e.Message), e.Token, e.Hint, e.Code}
}

func controlAnswer(w http.ResponseWriter, v any, err error) {
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(patience))
	if err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		v = asControlError(err)
	}
	json.NewEncoder(w).Encode(v)
}

// control asks the running server, as in "GET /status". Without a server the answer is nil. It waits until ctx ends.
func (c *command) control(ctx context.Context, request string, send any) (*http.Response, error) {
	conn, err := net.Dial("unix", filepath.Join(c.store.Dir, "control.sock"))
	if err != nil {
		return nil, nil
	}
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, // there is one connection for one request
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}}
	var body io.Reader // none if there is nothing to send: the server notices that its caller has gone only when it has read all
	if send != nil {
		b, err := json.Marshal(send)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(b)
	}
	method, path, _ := strings.Cut(request, " ")
	r, err := http.NewRequestWithContext(ctx, method, "http://control"+path, body)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(r)
	if err != nil {
		return nil, unanswered(err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusUnprocessableEntity {
		return nil, &hinted{fmt.Errorf("the running server does not know %s", c.verb), "version", "it is of another version than this program: restart it", 1}
	}
	var e controlError
	if err := json.NewDecoder(resp.Body).Decode(&e); err != nil {
		return nil, unanswered(err)
	}
	return nil, e.hinted()
}

// unanswered is why the running server's answer did not come, or not to its end.
func unanswered(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // without the made-up address
	}
	if errors.Is(err, context.Canceled) { // here
		return err
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return &hinted{fmt.Errorf("asking the running server: %w", err), "busy", "try again; if that does not help, has the server stopped?", 3}
}

// ask has the running server do something. Without one it opens the store, and does it here.
func ask[T any](ctx context.Context, c *command, request string, send any, here func(*store.Store) (T, error)) (answer T, err error) {
	resp, err := c.control(ctx, request, send)
	if err != nil {
		return answer, err
	}
	if resp != nil {
		defer resp.Body.Close()
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			return answer, unanswered(err)
		}
		return answer, nil
	}
	st, err := store.Open(c.store)
	if err != nil {
		return answer, err
	}
	answer, err = here(st)
	return answer, errors.Join(err, st.Close())
}
