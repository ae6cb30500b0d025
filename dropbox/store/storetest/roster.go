package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"tellbox/dropbox"
)

// roster: both parts are replaced together, and whoever reads them gets two that belong together.
func roster(s *suite) {
	same := func(keyholders, roster []byte) {
		s.Helper()
		if k, r, err := s.Roster(); err != nil || !bytes.Equal(k, keyholders) || !bytes.Equal(r, roster) {
			s.Errorf("got %.20q, %.20q, %v; want %.20q, %.20q", k, r, err, keyholders, roster)
		}
	}
	set := func(keyholders, roster []byte) {
		s.Helper()
		if err := s.SetRoster(s.ctx(), keyholders, roster); err != nil {
			s.Fatal(err)
		}
	}
	k, r := bytes.Repeat([]byte("k"), 300_000), bytes.Repeat([]byte("r"), 600_000)
	set(k, r)
	same(k, r)
	for _, next := range []func(){s.Reopen, s.crash, func() { s.restore(s.backup()) }} {
		next()
		same(k, r)
	}
	if err := s.SetRoster(s.ctx(), make([]byte, 600_000), make([]byte, 600_000)); !errors.Is(err, dropbox.ErrShape) {
		s.Errorf("too large: got %v, want %v", err, dropbox.ErrShape)
	}
	same(k, r)
	set(nil, nil)
	same(nil, nil)

	set([]byte("keys 0"), []byte("names 0"))
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range 200 {
				k, r, err := s.Roster()
				if err != nil || !bytes.Equal(bytes.TrimPrefix(k, []byte("keys")), bytes.TrimPrefix(r, []byte("names"))) {
					s.Errorf("got %q with %q, %v", k, r, err)
				}
			}
		})
	}
	for n := range 20 {
		set(fmt.Appendf(nil, "keys %d", n), fmt.Appendf(nil, "names %d", n))
	}
	wg.Wait()
	same([]byte("keys 19"), []byte("names 19"))
}
