// Command reporter is for somebody who tells what happened to her, and would rather trust a program of her own than a page.
//
// The page is a program that runs inside the server; this is the same one on her computer. Her text is sealed here, to readers whom
// the keyholders vouch for, and her eight words are made here. What leaves this computer is a parcel that only those readers can open,
// and a locator, from which nobody can find the words. So whoever controls the server can withhold or lose things, and see when she comes;
// he cannot read, and he cannot speak in anybody's name.
//
// It keeps nothing on the disk unless it is told to (-remember, which holds nothing of hers), takes no secret from the command line, and with
// -proxy asks nobody but the proxy for anything. It cannot promise anything against whoever controls this computer.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"tellbox/dropbox/client"
	"tellbox/dropbox/terminal"
)

const usageText = `usage: reporter [VERB] [-server URL] …

  send       to tell what happened. You get eight words
  check      shows the answers, with your words. On a terminal you can go on from there
  files      lists the files in your report and the answers, and saves them
  message    writes more
  wish       changes what you would like
  share      sends a record, which you kept for yourself, to readers
  withdraw   takes it back
  readers    shows who reads here, and who vouches for them. Sends nothing

On a terminal it asks for whatever is missing, step by step: type reporter, and press Enter. That is also the way that leaves least, as
many computers keep a history of commands, with what stands behind them. In a script it asks nothing.

  -server URL          the drop-box
  -proxy ADDRESS       Tor: socks5://127.0.0.1:9050, or Tor Browser while it is open: socks5://127.0.0.1:9150
  -keyholders FILE     who may vouch for the readers: the drop-box's keyholders file, from somebody you trust
  -fingerprint "F"     or their numbers on the poster; once for each of them
  -remember FILE       keeps address and keyholders of the drop-box in FILE, and the newest list of readers: later, -remember
                       FILE is enough. Nothing that you write goes in there; but the file shows that you know this drop-box
  -timeout 10m         how long to wait for one answer       -tries 6    how often to try
  -json                prints one line of JSON, and asks nothing

  -code-file FILE      your words; - is the first line of standard input. They do not belong on the command line
  -text-file FILE      what you write (send, message); - is standard input. -editor opens your editor, in memory only
  -wish W              advice (if you say nothing), thinking, complaint, record (send, wish, share)
  -exclude ID          must not get it; once for each (send, share)
  -about A             me, saw, told (send)                  -copy       your words open what you wrote, too (send)
  -answers FILE        [{"id":"when","text":"…"}] (send)     -yes        withdraw without being asked once more
  -file FILE           goes with it, and so does its name; once for each, up to 20 (send, message). What is hidden in JPEG and
                       PNG pictures is taken out, and you are told what; -original leaves it in. Other files go as they are
  -save N -out FOLDER  saves file N in a folder that is there; once for each, or -save all (files). It stays on this disk

Exit: 0 done, 1 refused, 2 usage, 3 unreachable or busy: try again.
`

var verbs = map[string]func(*call) (any, error){
	"send":     send,
	"check":    check,
	"files":    files,
	"message":  message,
	"wish":     wish,
	"share":    share,
	"withdraw": withdraw,
	"readers":  readers,
}

func main() {
	terminal.Harden()
	typing := term.IsTerminal(int(os.Stdin.Fd()))
	os.Exit(run(os.Args[1:], setting{os.Stdin, os.Stdout, os.Stderr, typing, typing && term.IsTerminal(int(os.Stdout.Fd())), time.Now, pause}))
}

// setting is where a program runs: typing says that somebody sits at standard input, person that she also sees what is printed.
type setting struct {
	in             io.Reader
	out, err       io.Writer
	typing, person bool
	now            func() time.Time
	pause          func(context.Context, time.Duration) error
}

// run carries out one command line and returns the exit code.
func run(args []string, s setting) int {
	help := []string{"help", "-h", "-help", "--help"}
	if len(args) > 0 && (slices.Contains(help, args[0]) || len(args) == 2 && slices.Contains(help[1:], args[1])) {
		fmt.Fprint(s.out, usageText)
		return terminal.Done
	}
	asJSON := terminal.WantsJSON(args)
	c, out := newCall(s, asJSON), &printed{w: s.out}
	if !asJSON {
		c.out = out
	}
	defer c.askBeforeEnding()()
	result, err := c.carryOut(args)
	var f *terminal.Failure
	if err != nil {
		f = explain(err)
	}
	if asJSON {
		terminal.WriteJSON(out, result, f)
	}
	if c.asks && !errors.Is(err, errUndelivered) && (errors.Is(err, errStopped) || errors.Is(err, errNotSure) || errors.Is(err, context.Canceled)) { // her choice
		c.unsent(err)
		c.para("To leave nothing on this screen, please close the window.")
		return f.Code
	}
	if f == nil && out.err != nil { // it is done, and her words may be what was not printed
		f = explain(errNotPrinted)
	}
	if f != nil {
		f.Report("reporter", s.err)
		return f.Code
	}
	return terminal.Done
}

