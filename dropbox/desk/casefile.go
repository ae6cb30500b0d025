package desk

import (
	"fmt"
	"maps"
	"slices"

	"tellbox/dropbox"
)

// casefile is one case: a report and all that followed.
type casefile struct {
	id        string
	report    *dropbox.Frame
	entries   []entry // as shown: the report first, then in order of arrival, but each sender's as he made them
	items     []*item // everything that opened and was verified, replays and second reports too
	strangers []*item // claims this drop and is not believed
	wish      string
	withdrawn bool
	seconds   []*item                 // further reports under this drop
	junk      string                  // why the inbox does not list it: Floods, Aside or ""
	flood     Flood                   // that it is the oldest of
	remarks   []string                // of sift
	counts    map[string]map[int]bool // by sender
	shown     map[string]string       // sender and frame id: who passed it on, "" if it came from its sender
	others    []string                // colleagues who answer another report under this drop

	me      string                     // this reader
	keys    []dropbox.Hex32            // what she speaks to this reader by: one, or one for each who added him
	chain   []string                   // who added whom, down to this reader; nobody if she chose him
	struck  []string                   // whom she struck off, by the word of others who added this reader
	members map[string]bool            // who is believed: whom she chose, and who was added
	passed  map[string]map[string]bool // to whom this reader passed what on: sender and frame id
	steps   []*dropbox.Frame           // all frames, once each
	work    dropbox.Casework           // what they come to
	left    bool                       // this reader stepped aside
}

type entry struct {
	item  *item
	frame *dropbox.Frame
	by    string // who passed it on; "" if it came from its sender
}

func newCase(report *dropbox.Frame, key dropbox.Hex32) *casefile {
	c := &casefile{id: CaseID(report.Drop), report: report, counts: map[string]map[int]bool{}, shown: map[string]string{},
		keys: []dropbox.Hex32{key}, members: map[string]bool{}, passed: map[string]map[string]bool{}}
	for _, id := range report.Readers {
		c.join(id)
	}
	return c
}

// take adds a frame that is believed. The same frame twice is one.
func (c *casefile) take(me string, it *item, f *dropbox.Frame) {
	c.items = append(c.items, it)
	if f.Kind == dropbox.Withdrawn {
		c.withdrawn = true
		return
	}
	if f.Kind == dropbox.Added && it.folder == "mail" && len(c.chain) > 0 { // who has her own report takes nobody else's word for what she said
		for i := range f.Passed {
			p := f.Passed[i].Frame
			p.Kind = f.Passed[i].Kind
			if p.From != me { // she knows what she said
				c.show(entry{it, &p, f.From})
			}
		}
	}
	c.show(entry{it, f, ""})
}

// show makes an entry of a frame, once. What came from its sender counts more than what somebody passed on.
func (c *casefile) show(e entry) {
	f := e.frame
	key := f.From + " " + f.ID
	if by, there := c.shown[key]; there {
		if by == "" || e.by != "" {
			return
		}
		c.steps = slices.DeleteFunc(c.steps, func(g *dropbox.Frame) bool { return g.From == f.From && g.ID == f.ID })
		c.entries = slices.DeleteFunc(c.entries, func(e entry) bool { return e.frame.From == f.From && e.frame.ID == f.ID })
	}
	c.shown[key] = e.by
	if c.counts[f.From] == nil {
		c.counts[f.From] = map[int]bool{}
	}
	if f.From != dropbox.FromReporter || e.by == "" { // she counts for each reader by himself
		c.counts[f.From][f.Count] = true
	}
	c.steps = append(c.steps, f)
	if f.Kind == dropbox.Report && e.by != "" && c.has(dropbox.Report) { // two have passed her report on
		if r := c.report; f.Text != r.Text || f.About != r.About || f.Day != r.Day || !slices.Equal(f.Prompt, r.Prompt) {
			c.others = append(c.others, e.by)
		}
		return
	}
	if f.Kind == dropbox.Note && f.Text == "" || c.twice(e) { // it was for others, or two have passed it on
		return
	}
	c.entries = append(c.entries, e)
}

