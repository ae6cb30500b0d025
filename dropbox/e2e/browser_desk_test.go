package e2e

import (
	"bufio"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tellbox/dropbox/droptest"
)

// deskWindow is `advocate desk` as a process of its own, and the tab that looks at it.
type deskWindow struct {
	*tab
	s      *site
	cmd    *exec.Cmd
	origin string
	axed   bool            // every page is looked at by axe-core
	seen   map[string]bool // pages: once in all four ways, then as narrow and light, and as wide and dark
	shots  int             // pictures for people to look at, if TELLBOX_SCREENSHOTS names a folder for them
}

// deskWindow starts the desk in somebody's folder, and opens the address it prints.
func (s *site) deskWindow(b *tab, home string, args ...string) *deskWindow {
	s.t.Helper()
	d := &deskWindow{tab: b, s: s, seen: map[string]bool{}, cmd: s.command("advocate", append([]string{"desk", "-home", s.path(home), "-no-browser", "-json"}, args...)...)}
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		d.cmd.Process.Kill()
		d.cmd.Wait()
	})
	line, _ := bufio.NewReader(out).ReadString('\n')
	address := decode[struct{ URL string }](b.t, line).URL
	d.origin = address[:strings.Index(address, "/open/")]
	b.visit(address)
	return d
}

// see looks at the page as it is: nothing sideways, the way to lock in sight, and for axe-core nothing wrong, narrow and wide, light and dark.
func (d *deskWindow) see(page string) {
	d.t.Helper()
	d.at(page)
	const wrong = `(() => {
		const e = document.documentElement, found = [];
		if (e.scrollWidth > e.clientWidth) found.push(e.scrollWidth - e.clientWidth + " px too wide");
		if (document.title !== "Desk") found.push("the title is " + document.title);
		scrollTo(0, e.scrollHeight);
		const lock = document.querySelector("#lock")?.getBoundingClientRect();
		if (lock && (lock.top < 0 || lock.bottom > innerHeight || lock.right > innerWidth)) found.push("the way to lock is not in sight");
		return found;
	})()`
	light, dark := args{"prefers-color-scheme": "light"}, args{"prefers-color-scheme": "dark"}
	for _, l := range []look{narrow.in(light), narrow.in(dark), wide.in(light), wide.in(dark)} {
		isDark, isWide := l.media["prefers-color-scheme"] == "dark", l.width == wide.width
		if !d.axed && isDark || d.axed && d.seen[page] && isDark != isWide {
			continue
		}
		d.look(l)
		if dir := os.Getenv("TELLBOX_SCREENSHOTS"); dir != "" && d.axed {
			d.shots++
			d.do("run", args{"code": "scrollTo(0, 0)"})
			d.do("shot", args{"path": filepath.Join(dir, fmt.Sprintf("desk-%03d-%s-%d-%s.png", d.shots, strings.ReplaceAll(page, "/", "-"), l.width, l.media["prefers-color-scheme"]))})
		}
		for _, w := range value[[]string](d.tab, wrong) {
			d.t.Errorf("%s, %s: %s", page, l.name, w)
		}
		if d.axed {
			d.axe(l, page)
		}
	}
	d.seen[page] = true
}

func (d *deskWindow) open(path, page string) {
	d.t.Helper()
	d.visit(d.origin + path)
	d.see(page)
}

// press presses a button of a form, and sees the page that comes.
func (d *deskWindow) press(selector, page string) {
	d.t.Helper()
	d.do("use", args{"at": selector, "leads": true})
	d.see(page)
}

func (d *deskWindow) says(texts ...string) {
	d.t.Helper()
	shown := d.shown()
	for _, want := range texts {
		if !strings.Contains(shown, want) {
			d.t.Errorf("the page does not say %q", want)
		}
	}
}

const deskPassphrase = "a passphrase of six words or more"

// An advocate who types no command: from an empty folder to a closed case, in each browser, scripts on for axe-core in one of them.
func TestBrowserDesk(t *testing.T) {
	t.Parallel()
	for _, w := range []way{{"chromium", "on"}, {"firefox", "off"}} {
		t.Run(w.String(), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			d := s.deskWindow(open(t, w), "dana")
			d.axed = w.scripts == "on"
			d.firstRun()
			words := d.carry()
			d.change()
			d.hostile()
			d.lockAndClose(words)
		})
	}
}

