package store

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tellbox/dropbox"
	"tellbox/dropbox/store/storetest"
)

// TestFailingChild is the other process of TestBadgerFails. It says what was stored, and waits for the fault after 20 reports.
func TestFailingChild(t *testing.T) {
	dir := os.Getenv("TELLBOX_TEST_FAILING")
	if dir == "" {
		return
	}
	unix.Prctl(unix.PR_SET_PTRACER, ^uintptr(0), 0, 0, 0) // anybody of this user may; else strace has to be its parent
	s, err := Open(Config{Dir: dir, Tidy: -1})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		if i == 20 {
			fmt.Println("ready")
			bufio.NewReader(os.Stdin).ReadString('\n')
		}
		p := storetest.Parcel("alice")
		switch _, err := s.Put(t.Context(), p, true); {
		case err == nil:
			fmt.Println("stored", p.Sending, p.Digest)
		case errors.Is(err, ErrDown):
			fmt.Println("down")
		default:
			t.Fatal(err)
		}
	}
	s.Close()
	fmt.Println("closed")
}

// TestBadgerFails: from some moment on the kernel answers EIO to one kind of sync, badger's own too. What was acknowledged
// before is there afterwards, after it nothing is acknowledged, and the process ends when it is told to.
func TestBadgerFails(t *testing.T) {
	if out, err := exec.Command("strace", "-e", "inject=fsync:error=EIO", "true").CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("strace: %v, %s", err, out)
		}
		t.Skipf("needs strace, and ptrace allowed: %v, %s", err, out)
	}
	for _, call := range []string{"msync", "fdatasync", "fsync,fdatasync,msync"} {
		t.Run(call, func(t *testing.T) { // not in parallel: a child holds the locks of its parent's stores between fork and exec
			s := quiet(t)
			s.Close()
			said := failing(t, s.cfg.Dir, call)
			counts := map[string]int{}
			s = opened(t, s.cfg)
			for _, line := range said {
				words := strings.Fields(line + " ")
				counts[words[0]]++
				if words[0] != "stored" {
					continue
				}
				var sending, digest dropbox.Hex32
				if err := errors.Join(sending.UnmarshalText([]byte(words[1])), digest.UnmarshalText([]byte(words[2]))); err != nil {
					t.Fatal(err)
				}
				if out, err := s.Sent(t.Context(), sending, digest); out != dropbox.Again || err != nil {
					t.Errorf("an acknowledged report is missing: %v, %v", out, err)
				}
			}
			if counts["stored"] != 20 || counts["down"] != 20 || s.faults(t) != nil {
				t.Errorf("got %v, check: %q; want 20 stored and then 20 times down", counts, s.faults(t))
			}
			if counts["closed"] != 1 {
				t.Errorf("it did not close: %q", said[max(0, len(said)-3):])
			}
		})
	}
}

// failing runs TestFailingChild in dir, lets its calls fail once it is ready, and returns what it said.
func failing(t *testing.T, dir, calls string) (said []string) {
	child := exec.Command(os.Args[0], "-test.run=^TestFailingChild$", "-test.count=1")
	child.Env = append(os.Environ(), "TELLBOX_TEST_FAILING="+dir)
	goOn, err := child.StdinPipe()
	out, err2 := child.StdoutPipe()
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	hung := time.AfterFunc(15*time.Second, func() { child.Process.Kill() })
	defer hung.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said = append(said, lines.Text())
		if lines.Text() == "ready" {
			strace := exec.Command("strace", "-f", "-o", "/dev/null", "-e", "trace="+calls, "-e", "inject="+calls+":error=EIO", "-p", fmt.Sprint(child.Process.Pid))
			attached, err := strace.StderrPipe()
			if err == nil {
				err = strace.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			defer strace.Wait()
			if first, err := bufio.NewReader(attached).ReadString('\n'); err != nil || !strings.Contains(first, "attached") {
				t.Errorf("strace: %s, %v", first, err)
			}
			fmt.Fprintln(goOn)
		}
	}
	child.Wait()
	return said
}
