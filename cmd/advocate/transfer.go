package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"tellbox/dropbox/client"
)

// waits lie between tries of a piece of a file; after the last one it is given up.
var waits = client.Waits

// transfer is how patient she is with a file, and shows her on a terminal how much of it is there, until stop.
func (c *call) transfer(what string) (how client.Transfer, stop func()) {
	how.Again = func(ctx context.Context, n int, err error) error {
		if n > len(waits) || client.Refused(err, "full") {
			return err
		}
		c.note([]string{fmt.Sprintf("%s broke off. Trying again in %s; Ctrl-C stops it.", what, waits[n-1])})
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(waits[n-1]):
			return nil
		}
	}
	f, ok := c.notes.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return how, func() {}
	}
	var mu sync.Mutex // protects over and last: a piece can still be leaving when its answer is there
	over, last := false, ""
	how.Progress = func(done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		if line := fmt.Sprintf("%s: %d %%", what, 100*done/max(total, 1)); !over && line != last {
			fmt.Fprintf(f, "\r%s", line)
			last = line
		}
	}
	return how, func() {
		mu.Lock()
		defer mu.Unlock()
		if over = true; last != "" {
			fmt.Fprint(f, "\r\x1b[K")
		}
	}
}
