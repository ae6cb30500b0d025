// Package terminal is how the programs of advocates and reporters speak to people and to scripts: flags anywhere on the command line,
// errors as a sentence and a next step, exit codes, JSON, and other people's words shown so that they can do nothing to a terminal.
package terminal

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Exit codes of the contract.
const (
	Done    = 0
	Refused = 1
	Misused = 2
	Later   = 3 // unreachable or busy: try again
)

// A Failure is an error with what people and programs need beyond its text.
type Failure struct {
	Code  int
	Token string
	Hint  string // the next step; may be empty
	Err   error
}

func (f *Failure) Error() string { return f.Err.Error() }
func (f *Failure) Unwrap() error { return f.Err }

// Usage is the failure of a command line that cannot be carried out.
func Usage(hint, format string, args ...any) error {
	return &Failure{Misused, "usage", hint, fmt.Errorf(format, args...)}
}

// An Explanation gives a sentinel its exit code, its token and its next step.
type Explanation struct {
	sentinel error
	failure  Failure
}

// Means makes one.
func Means(sentinel error, code int, token, hint string) Explanation {
	return Explanation{sentinel, Failure{Code: code, Token: token, Hint: hint}}
}

// Explain finds the failure that err is. Of table the first that matches counts, after what servers and addresses have to say.
func Explain(err error, table []Explanation) *Failure {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	if f := explainServer(err); f != nil {
		return f
	}
	for _, e := range table {
		if errors.Is(err, e.sentinel) {
			f := e.failure
			f.Err = err
			return &f
		}
	}
	return &Failure{Refused, "refused", "", err}
}

// Report tells people of f on stderr.
func (f *Failure) Report(program string, stderr io.Writer) {
	fmt.Fprintf(stderr, "%s: error: %s\n", program, Visible(strings.ReplaceAll(f.Error(), "\n", "; ")))
	if f.Hint != "" {
		fmt.Fprintf(stderr, "%s: hint: %s\n", program, Visible(f.Hint))
	}
}

// WriteJSON prints one document: the result, and if f is not nil, its token and text and what it has come to all the same.
func WriteJSON(w io.Writer, result any, f *Failure) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if f == nil {
		e.Encode(result) // what could be done about a broken stdout?
		return
	}
	document := map[string]any{}
	if b, err := json.Marshal(result); err == nil && result != nil {
		json.Unmarshal(b, &document) // our own types
	}
	document["error"], document["message"] = f.Token, f.Error()
	e.Encode(document)
}

// WantsJSON says whether -json is among args, before anything else of them is understood: failures are printed as JSON, too.
func WantsJSON(args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool {
		return slices.Contains([]string{"-json", "--json", "-json=true", "--json=true"}, a)
	})
}

// Parse takes flags before, between and after the other arguments, which it returns.
func Parse(flags *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, flags.Arg(0))
		args = flags.Args()[1:]
	}
}
