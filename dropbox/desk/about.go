package desk

import (
	"fmt"

	"tellbox/keys"
)

// Card is what her keyholders get, as it stands in the folder.
func (d *Desk) Card() (*keys.Card, error) {
	text, err := d.home.read("card.txt")
	if err != nil {
		return nil, fmt.Errorf("card.txt: %w", err)
	}
	card, err := keys.ParseCard(text)
	if err != nil {
		return nil, fmt.Errorf("card.txt: %w", err)
	}
	return card, nil
}

// Roster is the highest one seen, verified when it was; nil before Join.
func (d *Desk) Roster() *keys.Roster { return d.roster }

// Keyholders are those who vouch for it.
func (d *Desk) Keyholders() (*keys.Keyholders, error) {
	if !d.Joined() {
		return nil, ErrNotJoined
	}
	return d.box.Pinned()
}

// Server is the address of the drop-box, and the proxy if there is one; both "" before Join.
func (d *Desk) Server() (address, proxy string) { return d.box.Server, d.box.Proxy }
