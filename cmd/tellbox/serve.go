package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"tellbox/dropbox"
	"tellbox/dropbox/store"
	"tellbox/dropbox/web"
)

const (
	maxConnections = 1024
	leastFile      = 1 << 20          // bytes: whoever says -max-file 500 means something else
	drainTime      = 30 * time.Second // how long requests may take to end after a signal
)

// init makes an empty box, after verifying that its readers are vouched for.
func (c *command) init(context.Context) error {
	roster, err := os.ReadFile(c.roster)
	if err != nil {
		return fmt.Errorf("reading the roster: %w", err)
	}
	keyholders, err := os.ReadFile(c.holders)
	if err != nil {
		return fmt.Errorf("reading the keyholders: %w", err)
	}
	r, err := web.OpenRoster(keyholders, roster, time.Now())
	if err != nil {
		return err
	}
	if r.Expired(time.Now()) {
		return &hinted{errors.New("the roster has expired"), "roster-expired", "keyholders renew it: keyholder renew -roster R -expires DAY, and sign", 1}
	}
	if len(r.Receivers()) == 0 {
		return &hinted{errors.New("nobody in the roster receives reports"), "no-reader", "add an advocate: keyholder add -roster R -card C -role advocate", 1}
	}
	if err := store.Init(c.store, store.Bundle{Keyholders: keyholders, Roster: roster}); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%q is ready in %s: %d people read reports, vouched for until %s.\nKeep the pepper out of backups of that folder.\n",
		r.Name, c.store.Dir, len(r.Receivers()), r.Expires.Format(time.DateOnly))
	return nil
}

// serve is the whole server: its limits, its doors, how it ends.
func (c *command) serve(ctx context.Context) error {
	prompts, err := c.readPrompts()
	if err != nil {
		return err
	}
	if c.maxFile != 0 && c.maxFile < leastFile || c.maxFile > dropbox.MostFile {
		return c.misused("-max-file takes 1M to 3G; a number without a letter is bytes")
	}
	st, err := store.Open(c.store)
	if err != nil {
		return err
	}
	defer st.Close()
	if c.store.Damaged {
		c.store.Log.Warn("serving even if something that was stored is missing: tellbox status says so, and tellbox check what")
	}
	bundle, err := st.Roster()
	if err != nil {
		return err
	}
	site, err := web.New(web.Config{Store: st, Keyholders: bundle.Keyholders, Roster: bundle.Roster, Exit: c.exit, Prompts: prompts, Log: c.store.Log, MaxFile: c.maxFile,
		Languages: strings.FieldsFunc(c.languages, func(r rune) bool { return r == ',' || r == ' ' })})
	if errors.Is(err, web.ErrLanguage) {
		return fmt.Errorf("-languages: %w", err)
	}
	if err != nil {
		return fmt.Errorf("the roster in the store: %w", err)
	}
	listener, name, err := listen(c.listen)
	if err != nil {
		return err
	}
	control, err := listenControl(c.store.Dir)
	if err != nil {
		listener.Close()
		return err
	}
	server := publicServer(site)
	asked, abandon := context.WithCancel(context.Background())
	defer abandon()
	operator := operatorServer(asked, controlHandler(st, site))
	failed := make(chan error, 2)
	go func() { failed <- server.Serve(netutil.LimitListener(listener, maxConnections)) }()
	go func() { failed <- operator.Serve(control) }()
	fmt.Fprintf(c.out, "listening %s\n", name)

	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	abandon() // what the operator asked for can take long, and must not hold up the end
	end(operator, server)
	return err
}

// readPrompts reads the operator's questions; nil without a file of them.
func (c *command) readPrompts() (*web.Prompts, error) {
	if c.prompts == "" {
		return nil, nil
	}
	text, err := os.ReadFile(c.prompts)
	if err != nil {
		return nil, fmt.Errorf("reading the prompts: %w", err)
	}
	p, err := web.ParsePrompts(c.prompts, text)
	if err != nil {
		return nil, &hinted{err, "prompts", "mend that line; what a file of prompts may hold stands in deploy/prompts.txt", 1}
	}
	return p, nil
}

// publicServer is for everybody.
func publicServer(site http.Handler) *http.Server {
	return &http.Server{
		Handler:           site,
		ReadHeaderTimeout: 15 * time.Second,
		ReadTimeout:       time.Minute, // for requests that nobody reads; where a body is wanted, web sets a longer deadline by its size
		WriteTimeout:      15 * time.Minute,
		IdleTimeout:       15 * time.Second, // connections are few, and a new one costs little
		MaxHeaderBytes:    16 << 10,

		DisableGeneralOptionsHandler: true,        // OPTIONS * is answered as anything else unknown
		ErrorLog:                     discarded(), // its lines carry addresses
	}
}

// operatorServer is for the other verbs. What it does for them ends with ctx, and with the connection of who asked; how long an
// answer may take to be read, its handlers say.
func operatorServer(ctx context.Context, handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       time.Minute,
		ErrorLog:          discarded(),
	}
}

func discarded() *log.Logger { return slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) }

// end lets requests end that have begun, for as long as drainTime.
func end(servers ...*http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	var ended sync.WaitGroup
	for _, s := range servers {
		ended.Go(func() {
			if s.Shutdown(ctx) != nil {
				s.Close()
			}
		})
	}
	ended.Wait()
}

// listen opens a unix socket or a loopback port, and refuses everything else: what crosses a network must be an onion
// service or TLS, which something in front provides.
func listen(where string) (l net.Listener, name string, err error) {
	if path, ok := strings.CutPrefix(where, "unix:"); ok {
		l, err = listenUnix(path, 0o660)
		return l, where, err
	}
	host, _, err := net.SplitHostPort(where)
	if err != nil {
		return nil, "", fmt.Errorf("-listen: %w", err)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return nil, "", &hinted{errors.New("-listen takes a loopback address or a unix socket"), "listen",
			"put an onion service or a TLS proxy in front, and let it connect to 127.0.0.1 or the socket", 1}
	}
	if l, err = net.Listen("tcp", where); err != nil {
		return nil, "", &hinted{fmt.Errorf("-listen: %w", err), "busy", "is another server running there?", 3}
	}
	return l, "http://" + l.Addr().String(), nil
}

// listenUnix opens a socket, in place of one that a killed process left.
func listenUnix(path string, mode os.FileMode) (net.Listener, error) {
	if conn, err := net.Dial("unix", path); err == nil {
		conn.Close()
		return nil, &hinted{fmt.Errorf("another process listens at %s", filepath.Base(path)), "busy", "stop it first", 3}
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == os.ModeSocket {
		os.Remove(path)
	}
	l, err := net.Listen("unix", path)
	if err != nil && len(path) > 100 {
		return nil, &hinted{fmt.Errorf("listening: %w", err), "listen", "the path of a socket is at most about 100 characters: use a shorter folder", 1}
	}
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	if err := os.Chmod(path, mode); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}
