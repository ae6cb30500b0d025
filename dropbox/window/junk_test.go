package window

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A flood is kept apart, can be read and brought back, and goes in bulk; so does what she puts aside.
func TestJunkPage(t *testing.T) {
	w := newWorld(t)
	w.report("A real one")
	for range 6 {
		w.report("Buy now, buy now. " + strings.Repeat("Everything has to go this week, and it is all as good as new. ", 5))
	}
	h := w.start(w.desk())
	h.go_("/")
	h.shows("inbox", "", "5 pieces of mail are not among the cases")
	if n := strings.Count(h.page.Body, "data-case="); n != 2 {
		t.Errorf("the inbox lists %d cases, want the real one and the first of the flood", n)
	}
	h.go_("/junk")
	h.shows("junk", "", "Floods 5", "Buy now, buy now")
	if h.page.ByID("floods-title") == nil {
		t.Fatal("there is no flood")
	}
	keep := h.page.Body[strings.Index(h.page.Body, "/case/"):]
	keep = keep[:strings.IndexByte(keep, '"')]
	h.press(keep + "/keep")
	h.shows("case", "", "is not taken for junk again", "Buy now")
	h.press(keep + "/aside")
	h.shows("junk", "", "Put aside by you 1", "Floods 4")
	h.press("/junk")
	h.shows("junk", "confirm")
	h.press("/junk", "heap", "floods")
	h.shows("junk", "", "4 pieces are deleted", "Put aside by you 1")
	h.press("/junk", "heap", "aside")
	h.shows("junk", "", "There is nothing")
	h.go_("/")
	if n := strings.Count(h.page.Body, "data-case="); n != 2 {
		t.Errorf("the inbox lists %d cases after that", n)
	}
}

// Whatever package desk says, a page names no command that she would have to type.
func TestNoticesNameNoCommand(t *testing.T) {
	sources, err := filepath.Glob("../desk/*.go")
	if err != nil || len(sources) < 20 {
		t.Fatalf("%d sources, %v", len(sources), err)
	}
	said, text := 0, regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	for _, name := range sources {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range text.FindAllString(string(b), -1) {
			if strings.HasSuffix(name, "_test.go") || !regexp.MustCompile(`advocate [a-z]+ (-|CASE|%s)|advocate (inbox|junk|files|forget|draft|reply)`).MatchString(s) {
				continue
			}
			said++
			if got := plain([]string{s})[0]; strings.Contains(got, "advocate ") || strings.Contains(got, "the desk") || strings.Contains(got, "CASE") {
				t.Errorf("%s becomes %s", s, got)
			}
		}
	}
	if said < 5 {
		t.Errorf("only %d sentences name a command", said)
	}
}

// Every error that package desk names has words of its own on a page, and a next step.
func TestEveryErrorHasWords(t *testing.T) {
	b, err := os.ReadFile("problem.go")
	if err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Glob("../desk/*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, name := range sources {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^\s*(?:var )?(Err[A-Za-z]+)\s*= `).FindAllStringSubmatch(string(source), -1) {
			seen++
			never := map[string]bool{"ErrNoHome": true, "ErrAmbiguous": true, "ErrShortID": true} // pages name cases by whole ids, and ask for a key first
			if !never[m[1]] && !strings.Contains(string(b), "means(desk."+m[1]+",") {
				t.Errorf("%s has no words", m[1])
			}
		}
	}
	if seen < 30 {
		t.Errorf("only %d errors were found", seen)
	}
}
