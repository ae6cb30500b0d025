package keys

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

const (
	rosterHeader = "tellbox/1 roster"

	maxReaders    = 200
	maxAdvocates  = 8 // what she is shown, and how many envelopes a report becomes
	maxLines      = 20
	maxRetired    = 1000
	maxRosterDays = 60
)

// A Role says what a reader may get.
type Role string

// Advocates and the ombudsperson receive reports; investigators and adjudicators see only consented exports.
const (
	Advocate     Role = "advocate"
	Ombudsperson Role = "ombudsperson"
	Investigator Role = "investigator"
	Adjudicator  Role = "adjudicator"
)

// Receives says whether reports are sent to readers of this role.
func (r Role) Receives() bool { return r == Advocate || r == Ombudsperson }

// ParseRole refuses all but the four roles, as ErrFormat.
func ParseRole(s string) (Role, error) {
	switch r := Role(s); r {
	case Advocate, Ombudsperson, Investigator, Adjudicator:
		return r, nil
	}
	return "", fmt.Errorf("%w: a role is advocate, ombudsperson, investigator or adjudicator", ErrFormat)
}

// A Reader is a person of the roster: what stood on her card, and what the keyholders say of her.
type Reader struct {
	Card
	Role      Role
	Statement string // may be empty: "sits on no party committee"
	Languages string // those this person reads, each as its speakers name it: "English, Cymraeg"; "" if it is not known
}

// A Roster says who reads the reports of a box, and what helps without a report. It is the text
//
//	tellbox/1 roster
//	box <64 hex digits>
//	name Tellbox at Somewhere
//	generation 1                which set of keyholders signs it
//	version 3                   from 1; rises with every change
//	issued 2026-11-20
//	expires 2027-01-15          valid through the end of that day, UTC; at most 60 days after issued
//	line Samaritans|116 123|daily 00:00-24:00|Europe/London
//	retired bob                 ids that nobody may bear again
//	reader alice                then one block for each reader
//	role advocate
//	name Alice Smith
//	org Rape Crisis Somewhere
//	statement sits on no party committee
//	languages English, Cymraeg  1 to 8, joined by ", "
//	recipient age1pq1…
//	signin <64 hex digits>
//
// followed by note signatures of the keyholders. Any number of line (at most 20), retired (1,000) and reader (200, of
// them 8 advocates and one ombudsperson), in any order within their kind; statement and languages may be
// missing. The whole is at most 1 MiB.
type Roster struct {
	Box        [32]byte
	Name       string
	Generation int
	Version    int
	Issued     time.Time // midnight UTC
	Expires    time.Time // midnight UTC at the start of the last valid day
	Lines      []SupportLine
	Retired    []string
	Readers    []Reader
	SignedBy   []string // names of the keyholders whose signatures OpenRoster verified, in the keyholders file's order

	signed []byte
}

// ParseRoster reads a roster and does not check who signed it: it is for keyholders, who are about to. All others use
// OpenRoster. Failures are ErrFormat, with ErrReusedID where an id is both a reader's and retired.
func ParseRoster(signed []byte) (*Roster, error) {
	n, err := splitNote(signed)
	if err != nil {
		return nil, fmt.Errorf("parsing roster: %w", err)
	}
	l := readLines(n.Text, rosterHeader)
	r := &Roster{
		Box:        l.hex32("box"),
		Name:       l.take("name"),
		Generation: l.number("generation"),
		Version:    l.number("version"),
		Issued:     l.day("issued"),
		Expires:    l.day("expires"),
		signed:     bytes.Clone(signed),
	}
	for l.next("line") && len(r.Lines) <= maxLines {
		s, err := ParseSupportLine(l.take("line"))
		if err != nil {
			l.fail("%v", err)
		}
		r.Lines = append(r.Lines, s)
	}
	for l.next("retired") && len(r.Retired) <= maxRetired {
		r.Retired = append(r.Retired, l.take("retired"))
	}
	for l.next("reader") && len(r.Readers) <= maxReaders {
		r.Readers = append(r.Readers, readReader(l))
	}
	if err := l.finish(); err != nil {
		return nil, fmt.Errorf("parsing roster: %w", err)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("parsing roster: %w", err)
	}
	if err := same(n.Text, r.Text()); err != nil {
		return nil, fmt.Errorf("parsing roster: %w", err)
	}
	return r, nil
}

