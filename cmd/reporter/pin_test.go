package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/store"
	"tellbox/keys"
	"tellbox/keys/vault"
)

// at is a command line with its own way to know who vouches.
func (h *here) at(want int, stdin string, args ...string) told {
	h.Helper()
	code, stdout, stderr := h.start(false, stdin, append(args, "-json")...)
	return h.told(want, code, stdout, stderr, args)
}

// looks asks who reads, in a script.
func (h *here) looks(args ...string) (said struct {
	Pinned bool
	Error  string
}) {
	h.Helper()
	_, stdout, stderr := h.start(false, "", append(append([]string{"readers"}, args...), "-json")...)
	if err := json.Unmarshal([]byte(stdout), &said); err != nil {
		h.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	return said
}

// A script seals nothing unless something that the server did not say tells who vouches. Looking is free, and says so.
func TestNothingIsSealedUnpinned(t *testing.T) {
	h := setUp(t)
	words := h.script(0, "Something", "send").Code
	record := h.script(0, "For me", "send", "-wish", "record").Code
	for _, args := range [][]string{{"send"}, {"send", "-wish", "record"}, {"message", "-code-file", "-"}, {"wish", "-wish", "complaint", "-code-file", "-"}} {
		stdin := "Something"
		if args[0] != "send" {
			stdin = words + "\nMore"
		}
		h.is(args[0], h.at(1, stdin, append(args, "-server", h.box.URL)...).Error, "not-pinned")
	}
	h.is("share", h.at(1, record, "share", "-code-file", "-", "-server", h.box.URL).Error, "not-pinned")
	c := h.at(0, words, "check", "-code-file", "-", "-server", h.box.URL)
	if len(c.Entries) != 1 || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "Only the server has said") {
		t.Errorf("check says %+v", c)
	}
	h.is("readers", h.looks("-server", h.box.URL), "{Pinned:false Error:}")
	h.is("readers, who are pinned", h.looks(h.where()...), "{Pinned:true Error:}")
	h.is("got", len(h.got("alice")), 1)
	h.is("taking back", h.at(0, words, "withdraw", "-yes", "-code-file", "-", "-server", h.box.URL).Asked, "[alice]") // tells nobody anything
	// Not even with a file to remember: it would remember what only the server said.
	file := filepath.Join(h.dir, "box")
	h.is("remembering", h.at(1, "Something", "send", "-server", h.box.URL, "-remember", file).Error, "not-pinned")
	h.is("readers", h.looks("-server", h.box.URL, "-remember", file), "{Pinned:false Error:}")
	if _, err := os.Stat(file); err == nil {
		t.Error("it remembers what only the server has said")
	}
}

// The keyholders file: this one, another one, another box's, and one that is none.
func TestKeyholdersFile(t *testing.T) {
	h := setUp(t)
	other := setUp(t)
	third, err := keys.NewKeyholders(h.box.Set.Box, 2, other.box.Set.Keyholders) // other people under this box's id
	h.must(err)
	for file, token := range map[string]string{h.keyholders: "", h.file("strangers", third.Text()): "other-keyholders", other.keyholders: "other-keyholders", h.file("none", "CANARY"): "malformed", h.file("empty", ""): "malformed",
		h.dir + "/nowhere": "no-such-file"} {
		want := map[bool]int{true: 0, false: 1}[token == ""]
		said := h.at(want, "Something", "send", "-server", h.box.URL, "-keyholders", file)
		if said.Error != token || strings.Contains(said.Message, "CANARY") {
			t.Errorf("%s: %+v", filepath.Base(file), said)
		}
	}
	h.is("got", len(h.got("alice")), 1)
}

