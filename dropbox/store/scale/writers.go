package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	callers     = 8
	rounds      = 5
	roundLength = 1000 // reports; at least, and no more than the store was filled with
)

// mode is what goes on beside the callers that store reports, again and again, and what came of it in each round.
type mode struct {
	name    string
	beside  func(context.Context) error
	rates   []float64 // reports a second
	slowest []time.Duration
	times   []float64 // how often it was done a second
}

// writers measures what erasure costs those who send: in turn 8 callers alone, beside one who takes back report after report,
// beside one purge after another; and a plain file.
func (l *load) writers(ctx context.Context) error {
	file, err := openPlain(l.Dir)
	if err != nil {
		return err
	}
	defer file.Close()
	victims := l.withoutReply()[purgeTimes*l.erasures():]
	modes := []*mode{
		{name: "alone"},
		{name: "beside one who takes back", beside: func(ctx context.Context) error {
			if len(victims) == 0 {
				return fmt.Errorf("no report left to take back")
			}
			n := victims[0]
			victims = victims[1:]
			_, err := l.takeBack(ctx, n)
			return err
		}},
		{name: "beside purge after purge", beside: func(ctx context.Context) error {
			_, err := l.purge(ctx)
			return err
		}},
	}
	var plain []float64
	for i := range rounds {
		for j := range modes { // each is first in its turn
			from := l.Next
			if err := l.round(ctx, modes[(i+j)%len(modes)]); err != nil {
				return err
			}
			for n := from; n < l.Next; n++ {
				victims = append(victims, n)
			}
		}
		one, err := file.rate(min(roundLength, l.Reports) / callers)
		if err != nil {
			return err
		}
		plain = append(plain, one)
	}
	for _, m := range modes {
		l.row(fmt.Sprintf("reports, %d callers %s", callers, m.name), around(m.rates)+"/s")
		if m.beside != nil {
			l.row("… how often that was done", around(m.times)+"/s")
		}
		l.row("… the slowest report of a round", extremes(m.slowest))
	}
	l.row(fmt.Sprintf("plain file, %d reports a fdatasync", callers), around(plain)+"/s")
	return nil
}

// round has the callers store a number of reports, and more if what goes on beside them was not done once by then.
func (l *load) round(ctx context.Context, m *mode) error {
	once, stop := make(chan struct{}), make(chan struct{})
	times := 0
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	if m.beside == nil {
		close(once)
	} else {
		group.Go(func() error {
			for {
				if err := m.beside(ctx); err != nil {
					return err
				}
				if times++; times == 1 {
					close(once)
				}
				select {
				case <-stop:
					return nil
				default:
				}
			}
		})
	}
	took, err := l.put(ctx, callers, func(begun int) bool {
		select {
		case <-once:
			return begun < min(roundLength, l.Reports)
		case <-ctx.Done():
			return false
		default:
			return true
		}
	})
	elapsed := time.Since(began).Seconds()
	close(stop)
	err = cmp.Or(group.Wait(), err)
	if err != nil {
		return err
	}
	m.rates = append(m.rates, float64(len(took))/elapsed)
	m.slowest = append(m.slowest, slices.Max(took))
	m.times = append(m.times, float64(times)/time.Since(began).Seconds())
	return nil
}
