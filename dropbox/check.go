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
	if err := f.checkParts(); err != nil {
		return err
	}
	for i := range f.Passed {
		g := &f.Passed[i].Frame
		g.Kind = f.Passed[i].Kind
		bare := g.Key == Hex32{} && g.Consent == Hex32{} && g.Grant == "" && g.Recipient == "" && len(g.Passed) == 0
		if err := g.checkParts(); err != nil || !bare || g.Box != f.Box || g.Drop != f.Drop || g.Kind == Withdrawn || !g.checkKind(true) {
			return errors.New("frame: what it passes on")
		}
	}
	if !f.checkKind(false) {
		return errors.New("frame: fields of its kind")
	}
	return nil
}

// checkParts looks at each field for itself.
func (f *Frame) checkParts() error {
	day, err := time.Parse(time.DateOnly, f.Day)
	id := lowerHex([]byte(f.ID), 16)
	byReader := f.Kind == Reply || f.Kind == Status || f.Kind == Added || f.Kind == Note
	switch {
	case err != nil || day.Year() < 2000 || id == nil:
		return errors.New("frame: day or id")
	case !f.own() && f.From == f.To, f.From != FromReporter && !ValidID(f.From), f.To != FromReporter && !ValidID(f.To):
		return errors.New("frame: sender or addressee")
	case f.Count < 1 || f.Count > maxCount || f.Seen < 0 || f.Seen > maxCount || f.Roster < 0 || f.Roster > maxCount || f.Turn < 0 || f.Turn > maxCount:
		return errors.New("frame: counts")
	case f.Length() > MaxText || Clean(f.Text) != f.Text || len(f.Prompt) > maxPrompts:
		return errors.New("frame: text")
	case f.Copy && !f.own(), (f.From != FromReporter) != byReader:
		return errors.New("frame: kind for this sender")
	case f.Named != "" && !ValidID(f.Named), f.Added != "" && !ValidID(f.Added), f.Status != "" && !slices.Contains(Statuses, f.Status):
		return errors.New("frame: casework")
	}
	for _, p := range f.Prompt {
		if !ValidID(p.ID) || p.Text == "" || Clean(p.Text) != p.Text {
			return errors.New("frame: prompt")
		}
	}
	if err := errors.Join(checkIDs(f.Readers, f.StruckOff), checkIDs(f.Chain, nil), checkIDs(f.SentTo, nil)); err != nil {
		return errors.New("frame: readers")
	}
	if len(f.Files) > maxFiles || slices.ContainsFunc(f.Files, func(file File) bool { return !file.check() }) {
		return errors.New("frame: files")
	}
	return nil
}

// own says whether it is a line of hers, which may leave out what she did not want kept.
func (f *Frame) own() bool { return f.From == FromReporter && f.To == FromReporter }

// checkKind says whether a frame has what its kind wants and nothing else. passed ones have lost their keys.
func (f *Frame) checkKind(passed bool) bool {
	own, byReader := f.own(), f.From != FromReporter
	words := f.Text != "" && strings.TrimSpace(f.Text) != ""
	says := words || f.Text == "" && len(f.Files) > 0 // a file may come without words, but not with blanks
	keys := f.Recipient != "" || f.Key != Hex32{} || f.Grant != "" || f.Consent != Hex32{} && !byReader
	lists := len(f.Readers) > 0 || len(f.StruckOff) > 0
	choices := f.About != "" || len(f.Prompt) > 0 || lists && !own
	none := f.Text == "" && len(f.Files) == 0
	decides := f.Status != "" || f.Named != "" || f.Left || f.Added != ""
	toNew := f.Kind == Added && f.To == f.Added
	switch {
	case decides && f.Kind != Status && f.Kind != Added, len(f.Chain) > 0 && (!byReader || slices.Contains(f.Chain, f.From)),
		len(f.SentTo) > 0 && !byReader, len(f.Passed) > 0 && !toNew && !(f.Kind == Added && f.To == FromReporter), // what he keeps himself says what he passed on
		byReader && !passed && f.To == FromReporter && f.Consent != Hex32{}: // her own line has no need of her consent key; a co-reader's copy says which report it answers
		return false
	}
	switch f.Kind {
	case Report:
		if (f.About != "" && !slices.Contains(Abouts, f.About)) || !slices.Contains(Wishes, f.Wish) || (len(f.Readers) == 0) != (f.Wish == Record) || f.Turn != 0 {
			return false
		}
		if own {
			return !keys && f.Copy == words && (f.Copy || f.Wish != Record && none)
		}
		return words && slices.Contains(f.Readers, f.To) && (passed || f.Key != Hex32{} && f.Consent != Hex32{} && len(f.Grant) == 128 && f.Recipient != "")
	case Share:
		return own && len(f.Readers) > 0 && slices.Contains(Wishes, f.Wish) && f.Wish != Record && none && !choices && !keys && !f.Copy && f.Turn == 0
	case Message:
		return (own && f.Copy == says || !own && says) && f.Wish == "" && !choices && !keys
	case Wish:
		return slices.Contains(Wishes, f.Wish) && none && !choices && !keys && !f.Copy
	case Reply:
		return says && f.Wish == "" && !choices && !keys && f.Turn == 0
	case Status:
		return f.Turn > 0 && (f.Status != "" || f.Named != "" || f.Left) && f.Added == "" && (f.Text == "" || words) && (words || f.Status != Closed) &&
			!(f.Left && f.Named == f.From) && len(f.Files) == 0 && f.Wish == "" && !choices && !keys
	case Added:
		ok := f.Turn > 0 && f.Added != "" && f.Added != f.From && f.Status == "" && !f.Left && (f.Text == "" || words) && len(f.Files) == 0 && f.Wish == "" &&
			f.About == "" && len(f.Prompt) == 0 && !slices.Contains(f.StruckOff, f.Added)
		if !toNew || passed {
			return ok && !lists && !keys
		}
		return ok && len(f.Passed) > 0 && len(f.Readers) > 0 && f.Key != Hex32{} && f.Consent != Hex32{} && f.Recipient != "" && f.Grant == ""
	case Note: // to her it is empty
		return (words || f.To == FromReporter && f.Text == "") && len(f.Files) == 0 && f.Wish == "" && !choices && !keys && f.Turn == 0
	case Withdrawn:
		return !own && none && f.Wish == "" && !choices && !keys && f.Turn == 0
	}
	return false
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
