package desk

import (
	"context"
	"errors"
	"slices"

	"tellbox/dropbox"
)

// Steps of leaving, one for each case.
const (
	LeaveHandOver = "hand-over"  // to the one who takes over, who is named to the reporter; then step aside
	LeaveAside    = "step-aside" // somebody else is named to her, and stays
	LeaveClosed   = "closed"     // nothing: it is closed, and others read it if she opens it again
	LeaveCannot   = "cannot"     // Reason says why
)

// Leaving is what becomes of the cases of somebody who leaves. Cases that she stepped aside from and others read, that were taken back, or that are kept apart as junk are not in it.
type Leaving struct {
	To      string        `json:"to"`
	Cases   []LeavingCase `json:"cases"` // in the inbox's order
	Notices []string      `json:"notices"`
}

// LeavingCase is one of them.
type LeavingCase struct {
	ID     string `json:"id"`
	Step   string `json:"step"`
	Done   bool   `json:"done"`
	Reason string `json:"reason,omitempty"` // for people
}

// Leave hands over to somebody else all that is open and this reader's to answer, or that nobody else reads, and steps aside from it and from
// all other open cases. What cannot be handed over stays hers, with the reason. Mail is fetched before that, and again before she steps
// aside. It may be stopped at any point and called again; then it goes on with what is left. With list
// it only says what it would do, by what is on this disk. Errors: ErrNoSuchRole, ErrNothingToDo if it is her own id, and those of Sync and Do but
// for what keeps a single case back.
func (d *Desk) Leave(ctx context.Context, to string, list bool) (Leaving, error) {
	l := Leaving{To: to, Cases: []LeavingCase{}, Notices: []string{}}
	if !d.Joined() {
		return l, ErrNotJoined
	}
	if !list {
		notices, err := d.Sync(ctx)
		if l.Notices = append(l.Notices, notices...); err != nil {
			return l, err
		}
	}
	switch {
	case to == d.me.ID:
		return l, ErrNothingToDo
	case !d.receives(to):
		return l, ErrNoSuchRole
	}
	f := d.fold()
	l.Notices = append(l.Notices, f.leftOut("not handed over")...)
	for _, c := range f.listed() {
		if !c.gone() || c.left && d.nobody(c) {
			l.Cases = append(l.Cases, d.leaving(c, to))
		}
	}
	if list {
		return l, nil
	}
	for i := range l.Cases {
		if err := l.keep(i, d.handOn(ctx, &l, l.Cases[i], to)); err != nil {
			return l, err
		}
	}
	notices, err := d.Sync(ctx) // what came meanwhile is passed on before she steps aside
	if l.Notices = append(l.Notices, notices...); err != nil {
		return l, err
	}
	for i := range l.Cases {
		if err := l.keep(i, d.stepAside(ctx, &l, &l.Cases[i])); err != nil {
			return l, err
		}
	}
	return l, nil
}

// keep notes what holds a single case back, and gives back what holds up all.
func (l *Leaving) keep(i int, err error) error {
	for _, single := range []error{ErrStruckOff, ErrHasLeft, ErrNobodyElse, ErrNotReader, ErrReadsIt, ErrNothingHere, ErrWithdrawn, ErrLeft} {
		if errors.Is(err, single) {
			l.Cases[i].Step, l.Cases[i].Reason = LeaveCannot, single.Error()
			return nil
		}
	}
	return err
}

// leaving says what is to become of a case.
func (d *Desk) leaving(c *casefile, to string) LeavingCase {
	l := LeavingCase{ID: c.id, Step: LeaveHandOver}
	stays := func(id string) bool { return id != d.me.ID && d.receives(id) }
	others := slices.ContainsFunc(c.team(), stays)
	switch {
	case c.left: // unread, and only if nobody reads it: she says who is to
		l.Step, l.Reason = LeaveCannot, "you stepped aside, and so did all others: nobody reads it; let somebody read it first"
		return l
	case c.work.Status == dropbox.Closed && others:
		l.Step = LeaveClosed
		return l
	case c.named() != to && stays(c.named()) && slices.Contains(c.team(), c.named()):
		l.Step = LeaveAside
	}
	if d.home.has(d.privateName(drafts, c.id)) { // it would go with the case
		l.Step, l.Reason = LeaveCannot, "you have a draft in it; send or discard it first"
	} else if err := d.canAdd(c, to); l.Step == LeaveHandOver && err != nil && !errors.Is(err, ErrReadsIt) {
		l.Step, l.Reason = LeaveCannot, err.Error()
	}
	return l
}

func (d *Desk) handOn(ctx context.Context, l *Leaving, this LeavingCase, to string) error {
	if this.Step != LeaveHandOver {
		return nil
	}
	c, err := d.writable(this.ID)
	if err != nil || c.work.Named == to && slices.Contains(c.team(), to) {
		return err
	}
	done, err := d.HandOver(ctx, c.id, to, "", false)
	l.Notices = append(l.Notices, done.Notices...)
	return err
}

func (d *Desk) stepAside(ctx context.Context, l *Leaving, this *LeavingCase) error {
	if this.Step != LeaveHandOver && this.Step != LeaveAside {
		return nil
	}
	c, err := d.writable(this.ID)
	if err != nil {
		return err
	}
	for _, id := range c.added(d.me.ID) {
		if d.receives(id) && len(c.toPass(id)) > 0 {
			l.Notices = append(l.Notices, "Not all of case "+c.id+" could be passed on yet. Please run this again.")
			return nil
		}
	}
	done, err := d.Do(ctx, c.id, Action{Leave: true})
	l.Notices = append(l.Notices, done.Notices...)
	this.Done = err == nil
	return err
}
