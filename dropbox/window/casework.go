package window

import (
	"context"
	"errors"
	"slices"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
)

// workPage is what readers decide about a case.
type workPage struct {
	desk.Case
	Number   int
	Statuses []string // but that of a closed case, which has a form of its own
	Others   []person // who read it beside her
	CanAdd   []person
	Next     []person // who can take it over
	Names    []string // in what she wrote, that the reporter wrote, too
}

// person is somebody of the roster.
type person struct{ ID, Name string }

func (w *Window) persons(ids []string) (list []person) {
	for _, id := range ids {
		p, _ := w.desk.Roster().Reader(id) // without a name, if the roster has none any more
		list = append(list, person{id, p.Name})
	}
	return list
}

func (w *Window) askWork(v *visit) (page, error) {
	id, err := w.named(v)
	if err != nil {
		return page{}, err
	}
	c, err := w.desk.Read(id)
	switch {
	case err != nil:
		return page{}, err
	case c.Withdrawn:
		return page{}, desk.ErrWithdrawn
	case c.Left && !c.Nobody: // else she can give it to somebody, unread
		return page{}, desk.ErrLeft
	}
	others := slices.DeleteFunc(slices.Clone(c.Team), func(id string) bool { return id == w.desk.ID() })
	c.Warnings = plain(c.Warnings)
	shown := workPage{Case: c, Number: w.number(id), Others: w.persons(others), CanAdd: w.persons(c.CanAdd), Next: w.persons(append(others, c.CanAdd...))}
	if v.problem != nil && v.problem.Token == "names" {
		if shown.Names, err = w.desk.Names(id, v.typed.Get("text")); err != nil {
			return page{}, err
		}
	}
	for _, s := range dropbox.Statuses {
		if s != dropbox.Closed {
			shown.Statuses = append(shown.Statuses, s)
		}
	}
	return page{"work", shown}, nil
}

// work carries out one step. The reporter is told, but for what is between colleagues.
func (w *Window) work(v *visit) (done, error) {
	id, err := w.named(v)
	if err != nil {
		return done{}, err
	}
	ctx, cancel := context.WithTimeout(v.ctx, fetchTime)
	defer cancel()
	text, who := v.sent.Get("text"), v.sent.Get("who")
	a, told := desk.Action{Text: text}, "The reporter is told."
	if v.sent.Get("do") != "tell" {
		if err := w.asksNames(v, id, text); err != nil && !errors.Is(err, desk.ErrLeft) { // of a case that she left she has seen nothing
			return done{}, err
		}
	}
	switch do := v.sent.Get("do"); {
	case do == "status":
		a.Status = v.sent.Get("status")
	case do == "close":
		a.Status, told = dropbox.Closed, "The case is closed. The reporter reads why, and opens it again by writing."
	case do == "tell":
		a.Note, told = true, "Your colleagues get it when they fetch their mail. The reporter does not see it."
	case do == "aside" && v.sent.Get("confirm") != "yes":
		return done{}, errConfirm
	case do == "aside":
		a.Leave, told = true, "You stepped aside, and the reporter is told. Nothing of the case is shown here any more."
	case who == "":
		return done{}, errNobody
	case do == "assign":
		a.Named = who
	case do == "add":
		a.Add, told = who, who+" has all of the case now, and the reporter is told."
	case do == "handover":
		made, err := w.desk.HandOver(ctx, id, who, text, v.sent.Get("leave") == "yes")
		return done{to: w.casePath(id), told: append([]string{"The case is handed over to " + who + ", and the reporter is told."}, made.Notices...)}, w.heard(made, err)
	}
	made, err := w.desk.Do(ctx, id, a)
	return done{to: w.casePath(id), told: append([]string{told}, made.Notices...)}, w.heard(made, err)
}

// heard keeps what the desk had to say before it went wrong.
func (w *Window) heard(made desk.Replied, err error) error {
	if err != nil {
		w.told = append(w.told, plain(made.Notices)...)
	}
	return err
}
