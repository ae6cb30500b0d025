package main

import (
	"context"
	"fmt"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/store"
	"tellbox/dropbox/store/storetest"
)

const purgeTimes = 3

// erasures is how many reports are taken back before each purge.
func (t task) erasures() int { return min(100, t.Reports/20) }

// purges measures purging when nothing was deleted, and after some were taken back; and taking back, one after another.
func (l *load) purges(ctx context.Context) error {
	first, err := l.purge(ctx)
	if err != nil {
		return err
	}
	idle, back, after := []time.Duration(nil), []time.Duration(nil), []time.Duration(nil)
	for range purgeTimes {
		one, err := l.purge(ctx)
		if err != nil {
			return err
		}
		idle = append(idle, one)
	}
	numbers := l.withoutReply()
	for range purgeTimes {
		for _, n := range numbers[:l.erasures()] {
			one, err := l.takeBack(ctx, n)
			if err != nil {
				return err
			}
			back = append(back, one)
		}
		numbers = numbers[l.erasures():]
		one, err := l.purge(ctx)
		if err != nil {
			return err
		}
		after = append(after, one)
	}
	l.row("taking back, one caller", spread(back))
	l.row("purge: the first", short(first))
	l.row("purge: nothing to do", extremes(idle))
	l.row("purge: after reports were taken back", fmt.Sprintf("%s, of %d", extremes(after), l.erasures()))
	return nil
}

func (l *load) purge(ctx context.Context) (time.Duration, error) {
	_, took, err := l.purged(ctx)
	return took, err
}

func (l *load) purged(ctx context.Context) (store.Purged, time.Duration, error) {
	began := time.Now()
	p, err := l.Purge(ctx)
	return p, time.Since(began), err
}

func (l *load) takeBack(ctx context.Context, n int) (time.Duration, error) {
	p := &dropbox.Parcel{Roster: 1, Locator: locator(n)}
	p.Drop = dropbox.DropOf(p.Locator)
	w := storetest.Withdrawal(p, readers...)
	began := time.Now()
	erased, err := l.Withdraw(ctx, w)
	if err == nil && len(erased.Deleted)+len(erased.Asked) != len(readers) {
		err = fmt.Errorf("taking back reached %d and %d readers, not %d", len(erased.Deleted), len(erased.Asked), len(readers))
	}
	return time.Since(began), err
}

// ends lets time go by: sending numbers end, then some mail that was acknowledged, at last everything.
func (l *load) ends(ctx context.Context) error {
	l.ahead.Store(40)
	p, took, err := l.purged(ctx)
	if err != nil {
		return err
	}
	l.row("purge: all sending numbers end", short(took)+", of "+thousands(p.Numbers))

	var acks []time.Duration
	acked := 0
	for _, reader := range readers {
		n, took, err := l.ack(ctx, reader, max(page, l.Reports/100), page)
		if err != nil {
			return err
		}
		acked, acks = acked+n, append(acks, took...)
	}
	l.row(fmt.Sprintf("sync: acknowledging %d", page), spread(acks))
	l.ahead.Store(80)
	if p, took, err = l.purged(ctx); err != nil {
		return err
	}
	if p.Mail != acked {
		return fmt.Errorf("%d pieces of mail ended, not %d", p.Mail, acked)
	}
	l.row("purge: a hundredth of all mail ends", short(took)+", of "+thousands(p.Mail))

	for _, reader := range readers {
		if _, _, err := l.ack(ctx, reader, 1<<30, 100); err != nil {
			return err
		}
	}
	l.ahead.Store(11 * 366)
	if p, took, err = l.purged(ctx); err != nil {
		return err
	}
	l.row("purge: everything ends", short(took)+", of "+thousands(p.Boxes)+" boxes")
	return l.empty(ctx, p)
}

// empty holds the store to having forgotten everything.
func (l *load) empty(ctx context.Context, p store.Purged) error {
	st, err := l.Status(ctx, readers)
	if err != nil {
		return err
	}
	left := st.Boxes + st.Ended + st.Withdrawn
	for _, m := range st.Mailboxes {
		left += m.Entries
	}
	if left > 0 || p.Boxes < l.Reports || p.Lines < l.Reports {
		return fmt.Errorf("%d boxes with %d lines ended; %d records are left", p.Boxes, p.Lines, left)
	}
	return nil
}

// ack acknowledges up to limit entries of a mailbox from its beginning.
func (l *load) ack(ctx context.Context, reader string, limit, atOnce int) (acked int, took []time.Duration, err error) {
	for cursor := ""; acked < limit; {
		mail, next, err := l.Mail(ctx, reader, cursor, atOnce)
		if err != nil {
			return 0, nil, err
		}
		if len(mail) == 0 {
			break
		}
		cursor = next
		var ids []string
		for _, m := range mail {
			ids = append(ids, m.ID)
		}
		began := time.Now()
		if err := l.Ack(ctx, reader, ids); err != nil {
			return 0, nil, err
		}
		took = append(took, time.Since(began))
		acked += len(ids)
	}
	return acked, took, nil
}
