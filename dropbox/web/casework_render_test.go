package web

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// caseworkPages are those where she sees what readers have decided.
func caseworkPages() map[string]*view {
	at := func(change func(c *conversationView)) *view {
		c := someConversation()
		c.Entries, c.LeftOut, c.Missing, c.Unread = c.Entries[:2], nil, nil, 0
		c.Entries = append(c.Entries,
			entryView{Kind: "added", From: "alice", Name: "Alice Adeyemi", Day: "2026-02-13", Added: "Cleo Marsh", Named: "Cleo Marsh", Text: "She knows more of this.", New: true},
			entryView{Kind: "status", From: "bea", Name: "Bea Lindqvist", Day: "2026-02-14", Left: true, New: true},
			entryView{Kind: "status", From: "cleo", Name: "Cleo Marsh", Day: "2026-02-16", Status: "investigator", Text: "You said yes to this <on Monday>.", Answer: true, New: true})
		c.Readers, c.Aside = []string{"Alice Adeyemi", "Cleo Marsh"}, []string{"Bea Lindqvist"}
		c.Named, c.Contact, c.Standing = "Cleo Marsh", true, standingView{Status: "investigator", By: "Cleo Marsh", Day: "2026-02-16"}
		change(c)
		return &view{Page: "conversation", Conversation: c}
	}
	closed := entryView{Kind: "status", From: "cleo", Name: "Cleo Marsh", Day: "2026-03-20", Status: "closed", Text: "You wrote that all is said for now.", Answer: true, New: true}
	pages := map[string]*view{
		"conversation-decided": at(func(*conversationView) {}),
		"conversation-news": at(func(c *conversationView) {
			c.Entries, c.Named, c.Contact, c.By = append(c.Entries[:1], entryView{Kind: "status", From: "alice", Name: "Alice Adeyemi", Day: "2026-02-12", Status: "received", Named: "Alice Adeyemi", New: true}), "Alice Adeyemi", true, "2026-02-18"
			c.Standing, c.Aside = standingView{Status: "received", By: "Alice Adeyemi", Day: "2026-02-12"}, nil
		}),
		"conversation-closed": at(func(c *conversationView) {
			c.Entries, c.Standing, c.Answer = append(c.Entries, closed), standingView{Status: "closed", By: "Cleo Marsh", Day: "2026-03-20"}, ""
		}),
		"conversation-reopened": at(func(c *conversationView) {
			c.Entries, c.Standing, c.Answer = append(c.Entries, closed, entryView{Kind: "message", From: "you", Day: "2026-04-02", Text: "There is more.", Kept: true}), standingView{Reopened: true}, ""
			for i := range c.Entries {
				c.Entries[i].New = false
			}
		}),
		"conversation-against": at(func(c *conversationView) {
			c.Against = []againstView{{"Dave Rhys", "Alice Adeyemi", "Olu Marsh"}}
			c.Entries = append(c.Entries, entryView{Kind: "added", From: "alice", Name: "Alice Adeyemi", Day: "2026-02-17", Added: "Dave Rhys", Against: true, New: true})
		}),
		"conversation-overdue": at(func(c *conversationView) {
			c.Late, c.Turn = true, turnView{[]string{"Alice Adeyemi", "Dilys Owen"}, "Olu Marsh", "Independent"}
		}),
		"conversation-panel": at(func(c *conversationView) { c.Standing.Status, c.Entries[4].Status = "panel", "panel" }),
		"conversation-answered": at(func(c *conversationView) {
			c.Standing.Status, c.Entries[4].Status, c.Answer = "answered", "answered", ""
		}),
		"withdrawn-against": {Page: "withdrawn", Withdrawn: &withdrawnView{Asked: []string{"Alice Adeyemi"}, Against: []string{"Dave Rhys"}}},
	}
	nobody := pages["conversation-against"].Conversation
	alone := *nobody
	alone.Against = []againstView{{"Dave Rhys", "Alice Adeyemi", ""}, {"Olu Marsh", "Cleo Marsh", ""}}
	pages["conversation-against-two"] = &view{Page: "conversation", Conversation: &alone}
	return pages
}

