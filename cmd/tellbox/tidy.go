package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"tellbox/dropbox/store"
)

// checked is what -json prints.
type checked struct {
	OK     bool     `json:"ok"`
	Boxes  int      `json:"boxes"`
	Mail   int      `json:"mail"`
	Lines  int      `json:"lines"`
	Files  int      `json:"files"`
	Bytes  int64    `json:"bytes"`
	Faults []string `json:"faults"`
}

// check reads everything, and names what is missing or was changed. It does so as long as ctx lasts: that may take long.
func (c *command) check(ctx context.Context) error {
	here := func(st *store.Store) (store.Checked, error) { return st.Check(ctx) }
	found, err := ask(ctx, c, "GET /check", nil, here)
	if errors.Is(err, store.ErrDamaged) { // a fault like others. To see the rest it would have to be opened, which gives up what is lost
		found.Faults = []string{fmt.Sprintf("%v: restore a backup, or serve what is left with: tellbox serve -damaged", err)}
		err = nil
	}
	if err != nil {
		return err
	}
	good := len(found.Faults) == 0
	switch {
	case c.json:
		err = json.NewEncoder(c.out).Encode(checked{good, found.Boxes, found.Mail, found.Lines, found.Blobs, found.Bytes, append([]string{}, found.Faults...)})
	case good:
		_, err = fmt.Fprintf(c.out, "all good: %d boxes, %d entries of mail, %d lines, %d files; %d KiB in %d segments and in blobs\n",
			found.Boxes, found.Mail, found.Lines, found.Blobs, found.Bytes>>10, found.Segments)
	default:
		for _, fault := range found.Faults {
			fmt.Fprintln(c.out, fault)
		}
	}
	if err == nil && !good {
		err = told(1)
	}
	return err
}

// purge ends what has reached its end, and returns when nothing that was erased is in any file of the data folder.
func (c *command) purge(ctx context.Context) error {
	went, err := ask(ctx, c, "POST /purge", nil, func(st *store.Store) (store.Purged, error) { return st.Purge(ctx) })
	if err != nil {
		return err
	}
	if c.json {
		return json.NewEncoder(c.out).Encode(map[string]int{"mail": went.Mail, "lines": went.Lines, "boxes": went.Boxes, "numbers": went.Numbers})
	}
	_, err = fmt.Fprintf(c.out, "%d entries of mail, %d lines, %d boxes and %d sending numbers had reached their end; "+
		"nothing that was erased is in any file of %s now\n", went.Mail, went.Lines, went.Boxes, went.Numbers, c.store.Dir)
	return err
}
