package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tellbox/dropbox/droptest"
)

// A server killed with -9 under load loses nothing that it acknowledged.
func TestKillNine(t *testing.T) {
	s := newSite(t)
	var mu sync.Mutex
	acknowledged := map[string]string{} // words → account
	sent := 0
	for round := range 3 {
		var ended atomic.Bool
		var wg sync.WaitGroup
		for worker := range 8 {
			wg.Go(func() {
				v := droptest.NewVisitor(s.url)
				for i := 0; !ended.Load(); i++ {
					account := fmt.Sprintf("round %d worker %d report %d", round, worker, i)
					_, words, err := v.Report(account, "copy", "yes")
					if err != nil {
						if !ended.Load() {
							t.Error(err)
						}
						return
					}
					mu.Lock()
					acknowledged[words] = account
					mu.Unlock()
				}
			})
		}
		time.Sleep(time.Duration(500+rand.IntN(700)) * time.Millisecond)
		ended.Store(true)
		s.stop(syscall.SIGKILL)
		wg.Wait()
		s.start("127.0.0.1:0")
		t.Logf("round %d: %d acknowledged so far", round, len(acknowledged))
		if len(acknowledged) == sent {
			t.Error("the round acknowledged nothing")
		}
		sent = len(acknowledged)
	}
	for words, account := range acknowledged {
		p, err := s.Check(words)
		if err != nil || len(p.Entries()) != 1 || !strings.Contains(p.Entries()[0].Text, account) {
			t.Errorf("%q is not there: %v %s", account, err, p.Problem())
		}
	}
	// Alice opens every one of them, each once.
	s.advocate("alice", "join", "-server", s.url, "-keyholders", s.path("K"))
	in := decode[inbox](t, s.advocate("alice", "inbox", "-json"))
	if in.Unreadable != 0 || len(in.Cases) < len(acknowledged) {
		t.Errorf("alice has %d cases and %d unreadable of %d acknowledged", len(in.Cases), in.Unreadable, len(acknowledged))
	}
	c := decode[caseView](t, s.advocate("alice", "read", in.Cases[0].ID, "-json"))
	var accounts []string
	for _, a := range acknowledged {
		accounts = append(accounts, a)
	}
	if !slices.Contains(accounts, c.Account) && !strings.HasPrefix(c.Account, "round ") {
		t.Errorf("alice reads %q", c.Account)
	}
}
