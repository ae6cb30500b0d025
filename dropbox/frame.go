package dropbox

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxText is how many code points the texts of one report or message may have together, after Clean.
const MaxText = 100_000

// Buckets are the lengths, in bytes, that a frame is padded to. Nearly every account fits the first; 100,000 code points
// of any script fit the last.
var Buckets = [4]int{16 << 10, 64 << 10, 256 << 10, 768 << 10}

// The kinds of frames. Another ("consent") is reserved and refused until it is built.
// None will ever be called "request": that word begins what advocates sign to speak to the server.
const (
	Report    = "report"    // her account, to each reader; it brings him his key
	Share     = "share"     // in her own line alone: what she had kept as a record now went to readers, as a report
	Message   = "message"   // more from her
	Wish      = "wish"      // she changes what she would like
	Reply     = "reply"     // from a reader, to her and to his co-readers
	Status    = "status"    // likewise: how the case stands, who is named to her from now on, or that he steps aside
	Added     = "added"     // likewise, and to somebody who reads it too from now on, whom it brings all he needs
	Note      = "note"      // likewise, but to her without the text: what readers say to one another
	Withdrawn = "withdrawn" // she takes it all back
)

// FromReporter stands in From and To for her. It is no reader's id.
const FromReporter = "reporter"

// What she would like, and whom it is about.
var (
	Wishes = []string{"advice", "thinking", "complaint", Record}
	Abouts = []string{"me", "saw", "told"}
)

// Frame is what stands inside an age file, readable by anyone who has that opened:
//
//	tellbox/1 report            the header line: kind
//	mac 64 hex digits           or: sig 128 hex digits
//	                            an empty line
//	{"box":…}                   one JSON document on one line
//	                            spaces up to the bucket
//
// MAC and signature are over header line, newline included, and JSON bytes. The JSON has the fields below in this order, those
// of zero value left out where they say so, no white space, and no escapes but \" \\ \n \t: a decoder refuses whatever it would not
// have written itself, so that no two implementations can read one frame in two ways.
// mac is HMAC-SHA256 under the key between her and one reader, or under "self" in her own lines; it is all zeros in a
// report, which brings the key. sig is Ed25519 (RFC 8032) by the sender's sign-in key, on frames between advocates.
//
// A report also brings her consent key, and a grant: her signature by it over "tellbox/1 grant\n", box, drop, to, key and recipient, each
// followed by a newline. Frames between advocates name the consent key of the report they answer. So a reader who makes up a report under
// a drop he knows can neither use her consent key with keys of his own, nor stay unnoticed when colleagues write to one another.
type Frame struct {
	Kind  string `json:"-"`
	Box   BoxID  `json:"box"`
	Drop  Drop   `json:"drop"`
	From  string `json:"from"`           // FromReporter or a reader's id
	To    string `json:"to"`             // likewise: a frame put into another's mailbox is refused there
	ID    string `json:"id"`             // 32 random hex digits; a second frame with the same is a replay
	Day   string `json:"day"`            // YYYY-MM-DD, UTC
	Count int    `json:"count"`          // of the sender's frames to this addressee, or of her own lines; a gap shows a loss
	Seen  int    `json:"seen,omitempty"` // the highest count from the addressee that the sender saw; hers, in a reply

	Text   string   `json:"text,omitempty"`
	About  string   `json:"about,omitempty"` // of a report; she need not say
	Wish   string   `json:"wish,omitempty"`
	Prompt []Prompt `json:"prompts,omitempty"`
	Files  []File   `json:"files,omitempty"` // of a report, a message or a reply

	Roster    int      `json:"roster,omitempty"`     // the version she saw
	Readers   []string `json:"readers,omitempty"`    // in a report, and in every line of her own but a record's: who gets what she writes
	StruckOff []string `json:"struck_off,omitempty"` // likewise: who must not
	Copy      bool     `json:"copy,omitempty"`       // in her own lines: she keeps her words there

	Recipient string `json:"recipient,omitempty"` // hers, for lines
	Key       Hex32  `json:"key,omitzero"`        // the reader's MAC key
	Consent   Hex32  `json:"consent,omitzero"`    // her Ed25519 public key for consent
	Grant     string `json:"grant,omitempty"`     // 128 hex digits

	// Of casework; see Casework.
	Turn   int      `json:"turn,omitempty"`    // a Lamport number: one more than any that its sender had seen
	Status string   `json:"status,omitempty"`  // one of Statuses
	Named  string   `json:"named,omitempty"`   // the reader who is named to her from now on
	Left   bool     `json:"left,omitempty"`    // the sender steps aside
	Added  string   `json:"added,omitempty"`   // who reads it too from now on
	Chain  []string `json:"chain,omitempty"`   // to her, from somebody added: who added whom, the first a reader she chose
	SentTo []string `json:"sent_to,omitempty"` // between readers: who got this besides her
	Passed []Passed `json:"passed,omitempty"`  // in Added, to who is added: the case so far
}

