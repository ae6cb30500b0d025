package dropbox

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"flag"
	"mime/multipart"
	"os"
	"strings"
	"testing"

	"filippo.io/age"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew; for a new format version only")

const vectorsFile = "testdata/vectors.json"

// vectors is testdata/vectors.json, the formats by example, for a second implementation. Byte strings are lower-case hex,
// frames are text. A sealed file cannot be made again, only opened.
type vectors struct {
	Note   string        `json:"note"`
	Words  string        `json:"words_sha256"`
	Codes  []codeVector  `json:"codes"`
	Clean  [][2]string   `json:"clean"`
	Frames []frameVector `json:"frames"`
	// Refused are frames, by what is wrong with them, that a decoder must not take.
	Refused  [][2]string     `json:"refused"`
	Mistyped []mistypeVector `json:"mistyped"`
	Lines    lineVector      `json:"line"`
	Parcel   parcelVector    `json:"parcel"`
	Sign     requestVector   `json:"request"`
	Digest   []digestVector  `json:"digests"`
}

type codeVector struct {
	Entropy      string            `json:"entropy"`
	Words        string            `json:"words"`
	Box          string            `json:"box"`
	Locator      string            `json:"locator"`
	Drop         string            `json:"drop"`
	IdentitySeed string            `json:"identity_seed"`
	Identity     string            `json:"identity"`
	Recipient    string            `json:"recipient"`
	Thread       string            `json:"thread"`
	Self         string            `json:"self"`
	ConsentSeed  string            `json:"consent_seed"`
	Consent      string            `json:"consent_public"`
	ReaderKeys   map[string]string `json:"reader_keys"`
}

type mistypeVector struct {
	Typed string `json:"typed"`
	Token string `json:"token"`
}

type frameVector struct {
	Name   string `json:"name"`
	Auth   string `json:"auth"`   // zeros, mac or sig
	Key    string `json:"key"`    // MAC key, or Ed25519 seed
	Signed string `json:"signed"` // what MAC or signature is over
	Frame  string `json:"frame"`  // unpadded
	Bucket int    `json:"bucket"`
}

type lineVector struct {
	Entropy string `json:"entropy"`
	Sealed  string `json:"sealed"` // opens to the frame named "own line", padded
	Frame   string `json:"frame"`
}

type parcelVector struct {
	Boundary  string   `json:"boundary"`
	Receivers []string `json:"receivers"`
	File      string   `json:"file"` // the multipart bytes, beside this file
	Identity  string   `json:"identity"`
	Reader    string   `json:"reader"`
	Frame     string   `json:"frame"` // what the envelope to reader holds, unpadded
	Digest    string   `json:"digest"`
}

type requestVector struct {
	Seed, ID, Method, URI, Body, Box string
	Time                             int64
	Text, Header                     string
}

type digestVector struct {
	Sending string   `json:"sending"`
	Parts   []string `json:"parts"`
	Digest  string   `json:"digest"`
}

