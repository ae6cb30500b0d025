package dropbox

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"filippo.io/age"
)

// Reader is somebody to whom envelopes are sealed. Recipient must be an age hybrid recipient: parse it once, keep it.
type Reader struct {
	ID        string
	Recipient age.Recipient
}

// KeepYears is how long a box is kept after its last line, RecordYears if it began as a record for herself.
const (
	KeepYears   = 2
	RecordYears = 10
)

// ErrTooLong is returned by the sealing functions for texts of more than MaxText code points.
var ErrTooLong = errors.New("the text is too long")

// Seal makes the parcel of one thing she sends: an envelope to each of to, and a line to herself. f says what:
// Kind, Day, Roster and the fields of its kind; a report also Readers, who must be those of to, and StruckOff. c is her conversation so far, nil
// for a report. The rest is filled in here. Her words stand in her line only if f.Copy. A Withdrawn parcel has no line; a report that
// is a record, and what she adds to it, have no envelopes. A Share is a report with a line of its own: see Account.
//
// All age files of a parcel have one length, and it depends on the texts and on people alone, which are the ids of everyone in the roster:
// it tells neither what she keeps, nor whom she struck off.
func (r *Reporter) Seal(f Frame, to []Reader, c *Conversation, people []string) (*Parcel, error) {
	if f.Length() > MaxText {
		return nil, ErrTooLong
	}
	if c == nil {
		c = &Conversation{Readers: f.Readers, StruckOff: f.StruckOff}
	}
	if f.Kind == Share {
		c = c.sharedWith(f.Readers, f.StruckOff)
	}
	if err := c.allows(f, to); err != nil {
		return nil, err
	}
	f.Box, f.Drop, f.From = r.Box, r.Drop, FromReporter
	p := &Parcel{Locator: r.Locator, Drop: r.Drop, Roster: f.Roster}
	if f.Kind != Share { // those of a record are the server's already
		p.Blobs = blobs(f.Files)
	}
	if f.Kind == Report {
		p.Keep = KeepYears
		if f.Wish == Record {
			p.Keep = RecordYears
		}
	}
	s := sealing{bucket: bucketFor(f.size() + len(strings.Join(people, `","`)))}
	if f.Kind != Withdrawn {
		s.add("", r.Recipient(), r.line(f, c, people), macWith(r.self))
	}
	if f.Kind == Share {
		f.Kind = Report
	}
	recipient := ""
	if f.Kind == Report {
		recipient = r.Recipient().String() // once: it is long
	}
	for _, reader := range to {
		g := f
		g.To, g.ID, g.Count, g.Seen, g.Copy = reader.ID, newID(), c.SentTo[reader.ID]+1, c.Seen[reader.ID], false
		g.Turn = c.nextTurn(f.Kind)
		a := macWith(r.chainKey(c.Chains[reader.ID], reader.ID))
		if f.Kind == Report {
			g.Key, g.Consent, g.Recipient = r.ReaderKey(reader.ID), Hex32(r.consent.Public().(ed25519.PublicKey)), recipient
			g.Grant = hex.EncodeToString(ed25519.Sign(r.consent, g.granted()))
			a = noMAC
		}
		s.add(reader.ID, reader.Recipient, g, a)
	}
	return p, s.seal(p)
}

// allows holds a sending to those who may get it.
func (c *Conversation) allows(f Frame, to []Reader) error {
	for _, reader := range to {
		has := slices.Contains(c.Readers, reader.ID) || f.Kind == Withdrawn && slices.Contains(c.Work.Left, reader.ID)
		if !has || slices.Contains(c.StruckOff, reader.ID) {
			return errors.New("sealing: somebody who is not a reader of this")
		}
	}
	if (f.Kind == Report || f.Kind == Share) && len(to) != len(f.Readers) {
		return errors.New("sealing: a report names readers who do not get it")
	}
	return nil
}

// line is what she keeps of f, with her words only if she chose so, and who gets what she writes: should the
// server lose one of her lines, the others still say that. Somebody added who is not among people gets nothing of it, and stands in the line that told
// her of him: who adds people without end must not keep her from writing.
func (r *Reporter) line(f Frame, c *Conversation, people []string) Frame {
	f.To, f.ID, f.Count, f.StruckOff = FromReporter, newID(), c.Count+1, c.StruckOff
	f.Readers = slices.DeleteFunc(slices.Clone(c.Readers), func(id string) bool { return c.Chains[id] != nil && !slices.Contains(people, id) })
	if !f.Copy || f.Kind == Share {
		f.Text, f.Prompt, f.Files = "", nil, nil
	}
	if f.Kind == Share {
		f.About, f.Copy = "", false
	}
	f.Turn = c.nextTurn(f.Kind)
	return f
}

// size is the room in bytes for a frame with these texts and any keys and choices, lists of people excepted. The constant covers all
// fields but texts and lists at their longest; a test holds it.
func (f *Frame) size() int {
	n := 3400 + escaped(f.Text)
	for _, p := range f.Prompt {
		n += len(`{"id":"","text":""},`) + len(p.ID) + escaped(p.Text)
	}
	for _, file := range f.Files {
		n += file.size()
	}
	return n
}

func blobs(files []File) (ids []BlobID) {
	for _, f := range files {
		ids = append(ids, f.Blob)
	}
	return ids
}

// escaped is the length in bytes of a clean text within a JSON string.
func escaped(s string) int {
	n := len(s)
	for i := range len(s) {
		switch s[i] {
		case '"', '\\', '\n', '\t':
			n++
		}
	}
	return n
}

// sealing collects frames, and pads them all to one bucket.
type sealing struct {
	frames []sealed
	bucket int
	err    error
}

type sealed struct {
	reader    string // "" is her own line
	recipient age.Recipient
	plain     []byte
}

func (s *sealing) add(reader string, recipient age.Recipient, f Frame, a auth) {
	plain, err := f.encode(a)
	if err == nil && len(plain) > s.bucket {
		err = ErrTooLong
	}
	if err != nil && s.err == nil {
		s.err = err
	}
	s.frames = append(s.frames, sealed{reader, recipient, plain})
}

func (s *sealing) seal(p *Parcel) error {
	if s.err != nil {
		return s.err
	}
	for _, f := range s.frames {
		b, err := SealBytes(pad(f.plain, s.bucket), f.recipient)
		if err != nil {
			return err
		}
		if f.reader == "" {
			p.Line = b
		} else {
			p.To = append(p.To, Envelope{f.reader, b})
		}
	}
	slices.SortFunc(p.To, func(a, b Envelope) int { return strings.Compare(a.Reader, b.Reader) })
	return nil
}

// SealBytes makes one age file to one hybrid recipient.
func SealBytes(plain []byte, to age.Recipient) ([]byte, error) {
	if _, ok := to.(*age.HybridRecipient); !ok {
		return nil, errors.New("sealing: only hybrid recipients (age1pq1…)")
	}
	var b bytes.Buffer
	b.Grow(EnvelopeSize(len(plain)))
	w, err := age.Encrypt(&b, to)
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	return b.Bytes(), nil
}

// Open opens an envelope or a line. Its only error is ErrOpen.
func Open(envelope []byte, with age.Identity) (*Opened, error) {
	if CheckEnvelope(envelope) != nil {
		return nil, ErrOpen
	}
	r, err := age.Decrypt(bytes.NewReader(envelope), with)
	if err != nil {
		return nil, ErrOpen
	}
	var plain bytes.Buffer
	plain.Grow(len(envelope)) // it is longer than what is in it
	if _, err := plain.ReadFrom(r); err != nil {
		return nil, ErrOpen
	}
	return decode(plain.Bytes())
}
