package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"

	"tellbox/dropbox"
)

// statuses maps every token to its status: the one place where an error becomes an answer.
var statuses = map[string]int{
	"empty-account": 422, "too-long": 422, "code-in-text": 422, "code-word": 422, "code-checksum": 422, "code-length": 422,
	"unknown-reader": 422, "no-reader": 422, "readers-changed": 422, "record-shared": 422,
	"too-many-files": 422, "file-not-sent": 422, "no-file": 404,
	"malformed": 400, "signature": 401, "nothing-here": 404, "not-found": 404, "used-ticket": 410, "too-large": 413,
	"busy": 503, "store-down": 503, "full": 503, "roster-expired": 503,
}

// refused is an error that is an answer.
type refused struct{ problem }

func (r *refused) Error() string { return r.Token }

func problemOf(token string) *refused {
	return &refused{problem{Token: token, Field: fields[token]}}
}

// cutOff is a problem with a form of which something is lost.
func cutOff(token string) *refused {
	p := problemOf(token)
	p.Cut = true
	return p
}

// fields says which control a token is about.
var fields = map[string]string{
	"empty-account": "account", "too-long": "account", "code-in-text": "account", "record-shared": "account",
	"too-many-files": "files-field", "file-not-sent": "files-field",
	"code-word": "code", "code-checksum": "code", "code-length": "code", "nothing-here": "code", "used-ticket": "code",
	"no-reader": "exclude", "unknown-reader": "exclude", "readers-changed": "exclude",
}

// about moves what the report's form calls account or exclude to the control of another form, which may have none.
func (r *refused) about(field string) *refused {
	switch {
	case r.Field == "account", r.Token == "malformed":
		r.Field = field
	case r.Field == "exclude" && field != "exclude":
		r.Field = ""
	}
	return r
}

// problemFrom finds the answer to an error. What it does not know is a store that is down: never "not found", never
// the error's own words, which may carry values.
func (s *Server) problemFrom(err error) *refused {
	var r *refused
	var full *dropbox.FullError
	var code *dropbox.CodeError
	var text *dropbox.TextError
	switch {
	case errors.As(err, &r):
		return r
	case errors.As(err, &code):
		p := problemOf(code.Token)
		p.Args = map[string]any{"Count": code.Words}
		p.suggest(code)
		return p
	case errors.As(err, &text):
		p := problemOf(text.Token)
		if text.Over > 0 {
			p.Args = map[string]any{"Over": text.Over}
		}
		return p
	case errors.Is(err, dropbox.ErrNothing), errors.Is(err, dropbox.ErrGone):
		return problemOf("nothing-here")
	case errors.As(err, &full):
		s.log("a mailbox is full: its reader has to fetch and acknowledge, or delete", "reader", full.Reader)
		return problemOf("full")
	case errors.Is(err, dropbox.ErrFull):
		s.log("there is no room for what was sent")
		return problemOf("full")
	case errors.Is(err, dropbox.ErrBusy):
		return problemOf("busy")
	case errors.Is(err, dropbox.ErrTooLong):
		return problemOf("too-long")
	case errors.Is(err, dropbox.ErrShape), errors.Is(err, errForm):
		return problemOf("malformed")
	case errors.Is(err, errTooLarge):
		return problemOf("too-large")
	}
	s.log("the store does not answer: see tellbox status")
	return problemOf("store-down")
}

// suggest shows what else the words may have been.
func (r *refused) suggest(e *dropbox.CodeError) {
	for _, u := range e.Unknown {
		r.Words = append(r.Words, wordSuggestions{Position: u.Position, Typed: u.Typed, Nearest: u.Nearest})
	}
	for _, u := range e.Doubtful {
		r.Words = append(r.Words, wordSuggestions{Position: u.Position, Typed: u.Typed, Nearest: u.Nearest, Listed: true})
	}
	r.Swapped = e.Swapped
}

// underTyped adds, if nothing is under the words that she typed, what else they may have been. It does not ask whether that is there.
func (s *Server) underTyped(code dropbox.Code, err error) error {
	if err == nil {
		return nil
	}
	p := s.problemFrom(err)
	if p.Token == "nothing-here" {
		p.suggest(code.Nearby())
	}
	return p
}

// refuse answers with a problem, on the page she was on.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, v *view, err error) {
	p := s.problemFrom(err)
	if isAPI(r) {
		s.apiRefuse(w, p)
		return
	}
	v.Problem = &p.problem
	if statuses[p.Token] == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "30")
	}
	s.show(w, r, statuses[p.Token], v)
}

func (s *Server) apiRefuse(w http.ResponseWriter, p *refused) {
	if statuses[p.Token] == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "30")
	}
	s.apiAnswer(w, statuses[p.Token], dropbox.APIError{Token: p.Token, Message: messages[p.Token], Time: s.Now().Unix()})
}

func (s *Server) apiAnswer(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own types
	}
	b = append(b, bytes.Repeat([]byte{' '}, max(0, dropbox.AnswerSize-1-len(b)))...)
	w.Header().Set("Content-Type", "application/json")
	s.answerTime(w, len(b))
	w.WriteHeader(status)
	w.Write(append(b, '\n'))
}

// messages say to a programmer or operator what pages say to a reporter.
var messages = map[string]string{
	"readers-changed": "the roster changed: fetch it, and seal to its readers",
	"unknown-reader":  "that reader is not in the roster",
	"malformed":       "this is not a request of this API; see package dropbox",
	"signature":       "not signed by a reader of this box, or her clock is off by more than five minutes: compare \"time\"",
	"nothing-here":    "nothing is here; it may be unknown, withdrawn or expired",
	"not-found":       "there is no such route",
	"used-ticket":     "this was sent before and its box was withdrawn: nothing was stored",
	"too-large":       "larger than any parcel, or than any file that this box takes",
	"busy":            "too much at once: nothing was stored, try again",
	"store-down":      "the store does not answer: nothing is known to be stored, try again with the same sending number",
	"full":            "no room: nothing was stored",
	"too-many-files":  "more files than one sending, or one record, can have",
	"roster-expired":  "nobody vouches for the readers at present: no new reports",
}
