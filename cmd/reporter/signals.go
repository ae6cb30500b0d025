package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// online gives Ctrl-C a gentle meaning while f speaks to the server: what is known by then is still said.
func (c *call) online(f func(context.Context) error) error {
	c.busy.Store(true)
	defer c.busy.Store(false)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return f(ctx)
}

// askBeforeEnding has Ctrl-C end the program only when it is pressed twice, until stop: people press it to copy, and what they wrote would be
// gone.
func (c *call) askBeforeEnding() (stop func()) {
	if c.screen == nil {
		return func() {}
	}
	pressed := make(chan os.Signal, 1)
	signal.Notify(pressed, os.Interrupt)
	go func() {
		for range pressed {
			now := time.Now().Unix()
			switch {
			case c.busy.Load(): // online and the editor have a meaning of their own for it
			case now-c.pressed.Swap(now) < 10:
				fmt.Fprintln(c.notes)
				os.Exit(130) // as a shell calls it
			default:
				fmt.Fprintln(c.notes, "\nNothing is lost but this line. To end the program, press Ctrl-C once more; or just go on.")
			}
		}
	}()
	return func() {
		signal.Stop(pressed)
		close(pressed)
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
