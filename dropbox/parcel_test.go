package dropbox

import (
	"bytes"
	"errors"
	"mime/multipart"
	"strings"
	"testing"
)

const testBoundary = "tellbox-test-boundary"

func multipartBytes(t testing.TB, p *Parcel, receivers []string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary(testBoundary); err != nil {
		t.Fatal(err)
	}
	if err := p.WriteMultipart(w, receivers); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func testParcel(t testing.TB) (*Parcel, []string) {
	t.Helper()
	alice, _ := testReader(t, "alice")
	p, err := testReporter(t, 7).Seal(testReport("alice"), []Reader{alice}, nil, everyone)
	if err != nil {
		t.Fatal(err)
	}
	p.Sending, p.Keep = Sending{5}, 2
	p.SetDigest()
	return p, []string{"alice", "bob"}
}

func TestParcelRoundTrip(t *testing.T) {
	p, ids := testParcel(t)
	got, err := ReadParcel(multipart.NewReader(bytes.NewReader(multipartBytes(t, p, ids)), testBoundary))
	if err != nil {
		t.Fatal(err)
	}
	if got.Digest != p.Digest || got.Drop != p.Drop || got.Locator != p.Locator || got.Roster != 3 || got.Keep != 2 ||
		!bytes.Equal(got.Line, p.Line) || !bytes.Equal(got.To[0].Sealed, p.To[0].Sealed) {
		t.Error("the parcel came out otherwise")
	}
}

func TestParcelRefuses(t *testing.T) {
	for name, change := range map[string]func(*Parcel){
		"short envelope": func(p *Parcel) { p.To[0].Sealed = p.To[0].Sealed[1:] },
		"long line":      func(p *Parcel) { p.Line = append(p.Line, 0) },
		"plaintext line": func(p *Parcel) { p.Line = bytes.Repeat([]byte("a"), len(p.Line)) },
		"two stanzas": func(p *Parcel) {
			copy(p.To[0].Sealed[100:], "\n-> X25519 abc\n")
		},
		"reader twice":    func(p *Parcel) { p.To = append(p.To, p.To[0]) },
		"reader id":       func(p *Parcel) { p.To[0].Reader = "Alice" },
		"reserved reader": func(p *Parcel) { p.To[0].Reader = FromReporter },
		"keep":            func(p *Parcel) { p.Keep = 100 },
		"no number":       func(p *Parcel) { p.Sending = Sending{} },
		"roster":          func(p *Parcel) { p.Roster = -7 },
		"ten envelopes": func(p *Parcel) {
			for _, id := range strings.Split("bcdefghij", "") {
				p.To = append(p.To, Envelope{id, p.To[0].Sealed})
			}
		},
	} {
		p, ids := testParcel(t)
		change(p)
		if _, err := ReadParcel(multipart.NewReader(bytes.NewReader(multipartBytes(t, p, ids)), testBoundary)); !errors.Is(err, ErrShape) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p, ids := testParcel(t)
	whole := multipartBytes(t, p, ids)
	if _, err := ReadParcel(multipart.NewReader(bytes.NewReader(whole[:len(whole)/2]), testBoundary)); err == nil || errors.Is(err, ErrShape) {
		t.Errorf("half a parcel: %v", err)
	}
	if _, err := ReadParcel(multipart.NewReader(bytes.NewReader([]byte("--"+testBoundary+"--\r\n")), testBoundary)); err != ErrShape {
		t.Errorf("an empty parcel: %v", err)
	}
}
