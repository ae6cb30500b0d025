package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/terminal"
)

// errUndelivered: it is not known whether what she sent has arrived.
var errUndelivered = errors.New("it is not known whether this has arrived")

// patiently does try until there is a verdict, and says what it waits for. What is sent again is the same bytes under the same number.
func (c *call) patiently(what string, try func(context.Context) error) error {
	return c.online(func(ctx context.Context) error {
		for n := 1; ; n++ {
			err := try(ctx)
			if err == nil {
				return nil
			}
			if err = c.again(ctx, what, n, err); err != nil {
				return err
			}
		}
	})
}

// again waits before another try, after n that failed, the last with err; or it returns an error, and there is none.
func (c *call) again(ctx context.Context, what string, n int, err error) error {
	if !noVerdict(err) || n >= c.tries || ctx.Err() != nil {
		return err
	}
	wait := client.Waits[min(n, len(client.Waits))-1] // after them the last one counts
	c.note("%s did not work (%s). Trying again in %s. Nothing is sent twice; Ctrl-C stops it.", what, plainly(err), wait)
	if c.pause(ctx, wait) != nil {
		return fmt.Errorf("%s: %w", what, context.Canceled)
	}
	return nil
}

// noVerdict says whether the same may succeed in a moment.
func noVerdict(err error) bool {
	return client.TryLater(err) && !client.Refused(err, "full") && !client.Refused(err, "roster-expired")
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
	progress, stop := c.progress(sentence(what), "Please wait for the answer. Through Tor it can take a minute or two.")
	if progress != nil {
		b.Sent = func(done, total int) { progress(int64(done), int64(total)) }
	}
	err := c.patiently(what, give)
	stop()
	b.Sent = nil
	if refusal, refused := errors.AsType[*client.Error](err); err == nil || refused && !noVerdict(refusal) && refusal.Token != "" {
		return err
	}
	return fmt.Errorf("%w: %w", errUndelivered, err)
}

// give sends a parcel. Missing are the files it names that the server does not have.
func (c *call) give(b *box, p *dropbox.Parcel) (missing []dropbox.BlobID, err error) {
	err = c.hand(b, "sending", func(ctx context.Context) error {
		a, err := b.Send(ctx, p, dropbox.IDs(b.receivers))
		missing = a.Missing
		return err
	})
	return missing, err
}

// progress shows a person how much is on its way, until it is stopped: a body can still be leaving when its answer is there. At the end it
// says next.
func (c *call) progress(what, next string) (show func(done, total int64), stop func()) {
	if !c.asks {
		return nil, func() {}
	}
	over, shown := false, int64(-1)
	what = strings.TrimSuffix(what, ".")
	return func(done, total int64) {
			c.printing.Lock()
			defer c.printing.Unlock()
			percent := done * 100 / total
			if over || percent == shown {
				return
			}
			shown = percent
			fmt.Fprintf(c.out, "\r%s: %3d %% of %s", what, percent, terminal.Size(total))
			if done == total {
				c.say(".\n%s", next)
			}
		}, func() {
			c.printing.Lock()
			over = true
			c.printing.Unlock()
		}
}
