package main

import (
	"fmt"
	"strings"

	"tellbox/dropbox"
)

// conversation is what -json prints of a check: the contract's shape of advocate read, and what only she is told.
type conversation struct {
	Written       string           `json:"written"` // the day of the report, or of the record it began as
	Sent          string           `json:"sent"`    // the day it went to readers
	Wish          string           `json:"wish"`
	About         string           `json:"about"`
	Account       string           `json:"account"` // "" if she kept no copy
	Prompts       []dropbox.Prompt `json:"prompts"`
	Readers       []string         `json:"readers"` // who gets what she writes now
	StruckOff     []string         `json:"struck_off"`
	Consent       []struct{}       `json:"consent"`
	Withdrawn     bool             `json:"withdrawn"` // never: then nothing is here
	Entries       []entry          `json:"entries"`
	Record        bool             `json:"record"`
	Alone         bool             `json:"alone"` // and it is sure that nobody else has it
	Named         string           `json:"named"` // whom she can expect to hear from: who is named to her, or who answered last
	AcknowledgeBy string           `json:"acknowledge_by"`
	AnswerBy      string           `json:"answer_by"`
	Late          bool             `json:"late"`       // the next of these days is over
	Status        string           `json:"status"`     // one of dropbox.Statuses, as a reader said last; "" if none has
	StatusBy      string           `json:"status_by"`  // who said so
	StatusDay     string           `json:"status_day"` // and on which day
	Closed        bool             `json:"closed"`
	Reopened      bool             `json:"reopened"` // she has written since it was closed
	Left          []string         `json:"left"`     // readers who stepped aside
	Against       []against        `json:"against"`
	Ends          string           `json:"ends"` // nothing is deleted before this day, as the server says
	Warnings      []string         `json:"warnings"`
}

type entry struct {
	N     int        `json:"n"`
	Kind  string     `json:"kind"`
	From  string     `json:"from"` // "reporter" or an id
	Day   string     `json:"day"`
	Text  string     `json:"text"`
	Wish  string     `json:"wish,omitempty"`
	New   bool       `json:"new"` // later than her last own line
	Files []fileView `json:"files"`
	decision
}

// decision is what an entry of kind status or added says that readers decided.
type decision struct {
	Status string `json:"status,omitempty"`
	Named  string `json:"named,omitempty"` // who is named to her from then on
	Added  string `json:"added,omitempty"` // who was asked to read it too
	Left   bool   `json:"left,omitempty"`  // whoever it is from stepped aside
}

// against is somebody she struck off, and the reader who added him all the same.
type against struct {
	ID string `json:"id"`
	By string `json:"by"`
}

func check(c *call) (any, error) {
	v, err := c.come()
	if err != nil {
		return nil, err
	}
	v.show()
	if c.asks {
		return nil, v.stay()
	}
	return v.view(), v.older
}

// stay lets her go on from there until she leaves.
func (v *visit) stay() error {
	for {
		options := []option{{"leave", "Leave", ""}, {"message", text("message.title"), ""}, {"wish", text("wish.change"), ""}, {"withdraw", text("withdraw.title"), ""}, {"look", "Look again", ""}, {"lines", text("layout.help.title"), ""}}
		if v.c.IsRecord() {
			options[1].text, options[2] = text("record.add"), option{"share", text("share.title"), ""}
		}
		if len(v.files()) > 0 {
			options = append(options, option{"files", "Save files", ""})
		}
		what, err := v.choose("What would you like to do?", options, "leave")
		if err != nil || what == "leave" {
			v.clear()
			v.para("You can come back at any time with your words. Please close this window now.")
			return nil
		}
		switch what {
		case "lines":
			v.say("%s", text("layout.help.text"))
			v.showLines(v.b)
			continue
		case "files":
			if _, err = v.saveAsking(); err == nil {
				continue
			}
		case "message":
			_, err = v.message("", false, nil)
		case "wish":
			_, err = v.wish("")
		case "share":
			_, err = v.share("", nil)
		case "withdraw":
			if _, err = v.withdraw(false); err == nil {
				return nil
			}
		}
		if err != nil { // or she thought better of it
			v.unsent(err)
			continue
		}
		if err := v.again(); err != nil {
			return err
		}
		v.show()
	}
}

func (v *visit) view() *conversation {
	c := v.c
	readers, _ := c.Audience(v.b.receivers)
	due, stands := c.Due(dropbox.Today(v.now())), c.Standing()
	view := &conversation{Written: c.Written, Sent: c.Sent, Wish: c.Wish, About: c.About, Prompts: []dropbox.Prompt{}, Consent: []struct{}{},
		Readers: append([]string{}, dropbox.IDs(readers)...), StruckOff: append([]string{}, c.StruckOff...), Entries: []entry{}, Record: c.IsRecord(), Alone: c.Alone(),
		Named: due.Named, AcknowledgeBy: due.By, AnswerBy: due.Answer, Late: due.Late,
		Status: stands.Status, StatusBy: stands.By, StatusDay: stands.Day, Closed: stands.Status == dropbox.Closed, Reopened: stands.Reopened,
		Left: append([]string{}, c.Aside()...), Against: []against{}, Ends: dropbox.WeekBegins(c.Ends), Warnings: append([]string{}, v.warnings()...)}
	for _, id := range c.Against {
		view.Against = append(view.Against, against{id, c.AddedBy(id)})
	}
	fresh, n := c.Fresh(), 0
	for i, f := range c.Entries {
		e := entry{N: i + 1, Kind: f.Kind, From: f.From, Day: f.Day, Text: f.Text, Wish: f.Wish, New: i >= fresh, Files: []fileView{},
			decision: decision{f.Status, f.Named, f.Added, f.Left}}
		for j := range f.Files {
			n++
			e.Files = append(e.Files, viewOf(n, &f.Files[j]))
		}
		if f.Kind == dropbox.Report {
			view.Account, view.Prompts = f.Text, append(view.Prompts, f.Prompt...)
		}
		view.Entries = append(view.Entries, e)
	}
	return view
}

// warn gives them to whoever writes without having looked.
func (v *visit) warn() {
	for _, w := range v.warnings() {
		v.note("%s", w)
	}
}

// warnings say what is wrong, in words.
func (v *visit) warnings() (w []string) {
	to, gone := v.c.Audience(v.b.receivers)
	for _, id := range v.c.Against {
		w = append(w, v.against(id, to))
	}
	if v.older != nil {
		w = append(w, "The server shows an older list of readers than the one you have seen. Do not write here now, and ask somebody you trust.")
	}
	if v.b.expired {
		w = append(w, fmt.Sprintf("The list of readers ended on %s, and nobody vouches for it now. You can still write to your readers.", date(dropbox.Today(v.b.roster.Expires))))
	}
	if v.c.Lost {
		w = append(w, strings.TrimSuffix(text("conversation.lost"), " Check below who gets what you write now.")+" Check who gets what you write now.")
	}
	for _, id := range v.c.Missing {
		w = append(w, text("conversation.missing", "Name", v.b.reader(id)))
	}
	if v.c.Unread > 0 {
		w = append(w, counted("conversation.unread", v.c.Unread))
	}
	for _, id := range gone {
		w = append(w, text("conversation.left-out", "Name", v.b.reader(id)))
	}
	if !v.b.pinned {
		w = append(w, "Only the server has said who the readers are. Compare the keyholders' numbers with the poster before you write.")
	}
	return w
}
