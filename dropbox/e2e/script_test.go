package e2e

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	permissions "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser starts a Chromium of its own, through CDP, for keys that are held, clocks and a list that does not come. Without one the
// test is skipped, but never in CI.
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

// watch collects what the console says and which addresses are asked for. The function it returns holds both: the policy refused
// nothing, nothing threw, and nobody but the hosts named was asked.
func watch(t *testing.T, ctx context.Context, s *site) (hold func(hosts ...string)) {
	t.Helper()
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	const planted = "http://planted.invalid/"
	var mu sync.Mutex // protects said and asked
	var said, asked []string
	done := make(chan bool, 1)
	err := chromedp.Listen(ctx, func(e any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := e.(type) {
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, "data:") { // pictures of Chromium's own page, where it asks before it sends a form again
				asked = append(asked, e.Request.URL)
			}
		case *runtime.EventExceptionThrown:
			said = append(said, "exception "+e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			if strings.Contains(e.Entry.Text, planted) {
				done <- true
			} else if !strings.Contains(e.Entry.Text, "status of 422") { // what the server refused, on purpose
				said = append(said, e.Entry.Text)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(hosts ...string) {
		t.Helper()
		// A request that the policy refuses: so it is known that such things are seen, and that all before have been.
		do(t, ctx, chromedp.Navigate(s.url), chromedp.Evaluate[chromedp.Void](`void (new Image().src = "`+planted+`")`))
		<-done
		mu.Lock()
		defer mu.Unlock()
		for _, m := range said {
			t.Errorf("the console says %s", m)
		}
		for _, url := range asked {
			if !slices.ContainsFunc(hosts, func(h string) bool { return strings.HasPrefix(url, h+"/") }) && url != planted {
				t.Errorf("a request to %s", url)
			}
		}
		if len(asked) < 4 {
			t.Errorf("%d requests seen", len(asked))
		}
	}
}

func key(t *testing.T, ctx context.Context, kind input.DispatchKeyEventType, name, text string, modifiers int64, repeat bool) {
	t.Helper()
	p := input.DispatchKeyEventParams{Type: kind, Key: name, Text: text, Modifiers: modifiers, AutoRepeat: &repeat}
	if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, p); err != nil {
		t.Fatal(err)
	}
}

// shift presses Shift, types text while it is down, and lets go.
func shift(t *testing.T, ctx context.Context, text ...string) {
	t.Helper()
	key(t, ctx, "keyDown", "Shift", "", 8, false)
	for _, c := range text {
		key(t, ctx, "keyDown", c, c, 8, false)
		key(t, ctx, "keyUp", c, "", 8, false)
	}
	key(t, ctx, "keyUp", "Shift", "", 0, false)
}

func typed(t *testing.T, ctx context.Context, field chromedp.CSS) string {
	t.Helper()
	return get(t, ctx, chromedp.JavascriptAttribute[string](field, "value"))
}

// Three times Shift leaves at once: the page is blank even if the way out leads nowhere; what stood there is replaced in the history,
// and Back shows nothing of it. Capitals, a key that is held, keyboards that are switched and clicks do not leave.
func TestScriptShiftLeaves(t *testing.T) {
	var silent atomic.Bool // the way out leads to no page
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if silent.Load() {
			w.WriteHeader(http.StatusNoContent) // a browser then stays where it was
			return
		}
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
	everything := func() string {
		return get(t, ctx, chromedp.Evaluate[string](`document.documentElement.outerHTML + document.body.innerText + [...document.querySelectorAll("textarea,input")].map(e => e.value).join("|")`))
	}
	nothing := func(when string) {
		t.Helper()
		for _, c := range []string{"canary", words} {
			if strings.Contains(everything(), c) {
				t.Errorf("%s: the page shows %q", when, c)
			}
		}
	}
	leave := func(what string) {
		t.Helper()
		if !strings.Contains(everything(), "canary") {
			t.Fatalf("%s: nothing stands there", what)
		}
		before := get(t, ctx, chromedp.NavigationEntries())
		for range 5 { // more than three do no harm
			shift(t, ctx)
		}
		do(t, ctx, chromedp.WaitVisible(chromedp.CSS("#weather")))
		after := get(t, ctx, chromedp.NavigationEntries())
		if after.CurrentIndex != before.CurrentIndex || after.Entries[after.CurrentIndex].URL != elsewhere.URL+"/weather" {
			t.Errorf("%s: the history went from %d to %d entries, the last is %s", what, before.CurrentIndex, after.CurrentIndex, after.Entries[after.CurrentIndex].URL)
		}
		for at := after.CurrentIndex; at > 1; at-- { // every page before, back to the start
			if err := chromedp.Do(ctx, chromedp.NavigateBack()); err != nil && !strings.Contains(err.Error(), "ERR_CACHE_MISS") {
				t.Fatal(err)
			}
			nothing(what + ", back")
			do(t, ctx, chromedp.Reload())
			nothing(what + ", back and reload")
		}
	}

	hold := watch(t, ctx, s)
	do(t, ctx, chromedp.Navigate(s.url))
	press(t, ctx, startReport, account)
	do(t, ctx, chromedp.WaitVisible(chromedp.CSS("header [data-script]")), chromedp.Focus(account))
	for _, c := range []string{"C", "A", "N", "A"} {
		shift(t, ctx, c)
	}
	key(t, ctx, "keyDown", "Shift", "", 8, false)
	for range 5 {
		key(t, ctx, "keyDown", "Shift", "", 8, true)
	}
	key(t, ctx, "keyUp", "Shift", "", 0, false)
	do(t, ctx, chromedp.SendKeys(account, "canary"))
	key(t, ctx, "keyDown", "Alt", "", 1, false)
	for range 3 {
		key(t, ctx, "keyDown", "Shift", "", 9, false)
		key(t, ctx, "keyUp", "Shift", "", 1, false)
	}
	key(t, ctx, "keyUp", "Alt", "", 0, false)
	for range 2 {
		shift(t, ctx)
		do(t, ctx, chromedp.Click(account))
		shift(t, ctx)
	}
	if got := typed(t, ctx, account); got != "CANAcanary" {
		t.Fatalf("after typing with capitals the field holds %q", got)
	}
	do(t, ctx, chromedp.Click(account))
	leave("a form not sent")

	do(t, ctx, chromedp.Navigate(s.url))
	press(t, ctx, startReport, account)
	do(t, ctx, chromedp.SendKeys(account, "canary"))
	silent.Store(true)
	for range 3 {
		shift(t, ctx)
	}
	if got := get(t, ctx, chromedp.Evaluate[string](`location.pathname + document.body.outerHTML`)); got != "/report<body></body>" {
		t.Errorf("with no way out the page is %q", got)
	}
	silent.Store(false)

	do(t, ctx, chromedp.Navigate(s.url))
	press(t, ctx, startCheck, codeField)
	do(t, ctx, chromedp.SendKeys(codeField, words))
	press(t, ctx, startCheck, "#conversation")
	do(t, ctx, chromedp.SendKeys(chromedp.CSS("#text"), "canary-typed"))
	leave("a conversation")
	hold(s.url, elsewhere.URL)
}

// Three presses within a second leave; as many, more slowly, do not.
func TestScriptSlowShiftStays(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<title>Weather</title><p id=weather>Rain later")
	}))
	defer elsewhere.Close()
	s := newSite(t)
	s.stop(syscall.SIGTERM)
	s.start("127.0.0.1:0", "-exit", elsewhere.URL)
	ctx := browser(t)
	do(t, ctx, chromedp.Navigate(s.url))
	press(t, ctx, startReport, account)
	do(t, ctx, chromedp.WaitVisible(chromedp.CSS("header [data-script]")))
	at := float64(time.Now().Unix()) + 2 // Chromium takes a time before that of the page for nought
	presses := func(after ...float64) {
		t.Helper()
		for _, seconds := range after {
			p := input.DispatchKeyEventParams{Type: "keyDown", Key: "Shift", Modifiers: 8, Timestamp: input.TimeSinceEpoch(at + seconds)}
			if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, p); err != nil {
				t.Fatal(err)
			}
		}
	}
	presses(0, .5, 1.1, 1.7)
	do(t, ctx, chromedp.SendKeys(account, "still here"))
	if got := typed(t, ctx, account); got != "still here" {
		t.Errorf("the field holds %q", got)
	}
	presses(10, 10.4, 10.9)
	do(t, ctx, chromedp.WaitVisible(chromedp.CSS("#weather")))
}

