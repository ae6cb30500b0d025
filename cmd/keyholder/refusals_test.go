package main

import (
	"os"
	"strings"
	"testing"
)

func TestRefusals(t *testing.T) {
	d := newDesk(t)
	d.box()
	d.card("alice")
	d.write("empty", "\n")
	other := strings.ReplaceAll(strings.ReplaceAll(newBox, "-roster R", "-roster R2"), "-out K", "-out K2")
	for _, test := range []struct {
		line  string
		code  int
		token string
		hint  string
	}{
		{"", 2, "usage", "keyholder help"},
		{"frobnicate", 2, "usage", "keyholder help"},
		{"keygen -nonsense", 2, "usage", "keyholder help"},
		{"keygen -name", 2, "usage", ""},
		{"keygen -name Ana", 2, "usage", ""},
		{"keygen -name Ana -out k9 stray", 2, "usage", ""},
		{"sign -key k1", 2, "usage", ""},
		{"sign -key k1 -roster R -keyholders K", 2, "usage", ""},
		{"remove -roster R", 2, "usage", ""},
		{"remove -roster R a b", 2, "usage", ""},
		{"add -roster R -card alice.txt", 2, "usage", ""},
		{"add -roster R -card alice.txt -role owner", 2, "usage", ""},
		{"add -roster R -card alice.txt -role advocate -replace", 2, "usage", ""},
		{"fingerprint", 2, "usage", ""},
		{"verify -roster R", 2, "usage", ""},
		{strings.Replace(other, "-threshold 2", "", 1), 2, "usage", ""},
		{strings.Replace(other, "2027-01-15", "soon", 1), 2, "usage", ""},
		{strings.Replace(other, "2027-01-15", "2027-01-20", 1), 1, "too-far", "2027-01-19"},
		{strings.Replace(other, "2027-01-15", "2026-11-19", 1), 1, "in-the-past", "2027-01-19"},
		{strings.Replace(other, "-threshold 2", "-threshold 4", 1), 1, "malformed", ""},
		{strings.Replace(other, "daily_", "daily", 1), 1, "malformed", ""},
		{strings.Replace(other, "k3.pub", "k9.pub", 1), 1, "no-such-file", "path"},
		{strings.Replace(other, "k3.pub", "alice.txt", 1), 1, "malformed", ""},
		{newBox, 1, "exists", ""},
		{"verify -roster R -keyholders none", 1, "no-such-file", "path"},
		{"verify -roster none -keyholders K", 1, "no-such-file", "path"},
		{"verify -roster K -keyholders K", 1, "malformed", ""},
		{"add -roster R -card k1.pub -role advocate", 1, "malformed", ""},
		{"add -roster R -card none -role advocate", 1, "no-such-file", ""},
		{"sign -roster R -key k1 -passphrase-file Q", 1, "passphrase", "nothing was changed"},
		{"sign -roster R -key k1 -passphrase-file none", 1, "no-such-file", ""},
		{"sign -roster R -key k1 -passphrase-file empty", 1, "refused", ""},
		{"sign -roster R -key none -passphrase-file P", 1, "no-such-file", ""},
		{"sign -roster R -key k1.pub -passphrase-file P", 1, "refused", ""},
		{"sign -roster K -key k1 -passphrase-file P", 1, "malformed", ""},
		{"sign -roster alice.txt -key k1 -passphrase-file P", 1, "malformed", ""},
		{"keygen -name a|b -out k9 -passphrase-file P", 1, "malformed", ""},
		{"keygen -name Ana -out k9 -passphrase-file empty", 1, "refused", ""},
		{"keygen -name Ana -out no/such/k9 -passphrase-file P", 1, "no-such-file", ""},
	} {
		t.Run(test.line, func(t *testing.T) {
			before := d.read("R")
			(&desk{t, d.dir, d.now}).fails(test.line, test.code, test.token, test.hint)
			if d.read("R") != before {
				t.Error("the roster changed")
			}
		})
	}
	for _, name := range []string{"k9", "k9.pub", "R2", "K2"} {
		if _, err := os.Stat(name); err == nil {
			t.Errorf("a refusal left %s", name)
		}
	}
	d.ok("help", "usage: keyholder", "Exit: 0 done")
}
