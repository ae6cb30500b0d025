package main

import (
	"context"
	"fmt"
	"os"

	"tellbox/dropbox/store"
	"tellbox/dropbox/web"
)

// newRoster shows the roster in force, or puts another one into force.
func (c *command) newRoster(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if c.roster == "" {
		b, err := ask(ctx, c, "GET /roster", nil, (*store.Store).Roster)
		if err == nil {
			_, err = c.out.Write(b.Roster)
		}
		return err
	}
	next, err := readBundle(c.roster, c.holders)
	if err != nil {
		return err
	}
	_, err = ask(ctx, c, "PUT /roster", next, func(st *store.Store) (struct{}, error) { return struct{}{}, installRoster(ctx, st, next) })
	if err != nil {
		return err
	}
	fmt.Fprintln(c.out, "the new roster is in force")
	return nil
}

func readBundle(roster, holders string) (b store.Bundle, err error) {
	if b.Roster, err = os.ReadFile(roster); err != nil {
		return b, fmt.Errorf("reading the roster: %w", err)
	}
	if holders != "" {
		if b.Keyholders, err = os.ReadFile(holders); err != nil {
			return b, fmt.Errorf("reading the keyholders: %w", err)
		}
	}
	return b, nil
}

// installRoster does it without a server, by the same checks.
func installRoster(ctx context.Context, st *store.Store, next store.Bundle) error {
	now, err := st.Roster()
	if err != nil {
		return err
	}
	site, err := web.New(web.Config{Store: st, Keyholders: now.Keyholders, Roster: now.Roster})
	if err != nil {
		return err
	}
	checked, err := site.CheckRoster(next.Keyholders, next.Roster)
	if err != nil {
		return err
	}
	return st.SetRoster(ctx, store.Bundle{Keyholders: checked.Chain(), Roster: next.Roster})
}
