package dropbox

import (
	"fmt"
	"time"
)

// Nothing that is stored on a server says when more exactly than a week. Weeks are those of ISO 8601, "2026-W07", in UTC.

// Week is the week of t.
func Week(t time.Time) string {
	y, w := t.UTC().ISOWeek()
	return fmt.Sprintf("%04d-W%02d", y, w)
}

// ParseWeek is the Monday, 00:00 UTC, on which a week begins.
func ParseWeek(week string) (time.Time, error) {
	var y, w int
	if n, err := fmt.Sscanf(week, "%4d-W%2d", &y, &w); n != 2 || err != nil || w < 1 || w > 53 {
		return time.Time{}, fmt.Errorf("not a week: want YYYY-Www")
	}
	fourth := time.Date(y, 1, 4, 0, 0, 0, 0, time.UTC) // always in week 1
	monday := fourth.AddDate(0, 0, -(int(fourth.Weekday())+6)%7+7*(w-1))
	if Week(monday) != week {
		return time.Time{}, fmt.Errorf("not a week of that year")
	}
	return monday, nil
}

// WeekBegins is the day on which a week begins, or "" if it is none.
func WeekBegins(week string) string {
	monday, err := ParseWeek(week)
	if err != nil {
		return ""
	}
	return Today(monday)
}

// Today is the day of t as frames have it.
func Today(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// Acknowledge is the day by which a person should have answered a report of day sent: seven days later.
func Acknowledge(sent time.Time) string { return Today(sent.AddDate(0, 0, 7)) }

// Answer is the day by which she should have heard what came of it: three months later, or that month's last day.
func Answer(sent time.Time) string {
	end := sent.AddDate(0, 3, 0)
	if end.Day() != sent.Day() {
		end = end.AddDate(0, 0, -end.Day())
	}
	return Today(end)
}

// Remind is the day from which her readers are reminded that she waits for a full answer: sixty days later.
func Remind(sent time.Time) string { return Today(sent.AddDate(0, 0, 60)) }
