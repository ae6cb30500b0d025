package window

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"

	"tellbox/dropbox/desk"
	"tellbox/keys"
)

var (
	errTwice        = errors.New("two different passphrases")
	errNoPassphrase = errors.New("no passphrase")
	errNoFile       = errors.New("no file")
	errCard         = errors.New("no card can be made of that")
	errNobody       = errors.New("nobody chosen")
)

// maxPassphrase is what the commands take, in bytes.
const maxPassphrase = 1024

// first is the page of a folder without a key: to make one, or to bring a desk back.
func (w *Window) first(*visit) (page, error) { return page{"first", nil}, nil }

// makeKey is her first step. The desk is open after it.
func (w *Window) makeKey(v *visit) (done, error) {
	passphrase, err := newPassphrase(v)
	if err != nil {
		return done{}, err
	}
	text := func(name string) string { return strings.TrimSpace(v.sent.Get(name)) }
	_, err = desk.Keygen(w.Home, text("id"), text("name"), text("org"), func() (string, error) { return passphrase, nil })
	if errors.Is(err, keys.ErrFormat) {
		err = errCard
	}
	if err == nil {
		err = w.open(passphrase)
	}
	return done{to: "/key", told: []string{"Your key is made, and lies on this machine under your passphrase."}}, err
}

func newPassphrase(v *visit) (string, error) {
	p := v.sent.Get("passphrase")
	switch {
	case p == "" || len(p) > maxPassphrase || strings.ContainsAny(p, "\r\n"):
		return "", errNoPassphrase
	case p != v.sent.Get("again"):
		return "", errTwice
	}
	return p, nil
}

// takeBackup puts a back-up where restore finds it, if it is sealed: what she chose by mistake must not lie there readable.
func (w *Window) takeBackup(v *visit, from io.Reader) error {
	sealed := bufio.NewReader(from)
	if begins, _ := sealed.Peek(len(ageBegins)); string(begins) != ageBegins {
		return desk.ErrBackup
	}
	f, err := os.CreateTemp("", "desk-*") // 0600
	if err != nil {
		return err
	}
	v.backup = f.Name()
	_, err = io.Copy(f, sealed)
	return errors.Join(err, f.Close())
}

const ageBegins = "age-encryption.org/v1\n"

// restore makes a desk out of a back-up, uploaded or by its path.
func (w *Window) restore(v *visit) (done, error) {
	file := v.backup
	if file == "" {
		file = strings.TrimSpace(v.sent.Get("path"))
	}
	if file == "" {
		return done{}, errNoFile
	}
	passphrase := v.sent.Get("passphrase")
	if passphrase == "" {
		return done{}, errNoPassphrase
	}
	made, err := desk.Restore(v.ctx, file, w.Home, func() (string, error) { return passphrase, nil }, w.Now, nil)
	if err == nil {
		err = w.open(passphrase)
	}
	return done{to: "/", told: append([]string{"Your desk is here again, as it was on " + day(made.Day) + ". Do not use the old one any more."}, made.Notices...)}, err
}

// keyPage is her own key, and what comes next with it.
type keyPage struct {
	*keys.Card
	Fingerprint string
	Home        string
}

func (w *Window) key(*visit) (page, error) {
	card, err := w.desk.Card()
	if err != nil {
		return page{}, err
	}
	return page{"key", keyPage{card, card.Fingerprint(), w.Home}}, nil
}

// card is the one file that a keyholder needs.
func (w *Window) card(rw http.ResponseWriter, r *http.Request) {
	v, end := w.begin(rw, r)
	defer end()
	if w.elsewhere(v, anyDesk) {
		return
	}
	w.download(v, "card.txt", "text/plain; charset=utf-8", func() error {
		card, err := w.desk.Card()
		if err == nil {
			io.WriteString(rw, card.Text())
		}
		return err
	})
}

type joinPage struct{ Server, Proxy string }

func (w *Window) askJoin(v *visit) (page, error) {
	server, proxy := w.desk.Server()
	if v.typed.Has("server") {
		server, proxy = v.typed.Get("server"), v.typed.Get("proxy")
	}
	return page{"join", joinPage{server, proxy}}, nil
}

// comparePage is what she holds against the poster before she joins.
type comparePage struct {
	Server, Proxy, Chain string
	Set                  *keys.Keyholders
}

// compare shows who would vouch, and asks no server.
func (w *Window) compare(v *visit) (done, error) {
	chain := v.sent.Get("chain") // typed in, or the file
	if strings.TrimSpace(chain) == "" {
		return done{}, errNoFile
	}
	chain = strings.TrimLeft(strings.ReplaceAll(chain, "\r\n", "\n"), "\n ")
	if !strings.HasSuffix(chain, "\n") {
		chain += "\n"
	}
	v.sent.Set("chain", chain)
	set, err := keys.OpenChain([]byte(chain))
	if err != nil {
		return done{}, err
	}
	return done{shows: &page{"compare", comparePage{strings.TrimSpace(v.sent.Get("server")), strings.TrimSpace(v.sent.Get("proxy")), chain, set}}}, nil
}

func (w *Window) join(v *visit) (done, error) {
	ctx, cancel := context.WithTimeout(v.ctx, fetchTime)
	defer cancel()
	chain := strings.ReplaceAll(v.sent.Get("chain"), "\r\n", "\n")
	r, err := w.desk.Join(ctx, v.sent.Get("server"), v.sent.Get("proxy"), []byte(chain))
	if err != nil {
		return done{}, err
	}
	w.due = true
	return done{to: "/people", told: []string{"This desk now belongs to " + r.Name + "."}}, nil
}

type peoplePage struct {
	*keys.Roster
	Keyholders *keys.Keyholders
	Readers    []keys.Reader
	Me, Until  string
}

// people are those who read, and those who vouch for them.
func (w *Window) people(*visit) (page, error) {
	r := w.desk.Roster()
	vouch, err := w.desk.Keyholders()
	return page{"people", peoplePage{r, vouch, r.Receivers(), w.desk.ID(), r.Expires.Format("2 January 2006")}}, err
}
