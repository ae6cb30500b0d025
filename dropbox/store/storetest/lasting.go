package storetest

import (
	"maps"
	"slices"
)

// What a model does that is nobody's call: purging, counting, a restore.

func (m *model) purge() (p Purged) {
	p.Mail = m.remove(func(_ string, e *entry) bool { return e.ackd != "" && m.past(e.ackd) })
	for drop, b := range m.boxes {
		over := b.tombstone && m.past(b.week) || !b.tombstone && b.week < m.week()
		if !over {
			continue
		}
		p.Lines += m.empty(drop)
		if !m.hasMail(drop) { // nobody may have had all of its mail yet
			delete(m.boxes, drop)
			p.Boxes++
		}
	}
	for n, all := range m.numbers {
		known := m.known(n)
		if len(known) < len(all) {
			p.Numbers++
		}
		if m.numbers[n] = known; len(known) == 0 {
			delete(m.numbers, n)
		}
	}
	return p
}

func (m *model) status(readers []string) (st Status) {
	for _, reader := range readers {
		mb := Mailbox{Reader: reader, Entries: len(m.mail[reader]), Full: len(m.mail[reader]) >= MailboxEntries}
		for _, e := range m.mail[reader] {
			mb.Bytes += int64(len(e.sealed))
			if e.ackd == "" {
				if mb.Waiting++; mb.Waiting == 1 {
					mb.Oldest = e.put
				}
			}
		}
		st.Mailboxes = append(st.Mailboxes, mb)
	}
	for drop := range m.boxes {
		switch m.state(drop) {
		case open:
			st.Boxes++
		case ended:
			st.Ended++
		case gone:
			st.Withdrawn++
		}
	}
	return st
}

// backedUp is what a backup holds; from now on what is erased is remembered.
func (m *model) backedUp() *model {
	m.since = newErasures()
	return m.copy()
}

func (m *model) copy() *model {
	c := newModel()
	c.now, c.came, c.numbers = m.now, maps.Clone(m.came), maps.Clone(m.numbers)
	for drop, b := range m.boxes {
		d := *b
		d.lines, d.handed = slices.Clone(b.lines), maps.Clone(b.handed)
		c.boxes[drop] = &d
	}
	for reader, entries := range m.mail {
		for _, e := range entries {
			d := *e
			c.mail[reader] = append(c.mail[reader], &d)
		}
	}
	return c
}

// restored is what a restore of that backup makes of this store: what was erased since stays so, who had been handed what is
// not known, and mail may have other names and numbers.
func (m *model) restored(backup *model) *model {
	r := backup.copy()
	r.now = m.now
	for drop, b := range r.boxes {
		b.whole = false
		if week, ok := m.since.taken[drop]; ok {
			r.take(drop, week)
		} else if m.since.emptied[drop] {
			b.lines = b.lines[:0]
		}
	}
	r.remove(func(reader string, e *entry) bool { return m.since.mail[which{reader, e.n}] })
	for _, entries := range r.mail {
		for _, e := range entries {
			e.id, e.seq = "", 0
		}
	}
	r.since = m.since
	return r
}
