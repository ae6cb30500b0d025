package web

import (
	"slices"
	"strconv"
	"strings"

	"tellbox/dropbox"
)

// selection is whom a form showed her, and whom she struck off.
type selection struct {
	roster         string
	shown, exclude []string
}

func readSelection(f *form) selection {
	return selection{f.Get("roster"), f.Values["shown"], f.Values["exclude"]}
}

// parts stand for all of it in a digest.
func (a selection) parts() [][]byte {
	return [][]byte{[]byte(a.roster), []byte(strings.Join(a.shown, "\n")), []byte(strings.Join(a.exclude, "\n"))}
}

// struck is exclude for a page.
func (a selection) struck() map[string]bool {
	struck := map[string]bool{}
	for _, id := range a.exclude {
		struck[id] = true
	}
	return struck
}

// struckOff are those of the roster whom she struck off.
func (a selection) struckOff(roster *Roster) (ids []string) {
	for _, id := range slices.Compact(slices.Sorted(slices.Values(a.exclude))) {
		if _, ok := roster.Reader(id); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// readers is the positive list: nobody who was not shown, and nobody she struck off.
func (a selection) readers(roster *Roster) (readers []dropbox.Reader, struckOff []string, err error) {
	if a.roster != strconv.Itoa(roster.Version) {
		return nil, nil, problemOf("readers-changed")
	}
	struckOff = a.struckOff(roster)
	for _, id := range slices.Concat(a.shown, a.exclude) {
		if _, ok := roster.Reader(id); !ok || !slices.Contains(a.shown, id) {
			return nil, nil, problemOf("unknown-reader")
		}
	}
	unseen := slices.DeleteFunc(slices.Clone(roster.people), func(id string) bool { return slices.Contains(a.shown, id) })
	for _, p := range roster.ReadersBut(slices.Concat(struckOff, unseen)) {
		r, _ := roster.reader(p.ID)
		readers = append(readers, r)
	}
	if len(readers) == 0 {
		return nil, nil, problemOf("no-reader")
	}
	return readers, struckOff, nil
}
