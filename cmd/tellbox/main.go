// Command tellbox is the drop-box server and what its operator does with it. It holds no secret but a pepper, and is never linked
// with the code that could open a report.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"

	"tellbox/dropbox/store"
	"tellbox/keys"
)

const usage = `tellbox: a drop-box that keeps only what it cannot read

  tellbox init   -data D -roster R -keyholders K
        make an empty box in the new folder D, and its pepper beside it
  tellbox serve  -data D [-listen 127.0.0.1:8460 | unix:/path] [-exit URL]
        serve it; put an onion service or a TLS proxy in front
  tellbox roster -data D [-roster R [-keyholders K]]
        show the roster in force, or put a new one into force, also while serving
  tellbox status -data D [-json]
        what waits in whose mailbox, by week

  All take -pepper FILE (default: D.pepper). Exit status: 0 done, 1 refused, 2 usage, 3 busy or unreachable.
`

// memoryLimit is what the garbage collector aims at, in bytes: without it, a flood of reports grows the heap to several times that.
const memoryLimit = 160 << 20

func main() {
	debug.SetTraceback("none") // a crash must not print what was in memory
	log.SetOutput(io.Discard)  // badger's last words go there, and may carry values
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	noCoreDumps()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// noCoreDumps keeps this process's memory off the disk and away from other processes of the same user.
func noCoreDumps() {
	unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	unix.Umask(0o077)
}

// command is one verb with what its flags said.
type command struct {
	out, log io.Writer
	json     bool
	store    store.Config
	roster   string
	holders  string
	listen   string
	exit     string
}

// errUsage is an error in how the command was called; it has been explained already.
var errUsage = errors.New("usage")

// hinted is an error with what to do about it.
type hinted struct {
	err   error
	token string
	hint  string
	code  int
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c := &command{out: stdout, log: stderr}
	err := c.run(ctx, args)
	if err == nil {
		return 0
	}
	if errors.Is(err, errUsage) {
		return 2
	}
	h := explain(err)
	fmt.Fprintf(stderr, "tellbox: error: %v\n", err)
	if h.hint != "" {
		fmt.Fprintf(stderr, "tellbox: hint: %s\n", h.hint)
	}
	if c.json {
		json.NewEncoder(stdout).Encode(map[string]string{"error": h.token, "message": err.Error()})
	}
	return h.code
}

func (c *command) run(ctx context.Context, args []string) error {
	verbs := map[string]func(context.Context) error{"init": c.init, "serve": c.serve, "roster": c.newRoster, "status": c.status}
	if len(args) > 0 && (args[0] == "help" || args[0] == "-h" || args[0] == "-help" || args[0] == "--help") {
		fmt.Fprint(c.out, usage)
		return nil
	}
	if len(args) == 0 || verbs[args[0]] == nil {
		fmt.Fprint(c.log, usage)
		return errUsage
	}
	flags := flag.NewFlagSet("tellbox "+args[0], flag.ContinueOnError)
	flags.SetOutput(c.log)
	flags.StringVar(&c.store.Dir, "data", "", "data `folder`")
	flags.StringVar(&c.store.Pepper, "pepper", "", "pepper `file`, outside the data folder (default: the folder's name + .pepper)")
	switch args[0] {
	case "init", "roster":
		flags.StringVar(&c.roster, "roster", "", "signed roster `file`")
		flags.StringVar(&c.holders, "keyholders", "", "keyholders `file`")
	case "serve":
		flags.StringVar(&c.listen, "listen", "127.0.0.1:8460", "loopback `address`, or unix:/path")
		flags.StringVar(&c.exit, "exit", "", "neutral `page` that \"Leave this page\" goes to")
	case "status":
		flags.BoolVar(&c.json, "json", false, "print JSON")
	}
	if err := flags.Parse(args[1:]); err != nil {
		return errUsage
	}
	need := map[string]string{"data": c.store.Dir}
	if args[0] == "init" {
		need["roster"], need["keyholders"] = c.roster, c.holders
	}
	for name, value := range need {
		if value == "" {
			fmt.Fprintf(c.log, "tellbox %s: -%s is missing; see tellbox help\n", args[0], name)
			return errUsage
		}
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(c.log, "tellbox %s: unexpected %q\n", args[0], flags.Arg(0))
		return errUsage
	}
	c.store.Log = logger(c.log)
	return verbs[args[0]](ctx)
}

// logger writes lines without time: whoever runs the service decides whether its log has times, and there is nothing in it that
// is about a visitor.
func logger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

// explain finds what to do about an error.
func explain(err error) *hinted {
	var h *hinted
	if errors.As(err, &h) {
		return h
	}
	for _, known := range []hinted{
		{store.ErrMissing, "no-store", "make one with: tellbox init -data D -roster R -keyholders K", 1},
		{store.ErrForeign, "foreign", "is -data the right folder? tellbox only opens what this version of tellbox init made", 1},
		{store.ErrPepper, "pepper", "name the file that tellbox init made with -pepper; without it the box cannot be opened", 1},
		{store.ErrNotEmpty, "not-empty", "name a folder that does not exist yet", 1},
		{store.ErrLocked, "busy", "stop the server that has it, or speak to it: tellbox status -data D", 3},
		{store.ErrDown, "store-down", "is the disk full or failing?", 3},
		{keys.ErrTooFewSignatures, "signatures", "keyholders sign with: keyholder sign -roster R -key k1", 1},
		{keys.ErrExpired, "roster-expired", "keyholders renew it: keyholder renew -roster R -expires DAY, and sign", 1},
		{keys.ErrRollback, "lower-version", "install the newest roster, signed by the keyholders", 1},
		{os.ErrNotExist, "no-file", "", 1},
	} {
		if errors.Is(err, known.err) {
			return &known
		}
	}
	return &hinted{err, "refused", "", 1}
}
