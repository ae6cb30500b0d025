package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tellbox/dropbox/desk"
	"tellbox/dropbox/droptest"
)

// once carries one report through every hop, and fails if any is missing: page, seal, store, fetch, open, reply, pickup, withdrawal.
func (p *place) once(ctx context.Context, say func(string, ...any)) error {
	const account, answer = "It has happened at every conference since the spring.", "Thank you for telling us. I am here. What would help?"
	visitor := droptest.NewVisitor(p.URL)
	_, words, err := visitor.Report(account, "wish", "advice", "prompt.when", "since the spring", "exclude", "bob")
	if err != nil {
		return err
	}
	say("A reporter sent an account over %s, struck Bob off, and was given eight words:\n  %s", p.URL, words)

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
