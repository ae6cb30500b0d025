package dropbox

import (
	"strings"
	"testing"
)

// All she sends that falls into one bucket has one length, in bytes of the form: whatever it is, whoever is struck off, however long the
// readers' names, copy or not, and for how long it is kept; also right at a bucket's edge.
func TestParcelHasOneLength(t *testing.T) {
	her := testReporter(t, 7)
	var readers []Reader
	for _, id := range everyone {
		r, _ := testReader(t, id)
		readers = append(readers, r)
	}
	length := map[int]int{} // by bucket's envelope
	sent := func(what string, f Frame, to []Reader, c *Conversation) (envelope int) {
		t.Helper()
		f.Day, f.Roster = "2026-02-11", 3
		p, err := her.Seal(f, to, c, everyone)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		envelope = p.envelopeSize()
		for _, p.Keep = range []int{0, 2, 10} {
			got := len(multipartBytes(t, p, everyone))
			if length[envelope] == 0 {
				length[envelope] = got
			}
			if got != length[envelope] {
				t.Errorf("%s to %d of %d, keep %d: %d bytes; others with envelopes of %d have %d", what, len(to), len(readers), p.Keep, got, envelope, length[envelope])
			}
		}
		return envelope
	}
	for _, text := range []string{"x", strings.Repeat("x", 12_900), strings.Repeat("x", 12_940), strings.Repeat("x", 12_950), strings.Repeat("x", 12_960), strings.Repeat("x", 13_700),
		strings.Repeat("x", 16_024), strings.Repeat("说", 21_000), strings.Repeat("说", 100_000)} {
		envelopes := map[int]bool{} // all that holds this text is of one bucket
		for n := range len(readers) + 1 {
			got, struck := everyone[:n], everyone[n:]
			c := &Conversation{Readers: got, StruckOff: struck, SentTo: map[string]int{"alice": 3}, Count: 10}
			sent("a wish", Frame{Kind: Wish, Wish: "thinking"}, readers[:n], c)
			sent("a withdrawal", Frame{Kind: Withdrawn}, readers[:n], c)
			for _, cp := range []bool{false, true} {
				envelopes[sent("a message", Frame{Kind: Message, Text: text, Copy: cp}, readers[:n], c)] = true
				f := Frame{Kind: Report, Text: text, About: "me", Wish: "advice", Readers: got, StruckOff: struck, Copy: cp}
				if n == 0 {
					f.Wish, f.Copy = Record, true
				}
				envelopes[sent("a report", f, readers[:n], nil)] = true
				if f.Kind, f.Wish = Share, "complaint"; n > 0 {
					envelopes[sent("a share", f, readers[:n], &Conversation{})] = true
				}
			}
		}
		if len(envelopes) != 1 {
			t.Errorf("%d bytes of text: envelopes of %v, want one length", len(text), envelopes)
		}
	}
	if len(length) != len(Buckets) {
		t.Errorf("lengths %v, want one for each bucket", length)
	}
}

// A reply has one length whoever else reads with its sender.
func TestReplyHasOneLength(t *testing.T) {
	her := testReporter(t, 7)
	var readers []Reader
	for _, id := range everyone {
		r, _ := testReader(t, id)
		readers = append(readers, r)
	}
	alice := Sender{ID: "alice", Key: her.ReaderKey("alice"), Consent: Hex32{1}, SignIn: make([]byte, 64)}
	for _, size := range []int{10, 12_980, 12_990, 50_000} {
		lengths := map[int]bool{}
		for from := range len(readers) { // everyone[0] is alice
			for to := from; to < len(readers); to++ {
				p, err := alice.SealReply(Frame{Box: her.Box, Drop: her.Drop, Day: "2026-02-11", Count: 1, Text: strings.Repeat("x", size)}, her.Recipient(), readers[from+1:to+1])
				if err != nil {
					t.Fatal(err)
				}
				lengths[len(multipartBytes(t, p, everyone))] = true
			}
		}
		if len(lengths) != 1 {
			t.Errorf("%d characters: lengths %v, want one", size, lengths)
		}
	}
}
