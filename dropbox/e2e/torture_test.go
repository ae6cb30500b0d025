package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/droptest"
	"tellbox/keys"
)

var (
	tortureTime = flag.Duration("torture", 14*time.Second, "how long TestTorture goes on killing the server; for minutes give -timeout 0 as well")
	tortureSeed = flag.Uint64("torture-seed", 0, "what TestTorture's chances grow from; 0: something new, which it prints")
)

// torture is a built server that is killed again and again, the people who use it, and what they were told.
type torture struct {
	*site
	*ledger
	box     *droptest.Box // stopped: it lends its people's keys
	ours    dropbox.BoxID
	readers []dropbox.Reader   // who receives reports
	people  []string           // ids of everyone in the roster
	cursors map[string]*string // of each reader's mailbox, kept through every kill
	down    atomic.Bool        // the server is being killed: from then on nothing has to be answered
	rounds  int
	backup  *backup // the last that was completed
	resting bool    // no backups: the last round, so that much happens after the last one
}

type backup struct {
	file  string
	began time.Time
}

// A server that is killed with -9 at any moment, under every kind of load, keeps what it acknowledged, has forgotten what it
// said was forgotten, and has done nothing by half. The backup that was made meanwhile brings back the one and not the other.
func TestTorture(t *testing.T) {
	if end, ok := t.Deadline(); ok && time.Until(end) < 3**tortureTime {
		t.Fatalf("-torture %v does not fit into what is left of -timeout: give -timeout 0", *tortureTime)
	}
	seed := *tortureSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("the same chances again: -torture-seed %d", seed)
	x := newTorture(t)
	chance := rand.New(rand.NewPCG(seed, 0))
	began := time.Now()
	for x.resting = false; !x.resting; x.rounds++ {
		spent := time.Since(began)
		x.resting = spent >= *tortureTime && x.rounds >= 3 && x.backup != nil || spent >= 3**tortureTime
		x.round(chance)
	}
	x.atLast(chance)
	x.restored(chance)
	t.Logf("%d rounds in %v; lost %d, faults of all kinds %d", x.rounds, time.Since(began).Round(time.Second), x.figures["FAULT: lost"], x.figures["faults"])
	for _, line := range x.report() {
		t.Log(line)
	}
}