func readReader(l *lineReader) Reader {
	r := Reader{Card: Card{ID: l.take("reader")}, Role: Role(l.take("role"))}
	r.Name, r.Org = l.take("name"), l.take("org")
	if l.next("statement") {
		r.Statement = l.take("statement")
		if r.Statement == "" {
			l.fail("an empty statement is left out")
		}
	}
	if l.next("languages") {
		r.Languages = l.take("languages")
		if r.Languages == "" {
			l.fail("languages that are not known are left out")
		}
	}
	r.readKeys(l)
	return r
}

// check holds all rules that are not about spelling. Parsed and newly made rosters pass it alike.
func (r *Roster) check() error {
	if err := checkText("the box's name", r.Name); err != nil {
		return err
	}
	if r.Generation < 1 || r.Generation > maxNumber || r.Version < 1 || r.Version > maxNumber {
		return fmt.Errorf("%w: generations and versions count from 1", ErrFormat)
	}
	if r.Expires.Before(r.Issued) {
		return fmt.Errorf("%w: it expires before it is issued", ErrFormat)
	}
	if last := LastExpiry(r.Issued); r.Expires.After(last) {
		return fmt.Errorf("%w: it expires more than %d days after it is issued; the last possible day is %s",
			ErrFormat, maxRosterDays, last.Format(day))
	}
	if len(r.Lines) > maxLines || len(r.Retired) > maxRetired || len(r.Readers) > maxReaders {
		return fmt.Errorf("%w: more than %d support lines, %d retired ids or %d readers",
			ErrFormat, maxLines, maxRetired, maxReaders)
	}
	for _, s := range r.Lines {
		if err := s.check(); err != nil {
			return err
		}
	}
	return r.checkPeople()
}

// checkPeople refuses whatever would let two readers be taken for one another.
func (r *Roster) checkPeople() error {
	ids, recipients, signins := make(map[string]bool), make(map[string]bool), make(map[string]bool)
	retired := make(map[string]bool)
	for _, id := range r.Retired {
		if err := checkID(id); err != nil {
			return err
		}
		if retired[id] {
			return fmt.Errorf("%w: %s is retired twice", ErrFormat, id)
		}
		retired[id] = true
	}
	count := make(map[Role]int)
	for _, p := range r.Readers {
		if err := p.check(); err != nil {
			return err
		}
		if retired[p.ID] {
			return fmt.Errorf("%w: %w: %s", ErrFormat, ErrReusedID, p.ID)
		}
		if ids[p.ID] {
			return fmt.Errorf("%w: two readers have the id %s", ErrFormat, p.ID)
		}
		if recipients[p.RecipientText] {
			return fmt.Errorf("%w: %s has another reader's recipient", ErrFormat, p.ID)
		}
		if signins[string(p.Signin)] {
			return fmt.Errorf("%w: %s has another reader's sign-in key", ErrFormat, p.ID)
		}
		ids[p.ID], recipients[p.RecipientText], signins[string(p.Signin)] = true, true, true
		count[p.Role]++
	}
	if count[Advocate] > maxAdvocates || count[Ombudsperson] > 1 {
		return fmt.Errorf("%w: more than %d advocates, or more than one ombudsperson", ErrFormat, maxAdvocates)
	}
	return nil
}

func (r *Reader) check() error {
	if err := r.Card.check(); err != nil {
		return err
	}
	if _, err := ParseRole(string(r.Role)); err != nil {
		return err
	}
	if r.Statement != "" {
		if err := checkText("a reader's statement", r.Statement); err != nil {
			return err
		}
	}
	return checkLanguages(r.Languages)
}

// Text is the text that signatures are made over.
func (r *Roster) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nbox %x\nname %s\ngeneration %d\nversion %d\n", rosterHeader, r.Box, r.Name, r.Generation, r.Version)
	fmt.Fprintf(&b, "issued %s\nexpires %s\n", r.Issued.Format(day), r.Expires.Format(day))
	for _, s := range r.Lines {
		fmt.Fprintf(&b, "line %s\n", s)
	}
	for _, id := range r.Retired {
		fmt.Fprintf(&b, "retired %s\n", id)
	}
	for _, p := range r.Readers {
		fmt.Fprintf(&b, "reader %s\nrole %s\nname %s\norg %s\n", p.ID, p.Role, p.Name, p.Org)
		if p.Statement != "" {
			fmt.Fprintf(&b, "statement %s\n", p.Statement)
		}
		if p.Languages != "" {
			fmt.Fprintf(&b, "languages %s\n", p.Languages)
		}
		b.WriteString(p.keysText())
	}
	return b.String()
}

// Bytes is the text with its signatures, as it came: what is stored and served.
func (r *Roster) Bytes() []byte { return bytes.Clone(r.signed) }
