package desk

import (
	"errors"
	"strings"

	"tellbox/dropbox"
)

// Draft is a reply that she has not sent. A case has one at most.
type Draft struct {
	ID   string `json:"id"`
	Text string `json:"text"` // "" if there is none
}

// Draft is the one of a case. Errors: of a case that was taken back, ErrWithdrawn; ErrDamaged.
func (d *Desk) Draft(id string) (Draft, error) {
	c, err := d.writable(id)
	if err != nil {
		return Draft{ID: id}, err
	}
	text, err := d.draft(c.id)
	return Draft{c.id, text}, err
}

func (d *Desk) draft(id string) (text string, err error) {
	err = d.openPrivate(drafts, id, &text)
	return text, err
}

// SetDraft keeps a draft instead of the one before. It may say what no reply may: that is looked at when it is sent. Errors: ErrEmptyText,
// ErrWithdrawn.
func (d *Desk) SetDraft(id, text string) (Draft, error) {
	c, err := d.writable(id)
	if err != nil {
		return Draft{ID: id}, err
	}
	draft := Draft{c.id, asReply(text)}
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
		return Draft{ID: id}, err
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
		return Draft{ID: id}, err
	}
	if !d.home.has(d.privateName(drafts, c.id)) {
		return Draft{ID: c.id}, ErrNoDraft
	}
	return Draft{ID: c.id}, d.home.remove(d.privateName(drafts, c.id))
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
