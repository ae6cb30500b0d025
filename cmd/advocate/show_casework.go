package main

import (
	"cmp"
	"fmt"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
)

// standing is how a case stands.
func standing(status string) string {
	return cmp.Or(desk.Statuses[status], "nothing has been said of how it stands")
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func contact(named string, mine bool) string {
	switch {
	case mine:
		return "you are named to the reporter"
	case named != "":
		return named + " is named to the reporter"
	}
	return "nobody is named to the reporter"
}

// decided says what a step of casework decides.
func decided(e desk.Entry) (lines []string) {
	if e.Kind == dropbox.Note {
		lines = append(lines, "Between colleagues; the reporter does not see it.")
	}
	if e.Status != "" {
		lines = append(lines, fmt.Sprintf("The case is %s.", desk.Statuses[e.Status]))
	}
	if e.Added != "" {
		lines = append(lines, fmt.Sprintf("%s reads it, too.", e.Added))
	}
	if e.Named != "" {
		lines = append(lines, fmt.Sprintf("%s is named to the reporter.", e.Named))
	}
	if e.Left {
		lines = append(lines, fmt.Sprintf("%s stepped aside.", e.From))
	}
	return lines
}
