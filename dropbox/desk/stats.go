package desk

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"tellbox/dropbox"
)

// Stats is what an advocate can publish of her cases in a period: one number per line, by one attribute at a time, never by two. The whole
// period is in each table, and disclosure.go says what is rounded and suppressed. No case is named, and nothing is written down.
//
// It counts what is on this desk, without junk. What she has deleted is gone from it, so the numbers of a period fall when she deletes its cases.
// A full answer is when a case was first called answered, or closed; it may take three months. So a
// period that is over is counted by that only when no answer can be in time any more: "in time" would tell of its last quarter alone.
//
// It promises nothing of two runs. Periods that overlap, one period published twice with a case more or less in it, or by two advocates who
// read the same cases, can be subtracted from one another.
type Stats struct {
	From        string  `json:"from"`
	To          string  `json:"to"`
	Preliminary bool    `json:"preliminary"`  // the period is not over, or a first answer can still be in time: not for publishing
	AnswersFrom string  `json:"answers_from"` // the day from which full answers are counted; "" if they are
	Withheld    bool    `json:"withheld"`     // the tables together would tell a suppressed number, so there are none
	Tables      []Table `json:"tables"`
	Withdrawn   Cell    `json:"withdrawn"` // taken back, in no table
}

// The words of the tables; JSON and CSV have them as they stand.
const (
	firstAnswer = "first-answer"
	fullAnswer  = "full-answer"

	withinWeek  = "within-7-days"
	withinTime  = "within-3-months"
	tooLate     = "later"
	noneInTime  = "none-in-time"
	noneOverdue = "none-overdue"
	notSaid     = "not-said"
)

// Stats counts the cases that were sent in a period, by the UTC day of the report. It asks no server, and marks nothing as read.
func (d *Desk) Stats(p Period) (Stats, error) {
	if !d.Joined() {
		return Stats{Tables: []Table{}}, ErrNotJoined
	}
	today := dropbox.Today(d.now())
	answers := []string{withinWeek, tooLate, noneInTime, noneOverdue}
	s := Stats{From: p.From.String(), To: p.To.String(), Preliminary: today <= dropbox.Acknowledge(p.To.last())}
	if !s.Preliminary {
		answers = []string{withinWeek, tooLate, noneOverdue} // nothing can be in time any more
	}
	quarter, wish := newCounts("quarter", p.begun(d.now())...), newCounts("wish", dropbox.Wishes...)
	about, answer := newCounts("about", append(slices.Clone(dropbox.Abouts), notSaid)...), newCounts(firstAnswer, answers...)
	full := newCounts(fullAnswer, withinTime, tooLate, noneInTime, noneOverdue)
	if end := dropbox.Answer(p.To.last()); today > end {
		full = newCounts(fullAnswer, withinTime, tooLate, noneOverdue)
	} else if !s.Preliminary {
		end, _ := time.Parse(time.DateOnly, end)
		s.AnswersFrom = dropbox.Today(end.AddDate(0, 0, 1))
	}
	total, withdrawn := 0, 0
	for _, c := range d.fold().listed() {
		sent, _ := time.Parse(time.DateOnly, c.report.Day) // frames are checked when they are opened
		q := QuarterOf(sent)
		switch {
		case !slices.Contains(quarter.cells, q.String()), c.left:
		case c.withdrawn:
			withdrawn++
		default:
			total++
			quarter.n[q.String()]++
			wish.n[c.wish]++
			about.n[cmp.Or(c.report.About, notSaid)]++
			answer.n[c.firstAnswer(sent, today)]++
			full.n[c.fullAnswer(sent, today)]++
		}
	}
	tables := []*counts{quarter, wish, about, answer}
	if s.AnswersFrom == "" {
		tables = append(tables, full)
	}
	if len(quarter.cells) == 2 {
		tables = tables[1:] // disclosure.go says why
	}
	s.Tables, s.Withheld = publish(total, tables...)
	s.Withdrawn = publishedCell("withdrawn", withdrawn)
	return s, nil
}

// firstAnswer holds the day a person first wrote to her, by whoever's program wrote that day, against the clock of seven days.
func (c *casefile) firstAnswer(sent time.Time, today string) string {
	first := "" // the day
	for _, e := range c.entries {
		if e.frame.Acknowledges() && (first == "" || e.frame.Day < first) {
			first = e.frame.Day
		}
	}
	return against(first, dropbox.Acknowledge(sent), today, withinWeek)
}

// fullAnswer holds the day of that against the clock of three months.
func (c *casefile) fullAnswer(sent time.Time, today string) string {
	return against(c.answered(), dropbox.Answer(sent), today, withinTime)
}

// against is the cell of what was done on a day, "" if it was not, and was due by another.
func against(done, by, today, inTime string) string {
	switch {
	case done != "" && done <= by:
		return inTime
	case done != "":
		return tooLate
	case today <= by:
		return noneInTime
	}
	return noneOverdue
}

// Quarter is a quarter of a calendar year in UTC: four times the year, and 0 to 3.
type Quarter int

// QuarterOf is the quarter of t.
func QuarterOf(t time.Time) Quarter {
	y, m, _ := t.UTC().Date()
	return Quarter(4*y + int(m-1)/3)
}

// ParseQuarter reads "2026-Q1".
func ParseQuarter(text string) (Quarter, error) {
	var y, n int
	if _, err := fmt.Sscanf(text, "%4d-Q%1d", &y, &n); err == nil && y > 0 && n >= 1 && n <= 4 {
		if q := Quarter(4*y + n - 1); q.String() == text {
			return q, nil
		}
	}
	return 0, errors.New("a quarter is written like 2026-Q1")
}

func (q Quarter) String() string { return fmt.Sprintf("%04d-Q%d", int(q)/4, int(q)%4+1) }

func (q Quarter) first() time.Time {
	return time.Date(int(q)/4, time.Month(int(q)%4*3+1), 1, 0, 0, 0, 0, time.UTC)
}

func (q Quarter) last() time.Time { return (q + 1).first().AddDate(0, 0, -1) }

// Period is whole quarters, both included: anything finer could be subtracted from something else too easily.
type Period struct{ From, To Quarter }

// maxQuarters bounds a period: twenty years.
const maxQuarters = 80

// ParsePeriod reads both ends. Without the end it is the quarter of now, without the beginning it is four quarters.
func ParsePeriod(from, to string, now time.Time) (p Period, err error) {
	p.To = QuarterOf(now)
	if to != "" {
		if p.To, err = ParseQuarter(to); err != nil {
			return p, err
		}
	}
	p.From = p.To - 3
	if from != "" {
		if p.From, err = ParseQuarter(from); err != nil {
			return p, err
		}
	}
	switch {
	case p.From > p.To:
		return p, fmt.Errorf("the period ends, with %s, before it begins, with %s", p.To, p.From)
	case p.From > QuarterOf(now):
		return p, fmt.Errorf("%s has not begun", p.From)
	case p.To-p.From >= maxQuarters:
		return p, fmt.Errorf("a period has %d quarters at most", maxQuarters)
	}
	return p, nil
}

// begun are its quarters that have begun: of the others everybody knows that nothing was sent in them.
func (p Period) begun(now time.Time) []string {
	names := []string{}
	for q := p.From; q <= min(p.To, QuarterOf(now)); q++ {
		names = append(names, q.String())
	}
	return names
}
