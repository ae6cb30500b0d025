package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The whole journey by keyboard alone, in every browser, with scripts off and on. On each page the way out is the second stop,
// and wherever she is, she sees it.
func TestJourneyByKeyboard(t *testing.T) {
	s := newSite(t)
	everyWay(t, func(t *testing.T, b *tab) {
		b.visit(s.url)
		b.arrive("start")
		b.enter(startReport, "form")

		// She asks for advice first, and with an arrow key thinks again.
		b.to("[name=wish]")
		b.key(" ")
		b.key("ArrowDown")
		b.checked("[value=thinking]")
		b.to(`[name=exclude][value=bob]`)
		b.key(" ")
		b.checked("[name=exclude][value=bob]")
		b.to("[name=about]")
		b.key(" ")
		b.key("ArrowDown")
		b.checked("[value=saw]")
		b.to(`[name="prompt.when"]`)
		b.do("type", args{"text": "since spring"})
		b.to(account)
		account := "by keyboard, " + b.w.String()
		b.do("type", args{"text": account})
		b.to("[name=copy]")
		b.key(" ")
		b.back("#account") // and back again, to look at it
		b.enter(sendReport, "code")

		words := b.words()
		b.to(codeField)
		b.do("type", args{"text": words})
		b.enter(`form[action="/check"] button`, "conversation")
		if text := b.shown(); !strings.Contains(text, account) || !strings.Contains(text, "since spring") {
			t.Error("her copy is not shown")
		}
		b.answer(s, account)

		b.visit(s.url)
		b.enter(startCheck, "check")
		b.to(codeField)
		b.do("type", args{"text": strings.ToUpper(words)})
		b.enter(`form[action="/check"] button`, "conversation")
		if n := value[int](b, `document.querySelectorAll('#conversation [data-from=alice][data-new=yes]').length`); n != 1 {
			t.Errorf("%d new answers, want 1", n)
		}
		b.to("#text")
		b.do("type", args{"text": "more by keyboard"})
		b.enter(sendMessage, "conversation")
		b.to("[name=wish]")
		b.key("ArrowDown")
		b.enter(`form[action="/wish"] button`, "conversation")
		b.to("#confirm")
		b.key(" ")
		b.enter(`form[action="/withdraw"] button`, "withdrawn")
		if n := value[int](b, `document.querySelectorAll("#asked li").length`); n != 1 {
			t.Errorf("%d readers were asked to delete, want Alice", n)
		}
	})
}

// A record by keyboard: kept for herself, added to, and sent to a reader.
func TestRecordByKeyboard(t *testing.T) {
	s := newSite(t)
	everyWay(t, func(t *testing.T, b *tab) {
		b.visit(s.url)
		b.enter(startReport, "form")
		b.to("[name=wish]")
		b.key(" ")
		for range 3 {
			b.key("ArrowDown")
		}
		b.checked("[value=record]")
		b.to(account)
		account := "for herself, " + b.w.String()
		b.do("type", args{"text": account})
		b.enter(sendReport, "code")
		words := b.words()
		b.to(codeField)
		b.do("type", args{"text": words})
		b.enter(`form[action="/check"] button`, "conversation")
		b.to("#text")
		b.do("type", args{"text": "and again"})
		b.enter(sendMessage, "conversation")
		if text := b.shown(); !strings.Contains(text, account) || !strings.Contains(text, "and again") {
			t.Error("her record is not shown")
		}
		b.to("[name=wish]")
		b.key(" ")
		b.checked("[value=advice]")
		b.to("[name=exclude][value=bob]")
		b.key(" ")
		b.enter(`form[action="/share"] button`, "conversation")
		if n := value[int](b, `document.querySelectorAll("#conversation [data-kind=share]").length`); n != 1 {
			t.Errorf("%d entries say that it was shared, want 1", n)
		}

		desk.Lock()
		defer desk.Unlock()
		for _, c := range decode[inbox](t, s.advocate("alice", "inbox", "-json")).Cases {
			if read := decode[caseView](t, s.advocate("alice", "read", c.ID, "-json")); strings.Contains(read.Account, account) {
				if !strings.HasSuffix(read.Account, "\nand again") || c.Wish != "advice" || !slices.Equal(read.Readers, []string{"alice"}) {
					t.Errorf("Alice reads %+v", read)
				}
				return
			}
		}
		t.Error("Alice did not get it")
	})
}

