package desk

import (
	"slices"
	"time"

	"tellbox/dropbox"
)

// Clock is how a case stands by the two dates that count from the day she sent it to readers, as her report has it. Days are UTC. The first is
// kept by a person's words to her alone; a file, a status without words or a note to colleagues does not keep it. The second ends
// when the case is first called answered, or is closed. What a case that was taken back, or that this desk's advocate has left, would have waited for is over.
type Clock struct {
	AcknowledgeBy string   `json:"acknowledge_by"` // seven days
	AnswerBy      string   `json:"answer_by"`      // three months
	FullAnswer    string   `json:"full_answer"`    // the day of it; "" before
	Remind        bool     `json:"remind"`         // 60 days have gone by without one
	Overdue       bool     `json:"overdue"`        // one of the two dates is over, and was not kept
	TurnTo        []string `json:"turn_to"`        // of what is overdue: names of people in the roster, the ombudsperson first, and nobody whom she struck off
}

func (d *Desk) clock(c *casefile) Clock {
	sent, _ := time.Parse(time.DateOnly, c.report.Day) // frames are checked when they are opened
	k := Clock{AcknowledgeBy: dropbox.Acknowledge(sent), AnswerBy: dropbox.Answer(sent), TurnTo: []string{}}
	if c.gone() {
		return k
	}
	today := dropbox.Today(d.now())
	k.FullAnswer = c.answered()
	k.Remind = k.FullAnswer == "" && today >= dropbox.Remind(sent)
	k.Overdue = !c.acknowledged() && today > k.AcknowledgeBy || k.FullAnswer == "" && today > k.AnswerBy
	if k.Overdue {
		k.TurnTo = d.turnTo(c)
	}
	return k
}

// acknowledged says whether a person has written to her.
func (c *casefile) acknowledged() bool {
	return slices.ContainsFunc(c.entries, func(e entry) bool { return e.frame.Acknowledges() })
}

// turnTo are the people who can help with a case that has waited too long: the ombudsperson, whether she reads it or not, and colleagues who do.
func (d *Desk) turnTo(c *casefile) []string {
	names := []string{}
	ombudsperson, _ := d.roster.Ombudsperson()
	if id := ombudsperson.ID; id != "" && id != d.me.ID && !slices.Contains(c.report.StruckOff, id) && !slices.Contains(c.struck, id) && !slices.Contains(c.work.Left, id) {
		names = append(names, ombudsperson.Name)
	}
	team := c.team()
	for _, p := range d.roster.Receivers() {
		if p.ID != d.me.ID && p.ID != ombudsperson.ID && slices.Contains(team, p.ID) {
			names = append(names, p.Name)
		}
	}
	return names
}
