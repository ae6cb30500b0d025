package keys

import (
	"errors"
	"fmt"
	"time"
)

// ErrSameVersion: a server shows another roster than before, with the same version.
var ErrSameVersion = errors.New("the server shows two different rosters with the same version")

// Pin is what a client keeps of a box, so that no server can show it other keyholders or an older roster. It holds no secret, but
// whoever can change it can exchange the box.
type Pin struct {
	Keyholders string `json:"keyholders"` // one generation, vouched for by people, or by the generation before it
	Roster     string `json:"roster"`     // the highest seen, signed by that generation; "" if none was
}

// Pinned are its keyholders.
func (p Pin) Pinned() (*Keyholders, error) { return ParseKeyholders([]byte(p.Keyholders)) }

// Seen is its roster, verified as on the day it was issued: it was current when it was seen. It is nil if there is none.
func (p Pin) Seen() (*Roster, error) {
	if p.Roster == "" {
		return nil, nil
	}
	kh, err := p.Pinned()
	if err != nil {
		return nil, err
	}
	r, err := ParseRoster([]byte(p.Roster))
	if err != nil {
		return nil, err
	}
	return OpenRoster([]byte(p.Roster), kh, r.Issued)
}

// Accept verifies what a server shows: chain, every generation of the keyholders, from pinned on; its roster; and that the roster is the
// one seen before or follows it (seen may be nil). The errors are those of Follow, OpenRoster and Successor, and ErrSameVersion. With
// ErrExpired alone all of it was verified and is returned too.
func Accept(pinned *Keyholders, seen *Roster, chain, signed []byte, now time.Time) (Pin, *Roster, error) {
	kh, err := Follow(pinned, chain)
	if err != nil {
		return Pin{}, nil, err
	}
	next, expired := OpenRoster(signed, kh, now)
	if expired != nil && !errors.Is(expired, ErrExpired) {
		return Pin{}, nil, expired
	}
	if seen != nil {
		if err := seen.sameOrNext(next); err != nil {
			return Pin{}, nil, err
		}
	}
	return Pin{kh.Text(), string(next.Bytes())}, next, expired
}

func (r *Roster) sameOrNext(next *Roster) error {
	if next.Box == r.Box && next.Version == r.Version && next.Generation == r.Generation {
		if next.Text() != r.Text() {
			return fmt.Errorf("%w: %d", ErrSameVersion, next.Version)
		}
		return nil
	}
	return r.Successor(next)
}
