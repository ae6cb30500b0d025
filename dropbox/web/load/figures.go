package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
)

// The targets, from the design.
const (
	targetRatio       = 0.80 // of the bare handler's rate, for sending
	targetChecks      = 1000 // a second
	targetConnections = 32   // for these
	targetMemory      = 150e6
)

// figures are all that was measured.
type figures struct {
	CPUs    int      `json:"cpus"`
	CPU     string   `json:"cpu"` // what the system calls it; "" if it does not say
	Go      string   `json:"go"`
	Runs    int      `json:"runs"`
	Seconds float64  `json:"seconds"` // of a run
	Noise   float64  `json:"noise"`   // the largest spread of runs of the same, as a part of their median
	Trials  []figure `json:"trials"`
	Targets []target `json:"targets"`
}

// figure is what one trial gave.
type figure struct {
	Load        string  `json:"load"`
	Connections int     `json:"connections"`
	Whole       spread  `json:"whole"` // requests a second
	Bare        spread  `json:"bare"`
	Ratio       float64 `json:"ratio"`     // of the medians
	WholeCPU    float64 `json:"whole_cpu"` // milliseconds of processor time a request, in the server; 0 if not known
	BareCPU     float64 `json:"bare_cpu"`
	WithForm    *spread `json:"with_form,omitempty"` // sending: with the blank form fetched in the same time
	Failed      int     `json:"failed"`              // of all sides, warm-up included
	Memory      *memory `json:"memory"`              // of the whole server; null if not known
}

// spread is the middle of some runs, and the least and the most.
type spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// memory is in bytes.
type memory struct {
	Rest      int64 `json:"rest"`      // resident before the load
	Peak      int64 `json:"peak"`      // the most that was resident, files it has mapped included
	Anonymous int64 `json:"anonymous"` // the most of its own that was seen, looked at every 50 ms
}

// target is one promise, and what became of it.
type target struct {
	What string `json:"what"`
	Got  string `json:"got"`
	Met  bool   `json:"met"`
}

func newFigures(p *plan) *figures {
	return &figures{CPUs: runtime.NumCPU(), CPU: processor(), Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH, Runs: p.runs,
		Seconds: p.length.Seconds(), Trials: []figure{}, Targets: []target{}}
}

func processor() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	return strings.TrimLeft(between(info, "model name", "\n"), "\t: ")
}

func rateOf(bursts []*burst) spread {
	return spreadOf(bursts, func(b *burst) float64 { return b.rate })
}

func cpuOf(bursts []*burst) float64 {
	return 1000 * spreadOf(bursts, func(b *burst) float64 { return b.cpu }).Median
}

func spreadOf(bursts []*burst, of func(*burst) float64) spread {
	var sorted []float64
	for _, b := range bursts {
		sorted = append(sorted, of(b))
	}
	slices.Sort(sorted)
	n := len(sorted)
	return spread{(sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[0], sorted[n-1]}
}

// noise is how far apart its runs are, as a part of their median.
func (s spread) noise() float64 {
	if s.Median == 0 {
		return 0
	}
	return (s.Max - s.Min) / s.Median
}

func (s spread) String() string { return fmt.Sprintf("%.0f (%.0f..%.0f)", s.Median, s.Min, s.Max) }

func (f *figures) failed() (n int) {
	for _, t := range f.Trials {
		n += t.Failed
	}
	return n
}

// judge compares with the targets.
func (f *figures) judge() {
	var checks float64
	var most int64
	for _, t := range f.Trials {
		f.Noise = max(f.Noise, t.Whole.noise(), t.Bare.noise())
		if t.Load == "send" {
			f.Targets = append(f.Targets, target{fmt.Sprintf("sending at %d connections: at least %.0f %% of the bare handler", t.Connections, 100*targetRatio),
				fmt.Sprintf("%.0f %%", 100*t.Ratio), t.Ratio >= targetRatio})
		}
		if t.Load == "check" && t.Connections == targetConnections {
			checks = t.Whole.Median
		}
		if t.Memory != nil {
			most = max(most, t.Memory.Peak)
		}
	}
	if checks > 0 {
		f.Targets = append(f.Targets, target{fmt.Sprintf("checking at %d connections: over %d/s", targetConnections, targetChecks), fmt.Sprintf("%.0f/s", checks), checks > targetChecks})
	}
	if most > 0 {
		f.Targets = append(f.Targets, target{"resident memory under 150 MB", megabytes(most) + " MB", most < targetMemory})
	}
	f.Targets = append(f.Targets, target{"no failed request", fmt.Sprint(f.failed()), f.failed() == 0})
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.0f", float64(bytes)/1e6) }

func (f *figures) write(w io.Writer, asJSON bool) error {
	f.judge()
	if asJSON {
		return json.NewEncoder(w).Encode(f)
	}
	name, noise := "", fmt.Sprintf("runs of the same differ by up to %.0f %%", 100*f.Noise)
	if f.CPU != "" {
		name = " (" + f.CPU + ")"
	}
	if f.Runs == 1 {
		noise = "not known from one run"
	}
	fmt.Fprintf(w, "%d CPUs%s, %s. Medians of %d runs of %g s, whole and bare in turn. Noise: %s.\n\n", f.CPUs, name, f.Go, f.Runs, f.Seconds, noise)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "load\tconnections\twhole/s (min..max)\tbare/s (min..max)\twhole/bare\tCPU ms, whole and bare\tform+send/s\tfailed\tMB at rest\tpeak\tits own")
	for _, r := range f.Trials {
		fmt.Fprintf(t, "%s\t%d\t%v\t%v\t%.0f %%\t%s\n", r.Load, r.Connections, r.Whole, r.Bare, 100*r.Ratio, strings.Join(r.rest(), "\t"))
	}
	f.writeTargets(t)
	return t.Flush()
}

// writeTargets writes what became of the promises, after an empty line.
func (f *figures) writeTargets(w io.Writer) {
	fmt.Fprintln(w)
	for _, g := range f.Targets {
		verdict := "met"
		if !g.Met {
			verdict = "NOT MET"
		}
		fmt.Fprintf(w, "%s:\t%s\t%s\n", g.What, g.Got, verdict)
	}
}

// rest is what stands in the table's later columns.
func (r *figure) rest() []string {
	cpu, form, memory := "not known", "", []string{"not known", "", ""}
	if r.WholeCPU > 0 {
		cpu = fmt.Sprintf("%.2f %.2f", r.WholeCPU, r.BareCPU)
	}
	if r.WithForm != nil {
		form = r.WithForm.String()
	}
	if m := r.Memory; m != nil {
		memory = []string{megabytes(m.Rest), megabytes(m.Peak), megabytes(m.Anonymous)}
	}
	return append([]string{cpu, form, fmt.Sprint(r.Failed)}, memory...)
}
