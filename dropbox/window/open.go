package window

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"

	"tellbox/dropbox/desk"
	"tellbox/keys/vault"
)

// local is an address of the desk's own.
var local = regexp.MustCompile(`^/([a-z]+(/[a-z0-9]+)*)?$`)

// lockedPage asks for the passphrase. Next is where she was, and Kept says that what she wrote there waits.
type lockedPage struct {
	Next string
	Kept bool
}

func (w *Window) locked(v *visit, next string) page {
	if !local.MatchString(next) {
		next = "/"
	}
	return page{"locked", lockedPage{next, len(w.kept) > 0}}
}

// unlock opens the desk again.
func (w *Window) unlock(v *visit) (done, error) {
	again := w.desk != nil // she pressed twice, and the first answer with her new session was lost
	how := w.open
	if again {
		how = w.prove
	}
	if err := how(v.sent.Get("passphrase")); err != nil {
		return done{}, err
	}
	w.renew(v.rw, again)
	next := v.sent.Get("next")
	if !local.MatchString(next) || next == "/lock" || next == "/unlock" {
		next = "/"
	}
	return done{to: next}, nil
}

func (w *Window) open(passphrase string) error {
	if passphrase == "" {
		return errNoPassphrase
	}
	d, err := desk.Open(w.Home, func() (string, error) { return passphrase, nil }, w.Now)
	debug.FreeOSMemory() // of the 128 MB that a passphrase took
	if err != nil {
		return err
	}
	w.desk, w.due = d, d.Joined()
	w.told = append(w.told, plain(d.Notices())...)
	return nil
}

// prove says whether somebody knows the passphrase of a desk that is open.
func (w *Window) prove(passphrase string) error {
	if passphrase == "" {
		return errNoPassphrase
	}
	sealed, err := os.ReadFile(filepath.Join(w.Home, "secret.age"))
	if err == nil {
		_, err = vault.Open(sealed, passphrase)
		debug.FreeOSMemory() // of the 128 MB that it took
	}
	return err
}

// pressLock is her press of the button: the desk is closed already.
func (w *Window) pressLock(v *visit) {
	if w.empty() {
		w.answer(v, w.first)
		return
	}
	w.write(v, w.locked(v, "/"))
}

// pressClose ends the program, once she has the answer.
func (w *Window) pressClose(v *visit) {
	w.write(v, page{"closed", nil})
	w.ends.Do(func() { close(w.over) })
}
