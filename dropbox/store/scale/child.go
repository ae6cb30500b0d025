package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"time"

	"tellbox/dropbox/store"
)

const childVerb = "child"

// memoryLimit is that of cmd/tellbox.
const memoryLimit = 112 << 20

// task is what another process is to do with a store; answer is what it says on its standard output, both as JSON.
type task struct {
	Do      string
	Dir     string // holds the store, its pepper and the plain file
	Reports int    // with which the store was filled
	First   int    // no report of this or a higher number was put
}

type answer struct {
	Rows   []row
	Next   int             // no report of this or a higher number was put
	Start  time.Duration   // until the store answered
	Checks []time.Duration // after that
	Memory memory          // at the end
}

// start runs t in another process to its end.
func (t task) start(ctx context.Context, progress io.Writer) (a answer, err error) {
	cmd, err := t.command(ctx, progress)
	if err != nil {
		return a, err
	}
	out, err := cmd.Output()
	if err != nil {
		return a, errors.Join(ctx.Err(), err)
	}
	return a, json.Unmarshal(out, &a)
}

// crash runs t until the process writes a line, and kills it.
func (t task) crash(ctx context.Context, progress io.Writer) error {
	cmd, err := t.command(ctx, progress)
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	_, err = bufio.NewReader(out).ReadString('\n')
	err = errors.Join(err, cmd.Process.Kill())
	if exit := new(exec.ExitError); !errors.As(cmd.Wait(), &exit) || exit.Exited() {
		err = errors.Join(err, errors.New("it ended by itself"))
	}
	return err
}

func (t task) command(ctx context.Context, progress io.Writer) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, childVerb, string(text))
	cmd.Stderr = progress
	return cmd, nil
}

// load is one task in its own process, with the store open.
type load struct {
	*store.Store
	task
	answer
	cfg   store.Config
	ahead atomic.Int64 // days that the store's clock is ahead
	out   io.Writer
}

func child(ctx context.Context, text string, out io.Writer) (err error) {
	debug.SetMemoryLimit(memoryLimit)
	l := &load{out: out}
	if err := json.Unmarshal([]byte(text), &l.task); err != nil {
		return err
	}
	l.Next = l.First
	l.cfg = store.Config{
		Dir:            filepath.Join(l.Dir, "data"),
		Now:            func() time.Time { return time.Now().AddDate(0, 0, int(l.ahead.Load())) },
		MailboxEntries: 1 << 30, // three mailboxes hold what a real box's readers would not let pile up
		MailboxBytes:   1 << 40,
	}
	do, ok := map[string]func(context.Context) error{
		"fill":    l.fill,
		"start":   l.starting,
		"loads":   l.loads,
		"crash":   l.crash,
		"purges":  l.purges,
		"writers": l.writers,
		"ends":    l.ends,
	}[l.Do]
	if !ok {
		return fmt.Errorf("no such task: %q", l.Do)
	}
	switch l.Do {
	case "fill":
		err = store.Init(l.cfg, store.Bundle{Keyholders: []byte("keyholders"), Roster: []byte("roster")})
	case "purges", "ends":
		l.cfg.Tidy = -1 // what is measured should not have been done already
	}
	if err != nil {
		return err
	}
	mem := watchMemory()
	began := time.Now()
	if l.Store, err = store.Open(l.cfg); err != nil {
		return err
	}
	l.Start = time.Since(began)
	err = do(ctx)
	l.Memory = mem.stop()
	if err = errors.Join(err, l.Close()); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(l.answer)
}
