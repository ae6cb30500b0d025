package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// A script is asked nothing: what is missing, and what makes no sense, is said, with a next step, before the server is spoken to.
func TestUsage(t *testing.T) {
	h := setUp(t)
	words := h.file("words", dropbox.NewCode().Words())
	h.must(h.box.Stop()) // so everything that speaks to it ends with 3
	for _, args := range [][]string{
		{}, {"nonsense"}, {"-server", "x"}, {"send", "-nope"}, {"send", "-wish"}, {"send", "-copy=perhaps"}, {"check", "-copy"}, {"readers", "-code-file", words},
		{"send", "-wish", "revenge"}, {"send", "-about", "him"}, {"send", "-editor"}, {"send", "-original"}, {"message", "-code-file", words, "-editor"},
		{"message", "-code-file", words, "-text-file", words, "-editor"},
		{"check"}, {"message"}, {"wish"}, {"wish", "-code-file", words}, {"wish", "-code-file", words, "-wish", "more"}, {"share"}, {"withdraw"}, {"withdraw", "-yes"},
		{"share", "-code-file", words, "-wish", "record"}, {"share", "-code-file", words, "-wish", "x"},
		{"check", "-code-file", words, "-timeout", "0s"}, {"check", "-code-file", words, "-timeout", "soon"}, {"check", "-code-file", words, "-tries", "0"}, {"readers", "-tries", "-1"},
	} {
		code, stdout, stderr := h.start(false, "Something", h.where(args...)...)
		if code != 2 || stdout != "" || !strings.HasPrefix(stderr, "reporter: error: ") {
			t.Errorf("%q: exit %d, %s%s", args, code, stdout, stderr)
		}
		if len(args) > 1 && slices.Contains(args, "-wish") && strings.Contains(stderr, "-wish: ") { // the error lists them
			continue
		}
		if !strings.Contains(stderr, "\nreporter: hint: ") && !strings.Contains(stderr, "there are ") {
			t.Errorf("%q: no next step in %s", args, stderr)
		}
		if len(args) > 0 {
			if said := h.script(2, "Something", args...); said.Error != "usage" {
				t.Errorf("%q: %+v", args, said)
			}
		}
	}
	for _, verb := range []string{"check", "readers"} {
		code, _, stderr := h.start(false, dropbox.NewCode().Words(), append([]string{verb}, map[bool][]string{true: {"-code-file", "-"}}[verb == "check"]...)...)
		if code != 2 || !strings.Contains(stderr, "-server is missing") {
			t.Errorf("%s without a server: exit %d, %s", verb, code, stderr)
		}
	}
	for _, args := range [][]string{{"help"}, {"-h"}, {"--help"}, {"send", "-help"}} {
		code, stdout, stderr := h.start(false, "", args...)
		if code != 0 || stdout != usageText || stderr != "" {
			t.Errorf("%q: exit %d, %s%s", args, code, stdout, stderr)
		}
	}
}

// The help names every flag there is, and no other.
func TestHelpIsComplete(t *testing.T) {
	for verb := range verbs {
		if !strings.Contains(usageText, "\n  "+verb+" ") {
			t.Errorf("the help does not name %s", verb)
		}
		if _, known := flagsOf[verb]; !known && verb != "readers" {
			t.Errorf("%s has no flags", verb)
		}
	}
	c := newCall(setting{in: strings.NewReader("")}, false)
	for _, group := range []string{"code", "text", "wish", "exclude", "report", "yes", "files", "save"} {
		c.declare(group)
	}
	for field := range strings.FieldsFuncSeq(usageText, func(r rune) bool { return strings.ContainsRune(" \n,;.()", r) }) {
		if name, is := strings.CutPrefix(field, "-"); is && name != "" && c.flags.Lookup(name) == nil {
			t.Errorf("the help names -%s, which there is not", name)
		}
	}
	for _, name := range []string{"server", "proxy", "keyholders", "fingerprint", "remember", "timeout", "tries", "json", "code-file", "text-file", "editor", "wish", "exclude",
		"about", "answers", "copy", "yes", "file", "original", "save", "out"} {
		if c.flags.Lookup(name) == nil || !strings.Contains(usageText, "-"+name+" ") {
			t.Errorf("-%s is no flag, or not in the help", name)
		}
	}
}

// What stands on a command line can be seen by others, and ends in logs of shells. It is refused, and said nowhere again.
func TestNothingIsEchoed(t *testing.T) {
	h := setUp(t)
	words := dropbox.NewCode().Words()
	secret := strings.Fields(words)[0] + "-canary"
	for _, args := range [][]string{
		{words}, {secret}, append([]string{"check"}, strings.Fields(words)...), {"check", secret}, {"send", secret}, {"send", "It was " + secret}, {"message", "-text-file", "-", secret},
		{"check", "-" + secret}, {"check", "--" + secret + "=1"}, {"check", "-=" + secret}, {"check", "---" + secret}, {"send", "-text=" + secret}, {"send", "-copy=" + secret},
		{"send", "-timeout", secret}, {"send", "-tries=" + secret}, {"send", "-tries", secret + " for flag -" + secret}, {"send", "-wish", secret}, {"send", "-about", secret}, {"send", "-exclude", secret},
		{"share", "-code-file", "-", "-wish", secret}, {"wish", "-code-file", "-", "-wish", secret},
		{"check", "-code-file", words}, {"check", "-code-file", secret + strings.Repeat("x", 300)}, {"message", "-code-file", "-", "-text-file", "It was " + secret}, {"send", "-answers", secret},
	} {
		for _, person := range []bool{false, true} {
			for _, format := range [][]string{nil, {"-json"}} {
				code, stdout, stderr := h.start(person, words+"\n", append(h.where(args...), format...)...)
				if code != 2 && code != 1 {
					t.Errorf("%q, person %v: exit %d", args, person, code)
				}
				if all := stdout + stderr; strings.Contains(all, secret) || strings.Contains(all, words) {
					t.Errorf("%q, person %v: it says again %q", args, person, all)
				}
			}
		}
	}
	if len(h.got("alice")) != 0 {
		t.Error("something was sent")
	}
}

