package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// row is one figure of one store.
type row struct{ Name, Cell string }

func (a *answer) row(name, cell string) { a.Rows = append(a.Rows, row{name, cell}) }

// table has a column for each store, and a line for each name, in the order they came.
type table struct {
	title        string
	heads, names []string
	cells        map[string]string // by name and head
}

func (t *table) add(head string, rows []row) {
	if t.cells == nil {
		t.cells = map[string]string{}
	}
	t.heads = append(t.heads, head)
	last := ""
	for _, r := range rows {
		name := r.Name
		if strings.HasPrefix(name, "…") { // it belongs to the one above, and there are several of it
			name = last + "\x00" + name
		} else {
			last = name
		}
		if !slices.Contains(t.names, name) {
			t.names = append(t.names, name)
		}
		t.cells[name+"\x00"+head] = r.Cell
	}
}

func (t table) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s, by stored reports | %s |\n|---|%s\n", t.title, strings.Join(t.heads, " | "), strings.Repeat("--:|", len(t.heads)))
	for _, name := range t.names {
		b.WriteString("| " + name[strings.LastIndex(name, "\x00")+1:])
		for _, head := range t.heads {
			b.WriteString(" | " + t.cells[name+"\x00"+head])
		}
		b.WriteString(" |\n")
	}
	return b.String()
}

// spread is the median, with the 10th and the 90th percentile.
func spread(took []time.Duration) string { return between(took, 0.1, 0.9) }

// extremes is the median with the least and the most, of few.
func extremes(took []time.Duration) string { return between(took, 0, 1) }

func between(took []time.Duration, low, high float64) string {
	if len(took) == 0 {
		return "none"
	}
	slices.Sort(took)
	at := func(p float64) time.Duration { return took[int(p*float64(len(took)-1)+0.5)] }
	name, size := unit(at(0.5))
	return fmt.Sprintf("%s %s (%s–%s)", figures(float64(at(0.5))/size), name, figures(float64(at(low))/size), figures(float64(at(high))/size))
}

// around is the median of a few rates with the least and the most.
func around(rates []float64) string {
	slices.Sort(rates)
	return fmt.Sprintf("%s (%s–%s)", figures(rates[len(rates)/2]), figures(rates[0]), figures(rates[len(rates)-1]))
}

func rate(n int, took time.Duration) string { return figures(float64(n) / took.Seconds()) }

// short is d with two or three figures.
func short(d time.Duration) string {
	name, size := unit(d)
	return figures(float64(d)/size) + " " + name
}

func unit(d time.Duration) (name string, size float64) {
	switch {
	case d >= time.Second:
		return "s", float64(time.Second)
	case d >= time.Millisecond:
		return "ms", float64(time.Millisecond)
	}
	return "µs", float64(time.Microsecond)
}

func figures(f float64) string {
	if f >= 10 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return strconv.FormatFloat(f, 'f', 1, 64)
}

func megabytes(n int64) string { return figures(float64(n)/1e6) + " MB" }

// thousands is n with commas.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
