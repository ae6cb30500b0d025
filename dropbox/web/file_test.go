package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"mime"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/web"
)

// messages are what she wrote to a reader after a report.
func (w *world) messages(id string, report *dropbox.Frame) (out []*dropbox.Frame) {
	w.t.Helper()
	for _, m := range must[[]dropbox.MailEntry](w.t)(w.Mail(id)) {
		o := must[*dropbox.Opened](w.t)(dropbox.Open(m.Envelope, w.Advocates[id].Identity))
		if f, err := o.ByMAC(report.Key, dropbox.Route{Box: report.Box, Drop: report.Drop, From: dropbox.FromReporter, To: id}); err == nil {
			out = append(out, f)
		}
	}
	return out
}

// replyWith answers a report with a text and a file.
func (w *world) replyWith(id string, report *dropbox.Frame, text, name, file string) dropbox.File {
	w.t.Helper()
	var blob dropbox.BlobID
	rand.Read(blob[:])
	up := must[dropbox.Upload](w.t)(w.Store.Upload(w.t.Context(), blob, 0, 0))
	sealer := must[*dropbox.FileSealer](w.t)(dropbox.SealFile(up, dropbox.MaxFile))
	_, err := io.WriteString(sealer, file)
	f, closeErr := sealer.Close(name, blob)
	if err = errors.Join(err, closeErr, up.Finish()); err != nil {
		w.t.Fatal(err)
	}
	her := must[*age.HybridRecipient](w.t)(age.ParseHybridRecipient(report.Recipient))
	sender := dropbox.Sender{ID: id, Key: report.Key, Consent: report.Consent, SignIn: w.Advocates[id].Signin}
	p := must[*dropbox.Parcel](w.t)(sender.SealReply(dropbox.Frame{Box: report.Box, Drop: report.Drop, Day: "2026-02-11", Count: 1, Seen: report.Count, Text: text,
		Files: []dropbox.File{f}}, her, nil))
	rand.Read(p.Sending[:])
	p.SetDigest()
	if outcome, err := w.Store.Reply(w.t.Context(), id, p); err != nil || outcome != dropbox.Stored {
		w.t.Fatal(outcome, err)
	}
	return f
}

// A message can be a file alone; Back and Reload neither send nor show it again; and it stays where she keeps a copy.
func TestMessageWithFileAlone(t *testing.T) {
	w := newWorld(t)
	words := w.report("x", "copy", "yes")
	report := must[[]*dropbox.Frame](t)(w.Reports("alice"))[0]
	f := w.form(w.check(words), "/message").With("text", " \n ")
	page := w.sendFiles(f, textFile("proof.txt", "what he wrote"))
	w.expect(page, 200, "conversation", "")
	if got := fates(page); !slices.Equal(got, []string{"as-is"}) || !strings.Contains(page.Body, "Your message was sent to your readers.") {
		t.Errorf("the page says %q", got)
	}
	for range 2 { // Back and Reload re-send the form
		again := w.sendFiles(f, textFile("proof.txt", "what he wrote"))
		w.expect(again, 410, "check", "used-ticket")
		if strings.Contains(again.Body, "proof.txt") || w.blobs() != 1 {
			t.Errorf("Reload shows it again, or leaves something: %d blobs", w.blobs())
		}
	}
	// With another file it is another message: it comes back, and wants her words.
	w.expect(w.sendFiles(f, textFile("proof.txt", "what she wrote")), 410, "conversation", "used-ticket")
	got := w.messages("alice", report)
	if len(got) != 1 || got[0].Text != "" || len(got[0].Files) != 1 || w.fetched(got[0].Files[0]) != "what he wrote" {
		t.Fatalf("alice got %+v", got)
	}
	saved := w.press(w.check(words), "/file")
	if saved.Status != 200 || saved.Body != "what he wrote" {
		t.Errorf("her own file: %d, %.100q", saved.Status, saved.Body)
	}
}