// A file of answers that is none, or another file, is refused, and nothing of it is said.
func TestAnswersThatAreNone(t *testing.T) {
	h := setUp(t)
	many := `[` + strings.Repeat(`{"id":"a","text":"CANARY"},`, 33) + `{"id":"b","text":"CANARY"}]`
	for name, text := range map[string]string{"no JSON": "CANARY", "an object": `{"when":"CANARY"}`, "a string": `"CANARY"`, "numbers": `[1,2]`, "an unknown key": `[{"id":"when","text":"x","CANARY":1}]`,
		"no id": `[{"text":"CANARY"}]`, "an id that is none": `[{"id":"CANARY","text":"x"}]`, "her own id": `[{"id":"reporter","text":"CANARY"}]`, "an id twice": `[{"id":"when","text":"CANARY"},{"id":"when","text":"b"}]`,
		"cut off": `[{"id":"when","text":"CANARY`, "too many": many, "a text that is none": `[{"id":"when","text":{"CANARY":1}}]`, "something behind": `[{"id":"when","text":"x"}] CANARY`, "empty": ""} {
		_, stdout, stderr := h.start(false, "Something", append(h.where("send", "-answers", h.file("answers", text)), "-json")...)
		var said told
		if err := json.Unmarshal([]byte(stdout), &said); err != nil || said.Error != "malformed" || strings.Contains(stdout+stderr, "CANARY") {
			t.Errorf("%s: %s%s", name, stdout, stderr)
		}
	}
	if len(h.got("alice")) != 0 {
		t.Error("something was sent")
	}
	h.script(0, "Something", "send", "-answers", h.file("answers", `[{"id":"when","text":" in\u0007 spring\r\n"},{"id":"where","text":"  "},{"id":"more","text":"ok"}]`))
	reports, err := h.box.Reports("alice")
	h.must(err)
	if got := fmt.Sprint(reports[0].Prompt); got != "[{when  in spring\n} {more ok}]" {
		t.Errorf("alice reads the answers %s", got)
	}
	h.script(0, "Something", "send", "-answers", h.file("answers", "[]"))
}

// Words that are none: which token, and that nothing of them is said.
func TestWordsThatAreNone(t *testing.T) {
	h := setUp(t)
	f := strings.Fields(dropbox.NewCode().Words())
	wrong := slices.Clone(f)
	wrong[2] = "qqxzw"
	other := slices.Clone(f)
	for wrongCode := true; wrongCode; {
		other[0] = strings.Fields(dropbox.NewCode().Words())[0]
		_, err := dropbox.ParseCode(strings.Join(other, " "))
		wrongCode = err == nil
	}
	for token, typed := range map[string]string{"code-word": strings.Join(wrong, " "), "code-length": strings.Join(f[:7], " "), "code-checksum": strings.Join(other, " ")} {
		for _, verb := range []string{"check", "message", "wish", "share", "withdraw"} {
			args := []string{verb, "-code-file", h.file("words", typed)}
			args = append(args, map[string][]string{"wish": {"-wish", "advice"}, "withdraw": {"-yes"}}[verb]...)
			said := h.script(1, "More", args...)
			_, out, errs := h.start(false, "More", h.where(args...)...)
			if said.Error != token || !strings.Contains(errs, "\nreporter: hint: ") || strings.Contains(out+errs, typed) || strings.Contains(out+errs, "qqxzw") {
				t.Errorf("%s with %s: %+v, %s", verb, token, said, errs)
			}
		}
	}
	if said := h.script(1, "", "check", "-code-file", "-"); said.Error != "code-length" {
		t.Errorf("an empty standard input: %+v", said)
	}
	if said := h.script(1, f[0], "check", "-code-file", h.dir+"/nowhere"); said.Error != "no-such-file" {
		t.Errorf("no such file: %+v", said)
	}
}

// However -json is written, what is printed is JSON, or it is no flag.
func TestJSONAsked(t *testing.T) {
	h := setUp(t)
	for _, flag := range []string{"-json", "--json", "-json=true", "--json=true"} {
		code, stdout, stderr := h.start(false, "Something", append(h.where("send"), flag)...)
		if said := h.told(0, code, stdout, stderr, []string{flag}); said.Code == "" {
			t.Errorf("%s: %s", flag, stdout)
		}
	}
}
