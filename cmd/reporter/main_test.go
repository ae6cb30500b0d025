package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// here is somebody with the program, and a box.
type here struct {
	*testing.T
	box        *droptest.Box
	clock      *droptest.Clock
	dir        string
	keyholders string // a file
	pause      func(context.Context, time.Duration) error
}

func setUp(t *testing.T, options ...droptest.Options) *here {
	t.Helper()
	o := droptest.Options{}
	if len(options) > 0 {
		o = options[0]
	}
	h := &here{T: t, clock: droptest.NewClock(), dir: t.TempDir(), pause: func(context.Context, time.Duration) error { return nil }}
	o.Now = h.clock.Now
	var err error
	h.box, err = droptest.Start(t.TempDir(), o)
	h.must(err)
	t.Cleanup(func() { h.box.Stop() })
	h.keyholders = h.file("keyholders.txt", string(h.box.Chain))
	return h
}

func (h *here) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *here) file(name, text string) string {
	h.Helper()
	path := filepath.Join(h.dir, name)
	h.must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

// start carries out a command line as it stands. typed is what somebody types, or a script pipes in.
func (h *here) start(person bool, typed string, args ...string) (code int, stdout, stderr string) {
	h.Helper()
	var out, errs bytes.Buffer
	code = run(args, setting{strings.NewReader(typed), &out, &errs, person, person, h.clock.Now, h.pause})
	return code, out.String(), errs.String()
}

// where says which box, by address and keyholders file.
func (h *here) where(args ...string) []string {
	return append(slices.Clone(args), "-server", h.box.URL, "-keyholders", h.keyholders)
}

// script is a command line without a person, with -json; the one document it prints.
func (h *here) script(want int, stdin string, args ...string) told {
	h.Helper()
	code, stdout, stderr := h.start(false, stdin, append(h.where(args...), "-json")...)
	return h.told(want, code, stdout, stderr, args)
}

// hasNull finds a null of JSON. Words of hers can begin with those letters.
var hasNull = regexp.MustCompile(`[:,\[]null[,}\]]`)

func (h *here) told(want, code int, stdout, stderr string, args []string) (said told) {
	h.Helper()
	if code != want || strings.Count(stdout, "\n") != 1 || hasNull.MatchString(stdout) {
		h.Fatalf("reporter %q: exit %d, want %d\n%s%s", args, code, want, stdout, stderr)
	}
	h.must(json.Unmarshal([]byte(stdout), &said))
	if (said.Error == "") != (code == 0) || (said.Error == "") != (said.Message == "") {
		h.Fatalf("reporter %q: exit %d and %s", args, code, stdout)
	}
	if code != 0 && !strings.HasPrefix(stderr, "reporter: error: ") && !strings.Contains(stderr, "\nreporter: error: ") {
		h.Errorf("reporter %q says on stderr %q", args, stderr)
	}
	return said
}

// told is what -json says, of all verbs.
type told struct {
	Code, Sent, Written, Wish, About, Account, Named, Ends string
	Readers, Deleted, Asked, Unasked, Warnings             []string
	StruckOff                                              []string `json:"struck_off"`
	AcknowledgeBy                                          string   `json:"acknowledge_by"`
	AnswerBy                                               string   `json:"answer_by"`
	Record, Alone, Stored, Before, Pinned                  bool
	Prompts                                                []dropbox.Prompt
	Entries                                                []entry
	Files                                                  []toldFile
	Missing                                                []int
	Saved                                                  []savedFile
	Error, Message                                         string

	Late, Closed, Reopened bool
	Status                 string
	StatusBy               string `json:"status_by"`
	StatusDay              string `json:"status_day"`
	Left                   []string
	Against                []against
}

// toldFile is a file as send, message and files tell of it.
type toldFile struct {
	sentFile
	From, Day string
}

// person is somebody at a terminal, who knows the keyholders.
func (h *here) person(want int, lines []string, args ...string) (screen string) {
	h.Helper()
	code, stdout, stderr := h.start(true, strings.Join(lines, "\n")+"\n", h.where(args...)...)
	if code != want {
		h.Fatalf("reporter %q: exit %d, want %d\n%s%s", args, code, want, stdout, stderr)
	}
	return stdout + stderr
}

// says looks for sentences, in that order. Where lines break does not matter.
func (h *here) says(screen string, sentences ...string) {
	h.Helper()
	all := strings.Join(strings.Fields(screen), " ")
	rest := all
	for _, s := range sentences {
		i := strings.Index(rest, strings.Join(strings.Fields(s), " "))
		if i < 0 {
			h.Errorf("%q is not said, or not there, in\n%s", s, screen)
			return
		}
		rest = rest[i:]
	}
}

// words are those that a screen gives out.
func (h *here) words(screen string) string {
	h.Helper()
	for line := range strings.Lines(screen) {
		if code, err := dropbox.ParseCode(line); err == nil && code.Words() == strings.TrimSpace(line) {
			return code.Words()
		}
	}
	h.Fatalf("there are no words in\n%s", screen)
	return ""
}

// got are the texts of the reports that somebody has.
func (h *here) got(id string) (texts []string) {
	h.Helper()
	reports, err := h.box.Reports(id)
	h.must(err)
	for _, r := range reports {
		texts = append(texts, r.Text)
	}
	return texts
}
