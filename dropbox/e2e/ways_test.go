package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/static"
)

// hands are a way in which she does things: the page, or her own program.
type hands interface {
	in(s *site) hands // for a test of its own
	send(account string, o options) (words string)
	check(words string) (v view, here bool)
	message(words, text string)
	wish(words, wish string)
	share(words, wish string, exclude ...string)
	withdraw(words string) (deleted, asked []string)
}

// options are what the form asks beside the account.
type options struct {
	wish, about, when string
	exclude           []string
	copy              bool
}

// view is what both show of a conversation.
type view struct {
	record  bool
	entries []string // sorted, for the page shows the newest first
}

func (v view) String() string {
	return fmt.Sprintf("record %v\n  %s", v.record, strings.Join(v.entries, "\n  "))
}

func entryText(kind, from, text, wish string) string {
	return fmt.Sprintf("%s by %s: %q %s", kind, strings.Replace(from, "reporter", "you", 1), text, wish)
}

// onPage is a sentence of the catalogue.
func onPage(t *testing.T, key string) string {
	t.Helper()
	text, err := static.Files.ReadFile("lang/en.json")
	if err != nil {
		t.Fatal(err)
	}
	s, ok := decode[map[string]any](t, string(text))[key].(string)
	if !ok {
		t.Fatalf("the catalogue has no %s", key)
	}
	return s
}

// byPage are her hands on the page.
type byPage struct{ *site }

func (byPage) in(s *site) hands { return byPage{s} }

func (h byPage) page(p *droptest.Page, err error) *droptest.Page {
	h.t.Helper()
	if err != nil || p.Status != 200 {
		h.t.Fatalf("page: %v, %d %s", err, p.Status, p.Problem())
	}
	return p
}

func (h byPage) open(words string) *droptest.Page {
	h.t.Helper()
	return h.page(h.Check(words))
}

func (h byPage) form(p *droptest.Page, action string) *droptest.Form {
	h.t.Helper()
	f, err := p.Form(action)
	if err != nil {
		h.t.Fatal(err)
	}
	return f
}

func (h byPage) send(account string, o options) string {
	h.t.Helper()
	start := h.page(h.Get("/"))
	f := h.form(h.page(h.Press(start, "/report")), "/report/send").With("account", account, "wish", o.wish, "about", o.about, "prompt.when", o.when)
	f.Values["exclude"] = o.exclude
	if o.copy {
		f.Set("copy", "yes")
	}
	return h.page(h.Send(f)).Words()
}

func (h byPage) check(words string) (v view, here bool) {
	h.t.Helper()
	p, err := h.Check(words)
	if err != nil {
		h.t.Fatal(err)
	}
	if p.Problem() == "nothing-here" {
		return v, false
	}
	h.page(p, nil)
	_, err = p.Form("/share")
	v.record = err == nil
	for li := range p.ByID("conversation").Descendants() {
		if droptest.Attr(li, "data-kind") == "" {
			continue
		}
		text, wish := "", ""
		for d := range li.Descendants() {
			if droptest.Attr(d, "class") == "text" && d.Data == "div" {
				text = strings.TrimPrefix(droptest.Text(d), onPage(h.t, "conversation.not-kept"))
			}
			for _, w := range dropbox.Wishes {
				if d.Data == "dd" && droptest.Text(d) == onPage(h.t, "wish."+w) {
					wish = w
				}
			}
		}
		v.entries = append(v.entries, entryText(droptest.Attr(li, "data-kind"), droptest.Attr(li, "data-from"), text, wish))
	}
	slices.Sort(v.entries)
	return v, true
}

func (h byPage) message(words, text string) {
	h.t.Helper()
	h.page(h.Press(h.open(words), "/message", "text", text))
}

func (h byPage) wish(words, wish string) {
	h.t.Helper()
	h.page(h.Press(h.open(words), "/wish", "wish", wish))
}

func (h byPage) share(words, wish string, exclude ...string) {
	h.t.Helper()
	f := h.form(h.open(words), "/share").With("wish", wish)
	f.Values["exclude"] = exclude
	h.page(h.Send(f))
}

func (h byPage) withdraw(words string) (deleted, asked []string) {
	h.t.Helper()
	p := h.page(h.Press(h.open(words), "/withdraw", "confirm", "yes"))
	return p.Items("deleted"), p.Items("asked")
}

// byProgram are her hands on the program.
type byProgram struct{ *site }

func (byProgram) in(s *site) hands { return byProgram{s} }

func (h byProgram) reporter(stdin, verb string, args ...string) result {
	h.t.Helper()
	return h.try(stdin, "reporter", append([]string{verb, "-json", "-server", h.url, "-keyholders", h.path("K")}, args...)...)
}

func (h byProgram) done(r result) string {
	h.t.Helper()
	if r.code != 0 || r.stderr != "" {
		h.t.Fatalf("reporter: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

func excluding(ids []string) (args []string) {
	for _, id := range ids {
		args = append(args, "-exclude", id)
	}
	return args
}

func (h byProgram) send(account string, o options) string {
	h.t.Helper()
	h.write("answers", fmt.Sprintf(`[{"id":"when","text":%q}]`, o.when))
	args := append([]string{"-wish", o.wish, "-about", o.about, "-answers", h.path("answers")}, excluding(o.exclude)...)
	if o.copy {
		args = append(args, "-copy")
	}
	return decode[struct{ Code string }](h.t, h.done(h.reporter(account, "send", args...))).Code
}

func (h byProgram) check(words string) (v view, here bool) {
	h.t.Helper()
	r := h.reporter(words, "check", "-code-file", "-")
	if r.code == 1 && decode[struct{ Error string }](h.t, r.stdout).Error == "nothing-here" {
		return v, false
	}
	c := decode[struct {
		Record  bool
		Entries []struct{ Kind, From, Text, Wish string }
	}](h.t, h.done(r))
	v.record = c.Record
	for _, e := range c.Entries {
		v.entries = append(v.entries, entryText(e.Kind, e.From, e.Text, e.Wish))
	}
	slices.Sort(v.entries)
	return v, true
}

func (h byProgram) message(words, text string) {
	h.t.Helper()
	h.done(h.reporter(words+"\n"+text, "message", "-code-file", "-"))
}

func (h byProgram) wish(words, wish string) {
	h.t.Helper()
	h.done(h.reporter(words, "wish", "-code-file", "-", "-wish", wish))
}

func (h byProgram) share(words, wish string, exclude ...string) {
	h.t.Helper()
	h.done(h.reporter(words, "share", append([]string{"-code-file", "-", "-wish", wish}, excluding(exclude)...)...))
}

func (h byProgram) withdraw(words string) (deleted, asked []string) {
	h.t.Helper()
	got := decode[struct{ Deleted, Asked []string }](h.t, h.done(h.reporter(words, "withdraw", "-code-file", "-", "-yes")))
	return h.names(got.Deleted), h.names(got.Asked)
}

// names are those of readers by id, as pages call them.
func (h byProgram) names(ids []string) (names []string) {
	for _, id := range ids {
		names = append(names, map[string]string{"alice": "Alice Okafor", "bob": "Bob Lindqvist", "carol": "Carol Adeyemi"}[id])
	}
	return names
}
