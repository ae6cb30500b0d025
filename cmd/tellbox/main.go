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
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"tellbox/dropbox/store"
)

const usage = `tellbox: a drop-box that keeps only what it cannot read

  tellbox init    -data D -roster R -keyholders K
        make an empty box in the new folder D, and its pepper beside it
  tellbox serve   -data D [-listen 127.0.0.1:8460 | unix:/path] [-exit URL] [-prompts FILE] [-languages en,cy]
                  [-max-file 500M] [-text-reserve 2G] [-damaged]
        serve it; put an onion service or a TLS proxy in front
        -prompts: the form asks the questions in FILE; deploy/prompts.txt explains and has the usual ones
        -languages: those of the pages (default: English, and what is reviewed; a draft is on only if it is named)
        -max-file: how large one file of a reporter or an advocate may be, 1M to 3G
        -text-reserve: how much of the disk is kept for texts, so that files cannot fill it
        -damaged: also if something that was stored is missing
  tellbox roster  -data D [-roster R [-keyholders K]]
        show the roster in force, or put a new one into force
  tellbox status  -data D [-json]
        what waits in whose mailbox, by week, and what needs attention
  tellbox check   -data D [-json]
        read everything that is stored, and name what is missing or was changed
  tellbox purge   -data D [-json]
        end at once what has reached its end, and take what was erased out of every file of D
  tellbox backup  -data D -out FILE [-json]
        write all of it into the new file FILE, still sealed; keep D.pepper and D.erased elsewhere
  tellbox restore -data D -from FILE [-erased FILE | -without-erasures] [-json]
        make the new folder D from a backup, with the old box's pepper at D.pepper
        what was erased since the backup is in the old box's list D.erased, which -erased brings from elsewhere;
        -without-erasures: that list is lost, so what was taken back since the backup comes back

  All take -pepper FILE (default: D.pepper). All but init, serve and restore also work while the server runs.
  Exit status: 0 done, 1 refused or something is damaged, 2 usage, 3 busy or unreachable.
`

// verbs are what tellbox does, and which flags each takes. One with a ! must be given.
var verbs = map[string]struct {
	do    func(*command, context.Context) error
	flags string
}{
	"init":    {(*command).init, "data! pepper roster! keyholders!"},
	"serve":   {(*command).serve, "data! pepper listen exit prompts languages max-file text-reserve damaged"},
	"roster":  {(*command).newRoster, "data! pepper roster keyholders"},
	"status":  {(*command).status, "data! pepper json"},
	"check":   {(*command).check, "data! pepper json"},
	"purge":   {(*command).purge, "data! pepper json"},
	"backup":  {(*command).backup, "data! pepper out! json"},
	"restore": {(*command).restore, "data! pepper from! erased without-erasures json"},
}

// memoryLimit is what the garbage collector aims at, in bytes: without it, a flood of reports grows the heap to several times that.
const memoryLimit = 112 << 20

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
	verb            string
	out, log        io.Writer
	json            bool
	store           store.Config
	roster, holders string
	listen, exit    string
	prompts         string
	languages       string
	maxFile         int64
	file            string // the backup
	erased          string
	withoutErasures bool
}

// flags are all there are.
func (c *command) flags() *flag.FlagSet {
	all := flag.NewFlagSet("", flag.ContinueOnError)
	all.StringVar(&c.store.Dir, "data", "", "data `folder`")
	all.StringVar(&c.store.Pepper, "pepper", "", "pepper `file`, outside the data folder (default: the folder's name + .pepper)")
	all.BoolVar(&c.store.Damaged, "damaged", false, "serve what is left of a damaged store")
	all.BoolVar(&c.json, "json", false, "print JSON")
	all.StringVar(&c.roster, "roster", "", "signed roster `file`")
	all.StringVar(&c.holders, "keyholders", "", "keyholders `file`")
	all.StringVar(&c.listen, "listen", "127.0.0.1:8460", "loopback `address`, or unix:/path")
	all.StringVar(&c.exit, "exit", "", "neutral `page` that \"Leave this page\" goes to")
	all.StringVar(&c.prompts, "prompts", "", "`file` with the form's questions (default: the usual seven)")
	all.StringVar(&c.languages, "languages", "", "`tags` of the pages' languages, with commas between them; English is always on")
	all.Var(size{&c.maxFile}, "max-file", "`bytes` that one file may have, 1M to 3G (default 500M)")
	all.Var(size{&c.store.TextReserve}, "text-reserve", "`bytes` of the disk that are kept for texts, like 2G (default 2G)")
	all.StringVar(&c.file, "out", "", "the new `file` for the backup")
	all.StringVar(&c.file, "from", "", "backup `file`")
	all.StringVar(&c.erased, "erased", "", "the old box's list of erasures, a `file` (default: the one at the folder's name + .erased)")
	all.BoolVar(&c.withoutErasures, "without-erasures", false, "bring back what was taken back since the backup")
	return all
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c := &command{out: stdout, log: stderr}
	err := c.run(ctx, args)
	if err == nil {
		return 0
	}
	if t, ok := errors.AsType[told](err); ok {
		return int(t)
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
	if len(args) > 0 && (args[0] == "help" || args[0] == "-h" || args[0] == "-help" || args[0] == "--help") {
		fmt.Fprint(c.out, usage)
		return nil
	}
	if len(args) == 0 || verbs[args[0]].do == nil {
		fmt.Fprint(c.log, usage)
		return told(2)
	}
	c.verb = args[0]
	all, flags := c.flags(), flag.NewFlagSet("tellbox "+c.verb, flag.ContinueOnError)
	flags.SetOutput(c.log)
	var needed []string
	for _, name := range strings.Fields(verbs[c.verb].flags) {
		name, must := strings.CutSuffix(name, "!")
		if must {
			needed = append(needed, name)
		}
		f := all.Lookup(name)
		flags.Var(f.Value, f.Name, f.Usage)
	}
	if err := flags.Parse(args[1:]); err != nil {
		return told(2)
	}
	for _, name := range needed {
		if flags.Lookup(name).Value.String() == "" {
			return c.misused("-%s is missing", name)
		}
	}
	if flags.NArg() > 0 {
		return c.misused("unexpected %q", flags.Arg(0))
	}
	c.store.Log = logger(c.log)
	return verbs[c.verb].do(c, ctx)
}

// misused says how the command was called wrongly.
func (c *command) misused(format string, args ...any) error {
	fmt.Fprintf(c.log, "tellbox %s: %s; see tellbox help\n", c.verb, fmt.Sprintf(format, args...))
	return told(2)
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
