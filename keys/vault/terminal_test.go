package vault

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// onTerminal runs a command on a terminal of its own, where keys are typed, and returns what the screen showed.
func onTerminal(t *testing.T, command string, keys ...string) string {
	t.Helper()
	if _, err := exec.LookPath("script"); err != nil {
		skip(t, "util-linux's script, which makes a terminal, is not installed")
	}
	cmd := exec.Command("script", "-qec", command, "/dev/null")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for _, k := range keys {
			time.Sleep(time.Second) // until the question is there; script has no way to tell
			io.WriteString(in, k)
		}
		time.Sleep(3 * time.Second)
		in.Close()
	}()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

// skip is forbidden in CI.
func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

func TestPublicAgeProgramOpensVaults(t *testing.T) {
	if _, err := exec.LookPath("age"); err != nil {
		skip(t, "the public age program is not installed")
	}
	k, _, err := NewKeyholder("Ana")
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := Seal([]byte(k.Text()), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := WriteFile(filepath.Join(dir, "k1"), sealed); err != nil {
		t.Fatal(err)
	}
	screen := onTerminal(t, "age -d -o "+dir+"/plain "+dir+"/k1", "correct horse\n")
	if got, err := os.ReadFile(filepath.Join(dir, "plain")); err != nil || string(got) != k.Text() {
		t.Errorf("age wrote %q, %v, and showed %q", got, err, screen)
	}
}

func TestAsk(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := askOnTerminal + "=1 " + self
	screen := onTerminal(t, command, "correct horse\n", "correct horse\n")
	if !strings.Contains(screen, `got "correct horse", <nil>`) || strings.Count(screen, "correct horse") != 1 {
		t.Errorf("twice the same: the screen showed %q", screen)
	}
	if screen := onTerminal(t, command, "correct horse\n", "correct hearse\n"); !strings.Contains(screen, "not the same") {
		t.Errorf("two different: the screen showed %q", screen)
	}
	if screen := onTerminal(t, command, "\n"); !strings.Contains(screen, "empty") {
		t.Errorf("empty: the screen showed %q", screen)
	}
}
