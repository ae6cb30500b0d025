package main

import (
	"fmt"
	"path/filepath"

	"tellbox/dropbox/terminal"
)

// rotate makes her next keys and says what to do with their card, or drops them.
func rotate(c *call) (any, error) {
	cancel := c.flags.Bool("cancel", false, "")
	if err := c.parseFlags(); err != nil {
		return nil, err
	}
	d, err := c.open()
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if *cancel {
		notices, err := d.CancelRotation(c.network())
		if c.note(notices); err != nil {
			return nil, err
		}
		fmt.Fprint(c.out, "The new keys are dropped, and their card with them. If a keyholder has that card, tell them not to use it.\n")
		return map[string]any{"cancelled": true, "notices": append([]string{}, notices...)}, nil
	}
	card, err := d.Rotate()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(*c.home, "card-next.txt")
	fmt.Fprintf(c.out, `Your next keys are ready. All goes on with those you have, until a new roster names the next ones.

1. Print a new recovery sheet: advocate sheet. It has both, and the one before has not.
2. Give %s to a keyholder; nothing in it is secret.
   They run: keyholder add -roster ROSTER -card card-next.txt -replace, and sign.
3. Let them ring you, and read this out. They must see the same:

   %s

4. Go on with advocate inbox, as every day. It says when your new keys are in force.

advocate rotate shows this again. advocate rotate -cancel drops the next keys, as long as no roster names them.
`, terminal.Visible(path), card.Fingerprint())
	return map[string]string{"id": card.ID, "card": path, "fingerprint": card.Fingerprint()}, nil
}
