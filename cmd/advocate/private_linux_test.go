package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
)

// oneCase is an advocate with one case.
func oneCase(t *testing.T, account string) (*here, string) {
	t.Helper()
	h := joinedUp(t)
	h.write(dropbox.Report, account)
	var in desk.Inbox
	h.json(0, "", &in, "inbox")
	return h, in.Cases[0].ID
}

func (h *here) draft(id string) string {
	h.Helper()
	var d desk.Draft
	h.json(0, "", &d, "draft", id)
	return d.Text
}

func (h *here) entries(id string) []string {
	h.Helper()
	var c desk.Case
	h.json(0, "", &c, "read", id)
	got := []string{}
	for _, e := range c.Entries {
		got = append(got, e.Text)
	}
	return got
}

func TestNote(t *testing.T) {
	h, id := oneCase(t, "Something")
	h.says(h.person(0, "Ring Carol\n\x04", "note", id), "Write your note", "It is note 1 on case "+id, "nobody is ever sent it")
	h.run(0, "From a script\u202e\n", "note", id[:4])
	file := filepath.Join(t.TempDir(), "note")
	h.must(os.WriteFile(file, []byte("From a file"), 0o600))
	var list desk.Noted
	h.json(0, "", &list, "note", id, "-text-file", file)
	if len(list.Notes) != 3 || list.Notes[2].N != 3 || list.Notes[2].Text != "From a file" || list.ID != id {
		t.Errorf("notes %+v", list)
	}
	h.says(h.first(h.run(0, "", "read", id)), "Your notes. They are private: nobody is ever sent them.\n\nNote 1, ", "    Ring Carol\n", "    From a script[U+202E]\n")
	h.says(h.first(h.run(0, "", "note", id, "-remove", "1")), "Note 1 on case "+id+" is deleted")
	h.json(0, "", &list, "note", id, "-list")
	if len(list.Notes) != 2 || list.Notes[0].N != 2 {
		t.Errorf("notes %+v", list)
	}
	if out := h.first(h.run(0, "", "note", id, "-list")); strings.Contains(out, "Carol") || !strings.Contains(out, "Note 2, ") {
		t.Errorf("it lists %s", out)
	}
	var no failed
	h.json(1, "", &no, "note", id, "-remove", "1")
	h.is(no, "unknown-note")
	h.json(1, " ", &no, "note", id)
	h.is(no, "empty-text")
	if _, stderr := h.run(0, h.code.Words(), "note", id); !strings.Contains(stderr, "words of a code") {
		t.Errorf("of a code in a note it says %s", stderr)
	}
	h.run(0, "", "note", id, "-remove", "4")
	h.person(3, "Not this\n^C", "note", id)
	h.json(0, "", &list, "note", id, "-remove", "2")
	h.json(0, "", &list, "note", id, "-remove", "3")
	if list.Notes == nil || len(list.Notes) != 0 {
		t.Errorf("notes %+v", list)
	}
	for _, args := range [][]string{{"note"}, {"note", id, "-remove", "0"}, {"note", id, "-remove", "x"}, {"note", id, "-list", "-remove", "1"}, {"note", id, "-list", "-text-file", "x"}, {"search"}, {"search", "-", "x"},
		{"draft"}, {"draft", id, "-discard", "-text-file", "x"}, {"reply", id, "-draft", "-text-file", "x"}} {
		h.run(2, "", args...)
	}
}

func (h *here) first(out, _ string) string { return out }

func TestDraft(t *testing.T) {
	h, id := oneCase(t, "Something")
	var no failed
	h.json(1, "", &no, "reply", id, "-draft")
	h.is(no, "no-draft")
	h.says(h.first(h.run(0, "", "draft", id)), "has no draft")
	h.says(h.person(0, "Dear you,\n\x04", "draft", id, "-text-file", "-"), "Write your draft", "is kept on this machine")
	h.says(h.first(h.run(0, "", "draft", id)), "    Dear you,\n", "advocate reply "+id+" -draft")
	h.says(h.first(h.run(0, "", "inbox")), "You have a draft of a reply: advocate draft "+id)
	h.run(0, "", "draft", id, "-discard")
	h.json(1, "", &no, "draft", id, "-discard")
	h.is(no, "no-draft")

	h.run(0, "From a script", "draft", id, "-text-file", "-")
	var done replied
	h.json(0, "", &done, "reply", id, "-draft")
	if got := h.entries(id); !done.Stored || done.Names == nil || !slices.Equal(got, []string{"Something", "From a script"}) {
		t.Errorf("%+v; the case has %q", done, got)
	}
	if got := h.draft(id); got != "" {
		t.Errorf("it is sent, and there is %q", got)
	}
	h.person(3, "One line\nand another\n^C", "draft", id, "-text-file", "-")
	if got := h.draft(id); got != "One line\nand another" {
		t.Errorf("stopped while she wrote it: %q", got)
	}
}

