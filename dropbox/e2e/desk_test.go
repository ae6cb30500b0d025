package e2e

import (
	"bufio"
	"errors"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
)

// The command prints its address, opens the browser that the system names, and ends with Ctrl-C; a folder without a key is no mistake.
func TestDeskCommand(t *testing.T) {
	s := newSite(t)
	if err := errors.Join(syscall.Mkfifo(s.path("opened"), 0o600), os.WriteFile(s.path("tmp", "xdg-open"), []byte("#!/bin/sh\necho \"$1\" >"+s.path("opened")+"\n"), 0o700)); err != nil {
		t.Fatal(err)
	}
	for _, home := range []string{"alice", "nobody"} {
		c := s.command("advocate", "desk", "-home", s.path(home), "-passphrase-file", s.path("pass"))
		c.Env = append(c.Env, "PATH="+s.path("tmp")+":"+os.Getenv("PATH"))
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Process.Kill() })
		line, _ := bufio.NewReader(out).ReadString('\n')
		address, ok := strings.CutPrefix(strings.TrimSpace(line), "open ")
		if !ok || !strings.HasPrefix(address, "http://127.0.0.1:") {
			t.Fatalf("it says %q", line)
		}
		if opened := must(os.ReadFile(s.path("opened"))); strings.TrimSpace(opened) != address {
			t.Errorf("the browser was opened with %q, want %q", opened, address)
		}
		r, err := http.NewRequest("GET", address, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil || answer.StatusCode != http.StatusSeeOther || len(answer.Cookies()) != 1 {
			t.Fatalf("the address is answered by %v, %v", answer, err)
		}
		if home == "alice" { // another program may not have the folder meanwhile
			if r := s.try("", "advocate", "inbox", "-home", s.path("alice"), "-passphrase-file", s.path("pass")); r.code != 3 || !strings.Contains(r.stderr, "another program") {
				t.Errorf("the inbox beside it: %+v", r)
			}
		}
		c.Process.Signal(os.Interrupt)
		if err := c.Wait(); err != nil {
			t.Errorf("it ends with %v", err)
		}
	}
	s.advocate("alice", "inbox")
}
