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
