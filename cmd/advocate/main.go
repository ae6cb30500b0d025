// Command advocate is for those who read and answer reports. It makes their keys, fetches their mail, shows it, replies and
// deletes, all from a folder on their own machine (package desk says what lies there).
//
// What a reporter wrote is shown indented and wrapped, with everything made visible that could draw on the terminal
// or turn the direction of text around. With -json it stands as it came.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"tellbox/dropbox/desk"
	"tellbox/dropbox/terminal"
	"tellbox/keys/vault"
)

const usageText = `usage: advocate VERB …

  keygen -id ID -name NAME -org ORGANISATION      makes your keys, and the card for the keyholders
  join   -server URL -keyholders FILE             once, when the keyholders have added you to the roster
         [-proxy socks5://127.0.0.1:9050]         for onion addresses: Tor's port on this machine
  desk                                            all of this as pages in your browser, on this machine alone; Ctrl-C closes it
         [-no-browser] [-listen 127.0.0.1:0]      opens no browser; another port. The address it prints works once
         [-idle 15m]                              locks the desk when nobody has used it for so long
  inbox                                           fetches your mail and lists your cases, the oldest first
        [-only new|mine|waiting|overdue]          only what came since you looked, what you are named for, what waits for you (or for anybody), what is
                                                  due by its date or at 60 days
        [-again]                                  all of it, from the start: what did not arrive, or came spoilt, may be there now
  read   CASE                                     shows a case
  reply  CASE [-text-file FILE]                   writes to the reporter; without a file, what you type. If it names somebody whom
                                                  the reporter named, you are asked first at a terminal, and told in a script
         [-draft]                                 sends your draft. What you typed and did not send is kept as your draft
         [-file FILE] [-original]                 sends files, -file again for each; without -text-file (- to type) files alone.
                                                  Hidden data is taken out of JPEG and PNG pictures, unless you say -original
  tell   CASE [-text-file FILE]                   writes to the colleagues who read it with you; the reporter never sees that
  assign CASE WHO                                 says who is named to the reporter from now on; WHO is an id of the roster
  status CASE WORD                                tells the reporter how the case stands: received, reading, answered, investigator, panel
  add    CASE WHO                                 lets a colleague read it, too: all of it, and what is to come. Never one whom the
                                                  reporter struck off; the reporter is told
  handover CASE WHO [-leave]                      names WHO to the reporter, who reads it from then on; -leave steps aside after that
  aside  CASE                                     steps aside for good, as for a conflict of interest: a colleague has to be left
  close  CASE                                     closes it with a reason, which the reporter reads, and can open it again by writing
         [-text-file FILE]                        these tell the reporter something as well; close always does, and you are asked for it
  draft  CASE                                     shows your draft of a reply; nobody is sent it before you send it
         -text-file FILE, -discard                keeps a text as your draft (- is what you type), or deletes it
  note   CASE [-text-file FILE]                   keeps a note for yourself, which is never sent; without a file, what you type
         -list, -remove N                         shows your notes on a case (so does read), or deletes one
  search WORD…                                    finds the cases in which all the words stand, or parts of words. The shell keeps
                                                  what you type in a history: search - asks for the words instead
  files  CASE                                     lists the files of a case. None is ever opened
         -save N, -save all                       fetches them into the case's folder, where they can be read; N again for more
         -preview N                               makes a new picture of what a JPEG, PNG or GIF shows
         [-out FOLDER]                            into another folder, which you have to look after yourself
  stats  [-from 2026-Q1] [-to 2026-Q4] [-csv]     counts the cases on this machine, for a report: whole quarters, the last four without -from and -to.
                                                  Fewer than 5 is not told apart from none, the rest is rounded to 5. Deleted cases
                                                  and junk are not counted, and full answers three months later. Publish no two periods that
                                                  overlap: who has both can subtract, and all of this is undone
  forget CASE                                     deletes a case here and in your mailbox, for good, with your notes and the files
                                                  in its folder; but not out of backups
  forget -unreadable                              deletes what could not be opened
  junk   CASE…                                    puts cases aside as junk; what comes to one later brings it back into the inbox
         -list, -keep CASE…                       shows what is kept apart (floods, duplicates, what you put aside), or brings cases back.
                                                  A flood is five or more reports that say exactly the same, and more than a few words: the oldest stays a case
         -remove [-yes]                           deletes all of it here and in your mailbox, for good, after asking; or one or more of
                                                  -unreadable -duplicates -floods -aside
  backup  -out FILE                               puts all of this desk into one sealed file, but not the files that you saved
  restore -from FILE [-home NEWFOLDER]            makes a desk out of that, on another machine. It is as it was on the day of the backup:
                                                  what you deleted since is back, what was taken back may be; use the old desk no more
  sheet   [-out FILE]                             prints your recovery sheet: your key on paper, for a safe. Whoever has it reads everything
  recover [-home NEWFOLDER] [-sheet-file FILE]    makes your key anew from the sheet, under a new passphrase; asks for its lines
  rotate                                          makes your next keys, and card-next.txt, their card, for a keyholder. They are used when a
                                                  roster names them; what waits or is on its way stays readable
         [-cancel]                                drops them, as long as no roster does
  leave   -to WHO [-list]                         hands your open cases over to WHO, and steps aside from all, because you leave the service;
                                                  what cannot be handed over is listed. With -list it only says what it would do

CASE is the case's name in the inbox, or its first four characters or more.
Every verb takes -home FOLDER (your own settings folder without it), -passphrase-file FILE (- is standard input; you are
asked without it) and -json. Exit: 0 done, 1 refused, 2 usage, 3 unreachable or busy: try again.
`

