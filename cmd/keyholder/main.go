// Command keyholder is for the two or three independent people who vouch for a box: it makes their keys, writes the
// roster that says who reads, and signs it. It never touches the network, and is best run on a machine that does not
// either; rosters travel on a memory stick or by mail, for nothing in them is secret.
//
// A signature is a keyholder's word that these people, with these keys, are who the roster says. Before signing, the
// program shows what is signed.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"tellbox/keys"
	"tellbox/keys/vault"
)

const usageText = `usage: keyholder VERB …

  keygen -name NAME -out FILE [-passphrase-file F]       a signing key: FILE (sealed) and FILE.pub
  new    -roster R -keyholders-out K -keyholder FILE.pub … -threshold N -name BOX -expires DAY
         [-line "NAME|PHONE|HOURS|ZONE" …]               a new box: its keyholders K and its empty roster R
  add    -roster R -card CARD -role ROLE [-statement S]  advocate, ombudsperson, investigator or adjudicator
         [-languages "English, Cymraeg"]                 which they read; without it, English if they read reports
         [-replace]                                      instead of -role: for a reader who is there, new keys; statement
                                                         and languages stay, unless they are given
  remove -roster R ID                                    takes a reader off; the id is never used again
  renew  -roster R -expires DAY [-keyholders K2]         another last day; K2: for new keyholders
  change -keyholders K -keyholder FILE.pub … -threshold N -out K2   a new set, to be signed by the old
  sign   -roster R | -keyholders K2   -key FILE [-passphrase-file F]
  verify -roster R -keyholders K …                       who vouches, who reads, until when
  show   -roster R                                       what it says, whoever signed it
  fingerprint FILE …                                     of keyholders, key files (.pub) and cards

DAY is like 2027-01-15, at most 60 days ahead. -passphrase-file - is standard input. Changes drop all signatures.
Every verb takes -json. Exit: 0 done, 1 refused, 2 usage, 3 unreachable or busy.
`

var verbs = map[string]func(*call) (any, error){
	"keygen":      keygen,
	"new":         newRoster,
	"add":         add,
	"remove":      remove,
	"renew":       renew,
	"change":      change,
	"sign":        sign,
	"verify":      verify,
	"show":        show,
	"fingerprint": fingerprint,
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, time.Now()))
}

// run carries out one command line and returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer, now time.Time) int {
	asJSON := slices.Contains(args, "-json") || slices.Contains(args, "--json")
	if len(args) > 0 && slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		fmt.Fprint(stdout, usageText)
		return 0
	}
	c := &call{flags: flag.NewFlagSet("keyholder", flag.ContinueOnError), now: now, stdin: stdin, out: stdout, preview: stdout}
	c.flags.SetOutput(io.Discard)
	c.flags.Bool("json", false, "")
	if asJSON {
		c.out, c.preview = io.Discard, stderr
	}
	result, err := c.carryOut(args)
	if err != nil {
		return report(err, asJSON, stdout, stderr)
	}
	if asJSON {
		writeJSON(stdout, result)
	}
	return 0
}

// A call is one command line on its way. A verb declares its flags, calls parse, prints for people to out, and returns
// what -json prints.
type call struct {
	args    []string
	flags   *flag.FlagSet
	now     time.Time
	stdin   io.Reader
	out     io.Writer // for people; nowhere with -json
	preview io.Writer // what is about to be signed; stderr with -json
}

func (c *call) carryOut(args []string) (any, error) {
	if len(args) == 0 {
		return nil, usage("say what to do")
	}
	verb, ok := verbs[args[0]]
	if !ok {
		return nil, usage("there is no verb %q", args[0])
	}
	c.args = args[1:]
	return verb(c)
}

// parse takes flags before, between and after the other arguments, which it returns.
func (c *call) parse() (rest []string, err error) {
	for args := c.args; ; {
		if err := c.flags.Parse(args); err != nil {
			return nil, usage("%v", err)
		}
		if c.flags.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, c.flags.Arg(0))
		args = c.flags.Args()[1:]
	}
}

// parseOnly is parse for verbs with flags alone; required names those that may not be missing.
func (c *call) parseOnly(required ...string) error {
	rest, err := c.parse()
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usage("unexpected argument %q", rest[0])
	}
	return c.require(required...)
}

func (c *call) require(names ...string) error {
	for _, name := range names {
		if c.flags.Lookup(name).Value.String() == "" {
			return usage("-%s is missing", name)
		}
	}
	return nil
}

// A list is a flag that may be repeated.
type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

// A failure is an error with what people and programs need beyond its text.
type failure struct {
	code  int
	token string
	hint  string
	err   error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func usage(format string, args ...any) error {
	return &failure{2, "usage", "keyholder help lists the verbs and their flags", fmt.Errorf(format, args...)}
}

func refuse(token, hint, format string, args ...any) error {
	return &failure{1, token, hint, fmt.Errorf(format, args...)}
}

// explanations give each sentinel its token and its next step. The first that matches counts.
var explanations = []struct {
	is    error
	token string
	hint  string
}{
	{keys.ErrExpired, "expired", "keyholder renew -roster R -expires DAY, then sign it again"},
	{keys.ErrAltered, "altered", "believe nothing in it; get it again, or let the keyholders look at it and sign anew"},
	{keys.ErrTooFewSignatures, "too-few-signatures", "every change drops the signatures; keyholder sign -roster R -key FILE, with one more keyholder"},
	{keys.ErrOtherBox, "other-box", "the roster and the keyholders file must come from the same `keyholder new`"},
	{keys.ErrOtherGeneration, "other-generation", "give every keyholders file with -keyholders, or keyholder renew -keyholders K2 for the newest"},
	{keys.ErrOtherKeyholders, "other-keyholders", "compare the fingerprints with the poster; do not use the file that differs"},
	{keys.ErrNotYet, "not-yet", "check this computer's clock"},
	{keys.ErrReusedID, "reused-id", "choose an id that nobody has had; the advocate makes a new card with it"},
	{keys.ErrUnknownID, "unknown-id", "keyholder show -roster R lists the ids"},
	{keys.ErrRollback, "rollback", "use the newest file"},
	{keys.ErrFormat, "malformed", ""},
	{vault.ErrPassphrase, "passphrase", "nothing was changed; try again, there is no other way in"},
	{vault.ErrNoTerminal, "no-terminal", "use -passphrase-file FILE, or - for standard input"},
	{fs.ErrNotExist, "no-such-file", "check the path"},
	{fs.ErrExist, "exists", "choose another name; this program never overwrites a key or a new roster's place"},
	{fs.ErrPermission, "permission", "check who owns the file"},
}

// report tells people on stderr and, with -json, programs on stdout.
func report(err error, asJSON bool, stdout, stderr io.Writer) int {
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{1, "refused", "", err}
		for _, e := range explanations {
			if errors.Is(err, e.is) {
				f.token, f.hint = e.token, e.hint
				break
			}
		}
	}
	fmt.Fprintf(stderr, "keyholder: error: %v\n", err)
	if f.hint != "" {
		fmt.Fprintf(stderr, "keyholder: hint: %s\n", f.hint)
	}
	if asJSON {
		writeJSON(stdout, map[string]string{"error": f.token, "message": err.Error()})
	}
	return f.code
}

func writeJSON(w io.Writer, v any) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.Encode(v) // what could be done about a broken stdout?
}
