package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/keys"
)

// Callers branch on these as well.
var (
	ErrLeft        = errors.New("you stepped aside from this case")
	ErrNobodyElse  = errors.New("nobody else reads this case")
	ErrNotReader   = errors.New("this person does not read the case")
	ErrReadsIt     = errors.New("this person reads the case already")
	ErrHasLeft     = errors.New("this person stepped aside from this case, which is final")
	ErrStruckOff   = errors.New("the reporter does not want this person to read it")
	ErrNoSuchRole  = errors.New("the roster has nobody of that name who reads reports")
	ErrNoReason    = errors.New("a case is closed with a reason, which the reporter is told")
	ErrNothingToDo = errors.New("there is nothing in this to do")
	ErrHasWritten  = errors.New("the reporter has written meanwhile")
)

// maxGreeting is how many code points can be told to her with adding somebody: the case itself has to go into the same frame.
const maxGreeting = 10_000

// Action is one step of casework. The reporter sees it, and every reader's desk; a Note alone stays between readers. One of Status, Named,
// Leave, Add and Note has to be set; Named goes with Status, Leave or Add, Status with Leave.
type Action struct {
	Status string // one of dropbox.Statuses
	Named  string // the id of the reader who is named to her from now on; of the one that Add adds, too
	Add    string // the id of somebody of the roster who is to read it too
	Leave  bool   // this reader steps aside, for good
	Text   string // what she is told with it; the reason, if Status is closed
	Note   bool   // Text is for colleagues alone
}

// Do carries out a step, as ReplyWith sends a reply: kept until it is known to be stored, and once however often it has to be sent. Errors
// beyond those: ErrLeft, ErrNobodyElse (no other reader of the roster is left to read it), ErrNotReader, ErrReadsIt, ErrHasLeft, ErrStruckOff, ErrNoSuchRole,
// ErrNoReason, ErrNothingToDo, ErrHasWritten (on closing: what she wrote is here now, to be read first).
func (d *Desk) Do(ctx context.Context, id string, a Action) (Replied, error) {
	what, err := a.frame()
	if err != nil {
		return Replied{ID: id, Notices: []string{}}, err
	}
	done, err := d.send(ctx, id, what, nil, client.Transfer{}, func(c *casefile) error { return d.may(c, what) })
	if err != nil {
		return done, err
	}
	if what.Added != "" {
		done.Notices = append(done.Notices, d.passRest(ctx, done.ID, what.Added)...)
	}
	if what.Left {
		done.Notices = append(done.Notices, d.passLast(ctx, done.ID)...)
		done.Notices = append(done.Notices, d.dropGone()...)
	}
	return done, nil
}

// HandOver names somebody else to the reporter, and lets him read the case if he does not; leave steps aside after that. Stopped in between it
// can be called again. Errors are those of Do.
func (d *Desk) HandOver(ctx context.Context, id, who, text string, leave bool) (Replied, error) {
	c, err := d.writable(id)
	if err != nil {
		return Replied{ID: id, Notices: []string{}}, err
	}
	done, said := Replied{ID: c.id, Notices: []string{}}, text
	if c.named() != who || !leave || !d.receives(who) {
		a := Action{Named: who, Text: text}
		if !slices.Contains(c.team(), who) {
			a.Add = who
		}
		if done, err = d.Do(ctx, c.id, a); err != nil || !leave {
			return done, err
		}
		said = ""
	}
	next, err := d.Do(ctx, c.id, Action{Leave: true, Text: said})
	next.Notices = append(done.Notices, next.Notices...)
	return next, err
}

// passLast sends those whom this reader has added what came until he left: he will be told to forget the case, and nobody else has that.
func (d *Desk) passLast(ctx context.Context, id string) (notices []string) {
	c, err := d.live(id)
	if err != nil {
		return nil
	}
	for _, who := range c.added(d.me.ID) {
		notices = append(notices, d.passRest(ctx, id, who)...)
	}
	return notices
}

// passRest sends somebody just added what did not fit; what cannot be sent now the next Sync sends.
func (d *Desk) passRest(ctx context.Context, id, who string) []string {
	box, err := d.mailbox()
	if err == nil {
		err = d.passTo(ctx, box, id, who)
	}
	if err != nil {
		return []string{"Not all of the case could be passed on yet. It goes with your next fetching of mail."}
	}
	return nil
}

