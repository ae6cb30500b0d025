package web_test

import (
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"tellbox/dropbox/droptest"
)

// worldAt is a world whose clock starts at a time, with these support lines.
func worldAt(t *testing.T, at time.Time, lines ...string) *world {
	t.Helper()
	clock := droptest.NewClock()
	clock.Add(at.Sub(clock.Now()))
	w := newWorld(t, func(o *droptest.Options) { o.Now, o.Lines = clock.Now, lines })
	w.clock = clock
	return w
}

func utc(t *testing.T, text string) time.Time {
	t.Helper()
	return must[time.Time](t)(time.Parse(time.RFC3339, text))
}

var spaces = regexp.MustCompile(`\s+`)

// support is what a page says of each support line, by its name: what stands after the telephone number.
func support(t *testing.T, p *droptest.Page) map[string]string {
	t.Helper()
	section, said := p.ByID("support"), map[string]string{}
	if section == nil {
		t.Fatalf("page %s has no support lines", p.Name())
	}
	for li := range section.Descendants() {
		if li.Data != "li" {
			continue
		}
		var name, number string
		for n := range li.Descendants() {
			switch {
			case n.Type == html.ElementNode && n.Data == "strong":
				name = droptest.Text(n)
			case n.Type == html.ElementNode && n.Data == "bdi":
				number = droptest.Text(n)
			}
		}
		_, after, found := strings.Cut(spaces.ReplaceAllString(droptest.Text(li), " "), name+" "+number)
		if name == "" || number == "" || !found || said[name] != "" {
			t.Fatalf("page %s: a support line reads %q", p.Name(), droptest.Text(li))
		}
		said[name] = strings.TrimSpace(after)
	}
	return said
}

