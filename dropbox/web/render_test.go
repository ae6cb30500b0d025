package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"golang.org/x/net/html"

	"tellbox/static"
)

var (
	somePeople = []person{
		{ID: "alice", Name: "Alice Adeyemi", Org: "Rape Crisis Northside", Role: "advocate", Statement: "Sits on no party committee", Languages: "English, Cymraeg", Fingerprint: "0f3a 99c1 7e42 d08b 5a61 c3f7 11be 42d9", Receives: true},
		{ID: "bea", Name: "Bea Lindqvist", Org: "Rape Crisis Northside", Role: "advocate", Languages: "English, العربية", Fingerprint: "71be 42d9 0f3a 99c1 7e42 d08b 5a61 c3f7", Receives: true, Struck: true},
		{ID: "olu", Name: "Olu Marsh", Org: "Independent", Role: "ombudsperson", Statement: "Retired judge", Fingerprint: "5a61 c3f7 11be 42d9 0f3a 99c1 7e42 d08b", Receives: true},
	}
	someLines = []supportLine{
		{Name: "Samaritans", Phone: "116 123", Hours: "daily 00:00-24:00", Zone: "Europe/London", Open: true},
		{Name: "Evening line", Phone: "0808 500 2222", Hours: "Mon-Fri 18:00-22:00; Sat,Sun 10:00-14:00", Zone: "Europe/London", At: "18:00"},
		{Name: "Shout", Phone: "text SHOUT to 85258", Hours: "daily 08:00-23:00", Zone: "Europe/London", Day: "Mon", At: "08:00"},
	}
	someHidden  = hidden{"ticket-value", "sending-value"}
	someWords   = "apricot banjo cactus drumstick elbow fountain gravel hammock"
	somePrompts = []promptView{{ID: "when", Answer: "last <spring>"}, {ID: "told"}, {ID: "own", Question: "What does the operator ask?"}}
)

func crowd() []person {
	people := slices.Clone(somePeople)
	for i := range 57 {
		people = append(people, person{ID: fmt.Sprintf("p%d", i), Name: fmt.Sprintf("Person Number-%d", i), Org: "Some Long Organisation of the North", Role: roleOrder[2+i%2]})
	}
	return people
}

func someConversation() *conversationView {
	return &conversationView{
		Message: messageView{hidden: someHidden}, Wishes: wishView{hidden: someHidden, Wish: "thinking"}, Withdraw: withdrawView{hidden: someHidden},
		Entries: []entryView{
			{Kind: "report", From: "you", Day: "2026-02-11", Text: "\nIt was <b>him</b>.\nTwice.", Wish: "advice", About: "me", Prompts: somePrompts[:1], Kept: true},
			{Kind: "reply", From: "alice", Name: "Alice Adeyemi", Day: "2026-02-12", Text: "First answer", Answer: true},
			{Kind: "wish", From: "you", Day: "2026-02-13", Wish: "thinking", Kept: true},
			{Kind: "message", From: "you", Day: "2026-02-13"},
			{Kind: "reply", From: "alice", Name: "Alice Adeyemi", Day: "2026-02-14", Text: "Second answer", New: true, Answer: true},
			{Kind: "reply", From: "bea", Name: "Bea Lindqvist", Day: "2026-02-15", Text: "Third answer", New: true, Answer: true},
		},
		Written: "2026-02-11", Sent: "2026-02-11", Answer: "2026-05-11", Named: "Bea Lindqvist", Ends: "2028-02-14",
		Readers: []string{"Alice Adeyemi"}, LeftOut: []string{"Carol"}, Missing: []string{"Bea Lindqvist"}, Unread: 2,
	}
}

func someSelection() selectionView {
	return selectionView{Roster: 3, Shown: []string{"alice", "bea", "olu"}, FallbackName: "Olu Marsh"}
}

// filePages are those where files show.
func filePages(full *formView) map[string]*view {
	var every []arrival
	for i, fate := range fates {
		every = append(every, arrival{Name: fmt.Sprintf("picture %d.jpg", i), Size: int64(i) * 700_000, Fate: fate})
	}
	every[0].Removed = hiddenData
	kept := *full
	kept.Original = true
	written := func() *conversationView {
		c := someConversation()
		c.Done, c.Save = "message", hidden{Ticket: someHidden.Ticket}
		c.Entries = c.Entries[3:]
		for i, media := range []string{"image/jpeg", "video/mp4", "audio/mpeg", "application/pdf", "text/plain", "application/zip"} {
			e := &c.Entries[i%2]
			e.Files = append(e.Files, fileView{fmt.Sprintf("file %d.bin", i), media, 1 << (6 * i), strings.Repeat("ab", 32)})
		}
		return c
	}
	return map[string]*view{
		"form-no-room":         {Page: "form", Form: full},
		"form-files-again":     {Page: "form", Form: &kept, Rechoose: true, Problem: &problem{Token: "code-in-text", Field: "account"}},
		"code-files":           {Page: "code", Code: &codeView{hidden: someHidden, Words: someWords, Readers: []string{"Alice Adeyemi"}}, Files: every},
		"code-files-arrived":   {Page: "code", Code: &codeView{hidden: someHidden, Words: someWords, Record: true, Ends: "2036-02-11"}, Files: every[:4]},
		"conversation-files":   {Page: "conversation", Conversation: written(), Files: every},
		"conversation-no-room": {Page: "conversation", Conversation: written()},
		"message-files": {Page: "conversation", Problem: &problem{Token: "file-not-sent", Field: "files-field", Files: every[4:]}, Rechoose: true,
			Conversation: &conversationView{Message: messageView{hidden: someHidden, Original: true}}},
	}
}

