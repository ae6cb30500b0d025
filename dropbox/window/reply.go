package window

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"tellbox/dropbox/client"
	"tellbox/dropbox/desk"
)

// reply sends what she wrote, or keeps it. Before anything else it is her draft: whatever comes in between, it is not lost.
func (w *Window) reply(v *visit) (done, error) {
	id, err := w.named(v)
	if err != nil {
		return done{}, err
	}
	w.leaveOut(id, v.sent["leave"])
	text, files := v.sent.Get("reply"), w.attached[id]
	if strings.TrimSpace(text) == "" {
		text = "" // files can go alone
	}
	here := w.casePath(id)
	switch v.sent.Get("do") {
	case "discard":
		_, err := w.desk.DiscardDraft(id)
		discard(files)
		delete(w.attached, id)
		return done{to: here + "#reply-title", told: []string{"Your draft is deleted."}}, err
	case "draft":
		err := w.keepDraft(id, text, v.sent.Get("was"))
		if err == desk.ErrEmptyText && len(files) > 0 {
			err = nil
		}
		told := []string{"Your draft is kept on this machine. Nobody has been sent it."}
		if len(files) > 0 {
			told = append(told, "The files you chose wait too, but only until the desk locks.")
		}
		return done{to: here + "#reply-title", told: told}, err
	}
	if strings.TrimSpace(text) != "" {
		if err := w.keepDraft(id, text, v.sent.Get("was")); err != nil {
			return done{}, err
		}
	}
	if err := w.asksNames(v, id, text); err != nil {
		return done{}, err
	}
	sent, err := w.desk.ReplyWith(v.ctx, id, text, attachments(files), client.Transfer{})
	if w.unsure[id] = errors.Is(err, desk.ErrUndelivered) && !errors.Is(err, desk.ErrEarlier); err != nil {
		w.told = append(w.told, plain(sent.Notices)...)
		return done{}, err
	}
	discard(files)
	delete(w.attached, id)
	return done{to: here, told: append([]string{"Your reply is stored. The reporter sees it on coming back with the words."}, sent.Notices...)}, nil
}

// asksNames stops what has names in it that the reporter wrote, unless the form says that she has seen them.
func (w *Window) asksNames(v *visit, id, text string) error {
	names, err := w.desk.Names(id, text)
	if err != nil {
		return err
	}
	if seen := strings.Fields(v.sent.Get("named")); slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(seen, n) }) {
		return errPage("names")
	}
	return nil
}

// dropSent lets go of the files of replies that a fetch has sent.
func (w *Window) dropSent() {
	for id := range w.unsure {
		if draft, err := w.desk.Draft(id); err == nil && draft.Text == "" {
			discard(w.attached[id])
			delete(w.attached, id)
		}
	}
	clear(w.unsure)
}

// keepDraft keeps text as the draft, in the place of the one that the form showed. If there is another one by now, it stays before it.
func (w *Window) keepDraft(id, text, was string) error {
	draft, err := w.desk.Draft(id)
	switch {
	case err != nil && !errors.Is(err, desk.ErrDamaged):
		return err
	case err == nil && digest(draft.Text) != was && draft.Text != "":
		_, err = w.desk.KeepDraft(id, text)
	default:
		_, err = w.desk.SetDraft(id, text)
	}
	return err
}

// digest tells one draft from another.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// leaveOut drops files that she chose before, by their SHA-256.
func (w *Window) leaveOut(id string, sums []string) {
	w.attached[id] = slices.DeleteFunc(w.attached[id], func(a *desk.Attached) bool {
		if slices.Contains(sums, a.SHA256.String()) {
			discard([]*desk.Attached{a})
			return true
		}
		return false
	})
}
