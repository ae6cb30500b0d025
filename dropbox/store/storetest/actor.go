package storetest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"

	"tellbox/dropbox"
)

// actor does the same to a store and to a model of it, at random, and compares every answer. Drops, readers and numbers are
// its own, so that several can act on one store at once and each know what it should answer.
type actor struct {
	*suite
	*rand.Rand
	m       *model
	name    string
	step    int
	readers []string
	cases   []*dropbox.Parcel // what each drop began with, sent or not
	tried   []*dropbox.Parcel // everything that was ever sent, stored or not
	cursors []place
	backup  *model
}

// place is a cursor as the store gave it, and which entry of that mailbox it comes after.
type place struct {
	reader, text string
	n            int
}

// restored goes on after a restore: cursors are void.
func (a *actor) restored() {
	a.m = a.m.restored(a.backup)
	for i := range a.cursors {
		a.cursors[i].n = 0
	}
}

// act takes some steps, and stops after the first that went wrong.
func (a *actor) act(steps int) {
	for range steps {
		if a.Failed() {
			return
		}
		a.step++
		switch n := a.IntN(100); {
		case n < 20 || len(a.tried) == 0:
			p := keep(Parcel(a.some()...), a.years())
			if a.cases = append(a.cases, p); n > 1 { // else it is lost before it comes here
				a.put(p, true)
			}
		case n < 32:
			a.put(keep(More(a.one(a.cases), a.some()...), a.years()), a.IntN(6) == 0)
		case n < 44:
			readers := a.some()
			a.reply(readers[0], Answer(a.one(a.cases), readers[1:]...))
		case n < 54:
			a.repeat(a.one(a.tried))
		case n < 62:
			a.withdraw(Withdrawal(a.one(a.cases), a.some()...))
		case n < 78:
			a.fetch(a.pick(), 1+a.IntN(8))
		case n < 84:
			reader := a.pick()
			ids := []string{a.id(reader), a.id(reader), a.id(a.pick())}
			a.m.ack(reader, ids)
			a.same("Ack", nil, nil, a.Ack(a.ctx(), reader, ids), nil)
		case n < 89:
			reader, id := a.pick(), a.id(a.pick())
			found, err := a.Delete(a.ctx(), reader, id)
			a.same("Delete", found, a.m.delete(reader, id), err, nil)
		default:
			p := a.one(a.tried)
			a.look(p.Drop)
			out, err := a.Sent(a.ctx(), p.Sending, p.Digest)
			a.same("Sent", out, a.m.sent(p.Sending, p.Digest), err, nil)
		}
	}
}

func (a *actor) put(p *dropbox.Parcel, first bool) {
	a.tried = append(a.tried, p)
	want, wantErr := a.m.put(p, first)
	got, err := a.Put(a.ctx(), p, first)
	a.same(fmt.Sprintf("Put, first %v", first), got, want, err, wantErr)
}

func (a *actor) reply(from string, p *dropbox.Parcel) {
	a.tried = append(a.tried, p)
	want, wantErr := a.m.reply(from, p)
	got, err := a.Reply(a.ctx(), from, p)
	a.same("Reply", got, want, err, wantErr)
}

func (a *actor) withdraw(p *dropbox.Parcel) {
	a.tried = append(a.tried, p)
	want, wantErr := a.m.withdraw(p)
	got, err := a.Withdraw(a.ctx(), p)
	a.same("Withdraw", got, want, err, wantErr)
}

// repeat sends something again, as it was or in other words under the same number.
func (a *actor) repeat(p *dropbox.Parcel) {
	q := *p
	if a.IntN(3) == 0 && p.Line != nil {
		q.Line = Envelope(dropbox.Buckets[0])
		q.SetDigest()
	}
	switch {
	case p.Line == nil:
		a.withdraw(&q)
	case isReply(p):
		i := slices.IndexFunc(a.readers, func(r string) bool { return !slices.Contains(p.Readers(), r) })
		a.reply(a.readers[i], &q)
	default:
		a.put(&q, a.IntN(2) == 0)
	}
}

