package dropbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
)

// maxEnvelopes is how many a parcel may hold: eight advocates and an ombudsperson.
const maxEnvelopes = 9

// ErrShape is the error of anything that poses as an envelope, a line or a parcel.
var ErrShape = errors.New("this is not a parcel of envelopes")

// How mail came to be: by a parcel or withdrawal of hers, or with a reader's reply. An honest server says so truthfully, and a desk
// then believes no report that a colleague delivered.
const (
	ViaParcel = "parcel"
	ViaReply  = "reply"
)

// Envelope is one age file to one reader.
type Envelope struct {
	Reader string // his id
	Sealed []byte
}

// Parcel is what is handed to the server in one go: a reporter's sending, a reader's reply, or the frames of a
// withdrawal. Nothing in it can be read by whoever carries it. As multipart/form-data its parts are, in this order:
//
//	roster    the version its sender saw, decimal      (not in a reply)
//	locator   64 hex digits                            (not in a reply: readers know the drop alone)
//	drop      64 hex digits                            (in a reply only)
//	sending   64 hex digits
//	keep      2 or 10: years the box is kept           (in all her sendings but a withdrawal)
//	line      one age file to her                      (not in a withdrawal)
//	to.‹id›   one age file to that reader; up to nine
//	blob      64 hex digits: a blob that it names, and that the server keeps with it from now on; up to MaxFiles
//	pad       ignored bytes: as many as those parts would take that it does not have
//
// So all her sendings of one bucket have one length, whatever they are and whoever is struck off; a withdrawal and a wish are of the
// first. All replies of one reader do, whoever else reads with him.
type Parcel struct {
	Roster  int
	Locator Locator // zero in a reply
	Drop    Drop
	Sending Sending
	Keep    int // years; 0 where it does not say
	Line    []byte
	To      []Envelope
	Blobs   []BlobID // what it brings; a shared record's are there already

	// Digest stands for all that was sent under Sending: HMAC-SHA256(sending, everything in it), so that what
	// the server keeps of it tells nothing to anyone who does not have the form.
	Digest Hex32
}

// Readers are the ids it has envelopes for.
func (p *Parcel) Readers() []string {
	ids := make([]string, 0, len(p.To))
	for _, e := range p.To {
		ids = append(ids, e.Reader)
	}
	return ids
}

// CheckShape refuses a parcel with anything that does not look like an envelope or a line.
func (p *Parcel) CheckShape() error {
	if len(p.To) > maxEnvelopes || len(p.Blobs) > MaxFiles {
		return ErrShape
	}
	for i, id := range p.Blobs {
		if id == (BlobID{}) || slices.Contains(p.Blobs[:i], id) {
			return ErrShape
		}
	}
	if p.Line != nil && CheckEnvelope(p.Line) != nil {
		return ErrShape
	}
	seen := map[string]bool{}
	for _, e := range p.To {
		if !ValidID(e.Reader) || seen[e.Reader] || CheckEnvelope(e.Sealed) != nil {
			return ErrShape
		}
		seen[e.Reader] = true
	}
	return nil
}

// DigestOf is HMAC-SHA256(sending, parts), each part preceded by its length as eight bytes, big-endian.
func DigestOf(sending Sending, parts ...[]byte) Hex32 {
	m := hmac.New(sha256.New, sending[:])
	for _, p := range parts {
		m.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		m.Write(p)
	}
	return Hex32(m.Sum(nil))
}

// SetDigest makes Digest from the parcel itself, as a server does that sees no more than that.
func (p *Parcel) SetDigest() {
	parts := [][]byte{p.Drop[:], {byte(p.Keep)}, p.Line}
	for _, e := range p.To {
		parts = append(parts, []byte(e.Reader), e.Sealed)
	}
	for _, id := range p.Blobs {
		parts = append(parts, id[:])
	}
	p.Digest = DigestOf(p.Sending, parts...)
}

