package desk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
)

// pills is long enough not to be what five people would write.
var pills = strings.Repeat("Buy pills.", 8)

// flood sends n reports that say the same, and returns their senders in the order of what the inbox makes of them.
func (w *world) flood(n int, text string) []*her {
	w.Helper()
	var all []*her
	for range n {
		h := w.reporter()
		h.send(dropbox.Report, text)
		all = append(all, h)
	}
	return all
}

func listed(in Inbox) []string {
	ids := []string{}
	for _, l := range in.Cases {
		ids = append(ids, l.ID)
	}
	slices.Sort(ids)
	return ids
}

func idsOf(all ...*her) []string {
	ids := []string{}
	for _, h := range all {
		ids = append(ids, h.id())
	}
	slices.Sort(ids)
	return ids
}

// A flood between two people who need to be heard: the oldest stays, the others are counted and can be read, whoever writes more comes to
// light, and whoever says a word more was never hidden.
func TestFlood(t *testing.T) {
	w := newWorld(t)
	real := w.reporter()
	real.send(dropbox.Report, "Something")
	bots := w.flood(4, pills)
	alice := w.desk("alice")
	if in, _ := w.sync(alice); len(in.Cases) != 5 || in.Junk.Floods == nil || len(in.Junk.Floods) != 0 {
		t.Fatalf("four are no flood: %+v", in.Junk)
	}
	few := w.flood(6, "Please call me.")
	if in, _ := w.sync(alice); len(in.Cases) != 11 {
		t.Fatalf("six people who write a few words are a flood: %+v", in.Junk)
	}
	w.clock.Add(8 * day)
	bots = append(bots, w.flood(2, pills)...)
	other := w.reporter()
	f := other.frame(dropbox.Report, pills)
	f.Wish = "advice" // one who says the same and wants something else
	other.post(other.seal(f))
	in, _ := w.sync(alice)
	if got, want := listed(in), idsOf(append(few, real, bots[0], other)...); !slices.Equal(got, want) {
		t.Fatalf("the inbox lists %q, want %q", got, want)
	}
	if fl := in.Junk.Floods; len(fl) != 1 || fl[0].Case != bots[0].id() || fl[0].Reports != 5 || !slices.Equal(fl[0].Weeks, []string{"2026-W07", "2026-W08"}) {
		t.Errorf("floods %+v", fl)
	}
	if c := w.read(alice, bots[0].id()); len(c.Warnings) != 1 || !strings.HasPrefix(c.Warnings[0], "5 other reports say exactly the same as this one, and are kept apart") {
		t.Errorf("the oldest warns %q", c.Warnings)
	}
	if c := w.read(alice, bots[3].id()); c.Account != pills {
		t.Errorf("one of them reads %+v", c)
	}
	list, err := alice.Junk()
	if err != nil || len(list.Floods) != 1 || len(list.Floods[0].Apart) != 5 || list.Floods[0].Apart[4].Week != "2026-W08" || !strings.HasPrefix(list.Floods[0].Apart[0].Begins, "Buy pills.") {
		t.Errorf("listed %+v, %v", list, err)
	}

	bots[2].send(dropbox.Message, "I was asked to send this, and it happened to me too")
	if in, _ := w.sync(alice); !slices.Contains(listed(in), bots[2].id()) || in.Junk.Floods[0].Reports != 4 {
		t.Errorf("who wrote more is not in %q", listed(in))
	}
	w.note(alice, bots[1].id(), "Ring Carol about this one")
	_, err = alice.Keep([]string{bots[5].id()})
	w.must(err)
	in, _ = w.sync(w.again(alice))
	if got, want := listed(in), idsOf(append(few, real, bots[0], other, bots[1], bots[2], bots[5])...); !slices.Equal(got, want) || in.Junk.Floods[0].Reports != 2 {
		t.Errorf("noted and kept, the inbox lists %q, want %q", got, want)
	}
}

// The same words with other pictures are other reports.
func TestFloodLooksAtFiles(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	for i := range 6 {
		w.reporter().sendFiles(dropbox.Report, pills, w.upload("a.txt", fmt.Appendf(nil, "picture %d", i)))
	}
	if in, _ := w.sync(alice); len(in.Cases) != 6 || len(in.Junk.Floods) != 0 {
		t.Errorf("inbox %+v", in)
	}
	same := w.upload("a.txt", []byte("picture"))
	for range 6 {
		h := w.reporter()
		f := h.frame(dropbox.Report, pills)
		f.Files = []dropbox.File{same}
		h.post(h.seal(f))
	}
	if in, _ := w.sync(alice); len(in.Cases) != 7 || len(in.Junk.Floods) != 1 {
		t.Errorf("inbox %+v", in.Junk)
	}
}

