package desk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"tellbox/dropbox"
)

// index is what stands in a desk's index, as anybody reads it who has her key; "" if there is none.
func (w *world) index(d *Desk) string {
	w.Helper()
	f, err := os.Open(d.home.path(indexFile))
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	w.must(err)
	defer f.Close()
	r, err := age.Decrypt(f, w.box.Advocates[d.me.ID].Identity)
	w.must(err)
	plain, err := io.ReadAll(r)
	w.must(err)
	return string(plain)
}

// putIndex puts another index into a folder that nobody works in, sealed to somebody and vouched for by d.
func (w *world) putIndex(d *Desk, plain, sealedTo string) {
	w.Helper()
	plain = unvouched(plain)
	m := d.vouching(indexFile)
	m.Write([]byte(plain))
	w.sealIndexTo(d, fmt.Sprintf("%smac %x\n", plain, m.Sum(nil)), sealedTo)
}

// unvouched is an index without its last line and the spaces after it.
func unvouched(plain string) string {
	plain = strings.TrimRight(plain, " ")
	if i := strings.LastIndex(plain, "\nmac "); i >= 0 && strings.Count(plain[i+1:], "\n") == 1 {
		return plain[:i+1]
	}
	return plain
}

// sealIndexTo seals what anybody can.
func (w *world) sealIndexTo(d *Desk, plain, sealedTo string) {
	w.Helper()
	sealed, err := dropbox.SealBytes([]byte(plain), w.box.Advocates[sealedTo].Identity.Recipient())
	w.must(err)
	w.must(os.WriteFile(d.home.path(indexFile), sealed, 0o600))
}

// spoil makes every envelope of a folder one that does not open, and gives what was there.
func (w *world) spoil(d *Desk, folder string) map[string][]byte {
	w.Helper()
	was := map[string][]byte{}
	names, err := filepath.Glob(d.home.path(folder, "*.age"))
	w.must(err)
	for _, name := range names {
		was[name], err = os.ReadFile(name)
		w.must(err)
		w.must(os.WriteFile(name, nil, 0o600))
	}
	return was
}

// views are all that a desk shows.
func (w *world) views(d *Desk) (all []any) {
	w.Helper()
	in, err := d.Inbox()
	w.must(err)
	all = append(all, in)
	for _, c := range d.fold().cases {
		all = append(all, c.view())
	}
	return all
}

// conversation is a case with two messages and a reply of Alice's, who is opened again.
func (w *world) conversation(alice *Desk, canary string) (*her, *Desk) {
	w.Helper()
	h := w.reporter()
	h.send(dropbox.Report, canary+" happened")
	h.send(dropbox.Message, canary+" again")
	w.sync(alice)
	_, err := alice.Reply(w.Context(), h.id(), "About "+canary)
	w.must(err)
	return h, w.again(alice)
}

// A start opens no envelope that the index has, and shows the same. Nothing in the index can be read without her key.
func TestIndex(t *testing.T) {
	w := newWorld(t)
	h, alice := w.conversation(w.desk("alice"), "CANARY")
	alice.Close()
	plain := w.index(alice)
	if strings.Count(plain, "CANARY") != 3 || !strings.HasPrefix(plain, "tellbox/1 index\n") {
		t.Fatalf("the index has %d bytes: %.300s", len(plain), plain)
	}
	sealed, err := os.ReadFile(alice.home.path(indexFile))
	w.must(err)
	info, err := os.Stat(alice.home.path(indexFile))
	w.must(err)
	if info.Mode().Perm() != 0o600 || bytes.Contains(sealed, []byte("CANARY")) || bytes.Contains(sealed, []byte(h.id())) || bytes.Contains(sealed, []byte(alice.mail[0].hash)) {
		t.Errorf("the index is readable, %v", info.Mode())
	}

	alice = w.openAt(alice.home.dir, "alice")
	h.send(dropbox.Message, strings.Repeat("CANARY ", 100))
	w.sync(alice)
	want := w.views(alice)
	alice.Close()
	if longer, err := os.Stat(alice.home.path(indexFile)); err != nil || longer.Size() != info.Size() || strings.Count(w.index(alice), "CANARY") != 103 {
		t.Errorf("the index tells by its length how much was written: %v, %v", longer.Size(), err)
	}

	was := w.spoil(alice, "mail")
	replies := w.spoil(alice, "sent")
	alice = w.openAt(alice.home.dir, "alice")
	if got := w.views(alice); len(was) != 3 || len(replies) != 1 || !reflect.DeepEqual(got, want) {
		t.Errorf("with envelopes that do not open: %+v, want %+v", got, want)
	}
	alice.Close()
	w.must(os.RemoveAll(alice.home.path(indexFile)))
	alice = w.openAt(alice.home.dir, "alice")
	if in, err := alice.Inbox(); err != nil || in.Unreadable != 3 || len(in.Cases) != 0 {
		t.Errorf("without index and envelopes: %+v, %v", in, err)
	}
}

