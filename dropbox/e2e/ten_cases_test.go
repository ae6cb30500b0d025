package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// carried is what an advocate's program says of a case.
type carried struct {
	ID, Wish, Waiting, Status, Named  string
	New, Mine, Closed, Reopened, Left bool
	Withdrawn                         bool
	Team, Readers, Warnings           []string
	Account                           string
	StruckOff                         []string `json:"struck_off"`
	CanAdd                            []string `json:"can_add"`
	AddedBy                           string   `json:"added_by"`
	Entries                           []struct{ Kind, From, Text, Status, Named, Added string }
	Error                             string
}

// desks are alice's and bob's, two homes on two machines as far as the programs can tell.
type desks struct {
	*site
	ids map[string]string // of cases, by the words of their account
}

// sync fetches mail on both desks, twice, so that what one passes on reaches the other.
func (d *desks) sync() {
	d.t.Helper()
	for _, id := range []string{"alice", "bob", "alice"} {
		d.advocate(id, "inbox")
	}
}

func (d *desks) read(who, account string) carried {
	d.t.Helper()
	return decode[carried](d.t, d.advocate(who, "read", d.ids[account], "-json"))
}

// act carries out a verb in a case, with a text if there is one.
func (d *desks) act(who, verb, account, text string, args ...string) {
	d.t.Helper()
	args = append([]string{d.ids[account]}, args...)
	if text != "" {
		d.write("text", text)
		args = append(args, "-text-file", d.path("text"))
	}
	d.advocate(who, verb, args...)
}

func (d *desks) refused(token, who, verb, account string, args ...string) {
	d.t.Helper()
	r := d.try("", "advocate", append([]string{verb, d.ids[account], "-home", d.path(who), "-passphrase-file", d.path("pass"), "-json"}, args...)...)
	if got := decode[carried](d.t, r.stdout).Error; r.code != 1 || got != token {
		d.t.Errorf("%s %s in %q: exit %d, %q, want %q", who, verb, account, r.code, got, token)
	}
}

// both says what both desks have to say of a case.
func (d *desks) both(account string, ok func(carried) bool) {
	d.t.Helper()
	for _, who := range []string{"alice", "bob"} {
		if c := d.read(who, account); !ok(c) || len(c.Warnings) > 0 {
			d.t.Errorf("%s reads of %q: %+v", who, account, c)
		}
	}
}

// inBrowser carries a case in bob's own browser: he takes it on, answers, and closes it.
func (d *desks) inBrowser(account string) {
	d.t.Helper()
	w := d.deskWindow(open(d.t, way{"chromium", "off"}), "bob", "-passphrase-file", d.path("pass"))
	w.see("inbox")
	path := value[string](w.tab, fmt.Sprintf(`document.querySelector("[data-case='%s'] a").getAttribute("href")`, d.ids[account]))
	w.open(path, "case")
	w.says(account)
	w.open(path+"/work", "work")
	w.use(`section[aria-labelledby="assign-title"] input[value=bob]`)
	w.press(`button[value="assign"]`, "case")
	w.write("#reply", "canary-reply-ten")
	w.press(`button[value="send"]`, "case")
	w.says("canary-reply-ten")
	w.open(path+"/work", "work")
	w.write("#text-close", "canary-reason-ten")
	w.press(`button[value="close"]`, "case")
	w.says("canary-reason-ten")
	w.press("footer button", "closed")
	if err := w.cmd.Wait(); err != nil {
		d.t.Errorf("the desk ended with %v", err)
	}
}

// her is a reporter: what she wrote, her words, whom she struck off.
type her struct {
	account string
	hands   hands
	struck  []string
	words   string
}

