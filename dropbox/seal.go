package dropbox

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"slices"

	"filippo.io/age"
)

// Reader is somebody to whom envelopes are sealed. Recipient must be an age hybrid recipient: parse it once, keep it.
type Reader struct {
	ID        string
	Recipient age.Recipient
}

// ErrTooLong is returned by the sealing functions for texts of more than MaxText code points.
var ErrTooLong = errors.New("the text is too long")

// Seal makes the parcel of one thing she sends: an envelope to each of to, and a line to herself. f says what:
// Kind, Day, Count, Roster and the fields of its kind; Seen is taken from seen, by reader. The rest is filled in here. Her
// words stand in her line only if f.Copy. All age files of a parcel have one length, so that it tells neither what
// she kept nor what anyone was told. A Withdrawn parcel has no line.
func (r *Reporter) Seal(f Frame, to []Reader, seen map[string]int) (*Parcel, error) {
	if f.Length() > MaxText {
		return nil, ErrTooLong
	}
	f.Box, f.Drop, f.From = r.Box, r.Drop, FromReporter
	p := &Parcel{Locator: r.Locator, Drop: r.Drop, Roster: f.Roster}
	var s sealing
	if f.Kind != Withdrawn {
		s.add("", r.Recipient(), r.line(f), macWith(r.self))
	}
	for _, reader := range to {
		g := f
		g.To, g.ID, g.Seen, g.Copy = reader.ID, newID(), seen[reader.ID], false
		a := macWith(r.ReaderKey(reader.ID))
		if f.Kind == Report {
			g.Key, g.Consent, g.Recipient = r.ReaderKey(reader.ID), Hex32(r.consent.Public().(ed25519.PublicKey)), r.Recipient().String()
			a = noMAC
		}
		s.add(reader.ID, reader.Recipient, g, a)
	}
	return p, s.seal(p)
}

// line is what she keeps of f: with her words only if she chose so.
func (r *Reporter) line(f Frame) Frame {
	f.To, f.ID = FromReporter, newID()
	if !f.Copy {
		f.Text, f.Prompt = "", nil
	}
	return f
}

// Sender is a reader who replies: his id, the key between him and her (out of her report), and his sign-in key.
type Sender struct {
	ID     string
	Key    Hex32
	SignIn ed25519.PrivateKey
}

// SealReply makes the parcel of a reply: a line to her, by MAC, and an envelope to each co-reader, signed. f says Box, Drop,
// Day, Count, Seen and Text.
func (s Sender) SealReply(f Frame, her age.Recipient, coReaders []Reader) (*Parcel, error) {
	if f.Length() > MaxText {
		return nil, ErrTooLong
	}
	f.Kind, f.From, f.To, f.ID = Reply, s.ID, FromReporter, newID()
	p := &Parcel{Drop: f.Drop}
	var sealing sealing
	sealing.add("", her, f, macWith(s.Key))
	for _, c := range coReaders {
		f.To = c.ID // the same frame, id included: a co-reader can tell which reply it was
		sealing.add(c.ID, c.Recipient, f, sigWith(s.SignIn))
	}
	return p, sealing.seal(p)
}

// SealOwn seals a copy of a reply for the sender himself, so that his machine keeps it as it keeps all else.
func (s Sender) SealOwn(f Frame, me age.Recipient) ([]byte, error) {
	f.Kind, f.From, f.To, f.ID = Reply, s.ID, FromReporter, newID()
	plain, err := f.encode(sigWith(s.SignIn))
	if err != nil {
		return nil, err
	}
	return SealBytes(pad(plain, bucketFor(len(plain))), me)
}

// sealing collects frames, so that all are padded to the bucket of the largest.
type sealing struct {
	frames []sealed
	size   int
	err    error
}

type sealed struct {
	reader    string // "" is her own line
	recipient age.Recipient
	plain     []byte
}

func (s *sealing) add(reader string, recipient age.Recipient, f Frame, a auth) {
	plain, err := f.encode(a)
	if err != nil && s.err == nil {
		s.err = err
	}
	s.size = max(s.size, len(plain))
	s.frames = append(s.frames, sealed{reader, recipient, plain})
}

func (s *sealing) seal(p *Parcel) error {
	if s.err != nil {
		return s.err
	}
	bucket := bucketFor(s.size)
	if bucket == 0 {
		return ErrTooLong
	}
	for _, f := range s.frames {
		b, err := SealBytes(pad(f.plain, bucket), f.recipient)
		if err != nil {
			return err
		}
		if f.reader == "" {
			p.Line = b
		} else {
			p.To = append(p.To, Envelope{f.reader, b})
		}
	}
	slices.SortFunc(p.To, func(a, b Envelope) int { return bytes.Compare([]byte(a.Reader), []byte(b.Reader)) })
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
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, ErrOpen
	}
	return decode(plain)
}