// A record keeps files, more can be added, and whoever it is shared with gets them all.
func TestRecordWithFiles(t *testing.T) {
	w := newWorld(t)
	photo, _ := aPicture(t, "canary-gps")
	page := w.sendFiles(w.blank().With("account", "What he said", "wish", "record"), textFile("a.jpg", photo), textFile("b.txt", "first"))
	w.expect(page, 200, "code", "")
	c := w.check(page.Words())
	w.expect(w.sendFiles(w.form(c, "/message").With("text", ""), textFile("c.txt", "second")), 200, "conversation", "")
	w.nobodyGot()
	c = w.send(w.form(w.check(page.Words()), "/share").With("wish", "advice"))
	w.expect(c, 200, "conversation", "")
	for _, id := range []string{"alice", "bob"} {
		files := must[[]*dropbox.Frame](t)(w.Reports(id))[0].Files
		var got []string
		for _, f := range files {
			got = append(got, f.Name)
		}
		if !slices.Equal(got, []string{"a.jpg", "b.txt", "c.txt"}) || w.fetched(files[1]) != "first" || w.fetched(files[2]) != "second" || strings.Contains(w.fetched(files[0]), "canary") {
			t.Errorf("%s got %q", id, got)
		}
	}
	if saved := w.press(c, "/file"); saved.Status != 200 || saved.Body != "second" {
		t.Errorf("after sharing, hers: %d, %.100q", saved.Status, saved.Body)
	}
}

// All files of a record have to fit one report, so there is an end to them. It takes more than a hundred to get there.
func TestRecordIsFullOfFiles(t *testing.T) {
	w := newWorld(t)
	words := w.report("x", "wish", "record")
	twenty := func() (files []upload) {
		for i := range dropbox.MaxFiles {
			files = append(files, textFile(fmt.Sprintf("%d.txt", i), "x"))
		}
		return files
	}
	for range 5 {
		w.expect(w.sendFiles(w.form(w.check(words), "/message").With("text", ""), twenty()...), 200, "conversation", "")
	}
	page := w.sendFiles(w.form(w.check(words), "/message").With("text", "one more"), textFile("x", "x"))
	w.expect(page, 422, "conversation", "too-many-files")
	w.typed(page, "/message", "text", "one more")
	if droptest.Attr(page.ByID("files-field"), "aria-invalid") != "true" || w.blobs() != 100 {
		t.Errorf("the field is not marked, or something is left: %d blobs", w.blobs())
	}
	w.expect(w.press(page, "/message"), 200, "conversation", "")
	w.expect(w.press(w.check(words), "/share"), 200, "conversation", "")
	if got := must[[]*dropbox.Frame](t)(w.Reports("bob"))[0].Files; len(got) != 100 {
		t.Errorf("bob got %d files", len(got))
	}
}

