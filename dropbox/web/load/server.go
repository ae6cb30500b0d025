package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// build makes the server in dir, as it is in this checkout.
func build(ctx context.Context, dir string) (program string, err error) {
	program = filepath.Join(dir, "tellbox")
	cmd := command(ctx, "go", "build", "-buildvcs=false", "-o", program, "tellbox/cmd/tellbox")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building tellbox: %w\n%s", err, out)
	}
	return program, nil
}

// command is a program that is asked to end when ctx does, and killed if it does not.
func command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	return cmd
}

// server is a process that serves on loopback.
type server struct {
	url  string
	stop func() // ends it, and returns when it has
	pid  int

	anonymous atomic.Int64 // the most of RssAnon seen, in bytes
}

// start starts a program that says where it listens once it does. It ends with parent, at the latest.
func start(parent context.Context, stderr io.Writer, program string, args ...string) (*server, error) {
	ctx, cancel := context.WithCancel(parent)
	cmd := command(ctx, program, args...)
	cmd.Stderr = stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	watched := make(chan struct{})
	s := &server{pid: cmd.Process.Pid}
	line, _ := bufio.NewReader(out).ReadString('\n')
	go func() {
		defer close(watched)
		s.watch(ctx)
	}()
	s.stop = func() {
		cancel()
		<-watched
		cmd.Wait()
	}
	var ok bool
	if s.url, ok = strings.CutPrefix(strings.TrimSpace(line), "listening "); !ok {
		s.stop()
		return nil, errors.Join(fmt.Errorf("starting %s %s: it does not listen", filepath.Base(program), args[0]), parent.Err())
	}
	return s, nil
}

// addr is where to connect to.
func (s *server) addr() string { return strings.TrimPrefix(s.url, "http://") }

// watch notes the most of what the process has of its own; the system notes the most of what it has altogether.
func (s *server) watch(ctx context.Context) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, anonymous, ok := s.resident(); ok && anonymous > s.anonymous.Load() {
			s.anonymous.Store(anonymous)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// resident is the process's memory in bytes: the most that was ever in use, files it has mapped included, and what is
// in use now without these. Systems without /proc do not say.
func (s *server) resident() (peak, anonymous int64, ok bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		return 0, 0, false
	}
	for line := range strings.SplitSeq(string(status), "\n") {
		name, rest, _ := strings.Cut(line, ":")
		n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
		if err != nil {
			continue
		}
		switch name {
		case "VmHWM":
			peak = n << 10
		case "RssAnon":
			anonymous = n << 10
		}
	}
	return peak, anonymous, peak > 0
}

// cpu is the processor time that the process has had, 0 if the system does not say. Other programs disturb it less than they do a rate.
func (s *server) cpu() time.Duration {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid))
	_, rest, _ := strings.Cut(string(stat), ") ") // the program's name comes before
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	if err != nil || err2 != nil {
		return 0
	}
	return time.Duration(user+system) * 10 * time.Millisecond // Linux counts for programs in hundredths of a second
}
