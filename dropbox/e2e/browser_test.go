package e2e

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// browser starts Chromium. Without one the test is skipped, but never in CI.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("CI has no Chromium")
		}
		t.Skip("no Chromium here; install Debian's package chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func get[T any](t *testing.T, ctx context.Context, a chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// press clicks a button and waits for what is on the next page.
func press(t *testing.T, ctx context.Context, button, next chromedp.CSS) {
	t.Helper()
	do(t, ctx, chromedp.Click(button), chromedp.WaitVisible(next))
}

const (
	startReport chromedp.CSS = `form[action="/report"] button`
	startCheck  chromedp.CSS = `form[action="/check"] button`
	sendReport  chromedp.CSS = `form[action="/report/send"] button`
	account     chromedp.CSS = "#account"
	codeField   chromedp.CSS = "input[name=code]"
)

// After she leaves, Back shows nothing that was typed or read, and neither does Back and then Reload: in a real browser, with
// script and without.
func TestBackAndReloadAfterLeaving(t *testing.T) {
	for name, off := range map[string]bool{"with script": false, "without": true} {
		t.Run(name, func(t *testing.T) { backAndReload(t, off) })
	}
}

func backAndReload(t *testing.T, scriptOff bool) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<title>Weather</title><p id=weather>Rain later")
	}))
	defer elsewhere.Close()
	s := newSite(t)
	s.stop(syscall.SIGTERM)
	s.start("127.0.0.1:0", "-exit", elsewhere.URL+"/weather")
	_, words, err := s.Report("canary-told before", "copy", "yes")
	if err != nil {
		t.Fatal(err)
	}
	ctx := browser(t)
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: scriptOff}); err != nil {
		t.Fatal(err)
	}
	secrets := []string{"canary-typed", "canary-told", words}
	nothing := func(when string) {
		t.Helper()
		text := get(t, ctx, chromedp.OuterHTML(chromedp.CSS("html"))) + get(t, ctx, chromedp.Evaluate[string](`[...document.querySelectorAll("textarea,input")].map(e => e.value).join("|")`))
		for _, c := range secrets {
			if strings.Contains(text, c) {
				t.Errorf("%s: the page shows %q", when, c)
			}
		}
	}
	leave := func(what string) {
		t.Helper()
		do(t, ctx, chromedp.Click(chromedp.CSS("#exit")), chromedp.WaitVisible(chromedp.CSS("#weather")))
		for i := range 4 { // every page of this sitting, back to the first
			if at := get(t, ctx, chromedp.NavigationEntries()); at.CurrentIndex == 0 {
				if i == 0 {
					t.Fatal("there is no way back")
				}
				break
			}
			// Chromium asks before it sends a form again, and shows a page of its own that says so.
			if err := chromedp.Do(ctx, chromedp.NavigateBack()); err != nil && !strings.Contains(err.Error(), "ERR_CACHE_MISS") {
				t.Fatal(err)
			}
			nothing(what + ", back")
			do(t, ctx, chromedp.Reload())
			nothing(what + ", back and reload")
		}
	}

	do(t, ctx, chromedp.Navigate(s.url))
	press(t, ctx, startReport, account)
	do(t, ctx, chromedp.SendKeys(account, "canary-typed and not sent"))
	leave("a form not sent")

	do(t, ctx, chromedp.Navigate(s.url))
	press(t, ctx, startReport, account)
	do(t, ctx, chromedp.SendKeys(chromedp.CSS(`[name="prompt.when"]`), "canary-typed and refused"))
	press(t, ctx, sendReport, "#error")
	leave("a form that came back")

	do(t, ctx, chromedp.Navigate(s.url))
	press(t, ctx, startCheck, codeField)
	do(t, ctx, chromedp.SendKeys(codeField, words))
	press(t, ctx, startCheck, "#conversation")
	if !strings.Contains(get(t, ctx, chromedp.OuterHTML(chromedp.CSS("html"))), "canary-told") {
		t.Fatal("the conversation is not shown")
	}
	do(t, ctx, chromedp.SendKeys(chromedp.CSS("#text"), "canary-typed, a message"))
	leave("a conversation")

	do(t, ctx, chromedp.Navigate(s.url))
	press(t, ctx, startReport, account)
	do(t, ctx, chromedp.SendKeys(account, "canary-typed and sent"))
	press(t, ctx, sendReport, "output#code")
	secrets = append(secrets, strings.TrimSpace(get(t, ctx, chromedp.Text(chromedp.CSS("output#code")))))
	leave("the words")

	// Without leaving: a conversation that was shown is not shown again by a reload.
	do(t, ctx, chromedp.Navigate(s.url))
	press(t, ctx, startCheck, codeField)
	do(t, ctx, chromedp.SendKeys(codeField, words))
	press(t, ctx, startCheck, "#conversation")
	do(t, ctx, chromedp.Reload(), chromedp.WaitVisible(chromedp.CSS("#error")))
	nothing("a conversation, reload")
}