// The count appears near the limit and counts as the server does: code points, all texts of the form together.
func TestScriptCounts(t *testing.T) {
	s := newSite(t)
	ctx := browser(t)
	hold := watch(t, ctx, s)
	do(t, ctx, chromedp.Navigate(s.url))
	press(t, ctx, startReport, account)
	const left chromedp.CSS = "[data-left]"
	fill := func(field chromedp.CSS, script string) { // as a paste does, and one key
		t.Helper()
		do(t, ctx, chromedp.Evaluate[chromedp.Void](`void (document.querySelector('`+string(field)+`').value = `+script+`)`), chromedp.SendKeys(field, "x"))
	}
	fill(account, `("😀".repeat(99) + "\r\n").repeat(899) + "x".repeat(98)`)
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`new Promise(r => setTimeout(r, 700))`, chromedp.EvalAwaitPromise))
	if got := get(t, ctx, chromedp.Text(left)); got != "" {
		t.Errorf("with 10,001 left the page says %q", got)
	}
	do(t, ctx, chromedp.SendKeys(account, "x"), chromedp.WaitVisible(left+":not(:empty)"))
	if got := get(t, ctx, chromedp.Text(left)); got != "Characters left: 10,000" {
		t.Errorf("the page says %q", got)
	}
	fill(`[name="prompt.when"]`, `("é".repeat(99) + "\n").repeat(100)`)
	do(t, ctx, chromedp.Poll[chromedp.Void](`document.querySelector("[data-left]").textContent == "Characters left: -1"`))
	press(t, ctx, sendReport, "#error")
	if got := get(t, ctx, chromedp.Text(chromedp.CSS("#error"))); !strings.Contains(got, "It is 1 character too long.") {
		t.Errorf("the server says %q", got)
	}
	hold(s.url)
}

