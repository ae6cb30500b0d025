package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
)

// Checked is what Check looked at, and what it found to be wrong.
type Checked struct {
	Boxes, Mail, Lines, Segments, Blobs int

	Bytes  int64    // of age files, blobs too
	Faults []string // sentences that name a file or a record, by the start of its keyed hash; at most 100
}

const maxFaults = 100

// checking is a Check that runs.
type checking struct {
	Checked
	s       *Store
	x       tx
	files   reader
	live    []span // of all places
	waiting []span // of wipe records: perhaps not yet overwritten
	more    int    // faults beyond maxFaults
}

// Check reads every record and file and holds each against the others: every age file is what was stored, every count is
// right, and what no record names has been overwritten. Others may read and write meanwhile. Errors: ErrDown, ErrBusy, ctx's.
func (s *Store) Check(ctx context.Context) (Checked, error) {
	ctx, stop := s.ending(ctx)
	defer stop()
	t, _, err := s.snapshot(ctx)
	if err != nil {
		return Checked{}, fmt.Errorf("checking: %w", err)
	}
	defer s.users.Done()
	defer t.Discard()
	c := &checking{s: s, x: tx{t: t}, files: reader{segments: s.segments}}
	defer c.files.close()
	c.folder()
	if !s.tablesWhole() {
		c.fault("a table in badger cannot be read: stop the server and check again, which names it, and restore a backup")
	}
	err = c.x.each(nil, nil, true, func(key, value []byte) (bool, error) {
		c.record(slices.Clone(key), slices.Clone(value))
		return true, context.Cause(ctx)
	})
	if err == nil {
		err = c.segments(ctx)
	}
	if err == nil {
		c.blobFiles()
	}
	if err != nil {
		return Checked{}, fmt.Errorf("checking: %w", down(err))
	}
	if c.more > 0 {
		c.Faults = append(c.Faults, fmt.Sprintf("and %d more", c.more))
	}
	return c.Checked, nil
}

func (c *checking) fault(format string, args ...any) {
	if len(c.Faults) >= maxFaults {
		c.more++
		return
	}
	c.Faults = append(c.Faults, fmt.Sprintf(format, args...))
}

// record holds one record against those it belongs with.
func (c *checking) record(key, value []byte) {
	kind, rest, _ := bytes.Cut(key, []byte("/"))
	ok := true
	switch string(kind) {
	case "box":
		ok = c.box(rest, value)
	case "line":
		b, found := find(c.x, boxKey(hashOf(rest)), decodeBox)
		p, ok2 := decodePlace(value)
		seq, ok3 := decodeSeq(tail(rest))
		if ok = found && ok2 && ok3 && seq < uint64(b.lines); ok {
			c.Lines++
			c.place("a line of box", key, rest, p)
		}
	case "drop":
		entry, ok2 := decodeEntry(value)
		if ok = ok2 && len(rest) == 72; ok {
			m, found := find(c.x, concat("mail/", rest[32:]), decodeMail)
			ok = found && m.id == entry.id && m.place.length == entry.size && m.box == hashOf(rest)
		}
	case "mail":
		ok = c.mail(key, rest, value)
	case "mark":
		_, ok2 := decodeMark(value)
		ok = ok2 && c.has(concat("mail/", rest))
	case "id":
		seq, ok2 := decodeSeq(value)
		ok = ok2 && len(rest) == 48 && c.has(mailKey(hashOf(rest), seq))
	case "epoch":
		ok = c.mailbox(rest, value)
	case "hand":
		ok = len(rest) == 64 && c.has(boxKey(hashOf(rest)))
	case "blob":
		ok = c.blob(key, rest, value)
	case "file":
		ok = false
		if len(rest) == 64 {
			r, found := find(c.x, concat("blob/", rest[32:]), decodeBlob)
			ok = found && r.box == hashOf(rest)
		}
	case "sent":
		_, ok = decodeSent(value)
	case "segment":
		_, ok = decodeSegment(value)
	case "wipe":
		r, ok2 := decodeWipe(value)
		ok = ok2
		c.waiting = append(c.waiting, r.spans...)
	case "roster":
		_, ok = decodeBundle(value)
	case "check", "commits", "erasures", "lost", "scrub": // the last is what a crash leaves of a scrub
	default:
		c.fault("a record of an unknown kind")
	}
	if !ok {
		c.fault("the record %s does not fit the others: restore a backup", name(key))
	}
}

