package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// window is a terminal with somebody at it.
type window struct{ hand, program *os.File }

func openWindow(t *testing.T) window {
	t.Helper()
	hand, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hand.Close() })
	if err := unix.IoctlSetPointerInt(int(hand.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(hand.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	go io.Copy(io.Discard, hand) // the echo
	return window{hand, program}
}

// keyboard is what she types. When all of it is read and more is wanted, she presses Ctrl-C.
type keyboard struct {
	*os.File
	left int // of what is typed: lines, and ends
}

func (k *keyboard) Read(p []byte) (int, error) {
	if k.left == 0 {
		syscall.Kill(os.Getpid(), syscall.SIGINT)
	}
	k.left--
	return k.File.Read(p)
}

// person is run at a terminal, with what she types. ^C at the end is Ctrl-C.
func (h *here) person(want int, types string, args ...string) string {
	h.Helper()
	win := openWindow(h.T)
	typed, stops := strings.CutSuffix(types, "^C")
	if _, err := win.hand.WriteString(typed); err != nil {
		h.Fatal(err)
	}
	var stdin io.Reader = win.program
	if stops {
		stdin = &keyboard{win.program, strings.Count(typed, "\n") + strings.Count(typed, "\x04")}
	}
	var out, errs bytes.Buffer
	args = append(args, "-home", h.home, "-passphrase-file", h.passphrase)
	if got := run(args, stdin, &out, &errs); got != want {
		h.Fatalf("advocate %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, want, &out, &errs)
	}
	return out.String() + errs.String()
}

func (h *here) says(screen string, wants ...string) {
	h.Helper()
	for _, want := range wants {
		if !strings.Contains(screen, want) {
			h.Errorf("the screen does not show %q:\n%s", want, screen)
		}
	}
}