// firstRun makes a key, is added by keyholders with her one file, and joins.
func (d *deskWindow) firstRun() {
	d.t.Helper()
	d.see("first")
	d.write("#new-passphrase", "one two")
	d.write("#new-again", "one two")
	d.write("#lines", "1. QQQQ")
	d.press(`form[action="/first/recover"] button`, "first/slip")
	d.press(`form[action="/first/key"] button`, "first/no-passphrase")
	d.write("#id", "dana")
	d.write("#name", "Dana Ito")
	d.write("#org", "Survivors' Centre")
	d.write("#passphrase", deskPassphrase)
	d.write("#again", "another one")
	d.press(`form[action="/first/key"] button`, "first/twice")
	d.write("#passphrase", deskPassphrase)
	d.write("#again", deskPassphrase)
	d.press(`form[action="/first/key"] button`, "key")
	card := decode[string](d.t, string(d.do("download", args{"at": `a[href="/card.txt"]`})))
	d.press(`a[href="/join"]`, "join")
	d.write("#server", "http://box.example")
	d.do("attach", args{"at": "#keyholders", "paths": []string{d.s.path("K")}})
	d.press(`form[action="/join"] button`, "compare")
	d.press(`form[action="/join/confirm"] button`, "join/http-address")
	d.do("run", args{"code": `document.querySelector("#server").value = ""`})
	d.write("#server", d.s.url)
	d.press(`form[action="/join"] button`, "compare")
	d.press(`form[action="/join/confirm"] button`, "join/not-in-roster")

	d.s.run("keyholder", "add", "-roster", d.s.path("R"), "-card", card, "-role", "advocate")
	for _, k := range []string{"k/k1", "k/k2"} {
		d.s.run("keyholder", "sign", "-roster", d.s.path("R"), "-key", d.s.path(k), "-passphrase-file", d.s.path("pass"))
	}
	d.s.run("tellbox", "roster", "-data", d.s.path("D"), "-roster", d.s.path("R"))
	d.press(`form[action="/join"] button`, "compare")
	d.press(`form[action="/join/confirm"] button`, "people")
	d.says("Dana Ito", "Alice Okafor")
	d.press(`main a[href="/"]`, "inbox")
	for path, page := range map[string]string{"/key": "key", "/join": "join", "/people": "people", "/search": "search", "/stats": "stats", "/stats?from=x": "stats/quarters", "/backup": "backup",
		"/rotate": "rotate", "/leave": "leave", "/show/overdue": "inbox", "/junk": "junk", "/nothing": "problem/no-page"} {
		d.open(path, page)
	}
}

// change shows her sheet, and makes and drops new keys.
func (d *deskWindow) change() {
	d.t.Helper()
	d.open("/key", "key")
	d.press(`form[action="/sheet"] button`, "key/no-passphrase")
	d.write("#passphrase", deskPassphrase)
	d.press(`form[action="/sheet"] button`, "sheet")
	d.open("/rotate", "rotate")
	d.press(`form[action="/rotate"] button`, "rotate")
	d.press(`form[action="/rotate"] button[value=cancel]`, "rotate")
	d.open("/leave", "leave")
	d.press(`form[action="/leave"] button`, "leave/nobody")
	d.use(`input[value=bob]`)
	d.press(`form[action="/leave"] button`, "leave")
}

// carry takes a case from the first reading to its end, and returns the reporter's words.
func (d *deskWindow) carry() (words string) {
	d.t.Helper()
	v := droptest.NewVisitor(d.s.url)
	_, words, err := v.Report("Roderick Vane did it. I told Roderick to stop.", "wish", "complaint", "prompt.where", "In the lift")
	if err != nil {
		d.t.Fatal(err)
	}
	d.open("/", "inbox")
	d.press(`form[action="/fetch"] button`, "inbox")
	d.says("Your mail is here: 1 new piece.", "wants to make a complaint")
	d.press(`.cases a`, "case")
	d.says("In the lift")
	d.write("#note", "Ring the law clinic")
	d.press(`form[action="/case/1/note"] button`, "case")
	d.says("Ring the law clinic", "Your note is kept")
	file := d.s.path("tmp", fmt.Sprintf("scan-%s.jpg", d.w.browser))
	if err := os.WriteFile(file, []byte(droptest.JPEG(droptest.Segment(0xfe, "HIDDEN"))), 0o600); err != nil {
		d.t.Fatal(err)
	}
	d.write("#reply", "Thank you for telling us about Roderick.")
	d.use("summary")
	d.do("attach", args{"at": "#files", "paths": []string{file}})
	d.press(`button[value="draft"]`, "case")
	d.says("Your draft is kept", "Hidden data is taken out: comments")
	d.press(`button[value="send"]`, "case/names")
	d.press(`button[value="send"]`, "case")
	d.says("Your reply is stored", filepath.Base(file))
	page, err := v.Check(words)
	if err != nil || !strings.Contains(page.Body, "Thank you for telling us about Roderick.") || !strings.Contains(page.Body, filepath.Base(file)) {
		d.t.Errorf("the reporter reads %v, %v", page.Entries(), err)
	}
	d.press(`form[action="/case/1/preview"] button`, "picture")
	if n := value[int](d.tab, `document.querySelector("img").naturalWidth`); n != 40 {
		d.t.Errorf("the preview is %d pixels wide", n)
	}
	d.press(`main a.button`, "case")
	d.press(`.step a[href="/case/1/work"]`, "work")
	d.press(`button[value="close"]`, "work/no-reason")
	d.use(`[name=status][value=reading]`)
	d.press(`button[value="status"]`, "case")
	d.says("The case is being read")
	d.open("/case/1/work", "work")
	d.use(`input[name=who][value=bob]`)
	d.use(`section[aria-labelledby="add-title"] input[value=carol]`)
	d.press(`button[value="add"]`, "case")
	d.says("carol reads it, too")
	d.open("/search", "search")
	d.press(`form[action="/search"] button`, "search/no-words")
	d.write("#words", "law clinic")
	d.press(`form[action="/search"] button`, "search")
	d.says("1 case found")
	return words
}