// WriteMultipart writes the parcel to w and closes it. receivers are all ids of the roster that could have got an
// envelope: pad makes up for those that did not, and for a line or a keep that it has no use for.
func (p *Parcel) WriteMultipart(w *multipart.Writer, receivers []string) error {
	var err error
	part := func(name string, value []byte) {
		var dst io.Writer
		if err != nil {
			return
		}
		header := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"`, name)}}
		if dst, err = w.CreatePart(header); err == nil {
			_, err = dst.Write(value)
		}
	}
	padding, size := 0, p.envelopeSize()
	missing := func(name string, length int) { padding += partOverhead(w.Boundary(), name) + length }
	hers := p.Locator != Locator{}
	if hers {
		part("roster", strconv.AppendInt(nil, int64(p.Roster), 10))
		part("locator", []byte(p.Locator.String()))
	} else {
		part("drop", []byte(p.Drop.String()))
	}
	part("sending", []byte(p.Sending.String()))
	if keep := strconv.Itoa(p.Keep); p.Keep != 0 {
		part("keep", []byte(keep))
		padding += len("10") - len(keep)
	} else if hers {
		missing("keep", len("10"))
	}
	if p.Line != nil {
		part("line", p.Line)
	} else {
		missing("line", size)
	}
	has := p.Readers()
	for _, e := range p.To {
		part("to."+e.Reader, e.Sealed)
	}
	for _, id := range receivers {
		if !slices.Contains(has, id) {
			missing("to."+id, size)
		}
	}
	for _, id := range p.Blobs {
		part("blob", []byte(id.String()))
	}
	for range MaxFiles - len(p.Blobs) {
		missing("blob", 64)
	}
	part("pad", make([]byte, max(0, padding)))
	if err != nil {
		return fmt.Errorf("writing parcel: %w", err)
	}
	return w.Close()
}

// envelopeSize is the length that all its age files have. If it has none, it takes back a record, and would have small ones.
func (p *Parcel) envelopeSize() int {
	switch {
	case p.Line != nil:
		return len(p.Line)
	case len(p.To) > 0:
		return len(p.To[0].Sealed)
	}
	return EnvelopeSize(Buckets[0])
}

// partOverhead is what a part of multipart costs besides its bytes.
func partOverhead(boundary, name string) int {
	return len("\r\n--"+boundary+"\r\n") + len(`Content-Disposition: form-data; name="`+name+`"`) + len("\r\n\r\n")
}

// ReadParcel reads what WriteMultipart wrote, and checks its shape; the caller looks whether the parts are
// those of its route. It holds at most ten envelopes and a line in memory; the caller bounds the whole. Any error other than ErrShape came from reading r.
func ReadParcel(r *multipart.Reader) (*Parcel, error) {
	p, seen := &Parcel{}, map[string]bool{}
	for {
		part, err := r.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading parcel: %w", err)
		}
		name := part.FormName()
		if name == "" || seen[name] && name != "blob" || len(seen) > maxEnvelopes+9 {
			return nil, ErrShape
		}
		seen[name] = true
		if name == "pad" {
			if _, err := io.Copy(io.Discard, part); err != nil {
				return nil, fmt.Errorf("reading parcel: %w", err)
			}
			continue
		}
		limit := 64
		id, envelope := strings.CutPrefix(name, "to.")
		if envelope || name == "line" {
			limit = MaxEnvelope
		}
		value, err := io.ReadAll(io.LimitReader(part, int64(limit)+1))
		if err != nil {
			return nil, fmt.Errorf("reading parcel: %w", err)
		}
		if len(value) > limit || !p.set(name, id, envelope, value) {
			return nil, ErrShape
		}
	}
	if seen["locator"] == seen["drop"] || !seen["sending"] {
		return nil, ErrShape
	}
	if seen["locator"] {
		p.Drop = DropOf(p.Locator)
	}
	if err := p.CheckShape(); err != nil {
		return nil, err
	}
	p.SetDigest()
	return p, nil
}

func (p *Parcel) set(name, id string, envelope bool, value []byte) bool {
	var err error
	switch {
	case envelope:
		p.To = append(p.To, Envelope{id, value})
		return len(p.To) <= maxEnvelopes
	case name == "line":
		p.Line = value
	case name == "locator":
		p.Locator, err = ParseHex32(string(value))
		return err == nil && p.Locator != Locator{}
	case name == "drop":
		p.Drop, err = ParseHex32(string(value))
	case name == "sending":
		p.Sending, err = ParseHex32(string(value))
		return err == nil && p.Sending != Sending{}
	case name == "blob":
		var id BlobID
		id, err = ParseHex32(string(value))
		p.Blobs = append(p.Blobs, id)
		return err == nil && len(p.Blobs) <= MaxFiles
	case name == "roster":
		p.Roster, err = strconv.Atoi(string(value))
		return err == nil && strconv.Itoa(p.Roster) == string(value) && p.Roster > 0
	case name == "keep":
		p.Keep, err = strconv.Atoi(string(value))
		return err == nil && (string(value) == "2" || string(value) == "10")
	default:
		return false
	}
	return err == nil
}