// No page loads anything from another host, sets a cookie but the one on leaving, or keeps anything in the browser; and the words
// stand in no address and no title.
func TestBrowserKeepsNothing(t *testing.T) {
	s := newSite(t)
	ctx := browser(t)
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	requests := chromedp.Events(ctx, network.RequestWillBeSent)
	do(t, ctx, chromedp.Navigate(s.url))
	press(t, ctx, startReport, account)
	do(t, ctx, chromedp.SendKeys(account, "x"))
	press(t, ctx, sendReport, "output#code")
	words := strings.TrimSpace(get(t, ctx, chromedp.Text(chromedp.CSS("output#code"))))
	kept := get(t, ctx, chromedp.Evaluate[int](`localStorage.length + sessionStorage.length + document.cookie.length`))
	where := get(t, ctx, chromedp.Location()) + " " + get(t, ctx, chromedp.Title())
	press(t, ctx, startCheck, "#error")
	cookies, err := chromedp.Call(ctx, network.GetCookies, network.GetCookiesParams{})
	if scripts := get(t, ctx, chromedp.Evaluate[string](`[...document.scripts].map(s => s.src).join()`)); scripts != s.url+"/app.js" {
		t.Errorf("the scripts are %q", scripts)
	}
	if err != nil || kept != 0 || len(cookies.Cookies) != 0 {
		t.Errorf("kept %d, cookies %d, %v", kept, len(cookies.Cookies), err)
	}
	for _, w := range strings.Fields(words) {
		if strings.Contains(where, w) && len(w) > 4 {
			t.Errorf("%q stands in %q", w, where)
		}
	}
	seen := 0
	for e, err := range requests {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(e.Request.URL, s.url) {
			t.Errorf("a request to %s", e.Request.URL)
		}
		if seen++; strings.HasSuffix(e.Request.URL, "/check") {
			break
		}
	}
	if seen < 4 {
		t.Errorf("%d requests seen", seen)
	}
}

// TestScreenshots goes through every page at 320 and 1280 px: none scrolls sideways. It writes pictures of them for people
// to look at, if TELLBOX_SCREENSHOTS names a folder.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("TELLBOX_SCREENSHOTS")
	if dir == "" {
		dir = t.TempDir()
	}
	s := newSite(t)
	_, words, err := s.Report("It began in spring.\n\nThen it went on.", "copy", "yes", "prompt.when", "since the spring")
	if err != nil {
		t.Fatal(err)
	}
	in := decode[inbox](t, s.advocate("alice", "inbox", "-json"))
	s.write("reply.txt", "Thank you for telling us. I am here.")
	s.advocate("alice", "reply", in.Cases[0].ID, "-text-file", s.path("reply.txt"))
	ctx := browser(t)
	shot := func(name string, width int64) {
		t.Helper()
		do(t, ctx, chromedp.EmulateViewport(width, 800))
		if over := get(t, ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`)); over > 0 {
			t.Errorf("%s is %d px too wide", name, over)
		}
		png := get(t, ctx, chromedp.FullScreenshot(100))
		if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, width := range []int64{320, 1280} {
		at := func(name string) { shot(name+map[int64]string{320: "-320", 1280: "-1280"}[width], width) }
		for path, name := range map[string]string{"/": "start", "/readers": "readers", "/questions": "questions"} {
			do(t, ctx, chromedp.Navigate(s.url+path))
			at(name)
		}
		do(t, ctx, chromedp.Navigate(s.url))
		press(t, ctx, startReport, account)
		at("form")
		press(t, ctx, sendReport, "#error")
		at("form-empty")
		do(t, ctx, chromedp.SendKeys(account, "x"))
		press(t, ctx, sendReport, "output#code")
		at("code")
		do(t, ctx, chromedp.Navigate(s.url))
		press(t, ctx, startCheck, codeField)
		at("check")
		do(t, ctx, chromedp.SendKeys(codeField, words))
		press(t, ctx, startCheck, "#conversation")
		at("conversation")
	}
}
