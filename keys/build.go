package keys

import (
	"fmt"
	"slices"
	"time"
)

// The keyholders' program makes and changes rosters with these. Every change raises the version by one, sets issued to
// today (UTC) and drops the signatures: what people signed is not what stands there now. A change that breaks a rule
// leaves the roster as it was.

// NewRoster makes version 1 for the box of kh, with no readers yet. Failures are ErrFormat; expires more than 60 days
// ahead is one of them.
func NewRoster(kh *Keyholders, name string, expires time.Time, lines []SupportLine, now time.Time) (*Roster, error) {
	r := &Roster{
		Box:        kh.Box,
		Name:       name,
		Generation: kh.Generation,
		Version:    1,
		Issued:     today(now),
		Expires:    today(expires),
		Lines:      slices.Clone(lines),
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("making roster: %w", err)
	}
	r.signed = []byte(r.Text())
	return r, nil
}

// Add puts a reader on the roster. Errors: ErrFormat (also an id, recipient or sign-in key
// that is there already, and a ninth advocate), ErrReusedID, ErrExpired (Renew first).
func (r *Roster) Add(p Reader, now time.Time) error {
	return r.revise(now, func(next *Roster) error {
		next.Readers = append(next.Readers, p)
		return nil
	})
}

// Replace puts p in the place of the reader with the same id: with new keys, another statement, other languages.
// Mail to the old keys stays readable only to who kept them. Errors: ErrUnknownID, ErrFormat, ErrExpired.
func (r *Roster) Replace(p Reader, now time.Time) error {
	return r.revise(now, func(next *Roster) error {
		i := slices.IndexFunc(next.Readers, func(old Reader) bool { return old.ID == p.ID })
		if i < 0 {
			return fmt.Errorf("%w: %s", ErrUnknownID, p.ID)
		}
		next.Readers[i] = p
		return nil
	})
}

// Remove takes a reader off the roster and retires the id for ever. Errors: ErrUnknownID, ErrExpired.
func (r *Roster) Remove(id string, now time.Time) error {
	return r.revise(now, func(next *Roster) error {
		i := slices.IndexFunc(next.Readers, func(p Reader) bool { return p.ID == id })
		if i < 0 {
			return fmt.Errorf("%w: %s", ErrUnknownID, id)
		}
		next.Readers = slices.Delete(next.Readers, i, i+1)
		next.Retired = append(next.Retired, id)
		return nil
	})
}

// Renew sets another last day, and the generation of the keyholders who will sign (r.Generation if they have not
// changed). Errors: ErrFormat, ErrExpired (expires lies in the past), ErrRollback (the generation falls).
func (r *Roster) Renew(expires time.Time, generation int, now time.Time) error {
	return r.revise(now, func(next *Roster) error {
		if generation < r.Generation {
			return fmt.Errorf("%w: generation %d after %d", ErrRollback, generation, r.Generation)
		}
		next.Expires, next.Generation = today(expires), generation
		return nil
	})
}

func (r *Roster) revise(now time.Time, change func(*Roster) error) error {
	next := *r
	next.Readers = slices.Clone(r.Readers)
	next.Retired = slices.Clone(r.Retired)
	next.SignedBy = nil
	if err := change(&next); err != nil {
		return fmt.Errorf("changing roster: %w", err)
	}
	next.Version++
	next.Issued = today(now)
	if next.Expired(now) {
		return fmt.Errorf("changing roster: %w: on %s", ErrExpired, next.Expires.Format(day))
	}
	if err := next.check(); err != nil {
		return fmt.Errorf("changing roster: %w", err)
	}
	text := next.Text()
	if len(text) > maxText {
		return fmt.Errorf("changing roster: %w: longer than %d bytes", ErrFormat, maxText)
	}
	next.signed = []byte(text)
	*r = next
	return nil
}
