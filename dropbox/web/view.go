package web

import (
	"html/template"
	"slices"
	"strconv"
	"strings"
)

// What the templates of static/pages are given. A page never holds more than it shows: no code but on the words page.

// view is one page.
type view struct {
	Page    string // data-page: start, readers, questions, form, code, check, conversation, withdrawn, problem, poster
	Lang    string // en
	Box     string // the drop-box's name
	Exit    string // /exit or /exit/‹sitting›
	Problem *problem
	Lines   []supportLine
	People  []person // everyone in the roster: start, readers, form

	// start, readers
	Expires  string // the roster's last day, 2027-01-15
	Version  int
	Vouchers []voucher
	Expired  bool // nobody vouches for the roster now: no new reports

	Address string // poster: where this box is, as whoever prints it reached it
	Onion   bool

	Form         *formView         // form
	Code         *codeView         // code
	Check        *checkView        // check
	Conversation *conversationView // conversation
	Withdrawn    *withdrawnView    // withdrawn
}

// problem is what went wrong, by token: its sentences are problem.‹token›.title and .next in the catalogue.
type problem struct {
	Token string
	Field string            // the id of the control it is about, "" if none
	Args  map[string]any    // for the sentences: Count, Limit, Over, Names …
	Words []wordSuggestions // code-word, code-checksum, code-length, nothing-here
	// Swapped are pairs of positions: these words may be the other way round. code-checksum, nothing-here
	Swapped [][2]int
	Cut     bool // only the beginning of what she typed could be read
	Unread  bool // nothing of it was read: her browser still has it
}

type wordSuggestions struct {
	Position int
	Typed    string
	Nearest  []string
	Listed   bool // it is on the list
}

type person struct {
	ID, Name, Org, Role, Statement, Fingerprint string
	Languages                                   string // "English, Cymraeg"; "" if it is not known
	Receives                                    bool   // advocates and the ombudsperson
	Struck                                      bool   // ticked on the form
}

type voucher struct{ Name, Fingerprint string }

// hidden is what every private form carries.
type hidden struct {
	Ticket, Sending string
}

// selectionView is what a form shows of the readers, to strike them off.
type selectionView struct {
	Roster int
	Shown  []string // every id of People
	// FallbackName is the ombudsperson who reads if every advocate is struck off; "" if there is none.
	FallbackName string
	struck       map[string]bool // ids ticked
}

func (s *selectionView) fill(roster *Roster) {
	s.Roster, s.Shown = roster.Version, roster.people
	if o, ok := roster.Ombudsperson(); ok {
		s.FallbackName = o.Name
	}
}

// seen keeps the number of the roster that she saw, in a form that comes back for another reason: whoever was added since is named to her
// before anything goes there.
func (s *selectionView) seen(a selection, why *refused) {
	if n, err := strconv.Atoi(a.roster); err == nil && why.Token != "readers-changed" {
		s.Roster = n
	}
}

type formView struct {
	hidden
	selectionView
	Wish    string
	About   string
	Account string
	Prompts []promptView
	Copy    bool
	// Languages are those in which she can write; none if it is not known.
	Languages []string
}

type promptView struct{ ID, Question, Answer string }

type codeView struct {
	hidden
	Words          string
	Readers        []string // names of those who can read it now
	Earlier        bool     // the same form was sent before with other words: that one has its own code, and EarlierReaders got it
	EarlierReaders []string
	Copy           bool
	Record         bool   // nobody else can read it
	Ends           string // of a record: the last day it is kept if she adds nothing
}

type checkView struct {
	hidden
	Typed   string // kept after a mistake
	Arrived bool   // "Your report arrived. If you never saw your words, start a new one."
	Left    bool   // shown after leaving: nothing of hers
}

type conversationView struct {
	Typed    string // the words she typed with a form that came back
	Message  messageView
	Wishes   wishView
	Share    shareView // of a record
	Withdraw withdrawView
	Entries  []entryView // new replies first is the template's affair: they carry New
	Record   bool        // it is a record, not shared as far as her lines show
	Alone    bool        // and that is sure
	Shared   bool        // she pressed "share" for what is shared already: nothing was sent now
	Written  string      // day of a record that was or was not shared later, 2026-02-11
	Sent     string      // day it went to readers
	By       string      // seven days later: when a reader should have acknowledged; "" once one has
	Answer   string      // three months later
	Late     bool        // the next of these days is over
	Named    string      // who answered last
	Ends     string      // the day by which the box is deleted
	Readers  []string    // names of those who get what she writes now
	LeftOut  []string    // names or ids of readers who are no longer in the roster
	Missing  []string    // names of readers of whose replies some are missing
	Lost     bool        // lines of her own are missing
	Unread   int         // lines that could not be verified and are not shown
	Copy     bool
}

type messageView struct {
	hidden
	Text    string
	AskCode bool // the ticket is void: the form has a field for the words
}

// shareView is the form by which a record goes to readers.
type shareView struct {
	hidden
	selectionView
	Wish    string
	AskCode bool
}

type wishView struct {
	hidden
	Wish    string
	AskCode bool
}

type entryView struct {
	Kind, From, Name, Day, Text string // From: you, or a reader's id; Name: his name
	Wish, About                 string
	Prompts                     []promptView
	New                         bool
	Kept                        bool // false: she did not keep a copy of these words
}

// withdrawnView names readers: of whom everything unread was deleted, who was asked to delete, and who is no longer
// in the roster and so could not be asked.
type withdrawnView struct {
	Deleted, Asked, Unasked []string
	Before                  bool // it was taken back before: nothing more is known now
	Record                  bool // nobody else ever had it
	Unsure                  bool // it may have had readers that her lines do not show
}

type withdrawView struct {
	hidden
	AskCode bool
}

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
		f := &wordsForm{View: v, Asks: asks, ID: "code-" + name, Typed: typed, Wish: wish, Wishes: offeredWishes}
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
	return &wordsForm{View: v, Wish: wish, Wishes: offeredWishes}
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

// fresh counts the new replies.
func fresh(entries []entryView) (n int) {
	for _, e := range entries {
		n += boolOrder(e.New)
	}
	return n
}

// kept says whether the page brings back something she typed, so that it may say so.
func kept(v *view) bool {
	written := func(p promptView) bool { return p.Answer != "" }
	return v.Page != "problem" && (v.Form != nil && (v.Form.Account != "" || slices.ContainsFunc(v.Form.Prompts, written)) ||
		v.Conversation != nil && (v.Conversation.Message.Text != "" || v.Conversation.Typed != "") || v.Check != nil && v.Check.Typed != "")
}

// public pages link to one another. From the others a link would cost her text, or leave it open in a second tab.
func public(v *view) bool {
	return slices.Contains([]string{"start", "readers", "questions", "poster", "withdrawn", "problem"}, v.Page) || v.Page == "check" && v.Conversation == nil
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
