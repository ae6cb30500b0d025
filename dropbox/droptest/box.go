// Package droptest is a real drop-box with ready keys, for tests and for cmd/demo: real badger in a folder, the real
// server over loopback TCP, a roster signed by two of three keyholders. Its secrets are thrown away with it.
package droptest

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/store"
	"tellbox/dropbox/web"
	"tellbox/keys"
	"tellbox/keys/vault"
)

// Options change what Start makes; the zero value has two advocates, alice and bob, and carol as ombudsperson.
type Options struct {
	People  []Person
	Listen  string           // 127.0.0.1:0
	Now     func() time.Time // time.Now
	Log     *slog.Logger     // discards
	Store   store.Config     // quotas; its folder, clock and log are set here
	MaxFile int64            // bytes of a file, as in web.Config
	// Wrap may stand between the server and its store, to inject faults.
	Wrap func(web.Store) web.Store
	// Keygen makes a person's keys; vault.NewAdvocate, if it is nil.
	Keygen func(Person) (*vault.Advocate, *keys.Card, error)
	// Languages are those that are on beside English, and Catalogues all there are, as in web.Config. See Pseudo.
	Languages  []string
	Catalogues fs.FS
	// Lines are the support lines; one, if there are none.
	Lines []string
}

// Person is somebody in the roster.
type Person struct {
	ID, Name, Org, Statement string
	Role                     keys.Role
	Languages                string // "English" for those who read reports, if there are none
}

// Defaults are the people of the zero Options.
var Defaults = []Person{
	{"alice", "Alice Okafor", "Survivors' Centre North", "", keys.Advocate, ""},
	{"bob", "Bob Lindqvist", "Law Clinic East", "sits on no party committee", keys.Advocate, ""},
	{"carol", "Carol Adeyemi", "Independent", "", keys.Ombudsperson, ""},
	{"irene", "Irene Novak", "Novak Investigations", "", keys.Investigator, ""},
	{"jan", "Jan de Boer", "Panel of adjudicators", "", keys.Adjudicator, ""},
}

// Box is a running drop-box and everything its people hold.
type Box struct {
	URL        string
	Dir        string // data folder of the store
	Keyholders []*vault.Keyholder
	Set        *keys.Keyholders
	Chain      []byte // the keyholders file
	Roster     *keys.Roster
	Signed     []byte // the roster, signed
	Advocates  map[string]*vault.Advocate
	Store      *store.Store
	Web        *web.Server
	Prompts    *web.Prompts // what the form asks from the next Restart on; nil: the catalogue's

	options Options
	server  *http.Server
	addr    string
	mu      sync.Mutex // protects nothing but the order of Stop and Restart
}

// Start makes a box in dir, which must be new or empty, and serves it.
func Start(dir string, o Options) (*Box, error) {
	if o.People == nil {
		o.People = Defaults
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Lines == nil {
		o.Lines = []string{"Samaritans|116 123|daily 00:00-24:00|Europe/London", "Rape Crisis England & Wales|0808 500 2222|daily 00:00-24:00|Europe/London"}
	}
	if o.Keygen == nil {
		o.Keygen = func(p Person) (*vault.Advocate, *keys.Card, error) { return vault.NewAdvocate(p.ID, p.Name, p.Org) }
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	b := &Box{Dir: filepath.Join(dir, "data"), Advocates: map[string]*vault.Advocate{}, options: o, addr: o.Listen}
	if err := b.makeKeys(); err != nil {
		return nil, err
	}
	if err := store.Init(b.config(), store.Bundle{Keyholders: b.Chain, Roster: b.Signed}); err != nil {
		return nil, err
	}
	return b, b.serve()
}

func (b *Box) config() store.Config {
	c := b.options.Store
	c.Dir, c.Now, c.Log = b.Dir, b.options.Now, b.options.Log
	return c
}

func (b *Box) makeKeys() error {
	now := b.options.Now()
	var people []keys.Keyholder
	for _, name := range []string{"Ana", "Ben", "Cleo"} {
		secret, public, err := vault.NewKeyholder(name)
		if err != nil {
			return err
		}
		b.Keyholders, people = append(b.Keyholders, secret), append(people, public)
	}
	var lines []keys.SupportLine
	for _, text := range b.options.Lines {
		l, err := keys.ParseSupportLine(text)
		if err != nil {
			return err
		}
		lines = append(lines, l)
	}
	var id dropbox.BoxID
	rand.Read(id[:])
	set, err := keys.NewKeyholders(id, 2, people)
	if err != nil {
		return err
	}
	b.Set, b.Chain = set, []byte(set.Text())
	if b.Roster, err = keys.NewRoster(set, "The demo box", now.AddDate(0, 0, 50), lines, now); err != nil {
		return err
	}
	for _, p := range b.options.People {
		if err := b.Add(p); err != nil {
			return err
		}
	}
	return b.Sign()
}

// Add makes keys for a person and adds her to the roster, which is to be signed after that.
func (b *Box) Add(p Person) error {
	a, card, err := b.options.Keygen(p)
	if err != nil {
		return err
	}
	b.Advocates[p.ID] = a
	if p.Languages == "" && p.Role.Receives() {
		p.Languages = "English"
	}
	return b.Roster.Add(keys.Reader{Card: *card, Role: p.Role, Statement: p.Statement, Languages: p.Languages}, b.options.Now())
}

// Sign signs the roster as it is now with the keys of two keyholders.
func (b *Box) Sign() error {
	signed := []byte(b.Roster.Text())
	var err error
	for _, k := range b.Keyholders[:2] {
		if signed, err = keys.Sign(signed, k.Signer()); err != nil {
			return err
		}
	}
	b.Signed = signed
	return nil
}

// Install signs the roster and puts it into force in the running server, as `tellbox roster` does.
func (b *Box) Install(ctx context.Context) error {
	if err := b.Sign(); err != nil {
		return err
	}
	next, err := b.Web.CheckRoster(nil, b.Signed)
	if err != nil {
		return err
	}
	if err := b.Store.SetRoster(ctx, store.Bundle{Keyholders: next.Chain(), Roster: b.Signed}); err != nil {
		return err
	}
	b.Web.UseRoster(next)
	return nil
}

func (b *Box) serve() error {
	st, err := store.Open(b.config())
	if err != nil {
		return err
	}
	bundle, err := st.Roster()
	if err != nil {
		return errors.Join(err, st.Close())
	}
	var behind web.Store = st
	if b.options.Wrap != nil {
		behind = b.options.Wrap(st)
	}
	b.Web, err = web.New(web.Config{Store: behind, Keyholders: bundle.Keyholders, Roster: bundle.Roster, Prompts: b.Prompts, Now: b.options.Now, Log: b.options.Log,
		MaxFile: b.options.MaxFile, Languages: b.options.Languages, Catalogues: b.options.Catalogues})
	if err != nil {
		return errors.Join(err, st.Close())
	}
	l, err := net.Listen("tcp", b.addr)
	if err != nil {
		return errors.Join(err, st.Close())
	}
	b.Store, b.addr = st, l.Addr().String()
	b.URL = "http://" + b.addr
	b.server = &http.Server{Handler: b.Web, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go b.server.Serve(l)
	return nil
}

// Stop ends the server and closes the store.
func (b *Box) Stop() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := b.server.Shutdown(ctx)
	return errors.Join(err, b.Store.Close())
}

// Restart is Stop and a new server on the same folder and port: what lived in memory only is gone.
func (b *Box) Restart() error {
	if err := b.Stop(); err != nil {
		return err
	}
	return b.serve()
}
