package dropbox

import "slices"

// What the fold of a conversation means to her: how her report stands, whom she can turn to, and who could not be asked for anything. Both her
// page and her program say it, so it is worked out once.

// Standing is how a report stands, as a reader said it last.
type Standing struct {
	Status   string // one of Statuses; "" if nobody has said, or she has opened it again
	By, Day  string // who said so, by id, and on which day
	Reopened bool   // it was closed, and she has written since
}

// Standing says so.
func (c *Conversation) Standing() Standing {
	s := Standing{Reopened: c.Work.Reopened}
	turn := 0
	for _, f := range c.Entries {
		if f.Kind == Status && f.Status != "" && f.Status == c.Work.Status && f.From == c.Work.By && f.Turn >= turn {
			s.Status, s.By, s.Day, turn = f.Status, f.From, f.Day, f.Turn
		}
	}
	return s
}

// Answers says whether a frame is an answer to her: a reply, or a reader's words. The rest is news of what readers decided.
func (f *Frame) Answers() bool {
	return f.From != FromReporter && (f.Kind == Reply || f.Acknowledges())
}

// News counts what came after her last own line: answers, and what else readers decided.
func (c *Conversation) News() (answers, decided int) {
	for _, f := range c.Entries[c.Fresh():] {
		if f.Answers() {
			answers++
		} else {
			decided++
		}
	}
	return answers, decided
}

// Contact is the id of who is named to her, if that person is among to, who get what she writes; "" if not.
func (c *Conversation) Contact(to []Reader) string {
	if !slices.Contains(IDs(to), c.Work.Named) {
		return ""
	}
	return c.Work.Named
}

// TurnTo are those she can turn to besides waitsFor: of to, who get what she writes, the others; and whether the ombudsperson, by id, is
// somebody to go to who has nothing of it so far. Never one she struck off, or who stepped aside.
func (c *Conversation) TurnTo(to []Reader, waitsFor, ombudsperson string) (others []string, outside bool) {
	others = slices.DeleteFunc(IDs(to), func(id string) bool { return id == waitsFor })
	return others, ombudsperson != "" && !slices.Contains(slices.Concat(IDs(to), c.StruckOff, c.Work.Left), ombudsperson)
}

// Aside are the ids of those who stepped aside.
func (c *Conversation) Aside() []string {
	return slices.DeleteFunc(slices.Clone(c.Work.Left), func(id string) bool { return slices.Contains(c.StruckOff, id) })
}

// Unasked are the ids of those who have something of hers, and are no longer among receivers: taking it back cannot ask them. Of those who were
// added against her will, Against says so.
func (c *Conversation) Unasked(receivers []Reader) []string {
	_, gone := c.Audience(receivers)
	for _, id := range c.Aside() {
		if !slices.Contains(IDs(receivers), id) && !slices.Contains(gone, id) {
			gone = append(gone, id)
		}
	}
	return gone
}

// IsAgainst says whether somebody was added although she had struck him off.
func (c *Conversation) IsAgainst(id string) bool { return slices.Contains(c.Against, id) }

// AddedBy is who added somebody, by id; "" if nobody did.
func (c *Conversation) AddedBy(id string) string {
	for _, a := range c.Work.Joined {
		if a.ID == id {
			return a.By
		}
	}
	return ""
}