func isReply(p *dropbox.Parcel) bool { return p.Locator == dropbox.Locator{} }

// fetch lists a mailbox from anywhere.
func (a *actor) fetch(reader string, limit int) {
	from := place{reader: reader}
	if len(a.cursors) > 0 && a.IntN(4) > 0 {
		if from = a.cursors[a.IntN(len(a.cursors))]; from.reader != reader {
			from = place{reader, from.text, 0} // another mailbox's: from the start
		}
	}
	got, next, err := a.Mail(a.ctx(), reader, from.text, limit)
	want := a.m.list(reader, from.n, limit)
	a.same("Mail", len(got), len(want), err, nil)
	if a.Failed() {
		return
	}
	for i, e := range want {
		m := got[i]
		if !bytes.Equal(m.Envelope, e.sealed) || m.Via != e.via || e.id != "" && (m.ID != e.id || m.Seq != e.seq) {
			a.same("Mail", m.ID, e.id, fmt.Errorf("entry %d is another", i), nil)
		}
		e.id, e.seq, from.n = m.ID, m.Seq, e.n
	}
	listed := slices.DeleteFunc(slices.Clone(a.m.mail[reader]), func(e *entry) bool { return e.id == "" })
	if !slices.IsSortedFunc(listed, func(a, b *entry) int { return cmp.Or(cmp.Compare(a.seq, b.seq), 1) }) {
		a.same("Mail", nil, nil, errors.New("its numbers do not rise"), nil)
	}
	if next != "" {
		a.cursors = append(a.cursors, place{reader, next, from.n})
	}
}

func (a *actor) look(drop dropbox.Drop) {
	want, wantErr := a.m.lines(drop)
	got, err := a.Lines(a.ctx(), drop)
	a.same("Lines", got, want, err, wantErr)
}

// everything compares all that there is.
func (a *actor) everything() {
	for _, p := range a.cases {
		a.look(p.Drop)
	}
	for _, p := range a.tried {
		out, err := a.Sent(a.ctx(), p.Sending, p.Digest)
		a.same("Sent", out, a.m.sent(p.Sending, p.Digest), err, nil)
	}
	for _, reader := range a.readers {
		a.cursors = nil
		a.fetch(reader, 100)
	}
}

// same holds an answer to the model's.
func (a *actor) same(call string, got, want any, err, wantErr error) {
	a.Helper()
	var full, wantFull *dropbox.FullError
	switch {
	case errors.As(wantErr, &wantFull):
		if errors.As(err, &full) && *full == *wantFull {
			return
		}
	case wantErr != nil:
		if errors.Is(err, wantErr) {
			return
		}
	case err == nil && reflect.DeepEqual(got, want):
		return
	}
	a.Errorf("actor %s, step %d: %s: got %.200v, %v; want %.200v, %v", a.name, a.step, call, got, err, want, wantErr)
}

// What it picks.
func (a *actor) one(of []*dropbox.Parcel) *dropbox.Parcel { return of[a.IntN(len(of))] }
func (a *actor) pick() string                             { return a.readers[a.IntN(len(a.readers))] }
func (a *actor) years() int                               { return []int{0, 0, 2, 10}[a.IntN(4)] }

// some are one to three readers.
func (a *actor) some() (readers []string) {
	for _, i := range a.Perm(len(a.readers))[:1+a.IntN(3)] {
		readers = append(readers, a.readers[i])
	}
	return readers
}

// id names an entry of a mailbox that was listed, or none.
func (a *actor) id(reader string) string {
	entries := a.m.mail[reader]
	if len(entries) == 0 || a.IntN(8) == 0 {
		return Random().String()[:32]
	}
	return entries[a.IntN(len(entries))].id
}
