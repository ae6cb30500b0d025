package desk

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// A server that never comes to the end of her mailbox may have something there that only the former key opens.
func TestFormerKeyStaysUntilTheMailboxEnds(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "It began in May")
	alice := w.begin("alice")
	w.sync(alice)
	_, err := alice.Rotate()
	w.must(err)
	w.replace(alice)
	w.sync(alice)
	w.later()
	envelope, err := alice.home.read(alice.mail[0].name(".age"))
	w.must(err)
	page := 0
	endless := &between{}
	endless.each = func() error {
		page++
		b, _ := json.Marshal(dropbox.MailAnswer{Entries: []dropbox.MailEntry{{Seq: 1, ID: strings.Repeat("0", 32), Via: dropbox.ViaParcel, Envelope: envelope}}, Next: fmt.Sprintf("x-%d", page)})
		endless.swap = answering(dropbox.API+"mail", 200, string(b))
		return nil
	}
	alice.transport = endless
	w.sync(alice)
	if page < maxPages || len(alice.me.Former) != 1 {
		t.Errorf("after %d pages she has %d former keys", page, len(alice.me.Former))
	}
	alice.transport = nil
	w.must(alice.Rewind())
	w.sync(alice)
	if len(alice.me.Former) != 0 {
		t.Error("the former key stays for ever")
	}

	// What was sealed to it and is on the server still is known by its name here, though nothing opens it any more.
	if mail, err := w.box.Mail("alice"); err != nil || len(mail) != 1 || hashOf(mail[0].Envelope) != alice.mail[0].hash || alice.mail[0].about.Resealed == "" {
		t.Fatalf("the server has %d envelopes, %v", len(mail), err)
	}
	w.must(alice.Rewind())
	alice = w.reopen(alice)
	if in, _ := w.sync(alice); in.Unreadable != 0 || len(in.Cases) != 1 || !alice.mail[0].exact {
		t.Errorf("listed again: %+v", in)
	}
}

// What was exchanged on the disk does not become right because it is sealed anew, and what nothing opens stays as it is.
func TestResealLaundersNothing(t *testing.T) {
	w := newWorld(t)
	one, two := w.reporter(), w.reporter()
	one.send(dropbox.Report, "One")
	two.send(dropbox.Report, "Two")
	alice := w.begin("alice")
	w.sync(alice)
	a, b := alice.mail[0], alice.mail[1]
	other, err := alice.home.read(b.name(".age"))
	w.must(err)
	w.must(alice.dropIndex())
	alice = w.reopen(alice)
	w.must(alice.home.write(a.name(".age"), other))
	w.must(alice.home.remove(indexFile))
	alice.indexed = nil
	_, err = alice.Rotate()
	w.must(err)
	w.replace(alice)
	alice.Close()
	w.must(os.Remove(alice.home.path(indexFile)))
	alice = w.openHome(alice.home.dir)
	w.sync(alice)
	alice = w.reopen(alice)
	if it := alice.find(a.hash); it.exact || alice.whole(it) || it.about.Resealed != "" {
		t.Errorf("the exchanged one counts as %+v", it.about)
	}
	if it := alice.find(b.hash); !it.exact || !alice.whole(it) || it.about.Resealed == "" {
		t.Errorf("the other one counts as %+v", it.about)
	}
	w.must(alice.Rewind())
	w.sync(alice) // the server still has it
	if it := alice.find(a.hash); !it.exact {
		t.Error("what came again is not taken")
	}
}

// A reply that cannot be sent for now outlives the key that it was sealed to.
func TestReplyOutlivesTheKey(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "It began in May")
	alice := w.begin("alice")
	w.sync(alice)
	c, err := alice.fold().lookup(h.id())
	w.must(err)
	p, err := alice.seal(c, alice.frame(c, dropbox.Frame{Kind: dropbox.Reply, Text: "On its way"}, nil))
	w.must(err)
	report := alice.mail[0].name(".age")
	whole, err := alice.home.read(report)
	w.must(err)
	_, err = alice.Rotate()
	w.must(err)
	w.replace(alice)
	alice.Close()
	w.must(alice.home.write(report, []byte("damaged"))) // so it waits for its report
	w.must(alice.home.remove(indexFile))
	alice = w.openHome(alice.home.dir)
	w.sync(alice)
	now := *alice.me
	now.Former, now.Next = nil, nil
	all, _, err := alice.pendings()
	w.must(err)
	if len(all) != 1 || all[0].Sending != p.Sending || string(all[0].Line) != string(p.Line) {
		t.Fatalf("%d replies are on their way", len(all))
	}
	if _, err := dropbox.Open(all[0].Own, now.Identity); err != nil {
		t.Error("the new key does not open her copy in it")
	}
	if open, _ := w.sealedTo(alice, now.Identity); !slices.Contains(open, alice.pendingName(p.Drop)) {
		t.Errorf("the new key opens %v", open)
	}
	w.must(alice.home.write(report, whole)) // out of a copy that she had
	alice = w.reopen(alice)
	if _, notices := w.sync(alice); !strings.Contains(strings.Join(notices, " "), "It has arrived now") {
		t.Errorf("notices %q", notices)
	}
	if got := h.texts(); !slices.Equal(got, []string{"alice: On its way"}) {
		t.Errorf("she reads %q", got)
	}
}
