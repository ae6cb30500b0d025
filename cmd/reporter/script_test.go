package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// document is the one line that -json prints, with its keys in order.
func (h *here) document(want int, stdin string, args ...string) (map[string]any, string) {
	h.Helper()
	code, stdout, stderr := h.start(false, stdin, append(h.where(args...), "-json")...)
	var d map[string]any
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || code != want || strings.Count(stdout, "\n") != 1 || hasNull.MatchString(stdout) {
		h.Fatalf("reporter %q: exit %d, want %d\n%s%s", args, code, want, stdout, stderr)
	}
	var keys []string
	for k := range d {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return d, strings.Join(keys, " ")
}

func (h *here) is(what string, got, want any) {
	h.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		h.Errorf("%s: got %s, want %s", what, g, w)
	}
}

// all are values with a space between each two.
func all(values ...any) string { return strings.TrimSuffix(fmt.Sprintln(values...), "\n") }

const checkKeys = "about account acknowledge_by against alone answer_by closed consent ends entries late left named prompts readers record reopened sent status status_by status_day struck_off warnings wish withdrawn written"

// A case from a script, with every flag: what each verb prints as JSON, and what her readers have of it.
func TestScript(t *testing.T) {
	h := setUp(t)
	answers := h.file("answers", `[{"id":"where","text":"At the office"}]`)
	d, keys := h.document(0, "", "send", "-text-file", h.file("text", "It happened.\r\n"), "-wish", "thinking", "-about", "saw", "-exclude", "bob", "-exclude", "jan", "-copy", "-answers", answers)
	words := d["code"].(string)
	h.is("send", keys, "code readers record")
	h.is("send", all(d["readers"], d["record"], len(strings.Fields(words))), "[alice] false 8")
	reports, err := h.box.Reports("alice")
	h.must(err)
	r := reports[0]
	h.is("alice reads", all(r.Text, r.Wish, r.About, r.Readers, r.StruckOff, r.Prompt, r.Day), "It happened. thinking saw [alice] [bob jan] [{where At the office}] 2026-02-11")
	if n := len(h.got("bob")); n != 0 {
		t.Errorf("bob has %d reports", n)
	}

	// The words and the text come from one standard input; flags may stand before the verb's other flags, or after.
	d, keys = h.document(0, words+"\nThere is more.\nAnd more.\n", "message", "-text-file", "-", "-code-file", "-")
	h.is("message", keys, "readers record sent stored")
	h.is("message", all(d["stored"], d["readers"], d["record"], d["sent"]), "true [alice] false 2026-02-11")
	d, keys = h.document(0, "", "wish", "-wish", "complaint", "-code-file", h.file("words", strings.ToUpper(words)+"\n"))
	h.is("wish", keys, "readers record sent stored")
	h.is("wish", all(d["stored"], d["readers"]), "true [alice]")
	_, err = h.box.Reply(t.Context(), "alice", r, 1, "I am here.")
	h.must(err)

	d, keys = h.document(0, words, "check", "-code-file", "-")
	h.is("check", keys, checkKeys)
	c := h.script(0, words, "check", "-code-file", "-")
	h.is("check", all(c.Sent, c.Written, c.Wish, c.About, c.Account, c.Readers, c.StruckOff, c.Prompts, c.Named, c.Record, c.Alone, c.Warnings),
		"2026-02-11 2026-02-11 complaint saw It happened. [alice] [bob jan] [{where At the office}] alice false false []")
	h.is("the entries", c.Entries, []entry{
		{1, "report", "reporter", "2026-02-11", "It happened.", "thinking", false, []fileView{}, decision{}},
		{2, "message", "reporter", "2026-02-11", "There is more.\nAnd more.", "", false, []fileView{}, decision{}},
		{3, "wish", "reporter", "2026-02-11", "", "complaint", false, []fileView{}, decision{}},
		{4, "reply", "alice", "2026-02-11", "I am here.", "", true, []fileView{}, decision{}}})
	h.is("by when", all(d["acknowledge_by"], d["answer_by"]), " 2026-05-11") // answered: nothing to acknowledge
	if ends, err := time.Parse(time.DateOnly, c.Ends); err != nil || ends.Sub(h.clock.Now()) < 700*24*time.Hour {
		t.Errorf("it ends %q", c.Ends)
	}
	if files := all(d["entries"].([]any)[0].(map[string]any)["files"], d["consent"], d["withdrawn"]); files != "[] [] false" {
		t.Errorf("check says %s", files)
	}

	d, keys = h.document(0, words, "withdraw", "-code-file", "-")
	h.is("withdraw", keys, "against asked before deleted doubtful unasked")
	h.is("withdraw", all(d["asked"], d["deleted"], d["doubtful"], d["unasked"], d["before"]), "[alice] [] [] [] false")
	for _, verb := range [][]string{{"check"}, {"message"}, {"wish", "-wish", "advice"}, {"share"}, {"withdraw", "-yes"}} {
		if said := h.script(1, words+"\nText", append(verb, "-code-file", "-")...); said.Error != "nothing-here" {
			t.Errorf("%q after it was taken back: %+v", verb, said)
		}
	}
}

