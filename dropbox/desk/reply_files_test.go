package desk

import (
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
)

// got are the files in her conversation that readers sent, by name, with what is in them.
func (h *her) got() map[string]string {
	h.w.Helper()
	out := map[string]string{}
	for _, f := range h.conversation().Entries {
		for _, file := range f.Files {
			if f.From == dropbox.FromReporter {
				continue
			}
			r, err := file.Open(h.w.client().FetchFile(h.w.Context(), file, client.Transfer{}))
			if err == nil {
				var b []byte
				b, err = io.ReadAll(r)
				out[file.Name] += string(b)
			}
			h.w.must(err)
		}
	}
	return out
}

// A picture goes without what is hidden in it, unless she wants it to; anything else as it is, and she is told which.
func TestReplyWithFiles(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	alice, bob := w.desk("alice"), w.desk("bob")
	w.sync(alice)
	picture := withExif(encoded(t, corners(64, 32), "jpeg"), 6)
	path := w.file("map.jpg", picture)
	cleaned, original, note := w.attach(path, false), w.attach(path, true), w.attach(w.file("SECRET.txt", []byte("SECRET")), false)
	original.Name = "original.jpg"
	if !cleaned.Found.Cleaned || !slices.Equal(cleaned.Found.Removed.Words(), []string{"device"}) || cleaned.Size >= int64(len(picture)) || !original.Original || note.Found.Cleaned {
		t.Fatalf("%+v, %+v, %+v", cleaned, original, note)
	}
	done, err := alice.ReplyWith(t.Context(), h.id(), "The way", []*client.Attachment{cleaned, original, note}, client.Transfer{})
	if err != nil || done.N != 2 || len(done.Notices) != 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	got := h.got()
	if len(got) != 3 || got["original.jpg"] != string(picture) || got["SECRET.txt"] != "SECRET" || strings.Contains(got["map.jpg"], "SECRET") {
		t.Errorf("she got %d files, the cleaned one %.80q", len(got), got["map.jpg"])
	}
	if m, err := jpeg.Decode(strings.NewReader(got["map.jpg"])); err != nil || seen(m) != "RGBW" {
		t.Errorf("the cleaned picture is broken: %v", err)
	}
	w.sync(bob)
	if list, err := bob.Files(h.id()); err != nil || len(list.Files) != 3 || list.Files[0].SHA256 != cleaned.SHA256.String() {
		t.Errorf("bob has %+v, %v", list, err)
	}
	mustBePrivate(t, alice.home.dir, "SECRET", "The way", "map.jpg")
}

// What cannot go is refused before anything is sent.
func TestReplyRefusesFiles(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	alice := w.desk("alice")
	w.sync(alice)
	path := w.file("a.txt", []byte("a"))
	a := w.attach(path, false)
	seen := &between{}
	alice.transport = seen
	for _, c := range []struct {
		text  string
		files []*client.Attachment
		want  error
	}{
		{"Hello", slices.Repeat([]*client.Attachment{a}, dropbox.MaxFiles+1), ErrTooManyFiles}, {" \n ", []*client.Attachment{a}, ErrEmptyText}, {"", nil, ErrEmptyText},
		{"Hello", []*client.Attachment{{Name: dropbox.NewCode().Words()}}, ErrCodeInText},
	} {
		_, err := alice.ReplyWith(t.Context(), h.id(), c.text, c.files, client.Transfer{})
		w.is(err, c.want)
	}
	if len(seen.seen) != 0 {
		t.Errorf("the server was asked: %v", seen.seen)
	}

	// It changes after it was looked at: nothing is stored.
	for _, content := range []string{"other", "b"} {
		w.must(os.WriteFile(path, []byte(content), 0o600))
		_, err := alice.ReplyWith(t.Context(), h.id(), "Hello", []*client.Attachment{a}, client.Transfer{})
		w.is(err, client.ErrChanged)
	}
	if texts := h.texts(); len(texts) != 0 {
		t.Errorf("she reads %q", texts)
	}
}

