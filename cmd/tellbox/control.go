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
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/store"
	"tellbox/dropbox/web"
)

// A running server answers its operator on D/control.sock, which only its own user can open. Without one the verbs open the
// store themselves; only one process can.

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

func controlAnswer(w http.ResponseWriter, v any, err error) {
	if err != nil {
		h := explain(err)
		w.WriteHeader(http.StatusUnprocessableEntity)
		v = controlError{err.Error(), h.token, h.hint, h.code}
	}
	json.NewEncoder(w).Encode(v)
}

// control asks the running server; running is false if there is none.
func (c *command) control(ctx context.Context, method, path string, send, answer any) (running bool, err error) {
	socket := filepath.Join(c.store.Dir, "control.sock")
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return false, nil
	}
	conn.Close()
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	body, err := json.Marshal(send)
	if err != nil {
		return true, err
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://control"+path, bytes.NewReader(body))
	if err != nil {
		return true, err
	}
	resp, err := client.Do(r)
	if err != nil {
		return true, &hinted{fmt.Errorf("asking the running server: %w", err), "busy", "try again", 3}
	}
	defer resp.Body.Close()
	dec := json.NewDecoder(resp.Body)
	if resp.StatusCode != http.StatusOK {
		var e controlError
		if err := dec.Decode(&e); err != nil {
			return true, fmt.Errorf("asking the running server: %w", err)
		}
		return true, &hinted{errors.New(e.Message), e.Token, e.Hint, e.Code}
	}
	return true, dec.Decode(answer)
}

// newRoster shows the roster in force, or puts another one into force.
func (c *command) newRoster(ctx context.Context) error {
	if c.roster == "" {
		return c.showRoster(ctx)
	}
	next, err := readBundle(c.roster, c.holders)
	if err != nil {
		return err
	}
	running, err := c.control(ctx, "PUT", "/roster", next, &struct{}{})
	if err == nil && !running {
		err = c.installRoster(ctx, next)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(c.out, "the new roster is in force")
	return nil
}

func readBundle(roster, holders string) (b store.Bundle, err error) {
	if b.Roster, err = os.ReadFile(roster); err != nil {
		return b, fmt.Errorf("reading the roster: %w", err)
	}
	if holders != "" {
		if b.Keyholders, err = os.ReadFile(holders); err != nil {
			return b, fmt.Errorf("reading the keyholders: %w", err)
		}
	}
	return b, nil
}

// installRoster does it without a server, by the same checks.
func (c *command) installRoster(ctx context.Context, next store.Bundle) error {
	st, err := store.Open(c.store)
	if err != nil {
		return err
	}
	defer st.Close()
	now, err := st.Roster()
	if err != nil {
		return err
	}
	site, err := web.New(web.Config{Store: st, Keyholders: now.Keyholders, Roster: now.Roster})
	if err != nil {
		return err
	}
	checked, err := site.CheckRoster(next.Keyholders, next.Roster)
	if err != nil {
		return err
	}
	return st.SetRoster(ctx, store.Bundle{Keyholders: checked.Chain(), Roster: next.Roster})
}

func (c *command) showRoster(ctx context.Context) error {
	var b store.Bundle
	running, err := c.control(ctx, "GET", "/roster", nil, &b)
	if err == nil && !running {
		var st *store.Store
		if st, err = store.Open(c.store); err == nil {
			b, err = st.Roster()
			st.Close()
		}
	}
	if err != nil {
		return err
	}
	_, err = c.out.Write(b.Roster)
	return err
}

// status is what an operator may know: how much waits, for whom, since which week. Nothing in it is about a case.
type status struct {
	Box     string         `json:"box"`
	Version int            `json:"roster_version"`
	Expires string         `json:"roster_expires"`
	Expired bool           `json:"roster_expired"`
	Boxes   int            `json:"boxes"`
	Readers []readerStatus `json:"readers"`
	Alarms  []string       `json:"alarms"`
}

type readerStatus struct {
	ID      string `json:"id"`
	Waiting int    `json:"waiting"`
	Bytes   int64  `json:"bytes"`
	Oldest  string `json:"oldest_week"` // "" if nothing waits
	Full    bool   `json:"full"`
}

func statusOf(ctx context.Context, st *store.Store) (*status, error) {
	b, err := st.Roster()
	if err != nil {
		return nil, err
	}
	r, err := web.OpenRoster(b.Keyholders, b.Roster, time.Now())
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, reader := range r.Receivers() {
		ids = append(ids, reader.ID)
	}
	counts, err := st.Status(ctx, append(ids, r.Retired...)) // who left may have left mail that nobody has read
	if err != nil {
		return nil, err
	}
	s := &status{Box: r.Name, Version: r.Version, Expires: dropbox.Today(r.Expires), Expired: r.Expired(time.Now()), Boxes: counts.Boxes,
		Readers: []readerStatus{}, Alarms: []string{}}
	if s.Expired {
		s.Alarms = append(s.Alarms, "the roster has expired: new reports are refused")
	} else if r.Expired(time.Now().AddDate(0, 0, 14)) {
		s.Alarms = append(s.Alarms, "the roster expires within two weeks: ask the keyholders to renew it")
	}
	old := dropbox.Week(time.Now().AddDate(0, 0, -14))
	for _, m := range counts.Mailboxes {
		if slices.Contains(r.Retired, m.Reader) {
			if m.Waiting > 0 {
				s.Alarms = append(s.Alarms, fmt.Sprintf("%s left the roster with %d entries that nobody has read", m.Reader, m.Waiting))
			}
			continue
		}
		s.Readers = append(s.Readers, readerStatus{m.Reader, m.Waiting, m.Bytes, m.Oldest, m.Full})
		if m.Full {
			s.Alarms = append(s.Alarms, m.Reader+"'s mailbox is full: reports that name her are refused")
		}
		if m.Oldest != "" && m.Oldest <= old {
			s.Alarms = append(s.Alarms, m.Reader+" has not fetched mail since "+m.Oldest)
		}
	}
	return s, nil
}

func (c *command) status(ctx context.Context) error {
	var s *status
	running, err := c.control(ctx, "GET", "/status", nil, &s)
	if err == nil && !running {
		var st *store.Store
		if st, err = store.Open(c.store); err == nil {
			s, err = statusOf(ctx, st)
			st.Close()
		}
	}
	if err != nil {
		return err
	}
	if c.json {
		return json.NewEncoder(c.out).Encode(s)
	}
	fmt.Fprintf(c.out, "%s: roster version %d, vouched for until %s; %d boxes\n", s.Box, s.Version, s.Expires, s.Boxes)
	for _, r := range s.Readers {
		fmt.Fprintf(c.out, "  %-16s %5d waiting, %d KiB", r.ID, r.Waiting, r.Bytes>>10)
		if r.Oldest != "" {
			fmt.Fprintf(c.out, ", since %s", r.Oldest)
		}
		fmt.Fprintln(c.out)
	}
	for _, a := range s.Alarms {
		fmt.Fprintf(c.out, "! %s\n", a)
	}
	return nil
}
