package dropbox

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"

	"filippo.io/age"
)

// Sender is a reader who replies: his id, the key between him and her and her consent key (both out of her report), and his sign-in key.
type Sender struct {
	ID      string
	Key     Hex32
	Consent Hex32
	SignIn  ed25519.PrivateKey
}

// String keeps keys out of logs, however they are printed.
func (s Sender) String() string   { return "[sender]" }
func (s Sender) GoString() string { return "[sender]" }

// SealReply makes the parcel of a reply, or of a step of casework: a line to her, by MAC, and an envelope to each co-reader, signed. f says Box,
// Drop, Day, Count, Seen and Text, and Kind if it is no reply, with the fields of that. Of an Added, the co-reader who is added gets
// Readers, StruckOff and Passed of f, and the key made for him; nobody else does.
func (s Sender) SealReply(f Frame, her age.Recipient, coReaders []Reader) (*Parcel, error) {
	if f.Length() > MaxText {
		return nil, ErrTooLong
	}
	f = s.frame(f)
	p := &Parcel{Drop: f.Drop, Blobs: blobs(f.Files)}
	sealing := sealing{bucket: f.bucket()}
	line := f.between()
	line.SentTo, line.Passed = nil, nil
	if line.Kind == Note {
		line.Text = ""
	}
	sealing.add("", her, line, macWith(s.Key))
	for _, c := range coReaders {
		g := f.between()
		g.Chain, g.Passed = nil, nil
		if f.Added == c.ID {
			g = f
			g.Recipient, g.Key = fmt.Sprint(her), AddedKey(s.Key, c.ID)
		}
		g.To, g.Consent = c.ID, s.Consent // the same frame, id included: a co-reader can tell which reply it was
		sealing.add(c.ID, c.Recipient, g, sigWith(s.SignIn))
	}
	return p, sealing.seal(p)
}

// SealOwn seals a copy of a reply for the sender himself, so that his machine keeps it as it keeps all else.
func (s Sender) SealOwn(f Frame, me age.Recipient) ([]byte, error) {
	f = s.frame(f)
	var p Parcel
	sealing := sealing{bucket: f.bucket()}
	sealing.add("", me, f.between(), sigWith(s.SignIn))
	err := sealing.seal(&p)
	return p.Line, err
}

func (s Sender) frame(f Frame) Frame {
	f.From, f.To = s.ID, FromReporter
	if f.Kind == "" {
		f.Kind = Reply
	}
	if f.ID == "" {
		f.ID = newID()
	}
	return f
}

// between is f without what only somebody who is added gets, but for what is passed on.
func (f *Frame) between() Frame {
	g := *f
	g.Roster, g.Readers, g.StruckOff = 0, nil, nil
	return g
}

// bucket is the length of a reader's frames: that of the words, and of all that is passed on.
func (f *Frame) bucket() int {
	n := f.size() + f.people()
	for i := range f.Passed {
		n += f.Passed[i].Size()
	}
	return bucketFor(n)
}

// Size is the most that it takes of a frame, in bytes.
func (p *Passed) Size() int { return p.Frame.size() + p.Frame.people() }

// people is the room in bytes for a frame's lists of people.
func (f *Frame) people() int {
	return len(strings.Join(slices.Concat(f.Readers, f.StruckOff, f.Chain, f.SentTo), `","`))
}