// hostile is a report that would like to be more than text.
func (d *deskWindow) hostile() {
	d.t.Helper()
	const script = `<script>document.title="owned";fetch("http://127.0.0.1:9/")</script><img src=http://127.0.0.1:9/ onerror="document.title='owned'"><style>*{display:none}</style>`
	v := droptest.NewVisitor(d.s.url)
	start, err := v.Get("/")
	if err != nil {
		d.t.Fatal(err)
	}
	blank, err := v.Press(start, "/report")
	if err != nil {
		d.t.Fatal(err)
	}
	form, err := blank.Form("/report/send")
	if err != nil {
		d.t.Fatal(err)
	}
	sent, err := v.Send(form.With("account", script+" \u202eback \u001b[31m "+strings.Repeat("x", 20_000), "prompt.who", script),
		droptest.File{Name: "<script>alert(1)<script>\u202egpj.exe", Content: "MZ"}, droptest.File{Name: strings.Repeat("long", 60) + ".txt", Content: "words"})
	if err != nil || sent.Words() == "" {
		d.t.Fatalf("sending: %v %v", sent, err)
	}
	d.open("/", "inbox")
	d.press(`form[action="/fetch"] button`, "inbox")
	d.press(`.cases li:last-child a`, "case")
	d.says("[U+202E]back")
	if n := value[int](d.tab, `document.querySelectorAll("main script, main style, main img").length`); n != 0 {
		d.t.Errorf("the page has %d elements of the report's", n)
	}
	if text := value[string](d.tab, `document.querySelector("#conversation .text").textContent`); !strings.HasPrefix(text, script) {
		d.t.Errorf("the report begins %.100q", text)
	}
	for _, asked := range decode[[]string](d.t, string(d.do("asked", nil))) {
		if !strings.HasPrefix(asked, d.origin+"/") && strings.HasPrefix(asked, "http") {
			d.t.Errorf("the browser asked for %s", asked)
		}
	}
	d.press(`form[action="/case/2/preview"] button`, "case/no-preview")
	d.open("/case/2/forget", "forget")
	d.press(`form[action="/case/2/forget"] button`, "forget/confirm")
	d.use("[name=confirm]")
	d.press(`form[action="/case/2/forget"] button`, "inbox")
}

// lockAndClose types while the desk locks, finds the text again, and ends the program.
func (d *deskWindow) lockAndClose(words string) {
	d.t.Helper()
	d.open("/case/1", "case")
	d.write("#note", "Typed before it locked")
	d.elsewhere("/lock")
	d.press(`form[action="/case/1/note"] button`, "locked")
	d.press(`form[action="/unlock"] button`, "locked/no-passphrase")
	d.write("#passphrase", deskPassphrase)
	d.press(`form[action="/unlock"] button`, "case/kept")
	d.says("Typed before it locked")
	d.press(`form[action="/case/1/note"] button`, "case")
	d.says("Note 2")

	d.press("#lock", "locked")
	d.do("back", nil)
	d.at("locked")
	if strings.Contains(d.shown(), "Roderick") {
		d.t.Error("Back shows the case after the desk was locked")
	}
	d.write("#passphrase", deskPassphrase)
	d.press(`form[action="/unlock"] button`, "case")

	d.s.stop(syscall.SIGTERM)
	d.press(`nav a[href="/"]`, "inbox")
	d.press(`form[action="/fetch"] button`, "inbox")
	d.says("It may not be all")
	address := value[string](d.tab, `location.href`)
	d.press(`footer button`, "closed")
	if err := d.cmd.Wait(); err != nil {
		d.t.Errorf("the program ended in %v", err)
	}
	if _, err := http.Get(address); err == nil {
		d.t.Error("something still answers")
	}
	for _, c := range decode[[]struct {
		Name, Value string
		HTTPOnly    bool `json:"httpOnly"`
		Session     bool
	}](d.t, string(d.do("cookies", nil))) {
		if !c.HTTPOnly || !strings.HasPrefix(c.Name, "desk-") || c.Name == "desk-" {
			d.t.Errorf("a cookie: %+v", c)
		}
	}
}

// elsewhere sends a form of her session from another window.
func (d *deskWindow) elsewhere(path string) {
	d.t.Helper()
	token := value[string](d.tab, `document.querySelector("input[name=form]").value`)
	r, err := http.NewRequest("POST", d.origin+path, strings.NewReader(url.Values{"form": {token}}.Encode()))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", d.origin)
	for _, c := range decode[[]struct{ Name, Value string }](d.t, string(d.do("cookies", nil))) {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		d.t.Fatalf("%s: %v %v", path, answer, err)
	}
	answer.Body.Close()
}
