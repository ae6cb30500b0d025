package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
)

// After she leaves, Back shows nothing that was typed or read, and neither does Back and then Reload, though the browser is told
// to send the form again.
func TestBackAndReloadAfterLeaving(t *testing.T) {
	s := newSite(t)
	s.stop(syscall.SIGTERM)
	s.start("127.0.0.1:0", "-exit", weather(t))
	everyWay(t, func(t *testing.T, b *tab) {
		for _, c := range leavings {
			t.Run(c.name, func(t *testing.T) {
				b := &tab{t, b.b, b.w}
				b.do("open", nil)
				_, words, err := s.Report("canary-told before", "copy", "yes")
				if err != nil {
					t.Fatal(err)
				}
				secrets := append(c.reach(b, s.url, words), words)
				b.leave(secrets)
			})
		}
	})
}

// leavings are pages from which she leaves. reach goes there, and says what may not be seen afterwards.
var leavings = []struct {
	name  string
	reach func(b *tab, url, words string) (secrets []string)
}{
	{"a form not sent", func(b *tab, url, _ string) []string {
		b.toForm(url)
		b.write(account, "canary-typed and not sent")
		return []string{"canary-typed"}
	}},
	{"a form that came back", func(b *tab, url, _ string) []string {
		b.toForm(url)
		b.write(`[name="prompt.when"]`, "canary-typed and refused")
		b.follow(sendReport, "form/empty-account")
		return []string{"canary-typed"}
	}},
	{"her words", func(b *tab, url, _ string) []string {
		b.toForm(url)
		b.write(account, "canary-typed and sent")
		b.follow(sendReport, "code")
		return []string{"canary-typed", b.words()}
	}},
	{"words that do not open anything", func(b *tab, url, words string) []string {
		b.visit(url)
		b.follow(startCheck, "check")
		b.write(codeField, words+" canary-typed")
		b.follow(startCheck, "check/code-word")
		return []string{"canary-typed"}
	}},
	{"a conversation and a message", func(b *tab, url, words string) []string {
		b.toConversation(url, words)
		b.write("#text", "canary-typed, a message")
		return []string{"canary-typed", "canary-told"}
	}},
	{"a message that was sent", func(b *tab, url, words string) []string {
		b.toConversation(url, words)
		b.write("#text", "canary-typed, a message")
		b.follow(sendMessage, "conversation")
		return []string{"canary-typed", "canary-told"}
	}},
	{"a record", func(b *tab, url, _ string) []string {
		b.toForm(url)
		b.use("[value=record]")
		b.write(account, "canary-typed for herself")
		b.follow(sendReport, "code")
		words := b.words()
		b.write(codeField, words)
		b.follow(`form[action="/check"] button`, "conversation")
		return []string{"canary-typed", words}
	}},
	{"what she took back", func(b *tab, url, words string) []string {
		b.toConversation(url, words)
		b.use("#confirm")
		b.follow(`form[action="/withdraw"] button`, "withdrawn")
		return []string{value[string](b, `document.querySelector("h1").textContent`)}
	}},
}

// leave leaves by the link, and goes back through the whole history, reloading every page of it.
func (b *tab) leave(secrets []string) {
	b.t.Helper()
	seen := func(when string) (found int) {
		b.t.Helper()
		text := b.shown()
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				found++
				if when != "" {
					b.t.Errorf("%s: the page shows %q", when, secret)
				}
			}
		}
		return found
	}
	if seen("") == 0 {
		b.t.Fatal("the page shows nothing that it could give away")
	}
	b.do("use", args{"at": "#exit", "leads": true})
	value[string](b, `document.querySelector("#weather").textContent`)
	behind := value[int](b, "history.length") - 1
	if behind < 1 { // where the script runs, the way out has taken the place of the page
		b.t.Fatalf("there are %d pages to go back to", behind)
	}
	for i := range behind {
		if at := decode[string](b.t, string(b.do("back", nil))); at == "about:blank" && i >= 1 { // where the tab began
			break
		}
		seen(fmt.Sprintf("%d back", i+1))
		if at := decode[string](b.t, string(b.do("reload", nil))); !strings.HasPrefix(at, "http://127.0.0.1:") {
			b.t.Errorf("%d back, and reload: she is at %s, and not at what the server answers", i+1, at)
		}
		seen(fmt.Sprintf("%d back, and reload", i+1))
	}
}

// A page with nothing to keep secret comes back with what was typed into it: so the test above would see it.
func TestBackShowsWhatIsNotKeptSecret(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, `<!DOCTYPE html><html lang=en><title>x</title><textarea id=text></textarea><p>`+r.FormValue("a")+`<form method=post><input name=a><button>Go</button></form>`)
	}))
	t.Cleanup(plain.Close)
	elsewhere := weather(t)
	everyWay(t, func(t *testing.T, b *tab) {
		b.visit(plain.URL)
		b.write("#text", "canary-typed")
		b.write("[name=a]", "canary-sent")
		b.do("use", args{"at": "button", "leads": true})
		b.write("#text", "canary-typed")
		b.visit(elsewhere)
		for i, want := range []string{"canary-typed", "canary-sent"} {
			b.do("back", nil)
			if !strings.Contains(b.shown(), want) {
				t.Errorf("%d back, the page does not show %q", i+1, want)
			}
		}
	})
}

// Without leaving: a conversation that was shown is not shown again by a reload.
func TestReloadOfAConversation(t *testing.T) {
	s := newSite(t)
	everyWay(t, func(t *testing.T, b *tab) {
		_, words, err := s.Report("canary-told before", "copy", "yes")
		if err != nil {
			t.Fatal(err)
		}
		b.toConversation(s.url, words)
		if !strings.Contains(b.shown(), "canary-told") {
			t.Fatal("the conversation is not shown")
		}
		b.do("reload", nil)
		b.at("check/used-ticket")
		if text := b.shown(); strings.Contains(text, "canary-told") || strings.Contains(text, words) {
			t.Error("a reload shows it again")
		}
	})
}
