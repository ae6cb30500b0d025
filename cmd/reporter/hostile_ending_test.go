package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An editor that ends badly costs her nothing that it had saved.
func TestEditorThatEndsBadly(t *testing.T) {
	h := setUp(t)
	if _, err := memoryFolder(); err != nil {
		t.Fatal(err) // Linux has one
	}
	ed := filepath.Join(h.dir, "editor")
	h.must(os.WriteFile(ed, []byte("#!/bin/sh\necho What I saved > $1\nexit 1\n"), 0o700))
	t.Setenv("VISUAL", ed)
	screen := h.person(0, []string{"1", "", "4", "s", "no", "1", "", ""}, "send", "-editor")
	h.says(screen, "What I saved", "Keep these eight words")
	if got := h.got("alice"); !slices.Equal(got, []string{"What I saved"}) {
		t.Errorf("alice reads %q", got)
	}
}

// full is a disk on which there is no room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// Words that could not be printed are lost, and that is no success.
func TestWordsThatCouldNotBePrinted(t *testing.T) {
	h := setUp(t)
	for _, args := range [][]string{h.where("send"), h.where("send", "-json")} {
		var errs bytes.Buffer
		code := run(args, setting{strings.NewReader("Something"), full{}, &errs, false, false, h.clock.Now, h.pause})
		if code != 1 || !strings.Contains(errs.String(), "could be printed") {
			t.Errorf("exit %d, %s", code, errs.String())
		}
	}
}
