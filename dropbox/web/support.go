package web

import (
	"time"

	"tellbox/keys"
)

// supportLine is whom to call, on every page.
type supportLine struct {
	Name, Phone, Hours, Zone string
	Open                     bool   // it answers now
	Day, At                  string // if not: when it does next, by the clock where it is; Day is Mon … Sun, "" for today
}

// linesAt are the roster's lines as pages show them, which is the same for a minute. When a line opens next takes long to find.
func (r *Roster) linesAt(now time.Time) []supportLine {
	minute := now.Truncate(time.Minute)
	if kept := r.spoken.Load(); kept != nil && kept.minute.Equal(minute) {
		return kept.lines
	}
	kept := &minuteLines{minute: minute}
	for _, l := range r.Lines {
		kept.lines = append(kept.lines, lineAt(l, now))
	}
	r.spoken.Store(kept)
	return kept.lines
}

type minuteLines struct {
	minute time.Time
	lines  []supportLine
}

// lineAt is the line as a page shows it at a time.
func lineAt(l keys.SupportLine, now time.Time) supportLine {
	s := supportLine{Name: l.Name, Phone: l.Phone, Hours: l.Hours.String(), Zone: l.Hours.Zone(), Open: l.OpenAt(now)}
	if s.Open {
		return s
	}
	if opens := l.Hours.Opens(now); !opens.IsZero() {
		s.At = opens.Format("15:04")
		if opens.Format(time.DateOnly) != now.In(opens.Location()).Format(time.DateOnly) {
			s.Day = opens.Format("Mon")
		}
	}
	return s
}
