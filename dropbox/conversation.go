package dropbox

import (
	"bytes"
	"maps"
	"slices"
)

// Conversation is the fold of a reporter's lines: what she sent, what readers replied, in the order it was stored but each sender's
// own frames in the order he made them. Nothing is ever overwritten, so two open windows cannot erase one another.
type Conversation struct {
	Entries   []*Frame // each verified
	Written   string   // the day of her report, or of the record she kept instead
	Sent      string   // the day it went to readers: "" for what is still a record
	Wish      string   // the latest she chose
	About     string
	Copy      bool     // she keeps her own words here, as she always does in a record
	Readers   []string // who gets what she writes, by her latest line
	StruckOff []string
	Roster    int                 // the highest version she has seen
	Count     int                 // her own lines so far
	SentTo    map[string]int      // by reader: how many frames she sent him
	Seen      map[string]int      // by reader: the highest count of his
	Missing   []string            // readers of whose replies some did not arrive
	Lost      bool                // lines of her own are missing
	Unread    int                 // lines that nobody vouches for: not shown, but said
	Work      Casework            // what readers decided
	Chains    map[string][]string // of those who were added: who added whom, down to them
	Against   []string            // who was added although she struck them off: nothing of theirs is shown or counts, and they get nothing
	Ends      string              // the ISO week in which the server deletes her box, as it says
	Whole     bool                // and whether these are sure to be all her lines; like Ends it is not in them, so Fold leaves it out
}

// Fold opens her lines and believes only those that she, or the reader they name, made. A server that leaves lines out shows
// in Missing and Lost as soon as anything later than them is there; one that leaves out the latest of all does not.
//
// If no line of hers that names readers is there, as after a restore, those who answered are taken as her readers: no one else
// holds a key that verifies. Lost says so.
func (r *Reporter) Fold(lines [][]byte) *Conversation {
	c := &Conversation{SentTo: map[string]int{}, Seen: map[string]int{}, Chains: map[string][]string{}}
	var steps []*Frame
	var known [][]byte
	for _, line := range lines {
		o, f, err := r.openLine(line)
		if err == nil && slices.ContainsFunc(known, func(b []byte) bool { return bytes.Equal(b, o.signed) }) {
			continue // the same line twice
		}
		if err != nil || f.From == FromReporter && f.Kind == Report && c.Written != "" { // none of her programs makes a second report
			c.Unread++
			continue
		}
		known = append(known, o.signed)
		if f.From == FromReporter && f.Kind == Report {
			c.Written, c.About, c.Copy = f.Day, f.About, f.Copy
		}
		if f.From == FromReporter && (f.Kind == Report || f.Kind == Share) && f.Wish != Record && c.Sent == "" {
			c.Sent = f.Day
		}
		steps = append(steps, f)
		if f.Kind != Note { // those are for her readers
			c.Entries = append(c.Entries, f)
		}
	}
	hers := chosen(steps)
	posing := posing(steps, hers)
	all := len(steps)
	steps = slices.DeleteFunc(steps, posing)
	c.Entries = slices.DeleteFunc(c.Entries, posing)
	c.Unread += all - len(steps)
	InOrder(c.Entries, func(f *Frame) *Frame { return f })
	c.own()
	sound := slices.DeleteFunc(slices.Clone(steps), c.against)
	c.Entries = WithoutRepeats(slices.DeleteFunc(c.Entries, c.against), func(f *Frame) *Frame { return f })
	c.count(sound)
	c.decided(sound, steps, hers)
	return c
}

// chosen are whom she chose herself: her first line says so, or the key that one used.
func chosen(steps []*Frame) map[string]bool {
	ids := map[string]bool{}
	for _, f := range steps {
		switch {
		case f.From == FromReporter && (f.Kind == Report || f.Kind == Share):
			for _, id := range f.Readers {
				ids[id] = true
			}
		case f.From != FromReporter && len(f.Chain) == 0:
			ids[f.From] = true
		}
	}
	return ids
}

// posing finds what somebody made who speaks as another. Who adds somebody makes his key, so nobody she chose is believed by a chain, nor is anybody
// whom one reader added by the chain of a second who did not tell her that he added him too.
func posing(steps []*Frame, chosen map[string]bool) func(*Frame) bool {
	told := map[[2]string]bool{}
	for _, f := range steps {
		if f.Kind == Added {
			told[[2]string{f.From, f.Added}], told[[2]string{"", f.Added}] = true, true
		}
	}
	return func(f *Frame) bool {
		if len(f.Chain) == 0 {
			return false
		}
		links := append(slices.Clone(f.Chain), f.From)
		for i, id := range links[1:] {
			if chosen[id] || told[[2]string{"", id}] && !told[[2]string{links[i], id}] {
				return true
			}
		}
		return false
	}
}

// against says whether a frame is by somebody whom she struck off, or who was added by one.
func (c *Conversation) against(f *Frame) bool {
	struckOff := func(id string) bool { return slices.Contains(c.StruckOff, id) }
	return struckOff(f.From) || slices.ContainsFunc(f.Chain, struckOff)
}

