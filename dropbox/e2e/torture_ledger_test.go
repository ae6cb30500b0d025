package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tellbox/dropbox"
)

// fate is what is known of something that was asked of the server.
type fate int

const (
	no    fate = iota // never asked for, refused, or seen not to have happened
	maybe             // asked for, and no answer came
	done              // acknowledged, or seen to have happened
)

// story is one reporter's case.
type story struct {
	drop      dropbox.Drop
	her       *dropbox.Reporter // nil if the answer with her words was lost
	words     string
	account   *sending
	takenBack *sending                  // nil if she never tried
	deleted   []string                  // of whom she was told that nothing had been handed out to them
	reports   map[string]*dropbox.Frame // as each reader opened it
	replies   map[string]int            // by reader
	visited   bool                      // picked up through the page
	goneFor   int                       // how many times it was looked for since it was taken back
}

func (s *story) gone() fate {
	if s == nil || s.takenBack == nil {
		return no
	}
	return s.takenBack.fate
}

// sending is one press of Send: a report, message, reply or withdrawal. It has one copy for each reader it is for, and all but
// a withdrawal one for herself.
type sending struct {
	kind, name, text string
	to               []string
	story            *story // nil: a report that no one has seen yet
	fate             fate
	at               time.Time    // when its fate became done
	again            func() error // sends the very same once more
	answered         bool         // by the server, not only seen
	late             bool         // a withdrawal that the restored backup does not have
}

// place is where a copy belongs: a reader's mailbox, or her lines ("").
type place struct{ reader, name string }

// letter is a copy.
type letter struct {
	sending *sending
	place
	id             string   // in the mailbox; "" if it was never handed out
	needles        []string // from the middle of its ciphertext
	deleted, acked fate     // by its reader
}

// ledger is what the people outside know. What they were told must stay true, whatever the server goes through.
type ledger struct {
	test    *testing.T
	mu      sync.Mutex // protects the rest, and what it leads to
	stories map[dropbox.Drop]*story
	order   []*story // as they came
	sent    map[string]*sending
	letters map[place]*letter
	opened  map[[32]byte]place             // by hash of reader and ciphertext
	seqs    map[string]map[uint64][32]byte // of each mailbox: what stood there
	retries []func() error                 // other things whose answer was lost
	figures map[string]int
	names   int
	aim     string        // what begins when the server is to be killed
	begun   chan struct{} // has room for one
}

func newLedger(t *testing.T) *ledger {
	return &ledger{test: t, stories: map[dropbox.Drop]*story{}, sent: map[string]*sending{}, letters: map[place]*letter{},
		opened: map[[32]byte]place{}, seqs: map[string]map[uint64][32]byte{}, figures: map[string]int{}}
}

// fault is something that must not be. Only the first few of a kind are shown.
func (l *ledger) fault(kind, format string, args ...any) {
	l.test.Helper()
	if n := l.count("FAULT: " + kind); n < 6 {
		l.test.Errorf(kind+": "+format, args...)
	}
	l.count("faults")
}

func (l *ledger) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.figures[what]++
	return l.figures[what]
}

// report is the figures, for people.
func (l *ledger) report() (lines []string) {
	for _, what := range slices.Sorted(maps.Keys(l.figures)) {
		lines = append(lines, fmt.Sprintf("%7d %s", l.figures[what], what))
	}
	return lines
}

// name makes the first line of a text that is sent once only.
func (l *ledger) name(kind string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.names++
	return fmt.Sprintf("%s %07d", kind, l.names)
}

// send notes what is about to be sent. p is nil where only the server sees what is sealed.
func (l *ledger) send(s *sending, p *dropbox.Parcel) *sending {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.fate = maybe
	l.sent[s.name] = s
	defer l.beginning(s.kind)
	if p == nil {
		return s
	}
	for _, e := range p.To {
		l.letter(s, e.Reader).sealed(e.Sealed)
	}
	if p.Line != nil {
		l.letter(s, "").sealed(p.Line)
	}
	return s
}

// about notes that something is about to be asked for.
func (l *ledger) about(kind string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.beginning(kind)
}

// beginning is about. The caller holds mu.
func (l *ledger) beginning(kind string) {
	if kind == l.aim {
		select {
		case l.begun <- struct{}{}:
		default:
		}
	}
}

// sealed notes 64 bytes of a copy's ciphertext, which stand nowhere else.
func (c *letter) sealed(b []byte) {
	if needle := string(b[len(b)/2-32 : len(b)/2+32]); !slices.Contains(c.needles, needle) {
		c.needles = append(c.needles, needle)
	}
}

// state says whether a copy is to be there.
func (c *letter) state() fate {
	if c.sending.kind != "withdrawal" && c.sending.story.gone() == done {
		return no
	}
	return min(c.sending.fate, done-c.deleted)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// letter finds or makes a copy. The caller holds mu.
func (l *ledger) letter(s *sending, reader string) *letter {
	at := place{reader, s.name}
	if c := l.letters[at]; c == nil || c.sending != s { // of an earlier withdrawal, of which nothing came
		l.letters[at] = &letter{sending: s, place: at}
	}
	return l.letters[at]
}

// tell finds or makes a story. The caller holds mu.
func (l *ledger) tell(drop dropbox.Drop) *story {
	if l.stories[drop] == nil {
		l.stories[drop] = &story{drop: drop, reports: map[string]*dropbox.Frame{}, replies: map[string]int{}}
		l.order = append(l.order, l.stories[drop])
	}
	return l.stories[drop]
}

// happened notes that a sending is durable. The caller holds mu.
func (l *ledger) happened(s *sending) {
	if s.fate != done {
		s.fate, s.at = done, time.Now()
	}
	s.again = nil
}

// answered notes what came of a sending: nil is an acknowledgement, errLost no answer, errGone a refusal because she
// took it back, which is true only if she did.
func (l *ledger) answered(s *sending, err error) {
	l.mu.Lock()
	was, tried := s.fate, s.story != nil && s.story.gone() != no
	switch {
	case err == nil:
		l.happened(s)
		s.answered = true
		l.figures["acknowledged: "+s.kind]++
	case err == errGone:
		s.fate, s.again = no, nil
	}
	l.mu.Unlock()
	if err == errGone && (was == done || !tried && s.kind != "withdrawal") {
		l.fault("lost", "%s: nothing is here, and nobody took it back", s.name)
	}
}

// words notes what the page with her words said.
func (l *ledger) words(s *sending, words string, box dropbox.BoxID) {
	code, err := dropbox.ParseCode(words)
	if err != nil {
		l.fault("page", "the words %q: %v", words, err)
		return
	}
	her, err := code.Reporter(box)
	if err != nil {
		l.fault("page", "%v", err)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s.story = l.tell(her.Drop)
	s.story.her, s.story.words, s.story.account = her, words, s
}

// pick chooses a story of which everything is known, or nil.
func (l *ledger) pick(n int) *story {
	l.mu.Lock()
	defer l.mu.Unlock()
	open := l.open()
	if len(open) == 0 {
		return nil
	}
	return open[n%len(open)]
}

// open are the stories that she can come back to. The caller holds mu.
func (l *ledger) open() (open []*story) {
	for _, s := range l.order {
		if s.her != nil && s.account.fate == done && s.takenBack == nil {
			open = append(open, s)
		}
	}
	return open
}