// Put aside by mistake: what she writes next brings her to light, for good. What is not new does not.
func TestAside(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.desk("alice"), w.desk("bob")
	bots := []*her{w.reporter(), w.reporter(), w.reporter()}
	for i, h := range bots {
		h.send(dropbox.Report, fmt.Sprint("Random text ", i))
	}
	mistaken, stays := bots[0], bots[1]
	w.sync(alice)
	w.sync(bob)
	_, err := alice.SetAside([]string{mistaken.id(), "zzzz"})
	w.is(err, ErrUnknownCase)
	if in, _ := w.sync(alice); len(in.Cases) != 3 || in.Junk.Aside != 0 {
		t.Fatalf("all or none: %+v", in)
	}
	list, err := alice.SetAside([]string{mistaken.id()[:5], stays.id()})
	if err != nil || len(list.Aside) != 2 {
		t.Fatalf("aside %+v, %v", list, err)
	}
	alice = w.again(alice)
	w.must(alice.Rewind()) // the same mail again is nothing new
	if in, _ := w.sync(alice); !slices.Equal(listed(in), idsOf(bots[2])) || in.Junk.Aside != 2 {
		t.Fatalf("aside: %+v", in)
	}
	mistaken.send(dropbox.Message, "Please, I mean it")
	for range 2 {
		in, _ := w.sync(alice)
		if !slices.Equal(listed(in), idsOf(mistaken, bots[2])) || in.Junk.Aside != 1 {
			t.Fatalf("she wrote again: %+v", in)
		}
		c := w.read(alice, mistaken.id()) // having read it does not hide it again
		if len(c.Warnings) != 1 || !strings.HasPrefix(c.Warnings[0], "You had put this case aside as junk. Something has come") || len(c.Entries) != 2 {
			t.Errorf("she reads %+v", c)
		}
		alice = w.again(alice)
	}
	_, err = alice.SetAside([]string{mistaken.id()})
	w.must(err)
	_, err = bob.Reply(t.Context(), stays.id(), "I know what this is about")
	w.must(err)
	if in, _ := w.sync(alice); !slices.Equal(listed(in), idsOf(stays, bots[2])) {
		t.Errorf("aside again, and a colleague's word: %+v", in)
	}
	mistaken.withdraw()
	if in, _ := w.sync(alice); !slices.Contains(listed(in), mistaken.id()) {
		t.Errorf("taken back, it has to be deleted: %+v", in)
	}
	_, err = alice.Forget(t.Context(), mistaken.id())
	w.must(err)
	alice = w.again(alice)
	if _, there := alice.decided.Aside[alice.mark(mistaken.id())]; there {
		t.Error("the list still has a case that was forgotten")
	}
	_, err = alice.SetAside([]string{stays.id()})
	w.must(err)
	if list, err := alice.Keep([]string{stays.id()}); err != nil || len(list.Aside) != 0 || len(w.read(alice, stays.id()).Warnings) != 0 {
		t.Errorf("kept: %+v, %v", list, err)
	}
}

// Which cases are aside does not stand readable in the folder; a list that was changed hides nobody.
func TestAsideIsSealed(t *testing.T) {
	w, h, alice := told(t)
	_, err := alice.SetAside([]string{h.id()})
	w.must(err)
	for name, content := range w.contents(alice.home.dir) {
		if strings.Contains(content, h.id()) || strings.Contains(content, alice.mark(h.id())) || strings.Contains(name, h.id()) {
			t.Errorf("%s tells", name)
		}
	}
	forged, err := dropbox.SealBytes([]byte(strings.Repeat("0", 64)+"\n{}"), alice.me.Identity.Recipient())
	w.must(err)
	for what, content := range map[string][]byte{"rotten": []byte("x"), "somebody else's": forged} {
		alice.Close()
		w.must(os.WriteFile(alice.home.path(junkFile), content, 0o600))
		alice = w.again(alice)
		in, notices := w.sync(alice)
		if len(in.Cases) != 1 || len(notices) != 1 || !strings.Contains(notices[0], "shown as cases again") {
			t.Errorf("%s: %+v, %q", what, in, notices)
		}
	}
	_, err = alice.SetAside([]string{h.id()})
	w.must(err)
	if in, notices := w.sync(w.again(alice)); len(in.Cases) != 0 || len(notices) != 0 {
		t.Errorf("put aside anew: %+v, %q", in, notices)
	}
}

