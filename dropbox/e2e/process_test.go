// Package e2e tests the programs as people use them: built, started as processes of their own, spoken to through their doors.
package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tellbox/dropbox/droptest"
)

// bin holds the programs, and the public age program to compare with.
var bin string

// closing ends what all tests share.
var closing []func()

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "tellbox-e2e-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		bin = dir
		build := exec.Command("go", "build", "-o", dir+"/", "tellbox/cmd/tellbox", "tellbox/cmd/keyholder", "tellbox/cmd/advocate", "tellbox/cmd/reporter", "tellbox/cmd/demo", "filippo.io/age/cmd/age")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "building: %v\n%s", err, out)
			return 1
		}
		defer func() {
			for _, end := range closing {
				end()
			}
		}()
		return m.Run()
	}())
}

// site is a box as its people would set it up, in a folder of its own.
type site struct {
	t      *testing.T
	dir    string
	server *exec.Cmd
	url    string
	*droptest.Visitor
}

func newSite(t *testing.T) *site {
	s := &site{t: t, dir: t.TempDir()}
	for _, d := range []string{"tmp", "k"} {
		if err := os.Mkdir(s.path(d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.write("pass", "a passphrase of six words or more\n")
	for i, name := range []string{"Ana", "Ben", "Cleo"} {
		s.run("keyholder", "keygen", "-name", name, "-out", s.path(fmt.Sprintf("k/k%d", i+1)), "-passphrase-file", s.path("pass"))
	}
	people := [][3]string{{"alice", "Alice Okafor", "advocate"}, {"bob", "Bob Lindqvist", "advocate"}, {"carol", "Carol Adeyemi", "ombudsperson"}}
	for _, p := range people[:2] {
		s.run("advocate", "keygen", "-home", s.path(p[0]), "-id", p[0], "-name", p[1], "-org", "Survivors' Centre", "-passphrase-file", s.path("pass"))
	}
	s.run("advocate", "keygen", "-home", s.path("carol"), "-id", "carol", "-name", "Carol Adeyemi", "-org", "Independent", "-passphrase-file", s.path("pass"))
	s.run("keyholder", "new", "-roster", s.path("R"), "-keyholders-out", s.path("K"), "-keyholder", s.path("k/k1.pub"), "-keyholder", s.path("k/k2.pub"),
		"-keyholder", s.path("k/k3.pub"), "-threshold", "2", "-name", "The box", "-expires", time.Now().AddDate(0, 0, 50).Format(time.DateOnly),
		"-line", "Samaritans|116 123|daily 00:00-24:00|Europe/London")
	for _, p := range people {
		s.run("keyholder", "add", "-roster", s.path("R"), "-card", s.path(p[0], "card.txt"), "-role", p[2])
	}
	for _, k := range []string{"k/k1", "k/k2"} {
		s.run("keyholder", "sign", "-roster", s.path("R"), "-key", s.path(k), "-passphrase-file", s.path("pass"))
	}
	s.run("keyholder", "verify", "-roster", s.path("R"), "-keyholders", s.path("K"))
	s.run("tellbox", "init", "-data", s.path("D"), "-roster", s.path("R"), "-keyholders", s.path("K"))
	s.start("127.0.0.1:0")
	t.Cleanup(func() { s.stop(syscall.SIGKILL) })
	for _, p := range people {
		s.advocate(p[0], "join", "-server", s.url, "-keyholders", s.path("K"))
	}
	return s
}

func (s *site) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

func (s *site) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// command is a program with its temporary files where the tests look for leaks.
func (s *site) command(program string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(bin, program), args...)
	c.Env = append(os.Environ(), "TMPDIR="+s.path("tmp"), "HOME="+s.path("tmp"))
	return c
}

// result is how a program ended.
type result struct {
	code           int
	stdout, stderr string
}

func (s *site) try(stdin string, program string, args ...string) result {
	s.t.Helper()
	c := s.command(program, args...)
	var out, err bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(stdin), &out, &err
	if e := c.Run(); e != nil {
		if _, ok := e.(*exec.ExitError); !ok {
			s.t.Fatalf("%s: %v", program, e)
		}
	}
	return result{c.ProcessState.ExitCode(), out.String(), err.String()}
}

func (s *site) run(program string, args ...string) string {
	s.t.Helper()
	r := s.try("", program, args...)
	if r.code != 0 {
		s.t.Fatalf("%s %s: exit %d\n%s%s", program, strings.Join(args, " "), r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// advocate runs a verb as one of the advocates, with the text for replies on stdin.
func (s *site) advocate(id, verb string, args ...string) string {
	s.t.Helper()
	return s.run("advocate", append([]string{verb, "-home", s.path(id), "-passphrase-file", s.path("pass")}, args...)...)
}

func decode[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

// start starts the server, its log going to the file "log".
func (s *site) start(listen string, flags ...string) {
	s.t.Helper()
	s.server = s.command("tellbox", append([]string{"serve", "-data", s.path("D"), "-listen", listen}, flags...)...)
	log, err := os.OpenFile(s.path("log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	s.server.Stderr = log
	out, err := s.server.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.server.Start(); err != nil {
		s.t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening ")
	if !ok {
		s.server.Wait()
		b, _ := os.ReadFile(s.path("log"))
		s.t.Fatalf("the server said %q, and on stderr %q", line, b)
	}
	s.url, s.Visitor = url, droptest.NewVisitor(url)
}

// stop ends the server and returns its exit code, -1 if a signal ended it.
func (s *site) stop(signal syscall.Signal) int {
	s.server.Process.Signal(signal)
	s.server.Wait()
	return s.server.ProcessState.ExitCode()
}
