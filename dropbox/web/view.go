package web

import "strconv"

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
	// Threshold is how many of them have to sign a roster: a program of hers shows it too, beside the same fingerprints.
	Threshold int
	Expired   bool // nobody vouches for the roster now: no new reports

	FileLimit int64     // bytes of a file, where files can be chosen; 0 if there is no room for any
	Rechoose  bool      // files came with a form that was refused: they have to be chosen again
	Files     []arrival // what became of the files that came with a form that is stored

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
	Args  map[string]any    // for the sentences: Count, Over, Names
	Words []wordSuggestions // code-word, code-checksum, code-length, nothing-here
	// Swapped are pairs of positions: these words may be the other way round. code-checksum, nothing-here
	Swapped [][2]int
	Cut     bool      // only the beginning of what she typed could be read
	Unread  bool      // nothing of it was read: her browser still has it
	Files   []arrival // why none arrived, of a message that is nothing but files
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

// voucher is a keyholder.
type voucher struct {
	Name, Fingerprint string
	Signed            bool // this roster
}

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
	// Original: hidden data stays in pictures.
	Original bool
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
	Save     hidden      // the ticket for saving files, which does not spend it
	Entries  []entryView // new replies first is the template's affair: they carry New
	Record   bool        // it is a record, not shared as far as her lines show
	Alone    bool        // and that is sure
	Done     string      // what she has just done here, if it is stored: message, added, wish, share
	Shared   bool        // she pressed "share" for what is shared already: nothing was sent now
	Written  string      // day of a record that was or was not shared later, 2026-02-11
	Sent     string      // day it went to readers
	By       string      // seven days later: when a reader should have acknowledged; "" once one has
	Answer   string      // three months later
	Late     bool        // the next of these days is over
	Named    string      // whom she can expect to hear from: her contact, or who answered last
	Contact  bool        // and that is her contact, as a reader said
	Turn     turnView    // if it is late
	Standing standingView
	Aside    []string      // names of readers who stepped aside
	Against  []againstView // who was added although she struck them off
	Ends     string        // the day by which the box is deleted
	Readers  []string      // names of those who get what she writes now
	LeftOut  []string      // names or ids of readers who are no longer in the roster
	Missing  []string      // names of readers of whose replies some are missing
	Lost     bool          // lines of her own are missing
	Unread   int           // lines that could not be verified and are not shown
	Copy     bool
}

// standingView is how her report stands, in one of dropbox.Statuses, and who said so.
type standingView struct {
	Status, By, Day string // By: a name
	Reopened        bool   // she has written since it was closed
}

// turnView names whom she can turn to besides who is late. The ombudsperson has nothing of it so far.
type turnView struct {
	Others            []string
	Ombudsperson, Org string
}

// againstView is somebody she struck off, and the reader who added him all the same; by names.
type againstView struct{ Name, By, Ombudsperson string }

type messageView struct {
	hidden
	Text     string
	Original bool // hidden data stays in pictures
	AskCode  bool // the ticket is void: the form has a field for the words
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
	Files                       []fileView
	Answer                      bool // it is an answer, not only news of what readers decided

	// Of status and added: what was decided, people by their names.
	Status, Named, Added string
	Left                 bool // whoever it is from stepped aside
	Against              bool // she had struck off who was added
}

// fileView is a file of an entry.
type fileView struct {
	Name, Type string
	Size       int64
	Blob       string // 64 hex digits
}

// withdrawnView names readers: of whom everything unread was deleted, who was asked to delete, and who is no longer
// in the roster and so could not be asked.
type withdrawnView struct {
	Deleted, Asked, Unasked []string
	Against                 []string // who was added although she struck them off: they are sent nothing, not even that
	Before                  bool     // it was taken back before: nothing more is known now
	Record                  bool     // nobody else ever had it
	Unsure                  bool     // it may have had readers that her lines do not show
}

type withdrawView struct {
	hidden
	AskCode bool
}
