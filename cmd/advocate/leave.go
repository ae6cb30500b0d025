package main

import (
	"fmt"
	"strings"

	"tellbox/dropbox/desk"
	"tellbox/dropbox/terminal"
)

// leave hands her open cases over to somebody, and steps aside.
func leave(c *call) (any, error) {
	to := c.flags.String("to", "", "")
	list := c.flags.Bool("list", false, "")
	if err := c.parseFlags("to"); err != nil {
		return nil, err
	}
	d, err := c.open()
	if err != nil {
		return nil, err
	}
	defer d.Close()
	l, err := d.Leave(c.network(), strings.ToLower(*to), *list)
	c.note(l.Notices)
	showLeaving(c, l, *list)
	if err != nil {
		return l, err
	}
	if len(l.Cases) == 0 {
		fmt.Fprintln(c.out, "You have no case.")
	}
	left := 0
	for _, one := range l.Cases {
		if !one.Done && one.Step != desk.LeaveClosed {
			left++
		}
	}
	switch {
	case *list:
		fmt.Fprintf(c.out, "\nNothing was done yet. To do it: advocate leave -to %s\n", terminal.Visible(l.To))
	case left > 0:
		fmt.Fprintf(c.out, "\n%s still yours. Hand each over to somebody else (advocate handover CASE WHO -leave), or run this again.\n", isThere(left, "case"))
	default:
		fmt.Fprintf(c.out, `
Nothing open is yours any more. Next:
- Run advocate inbox once more, on the day you leave: then your mailbox is empty. Nobody can fetch it after you.
- Tell the keyholders to take you off the roster: keyholder remove -roster ROSTER %s, and sign.
- Your key stays on this machine, for the cases that are here. Delete those (advocate forget CASE) before you are taken
  off, then the folder, backups and recovery sheets. Without you nobody opens what was sealed to you.
`, d.ID())
	}
	return l, nil
}

func showLeaving(c *call, l desk.Leaving, list bool) {
	for _, one := range l.Cases {
		what := map[string]string{
			desk.LeaveHandOver: "handed over to " + l.To,
			desk.LeaveAside:    "you step aside; somebody else is named to the reporter",
			desk.LeaveClosed:   "closed, and others read it: it stays as it is",
			desk.LeaveCannot:   "stays yours: " + one.Reason,
		}[one.Step]
		if !list && !one.Done && (one.Step == desk.LeaveHandOver || one.Step == desk.LeaveAside) {
			what = "not done yet"
		}
		fmt.Fprintf(c.out, "%s  %s\n", one.ID, terminal.Visible(what))
	}
}
