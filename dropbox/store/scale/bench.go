package main

import (
	"context"
	"time"
)

// How often the steps that need a new process are repeated.
const (
	warmStarts = 5
	coldStarts = 3
	crashes    = 3
)

// bench is the measuring of one store: it starts a process for each step, and collects the rows.
type bench struct {
	task
	progress interface{ Write([]byte) (int, error) }
	rows     []row // what things cost
	sizes    []row // memory and disk
}

func (b *bench) row(name, cell string)  { b.rows = append(b.rows, row{name, cell}) }
func (b *bench) size(name, cell string) { b.sizes = append(b.sizes, row{name, cell}) }

// step has another process do a task, and takes over its rows.
func (b *bench) step(ctx context.Context, do string) (answer, error) {
	b.Do = do
	a, err := b.task.start(ctx, b.progress)
	b.rows = append(b.rows, a.Rows...)
	b.First = a.Next
	return a, err
}

func (b *bench) fill(ctx context.Context) error {
	a, err := b.step(ctx, "fill")
	if err != nil {
		return err
	}
	b.size("memory: most while filling (anonymous)", a.Memory.most())
	return b.disk("disk: after filling")
}

// starts opens the store with its files in memory, as after a restart of the server, and without, as after one of the machine.
func (b *bench) starts(ctx context.Context) error {
	var warm, cold, checks []time.Duration
	var m memory
	for range warmStarts {
		a, err := b.step(ctx, "start")
		if err != nil {
			return err
		}
		warm, m = append(warm, a.Start), a.Memory
	}
	for range coldStarts {
		if err := evict(b.Dir); err != nil {
			return err
		}
		a, err := b.step(ctx, "start")
		if err != nil {
			return err
		}
		cold, checks = append(cold, a.Start), append(checks, a.Checks...)
	}
	b.row("start: open, and a first check", extremes(warm))
	b.row("… its files not in memory", extremes(cold))
	b.row("check, files not in memory", spread(checks))
	b.size("memory: after start (anonymous)", m.now())
	return nil
}

func (b *bench) loads(ctx context.Context) error {
	a, err := b.step(ctx, "loads")
	if err != nil {
		return err
	}
	b.size("memory: after reports, checks, syncs (anonymous)", a.Memory.now())
	b.size("… most during them (anonymous)", a.Memory.most())
	return nil
}

// crashes kills a process that is storing reports, and opens what it left.
func (b *bench) crashes(ctx context.Context) error {
	var took []time.Duration
	for range crashes {
		b.Do = "crash"
		if err := b.crash(ctx, b.progress); err != nil {
			return err
		}
		b.First += 1_000_000 // nobody knows how far it came
		a, err := b.step(ctx, "start")
		if err != nil {
			return err
		}
		took = append(took, a.Start)
	}
	b.row("start, after kill -9 amid reports", extremes(took))
	return nil
}

func (b *bench) purges(ctx context.Context) error {
	a, err := b.step(ctx, "purges")
	if err != nil {
		return err
	}
	b.size("memory: after taking back and purging (anonymous)", a.Memory.now())
	b.size("… most during them (anonymous)", a.Memory.most())
	return nil
}

func (b *bench) writers(ctx context.Context) error {
	a, err := b.step(ctx, "writers")
	if err != nil {
		return err
	}
	b.size("memory: after 8 callers, with purges (anonymous)", a.Memory.now())
	b.size("… most during them (anonymous)", a.Memory.most())
	return b.disk("disk: after all loads")
}

func (b *bench) ends(ctx context.Context) error {
	a, err := b.step(ctx, "ends")
	if err != nil {
		return err
	}
	b.size("memory: most while everything ends (anonymous)", a.Memory.most())
	return b.disk("disk: after everything ended")
}

func (b *bench) disk(name string) error {
	total, badger, err := diskUse(b.Dir)
	b.size(name+" (of it badger)", megabytes(total)+" ("+megabytes(badger)+")")
	return err
}
