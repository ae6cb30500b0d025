package e2e

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"tellbox/dropbox/client"
	"tellbox/dropbox/droptest"
)

// thorough says how much a check looks at.
type thorough struct {
	all      bool // every story through the page, and every one that was ever taken back
	purged   bool // a purge has just been run
	killed   bool // the server has just been killed, and not started again
	restored bool // it is a restored backup
}

// sight is what the server shows while nobody else asks it anything.
type sight struct {
	mu     sync.Mutex // protects the rest
	copies map[place]int
	looked map[*story]bool // her lines were asked for
	here   map[*story]bool // and were there
	listed map[string]int  // entries by mailbox
}

// check compares what the server has with what people know. What was not known before it is known after it.
func (x *torture) check(chance *rand.Rand, how thorough) {
	x.askAgain(chance)
	seen := &sight{copies: map[place]int{}, looked: map[*story]bool{}, here: map[*story]bool{}, listed: map[string]int{}}
	var all sync.WaitGroup
	for _, r := range x.readers {
		cursor := ""
		if how.restored {
			cursor = *x.cursors[r.ID] // one of before lists everything again
		}
		all.Go(func() { x.list(r.ID, cursor, seen) })
	}
	ask := make(chan *story)
	for range 4 {
		all.Go(func() {
			server, page := x.server(), droptest.NewVisitor(x.url)
			for s := range ask {
				if lines := x.pickUp(server, s, seen); lines > 0 && (how.all || !s.visited) {
					x.visitPage(page, s, lines)
				}
			}
		})
	}
	for _, s := range x.toLookFor(chance, how) {
		ask <- s
	}
	close(ask)
	all.Wait()
	for _, s := range x.order {
		x.judgeStory(s, seen)
	}
	for _, s := range x.sent {
		x.judge(s, seen)
	}
	x.judgeLetters(seen, how)
	x.searchFiles(how)
}

// toLookFor are the stories to pick up: all that can be, those taken back a short time ago, and some of those from before.
func (x *torture) toLookFor(chance *rand.Rand, how thorough) (some []*story) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range x.order {
		if s.her != nil && (how.all || s.gone() != done || s.goneFor < 3 || chance.IntN(20) == 0) {
			some = append(some, s)
		}
	}
	return some
}

// askAgain sends half of what got no answer once more, the very same: that must succeed, and happen once in all.
func (x *torture) askAgain(chance *rand.Rand) {
	for name, s := range x.sent {
		if s.fate != maybe || s.again == nil {
			continue
		}
		x.count("answers lost")
		again := s.again
		s.again = nil
		if chance.IntN(2) == 0 {
			continue
		}
		if err := again(); err != nil {
			if s.story.gone() == no || !client.Refused(err, "nothing-here") {
				x.fault("again", "%s: %v", name, err)
			}
			continue
		}
		x.count("sent again")
		x.answered(s, nil)
	}
	for _, again := range x.retries {
		if chance.IntN(2) == 0 {
			continue
		}
		if err := again(); err != nil {
			x.fault("again", "%v", err)
		}
	}
	x.retries = nil
}

// list reads a mailbox to its end and opens all that comes.
func (x *torture) list(reader, cursor string, seen *sight) {
	box := x.mailbox(reader)
	for {
		answer, err := box.Mail(x.test.Context(), cursor, client.MailPage)
		if err != nil {
			x.fault("mail", "%s: %v", reader, err)
			return
		}
		if len(answer.Entries) == 0 {
			return
		}
		cursor = answer.Next
		for _, e := range answer.Entries {
			c, err := x.take(reader, e)
			if err != nil {
				x.fault("mail", "%v", err)
				continue
			}
			seen.mu.Lock()
			seen.copies[c.place]++
			seen.listed[reader]++
			seen.mu.Unlock()
		}
	}
}

// pickUp fetches a story's lines, opens each, and says how many there are.
func (x *torture) pickUp(server *client.Client, s *story, seen *sight) int {
	answer, err := server.Pickup(x.test.Context(), s.her.Locator)
	if err != nil && !client.Refused(err, "nothing-here") {
		x.fault("pickup", "%s: %v", s.account.name, err)
		return 0
	}
	seen.mu.Lock()
	seen.looked[s], seen.here[s] = true, err == nil
	seen.mu.Unlock()
	for _, line := range answer.Lines {
		at, err := x.line(s, line)
		if err != nil {
			x.fault("line", "%s: %v", s.account.name, err)
			continue
		}
		seen.mu.Lock()
		seen.copies[at]++
		seen.mu.Unlock()
	}
	return len(answer.Lines)
}

// line finds out which copy a line of hers is.
func (x *torture) line(s *story, line []byte) (place, error) {
	hash := sha256.Sum256(line)
	x.mu.Lock()
	defer x.mu.Unlock()
	at, known := x.opened[hash]
	if known {
		x.happened(x.letters[at].sending)
		return at, nil
	}
	c := s.her.Fold([][]byte{line})
	if len(c.Entries) != 1 {
		return at, fmt.Errorf("a line does not open")
	}
	text := c.Entries[0].Text
	sent := x.sent[firstLine(text)]
	if sent == nil || sent.text != text || sent.story != s {
		return at, fmt.Errorf("a line that nobody sent: %.40q", text)
	}
	x.happened(sent)
	copied := x.letter(sent, "")
	copied.sealed(line)
	x.opened[hash] = copied.place
	return copied.place, nil
}

// visitPage picks a story up with its words: the page shows what the lines say, each once.
func (x *torture) visitPage(page *droptest.Visitor, s *story, lines int) {
	p, err := page.Check(s.words)
	if err != nil || p.Name() != "conversation" {
		x.fault("page", "%s with its words: %v", s.account.name, err)
		return
	}
	shown := map[string]bool{}
	for _, e := range p.Entries() {
		shown[e.Text] = true
	}
	if len(shown) != lines || len(p.Entries()) != lines || !shown[s.account.text] {
		x.fault("page", "%s: of %d lines %d are shown, %d of them different", s.account.name, lines, len(p.Entries()), len(shown))
	}
	s.visited = true
}

// owed are how many boxes, letters and lines there are to be.
func (x *torture) owed() (boxes, mail, lines int) {
	for _, s := range x.order {
		if s.account.fate == done && s.gone() != done {
			boxes++
		}
	}
	for at, c := range x.letters {
		switch {
		case c.state() != done || c.sending.late:
		case at.reader == "":
			lines++
		default:
			mail++
		}
	}
	return boxes, mail, lines
}

// turnBack makes unknown what happened after a moment, but not what was taken back or deleted. It says how many stories of
// before were taken back after it.
func (x *torture) turnBack(began time.Time) (erased int) {
	for _, s := range x.sent {
		switch {
		case s.fate != done || s.at.Before(began):
		case s.kind != "withdrawal":
			s.fate = maybe
		default:
			s.late = true
			if s.story.account.at.Before(began) {
				erased++
			}
		}
	}
	clear(x.seqs)
	return erased
}
