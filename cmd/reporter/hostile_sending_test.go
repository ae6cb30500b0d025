package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Whom she ruled out when she began a record stays ruled out when she sends it, whatever she adds to them.
func TestStruckOffOfARecordStay(t *testing.T) {
	h := setUp(t)
	everybody := []string{"-exclude", "alice", "-exclude", "bob", "-exclude", "carol"}
	words := h.script(0, "Something", append([]string{"send", "-wish", "record"}, everybody...)...).Code
	if said := h.script(1, words, "share", "-code-file", "-"); said.Error != "no-reader" {
		t.Errorf("all were ruled out, and sharing says %+v", said)
	}
	words = h.script(0, "Something", "send", "-wish", "record", "-exclude", "alice").Code
	if said := h.script(0, words, "share", "-exclude", "bob", "-code-file", "-"); !slices.Equal(said.Readers, []string{"carol"}) {
		t.Errorf("alice was ruled out, then bob, and it goes to %v", said.Readers)
	}
	words = h.script(0, "Something", "send", "-wish", "record", "-exclude", "alice").Code
	h.says(h.person(1, []string{words, "1", "", "no"}, "share"), "You ruled out Alice Okafor", "Enter leaves it as it is", "Send it to Bob Lindqvist?")
	if len(h.got("alice"))+len(h.got("bob")) != 0 || len(h.got("carol")) != 1 {
		t.Errorf("alice has %q, bob %q, carol %q", h.got("alice"), h.got("bob"), h.got("carol"))
	}
}

// One reader says that he has seen a million messages of hers. She can still write, and take it back.
func TestReaderWhoHasSeenAMillion(t *testing.T) {
	h := setUp(t)
	words := h.script(0, "Something", "send").Code
	reports, err := h.box.Reports("bob")
	h.must(err)
	reports[0].Count = 1 << 20
	_, err = h.box.Reply(t.Context(), "bob", reports[0], 1, "I am here.")
	h.must(err)
	for range 2 {
		h.script(0, words+"\nMore", "message", "-code-file", "-")
	}
	h.script(0, words, "wish", "-wish", "complaint", "-code-file", "-")
	h.script(0, words, "withdraw", "-yes", "-code-file", "-")
}

// She looks at her record in one window, and sends it to a reader in another. The first one notices before it sends anything.
func TestTwoWindowsOfARecord(t *testing.T) {
	for _, then := range [][]string{{"3", "1", "2", "yes"}, {"2", "For me alone.", ".", "", "1"}} {
		h := setUp(t)
		words := h.script(0, "Something", "send", "-wish", "record").Code
		lines := &slow{lines: slices.Concat([]string{words}, then, []string{"4", "1"}), at: 2, do: func() {
			h.script(0, words, "share", "-exclude", "bob", "-code-file", "-")
		}}
		var out strings.Builder
		run(h.where("check"), setting{lines, &out, &out, true, true, h.clock.Now, h.pause})
		h.says(out.String(), "Your record", "this record has been sent to readers")
		if a, b := h.got("alice"), h.got("bob"); len(a) != 1 || len(b) != 0 {
			t.Errorf("after %q alice has %q, bob %q\n%s", then, a, b, out.String())
		}
		if c := h.script(0, words, "check", "-code-file", "-"); len(c.Entries) != 2 {
			t.Errorf("after %q there is %+v", then, c.Entries)
		}
	}
}

// A message that is refused is not lost: she can send it again.
func TestRefusedMessageIsKept(t *testing.T) {
	h := setUp(t)
	l := h.liar()
	words := h.script(0, "Something", "send", "-copy").Code
	l.Lie("parcel", func(w http.ResponseWriter, _ *http.Request) {
		l.Honest()
		w.WriteHeader(503)
		w.Write([]byte(`{"error":"full","message":"x"}`))
	})
	code, out, errs := h.start(true, strings.Join([]string{words, "What I typed for an hour.", ".", "", "1", ".", "1"}, "\n")+"\n", "message", "-server", l.URL, "-keyholders", h.keyholders)
	if c := h.script(0, words, "check", "-code-file", "-"); code != 0 || len(c.Entries) != 2 || c.Entries[1].Text != "What I typed for an hour." {
		t.Errorf("exit %d, there is %+v\n%s%s", code, c.Entries, out, errs)
	}
}

// Whoever mistakes a flag for the place of her words reads them in no error, which may end up in a log.
func TestErrorsDoNotRepeatWhatStandsInAFlag(t *testing.T) {
	h := setUp(t)
	for _, args := range [][]string{{"check", "-code-file", "abacus abdomen"}, {"send", "-text-file", "abacus abdomen"}, {"send", "-answers", "abacus abdomen"},
		{"check", "-code-file", "-", "-keyholders", "abacus abdomen"}} {
		_, out, errs := h.start(false, "Something", append(args, "-server", h.box.URL, "-json")...)
		if !strings.Contains(out, `"error"`) || strings.Contains(out+errs, "abacus") {
			t.Errorf("reporter %q says %s%s", args, out, errs)
		}
	}
}

// Who writes on while nobody vouches for the list, or while something is missing, is told so by every verb, not by check alone.
func TestWritingOnIsWarnedToo(t *testing.T) {
	h := setUp(t)
	words := h.script(0, "Something", "send").Code
	h.clock.Add(60 * 24 * 3600e9)
	for _, args := range [][]string{{"message"}, {"wish", "-wish", "complaint"}, {"withdraw", "-yes"}} {
		code, out, errs := h.start(false, words+"\nMore", append(h.where(args...), "-code-file", "-", "-json")...)
		if code != 0 || !strings.Contains(errs, "note: The list of readers ended on ") {
			t.Errorf("%s: exit %d, %s%s", args, code, out, errs)
		}
	}
}
