// Command scale measures what a store costs as it grows: a report, a check, an advocate's sync, taking back, purging, counting,
// starting, memory and disk, at several numbers of stored reports. It prints a Markdown table; README.md holds one.
//
//	go run ./dropbox/store/scale [-reports 1000,10000,100000] [-dir folder]
//
// What it stores is random bytes of the right shape, so nothing is sealed or opened here: these are the costs of the store alone.
// Every answer of the store is held to what was put in, and a wrong one ends the run. The data, about 75 KB a report and
// 1.2 GB besides, lies in a new folder in -dir, by default the system's for temporary files, and is removed at the end.
//
// Each kind of load runs in a process of its own (this program again), under the server's memory limit, so that starting is really
// starting, and memory is that of the store and of one load: a load keeps a few buffers and a list of durations besides.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, out, progress io.Writer) int {
	if len(args) == 2 && args[0] == childVerb {
		if err := child(ctx, args[1], out); err != nil {
			fmt.Fprintf(progress, "scale: error: %v\n", err)
			return 1
		}
		return 0
	}
	flags := flag.NewFlagSet("scale", flag.ContinueOnError)
	flags.SetOutput(progress)
	list := flags.String("reports", "1000,10000,100000", "how many stored reports to measure at: `numbers`, at least 20")
	dir := flags.String("dir", "", "make the data in a new folder in this `folder`")
	if flags.Parse(args) != nil {
		return 2
	}
	if flags.NArg() > 0 {
		flags.Usage()
		return 2
	}
	sizes, err := parseSizes(*list)
	if err != nil {
		fmt.Fprintf(progress, "scale: error: %v\n", err)
		return 2
	}
	costs, room := table{title: "cost"}, table{title: "memory and disk"}
	for _, n := range sizes {
		b, err := measure(ctx, *dir, n, progress)
		if err != nil {
			fmt.Fprintf(progress, "scale: error: at %d reports: %v\n", n, err)
			return 1
		}
		costs.add(thousands(n), b.rows)
		room.add(thousands(n), b.sizes)
	}
	fmt.Fprintf(out, "%s\n%s\n%s", machine(), costs, room)
	return 0
}

func parseSizes(list string) (sizes []int, err error) {
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 20 {
			return nil, fmt.Errorf("-reports: %q is not a number of at least 20", text)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}

// measure makes one store, loads it in every way, and removes it.
func measure(ctx context.Context, parent string, n int, progress io.Writer) (b *bench, err error) {
	dir, err := os.MkdirTemp(parent, "tellbox-scale-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	before := labourNow()
	b = &bench{task: task{Dir: dir, Reports: n}, progress: progress}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"filling", b.fill},
		{"starting", b.starts},
		{"reports, checks, syncs", b.loads},
		{"starting after a crash", b.crashes},
		{"taking back, purging", b.purges},
		{"many writers", b.writers},
		{"the end of everything", b.ends},
	} {
		fmt.Fprintf(progress, "%s reports: %s\n", thousands(n), step.name)
		if err := step.do(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", step.name, err)
		}
	}
	b.row("processors: busy with other work meanwhile", before.others())
	return b, nil
}
