package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tellbox/keys"
	"tellbox/keys/vault"
)

func TestMain(m *testing.M) {
	vault.WeakenForTests()
	os.Exit(m.Run())
}

// A desk is a folder with files, and a day.
type desk struct {
	*testing.T
	dir string
	now time.Time
}

func newDesk(t *testing.T) *desk {
	d := &desk{t, t.TempDir(), time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	t.Chdir(d.dir)
	d.write("P", "correct horse\n")
	d.write("Q", "wrong horse\n")
	return d
}

func (d *desk) write(name, text string) {
	d.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		d.Fatal(err)
	}
}

func (d *desk) read(name string) string {
	d.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		d.Fatal(err)
	}
	return string(b)
}

// run carries out a command line, in which words are divided by spaces and _ stands for a space in a word.
func (d *desk) run(line, stdin string) (code int, stdout, stderr string) {
	args := strings.Fields(line)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "_", " ")
	}
	var out, errs bytes.Buffer
	code = run(args, strings.NewReader(stdin), &out, &errs, d.now)
	return code, out.String(), errs.String()
}

// ok expects success, returns what was printed, and expects each of the words in it.
func (d *desk) ok(line string, words ...string) string {
	d.Helper()
	code, out, errs := d.run(line, "")
	if code != 0 {
		d.Fatalf("keyholder %s: exit %d\n%s%s", line, code, out, errs)
	}
	for _, w := range words {
		if !strings.Contains(out, w) {
			d.Errorf("keyholder %s: %q is not in\n%s", line, w, out)
		}
	}
	return out
}

// fails expects an exit code and a token, for people and for programs, and nothing on stdout without -json.
func (d *desk) fails(line string, wantCode int, token, hint string) {
	d.Helper()
	code, out, errs := d.run(line, "")
	if code != wantCode || !strings.HasPrefix(errs, "keyholder: error: ") && !strings.Contains(errs, "\nkeyholder: error: ") {
		d.Errorf("keyholder %s: exit %d, want %d\n%s%s", line, code, wantCode, out, errs)
	}
	if hint != "" && !strings.Contains(errs, "\nkeyholder: hint: ") || !strings.Contains(errs, hint) {
		d.Errorf("keyholder %s: hint %q is not in\n%s", line, hint, errs)
	}
	_, out, _ = d.run(line+" -json", "")
	var got struct{ Error, Message string }
	if err := json.Unmarshal([]byte(out), &got); err != nil || got.Error != token || got.Message == "" {
		d.Errorf("keyholder %s -json: got %q, want token %q", line, out, token)
	}
}

func (d *desk) card(id string) {
	d.Helper()
	_, card, err := vault.NewAdvocate(id, "Name of "+id, "An Organisation")
	if err != nil {
		d.Fatal(err)
	}
	d.write(id+".txt", card.Text())
}

const newBox = "new -roster R -keyholders-out K -keyholder k1.pub -keyholder k2.pub -keyholder k3.pub -threshold 2 -name A_Box " +
	"-expires 2027-01-15 -line Samaritans|116_123|daily_00:00-24:00|Europe/London"

func (d *desk) box() {
	d.Helper()
	d.ok("keygen -name Ana -out k1 -passphrase-file P", "Ana", "For the poster: ")
	d.ok("keygen -passphrase-file P -out k2 -name Ben_Bevan")
	d.ok("keygen -name Cyd -out k3 -passphrase-file P")
	d.ok(newBox, "2 of these 3 must sign", "Nobody reads reports yet", "valid through 2027-01-15")
}

