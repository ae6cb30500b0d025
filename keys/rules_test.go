package keys_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"tellbox/keys"
)

func TestRosterFormatRefusals(t *testing.T) {
	c := newCast(t)
	good := c.roster(t).Text()
	alice, bob := c.cards["alice"], c.cards["bob"]
	hexKey := func(k ed25519.PublicKey) string { return fmt.Sprintf("%x", []byte(k)) }
	for name, change := range map[string][2]string{
		"same id":              {"reader bob", "reader alice"},
		"same recipient":       {bob.RecipientText, alice.RecipientText},
		"same sign-in key":     {hexKey(bob.Signin), hexKey(alice.Signin)},
		"retired and there":    {"reader alice", "retired bob\nreader alice"},
		"retired twice":        {"reader alice", "retired x\nretired x\nreader alice"},
		"reserved id":          {"reader bob", "reader server"},
		"reserved id reporter": {"reader bob", "reader reporter"},
		"id in capitals":       {"reader bob", "reader Bob"},
		"id too long":          {"reader bob", "reader b" + strings.Repeat("o", 32)},
		"unknown role":         {"role investigator", "role owner"},
		"two ombudspersons":    {"role investigator", "role ombudsperson"},
		"leading zero":         {"version 5", "version 05"},
		"plus sign":            {"version 5", "version +5"},
		"version 0":            {"version 5", "version 0"},
		"huge version":         {"version 5", "version 99999999999999999999"},
		"upper-case hex":       {hexKey(bob.Signin), strings.ToUpper(hexKey(bob.Signin))},
		"small-order key":      {hexKey(bob.Signin), "01" + strings.Repeat("0", 62)},
		"upper-case recipient": {bob.RecipientText, strings.ToUpper(bob.RecipientText)},
		"classic recipient":    {bob.RecipientText, "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"},
		"broken recipient":     {bob.RecipientText, bob.RecipientText[:1900]},
		"expires first":        {"expires 2027-01-09", "expires 2026-11-19"},
		"lives 61 days":        {"expires 2027-01-09", "expires 2027-01-20"},
		"no such day":          {"expires 2027-01-09", "expires 2026-11-31"},
		"empty statement":      {"statement sits on no party committee", "statement "},
		"no languages":         {"languages English, Cymraeg", "languages "},
		"languages first":      {"statement sits on no party committee\nlanguages English, Cymraeg", "languages English, Cymraeg\nstatement sits on no party committee"},
		"languages twice":      {"languages English, Cymraeg", "languages English\nlanguages Cymraeg"},
		"a language twice":     {"languages English, Cymraeg", "languages English, Cymraeg, english"},
		"no space between":     {"languages English, Cymraeg", "languages English,Cymraeg"},
		"two spaces between":   {"languages English, Cymraeg", "languages English,  Cymraeg"},
		"space before comma":   {"languages English, Cymraeg", "languages English , Cymraeg"},
		"nothing between":      {"languages English, Cymraeg", "languages English, , Cymraeg"},
		"comma at the end":     {"languages English, Cymraeg", "languages English, Cymraeg,"},
		"comma at the start":   {"languages English, Cymraeg", "languages , English"},
		"nine languages":       {"languages English, Cymraeg", "languages a, b, c, d, e, f, g, h, i"},
		"long languages":       {"languages English, Cymraeg", "languages " + strings.Repeat("x", 201)},
		"bidi in languages":    {"languages English, Cymraeg", "languages English, \u2067Cymraeg"},
		"carriage return":      {"role investigator", "role investigator\r"},
		"empty line":           {"role investigator", "\nrole investigator"},
		"bidi override":        {"name Name of bob", "name Name of \u202ebob"},
		"line separator":       {"name Name of bob", "name Name of\u2028bob"},
		"next line control":    {"name Name of bob", "name Name of\u0085bob"},
		"zero width space":     {"name Name of bob", "name Name of bo\u200bb"},
		"bad UTF-8":            {"name Name of bob", "name Name of \xff"},
		"trailing space":       {"name Name of bob", "name Name of bob "},
		"no name":              {"name Name of bob", "name "},
		"201 characters":       {"name Name of bob", "name " + strings.Repeat("ŵ", 201)},
		"bad zone":             {"Europe/London", "Europe/Narnia"},
		"zone out of its tree": {"Europe/London", "../../etc/passwd"},
		"five fields":          {"|116 123|", "|116|123|"},
		"unknown line":         {"reader alice", "owner alice"},
		"text after the end":   {"role investigator", "role investigator\nrole investigator"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(good, change[0]) {
				t.Fatalf("the roster does not contain %q", change[0])
			}
			_, err := keys.ParseRoster([]byte(strings.Replace(good, change[0], change[1], 1)))
			wantErr(t, err, keys.ErrFormat)
		})
	}
	for name, text := range map[string]string{
		"empty": "", "header only": "tellbox/1 roster\n", "cut": good[:len(good)-1],
		"too long": good + strings.Repeat(" ", 1<<20), "empty signatures": good + "\n", "not a signature": good + "\nhello\n",
	} {
		if _, err := keys.ParseRoster([]byte(text)); !errors.Is(err, keys.ErrFormat) {
			t.Errorf("%s: got %v, want %v", name, err, keys.ErrFormat)
		}
	}
	if _, err := keys.ParseRoster([]byte(strings.Replace(good, "name Name of bob", "name "+strings.Repeat("ŵ", 200), 1))); err != nil {
		t.Errorf("200 characters of two bytes: %v", err)
	}
	for _, languages := range []string{"English", "a, b, c, d, e, f, g, h", "日本語, Gàidhlig na h-Alba", "français (Québec); dialect"} {
		r, err := keys.ParseRoster([]byte(strings.Replace(good, "languages English, Cymraeg", "languages "+languages, 1)))
		must(t, err)
		if a, _ := r.Reader("alice"); a.Languages != languages {
			t.Errorf("languages %q, want %q", a.Languages, languages)
		}
	}
}

