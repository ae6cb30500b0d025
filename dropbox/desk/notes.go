package desk

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"tellbox/dropbox"
)

// Note is something she wrote down for herself on a case. Nobody is sent it; it goes with the case, and along in a sealed backup.
type Note struct {
	N    int    `json:"n"` // stays when others are removed
	Day  string `json:"day"`
	Text string `json:"text"`
}

// Noted is a case's notes, in the order in which they were made.
type Noted struct {
	ID      string   `json:"id"`
	Notes   []Note   `json:"notes"`
	Notices []string `json:"notices"` // of the note just made
}

// Notes are those of one case. Errors: of a case that was taken back, ErrWithdrawn; ErrDamaged.
func (d *Desk) Notes(id string) (Noted, error) {
	c, err := d.writable(id)
	if err != nil {
		return Noted{id, []Note{}, []string{}}, err
	}
	list, err := d.notes(c.id)
	return Noted{c.id, list, []string{}}, err
}

func (d *Desk) notes(id string) ([]Note, error) {
	list := []Note{}
	if err := d.openPrivate(notes, id, &list); err != nil {
		return []Note{}, err
	}
	return list, nil
}

// AddNote keeps a note, with the day. The words of a code are not for her to keep: then it has a notice that says so, as a draft has. Errors: those of
// Notes, and ErrEmptyText, dropbox.ErrTooLong.
func (d *Desk) AddNote(id, text string) (Noted, error) {
	text = asReply(text)
	list, err := d.Notes(id)
	switch {
	case err != nil:
		return list, err
	case strings.TrimSpace(text) == "":
		return list, ErrEmptyText
	case utf8.RuneCountInString(text) > dropbox.MaxText:
		return list, dropbox.ErrTooLong
	case dropbox.ContainsCode(text):
		list.Notices = append(list.Notices, "Your note is kept, but it "+codeInIt)
	}
	n := 1
	for _, before := range list.Notes {
		n = max(n, before.N+1)
	}
	list.Notes = append(list.Notes, Note{n, dropbox.Today(d.now()), text})
	return list, d.savePrivate(notes, list.ID, list.Notes)
}

// RemoveNote deletes one note. Errors: those of Notes, and ErrNoSuchNote.
func (d *Desk) RemoveNote(id string, n int) (Noted, error) {
	list, err := d.Notes(id)
	if err != nil {
		return list, err
	}
	i := slices.IndexFunc(list.Notes, func(note Note) bool { return note.N == n })
	if i < 0 {
		return list, fmt.Errorf("note %d: %w", n, ErrNoSuchNote)
	}
	list.Notes = slices.Delete(list.Notes, i, i+1)
	if len(list.Notes) == 0 {
		return list, d.home.remove(d.privateName(notes, list.ID))
	}
	return list, d.savePrivate(notes, list.ID, list.Notes)
}