func someRecord() *conversationView {
	return &conversationView{
		Message: messageView{hidden: someHidden}, Withdraw: withdrawView{hidden: someHidden}, Share: shareView{hidden: someHidden, selectionView: someSelection()},
		Entries: []entryView{
			{Kind: "report", From: "you", Day: "2026-02-11", Text: "What he said", Wish: "record", About: "saw", Kept: true},
			{Kind: "message", From: "you", Day: "2026-03-01", Text: "And again", Kept: true},
		},
		Record: true, Alone: true, Written: "2026-02-11", Ends: "2036-03-03", Copy: true,
	}
}

// samples are every page in every state that looks different.
func samples() map[string]*view {
	form := func() *formView {
		return &formView{hidden: someHidden, selectionView: someSelection(), Prompts: somePrompts,
			Languages: []string{"English", "Cymraeg", "العربية"}}
	}
	full := form()
	full.Account, full.Wish, full.About, full.Copy = "It was </textarea>him.", "complaint", "saw", true
	alone := form()
	alone.FallbackName, alone.Prompts, alone.Languages = "", nil, []string{"English"}
	unread := someConversation()
	unread.Entries, unread.Unread, unread.LeftOut, unread.Missing = unread.Entries[:4], 1, nil, nil
	waiting, late, shared, lost := someConversation(), someConversation(), someConversation(), someRecord()
	waiting.Entries, waiting.Named, waiting.By = waiting.Entries[:1], "", "2026-02-18"
	late.Late = true
	shared.Shared, shared.Written = true, "2025-11-30"
	shared.Entries = append(someRecord().Entries, entryView{Kind: "share", From: "you", Day: "2026-02-11", Wish: "advice", Kept: true})
	lost.Lost, lost.Alone = true, false
	s := map[string]*view{
		"start":                   {Page: "start"},
		"start-expired":           {Page: "start", Expired: true},
		"readers":                 {Page: "readers"},
		"readers-expired":         {Page: "readers", Expired: true},
		"questions":               {Page: "questions"},
		"poster":                  {Page: "poster", Address: strings.Repeat("abcdefg2", 7) + ".onion", Onion: true},
		"form":                    {Page: "form", Form: form()},
		"form-full":               {Page: "form", Form: full},
		"form-alone":              {Page: "form", Form: alone},
		"form-crowd":              {Page: "form", Form: full, People: crowd()},
		"code":                    {Page: "code", Code: &codeView{hidden: someHidden, Words: someWords, Readers: []string{"Alice Adeyemi", "Bea Lindqvist"}}},
		"code-earlier":            {Page: "code", Code: &codeView{hidden: someHidden, Words: someWords, Readers: []string{"Alice Adeyemi"}, Copy: true, Earlier: true, EarlierReaders: []string{"Bea Lindqvist"}}},
		"check":                   {Page: "check", Check: &checkView{hidden: someHidden}},
		"check-left":              {Page: "check", Check: &checkView{hidden: someHidden, Left: true}},
		"check-arrived":           {Page: "check", Check: &checkView{hidden: someHidden, Arrived: true}},
		"conversation":            {Page: "conversation", Conversation: someConversation()},
		"conversation-none":       {Page: "conversation", Conversation: unread},
		"code-record":             {Page: "code", Code: &codeView{hidden: someHidden, Words: someWords, Record: true, Ends: "2036-02-11"}},
		"record":                  {Page: "conversation", Conversation: someRecord()},
		"record-lost":             {Page: "conversation", Conversation: lost},
		"record-withdrawn":        {Page: "withdrawn", Withdrawn: &withdrawnView{Record: true}},
		"record-withdrawn-unsure": {Page: "withdrawn", Withdrawn: &withdrawnView{Unsure: true}},
		"conversation-waiting":    {Page: "conversation", Conversation: waiting},
		"conversation-late":       {Page: "conversation", Conversation: late},
		"conversation-shared":     {Page: "conversation", Conversation: shared},
		"withdrawn":               {Page: "withdrawn", Withdrawn: &withdrawnView{Deleted: []string{"Alice Adeyemi"}, Asked: []string{"Bea Lindqvist"}, Unasked: []string{"Carol"}}},
		"withdrawn-nobody":        {Page: "withdrawn", Withdrawn: &withdrawnView{}},
	}
	maps.Copy(s, filePages(full))
	maps.Copy(s, caseworkPages())
	for name, c := range map[string]*conversationView{
		"message":  {Message: messageView{hidden: someHidden, Text: "What she wrote", AskCode: true}},
		"wish":     {Wishes: wishView{hidden: someHidden, Wish: "advice", AskCode: true}},
		"withdraw": {Withdraw: withdrawView{hidden: someHidden}},
		"share":    {Share: shareView{hidden: someHidden, selectionView: someSelection(), AskCode: true, Wish: "complaint"}},
		"all":      {Message: messageView{hidden: someHidden}, Wishes: wishView{hidden: someHidden}, Withdraw: withdrawView{hidden: someHidden}},
	} {
		s["check-again-"+name] = &view{Page: "check", Problem: &problem{Token: "used-ticket", Field: "code"}, Conversation: c}
		c.Typed = "eight words"
	}
	s["check-arrived-message"] = &view{Page: "check", Problem: &problem{Token: "used-ticket", Field: "code"}, Check: &checkView{hidden: someHidden, Arrived: true}}
	s["share-no-reader"] = &view{Page: "conversation", Problem: &problem{Token: "no-reader", Field: "exclude"},
		Conversation: &conversationView{Share: shareView{hidden: someHidden, selectionView: someSelection(), Wish: "thinking"}}}
	s["message-no-reader"] = &view{Page: "conversation", Problem: &problem{Token: "no-reader"},
		Conversation: &conversationView{Message: messageView{hidden: someHidden, Text: "What she wrote"}}}
	s["withdraw-unconfirmed"] = &view{Page: "conversation", Problem: &problem{Token: "malformed", Field: "confirm"},
		Conversation: &conversationView{Withdraw: withdrawView{hidden: someHidden}}}
	s["message-too-long"] = &view{Page: "conversation", Problem: &problem{Token: "too-long", Field: "text", Args: map[string]any{"Count": 100_001, "Over": 1}},
		Conversation: &conversationView{Message: messageView{hidden: someHidden, Text: "What she wrote"}}}
	for _, token := range problemTokens {
		s["problem-"+token] = &view{Page: "problem", Problem: &problem{Token: token}}
		p, again := &problem{Token: token}, *full
		v := &view{Page: "form", Form: &again, Problem: p}
		switch token {
		case "too-long":
			p.Field, p.Args = "account", map[string]any{"Count": 112_345, "Limit": 100_000, "Over": 12_345}
		case "empty-account":
			p.Field, again.Account = "account", ""
		case "no-reader", "unknown-reader", "readers-changed":
			p.Field, p.Args = "exclude", map[string]any{"Names": []string{"Carol"}}
		case "code-word", "code-checksum", "code-length", "nothing-here", "used-ticket":
			p.Field, p.Args = "code", map[string]any{"Count": 7}
			*v = view{Page: "check", Problem: p, Check: &checkView{hidden: someHidden, Typed: "Aprikot banjo"}}
		case "not-found", "malformed":
			continue
		}
		switch token {
		case "code-word":
			p.Words = []wordSuggestions{{Position: 1, Typed: "aprikot", Nearest: []string{"apricot", "april"}}, {Position: 3, Typed: "zzzz"}}
		case "code-checksum":
			p.Words, p.Swapped = []wordSuggestions{{Position: 2, Typed: "banjo", Nearest: []string{"bingo"}, Listed: true}}, [][2]int{{3, 4}}
		}
		s["refused-"+token] = v
	}
	for name, v := range s {
		v.Threshold = 2
		if !strings.HasSuffix(name, "no-room") {
			v.FileLimit = 500 << 20
		}
		v.Lang, v.Box, v.Exit, v.Lines = "en", "Northside Box", "/exit/abc", someLines
		v.Version, v.Expires, v.Vouchers = 3, "2027-01-15", []voucher{{"Dame Vera", "11be 42d9 0f3a 99c1 7e42 d08b 5a61 c3f7", true}, {"Ben Bevan", "5a61 c3f7 11be 42d9 0f3a 99c1 7e42 d08b", false}}
		if v.People == nil {
			v.People = somePeople
		}
	}
	return s
}