// printed is standard output, which may be a full disk.
type printed struct {
	w   io.Writer
	err error // the first there was
}

func (p *printed) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	if p.err == nil {
		p.err = err
	}
	return n, err
}

// A call is one command line on its way. A verb does what it says, prints for people to out, and returns what -json prints.
type call struct {
	flags     *flag.FlagSet
	in        *bufio.Reader
	out       io.Writer         // for people; nowhere with -json
	notes     io.Writer         // stderr
	asks      bool              // a person sits there
	typing    bool              // standard input is a terminal at least
	screen    *screen           // hers, if asks
	questions map[string]string // of the form, by id, once they were asked
	now       func() time.Time
	pause     func(context.Context, time.Duration) error

	server, proxy, keyholders, remember        string
	fingerprints, exclude, paths, save         list
	codeFile, textFile, answers, about, choice string
	folder                                     string // where files are saved
	editor, copy, sure, onlyRecord, original   bool
	timeout                                    time.Duration
	tries                                      int

	printing sync.Mutex // keeps notes and progress, which comes from other goroutines, out of one another

	busy    atomic.Bool  // something else minds Ctrl-C
	pressed atomic.Int64 // when it was last pressed, and no line typed since; unix seconds
}

// list is a flag that may be given more than once.
type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

func newCall(s setting, asJSON bool) *call {
	c := &call{flags: flag.NewFlagSet("reporter", flag.ContinueOnError), in: bufio.NewReaderSize(s.in, 64<<10), out: s.out, notes: s.err,
		asks: s.person && !asJSON, typing: s.typing, now: s.now, pause: s.pause, questions: map[string]string{}}
	if asJSON {
		c.out = io.Discard
	}
	if c.asks {
		c.screen = newScreen(s)
	}
	f := c.flags
	f.SetOutput(io.Discard)
	f.Bool("json", false, "")
	f.StringVar(&c.server, "server", "", "")
	f.StringVar(&c.proxy, "proxy", "", "")
	f.StringVar(&c.keyholders, "keyholders", "", "")
	f.StringVar(&c.remember, "remember", "", "")
	f.Var(&c.fingerprints, "fingerprint", "")
	f.DurationVar(&c.timeout, "timeout", client.Timeout, "")
	f.IntVar(&c.tries, "tries", 6, "")
	return c
}

func (c *call) carryOut(args []string) (any, error) {
	if len(args) == 0 && c.asks {
		what, err := c.begun()
		if err != nil {
			return nil, err
		}
		args = []string{what}
	}
	if len(args) == 0 {
		return nil, usage("say what to do")
	}
	verb, ok := verbs[args[0]]
	if !ok {
		return nil, usage("there is no such verb") // it may be a word of hers
	}
	for _, group := range flagsOf[args[0]] {
		c.declare(group)
	}
	rest, err := terminal.Parse(c.flags, args[1:])
	switch {
	case err != nil:
		return nil, usage("%s", valueless(err))
	case len(rest) > 0:
		return nil, usage("there is something on the command line that belongs to no flag; words and texts never stand there, as others can see it")
	case c.timeout <= 0 || c.tries < 1:
		return nil, usage("-timeout and -tries are more than nothing")
	case c.original && len(c.paths) == 0 && !c.asks:
		return nil, usage("-original goes with -file")
	case c.codeFile == "-" && c.asks, c.textFile == "-" && c.asks:
		return nil, usage("standard input is this terminal: leave the flag out, and you are asked")
	}
	return verb(c)
}

// begun asks a person who typed nothing but the program's name what she would like to do.
func (c *call) begun() (string, error) {
	c.say("")
	c.para("You can stop at any time: press Ctrl-C twice. Nothing is sent until you say so.")
	return c.choose("What would you like to do?", []option{{"readers", text("readers.title") + ", and help lines", ""}, {"send", text("start.report"), ""},
		{"check", text("start.check"), "To read answers, write more, change what you would like, or take it back."}}, "")
}

// note tells what was not asked for, and is no error.
func (c *call) note(format string, args ...any) {
	said := fmt.Sprintf(format, args...)
	c.printing.Lock()
	defer c.printing.Unlock()
	if c.asks {
		c.say("")
		c.para(sentence(said))
		return
	}
	fmt.Fprintf(c.notes, "reporter: note: %s\n", terminal.Visible(said))
}
