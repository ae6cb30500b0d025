package vault

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// maxPassphrase bounds the line a passphrase is read from, in bytes.
const maxPassphrase = 1024

// ErrNoTerminal: there is nobody to ask.
var ErrNoTerminal = errors.New("there is no terminal to ask for the passphrase on")

// ReadPassphrase gets a passphrase: the first line of a file, the first line of standard input if file is "-", or, if
// file is "", what is typed on the terminal without echo, twice with confirm. It is never empty. Errors: ErrNoTerminal,
// fs.ErrNotExist, and sentences.
//
// Interrupting the program while it asks leaves the terminal without echo on some systems; `stty sane` helps.
func ReadPassphrase(file string, confirm bool) (string, error) {
	switch file {
	case "":
		return ask(confirm)
	case "-":
		return PassphraseLine(os.Stdin)
	}
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("reading passphrase: %w", err)
	}
	defer f.Close()
	return PassphraseLine(f)
}

// PassphraseLine reads a passphrase, the first line of r without its LF or CRLF, and not a byte more: the rest of r can
// be something else, such as a reply's text.
func PassphraseLine(r io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); len(line) <= maxPassphrase; {
		n, err := r.Read(b)
		if n == 1 && b[0] != '\n' {
			line = append(line, b[0])
			continue
		}
		if n == 0 && err == nil {
			continue
		}
		if n == 0 && err != io.EOF {
			return "", fmt.Errorf("reading passphrase: %w", err)
		}
		return checkPassphrase(strings.TrimSuffix(string(line), "\r"))
	}
	return "", fmt.Errorf("reading passphrase: the line is longer than %d bytes", maxPassphrase)
}

func checkPassphrase(p string) (string, error) {
	if p == "" {
		return "", errors.New("reading passphrase: it is empty")
	}
	return p, nil
}

// ask talks to the controlling terminal even where standard input and output are redirected.
func ask(confirm bool) (string, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return "", fmt.Errorf("reading passphrase: %w", ErrNoTerminal)
	}
	defer tty.Close()
	first, err := askOnce(tty, "Passphrase: ")
	if err != nil || !confirm {
		return first, err
	}
	second, err := askOnce(tty, "The same again: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errors.New("reading passphrase: the two are not the same")
	}
	return first, nil
}

func askOnce(tty *os.File, prompt string) (string, error) {
	fmt.Fprint(tty, prompt)
	typed, err := term.ReadPassword(int(tty.Fd()))
	fmt.Fprintln(tty)
	if err != nil {
		return "", fmt.Errorf("reading passphrase: %w", err)
	}
	return checkPassphrase(string(typed))
}
