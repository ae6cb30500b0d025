package desk

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
)

// Removed is what RemoveJunk deleted.
type Removed struct {
	Unreadable int      `json:"unreadable"`
	Duplicates int      `json:"duplicates"`
	Floods     int      `json:"floods"` // reports
	Aside      int      `json:"aside"`
	Local      bool     `json:"local"`
	Server     bool     `json:"server"`
	Notices    []string `json:"notices"`
}

// removeBatch is how many pieces of mail go at once: stopped, a bulk removal has finished some.
const removeBatch = 250

// heap is something to remove: a piece of mail, or a case with all that belongs to it.
type heap struct {
	items []*item
	c     *casefile
	n     *int
}

// RemoveJunk deletes what is kept apart in the heaps named, in her mailbox and here. Stopped, or with the server out of reach, it is called
// again for the rest. While mail is damaged on this disk, what is unreadable stays: it may belong to that.
func (d *Desk) RemoveJunk(ctx context.Context, heaps ...string) (Removed, error) {
	gone := Removed{Notices: []string{}}
	if !d.Joined() {
		return gone, ErrNotJoined
	}
	all := d.heaps(&gone, heaps)
	for len(all) > 0 {
		n, size := 0, 0
		for n < len(all) && (n == 0 || size+len(all[n].items) <= removeBatch) {
			size += len(all[n].items)
			n++
		}
		if err := d.removeHeaps(ctx, all[:n]); err != nil {
			return gone, err
		}
		all = all[n:]
	}
	gone.Local, gone.Server = true, true
	if len(d.decided.Aside)+len(d.decided.Kept) > 0 {
		return gone, d.saveJunk()
	}
	return gone, nil
}

func (d *Desk) heaps(gone *Removed, named []string) (all []heap) {
	f, taken := d.fold(), map[*item]bool{}
	take := func(n *int, c *casefile, items ...*item) {
		items = slices.DeleteFunc(items, func(it *item) bool { return taken[it] })
		for _, it := range items {
			taken[it] = true
		}
		if len(items) > 0 {
			all = append(all, heap{items, c, n})
		}
	}
	for _, c := range f.cases {
		switch {
		case c.junk == Aside && slices.Contains(named, Aside):
			take(&gone.Aside, c, slices.Concat(c.items, c.strangers)...)
		case c.junk == Floods && slices.Contains(named, Floods):
			take(&gone.Floods, c, slices.Concat(c.items, c.strangers)...)
		case slices.Contains(named, Duplicates):
			for _, it := range c.seconds {
				take(&gone.Duplicates, nil, it)
			}
		}
	}
	if !slices.Contains(named, Unreadable) {
		return all
	}
	if damaged := slices.ContainsFunc(f.unreadable, func(it *item) bool { return !it.exact }); damaged {
		gone.Notices = append(gone.Notices, "Some mail is damaged on this disk, and what cannot be opened may belong to it. So nothing of that was deleted. "+
			"Run advocate inbox -again first. advocate forget -unreadable deletes it all the same.")
		return all
	}
	for _, it := range f.unreadable {
		take(&gone.Unreadable, nil, it)
	}
	return all
}

// removeHeaps is Forget of many at once.
func (d *Desk) removeHeaps(ctx context.Context, all []heap) error {
	var items []*item
	var marks []string
	for _, h := range all {
		items = append(items, h.items...)
		if h.c != nil {
			marks = append(marks, d.mark(h.c.id))
		}
	}
	if err := d.deleteThere(ctx, items, bulkAtOnce); err != nil {
		return err
	}
	for _, mark := range marks {
		if name := filepath.Join("pending", mark+".age"); d.home.has(name) {
			if err := d.home.remove(name); err != nil {
				return err
			}
		}
	}
	if err := d.deleteHere(items, marks...); err != nil {
		return err
	}
	var err error
	for _, h := range all {
		if h.c != nil {
			err = errors.Join(err, d.removeKept(h.c.id, d.mark(h.c.id)))
		}
		*h.n++
	}
	return err
}
