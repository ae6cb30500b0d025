package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/keys"
	"tellbox/keys/vault"
)

// lied is a server that lies to the built programs: a real box behind a droptest.Liar. The test holds the keys of every dishonest
// reader, and those of two keyholders, which only what an honest box would show is signed with.
type lied struct {
	*site
	liar *droptest.Liar
	box  *droptest.Box

	expired, older []byte // rosters of before, signed: one has ended, one has dora as an advocate, who is gone from the one in force
	strangers      []*vault.Keyholder
}

const passphrase = "a passphrase of six words or more"

var weaken = sync.OnceFunc(vault.WeakenForTests)

// newLied makes the box 55 days ago and brings it up to date: so it has shown rosters that have ended since.
func newLied(t *testing.T) *lied {
	t.Helper()
	t.Parallel() // each has a box of its own, and waits for programs and disks
	weaken()
	l := &lied{site: &site{t: t, dir: t.TempDir()}}
	l.made("tmp", "homes", "box", "other")
	l.write("pass", passphrase+"\n")
	then, started := time.Now().AddDate(0, 0, -55), false
	var err error
	l.box, err = droptest.Start(l.path("box"), droptest.Options{Now: func() time.Time {
		if started {
			return time.Now()
		}
		return then
	}})
	l.must(err)
	t.Cleanup(func() { l.box.Stop() })
	started = true
	l.expired = l.box.Signed
	l.must(l.box.Roster.Renew(time.Now().AddDate(0, 0, 40), 1, time.Now()))
	l.must(l.box.Add(droptest.Person{ID: "dora", Name: "Dora Finch", Org: "Helpline", Role: keys.Advocate}))
	l.must(l.box.Install(t.Context()))
	l.older = l.box.Signed
	l.must(l.box.Roster.Remove("dora", time.Now()))
	l.must(l.box.Install(t.Context()))
	for _, name := range []string{"Ana", "Ben"} {
		k, _, err := vault.NewKeyholder(name)
		l.must(err)
		l.strangers = append(l.strangers, k)
	}
	l.write("K", string(l.box.Chain))
	l.liar, err = droptest.NewLiar(l.box)
	l.must(err)
	t.Cleanup(func() { l.liar.Close() })
	return l
}

func (l *lied) made(folders ...string) {
	for _, f := range folders {
		l.must(os.MkdirAll(l.path(f), 0o700))
	}
}

func (l *lied) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// said is how a program ended: its exit code, all that it said, and the most memory it took.
type said struct {
	code           int
	stdout, stderr string
	rss            int64 // bytes; 0 if it cannot be seen
}

// run runs a program; one that has not ended within a minute is killed, and its exit code is -1. meanwhile, if there is one, is done
// while it runs.
func (l *lied) run(meanwhile func(*os.Process), program string, args ...string) said {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, filepath.Join(bin, program), args...)
	c.Env = append(os.Environ(), "TMPDIR="+l.path("tmp"), "HOME="+l.path("tmp"))
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	l.must(c.Start())
	if meanwhile != nil {
		meanwhile(c.Process)
	}
	ended, peak := make(chan struct{}), make(chan int64)
	go func() { peak <- watchMemory(c.Process.Pid, ended) }()
	c.Wait() // what it said and its exit code are what counts
	close(ended)
	return said{c.ProcessState.ExitCode(), out.String(), errs.String(), <-peak}
}

// watchMemory is the most memory that a process has held until it ended. (The Maxrss of a child is no use: it is never less than what the
// process that started it held, so the tests themselves.)
func watchMemory(pid int, ended <-chan struct{}) (peak int64) {
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	for {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // only Linux has it
		if m := highWater.FindSubmatch(status); m != nil {
			kib, _ := strconv.ParseInt(string(m[1]), 10, 64)
			peak = max(peak, kib<<10)
		}
		select {
		case <-ended:
			return peak
		case <-tick.C:
		}
	}
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// token is what -json says is wrong, "" if nothing is.
func (s said) token(t *testing.T) string {
	t.Helper()
	return decode[struct{ Error string }](t, s.stdout).Error
}

// all is everything it said, as one line.
func (s said) all() string {
	return strings.Join(strings.Fields(s.stdout+" "+s.stderr), " ")
}

// sign signs a text with some keyholders' keys.
func (l *lied) sign(text string, with ...*vault.Keyholder) []byte {
	l.t.Helper()
	signed := []byte(text)
	for _, k := range with {
		var err error
		signed, err = keys.Sign(signed, k.Signer())
		l.must(err)
	}
	return signed
}

// roster is the one in force after a change that the keyholders know nothing of, or do, if they sign it.
func (l *lied) roster(change func(*keys.Roster) error) *keys.Roster {
	l.t.Helper()
	r, err := keys.ParseRoster(l.box.Signed)
	l.must(err)
	l.must(change(r))
	return r
}

// shows has the server show keyholders and a roster.
func (l *lied) shows(chain string, roster []byte) {
	b, _ := json.Marshal(dropbox.RosterAnswer{Keyholders: chain, Roster: string(roster)})
	l.liar.Say("roster", 200, string(b))
}

// mallory gets into a roster.
func mallory(r *keys.Roster) error {
	_, card, err := vault.NewAdvocate("mallory", "Mallory Grey", "Helpline")
	if err != nil {
		return err
	}
	return r.Add(keys.Reader{Card: *card, Role: keys.Advocate, Languages: "English"}, time.Now())
}

// swapped has the strangers in the keyholders' places, in the same box.
func (l *lied) swapped(change func(int, []keys.Keyholder) (*keys.Keyholders, error)) *keys.Keyholders {
	l.t.Helper()
	var people []keys.Keyholder
	for _, k := range l.strangers {
		p, err := k.Public()
		l.must(err)
		people = append(people, p)
	}
	set, err := change(2, people)
	l.must(err)
	return set
}

// The parts of SECURITY.md that say what a lying server can do.
var (
	liesPart  = regexp.MustCompile(`(?s)\n## What a lying server can do to the programs\n(.*?)\n## `)
	notCaught = regexp.MustCompile(`(?s)\n### Not caught\n(.*)$`)
)

// admitted fails unless SECURITY.md lists a lie among those that are not caught.
func (l *lied) admitted(line string) {
	l.t.Helper()
	section := liesPart.FindStringSubmatch(readDoc(l.t, "SECURITY.md"))
	if section == nil {
		l.t.Fatal("SECURITY.md does not say what a lying server can do")
	}
	list := notCaught.FindStringSubmatch(section[1])
	if list == nil || !strings.Contains(strings.Join(strings.Fields(list[1]), " "), line) {
		l.t.Errorf("SECURITY.md does not admit that %q", line)
	}
}
