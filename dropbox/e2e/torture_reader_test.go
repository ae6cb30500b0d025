package e2e

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
)

// read is what a reader does: she fetches what is new, opens it, acknowledges, answers, deletes.
func (p *person) read() error {
	answer, err := p.box.Mail(p.test.Context(), *p.cursors[p.id], client.MailPage)
	if err != nil {
		return err
	}
	*p.cursors[p.id] = answer.Next
	var ids []string
	var acked []*letter
	for _, e := range answer.Entries {
		c, err := p.take(p.id, e)
		if err != nil {
			p.fault("mail", "%v", err)
			continue
		}
		switch n := p.chance.IntN(10); {
		case n < 1, n < 8 && c.sending.kind == "withdrawal":
			err = p.delete(c)
		case n < 4:
			err = p.reply(c.sending.story)
		case n < 8:
			ids, acked = append(ids, c.id), append(acked, c)
		}
		if err != nil {
			return err
		}
	}
	if len(ids) > 0 {
		return p.acknowledge(ids, acked)
	}
	if len(answer.Entries) == 0 {
		time.Sleep(time.Duration(p.chance.IntN(20)) * time.Millisecond)
		if s := p.pick(p.chance.Int()); s != nil {
			return p.reply(s)
		}
	}
	return nil
}

// take opens an envelope as a desk would, believes it by its key alone, and notes it.
func (x *torture) take(reader string, e dropbox.MailEntry) (*letter, error) {
	x.mu.Lock()
	_, known := x.opened[sha256.Sum256(append([]byte(reader+" "), e.Envelope...))]
	x.mu.Unlock()
	if known {
		return x.receive(reader, e, nil)
	}
	o, err := dropbox.Open(e.Envelope, x.box.Advocates[reader].Identity)
	if err != nil {
		return nil, err
	}
	kind, drop, from := o.Claimed()
	route := dropbox.Route{Box: x.ours, Drop: drop, From: from, To: reader}
	var f *dropbox.Frame
	switch kind {
	case dropbox.Report:
		f, err = o.AsReport(x.ours, reader)
	case dropbox.Reply:
		sender, _ := x.box.Roster.Reader(from)
		f, err = o.BySig(sender.Signin, route)
	default:
		x.mu.Lock()
		her := x.tell(drop).her
		x.mu.Unlock()
		f, err = o.ByMAC(her.ReaderKey(reader), route)
	}
	if err != nil {
		return nil, err
	}
	return x.receive(reader, e, f)
}

// receive notes a piece of mail. f is nil if the same envelope was opened before.
func (l *ledger) receive(reader string, e dropbox.MailEntry, f *dropbox.Frame) (*letter, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	hash := sha256.Sum256(append([]byte(reader+" "), e.Envelope...))
	if l.seqs[reader] == nil {
		l.seqs[reader] = map[uint64][32]byte{}
	}
	if was, ok := l.seqs[reader][e.Seq]; ok && was != hash {
		return nil, fmt.Errorf("%s's mailbox has something else at %d than before", reader, e.Seq)
	}
	l.seqs[reader][e.Seq] = hash
	if f == nil {
		c := l.letters[l.opened[hash]]
		c.id = e.ID
		l.happened(c.sending)
		return c, nil
	}
	name := firstLine(f.Text)
	if f.Kind == dropbox.Withdrawn {
		name = "withdrawal " + f.Drop.String()
	}
	s := l.sent[name]
	if s == nil || s.text != f.Text || !slices.Contains(s.to, reader) {
		return nil, fmt.Errorf("%s got a %s that nobody sent to her: %.40q", reader, f.Kind, f.Text)
	}
	told := l.tell(f.Drop)
	if s.story != nil && s.story != told {
		return nil, fmt.Errorf("%s is in two cases", name)
	}
	s.story = told
	if f.Kind == dropbox.Report {
		told.reports[reader] = f
	}
	if f.Kind == dropbox.Report && told.account == nil {
		told.account = s
	}
	l.happened(s) // what was handed out is durable
	c := l.letter(s, reader)
	c.id = e.ID
	c.sealed(e.Envelope)
	l.opened[hash] = c.place
	return c, nil
}

// acknowledge says that letters are safe.
func (p *person) acknowledge(ids []string, letters []*letter) error {
	p.settle(letters, func(c *letter) *fate { return &c.acked }, maybe)
	err := p.outcome(p.box.Ack(p.test.Context(), ids))
	if err == nil {
		p.count("acknowledgements answered")
		p.settle(letters, func(c *letter) *fate { return &c.acked }, done)
	}
	return err
}

// settle gives some letters' deleted or acked another value.
func (l *ledger) settle(letters []*letter, field func(*letter) *fate, to fate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range letters {
		*field(c) = to
	}
}

// delete deletes one letter in the mailbox. That it is not there is true only if she took it back.
func (p *person) delete(c *letter) error {
	deleted := func(c *letter) *fate { return &c.deleted }
	p.settle([]*letter{c}, deleted, maybe)
	p.about("deletion")
	found, err := p.box.DeleteMail(p.test.Context(), c.id)
	if err = p.outcome(err); err != nil {
		reader := p.id
		p.mu.Lock()
		p.retries = append(p.retries, func() error {
			_, err := p.torture.mailbox(reader).DeleteMail(p.test.Context(), c.id)
			if err == nil {
				p.settle([]*letter{c}, deleted, done)
			}
			return err
		})
		p.mu.Unlock()
		return err
	}
	p.settle([]*letter{c}, deleted, done)
	p.count("deletions answered")
	p.mu.Lock()
	tried := c.sending.story.gone() != no
	p.mu.Unlock()
	if !found && (!tried || c.sending.kind == "withdrawal") {
		p.fault("lost", "%s in %s's mailbox is not there, and nobody took it back", c.name, c.reader)
	}
	return nil
}

// reply answers a story that the reader has the report of.
func (p *person) reply(story *story) error {
	p.mu.Lock()
	report := story.reports[p.id]
	if report == nil || story.gone() == done && p.chance.IntN(4) > 0 { // to one that was taken back now and then: nothing may come of it
		p.mu.Unlock()
		return nil
	}
	story.replies[p.id]++
	count := story.replies[p.id]
	p.mu.Unlock()
	s := &sending{kind: "reply", story: story}
	for _, id := range report.Readers {
		if id != p.id {
			s.to = append(s.to, id)
		}
	}
	s.name, s.text = p.text("reply")
	parcel, err := p.torture.box.SealReply(p.id, report, count, s.text)
	if err != nil {
		return err
	}
	reader := p.id
	s.again = func() error {
		_, err := p.torture.mailbox(reader).Reply(p.test.Context(), parcel, p.people)
		return err
	}
	p.send(s, parcel)
	_, err = p.box.Reply(p.test.Context(), parcel, p.people)
	p.answered(s, p.outcome(err))
	return nil
}
