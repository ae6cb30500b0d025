package desk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tellbox/dropbox"
)

// What is junk is kept apart from the cases, and removed in bulk:
//
//	unreadable   mail that does not open, or that nobody vouches for
//	duplicates   further reports for a case that is here: only the first is believed
//	floods       of five or more reports that say exactly the same in a sentence or more, all but the oldest, as long as there is nothing else
//	             in them
//	aside        cases that she put aside herself: a flood of random text, say
//
// A report that is lost is a person not heard. So nothing is taken for junk on weaker grounds than these, nothing is deleted by itself, each
// heap is counted in the inbox, and all of it can be read and taken back. What comes to a case afterwards brings it to light again.

// smallestFlood is how many reports that say the same are a flood, and leastSaid how many code points each has to say: five people can all write
// "Please call me".
const (
	smallestFlood = 5
	leastSaid     = 60
)

// The heaps that RemoveJunk knows.
const (
	Unreadable = "unreadable"
	Duplicates = "duplicates"
	Floods     = "floods"
	Aside      = "aside"
)

// Heaps are all of them.
var Heaps = []string{Unreadable, Duplicates, Floods, Aside}

// Junk counts what the inbox does not list.
type Junk struct {
	Unreadable int     `json:"unreadable"` // pieces of mail
	Duplicates int     `json:"duplicates"` // reports
	Aside      int     `json:"aside"`      // cases
	Floods     []Flood `json:"floods"`
}

// Flood is one of several reports that say the same: the oldest stays a case.
type Flood struct {
	Case    string   `json:"case"`
	Reports int      `json:"reports"` // the others, which are kept apart
	Weeks   []string `json:"weeks"`   // in which those were sent
}

// wording is all that a report says: frames are clean, and prompts can be told apart by their lengths. Files count by what is in them: two reports
// that say "see there" of different pictures are not the same.
type wording struct{ text, rest string }

func wordingOf(f *dropbox.Frame) wording {
	rest := []string{f.Wish, f.About}
	for _, p := range f.Prompt {
		text := strings.TrimSpace(p.Text)
		rest = append(rest, p.ID, strconv.Itoa(len(text)), text)
	}
	for _, file := range f.Files {
		rest = append(rest, file.SHA256.String())
	}
	return wording{strings.TrimSpace(f.Text), strings.Join(rest, "\n")}
}

// sift finds what is junk among the cases of f, which are in order, and marks it.
func (d *Desk) sift(f *folded) {
	d.siftAside(f)
	same := map[wording][]*casefile{}
	var floods []wording
	for _, c := range f.cases {
		if c.withdrawn || c.report.Length() < leastSaid { // one that she stepped aside from still counts, or the rest would come up as cases
			continue
		}
		key := wordingOf(c.report)
		same[key] = append(same[key], c)
		if len(same[key]) == smallestFlood {
			floods = append(floods, key)
		}
	}
	for _, key := range floods {
		d.siftFlood(f, same[key])
	}
}

// siftFlood keeps apart all but the oldest of a group, and all in which there is anything but the report.
func (d *Desk) siftFlood(f *folded, group []*casefile) {
	touched := map[string]bool{}
	for _, mark := range slices.Concat(d.marksIn(notes), d.marksIn(drafts), d.marksIn("pending")) {
		touched[mark] = true
	}
	flood := Flood{Case: group[0].id, Weeks: []string{}}
	for _, c := range group[1:] {
		more := len(c.entries) > 1 || c.left
		if !more && (len(touched) > 0 || len(d.decided.Kept) > 0) {
			mark := d.mark(c.id)
			more = touched[mark] || d.decided.Kept[mark]
		}
		if more || c.junk != "" { // or she has put it aside
			continue
		}
		c.junk = Floods
		flood.Reports++
		if week := c.week(); !slices.Contains(flood.Weeks, week) {
			flood.Weeks = append(flood.Weeks, week)
		}
	}
	if flood.Reports == 0 {
		return
	}
	f.floods = append(f.floods, flood)
	group[0].flood = flood
	group[0].remarks = append(group[0].remarks, fmt.Sprintf("%s exactly the same as this one, and %s kept apart: advocate junk -list.",
		counted(flood.Reports, "1 other report says", "other reports say"), isOrAre(flood.Reports)))
}

