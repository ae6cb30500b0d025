package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
	"tellbox/dropbox/terminal"
	"tellbox/keys"
)

func showJoined(w io.Writer, r *keys.Roster, id string) {
	fmt.Fprintf(w, "This desk now belongs to %s.\nIts roster is vouched for by %s, until %s.\n\nReports are read by\n",
		terminal.Visible(r.Name), terminal.Visible(strings.Join(r.SignedBy, ", ")), r.Expires.Format("2006-01-02"))
	for _, p := range r.Receivers() {
		you := ""
		if p.ID == id {
			you = " (you)"
		}
		fmt.Fprintf(w, "  %s%s: %s, %s\n", p.ID, you, terminal.Visible(p.Name), terminal.Visible(p.Org))
	}
	fmt.Fprint(w, "\nNext: advocate inbox\n")
}

// showInbox lists cases, which may be some out of all.
func showInbox(w io.Writer, in desk.Inbox, all int, current bool) {
	as := ""
	if !current {
		as = ", as last fetched"
	}
	of := ""
	if len(in.Cases) < all {
		of = fmt.Sprintf(" of %d", all)
	}
	fmt.Fprintf(w, "%s: %s%s%s\n", terminal.Visible(in.Name), number(len(in.Cases), "case"), of, as)
	for _, l := range in.Cases {
		showLine(w, l)
	}
	if in.Unreadable > 0 {
		fmt.Fprintf(w, "\n%s could not be opened, or nobody vouches for it. It stays on the server; advocate inbox -again fetches it anew.\n",
			number(in.Unreadable, "piece")+" of mail")
		if in.Forgotten > 0 {
			fmt.Fprintf(w, "%s of it belongs to cases that you have deleted: the reporter has written once more.\n", number(in.Forgotten, "piece"))
		}
		fmt.Fprint(w, "If it stays, ask your colleagues whether they have it too. advocate forget -unreadable deletes it.\n")
	}
	showInboxJunk(w, in.Junk)
	showLost(w, in.Lost)
	if in.OnTheWay > 0 {
		fmt.Fprintf(w, "\nOf %s it is not known whether it arrived. It is sent again with the next inbox.\n", number(in.OnTheWay, "reply"))
	}
}

// showLost names cases that are none any more.
func showLost(w io.Writer, lost []desk.Lost) {
	if len(lost) == 0 {
		return
	}
	fmt.Fprintf(w, "\nOf %s the report cannot be opened any more: the disk has lost it, or somebody exchanged it. What you have of it is still here:\n", number(len(lost), "case"))
	for _, l := range lost {
		var what []string
		if l.Replies > 0 {
			what = append(what, number(l.Replies, "reply")+" of yours")
		}
		for name, there := range map[string]bool{"your notes": l.Notes, "your draft": l.Draft, "a reply on its way": l.OnTheWay} {
			if there {
				what = append(what, name)
			}
		}
		slices.Sort(what)
		if l.Saved > 0 {
			what = append(what, number(l.Saved, "saved file"))
		}
		fmt.Fprintf(w, "     %s: %s\n", l.ID, strings.Join(what, ", "))
	}
	fmt.Fprint(w, "advocate inbox -again brings a report back that the server still has, and so may a backup. advocate forget CASE deletes what is left.\n")
}

func showLine(w io.Writer, l desk.CaseLine) {
	fresh := "     "
	if l.New {
		fresh = "NEW  "
	}
	fmt.Fprintf(w, "\n%s%s   sent in week %s\n", fresh, l.ID, l.Week)
	if l.Withdrawn {
		fmt.Fprintf(w, "     The reporter took this back. Please delete it: advocate forget %s\n", l.ID)
		return
	}
	if l.Left {
		fmt.Fprint(w, "     You stepped aside.")
		if !l.Nobody {
			fmt.Fprintf(w, " Please delete it: advocate forget %s", l.ID)
		}
		fmt.Fprintln(w)
		showWarnings(w, l.Warnings)
		return
	}
	waiting := "waiting for the reporter"
	if l.Waiting == "advocate" {
		waiting = "waiting for an advocate"
	}
	with := ""
	if l.Files > 0 {
		with = " with " + number(l.Files, "file")
	}
	fmt.Fprintf(w, "     %s%s; %s\n     %s", number(l.Entries, "entry"), with, waiting, "The reporter "+desk.Wishes[l.Wish]+".\n")
	showClock(w, "     ", l.ID, l.Clock, l.Answered)
	fmt.Fprintf(w, "     %s; %s. Read by %s.\n", capital(standing(l.Status)), contact(l.Named, l.Mine), strings.Join(l.Team, ", "))
	if l.Reopened {
		fmt.Fprint(w, "     The reporter has opened it again.\n")
	}
	if l.Draft {
		fmt.Fprintf(w, "     You have a draft of a reply: advocate draft %s\n", l.ID)
	}
	showWarnings(w, l.Warnings)
}

func showWarnings(w io.Writer, warnings []string) {
	for _, warning := range warnings {
		fmt.Fprintf(w, "     Note: %s\n", terminal.Visible(warning))
	}
}