// frame is what says so.
func (a Action) frame() (dropbox.Frame, error) {
	f := dropbox.Frame{Text: asReply(a.Text)}
	if strings.TrimSpace(f.Text) == "" {
		f.Text = ""
	}
	decides := a.Status != "" || a.Named != "" || a.Leave || a.Add != ""
	switch {
	case a.Note == decides, a.Add != "" && (a.Leave || a.Status != ""), a.Status != "" && !slices.Contains(dropbox.Statuses, a.Status):
		return f, ErrNothingToDo
	case a.Note && f.Text == "":
		return f, ErrEmptyText
	case a.Status == dropbox.Closed && f.Text == "":
		return f, ErrNoReason
	case utf8.RuneCountInString(f.Text) > dropbox.MaxText, a.Add != "" && utf8.RuneCountInString(f.Text) > maxGreeting:
		return f, dropbox.ErrTooLong
	case dropbox.ContainsCode(f.Text):
		return f, ErrCodeInText
	case a.Note:
		f.Kind = dropbox.Note
	case a.Add != "":
		f.Kind, f.Added, f.Named = dropbox.Added, a.Add, a.Named
	default:
		f.Kind, f.Status, f.Named, f.Left = dropbox.Status, a.Status, a.Named, a.Leave
	}
	return f, nil
}

// may says whether a step can be taken in a case as it is now.
func (d *Desk) may(c *casefile, f dropbox.Frame) error {
	team := c.team()
	others := slices.ContainsFunc(team, func(id string) bool { return id != d.me.ID && d.receives(id) })
	switch {
	case f.Named != "" && f.Named != f.Added && (!slices.Contains(team, f.Named) || !d.receives(f.Named)):
		return ErrNotReader
	case f.Left && f.Named == d.me.ID:
		return ErrNothingToDo
	case (f.Left || f.Kind == dropbox.Note) && !others:
		return ErrNobodyElse
	case f.Added != "":
		return d.canAdd(c, f.Added)
	}
	return nil
}

// canAdd says why somebody cannot be added.
func (d *Desk) canAdd(c *casefile, id string) error {
	switch {
	case slices.Contains(c.report.StruckOff, id), slices.Contains(c.struck, id):
		return ErrStruckOff
	case slices.Contains(c.work.Left, id):
		return ErrHasLeft
	case slices.Contains(c.team(), id):
		return ErrReadsIt
	case !d.receives(id):
		return ErrNoSuchRole
	}
	return nil
}

// receives says whether somebody of the roster reads reports.
func (d *Desk) receives(id string) bool {
	return slices.ContainsFunc(d.roster.Receivers(), func(p keys.Reader) bool { return p.ID == id })
}

// addable are those who can be added.
func (d *Desk) addable(c *casefile) []string {
	ids := []string{}
	for _, p := range d.roster.Receivers() {
		if d.canAdd(c, p.ID) == nil {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// nobody says whether all who read a case have stepped aside, perhaps at the same time, or left the roster. Then it must not be lost: who has it on his
// desk can give it to somebody.
func (d *Desk) nobody(c *casefile) bool {
	team := c.team()
	return !c.withdrawn && !slices.ContainsFunc(team, d.receives)
}

// warnings are those of a case, and what is wrong with who reads it.
func (d *Desk) warnings(c *casefile) []string {
	w := c.warnings()
	if named := c.named(); named != "" && !c.gone() && !d.receives(named) {
		w = append(w, fmt.Sprintf("%s is named to the reporter, and is no longer in the roster. Name somebody else to her: advocate assign %s WHO.", named, c.id))
	}
	if d.nobody(c) {
		w = append(w, fmt.Sprintf("Nobody reads case %s any more, and the reporter may be waiting. Ask a colleague, and let them read it: advocate add %s WHO. Nothing of it is shown to you for that.", c.id, c.id))
	}
	return w
}

// team are who reads a case now.
func (c *casefile) team() []string { return c.work.Team(c.report.Readers, c.report.StruckOff) }

// named is who is named to her: who was said to be, or else who wrote to her last and still reads it.
func (c *casefile) named() string {
	if slices.Contains(c.team(), c.work.Named) {
		return c.work.Named
	}
	for _, e := range slices.Backward(c.entries) {
		if e.frame.Acknowledges() && !slices.Contains(c.work.Left, e.frame.From) {
			return e.frame.From
		}
	}
	return ""
}

// contact is who is named to her, if he is still in the roster: else the case waits for all who read it.
func (d *Desk) contact(c *casefile) string {
	if id := c.named(); d.receives(id) {
		return id
	}
	return ""
}

// answered is the day on which somebody first called it answered, or closed it; "" before.
func (c *casefile) answered() string { return c.work.FirstFull }

// waits says whether she has said something since a reader last spoke to her. Neither a note between readers nor a status without a word is an answer;
// that it was closed is.
func (c *casefile) waits() bool {
	for _, e := range slices.Backward(c.entries) {
		switch f := e.frame; {
		case f.From == dropbox.FromReporter:
			return true
		case f.Kind == dropbox.Reply, f.Acknowledges():
			return false
		}
	}
	return false
}
