package main

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
)

func publishedAs(name string, n int) desk.Cell {
	return desk.Cell{Name: name, Count: n, Suppressed: n == 0}
}

// aYear is what package desk gives out of one.
var aYear = desk.Stats{From: "2025-Q1", To: "2025-Q4", Withdrawn: publishedAs("withdrawn", 0), Tables: []desk.Table{
	{Name: "quarter", Cells: []desk.Cell{publishedAs("2025-Q1", 15), publishedAs("2025-Q2", 0), publishedAs("2025-Q3", 240), publishedAs("2025-Q4", 50)}, Total: publishedAs("total", 305)},
	{Name: "wish", Cells: []desk.Cell{publishedAs("advice", 10), publishedAs("thinking", 15), publishedAs("complaint", 5), publishedAs("record", 0)}, Total: publishedAs("total", 35)},
	{Name: "about", Cells: []desk.Cell{publishedAs("me", 25), publishedAs("saw", 5), publishedAs("told", 0), publishedAs("not-said", 0)}, Total: publishedAs("total", 35)},
	{Name: "first-answer", Cells: []desk.Cell{publishedAs("within-7-days", 20), publishedAs("later", 10), publishedAs("none-overdue", 0)}, Total: publishedAs("total", 35)},
	{Name: "full-answer", Cells: []desk.Cell{publishedAs("within-3-months", 15), publishedAs("later", 10), publishedAs("none-overdue", 5)}, Total: publishedAs("total", 35)},
}}

