package desk

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
)

// reports sends n reports of one day and kind, and returns who sent them.
func (w *world) reports(n int, day, about string) []*her {
	w.Helper()
	var all []*her
	for range n {
		h := w.reporter()
		h.to = []string{"alice", "bob"}
		h.c.Readers = h.to
		f := h.frame(dropbox.Report, "It happened "+day+" "+h.id()) // each in words of her own: no flood
		f.Day, f.About = day, about
		h.post(h.seal(f))
		all = append(all, h)
	}
	return all
}

func (w *world) stats(d *Desk, from, to, today string) Stats {
	w.Helper()
	now, err := time.Parse(time.DateOnly, today)
	w.must(err)
	before := d.now
	defer func() { d.now = before }()
	d.now = func() time.Time { return now }
	p, err := ParsePeriod(from, to, now)
	w.must(err)
	s, err := d.Stats(p)
	w.must(err)
	return s
}

// printedAs is what a table says, in one line.
func printedAs(s Stats, table string) string {
	for _, t := range s.Tables {
		if t.Name == table {
			return strings.ReplaceAll(fmt.Sprint(append(t.Cells, t.Total)), " true}", "}")
		}
	}
	return "no table"
}

func mustSay(t *testing.T, s Stats, table, want string) {
	t.Helper()
	if got := printedAs(s, table); got != want {
		t.Errorf("%s: got %s, want %s", table, got, want)
	}
}

// A year at a desk: cases answered in time and late, changed, taken back, forgotten. The clock shows 2026-02-11.
func TestStats(t *testing.T) {
	w := newWorld(t)
	inTime := w.reports(8, "2026-02-11", "me")
	late := w.reports(8, "2025-12-31", "saw")
	w.reports(3, "2026-01-01", "told")
	notSaid := w.reports(1, "2025-07-01", "")
	w.reports(1, "2025-03-31", "me") // in no period below
	takenBack := w.reports(5, "2025-11-11", "told")
	for _, h := range late {
		h.send(dropbox.Wish, "") // a complaint now, and one case as before
	}
	alice, bob := w.desk("alice"), w.desk("bob")
	w.sync(alice)
	for _, h := range append(slices.Clone(inTime[1:]), late...) {
		_, err := alice.Reply(t.Context(), h.id(), "I read this.")
		w.must(err)
	}
	w.sync(bob)
	_, err := bob.Reply(t.Context(), inTime[0].id(), "So did I.") // a colleague's answer is a person's
	w.must(err)
	_, err = bob.Reply(t.Context(), inTime[1].id(), "A second answer")
	w.must(err)
	for _, h := range takenBack {
		h.withdraw()
	}
	w.sync(alice)

	s := w.stats(alice, "2025-Q2", "2026-Q1", "2026-04-08")
	if s.From != "2025-Q2" || s.To != "2026-Q1" || s.Preliminary || s.Withheld || len(s.Tables) != 4 || s.AnswersFrom != "2026-07-01" {
		t.Fatalf("statistics %+v", s)
	}
	mustSay(t, s, "quarter", "[{2025-Q2 0} {2025-Q3 0} {2025-Q4 10 false} {2026-Q1 10 false} {total 20 false}]")
	mustSay(t, s, "wish", "[{advice 0} {thinking 10 false} {complaint 10 false} {record 0} {total 20 false}]")
	mustSay(t, s, "about", "[{me 10 false} {saw 10 false} {told 0} {not-said 0} {total 20 false}]")
	mustSay(t, s, "first-answer", "[{within-7-days 10 false} {later 10 false} {none-overdue 0} {total 20 false}]")
	if got := fmt.Sprint(s.Withdrawn); got != "{withdrawn 5 false}" {
		t.Errorf("withdrawn: %s", got)
	}

	// No id, no null, no number behind a suppressed one.
	text, err := json.Marshal(s)
	w.must(err)
	if strings.Contains(string(text), "null") || strings.Contains(string(text), `"count":0`) || !strings.Contains(string(text), `{"name":"told","suppressed":true}`) {
		t.Errorf("%s", text)
	}
	for _, h := range slices.Concat(inTime, late, notSaid, takenBack) {
		if strings.Contains(string(text), h.id()) {
			t.Errorf("%s stands in %s", h.id(), text)
		}
	}

	// Nothing depends on what was read, or on which program looks.
	w.read(alice, inTime[0].id())
	alice = w.again(alice)
	if again := w.stats(alice, "2025-Q2", "2026-Q1", "2026-04-08"); printedAs(again, "quarter") != printedAs(s, "quarter") || again.Withdrawn != s.Withdrawn {
		t.Errorf("later: %+v", again)
	}

	// While a first answer can be in time the period is preliminary. Quarters that have not begun have no place.
	s = w.stats(alice, "2025-Q2", "2026-Q2", "2026-02-11")
	if !s.Preliminary || !strings.Contains(printedAs(s, "first-answer"), "{none-in-time 0} {none-overdue 0}") || strings.Contains(printedAs(s, "quarter"), "2026-Q2") || s.To != "2026-Q2" {
		t.Errorf("preliminary %+v", s)
	}
	if s = w.stats(alice, "2025-Q2", "2026-Q1", "2026-04-07"); !s.Preliminary {
		t.Errorf("a report of the last day can still be answered in time: %+v", s)
	}

	// One quarter has its number, two have none: of two, and their total, too much is known.
	s = w.stats(alice, "2026-Q1", "2026-Q1", "2026-04-08")
	mustSay(t, s, "quarter", "[{2026-Q1 10 false} {total 10 false}]")
	s = w.stats(alice, "2025-Q4", "2026-Q1", "2026-04-08")
	mustSay(t, s, "quarter", "no table")
	mustSay(t, s, "wish", "[{advice 0} {thinking 10 false} {complaint 10 false} {record 0} {total 20 false}]")
	if s = w.stats(alice, "2024-Q1", "2024-Q4", "2026-04-08"); len(s.Tables) != 5 || s.AnswersFrom != "" || s.Withheld || !strings.Contains(printedAs(s, "wish"), "{total 0}") || fmt.Sprint(s.Withdrawn) != "{withdrawn 0 true}" {
		t.Errorf("a year without a case: %+v", s)
	}

	// What she forgets is in no number, a case or one that was taken back.
	for _, h := range []*her{inTime[0], inTime[1], inTime[2], takenBack[0]} {
		_, err := alice.Forget(t.Context(), h.id())
		w.must(err)
	}
	s = w.stats(alice, "2025-Q2", "2026-Q1", "2026-04-08")
	if fmt.Sprint(s.Withdrawn) != "{withdrawn 0 true}" {
		t.Errorf("withdrawn and forgotten: %+v", s.Withdrawn)
	}
	// 17 are left, printed as 15 (17 at most), of which the tables make 16 at least: too little room.
	if !s.Withheld || s.Tables == nil || len(s.Tables) != 0 {
		t.Errorf("with three forgotten: %+v", s)
	}
	_, err = alice.Forget(t.Context(), notSaid[0].id())
	w.must(err)
	_, err = alice.Forget(t.Context(), inTime[3].id())
	w.must(err)
	mustSay(t, w.stats(alice, "2026-Q1", "2026-Q1", "2026-04-08"), "about", "[{me 0} {saw 0} {told 0} {not-said 0} {total 5 false}]") // 4 and 3
}

