package dropbox

import (
	"testing"
	"time"
)

func TestDays(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for sent, want := range map[string][3]string{
		"2026-02-11": {"2026-02-18", "2026-05-11", "2026-04-12"}, "2026-11-30": {"2026-12-07", "2027-02-28", "2027-01-29"}, "2026-12-31": {"2027-01-07", "2027-03-31", "2027-03-01"},
		"2026-01-31": {"2026-02-07", "2026-04-30", "2026-04-01"},
	} {
		if by, answer, remind := Acknowledge(day(sent)), Answer(day(sent)), Remind(day(sent)); by != want[0] || answer != want[1] || remind != want[2] {
			t.Errorf("%s: %s, %s and %s, want %v", sent, by, answer, remind, want)
		}
	}
	for d := day("2019-12-20"); d.Before(day("2028-01-20")); d = d.AddDate(0, 0, 1) {
		monday, err := ParseWeek(Week(d))
		if err != nil || monday.Weekday() != time.Monday || d.Sub(monday) < 0 || d.Sub(monday) >= 7*24*time.Hour {
			t.Fatalf("%s: %s begins %s, %v", d, Week(d), monday, err)
		}
	}
	for _, s := range []string{"", "2026", "2026-W00", "2026-W54", "2025-W53", "26-W07", "2026-W7"} {
		if _, err := ParseWeek(s); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
}
