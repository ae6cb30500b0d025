package desk

import (
	"fmt"
	"slices"
	"time"

	"tellbox/dropbox"
)

// Inbox is all cases, the oldest first. Its JSON is the contract's.
type Inbox struct {
	Box        string     `json:"box"` // hex
	Name       string     `json:"name"`
	Cases      []CaseLine `json:"cases"`
	Unreadable int        `json:"unreadable"` // envelopes that do not open, or that nobody vouches for
	Forgotten  int        `json:"forgotten"`  // those of them that belong to cases she has forgotten
	OnTheWay   int        `json:"on_the_way"` // replies of which it is not known that they arrived
	Lost       []Lost     `json:"lost"`       // cases without a report, of which she has something
	Junk       Junk       `json:"junk"`
}

// CaseLine is one case of an Inbox.
type CaseLine struct {
	ID        string   `json:"id"`
	New       bool     `json:"new"` // something came that Read has not shown
	Week      string   `json:"week"`
	Wish      string   `json:"wish"`
	Entries   int      `json:"entries"`
	Files     int      `json:"files"`   // of all entries
	Draft     bool     `json:"draft"`   // of a reply
	Waiting   string   `json:"waiting"` // who is to act: "advocate" or "reporter"
	Readers   []string `json:"readers"`
	Withdrawn bool     `json:"withdrawn"`
	Answered  bool     `json:"answered"` // by any advocate, in words
	Status    string   `json:"status"`   // one of dropbox.Statuses, or "" before anybody said
	Named     string   `json:"named"`    // who is named to the reporter or, if nobody is, wrote to her last: "" if nobody has
	Mine      bool     `json:"mine"`     // that is this desk's advocate
	Closed    bool     `json:"closed"`
	Reopened  bool     `json:"reopened"`
	Left      bool     `json:"left"`   // this desk's advocate stepped aside: nothing of it is shown
	Nobody    bool     `json:"nobody"` // all who read it have left: somebody has to be added
	Team      []string `json:"team"`   // who reads it now
	Clock
	Warnings []string `json:"warnings"`
}

// Case is a case in full. Of one that was taken back it says that, and nothing she wrote.
type Case struct {
	ID        string           `json:"id"`
	Sent      string           `json:"sent"`
	Wish      string           `json:"wish"` // the latest
	About     string           `json:"about"`
	Account   string           `json:"account"`
	Prompts   []dropbox.Prompt `json:"prompts"`
	Readers   []string         `json:"readers"`
	StruckOff []string         `json:"struck_off"`
	Consent   []Consent        `json:"consent"`
	Withdrawn bool             `json:"withdrawn"`
	Left      bool             `json:"left"`     // this desk's advocate stepped aside: likewise
	Answered  bool             `json:"answered"` // by any advocate, in words
	Status    string           `json:"status"`
	Named     string           `json:"named"`
	Mine      bool             `json:"mine"`
	Closed    bool             `json:"closed"`
	Reopened  bool             `json:"reopened"`
	Team      []string         `json:"team"`
	Nobody    bool             `json:"nobody"` // all who read it have left
	Clock
	CanAdd   []string `json:"can_add"`  // ids of the roster
	AddedBy  string   `json:"added_by"` // who added this desk's advocate: the past of this case is what he says
	Entries  []Entry  `json:"entries"`
	Notes    []Note   `json:"notes"` // her own, which nobody else ever gets
	Warnings []string `json:"warnings"`
}

// Entry is one piece of a conversation. Text is hers or a colleague's, as it came: a terminal must not get it raw.
type Entry struct {
	N     int    `json:"n"`
	Kind  string `json:"kind"`
	From  string `json:"from"` // "reporter" or an id
	Day   string `json:"day"`
	Text  string `json:"text"`
	Wish  string `json:"wish,omitempty"` // of a wish
	Files []File `json:"files"`

	Status   string `json:"status,omitempty"` // of a status
	Named    string `json:"named,omitempty"`  // of a status or an added
	Left     bool   `json:"left,omitempty"`   // the sender stepped aside
	Added    string `json:"added,omitempty"`  // who reads it too from then on
	PassedBy string `json:"passed_by,omitempty"`
}

// Consent has a place in the contract and no content yet.
type Consent struct{}