// A case without an answer, at each day of its clock; and what a wrong clock of an answer does to it.
func TestFirstAnswer(t *testing.T) {
	sent := time.Date(2026, 2, 11, 0, 0, 0, 0, time.UTC)
	from := func(kind, who, day string) entry {
		return entry{frame: &dropbox.Frame{Kind: kind, From: who, Day: day, Text: "Words"}}
	}
	report := from(dropbox.Report, dropbox.FromReporter, "2026-02-11")
	for _, c := range []struct {
		today   string
		entries []entry
		want    string
	}{
		{"2026-02-11", []entry{report}, noneInTime},
		{"2026-02-18", []entry{report}, noneInTime},
		{"2026-02-19", []entry{report}, noneOverdue},
		{"2026-02-19", []entry{report, from(dropbox.Message, dropbox.FromReporter, "2026-02-12"), from(dropbox.Wish, dropbox.FromReporter, "2026-02-12")}, noneOverdue},
		{"2026-05-01", []entry{report, from(dropbox.Reply, "alice", "2026-02-18")}, withinWeek},
		{"2026-05-01", []entry{report, from(dropbox.Reply, "alice", "2026-02-19")}, tooLate},
		{"2026-05-01", []entry{report, from(dropbox.Reply, "alice", "2026-04-19"), from(dropbox.Reply, "bob", "2026-02-12")}, withinWeek},
		{"2026-05-01", []entry{report, from(dropbox.Reply, "alice", "2026-02-10")}, withinWeek},
	} {
		if got := (&casefile{entries: c.entries}).firstAnswer(sent, c.today); got != c.want {
			t.Errorf("on %s, with %d entries: got %s, want %s", c.today, len(c.entries), got, c.want)
		}
	}
}