// Each thing that readers decided stands in its entry in a sentence, with the words to her; and on top how it stands now.
func TestRenderCasework(t *testing.T) {
	pages := rendered(t)
	says := func(name string, want ...string) {
		t.Helper()
		rest := strings.Join(strings.Fields(textOf(withID(parsed(t, pages[name]), "main"))), " ")
		for _, s := range want {
			_, after, ok := strings.Cut(rest, s)
			if !ok {
				t.Fatalf("%s does not say %q, or not there: %s", name, s, rest)
			}
			rest = after
		}
	}
	never := func(name string, never ...string) {
		t.Helper()
		for _, s := range never {
			if strings.Contains(textOf(withID(parsed(t, pages[name]), "main")), s) {
				t.Errorf("%s says %q", name, s)
			}
		}
	}
	says("conversation-decided", "You have 1 new answer.", "Your report is with the investigator. Cleo Marsh said so on 16 February 2026.", "Your contact is Cleo Marsh.", "You should have a full answer by 11 May 2026.",
		"Cleo Marsh", "Your report is with the investigator.", "You said yes to this <on Monday>.",
		"Bea Lindqvist stepped aside, and gets nothing new from you. Whoever steps aside is asked to delete what they have.",
		"Alice Adeyemi asked Cleo Marsh to read this too", "Alice Adeyemi could also write to you in the name of Cleo Marsh.", "Cleo Marsh is your contact from now on.", "She knows more of this.",
		"Who gets what you write now", "Alice Adeyemi", "Cleo Marsh", "Bea Lindqvist stepped aside, and gets nothing new from you.")
	says("conversation-news", "There is news about your report.", "Your report has arrived. Alice Adeyemi said so on 12 February 2026.", "Your contact is Alice Adeyemi.", "A reader should write to you by 18 February 2026.")
	never("conversation-news", "new answer", "full answer by 11 May 2026.")
	says("conversation-closed", "Your report is closed. Cleo Marsh said so on 20 March 2026.", "You can write more at any time. Then it is open again.", "You wrote that all is said for now.")
	never("conversation-closed", "full answer by")
	says("conversation-reopened", "There is no new answer yet.", "You wrote more after your report was closed. It is open again.")
	never("conversation-reopened", "Cleo Marsh said so")
	says("conversation-overdue", "Your contact is Cleo Marsh.", "The day for an answer has passed.", "They get what you write below: Alice Adeyemi, Dilys Owen", "Olu Marsh (Independent), the ombudsperson,", "You can call a help line, with or without a report.")
	says("conversation-against", "You ruled out Dave Rhys. But Dave Rhys may have your report.", "Alice Adeyemi passed it on", "Alice Adeyemi could pass on more.", "help line", "You can tell Olu Marsh, the ombudsperson,", "write it again without Alice Adeyemi.", "You had ruled out Dave Rhys.")
	never("conversation-against-two", "the ombudsperson")
	says("conversation-against-two", "write it again without Alice Adeyemi.", "write it again without Cleo Marsh.")
	says("withdrawn-against", "Asked to delete their copy", "Alice Adeyemi", "Could not be asked", "You ruled out these people", "Dave Rhys")
	for name, page := range pages {
		against := strings.HasPrefix(name, "conversation-against")
		if bytes.Contains(page, []byte(`id="against"`)) != against || against && attr(withID(parsed(t, page), "against"), "role") != "alert" {
			t.Errorf("%s: an alert that somebody was added against her will: want %v", name, against)
		}
		if late := slices.Contains([]string{"conversation-late", "conversation-overdue"}, name); bytes.Contains(page, []byte(`id="late"`)) != late {
			t.Errorf("%s says that a day has passed: want %v", name, late)
		}
		s := withID(parsed(t, page), "status")
		if v := samples()[name]; s != nil && (v.Conversation.Standing.Status == "" || attr(s, "data-status") != v.Conversation.Standing.Status) {
			t.Errorf("%s says how it stands: %s", name, textOf(s))
		}
	}
	for _, li := range find(withID(parsed(t, pages["conversation-decided"]), "conversation"), func(n *html.Node) bool { return attr(n, "data-kind") == "status" || attr(n, "data-kind") == "added" }) {
		if len(tagged(li, "p")) < 3 {
			t.Errorf("an entry says nothing: %s", textOf(li))
		}
	}
}