// Whatever became of the index, the desk shows the same, says nothing, and makes it anew.
func TestIndexMadeAnew(t *testing.T) {
	w := newWorld(t)
	_, alice := w.conversation(w.desk("alice"), "CANARY")
	want := w.views(alice)
	alice.Close()
	plain := w.index(alice)
	sealed, err := os.ReadFile(alice.home.path(indexFile))
	w.must(err)
	raw := func(b []byte) func() {
		return func() { w.must(os.WriteFile(alice.home.path(indexFile), b, 0o600)) }
	}
	to := func(id, plain string) func() { return func() { w.putIndex(alice, plain, id) } }
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)/2] ^= 1
	header, rest, _ := strings.Cut(plain, "\n")
	line, frames, _ := strings.Cut(rest, "\n")
	hash, _, _ := strings.Cut(line, " ")
	for name, damage := range map[string]func(){
		"lost":                     func() { w.must(os.RemoveAll(alice.home.path(indexFile))) },
		"empty":                    raw(nil),
		"not sealed":               raw([]byte(plain)),
		"cut in the header":        raw(sealed[:500]),
		"cut in the middle":        raw(sealed[:len(sealed)-100]),
		"a bit is another":         raw(flipped),
		"longer":                   raw(append(bytes.Clone(sealed), 'x')),
		"sealed to another":        to("bob", plain),
		"of another version":       to("alice", "tellbox/2 index\n"+rest),
		"without a header":         to("alice", rest),
		"sealed after it was cut":  to("alice", strings.TrimRight(plain, "\n ")[:3000]),
		"a length that is none":    to("alice", header+"\n"+hash+" x\n"+frames),
		"a length below nothing":   to("alice", header+"\n"+hash+" -1\n"+frames),
		"a length without end":     to("alice", header+"\n"+hash+" 99999999999\n"+frames),
		"a frame that is none":     to("alice", header+"\n"+hash+" 5\nwrong\n"),
		"one frame that is none":   to("alice", strings.Replace(plain, "tellbox/1 report", "tellbox/9 report", 1)),
		"without its last newline": to("alice", strings.TrimRight(plain, "\n ")+"x"),
		"less than all":            to("alice", header+"\n"),
		"of an envelope not here":  to("alice", unvouched(plain)+strings.Repeat("ab", 32)+" 6\nCANARY\n"),
		"changed by another":       func() { w.sealIndexTo(alice, strings.Replace(plain, "CANARY", "CANARX", 1), "alice") },
		"vouched for by nobody":    func() { w.sealIndexTo(alice, unvouched(plain), "alice") },
		"a folder with the same name": func() {
			w.must(os.RemoveAll(alice.home.path(indexFile)))
			w.must(os.Mkdir(alice.home.path(indexFile), 0o700))
		},
	} {
		damage()
		alice = w.openAt(alice.home.dir, "alice")
		if got := w.views(alice); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
		err := alice.Close()
		if info, _ := os.Stat(alice.home.path(indexFile)); info != nil && info.IsDir() {
			w.must(os.RemoveAll(alice.home.path(indexFile)))
			continue
		}
		if got := w.index(alice); err != nil || got != plain {
			t.Errorf("%s: %v, the index was not made anew: %.200q", name, err, got)
		}
	}
}

