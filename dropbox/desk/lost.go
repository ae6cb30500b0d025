package desk

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A report that does not open any more, because the disk damaged it or somebody exchanged it, takes its case out of the inbox. What she made
// of that case is still here, and must not be where nobody can find or delete it.

// Lost is what is left of such a case.
type Lost struct {
	ID       string `json:"id"`         // the case's; or, if nothing here tells that, the first characters of its mark. Forget takes both
	Replies  int    `json:"replies"`    // of hers
	OnTheWay bool   `json:"on_the_way"` // one of them
	Notes    bool   `json:"notes"`
	Draft    bool   `json:"draft"`
	Saved    int    `json:"saved"` // files and previews in its folder, readable

	mark string
}

// caseIDs are those that CaseID gives. She may have put folders of her own beside them.
var caseIDs = regexp.MustCompile(`^[a-z2-7]{10}$`)

// lost finds what belongs to no case of f, in the order of its names.
func (d *Desk) lost(f *folded) []Lost {
	byMark := map[string]*Lost{}
	of := func(mark, id string) *Lost {
		if byMark[mark] == nil {
			byMark[mark] = &Lost{ID: id, mark: mark}
		}
		return byMark[mark]
	}
	here := map[string]bool{}
	for _, c := range f.cases {
		here[c.id] = true
	}
	for _, it := range d.sent {
		if it.opened == nil {
			continue
		}
		if frame, err := d.believeOwn(it.opened); err == nil && !here[CaseID(frame.Drop)] {
			id := CaseID(frame.Drop)
			of(d.mark(id), id).Replies++
		}
	}
	for _, id := range d.home.folders("files") {
		if caseIDs.MatchString(id) && !here[id] {
			entries, _ := os.ReadDir(d.home.path("files", id)) // none, if it cannot be read
			of(d.mark(id), id).Saved = len(entries)
		}
	}
	kept := map[string][]string{}
	for _, folder := range []string{notes, drafts, "pending"} {
		kept[folder] = d.marksIn(folder)
	}
	if ids := d.idsOf(slices.Concat(kept[notes], kept[drafts], kept["pending"]), f); len(ids) > 0 {
		for mark, id := range ids {
			l := of(mark, id)
			l.Notes, l.Draft = slices.Contains(kept[notes], mark), slices.Contains(kept[drafts], mark)
			l.OnTheWay = slices.Contains(kept["pending"], mark)
		}
	}
	list := []Lost{}
	for mark, l := range byMark {
		if !d.forgotten[mark] { // or it is about to go
			list = append(list, *l)
		}
	}
	slices.SortFunc(list, func(a, b Lost) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// markName is how many characters of a mark stand for an id that nobody knows: as many as an id has.
const markName = 10

// idsOf names those of marks that belong to no case of f.
func (d *Desk) idsOf(marks []string, f *folded) map[string]string {
	ids := map[string]string{}
	if len(marks) == 0 {
		return ids
	}
	for _, mark := range marks {
		ids[mark] = mark[:min(len(mark), markName)]
	}
	for _, c := range f.cases {
		delete(ids, d.mark(c.id))
	}
	if len(ids) == 0 {
		return ids
	}
	for _, it := range slices.Concat(d.sent, f.unreadable) {
		if it.opened != nil {
			_, drop, _ := it.opened.Claimed()
			if id := CaseID(drop); ids[d.mark(id)] != "" {
				ids[d.mark(id)] = id
			}
		}
	}
	for _, id := range d.home.folders("files") {
		if ids[d.mark(id)] != "" {
			ids[d.mark(id)] = id
		}
	}
	for mark := range ids {
		if p, err := d.openPending(filepath.Join("pending", mark+".age")); err == nil && p != nil {
			ids[mark] = CaseID(p.Drop)
		}
	}
	return ids
}

// forgetLost is Forget of a case that has no report. A colleague's mail, or a stranger's, that says it belongs to it goes as well.
func (d *Desk) forgetLost(ctx context.Context, id string) (Forgotten, error) {
	id = strings.ToLower(strings.TrimSpace(id))
	f := d.fold()
	list := d.lost(f)
	list = slices.DeleteFunc(list, func(l Lost) bool { return !strings.HasPrefix(l.ID, id) })
	of := func(it *item) bool {
		if it.opened == nil {
			return false
		}
		_, drop, _ := it.opened.Claimed()
		return CaseID(drop) == id
	}
	switch {
	case len(list) > 1:
		return Forgotten{ID: id}, ErrAmbiguous
	case len(list) == 1:
		id = list[0].ID
	case caseIDs.MatchString(id) && (slices.ContainsFunc(d.mail, of) || slices.ContainsFunc(d.sent, of)):
		list = []Lost{{ID: id, mark: d.mark(id)}}
	default:
		return Forgotten{ID: id}, ErrUnknownCase
	}
	var items []*item
	for _, it := range slices.Concat(d.mail, d.sent) {
		if of(it) {
			items = append(items, it)
		}
	}
	return d.forgetAll(ctx, id, list[0].mark, items)
}

// damagedReplies says of replies on their way that they cannot be read any more. They are left as they are: a disk may be mended, a file
// come back out of a copy.
func (d *Desk) damagedReplies(names []string) (notices []string) {
	if len(names) == 0 {
		return nil
	}
	ids := map[string]string{}
	for _, c := range d.fold().cases {
		ids[d.pendingName(c.report.Drop)] = "in case " + c.id
	}
	for _, name := range names {
		in := ids[name]
		if in == "" {
			in = "in a case that is not here any more"
		}
		notices = append(notices, fmt.Sprintf("A reply of yours %s was on its way, and its file on this disk is damaged. It is not known whether it arrived, and it is not sent again. "+
			"If you have the file in a copy of your folder, put it back. If not, ask a colleague whether it is there; then delete the file, and write the reply again: %s", in, d.home.path(name)))
	}
	return notices
}
