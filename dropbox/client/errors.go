package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"tellbox/dropbox"
)

var (
	// ErrUnreachable: no whole answer came. Whether the server did what it was asked is not known; asking again with the
	// same sending number is safe.
	ErrUnreachable = errors.New("the server cannot be reached")
	// ErrAnswer: what came is no answer of this API: too long, malformed, or from something else that stands in between.
	ErrAnswer = errors.New("the server's answer makes no sense")
)

// Error is a refusal by the server.
type Error struct {
	Status     int    // HTTP
	Token      string // of the contract: nothing-here, signature, …; "" if something else answered
	Message    string // for people, one line; chosen by the server
	ServerTime time.Time
}

func (e *Error) Error() string {
	if e.Token == "" {
		return fmt.Sprintf("the server refused (%d %s)", e.Status, http.StatusText(e.Status))
	}
	if e.Message == "" {
		return "the server refused: " + e.Token
	}
	return fmt.Sprintf("the server refused: %s (%s)", e.Message, e.Token)
}

// Later says whether the same request may succeed later: the server is busy, down or full.
func (e *Error) Later() bool { return e.Status >= 500 || e.Status == http.StatusTooManyRequests }

// TryLater says whether err is no verdict: the server was not reached, or said to come back.
func TryLater(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return errors.Is(err, ErrUnreachable) || ok && e.Later()
}

// Waits lie between tries for whoever is patient with a server.
var Waits = []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second}

// Refused says whether err is the server's refusal with that token.
func Refused(err error, token string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Token == token
}

// AddressError says what is wrong with an address that somebody typed: server, proxy, http or onion.
type AddressError struct{ Token, Message string }

func (e *AddressError) Error() string { return e.Message }

// refusal reads the body of an answer that is not a success.
func refusal(status int, body []byte) *Error {
	var a dropbox.APIError
	if json.Unmarshal(body, &a) != nil || !validToken(a.Token) {
		return &Error{Status: status}
	}
	e := &Error{Status: status, Token: a.Token, Message: oneLine(a.Message)}
	if a.Time > 0 {
		e.ServerTime = time.Unix(a.Time, 0).UTC()
	}
	return e
}

func validToken(s string) bool {
	return s != "" && len(s) <= 40 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// oneLine keeps a hostile server from drawing on a terminal: one line of at most 300 characters.
func oneLine(s string) string {
	r := []rune(strings.Join(strings.Fields(dropbox.Clean(s)), " "))
	return string(r[:min(len(r), 300)])
}
