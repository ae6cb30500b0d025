package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

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
