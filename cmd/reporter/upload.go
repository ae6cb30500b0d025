package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/terminal"
)

// upload sends the files that the server does not have yet. The error is a *fileError; what has arrived is not sent again.
func (c *call) upload(b *box, files []*attachment) (sent []dropbox.File, err error) {
	for i, a := range files {
		if a.sent == nil {
			if err := c.uploadOne(b, a, fmt.Sprintf("sending file %d of %d", i+1, len(files))); err != nil {
				return nil, &fileError{n: i + 1, err: err}
			}
		}
		sent = append(sent, *a.sent)
	}
	return sent, nil
}

func (c *call) uploadOne(b *box, a *attachment, what string) error {
	return c.transfer(what, func(ctx context.Context, how client.Transfer) error {
		f, err := b.SendAttachment(ctx, a.Attachment, how)
		if err == nil {
			a.sent = &f
		}
		return err
	})
}

// transfer has a file go one way or the other, with this program's patience, and shows how far it is.
func (c *call) transfer(what string, do func(context.Context, client.Transfer) error) error {
	progress, stop := c.progress(sentence(what), "")
	defer stop()
	return c.online(func(ctx context.Context) error {
		ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP) // a window that is closed leaves no half of a file
		defer stop()
		return do(ctx, client.Transfer{Progress: progress, Again: func(ctx context.Context, n int, err error) error {
			return c.again(ctx, what, n, err)
		}})
	})
}

// ofFile says whether err is about one of several files, and not that she stopped it.
func ofFile(err error) bool {
	_, ok := errors.AsType[*fileError](err)
	return ok && !errors.Is(err, context.Canceled)
}

// alone says why a file did not go, and asks whether her text, if there is any, is to go without.
func (c *call) alone(err error, text string) (bool, error) {
	c.unsent(err, stillHere)
	if strings.TrimSpace(text) == "" {
		return false, nil
	}
	return c.yes("Send the text now, without the files?")
}

// missed are the files that the server says it does not have, by number.
func missed(files []*attachment, missing []dropbox.BlobID) (numbers []int) {
	for i, a := range files {
		if a.sent != nil && slices.Contains(missing, a.sent.Blob) {
			numbers = append(numbers, i+1)
		}
	}
	return numbers
}

// tellMissed says which files did not arrive, though the rest did.
func (c *call) tellMissed(files []*attachment, numbers []int) {
	if len(numbers) == 0 {
		return
	}
	var names []string
	for _, n := range numbers {
		names = append(names, terminal.Visible(files[n-1].Name))
	}
	c.note("your text arrived. These files did not: %s. Send them again with your words: reporter message -file", strings.Join(names, ", "))
}

// explainFile explains what went wrong with one of several files.
func explainFile(e *fileError) *terminal.Failure {
	f := explain(e.err)
	refused, _ := errors.AsType[*client.Error](e.err)
	if refused != nil {
		if r, known := fileRefusals[refused.Token]; known {
			f, r.Token = &r, refused.Token
		}
	}
	hint := f.Hint
	if e.saving {
		hint = strings.ReplaceAll(hint, "nothing was sent", "nothing of it was saved")
	}
	return &terminal.Failure{Code: f.Code, Token: f.Token, Hint: hint, Err: fmt.Errorf("file %d: %w", e.n, f.Err)}
}

// fileRefusals are what servers say of files.
var fileRefusals = map[string]terminal.Failure{
	"full":         {Code: terminal.Later, Hint: "send the text alone, without -file; the files can follow another day, with reporter message -file", Err: errors.New("there is no room for files right now")},
	"too-large":    {Code: terminal.Refused, Hint: "make it smaller, or leave it out; the text can go without it", Err: errors.New("this drop-box takes no file as large as this one")},
	"nothing-here": {Code: terminal.Refused, Hint: "ask whoever sent it to send it again", Err: errors.New("this file is not on the server any more")},
}
