package window

import (
	"strings"

	"tellbox/dropbox/desk"
)

// junkPage is all that is kept apart from the cases.
type junkPage struct {
	Unreadable int
	Heaps      []heap
}

// heap is one kind of it. Of what is a case, Number is the one in addresses.
type heap struct {
	Name, Title, What string
	Count             int
	Apart             []apart
	Cases             bool // they can be read, and brought back
}

type apart struct {
	desk.Apart
	Number int
}

func (w *Window) askJunk(*visit) (page, error) {
	list, err := w.desk.Junk()
	if err != nil {
		return page{}, err
	}
	w.told = append(w.told, plain(list.Notices)...)
	floods := heap{Name: desk.Floods, Title: "Floods", What: "Five or more reports say exactly the same. The oldest is a case in your inbox; these are the others.", Cases: true}
	for _, f := range list.Floods {
		floods.Apart = append(floods.Apart, w.apart(f.Apart)...)
	}
	aside := heap{Name: desk.Aside, Title: "Put aside by you", What: "If anything comes to one of these, it is in your inbox again.", Apart: w.apart(list.Aside), Cases: true}
	second := heap{Name: desk.Duplicates, Title: "Further reports for a case", What: "Nobody vouches for these. The first report is the case.", Apart: w.apart(list.Duplicates)}
	unreadable := heap{Name: desk.Unreadable, Title: "Mail that cannot be read", What: "It does not open, or nobody vouches for it. Ask your colleagues whether they have the same.", Count: list.Unreadable}
	shown := junkPage{Unreadable: list.Unreadable}
	for _, h := range []heap{floods, aside, second, unreadable} {
		if h.Count += len(h.Apart); h.Count > 0 {
			shown.Heaps = append(shown.Heaps, h)
		}
	}
	return page{"junk", shown}, nil
}

func (w *Window) apart(list []desk.Apart) (shown []apart) {
	for _, a := range list {
		shown = append(shown, apart{a, w.number(a.ID)})
	}
	return shown
}

// removeJunk deletes the heaps that she ticked, here and on the server.
func (w *Window) removeJunk(v *visit) (done, error) {
	heaps := v.sent["heap"]
	if len(heaps) == 0 {
		return done{}, errConfirm
	}
	gone, err := w.desk.RemoveJunk(v.ctx, heaps...)
	if err != nil {
		w.told = append(w.told, plain(gone.Notices)...)
		return done{}, err
	}
	n := gone.Unreadable + gone.Duplicates + gone.Floods + gone.Aside
	return done{to: "/junk", told: append([]string{number(n, "piece is", "pieces are") + " deleted, here and on the server."}, gone.Notices...)}, nil
}

// keepCase makes a case again of what was kept apart.
func (w *Window) keepCase(v *visit) (done, error) {
	id, err := w.named(v)
	if err == nil {
		_, err = w.desk.Keep([]string{id})
	}
	return done{to: w.casePath(id), told: []string{"The case is in your inbox, and is not taken for junk again."}}, err
}

// setAside keeps a case apart.
func (w *Window) setAside(v *visit) (done, error) {
	id, err := w.named(v)
	if err == nil {
		_, err = w.desk.SetAside([]string{id})
	}
	return done{to: "/junk", told: []string{"Case " + strings.TrimSpace(id) + " is kept apart as junk. If anything comes to it, it is in your inbox again."}}, err
}

// forgetLost deletes what is left of a case whose report the disk has lost.
func (w *Window) forgetLost(v *visit) (done, error) {
	if v.sent.Get("confirm") != "yes" {
		return done{}, errConfirm
	}
	gone, err := w.desk.Forget(v.ctx, v.sent.Get("lost"))
	return done{to: "/", told: []string{"What was left of " + gone.ID + " is deleted."}}, err
}
