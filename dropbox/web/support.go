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

// lineAt is the line as a page shows it at a time.
func lineAt(l keys.SupportLine, now time.Time) supportLine {
	s := supportLine{Name: l.Name, Phone: l.Phone, Hours: l.Hours.String(), Zone: l.Hours.Zone(), Open: l.OpenAt(now)}
	if opens := l.Hours.Opens(now); !s.Open && !opens.IsZero() {
		s.At = opens.Format("15:04")
		if opens.Format(time.DateOnly) != now.In(opens.Location()).Format(time.DateOnly) {
			s.Day = opens.Format("Mon")
		}
	}
	return s
}
