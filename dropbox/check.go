package dropbox

import (
	"errors"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
)

// Limits of a frame's small parts.
const (
	maxReaders = 200 // people in a roster
	maxPrompts = 32
	maxCount   = 1 << 20
)

// ValidID says whether id can be a reader's, or a prompt's: 1 to 32 of a–z, 0–9 and hyphen, a letter first, and not
// the name that stands for the reporter.
func ValidID(id string) bool {
	return id != "" && len(id) <= 32 && id[0] >= 'a' && id[0] <= 'z' && id != FromReporter &&
		strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// check holds a frame to its kind, on the way out and on the way in. The error never says a value.
func (f *Frame) check() error {
	own := f.From == FromReporter && f.To == FromReporter // a line of hers, which may leave out what she did not want kept
	day, err := time.Parse(time.DateOnly, f.Day)
	id := lowerHex([]byte(f.ID), 16)
	switch {
	case err != nil || day.Year() < 2000 || id == nil:
		return errors.New("frame: day or id")
	case !own && f.From == f.To, f.From != FromReporter && !ValidID(f.From), f.To != FromReporter && !ValidID(f.To):
		return errors.New("frame: sender or addressee")
	case f.Count < 1 || f.Count > maxCount || f.Seen < 0 || f.Seen > maxCount || f.Roster < 0 || f.Roster > maxCount:
		return errors.New("frame: counts")
	case f.Length() > MaxText || Clean(f.Text) != f.Text || len(f.Prompt) > maxPrompts:
		return errors.New("frame: text")
	case f.Copy && !own, f.From != FromReporter && f.Kind != Reply:
		return errors.New("frame: kind for this sender")
	}
	for _, p := range f.Prompt {
		if !ValidID(p.ID) || p.Text == "" || Clean(p.Text) != p.Text {
			return errors.New("frame: prompt")
		}
	}
	if err := checkIDs(f.Readers, f.StruckOff); err != nil {
		return err
	}
	if len(f.Files) > maxFiles || slices.ContainsFunc(f.Files, func(file File) bool { return !file.check() }) {
		return errors.New("frame: files")
	}
	words := f.Text != "" && strings.TrimSpace(f.Text) != ""
	says := words || f.Text == "" && len(f.Files) > 0 // a file may come without words, but not with blanks
	keys := f.Recipient != "" || f.Key != Hex32{} || f.Grant != "" || f.Consent != Hex32{} && f.Kind != Reply
	lists := len(f.Readers) > 0 || len(f.StruckOff) > 0
	choices := f.About != "" || len(f.Prompt) > 0 || lists && !own
	none := f.Text == "" && len(f.Files) == 0
	ok := false
	switch f.Kind {
	case Report:
		ok = f.From == FromReporter && (f.About == "" || slices.Contains(Abouts, f.About)) && slices.Contains(Wishes, f.Wish) && (len(f.Readers) == 0) == (f.Wish == Record)
		if own {
			ok = ok && !keys && f.Copy == words && (f.Copy || f.Wish != Record && none)
		} else {
			ok = ok && words && slices.Contains(f.Readers, f.To) && f.Key != Hex32{} && f.Consent != Hex32{} &&
				len(f.Grant) == 128 && f.Recipient != ""
		}
	case Share:
		ok = own && len(f.Readers) > 0 && slices.Contains(Wishes, f.Wish) && f.Wish != Record && none && !choices && !keys && !f.Copy
	case Message:
		ok = f.From == FromReporter && (own && f.Copy == says || !own && says) && f.Wish == "" && !choices && !keys
	case Wish:
		ok = f.From == FromReporter && slices.Contains(Wishes, f.Wish) && none && !choices && !keys && !f.Copy
	case Reply:
		// Her own line of it has no need of her consent key; a co-reader's copy says which report it answers.
		ok = f.From != FromReporter && says && f.Wish == "" && !choices && !keys && (f.Consent == Hex32{} || f.To != FromReporter)
	case Withdrawn:
		ok = f.From == FromReporter && !own && none && f.Wish == "" && !choices && !keys
	}
	if !ok {
		return errors.New("frame: fields of its kind")
	}
	return nil
}

func checkIDs(readers, struckOff []string) error {
	if len(readers)+len(struckOff) > maxReaders {
		return errors.New("frame: readers")
	}
	seen := map[string]bool{}
	for _, id := range slices.Concat(readers, struckOff) {
		if !ValidID(id) || seen[id] {
			return errors.New("frame: readers")
		}
		seen[id] = true
	}
	return nil
}

// checkRecipient is apart from check because it takes longer than all the rest, and whoever seals a report has just made the recipient.
func (f *Frame) checkRecipient() bool {
	_, err := age.ParseHybridRecipient(f.Recipient)
	return err == nil
}
