package store_test

import (
	"fmt"
	"sync"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/store"
	"tellbox/dropbox/store/storetest"
)

// BenchmarkPut stores first reports to three readers, of the smallest bucket, durably: without the sealing.
func BenchmarkPut(b *testing.B) {
	for _, callers := range []int{1, 8, 32} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			s := newSubject(b, func(cfg *store.Config) { cfg.MailboxEntries = 1 << 30; cfg.MailboxBytes = 1 << 50 })
			template := storetest.Parcel("alice", "bob", "carol")
			work := make(chan *dropbox.Parcel)
			var wg sync.WaitGroup
			b.SetBytes(4 * int64(len(template.Line)))
			b.ResetTimer()
			for range callers {
				wg.Go(func() {
					for p := range work {
						if out, err := s.Put(b.Context(), p, true); err != nil || out != dropbox.Stored {
							b.Errorf("Put: %v, %v", out, err)
						}
					}
				})
			}
			for range b.N {
				p := *template
				p.Drop, p.Sending, p.Digest = storetest.Random(), storetest.Random(), storetest.Random()
				work <- &p
			}
			close(work)
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
		})
	}
}

// BenchmarkLines looks into a box with a reply waiting.
func BenchmarkLines(b *testing.B) {
	s := newSubject(b, nil)
	p := storetest.Parcel("alice", "bob")
	if _, err := s.Put(b.Context(), p, true); err != nil {
		b.Fatal(err)
	}
	if _, err := s.Reply(b.Context(), "alice", storetest.Answer(p, "bob")); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Lines(b.Context(), p.Drop); err != nil {
			b.Fatal(err)
		}
	}
}
