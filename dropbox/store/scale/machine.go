package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// machine says what it ran on.
func machine() string {
	model := "unknown processor"
	for name, value := range fields("/proc/cpuinfo", ":") {
		if name == "model name" {
			model = value
		}
	}
	var system unix.Sysinfo_t
	unix.Sysinfo(&system)
	var name unix.Utsname
	unix.Uname(&name)
	release, _, _ := strings.Cut(unix.ByteSliceToString(name.Release[:]), "-")
	return fmt.Sprintf("%s: %d × %s, %d GB of memory, Linux %s, %s.\n", time.Now().UTC().Format(time.DateOnly),
		runtime.NumCPU(), model, uint64(system.Totalram)*uint64(system.Unit)/1e9, release, runtime.Version())
}

// fields are the lines of a file that name something before that separator. What cannot be read names nothing.
func fields(path, separator string) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		text, _ := os.ReadFile(path)
		for line := range bytes.Lines(text) {
			name, value, ok := strings.Cut(string(line), separator)
			if ok && !yield(strings.TrimSpace(name), strings.TrimSpace(value)) {
				return
			}
		}
	}
}

// memory is of one process, in bytes.
type memory struct {
	RSS      int64 // VmRSS: all that is in memory, mapped files too
	Anon     int64 // RssAnon: of it, what the system cannot drop
	Peak     int64 // VmHWM: the most that RSS ever was
	PeakAnon int64 // the most that Anon was when it was looked at
}

func (m memory) now() string  { return megabytes(m.RSS) + " (" + megabytes(m.Anon) + ")" }
func (m memory) most() string { return megabytes(m.Peak) + " (" + megabytes(m.PeakAnon) + ")" }

func memoryNow() (m memory) {
	for name, value := range fields("/proc/self/status", ":") {
		kib, _ := strconv.ParseInt(strings.TrimSuffix(value, " kB"), 10, 64)
		switch name {
		case "VmRSS":
			m.RSS = kib << 10
		case "RssAnon":
			m.Anon = kib << 10
		case "VmHWM":
			m.Peak = kib << 10
		}
	}
	return m
}

// watch looks at the memory of this process now and then, as the system does not keep the most that was anonymous.
type watch struct {
	end  chan struct{}
	most chan int64
}

func watchMemory() watch {
	w := watch{make(chan struct{}), make(chan int64)}
	go func() {
		most := int64(0)
		for clock := time.NewTicker(20 * time.Millisecond); ; {
			most = max(most, memoryNow().Anon)
			select {
			case <-clock.C:
			case <-w.end:
				w.most <- most
				return
			}
		}
	}()
	return w
}

func (w watch) stop() memory {
	m := memoryNow()
	close(w.end)
	m.PeakAnon = max(m.Anon, <-w.most)
	return m
}

// labour is how long the processors were busy: all of them, and those for this process and the ones it started.
type labour struct {
	at        time.Time
	all, ours time.Duration
}

func labourNow() labour {
	l := labour{at: time.Now()}
	for name, value := range fields("/proc/stat", " ") {
		if name != "cpu" {
			continue
		}
		for i, text := range strings.Fields(value) { // user nice system idle iowait irq softirq steal, in hundredths of a second
			if n, _ := strconv.ParseInt(text, 10, 64); i < 8 && i != 3 && i != 4 {
				l.all += time.Duration(n) * 10 * time.Millisecond
			}
		}
	}
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var used unix.Rusage
		unix.Getrusage(who, &used)
		l.ours += time.Duration(used.Utime.Nano() + used.Stime.Nano())
	}
	return l
}

// others is which part of the machine was busy with something else since then. What the kernel does by itself counts, though some of that is
// writing what we wrote.
func (l labour) others() string {
	now := labourNow()
	busy := (now.all - l.all) - (now.ours - l.ours)
	return figures(100*busy.Seconds()/now.at.Sub(l.at).Seconds()/float64(runtime.NumCPU())) + " %"
}
