package storetest

import (
	"maps"
	"slices"
	"time"

	"tellbox/dropbox"
)

// model is a store as it ought to be, without a disk, and written to be read: what it answers is right. It leaves out shapes and
// quotas of bytes. A zero box record is that of a drop nobody knows.
type model struct {
	now     time.Time
	boxes   map[dropbox.Drop]*box
	mail    map[string][]*entry           // of each reader, in the order they came
	came    map[string]int                // how many ever came to each reader
	numbers map[dropbox.Sending][]sending // oldest first
	since   erasures                      // since the last backup
}

type box struct {
	tombstone bool
	week      string // the last one in which it is open; of a tombstone, the one in which it was made
	keep      int    // years after the last line
	lines     [][]byte
	whole     bool            // all that was ever handed out of it is known
	handed    map[string]bool // who was
}

type entry struct {
	drop      dropbox.Drop
	via       string
	sealed    []byte
	n         int    // the how manieth that ever came there
	put, ackd string // weeks
	id        string // as the store named it, once it was listed
	seq       uint64
}

type sending struct {
	digest dropbox.Hex32
	drop   dropbox.Drop
	week   string
}

// erasures are what a restore must not bring back.
type erasures struct {
	taken   map[dropbox.Drop]string // the week
	emptied map[dropbox.Drop]bool   // boxes whose lines had ended
	mail    map[which]bool
}

// which piece of mail: the how manieth of whose mailbox.
type which struct {
	reader string
	n      int
}

func newModel() *model {
	return &model{Start, map[dropbox.Drop]*box{}, map[string][]*entry{}, map[string]int{}, map[dropbox.Sending][]sending{}, newErasures()}
}

func newErasures() erasures {
	return erasures{map[dropbox.Drop]string{}, map[dropbox.Drop]bool{}, map[which]bool{}}
}

func (m *model) week() string          { return dropbox.Week(m.now) }
func (m *model) past(week string) bool { return dropbox.Week(m.now.AddDate(0, 0, -30)) > week } // 30 days after that week
func (m *model) hasMail(drop dropbox.Drop) bool {
	return slices.ContainsFunc(slices.Concat(slices.Collect(maps.Values(m.mail))...), func(e *entry) bool { return e.drop == drop })
}

type state int

const (
	unknown state = iota // or a tombstone that counts no more
	open
	ended
	gone
)

func (m *model) state(drop dropbox.Drop) state {
	switch b := m.boxes[drop]; {
	case b == nil, b.tombstone && m.past(b.week):
		return unknown
	case b.tombstone:
		return gone
	case b.week < m.week():
		return ended
	}
	return open
}

// known are the sendings under a number that still count.
func (m *model) known(n dropbox.Sending) []sending {
	return slices.DeleteFunc(slices.Clone(m.numbers[n]), func(r sending) bool { return m.past(r.week) })
}

func (m *model) sent(n dropbox.Sending, digest dropbox.Hex32) dropbox.Outcome {
	known := m.known(n)
	if len(known) == 0 {
		return dropbox.Stored
	}
	which, out := known[len(known)-1], dropbox.Another
	if i := slices.IndexFunc(known, func(r sending) bool { return r.digest == digest }); i >= 0 {
		which, out = known[i], dropbox.Again
	}
	if m.state(which.drop) == gone {
		out = dropbox.Gone
	}
	return out
}

func (m *model) put(p *dropbox.Parcel, first bool) (dropbox.Outcome, error) {
	out := m.sent(p.Sending, p.Digest)
	switch state := m.state(p.Drop); {
	case out == dropbox.Again || out == dropbox.Gone:
		return out, nil
	case first && (state != unknown || m.hasMail(p.Drop)):
		return 0, dropbox.ErrTaken
	case state == gone:
		return 0, dropbox.ErrNothing
	}
	return out, m.add(p, dropbox.ViaParcel, first, BoxLines)
}

func (m *model) reply(from string, p *dropbox.Parcel) (dropbox.Outcome, error) {
	out := m.sent(p.Sending, p.Digest)
	switch {
	case out == dropbox.Again || out == dropbox.Gone:
		return out, nil
	case m.state(p.Drop) == gone:
		return 0, dropbox.ErrGone
	}
	err := m.add(p, dropbox.ViaReply, false, BoxLines*3/4)
	if err == nil {
		m.boxes[p.Drop].handed[from] = true
	}
	return out, err
}