func TestShowStats(t *testing.T) {
	const want = `Cases on this desk that were sent from 2025-Q1 to 2025-Q4

Numbers are rounded to the nearest 5. "Fewer than 5" can be none. What is under "all" is rounded too, so it need not be the sum.

Cases by quarter
  2025-Q1                    15            ==
  2025-Q2                    fewer than 5
  2025-Q3                    240           ========================================
  2025-Q4                    50            ========
  all                        305

Cases by what the reporter would like now
  advice only                10            ==
  thinking about a complaint 15            ===
  a complaint                5             =
  a record                   fewer than 5
  all                        35

Cases by whom it happened to
  to the reporter            25            =====
  the reporter saw it        5             =
  the reporter was told      fewer than 5
  not said                   fewer than 5
  all                        35

Cases by days to the first answer by a person
  within 7 days              20            ====
  later                      10            ==
  none yet, overdue          fewer than 5
  all                        35

Cases by time to the full answer
  within 3 months            15            ===
  later                      10            ==
  none yet, overdue          5             =
  all                        35

Taken back by the reporter, of those you have not deleted, and in no other number: fewer than 5

Cases that you have deleted, or that are kept apart as junk, are not counted. A case has its full answer
on the day when it was first called answered, or closed.
Publish a period once, by one advocate, and no other period that overlaps it: who has both can subtract.
`
	var out strings.Builder
	showStats(&out, aYear)
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The CSV is that of RFC 4180, says what the tables say, and no spreadsheet takes a field of it for a formula.
func TestWriteStats(t *testing.T) {
	var out strings.Builder
	if err := aYear.WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	const head = "table,cell,cases,from,to,preliminary\r\nquarter,2025-Q1,15,2025-Q1,2025-Q4,false\r\nquarter,2025-Q2,fewer than 5,2025-Q1,2025-Q4,false\r\n"
	if !strings.HasPrefix(out.String(), head) || !strings.HasSuffix(out.String(), "\r\nwithdrawn,withdrawn,fewer than 5,2025-Q1,2025-Q4,false\r\n") ||
		strings.Count(out.String(), "\n") != strings.Count(out.String(), "\r\n") {
		t.Errorf("%q", out.String())
	}
	rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil || len(rows) != 1+5+5+5+4+4+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	want := [][]string{}
	for _, table := range aYear.Tables {
		for _, c := range append(slices.Clone(table.Cells), table.Total) {
			want = append(want, []string{table.Name, c.Name, c.Published()})
		}
	}
	for i, row := range rows {
		if i > 0 && i <= len(want) && !slices.Equal(row[:3], want[i-1]) {
			t.Errorf("row %d is %q, want %q", i, row, want[i-1])
		}
		for _, field := range row {
			if field == "" || strings.ContainsAny(field[:1], "=+-@\t\r|%") {
				t.Errorf("a field %q", field)
			}
		}
	}
	// Were there ever a word with a comma, a quote or a line in it, it would be one field all the same.
	odd := desk.Stats{Tables: []desk.Table{{Name: "a,b", Cells: []desk.Cell{publishedAs("c \"d\"\ne", 5)}}}}
	out.Reset()
	if err := odd.WriteCSV(&out); err != nil || !strings.Contains(out.String(), "\r\n\"a,b\",\"c \"\"d\"\"\r\ne\",5,") {
		t.Errorf("%q, %v", out.String(), err)
	}
}

// Every word that package desk counts by has one for people.
func TestLabels(t *testing.T) {
	for _, name := range slices.Concat(dropbox.Wishes, dropbox.Abouts, []string{"not-said", "within-7-days", "within-3-months", "full-answer", "later", "none-in-time", "none-overdue", "quarter", "wish", "about", "first-answer", "total"}) {
		if statLabels[name] == "" {
			t.Errorf("no label for %s", name)
		}
	}
}

// From report to numbers: of a few cases nothing is told, in none of the three ways to print it.
func TestStats(t *testing.T) {
	h := joinedUp(t)
	h.write(dropbox.Report, "=HYPERLINK(\"http://evil.example\")")
	var in desk.Inbox
	h.json(0, "", &in, "inbox")
	id := in.Cases[0].ID
	this := desk.QuarterOf(h.now())

	var s struct {
		desk.Stats
		Notices []string
	}
	h.json(0, "", &s, "stats")
	if s.From != (this-3).String() || s.To != this.String() || !s.Preliminary || s.Withheld || len(s.Tables) != 5 || len(s.Tables[0].Cells) != 4 || len(s.Notices) != 1 {
		t.Fatalf("stats %+v", s)
	}
	for _, table := range s.Tables {
		for _, c := range append(table.Cells, table.Total, s.Withdrawn) {
			if !c.Suppressed || c.Count != 0 {
				t.Errorf("%s: one case is told as %+v", table.Name, c)
			}
		}
	}
	for _, args := range [][]string{{"stats"}, {"stats", "-csv"}, {"stats", "-json"}} {
		out, stderr := h.run(0, "", args...)
		if strings.Contains(out, id) || strings.Contains(out, "HYPERLINK") || len(out) < 200 {
			t.Errorf("%v prints %s", args, out)
		}
		if !strings.HasPrefix(stderr, "advocate: note: this period is not over") {
			t.Errorf("%v notes %s", args, stderr)
		}
	}
	before, _ := h.run(0, "", "stats", "-from", (this - 9).String(), "-to", (this - 6).String())
	if again, stderr := h.run(0, "", "stats", "-to", (this - 6).String()); again != before || stderr != "" {
		t.Errorf("four quarters without -from: %s%s", again, stderr)
	}
	h.json(0, "", &s, "stats", "-to", (this - 1).String()) // ended less than three months ago, and in most weeks more than seven days
	if last := s.Notices[len(s.Notices)-1]; s.Preliminary == (s.AnswersFrom != "") || !s.Preliminary && !strings.Contains(last, "are counted from "+s.AnswersFrom) {
		t.Errorf("the last quarter: %+v, %q", s.AnswersFrom, s.Notices)
	}
	if _, stderr := h.run(0, "", "stats", "-from", (this - 7).String(), "-to", (this - 6).String()); !strings.Contains(stderr, "no table by quarter") {
		t.Errorf("two quarters: %s", stderr)
	}
	if h.json(0, "", &in, "inbox"); !in.Cases[0].New {
		t.Error("counting a case marks it as read")
	}
	for _, args := range []string{"-from 2026", "-to 2026-Q5", "-from 2026-Q2 -to 2026-Q1", "-from 9999-Q1 -to 9999-Q4", "-csv -json", "abcd"} {
		var no failed
		_, stderr := h.run(2, "", append([]string{"stats"}, strings.Fields(args)...)...)
		if !strings.HasPrefix(stderr, "advocate: error: ") || !strings.Contains(stderr, "hint: ") {
			t.Errorf("%s: %s", args, stderr)
		}
		h.json(2, "", &no, append([]string{"stats"}, strings.Fields(strings.ReplaceAll(args, "-json", ""))...)...)
		h.is(no, "usage")
	}
	if out, _ := h.run(0, "", "help"); !strings.Contains(out, "\n  stats  [-from 2026-Q1] [-to 2026-Q4] [-csv]") || !strings.Contains(out, "Publish no two periods that") {
		t.Errorf("help says nothing of stats: %s", out)
	}
}