// Nothing that she typed as a reply is lost, whatever keeps it from being sent.
func TestTypedReplyIsKept(t *testing.T) {
	h, id := oneCase(t, "Something")
	h.says(h.person(0, "Hello\n\x04", "reply", id), "Write your reply", "is stored")
	if got := h.draft(id); got != "" {
		t.Errorf("it is sent, and kept: %q", got)
	}
	h.says(h.person(1, "See "+h.code.Words()+"\n\x04", "reply", id), "words of a code", "advocate draft "+id+" shows it")
	if got := h.draft(id); got != "See "+h.code.Words() {
		t.Errorf("refused: %q", got)
	}
	h.run(0, "", "draft", id, "-discard")
	h.says(h.person(3, "First\nSecond\n^C", "reply", id), "is kept on this machine")
	if got := h.draft(id); got != "First\nSecond" {
		t.Errorf("stopped: %q", got)
	}
	h.must(h.box.Stop())
	h.says(h.person(3, "Third\n\x04", "reply", id), "is kept on this machine", "-draft sends it")
	if got := h.draft(id); got != "First\nSecond\n\nThird" {
		t.Errorf("without the server: %q", got)
	}
	h.says(h.person(1, "\x04", "reply", id), "no text to send")
	h.says(h.person(1, "", "reply", "0000"), "no such case")
	// What a script sends stands where the script has it.
	h.run(3, "Fourth", "reply", id)
	if got := h.draft(id); strings.Contains(got, "Fourth") {
		t.Errorf("a script's text is kept: %q", got)
	}
}

// A name that the reporter wrote does not go back unasked.
func TestNamesInAReply(t *testing.T) {
	h, id := oneCase(t, "My manager Whitlock did it, at the Elm House. On Monday.")
	for _, answer := range []string{"\n", "no\n", "\x04", "perhaps\n", "^C"} {
		code, says := 1, "the reply was not sent"
		if answer == "^C" {
			code, says = 3, "reading what you type"
		}
		h.says(h.person(code, "Talk to Whitlock\n\x04"+answer, "reply", id), "that the reporter wrote: Whitlock.", "yes or no (no)", says, "is kept on this machine")
		if got, sent := h.draft(id), h.entries(id); got != "Talk to Whitlock" || len(sent) != 1 {
			t.Fatalf("%q: draft %q, case %q", answer, got, sent)
		}
	}
	h.says(h.person(1, "\n", "reply", id, "-draft"), "Whitlock")
	h.says(h.person(0, "yes\n", "reply", id, "-draft"), "is stored")
	if got, sent := h.draft(id), h.entries(id); got != "" || len(sent) != 2 {
		t.Errorf("draft %q, case %q", got, sent)
	}
	h.says(h.person(0, "On Monday Alice rings you\n\x04", "reply", id), "is stored")

	file := filepath.Join(t.TempDir(), "text")
	h.must(os.WriteFile(file, []byte("Whitlock from a file"), 0o600))
	h.person(1, "no\n", "reply", id, "-text-file", file)
	if got := h.draft(id); got != "Whitlock from a file" {
		t.Errorf("draft %q", got)
	}

	// A script is told, and not asked.
	_, stderr := h.run(0, "Whitlock, of Elm House", "reply", id)
	h.says(stderr, "note: ", "Whitlock, Elm, House", "sent all the same")
	var done replied
	h.json(0, "Whitlock again", &done, "reply", id)
	if !slices.Equal(done.Names, []string{"Whitlock"}) || !done.Stored {
		t.Errorf("%+v", done)
	}
}

func TestSearch(t *testing.T) {
	h, id := oneCase(t, "At the \u202eOffice")
	h.says(h.first(h.run(0, "", "search", "off", "something")), "0 cases found")
	h.says(h.first(h.run(0, "", "search", "OFF", "the")), "1 case found", id+"   sent in week ", "In a report: At the [U+202E]Office")
	var found desk.Results
	h.json(0, "office\nat\n", &found, "search", "-")
	if len(found.Cases) != 1 || found.Cases[0].ID != id || found.Cases[0].Where != "report" {
		t.Errorf("found %+v", found)
	}
	h.says(h.person(0, "office\n\x04", "search", "-"), "words to look for", "1 case found")
	var no failed
	h.json(1, " \n", &no, "search", "-")
	h.is(no, "no-words")
}
