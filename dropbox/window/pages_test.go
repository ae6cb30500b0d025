package window

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"tellbox/dropbox/droptest"
)

// Alice in her browser and bob at his commands carry a case: status, hand-over, a note, a step aside, and closing it.
func TestCasework(t *testing.T) {
	w := newWorld(t)
	words := w.report("It has happened again, and it was Roderick")
	h := w.start(w.desk())
	h.go_("/case/1/work")
	h.shows("work", "", "Nothing has been said yet", "Nobody is named to the reporter")
	h.press("/case/1/work", "do", "close", "text", "")
	h.shows("work", "no-reason")
	h.press("/case/1/work", "do", "status")
	h.shows("work", "nothing-to-do")
	h.press("/case/1/work", "do", "aside", "text", "I know him")
	h.shows("work", "confirm", "I know him")
	h.press("/case/1/work", "do", "add", "who", "")
	h.shows("work", "nobody")
	h.press("/case/1/work", "do", "status", "status", "reading", "text", "We are reading it, Roderick or not")
	h.shows("work", "names", "Roderick", "We are reading it")
	if f, err := h.page.Form("/case/1/work"); err != nil || f.Get("status") != "reading" || f.Get("named") == "" {
		t.Errorf("the form has %v, %v", f, err)
	}
	h.press("/case/1/work", "do", "status")
	h.shows("case", "", "The reporter is told", "The case is being read", "We are reading it", "You are named to the reporter")
	h.go_("/show/mine")
	h.shows("inbox", "", "You are named to the reporter")

	h.go_("/case/1/work")
	h.press("/case/1/work", "do", "tell", "text", "BETWEENUS", "who", "")
	h.shows("case", "", "Between colleagues", "BETWEENUS")
	h.go_("/case/1/work")
	h.press("/case/1/work", "do", "add", "who", "carol")
	h.shows("case", "", "carol has all of the case now", "carol reads it, too")
	h.go_("/case/1/work")
	h.press("/case/1/work", "do", "handover", "who", "bob", "leave", "yes", "text", "Bob goes on")
	h.shows("case", "", "handed over to bob", "You stepped aside", "Delete this case")
	h.press("/close")

	b := w.start(w.deskIn(w.bobs))
	b.go_("/case/1")
	b.shows("case", "", "You are named to the reporter", "BETWEENUS", "alice stepped aside", "Bob goes on")
	b.go_("/case/1/work")
	b.press("/case/1/work", "do", "close", "text", "You asked us to")
	b.shows("case", "", "The case is closed", "You asked us to")
	page, err := droptest.NewVisitor(w.box.URL).Check(words)
	w.must(err)
	if !strings.Contains(page.Body, "You asked us to") || strings.Contains(page.Body, "BETWEENUS") {
		t.Errorf("the reporter reads %s", page.Body)
	}
}

// What somebody hostile sends stands there as text, and changes nothing.
func TestHostileReport(t *testing.T) {
	w := newWorld(t)
	const script = `<script>document.title="owned"</script><img src=x onerror=alert(1)>"'><h1>big`
	long := strings.Repeat("x", 50_000)
	v := droptest.NewVisitor(w.box.URL)
	start, err := v.Get("/")
	w.must(err)
	blank, err := v.Press(start, "/report")
	w.must(err)
	f, err := blank.Form("/report/send")
	w.must(err)
	_, err = v.Send(f.With("account", script+"\x1b[31m red \u202eback\u2069\u200b {{.Form}} "+long, "prompt.where", script, "prompt.who", "\u202e\u2066"),
		droptest.File{Name: "<b>bold</b>\u202egnp.exe", Content: "MZ"}, droptest.File{Name: "=cmd|' /C calc'!A0.html", Content: "<script>alert(1)</script>"})
	w.must(err)
	h := w.start(w.desk())
	h.go_("/case/1")
	h.shows("case", "", script, "[U+202E]back[U+2069][U+200B]", "{{.Form}}", long)
	for _, no := range []string{"<script", "<img", "<h1>big", "<b>", "\x1b", "\u202e", "\u2066", "\u200b"} {
		if strings.Contains(h.page.Body, no) {
			t.Errorf("the page has %q", no)
		}
	}
	if n := h.page.Find(func(n *html.Node) bool { return n.Data == "title" }); droptest.Text(n) != "Desk" {
		t.Errorf("the title is %q", droptest.Text(n))
	}
	for n := range h.page.Root.Descendants() {
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.Contains(a.Val, "owned") {
				t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
			}
		}
	}
	h.press("/case/1/save", "file", "2")
	h.shows("case", "", "is saved")
	h.press("/case/1/preview", "file", "2")
	h.shows("case", "no-preview")
	h.go_("/search")
	h.press("/search", "words", "owned")
	h.shows("search", "", "1 case found", `document.title="owned"`)
	h.press("/search", "words", `"><script>`)
	if h.shows("search", "", "found"); strings.Contains(h.page.Body, "<script") {
		t.Error("the search has a script")
	}
}