func TestFromKeygenToVerify(t *testing.T) {
	d := newDesk(t)
	d.box()
	d.card("alice")
	d.card("olga")
	d.card("ivy")
	d.ok("add -roster R -card alice.txt -role advocate -statement sits_on_no_party_committee", "by telephone: ")
	d.ok("add -roster R -card olga.txt -role ombudsperson")
	d.ok("add -roster R -card ivy.txt -role adjudicator", "consented exports only")
	d.fails("verify -roster R -keyholders K", 1, "too-few-signatures", "sign")

	d.ok("sign -roster R -key k1 -passphrase-file P", "You are about to sign", "Name of alice", "Ana has signed R")
	d.ok("sign -roster R -key k1 -passphrase-file P")
	d.fails("verify -roster R -keyholders K", 1, "too-few-signatures", "one more")
	if code, _, errs := d.run("sign -roster R -key k2 -passphrase-file -", "correct horse\nrest"); code != 0 {
		t.Fatalf("passphrase from standard input: %s", errs)
	}
	d.ok("verify -roster R -keyholders K", "Vouched for by Ana, Ben Bevan: 2 of 3 keyholders, and 2 are needed",
		"alice: Name of alice, An Organisation; advocate", "sits on no party committee", "through 2027-01-15", "116 123")

	var got struct {
		Box, Expires          string
		Version, Threshold    int
		Valid                 bool
		Signatures            []string
		Readers               []struct{ ID, Role, Name string }
		Retired, Lines        []string
		Issued, Name, Missing string
	}
	if err := json.Unmarshal([]byte(d.ok("verify -json -roster R -keyholders K")), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Box) != 64 || got.Version != 4 || got.Expires != "2027-01-15" || !got.Valid || got.Threshold != 2 ||
		strings.Join(got.Signatures, ",") != "Ana,Ben Bevan" || len(got.Readers) != 3 || got.Readers[0].ID != "alice" ||
		got.Readers[1].Role != "ombudsperson" || got.Readers[0].Name != "Name of alice" || got.Retired == nil {
		t.Errorf("verify -json: %+v", got)
	}

	// Every change drops the signatures, and an id never comes back.
	d.ok("remove olga -roster R", "Left, never to come back: olga", "no signatures")
	d.fails("verify -roster R -keyholders K", 1, "too-few-signatures", "")
	d.fails("add -roster R -card olga.txt -role advocate", 1, "reused-id", "an id that nobody has had")
	d.fails("remove -roster R olga", 1, "unknown-id", "")
	d.fails("add -roster R -card alice.txt -role advocate", 1, "id-taken", "-replace")
	d.card("alice")
	d.ok("add -roster R -card alice.txt -replace")
	d.ok("show -roster R", "not checked", "version 6")

	// Time passes.
	d.ok("sign -roster R -key k3 -passphrase-file P")
	d.ok("sign -roster R -key k2 -passphrase-file P")
	d.now = time.Date(2027, 1, 15, 23, 59, 0, 0, time.UTC)
	d.ok("verify -roster R -keyholders K", "Ben Bevan, Cyd")
	d.now = d.now.Add(time.Minute)
	d.fails("verify -roster R -keyholders K", 1, "expired", "renew")
	d.fails("sign -roster R -key k1 -passphrase-file P", 1, "expired", "renew")
	d.fails("remove ivy -roster R", 1, "expired", "renew")
	d.fails("renew -roster R -expires 2027-03-18", 1, "too-far", "2027-03-17")
	d.fails("renew -roster R -expires 2027-01-15", 1, "in-the-past", "2027-03-17")
	d.ok("renew -roster R -expires 2027-03-17", "version 7")
}

func TestForgeries(t *testing.T) {
	d := newDesk(t)
	d.box()
	d.card("alice")
	d.ok("add -roster R -card alice.txt -role advocate")
	d.ok("sign -roster R -key k1 -passphrase-file P")
	d.ok("sign -roster R -key k2 -passphrase-file P")
	good := d.read("R")
	d.write("R", strings.Replace(good, "Name of alice", "Name of malice", 1))
	d.fails("verify -roster R -keyholders K", 1, "altered", "believe nothing")
	d.write("R", strings.Replace(good, "version 2", "version 02", 1))
	d.fails("verify -roster R -keyholders K", 1, "malformed", "")
	d.write("R", good)
	d.ok(strings.ReplaceAll(strings.ReplaceAll(newBox, "-roster R", "-roster R2"), "-out K", "-out K2"))
	d.fails("verify -roster R -keyholders K2", 1, "other-box", "same")
	d.write("both", strings.Replace(d.read("k1.pub"), "Ana", "Ana's other hat", 1))
	d.fails("new -roster R9 -keyholders-out K9 -keyholder k1.pub -keyholder both -threshold 2 -name B -expires 2027-01-15", 1, "malformed", "")
	for _, name := range []string{"R9", "K9"} {
		if _, err := os.Stat(name); err == nil {
			t.Errorf("a refused new left %s", name)
		}
	}
}

