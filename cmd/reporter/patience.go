package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
)

// errUndelivered: it is not known whether what she sent has arrived.
var errUndelivered = errors.New("it is not known whether this has arrived")

// waits lie between tries; after them the last one counts.
var waits = []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second}

// patiently does try until there is a verdict, and says what it waits for. What is sent again is the same bytes under the same number.
func (c *call) patiently(what string, try func(context.Context) error) error {
	return c.online(func(ctx context.Context) error {
		for n := 1; ; n++ {
			err := try(ctx)
			if err == nil || !noVerdict(err) || n >= c.tries || ctx.Err() != nil {
				return err
			}
			wait := waits[min(n, len(waits))-1]
			c.note("%s did not work (%s). Trying again in %s. Nothing is sent twice; Ctrl-C stops it.", what, plainly(err), wait)
			if c.pause(ctx, wait) != nil {
				return fmt.Errorf("%s: %w", what, context.Canceled)
			}
		}
	})
}

// noVerdict says whether the same may succeed in a moment.
func noVerdict(err error) bool {
	e, refused := errors.AsType[*client.Error](err)
	return errors.Is(err, client.ErrUnreachable) || refused && e.Later() && e.Token != "full" && e.Token != "roster-expired"
}

func plainly(err error) string {
	if client.Refused(err, "busy") {
		return "the server is busy"
	}
	if errors.Is(err, client.ErrUnreachable) {
		return "no answer came"
	}
	return "the server has a problem"
}

// hand gives a sealed parcel to the server. Without a verdict the error is errUndelivered.
func (c *call) hand(b *box, what string, give func(context.Context) error) error {
	sent, stop := c.progress(sentence(what))
	b.Sent = sent
	err := c.patiently(what, give)
	stop()
	b.Sent = nil
	if refusal, refused := errors.AsType[*client.Error](err); err == nil || refused && !noVerdict(refusal) && refusal.Token != "" {
		return err
	}
	return fmt.Errorf("%w: %w", errUndelivered, err)
}

// give sends a parcel.
func (c *call) give(b *box, p *dropbox.Parcel) error {
	return c.hand(b, "sending", func(ctx context.Context) error {
		_, err := b.Send(ctx, p, dropbox.IDs(b.receivers))
		return err
	})
}

// progress shows a person how much is on its way, until it is stopped: a body can still be leaving when its answer is there.
func (c *call) progress(what string) (sent func(done, total int), stop func()) {
	if !c.asks {
		return nil, func() {}
	}
	var mu sync.Mutex // protects over, and c.out from two at once
	over := false
	return func(done, total int) {
			mu.Lock()
			defer mu.Unlock()
			if over {
				return
			}
			fmt.Fprintf(c.out, "\r%s: %3d %% of %d KB", strings.TrimSuffix(what, "."), done*100/total, (total+1023)/1024)
			if done == total {
				c.say(".\nPlease wait for the answer. Through Tor it can take a minute or two.")
			}
		}, func() {
			mu.Lock()
			over = true
			mu.Unlock()
		}
}