func newTorture(t *testing.T) *torture {
	x := &torture{site: &site{t: t, dir: t.TempDir()}, ledger: newLedger(t), cursors: map[string]*string{}}
	for _, d := range []string{"tmp", "keys"} {
		if err := os.Mkdir(x.path(d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if x.box, err = droptest.Start(x.path("keys"), droptest.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := x.box.Stop(); err != nil {
		t.Fatal(err)
	}
	x.ours = dropbox.BoxID(x.box.Set.Box)
	for _, p := range x.box.Roster.Readers {
		x.people = append(x.people, p.ID)
		if p.Role == keys.Advocate {
			x.readers = append(x.readers, dropbox.Reader{ID: p.ID, Recipient: p.Recipient})
			x.cursors[p.ID] = new(string)
		}
	}
	x.write("R", string(x.box.Signed))
	x.write("K", string(x.box.Chain))
	x.run("tellbox", "init", "-data", x.path("D"), "-roster", x.path("R"), "-keyholders", x.path("K"))
	x.start("127.0.0.1:0")
	t.Cleanup(func() { x.stop(syscall.SIGKILL) })
	return x
}

// round is some load, a kill, and a look at what is left.
func (x *torture) round(chance *rand.Rand) {
	x.down.Store(false)
	var people sync.WaitGroup
	for _, life := range []func(*person) error{
		(*person).visit, (*person).visit, (*person).program, (*person).message, (*person).message, (*person).follow, (*person).follow,
		(*person).operate, (*person).tidy} {
		p := x.person("", chance.Uint64())
		people.Go(func() { p.live(life) })
	}
	for _, r := range x.readers {
		p := x.person(r.ID, chance.Uint64())
		people.Go(func() { p.live((*person).read) })
	}
	load := 100 + chance.IntN(1500)
	if x.resting {
		load = 1500
	}
	time.Sleep(time.Duration(load) * time.Millisecond)
	x.awaitMoment(chance)
	x.down.Store(true)
	if code := x.stop(syscall.SIGKILL); code != -1 {
		x.fault("server", "the server ended by itself, with exit code %d", code)
	}
	people.Wait()
	x.searchFiles(thorough{killed: true})
	// Killed while it gets up, or while the operator does something without it.
	for chance.IntN(3) == 0 {
		x.stumble(chance, "serve", "-listen", "127.0.0.1:0")
	}
	if chance.IntN(4) == 0 {
		x.stumble(chance, "purge")
	}
	x.start("127.0.0.1:0")
	x.check(chance, thorough{})
}

// awaitMoment returns at any moment, or while something of one kind is being done, which would be hit seldom otherwise.
func (x *torture) awaitMoment(chance *rand.Rand) {
	kinds := []string{"nothing", "report", "message", "reply", "withdrawal", "withdrawal", "deletion", "purge", "backup"}
	x.mu.Lock()
	x.aim, x.begun = kinds[chance.IntN(len(kinds))], make(chan struct{}, 1)
	begun := x.begun
	x.mu.Unlock()
	select {
	case <-begun:
		time.Sleep(time.Duration(chance.IntN(10_000)) * time.Microsecond)
	case <-time.After(time.Duration(chance.IntN(600)) * time.Millisecond):
	}
	x.count("killed, aiming at: " + x.aim)
}

// stumble kills a verb a moment after it began.
func (x *torture) stumble(chance *rand.Rand, verb string, flags ...string) {
	c := x.command("tellbox", append([]string{verb, "-data", x.path("D")}, flags...)...)
	if err := c.Start(); err != nil {
		x.t.Fatal(err)
	}
	time.Sleep(time.Duration(chance.IntN(150)) * time.Millisecond)
	c.Process.Kill()
	c.Wait()
	x.count("killed: " + verb + ", just begun")
}

// checked is what `tellbox check -json` says.
type checked struct {
	OK                 bool
	Boxes, Mail, Lines int
	Bytes              int64
	Faults             []string
}

// atLast takes some more back, after which the last backup knows what it should not, and looks at everything.
func (x *torture) atLast(chance *rand.Rand) {
	x.down.Store(false)
	her := x.person("", chance.Uint64())
	for range 5 {
		if err := her.withdraw(x.pick(0)); err != nil {
			x.fault("refused", "%v", err)
		}
	}
	x.check(chance, thorough{all: true})
	x.run("tellbox", "purge", "-data", x.path("D"))
	x.searchFiles(thorough{purged: true})
	x.allGood()
	if code := x.stop(syscall.SIGTERM); code != 0 {
		x.fault("server", "after SIGTERM the server's exit code is %d", code)
	}
	x.allGood()
}

// allGood asks the operator's own check.
func (x *torture) allGood() {
	r := x.try("", "tellbox", "check", "-data", x.path("D"), "-json")
	var c checked
	if err := json.Unmarshal([]byte(r.stdout), &c); err != nil || r.code != 0 || !c.OK {
		x.fault("check", "exit %d, %s%s", r.code, r.stdout, r.stderr)
	}
	if boxes, mail, lines := x.owed(); c.Boxes < boxes || c.Mail < mail || c.Lines < lines {
		x.fault("check", "there are %d boxes, %d mail, %d lines, and owed are %d, %d and %d", c.Boxes, c.Mail, c.Lines, boxes, mail, lines)
	}
}

// restored brings back the last backup into a new folder. What was acknowledged before it began is there; what was taken
// back or deleted by now is not.
func (x *torture) restored(chance *rand.Rand) {
	if x.backup == nil {
		x.t.Fatal("no backup was completed")
	}
	e := *x.site
	e.dir = x.path("restored")
	for _, d := range []string{e.dir, e.path("tmp")} {
		if err := os.Mkdir(d, 0o700); err != nil {
			x.t.Fatal(err)
		}
	}
	pepper, err := os.ReadFile(x.path("D.pepper"))
	if err != nil {
		x.t.Fatal(err)
	}
	e.write("D.pepper", string(pepper))
	out := e.run("tellbox", "restore", "-data", e.path("D"), "-from", x.backup.file, "-erased", x.path("D.erased"), "-json")
	if !json.Valid([]byte(out)) {
		x.fault("restore", "restore said %q", out)
	}
	x.site = &e
	x.start("127.0.0.1:0")
	x.figures["withdrawn since the backup"] = x.turnBack(x.backup.began)
	if x.figures["withdrawn since the backup"] == 0 {
		x.fault("restore", "nothing was taken back since the last backup, so nothing was tried")
	}
	x.check(chance, thorough{all: true, restored: true})
	x.run("tellbox", "purge", "-data", x.path("D"))
	x.searchFiles(thorough{purged: true})
	x.allGood()
}

// server is the server as programs speak to it.
func (x *torture) server() *client.Client {
	c, err := client.Dial(x.url, "")
	if err != nil {
		panic(err) // it listens on loopback
	}
	return c
}

func (x *torture) mailbox(reader string) *client.Mailbox {
	return x.server().SignIn(reader, x.box.Advocates[reader].Signin, x.ours, time.Now)
}

// operate is what the operator does meanwhile: backups, purges, checks.
func (p *person) operate() error {
	n := p.chance.IntN(10)
	if p.resting || n >= 5 && p.backup != nil {
		return p.tidy()
	}
	file := p.path(fmt.Sprintf("backup-%d", time.Now().UnixNano()))
	began := time.Now()
	if !p.ask("backup", "-out", file) {
		os.Remove(file + ".part")
		return nil
	}
	if p.backup != nil {
		os.Remove(p.backup.file)
	}
	p.backup = &backup{file, began}
	return nil
}

// tidy is what else there is to do, and what timers do: at the same time as the operator.
func (p *person) tidy() error {
	time.Sleep(time.Duration(p.chance.IntN(200)) * time.Millisecond)
	p.ask([]string{"purge", "purge", "purge", "check", "check", "status"}[p.chance.IntN(6)])
	return nil
}

// ask runs a verb against the server. It may fail only while that is being killed, and then it may also have done its work without it.
func (p *person) ask(verb string, flags ...string) bool {
	p.about(verb)
	r := p.try("", "tellbox", append([]string{verb, "-data", p.path("D"), "-json"}, flags...)...)
	if r.code == 0 {
		p.count("tellbox " + verb)
		return true
	}
	if c := (checked{}); !p.down.Load() || json.Unmarshal([]byte(r.stdout), &c) == nil && len(c.Faults) > 0 {
		p.fault("operator", "tellbox %s: exit %d, %s%s", verb, r.code, r.stdout, r.stderr)
	}
	return false
}
