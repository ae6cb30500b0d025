package e2e

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tellbox/dropbox/droptest"
)

func TestDemoOnce(t *testing.T) {
	dir := t.TempDir()
	c := exec.Command(filepath.Join(bin, "demo"), "-once")
	c.Env = append(os.Environ(), "TMPDIR="+dir)
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Every hop worked.") {
		t.Errorf("%v\n%s", err, out)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("the demo left %v behind", left)
	}
}

// What the demo says to type for a program of her own is so.
func TestDemoSays(t *testing.T) {
	s := &site{t: t, dir: t.TempDir()}
	c := s.command("demo")
	out, err := c.StdoutPipe()
	if err == nil {
		err = os.Mkdir(s.path("tmp"), 0o700)
	}
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Wait()
	defer c.Process.Signal(syscall.SIGTERM)
	lines, tried := bufio.NewScanner(out), 0
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "Ctrl-C") {
		if where, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "go run ./cmd/reporter "); ok {
			tried++
			args := append([]string{"readers", "-json"}, strings.Fields(where)[1:]...)
			if r := s.try("", "reporter", args...); r.code != 0 || !strings.Contains(r.stdout, `"pinned":true`) {
				t.Errorf("reporter %q: %+v", args, r)
			}
		}
	}
	if tried != 2 {
		t.Errorf("it names %d commands of a program of her own, want 2", tried)
	}
}

func TestDemoForPrograms(t *testing.T) {
	s := &site{t: t, dir: t.TempDir()}
	c := exec.Command(filepath.Join(bin, "demo"), "-dir", s.path("demo"), "-json")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Process.Kill()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		URL            string
		Keyholders     string
		PassphraseFile string `json:"passphrase_file"`
		Advocates      []struct{ ID, Home string }
	}
	if err := json.Unmarshal([]byte(line), &p); err != nil || len(p.Advocates) != 3 {
		t.Fatalf("%v in %s", err, line)
	}
	_, words, err := droptest.NewVisitor(p.URL).Report("to the demo")
	if err != nil {
		t.Fatal(err)
	}
	in := decode[inbox](t, s.run("advocate", "inbox", "-home", p.Advocates[0].Home, "-passphrase-file", p.PassphraseFile, "-json"))
	if len(in.Cases) != 1 || in.Cases[0].Entries != 1 {
		t.Errorf("inbox %+v", in)
	}
	// Joining anew, as its keyholders file allows, and a reply by a text on stdin.
	s.run("advocate", "join", "-home", p.Advocates[0].Home, "-server", p.URL, "-keyholders", p.Keyholders, "-passphrase-file", p.PassphraseFile)
	r := s.try("from stdin\n", "advocate", "reply", "-home", p.Advocates[0].Home, "-passphrase-file", p.PassphraseFile, in.Cases[0].ID, "-text-file", "-", "-json")
	if r.code != 0 || !strings.Contains(r.stdout, `"stored":true`) {
		t.Errorf("%+v", r)
	}
	if page, err := droptest.NewVisitor(p.URL).Check(words); err != nil || len(page.Entries()) != 2 {
		t.Errorf("check: %v", err)
	}
	c.Process.Signal(syscall.SIGTERM)
	if err := c.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	if _, err := os.Stat(s.path("demo", "alice", "secret.age")); err != nil {
		t.Errorf("-dir was not kept: %v", err)
	}
}
