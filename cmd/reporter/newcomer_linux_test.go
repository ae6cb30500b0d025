package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tellbox/dropbox"
	"tellbox/dropbox/terminal"
)

// desk is a real terminal with the program at it.
type desk struct {
	*here
	master *os.File
	chunks chan string
	code   chan int
	screen string // all that has been shown
	seen   int    // how much of it was waited for
}

// sit starts the program at a terminal so many columns wide.
func (h *here) sit(columns uint16, args ...string) *desk {
	h.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	h.must(err)
	h.Cleanup(func() { master.Close() })
	h.must(unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	h.must(err)
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	h.must(err)
	h.must(unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: columns}))
	d := &desk{here: h, master: master, chunks: make(chan string, 4096), code: make(chan int, 1)}
	go func() {
		d.code <- run(args, setting{slave, slave, slave, true, true, h.clock.Now, h.pause})
		slave.Close()
	}()
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b)
			if err != nil {
				close(d.chunks)
				return
			}
			d.chunks <- string(b[:n])
		}
	}()
	return d
}

// at waits for a text on the screen, and then types.
func (d *desk) at(text, typed string) {
	d.Helper()
	late := time.After(30 * time.Second)
	for !strings.Contains(d.screen[d.seen:], text) {
		select {
		case chunk, open := <-d.chunks:
			if !open {
				d.Fatalf("it ended before %q:\n%s", text, d.screen)
			}
			d.screen += strings.ReplaceAll(chunk, "\r", "")
		case <-late:
			d.Fatalf("no %q on\n%s", text, d.screen)
		}
	}
	d.seen += strings.Index(d.screen[d.seen:], text) + len(text)
	_, err := d.master.WriteString(typed)
	d.must(err)
}

// ends waits for the end.
func (d *desk) ends(want int) {
	d.Helper()
	select {
	case code := <-d.code:
		if code != want {
			d.Errorf("exit %d, want %d", code, want)
		}
	case <-time.After(30 * time.Second):
		d.Fatal("it does not end")
	}
	for chunk := range d.chunks {
		d.screen += strings.ReplaceAll(chunk, "\r", "")
	}
}

// Paragraphs that she pastes are the answer to the question where she pasted them, whatever stands in them. None of their lines chooses
// anything, and Enter while she waits does not lose her words.
func TestPastedAtATerminal(t *testing.T) {
	h := setUp(t)
	d := h.sit(40, h.where("send")...)
	d.at("Number (Enter for 1): ", "\n")
	d.at("nobody: ", "2\n")
	d.at("Number (Enter for 4): ", "1\nand\nmore\n")
	d.at("Number (Enter for 4): ", "1\n")
	d.at("> ", "In spring.\n\n1\nAgain in June.\n")
	d.at("> ", "s\n")
	d.at("a dot", "First.\n\n1\n.\n9\nLast.\n.\n")
	d.at("Enter for none: ", "\n")
	d.at("(yes or no): ", "\n")
	d.at("Number: ", "First of all\n1\n1\n")
	d.at("one of the numbers", "")
	d.at("Number: ", "1\n")
	d.at("Enter alone skips this: ", "\n\n\n\n\n")
	d.at("(yes or no): ", "\n")
	d.at("until you type yes", "")
	d.at("(yes or no): ", "yes\n")
	d.ends(0)
	reports, err := h.box.Reports("alice")
	h.must(err)
	if len(reports) != 1 || reports[0].Text != "First.\n\n1\n.\n9\nLast." || len(reports[0].Prompt) != 1 || reports[0].Prompt[0].Text != "In spring.\n\n1\nAgain in June." {
		t.Fatalf("alice reads %+v", reports)
	}
	cleared := strings.LastIndex(d.screen, "\x1b[3J")
	words := strings.Fields(d.screen[strings.Index(d.screen, "Keep these eight words"):])[4:12]
	if _, err := dropbox.ParseCode(strings.Join(words, " ")); err != nil || cleared < 0 || strings.Contains(d.screen[cleared:], strings.Join(words[:2], " ")) {
		t.Errorf("cleared at %d, %v:\n%s", cleared, err, d.screen)
	}
	for line := range strings.Lines(d.screen) {
		line = strings.TrimPrefix(line, "\x1b[H\x1b[2J\x1b[3J")
		if wide := len([]rune(strings.TrimSpace(line))); wide > 40 && !strings.Contains(line, "Sending:") {
			t.Errorf("%d columns: %q", wide, line)
		}
	}
}

