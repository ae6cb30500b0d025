package main

import (
	"context"
	crand "crypto/rand"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tellbox/dropbox"
	"tellbox/dropbox/store/storetest"
)

var readers = []string{"alice", "bob", "carol"}

const fillers = 64 // callers, as many as the store's writer takes together

// source makes one caller's reports, in buffers that are used again: three envelopes and a line of the smallest bucket, the
// frames random bytes.
type source struct {
	random *rand.ChaCha8
	parcel dropbox.Parcel
}

func newSource() *source {
	var seed [32]byte
	crand.Read(seed[:])
	return &source{rand.NewChaCha8(seed), *storetest.Parcel(readers...)}
}

// report makes the report of that number; it is good until the next.
func (s *source) report(n int) *dropbox.Parcel {
	p := &s.parcel
	p.Locator = locator(n)
	p.Drop = dropbox.DropOf(p.Locator)
	p.Sending, p.Digest = storetest.Random(), storetest.Random()
	for _, b := range s.sealed() {
		s.random.Read(b[len(b)-dropbox.Buckets[0]-16:])
	}
	return p
}

// sealed are all age files of the report.
func (s *source) sealed() [][]byte {
	all := [][]byte{s.parcel.Line}
	for _, e := range s.parcel.To {
		all = append(all, e.Sealed)
	}
	return all
}

// locator of the report of that number, in every process.
func locator(n int) dropbox.Locator { return sha256.Sum256(fmt.Append(nil, "scale ", n)) }

// withReply are the numbers of the reports that were answered: 500, or half if there are fewer, evenly over the whole store.
func (t task) withReply() (numbers []int) {
	for n := 0; n < t.Reports; n += max(2, t.Reports/500) {
		numbers = append(numbers, n)
	}
	return numbers
}

// withoutReply are some of the others, in disorder but always the same.
func (t task) withoutReply() []int {
	replied := t.withReply()
	numbers := rand.New(rand.NewPCG(1, 2)).Perm(t.Reports)
	return slices.DeleteFunc(numbers, func(n int) bool {
		_, ok := slices.BinarySearch(replied, n)
		return ok
	})
}

func (l *load) fill(ctx context.Context) error {
	began := time.Now()
	if _, err := l.put(ctx, fillers, func(done int) bool { return done < l.Reports }); err != nil {
		return err
	}
	l.row(fmt.Sprintf("filling, %d callers", fillers), rate(l.Reports, time.Since(began))+"/s")
	for _, n := range l.withReply() {
		p := &dropbox.Parcel{Drop: dropbox.DropOf(locator(n))}
		if _, err := l.Reply(ctx, readers[0], storetest.Answer(p, readers[1:]...)); err != nil {
			return err
		}
	}
	return nil
}

// put stores new reports by that many callers at once as long as more says so of the number already begun. They are
// numbered from l.Next on. It returns how long each took.
func (l *load) put(ctx context.Context, callers int, more func(begun int) bool) (took []time.Duration, err error) {
	var mu sync.Mutex // of begun and took
	begun, first := 0, l.Next
	next := func() (n int, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if !more(begun) {
			return 0, false
		}
		begun++
		return first + begun - 1, true
	}
	group, ctx := errgroup.WithContext(ctx)
	for range callers {
		group.Go(func() error {
			src, mine := newSource(), []time.Duration(nil)
			for n, ok := next(); ok; n, ok = next() {
				one, err := l.putOne(ctx, src.report(n))
				if err != nil {
					return err
				}
				mine = append(mine, one)
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
			return nil
		})
	}
	err = group.Wait()
	l.Next += begun
	return took, err
}

func (l *load) putOne(ctx context.Context, p *dropbox.Parcel) (time.Duration, error) {
	began := time.Now()
	out, err := l.Put(ctx, p, true)
	if err == nil && out != dropbox.Stored {
		err = fmt.Errorf("storing a new report: %v", out)
	}
	return time.Since(began), err
}