// What the page says of a line is right just before and after every hour at which it changes, on the days on which the clocks do.
func TestSupportOverClockChanges(t *testing.T) {
	const (
		day, night, small = "day|1|Mon-Sun 09:00-17:00|Europe/London", "night|2|Sat,Sun 22:00-02:00|Europe/London", "small|3|daily 01:15-01:45|Europe/London"
		dayHours          = "Monday to Sunday, 09:00 to 17:00 (London time)"
		nightHours        = "Saturday, Sunday, 22:00 to 02:00 (London time)"
		smallHours        = "every day, 01:15 to 01:45 (London time)"
	)
	type moment struct{ at, day, night, small string }
	for name, moments := range map[string][]moment{
		"forward, on 29 March at 01:00 GMT to 02:00 BST": {
			{"2026-03-28T08:59:59Z", "opens at 09:00", "opens at 22:00", "opens on Monday at 01:15"}, // there is no such time on Sunday
			{"2026-03-28T09:00:00Z", "open now", "opens at 22:00", ""},
			{"2026-03-28T21:59:59Z", "opens on Sunday at 09:00", "opens at 22:00", ""},
			{"2026-03-28T22:00:00Z", "opens on Sunday at 09:00", "open now", ""},
			{"2026-03-29T00:59:59Z", "opens at 09:00", "open now", "opens on Monday at 01:15"},
			{"2026-03-29T01:00:00Z", "opens at 09:00", "opens at 22:00", "opens on Monday at 01:15"},
			{"2026-03-29T07:59:59Z", "opens at 09:00", "opens at 22:00", ""},
			{"2026-03-29T08:00:00Z", "open now", "opens at 22:00", ""},
			{"2026-03-29T15:59:59Z", "open now", "opens at 22:00", ""},
			{"2026-03-29T16:00:00Z", "opens on Monday at 09:00", "opens at 22:00", ""},
			{"2026-03-29T20:59:59Z", "opens on Monday at 09:00", "opens at 22:00", ""},
			{"2026-03-29T21:00:00Z", "opens on Monday at 09:00", "open now", "opens on Monday at 01:15"},
			{"2026-03-29T23:30:00Z", "opens at 09:00", "open now", "opens at 01:15"}, // Monday in London already
			{"2026-03-30T00:15:00Z", "opens at 09:00", "open now", "open now"},
			{"2026-03-30T00:45:00Z", "opens at 09:00", "open now", "opens on Tuesday at 01:15"},
			{"2026-03-30T01:00:00Z", "opens at 09:00", "opens on Saturday at 22:00", "opens on Tuesday at 01:15"},
			{"2026-03-30T07:59:59Z", "opens at 09:00", "opens on Saturday at 22:00", ""},
			{"2026-03-30T08:00:00Z", "open now", "opens on Saturday at 22:00", ""},
		},
		"back, on 25 October at 02:00 BST to 01:00 GMT": {
			{"2026-10-24T07:59:59Z", "opens at 09:00", "opens at 22:00", "opens on Sunday at 01:15"},
			{"2026-10-24T08:00:00Z", "open now", "opens at 22:00", "opens on Sunday at 01:15"},
			{"2026-10-24T21:00:00Z", "opens on Sunday at 09:00", "open now", "opens on Sunday at 01:15"},
			{"2026-10-25T00:15:00Z", "opens at 09:00", "open now", "open now"},
			{"2026-10-25T00:45:00Z", "opens at 09:00", "open now", "opens at 01:15"}, // once more that night
			{"2026-10-25T01:00:00Z", "opens at 09:00", "open now", "opens at 01:15"},
			{"2026-10-25T01:15:00Z", "opens at 09:00", "open now", "open now"},
			{"2026-10-25T01:59:59Z", "opens at 09:00", "open now", "opens on Monday at 01:15"},
			{"2026-10-25T02:00:00Z", "opens at 09:00", "opens at 22:00", "opens on Monday at 01:15"},
			{"2026-10-25T08:59:59Z", "opens at 09:00", "opens at 22:00", ""},
			{"2026-10-25T09:00:00Z", "open now", "opens at 22:00", ""},
			{"2026-10-25T16:59:59Z", "open now", "opens at 22:00", ""},
			{"2026-10-25T17:00:00Z", "opens on Monday at 09:00", "opens at 22:00", ""},
			{"2026-10-26T02:00:00Z", "opens at 09:00", "opens on Saturday at 22:00", ""},
			{"2026-10-26T08:59:59Z", "opens at 09:00", "opens on Saturday at 22:00", ""},
			{"2026-10-26T09:00:00Z", "open now", "opens on Saturday at 22:00", ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := worldAt(t, utc(t, moments[0].at), day, night, small)
			for _, m := range moments {
				w.clock.Add(utc(t, m.at).Sub(w.clock.Now()))
				said := support(t, w.get("/"))
				for line, want := range map[string]string{"day": m.day + " " + dayHours, "night": m.night + " " + nightHours, "small": m.small + " " + smallHours} {
					if !strings.HasPrefix(want, " ") && said[line] != want {
						t.Errorf("%s: the line of the %s: %q, want %q", m.at, line, said[line], want)
					}
				}
			}
		})
	}
}

