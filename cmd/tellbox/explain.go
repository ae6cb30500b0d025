package main

import (
	"context"
	"errors"
	"io/fs"

	"tellbox/dropbox"
	"tellbox/dropbox/store"
	"tellbox/dropbox/web"
	"tellbox/keys"
)

// told is an error that has been explained already, with its exit status.
type told int

func (told) Error() string { return "explained already" }

// hinted is an error with what to do about it.
type hinted struct {
	err   error
	token string
	hint  string
	code  int
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

// explain finds what to do about an error. The first that matches counts.
func explain(err error) *hinted {
	if h, ok := errors.AsType[*hinted](err); ok {
		return h
	}
	for _, known := range []hinted{
		{store.ErrMissing, "no-store", "make one with: tellbox init -data D -roster R -keyholders K", 1},
		{store.ErrForeign, "foreign", "is -data the right folder? tellbox only opens what this version of tellbox init made", 1},
		{store.ErrPepper, "pepper", "name the file that tellbox init made with -pepper; without it the box cannot be opened", 1},
		{store.ErrNotEmpty, "not-empty", "name a folder that does not exist yet", 1},
		{store.ErrLocked, "busy", "stop the server that has it, or speak to it: tellbox status -data D", 3},
		{store.ErrDamaged, "damaged", "tellbox check says what; restore a backup, or serve what is left with: tellbox serve -damaged", 1},
		{store.ErrErasures, "erasures", "put this box's own list back beside the data folder, as D.erased; if it is lost, move that one away, and a new list begins", 1},
		{store.ErrBackup, "backup", "take another backup: this file is not whole, or something else", 1},
		{store.ErrDisk, "no-room", "make room on the disk of the data folder", 3},
		{store.ErrDown, "store-down", "is the disk full or failing?", 3},
		{dropbox.ErrFull, "no-room", "make room on the disk of the data folder", 3},
		{dropbox.ErrBusy, "busy", "try again", 3},
		{web.ErrLanguage, "language", "leave -languages out for all that are reviewed; static/lang/README.md says how one is added", 1},
		{keys.ErrTooFewSignatures, "signatures", "keyholders sign with: keyholder sign -roster R -key k1", 1},
		{keys.ErrExpired, "roster-expired", "keyholders renew it: keyholder renew -roster R -expires DAY, and sign", 1},
		{keys.ErrRollback, "lower-version", "install the newest roster, signed by the keyholders", 1},
		{context.Canceled, "stopped", "it was stopped before it was done: run it again", 3},
		{context.DeadlineExceeded, "busy", "try again", 3},
		{fs.ErrNotExist, "no-file", "", 1},
		{fs.ErrExist, "exists", "", 1},
	} {
		if errors.Is(err, known.err) {
			return &known
		}
	}
	return &hinted{err, "refused", "", 1}
}
