// Command load measures the figures that the design promises to hold. It sends reports, looks for replies and fetches mail, through
// the real `tellbox serve` and, in turn, through a bare handler in a process of its own, which does nothing but what cannot be left out:
// pad, seal and store with the same code, open a box's lines, read a mailbox. What the whole costs beyond that is the server's.
//
//	go run ./dropbox/web/load                        everything: about eight minutes, on an otherwise idle machine
//	go run ./dropbox/web/load -only send -connections 8
//	go run ./dropbox/web/load -runs 1 -for 300ms     whether it still works; its figures mean little
//	go run ./dropbox/web/load -files -runs 3         files of 500 MiB, one and four at once; what 10,000 that are stored cost. Takes 15 GB of disk
//
// Both have stores that began alike, the collector's limit that cmd/tellbox sets, and loopback TCP; the same client speaks to
// both, and it shares the processors with them, so figures are lower than a server's alone. A target that is not met is printed; only a
// failed request makes the exit status 1. Stores grow from run to run, as they would: a mailbox holds 100,000 envelopes,
// so runs of minutes end in failures. Everything is on throw-away data in the temporary folder, so it measures the disk under that.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// plan is what the flags ask for.
type plan struct {
	runs        int
	length      time.Duration // of a run
	connections []int
	only        string
	mail        int // envelopes in the mailbox that is fetched
	json        bool
	files       bool
	size        int64 // bytes of a file
	stored      int   // files in the box that is looked at
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == bareVerb {
		if err := bare(ctx, args[1:], stdout); err != nil {
			fmt.Fprintf(stderr, "bare handler: error: %v\n", err)
			return 1
		}
		return 0
	}
	p, err := parse(args, stderr)
	if err != nil {
		return 2
	}
	failed := 0
	if p.files {
		var f *fileFigures
		if f, err = measureFiles(ctx, p, stderr); err == nil {
			err = f.write(stdout, p.json)
		}
	} else {
		var f *figures
		if f, err = measure(ctx, p, stderr); err == nil {
			failed = f.failed()
			err = f.write(stdout, p.json)
		}
	}
	if ctx.Err() != nil {
		err = errors.New("stopped before the end")
	}
	if err != nil {
		fmt.Fprintf(stderr, "load: error: %v\n", err)
		return 1
	}
	return min(failed, 1)
}

func parse(args []string, stderr io.Writer) (*plan, error) {
	p := &plan{}
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&p.runs, "runs", 5, "runs of each side; the median counts")
	flags.DurationVar(&p.length, "for", 3*time.Second, "length of a run")
	connections := flags.String("connections", "", "`numbers` of connections, or of files at once (default 1,8,32, and 1,4 files)")
	flags.BoolVar(&p.files, "files", false, "measure files")
	size := flags.Int64("size", 500, "`MiB` of a file")
	flags.IntVar(&p.stored, "stored", 10_000, "files in the box that is looked at")
	flags.StringVar(&p.only, "only", "", "one load: send, check or sync")
	flags.IntVar(&p.mail, "mail", 1000, "envelopes in the mailbox that sync fetches")
	flags.BoolVar(&p.json, "json", false, "print JSON")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	p.size = *size << 20
	if *connections == "" {
		*connections = map[bool]string{false: "1,8,32", true: "1,4"}[p.files]
	}
	for text := range strings.SplitSeq(*connections, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1000 {
			fmt.Fprintf(stderr, "load: -connections takes numbers from 1 to 1000, like 1,8,32\n")
			return nil, errors.New("usage")
		}
		p.connections = append(p.connections, n)
	}
	known := slices.ContainsFunc(loads, func(l load) bool { return l.name == p.only })
	if p.runs < 1 || *size < 1 || p.stored < 1 || p.length <= 0 || p.mail < 1 || p.only != "" && !known || flags.NArg() > 0 {
		flags.Usage()
		return nil, errors.New("usage")
	}
	return p, nil
}

// measure builds the server and carries out the plan. Nothing of it is left when it returns.
func measure(ctx context.Context, p *plan, stderr io.Writer) (*figures, error) {
	debug.SetGCPercent(400) // the client's own garbage should cost the servers little
	dir, tellbox, err := workshop(ctx)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	f := newFigures(p)
	for _, l := range loads {
		if p.only != "" && l.name != p.only {
			continue
		}
		replies, reports := p.sizes(l.name)
		b, err := fill(ctx, filepath.Join(dir, l.name), replies, reports)
		if err != nil {
			return nil, fmt.Errorf("preparing %s: %w", l.name, err)
		}
		for _, n := range p.connections {
			fmt.Fprintf(stderr, "%s at %d connections …\n", l.name, n)
			t := &trial{plan: p, load: l, box: b, connections: n, stderr: stderr}
			figure, err := t.carryOut(ctx, tellbox, filepath.Join(dir, fmt.Sprintf("%s-%d", l.name, n)))
			if err != nil {
				return nil, fmt.Errorf("%s at %d connections: %w", l.name, n, err)
			}
			f.Trials = append(f.Trials, *figure)
		}
	}
	return f, nil
}

// workshop is a new folder with the built server in it. Whoever has it removes it.
func workshop(ctx context.Context) (dir, tellbox string, err error) {
	if dir, err = os.MkdirTemp("", "tellbox-load-"); err != nil {
		return "", "", err
	}
	if tellbox, err = build(ctx, dir); err != nil {
		os.RemoveAll(dir)
		return "", "", err
	}
	return dir, tellbox, nil
}

// sizes says what has to be in a box before a load begins.
func (p *plan) sizes(name string) (replies, reports int) {
	switch name {
	case "check":
		return 4 * slices.Max(p.connections), 0
	case "sync":
		return 0, p.mail
	}
	return 0, 0
}