// Two advocates on two homes carry ten cases through a real server, nine with their programs' commands and one in a browser, while reporters use the page and the program.
func TestTenCases(t *testing.T) {
	s := newSite(t)
	d := &desks{s, map[string]string{}}
	page, program := byPage{s}, byProgram{s}
	cases := []*her{
		{"canary-one: assigned, answered and closed", page, nil, ""},
		{"canary-two: handed over", program, nil, ""},
		{"canary-three: bob steps aside", page, nil, ""},
		{"canary-four: bob is struck off", page, []string{"bob"}, ""},
		{"canary-five: closed and opened again", page, nil, ""},
		{"canary-six: both decide at once", program, nil, ""},
		{"canary-seven: talked over, then with the investigator", page, nil, ""},
		{"canary-eight: handed to who did not have it", page, []string{"alice"}, ""},
		{"canary-nine: taken back", program, nil, ""},
		{"canary-ten: in bob's browser", page, nil, ""},
	}
	for _, h := range cases {
		h.words = h.hands.send(h.account, options{wish: "thinking", about: "me", exclude: h.struck})
	}
	d.sync()
	for _, who := range []string{"alice", "bob"} {
		for _, c := range decode[inbox](t, s.advocate(who, "inbox", "-json")).Cases {
			d.ids[decode[carried](t, s.advocate(who, "read", c.ID, "-json")).Account] = c.ID
		}
	}
	if len(d.ids) != len(cases) {
		t.Fatalf("there are %d cases", len(d.ids))
	}
	one, two, three, four, five := cases[0].account, cases[1].account, cases[2].account, cases[3].account, cases[4].account
	six, seven, eight, nine, ten := cases[5].account, cases[6].account, cases[7].account, cases[8].account, cases[9].account
	if strings.Contains(s.advocate("bob", "inbox"), d.ids[four]) || strings.Contains(s.advocate("alice", "inbox"), d.ids[eight]) {
		t.Error("somebody who was struck off has the case")
	}

	// The first round.
	d.act("alice", "assign", one, "", "alice")
	d.act("alice", "reply", one, "canary-reply-one")
	d.act("alice", "close", one, "canary-reason-one")
	d.act("alice", "assign", two, "", "alice")
	d.act("alice", "handover", two, "canary-handover-two", "bob", "-leave")
	d.act("bob", "aside", three, "")
	d.refused("struck-off", "alice", "add", four, "bob")
	d.act("alice", "status", four, "", "reading")
	d.act("bob", "close", five, "canary-reason-five")
	d.act("alice", "assign", six, "", "alice")
	d.act("bob", "assign", six, "", "bob") // without having fetched what alice decided
	d.act("alice", "tell", seven, "canary-note-seven")
	d.act("alice", "status", seven, "", "investigator")
	d.refused("struck-off", "bob", "add", eight, "alice")
	d.act("bob", "handover", eight, "", "carol")
	cases[8].hands.withdraw(cases[8].words)
	cases[4].hands.message(cases[4].words, "canary-message-five")
	d.sync()
	s.advocate("carol", "inbox")

	d.both(one, func(c carried) bool { return c.Closed && c.Named == "alice" && c.Waiting == "" && len(c.Entries) == 4 })
	if c := d.read("alice", two); !c.Left || c.Account != "" || len(c.Entries) > 0 {
		t.Errorf("alice still reads what she handed over: %+v", c)
	}
	if c := d.read("bob", two); !c.Mine || !slices.Equal(c.Team, []string{"bob"}) || len(c.Entries) != 4 {
		t.Errorf("bob has taken over %+v", c)
	}
	d.refused("left", "bob", "reply", three, "-text-file", s.path("text"))
	d.refused("nobody-else", "alice", "aside", three)
	if c := d.read("alice", three); !slices.Equal(c.Team, []string{"alice"}) || c.Account != three {
		t.Errorf("alice reads %+v", c)
	}
	d.both(five, func(c carried) bool { return !c.Closed && c.Reopened && c.Entries[2].Text == "canary-message-five" })
	d.both(six, func(c carried) bool { return c.Named == "bob" && len(c.Entries) == 3 })
	d.both(seven, func(c carried) bool { return c.Status == "investigator" && c.Entries[1].Text == "canary-note-seven" })
	if c := decode[carried](t, s.advocate("carol", "read", d.ids[eight], "-json")); c.Account != eight || c.AddedBy != "bob" || !c.Mine || !slices.Equal(c.Team, []string{"bob", "carol"}) {
		t.Errorf("carol reads %+v", c)
	}
	d.both(nine, func(c carried) bool { return c.Withdrawn && c.Account == "" })
	d.both(ten, func(c carried) bool { return c.Named == "" && c.Status == "" && len(c.Entries) == 1 })

	d.inBrowser(ten)

	// The second: what follows from it, and what she sees.
	d.act("bob", "reply", two, "canary-reply-two")
	d.act("alice", "reply", five, "canary-reply-five")
	s.write("text", "canary-reply-eight")
	s.advocate("carol", "reply", d.ids[eight], "-text-file", s.path("text"))
	cases[7].hands.message(cases[7].words, "canary-message-eight")
	d.sync()
	d.both(ten, func(c carried) bool { return c.Closed && c.Named == "bob" && len(c.Entries) == 4 })
	s.advocate("carol", "inbox")
	if c := decode[carried](t, s.advocate("carol", "read", d.ids[eight], "-json")); c.Entries[len(c.Entries)-1].Text != "canary-message-eight" {
		t.Errorf("carol reads %+v", c.Entries)
	}
	for i, want := range map[int]string{0: "canary-reason-one", 1: "canary-reply-two", 4: "canary-reply-five", 7: "canary-reply-eight", 9: "canary-reason-ten"} {
		for _, h := range []hands{page, program} {
			v, here := h.check(cases[i].words)
			if !here || !strings.Contains(v.String(), want) || strings.Contains(v.String(), "canary-note") {
				t.Errorf("%T of %q: %v %v", h, cases[i].account, here, v)
			}
		}
	}
	for _, h := range []hands{page, program} {
		if v, _ := h.check(cases[6].words); strings.Contains(fmt.Sprint(v), "canary-note") {
			t.Errorf("%T shows what colleagues said to one another: %v", h, v)
		}
	}

	// The server has seen none of it, and knows no more of it than of replies.
	var secrets []string
	for _, h := range cases {
		secrets = append(secrets, h.account, h.words)
	}
	secrets = append(secrets, "canary-reply", "canary-reason", "canary-handover", "canary-note", "canary-message", "investigator")
	if found := search(t, secrets, s.path("D"), s.path("D.pepper"), s.path("log"), s.path("tmp")); len(found) > 0 {
		t.Errorf("found %q", found)
	}
	if found := search(t, []string{one, "canary-reason", "canary-note", "canary-handover"}, s.path("alice"), s.path("bob")); len(found) > 0 {
		t.Errorf("on the advocates' disks: %q", found)
	}
}
