package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// The processes that scale starts are this test program again.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == childVerb {
		main()
	}
	os.Exit(m.Run())
}

// TestScale measures a very small store in every way. Its figures mean nothing, but there must be all of them.
func TestScale(t *testing.T) {
	t.Setenv("GORACE", "atexit_sleep_ms=0") // or each of those processes waits for a second at its end
	dir := t.TempDir()
	var out, progress bytes.Buffer
	if code := run(t.Context(), []string{"-reports", "20", "-dir", dir}, &out, &progress); code != 0 {
		t.Fatalf("exit status %d: %s", code, progress.String())
	}
	figures := 0
	for line := range strings.Lines(out.String()) {
		if cells := strings.Split(line, " | "); len(cells) == 1 || cells[1] == "20 |\n" {
			continue // the machine, or a table's head
		} else if len(cells) != 2 || !strings.HasSuffix(line, " |\n") || !strings.ContainsAny(cells[1], "0123456789") {
			t.Errorf("not a line with a figure: %q", line)
		}
		figures++
	}
	if want := 41; figures != want {
		t.Errorf("got %d figures, want %d:\n%s", figures, want, out.String())
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestRefusals(t *testing.T) {
	for _, args := range [][]string{{"-reports", "19"}, {"-reports", ""}, {"-reports", "20,x"}, {"-runs", "3"}, {"20"}} {
		var out, progress bytes.Buffer
		if code := run(t.Context(), args, &out, &progress); code != 2 || out.Len() > 0 || progress.Len() == 0 {
			t.Errorf("%q: got exit status %d and %q, want 2 and a complaint", args, code, out.String())
		}
	}
}
