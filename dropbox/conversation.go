package dropbox

import (
	"maps"
	"slices"
)

// Conversation is the fold of a reporter's lines: what she sent, what readers replied, in the order it was stored.
// Nothing is ever overwritten, so two open windows cannot erase one another.
type Conversation struct {
	Entries   []*Frame // each verified
	Sent      string   // the day of her report
	Wish      string   // the latest she chose
	About     string
	Copy      bool     // she keeps her own words here
	Readers   []string // who gets what she writes: as chosen in her report
	StruckOff []string
	Roster    int            // the highest version she has seen
	Count     int            // her own frames so far
	Seen      map[string]int // by reader: the highest count of his
	Missing   []string       // readers of whose replies some did not arrive
	Unread    int            // lines that nobody vouches for: not shown, but said
	Ends      string         // the ISO week in which the server deletes her box, as the server says
}

// Fold opens her lines and believes only those that she, or the reader they name, made.
func (r *Reporter) Fold(lines [][]byte) *Conversation {
	c := &Conversation{Seen: map[string]int{}}
	ids, counts := map[string]bool{}, map[string]map[int]bool{}
	for _, line := range lines {
		f, err := r.openLine(line)
		if err != nil {
			c.Unread++
			continue
		}
		if ids[f.From+f.ID] {
			continue // the same line twice
		}
		ids[f.From+f.ID] = true
		if f.From == FromReporter {
			if !c.own(f) {
				c.Unread++
				continue
			}
		} else {
			if counts[f.From] == nil {
				counts[f.From] = map[int]bool{}
			}
			counts[f.From][f.Count] = true
			c.Seen[f.From] = max(c.Seen[f.From], f.Count)
		}
		c.Entries = append(c.Entries, f)
	}
	senders := slices.Sorted(maps.Keys(counts))
	for _, id := range senders {
		if len(counts[id]) < c.Seen[id] {
			c.Missing = append(c.Missing, id)
		}
	}
	if len(c.Readers) == 0 { // a restored server lost her report: those who answer are those who have it
		c.Readers = senders
	}
	return c
}

// own takes in a line of hers. A second report under one code is refused: none of her programs makes one.
func (c *Conversation) own(f *Frame) bool {
	if f.Kind == Report {
		if c.Sent != "" {
			return false
		}
		c.Sent, c.About, c.Copy, c.Readers, c.StruckOff = f.Day, f.About, f.Copy, f.Readers, f.StruckOff
	}
	if f.Wish != "" {
		c.Wish = f.Wish
	}
	c.Roster, c.Count = max(c.Roster, f.Roster), max(c.Count, f.Count)
	return true
}

func (r *Reporter) openLine(line []byte) (*Frame, error) {
	o, err := Open(line, r.identity)
	if err != nil {
		return nil, err
	}
	key := Hex32(r.self)
	if o.claimed.From != FromReporter {
		key = r.ReaderKey(o.claimed.From)
	}
	f, err := o.ByMAC(key)
	if err != nil || f.Box != r.Box || f.Drop != r.Drop || f.To != FromReporter {
		return nil, ErrOpen
	}
	return f, nil
}