// showClock says what is due when, what is late, and whom to turn to then.
func showClock(w io.Writer, indent, id string, k desk.Clock, acknowledged bool) {
	var due []string
	if !acknowledged {
		due = append(due, "acknowledge by "+k.AcknowledgeBy+overdue(k.AcknowledgeBy))
	}
	if k.FullAnswer == "" {
		due = append(due, "full answer by "+k.AnswerBy+overdue(k.AnswerBy))
	} else {
		due = append(due, "full answer on "+k.FullAnswer)
	}
	fmt.Fprintf(w, "%s%s.\n", indent, capital(strings.Join(due, ", ")))
	if k.Remind && !k.Overdue {
		fmt.Fprintf(w, "%s60 days have gone by without a full answer. Once there is one: advocate status %s answered\n", indent, id)
	}
	switch {
	case k.Overdue && len(k.TurnTo) > 0:
		fmt.Fprintf(w, "%sIf you cannot keep up with it, turn to %s.\n", indent, terminal.Visible(strings.Join(k.TurnTo, ", ")))
	case k.Overdue:
		fmt.Fprintf(w, "%sThere is nobody else in the roster to turn to.\n", indent)
	}
}

// overdue marks a day that is over.
func overdue(day string) string {
	if dropbox.Today(time.Now()) > day {
		return " (OVERDUE)"
	}
	return ""
}

func showCase(w io.Writer, v desk.Case) {
	fmt.Fprintf(w, "Case %s, sent on %s\n", v.ID, v.Sent)
	for _, warning := range v.Warnings {
		fmt.Fprintf(w, "Note: %s\n", terminal.Visible(warning))
	}
	if v.Withdrawn {
		fmt.Fprintf(w, "\nThe reporter took this back. Nothing of it is shown any more, and nobody can reply.\nPlease delete it: advocate forget %s\nFiles of it that you saved elsewhere, please delete yourself.\n", v.ID)
		return
	}
	if v.Left {
		fmt.Fprint(w, "\nYou stepped aside. Nothing of it is shown any more.\n")
		if !v.Nobody {
			fmt.Fprintf(w, "Your colleagues go on. Please delete it: advocate forget %s\nFiles of it that you saved elsewhere, please delete yourself.\n", v.ID)
		}
		return
	}
	fmt.Fprintf(w, "The reporter %s. %s\n", desk.Wishes[v.Wish], cmp.Or(desk.Abouts[v.About], "Whom it happened to is not said."))
	fmt.Fprintf(w, "%s; %s.", capital(standing(v.Status)), contact(v.Named, v.Mine))
	if v.Reopened {
		fmt.Fprint(w, " The reporter has opened it again.")
	}
	fmt.Fprintf(w, "\nRead by %s.", strings.Join(v.Team, ", "))
	if len(v.StruckOff) > 0 {
		fmt.Fprintf(w, " The reporter does not want this read by %s.", strings.Join(v.StruckOff, ", "))
	}
	fmt.Fprintln(w)
	showClock(w, "", v.ID, v.Clock, v.Answered)
	if v.AddedBy != "" {
		fmt.Fprintf(w, "%s added you. What came before that is as %s passed it on.\n", v.AddedBy, v.AddedBy)
	}
	files := false
	for _, e := range v.Entries {
		showEntry(w, e, v.Prompts)
		files = files || len(e.Files) > 0
	}
	if len(v.Notes) > 0 {
		fmt.Fprint(w, "\nYour notes. They are private: nobody is ever sent them.\n")
		showNotes(w, v.Notes)
	}
	fmt.Fprintf(w, "\nTo answer: advocate reply %s\n", v.ID)
	if files {
		fmt.Fprintf(w, "To see more of the files: advocate files %s\n", v.ID)
	}
}

func showEntry(w io.Writer, e desk.Entry, prompts []dropbox.Prompt) {
	from, kind := e.From, e.Kind
	if from == dropbox.FromReporter {
		from = "the reporter"
	}
	if e.PassedBy != "" {
		from += ", passed on by " + e.PassedBy
	}
	if kind == dropbox.Note { // her own notes stand below, and are another thing
		kind = "note between colleagues"
	}
	fmt.Fprintf(w, "\n%d. %s from %s, %s\n\n", e.N, kind, from, e.Day)
	if e.Kind == dropbox.Wish {
		fmt.Fprintf(w, "    Now the reporter %s.\n", desk.Wishes[e.Wish])
		return
	}
	for _, line := range decided(e) {
		fmt.Fprintf(w, "    %s\n", line)
	}
	if e.Text != "" {
		terminal.ShowText(w, e.Text, terminal.TextWidth)
	}
	for _, f := range e.Files {
		fmt.Fprintf(w, "  File %d: %s (%s)\n", f.N, terminal.Visible(f.Name), described(f))
	}
	if e.N == 1 {
		for _, p := range prompts {
			fmt.Fprintf(w, "\n  Asked %q, the reporter said\n\n", p.ID)
			terminal.ShowText(w, p.Text, terminal.TextWidth)
		}
	}
}

func number(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if stem, ok := strings.CutSuffix(what, "y"); ok {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, what)
}