func (c *checking) box(rest, value []byte) bool {
	b, ok := decodeBox(value)
	if !ok || len(rest) != 32 || b.tombstone && b.lines > 0 {
		return false
	}
	if !b.tombstone {
		c.Boxes++
	}
	var bytes uint64
	for seq := range b.lines {
		p, ok := find(c.x, lineKey(hashOf(rest), uint64(seq)), decodePlace)
		if !ok {
			return false
		}
		bytes += uint64(p.length)
	}
	mails, err := c.x.mailsOf(hashOf(rest))
	return err == nil && len(mails) == int(b.mails) && bytes == b.bytes
}

func (c *checking) mail(key, rest, value []byte) bool {
	m, ok := decodeMail(value)
	seq, ok2 := decodeSeq(tail(rest))
	if !ok || !ok2 || len(rest) != 40 {
		return false
	}
	mb := hashOf(rest)
	head, ok := find(c.x, headKey(mb), decodeHead)
	at, ok2 := find(c.x, idKey(mb, m.id), decodeSeq)
	_, ok3 := find(c.x, dropKey(m.box, mb, seq), decodeEntry)
	_, ok4 := find(c.x, markKey(mb, seq), decodeMark)
	if !ok || !ok2 || !ok3 || !ok4 || at != seq || seq >= head.next || !c.has(boxKey(m.box)) {
		return false
	}
	c.Mail++
	c.place("an envelope in mailbox", key, rest, m.place)
	return true
}

func (c *checking) mailbox(rest, value []byte) bool {
	head, ok := decodeHead(value)
	if !ok || len(rest) != 32 {
		return false
	}
	var entries, bytes uint64
	prefix := concat("mail/", rest)
	err := c.x.each(prefix, prefix, true, func(_, value []byte) (bool, error) {
		m, _ := decodeMail(value)
		entries, bytes = entries+1, bytes+uint64(m.place.length)
		return true, nil
	})
	return err == nil && entries == head.entries && bytes == head.bytes
}

// place reads an age file that a record names.
func (c *checking) place(what string, key, rest []byte, p place) {
	c.live = append(c.live, p.span)
	c.Bytes += int64(p.length)
	if _, whole := c.files.read(p); whole {
		return
	}
	if named, err := c.s.names(key, p); err == nil && named { // else it was erased just now
		c.fault("segments/%08x: %d bytes from %d on are not what was stored, %s %x: it will not open; restore a backup, or ask for it again",
			p.segment, p.length, p.offset, what, rest[:4])
	}
}

func (c *checking) has(key []byte) bool {
	value, err := c.x.get(key)
	return err == nil && value != nil
}

// find is load for records of which it only matters whether they are there and can be read.
func find[T any](x tx, key []byte, decode func([]byte) (T, bool)) (T, bool) {
	r, found, err := load(x, key, decode)
	return r, found && err == nil
}

func hashOf(b []byte) (h hash) {
	copy(h[:], b)
	return h
}

// tail is the seq at the end of a key.
func tail(b []byte) []byte {
	if len(b) != 40 {
		return nil
	}
	return b[32:]
}

// name is a key as an operator may see it: its kind, and the start of the keyed hash.
func name(key []byte) string {
	kind, rest, ok := strings.Cut(string(key), "/")
	if !ok {
		return kind
	}
	return fmt.Sprintf("%s/%x…", kind, rest[:min(4, len(rest))])
}
