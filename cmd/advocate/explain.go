package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/desk"
	"tellbox/keys"
	"tellbox/keys/vault"
)

const (
	again     = "try again in a while; nothing is lost, and nothing is sent twice"
	askHolder = "ask a keyholder, by telephone, before you go on"
)

// explanations give each sentinel its exit code, its token and its next step. The first that matches counts.
var explanations = []struct {
	is    error
	code  int
	token string
	hint  string
}{
	{desk.ErrUndelivered, 3, "undelivered", "run the same command again with the same text, or advocate inbox; it is not sent twice"},
	{client.ErrUnreachable, 3, "unreachable", again},
	{desk.ErrInUse, 3, "in-use", "close the other program, or wait until it has finished"},
	{client.ErrAnswer, 1, "answer", "check the address: something else may have answered, such as a hotel's sign-in page"},
	{desk.ErrNoHome, 1, "no-home", "advocate keygen makes your keys; -home FOLDER says where they are"},
	{desk.ErrNotJoined, 1, "not-joined", "advocate join -server URL -keyholders FILE"},
	{desk.ErrOtherBox, 1, "other-box", "use another -home for another drop-box, with keys of its own"},
	{desk.ErrNotInRoster, 1, "not-in-roster", "give your card.txt to a keyholder, and read its fingerprint out by telephone; try again when the new roster is there"},
	{desk.ErrNoReports, 1, "no-reports", "reports go to advocates and the ombudsperson"},
	{keys.ErrSameVersion, 1, "altered", askHolder},
	{desk.ErrUnknownCase, 1, "unknown-case", "advocate inbox lists your cases"},
	{desk.ErrAmbiguous, 1, "ambiguous", "give more of its characters"},
	{desk.ErrShortID, 1, "short-id", "advocate inbox lists your cases"},
	{desk.ErrWithdrawn, 1, "withdrawn", "she asked you to delete it: advocate forget CASE"},
	{desk.ErrNothingHere, 1, "nothing-here", "advocate inbox shows whether she took it back"},
	{desk.ErrEmptyText, 1, "empty-text", ""},
	{desk.ErrCodeInText, 1, "code-in-text", "take the words out; whoever has them can read all of the conversation and speak as the reporter"},
	{dropbox.ErrTooLong, 1, "too-long", "100,000 characters go in one reply; send it in parts"},
	{keys.ErrExpired, 1, "roster-expired", "ask the keyholders to renew the roster"},
	{keys.ErrAltered, 1, "altered", "believe nothing that this server shows; " + askHolder},
	{keys.ErrTooFewSignatures, 1, "too-few-signatures", "believe nothing that this server shows; " + askHolder},
	{keys.ErrOtherBox, 1, "other-box", "the address leads to another drop-box than the keyholders file; check both"},
	{keys.ErrOtherGeneration, 1, "other-generation", askHolder},
	{keys.ErrOtherKeyholders, 1, "other-keyholders", "compare the keyholders' fingerprints with the poster; " + askHolder},
	{keys.ErrRollback, 1, "rollback", "the server shows something older than you have seen; " + askHolder},
	{keys.ErrReusedID, 1, "reused-id", askHolder},
	{keys.ErrVanished, 1, "vanished", askHolder},
	{keys.ErrNotYet, 1, "not-yet", "check this computer's clock"},
	{keys.ErrFormat, 1, "malformed", ""},
	{vault.ErrPassphrase, 1, "passphrase", "nothing was changed; try again, there is no other way in"},
	{vault.ErrNoTerminal, 1, "no-terminal", "use -passphrase-file FILE, or - for standard input"},
	{context.Canceled, 3, "stopped", again},
	{fs.ErrNotExist, 1, "no-such-file", "check the path"},
	{fs.ErrExist, 1, "exists", "your keys are there already, and are never overwritten; choose another -home for others"},
	{fs.ErrPermission, 1, "permission", "check who owns the file"},
}

// explainServer explains what depends on more than a sentinel, or returns nil.
func explainServer(err error) *failure {
	if a, ok := errors.AsType[*client.AddressError](err); ok {
		return &failure{1, a.Token + "-address", addressHints[a.Token], err}
	}
	e, ok := errors.AsType[*client.Error](err)
	switch {
	case !ok:
		return nil
	case e.Token == "signature":
		hint := "check this computer's clock"
		if !e.ServerTime.IsZero() {
			hint = fmt.Sprintf("the server's clock says %s, yours %s; set the one that is wrong", clock(e.ServerTime), clock(time.Now()))
		}
		return &failure{1, "signature", hint, err}
	case e.Later():
		token := e.Token
		if token == "" {
			token = "busy"
		}
		return &failure{3, token, again, err}
	case e.Token == "":
		return &failure{1, "answer", "check the address: something else may have answered", err}
	}
	return &failure{1, e.Token, "", err}
}

var addressHints = map[string]string{
	"server": "it begins with https://, or with http:// for an onion address or this machine",
	"http":   "use https://, or the drop-box's onion address",
	"onion":  "start Tor and add -proxy socks5://127.0.0.1:9050 (Tor Browser: 9150)",
	"proxy":  "Tor listens on socks5://127.0.0.1:9050, Tor Browser on socks5://127.0.0.1:9150",
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
