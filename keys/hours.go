package keys

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // a server image without zone files must still know when a line is open
)

// Hours say when a support line answers, by the clock on the wall in one IANA time zone:
//
//	daily 00:00-24:00
//	Mon-Fri 09:00-17:00; Sat,Sun 10:00-14:00
//	Fri 22:00-02:00
//
// Parts are joined by "; ". A part is days, a space, and from-to; days are "daily" or a comma list of Mon Tue Wed Thu
// Fri Sat Sun and ranges of them. From belongs to the hours, to does not. 24:00 is the end of the day; a span whose
// end is not after its start runs into the next morning, and belongs to the day it began on.
//
// The zero value is never open.
type Hours struct {
	text  string
	zone  *time.Location
	spans []span
}

// A span is open on some weekdays from one minute of the day up to another, from < to ≤ 1440.
type span struct {
	days     [7]bool // by time.Weekday
	from, to int
}

var (
	weekdays    = map[string]time.Weekday{"Sun": 0, "Mon": 1, "Tue": 2, "Wed": 3, "Thu": 4, "Fri": 5, "Sat": 6}
	partPattern = regexp.MustCompile(`^([A-Za-z,-]+) ([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})$`)
	zonePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,32}){0,2}$`)
)

// ParseHours reads hours and the name of their time zone. Failures are ErrFormat. A zone newer than both the
// system's zone files and the ones compiled in is refused.
func ParseHours(text, zone string) (Hours, error) {
	if !zonePattern.MatchString(zone) || zone == "Local" {
		return Hours{}, fmt.Errorf("%w: the time zone is not one like Europe/London", ErrFormat)
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return Hours{}, fmt.Errorf("%w: the time zone %q is unknown", ErrFormat, zone)
	}
	if err := checkPiped("the hours", text); err != nil {
		return Hours{}, err
	}
	h := Hours{text: text, zone: location}
	for part := range strings.SplitSeq(text, "; ") {
		spans, err := parsePart(part)
		if err != nil {
			return Hours{}, fmt.Errorf("%w: hours %q: %w", ErrFormat, part, err)
		}
		h.spans = append(h.spans, spans...)
	}
	return h, nil
}

func parsePart(part string) ([]span, error) {
	m := partPattern.FindStringSubmatch(part)
	if m == nil {
		return nil, fmt.Errorf("expected something like Mon-Fri 09:00-17:00")
	}
	days, err := parseDays(m[1])
	if err != nil {
		return nil, err
	}
	from, err := minuteOfDay(m[2], m[3])
	if err != nil {
		return nil, err
	}
	to, err := minuteOfDay(m[4], m[5])
	if err != nil {
		return nil, err
	}
	switch {
	case from == to:
		return nil, fmt.Errorf("it ends when it begins; the whole day is 00:00-24:00")
	case from == 24*60:
		return nil, fmt.Errorf("a day begins at 00:00")
	case to == 0:
		return nil, fmt.Errorf("the end of a day is written 24:00")
	case from < to:
		return []span{{days, from, to}}, nil
	}
	var morning [7]bool
	for d, open := range days {
		morning[(d+1)%7] = open
	}
	return []span{{days, from, 24 * 60}, {morning, 0, to}}, nil
}

func parseDays(text string) (days [7]bool, err error) {
	if text == "daily" {
		return [7]bool{true, true, true, true, true, true, true}, nil
	}
	for item := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(item, "-")
		if !isRange {
			last = first
		}
		from, ok1 := weekdays[first]
		to, ok2 := weekdays[last]
		if !ok1 || !ok2 || isRange && from == to {
			return days, fmt.Errorf("%q is not a day or a range of days", item)
		}
		for d := from; ; d = (d + 1) % 7 {
			if days[d] {
				return days, fmt.Errorf("%s is there twice", d)
			}
			days[d] = true
			if d == to {
				break
			}
		}
	}
	return days, nil
}

func minuteOfDay(hh, mm string) (int, error) {
	h := int(hh[0]-'0')*10 + int(hh[1]-'0')
	m := int(mm[0]-'0')*10 + int(mm[1]-'0')
	if m > 59 || h*60+m > 24*60 {
		return 0, fmt.Errorf("%s:%s is not a time of day", hh, mm)
	}
	return h*60 + m, nil
}

// OpenAt reports whether the line answers at t. Where the clocks change, an hour that is there twice is open twice and
// one that is skipped is not missed: people keep to the clock on the wall.
func (h Hours) OpenAt(t time.Time) bool {
	if h.zone == nil {
		return false
	}
	local := t.In(h.zone)
	minute := local.Hour()*60 + local.Minute()
	for _, s := range h.spans {
		if s.days[local.Weekday()] && s.from <= minute && minute < s.to {
			return true
		}
	}
	return false
}

// Opens is when a line that is closed at t next answers, in its own zone; t, if it is open then; the zero time, if it does
// not within nine days, as a line does not that is open only in an hour the clocks skip.
func (h Hours) Opens(t time.Time) time.Time {
	if h.zone == nil {
		return time.Time{}
	}
	t = t.In(h.zone)
	for end := t.AddDate(0, 0, 9); t.Before(end); {
		if h.OpenAt(t) {
			return t
		}
		// On to the next quarter of an hour or beginning of hours, and look at the clock on the wall again: clocks change at
		// quarters. No time is computed from a date, which a change could make mean two instants, or none.
		minute := t.Hour()*60 + t.Minute()
		step := 15 - minute%15
		for _, s := range h.spans {
			if s.from > minute {
				step = min(step, s.from-minute)
			}
		}
		t = t.Truncate(time.Minute).Add(time.Duration(step) * time.Minute)
	}
	return time.Time{}
}

// String is the text as it was written.
func (h Hours) String() string { return h.text }

// Zone is the name of the time zone.
func (h Hours) Zone() string {
	if h.zone == nil {
		return ""
	}
	return h.zone.String()
}