// The copy button copies the words and says so. The field for them says which are not on the list, however they are typed, but
// not of a word that is still being typed; and her words go nowhere.
func TestScriptWords(t *testing.T) {
	s := newSite(t)
	ctx := browser(t)
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		p := permissions.SetPermissionParams{Permission: &permissions.PermissionDescriptor{Name: name}, Setting: permissions.PermissionSettingGranted, Origin: s.url}
		if _, err := chromedp.CallBrowser(ctx, permissions.SetPermission, p); err != nil {
			t.Fatal(err)
		}
	}
	hold := watch(t, ctx, s)
	do(t, ctx, chromedp.Navigate(s.url))
	press(t, ctx, startReport, account)
	do(t, ctx, chromedp.SendKeys(account, "x"))
	press(t, ctx, sendReport, "output#code")
	words := get(t, ctx, chromedp.Text(chromedp.CSS("output#code")))
	press(t, ctx, "#copy button", "#copy [role=status]:not(:empty)")
	if got := get(t, ctx, chromedp.Text(chromedp.CSS("#copy [role=status]"))); got != "Copied." {
		t.Errorf("the page says %q", got)
	}
	if got := get(t, ctx, chromedp.Evaluate[string](`navigator.clipboard.readText()`, chromedp.EvalAwaitPromise)); got != words || len(strings.Fields(got)) != 8 {
		t.Error("the clipboard does not hold the words")
	}

	says := func(how, want string) {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.Poll[chromedp.Void](`document.querySelector("[data-found]").textContent == "`+want+`"`, chromedp.WithPollingTimeout(5*time.Second))); err != nil {
			t.Errorf("%s: the page says %q, want %q", how, get(t, ctx, chromedp.Text(chromedp.CSS("[data-found]"))), want)
		}
	}
	one := strings.Fields(words)
	for _, c := range []struct{ typed, live, after string }{
		{"zzzz", "Words found: 0", "Words found: 0. Not on our list: zzzz"},
		{"zzzz ", "Words found: 0. Not on our list: zzzz", ""},
		{one[0] + " " + one[1][:2], "Words found: 1", "Words found: 1. Not on our list: " + one[1][:2]},
		{strings.ToUpper(one[0]) + "-" + one[1] + ", aprikot " + one[2], "Words found: 3. Not on our list: aprikot", ""},
		{strings.Join(one[:3], ""), "Words found: 3", ""},
		{one[0][:2] + " " + one[0][2:] + " " + one[1], "Words found: 2", ""},
		{"1. " + strings.Join(one, "\n2. "), "Words found: 8", ""},
		{words, "Words found: 8", ""},
		{"<b>x</b>$&  ünder ", "Words found: 0. Not on our list: b, x, b, ünder", ""},
	} {
		c.typed = strings.ReplaceAll(c.typed, "\n", " ") // Return would send it
		do(t, ctx, chromedp.Evaluate[chromedp.Void](`void (document.querySelector("input[name=code]").value = "")`), chromedp.SendKeys(codeField, c.typed))
		says(c.typed+", being typed", c.live)
		if c.after != "" {
			do(t, ctx, chromedp.Focus(chromedp.CSS("#main")))
			says(c.typed+", typed", c.after)
		}
	}
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`void (document.querySelector("input[name=code]").value = "")`), chromedp.SendKeys(codeField, words))
	says("the right words", "Words found: 8")
	traces := get(t, ctx, chromedp.Evaluate[string](`location.href + document.title + history.state + JSON.stringify({...localStorage, ...sessionStorage}) + document.cookie + performance.getEntries().map(e => e.name).join()`))
	for _, w := range one {
		if len(w) > 4 && strings.Contains(traces, w) {
			t.Errorf("a word stands in %s", traces)
		}
	}
	if n := get(t, ctx, chromedp.Evaluate[int](`performance.getEntriesByType("resource").filter(e => e.initiatorType == "fetch").length`)); n != 1 {
		t.Errorf("the list was fetched %d times", n)
	}
	press(t, ctx, startCheck, "#conversation")
	hold(s.url)
}

// Where the list does not come, the page says nothing about words, and works.
func TestScriptWithoutList(t *testing.T) {
	s := newSite(t)
	_, words, err := s.Report("It happened", "copy", "yes")
	if err != nil {
		t.Fatal(err)
	}
	ctx := browser(t)
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: []*network.BlockPattern{{URLPattern: "*://*:*/words.txt", Block: true}}}); err != nil {
		t.Fatal(err)
	}
	failed := chromedp.Events(ctx, network.LoadingFailed)
	do(t, ctx, chromedp.Navigate(s.url))
	press(t, ctx, startCheck, codeField)
	do(t, ctx, chromedp.SendKeys(codeField, "zzzz "+words), chromedp.Focus(chromedp.CSS("#main")))
	for range failed {
		break
	}
	if got := get(t, ctx, chromedp.Text(chromedp.CSS("[data-found]"))); got != "" {
		t.Errorf("the page says %q", got)
	}
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`void (document.querySelector("input[name=code]").value = "")`), chromedp.SendKeys(codeField, words))
	press(t, ctx, startCheck, "#conversation")
}
