// Command demo runs a whole drop-box over loopback on throw-away data: keyholders, roster, server, advocates with homes of their own.
// Never use it for anything real: its passphrase lies beside what it protects.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"tellbox/dropbox/desk"
	"tellbox/dropbox/droptest"
	"tellbox/keys"
	"tellbox/keys/vault"
)

const passphrase = "this is only a demonstration"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "127.0.0.1:0", "loopback `address`")
	once := flags.Bool("once", false, "carry one report all the way, and end")
	dir := flags.String("dir", "", "keep everything in this new `folder`, and do not delete it")
	languages := flags.String("languages", "", "`tags` of the pages' languages, drafts too, with commas between them")
	asJSON := flags.Bool("json", false, "print where everything is as one line of JSON")
	if flags.Parse(args) != nil || flags.NArg() > 0 {
		return 2
	}
	if err := demo(ctx, *dir, *listen, *languages, *once, *asJSON, stdout); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(stderr, "demo: error: %v\n", err)
		return 1
	}
	return 0
}

func demo(ctx context.Context, dir, listen, languages string, once, asJSON bool, out io.Writer) error {
	if dir == "" {
		temp, err := os.MkdirTemp("", "tellbox-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temp)
		dir = temp
	}
	say := func(format string, args ...any) {
		if !asJSON {
			fmt.Fprintf(out, format+"\n", args...)
		}
	}
	say("Making keys for three keyholders, two advocates and an ombudsperson (a few seconds) …")
	p, err := open(ctx, dir, listen, languages)
	if err != nil {
		return err
	}
	defer p.box.Stop()
	switch {
	case once:
		return p.once(ctx, say)
	case asJSON:
		if err := json.NewEncoder(out).Encode(p); err != nil {
			return err
		}
	default:
		say(`
A drop-box with throw-away data is open, on this machine only:

  %s

1. Open it in a browser, send a report, and keep the eight words.
2. Read it as Alice, an advocate, in another terminal (the ID stands in the list):

  go run ./cmd/advocate inbox    -home %[2]s -passphrase-file %[3]s
  go run ./cmd/advocate read ID  -home %[2]s -passphrase-file %[3]s
  echo "I am here." | go run ./cmd/advocate reply ID -text-file - -home %[2]s -passphrase-file %[3]s

3. Come back on the page with your words, and read her reply.
4. Do the same in a program of your own, which lets the server see neither text nor words:

  go run ./cmd/reporter send  -server %[1]s -keyholders %[5]s
  go run ./cmd/reporter check -server %[1]s -keyholders %[5]s

Ctrl-C ends it, and deletes all of it%[4]s.`, p.URL, p.Advocates[0].Home, p.PassphraseFile, map[bool]string{true: "", false: " but the folder you named"}[dir == p.temp], p.Keyholders)
	}
	<-ctx.Done()
	return nil
}

// place says where everything is.
type place struct {
	URL            string `json:"url"`
	Keyholders     string `json:"keyholders"`
	PassphraseFile string `json:"passphrase_file"`
	Advocates      []home `json:"advocates"`

	box  *droptest.Box
	temp string
}

type home struct {
	ID   string `json:"id"`
	Home string `json:"home"`
}

// open sets up everything as people would with the other programs, and joins the advocates.
func open(ctx context.Context, dir, listen, languages string) (*place, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	p := &place{Keyholders: filepath.Join(dir, "keyholders.txt"), PassphraseFile: filepath.Join(dir, "passphrase"), temp: dir}
	if err := os.WriteFile(p.PassphraseFile, []byte(passphrase+"\n"), 0o600); err != nil {
		return nil, err
	}
	made := keygenAll(dir)
	var err error
	tags := strings.FieldsFunc(languages, func(r rune) bool { return r == ',' })
	p.box, err = droptest.Start(dir, droptest.Options{Listen: listen, Languages: tags, Keygen: func(who droptest.Person) (*vault.Advocate, *keys.Card, error) {
		m := made[who.ID]
		return m.secret, m.card, m.err
	}})
	if err != nil {
		return nil, err
	}
	p.URL = p.box.URL
	if err := os.WriteFile(p.Keyholders, p.box.Chain, 0o644); err != nil {
		return nil, err
	}
	for _, who := range droptest.Defaults {
		if who.Role.Receives() {
			p.Advocates = append(p.Advocates, home{who.ID, filepath.Join(dir, who.ID)})
		}
	}
	return p, p.each(func(h home) error {
		d, err := openDesk(h)
		if err != nil {
			return err
		}
		defer d.Close()
		_, err = d.Join(ctx, p.URL, "", p.box.Chain)
		return err
	})
}

// each does something for all advocates at once: opening a key takes most of a second.
func (p *place) each(f func(home) error) error {
	errs := make([]error, len(p.Advocates))
	var wg sync.WaitGroup
	for i, h := range p.Advocates {
		wg.Go(func() { errs[i] = f(h) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func openDesk(h home) (*desk.Desk, error) {
	return desk.Open(h.Home, func() (string, error) { return passphrase, nil }, time.Now)
}

type keypair struct {
	secret *vault.Advocate
	card   *keys.Card
	err    error
}

// keygenAll makes a home for everyone.
func keygenAll(dir string) map[string]keypair {
	var mu sync.Mutex
	var wg sync.WaitGroup
	made := map[string]keypair{}
	for _, who := range droptest.Defaults {
		wg.Go(func() {
			var k keypair
			folder := filepath.Join(dir, who.ID)
			k.card, k.err = desk.Keygen(folder, who.ID, who.Name, who.Org, func() (string, error) { return passphrase, nil })
			var sealed, text []byte
			if k.err == nil {
				sealed, k.err = os.ReadFile(filepath.Join(folder, "secret.age"))
			}
			if k.err == nil {
				text, k.err = vault.Open(sealed, passphrase)
			}
			if k.err == nil {
				k.secret, k.err = vault.ParseAdvocate(text)
			}
			mu.Lock()
			defer mu.Unlock()
			made[who.ID] = k
		})
	}
	wg.Wait()
	return made
}