var verbs = map[string]func(*call) (any, error){
	"keygen": keygen,
	"join":   join,
	"desk":   serveDesk,
	"inbox":  inbox,
	"read":   read,
	"reply":  reply,
	"draft":  draft,

	"tell": tell, "assign": assign, "status": status, "add": add, "handover": handover, "aside": aside, "close": closeCase,

	"note":    note,
	"search":  search,
	"files":   files,
	"stats":   stats,
	"forget":  forget,
	"junk":    junk,
	"backup":  backup,
	"restore": restore,
	"sheet":   sheet,
	"recover": recoverKeys,
	"leave":   leave,
	"rotate":  rotate,
}

func main() {
	terminal.Harden()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run carries out one command line and returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	asJSON := terminal.WantsJSON(args)
	if len(args) > 0 && slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		fmt.Fprint(stdout, usageText)
		return 0
	}
	c := &call{stop: func() {}, flags: flag.NewFlagSet("advocate", flag.ContinueOnError), stdin: stdin, out: stdout, notes: stderr}
	c.early = func(v any) {
		if asJSON {
			terminal.WriteJSON(stdout, v, nil)
			c.spoken = true
		}
	}
	c.flags.SetOutput(io.Discard)
	c.flags.Bool("json", false, "")
	c.home = c.flags.String("home", "", "")
	c.passphraseFile = c.flags.String("passphrase-file", "", "")
	if asJSON {
		c.out = io.Discard
	}
	result, err := c.carryOut(args)
	c.stop()
	if c.desk != nil {
		c.note(c.desk.Notices())
	}
	var f *terminal.Failure
	if err != nil {
		f = terminal.Explain(err, explanations)
	}
	if asJSON && !c.spoken {
		terminal.WriteJSON(stdout, result, f)
	}
	if f != nil {
		f.Report("advocate", stderr)
		return f.Code
	}
	return terminal.Done
}

// A call is one command line on its way. A verb declares its flags, calls parse, prints for people to out, and returns
// what -json prints.
type call struct {
	ctx            context.Context // of network
	stop           func()          // undoes network
	args           []string
	flags          *flag.FlagSet
	home           *string
	passphraseFile *string
	stdin          io.Reader
	out            io.Writer  // for people; nowhere with -json
	early          func(any)  // prints what -json prints, of a verb that goes on after that
	spoken         bool       // that was called
	notes          io.Writer  // stderr
	desk           *desk.Desk // that open opened
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

// parse takes flags before, between and after the other argument, which it returns.
func (c *call) parse() (rest []string, err error) {
	if rest, err = c.parseMany(); err == nil && len(rest) > 1 {
		return nil, usage("unexpected argument %q", rest[1])
	}
	return rest, err
}

// parseMany is parse for verbs with any number of arguments.
func (c *call) parseMany() (rest []string, err error) {
	if rest, err = terminal.Parse(c.flags, c.args); err != nil {
		return nil, usage("%v", err)
	}
	if *c.home == "" {
		settings, err := os.UserConfigDir()
		if err != nil {
			return nil, usage("-home is missing: %v", err)
		}
		*c.home = filepath.Join(settings, "tellbox", "advocate")
	}
	return rest, nil
}

// parseCase is parse for verbs about one case.
func (c *call) parseCase() (string, error) {
	rest, err := c.parse()
	if err == nil && len(rest) == 0 {
		err = usage("say which case")
	}
	if err != nil {
		return "", err
	}
	return rest[0], nil
}

// parseFlags is parse for verbs with flags alone; required names those that may not be missing.
func (c *call) parseFlags(required ...string) error {
	rest, err := c.parse()
	if err == nil && len(rest) > 0 {
		err = usage("unexpected argument %q", rest[0])
	}
	for _, name := range required {
		if err == nil && c.flags.Lookup(name).Value.String() == "" {
			err = usage("-%s is missing", name)
		}
	}
	return err
}

// network gives Ctrl-C a gentle meaning from here on. Before it just ends the program.
func (c *call) network() context.Context {
	if c.ctx == nil {
		c.ctx, c.stop = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	}
	return c.ctx
}

// open opens the desk. The passphrase is asked for when everything else that can be wrong has been looked at.
func (c *call) open() (*desk.Desk, error) {
	defer debug.FreeOSMemory() // of the 128 MB that a passphrase took: a large file takes its time, and has no use for them
	d, err := desk.Open(*c.home, func() (string, error) { return c.passphrase(false) }, time.Now)
	c.desk = d
	return d, err
}

func (c *call) passphrase(confirm bool) (string, error) {
	if *c.passphraseFile == "-" {
		return vault.PassphraseLine(c.stdin)
	}
	return vault.ReadPassphrase(*c.passphraseFile, confirm)
}

// note tells people what they did not ask for.
func (c *call) note(notices []string) {
	for _, n := range notices {
		fmt.Fprintf(c.notes, "advocate: note: %s\n", terminal.Visible(n))
	}
}

func usage(format string, args ...any) error {
	return terminal.Usage("advocate help lists the verbs and their flags", format, args...)
}
