package keys

import (
	"fmt"
	"slices"
	"time"
)

// OpenRoster reads a signed roster and believes it if enough of the keyholders signed it. Errors, in the order in
// which they are looked for: ErrFormat, ErrOtherBox, ErrOtherGeneration, ErrAltered, ErrTooFewSignatures, ErrNotYet,
// ErrExpired. Only with ErrExpired does it return the roster too: who may read was vouched for, and conversations go
// on, but nobody may start one.
//
// It knows no earlier roster, so whoever served this one may be serving an old one. See Successor.
func OpenRoster(signed []byte, kh *Keyholders, now time.Time) (*Roster, error) {
	r, err := ParseRoster(signed)
	if err != nil {
		return nil, fmt.Errorf("opening roster: %w", err)
	}
	if r.Box != kh.Box {
		return nil, fmt.Errorf("opening roster: %w", ErrOtherBox)
	}
	if r.Generation != kh.Generation {
		return nil, fmt.Errorf("opening roster: %w: the roster names generation %d, the keyholders are generation %d",
			ErrOtherGeneration, r.Generation, kh.Generation)
	}
	if r.SignedBy, err = kh.signers(signed); err != nil {
		return nil, fmt.Errorf("opening roster: %w", err)
	}
	if r.Issued.After(now.Add(24 * time.Hour)) {
		return nil, fmt.Errorf("opening roster: %w: on %s", ErrNotYet, r.Issued.Format(day))
	}
	if r.Expired(now) {
		return r, fmt.Errorf("opening roster: %w: on %s", ErrExpired, r.Expires.Format(day))
	}
	return r, nil
}

// Expired reports whether the last day of the roster is over, by UTC.
func (r *Roster) Expired(now time.Time) bool {
	return !now.Before(r.Expires.AddDate(0, 0, 1))
}

// LastExpiry is the latest day that a roster issued on the day of now may name: 60 days on.
func LastExpiry(now time.Time) time.Time {
	return today(now).AddDate(0, 0, maxRosterDays)
}

// today is midnight, UTC, at the start of now's day.
func today(now time.Time) time.Time {
	return now.UTC().Truncate(24 * time.Hour)
}

// Successor reports why next may not take the place of r, or nil. Both must have come from OpenRoster. The version
// must rise and the keyholders' generation must not fall (ErrRollback); every reader must still be there or be retired
// (ErrVanished); who is retired stays retired (ErrRollback) and no reader bears a retired id (ErrReusedID). A reader
// may change keys, name and role: the keyholders vouch for that.
func (r *Roster) Successor(next *Roster) error {
	if next.Box != r.Box {
		return fmt.Errorf("replacing roster: %w", ErrOtherBox)
	}
	if next.Version <= r.Version || next.Generation < r.Generation {
		return fmt.Errorf("replacing roster: %w: version %d, generation %d cannot follow version %d, generation %d",
			ErrRollback, next.Version, next.Generation, r.Version, r.Generation)
	}
	for _, id := range r.Retired {
		if _, back := next.Reader(id); back {
			return fmt.Errorf("replacing roster: %w: %s", ErrReusedID, id)
		}
		if !slices.Contains(next.Retired, id) {
			return fmt.Errorf("replacing roster: %w: %s is no longer retired", ErrRollback, id)
		}
	}
	for _, p := range r.Readers {
		if _, stays := next.Reader(p.ID); !stays && !slices.Contains(next.Retired, p.ID) {
			return fmt.Errorf("replacing roster: %w: %s", ErrVanished, p.ID)
		}
	}
	return nil
}
