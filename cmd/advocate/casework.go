package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
)

// A step is what the verbs of casework have in common: a case, whom it is about, and words for the reporter or for colleagues.
type step struct {
	id, who string
	text    text
	note    bool // the words are for colleagues alone
	d       *desk.Desk
	c       *call
}

// step parses the line, opens the desk, and reads the words: of file, or what is typed if invitation is not empty. Whoever is done closes the desk.
// With words what stands behind the case has to be one of them.
func (c *call) step(who, invitation string, words ...string) (*step, error) {
	return c.steps(who, invitation, false, words...)
}

func (c *call) steps(who, invitation string, note bool, words ...string) (*step, error) {
	file := c.flags.String("text-file", "", "")
	rest, err := c.parseMany()
	want := 1
	if who != "" {
		want = 2
	}
	switch {
	case err != nil:
		return nil, err
	case len(rest) == 0:
		return nil, usage("say which case")
	case len(rest) < want:
		return nil, usage("say %s", who)
	case len(rest) > want:
		return nil, usage("unexpected argument %q", rest[want])
	}
	s := &step{id: rest[0], note: note, c: c}
	if want == 2 {
		s.who = strings.ToLower(rest[1])
	}
	if len(words) > 0 && !slices.Contains(words, s.who) {
		return nil, usage("say %s; advocate close CASE closes it", who)
	}
	if s.d, err = c.open(); err != nil {
		return nil, err
	}
	draft, err := s.d.Draft(s.id)                  // before she types for nothing
	if errors.Is(err, desk.ErrLeft) && want == 2 { // of what nobody reads any more she can still say who is to
		err = nil
	}
	if s.id = draft.ID; err == nil && (*file != "" || invitation != "") {
		if *file == "" {
			*file = "-"
		}
		if s.text, err = c.text(*file, invitation); err != nil {
			err = s.unsent(err)
		}
	}
	if err != nil {
		s.d.Close()
		return nil, err
	}
	return s, nil
}

// unsent keeps what she typed and could not be sent: as her draft, but never so what the reporter must not see.
func (s *step) unsent(err error) error {
	if !s.note {
		return s.c.unsent(s.d, s.id, s.text, err)
	}
	if s.text.typed && strings.TrimSpace(s.text.said) != "" && (!errors.Is(err, desk.ErrUndelivered) || errors.Is(err, desk.ErrEarlier)) {
		if _, e := s.d.AddNote(s.id, s.text.said); e != nil {
			s.c.note([]string{fmt.Sprintf("What you wrote could not be kept: %v. Please copy it from above.", e)})
		} else {
			s.c.note([]string{fmt.Sprintf("What you wrote is kept among your own notes, which nobody is sent: advocate note %s -list shows them.", s.id)})
		}
	}
	return err
}

// done says what became of it. What she typed and could not be sent is kept.
func (s *step) done(done desk.Replied, err error, said string, args ...any) (any, error) {
	defer s.d.Close()
	s.c.note(done.Notices)
	if err != nil {
		return nil, s.unsent(err)
	}
	fmt.Fprintf(s.c.out, said+"\n", args...)
	return done, nil
}

func (s *step) do(a desk.Action, said string, args ...any) (any, error) {
	a.Text = s.text.said
	done, err := s.d.Do(s.c.network(), s.id, a)
	return s.done(done, err, said, args...)
}

func assign(c *call) (any, error) {
	s, err := c.step("who is to be named to the reporter", "")
	if err != nil {
		return nil, err
	}
	return s.do(desk.Action{Named: s.who}, "%s is named to the reporter in case %s from now on.", s.who, s.id)
}

func handover(c *call) (any, error) {
	leave := c.flags.Bool("leave", false, "")
	s, err := c.step("who is to take the case over", "")
	if err != nil {
		return nil, err
	}
	done, err := s.d.HandOver(c.network(), s.id, s.who, s.text.said, *leave)
	left := ""
	if *leave {
		left = "\nYou stepped aside. Delete what is here: advocate forget " + s.id
	}
	return s.done(done, err, "Case %s is handed over to %s, and the reporter is told.%s", s.id, s.who, left)
}

func aside(c *call) (any, error) {
	s, err := c.step("", "")
	if err != nil {
		return nil, err
	}
	return s.do(desk.Action{Leave: true}, "You stepped aside from case %s, and the reporter is told. Nothing of it is shown here any more.\nDelete what is here: advocate forget %s", s.id, s.id)
}

func add(c *call) (any, error) {
	s, err := c.step("who is to read the case, too", "")
	if err != nil {
		return nil, err
	}
	return s.do(desk.Action{Add: s.who}, "%s has all of case %s now, and the reporter is told.", s.who, s.id)
}

func status(c *call) (any, error) {
	words := open(dropbox.Statuses)
	s, err := c.step("how the case stands: "+strings.Join(words, ", "), "", words...)
	if err != nil {
		return nil, err
	}
	return s.do(desk.Action{Status: s.who}, "The reporter is told that case %s is %s.", s.id, desk.Statuses[s.who])
}

// open are the statuses but that of a closed case.
func open(statuses []string) []string {
	return slices.DeleteFunc(slices.Clone(statuses), func(s string) bool { return s == dropbox.Closed })
}

func closeCase(c *call) (any, error) {
	s, err := c.step("", "Write the reason, which the reporter will read. End it with Ctrl-D on a line of its own; Ctrl-C closes nothing.")
	if err != nil {
		return nil, err
	}
	return s.do(desk.Action{Status: dropbox.Closed}, "Case %s is closed. The reporter reads why, and opens it again by writing.", s.id)
}

func tell(c *call) (any, error) {
	s, err := c.steps("", "Write to your colleagues on this case; the reporter does not see it. End it with Ctrl-D on a line of its own; Ctrl-C sends nothing.", true)
	if err != nil {
		return nil, err
	}
	return s.do(desk.Action{Note: true}, "Your colleagues on case %s have it with their next inbox. The reporter does not see it.", s.id)
}
