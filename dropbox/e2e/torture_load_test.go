package e2e

import (
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/droptest"
)

var (
	errGone = errors.New("nothing is here")
	errLost = errors.New("no answer came")
)

// person is somebody who uses the server, at one thing after another.
type person struct {
	*torture
	id     string // a reader's
	chance *mathrand.Rand
	page   *droptest.Visitor
	server *client.Client
	box    *client.Mailbox
}

func (x *torture) person(id string, seed uint64) *person {
	p := &person{torture: x, id: id, chance: mathrand.New(mathrand.NewPCG(seed, 1)), page: droptest.NewVisitor(x.url), server: x.server()}
	p.page.Client.Transport = &http.Transport{MaxIdleConnsPerHost: 1, IdleConnTimeout: 5 * time.Second}
	if id != "" {
		p.box = x.mailbox(id)
	}
	return p
}

// live goes on until the server is killed.
func (p *person) live(life func(*person) error) {
	for !p.down.Load() {
		if err := p.outcome(life(p)); err == errLost {
			break
		}
	}
	p.page.Client.CloseIdleConnections()
}

// outcome sorts what the server did with a request: nil, errGone or errLost. Anything else must not be, and no answer only
// while the server is being killed.
func (p *person) outcome(err error) error {
	refused, ok := errors.AsType[*client.Error](err)
	switch {
	case err == nil || err == errGone || err == errLost:
		return err
	case ok && refused.Token == "nothing-here":
		return errGone
	case ok:
		p.fault("refused", "%v", err)
	case !p.down.Load():
		p.fault("refused", "while the server was up: %v", err)
	}
	return errLost
}

// text is what somebody writes; its first line is a name. Now and then it is long.
func (p *person) text(kind string) (name, text string) {
	name = p.name(kind)
	text = name
	if p.chance.IntN(40) == 0 {
		text += "\n" + strings.Repeat("and so on ", p.chance.IntN(9_000))
	}
	return name, strings.TrimSpace(text)
}

// choose strikes somebody off now and then.
func (p *person) choose() (readers []dropbox.Reader, ids, struckOff []string) {
	for i, r := range p.readers {
		if i > 0 && p.chance.IntN(4) == 0 {
			struckOff = append(struckOff, r.ID)
			continue
		}
		readers, ids = append(readers, r), append(ids, r.ID)
	}
	return readers, ids, struckOff
}

// visit sends a report through the page.
func (p *person) visit() error {
	start, err := p.page.Get("/")
	if err != nil {
		return err
	}
	blank, err := p.page.Press(start, "/report")
	if err != nil {
		return err
	}
	form, err := blank.Form("/report/send")
	if err != nil {
		return err
	}
	s := &sending{kind: "report"}
	var struckOff []string
	s.name, s.text = p.text("report")
	_, s.to, struckOff = p.choose()
	form = form.With("account", s.text, "copy", "yes")
	for _, id := range struckOff {
		form.Add("exclude", id)
	}
	// Sent once more, to another server: it tells that it has the report, or gives out words.
	s.again = func() error { return p.press(s, form, droptest.NewVisitor(p.url)) }
	p.answered(p.send(s, nil), p.outcome(p.press(s, form, p.page)))
	return nil
}

// press sends the form of a report, and notes the words.
func (p *person) press(s *sending, form *droptest.Form, page *droptest.Visitor) error {
	answer, err := page.Send(form)
	switch {
	case err != nil:
		return err
	case answer.Status == 200 && answer.Words() != "":
		p.words(s, answer.Words(), p.ours)
	case answer.Status != 200 || answer.Name() != "check" || page == p.page: // "it arrived", where the words cannot be shown again
		return fmt.Errorf("a report got page %s, status %d, %s", answer.Name(), answer.Status, answer.Problem())
	}
	return nil
}

// program sends a report as a program does that makes its own code.
func (p *person) program() error {
	code := dropbox.NewCode()
	her, err := code.Reporter(p.ours)
	if err != nil {
		return err
	}
	s := &sending{kind: "report"}
	s.name, s.text = p.text("report")
	readers, ids, struckOff := p.choose()
	s.to = ids
	parcel, err := her.Seal(dropbox.Frame{Kind: dropbox.Report, Day: dropbox.Today(time.Now()), Roster: p.torture.box.Roster.Version, Text: s.text,
		About: "me", Wish: "advice", Copy: true, Readers: ids, StruckOff: struckOff}, readers, nil, p.people)
	if err != nil {
		return err
	}
	parcel.Keep = 2
	p.words(s, code.Words(), p.ours)
	return p.hand(s, parcel)
}

