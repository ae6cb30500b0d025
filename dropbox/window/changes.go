package window

import (
	"context"
	"net/http"
	"os"
	"path/filepath"

	"tellbox/dropbox/desk"
	"tellbox/keys"
)

// sheet shows her recovery sheet, to be printed. It is her key: whoever sits at an open desk does not get it without the passphrase.
func (w *Window) sheet(v *visit) (done, error) {
	if err := w.prove(v.sent.Get("passphrase")); err != nil {
		return done{}, err
	}
	text, err := w.desk.Sheet()
	return done{shows: &page{"sheet", text}, to: "/key"}, err // once: a browser would send the passphrase again
}

// recoverKey makes her key anew from what she typed off a sheet.
func (w *Window) recoverKey(v *visit) (done, error) {
	passphrase, err := newPassphrase(v)
	if err != nil {
		return done{}, err
	}
	_, err = desk.Recover(w.Home, func() (string, error) { return passphrase, nil }, func() (string, error) { return v.sent.Get("sheet"), nil })
	if err == nil {
		err = w.open(passphrase)
	}
	return done{to: "/key", told: []string{"Your key is here again, under the new passphrase. Compare its fingerprint with the one on the sheet.",
		"Mail that you fetched more than 30 days ago is gone from the server. If somebody else may have the old laptop or the sheet, change your keys today."}}, err
}

// rotatePage is a change of her keys; Card is nil before it is begun.
type rotatePage struct {
	Card        *keys.Card
	Fingerprint string
}

func (w *Window) askRotate(*visit) (page, error) {
	if _, err := os.Lstat(filepath.Join(w.Home, "card-next.txt")); err != nil {
		return page{"rotate", rotatePage{}}, nil
	}
	card, err := w.desk.Rotate() // those that are on their way
	if err != nil {
		return page{}, err
	}
	return page{"rotate", rotatePage{card, card.Fingerprint()}}, nil
}

func (w *Window) rotate(v *visit) (done, error) {
	if v.sent.Get("do") == "cancel" {
		ctx, cancel := context.WithTimeout(v.ctx, fetchTime)
		defer cancel()
		notices, err := w.desk.CancelRotation(ctx)
		return done{to: "/rotate", told: append([]string{"The next keys are dropped. If a keyholder has their card, tell them not to use it."}, notices...)}, err
	}
	_, err := w.desk.Rotate()
	return done{to: "/rotate", told: []string{"Your next keys are ready. All goes on with those you have, until a new roster names the next ones."}}, err
}

// nextCard is the card of the keys to come.
func (w *Window) nextCard(rw http.ResponseWriter, r *http.Request) {
	v, end := w.begin(rw, r)
	defer end()
	if w.elsewhere(v, joined) {
		return
	}
	w.download(v, "card-next.txt", "text/plain; charset=utf-8", func() error {
		p, err := w.askRotate(v)
		if err != nil {
			return err
		}
		next := p.data.(rotatePage)
		if next.Card == nil {
			return desk.ErrNoRotation
		}
		_, err = rw.Write([]byte(next.Card.Text()))
		return err
	})
}

// leavePage is what becomes of her cases when she leaves the service.
type leavePage struct {
	Me     string
	Others []person
	To     string
	Listed bool // it was not done yet
	Cases  []leavingCase
	Left   int // cases that are still hers
}

type leavingCase struct {
	desk.LeavingCase
	Number int
}

func (w *Window) askLeave(*visit) (page, error) {
	shown := leavePage{Me: w.desk.ID()}
	for _, r := range w.desk.Roster().Receivers() {
		if r.ID != shown.Me {
			shown.Others = append(shown.Others, person{r.ID, r.Name})
		}
	}
	return page{"leave", shown}, nil
}

// leave lists what it would do, or does it if she confirms.
func (w *Window) leave(v *visit) (done, error) {
	to := v.sent.Get("who")
	list := v.sent.Get("do") != "leave"
	switch {
	case to == "":
		return done{}, errNobody
	case !list && v.sent.Get("confirm") != "yes":
		return done{}, errConfirm
	}
	ctx, cancel := context.WithTimeout(v.ctx, fetchTime)
	defer cancel()
	l, err := w.desk.Leave(ctx, to, list)
	w.told = append(w.told, plain(l.Notices)...)
	if err != nil {
		return done{}, err
	}
	p, err := w.askLeave(v)
	if err != nil {
		return done{}, err
	}
	shown := p.data.(leavePage)
	shown.To, shown.Listed = to, list
	for _, c := range l.Cases {
		shown.Cases = append(shown.Cases, leavingCase{c, w.number(c.ID)})
		if !c.Done && c.Step != desk.LeaveClosed {
			shown.Left++
		}
	}
	return done{shows: &page{"leave", shown}}, nil
}