func TestChangeOfKeyholders(t *testing.T) {
	d := newDesk(t)
	d.box()
	d.ok("keygen -name Dee -out k4 -passphrase-file P")
	d.ok("change -keyholders K -keyholder k1.pub -keyholder k4.pub -threshold 2 -out K2", "generation 2", "signatures by 2")
	d.ok("sign -keyholders K2 -key k1 -passphrase-file P", "Dee")
	d.fails("renew -roster R -expires 2027-01-10 -keyholders K -keyholders K2", 1, "too-few-signatures", "")
	d.ok("sign -keyholders K2 -key k3 -passphrase-file P")
	d.ok("renew -roster R -expires 2027-01-10 -keyholders K -keyholders K2", "generation 2")
	d.ok("sign -roster R -key k1 -passphrase-file P")
	d.ok("sign -roster R -key k4 -passphrase-file P")
	d.ok("verify -roster R -keyholders K -keyholders K2", "Ana, Dee: 2 of 2")
	d.write("chain", d.read("K")+d.read("K2"))
	d.ok("verify -roster R -keyholders chain", "Ana, Dee")
	d.fails("verify -roster R -keyholders K", 1, "other-generation", "every keyholders file")
	d.ok("change -keyholders chain -keyholder k2.pub -threshold 1 -out K3", "generation 3")
	d.fails("verify -roster R -keyholders K3 -keyholders K", 1, "malformed", "")
	d.fails("change -keyholders K -keyholder k2.pub -threshold 1 -out K3", 1, "exists", "overwrite")
}

func TestKeysAreNotOverwritten(t *testing.T) {
	d := newDesk(t)
	d.ok("keygen -name Ana -out k1 -passphrase-file P")
	secret, public := d.read("k1"), d.read("k1.pub")
	d.fails("keygen -name Ana -out k1 -passphrase-file P", 1, "exists", "never overwrites")
	os.Remove("k1")
	d.fails("keygen -name Ana -out k1 -passphrase-file P", 1, "exists", "")
	d.write("k1", secret)
	if d.read("k1.pub") != public {
		t.Error("the public file changed")
	}
	if info, _ := os.Stat(filepath.Join(d.dir, "k1")); info.Mode().Perm() != 0o600 {
		t.Errorf("k1 has mode %v", info.Mode())
	}
	if strings.Contains(secret, "Ana") || !strings.HasPrefix(secret, "-----BEGIN AGE ENCRYPTED FILE-----\n") {
		t.Errorf("the secret is stored as %q", secret)
	}
}

func TestFingerprints(t *testing.T) {
	d := newDesk(t)
	d.box()
	d.card("alice")
	k, err := keys.ParseKeyholder([]byte(d.read("k2.pub")))
	if err != nil {
		t.Fatal(err)
	}
	d.ok("fingerprint k2.pub", k.Fingerprint()+"  Ben Bevan")
	d.ok("fingerprint -keyholders K alice.txt", k.Fingerprint(), "Ana", "Cyd", "Name of alice")
	var got struct {
		Fingerprints []struct{ Name, Fingerprint string }
	}
	if err := json.Unmarshal([]byte(d.ok("fingerprint K -json")), &got); err != nil || len(got.Fingerprints) != 3 {
		t.Errorf("-json: %+v, %v", got, err)
	}
	d.fails("fingerprint P", 1, "malformed", "")
}
