package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"tellbox/dropbox"
)

var errNoMemory = errors.New("there is no folder in memory here: an editor would leave what you write on the disk")

// quiet are flags by which editors keep nothing elsewhere: no swap file, no history, no backup, no settings that ask for these.
var quiet = map[string][]string{
	"vim": {"-n", "-i", "NONE", "-u", "NONE"}, "nvim": {"-n", "-i", "NONE", "-u", "NONE"}, "nano": {"--ignorercfiles"},
}

// edit lets her write in her own editor, in a file that exists in memory alone and is gone afterwards. It begins with what she has. With an
// error it returns all that there is of her text: what stood in the file, or what she had.
func (c *call) edit(before string) (string, error) {
	args := strings.Fields(cmp.Or(os.Getenv("VISUAL"), os.Getenv("EDITOR"), "nano"))
	if len(args) == 0 { // a setting of spaces
		args = []string{"nano"}
	}
	flags, known := quiet[filepath.Base(args[0])]
	if !known {
		c.para("The program does not know whether " + args[0] + " keeps copies or a history of what it opens. If it may, stop here with Ctrl-D, and write without -editor.")
	}
	if nano := filepath.Base(args[0]) == "nano"; nano || !known {
		how := map[bool]string{true: "To come back from it, press Ctrl-X, then y, then Enter. "}[nano]
		if _, err := c.ask("An editor opens now. " + how + "Press Enter to open it: "); err != nil {
			return before, err
		}
	}
	memory, err := memoryFolder()
	if err != nil {
		return before, err
	}
	folder, err := os.MkdirTemp(memory, "reporter-*") // 0700
	if err != nil {
		return before, fmt.Errorf("making a file for the editor: %w", err)
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "text")
	if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
		return before, fmt.Errorf("making a file for the editor: %w", err)
	}
	// Whatever ends this program, a closed window too, ends the editor first, and what is in the folder goes.
	c.busy.Store(true)
	defer c.busy.Store(false)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	program := exec.CommandContext(ctx, args[0], append(append(args[1:], flags...), file)...)
	program.Stdin, program.Stdout, program.Stderr = os.Stdin, os.Stdout, os.Stderr
	program.Env = append(os.Environ(), "TMPDIR="+folder)
	ran := program.Run()
	if ctx.Err() != nil {
		return before, errStopped
	}
	f, err := os.ReadFile(file)
	if err != nil {
		return before, fmt.Errorf("reading what the editor wrote: %w", pathless(err))
	}
	text := strings.TrimRight(dropbox.Clean(string(f)), "\n")
	if ran != nil {
		return text, fmt.Errorf("running %s: %w", args[0], pathless(ran))
	}
	return text, nil
}
