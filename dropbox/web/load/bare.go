package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/store"
	"tellbox/dropbox/web"
)

// bareVerb is the hidden first argument that makes this program the bare handler.
const bareVerb = "bare"

// memoryLimit is the one that cmd/tellbox sets.
const memoryLimit = 112 << 20

// bareHandler does what cannot be left out, and nothing else: no forms, tickets, pages, headers, limits or signatures.
type bareHandler struct {
	store  *store.Store
	roster *web.Roster
	dir    string // where a file goes that is made durable
}

// bare serves the store in a data folder until ctx ends.
func bare(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("load "+bareVerb, flag.ContinueOnError)
	data := flags.String("data", "", "data `folder`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	st, err := store.Open(store.Config{Dir: *data})
	if err != nil {
		return err
	}
	defer st.Close()
	h := &bareHandler{store: st, dir: filepath.Dir(*data)}
	if h.roster, err = rosterOf(st); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /send", h.send)
	mux.HandleFunc("POST /check", h.check)
	mux.HandleFunc("GET /mail", h.mail)
	mux.HandleFunc("POST /file", h.file)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	fmt.Fprintf(stdout, "listening http://%s\n", l.Addr())
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// send takes an account, and answers when it is sealed and durable.
func (h *bareHandler) send(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, err)
		return
	}
	p, err := sealReport(dropbox.NewCode(), string(text), h.roster.Box, h.roster.Roster)
	if err == nil {
		_, err = h.store.Put(r.Context(), p, true)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	io.WriteString(w, "ok")
}

// check takes the words, and answers when all that they open is read.
func (h *bareHandler) check(w http.ResponseWriter, r *http.Request) {
	typed, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, err)
		return
	}
	if err := h.open(r.Context(), string(typed)); err != nil {
		refuse(w, err)
		return
	}
	io.WriteString(w, "ok")
}

func (h *bareHandler) open(ctx context.Context, typed string) error {
	code, err := dropbox.ParseCode(typed)
	if err != nil {
		return err
	}
	her, err := code.Reporter(h.roster.Box)
	if err != nil {
		return err
	}
	lines, err := h.store.Lines(ctx, her.Drop)
	if err != nil {
		return err
	}
	if c := her.Fold(lines.Lines); len(c.Entries) != 2 || c.Unread > 0 {
		return errors.New("opening lines: not a report and its reply")
	}
	return nil
}

// mail answers with a page of a mailbox, whoever asks.
func (h *bareHandler) mail(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil {
		refuse(w, err)
		return
	}
	mail, next, err := h.store.Mail(r.Context(), reader, q.Get("after"), limit)
	if err != nil {
		refuse(w, err)
		return
	}
	page := dropbox.MailAnswer{Next: next}
	for _, m := range mail {
		page.Entries = append(page.Entries, dropbox.MailEntry(m))
	}
	b, err := json.Marshal(page)
	if err != nil {
		refuse(w, err)
		return
	}
	w.Write(b)
}

func rosterOf(st *store.Store) (*web.Roster, error) {
	bundle, err := st.Roster()
	if err != nil {
		return nil, err
	}
	return web.OpenRoster(bundle.Keyholders, bundle.Roster, time.Now())
}

func refuse(w http.ResponseWriter, err error) {
	http.Error(w, err.Error(), http.StatusInternalServerError)
}
