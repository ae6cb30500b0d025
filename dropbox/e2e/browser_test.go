package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// engine is a Chromium or Firefox that browser/drive.mjs drives, with scripts on or off. It serves one tab at a time, all
// tests share it, and it ends with the tests.
type engine struct {
	tab sync.Mutex // held by the test that has the tab
	in  io.WriteCloser
	out *bufio.Reader
	cmd *exec.Cmd
}

// A way is a browser, and whether pages may run scripts in it.
type way struct {
	browser string
	scripts string // on or off
}

func (w way) String() string { return w.browser + ", scripts " + w.scripts }

// ways are those in which the journey has to work. Firefox ESR is what Tor Browser is made of.
var ways = []way{{"chromium", "off"}, {"chromium", "on"}, {"firefox", "off"}, {"firefox", "on"}}

var engines = map[way]func() (*engine, error){}

func init() {
	for _, w := range ways {
		engines[w] = sync.OnceValues(func() (*engine, error) { return startEngine(w) })
	}
}

var errMissing = errors.New("not here")

func startEngine(w way) (*engine, error) {
	node, err := exec.LookPath("node")
	path, err2 := exec.LookPath(map[string]string{"chromium": "chromium", "firefox": "firefox-esr"}[w.browser])
	_, err3 := os.Stat("browser/node_modules/axe-core")
	if err := errors.Join(err, err2, err3); err != nil {
		return nil, errors.Join(errMissing, err)
	}
	b := &engine{cmd: exec.Command(node, "browser/drive.mjs", w.browser, path, w.scripts)}
	b.cmd.Stderr = os.Stderr
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	b.out = bufio.NewReader(out)
	if b.in, err = b.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := b.cmd.Start(); err != nil {
		return nil, err
	}
	closing = append(closing, func() {
		b.in.Close()
		io.Copy(io.Discard, b.out)
		b.cmd.Wait()
	})
	return b, nil
}

// tab is a browser's tab with a history, cookies and a cache of its own.
type tab struct {
	t *testing.T
	b *engine
	w way
}

// open gives the test a fresh tab, until it ends. Without a browser it is skipped, but never in CI.
func open(t *testing.T, w way) *tab {
	t.Helper()
	b, err := engines[w]()
	if errors.Is(err, errMissing) && os.Getenv("CI") != "true" {
		t.Skipf("%v: install Debian's packages chromium, firefox-esr and nodejs, and run npm ci --prefix dropbox/e2e/browser", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.tab.Lock()
	t.Cleanup(b.tab.Unlock)
	tab := &tab{t, b, w}
	tab.do("open", nil)
	return tab
}

// everyWay runs a test in each browser, with scripts off and on; all at the same time, and each with a tab of its own.
func everyWay(t *testing.T, test func(*testing.T, *tab)) {
	t.Parallel()
	for _, w := range ways {
		t.Run(w.String(), func(t *testing.T) {
			t.Parallel()
			test(t, open(t, w))
		})
	}
}

// desk is held by the test that uses an advocate's folder.
var desk sync.Mutex

type args map[string]any

// try gives a command to the driver; its answer is JSON.
func (b *tab) try(command string, a args) (json.RawMessage, error) {
	b.t.Helper()
	line := args{"do": command}
	for k, v := range a {
		line[k] = v
	}
	text, err := json.Marshal(line)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.b.in.Write(append(text, '\n')); err != nil {
		b.t.Fatalf("%s: the browser is gone: %v", command, err)
	}
	said, err := b.b.out.ReadBytes('\n')
	if err != nil {
		b.t.Fatalf("%s: the browser is gone: %v", command, err)
	}
	var answer struct {
		Value json.RawMessage
		Error string
	}
	if err := json.Unmarshal(said, &answer); err != nil {
		b.t.Fatalf("%s: %v in %s", command, err, said)
	}
	if answer.Error != "" {
		return nil, errors.New(answer.Error)
	}
	return answer.Value, nil
}

func (b *tab) do(command string, a args) json.RawMessage {
	b.t.Helper()
	value, err := b.try(command, a)
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

// value is what an expression says in the page. It works without scripts too: they are off for the page, not for its tests.
func value[T any](b *tab, code string) T {
	b.t.Helper()
	return decode[T](b.t, string(b.do("run", args{"code": code})))
}

func (b *tab) visit(url string) {
	b.t.Helper()
	b.do("go", args{"url": url})
}

// use goes into a field, ticks a box or presses a button; follow also waits for the page that it leads to.
func (b *tab) use(selector string) {
	b.t.Helper()
	b.do("use", args{"at": selector})
}

func (b *tab) follow(selector, next string) {
	b.t.Helper()
	b.do("use", args{"at": selector, "leads": true})
	b.at(next)
}

// at wants the page to be that one: its data-page, and after a slash the token of its problem.
func (b *tab) at(page string) {
	b.t.Helper()
	const name = `(document.querySelector("#main")?.dataset.page ?? location.href) + ["", "/"].at(!!document.querySelector("#error")) + (document.querySelector("#error")?.dataset.error ?? "")`
	if got := value[string](b, name); got != page {
		b.t.Fatalf("she is at %s, want %s", got, page)
	}
}

// write goes into a field and types.
func (b *tab) write(selector, text string) {
	b.t.Helper()
	b.use(selector)
	b.do("type", args{"text": text})
}

// shown is everything in the page: its text, its markup, and what stands in its fields.
func (b *tab) shown() string {
	b.t.Helper()
	return value[string](b, `[document.documentElement.outerHTML, document.body?.innerText, ...[...document.querySelectorAll("textarea,input,select")].map(e => e.value)].join("\n")`)
}

// words are those on the words page.
func (b *tab) words() string {
	b.t.Helper()
	return strings.TrimSpace(value[string](b, `document.querySelector("output#code").textContent`))
}

// What the pages have to press.
const (
	startReport = `form[action="/report"] button`
	startCheck  = `form[action="/check"] button`
	sendReport  = `form[action="/report/send"] button`
	sendMessage = `form[action="/message"] button`
	account     = "#account"
	codeField   = "input[name=code]"
)

// toForm goes from the first page to the blank form, toConversation to what the words open.
func (b *tab) toForm(url string) {
	b.t.Helper()
	b.visit(url)
	b.follow(startReport, "form")
}

func (b *tab) toConversation(url, words string) {
	b.t.Helper()
	b.visit(url)
	b.follow(startCheck, "check")
	b.write(codeField, words)
	b.follow(startCheck, "conversation")
}

// weather is another site, to which leaving leads.
func weather(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<!DOCTYPE html><html lang=en><title>Weather</title><p id=weather>Rain later")
	}))
	t.Cleanup(s.Close)
	return s.URL + "/weather"
}