// answer is what Alice does meanwhile: she finds the report that says so, and replies.
func (b *tab) answer(s *site, account string) {
	b.t.Helper()
	desk.Lock()
	defer desk.Unlock()
	in := decode[inbox](b.t, s.advocate("alice", "inbox", "-json"))
	for _, c := range in.Cases {
		if read := decode[caseView](b.t, s.advocate("alice", "read", c.ID, "-json")); read.Account == account {
			if c.Wish != "thinking" || read.About != "saw" || !slices.Equal(read.Readers, []string{"alice"}) || len(read.Prompts) != 1 {
				b.t.Errorf("Alice reads %+v", read)
			}
			s.write("reply.txt", "I am here.")
			s.advocate("alice", "reply", c.ID, "-text-file", s.path("reply.txt"))
			return
		}
	}
	b.t.Fatalf("Alice has no report that says %q", account)
}

func (b *tab) key(key string) {
	b.t.Helper()
	b.do("press", args{"key": key})
}

// stop is where the focus is, and what is wrong with how it shows: no outline, or its middle outside the window or under something,
// such as the strip on top. (Firefox leaves alone what it shows a part of. Of a large field both show the part with the cursor.)
const stop = `(() => {
	const e = document.activeElement, style = getComputedStyle(e), at = e.getClientRects()[0], wrong = [];
	if (e === document.body) return {is: "nothing", wrong};
	if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) wrong.push("no outline");
	const points = [[(at.left + at.right) / 2, (at.top + at.bottom) / 2], [at.left + 3, at.top + 3], [at.left + 3, at.bottom - 3]];
	const seen = points.map(([x, y]) => e.contains(document.elementFromPoint(x, y)));
	if (e.matches("textarea") ? !seen.includes(true) : !seen[0])
		wrong.push((points[0][1] > innerHeight ? "below the window at " : "out of sight at ") + [at.top, at.bottom, innerHeight]);
	return {id: e.id, is: e.outerHTML.slice(0, 100), wrong};
})()`

type stopped struct {
	ID, Is string
	Wrong  []string
}

// tabKey goes to the next stop, or the one before, and looks at it.
func (b *tab) tabKey(shift bool) stopped {
	b.t.Helper()
	b.do("press", args{"key": "Tab", "shift": shift})
	at := value[stopped](b, stop)
	for _, w := range at.Wrong {
		// One time in ten Firefox does not scroll to the control after a long text field. No page can make it; what a page can do is to
		// hide a control under something of its own, and that is looked for in both.
		if b.w.browser == "firefox" && strings.HasPrefix(w, "below the window") {
			continue
		}
		b.t.Errorf("%s: %s", at.Is, w)
	}
	return at
}

// arrive is at a page for the first time: the second stop on it is the way out.
func (b *tab) arrive(page string) {
	b.t.Helper()
	b.at(page)
	first, second := b.tabKey(false), b.tabKey(false)
	if second.ID != "exit" {
		b.t.Errorf("%s: the second stop is %s after %s, want #exit", page, second.Is, first.Is)
	}
}

// to goes on with Tab until the focus is on what the selector finds.
func (b *tab) to(selector string) { b.t.Helper(); b.walk(selector, false) }

// back is to with Shift.
func (b *tab) back(selector string) { b.t.Helper(); b.walk(selector, true) }

func (b *tab) walk(selector string, shift bool) {
	b.t.Helper()
	for range 100 {
		if b.tabKey(shift); value[bool](b, fmt.Sprintf("document.activeElement.matches(%q)", selector)) {
			return
		}
	}
	b.t.Fatalf("there is no way to %s by keyboard", selector)
}

// enter goes to a button and presses it.
func (b *tab) enter(button, next string) {
	b.t.Helper()
	b.to(button)
	b.do("press", args{"key": "Enter", "leads": true})
	b.arrive(next)
}

func (b *tab) checked(selector string) {
	b.t.Helper()
	if !value[bool](b, fmt.Sprintf("document.querySelector(%q).checked", selector)) {
		b.t.Errorf("%s is not chosen", selector)
	}
}
