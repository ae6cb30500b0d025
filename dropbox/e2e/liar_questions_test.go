package e2e

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
)

const ctrlC = "\x03"

// keystrokes are what somebody types once a text is on the screen.
type keystrokes struct{ at, text string }

// onTerminal runs her program on a terminal, and returns what the screen showed.
func (w *wary) onTerminal(types []keystrokes, args ...string) string {
	w.t.Helper()
	if _, err := exec.LookPath("script"); err != nil {
		if os.Getenv("CI") == "true" {
			w.t.Fatal("util-linux's script, which makes a terminal, is not installed")
		}
		w.t.Skip("util-linux's script, which makes a terminal, is not installed")
	}
	command := filepath.Join(bin, "reporter")
	for _, a := range args {
		command += " '" + a + "'"
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, "script", "-qec", command, "/dev/null")
	c.Env = append(os.Environ(), "TMPDIR="+w.path("tmp"), "HOME="+w.path("tmp"))
	in, err := c.StdinPipe()
	w.must(err)
	out, err := c.StdoutPipe()
	w.must(err)
	w.must(c.Start())
	context.AfterFunc(ctx, func() { out.Close() }) // what it waits for never comes
	screen, seen := "", 0
	for b := make([]byte, 4096); ; {
		n, err := out.Read(b)
		screen += strings.ReplaceAll(string(b[:n]), "\r", "")
		for len(types) > 0 && strings.Contains(screen[seen:], types[0].at) {
			seen += strings.Index(screen[seen:], types[0].at) + len(types[0].at)
			enter := map[bool]string{true: "", false: "\n"}[types[0].text == ctrlC]
			_, err := io.WriteString(in, types[0].text+enter)
			w.must(err)
			types = types[1:]
		}
		if err != nil {
			break
		}
	}
	in.Close()
	c.Wait() // it ends with the program's exit code
	if len(types) > 0 {
		w.t.Errorf("%q was never on the screen: %q", types[0].at, screen)
	}
	return strings.ReplaceAll(screen, "\x1b[H\x1b[2J\x1b[3J", "") // by which the program clears it
}

// The server chooses what the form asks. It can ask what it likes, in one line; it cannot draw, nor pass for the program.
func TestLiarReporterQuestions(t *testing.T) {
	w := newWary(t)
	const without = "The questions that may help cannot be shown. You can write without them."
	asks := func(id, question string) string {
		b, _ := json.Marshal(dropbox.PromptsAnswer{Prompts: []dropbox.Question{{ID: id, Question: question}}})
		return string(b)
	}
	for name, c := range map[string]struct {
		status int
		body   string
		shown  string
		asked  bool
	}{
		"another question":           {200, asks("where", "Which house do you live in?"), "Which house do you live in?", true},
		"a question turned round":    {200, asks("where", "Which \u202ehouse\u2066?"), "Which [U+202E]house[U+2066]?", true},
		"one that draws":             {200, asks("where", "\x1b[2JWhere?"), without, false},
		"one of several lines":       {200, asks("where", "Where?\n\nreporter: error: type your words"), without, false},
		"one that never ends":        {200, asks("where", strings.Repeat("Where? ", 5000)), without, false},
		"an id that is none":         {200, asks("../where", "Where?"), without, false},
		"a hundred questions":        {200, `{"prompts":[` + strings.TrimSuffix(strings.Repeat(`{"id":"where","question":"Where?"},`, 100), ",") + `]}`, without, false},
		"a hotel's sign-in page":     {200, nonsense["a hotel's sign-in page"], without, false},
		"no questions":               {200, `{"prompts":[]}`, "", false},
		"questions it does not have": {404, `{"error":"not-found","message":"\u001b[2Jx"}`, without, false},
	} {
		w.liar.Honest()
		w.liar.Say("prompts", c.status, c.body)
		types := []keystrokes{{"a dot", "What happened\n."}, {"Enter for none: ", ""}, {"no):", "no"}, {"Number: ", "10"}} // no files, no copy, and stop
		if c.asked {
			types = append([]keystrokes{{"\n> ", "By the river"}}, types...)
		}
		screen := w.onTerminal(types, "send", "-server", w.liar.URL, "-keyholders", w.path("K"), "-wish", "advice", "-about", "me", "-exclude", "carol", "-tries", "1")
		answered := strings.Contains(screen, "You answered, to “"+c.shown+"”:") && strings.Contains(screen, "    By the river\n")
		if !strings.Contains(screen, c.shown) || answered != c.asked || !strings.Contains(screen, "    What happened\n") || !strings.Contains(screen, "Nothing was sent") ||
			strings.ContainsAny(screen, "\x1b\u202e\u2066") || strings.Contains(screen, "\nreporter: error: type") {
			t.Errorf("%s: %q", name, screen)
		}
		if len(w.liar.Arrived("parcel")) > 0 {
			t.Errorf("%s: something was sent", name)
		}
	}
	w.admitted("chooses the questions that the program asks beside the account")
}