// Without the server she sees what is here, and that it may not be all; what she writes waits.
func TestServerAway(t *testing.T) {
	w := newWorld(t)
	w.report("It has happened again")
	h := w.start(w.desk())
	h.go_("/case/1")
	h.shows("case", "", "It has happened again")
	w.must(w.box.Stop())
	h.press("/case/1/reply", "reply", "I am here", "do", "send")
	h.shows("case", "unreachable", "This is your draft", "Nothing is lost")
	h.go_("/")
	h.press("/fetch")
	h.shows("inbox", "", "The server cannot be reached", "It may not be all", "Draft")
	h.go_("/case/1/forget")
	h.press("/case/1/forget", "confirm", "yes")
	h.shows("forget", "unreachable")
	w.must(w.box.Restart())
	h.go_("/")
	h.press("/fetch")
	if h.shows("inbox", "", "There is nothing new"); h.page.ByID("stale") != nil {
		t.Error("the inbox still says that it may not be all")
	}
	h.go_("/case/1")
	h.press("/case/1/reply", "do", "send")
	h.shows("case", "", "Your reply is stored", "I am here")
}

// A case is deleted after a question, and so is mail that does not open; forms that are pressed twice act once.
func TestForgetAndTwice(t *testing.T) {
	w := newWorld(t)
	w.report("It has happened again")
	h := w.start(w.desk())
	h.go_("/case/1")
	twice := h.request("/case/1/note", []string{"note", "Once is enough"})
	again := h.request("/case/1/note", []string{"note", "Once is enough"})
	h.do(twice)
	h.do(again)
	h.shows("case", "", "Note 1")
	if strings.Contains(h.text(), "Note 2") {
		t.Error("a form that was pressed twice acted twice")
	}
	h.press("/case/1/note", "note", "  ")
	h.shows("case", "empty-text")
	h.press("/case/1/unnote", "number", "7")
	h.shows("case", "unknown-note")
	h.press("/case/1/unnote")
	h.shows("case", "", "The note is deleted")
	h.press("/case/1/reply", "reply", "A draft", "do", "draft")
	h.shows("case", "", "Your draft is kept")
	h.press("/case/1/reply", "do", "discard")
	h.shows("case", "", "Your draft is deleted")
	h.press("/case/1/reply", "reply", "", "do", "send")
	h.shows("case", "empty-text")

	h.go_("/case/1/forget")
	h.press("/case/1/forget")
	h.shows("forget", "confirm")
	h.press("/case/1/forget", "confirm", "yes")
	h.shows("inbox", "", "is deleted, here and in your mailbox", "There are no cases here")
	if h.go_("/case/1"); h.page.Status != 404 {
		t.Errorf("the case is %d", h.page.Status)
	}
	for _, path := range []string{"/case/0", "/case/2", "/case/x", "/show/strange", "/nothing", "/case/1/picture", "/picture.png"} {
		if p := h.go_(path); p.Status != 404 || p.Name() != "problem" {
			t.Errorf("%s: %d %s", path, p.Status, p.Name())
		}
	}
}

// Two drafts of one case: the form that is older adds to the newer one, and nothing is lost.
func TestTwoWindowsOnADraft(t *testing.T) {
	w := newWorld(t)
	w.report("It has happened again")
	h := w.start(w.desk())
	h.go_("/case/1")
	older := h.request("/case/1/reply", []string{"reply", "From the older window", "do", "draft"})
	h.press("/case/1/reply", "reply", "From the newer window", "do", "draft")
	h.do(older)
	if f, err := h.page.Form("/case/1/reply"); err != nil || f.Get("reply") != "From the newer window\n\nFrom the older window" {
		t.Errorf("the draft is %q, %v on %s", f.Get("reply"), err, h.text())
	}
}