// Stopped anywhere, the same reply given again is stored once, with each of its files once.
func TestReplyWithFilesStoppedAnywhere(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	files := []*client.Attachment{w.attach(w.file("a.txt", []byte("aaa")), false), w.attach(w.file("b.txt", []byte("bbb")), false)}
	for n := 0; ; n++ {
		h := w.reporter()
		h.send(dropbox.Report, "Something")
		w.sync(alice)
		done := stopAt(alice, n)
		_, err := alice.ReplyWith(t.Context(), h.id(), "Once", files, client.Transfer{})
		if err != nil && !errors.Is(err, errStopped) {
			t.Fatalf("stopped at %d: %v", n, err)
		}
		whole := *done <= n
		alice = w.again(alice)
		if n%2 == 1 && !whole {
			w.sync(alice)
		}
		if !whole {
			again, err := alice.ReplyWith(t.Context(), h.id(), "Once", files, client.Transfer{})
			if err != nil || again.N != 2 || len(again.Notices) != 0 {
				t.Fatalf("stopped at %d, again: %+v, %v", n, again, err)
			}
		}
		if texts, got := h.texts(), h.got(); !slices.Equal(texts, []string{"alice: Once"}) || fmt.Sprint(got) != "map[a.txt:aaa b.txt:bbb]" {
			t.Fatalf("stopped at %d: she reads %q, and has %v", n, texts, got)
		}
		if whole {
			mustBeMany(t, n)
			return
		}
	}
}

// A colleague left while a reply with a file was on its way: it goes to who is left, with the file. Another file is another reply.
func TestFilesOfAReplyOnItsWay(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	alice := w.desk("alice")
	w.sync(alice)
	a, b := w.attach(w.file("a.txt", []byte("aaa")), false), w.attach(w.file("a.txt", []byte("bbb")), false)
	alice.transport = &between{swap: answering(dropbox.API+"reply", 502, "<html>")} // it was stored
	_, err := alice.ReplyWith(t.Context(), h.id(), "", []*client.Attachment{a}, client.Transfer{})
	w.is(err, ErrUndelivered)
	alice = w.again(alice)
	done, err := alice.ReplyWith(t.Context(), h.id(), "", []*client.Attachment{b}, client.Transfer{})
	if err != nil || done.N != 3 || len(done.Notices) != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	if got := h.got(); fmt.Sprint(got) != "map[a.txt:aaabbb]" {
		t.Errorf("she has %v", got)
	}

	sent := 0
	alice.transport = &between{each: func() error {
		if sent++; sent == 5 { // after the roster and the file came and went
			return errStopped
		}
		return nil
	}}
	c := w.attach(w.file("c.txt", []byte("ccc")), false)
	_, err = alice.ReplyWith(t.Context(), h.id(), "For you", []*client.Attachment{c}, client.Transfer{})
	w.is(err, ErrUndelivered)
	w.must(w.box.Roster.Remove("bob", w.clock.Now()))
	w.must(w.box.Install(t.Context()))
	alice = w.again(alice)
	if in, notices := w.sync(alice); in.OnTheWay != 0 || len(notices) != 1 {
		t.Fatalf("%+v, %q", in, notices)
	}
	if got := h.got(); got["c.txt"] != "ccc" || h.texts()[2] != "alice: For you" {
		t.Errorf("she has %v", got)
	}
}

// The server was restarted while a reply was on its way, and has lost its file: the reply is stored, and she is told which file to send again.
func TestFileLostOnItsWay(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	for _, waits := range []bool{false, true} {
		h := w.reporter()
		h.send(dropbox.Report, "Something")
		w.sync(alice)
		sent := 0
		alice.transport = &between{each: func() error {
			if sent++; sent == 5 {
				return errStopped
			}
			return nil
		}}
		a := []*client.Attachment{w.attach(w.file("a.txt", []byte("aaa")), false)}
		_, err := alice.ReplyWith(t.Context(), h.id(), "Here", a, client.Transfer{})
		w.is(err, ErrUndelivered)
		w.must(w.box.Restart())
		alice = w.again(alice)
		var notices []string
		if waits {
			_, notices = w.sync(alice)
		} else {
			done, err := alice.ReplyWith(t.Context(), h.id(), "Here", a, client.Transfer{})
			if notices = done.Notices; err != nil || !done.Stored {
				t.Fatalf("%+v, %v", done, err)
			}
		}
		last := notices[max(0, len(notices)-1):]
		if len(last) != 1 || !strings.Contains(last[0], `"a.txt"`) || !strings.Contains(last[0], "send it again: advocate reply "+h.id()) {
			t.Errorf("notices %q", notices)
		}
		if texts := h.texts(); !slices.Equal(texts, []string{"alice: Here"}) {
			t.Errorf("she reads %q", texts)
		}
		_, err = alice.Save(t.Context(), h.id(), 1, "", client.Transfer{})
		w.is(err, ErrFileGone)
	}
}