func TestRosterLimits(t *testing.T) {
	c := newCast(t)
	r := c.roster(t)
	for i := range 6 {
		must(t, r.Add(keys.Reader{Card: *newCard(t, fmt.Sprintf("a%d", i)), Role: keys.Advocate}, noon))
	}
	wantErr(t, r.Add(keys.Reader{Card: *newCard(t, "ninth"), Role: keys.Advocate}, noon), keys.ErrFormat)
	wantErr(t, r.Add(keys.Reader{Card: *newCard(t, "second"), Role: keys.Ombudsperson}, noon), keys.ErrFormat)
	wantErr(t, r.Add(keys.Reader{Card: *newCard(t, "x"), Role: keys.Role("owner")}, noon), keys.ErrFormat)
	wantErr(t, r.Add(keys.Reader{Card: *newCard(t, "x"), Role: keys.Adjudicator, Statement: "a\nreader y"}, noon), keys.ErrFormat)
	wantErr(t, r.Add(keys.Reader{Card: *newCard(t, "x"), Role: keys.Adjudicator, Languages: "English\nreader y"}, noon), keys.ErrFormat)
	wantErr(t, r.Add(keys.Reader{Card: *c.cards["ivy"], Role: keys.Adjudicator}, noon), keys.ErrFormat)
	for i := len(r.Readers); i < 200; i++ {
		must(t, r.Add(keys.Reader{Card: *newCard(t, fmt.Sprintf("p%d", i)), Role: keys.Adjudicator, Statement: strings.Repeat("𝔘", 200)}, noon))
	}
	wantErr(t, r.Add(keys.Reader{Card: *newCard(t, "more"), Role: keys.Adjudicator}, noon), keys.ErrFormat)
	if _, err := keys.OpenRoster(c.sign(t, r.Bytes(), 0, 1), c.kh, noon); err != nil {
		t.Errorf("a roster of 200: %v", err)
	}
}

func TestSuccessor(t *testing.T) {
	c := newCast(t)
	old := c.roster(t)
	must(t, old.Remove("ivy", noon))
	version := func(change func(*keys.Roster)) *keys.Roster {
		r, err := keys.ParseRoster(old.Bytes())
		must(t, err)
		r.Version++
		change(r)
		return r
	}
	leave := func(r *keys.Roster) {
		r.Readers = slices.DeleteFunc(r.Readers, func(p keys.Reader) bool { return p.ID == "bob" })
	}
	for name, test := range map[string]struct {
		next *keys.Roster
		want error
	}{
		"new version": {version(func(r *keys.Roster) {}), nil},
		"removed":     {version(func(r *keys.Roster) { must(t, r.Remove("bob", noon)) }), nil},
		"rotated": {version(func(r *keys.Roster) {
			must(t, r.Replace(keys.Reader{Card: *newCard(t, "bob"), Role: keys.Advocate}, noon))
		}), nil},
		"new keyholders":    {version(func(r *keys.Roster) { r.Generation = 2 }), nil},
		"same version":      {old, keys.ErrRollback},
		"lower version":     {version(func(r *keys.Roster) { r.Version -= 2 }), keys.ErrRollback},
		"another box":       {version(func(r *keys.Roster) { r.Box[0]++ }), keys.ErrOtherBox},
		"vanished":          {version(leave), keys.ErrVanished},
		"retirement undone": {version(func(r *keys.Roster) { r.Retired = nil }), keys.ErrRollback},
		"a retired id again": {version(func(r *keys.Roster) {
			r.Retired = nil
			must(t, r.Add(keys.Reader{Card: *newCard(t, "ivy"), Role: keys.Advocate}, noon))
		}), keys.ErrReusedID},
	} {
		if err := old.Successor(test.next); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

// The examples are rosters as this version writes them, without and with languages. If they stop parsing, rosters in use do too.
func TestExampleRosters(t *testing.T) {
	for name, want := range map[string]string{"roster.txt": "", "languages.txt": "English, Cymraeg"} {
		text, err := os.ReadFile("testdata/" + name)
		must(t, err)
		r, err := keys.ParseRoster(text)
		must(t, err)
		if r.Text() != string(text) || len(r.Readers) != 2 || r.Retired[0] != "bob" {
			t.Errorf("%s came back changed: %s", name, r.Text())
		}
		if got := r.Readers[0].Languages; got != want {
			t.Errorf("%s: alice reads %q, want %q", name, got, want)
		}
	}
}

// What a report may be written in is what its first readers read, said once, in the roster's order.
func TestLanguages(t *testing.T) {
	c := newCast(t)
	r := c.roster(t)
	check := func(got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	check(r.Languages(), "English", "Cymraeg", "العربية")
	check(keys.Languages(r.Readers), "English", "Cymraeg", "Français", "العربية")
	must(t, r.Remove("alice", noon))
	must(t, r.Remove("bob", noon))
	check(r.Languages(), "Français")
	must(t, r.Remove("olga", noon))
	check(r.Languages())
	must(t, r.Add(keys.Reader{Card: *newCard(t, "una"), Role: keys.Advocate}, noon))
	check(r.Languages())
}