func readVectors(t *testing.T) *vectors {
	t.Helper()
	b, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	v := &vectors{}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		t.Fatal(err)
	}
	return v
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestVectors holds this implementation to testdata/vectors.json, which never changes within tellbox/1.
func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	v := readVectors(t)
	if v.Words != wordsHash() {
		t.Error("words.txt is another list")
	}
	for _, c := range v.Codes {
		if got := codeVectorOf(t, [12]byte(unhex(t, c.Entropy)), BoxID(unhex(t, c.Box))); mustJSON(got) != mustJSON(c) {
			t.Errorf("code %s: got %s", mustJSON(c), mustJSON(got))
		}
		if got, err := ParseCode(c.Words); err != nil || got != CodeOf([12]byte(unhex(t, c.Entropy))) {
			t.Errorf("words %q: %v", c.Words, err)
		}
	}
	for _, c := range v.Clean {
		if got := Clean(c[0]); got != c[1] {
			t.Errorf("Clean(%q) = %q, want %q", c[0], got, c[1])
		}
	}
	for _, f := range v.Frames {
		o, err := decode(pad([]byte(f.Frame), f.Bucket))
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		if string(o.signed) != f.Signed {
			t.Errorf("%s: signed bytes %q", f.Name, o.signed)
		}
		r := Route{o.claimed.Box, o.claimed.Drop, o.claimed.From, o.claimed.To}
		switch f.Auth {
		case "zeros":
			_, err = o.AsReport(r.Box, r.To)
		case "mac":
			_, err = o.ByMAC(Hex32(unhex(t, f.Key)), r)
		case "sig":
			_, err = o.BySig(ed25519.NewKeyFromSeed(unhex(t, f.Key)).Public().(ed25519.PublicKey), r)
		}
		if err != nil {
			t.Errorf("%s: not believed", f.Name)
		}
	}
	for _, f := range v.Refused {
		if _, err := decode(pad([]byte(f[1]), Buckets[0])); err != ErrOpen {
			t.Errorf("%s: not refused: %v", f[0], err)
		}
	}
	for _, c := range v.Mistyped {
		_, err := ParseCode(c.Typed)
		if e, ok := err.(*CodeError); !ok || e.Token != c.Token {
			t.Errorf("%q: %v, want %s", c.Typed, err, c.Token)
		}
	}
	r, err := CodeOf([12]byte(unhex(t, v.Lines.Entropy))).Reporter(BoxID(unhex(t, v.Codes[0].Box)))
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Fold([][]byte{unhex(t, v.Lines.Sealed)}); c.Unread != 0 || len(c.Entries) != 1 {
		t.Errorf("the line does not open: %+v", c)
	}
	body, err := os.ReadFile("testdata/" + v.Parcel.File)
	if err != nil {
		t.Fatal(err)
	}
	p, err := ReadParcel(multipart.NewReader(bytes.NewReader(body), v.Parcel.Boundary))
	if err != nil || p.Digest.String() != v.Parcel.Digest {
		t.Fatalf("the parcel: %v", err)
	}
	identity, err := age.ParseHybridIdentity(v.Parcel.Identity)
	if err != nil {
		t.Fatal(err)
	}
	o, err := Open(p.To[0].Sealed, identity)
	if err != nil || p.To[0].Reader != v.Parcel.Reader {
		t.Fatal(err)
	}
	want, _ := decode(pad([]byte(v.Parcel.Frame), Buckets[0]))
	if string(o.signed) != string(want.signed) {
		t.Error("the envelope holds another frame")
	}
	q := v.Sign
	if got := string(requestText(q.Method, q.URI, []byte(q.Body), q.Time, BoxID(unhex(t, q.Box)))); got != q.Text {
		t.Errorf("request text %q", got)
	}
	if got := SignRequest(q.ID, ed25519.NewKeyFromSeed(unhex(t, q.Seed)), q.Method, q.URI, []byte(q.Body), unix(q.Time), BoxID(unhex(t, q.Box))); got != q.Header {
		t.Errorf("request header %q", got)
	}
	for _, d := range v.Digest {
		var parts [][]byte
		for _, p := range d.Parts {
			parts = append(parts, []byte(p))
		}
		if got := DigestOf(Sending(unhex(t, d.Sending)), parts...); got.String() != d.Digest {
			t.Errorf("digest %s", got)
		}
	}
}

// TestWorkedExample holds the example in the package documentation to the vectors.
func TestWorkedExample(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	v := readVectors(t)
	c := v.Codes[0]
	for _, s := range []string{c.Entropy, c.Words, c.Box, c.Locator, c.Drop, c.Thread, c.Self, c.IdentitySeed, c.ConsentSeed, c.ReaderKeys["alice"]} {
		if !strings.Contains(string(doc), s) {
			t.Errorf("doc.go does not show %s", s)
		}
	}
	for _, f := range v.Frames {
		if f.Name == "message" {
			for line := range strings.Lines(f.Frame) {
				if !strings.Contains(string(doc), strings.TrimSpace(line)) {
					t.Errorf("doc.go does not show %s", line)
				}
			}
		}
	}
}