// Searches and statistics have no junk in them, and a search says so.
func TestJunkIsLeftOut(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	w.flood(30, pills)
	people := w.reporter()
	people.send(dropbox.Report, "Sold pills to me")
	aside := w.reporter()
	aside.send(dropbox.Report, "Pills at random")
	w.sync(alice)
	if found, err := alice.Search([]string{"pills"}); err != nil || len(found.Cases) != 3 || len(found.Notices) != 1 || !strings.HasPrefix(found.Notices[0], "29 reports are kept apart as junk, and not searched") {
		t.Errorf("found %+v, %v", found, err)
	}
	_, err := alice.SetAside([]string{aside.id()})
	w.must(err)
	if found, err := alice.Search([]string{"pills"}); err != nil || len(found.Cases) != 2 {
		t.Errorf("found %+v, %v", found, err)
	}
	p, err := ParsePeriod("2026-Q1", "2026-Q1", w.clock.Now())
	w.must(err)
	if s, err := alice.Stats(p); err != nil || s.Withheld || !s.Tables[0].Total.Suppressed {
		t.Errorf("of two cases: %+v, %v", s, err)
	}
	if n := len(alice.fold().listed()); n != 2 {
		t.Errorf("%d are counted", n)
	}
}

// second sends another report under the drop of a reporter, as who knows her drop can with the server's help.
func (h *her) second(text string) {
	h.w.Helper()
	again, err := dropbox.NewCode().Reporter(h.Box)
	h.w.must(err)
	liar := &her{Reporter: again, w: h.w, to: h.to, c: &dropbox.Conversation{Readers: h.to, StruckOff: []string{"eve"}, SentTo: map[string]int{}}}
	liar.Drop = h.Drop
	p := liar.seal(liar.frame(dropbox.Report, text))
	p.Locator = h.Locator
	h.post(p)
}

// Each heap is removed by itself, here and in the mailbox, and nothing else is.
func TestRemoveJunk(t *testing.T) {
	for _, heap := range append(Heaps, "all") {
		t.Run(heap, func(t *testing.T) {
			w := newWorld(t)
			alice := w.desk("alice")
			real := w.reporter()
			real.send(dropbox.Report, "Something")
			real.send(dropbox.Message, "More")
			real.second("Something else")
			w.flood(6, pills)
			aside := w.reporter()
			aside.send(dropbox.Report, "Random")
			forgotten := w.reporter()
			forgotten.send(dropbox.Report, "Forgotten")
			w.sync(alice)
			_, err := alice.Forget(t.Context(), forgotten.id())
			w.must(err)
			forgotten.send(dropbox.Message, "Nobody vouches for this")
			_, err = alice.Reply(t.Context(), aside.id(), "Who are you?")
			w.must(err)
			w.note(alice, aside.id(), "Nobody")
			w.sync(alice)
			_, err = alice.SetAside([]string{aside.id()})
			w.must(err)
			in, _ := w.sync(alice)
			if in.Unreadable != 1 || in.Junk.Unreadable != 1 || in.Junk.Duplicates != 1 || in.Junk.Aside != 1 || len(in.Junk.Floods) != 1 || in.Junk.Floods[0].Reports != 5 || len(in.Cases) != 2 {
				t.Fatalf("before: %+v", in)
			}
			before, err := w.box.Mail("alice")
			w.must(err)

			heaps, want := []string{heap}, map[string]int{heap: 1}
			if heap == Floods {
				want[Floods] = 5
			}
			if heap == "all" {
				heaps, want = Heaps, map[string]int{Unreadable: 1, Duplicates: 1, Aside: 1, Floods: 5}
			}
			gone, err := alice.RemoveJunk(t.Context(), heaps...)
			if err != nil || !gone.Local || !gone.Server || gone.Unreadable != want[Unreadable] || gone.Duplicates != want[Duplicates] || gone.Aside != want[Aside] || gone.Floods != want[Floods] {
				t.Fatalf("removed %+v, %v", gone, err)
			}
			total := gone.Unreadable + gone.Duplicates + gone.Aside + gone.Floods
			after, err := w.box.Mail("alice")
			if err != nil || len(before)-len(after) != total {
				t.Errorf("the mailbox had %d and has %d, %v", len(before), len(after), err)
			}
			w.must(alice.Rewind())
			in, _ = w.sync(w.again(alice))
			if len(in.Cases) != 2 || in.Junk.Unreadable != 1-want[Unreadable] || in.Junk.Duplicates != 1-want[Duplicates] || in.Junk.Aside != 1-want[Aside] || len(in.Junk.Floods) != map[bool]int{true: 0, false: 1}[want[Floods] == 5] {
				t.Errorf("after: %+v", in)
			}
			if want[Aside] == 1 && (len(alice.sent) != 0 || len(alice.marksIn(notes)) != 0) {
				t.Errorf("of the case put aside there are %d replies and notes %q", len(alice.sent), alice.marksIn(notes))
			}
			if c := w.read(alice, real.id()); len(c.Entries) != 2 || len(c.Warnings) != 1-want[Duplicates] {
				t.Errorf("the person reads %+v", c)
			}
		})
	}
}