// Support does not depend on reporting: every page says whom to call and who answers now, also after a mistake, after she took
// it back, and where there is no page. Two lines of one organisation are two lines.
func TestSupportOnEveryPage(t *testing.T) {
	w := worldAt(t, utc(t, "2026-03-29T08:30:00Z"), // 09:30 in London, half an hour too early by yesterday's clock
		"day|0808 500 2222|Mon-Sun 09:00-17:00|Europe/London", "night|116 123|daily 22:00-02:00|Europe/London")
	want := map[string]string{"day": "open now Monday to Sunday, 09:00 to 17:00 (London time)", "night": "opens at 22:00 every day, 22:00 to 02:00 (London time)"}
	seen := map[string]bool{}
	see := func(p *droptest.Page, status int, name, token string) *droptest.Page {
		t.Helper()
		w.expect(p, status, name, token)
		if got := support(t, p); !maps.Equal(got, want) {
			t.Errorf("page %s %s: %q, want %q", name, token, got, want)
		}
		seen[name] = true
		return p
	}
	start := see(w.get("/"), 200, "start", "")
	see(w.get("/readers"), 200, "readers", "")
	see(w.get("/questions"), 200, "questions", "")
	form := see(w.press(start, "/report"), 200, "form", "")
	see(w.press(form, "/report/send", "account", " "), 422, "form", "empty-account")
	code := see(w.press(form, "/report/send", "account", "x"), 200, "code", "")
	see(w.press(start, "/check"), 200, "check", "")
	see(w.press(w.press(start, "/check"), "/check", "code", "nonsense"), 422, "check", "code-word")
	conversation := see(w.press(code, "/check", "code", code.Words()), 200, "conversation", "")
	see(w.press(conversation, "/withdraw", "confirm", "yes"), 200, "withdrawn", "")
	see(w.get("/nothing"), 404, "problem", "not-found")
	w.down.Store(true)
	see(w.press(w.press(start, "/check"), "/check", "code", code.Words()), 503, "check", "store-down")
	for _, name := range []string{"start", "readers", "questions", "form", "code", "check", "conversation", "withdrawn", "problem"} {
		if !seen[name] {
			t.Errorf("page %s was not looked at", name)
		}
	}

	// Paper knows the hours, not the time.
	if got := support(t, w.get("/poster")); got["day"] != "Monday to Sunday, 09:00 to 17:00 (London time)" || got["night"] != "every day, 22:00 to 02:00 (London time)" {
		t.Errorf("on the poster: %q", got)
	}

	w = worldAt(t, utc(t, "2026-10-25T09:00:00Z"), "one|1|daily 09:00-10:00|Europe/London", "Helpline|2|daily 00:00-24:00|Europe/London",
		"Helpline|3|Mon 09:00-10:00|Europe/London")
	var open []string
	for n := range w.get("/").ByID("support").Descendants() {
		if droptest.Attr(n, "class") == "tag" {
			open = append(open, droptest.Text(n.Parent.FirstChild)+droptest.Text(n.PrevSibling.PrevSibling))
		}
	}
	if strings.Join(open, " ") != "one1 Helpline2" {
		t.Errorf("open now: %q", open)
	}
}

// In which languages she can write is what the advocates read, where the roster says so.
func TestLanguagesOnPages(t *testing.T) {
	w := newWorld(t, func(o *droptest.Options) {
		people := append([]droptest.Person{}, droptest.Defaults...)
		people[0].Languages, people[2].Languages = "English, Cymraeg", "Français"
		o.People = people
	})
	count := func(p *droptest.Page, text string, want int) {
		t.Helper()
		if got := strings.Count(spaces.ReplaceAllString(droptest.Text(p.ByID("main")), " "), text); got != want {
			t.Errorf("page %s says %q %d times, want %d", p.Name(), text, got, want)
		}
	}
	form := w.press(w.get("/"), "/report")
	for _, p := range []*droptest.Page{w.get("/"), w.get("/readers"), form} {
		count(p, "Alice Okafor Survivors' Centre North Reads English, Cymraeg", 1)
		count(p, "sits on no party committee Reads English", 1)
		count(p, "Carol Adeyemi Independent Reads Français", 1)
		count(p, "Reads ", 3)
	}
	count(form, "The names above show who reads which language. You can write in any of these: English, Cymraeg ", 1)
	hint := droptest.Attr(form.ByID("account"), "aria-describedby")
	if n := form.ByID(hint); n == nil || !strings.Contains(droptest.Text(n), "English, Cymraeg") {
		t.Error("the box for her account is not described by the languages")
	}

	again := w.press(form, "/report/send", "account", " ")
	count(again, "The names above show who reads which language. You can write in any of these: English, Cymraeg ", 1)
	count(newWorld(t).get("/"), "Reads English", 3)
	if p, _ := w.Roster.Reader("irene"); p.Languages != "" {
		t.Errorf("irene reads %q", p.Languages)
	}
}
