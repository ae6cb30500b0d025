package desk

import (
	"fmt"
	"slices"
)

// junkFile holds what she decided, sealed to herself as notes are. Cases stand in it by their marks.
const junkFile = "junk.age"

type decided struct {
	Aside map[string][]string `json:"aside"` // with the hashes of what the case had then: anything else brings it to light
	Kept  map[string]bool     `json:"kept"`  // no junk, whatever it looks like
}

// loadJunk reads what she decided. If that is damaged everything is a case again, for this is the side to err on.
func (d *Desk) loadJunk() (notices []string) {
	d.decided = decided{map[string][]string{}, map[string]bool{}}
	err := d.openSealed(junkFile, &d.decided)
	if err != nil {
		notices = append(notices, fmt.Sprintf("What you had put aside as junk is shown as cases again: %v.", err))
	}
	if err != nil || d.decided.Aside == nil || d.decided.Kept == nil {
		d.decided = decided{map[string][]string{}, map[string]bool{}}
	}
	return notices
}

// siftAside marks the cases that she put aside, unless something has come to them since.
func (d *Desk) siftAside(f *folded) {
	if len(d.decided.Aside) == 0 {
		return
	}
	for _, c := range f.cases {
		then, ok := d.decided.Aside[d.mark(c.id)]
		if !ok {
			continue
		}
		if slices.ContainsFunc(c.items, func(it *item) bool { return !slices.Contains(then, it.hash) && !slices.Contains(c.seconds, it) }) {
			c.remarks = append(c.remarks, "You had put this case aside as junk. Something has come to it since, so it is shown again.")
			continue
		}
		c.junk = Aside
	}
}

// SetAside puts cases aside as junk, all of them or none, on this desk alone. Errors: those of Read.
func (d *Desk) SetAside(ids []string) (JunkList, error) {
	return d.decide(ids, func(mark string, c *casefile) {
		delete(d.decided.Kept, mark)
		d.decided.Aside[mark] = []string{}
		for _, it := range c.items {
			d.decided.Aside[mark] = append(d.decided.Aside[mark], it.hash)
		}
	})
}

// Keep makes cases again of what was put aside, or looked like a flood, and lets nothing take them for junk from then on. Errors: those of Read.
func (d *Desk) Keep(ids []string) (JunkList, error) {
	return d.decide(ids, func(mark string, _ *casefile) {
		delete(d.decided.Aside, mark)
		d.decided.Kept[mark] = true
	})
}

func (d *Desk) decide(ids []string, each func(mark string, c *casefile)) (JunkList, error) {
	none, err := d.Junk()
	if err != nil {
		return none, err
	}
	f := d.fold()
	var cases []*casefile
	for _, id := range ids {
		c, err := f.lookup(id)
		if err != nil {
			return none, fmt.Errorf("case %s: %w", id, err)
		}
		cases = append(cases, c)
	}
	for _, c := range cases {
		each(d.mark(c.id), c)
	}
	if err := d.saveJunk(); err != nil {
		d.loadJunk() // what is on the disk counts
		return none, err
	}
	return d.Junk()
}

// saveJunk has nothing of a case that was forgotten.
func (d *Desk) saveJunk() error {
	for mark := range d.decided.Aside {
		if d.forgotten[mark] {
			delete(d.decided.Aside, mark)
		}
	}
	for mark := range d.decided.Kept {
		if d.forgotten[mark] {
			delete(d.decided.Kept, mark)
		}
	}
	return d.saveSealed(junkFile, d.decided)
}