// twice says whether this is something of hers that another has passed on already: each has it in a frame of his own.
func (c *casefile) twice(e entry) bool {
	f := e.frame
	return f.From == dropbox.FromReporter && e.by != "" && slices.ContainsFunc(c.entries, func(o entry) bool {
		g := o.frame
		return g.From == f.From && o.by != e.by && g.Kind == f.Kind && g.Day == f.Day && g.Text == f.Text && g.Wish == f.Wish &&
			slices.EqualFunc(g.Files, f.Files, func(a, b dropbox.File) bool { return a.Blob == b.Blob })
	})
}

func (c *casefile) has(kind string) bool {
	return slices.ContainsFunc(c.entries, func(e entry) bool { return e.frame.Kind == kind })
}

// finish looks at the whole of a case. Of one that was taken back nothing stays but that, and nothing of one that me has stepped aside from.
func (c *casefile) finish(me string) {
	dropbox.InOrder(c.entries, func(e entry) *dropbox.Frame {
		if e.by == "" || e.frame.From != dropbox.FromReporter {
			return e.frame
		}
		apart := dropbox.Frame{From: "by " + e.by, Count: e.frame.Count} // she counted those for somebody else
		return &apart
	})
	slices.SortStableFunc(c.entries, func(a, b entry) int { return first(a) - first(b) })
	c.entries = dropbox.WithoutRepeats(c.entries, func(e entry) *dropbox.Frame { return e.frame })
	for _, e := range c.entries {
		if e.frame.Wish != "" {
			c.wish = e.frame.Wish
		}
		if from := e.frame.From; e.by == "" && e.item.folder == "mail" && from != dropbox.FromReporter && e.frame.Consent != c.report.Consent && !slices.Contains(c.others, from) {
			c.others = append(c.others, from)
		}
	}
	c.work = dropbox.Decided(c.steps)
	c.me, c.left = me, slices.Contains(c.work.Left, me)
	if c.gone() {
		c.entries, c.wish = nil, ""
	}
}

// gone says whether nothing of a case is to be shown or kept: she took it back, or this reader stepped aside.
func (c *casefile) gone() bool { return c.withdrawn || c.left }

// why says for what reason a case is gone.
func (c *casefile) why() string {
	if c.withdrawn {
		return fmt.Sprintf("The reporter took case %s back.", c.id)
	}
	return fmt.Sprintf("You stepped aside from case %s.", c.id)
}

// first puts the report before all else.
func first(e entry) int {
	if e.frame.Kind == dropbox.Report {
		return 0
	}
	return 1
}

// highest is the greatest count of a sender's frames.
func (c *casefile) highest(sender string) int {
	n := 0
	for count := range c.counts[sender] {
		n = max(n, count)
	}
	return n
}

// warnings say what is wrong with a case, in words.
func (c *casefile) warnings() []string {
	w := []string{}
	if n := len(c.seconds); n > 0 {
		w = append(w, fmt.Sprintf("Somebody sent %s for this case. Only the first report is shown, and only its sender is believed.",
			counted(n, "another report", "more reports")))
	}
	if c.gone() {
		return w
	}
	w = append(w, c.remarks...)
	for _, sender := range append([]string{dropbox.FromReporter}, slices.Sorted(maps.Keys(c.members))...) {
		missing := c.highest(sender) - len(c.counts[sender])
		if missing <= 0 {
			continue
		}
		who := "by " + sender
		if sender == dropbox.FromReporter {
			who = "by the reporter"
		}
		w = append(w, fmt.Sprintf("%s %s did not arrive here. Try advocate inbox -again, then ask your colleagues.", counted(missing, "1 message", "messages"), who))
	}
	for _, id := range c.others {
		w = append(w, fmt.Sprintf("What %s writes answers another report than this one. One of you was sent a false report: talk to one another, away from this box.", id))
	}
	return w
}

func counted(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf("%d %s", n, many)
}
