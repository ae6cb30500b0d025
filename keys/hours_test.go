package keys_test

import (
	"errors"
	"testing"
	"time"

	"tellbox/keys"
)

func TestHours(t *testing.T) {
	const office, friday, wrap = "Mon-Fri 09:00-17:00; Sat,Sun 10:00-12:00", "Fri 22:00-02:00", "Sat-Mon 10:00-24:00"
	for _, test := range []struct {
		hours string
		at    string // UTC
		open  bool
	}{
		{"daily 00:00-24:00", "2026-07-01T23:59:59Z", true},
		{office, "2026-01-05T08:59:59Z", false}, // a Monday in winter
		{office, "2026-01-05T09:00:00Z", true},
		{office, "2026-01-05T16:59:59Z", true},
		{office, "2026-01-05T17:00:00Z", false},
		{office, "2026-07-06T08:00:00Z", true}, // a Monday in summer
		{office, "2026-07-06T16:00:00Z", false},
		{office, "2026-07-05T11:00:00Z", false},
		{office, "2026-07-05T10:59:00Z", true},
		// The clocks go forward on Sunday 2026-03-29 at 01:00 UTC, from 01:00 to 02:00.
		{office, "2026-03-27T08:30:00Z", false},
		{office, "2026-03-30T08:30:00Z", true},
		{office, "2026-03-29T09:00:00Z", true},
		{"daily 00:30-02:30", "2026-03-29T00:59:59Z", true},
		{"daily 00:30-02:30", "2026-03-29T01:29:59Z", true},
		{"daily 00:30-02:30", "2026-03-29T01:30:00Z", false},
		{"daily 01:00-02:00", "2026-03-29T00:59:59Z", false},
		{"daily 01:00-02:00", "2026-03-29T01:00:00Z", false}, // an hour that does not exist
		{"daily 00:00-24:00", "2026-03-29T01:00:00Z", true},
		// They go back on Sunday 2026-10-25 at 01:00 UTC, from 02:00 to 01:00.
		{office, "2026-10-23T08:30:00Z", true},
		{office, "2026-10-26T08:30:00Z", false},
		{"daily 01:00-02:00", "2026-10-24T23:59:59Z", false},
		{"daily 01:00-02:00", "2026-10-25T00:00:00Z", true},
		{"daily 01:00-02:00", "2026-10-25T00:59:59Z", true},
		{"daily 01:00-02:00", "2026-10-25T01:30:00Z", true}, // the same hour again
		{"daily 01:00-02:00", "2026-10-25T02:00:00Z", false},
		// Past midnight; the night belongs to Friday.
		{friday, "2026-01-09T21:59:00Z", false},
		{friday, "2026-01-09T22:00:00Z", true},
		{friday, "2026-01-10T01:59:00Z", true},
		{friday, "2026-01-10T02:00:00Z", false},
		{friday, "2026-01-09T01:00:00Z", false},
		{friday, "2026-01-10T22:00:00Z", false},
		{"Sat 22:00-03:00", "2026-03-29T01:59:00Z", true}, // 02:59 by the clock, an hour short
		{"Sat 22:00-03:00", "2026-03-29T02:00:00Z", false},
		{"Sat 22:00-03:00", "2026-10-25T02:59:00Z", true},
		{wrap, "2026-01-10T12:00:00Z", true},
		{wrap, "2026-01-12T12:00:00Z", true},
		{wrap, "2026-01-13T12:00:00Z", false},
	} {
		h, err := keys.ParseHours(test.hours, "Europe/London")
		must(t, err)
		at, err := time.Parse(time.RFC3339, test.at)
		must(t, err)
		if got := h.OpenAt(at); got != test.open {
			t.Errorf("%s at %s: got %v, want %v", test.hours, test.at, got, test.open)
		}
	}
	if (keys.Hours{}).OpenAt(time.Now()) || (keys.Hours{}).Zone() != "" {
		t.Error("no hours are open")
	}
}

// When a closed line opens is held against looking at the clock every minute, around changes of the clocks.
func TestHoursOpens(t *testing.T) {
	for _, zone := range []string{"Europe/London", "Pacific/Chatham", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "UTC"} {
		for _, text := range []string{
			"Mon-Sun 09:00-17:00", "Mon-Fri 09:05-17:00; Sat,Sun 10:00-12:00", "daily 22:00-02:00", "Fri 22:00-02:00", "daily 01:00-02:00",
			"daily 01:30-03:10", "Sun 02:07-02:40", "Sun 01:59-02:01", "daily 00:00-24:00", "Wed 00:00-00:01", "daily 02:50-03:20",
		} {
			h, err := keys.ParseHours(text, zone)
			must(t, err)
			for _, day := range []string{"2026-03-28", "2026-10-24", "2026-04-04", "2026-09-26", "2026-03-07", "2026-10-31", "2026-10-03"} {
				start, err := time.Parse(time.DateOnly, day)
				must(t, err)
				var want time.Time // going backwards, the last minute at which it was open is the next one
				for at := start.AddDate(0, 0, 11); !at.Before(start); at = at.Add(-time.Minute) {
					if h.OpenAt(at) {
						want = at
					}
					if at.After(start.AddDate(0, 0, 2)) || at.Unix()/60%23 != 0 {
						continue
					}
					got := h.Opens(at.Add(30 * time.Second))
					if h.OpenAt(at) && !got.Equal(at.Add(30*time.Second)) || !h.OpenAt(at) && !got.Equal(want) {
						t.Fatalf("%s in %s at %s: opens %s, want %s", text, zone, at.Format(time.RFC3339), got, want)
					}
				}
			}
		}
	}
	skipped, err := keys.ParseHours("Sun 01:10-01:20", "Europe/London")
	must(t, err)
	at := time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)
	if got, want := skipped.Opens(at), time.Date(2026, 4, 5, 0, 10, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("after a Sunday without that hour: opens %s, want %s", got, want)
	}
	if got := (keys.Hours{}).Opens(at); !got.IsZero() {
		t.Errorf("no hours open %s", got)
	}
}

func TestHoursRefusals(t *testing.T) {
	for _, text := range []string{
		"", "daily", "09:00-17:00", "Daily 09:00-17:00", "daily 9:00-17:00", "daily 09:00-24:01", "daily 09:60-10:00",
		"daily 25:00-26:00", "daily 09:00-09:00", "daily 24:00-02:00", "daily 22:00-00:00", "Mon-Mon 09:00-17:00",
		"Mon,Mon 09:00-17:00", "Mon-Wed,Tue 09:00-17:00", "Monday 09:00-17:00", "Mon–Fri 09:00-17:00",
		"Mon-Tue-Wed 09:00-17:00", "Mon, Wed 09:00-17:00", "Mon 09:00-17:00;Tue 09:00-17:00", "Mon 09:00-17:00; ",
		"Mon 09:00-17:00\n", "-Mon 09:00-17:00", "daily ٠٩:٠٠-١٧:٠٠",
	} {
		if _, err := keys.ParseHours(text, "Europe/London"); !errors.Is(err, keys.ErrFormat) {
			t.Errorf("%q: got %v", text, err)
		}
	}
	for _, zone := range []string{"", "Local", "Europe/Narnia", "/etc/passwd", "../UTC", "Europe/", "Europe"} {
		if _, err := keys.ParseHours("daily 00:00-24:00", zone); !errors.Is(err, keys.ErrFormat) {
			t.Errorf("zone %q: got %v", zone, err)
		}
	}
}
