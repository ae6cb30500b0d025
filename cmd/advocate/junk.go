package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"tellbox/dropbox/desk"
	"tellbox/dropbox/terminal"
)

// junk puts cases aside, shows what is kept apart, takes it back, or deletes it.
func junk(c *call) (any, error) {
	list := c.flags.Bool("list", false, "")
	keep := c.flags.Bool("keep", false, "")
	remove := c.flags.Bool("remove", false, "")
	yes := c.flags.Bool("yes", false, "")
	chosen := map[string]*bool{}
	for _, heap := range desk.Heaps {
		chosen[heap] = c.flags.Bool(heap, false, "")
	}
	ids, err := c.parseMany()
	if err != nil {
		return nil, err
	}
	heaps := slices.DeleteFunc(slices.Clone(desk.Heaps), func(heap string) bool { return !*chosen[heap] })
	switch {
	case *list && *keep || *list && *remove || *keep && *remove:
		return nil, usage("-list, -keep and -remove go one at a time")
	case !*remove && (len(heaps) > 0 || *yes):
		return nil, usage("-yes, -%s go with -remove", strings.Join(desk.Heaps, ", -"))
	case (*list || *remove) && len(ids) > 0:
		return nil, usage("-list and -remove take no case")
	case !*list && !*remove && len(ids) == 0:
		return nil, usage("say which cases, or -list")
	}
	if len(heaps) == 0 {
		heaps = desk.Heaps
	}
	d, err := c.open()
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if *remove {
		return c.removeJunk(d, heaps, *yes)
	}
	apart, err := d.Junk()
	switch {
	case *keep:
		apart, err = d.Keep(ids)
	case !*list:
		apart, err = d.SetAside(ids)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case *list:
		showJunk(c.out, apart)
	case *keep:
		fmt.Fprintf(c.out, "%s in your inbox, and not taken for junk again.\n", isThere(len(ids), "case"))
	default:
		fmt.Fprintf(c.out, "%s kept apart as junk. If anything comes to it, it is in your inbox again. advocate junk -keep CASE brings it back.\n", isThere(len(ids), "case"))
	}
	return apart, nil
}

func isThere(n int, what string) string {
	if n == 1 {
		return number(n, what) + " is"
	}
	return number(n, what) + " are"
}

func (c *call) removeJunk(d *desk.Desk, heaps []string, yes bool) (any, error) {
	apart, err := d.Junk()
	if err != nil {
		return nil, err
	}
	n := map[string]int{desk.Unreadable: apart.Unreadable, desk.Duplicates: len(apart.Duplicates), desk.Aside: len(apart.Aside)}
	for _, flood := range apart.Floods {
		n[desk.Floods] += flood.Reports
	}
	var what []string
	for _, heap := range heaps {
		if n[heap] > 0 {
			what = append(what, number(n[heap], junkNames[heap]))
		}
	}
	if len(what) > 0 && !yes {
		if !c.asks() {
			return nil, &terminal.Failure{Code: terminal.Refused, Token: "not-confirmed", Hint: "advocate junk -list shows it; -yes deletes it without asking", Err: errors.New("nothing was deleted")}
		}
		sure, err := c.agrees("This deletes for good, here and in your mailbox:\n\n  " + strings.Join(what, "\n  ") + "\n\nDelete it?")
		if err == nil && !sure {
			err = &terminal.Failure{Code: terminal.Refused, Token: "not-confirmed", Err: errors.New("nothing was deleted")}
		}
		if err != nil {
			return nil, err
		}
	}
	gone, err := d.RemoveJunk(c.network(), heaps...)
	c.note(gone.Notices)
	if err != nil {
		return gone, err
	}
	fmt.Fprintf(c.out, "Deleted, here and in your mailbox: %s, %s, %s, %s.\n", number(gone.Floods, junkNames[desk.Floods]), number(gone.Aside, junkNames[desk.Aside]),
		number(gone.Duplicates, junkNames[desk.Duplicates]), number(gone.Unreadable, junkNames[desk.Unreadable]))
	return gone, nil
}

// junkNames are one of each heap, so that number makes them many.
var junkNames = map[string]string{
	desk.Unreadable: "unreadable piece", desk.Duplicates: "duplicate", desk.Floods: "flood report", desk.Aside: "set-aside case",
}

func showJunk(w io.Writer, list desk.JunkList) {
	for _, flood := range list.Floods {
		fmt.Fprintf(w, "%s exactly the same as case %s, which stays:\n", map[bool]string{true: "1 report says", false: fmt.Sprintf("%d reports say", flood.Reports)}[flood.Reports == 1], flood.Case)
		showApart(w, flood.Apart)
	}
	if len(list.Aside) > 0 {
		fmt.Fprint(w, "Put aside by you:\n")
		showApart(w, list.Aside)
	}
	if len(list.Duplicates) > 0 {
		fmt.Fprint(w, "Further reports for a case that is here. Nobody vouches for them; the first report is the case:\n")
		showApart(w, list.Duplicates)
	}
	fmt.Fprintf(w, "Mail that could not be opened, or that nobody vouches for: %d.\n\n", list.Unreadable)
	fmt.Fprint(w, "To read one: advocate read CASE. To bring it back: advocate junk -keep CASE. To delete all of it: advocate junk -remove.\n")
}

func showApart(w io.Writer, apart []desk.Apart) {
	for _, a := range apart {
		fmt.Fprintf(w, "     %s   week %s   %s\n", a.ID, a.Week, terminal.Visible(a.Begins))
	}
	fmt.Fprintln(w)
}

// showInboxJunk says in the inbox what it does not list.
func showInboxJunk(w io.Writer, j desk.Junk) {
	if j.Aside+j.Duplicates+len(j.Floods) == 0 {
		return
	}
	fmt.Fprint(w, "\nKept apart as junk, and not among the cases. advocate junk -list shows it, advocate junk -remove deletes it.\n")
	for _, flood := range j.Floods {
		fmt.Fprintf(w, "     %s with the very words of case %s, from %s\n", number(flood.Reports, "report"), flood.Case, strings.Join(flood.Weeks, ", "))
	}
	if j.Aside > 0 {
		fmt.Fprintf(w, "     %s that you put aside\n", number(j.Aside, "case"))
	}
	if j.Duplicates > 0 {
		fmt.Fprintf(w, "     %s for a case that is here\n", number(j.Duplicates, "further report"))
	}
}
