package main

import (
	"os"
	"strings"
	"testing"

	"tellbox/dropbox/droptest"
	"tellbox/dropbox/store"
)

// The operator writes his own questions. If a line is wrong, nothing is served, and he is told which; mended, the form asks them.
func TestServePrompts(t *testing.T) {
	b := newBox(t)
	file := b.path("prompts.txt")
	serve := []string{"serve", "-data", b.data, "-listen", "127.0.0.1:0", "-prompts", file}
	out, errs := b.run(1, serve...)
	if out != "" || !strings.Contains(errs, "reading the prompts: ") || !strings.Contains(errs, file) {
		t.Errorf("without the file: %q and %q", out, errs)
	}
	b.write(file, "# Ours\n\nmood: How are you?\nWhen: When was it?\n")
	out, errs = b.run(1, serve...)
	if out != "" || !strings.HasPrefix(errs, "tellbox: error: "+file+":4: the id takes ") || !strings.Contains(errs, "\ntellbox: hint: ") || strings.Contains(errs, "was it") {
		t.Errorf("with a wrong line: %q and %q", out, errs)
	}
	b.store(store.Config{}, func(*store.Store) {}) // it is not locked, nor was anything done to it

	b.write(file, "# Ours\n\nmood: How are you?\nwhen: When, roughly?\n")
	if got := b.asks("-prompts", file); got != "How are you?|When, roughly?" {
		t.Errorf("the form asks %q", got)
	}
	b.must(os.Remove(file))
	if got := b.asks(); !strings.HasPrefix(got, "When was it? A rough time is fine.|Where was it?|") {
		t.Errorf("without the flag the form asks %q", got)
	}
}

// asks serves the box for a moment, and reads the questions of its form.
func (b *box) asks(flags ...string) string {
	b.Helper()
	defer b.serve(flags...)()
	visitor := droptest.NewVisitor(b.url)
	start, err := visitor.Get("/")
	b.must(err)
	form, err := visitor.Press(start, "/report")
	b.must(err)
	var questions []string
	for n := range form.Root.Descendants() {
		if n.Data == "label" && strings.HasPrefix(droptest.Attr(n, "for"), "prompt.") {
			questions = append(questions, droptest.Text(n))
		}
	}
	return strings.Join(questions, "|")
}