// count finds out what is missing of what each wrote, and how much of hers has been seen.
func (c *Conversation) count(steps []*Frame) {
	counts := map[string]map[int]bool{}
	for _, f := range steps {
		if counts[f.From] == nil {
			counts[f.From] = map[int]bool{}
		}
		counts[f.From][f.Count] = true
	}
	c.Lost = len(counts[FromReporter]) < c.Count || c.Written == ""
	for _, f := range c.Entries {
		if f.From != FromReporter && f.Seen > c.SentTo[f.From] { // he saw more of her than stands here
			c.SentTo[f.From], c.Lost = min(f.Seen, maxCount-1), true // one who says the most there can be must not keep her from writing
		}
	}
	delete(counts, FromReporter)
	unnamed := len(c.Readers) == 0
	for _, id := range slices.Sorted(maps.Keys(counts)) {
		c.Seen[id] = slices.Max(slices.Collect(maps.Keys(counts[id])))
		if len(counts[id]) < c.Seen[id] {
			c.Missing = append(c.Missing, id)
		}
		if unnamed {
			c.Readers = append(c.Readers, id)
		}
	}
}

// decided takes in what readers decided among themselves. sound are those steps that count; by the others, too, she hears of who was added against
// her will.
func (c *Conversation) decided(sound, steps []*Frame, chosen map[string]bool) {
	c.Work = Decided(sound)
	c.Work.Joined = slices.DeleteFunc(c.Work.Joined, func(a Addition) bool { return chosen[a.ID] })
	for _, f := range sound {
		if f.Kind == Added {
			c.chain(chosen, f.Added, append(slices.Clone(f.Chain), f.From), f.Day)
		}
	}
	for _, f := range steps { // the line that told her may be missing
		for i := range f.Chain {
			id := append(f.Chain, f.From)[i+1]
			if c.chain(chosen, id, f.Chain[:i+1], f.Day); slices.Contains(c.StruckOff, id) {
				break
			}
		}
	}
	for _, a := range c.Work.Joined {
		if slices.Contains(c.StruckOff, a.ID) {
			c.Against = append(c.Against, a.ID)
		}
	}
	c.Readers = c.Work.Team(c.Readers, c.StruckOff)
}

// chain notes by whom somebody was added.
func (c *Conversation) chain(chosen map[string]bool, id string, chain []string, day string) {
	if chosen[id] || c.Chains[id] != nil { // who has a key from her keeps it
		return
	}
	c.Chains[id] = slices.Clone(chain)
	if !slices.ContainsFunc(c.Work.Joined, func(a Addition) bool { return a.ID == id }) {
		c.Work.Joined = append(c.Work.Joined, Addition{id, chain[len(chain)-1], day})
	}
}

// nextTurn is that of what she sends: it has one once readers have decided something.
func (c *Conversation) nextTurn(kind string) int {
	if c.Work.Turn == 0 || kind != Message && kind != Wish {
		return 0
	}
	return c.Work.Next()
}

// InOrder puts each sender's frames into the order of their counts, in the places that his frames have among entries: no server can mix
// what somebody wrote. frame is that of an entry.
func InOrder[E any](entries []E, frame func(E) *Frame) {
	places := map[string][]int{}
	for i, e := range entries {
		from := frame(e).From
		places[from] = append(places[from], i)
	}
	for _, at := range places {
		var his []E
		for _, i := range at {
			his = append(his, entries[i])
		}
		slices.SortStableFunc(his, func(a, b E) int { return frame(a).Count - frame(b).Count })
		for j, i := range at {
			entries[i] = his[j]
		}
	}
}

// WithoutRepeats takes out of entries, which are InOrder, what tells of somebody's being added once more: what came meanwhile is passed on in
// such frames.
func WithoutRepeats[E any](entries []E, frame func(E) *Frame) []E {
	told := map[[2]string]bool{}
	return slices.DeleteFunc(entries, func(e E) bool {
		f := frame(e)
		if f.Kind != Added {
			return false
		}
		pair := [2]string{f.From, f.Added}
		repeats := told[pair] && f.Text == "" && f.Named == ""
		told[pair] = true
		return repeats
	})
}

// own takes from her lines what she chose, the latest last.
func (c *Conversation) own() {
	sentTo := map[string]map[int]bool{} // two windows may have sent under one count
	for _, f := range c.Entries {
		if f.From != FromReporter {
			continue
		}
		if f.Wish != "" {
			c.Wish = f.Wish
		}
		if len(f.Readers) > 0 || len(c.Readers) == 0 { // two windows: what was added in one to a record that the other has just shared
			c.Readers, c.StruckOff = f.Readers, f.StruckOff
		}
		c.Roster, c.Count = max(c.Roster, f.Roster), max(c.Count, f.Count)
		for _, id := range f.Readers {
			if sentTo[id] == nil {
				sentTo[id] = map[int]bool{}
			}
			sentTo[id][f.Count] = true
			c.SentTo[id] = len(sentTo[id])
		}
	}
}

func (r *Reporter) openLine(line []byte) (*Opened, *Frame, error) {
	o, err := Open(line, r.identity)
	if err != nil {
		return nil, nil, err
	}
	key := Hex32(r.self)
	if o.claimed.From != FromReporter {
		key = r.chainKey(o.claimed.Chain, o.claimed.From)
	}
	f, err := o.ByMAC(key, Route{r.Box, r.Drop, o.claimed.From, FromReporter})
	return o, f, err
}
