package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"tellbox/dropbox/desk"
	"tellbox/dropbox/terminal"
	"tellbox/keys/vault"
)

// sheet prints the recovery sheet, or writes it into a file of hers alone.
func sheet(c *call) (any, error) {
	out := c.flags.String("out", "-", "")
	if err := c.parseFlags("out"); err != nil {
		return nil, err
	}
	if *out != "-" {
		if _, err := os.Lstat(*out); err == nil {
			return nil, fmt.Errorf("writing the sheet: %w", desk.ErrTaken)
		}
	}
	d, err := c.open()
	if err != nil {
		return nil, err
	}
	defer d.Close()
	text, err := d.Sheet()
	if err != nil {
		return nil, err
	}
	if *out == "-" {
		fmt.Fprint(c.out, text)
		c.note([]string{"this is your key, readable. Print it, then close this window, and clear what stands above it in others"})
		return map[string]string{"sheet": text}, nil
	}
	if err := vault.WriteFile(*out, []byte(text)); err != nil {
		return nil, diskFull(err)
	}
	fmt.Fprintf(c.out, "Your recovery sheet is in %s, readable. Print it on a printer of your own, and delete the file.\nDeleting does not erase it from a disk that is not encrypted.\n",
		terminal.Visible(*out))
	return map[string]string{"file": *out}, nil
}

// recoverKeys makes a key out of what was typed from a sheet.
func recoverKeys(c *call) (any, error) {
	file := c.flags.String("sheet-file", "-", "")
	if err := c.parseFlags(); err != nil {
		return nil, err
	}
	if c.asks() && *c.passphraseFile == "" {
		fmt.Fprintln(c.notes, "First choose a new passphrase, for your key on this machine: six words at random are good.")
	}
	card, err := desk.Recover(*c.home, func() (string, error) { return c.passphrase(true) }, func() (string, error) { return c.sheetText(*file) })
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(c.out, "Your key is in %s, under the new passphrase.\n\nCompare the fingerprint with the one on the sheet, and close this window afterwards:\n\n  %s\n\n",
		terminal.Visible(*c.home), card.Fingerprint())
	fmt.Fprintf(c.out, `Next, one of these:
- The old folder is lost:         advocate join -home %[1]s -server URL -keyholders FILE, then advocate inbox.
                                  Mail that you fetched more than 30 days ago is gone from the server, and your own replies
                                  and decisions are not there: cases that you stepped aside from, or deleted, are shown again.
                                  Please delete those, unread. Ask your colleagues how the others stand before you write:
                                  what you write now can come to stand between what you wrote before.
- You have it, or a backup whose  put secret.age in the place of the one in it (of a backup, after advocate restore
  passphrase you know:            -from FILE -home OTHERFOLDER), and use that folder. It has notes, drafts, and old mail.
If somebody else may have the old laptop or the sheet, ask the keyholders for new keys today: advocate rotate.
`, terminal.Visible(*c.home))
	return map[string]string{"id": card.ID, "home": *c.home, "fingerprint": card.Fingerprint()}, nil
}

// sheetText reads all of a file, or asks for line after line at a terminal, and again for one with a slip.
func (c *call) sheetText(file string) (string, error) {
	if file != "-" || !c.asks() {
		t, err := c.text(file, "")
		return t.said, err
	}
	fmt.Fprintln(c.notes, "Type the numbered lines of the sheet, each with Enter. Capitals, spaces and the numbers do not matter. Ctrl-C stops.")
	var typed strings.Builder
	for n, total := 1, 1; n <= total; {
		fmt.Fprintf(c.notes, "Line %d: ", n)
		line, err := c.typed(1)
		if err != nil {
			return "", err
		}
		if line == "" {
			return "", fmt.Errorf("reading the sheet: %w", io.ErrUnexpectedEOF)
		}
		line, of, ok := vault.SheetLine(n, line)
		if !ok {
			fmt.Fprintf(c.notes, "That is not line %d as it was printed. Please look again, and type it once more.\n", n)
			continue
		}
		if n == 1 {
			total = of
		}
		typed.WriteString(line)
		n++
	}
	return typed.String(), nil
}
