package dropbox

import (
	"bytes"
	"crypto/ed25519"
	"testing"
)

// A frame that was kept says what it said, and whoever was not believed before is not believed after.
func TestReopen(t *testing.T) {
	her := testReporter(t, 7)
	alice, aliceID := testReader(t, "alice")
	_, key, _ := ed25519.GenerateKey(nil)
	public := key.Public().(ed25519.PublicKey)
	p, err := her.Seal(testReport("alice"), []Reader{alice}, nil, everyone)
	if err != nil {
		t.Fatal(err)
	}
	m, err := her.Seal(Frame{Kind: Message, Day: "2026-02-12", Text: "More from me"}, []Reader{alice}, &Conversation{Readers: []string{"alice"}}, everyone)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Sender{"bob", her.ReaderKey("bob"), Hex32{1}, key}.SealReply(Frame{Box: her.Box, Drop: her.Drop, Day: "2026-02-12", Count: 1, Text: "From Bob"}, her.Recipient(), []Reader{alice})
	if err != nil {
		t.Fatal(err)
	}
	frames := map[string][]byte{}
	for kind, envelope := range map[string][]byte{Report: p.To[0].Sealed, Message: m.To[0].Sealed, Reply: r.To[0].Sealed} {
		o, err := Open(envelope, aliceID)
		if err != nil {
			t.Fatal(err)
		}
		frames[kind] = o.Bytes()
	}
	believed := func(kind string, frame []byte) error {
		o, err := Reopen(frame)
		if err != nil {
			return err
		}
		for range 2 { // the second time it is remembered
			if _, err := o.AsReport(her.Box, "bob"); err != ErrOpen {
				t.Errorf("%s: a report to another reader: %v", kind, err)
			}
			if _, err := o.BySig(bytes.Repeat([]byte{1}, 32), Route{her.Box, her.Drop, "bob", "alice"}); err != ErrOpen {
				t.Errorf("%s: by another's key: %v", kind, err)
			}
			switch kind {
			case Report:
				_, err = o.AsReport(her.Box, "alice")
			case Message:
				_, err = o.ByMAC(her.ReaderKey("alice"), Route{her.Box, her.Drop, FromReporter, "alice"})
			case Reply:
				_, err = o.BySig(public, Route{her.Box, her.Drop, "bob", "alice"})
				if _, err := o.BySig(public, Route{her.Box, Drop{}, "bob", "alice"}); err != ErrOpen {
					t.Errorf("on another route: %v", err)
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	for kind, frame := range frames {
		if err := believed(kind, frame); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		for name, bad := range map[string][]byte{"nothing": nil, "padded": pad(frame, Buckets[0]), "cut": frame[:len(frame)-1], "too long": bytes.Repeat(frame, 1000)} {
			if _, err := Reopen(bad); err != ErrOpen {
				t.Errorf("%s, %s: %v", kind, name, err)
			}
		}
	}
	for kind, from := range map[string]string{Message: `"text":"`, Reply: `"text":"`, Report: `"key":"`} { // her grant is over the key
		changed := bytes.Clone(frames[kind])
		copy(changed[bytes.Index(changed, []byte(from))+len(from):], "0f0f0f0f")
		if bytes.Equal(changed, frames[kind]) {
			t.Fatalf("%s: nothing was changed", kind)
		}
		if err := believed(kind, changed); err != ErrOpen {
			t.Errorf("%s, changed: %v", kind, err)
		}
	}
}