// Fingerprints from a poster: all of them and no others, in any order and spelling; and more than half of their people must have signed.
func TestFingerprints(t *testing.T) {
	h := setUp(t)
	var all []string
	for _, k := range h.box.Set.Keyholders {
		all = append(all, k.Fingerprint())
	}
	try := func(want string, fingerprints ...string) {
		t.Helper()
		args := []string{"send", "-server", h.box.URL}
		for _, f := range fingerprints {
			args = append(args, "-fingerprint", f)
		}
		before := len(h.got("alice"))
		said := h.at(map[bool]int{true: 0, false: 1}[want == ""], "Something", args...)
		if said.Error != want || len(h.got("alice"))-before != map[bool]int{true: 1, false: 0}[want == ""] {
			t.Errorf("%q: %+v, want %q", fingerprints, said, want)
		}
	}
	try("", all...)
	reversed := slices.Clone(all)
	slices.Reverse(reversed)
	try("", reversed...)
	var spelled []string
	for i, f := range all {
		spelled = append(spelled, []string{strings.ToUpper(f), strings.ReplaceAll(f, " ", "-"), " " + strings.ReplaceAll(f, " ", ":") + " "}[i])
	}
	try("", spelled...)
	try("", append(slices.Clone(all), all[0])...) // one twice is that one
	try("other-keyholders", all[:2]...)
	try("other-keyholders", append(slices.Clone(all), strings.Repeat("0", len(all[0])))...)
	try("other-keyholders", append(slices.Clone(all[:2]), strings.Repeat("0", len(all[0])))...)
	try("other-keyholders", "")
	try("other-keyholders", all[0]+all[1]+all[2])

	// With a keyholders file as well, both must agree.
	h.is("both", h.at(1, "Something", "send", "-server", h.box.URL, "-keyholders", h.keyholders, "-fingerprint", all[0]).Error, "other-keyholders")

	// Of four, two signatures are not more than half, whatever the server's file says is enough.
	more, public, err := vault.NewKeyholder("Dan")
	h.must(err)
	h.newKeyholders(2, append(slices.Clone(h.box.Set.Keyholders), public), append(slices.Clone(h.box.Keyholders), more))
	try("too-few-signatures", append(slices.Clone(all), public.Fingerprint())...)
}

// newKeyholders puts a next generation of keyholders into force, and a list of readers that its first two have signed.
func (h *here) newKeyholders(threshold int, people []keys.Keyholder, secrets []*vault.Keyholder) {
	h.Helper()
	next, err := h.box.Set.Change(threshold, people)
	h.must(err)
	signed := next.Bytes()
	for _, k := range h.box.Keyholders[:2] {
		signed, err = keys.Sign(signed, k.Signer())
		h.must(err)
	}
	set, err := h.box.Set.Succeed(signed)
	h.must(err)
	h.box.Set, h.box.Chain, h.box.Keyholders = set, append(bytes.Clone(h.box.Chain), signed...), secrets
	h.must(h.box.Roster.Renew(h.clock.Now().AddDate(0, 0, 50), set.Generation, h.clock.Now()))
	h.must(h.box.Sign())
	roster, err := h.box.Web.CheckRoster(h.box.Chain, h.box.Signed)
	h.must(err)
	h.must(h.box.Store.SetRoster(h.Context(), store.Bundle{Keyholders: h.box.Chain, Roster: h.box.Signed}))
	h.box.Web.UseRoster(roster)
}

// mode is a file's permissions, and what stands in it.
func mode(t *testing.T, path string) (fs.FileMode, string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode(), string(text)
}

// What is remembered: the box, for her eyes only, and nothing of hers. It follows newer lists and keyholders, and the box to a new address,
// and refuses older ones, and other boxes.
func TestRemember(t *testing.T) {
	h := setUp(t)
	file := filepath.Join(h.dir, "box")
	words := h.at(0, "It was CANARY.", "send", "-copy", "-remember", file, "-server", h.box.URL+"/", "-keyholders", h.keyholders).Code
	perm, first := mode(t, file)
	if perm != 0o600 || !strings.Contains(first, h.box.URL) {
		t.Errorf("the file is %v:\n%s", perm, first)
	}
	code, err := dropbox.ParseCode(words)
	h.must(err)
	her, err := code.Reporter(h.box.Set.Box)
	h.must(err)
	one := strings.Fields(words)
	var pairs []string // one word alone can be somebody's name
	for i := range one[1:] {
		pairs = append(pairs, one[i]+" "+one[i+1])
	}
	secrets := append(pairs, her.Locator.String(), hex.EncodeToString(her.Drop[:]), base64.StdEncoding.EncodeToString(her.Locator[:]), "CANARY")
	nothing := func() {
		t.Helper()
		entries, err := os.ReadDir(h.dir)
		h.must(err)
		if len(entries) != 2 { // and the keyholders file
			t.Errorf("her folder has %v", entries)
		}
		_, text := mode(t, file)
		for _, w := range secrets {
			if strings.Contains(" "+strings.ToLower(strings.NewReplacer("\n", " ", `"`, " ").Replace(text))+" ", " "+strings.ToLower(w)+" ") || len(w) > 10 && strings.Contains(text, w) {
				t.Errorf("the file holds %q", w)
			}
		}
	}
	nothing()
	h.at(0, words+"\nMore CANARY", "message", "-code-file", "-", "-remember", file) // no -server, no keyholders
	if _, text := mode(t, file); text != first {
		t.Error("nothing was new, and the file was changed")
	}

	h.must(h.box.Add(dora))
	h.install()
	h.is("send", h.at(0, "Something", "send", "-remember", file).Readers, "[alice bob dora]")
	_, second := mode(t, file)
	if second == first {
		t.Error("the newer list was not remembered")
	}
	dan, public, err := vault.NewKeyholder("Dan")
	h.must(err)
	h.newKeyholders(2, append(slices.Clone(h.box.Set.Keyholders[:2]), public), append(slices.Clone(h.box.Keyholders[:2]), dan))
	h.at(0, words, "check", "-code-file", "-", "-remember", file)
	_, third := mode(t, file)
	if !strings.Contains(third, "Dan|") || strings.Contains(third, "Cleo|") {
		t.Errorf("the new keyholders were not remembered:\n%s", third)
	}
	nothing()
}