// Full answers against their clock of three months, counted when none can be in time any more. The clock shows 2026-02-11.
func TestFullAnswers(t *testing.T) {
	w := newWorld(t)
	inTime, late := w.reports(9, "2026-01-02", "me"), w.reports(8, "2025-10-01", "saw")
	w.reports(9, "2026-02-11", "told")
	alice, bob := w.desk("alice"), w.desk("bob")
	w.sync(alice)
	w.sync(bob)
	for i, h := range slices.Concat(inTime, late) {
		a := Action{Status: dropbox.Answered, Text: "This is what came of it."}
		if i%2 == 0 {
			a.Status = dropbox.Closed
		}
		w.do([]*Desk{alice, bob}[i%2], h.id(), a)
	}
	w.do(alice, inTime[0].id(), Action{Status: "reading", Text: "Once more"}) // the first counts
	w.sync(alice)
	s := w.stats(alice, "2025-Q4", "2026-Q1", "2026-06-30")
	if s.Preliminary || s.AnswersFrom != "2026-07-01" || printedAs(s, "full-answer") != "no table" {
		t.Errorf("while an answer can be in time: %+v", s)
	}
	s = w.stats(alice, "2025-Q4", "2026-Q1", "2026-07-01")
	if s.AnswersFrom != "" || s.Withheld {
		t.Fatalf("then %+v", s)
	}
	mustSay(t, s, "full-answer", "[{within-3-months 10 false} {later 10 false} {none-overdue 10 false} {total 25 false}]")
	mustSay(t, s, "first-answer", "[{within-7-days 0} {later 15 false} {none-overdue 10 false} {total 25 false}]")
	s = w.stats(alice, "2025-Q4", "2026-Q1", "2026-02-11")
	if !s.Preliminary || s.AnswersFrom != "" {
		t.Errorf("now %+v", s)
	}
	mustSay(t, s, "full-answer", "[{within-3-months 10 false} {later 10 false} {none-in-time 10 false} {none-overdue 0} {total 25 false}]")

	sent := time.Date(2026, 2, 11, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct{ done, today, want string }{
		{"", "2026-05-11", noneInTime}, {"", "2026-05-12", noneOverdue}, {"2026-05-11", "2026-06-01", withinTime}, {"2026-05-12", "2026-06-01", tooLate},
	} {
		if got := (&casefile{work: dropbox.Casework{FirstFull: c.done}}).fullAnswer(sent, c.today); got != c.want {
			t.Errorf("done on %q, looked at on %s: got %s, want %s", c.done, c.today, got, c.want)
		}
	}
}

func TestPeriods(t *testing.T) {
	now := time.Date(2026, 5, 20, 23, 0, 0, 0, time.FixedZone("", -7*3600))
	for in, want := range map[string]string{" ": "", "2026-Q1 2026-Q4": "2026-Q1 2026-Q4 begun 2026-Q1 2026-Q2", " 2024-Q4": "2024-Q1 2024-Q4 begun 2024-Q1 2024-Q2 2024-Q3 2024-Q4",
		"2026-Q2 ": "2026-Q2 2026-Q2 begun 2026-Q2", "2026-Q3 2026-Q4": "", "2026-Q2 2026-Q1": "", "2000-Q1 2026-Q1": "", "2026-Q0 ": "", "2026-Q5 ": "", "2026-q1 ": "", "26-Q1 ": "",
		" 2026": "", " 2026-Q11": "", " +026-Q1": "", " 2026-Q1x": "", "2025-Q4 2026-Q1": "2025-Q4 2026-Q1 begun 2025-Q4 2026-Q1"} {
		from, to, _ := strings.Cut(in, " ")
		if in == " " {
			want = "2025-Q3 2026-Q2 begun 2025-Q3 2025-Q4 2026-Q1 2026-Q2"
		}
		p, err := ParsePeriod(from, to, now)
		got := ""
		if err == nil {
			got = fmt.Sprint(p.From, " ", p.To, " begun ", strings.Join(p.begun(now), " "))
		}
		if got != want {
			t.Errorf("%q: got %q, %v, want %q", in, got, err, want)
		}
	}
	// A quarter is one of UTC days.
	for at, want := range map[string]string{"2026-03-31T23:59:59Z": "2026-Q1", "2026-04-01T00:00:00Z": "2026-Q2", "2026-04-01T00:30:00+01:00": "2026-Q1", "2026-12-31T23:00:00-02:00": "2027-Q1"} {
		parsed, err := time.Parse(time.RFC3339, at)
		if q := QuarterOf(parsed); err != nil || q.String() != want || parsed.UTC().Before(q.first()) || parsed.UTC().After(q.last().AddDate(0, 0, 1)) {
			t.Errorf("%s is in %s, want %s", at, q, want)
		}
	}
	if q, err := ParseQuarter("2024-Q1"); err != nil || dropbox.Today(q.first()) != "2024-01-01" || dropbox.Today(q.last()) != "2024-03-31" {
		t.Errorf("2024-Q1 is %s to %s", q.first(), q.last())
	}
}