func TestStatsPage(t *testing.T) {
	w := newWorld(t)
	w.report("It has happened again")
	h := w.start(w.desk())
	h.go_("/stats")
	h.shows("stats", "", "Cases by quarter", "fewer than 5", "Please publish nothing of it yet")
	csv := h.go_("/stats.csv?from=2020-Q1&to=2020-Q3")
	if !strings.HasPrefix(csv.Body, "table,cell,cases,from,to,preliminary\r\n") || !strings.Contains(csv.Header.Get("Content-Disposition"), "statistics.csv") {
		t.Errorf("the file is %v %q", csv.Header, csv.Body)
	}
	h.go_("/stats?from=yesterday")
	h.shows("stats", "quarters", "Cases by quarter")
	h.go_("/stats.csv?from=yesterday")
	h.shows("problem", "quarters")
}

// A back-up comes out of one desk and makes another.
func TestBackupAndRestore(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	w := worldAlone(t)
	w.report("It has happened again")
	h := w.start(w.desk())
	h.go_("/backup")
	h.press("/backup", "do", "download")
	h.shows("backup", "no-passphrase")
	h.press("/backup", "do", "download", "passphrase", "wrong")
	h.shows("backup", "passphrase")
	h.press("/backup", "do", "path", "path", "relative", "passphrase", passphrase)
	h.shows("backup", "no-path")
	h.press("/backup", "do", "path", "path", filepath.Join(w.home, "inside"), "passphrase", passphrase)
	h.shows("backup", "inside")
	file := filepath.Join(t.TempDir(), "backup")
	h.press("/backup", "do", "path", "path", file, "passphrase", passphrase)
	h.shows("backup", "", "The back-up is whole")
	sealed := h.press("/backup", "do", "download", "passphrase", passphrase)
	if !strings.HasPrefix(sealed.Body, "age-encryption.org/v1\n") || !strings.Contains(sealed.Header.Get("Content-Disposition"), ".age") {
		t.Fatalf("the download is %v", sealed.Header)
	}

	w.home = filepath.Join(t.TempDir(), "new")
	n := w.start(nil)
	n.shows("first", "")
	n.press("/first/restore", "passphrase", passphrase)
	n.shows("first", "no-file")
	n.do(n.request("/first/restore", []string{"passphrase", "wrong"}, droptest.File{Name: "desk.age", Content: sealed.Body}))
	n.shows("first", "passphrase")
	n.do(n.request("/first/restore", []string{"passphrase", passphrase}, droptest.File{Name: "desk.age", Content: sealed.Body[:len(sealed.Body)-100]}))
	n.shows("first", "not-a-backup")
	if _, err := os.Stat(w.home); err == nil {
		t.Error("a broken back-up made a folder")
	}
	n.do(n.request("/first/restore", []string{"passphrase", passphrase}, droptest.File{Name: "desk.age", Content: sealed.Body}))
	n.shows("inbox", "", "Your desk is here again", "Waiting for an answer")
	if strings.Contains(n.text(), "advocate forget") {
		t.Error("a notice names a command")
	}
	if left, err := filepath.Glob(filepath.Join(temp, "desk-*")); err != nil || len(left) > 0 {
		t.Errorf("left among temporary files: %v, %v", left, err)
	}
}

// Of many cases a page shows some, the oldest first, and leads to the rest.
func TestManyCases(t *testing.T) {
	w := newWorld(t)
	for _, account := range []string{"The first", "The second", "The third"} {
		w.report(account)
	}
	h := w.start(w.desk())
	h.window.perPage = 2
	h.go_("/")
	h.shows("inbox", "", "Cases 1 to 2 of 3")
	h.go_("/show/all/2")
	h.shows("inbox", "", "Cases 3 to 3 of 3", "The ones before")
	h.go_("/show/new/2")
	h.shows("inbox", "", "Cases 3 to 3 of 3")
	for _, path := range []string{"/show/all/3", "/show/all/0", "/show/all/x", "/show/overdue/2"} {
		if p := h.go_(path); p.Status != 404 {
			t.Errorf("%s is %d", path, p.Status)
		}
	}
	h.go_("/show/overdue")
	h.shows("inbox", "", "There are no cases here")
}
