package e2e

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// parcels and withdrawals as they begin on the wire.
const (
	parcelBegins   = "POST " + dropbox.API + "parcel"
	withdrawBegins = "POST " + dropbox.API + "withdraw"
)

// breaks are what a bad connection does, once, to what she sends.
func breaks(on string) map[string]droptest.Flaw {
	return map[string]droptest.Flaw{
		"the answer is lost":       {What: droptest.CutAnswer, On: on, Times: 1}, // the server has done it
		"cut in the answer":        {What: droptest.CutAnswer, On: on, Bytes: 300, Times: 1},
		"cut while it is sent":     {What: droptest.CutRequest, On: on, Bytes: 40_000, Times: 1},
		"no connection at first":   {What: droptest.Refuse, Times: 1},
		"cut before a byte passed": {What: droptest.CutRequest, On: on, Times: 1},
	}
}

// On a flaky connection everything arrives once, and she is told what happens, and ends with what she would have got.
func TestFlakyConnection(t *testing.T) {
	shared := newOnion(t)
	var all sync.WaitGroup // at once, as each waits some seconds before it tries again
	for _, verb := range []string{"send", "message", "wish", "share", "withdraw"} {
		on := parcelBegins
		if verb == "withdraw" {
			on = withdrawBegins
		}
		for how, flaw := range breaks(on) {
			all.Go(func() {
				t.Run(verb+", "+how, func(t *testing.T) {
					s := *shared.site
					s.t = t
					s.behindProxy(shared.box).brokenOnce(verb, flaw)
				})
			})
		}
	}
	all.Wait()
}

// brokenOnce does one thing over a connection that breaks once.
func (o *onion) brokenOnce(verb string, flaw droptest.Flaw) {
	t := o.t
	var s step
	words, want := "", []string{dropbox.Report} // what alice has of it in the end
	switch verb {
	case "send":
		s = step{"send", "Something", []string{"-text-file", "-"}}
	case "message":
		words = o.send("Something", "-exclude", "bob")
		s, want = step{verb, words + "\nMore", []string{"-code-file", "-", "-text-file", "-"}}, append(want, dropbox.Message)
	case "wish":
		words = o.send("Something", "-exclude", "bob")
		s, want = step{verb, words + "\n", []string{"-code-file", "-", "-wish", "complaint"}}, append(want, dropbox.Wish)
	case "share":
		words = o.send("Something", "-wish", "record")
		s = step{verb, words + "\n", []string{"-code-file", "-", "-wish", "thinking", "-exclude", "bob"}}
	case "withdraw":
		words = o.send("Something", "-exclude", "bob")
		o.mail("alice", words) // she has been handed the report: she is asked to delete it
		s, want = step{verb, words + "\n", []string{"-code-file", "-", "-yes"}}, []string{dropbox.Withdrawn}
	}
	o.Break(flaw)
	said, notes := o.reporter(0, s.stdin, s.verb, s.args...)
	if o.Unbroken() != 0 {
		t.Fatal("the connection never broke")
	}
	if !strings.Contains(notes, "reporter: note: ") || !strings.Contains(notes, "Trying again in ") {
		t.Errorf("she is told %q", notes)
	}
	if verb == "send" {
		words = said.Code
	}
	for _, secret := range append(secretsOf(t, words, dropbox.BoxID(o.box.Set.Box)), "Something", "More", onionName, "127.0.0.1") {
		if strings.Contains(notes, secret) {
			t.Errorf("%q stands in what she is told: %q", secret, notes)
		}
	}
	switch verb {
	case "send":
		if len(strings.Fields(words)) != 8 || !slices.Equal(said.Readers, []string{"alice", "bob"}) {
			t.Errorf("she is told %+v", said)
		}
	case "withdraw":
		if len(said.Deleted)+len(said.Asked)+len(said.Unasked) > 1 {
			t.Errorf("she is told %+v", said)
		}
	default:
		if !said.Stored || !slices.Equal(said.Readers, []string{"alice"}) {
			t.Errorf("she is told %+v", said)
		}
	}
	if got := o.mail("alice", words); !slices.Equal(got, want) {
		t.Errorf("alice has %q, want %q", got, want)
	}
	if verb == "withdraw" {
		if gone, _ := o.reporter(1, words+"\n", "check", "-code-file", "-"); gone.Error != "nothing-here" {
			t.Errorf("afterwards her words say %+v", gone)
		}
	} else if c, _ := o.reporter(0, words+"\n", "check", "-code-file", "-"); len(c.Entries) != len(want)+btoi(verb == "share") || len(c.Warnings) != 0 {
		t.Errorf("afterwards she sees %+v", c)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// If no answer ever comes she is told that it is not known whether it arrived, and has her words all the same: here it did arrive.
func TestUndelivered(t *testing.T) {
	o := newOnion(t)
	earlier := o.send("Something else")
	for how, arrived := range map[string]bool{"every answer is lost": true, "never a whole request": false} {
		flaw := droptest.Flaw{What: droptest.CutAnswer, On: parcelBegins, Times: 100}
		if !arrived {
			flaw = droptest.Flaw{What: droptest.CutRequest, On: parcelBegins, Bytes: 1000, Times: 100}
		}
		o.Break(flaw)
		said, notes := o.reporter(3, "Something", "send", "-text-file", "-", "-tries", "2")
		if said.Error != "undelivered" || len(strings.Fields(said.Code)) != 8 || !slices.Equal(said.Readers, []string{"alice", "bob"}) || said.Message == "" {
			t.Errorf("%s: she is told %+v", how, said)
		}
		if !strings.Contains(notes, "Trying again in ") || !strings.Contains(notes, "reporter: error: ") {
			t.Errorf("%s: on stderr she is told %q", how, notes)
		}
		if all := notes + said.Message; strings.Contains(all, onionName) || strings.Contains(all, "127.0.0.1") || strings.Contains(all, said.Code) {
			t.Errorf("%s: an error names an address or her words: %q", how, all)
		}
		// For people, too: the words first of all.
		r := o.try("Something", "reporter", o.here("send", "-text-file", "-", "-tries", "1")...)
		plain := wordsIn(r.stdout)
		if r.code != 3 || plain == "" {
			t.Errorf("%s: exit %d, and for people %q", how, r.code, r.stdout)
		}
		if more, _ := o.reporter(3, earlier+"\nMore", "message", "-code-file", "-", "-text-file", "-", "-tries", "1"); more.Error != "undelivered" {
			t.Errorf("%s: of a message she is told %+v", how, more)
		}
		o.Break(droptest.Flaw{})
		for _, words := range []string{said.Code, plain} {
			want := map[bool]int{true: 1, false: 0}[arrived]
			if got := len(o.mail("alice", words)); got != want {
				t.Errorf("%s: alice has %d, want %d", how, got, want)
			}
			c, _ := o.reporter(map[bool]int{true: 0, false: 1}[arrived], words+"\n", "check", "-code-file", "-")
			if len(c.Entries) != want {
				t.Errorf("%s: with her words she sees %+v", how, c)
			}
		}
	}
}

// wordsIn finds eight words in what a program prints for people.
func wordsIn(text string) string {
	fields := strings.Fields(text)
	for i := 0; i+8 <= len(fields); i++ {
		if words := strings.Join(fields[i:i+8], " "); dropbox.ContainsCode(words) {
			if _, err := dropbox.ParseCode(words); err == nil {
				return words
			}
		}
	}
	return ""
}