// A reply's file comes as a download that no browser opens, as often as she likes, until she leaves.
func TestFileOfAReply(t *testing.T) {
	w := newWorld(t)
	words := w.report("x")
	report := must[[]*dropbox.Frame](t)(w.Reports("alice"))[0]
	content := "<script>canary</script>" + strings.Repeat("x", 400_000)
	file := w.replyWith("alice", report, "", "Cyngor \u202E‹naïve›.html", content)
	open := w.check(words)
	w.expect(open, 200, "conversation", "")
	if !strings.Contains(open.Body, "stays on this device") || strings.Contains(open.Body, file.Key) {
		t.Error("the page does not say that a saved file stays, or it holds its key")
	}
	f := w.form(open, "/file")
	for range 2 {
		saved := w.send(f)
		if saved.Status != 200 || saved.Body != content {
			t.Fatalf("status %d, %d bytes, want %d", saved.Status, len(saved.Body), len(content))
		}
		for name, want := range map[string]string{"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
			"Content-Length": fmt.Sprint(len(content)), "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; sandbox"} {
			if got := saved.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		kind, params, err := mime.ParseMediaType(saved.Header.Get("Content-Disposition"))
		if kind != "attachment" || params["filename"] != "Cyngor ‹naïve›.html" || err != nil {
			t.Errorf("%s %q: %v", kind, params["filename"], err)
		}
	}
	// The other forms of that page still work, and after them the ticket for files.
	w.expect(w.press(open, "/message", "text", "Thank you"), 200, "conversation", "")
	if saved := w.send(f); saved.Body != content {
		t.Errorf("after a message: %d", saved.Status)
	}
	for name, c := range map[string]struct {
		pairs  []string
		status int
		token  string
	}{
		"another's file":    {[]string{"file", strings.Repeat("ab", 32)}, 404, "no-file"},
		"no file":           {[]string{"file", ""}, 400, "malformed"},
		"no ticket":         {[]string{"ticket", ""}, 410, "used-ticket"},
		"a ticket to check": {[]string{"ticket", w.form(w.press(w.get("/"), "/check"), "/check").Get("ticket")}, 410, "used-ticket"},
	} {
		page := w.send(f.With(c.pairs...))
		w.expect(page, c.status, "check", c.token)
		if strings.Contains(page.Body, "canary") {
			t.Errorf("%s: something of the file", name)
		}
	}
	if saved := w.send(f); saved.Body != content {
		t.Errorf("after refusals: %d", saved.Status)
	}
	w.get(exit(open))
	page := w.send(f)
	w.expect(page, 410, "check", "used-ticket")
	if !strings.Contains(page.Body, "You left") || strings.Contains(page.Body, "canary") || strings.Contains(page.Body, "Cyngor") {
		t.Error("after leaving, something is shown")
	}
}

// A ticket for files lives an hour, as all do.
func TestFileAfterAnHour(t *testing.T) {
	w := newWorld(t)
	words := w.report("x")
	w.replyWith("alice", must[[]*dropbox.Frame](t)(w.Reports("alice"))[0], "", "a.txt", "canary")
	f := w.form(w.check(words), "/file")
	w.clock.Add(59 * time.Minute)
	if saved := w.send(f); saved.Body != "canary" {
		t.Errorf("before: %d", saved.Status)
	}
	w.clock.Add(2 * time.Minute)
	w.expect(w.send(f), 410, "check", "used-ticket")
}

// What the disk has damaged is not handed out, not even in part; she is told, and can go back.
func TestDamagedFile(t *testing.T) {
	w := newWorld(t)
	words := w.report("x")
	content := "canary" + strings.Repeat("x", 2_000_000)
	w.replyWith("alice", must[[]*dropbox.Frame](t)(w.Reports("alice"))[0], "", "a.txt", content)
	f := w.form(w.check(words), "/file")
	path := must[[]string](t)(filepath.Glob(filepath.Join(w.Dir, "blobs", "*")))[0]
	blob := must[[]byte](t)(os.ReadFile(path))
	for name, damaged := range map[string][]byte{"its last byte": append(bytes.Clone(blob[:len(blob)-1]), blob[len(blob)-1]^1), "cut": blob[:len(blob)-70_000], "gone": nil} {
		err := os.WriteFile(path, damaged, 0o600)
		if damaged == nil {
			err = os.Remove(path)
		}
		if err != nil {
			t.Fatal(err)
		}
		page := w.send(f)
		w.expect(page, 404, "check", "no-file")
		if strings.Contains(page.Body, "canary") || !strings.Contains(page.Body, "It may be lost or damaged.") {
			t.Errorf("%s: %.300q", name, page.Body)
		}
	}
	if err := os.WriteFile(path, blob, 0o600); err != nil {
		t.Fatal(err)
	}
	if saved := w.send(f); saved.Body != content {
		t.Errorf("mended: %d", saved.Status)
	}
}

// failing is a store whose blobs cannot be read twice.
type failing struct{ web.Store }

type once struct {
	io.ReadSeekCloser
	seeks int
}

func (f failing) Blob(ctx context.Context, id dropbox.BlobID) (io.ReadSeekCloser, error) {
	b, err := f.Store.Blob(ctx, id)
	return &once{ReadSeekCloser: b}, err
}

func (o *once) Seek(offset int64, whence int) (int64, error) {
	o.seeks++
	return o.ReadSeekCloser.Seek(offset, whence)
}

func (o *once) Read(p []byte) (int, error) {
	if at, err := o.ReadSeekCloser.Seek(0, io.SeekCurrent); err != nil || o.seeks > 0 && at > 1<<20 {
		return 0, errors.New("the disk is gone")
	}
	return o.ReadSeekCloser.Read(p)
}

// A disk that dies in the middle of a download breaks it off: what came must not look like a whole file.
func TestDownloadBreaksOff(t *testing.T) {
	w := newWorld(t, func(o *droptest.Options) { o.Wrap = func(s web.Store) web.Store { return failing{s} } })
	words := w.report("x")
	w.replyWith("alice", must[[]*dropbox.Frame](t)(w.Reports("alice"))[0], "", "a.txt", strings.Repeat("x", 3<<20))
	if p, err := w.Send(w.form(w.check(words), "/file")); err == nil {
		t.Errorf("status %d, %d bytes, and no error", p.Status, len(p.Body))
	}
}