// add stores a parcel in a box that has room for so many lines.
func (m *model) add(p *dropbox.Parcel, via string, first bool, room int) error {
	b, state := m.boxes[p.Drop], m.state(p.Drop)
	if state == open && len(b.lines) >= room {
		return dropbox.ErrFull
	}
	for _, e := range p.To {
		if len(m.mail[e.Reader]) >= MailboxEntries {
			return &dropbox.FullError{Reader: e.Reader}
		}
	}
	if state == unknown {
		b = &box{whole: first, keep: 2, handed: map[string]bool{}}
		m.boxes[p.Drop] = b
	}
	if state == ended {
		m.empty(p.Drop)
	}
	if p.Keep != 0 {
		b.keep = p.Keep
	}
	b.week = dropbox.Week(m.now.AddDate(b.keep, 0, 0))
	b.lines = append(b.lines, p.Line)
	m.deliver(p, p.To, via)
	return nil
}

func (m *model) deliver(p *dropbox.Parcel, to []dropbox.Envelope, via string) {
	for _, e := range to {
		m.came[e.Reader]++
		m.mail[e.Reader] = append(m.mail[e.Reader], &entry{drop: p.Drop, via: via, sealed: e.Sealed, n: m.came[e.Reader], put: m.week()})
	}
	m.numbers[p.Sending] = append(m.known(p.Sending), sending{p.Digest, p.Drop, m.week()})
}

// empty drops the lines of a box that has ended.
func (m *model) empty(drop dropbox.Drop) (n int) {
	b := m.boxes[drop]
	if n = len(b.lines); n > 0 {
		m.since.emptied[drop] = true
	}
	b.lines = nil
	return n
}

func (m *model) lines(drop dropbox.Drop) (dropbox.Lines, error) {
	if m.state(drop) != open {
		return dropbox.Lines{}, dropbox.ErrNothing
	}
	return dropbox.Lines{Lines: m.boxes[drop].lines, Ends: m.boxes[drop].week, Whole: m.boxes[drop].whole}, nil
}

func (m *model) withdraw(p *dropbox.Parcel) (dropbox.Erased, error) {
	b, state := m.boxes[p.Drop], m.state(p.Drop)
	switch {
	case state == gone && slices.ContainsFunc(m.known(p.Sending), func(r sending) bool { return r.drop == p.Drop }):
		return dropbox.Erased{}, dropbox.ErrGone
	case state == gone, state == unknown:
		return dropbox.Erased{}, dropbox.ErrNothing
	}
	erased := dropbox.Erased{Deleted: []string{}, Asked: []string{}}
	var to []dropbox.Envelope
	for _, e := range p.To {
		waits := slices.ContainsFunc(m.mail[e.Reader], func(e *entry) bool { return e.drop == p.Drop })
		switch {
		case !b.whole || b.handed[e.Reader]:
			erased.Asked = append(erased.Asked, e.Reader)
		case waits:
			erased.Deleted = append(erased.Deleted, e.Reader)
		default: // he was never sent anything of it
			continue
		}
		to = append(to, e)
	}
	slices.Sort(erased.Deleted)
	slices.Sort(erased.Asked)
	m.take(p.Drop, m.week())
	m.deliver(p, to, dropbox.ViaParcel)
	return erased, nil
}

// take leaves a tombstone of a box and nothing else.
func (m *model) take(drop dropbox.Drop, week string) {
	m.boxes[drop] = &box{tombstone: true, week: week, handed: map[string]bool{}}
	m.remove(func(_ string, e *entry) bool { return e.drop == drop })
	m.since.taken[drop] = week
}

// remove drops mail from all mailboxes.
func (m *model) remove(due func(reader string, e *entry) bool) (n int) {
	for reader := range m.mail {
		m.mail[reader] = slices.DeleteFunc(m.mail[reader], func(e *entry) bool {
			if !due(reader, e) {
				return false
			}
			m.since.mail[which{reader, e.n}] = true
			n++
			return true
		})
	}
	return n
}

// list hands out up to limit entries of a mailbox, those after the one numbered after.
func (m *model) list(reader string, after, limit int) (listed []*entry) {
	for _, e := range m.mail[reader] {
		if e.n > after && len(listed) < limit {
			m.boxes[e.drop].handed[reader] = true
			listed = append(listed, e)
		}
	}
	return listed
}

func (m *model) ack(reader string, ids []string) {
	for _, e := range m.mail[reader] {
		if e.ackd == "" && e.id != "" && slices.Contains(ids, e.id) {
			e.ackd = m.week()
		}
	}
}

func (m *model) delete(reader, id string) (found bool) {
	return m.remove(func(owner string, e *entry) bool { return owner == reader && e.id == id && id != "" }) > 0
}
