package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// Which languages somebody reads is said by the keyholders, and shown before they sign. Without a word from them it is
// English, for those who read reports.
func TestLanguages(t *testing.T) {
	d := newDesk(t)
	d.box()
	for _, id := range []string{"alice", "bob", "olga", "ivy"} {
		d.card(id)
	}
	reads := func(want ...string) {
		t.Helper()
		var got struct {
			Readers []struct{ ID, Statement, Languages string }
		}
		if err := json.Unmarshal([]byte(d.ok("show -roster R -json")), &got); err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, r := range got.Readers {
			lines = append(lines, strings.Join([]string{r.ID, r.Statement, r.Languages}, "|"))
		}
		if !slices.Equal(lines, want) {
			t.Errorf("got %q, want %q", lines, want)
		}
	}
	d.ok("add -roster R -card alice.txt -role advocate -languages English,_Cymraeg -statement sits_nowhere", "    reads English, Cymraeg\n")
	d.ok("add -roster R -card bob.txt -role advocate -languages=")
	d.ok("add -roster R -card olga.txt -role ombudsperson", "    reads English\n")
	d.ok("add -roster R -card ivy.txt -role adjudicator")
	reads("alice|sits nowhere|English, Cymraeg", "bob||", "olga||English", "ivy||")
	out := d.ok("sign -roster R -key k1 -passphrase-file P", "    reads English, Cymraeg\n", "    reads English\n")
	if n := strings.Count(out, "    reads "); n != 2 {
		t.Errorf("before signing, %d people read something, want 2:\n%s", n, out)
	}
	d.ok("sign -roster R -key k2 -passphrase-file P")
	d.ok("verify -roster R -keyholders K", "    reads English, Cymraeg\n")

	// With new keys she still reads what she read; with the same card another thing is said of her.
	d.ok("add -roster R -card bob.txt -replace -languages Français")
	d.card("alice")
	d.ok("add -roster R -card alice.txt -replace")
	d.ok("add -roster R -card olga.txt -replace -statement retired_judge -languages=")
	reads("alice|sits nowhere|English, Cymraeg", "bob||Français", "olga|retired judge|", "ivy||")
	for _, wrong := range []string{"English,Cymraeg", "English,_english", ",", "English,_"} {
		d.fails("add -roster R -card alice.txt -replace -languages "+wrong, 1, "malformed", "")
	}
	reads("alice|sits nowhere|English, Cymraeg", "bob||Français", "olga|retired judge|", "ivy||")
}
