package storetest

import (
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"time"
)

// random lets actors act, some steps at once, and between these rounds lets time pass, restarts, crashes, purges and restores.
// STORETEST_SEED repeats what a seed did.
func random(s *suite, actors, rounds, steps int) {
	seed := s.seed()
	var all []*actor
	for i := range actors {
		a := &actor{suite: s, Rand: rand.New(rand.NewPCG(seed, uint64(i))), m: newModel(), name: string(rune('a' + i))}
		for _, reader := range []string{"ann", "ben", "cid", "dot"} {
			a.readers = append(a.readers, reader+"-"+a.name)
		}
		all = append(all, a)
	}
	fate := rand.New(rand.NewPCG(seed, 1<<32))
	now, backup := Start, []byte(nil)
	for range rounds {
		var wg sync.WaitGroup
		for _, a := range all {
			wg.Go(func() { a.act(steps) })
		}
		if actors > 1 { // neither disturbs anybody, and both see a store that is sound
			wg.Go(s.sound)
			wg.Go(func() {
				if err := s.Backup(s.ctx(), io.Discard); err != nil {
					s.Errorf("Backup: %v", err)
				}
			})
		}
		wg.Wait()
		if s.Failed() {
			return
		}
		switch n := fate.IntN(100); {
		case n < 15:
			s.Reopen()
		case n < 30:
			s.crash()
		case n < 65:
			days := 1 + fate.IntN(20)
			if n < 40 {
				days = 300 + fate.IntN(600)
			}
			now = now.Add(time.Duration(days*24+fate.IntN(24)) * time.Hour)
			s.SetNow(now)
			each(all, func(a *actor) { a.m.now = now })
		case n < 80:
			var want Purged
			each(all, func(a *actor) {
				p := a.m.purge()
				want = Purged{want.Mail + p.Mail, want.Lines + p.Lines, want.Boxes + p.Boxes, want.Numbers + p.Numbers}
			})
			s.purge(want)
		case n < 90:
			backup = s.backup()
			each(all, func(a *actor) { a.backup = a.m.backedUp() })
		case backup != nil:
			s.restore(backup)
			each(all, (*actor).restored)
		}
		s.totals(all)
	}
	s.crash()
	each(all, (*actor).everything)
}

func (s *suite) seed() uint64 {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("STORETEST_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			s.Fatalf("STORETEST_SEED: %v", err)
		}
	}
	s.Logf("to repeat it: STORETEST_SEED=%d", seed)
	return seed
}

func each(all []*actor, do func(*actor)) {
	for _, a := range all {
		do(a)
	}
}

// totals compares what concerns all boxes.
func (s *suite) totals(all []*actor) {
	s.Helper()
	want := Status{}
	each(all, func(a *actor) {
		st := a.m.status(a.readers)
		want.Mailboxes = append(want.Mailboxes, st.Mailboxes...)
		want.Boxes, want.Ended, want.Withdrawn = want.Boxes+st.Boxes, want.Ended+st.Ended, want.Withdrawn+st.Withdrawn
	})
	s.status(want)
}
