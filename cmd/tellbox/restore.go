package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"tellbox/dropbox/store"
)

// restore makes a store from a backup. It never asks a running server: what runs is another store.
func (c *command) restore(ctx context.Context) error {
	if c.erased != "" && c.withoutErasures {
		return c.misused("-erased and -without-erasures exclude one another")
	}
	if conn, err := net.Dial("unix", filepath.Join(c.store.Dir, "control.sock")); err == nil {
		conn.Close()
		return &hinted{fmt.Errorf("a server runs on %s", c.store.Dir), "busy", "stop it, and restore into a new folder", 3}
	}
	if entries, _ := os.ReadDir(c.store.Dir); len(entries) > 0 {
		return fmt.Errorf("restoring: %w", store.ErrNotEmpty)
	}
	brought, err := c.bringErasures()
	if err != nil {
		return err
	}
	got, err := store.Restore(ctx, c.store, c.file, c.withoutErasures)
	if err != nil {
		if brought {
			os.Remove(c.erasures())
		}
		return c.explainRestore(err)
	}
	if c.json {
		return json.NewEncoder(c.out).Encode(struct {
			Boxes  int      `json:"boxes"`
			Files  int      `json:"files"`
			Mail   int      `json:"mail"`
			Lines  int      `json:"lines"`
			Erased int      `json:"erased"`
			Faults []string `json:"faults"`
		}{got.Boxes, got.Blobs, got.Mail, got.Lines, got.Erased, append([]string{}, got.Faults...)})
	}
	fmt.Fprintf(c.out, "%d boxes, %d entries of mail, %d lines and %d files are in %s; %d that had been erased since the backup were erased again\n",
		got.Boxes, got.Mail, got.Lines, got.Blobs, c.store.Dir, got.Erased)
	for _, fault := range got.Faults {
		fmt.Fprintf(c.out, "! %s\n", fault)
	}
	_, err = fmt.Fprintf(c.out, "serve it as before: the advocates' programs list everything anew by themselves; is its roster still the newest? tellbox status -data %s\n", c.store.Dir)
	return err
}

// erasures is where the store looks for its list.
func (c *command) erasures() string { return absolute(c.store.Dir) + ".erased" }

// bringErasures copies the list that -erased names to where the store looks for it, if it is not there yet.
func (c *command) bringErasures() (brought bool, err error) {
	if c.erased == "" {
		return false, nil
	}
	list, err := os.ReadFile(c.erased)
	if err != nil {
		return false, fmt.Errorf("reading the list of erasures: %w", err)
	}
	have, err := os.ReadFile(c.erasures())
	switch {
	case err == nil && bytes.Equal(have, list):
		return false, nil
	case err == nil:
		return false, &hinted{fmt.Errorf("%s is there already, and differs from %s", c.erasures(), c.erased), "erasures",
			"the list only ever grows: leave -erased out if the longer one is in place, or else move the shorter one away", 1}
	case !errors.Is(err, fs.ErrNotExist):
		return false, err
	}
	err = saveNew(c.erasures(), func(w io.Writer) error {
		_, err := w.Write(list)
		return err
	})
	return err == nil, err
}

// explainRestore says what a restore needs, where other verbs would say something else.
func (c *command) explainRestore(err error) error {
	h := *explain(err)
	h.err = err
	switch {
	case errors.Is(err, store.ErrPepper):
		h.hint = "copy the pepper of the old box to " + c.pepperFile()
	case errors.Is(err, store.ErrErasures):
		h.hint = "name the old box's list with -erased FILE; if it is lost, add -without-erasures, with nothing at " + c.erasures() +
			": then what was taken back since the backup comes back"
	}
	return &h
}
