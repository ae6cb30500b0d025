package web

import (
	"html/template"
	"slices"
	"strings"

	"tellbox/dropbox"
)

// What the templates ask of a view besides its fields.

// wordsForm is a form as the templates need it: on a page with several, each field has an id of its own.
type wordsForm struct {
	View   *view
	Asks   bool   // it has a field for the words
	ID     string // of that field: code for the first on the page, which is where problems link to
	Typed  string
	Wish   string
	Wishes []string // to choose from
}

// forms are those that v has tickets for, by name. On the page for the words, all of them ask for these.
func forms(v *view) map[string]*wordsForm {
	found, first := map[string]*wordsForm{}, true
	add := func(name string, asks bool, typed, wish string) {
		f := &wordsForm{View: v, Asks: asks, ID: "code-" + name, Typed: typed, Wish: wish, Wishes: dropbox.Wishes}
		if name == "share" {
			f.Wishes = readWishes
		}
		if asks && first {
			f.ID, first = "code", false
		}
		found[name] = f
	}
	typed, check := "", v.Page == "check"
	if v.Check != nil {
		typed = v.Check.Typed
	}
	c := v.Conversation
	if c != nil && c.Typed != "" {
		typed = c.Typed
	}
	switch {
	case v.Code != nil: // there, code is the words themselves
		add("check", true, "", "")
		found["check"].ID = "typed"
	case v.Check != nil && (v.Check.Ticket != "" || c == nil):
		add("check", true, typed, "")
	}
	if c != nil && c.Message.Ticket != "" {
		add("message", c.Message.AskCode || check, typed, "")
	}
	if c != nil && c.Wishes.Ticket != "" {
		add("wish", c.Wishes.AskCode || check, typed, c.Wishes.Wish)
	}
	if c != nil && c.Share.Ticket != "" {
		add("share", c.Share.AskCode || check, typed, c.Share.Wish)
	}
	if c != nil && c.Withdraw.Ticket != "" {
		add("withdraw", c.Withdraw.AskCode || check, typed, "")
	}
	return found
}

// choices are the wishes on the form.
func choices(v *view, wish string) *wordsForm {
	return &wordsForm{View: v, Wish: wish, Wishes: dropbox.Wishes}
}

// Selection is what the page's form shows of the readers; nil if it has none.
func (v *view) Selection() *selectionView {
	switch {
	case v.Form != nil:
		return &v.Form.selectionView
	case v.Conversation != nil && v.Conversation.Share.Ticket != "":
		return &v.Conversation.Share.selectionView
	}
	return nil
}

// field is the attributes that tie a control to its hints and, if the problem is about it, to that.
func field(v *view, id string, hints ...string) template.HTMLAttr {
	wrong := v.Problem != nil && v.Problem.Field == id && v.Page != "problem"
	if wrong {
		hints = append([]string{"error"}, hints...)
	}
	a := ` id="` + template.HTMLEscapeString(id) + `"`
	if len(hints) > 0 {
		a += ` aria-describedby="` + template.HTMLEscapeString(strings.Join(hints, " ")) + `"`
	}
	if wrong {
		a += ` aria-invalid="true"`
	}
	return template.HTMLAttr(a)
}

// group is the people of one role.
type group struct {
	Role             string
	Receives, Struck bool // somebody in it
	People           []person
}

func groups(people []person) (out []group) {
	for _, role := range roleOrder {
		g := group{Role: role}
		for _, p := range people {
			if p.Role == role {
				g.People = append(g.People, p)
				g.Receives, g.Struck = g.Receives || p.Receives, g.Struck || p.Struck
			}
		}
		if len(g.People) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// struckForm is a group on the form. The first control of all is where problems link to.
type struckForm struct {
	View   *view
	First  bool
	People []person
}

func struck(v *view, i int, g group) struckForm { return struckForm{v, i == 0, g.People} }

// newest puts new replies first, then the rest, each from the latest back.
func newest(entries []entryView) []entryView {
	out := slices.Clone(entries)
	slices.Reverse(out)
	slices.SortStableFunc(out, func(a, b entryView) int { return boolOrder(b.New) - boolOrder(a.New) })
	return out
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}

// fresh counts the new answers.
func fresh(entries []entryView) (n int) {
	for _, e := range entries {
		n += boolOrder(e.New && e.Answer)
	}
	return n
}

// news says whether anything is new.
func news(entries []entryView) bool {
	return slices.ContainsFunc(entries, func(e entryView) bool { return e.New })
}

// lost says whether some of the files that she chose did not arrive.
func lost(list []arrival) bool {
	return slices.ContainsFunc(list, func(a arrival) bool { return !a.Arrived() })
}

// Original says whether the page's form has the choice to keep hidden data ticked.
func (v *view) Original() bool {
	return v.Form != nil && v.Form.Original || v.Conversation != nil && v.Conversation.Message.Original
}

// kept says whether the page brings back something she typed, so that it may say so.
func kept(v *view) bool {
	written := func(p promptView) bool { return p.Answer != "" }
	return v.Page != "problem" && (v.Form != nil && (v.Form.Account != "" || slices.ContainsFunc(v.Form.Prompts, written)) ||
		v.Conversation != nil && (v.Conversation.Message.Text != "" || v.Conversation.Typed != ""))
}

// public pages link to one another. From the others a link would cost her text, or leave it open in a second tab.
func public(v *view) bool {
	return slices.Contains([]string{"start", "readers", "questions", "poster", "withdrawn", "problem"}, v.Page) || v.Page == "check" && v.Conversation == nil
}

// gone says whether the problem is that she has left.
func gone(v *view) bool { return v.Check != nil && v.Check.Left }

// signed are the keyholders who signed the roster, or those who did not.
func signed(all []voucher, did bool) (some []voucher) {
	for _, v := range all {
		if v.Signed == did {
			some = append(some, v)
		}
	}
	return some
}

func suggested(words []wordSuggestions) bool {
	return slices.ContainsFunc(words, func(w wordSuggestions) bool { return len(w.Nearest) > 0 })
}

// tel is what to dial for a number, or nothing for what is none.
func tel(phone string) template.URL {
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" ()/-", r) {
			return -1
		}
		return r
	}, phone)
	if digits == "" || strings.Trim(strings.TrimPrefix(digits, "+"), "0123456789") != "" {
		return ""
	}
	return template.URL("tel:" + digits)
}
