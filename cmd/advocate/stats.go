package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"tellbox/dropbox/desk"
)

const (
	preliminaryNote = "this period is not over, or first answers can still be in time. Please publish nothing of it yet: what comes later could be compared with it"
	noQuarterNote   = "a period of two quarters has no table by quarter: of two numbers and their sum too much is known. Name one quarter, or three or more"
	withheldNote    = "the tables of this period together would tell a number that is suppressed, so none is shown. Try a longer period, and publish that one alone"
)

// laterNote is for a period of which full answers are not counted yet.
const laterNote = "full answers of this period are counted from %s on: until then one can be in time. Publish it now without them, or then with them, but not both"

// stats prints what may leave this machine, and the notes that go with it.
func stats(c *call) (any, error) {
	from := c.flags.String("from", "", "")
	to := c.flags.String("to", "", "")
	asCSV := c.flags.Bool("csv", false, "")
	if err := c.parseFlags(); err != nil {
		return nil, err
	}
	if *asCSV && c.flags.Lookup("json").Value.String() == "true" {
		return nil, usage("-csv and -json are two ways to print the same")
	}
	period, err := desk.ParsePeriod(*from, *to, time.Now())
	if err != nil {
		return nil, usage("%v", err)
	}
	d, err := c.open()
	if err != nil {
		return nil, err
	}
	defer d.Close()
	s, err := d.Stats(period)
	if err != nil {
		return nil, err
	}
	notices := []string{}
	if s.Preliminary {
		notices = append(notices, preliminaryNote)
	}
	if s.Withheld {
		notices = append(notices, withheldNote)
	} else if s.Tables[0].Name != "quarter" {
		notices = append(notices, noQuarterNote)
	}
	if s.AnswersFrom != "" {
		notices = append(notices, fmt.Sprintf(laterNote, s.AnswersFrom))
	}
	c.note(notices)
	if *asCSV {
		err = s.WriteCSV(c.out)
	} else {
		showStats(c.out, s)
	}
	return struct {
		desk.Stats
		Notices []string `json:"notices"`
	}{s, notices}, err
}

// statLabels are the words of statistics for people.
var statLabels = map[string]string{
	"quarter": "Cases by quarter", "wish": "Cases by what the reporter would like now", "about": "Cases by whom it happened to",
	"first-answer": "Cases by days to the first answer by a person", "full-answer": "Cases by time to the full answer", "total": "all",
	"advice": "advice only", "thinking": "thinking about a complaint", "complaint": "a complaint", "record": "a record",
	"me": "to the reporter", "saw": "the reporter saw it", "told": "the reporter was told", "not-said": "not said",
	"within-7-days": "within 7 days", "within-3-months": "within 3 months", "later": "later", "none-in-time": "none yet, still in time", "none-overdue": "none yet, overdue",
}

func statLabel(name string) string {
	if l, ok := statLabels[name]; ok {
		return l
	}
	return name // a quarter
}

// widestBar is in characters.
const widestBar = 40

// showStats prints each number on a line of its own, words and number before the bar, so that a line can be heard.
func showStats(w io.Writer, s desk.Stats) {
	fmt.Fprintf(w, "Cases on this desk that were sent from %s to %s\n\n", s.From, s.To)
	fmt.Fprint(w, "Numbers are rounded to the nearest 5. \"Fewer than 5\" can be none. What is under \"all\" is rounded too, so it need not be the sum.\n")
	for _, t := range s.Tables {
		fmt.Fprintf(w, "\n%s\n", statLabel(t.Name))
		most := 1
		for _, c := range t.Cells {
			most = max(most, c.Count)
		}
		for _, c := range append(t.Cells[:len(t.Cells):len(t.Cells)], t.Total) {
			bar := ""
			if c.Name != "total" {
				bar = strings.Repeat("=", min(c.Count/5, c.Count*widestBar/most))
			}
			fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %-27s%-14s%s", statLabel(c.Name), c.Published(), bar), " "))
		}
	}
	fmt.Fprintf(w, "\nTaken back by the reporter, of those you have not deleted, and in no other number: %s\n", s.Withdrawn.Published())
	fmt.Fprint(w, "\nCases that you have deleted, or that are kept apart as junk, are not counted. A case has its full answer\n"+
		"on the day when it was first called answered, or closed.\n"+
		"Publish a period once, by one advocate, and no other period that overlaps it: who has both can subtract.\n")
}