func rendered(t *testing.T) map[string][]byte {
	t.Helper()
	r, err := newRenderer(static.Files, nil)
	if err != nil {
		t.Fatal(err)
	}
	return renderedIn(t, r, "en-GB")
}

func renderedIn(t *testing.T, r *renderer, lang string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for name, v := range samples() {
		var err error
		if out[name], err = r.page(lang, v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if dir := os.Getenv("TELLBOX_PAGES"); dir != "" { // to look at them
			page := bytes.ReplaceAll(out[name], []byte(`href="/style.css"`), []byte(`href="style.css"`))
			if tongue := r.tongue(lang); tongue != r.tongues[0] {
				name += "." + tongue.tag.String()
			}
			if err := os.WriteFile(filepath.Join(dir, name+".html"), page, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out
}

// node helpers

func find(n *html.Node, match func(*html.Node) bool) (found []*html.Node) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && match(d) {
			found = append(found, d)
		}
	}
	return found
}

func tagged(n *html.Node, tags ...string) []*html.Node {
	return find(n, func(n *html.Node) bool { return slices.Contains(tags, n.Data) })
}

func withID(n *html.Node, id string) *html.Node {
	if f := find(n, func(n *html.Node) bool { return attr(n, "id") == id }); len(f) > 0 {
		return f[0]
	}
	return nil
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func parsed(t *testing.T, page []byte) *html.Node {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// wellFormed wants every element closed where it was opened: browsers mend the rest, each in its own way.
func wellFormed(t *testing.T, name string, page []byte) {
	void := []string{"meta", "link", "input", "br"}
	var open []string
	z := html.NewTokenizer(bytes.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("%s: %q are left open", name, open)
			}
			return
		case html.StartTagToken:
			tag := z.Token().Data
			if !slices.Contains(void, tag) {
				open = append(open, tag)
			}
		case html.EndTagToken:
			tag := z.Token().Data
			if len(open) == 0 || open[len(open)-1] != tag {
				t.Errorf("%s: </%s> closes %q", name, tag, open)
				return
			}
			open = open[:len(open)-1]
		}
	}
}

func TestRenderPages(t *testing.T) {
	for name, page := range rendered(t) {
		wellFormed(t, name, page)
		doc, v := parsed(t, page), samples()[name]
		ids := map[string]bool{}
		for _, n := range find(doc, func(n *html.Node) bool { return has(n, "id") }) {
			if ids[attr(n, "id")] {
				t.Errorf("%s: the id %q is there twice", name, attr(n, "id"))
			}
			ids[attr(n, "id")] = true
		}
		if m := withID(doc, "main"); m == nil || m.Data != "main" || attr(m, "data-page") != v.Page {
			t.Errorf("%s: no main of page %s", name, v.Page)
		}
		if n := len(tagged(doc, "h1")); n != 1 {
			t.Errorf("%s: %d h1", name, n)
		}
		if h := tagged(doc, "html")[0]; attr(h, "lang") != "en" || attr(h, "dir") != "ltr" {
			t.Errorf("%s: got lang %q, dir %q", name, attr(h, "lang"), attr(h, "dir"))
		}
		if got := attr(tagged(doc, "a")[0], "class"); got != "skip" {
			t.Errorf("%s: the first stop is %q, want the skip link", name, got)
		}
		if exit := tagged(doc, "a")[1]; attr(exit, "id") != "exit" || attr(exit, "href") != "/exit/abc" || attr(exit, "rel") != "noreferrer" {
			t.Errorf("%s: the second stop is not the exit", name)
		}
		for _, n := range tagged(doc, "style", "svg", "img", "iframe", "object", "font", "base") {
			t.Errorf("%s: there is a %s", name, n.Data)
		}
		for _, n := range tagged(doc, "script") {
			if attr(n, "src") != "/app.js" || !has(n, "defer") || n.FirstChild != nil || n.Parent.Data != "head" {
				t.Errorf("%s: there is a script that is not ours", name)
			}
		}
		if n := len(tagged(doc, "script")); n != 1 {
			t.Errorf("%s: %d scripts, want 1", name, n)
		}
		for _, n := range find(doc, func(n *html.Node) bool { return has(n, "data-script") }) {
			if !has(n, "hidden") {
				t.Errorf("%s: a %s that needs script is shown without", name, n.Data)
			}
		}
		for _, n := range find(doc, func(n *html.Node) bool { return true }) {
			for _, a := range n.Attr {
				switch {
				case a.Key == "style", strings.HasPrefix(a.Key, "on"):
					t.Errorf("%s: inline %s", name, a.Key)
				case slices.Contains([]string{"href", "src", "action"}, a.Key) && !regexp.MustCompile(`^(/|#|tel:)`).MatchString(a.Val),
					strings.Contains(a.Val, "://"):
					t.Errorf("%s: %s=%q leads elsewhere", name, a.Key, a.Val)
				case a.Key == "href" && strings.HasPrefix(a.Val, "#") && !ids[a.Val[1:]], a.Key == "for" && !ids[a.Val]:
					t.Errorf("%s: %s=%q leads nowhere", name, a.Key, a.Val)
				case a.Key == "aria-describedby" || a.Key == "aria-labelledby":
					for id := range strings.FieldsSeq(a.Val) {
						if !ids[id] {
							t.Errorf("%s: %s names %q, which is not there", name, a.Key, id)
						}
					}
				}
			}
		}
		checkControls(t, name, doc)
		checkProblem(t, name, doc, v)
		if bytes.Contains(page, []byte("ZgotmplZ")) || bytes.Contains(page, []byte("<no value>")) {
			t.Errorf("%s: a value did not come through", name)
		}
	}
}

func checkControls(t *testing.T, name string, doc *html.Node) {
	for _, n := range tagged(doc, "input", "textarea", "select") {
		if attr(n, "type") == "hidden" {
			continue
		}
		inside := false
		for p := n.Parent; p != nil; p = p.Parent {
			inside = inside || p.Data == "label"
		}
		labels := find(doc, func(l *html.Node) bool { return l.Data == "label" && has(n, "id") && attr(l, "for") == attr(n, "id") })
		if !inside && len(labels) != 1 {
			t.Errorf("%s: %s has %d labels", name, attr(n, "name"), len(labels))
		}
		if n.Data == "textarea" || attr(n, "type") == "text" {
			if attr(n, "autocomplete") != "off" || attr(n, "spellcheck") != "false" {
				t.Errorf("%s: %s may leave a trace in the browser", name, attr(n, "name"))
			}
		}
	}
	for _, f := range tagged(doc, "form") {
		if attr(f, "method") != "post" || len(tagged(f, "button")) != 1 {
			t.Errorf("%s: a form is not one POST with one button", name)
		}
		names := map[string]string{}
		for _, n := range find(f, func(n *html.Node) bool { return attr(n, "type") == "hidden" }) {
			names[attr(n, "name")] = attr(n, "value")
		}
		open := attr(f, "action") == "/report" || attr(f, "action") == "/check" && strings.HasPrefix(name, "start")
		if names["lang"] != "en" || !open && names["ticket"] != someHidden.Ticket {
			t.Errorf("%s: the form to %s carries %v", name, attr(f, "action"), names)
		}
	}
}

func checkProblem(t *testing.T, name string, doc *html.Node, v *view) {
	e := withID(doc, "error")
	if v.Problem == nil {
		if e != nil {
			t.Errorf("%s: an error where there is none", name)
		}
		return
	}
	if e == nil || attr(e, "role") != "alert" || attr(e, "data-error") != v.Problem.Token {
		t.Fatalf("%s: no error %s", name, v.Problem.Token)
	}
	if v.Problem.Field == "" {
		return
	}
	links := find(e, func(n *html.Node) bool { return attr(n, "href") == "#"+v.Problem.Field })
	f := withID(doc, v.Problem.Field)
	if len(links) != 1 || f == nil || attr(f, "aria-invalid") != "true" || !slices.Contains(strings.Fields(attr(f, "aria-describedby")), "error") {
		t.Errorf("%s: error and field %s are not tied together", name, v.Problem.Field)
	}
	if got, want := strings.Contains(textOf(e), "What you wrote is still here."), kept(v); got != want {
		t.Errorf("%s: says that nothing is lost: got %t, want %t", name, got, want)
	}
}

func TestRenderMarkers(t *testing.T) {
	pages := rendered(t)
	code := withID(parsed(t, pages["code"]), "code")
	if code.Data != "output" || textOf(code) != someWords || code.FirstChild.NextSibling != nil {
		t.Errorf("got the words as %s %q", code.Data, textOf(code))
	}
	for name, page := range pages {
		if !strings.HasPrefix(name, "code") && bytes.Contains(page, []byte(someWords)) {
			t.Errorf("%s holds the words", name)
		}
	}

	doc := parsed(t, pages["conversation"])
	var got []string
	list := withID(doc, "conversation")
	for _, li := range find(list, func(n *html.Node) bool { return has(n, "data-kind") }) {
		text := find(li, func(n *html.Node) bool { return n.Data == "div" && attr(n, "class") == "text" })
		from := find(li, func(n *html.Node) bool { return attr(n, "class") == "from" })
		got = append(got, fmt.Sprintf("%s %s %s %q %q %s", attr(li, "data-kind"), attr(li, "data-from"), attr(li, "data-new"), textOf(from[0]),
			textOf(text[0]), attr(tagged(li, "time")[0], "datetime")))
	}
	want := []string{
		`reply bea yes "Bea Lindqvist" "Third answer" 2026-02-15`,
		`reply alice yes "Alice Adeyemi" "Second answer" 2026-02-14`,
		`message you no "You" "Your text is not shown here, as you chose to keep no copy." 2026-02-13`,
		`wish you no "You" "" 2026-02-13`,
		`reply alice no "Alice Adeyemi" "First answer" 2026-02-12`,
		`report you no "You" "\nIt was <b>him</b>.\nTwice." 2026-02-11`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got entries\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if s := textOf(doc); !strings.Contains(s, "You have 2 new answers.") || !strings.Contains(s, "11 February 2026") {
		t.Error("the conversation does not count new answers, or does not write dates")
	}

	got = nil
	for _, name := range []string{"refused-code-word", "refused-code-checksum"} {
		for _, li := range tagged(withID(parsed(t, pages[name]), "suggestions"), "li") {
			got = append(got, attr(li, "data-position")+" "+textOf(tagged(li, "code")[0]))
		}
	}
	if want := []string{"1 apricot", "1 april", "2 bingo"}; !slices.Equal(got, want) {
		t.Errorf("got suggestions %q, want %q", got, want)
	}
	if s := textOf(parsed(t, pages["refused-code-checksum"])); !strings.Contains(s, "Words 3 and 4 may be the other way round.") || strings.Contains(s, "not on our list") {
		t.Error("the page does not say which words may be swapped, or that a listed word is not listed")
	}

	doc = parsed(t, pages["withdrawn"])
	for id, want := range map[string]string{"deleted": "Alice Adeyemi", "asked": "Bea Lindqvist", "unasked": "Carol"} {
		if got := textOf(withID(doc, id)); got != want {
			t.Errorf("got #%s %q, want %q", id, got, want)
		}
	}
}

// What she typed comes back; nothing is chosen for her; nothing is offered that is not there.
func TestRenderForm(t *testing.T) {
	pages := rendered(t)
	checked := func(name string) (on, all []string) {
		for _, n := range tagged(parsed(t, pages[name]), "input") {
			if !slices.Contains([]string{"radio", "checkbox"}, attr(n, "type")) {
				continue
			}
			s := attr(n, "name") + "=" + attr(n, "value")
			if all = append(all, s); has(n, "checked") {
				on = append(on, s)
			}
		}
		return on, all
	}
	on, all := checked("form")
	if want := []string{"exclude=bea"}; !slices.Equal(on, want) {
		t.Errorf("the form comes with %q, want only %q", on, want)
	}
	want := []string{"wish=advice", "wish=thinking", "wish=complaint", "wish=record", "exclude=alice", "exclude=bea", "exclude=olu", "about=me", "about=saw", "about=told", "copy=yes", "original=yes"}
	if !slices.Equal(all, want) {
		t.Errorf("the form offers %q, want %q", all, want)
	}
	on, all = checked("form-crowd")
	if want := []string{"wish=complaint", "exclude=bea", "about=saw", "copy=yes"}; !slices.Equal(on, want) || len(all) != 69 {
		t.Errorf("the form comes back with %q of %d, want %q of 69", on, len(all), want)
	}
	areas := map[string]string{}
	for _, n := range tagged(parsed(t, pages["form-full"]), "textarea") {
		areas[attr(n, "name")] = textOf(n)
	}
	if want := map[string]string{"account": "It was </textarea>him.", "prompt.when": "last <spring>", "prompt.told": "", "prompt.own": ""}; !maps.Equal(areas, want) {
		t.Errorf("got texts %q, want %q", areas, want)
	}
	for name, page := range pages {
		files := (bytes.Contains(page, []byte(`action="/report/send"`)) || bytes.Contains(page, []byte(`action="/message"`))) && !strings.HasSuffix(name, "no-room")
		if bytes.Contains(page, []byte(`type="file"`)) != files || bytes.Contains(page, []byte("/consent")) ||
			bytes.Contains(page, []byte(`action="/share"`)) != slices.Contains([]string{"record", "record-lost", "share-no-reader", "check-again-share"}, name) {
			t.Errorf("%s offers what is not built", name)
		}
	}
}

// Pages that hold nothing of hers lead to the question about a safer way; no private page leads away to it.
func TestRenderSaferWay(t *testing.T) {
	pages := rendered(t)
	if withID(parsed(t, pages["questions"]), "question-way") == nil {
		t.Error("the questions have no safer way")
	}
	for name, leads := range map[string]bool{"start": true, "readers": true, "check": true, "form": false, "code": false, "conversation": false, "check-again-message": false} {
		if bytes.Contains(pages[name], []byte(`<a href="/questions#question-way">`)) != leads {
			t.Errorf("%s leads to the safer way: want %v", name, leads)
		}
	}
}

// On the page for the words, a form that comes back is alone there, asks for the words and has what she wrote.
func TestRenderFormsAgain(t *testing.T) {
	pages := rendered(t)
	for name, action := range map[string]string{"message": "/message", "wish": "/wish", "share": "/share", "withdraw": "/withdraw"} {
		doc := parsed(t, pages["check-again-"+name])
		f := tagged(doc, "form")
		if len(f) != 1 || attr(f[0], "action") != action {
			t.Fatalf("%s: not alone", name)
		}
		if code := withID(f[0], "code"); code == nil || attr(code, "value") != "eight words" {
			t.Errorf("%s: does not ask for the words", name)
		}
		if withID(doc, "conversation") != nil {
			t.Errorf("%s: there is a conversation", name)
		}
	}
	if got := textOf(withID(parsed(t, pages["check-again-message"]), "text")); got != "What she wrote" {
		t.Errorf("got %q", got)
	}
}

// catalogue

func english(t *testing.T) []byte {
	t.Helper()
	b, err := static.Files.ReadFile("lang/en.json")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func messagesOf(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(english(t), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func withCatalogue(t *testing.T, lang string, messages map[string]any) (*renderer, error) {
	t.Helper()
	return newRenderer(catalogues(t, map[string]map[string]any{lang: messages}), nil)
}

func catalogues(t *testing.T, of map[string]map[string]any) fs.FS {
	t.Helper()
	files := fstest.MapFS{"lang/en.json": {Data: english(t)}}
	for lang, messages := range of {
		b, err := json.Marshal(messages)
		if err != nil {
			t.Fatal(err)
		}
		files["lang/"+lang+".json"] = &fstest.MapFile{Data: b}
	}
	return files
}

func TestRenderCatalogue(t *testing.T) {
	keys := regexp.MustCompile(`(?m)^  "([^"]+)":`).FindAllSubmatch(english(t), -1)
	seen := map[string]bool{}
	for _, k := range keys {
		if seen[string(k[1])] {
			t.Errorf("%s is there twice", k[1])
		}
		seen[string(k[1])] = true
	}
	if n := len(messagesOf(t)); len(seen) != n {
		t.Errorf("saw %d keys, there are %d", len(seen), n)
	}
	used := map[string]bool{}
	for _, k := range familyKeys() {
		used[k] = true
	}
	for _, u := range ownUses {
		used[u.key] = true
	}
	r, err := newRenderer(static.Files, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pageNames { // parsed anew: the renderer has put most messages in their places
		sources := template.Must(template.New(page).Funcs(r.tongues[0].funcs()).ParseFS(static.Files, "pages/layout.html", "pages/parts.html", "pages/"+page+".html"))
		for _, part := range sources.Templates() {
			if part.Tree == nil {
				continue
			}
			for _, u := range uses(part.Tree.Root) {
				used[u.key] = true
			}
		}
	}
	for k := range seen {
		if !used[k] {
			t.Errorf("%s is not used", k)
		}
	}

	for change, alter := range map[string]func(map[string]any){
		"a key missing":          func(m map[string]any) { delete(m, "start.how") },
		"a plural missing":       func(m map[string]any) { m["problem.over"] = map[string]any{"one": "x"} },
		"a problem missing":      func(m map[string]any) { delete(m, "problem.busy.next") },
		"no such direction":      func(m map[string]any) { m["language.dir"] = "left" },
		"no such status":         func(m map[string]any) { m["language.status"] = "done" },
		"a month missing":        func(m map[string]any) { delete(m, "month.12") },
		"an empty message":       func(m map[string]any) { m["code.once"] = " " },
		"an argument misspelled": func(m map[string]any) { m["form.exclude.fallback"] = "{{.Nmae}}" },
	} {
		for _, lang := range []string{"en", "nl"} {
			m := messagesOf(t)
			alter(m)
			if _, err := withCatalogue(t, lang, m); err == nil {
				t.Errorf("%s, in %s: no error at start", change, lang)
			}
		}
	}
	m := messagesOf(t)
	m["start.more"] = "one too many"
	if _, err := withCatalogue(t, "nl", m); err == nil {
		t.Error("a key that English does not have: no error at start")
	}
}

func TestRenderLanguage(t *testing.T) {
	m := messagesOf(t)
	m["start.title"], m["language.dir"] = "Pseudo", "rtl"
	r, err := withCatalogue(t, "fa", m)
	if err != nil {
		t.Fatal(err)
	}
	for asked, want := range map[string]string{"": "en", "en-GB": "en", "fa": "fa", "fa-IR": "fa", "xx": "en", "<script>": "en"} {
		if got := r.tongue(asked).tag.String(); got != want {
			t.Errorf("tongue(%q): got %s, want %s", asked, got, want)
		}
	}
	page, err := r.page("fa", samples()["start"])
	if err != nil {
		t.Fatal(err)
	}
	if h := tagged(parsed(t, page), "html")[0]; attr(h, "dir") != "rtl" || attr(h, "lang") != "fa" || !bytes.Contains(page, []byte("Pseudo")) {
		t.Error("the other language is not used")
	}
	if _, err := r.page("en", &view{Page: "nowhere"}); err == nil {
		t.Error("a page that is none: no error")
	}
	if p, err := r.page("en", &view{Page: "form"}); err == nil || p != nil {
		t.Error("a form without its view: want an error and no half page")
	}
}

// With every message of the catalogue in brackets, what stands outside them came from the view.
func TestRenderNothingOutsideCatalogue(t *testing.T) {
	m := messagesOf(t)
	for k, v := range m {
		switch v := v.(type) {
		case string:
			m[k] = "⟦" + v + "⟧"
		case map[string]any:
			for form, s := range v {
				v[form] = "⟦" + s.(string) + "⟧"
			}
		}
	}
	m["language.dir"], m["language.status"] = "ltr", "reviewed"
	r, err := withCatalogue(t, "nl", m)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range samples() {
		v.Lang = "nl"
		page, err := r.page("nl", v)
		if err != nil {
			t.Fatal(err)
		}
		given := map[string]bool{"English": true} // in the switch, each language is called by its own name
		stringsIn(reflect.ValueOf(v), given)
		said := func(s string) {
			if s = strings.TrimSpace(outsideBrackets(s)); strings.IndexFunc(s, unicode.IsLetter) >= 0 && !given[s] {
				t.Errorf("%s says %q", name, s)
			}
		}
		doc := parsed(t, page)
		for n := range doc.Descendants() {
			if n.Type == html.TextNode {
				said(n.Data)
			}
			for _, a := range n.Attr {
				if n.Data == "button" && a.Key == "value" || slices.Contains([]string{"aria-label", "title", "placeholder", "alt", "content", "data-left", "data-found", "data-bad"}, a.Key) && n.Data != "meta" {
					said(a.Val)
				}
			}
		}
	}
}

func outsideBrackets(s string) string {
	depth := 0
	return strings.Map(func(r rune) rune {
		switch r {
		case '⟦':
			depth++
			return -1
		case '⟧':
			depth--
			return -1
		}
		if depth > 0 {
			return -1
		}
		return r
	}, s)
}

func stringsIn(v reflect.Value, into map[string]bool) {
	switch v.Kind() {
	case reflect.String:
		into[strings.TrimSpace(v.String())] = true
	case reflect.Pointer, reflect.Interface:
		stringsIn(v.Elem(), into)
	case reflect.Struct:
		for i := range v.NumField() {
			stringsIn(v.Field(i), into)
		}
	case reflect.Slice:
		for i := range v.Len() {
			stringsIn(v.Index(i), into)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			stringsIn(v.MapIndex(k), into)
		}
	}
}

// plain English

var sentenceEnd = regexp.MustCompile(`[.?!:]+[”’"]?(\s|$)`)

func wordsOf(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '’' && r != '\'' && !unicode.IsDigit(r) })
}

func TestRenderWords(t *testing.T) {
	forbidden := regexp.MustCompile(`(?i)\b(victims?|alleged(ly)?|allegations?|fail(s|ed|ure)?|invalid|submit(ted)?|error|harassment)\b`)
	for k, v := range messagesOf(t) {
		forms, ok := v.(map[string]any)
		if !ok {
			forms = map[string]any{"other": v}
		}
		for _, s := range forms {
			s := s.(string)
			if w := forbidden.FindString(s); w != "" {
				t.Errorf("%s says %q", k, w)
			}
			for _, sentence := range sentenceEnd.Split(s, -1) {
				if n := len(wordsOf(sentence)); n >= 25 {
					t.Errorf("%s has a sentence of %d words, want under 25: %s", k, n, sentence)
				}
			}
		}
	}
}

// Flesch-Kincaid grade: at most 6 on every page, and at most 8 in the few sentences of a problem, counted alone.
func TestRenderReadingGrade(t *testing.T) {
	pages := rendered(t)
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		doc := parsed(t, pages[name])
		words, grade := gradeOf(tagged(doc, "body")[0])
		if grade > 6 {
			t.Errorf("%s has reading grade %.1f, want at most 6", name, grade)
		}
		if e := withID(doc, "error"); e == nil {
			t.Logf("%-20s %3d words, grade %.1f", name, words, grade)
		} else if _, grade := gradeOf(e); grade > 8 {
			t.Errorf("the problem on %s has reading grade %.1f, want at most 8", name, grade)
		}
	}
}

// gradeOf counts whole sentences; headings and labels are shorter.
func gradeOf(n *html.Node) (words int, grade float64) {
	var sentences, syllables int
	for _, n := range tagged(n, "p", "li", "label", "legend", "h2", "dd") {
		s := strings.TrimSpace(textOf(n))
		if !sentenceEnd.MatchString(s) || len(tagged(n, "p", "div")) > 0 {
			continue
		}
		for _, sentence := range sentenceEnd.Split(s, -1) {
			if w := wordsOf(sentence); len(w) > 0 {
				sentences++
				words += len(w)
				for _, word := range w {
					syllables += syllablesIn(word)
				}
			}
		}
	}
	return words, .39*float64(words)/float64(sentences) + 11.8*float64(syllables)/float64(words) - 15.59
}

var vowels = regexp.MustCompile(`[aeiouy]+`)

func syllablesIn(word string) int {
	w := strings.ToLower(word)
	n := len(vowels.FindAllString(w, -1))
	silent := strings.HasSuffix(w, "e") && !strings.HasSuffix(w, "le") || strings.HasSuffix(w, "es") && !regexp.MustCompile(`([sxzc]|sh|ch|g)es$`).MatchString(w) ||
		strings.HasSuffix(w, "ed") && !strings.HasSuffix(w, "ted") && !strings.HasSuffix(w, "ded")
	if silent && n > 1 {
		n--
	}
	return max(n, 1)
}

func TestRenderSyllables(t *testing.T) {
	for word, want := range map[string]int{"a": 1, "people": 2, "report": 2, "advocate": 3, "ticked": 1, "deleted": 3, "stored": 1, "words": 1, "emergency": 4, "ombudsperson": 4, "place": 1, "places": 2, "somebody": 4, "page": 1} {
		if got := syllablesIn(word); got != want {
			t.Errorf("%s: got %d syllables, want %d", word, got, want)
		}
	}
}

func TestRenderWeight(t *testing.T) {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	sizes := []int{}
	for _, b := range [][]byte{rendered(t)["start"], mustRead(t, "style.css"), mustRead(t, "app.js"), mustRead(t, "icon.png")} {
		before := out.Len()
		w.Reset(&out)
		w.Write(b)
		w.Close()
		sizes = append(sizes, out.Len()-before)
	}
	t.Logf("gzipped: page, sheet, script, icon %v", sizes)
	if out.Len() > 14<<10 {
		t.Errorf("the first page with all it loads has %d bytes gzipped, want at most %d", out.Len(), 14<<10)
	}
}

func mustRead(t *testing.T, name string) []byte {
	t.Helper()
	b, err := static.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
