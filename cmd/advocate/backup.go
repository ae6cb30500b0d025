package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"syscall"
	"time"

	"tellbox/dropbox/desk"
	"tellbox/dropbox/terminal"
)

func backup(c *call) (any, error) {
	out := c.flags.String("out", "", "")
	if err := c.parseFlags("out"); err != nil {
		return nil, err
	}
	passphrase := ""
	d, err := desk.Open(*c.home, func() (p string, err error) {
		passphrase, err = c.passphrase(false)
		return passphrase, err
	}, time.Now)
	debug.FreeOSMemory()
	c.desk = d
	if err != nil {
		return nil, err
	}
	defer d.Close()
	how, stop := c.transfer("Making the backup")
	made, err := d.Backup(c.network(), *out, passphrase, how.Progress)
	stop()
	if err != nil {
		return nil, diskFull(err)
	}
	c.note(made.Notices)
	fmt.Fprintf(c.out, "Your desk is in %s: %d files, %s, sealed with the passphrase of your key.\n\n", terminal.Visible(made.File), made.Files, terminal.Size(made.Bytes))
	fmt.Fprint(c.out, `Keep it apart from this machine. Whoever has it and your passphrase has your desk, your key too, as they are today.
Files that you saved are not in it: advocate files CASE fetches them again, as long as the server has them.
It keeps what you delete from now on. So after you have deleted a case, make another one, and destroy this and older ones.
`)
	return made, nil
}

func restore(c *call) (any, error) {
	from := c.flags.String("from", "", "")
	if err := c.parseFlags("from"); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	how, stop := c.transfer("Restoring")
	done, err := desk.Restore(ctx, *from, *c.home, func() (string, error) {
		defer func() { context.AfterFunc(c.network(), cancel) }() // from here on, not while she types
		return c.passphrase(false)
	}, time.Now, how.Progress)
	stop()
	if err != nil {
		return nil, diskFull(err)
	}
	fmt.Fprintf(c.out, "The desk of %s is in %s, as it was on %s: %d files.\n\nBefore you go on:\n", done.ID, terminal.Visible(done.Home), done.Day, done.Files)
	for _, n := range done.Notices {
		for i, line := range terminal.Wrap(n, 100) {
			fmt.Fprintf(c.out, "%s%s\n", map[bool]string{true: "- ", false: "  "}[i == 0], line)
		}
	}
	fmt.Fprint(c.out, "\nNext: advocate inbox fetches what has come since.\n")
	return done, nil
}

// diskFull says what to do where neither a file of a case nor a reply is in question.
func diskFull(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return &terminal.Failure{Code: terminal.Refused, Token: "disk-full", Hint: "make room, or name another disk; nothing of it was left", Err: err}
	}
	return err
}