// Words that were typed wrong stand on the screen until they are right; then none of them does.
func TestMistypedWordsLeaveTheScreen(t *testing.T) {
	h := setUp(t)
	code := h.script(0, "Something", "send").Code
	fields := strings.Fields(code)
	d := h.sit(80, h.where("check")...)
	d.at("Your eight words: ", strings.Join(fields[:7], " ")+"\n")
	d.at("We found 7 words.", "")
	d.at("Your eight words: ", strings.Join(fields[:4], "\n")+"\n"+strings.Join(fields[4:], "\n")+"\n") // a word a line, as she has noted them
	d.at("What would you like to do?", "")
	if at := strings.LastIndex(d.screen, "\x1b[3J"); at < 0 || strings.Contains(d.screen[at:], strings.Join(fields[:2], " ")) || !strings.Contains(d.screen[at:], "Your report and the answers") {
		t.Errorf("on the screen is still %q", d.screen[max(at, 0):])
	}
	d.at("Number (Enter for 1): ", "\n")
	d.ends(0)
	if at := strings.LastIndex(d.screen, "\x1b[3J"); strings.Contains(d.screen[at:], "Your report") {
		t.Errorf("after leaving, on the screen is still %q", d.screen[at:])
	}
}

// Who types nothing but the program's name is asked what she would like, and for the address, which then stands in no history.
func TestTheNameAlone(t *testing.T) {
	h := setUp(t)
	code, out, errs := h.start(true, strings.Join([]string{"4", "1", "", "http://box.example", h.box.URL}, "\n")+"\n")
	h.says(out, "Nothing is sent until you say so", "I have my eight words", "Please type one of the numbers", "The address of the drop-box", "Please type or paste the address",
		"Use https://, or the drop-box's onion address.", "Alice Okafor", "Samaritans: 116 123", "every day, all day and night (London time)")
	if code != 0 || errs != "" {
		t.Errorf("exit %d, %s", code, errs)
	}
	onion := strings.Repeat("a", 56) + ".onion"
	for _, typed := range []string{onion + "\n", "http://" + onion + "\n"} {
		code, out, _ = h.start(true, "2\n"+typed)
		if h.says(out, "If you have Tor Browser, open it now", "Tor Browser, which is open", "Nothing was sent"); code != 1 {
			t.Errorf("exit %d", code)
		}
	}
	if code, _, errs = h.start(false, ""); code != terminal.Misused || !strings.Contains(errs, "say what to do") {
		t.Errorf("a script: exit %d, %s", code, errs)
	}
	if code, out, _ = h.start(false, "", "send", "--help"); code != 0 || !strings.HasPrefix(out, "usage: ") {
		t.Errorf("send --help: exit %d, %s", code, out)
	}
}

// What a flag says wrong is said before she writes, not after.
func TestWrongFlagsBeforeSheWrites(t *testing.T) {
	h := setUp(t)
	for want, flags := range map[int][]string{terminal.Misused: {"-wish", "help"}, terminal.Refused: {"-exclude", "bobby"}} {
		code, out, errs := h.start(true, "", h.where(append([]string{"send"}, flags...)...)...)
		if code != want || strings.Contains(out, "What would you like?") || !strings.Contains(errs, "reporter: error: ") {
			t.Errorf("%q: exit %d, want %d, %s%s", flags, code, want, out, errs)
		}
	}
}

// A record that becomes a report before it is sent: then she is asked who must not read it, as everyone is.
func TestRecordBecomesAReport(t *testing.T) {
	h := setUp(t)
	screen := h.person(0, []string{"4", "4", "s", "Something", ".", "", "4", "1", "1", "yes", // advice; not Alice; a copy
		"7", "in summer", "s", // the questions anew
		"6", "2", // she saw it
		"1", "", "yes"}, "send")
	h.says(screen, "Store it, for yourself alone", "Who must not read this?", "It goes to Bob Lindqvist.", "It must not be read by Alice Okafor.", "You answered, to “When was it?", "I saw it.", "Keep these eight words")
	reports, err := h.box.Reports("bob")
	h.must(err)
	if len(reports) != 1 || reports[0].About != "saw" || len(reports[0].Prompt) != 1 || len(h.got("alice")) != 0 {
		t.Errorf("bob reads %+v, alice %q", reports, h.got("alice"))
	}
	if said := h.script(0, h.words(screen), "check", "-code-file", "-"); said.Account != "Something" {
		t.Errorf("her copy is %q", said.Account)
	}
}
