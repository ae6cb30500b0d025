package keys

import (
	"fmt"
	"strings"
	"time"
)

// A SupportLine helps without a report. Its line is "NAME|PHONE|HOURS|ZONE", for instance
// "Samaritans|116 123|daily 00:00-24:00|Europe/London".
type SupportLine struct {
	Name  string
	Phone string
	Hours Hours
}

// OpenAt reports whether somebody answers at t.
func (s SupportLine) OpenAt(t time.Time) bool { return s.Hours.OpenAt(t) }

// ParseSupportLine reads "NAME|PHONE|HOURS|ZONE". Failures are ErrFormat.
func ParseSupportLine(text string) (SupportLine, error) {
	parts := strings.Split(text, "|")
	if len(parts) != 4 {
		return SupportLine{}, fmt.Errorf("%w: a support line is NAME|PHONE|HOURS|ZONE", ErrFormat)
	}
	hours, err := ParseHours(parts[2], parts[3])
	if err != nil {
		return SupportLine{}, err
	}
	s := SupportLine{Name: parts[0], Phone: parts[1], Hours: hours}
	return s, s.check()
}

func (s SupportLine) check() error {
	if err := checkPiped("a support line's name", s.Name); err != nil {
		return err
	}
	if err := checkPiped("a support line's telephone number", s.Phone); err != nil {
		return err
	}
	if s.Hours.zone == nil {
		return fmt.Errorf("%w: a support line has no hours", ErrFormat)
	}
	return nil
}

// String is the line's text after "line ".
func (s SupportLine) String() string {
	return s.Name + "|" + s.Phone + "|" + s.Hours.String() + "|" + s.Hours.Zone()
}
