package desk

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"strings"

	"tellbox/dropbox"
)

// Her notes and drafts are one file a case and kind, sealed to herself. In the age file stands
//
//	64 hex digits     HMAC-SHA256 under her local key over "tellbox/1 private\n", the file's name with a newline, and all that follows
//	                  a newline
//	JSON              on one line
//	                  spaces up to a length of dropbox.Buckets, or to a multiple of the last
//
// Anybody can seal to her, and she would send a draft as it stands. So only what her own key vouches for, for this case, is believed.
// Whoever can write into the folder can put an older file of the same case back, or take one away.
const (
	notes  = "notes"
	drafts = "drafts"
)

func (d *Desk) privateName(folder, id string) string {
	return filepath.Join(folder, d.mark(id)+".age")
}

func (d *Desk) vouch(name string, text []byte) string {
	m := d.vouching(name)
	m.Write(text)
	return hex.EncodeToString(m.Sum(nil))
}

// vouching takes what stands in a file of that name, of which she wants to know that it is her own.
func (d *Desk) vouching(name string) hash.Hash {
	m := hmac.New(sha256.New, d.me.LocalKey())
	fmt.Fprintf(m, "tellbox/1 private\n%s\n", filepath.ToSlash(name))
	return m
}

// savePrivate replaces what is kept of that kind in a case.
func (d *Desk) savePrivate(folder, id string, v any) error {
	return d.saveSealed(d.privateName(folder, id), v)
}

func (d *Desk) saveSealed(name string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	text = append(text, bytes.Repeat([]byte(" "), padded(len(text))-len(text))...)
	sealed, err := dropbox.SealBytes([]byte(d.vouch(name, text)+"\n"+string(text)), d.me.Identity.Recipient())
	if err != nil {
		return fmt.Errorf("sealing %s: %w", name, err)
	}
	return d.home.write(name, sealed)
}

func padded(n int) int {
	for _, b := range dropbox.Buckets {
		if n <= b {
			return b
		}
	}
	most := dropbox.Buckets[len(dropbox.Buckets)-1]
	return (n + most - 1) / most * most
}

// openPrivate reads into v, and leaves it as it is if there is nothing. What does not open, or was not written here for this case, is
// ErrDamaged.
func (d *Desk) openPrivate(folder, id string, v any) error {
	return d.openSealed(d.privateName(folder, id), v)
}

func (d *Desk) openSealed(name string, v any) error {
	sealed, err := d.home.read(name)
	if err != nil || sealed == nil {
		return err
	}
	damaged := fmt.Errorf("%s: %w", name, ErrDamaged)
	plain, _, err := d.decrypt(sealed)
	if err != nil {
		return damaged
	}
	tag, text, _ := bytes.Cut(plain, []byte("\n"))
	if !hmac.Equal(tag, []byte(d.vouch(name, text))) || json.Unmarshal(text, v) != nil {
		return damaged
	}
	return nil
}

// removePrivate deletes a case's notes and draft.
func (d *Desk) removePrivate(id string) error { return d.removeMarked(d.mark(id)) }

func (d *Desk) removeMarked(mark string) (err error) {
	for _, folder := range []string{notes, drafts} {
		if name := filepath.Join(folder, mark+".age"); d.home.has(name) {
			err = errors.Join(err, d.home.remove(name))
		}
	}
	return err
}

// dropPrivate deletes notes and drafts of cases that were forgotten, or taken back, and says of which. What cannot be deleted is said as
// well, and is no reason not to go on.
func (d *Desk) dropPrivate() (notices []string) {
	kept := append(d.marksIn(notes), d.marksIn(drafts)...)
	if len(kept) == 0 || !d.Joined() {
		return nil
	}
	here := map[string]bool{}
	for _, c := range d.fold().cases {
		here[d.mark(c.id)] = true
		if !c.gone() || !d.home.has(d.privateName(notes, c.id)) && !d.home.has(d.privateName(drafts, c.id)) {
			continue
		}
		if err := d.removePrivate(c.id); err != nil {
			notices = append(notices, fmt.Sprintf("%s Your notes and draft of it could not all be deleted: %v.", c.why(), err))
		} else {
			notices = append(notices, fmt.Sprintf("%s Your notes and draft of it are deleted.", c.why()))
		}
	}
	for _, mark := range kept {
		if !d.forgotten[mark] || here[mark] {
			continue
		}
		for _, folder := range []string{notes, drafts} {
			if err := d.home.remove(filepath.Join(folder, mark+".age")); err != nil {
				notices = append(notices, fmt.Sprintf("Notes of a case that you have deleted are still there: %v.", err))
			}
		}
	}
	return notices
}

// marksIn names the cases of which a folder has something.
func (d *Desk) marksIn(folder string) (marks []string) {
	entries, _ := os.ReadDir(d.home.path(folder)) // none, if it cannot be read
	for _, e := range entries {
		if mark, ok := strings.CutSuffix(e.Name(), ".age"); ok {
			marks = append(marks, mark)
		}
	}
	return marks
}
