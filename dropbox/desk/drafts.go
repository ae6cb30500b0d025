package desk

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"tellbox/dropbox"
)

// Draft is a reply that she has not sent. A case has one at most.
type Draft struct {
	ID      string   `json:"id"`
	Text    string   `json:"text"`    // "" if there is none
	Notices []string `json:"notices"` // why it cannot be sent as it stands
}

// codeInIt is said of what she keeps, for what she typed is not thrown away.
const codeInIt = "has the words of a code in it. Please take them out: whoever has them can read all of the conversation and speak as the reporter."

func draftOf(id, text string) Draft {
	d := Draft{ID: id, Text: text, Notices: []string{}}
	if dropbox.ContainsCode(text) {
		d.Notices = append(d.Notices, "Your draft is kept, but cannot be sent as it stands: it "+codeInIt)
	}
	if n := utf8.RuneCountInString(text); n > dropbox.MaxText {
		d.Notices = append(d.Notices, fmt.Sprintf("Your draft is kept, but cannot be sent as it stands: it has %d characters, and %d go in one reply. Send it in parts.", n, dropbox.MaxText))
	}
	return d
}

// Draft is the one of a case. Errors: of a case that was taken back, ErrWithdrawn; ErrDamaged.
func (d *Desk) Draft(id string) (Draft, error) {
	c, err := d.writable(id)
	if err != nil {
		return draftOf(id, ""), err
	}
	text, err := d.draft(c.id)
	return draftOf(c.id, text), err
}

func (d *Desk) draft(id string) (text string, err error) {
	err = d.openPrivate(drafts, id, &text)
	return text, err
}

// SetDraft keeps a draft instead of the one before. It may say what no reply may: its notices say so at once. Errors: ErrEmptyText,
// ErrWithdrawn.
func (d *Desk) SetDraft(id, text string) (Draft, error) {
	c, err := d.writable(id)
	if err != nil {
		return draftOf(id, ""), err
	}
	draft := draftOf(c.id, asReply(text))
	if strings.TrimSpace(draft.Text) == "" {
		return draft, ErrEmptyText
	}
	return draft, d.savePrivate(drafts, c.id, draft.Text)
}

// KeepDraft keeps what was not sent, after the draft that is there: nothing she wrote is lost. What that holds already is not added.
func (d *Desk) KeepDraft(id, text string) (Draft, error) {
	c, err := d.writable(id)
	if err == nil {
		err = d.keepDraft(c.id, text)
	}
	if err != nil {
		return draftOf(id, ""), err
	}
	return d.Draft(c.id)
}

func (d *Desk) keepDraft(id, text string) error {
	text = asReply(text)
	if strings.TrimSpace(text) == "" {
		return nil
	}
	before, err := d.draft(id)
	switch {
	case err != nil && !errors.Is(err, ErrDamaged): // of what is damaged there is nothing to keep
		return err
	case before == text || strings.HasSuffix(before, "\n\n"+text):
		return nil
	case before != "":
		text = before + "\n\n" + text
	}
	return d.savePrivate(drafts, id, text)
}

// DiscardDraft deletes a case's draft, also one that is damaged. Errors: ErrNoDraft.
func (d *Desk) DiscardDraft(id string) (Draft, error) {
	c, err := d.writable(id)
	if err != nil {
		return draftOf(id, ""), err
	}
	if !d.home.has(d.privateName(drafts, c.id)) {
		return draftOf(c.id, ""), ErrNoDraft
	}
	return draftOf(c.id, ""), d.home.remove(d.privateName(drafts, c.id))
}

// dropDraft takes text out of the draft, of which keepDraft may have made more than one: what is left stays.
func (d *Desk) dropDraft(id, text string) error {
	before, err := d.draft(id)
	if errors.Is(err, ErrDamaged) || err == nil && (before == "" || text == "") {
		return nil
	}
	if err != nil {
		return err
	}
	left, ok := strings.CutPrefix(before, text+"\n\n")
	if !ok {
		left, ok = strings.CutSuffix(before, "\n\n"+text)
	}
	switch {
	case before == text:
		return d.home.remove(d.privateName(drafts, id))
	case ok:
		return d.savePrivate(drafts, id, left)
	}
	return nil
}

// asReply is text as a reply would have it, so that the two can be compared.
func asReply(text string) string { return strings.TrimRight(dropbox.Clean(text), "\n") }
