package e2e

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// A whole story between her program and the server, recorded: nothing of hers crosses that is not sealed, in neither direction, and all she
// sends looks the same.
func TestNothingOfHersOnTheWire(t *testing.T) {
	o := newOnion(t)
	canaries := map[string]string{"account": "canary-account Ünïcode \"quoted\" & <b>", "name": "Zebedee Canaryname", "prompt": "canary-prompt-4711", "phone": "canary-phone-555",
		"message": "canary-message-0815", "record": "canary-record-1234", "added": "canary-added-777", "reply": "canary-reply-2342", "refused": "canary-refused-999",
		"file": "canary-evidence-31337", "file name": "canary-notes-2718"}
	o.write("answers", fmt.Sprintf(`[{"id":"when","text":%q},{"id":"contact","text":%q}]`, canaries["prompt"], canaries["phone"]))

	words := o.send(canaries["account"]+" "+canaries["name"], "-answers", o.path("answers"), "-exclude", "bob", "-copy", "-about", "me", "-wish", "thinking")
	record := o.send(canaries["record"], "-wish", "record")
	again := o.send("x") // whose words somebody else would have
	reports, err := o.box.Reports("alice")
	if err != nil || len(reports) != 2 || reports[0].Text != canaries["account"]+" "+canaries["name"] || len(reports[0].Prompt) != 2 || !slices.Equal(reports[0].StruckOff, []string{"bob"}) {
		t.Fatalf("alice reads %+v, %v", reports, err)
	}
	if kinds := o.mail("bob", words); len(kinds) != 0 {
		t.Errorf("bob, whom she struck off, got %q", kinds)
	}
	if _, err := o.box.Reply(t.Context(), "alice", reports[0], 1, canaries["reply"]); err != nil {
		t.Fatal(err)
	}
	// A text that contains words of anybody's never leaves.
	for _, text := range []string{canaries["refused"] + " " + again, canaries["refused"] + " " + strings.ReplaceAll(again, " ", "-")} {
		if said, _ := o.reporter(1, text, "send", "-text-file", "-"); said.Error != "code-in-text" {
			t.Errorf("a text with words: %+v", said)
		}
		if said, _ := o.reporter(1, words+"\n"+text, "message", "-code-file", "-", "-text-file", "-"); said.Error != "code-in-text" {
			t.Errorf("a message with words: %+v", said)
		}
	}
	// A file goes up and comes down: the line that keeps it is hers.
	file := canaries["file name"] + ".txt"
	o.write(file, strings.Repeat(canaries["file"]+" ", 30_000))
	o.reporter(0, words+"\nwith a file", "message", "-code-file", "-", "-text-file", "-", "-file", o.path(file))
	folder := t.TempDir()
	o.reporter(0, words+"\n", "files", "-code-file", "-", "-save", "1", "-out", folder)
	if _, content := saved(t, folder, file); content != must(os.ReadFile(o.path(file))) {
		t.Errorf("%d bytes came back", len(content))
	}
	for _, s := range everyVerb(words, record) {
		s.stdin = strings.NewReplacer("More", canaries["message"], "One more thing", canaries["added"]).Replace(s.stdin)
		said, _ := o.reporter(0, s.stdin, s.verb, s.args...)
		if s.verb == "check" && !slices.ContainsFunc(said.Entries, func(e struct{ Kind, From, Text string }) bool {
			return e.From == "alice" && e.Text == canaries["reply"]
		}) {
			t.Errorf("she reads %+v", said)
		}
	}
	if kinds := o.mail("alice", words); !slices.Contains(kinds, dropbox.Withdrawn) {
		t.Errorf("alice got %q", kinds)
	}

	passages := o.Passages()
	sent, got := recorded(t, passages)
	var secrets []string
	for _, c := range canaries {
		secrets = append(secrets, c)
	}
	secrets = append(secrets, "canary-account", "Canaryname")
	for _, w := range []string{words, record, again} {
		secrets = append(secrets, secretsOf(t, w, dropbox.BoxID(o.box.Set.Box), "alice", "bob", "carol")...)
	}
	for _, found := range search(t, secrets, sent, got) {
		t.Errorf("on the wire: %s", found)
	}
	o.onlyItsField(passages, sent, got, words, record)
	o.nobodyNamed(sent, got)
	oneLength(t, exchanges(t, passages))
}

// onlyItsField: the locator crosses as the field of that name, and nowhere else; never in an answer.
func (o *onion) onlyItsField(passages []droptest.Passage, sent, got string, all ...string) {
	o.t.Helper()
	for _, words := range all {
		_, her := o.reporterOf(words)
		locator, times, fields := her.Locator.String(), 0, 0
		for _, p := range passages {
			times += bytes.Count(p.Sent, []byte(locator))
		}
		for _, e := range exchanges(o.t, passages) {
			found, err := e.locators()
			if err != nil {
				o.t.Fatal(err)
			}
			for _, l := range found {
				if l == locator {
					fields++
				}
			}
		}
		if fields == 0 || fields != times {
			o.t.Errorf("the locator crossed %d times, %d of them in its field", times, fields)
		}
		for _, found := range append(search(o.t, []string{string(her.Locator[:])}, sent), search(o.t, []string{locator, string(her.Locator[:])}, got)...) {
			if !strings.Contains(found, "as hex in") { // which is that field
				o.t.Errorf("the locator: %s", found)
			}
		}
	}
}

// nobodyNamed: she tells the server no name and no key of anybody. That the answers have them, and she sends age files, shows that the
// recording is one.
func (o *onion) nobodyNamed(sent, got string) {
	o.t.Helper()
	var people []string
	for _, p := range o.box.Roster.Readers {
		recipient := fmt.Sprint(p.Recipient)
		people = append(people, p.Name, p.Org, recipient, recipient[10:60])
	}
	for _, found := range search(o.t, people, sent) {
		o.t.Errorf("she sent %s", found)
	}
	for what, c := range map[string]struct{ text, dir string }{"names": {people[0], got}, "keys": {people[3], got}, "age files": {"age-encryption.org/v1", sent}, "lines": {"age-encryption.org/v1", got}} {
		if len(search(o.t, []string{c.text}, c.dir)) == 0 {
			o.t.Errorf("there are no %s in the recording", what)
		}
	}
}

// oneLength: all her sendings and their answers are as long as one another, and so are the answers to all her looks.
func oneLength(t *testing.T, all []exchange) {
	t.Helper()
	lengths, count := map[string]map[[4]int]bool{}, map[string]int{}
	for _, e := range all {
		kind := strings.TrimPrefix(e.URL.Path, dropbox.API)
		if strings.HasPrefix(kind, "blob/") { // files have lengths of their own: see dropbox.TestFileSizes
			count["blob"]++
			continue
		}
		count[kind]++
		if kind == "withdraw" {
			kind = "parcel"
		}
		if e.status != 200 {
			t.Errorf("%s: status %d", kind, e.status)
		}
		if lengths[kind] == nil {
			lengths[kind] = map[[4]int]bool{}
		}
		lengths[kind][[4]int{e.size, len(e.body), e.head, e.answer}] = true
	}
	if count["parcel"] != 8 || count["withdraw"] != 2 || count["pickup"] < 6 || count["blob"] < 4 {
		t.Errorf("recorded %v", count)
	}
	for _, kind := range []string{"parcel", "pickup", "roster"} {
		if len(lengths[kind]) != 1 {
			t.Errorf("%s: requests, their bodies, heads of answers and their bodies have %v bytes; want one length of each", kind, lengths[kind])
		}
	}
}