// Passed is a frame as somebody who was added gets it: not by whom it came, but signed by who added him. It has none of its keys.
type Passed struct {
	Kind string `json:"kind"`
	Frame
}

// Prompt is an answer to one of the form's optional questions, and that question's id.
type Prompt struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// ErrOpen is the one error of everything that is not what it should be: not for this identity, cut, altered, malformed,
// by somebody else. Which of these it was helps only an attacker.
var ErrOpen = errors.New("this cannot be opened")

// Clean makes text as frames have it: well-formed UTF-8, CRLF and the separators U+2028 and U+2029 as newlines,
// no control characters but newline and tab.
func Clean(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return dropped(r) || r == '\u2028' || r == '\u2029' }) {
		return s // as nearly every text is, and always from the second time on
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = newlines.Replace(s)
	return strings.Map(func(r rune) rune {
		if dropped(r) {
			return -1
		}
		return r
	}, s)
}

var newlines = strings.NewReplacer("\r\n", "\n", "\u2028", "\n", "\u2029", "\n")

func dropped(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }

// Length is the number of code points that count towards MaxText.
func (f *Frame) Length() int {
	n := utf8.RuneCountInString(f.Text)
	for _, p := range f.Prompt {
		n += utf8.RuneCountInString(p.Text)
	}
	return n
}

func newID() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// auth makes the second line of a frame from the bytes it vouches for.
type auth func(signed []byte) string

func noMAC([]byte) string { return "mac " + strings.Repeat("0", 64) }

func macWith(key [32]byte) auth {
	return func(signed []byte) string { return "mac " + hex.EncodeToString(mac(key, signed)) }
}

func sigWith(key ed25519.PrivateKey) auth {
	return func(signed []byte) string { return "sig " + hex.EncodeToString(ed25519.Sign(key, signed)) }
}

func mac(key [32]byte, signed []byte) []byte {
	m := hmac.New(sha256.New, key[:])
	m.Write(signed)
	return m.Sum(nil)
}

// document checks the frame and writes its JSON.
func (f *Frame) document() ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(f); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// encode writes the frame without its padding. It refuses what decode would, but for a recipient that is none.
func (f *Frame) encode(a auth) ([]byte, error) {
	document, err := f.document()
	if err != nil {
		return nil, err
	}
	header := "tellbox/1 " + f.Kind + "\n"
	line := a(append([]byte(header), document...))
	return append([]byte(header+line+"\n\n"), document...), nil
}

// bucketFor is the smallest bucket that holds n bytes, or 0.
func bucketFor(n int) int {
	for _, b := range Buckets {
		if n <= b {
			return b
		}
	}
	return 0
}

func pad(frame []byte, bucket int) []byte {
	return append(append(make([]byte, 0, bucket), frame...), bytes.Repeat([]byte{' '}, bucket-len(frame))...)
}

// granted is what a grant is over.
func (f *Frame) granted() []byte {
	return fmt.Appendf(nil, "tellbox/1 grant\n%s\n%s\n%s\n%s\n%s\n", f.Box, f.Drop, f.To, f.Key, f.Recipient)
}
