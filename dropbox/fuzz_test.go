package dropbox

import (
	"bytes"
	"crypto/ed25519"
	"mime/multipart"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func FuzzParseCode(f *testing.F) {
	c := CodeOf([12]byte{1, 2, 3})
	for _, s := range []string{c.Words(), strings.ToUpper(c.Words()), strings.ReplaceAll(c.Words(), " ", ""), "abacus", "", "a,b;c", "é\u2028ﬁ",
		"ａbacus\ufe0f▪\ufe0f", "abacu abdmen abdomnal abde abding abilty ablze abe", "revertion" + c.Words(), "cat bag bat ban barn car card cash",
		"0000000A0AAtBAC0AutomAker0BACkdrop0Z0A0step0unstAffed0ether0A"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCode(s)
		if err != nil {
			e := err.(*CodeError)
			if e.Token != "code-word" && e.Token != "code-length" && e.Token != "code-checksum" || len(e.Unknown) > CodeWords*maxOffered ||
				len(e.Doubtful) > CodeWords*maxOffered || len(e.Swapped) > maxOffered || e.Token != "code-checksum" && e.Swapped != nil {
				t.Errorf("%+v", *e)
			}
			for _, u := range slices.Concat(e.Unknown, e.Doubtful) {
				if u.Position < 1 || u.Position > e.Words && e.Token != "code-length" || len(u.Nearest) > maxNearest || !strings.Contains(strings.Join(tokensOf(s), ""), u.Typed) {
					t.Errorf("%+v", *e)
				}
				for _, w := range u.Nearest {
					if _, listed := wordIndex[w]; !listed || w == u.Typed {
						t.Errorf("%q is suggested for %q", w, u.Typed)
					}
				}
			}
			return
		}
		if again, err := ParseCode(c.Words()); err != nil || again != c {
			t.Errorf("%q: its words read otherwise", s)
		}
		if !ContainsCode(s) && !strings.ContainsFunc(s, func(r rune) bool { return r > 127 }) {
			t.Errorf("%q is a code but does not contain one", s)
		}
	})
}

func FuzzDecodeFrame(f *testing.F) {
	good := testReport("alice")
	good.Count, good.Text, good.StruckOff = 1, "", nil
	good.From, good.To, good.ID = FromReporter, FromReporter, newID()
	plain, err := good.encode(macWith([32]byte{1}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(plain))
	f.Add(strings.Replace(string(plain), `"count":1`, `"count":1,"Count":2`, 1))
	f.Add("tellbox/1 report\nmac \n\n{}")
	status := Frame{Kind: Status, Drop: Drop{1}, From: "alice", To: FromReporter, ID: newID(), Day: "2026-02-11", Count: 1, Turn: 1, Status: Closed, Text: "Why"}
	added := Frame{Kind: Added, Drop: Drop{1}, From: "alice", To: FromReporter, ID: newID(), Day: "2026-02-11", Count: 1, Turn: 1, Added: "carol", Passed: []Passed{Pass(&status)}}
	for _, g := range []Frame{status, added} {
		plain, err := g.encode(macWith([32]byte{1}))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(plain))
	}
	f.Fuzz(func(t *testing.T, s string) {
		bucket := bucketFor(len(s))
		if bucket == 0 {
			return
		}
		o, err := decode(pad([]byte(s), bucket))
		if err != nil {
			if err != ErrOpen {
				t.Errorf("error %v", err)
			}
			return
		}
		if p, err := Reopen(o.Bytes()); err != nil || !reflect.DeepEqual(o, p) || string(o.Bytes()) != strings.TrimRight(s, " ") {
			t.Errorf("kept and read again, it is another: %v", err)
		}
		// Whatever was taken can be said again, and is taken again as the same.
		again, err := o.claimed.encode(func([]byte) string { return "mac " + strings.Repeat("1", 64) })
		if err != nil {
			t.Fatalf("taken, but not valid: %v", err)
		}
		p, err := decode(pad(again, Buckets[3]))
		if err != nil {
			t.Fatalf("said again, not taken: %v", err)
		}
		if p.claimed.Text != o.claimed.Text || p.claimed.Kind != o.claimed.Kind || p.claimed.Key != o.claimed.Key {
			t.Error("said again, it is another")
		}
	})
}

func FuzzCheckEnvelope(f *testing.F) {
	p, _ := testParcel(f)
	f.Add(p.Line)
	f.Add(p.Line[:len(p.Line)-1])
	f.Add([]byte(stanza))
	her := testReporter(f, 7)
	f.Fuzz(func(t *testing.T, b []byte) {
		if CheckEnvelope(b) != nil {
			if _, err := Open(b, her.identity); err != ErrOpen {
				t.Errorf("opened what has no shape: %v", err)
			}
		}
	})
}

func FuzzReadParcel(f *testing.F) {
	p, ids := testParcel(f)
	f.Add(multipartBytes(f, p, ids))
	f.Add([]byte("--" + testBoundary + "\r\nContent-Disposition: form-data; name=\"sending\"\r\n\r\n00\r\n--" + testBoundary + "--\r\n"))
	f.Add([]byte("--" + testBoundary + "--\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ReadParcel(multipart.NewReader(bytes.NewReader(b), testBoundary))
		if err == nil && p.CheckShape() != nil {
			t.Error("took a parcel without shape")
		}
	})
}

func FuzzParseAuthorization(f *testing.F) {
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	f.Add(SignRequest("alice", key, "GET", "/api/1/mail?limit=1", nil, time.Unix(1, 0), BoxID{}))
	f.Add("Tellbox id=,time=,sig=")
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := ParseAuthorization(s); err == nil && (!ValidID(a.ID) || len(a.sig) != ed25519.SignatureSize) {
			t.Errorf("%+v", a)
		}
	})
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"a\r\nb", "\u2028", "\xff", "\x1b[0m", "a\tb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := Clean(s)
		if !utf8.ValidString(c) || Clean(c) != c {
			t.Errorf("Clean(%q) = %q is not clean", s, c)
		}
	})
}
