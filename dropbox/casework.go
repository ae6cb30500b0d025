package dropbox

import (
	"cmp"
	"slices"
)

// How a case stands, as an advocate says it. Investigator and panel: it is with them,
// which takes her consent; nothing here checks that yet.
const (
	Closed   = "closed"
	Answered = "answered" // what she should hear within three months has been said
)

// Statuses are all that an advocate can say.
var Statuses = []string{"received", "reading", Answered, "investigator", "panel", Closed}

// Casework is what the readers of a case have decided, and she: the fold of their frames. Frames may come in any order, and two readers may
// decide at the same time, so each has a turn: one more than any its sender had seen (a Lamport number). The greatest counts; of equals an
// open case counts more than a closed one, then the greater id. So all desks and she arrive at the same, and nothing is lost: each frame
// is still an entry. Who has left does not come back to that case. A reader who lies about turns can only have the last word, as he could by
// talking later.
type Casework struct {
	Turn      int        // the greatest
	Status    string     // "" until somebody says; "" again when she has reopened it
	By        string     // who said so
	Named     string     // who is named to her: of those who were and have not left, the last; "" if there is none
	Reopened  bool       // by her, since it was closed
	FirstFull string     // the day it was first called answered, or closed if she has not reopened it since: "" until then
	Joined    []Addition // in the order of turns
	Left      []string   // ids
}

// Addition is a reader who was added, and by whom.
type Addition struct {
	ID, By, Day string
}

// Decided folds frames, all of one case and believed, each once.
func Decided(frames []*Frame) (c Casework) {
	var steps []*Frame
	for _, f := range frames {
		if f.Turn > 0 {
			steps = append(steps, f)
		}
	}
	slices.SortStableFunc(steps, func(a, b *Frame) int {
		return cmp.Or(a.Turn-b.Turn, opens(a)-opens(b), cmp.Compare(a.From, b.From), a.Count-b.Count)
	})
	left := map[string]int{} // by sender: the count of the frame by which he left
	for _, f := range steps {
		if f.Left && (left[f.From] == 0 || f.Count < left[f.From]) {
			left[f.From] = f.Count
		}
	}
	named := []string{}
	for _, f := range steps {
		c.Turn = f.Turn
		if f.Kind == Status && left[f.From] > 0 && f.Count > left[f.From] { // who has stepped aside decides nothing
			continue
		}
		if f.Named != "" {
			named = append(named, f.Named)
		}
		switch f.Kind {
		case Status:
			c.status(f)
		case Added:
			if !slices.ContainsFunc(c.Joined, func(a Addition) bool { return a.ID == f.Added }) {
				c.Joined = append(c.Joined, Addition{f.Added, f.From, f.Day})
			}
		case Message, Wish:
			if c.Status == Closed {
				c.Status, c.By, c.Reopened = "", "", true
				if !slices.ContainsFunc(steps, func(g *Frame) bool { return g.Status == Answered && g.Turn <= f.Turn }) { // it was not the answer, then
					c.FirstFull = ""
				}
			}
		}
	}
	for _, id := range named { // two may hand over at the same time, and one of them to who leaves: then who was named before
		if !slices.Contains(c.Left, id) {
			c.Named = id
		}
	}
	return c
}

func (c *Casework) status(f *Frame) {
	if f.Status != "" {
		c.Status, c.By, c.Reopened = f.Status, f.From, false
	}
	if c.FirstFull == "" && (f.Status == Answered || f.Status == Closed) {
		c.FirstFull = f.Day
	}
	if f.Left && !slices.Contains(c.Left, f.From) {
		c.Left = append(c.Left, f.From)
	}
}

// opens says whether a step at the same turn as another is the later one: whoever did not know of the other's must not close what he did not see.
func opens(f *Frame) int {
	if f.Kind == Status && f.Status == Closed {
		return 0
	}
	return 1
}

// Team are the readers of now: those she chose and those who were added, without who left and whom she struck off.
func (c *Casework) Team(hers, struckOff []string) []string {
	team := slices.Clone(hers)
	for _, a := range c.Joined {
		if !slices.Contains(team, a.ID) {
			team = append(team, a.ID)
		}
	}
	return slices.DeleteFunc(team, func(id string) bool { return slices.Contains(c.Left, id) || slices.Contains(struckOff, id) })
}

// Next is the turn of the next step.
func (c *Casework) Next() int { return min(c.Turn+1, maxCount) }

// Acknowledges says whether a frame is a reader's own words to her, which is what the first clock waits for: a status or a file alone is not,
// nor what is said on handing over.
func (f *Frame) Acknowledges() bool {
	return (f.Kind == Reply || f.Kind == Status && !f.Left) && f.Text != ""
}

// Pass makes of a frame what can be passed on to somebody who is added: all that it says, and none of its keys. What readers wrote to one
// another stays with those to whom it was written; that there was something is passed on, so that nothing seems to be missing.
func Pass(f *Frame) Passed {
	g := *f
	if g.Kind == Note {
		g.To, g.Text = FromReporter, ""
	}
	g.Key, g.Consent, g.Grant, g.Recipient, g.Passed = Hex32{}, Hex32{}, "", "", nil
	if g.Kind == Added {
		g.Roster, g.Readers, g.StruckOff = 0, nil, nil
	}
	return Passed{g.Kind, g}
}