// Without a copy her words open no text of hers; with one they do.
func TestCopy(t *testing.T) {
	h := setUp(t)
	for _, kept := range []bool{false, true} {
		args := map[bool][]string{true: {"-copy"}}[kept]
		words := h.script(0, "Something", append([]string{"send", "-answers", h.file("answers", `[{"id":"when","text":"today"}]`)}, args...)...).Code
		h.script(0, words+"\nMore", "message", "-code-file", "-")
		c := h.script(0, words, "check", "-code-file", "-")
		want := map[bool]string{true: `["Something" "Something" "More" "today"]`, false: `["" "" "" ""]`}[kept]
		when := ""
		for _, p := range c.Prompts {
			when += p.Text
		}
		h.is("what her words open", fmt.Sprintf("%q", []string{c.Account, c.Entries[0].Text, c.Entries[1].Text, when}), want)
		h.is("wish", c.Wish, "advice") // the default, which is the least
		_, out, _ := h.start(false, words, h.where("check", "-code-file", "-")...)
		if strings.Contains(out, "as you chose to keep no copy") == kept || strings.Contains(out, "Something") != kept {
			t.Errorf("copy %v, and for people it says\n%s", kept, out)
		}
	}
}

// Who reads: never one whom she excluded; if that is every advocate, the ombudsperson; if it is everybody, nobody, and nothing is sent.
func TestWhoReads(t *testing.T) {
	h := setUp(t)
	h.is("by default", h.script(0, "Something", "send").Readers, "[alice bob]")
	h.is("without the advocates", h.script(0, "Something", "send", "-exclude", "alice", "-exclude", "bob", "-exclude", "alice").Readers, "[carol]")
	if got := len(h.got("alice")) + len(h.got("bob")); got != 2 {
		t.Errorf("alice and bob have %d reports", got)
	}
	for token, ids := range map[string][]string{"no-reader": {"alice", "bob", "carol"}, "unknown-reader": {"zoe"}} {
		args := []string{"send"}
		for _, id := range ids {
			args = append(args, "-exclude", id)
		}
		said := h.script(1, "Something", args...)
		h.is(token, said.Error+said.Code, token)
	}
	// A record goes to nobody, whoever is excluded, and remembers whom.
	said := h.script(0, "For me", "send", "-wish", "record", "-exclude", "alice", "-exclude", "bob", "-exclude", "carol")
	h.is("a record", all(said.Record, said.Readers), "true []")
	h.is("its list", h.script(0, said.Code, "check", "-code-file", "-").StruckOff, "[alice bob carol]")
	h.is("nobody to send it to", h.script(1, said.Code, "share", "-code-file", "-").Error, "no-reader")
	h.is("got", len(h.got("alice"))+len(h.got("bob"))+len(h.got("carol")), 3)
}

// A record, from a script: added to, sent to readers once, and no more than once.
func TestScriptRecord(t *testing.T) {
	h := setUp(t)
	words := h.script(0, "For myself.", "send", "-wish", "record", "-exclude", "alice").Code
	c := h.script(0, words, "check", "-code-file", "-")
	h.is("it is", all(c.Record, c.Alone, c.Sent, c.AcknowledgeBy, c.AnswerBy, c.Account, c.Written, c.Warnings), "true true    For myself. 2026-02-11 []")
	h.is("its wish cannot change", h.script(1, words, "wish", "-wish", "advice", "-code-file", "-").Error, "record")
	h.clock.Add(3 * 24 * time.Hour)
	said := h.script(0, words+"\nThe next week.", "message", "-record", "-code-file", "-")
	h.is("adding", all(said.Stored, said.Record, said.Readers, said.Sent), "true true [] ")
	h.is("too long for all of it to be sent later", h.script(1, words+"\n"+strings.Repeat("x", dropbox.MaxText-20), "message", "-code-file", "-").Error, "too-long")

	said = h.script(0, words, "share", "-wish", "thinking", "-code-file", "-")
	h.is("sharing", all(said.Stored, said.Record, said.Readers, said.Sent), "true false [bob] 2026-02-14") // alice is still ruled out
	h.is("bob reads", h.got("bob"), "[2026-02-11\nFor myself.\n\n2026-02-14\nThe next week.]")
	c = h.script(0, words, "check", "-code-file", "-")
	h.is("now", all(c.Record, c.Sent, c.Written, c.Wish, c.Readers), "false 2026-02-14 2026-02-11 thinking [bob]")
	said = h.script(0, words, "share", "-code-file", "-", "-exclude", "bob")
	h.is("sharing again", all(said.Stored, said.Sent, said.Readers), "false 2026-02-14 [bob]")
	h.is("got", len(h.got("bob"))+len(h.got("alice"))+len(h.got("carol")), 1)
	h.is("what was meant for a record", h.script(1, words+"\nSecret", "message", "-record", "-code-file", "-").Error, "record-shared")
	said = h.script(0, words+"\nNot secret", "message", "-code-file", "-")
	h.is("what was not", all(said.Record, said.Readers), "false [bob]")
	if mail, err := h.box.Mail("bob"); err != nil || len(mail) != 2 {
		t.Errorf("bob has %d pieces of mail, %v", len(mail), err)
	}
	other := h.script(0, "Another", "send", "-wish", "record", "-exclude", "alice").Code
	h.is("other readers", h.script(0, other, "share", "-code-file", "-", "-exclude", "bob").Readers, "[carol]") // alice too is still ruled out
	h.is("a record taken back", fmt.Sprintf("%+v", h.script(0, h.script(0, "x", "send", "-wish", "record").Code, "withdraw", "-yes", "-code-file", "-").Asked), "[]")
}

