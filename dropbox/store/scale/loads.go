package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"tellbox/dropbox"
)

// page is how many entries an advocate's program asks for at once (client.MailPage).
const page = 15

// How often a load is repeated, where the store's size does not say so.
const (
	reportTimes = 300
	syncTimes   = 300
	statusTimes = 15
)

// starting is a server's start: it ends when a box was read. Then it reads all boxes with a reply.
func (l *load) starting(ctx context.Context) error {
	checks, err := l.checks(ctx)
	if err != nil {
		return err
	}
	l.Start += checks[0]
	l.Checks = checks[1:]
	return nil
}

func (l *load) loads(ctx context.Context) error {
	checks, err := l.checks(ctx)
	if err != nil {
		return err
	}
	l.row("check: a box with one reply", spread(checks))
	for _, f := range []func(context.Context) error{l.reports, l.syncs, l.counts} {
		if err := f(ctx); err != nil {
			return err
		}
	}
	return nil
}

// checks reads the boxes with a reply in disorder, each once.
func (l *load) checks(ctx context.Context) (took []time.Duration, err error) {
	numbers := l.withReply()
	rand.Shuffle(len(numbers), func(i, j int) { numbers[i], numbers[j] = numbers[j], numbers[i] })
	for _, n := range numbers {
		drop := dropbox.DropOf(locator(n))
		began := time.Now()
		box, err := l.Lines(ctx, drop)
		if err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
		if len(box.Lines) != 2 || dropbox.CheckEnvelope(box.Lines[0]) != nil || dropbox.CheckEnvelope(box.Lines[1]) != nil {
			return nil, fmt.Errorf("a box has %d lines, not two", len(box.Lines))
		}
	}
	return took, nil
}

// reports stores one after another, in turn with the same bytes in a plain file.
func (l *load) reports(ctx context.Context) error {
	file, err := openPlain(l.Dir)
	if err != nil {
		return err
	}
	defer file.Close()
	src, stored, plain := newSource(), []time.Duration(nil), []time.Duration(nil)
	for range min(reportTimes, l.Reports) {
		p := src.report(l.Next)
		l.Next++
		one, err := l.putOne(ctx, p)
		if err != nil {
			return err
		}
		stored = append(stored, one)
		if one, err = file.append(src, 1); err != nil {
			return err
		}
		plain = append(plain, one)
	}
	l.row("report, one caller", spread(stored))
	l.row("… the same bytes to a plain file, and fdatasync", spread(plain))
	return nil
}

// syncs has each reader fetch all of his mail, none of which was handed out before, and then ask again.
func (l *load) syncs(ctx context.Context) error {
	var pages, nothing []time.Duration
	for i, reader := range readers {
		cursor, entries := "", 0
		for {
			began := time.Now()
			mail, next, err := l.Mail(ctx, reader, cursor, page)
			if err != nil {
				return err
			}
			if len(mail) == page {
				pages = append(pages, time.Since(began))
			}
			if len(mail) == 0 {
				break
			}
			cursor, entries = next, entries+len(mail)
		}
		want := l.Reports + min(reportTimes, l.Reports)
		if i > 0 {
			want += len(l.withReply()) // copies to co-readers
		}
		if entries != want {
			return fmt.Errorf("a reader was handed %d entries, not %d", entries, want)
		}
		for range syncTimes {
			began := time.Now()
			mail, _, err := l.Mail(ctx, reader, cursor, page)
			if err == nil && len(mail) > 0 {
				err = fmt.Errorf("a reader who had all was handed %d entries more", len(mail))
			}
			if err != nil {
				return err
			}
			nothing = append(nothing, time.Since(began))
		}
	}
	l.row(fmt.Sprintf("sync: a page of %d that are new", page), spread(pages))
	l.row("sync: nothing new", spread(nothing))
	return nil
}

func (l *load) counts(ctx context.Context) error {
	var took []time.Duration
	for range statusTimes {
		began := time.Now()
		st, err := l.Status(ctx, readers)
		if err != nil {
			return err
		}
		took = append(took, time.Since(began))
		if want := l.Reports + min(reportTimes, l.Reports); st.Boxes != want {
			return fmt.Errorf("%d boxes counted, not %d", st.Boxes, want)
		}
	}
	l.row("Status", spread(took))
	return nil
}

// crash stores reports until it is killed, and says when it is well under way.
func (l *load) crash(ctx context.Context) error {
	_, err := l.put(ctx, 8, func(begun int) bool {
		if begun == min(200, l.Reports) {
			fmt.Fprintln(l.out, "under way")
		}
		return true
	})
	return err
}
