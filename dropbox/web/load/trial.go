package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// trial is one load at one number of connections.
type trial struct {
	*plan
	load        load
	box         *box
	connections int
	stderr      io.Writer
}

// carryOut starts both servers on copies of the box, and measures all sides in turn.
func (t *trial) carryOut(ctx context.Context, tellbox, dir string) (*figure, error) {
	defer os.RemoveAll(dir)
	whole, bare, err := t.serveBoth(ctx, tellbox, dir)
	if err != nil {
		return nil, err
	}
	defer whole.stop()
	defer bare.stop()
	f := &figure{Load: t.load.name, Connections: t.connections}
	if rest, _, ok := whole.resident(); ok {
		f.Memory = &memory{Rest: rest}
	}
	sides, err := t.load.sides(t.box, whole, bare)
	if err != nil {
		return nil, err
	}
	bursts, err := t.inTurn(ctx, sides, f)
	if err != nil {
		return nil, err
	}
	f.Whole, f.Bare = rateOf(bursts[0]), rateOf(bursts[1])
	f.WholeCPU, f.BareCPU = cpuOf(bursts[0]), cpuOf(bursts[1])
	if f.Bare.Median > 0 {
		f.Ratio = f.Whole.Median / f.Bare.Median
	}
	if len(bursts) > 2 {
		s := rateOf(bursts[2])
		f.WithForm = &s
	}
	if peak, _, ok := whole.resident(); ok {
		f.Memory.Peak, f.Memory.Anonymous = peak, whole.anonymous.Load()
	}
	return f, nil
}

// serveBoth starts the whole server and the bare handler on copies of the box.
func (t *trial) serveBoth(ctx context.Context, tellbox, dir string) (whole, bare *server, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	whole, err = t.serve(ctx, filepath.Join(dir, "whole"), tellbox, "serve", "-listen", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	bare, err = t.serve(ctx, filepath.Join(dir, "bare"), self, bareVerb)
	if err != nil {
		whole.stop()
		return nil, nil, err
	}
	return whole, bare, nil
}

// serve starts a server on a copy of the box.
func (t *trial) serve(ctx context.Context, dir, program string, args ...string) (*server, error) {
	data, err := t.box.copyTo(dir)
	if err != nil {
		return nil, err
	}
	return start(ctx, t.stderr, program, append(args, "-data", data)...)
}

// inTurn measures the sides, one run of each after the other, after a warm-up which also tells how much a run needs.
func (t *trial) inTurn(ctx context.Context, sides []side, f *figure) ([][]*burst, error) {
	warm := min(t.length, time.Second/2)
	bursts, fastest := make([][]*burst, len(sides)), make([]float64, len(sides))
	for i := range sides {
		fastest[i] = 1000
	}
	for run := range t.runs + 1 {
		length := t.length
		if run == 0 {
			length = warm
		}
		for i, s := range sides {
			need := int(fastest[i]*length.Seconds()*1.25) + 4*t.connections
			supply, err := s.prepare(ctx, need)
			if err != nil {
				return nil, err
			}
			b, err := fire(ctx, s, supply, t.connections, length)
			if err != nil {
				return nil, err
			}
			if b.fault != nil {
				fmt.Fprintf(t.stderr, "load: %d requests failed, the first: %v\n", b.failed, b.fault)
			}
			f.Failed += b.failed
			if run == 0 {
				fastest[i] = b.rate
				continue
			}
			bursts[i], fastest[i] = append(bursts[i], b), max(fastest[i], b.rate)
		}
	}
	return bursts, nil
}