// When the list of readers has ended, nothing begins: no report, and no record goes to readers. Everything else goes on, with a warning.
func TestScriptAfterTheListEnded(t *testing.T) {
	h := setUp(t)
	report, record := h.script(0, "Something", "send").Code, h.script(0, "For me", "send", "-wish", "record").Code
	h.clock.Add(60 * 24 * time.Hour)
	h.is("a report", h.script(1, "Something", "send").Error, "roster-expired")
	h.is("sharing", h.script(1, record, "share", "-code-file", "-").Error, "roster-expired")
	h.is("got", len(h.got("alice")), 1)
	another := h.script(0, "For me, too", "send", "-wish", "record").Code
	h.is("adding", h.script(0, another+"\nMore", "message", "-code-file", "-").Stored, true)
	h.is("a message", h.script(0, report+"\nAre you there?", "message", "-code-file", "-").Readers, "[alice bob]")
	h.is("a wish", h.script(0, report, "wish", "-wish", "complaint", "-code-file", "-").Stored, true)
	c := h.script(0, report, "check", "-code-file", "-")
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "ended on 2 April 2026") || len(c.Entries) != 3 {
		t.Errorf("check says %+v", c)
	}
	code, out, _ := h.start(false, "", h.where("readers")...)
	if !strings.Contains(out, "This list is out of date.") || code != 0 {
		t.Errorf("readers says %s", out)
	}
	back := h.script(0, report, "withdraw", "-yes", "-code-file", "-")
	h.is("taking back", all(back.Asked, back.Deleted), "[alice] [bob]") // whose mail was not fetched
	// At a terminal a record is all that is offered.
	screen := h.person(0, []string{"yes", "4", "s", "For me, as well", ".", "", "1", "", ""}, "send")
	h.says(screen, "The list of readers ended on 2 April 2026", "Keep a record for yourself?", "It goes to nobody", "Your record is stored")
	h.person(1, []string{"no"}, "send")
	h.says(h.person(1, []string{h.words(screen)}, "share"), "roster has expired", "keep a record")
}

// What is wrong with a text is said by its token, and costs nothing.
func TestScriptRefusesTexts(t *testing.T) {
	h := setUp(t)
	words := h.script(0, "Something", "send").Code
	for token, text := range map[string]string{"empty-account": " \n\u0007\t", "too-long": strings.Repeat("€", dropbox.MaxText+1), "code-in-text": "see " + strings.ReplaceAll(words, " ", "-")} {
		h.is("send", h.script(1, text, "send").Error, token)
		h.is("message", h.script(1, words+"\n"+text, "message", "-code-file", "-").Error, token)
	}
	h.is("far too long", h.script(1, strings.Repeat("x", 3<<20), "send").Error, "too-long")
	h.is("code in an answer", h.script(1, "Something", "send", "-answers", h.file("answers", `[{"id":"when","text":"`+words+`"}]`)).Error, "code-in-text")
	h.is("no file", h.script(1, "", "send", "-text-file", h.dir+"/none").Error, "no-such-file")
	h.is("a folder", h.script(1, "", "send", "-text-file", h.dir).Error, "refused")
	h.is("as long as can be", len(h.script(0, strings.Repeat("€", dropbox.MaxText), "send").Code) > 0, true)
	h.is("entries", len(h.script(0, words, "check", "-code-file", "-").Entries), 1)
}

// What readers prints is what a script needs for the others: ids, fingerprints, until when.
func TestScriptReaders(t *testing.T) {
	h := setUp(t, droptest.Options{Lines: []string{"Line|1|daily 00:00-24:00|Europe/London"}})
	d, keys := h.document(0, "", "readers")
	h.is("keys", keys, "box expired expires keyholders lines name pinned readers signed_by threshold version")
	h.is("says", all(d["name"], d["expires"], d["expired"], d["pinned"], d["signed_by"], d["threshold"], d["lines"], len(d["readers"].([]any)), d["box"]),
		all("The demo box", "2026-04-02", false, true, []string{"Ana", "Ben"}, 2, []string{"Line|1|daily 00:00-24:00|Europe/London"}, 5, fmt.Sprintf("%x", h.box.Set.Box)))
	h.is("the first", d["readers"].([]any)[0], map[string]any{"id": "alice", "role": "advocate", "name": "Alice Okafor", "org": "Survivors' Centre North", "statement": "", "languages": "English"})
	h.is("Ana", d["keyholders"].([]any)[0], map[string]any{"name": "Ana", "fingerprint": h.box.Set.Keyholders[0].Fingerprint()})
}
