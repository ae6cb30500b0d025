package e2e

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// judgeStory settles whether a story was taken back, and holds the server to it: all is there, or nothing but what tells the
// readers.
func (x *torture) judgeStory(s *story, seen *sight) {
	if s.her == nil {
		return
	}
	looked, here := seen.looked[s], seen.here[s]
	if b := s.takenBack; b != nil && b.fate == maybe && !here {
		x.happened(b)
	} else if b != nil && b.fate != done {
		s.takenBack = nil
	}
	gone := s.gone() == done
	switch {
	case !looked:
	case gone && here:
		x.fault("undead", "%s was taken back and is there", s.account.name)
	case !gone && !here && s.account.fate == done:
		x.fault("lost", "%s: nothing is here, and nobody took it back", s.account.name)
	case gone:
		s.goneFor++
	}
}

// judge holds the server to one sending: every copy is there once, or none. All that was seen of it made it done.
func (x *torture) judge(s *sending, seen *sight) {
	if s.fate == maybe {
		s.fate = no
	}
	places := slices.Clone(s.to)
	if s.kind != "withdrawal" && seen.looked[s.story] {
		places = append(places, "")
	}
	for _, reader := range places {
		at := place{reader, s.name}
		c := x.letters[at]
		if c == nil {
			c = &letter{sending: s}
		}
		got, state := seen.copies[at], c.state()
		switch {
		case state == maybe || s.late: // a deletion whose answer was lost
		case got == 0 && state == done:
			x.fault("lost", "%s is not in %q", s.name, reader)
		case got > 0 && state == no:
			x.fault("undead", "%s is in %q", s.name, reader)
		case got > 1:
			x.fault("twice", "%s is %d times in %q", s.name, got, reader)
		}
	}
}

// judgeLetters settles which letters are deleted, and compares what waits in each mailbox with what was acknowledged.
func (x *torture) judgeLetters(seen *sight, how thorough) {
	fewest, most := map[string]int{}, map[string]int{}
	for at, c := range x.letters {
		if c.deleted == maybe {
			c.deleted = done * fate(1-min(seen.copies[at], 1))
		}
		if seen.copies[at] > 0 && c.acked != done {
			most[c.reader]++
			if c.acked == no {
				fewest[c.reader]++
			}
		}
		if c.id != "" && c.sending.kind != "withdrawal" && slices.Contains(c.sending.story.deleted, c.reader) {
			x.fault("untrue", "%s: she was told that %s had been handed nothing", c.name, c.reader)
		}
	}
	if how.restored { // acknowledgements may be of later
		return
	}
	status := decode[struct {
		Readers []struct {
			ID      string
			Waiting int
		}
	}](x.test, x.run("tellbox", "status", "-data", x.path("D"), "-json"))
	for _, r := range status.Readers {
		if r.Waiting < fewest[r.ID] || r.Waiting > most[r.ID] {
			x.fault("status", "%d wait for %s, who acknowledged all but %d to %d", r.Waiting, r.ID, fewest[r.ID], most[r.ID])
		}
	}
}

// searchFiles looks for ciphertext in all files of the data folder: of what is to be there, or searching would mean nothing, and of
// what was erased. After a purge the records of that are gone too; a piece of mail is known by its id.
func (x *torture) searchFiles(how thorough) {
	live, dead, ids := map[string]*letter{}, map[string]*letter{}, map[string]*letter{}
	for _, c := range x.letters {
		gone := no
		if c.sending.kind != "withdrawal" {
			gone = c.sending.story.gone()
		}
		// Before the next start only what was answered has to be erased.
		erased := c.deleted == done || gone == done && (!how.killed || c.sending.story.takenBack.answered)
		for _, n := range c.needles {
			if erased {
				dead[n] = c
			} else if c.state() == done && gone == no && !c.sending.late && len(c.needles) == 1 {
				live[n] = c
			}
		}
		if id, err := hex.DecodeString(c.id); erased && len(id) == 16 && err == nil {
			ids[string(id)] = c
		}
	}
	looking := [](map[string]*letter){live, dead}
	if how.purged {
		looking = append(looking, ids)
	}
	found, size, err := find(x.path("D"), looking...)
	if err != nil {
		x.fault("search", "%v", err)
	}
	for n, c := range live {
		if found[n] == "" {
			x.fault("search", "%s of %q is nowhere", c.name, c.reader)
		}
	}
	for n, c := range dead {
		if found[n] != "" {
			x.fault("not erased", "%s of %q, %s, is in %s", c.name, c.reader, c.why(), found[n])
		}
	}
	for n, c := range ids {
		if found[n] != "" {
			x.fault("not erased", "after a purge the id of %s in %q is in %s", c.name, c.reader, found[n])
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.figures["ciphertexts found, which are to be there"] += len(live)
	x.figures["ciphertexts looked for, which are erased"] += len(dead)
	x.figures["MB searched"] += size >> 20
}

// why says how a copy came to be erased.
func (c *letter) why() string {
	if c.deleted == done {
		return "deleted"
	}
	return "taken back " + time.Since(c.sending.story.takenBack.at).Round(time.Millisecond).String() + " ago"
}

// find reads all files under a folder for any of the needles, of which there may be many, and says where it saw them. Those
// of one map have one length.
func find(dir string, looking ...map[string]*letter) (found map[string]string, size int, err error) {
	found = map[string]string{}
	begins := make([]uint64, 1<<18) // which three bytes a needle begins with
	var lengths []int
	for _, needles := range looking {
		for n := range needles {
			k := uint32(n[0])<<16 | uint32(n[1])<<8 | uint32(n[2])
			begins[k>>6] |= 1 << (k & 63)
			if !slices.Contains(lengths, len(n)) {
				lengths = append(lengths, len(n))
			}
		}
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // badger tidies up
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		size += len(b)
		k := uint32(0)
		for i := range b {
			k = k<<8&0xffffff | uint32(b[i])
			if begins[k>>6]&(1<<(k&63)) == 0 || i < 2 {
				continue
			}
			for _, n := range lengths {
				if i-2+n > len(b) {
					continue
				}
				for _, needles := range looking {
					if c := needles[string(b[i-2:i-2+n])]; c != nil {
						found[string(b[i-2:i-2+n])] = path
					}
				}
			}
		}
		return err
	})
	return found, size, err
}
