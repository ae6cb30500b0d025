package dropbox

import (
	"crypto/ed25519"
	"slices"
	"testing"
)

// What somebody decides whom she struck off does not count, nor what somebody does whom he has added: it closes nothing, stops no clock, and adds
// nobody to who gets what she writes.
func TestStruckOffDecidesNothing(t *testing.T) {
	her := testReporter(t, 7)
	alice, _ := testReader(t, "alice")
	eve, _ := testReader(t, "eve")
	f := testReport("alice")
	f.StruckOff = []string{"dave"}
	p, err := her.Seal(f, []Reader{alice}, nil, everyone)
	if err != nil {
		t.Fatal(err)
	}
	lines := [][]byte{p.Line}
	say := func(id string, key Hex32, f Frame) {
		t.Helper()
		f.Box, f.Drop, f.Day = her.Box, her.Drop, "2026-02-13"
		r, err := Sender{ID: id, Key: key, Consent: Hex32{1}, SignIn: ed25519.NewKeyFromSeed(make([]byte, 32))}.SealReply(f, her.Recipient(), nil)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, r.Line)
	}
	alices := her.ReaderKey("alice")
	daves := AddedKey(alices, "dave")
	say("alice", alices, Frame{Kind: Status, Count: 1, Turn: 1, Status: "reading"})
	say("alice", alices, Frame{Kind: Added, Count: 2, Turn: 2, Added: "dave"})
	say("dave", daves, Frame{Kind: Status, Count: 1, Turn: 3, Status: Closed, Text: "Nothing to see", Chain: []string{"alice"}})
	say("dave", daves, Frame{Kind: Added, Count: 2, Turn: 4, Added: "eve", Chain: []string{"alice"}})
	say("eve", AddedKey(daves, "eve"), Frame{Count: 1, Text: "Trust Dave", Chain: []string{"alice", "dave"}})

	c := her.Fold(lines)
	if c.Unread != 0 || len(c.Entries) != 3 || !slices.Equal(c.Against, []string{"dave"}) || c.AddedBy("dave") != "alice" || !slices.Equal(c.Readers, []string{"alice"}) {
		t.Errorf("she sees %+v", c)
	}
	if s := c.Standing(); s != (Standing{Status: "reading", By: "alice", Day: "2026-02-13"}) {
		t.Errorf("it stands %+v", s)
	}
	if d := c.Due("2026-02-13"); d.By == "" || d.Answer == "" || d.Named != "alice" {
		t.Errorf("her clock says %+v", d)
	}
	if to, _ := c.Audience([]Reader{alice, eve}); !slices.Equal(IDs(to), []string{"alice"}) {
		t.Errorf("she writes to %v", IDs(to))
	}
	// Without the line that told her, whatever comes of him or of whom he added tells her.
	for _, line := range lines[3:] {
		if c := her.Fold([][]byte{lines[0], line}); !slices.Equal(c.Against, []string{"dave"}) || c.AddedBy("dave") != "alice" || len(c.Entries) != 1 || !slices.Equal(c.Readers, []string{"alice"}) {
			t.Errorf("of a line alone she sees %+v", c)
		}
	}
}
