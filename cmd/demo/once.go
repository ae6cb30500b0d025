package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"os"
	"slices"
	"strings"

	"tellbox/dropbox/client"
	"tellbox/dropbox/desk"
	"tellbox/dropbox/droptest"
)

// once carries one report with a picture through every hop, and fails if any is missing: page, cleaning, seal, store, fetch, open, reply,
// pickup, withdrawal.
func (p *place) once(ctx context.Context, say func(string, ...any)) error {
	const account, answer = "It has happened at every conference since the spring.", "Thank you for telling us. I am here. What would help?"
	visitor := droptest.NewVisitor(p.URL)
	words, err := report(visitor, account)
	if err != nil {
		return err
	}
	say("A reporter sent an account and a screenshot over %s, struck Bob off, and was given eight words:\n  %s", p.URL, words)

	alice, err := openDesk(p.Advocates[0])
	if err != nil {
		return err
	}
	defer alice.Close()
	id, err := onlyCase(ctx, alice)
	if err != nil {
		return fmt.Errorf("alice: %w", err)
	}
	read, err := alice.Read(id)
	if err != nil {
		return err
	}
	if read.Account != account {
		return errors.New("alice reads another account than was sent")
	}
	say("Alice fetched it with a signed request and opened it on her machine, as case %s:\n  %q", id, read.Account)
	if err := picture(ctx, alice, id); err != nil {
		return fmt.Errorf("the screenshot: %w", err)
	}
	say("She saved the screenshot: it is whole, and does not say any more who took it.")
	bob, err := openDesk(p.Advocates[1])
	if err != nil {
		return err
	}
	defer bob.Close()
	if _, err := onlyCase(ctx, bob); err == nil {
		return errors.New("bob, who was struck off, got something")
	}
	say("Bob's mailbox is empty.")
	if _, err := alice.Reply(ctx, id, answer); err != nil {
		return err
	}
	say("Alice replied.")

	page, err := visitor.Check(strings.ToUpper(strings.ReplaceAll(words, " ", "")))
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(page.Entries(), func(e droptest.Entry) bool { return e.From == "alice" && e.Text == answer }) {
		return fmt.Errorf("the reply is not on the page %s (%d %s)", page.Name(), page.Status, page.Problem())
	}
	say("The reporter came back with her words and read:\n  %q", answer)
	if page, err = visitor.Press(page, "/withdraw", "confirm", "yes"); err != nil {
		return err
	}
	if page.Name() != "withdrawn" || len(page.Items("asked")) != 1 {
		return fmt.Errorf("taking it back led to the page %s", page.Name())
	}
	if _, err := alice.Sync(ctx); err != nil {
		return err
	}
	if read, err = alice.Read(id); err != nil || !read.Withdrawn {
		return fmt.Errorf("alice was not told that it was taken back: %w", err)
	}
	say("She took it back: the server deleted it, and Alice was asked to.\nEvery hop worked.")
	return nil
}

// onlyCase syncs a desk and names the one case it has.
func onlyCase(ctx context.Context, d *desk.Desk) (string, error) {
	if _, err := d.Sync(ctx); err != nil {
		return "", err
	}
	in, err := d.Inbox()
	if err != nil {
		return "", err
	}
	if len(in.Cases) != 1 {
		return "", fmt.Errorf("%d cases, want 1", len(in.Cases))
	}
	return in.Cases[0].ID, nil
}

// author stands in the screenshot before it is cleaned.
const author = "Author\x00somebody's name"

// report sends an account with a screenshot, and returns the words.
func report(visitor *droptest.Visitor, account string) (words string, err error) {
	start, err := visitor.Get("/")
	if err != nil {
		return "", err
	}
	blank, err := visitor.Press(start, "/report")
	if err != nil {
		return "", err
	}
	form, err := blank.Form("/report/send")
	if err != nil {
		return "", err
	}
	page, err := visitor.Send(form.With("account", account, "wish", "advice", "prompt.when", "since the spring", "exclude", "bob"),
		droptest.File{Name: "screenshot.png", Content: screenshot()})
	if err != nil {
		return "", err
	}
	if page.Words() == "" || len(page.Items("files")) != 1 {
		return "", fmt.Errorf("sending led to the page %s (%d %s) with %d files", page.Name(), page.Status, page.Problem(), len(page.Items("files")))
	}
	return page.Words(), nil
}

// screenshot is a PNG with a chunk of text behind its first one.
func screenshot() string {
	var b bytes.Buffer
	png.Encode(&b, image.NewGray(image.Rect(0, 0, 80, 60))) // a buffer takes all
	const first = 8 + 25                                    // magic and IHDR
	text := append([]byte("tEXt"), author...)
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(author)))
	chunk = binary.BigEndian.AppendUint32(append(chunk, text...), crc32.ChecksumIEEE(text))
	return string(slices.Concat(b.Bytes()[:first], chunk, b.Bytes()[first:]))
}

// picture saves what came with the case, and looks at it.
func picture(ctx context.Context, d *desk.Desk, id string) error {
	saved, err := d.Save(ctx, id, 1, "", client.Transfer{})
	if err != nil {
		return err
	}
	b, err := os.ReadFile(saved.Path)
	if err != nil {
		return err
	}
	if _, err := png.Decode(bytes.NewReader(b)); err != nil || bytes.Contains(b, []byte("tEXt")) {
		return errors.New("it is not a clean picture")
	}
	return nil
}