func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func (c *casefile) week() string {
	sent, _ := time.Parse(time.DateOnly, c.report.Day) // frames are checked when they are opened
	return dropbox.Week(sent)
}

// junk counts what is kept apart.
func (f *folded) junk() Junk {
	j := Junk{Unreadable: len(f.unreadable), Floods: append([]Flood{}, f.floods...)}
	for _, c := range f.cases {
		j.Duplicates += len(c.seconds)
		if c.junk == Aside {
			j.Aside++
		}
	}
	return j
}

// listed are the cases without junk.
func (f *folded) listed() []*casefile {
	return slices.DeleteFunc(slices.Clone(f.cases), func(c *casefile) bool { return c.junk != "" })
}

// leftOut says that junk was left out of something, or nothing.
func (f *folded) leftOut(what string) []string {
	n := 0
	for _, c := range f.cases {
		if c.junk != "" {
			n++
		}
	}
	if n == 0 {
		return []string{}
	}
	return []string{fmt.Sprintf("%s kept apart as junk, and %s: advocate junk -list.", counted(n, "1 report is", "reports are"), what)}
}

// Apart is one thing that is kept apart. Begins is its sender's words.
type Apart struct {
	ID     string `json:"id"` // of its case, which Read shows; of a duplicate, that of the case whose report it would be
	Week   string `json:"week"`
	Begins string `json:"begins"`
}

// JunkList is all that is kept apart. Mail that does not open is only counted.
type JunkList struct {
	Unreadable int         `json:"unreadable"`
	Duplicates []Apart     `json:"duplicates"`
	Aside      []Apart     `json:"aside"`
	Floods     []FloodList `json:"floods"`
	Notices    []string    `json:"notices"`
}

// FloodList is a Flood, report by report.
type FloodList struct {
	Flood
	Apart []Apart `json:"apart"`
}

// beginning is how many characters are shown of something that is kept apart.
const beginning = 60

func apart(id string, f *dropbox.Frame) Apart {
	sent, _ := time.Parse(time.DateOnly, f.Day)
	line := []rune(strings.Join(strings.Fields(f.Text), " "))
	if len(line) > beginning {
		line = append(line[:beginning:beginning], '…')
	}
	return Apart{id, dropbox.Week(sent), string(line)}
}

// Junk lists what is kept apart on this disk; it asks no server, and marks nothing as read.
func (d *Desk) Junk() (JunkList, error) {
	list := JunkList{Duplicates: []Apart{}, Aside: []Apart{}, Floods: []FloodList{}, Notices: []string{}}
	if !d.Joined() {
		return list, ErrNotJoined
	}
	f := d.fold()
	list.Unreadable = len(f.unreadable)
	of := map[wording]int{}
	for _, c := range f.cases {
		if c.flood.Reports > 0 {
			of[wordingOf(c.report)] = len(list.Floods)
			list.Floods = append(list.Floods, FloodList{c.flood, []Apart{}})
		}
	}
	for _, c := range f.cases {
		for _, it := range c.seconds {
			if r, err := it.opened.AsReport(d.roster.Box, d.me.ID); err == nil {
				list.Duplicates = append(list.Duplicates, apart(c.id, r))
			}
		}
		switch c.junk {
		case Aside:
			list.Aside = append(list.Aside, apart(c.id, c.report))
		case Floods:
			i := of[wordingOf(c.report)]
			list.Floods[i].Apart = append(list.Floods[i].Apart, apart(c.id, c.report))
		}
	}
	return list, nil
}