// What the index says of mail that is not there counts for nothing, and is soon gone from it.
func TestIndexOfWhatIsGone(t *testing.T) {
	w := newWorld(t)
	h, alice := w.conversation(w.desk("alice"), "CANARY")
	_, alice = w.conversation(alice, "OTHER")
	alice.Close()
	for _, it := range alice.mail {
		if _, drop, _ := it.opened.Claimed(); drop == h.Drop {
			w.must(os.Remove(alice.home.path(it.name(".age"))))
		}
	}
	alice = w.openAt(alice.home.dir, "alice")
	if in, err := alice.Inbox(); err != nil || len(in.Cases) != 1 || in.Cases[0].ID == h.id() {
		t.Errorf("inbox %+v, %v", in, err)
	}
	alice.Close()
	if plain := w.index(alice); strings.Contains(plain, "CANARY happened") || strings.Count(plain, "OTHER") != 3 {
		t.Errorf("the index is %s", plain)
	}
}

// Nobody is believed because the index says so, even if he could seal one to her and put it there.
func TestIndexMakesNobodyBelieved(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "What happened")
	h.send(dropbox.Message, "More from her")
	bob, alice := w.desk("bob"), w.desk("alice")
	w.sync(bob)
	_, err := bob.Reply(t.Context(), h.id(), "By Bob")
	w.must(err)
	w.sync(alice)
	alice.Close()
	plain := w.index(alice)
	for text, forged := range map[string]string{"More from her": "Less from her", "By Bob": "By Eve"} {
		if strings.Count(plain, text) != 1 {
			t.Fatalf("%d times %q", strings.Count(plain, text), text)
		}
		w.putIndex(alice, strings.Replace(plain, text, forged, 1), "alice")
		alice = w.openAt(alice.home.dir, "alice")
		in, err := alice.Inbox()
		if got := said(w.read(alice, h.id())); err != nil || in.Unreadable != 1 || len(got) != 2 || slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, forged) }) {
			t.Errorf("%q: %q, %d unreadable, %v", forged, got, in.Unreadable, err)
		}
		alice.Close()
	}
}

// An envelope that does not open is tried again at every start, and mail that a server spoilt on her disk is not acknowledged because the
// index knows what it was.
func TestIndexOfWhatDoesNotOpen(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	report := h.seal(h.frame(dropbox.Report, "For Bob"))
	for i := range report.To { // each gets another's
		report.To[i].Sealed = report.To[(i+1)%len(report.To)].Sealed
	}
	h.post(report)
	good := w.reporter()
	good.send(dropbox.Report, "Good")
	alice := w.desk("alice")
	box, err := alice.mailbox()
	w.must(err)
	w.must(alice.fetch(t.Context(), box)) // and no acknowledgement
	if in, err := alice.Inbox(); err != nil || in.Unreadable != 1 || len(in.Cases) != 1 {
		t.Fatalf("inbox %+v, %v", in, err)
	}
	alice = w.again(alice)
	if plain := w.index(alice); strings.Count(plain, "tellbox/1 report") != 1 || !strings.Contains(plain, "Good") || unacked(alice.mail) != 2 {
		t.Fatalf("the index is %s", plain)
	}
	was := w.spoil(alice, "mail")
	w.sync(alice)
	if n := unacked(alice.mail); n != 2 {
		t.Errorf("acknowledged with no envelope on the disk: %d are not", n)
	}
	for name, envelope := range was {
		w.must(os.WriteFile(name, envelope, 0o600))
	}
	alice = w.again(alice)
	w.sync(alice)
	if n := unacked(alice.mail); n != 1 {
		t.Errorf("%d are not acknowledged", n)
	}
}

// A file that is another envelope than its name says is not remembered by that name.
func TestIndexOfMisplacedEnvelope(t *testing.T) {
	w := newWorld(t)
	_, alice := w.conversation(w.desk("alice"), "CANARY")
	want := w.views(alice)
	alice.Close()
	w.must(os.RemoveAll(alice.home.path(indexFile)))
	report, message := alice.mail[0], alice.mail[1]
	was, err := os.ReadFile(alice.home.path(message.name(".age")))
	w.must(err)
	other, err := os.ReadFile(alice.home.path(report.name(".age")))
	w.must(err)
	w.must(os.WriteFile(alice.home.path(message.name(".age")), other, 0o600))
	alice = w.again(w.openAt(alice.home.dir, "alice"))
	if plain := w.index(alice); !strings.Contains(plain, report.hash) || strings.Contains(plain, message.hash) {
		t.Errorf("the index is %s", plain)
	}
	alice.Close()
	w.must(os.WriteFile(alice.home.path(message.name(".age")), was, 0o600))
	alice = w.openAt(alice.home.dir, "alice")
	if got := w.views(alice); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
