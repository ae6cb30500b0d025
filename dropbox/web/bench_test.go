package web_test

import (
	"fmt"
	"net/http"
	"testing"

	"tellbox/dropbox/droptest"
)

func benchBox(b *testing.B) (*droptest.Box, *droptest.Visitor) {
	b.Helper()
	box, err := droptest.Start(b.TempDir(), droptest.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { box.Stop() })
	v := droptest.NewVisitor(box.URL)
	v.Client.Transport = &http.Transport{MaxIdleConnsPerHost: 64}
	return box, v
}

// BenchmarkSend is a report of 2,000 characters to two readers, the form already open: sealed, durable, answered with the words.
func BenchmarkSend(b *testing.B) {
	for _, n := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("%d connections", n), func(b *testing.B) {
			_, v := benchBox(b)
			forms := make(chan *droptest.Form, b.N)
			start, err := v.Get("/")
			if err != nil {
				b.Fatal(err)
			}
			for range b.N {
				page, err := v.Press(start, "/report")
				if err != nil {
					b.Fatal(err)
				}
				f, err := page.Form("/report/send")
				if err != nil {
					b.Fatal(err)
				}
				forms <- f.With("account", fmt.Sprintf("%2000d", 1))
			}
			b.ResetTimer()
			done := make(chan error, n)
			for range n {
				go func() {
					for {
						select {
						case f := <-forms:
							if p, err := v.Send(f); err != nil || p.Words() == "" {
								done <- fmt.Errorf("no words: %v", err)
								return
							}
						default:
							done <- nil
							return
						}
					}
				}()
			}
			for range n {
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
		})
	}
}