func (h *here) install() {
	h.Helper()
	h.must(h.box.Install(h.Context()))
}

// shown is what the box shows of its readers.
func (h *here) shown() string {
	h.Helper()
	b, err := json.Marshal(dropbox.RosterAnswer{Keyholders: string(h.box.Chain), Roster: string(h.box.Signed)})
	h.must(err)
	return string(b)
}

// A server that goes back to an older list, another box at the same address, and the box at another address.
func TestRememberedBox(t *testing.T) {
	h := setUp(t)
	liar, err := droptest.NewLiar(h.box)
	h.must(err)
	t.Cleanup(func() { liar.Close() })
	file := filepath.Join(h.dir, "box")
	h.is("the first time", h.looks("-remember", file, "-server", liar.URL, "-keyholders", h.keyholders), "{Pinned:true Error:}")
	older := h.shown()
	h.must(h.box.Add(dora))
	h.install()
	h.is("later", h.looks("-remember", file), "{Pinned:true Error:}")
	_, kept := mode(t, file)
	liar.Say("roster", 200, older)
	h.is("an older list", h.at(1, "Something", "send", "-remember", file).Error, "rollback")
	h.is("an older list", h.looks("-remember", file).Error, "rollback")
	if _, text := mode(t, file); text != kept {
		t.Error("the older list was remembered")
	}
	other := setUp(t)
	liar.Say("roster", 200, other.shown())
	h.is("another box", h.at(1, "Something", "send", "-remember", file).Error, "other-keyholders")
	h.is("another box, with its keyholders", h.at(1, "Something", "send", "-remember", file, "-keyholders", other.keyholders).Error, "other-keyholders")
	liar.Honest()

	// The address has changed: -server says so, once.
	h.is("moved", h.at(0, "Something", "send", "-remember", file, "-server", h.box.URL).Readers, "[alice bob dora]")
	h.must(liar.Close())
	h.at(0, "Something", "send", "-remember", file)
	if _, text := mode(t, file); !strings.Contains(text, h.box.URL) || strings.Contains(text, liar.URL) {
		t.Errorf("the address is not remembered:\n%s", text)
	}
	h.clock.Add(24 * time.Hour)
	for name, text := range map[string]string{"garbage": "CANARY", "empty": "", "an object": "{}", "cut off": kept[:len(kept)/2], "other keyholders": strings.Replace(kept, "Ana|", "Eve|", 1),
		"a changed list": strings.Replace(kept, "Alice Okafor", "Alice Ok4for", 1), "no list": strings.Replace(kept, `"roster"`, `"roaster"`, 1)} {
		bad := h.file("bad", text)
		said := h.at(1, "Something", "send", "-server", h.box.URL, "-remember", bad)
		if said.Error == "" || strings.Contains(said.Message, "CANARY") {
			t.Errorf("%s: %+v", name, said)
		}
		if _, after := mode(t, bad); after != text {
			t.Errorf("%s: it was written over", name)
		}
	}
	h.is("got", len(h.got("alice")), 2)
}

func jsonInto(text string, into any) error { return json.Unmarshal([]byte(text), into) }

// What cannot be remembered is said, and sent all the same.
func TestNoRoomToRemember(t *testing.T) {
	h := setUp(t)
	code, stdout, stderr := h.start(false, "Something", h.where("send", "-json", "-remember", h.dir+"/nowhere/memory")...)
	if said := h.told(0, code, stdout, stderr, nil); said.Code == "" || !strings.Contains(stderr, "cannot be remembered") || strings.Contains(stderr, h.dir) || len(h.got("alice")) != 1 {
		t.Errorf("exit %d, %s%s", code, stdout, stderr)
	}
}