// Inbox folds what is on this disk; it asks no server.
func (d *Desk) Inbox() (Inbox, error) {
	in := Inbox{Cases: []CaseLine{}, Lost: []Lost{}, Junk: Junk{Floods: []Flood{}}}
	if !d.Joined() {
		return in, ErrNotJoined
	}
	in.Box, in.Name = dropbox.BoxID(d.roster.Box).String(), d.roster.Name
	f := d.fold()
	in.Unreadable = len(f.unreadable)
	for _, it := range f.unreadable {
		if d.ofForgotten(it) {
			in.Forgotten++
		}
	}
	in.Junk = f.junk()
	for _, c := range f.listed() {
		in.Cases = append(in.Cases, d.line(c))
	}
	in.Lost = d.lost(f)
	pending, _, err := d.pendings() // of a damaged one Sync speaks
	in.OnTheWay = len(pending)
	return in, err
}

func (d *Desk) line(c *casefile) CaseLine {
	sent, _ := time.Parse(time.DateOnly, c.report.Day) // frames are checked when they are opened
	l := CaseLine{ID: c.id, Week: dropbox.Week(sent), Wish: c.wish, Entries: len(c.entries), Waiting: "reporter", Readers: notNull(c.report.Readers),
		Clock: d.clock(c), Withdrawn: c.withdrawn, Warnings: d.warnings(c),
		Status: c.work.Status, Closed: c.work.Status == dropbox.Closed, Reopened: c.work.Reopened, Left: c.left, Nobody: d.nobody(c), Named: d.contact(c), Team: notNull(c.team())}
	l.Mine = l.Named == d.me.ID
	l.Draft = !c.gone() && d.home.has(d.privateName(drafts, c.id))
	for _, e := range c.entries {
		l.Files += len(e.frame.Files)
	}
	l.New = slices.ContainsFunc(c.items, func(it *item) bool { return it.folder == "mail" && !d.read[it.hash] })
	if c.waits() {
		l.Waiting = "advocate"
	}
	if c.left && !l.Nobody { // what came since is not for her
		l.New = false
	}
	l.Answered = c.acknowledged()
	return l
}

// Read shows a case, by its id or the beginning of it, and marks it as read. Errors: ErrUnknownCase, ErrAmbiguous, ErrShortID.
func (d *Desk) Read(id string) (Case, error) {
	if !d.Joined() {
		return Case{}, ErrNotJoined
	}
	c, err := d.fold().lookup(id)
	if err != nil {
		return Case{}, err
	}
	var seen []string
	for _, it := range c.items {
		seen = append(seen, it.hash)
	}
	v := c.view()
	v.Clock, v.Answered = d.clock(c), c.acknowledged()
	v.Warnings = d.warnings(c)
	if v.Nobody = d.nobody(c); c.left && v.Nobody {
		v.CanAdd = d.addable(c)
	}
	if !c.gone() {
		v.Named = d.contact(c)
	}
	if v.Mine = v.Named == d.me.ID; !c.gone() {
		v.CanAdd = d.addable(c)
		if v.Notes, err = d.notes(c.id); err != nil {
			v.Warnings = append(v.Warnings, fmt.Sprintf("Your notes on this case cannot be shown: %v.", err))
		}
	}
	return v, d.home.addHashes("read", d.read, seen...)
}

func (c *casefile) view() Case {
	v := Case{ID: c.id, Sent: c.report.Day, Prompts: []dropbox.Prompt{}, Readers: notNull(c.report.Readers), StruckOff: notNull(c.report.StruckOff),
		Consent: []Consent{}, Withdrawn: c.withdrawn, Entries: []Entry{}, Notes: []Note{}, Warnings: c.warnings(),
		Left: c.left, Team: notNull(c.team()), Clock: Clock{TurnTo: []string{}}, CanAdd: []string{}}
	if c.gone() {
		return v
	}
	v.Status, v.Closed, v.Reopened, v.Named = c.work.Status, c.work.Status == dropbox.Closed, c.work.Reopened, c.named()
	if len(c.chain) > 0 {
		v.AddedBy = c.chain[len(c.chain)-1]
	}
	v.Wish, v.About, v.Account = c.wish, c.report.About, c.report.Text
	v.Prompts = append(v.Prompts, c.report.Prompt...)
	files := 0
	for i, e := range c.entries {
		shown := Entry{N: i + 1, Kind: e.frame.Kind, From: e.frame.From, Day: e.frame.Day, Text: e.frame.Text, Files: filesOf(e.frame, files),
			Status: e.frame.Status, Named: e.frame.Named, Left: e.frame.Left, Added: e.frame.Added, PassedBy: e.by}
		files += len(shown.Files)
		if e.frame.Kind == dropbox.Wish {
			shown.Wish = e.frame.Wish
		}
		v.Entries = append(v.Entries, shown)
	}
	return v
}

func notNull(s []string) []string { return append([]string{}, s...) }
