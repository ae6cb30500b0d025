package desk

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
)

// BenchmarkStart measures what 10,000 envelopes cost her: opening the desk, the inbox, finding a case, and what stays in memory. The house
// has no timed tests: look at it with
//
//	go test ./dropbox/desk -run '^$' -bench Start -benchtime 1x
//
// A flood is sorted out with each look at the cases: 13 ms of 10,000 reports, equal or not.
//
// In November 2026, on two quiet cores: 10,000 reports start in 1.0 s (2.8 s without the index), 10,000 pieces of conversations in 0.6 s (2.0 s),
// inbox included; a case is found in 0.03 to 0.06 s. The passphrase, half a second more, is not in it. About 170 and 100 MiB are resident, 35 of them without
// any mail (and 160 and 90 without the index, which leaves the heap in fewer pieces: what lives in it is the same).
func BenchmarkStart(b *testing.B) {
	for _, kind := range []string{"conversations", "reports", "a flood"} {
		b.Run(kind, func(b *testing.B) {
			w := newWorld(b)
			alice := w.desk("alice")
			id := w.fill(alice, 10_000, kind)
			alice.Close()
			for _, index := range []bool{false, true} {
				b.Run(fmt.Sprintf("index %v", index), func(b *testing.B) {
					var total [3]time.Duration
					var memory float64
					for range b.N {
						if !index {
							w.must(os.RemoveAll(alice.home.path("index.age")))
						}
						took, d := w.start(alice, id)
						for i, t := range took {
							total[i] += t
						}
						memory = resident()
						w.must(d.Close())
					}
					for i, name := range []string{"s/start", "s/inbox", "s/find"} {
						b.ReportMetric(total[i].Seconds()/float64(b.N), name)
					}
					b.ReportMetric(memory, "MiB")
				})
			}
		})
	}
}

// start is a day's first look: how long the desk takes to open, to show the inbox, and to find a case then.
func (w *world) start(closed *Desk, id string) (took [3]time.Duration, d *Desk) {
	w.Helper()
	began := time.Now()
	d, err := open(closed.home.dir, closed.me, w.clock.Now)
	w.must(err)
	took[0] = time.Since(began)
	in, err := d.Inbox()
	w.must(err)
	took[1] = time.Since(began) - took[0]
	began = time.Now()
	_, err = d.fold().lookup(id)
	w.must(err)
	took[2] = time.Since(began)
	if len(in.Cases) == 0 || in.Unreadable != 0 {
		w.Fatalf("%d cases, %d unreadable", len(in.Cases), in.Unreadable)
	}
	return took, d
}

// fill puts n envelopes into a desk's mail: reports alone, a flood of them that say the same, or conversations with a colleague. It returns
// the id of a case.
func (w *world) fill(d *Desk, n int, kind string) (id string) {
	w.Helper()
	put := func(envelope []byte) {
		n--
		it := &item{folder: "mail", hash: hashOf(envelope), about: about{Order: 10_000 - n, Entries: []string{"0123456789abcdef0123456789abcdef"}}}
		it.about.Acked = it.about.Entries
		said, err := json.Marshal(it.about)
		w.must(err)
		w.must(os.WriteFile(d.home.path(it.name(".json")), said, 0o600))
		w.must(os.WriteFile(d.home.path(it.name(".age")), envelope, 0o600))
	}
	for n > 0 {
		text := strings.Repeat("It has happened at every meeting since May. ", 30)
		if kind != "a flood" {
			text += fmt.Sprint(n)
		}
		h := w.reporter()
		h.to = []string{"bob", d.me.ID}
		h.c.Readers = h.to
		report := h.seal(h.frame(dropbox.Report, text))
		id = h.id()
		put(report.To[0].Sealed)
		if kind != "conversations" {
			continue
		}
		put(h.seal(h.frame(dropbox.Message, text)).To[0].Sealed)
		put(h.seal(h.frame(dropbox.Wish, "")).To[0].Sealed)
		bob := dropbox.Sender{ID: "bob", Consent: h.consent, SignIn: w.box.Advocates["bob"].Signin}
		reply, err := bob.SealReply(dropbox.Frame{Box: h.Box, Drop: h.Drop, Day: dropbox.Today(w.clock.Now()), Count: 1, Text: text}, h.Recipient(), w.readers([]string{d.me.ID}))
		w.must(err)
		put(reply.To[0].Sealed)
	}
	return id
}

// resident is the memory of this process that nothing else can have, once what is garbage has gone.
func resident() float64 {
	runtime.GC()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0 // not on this system
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	var kb float64
	fmt.Sscan(rest, &kb)
	return kb / 1024
}