// hand sends a parcel of hers.
func (p *person) hand(s *sending, parcel *dropbox.Parcel) error {
	rand.Read(parcel.Sending[:])
	s.again = func() error { _, err := p.torture.server().Send(p.test.Context(), parcel, p.people); return err }
	p.send(s, parcel)
	_, err := p.server.Send(p.test.Context(), parcel, p.people)
	p.answered(s, p.outcome(err))
	return nil
}

// follow goes on with a story: she writes more, or takes it back, more often the more stories there are.
func (p *person) follow() error {
	p.mu.Lock()
	stories := len(p.open())
	p.mu.Unlock()
	if stories < 20 || p.chance.IntN(150) > stories {
		return p.message()
	}
	return p.withdraw(p.pick(p.chance.Int()))
}

// lines fetches a story's lines. errGone if she took it back meanwhile.
func (p *person) lines(s *story) (*dropbox.Conversation, error) {
	answer, err := p.server.Pickup(p.test.Context(), s.her.Locator)
	if err = p.outcome(err); err != nil {
		return nil, p.tookBack(s, err)
	}
	return s.her.Fold(answer.Lines), nil
}

// tookBack passes err on. That nothing is here is true only if she took it back.
func (p *person) tookBack(s *story, err error) error {
	p.mu.Lock()
	tried := s.gone() != no
	p.mu.Unlock()
	if err == errGone && !tried {
		p.fault("lost", "%s: nothing is here, and nobody took it back", s.account.name)
	}
	return err
}

// audience are the readers who get what she writes.
func (p *person) audience(c *dropbox.Conversation) (readers []dropbox.Reader) {
	for _, r := range p.readers {
		if slices.Contains(c.Readers, r.ID) {
			readers = append(readers, r)
		}
	}
	return readers
}

func (p *person) message() error {
	story := p.pick(p.chance.Int())
	if story == nil {
		return nil
	}
	c, err := p.lines(story)
	if err != nil {
		return err
	}
	s := &sending{kind: "message", story: story, to: story.account.to}
	s.name, s.text = p.text("message")
	parcel, err := story.her.Seal(dropbox.Frame{Kind: dropbox.Message, Day: dropbox.Today(time.Now()), Roster: p.torture.box.Roster.Version, Text: s.text, Copy: true},
		p.audience(c), c, p.people)
	if err != nil {
		return err
	}
	return p.hand(s, parcel)
}

// withdraw takes a story back, through the page or with a program.
func (p *person) withdraw(story *story) error {
	if story == nil {
		return nil
	}
	s := &sending{kind: "withdrawal", name: "withdrawal " + story.drop.String(), story: story, to: story.account.to}
	page := p.chance.IntN(3) == 0
	var conversation *droptest.Page
	var c *dropbox.Conversation
	var err error
	if page {
		conversation, err = p.page.Check(story.words)
		if err == nil && conversation.Name() != "conversation" {
			err = p.tookBack(story, errGone)
		}
	} else {
		c, err = p.lines(story)
	}
	p.mu.Lock()
	mine := err == nil && story.takenBack == nil
	if mine {
		story.takenBack = s
	}
	p.mu.Unlock()
	if !mine {
		return err
	}
	if page {
		p.send(s, nil)
		answer, err := p.page.Press(conversation, "/withdraw", "confirm", "yes")
		if err == nil && answer.Name() != "withdrawn" {
			err = fmt.Errorf("a withdrawal got page %s, status %d, %s", answer.Name(), answer.Status, answer.Problem())
		}
		p.answered(s, p.outcome(err))
		return nil
	}
	parcel, err := story.her.Seal(dropbox.Frame{Kind: dropbox.Withdrawn, Day: dropbox.Today(time.Now()), Roster: p.torture.box.Roster.Version}, p.audience(c), c, p.people)
	if err != nil {
		return err
	}
	rand.Read(parcel.Sending[:])
	s.again = func() error {
		_, err := p.torture.server().Withdraw(p.test.Context(), parcel, p.people)
		if client.Refused(err, "used-ticket") {
			return nil // this very one had been carried out
		}
		return err
	}
	p.send(s, parcel)
	answer, err := p.server.Withdraw(p.test.Context(), parcel, p.people)
	p.mu.Lock()
	story.deleted = answer.Deleted
	p.mu.Unlock()
	p.answered(s, p.outcome(err))
	return nil
}
