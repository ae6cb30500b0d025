package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
)

// Somebody who was added to a case gets it from a colleague, not from her: what came before him in the colleague's words, signed, and a key
// for what comes after. So he believes of the past what the colleague says. If she has sent him a report herself, that stays the case's.

// join lets somebody be believed in this case, unless she struck him off.
func (c *casefile) join(id string) bool {
	if c.members[id] || slices.Contains(c.report.StruckOff, id) {
		return false
	}
	c.members[id] = true
	return true
}

// foldAdded finds out who reads which case, and makes cases of those that colleagues added this reader to. One who was added may have added
// another, and mail comes in any order; so it goes on until nobody is new.
func (d *Desk) foldAdded(f *folded, byDrop map[dropbox.Drop]*casefile, all []*item) {
	var waiting []*item
	for _, it := range all {
		if it.opened != nil {
			if kind, _, _ := it.opened.Claimed(); kind == dropbox.Added {
				waiting = append(waiting, it)
			}
		}
	}
	for more := true; more; {
		more = false
		waiting = slices.DeleteFunc(waiting, func(it *item) bool {
			done := d.foldOne(f, byDrop, it)
			more = more || done
			return done
		})
	}
}

// foldOne says whether an addition could be understood.
func (d *Desk) foldOne(f *folded, byDrop map[dropbox.Drop]*casefile, it *item) bool {
	_, drop, from := it.opened.Claimed()
	c := byDrop[drop]
	if it.folder == "sent" {
		g, err := d.believeOwn(it.opened)
		if c == nil || err != nil {
			return false
		}
		c.join(g.Added)
		c.passedOn(g)
		return true
	}
	g, err := it.opened.BySig(d.signIn(it, from), dropbox.Route{Box: d.roster.Box, Drop: drop, From: from, To: d.me.ID})
	if err != nil || g.Kind != dropbox.Added || c != nil && !c.members[from] && g.Added != d.me.ID {
		return false
	}
	if c == nil {
		if c = d.caseFrom(g); c == nil {
			return false
		}
		byDrop[drop] = c
		f.cases = append(f.cases, c)
	}
	c.join(g.Added)
	if g.Added == d.me.ID && len(c.chain) > 0 && !slices.Contains(c.keys, g.Key) {
		c.join(from)
		c.keys = append(c.keys, g.Key)
		c.struck = append(c.struck, g.StruckOff...)
	}
	for _, p := range g.Passed {
		if p.Added != "" {
			c.join(p.Added)
		}
	}
	return true
}

// maxChain is how many have added one another before somebody.
const maxChain = 100

// caseFrom is a case that a colleague added this reader to; nil if that frame does not bring one.
func (d *Desk) caseFrom(g *dropbox.Frame) *casefile {
	i := slices.IndexFunc(g.Passed, func(p dropbox.Passed) bool { return p.Kind == dropbox.Report })
	if g.Added != d.me.ID || i < 0 || d.forgotten[d.mark(CaseID(g.Drop))] { // what she has forgotten stays so
		return nil
	}
	if slices.Contains(g.Chain, d.me.ID) || len(g.Chain) > maxChain { // she could not name it, and so never answer
		return nil
	}
	report := g.Passed[i].Frame
	report.Kind, report.To = dropbox.Report, d.me.ID
	report.Readers, report.StruckOff, report.Recipient, report.Key, report.Consent = g.Readers, g.StruckOff, g.Recipient, g.Key, g.Consent
	if slices.Contains(report.StruckOff, d.me.ID) {
		return nil
	}
	c := newCase(&report, g.Key)
	c.chain = append(slices.Clone(g.Chain), g.From)
	for _, id := range c.chain {
		c.join(id)
	}
	return c
}

// passedOn notes what this reader has passed on, and to whom.
func (c *casefile) passedOn(g *dropbox.Frame) {
	if c.passed[g.Added] == nil {
		c.passed[g.Added] = map[string]bool{}
	}
	for _, p := range g.Passed {
		c.passed[g.Added][p.From+" "+p.ID] = true
	}
}

// passRoom is how much of a case, in bytes, goes into one frame.
const passRoom = 600 << 10

// toPass is the next of what somebody whom this reader adds, or has added, does not have yet: what she wrote without knowing of him, and what
// colleagues wrote to others. Before he is added that is all.
func (c *casefile) toPass(id string) (passed []dropbox.Passed) {
	since := 0 // the count of the frame by which this reader first told her of him
	for _, f := range c.steps {
		if f.From == c.me && f.Added == id && c.passed[id] != nil && (since == 0 || f.Count < since) {
			since = f.Count
		}
	}
	room := passRoom
	for _, f := range c.inOrder() {
		p := dropbox.Pass(f)
		switch {
		case c.passed[id][f.From+" "+f.ID], f.From == id, f.Kind == dropbox.Added && f.Added == id:
			continue
		case since > 0 && f.From == dropbox.FromReporter && f.Seen >= since, since > 0 && f.From != dropbox.FromReporter && slices.Contains(f.SentTo, id):
			continue
		}
		if room -= p.Size(); room < 0 && len(passed) > 0 {
			break
		}
		passed = append(passed, p)
	}
	return passed
}

// inOrder are all frames of a case, as they are shown, and then those that are not.
func (c *casefile) inOrder() (frames []*dropbox.Frame) {
	for _, e := range c.entries {
		frames = append(frames, e.frame)
	}
	for _, f := range c.steps {
		if !slices.Contains(frames, f) {
			frames = append(frames, f)
		}
	}
	return frames
}

// passOn sends those whom this reader has added what they do not have yet. What cannot be sent now goes with the next Sync.
func (d *Desk) passOn(ctx context.Context, box *client.Mailbox) (notices []string, err error) {
	for _, c := range d.fold().cases {
		for _, id := range c.added(d.me.ID) {
			if len(c.toPass(id)) == 0 { // nearly always; else all mail is folded again
				continue
			}
			err := d.passTo(ctx, box, c.id, id)
			_, refused := errors.AsType[*client.Error](err)
			switch {
			case err == nil:
			case !errors.Is(err, ErrUndelivered) && refused, errors.Is(err, ErrNothingHere), errors.Is(err, ErrNoSuchRole), errors.Is(err, dropbox.ErrTooLong):
				notices = append(notices, fmt.Sprintf("What came in case %s could not be passed on to %s: %v.", c.id, id, err)) // and the next case
			default:
				return notices, err
			}
		}
	}
	return notices, nil
}

// added are those whom somebody has added and who still read. That he has stepped aside since changes nothing: what she wrote before she knew
// comes to his mailbox, and nobody else has it.
func (c *casefile) added(by string) (ids []string) {
	if c.withdrawn {
		return nil
	}
	team := c.team()
	for _, f := range c.steps {
		if f.Kind == dropbox.Added && f.From == by && slices.Contains(team, f.Added) && !slices.Contains(ids, f.Added) {
			ids = append(ids, f.Added)
		}
	}
	return ids
}

func (d *Desk) passTo(ctx context.Context, box *client.Mailbox, id, who string) error {
	for {
		c, err := d.live(id)
		if err != nil || d.home.has(d.pendingName(c.report.Drop)) {
			return err // what is on its way goes first
		}
		if _, there := d.roster.Reader(who); !there || len(c.toPass(who)) == 0 {
			return nil
		}
		p, err := d.seal(c, d.frame(c, dropbox.Frame{Kind: dropbox.Added, Added: who}, nil))
		if err != nil {
			return err
		}
		if _, err := d.deliver(ctx, box, p, false); err != nil {
			return err
		}
	}
}
