package desk

// Views are the ways to look at an inbox: what came and was not shown yet, what its advocate is named for, what waits for her (or for anybody, as
// nobody is named), and what should have been done by now or soon.
var Views = []string{"new", "mine", "waiting", "overdue"}

// In says whether a case belongs into a view. What is over, for whatever reason, waits for nobody.
func (l *CaseLine) In(view string) bool {
	over := l.Withdrawn || l.Left
	switch view {
	case "new":
		return l.New
	case "mine":
		return l.Mine && !over
	case "waiting": // also what nobody reads any more, or it would wait for ever
		return l.Nobody || l.Waiting == "advocate" && (l.Mine || l.Named == "") && !over
	case "overdue":
		return (l.Overdue || l.Remind) && !over
	}
	return false
}