// While something is damaged on the disk, what does not open is not junk: it may be a person whose report comes again.
func TestRemoveJunkSparesDamagedMail(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	h.send(dropbox.Message, "More")
	w.sync(alice)
	alice = w.rotReport(alice, h.id())
	gone, err := alice.RemoveJunk(t.Context(), Heaps...)
	if err != nil || gone.Unreadable != 0 || len(gone.Notices) != 1 || !strings.Contains(gone.Notices[0], "inbox -again first") {
		t.Fatalf("removed %+v, %v", gone, err)
	}
	w.must(alice.Rewind())
	if in, _ := w.sync(alice); len(in.Cases) != 1 || in.Cases[0].Entries != 2 {
		t.Errorf("inbox %+v", in)
	}
}

// Stopped anywhere, a removal is finished by doing it again; what is no junk is never touched.
func TestRemoveJunkStoppedAnywhere(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	real := w.reporter()
	real.send(dropbox.Report, "Something")
	w.flood(1, pills)
	for n := 0; ; n += 3 {
		w.flood(5, pills)
		aside := w.reporter()
		aside.send(dropbox.Report, "Random")
		w.sync(alice)
		w.note(alice, aside.id(), "Nobody")
		_, err := alice.SetAside([]string{aside.id()})
		w.must(err)
		done := stopAt(alice, n)
		_, err = alice.RemoveJunk(t.Context(), Heaps...)
		if err != nil && !errors.Is(err, errStopped) && !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped at %d: %v", n, err)
		}
		whole := *done <= n
		alice = w.again(alice)
		_, err = alice.RemoveJunk(t.Context(), Heaps...)
		w.must(err)
		alice = w.again(alice)
		in, _ := w.sync(alice)
		mail, err := w.box.Mail("alice")
		// The flood can be stopped below five: then the others are cases, which is the side to err on.
		left := len(in.Cases) - 1
		if err != nil || len(mail) != len(in.Cases) || in.Junk.Aside != 0 || len(in.Junk.Floods) != 0 || in.Unreadable != 0 || left < 1 || left > 4 || !slices.Contains(listed(in), real.id()) || len(alice.marksIn(notes)) != 0 {
			t.Fatalf("stopped at %d: %+v, %d in the mailbox, %v", n, in, len(mail), err)
		}
		if whole {
			mustBeMany(t, n)
			return
		}
	}
}

// Many go at once, in more than one batch, out of a real mailbox. (A thousand took 1.6 s here.)
func TestRemoveMany(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	server, err := client.Dial(w.box.URL, "")
	w.must(err)
	for i := range 300 {
		h := w.reporter()
		h.to = []string{"alice"}
		f := h.frame(dropbox.Report, pills)
		if i == 150 {
			f.Text = "A person"
		}
		p := h.seal(f)
		_, err := server.Send(t.Context(), p, []string{"alice"})
		w.must(err)
	}
	w.sync(alice)
	began := time.Now()
	gone, err := alice.RemoveJunk(t.Context(), Heaps...)
	took := time.Since(began)
	if err != nil || gone.Floods != 298 {
		t.Fatalf("removed %+v, %v", gone, err)
	}
	t.Logf("%s", took)
	if mail, err := w.box.Mail("alice"); err != nil || len(mail) != 2 {
		t.Errorf("the mailbox has %d, %v", len(mail), err)
	}
	if in, _ := w.sync(w.again(alice)); len(in.Cases) != 2 {
		t.Errorf("inbox %+v", in)
	}
	if left, err := os.ReadDir(alice.home.path("mail")); err != nil || len(left) != 4 {
		t.Errorf("%d files, %v", len(left), err)
	}
}
