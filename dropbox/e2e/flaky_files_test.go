package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// telephoned is a picture with a place, a day and that text hidden in it.
func telephoned(canary string) string {
	exif := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x02" + "\x01\x32\x00\x02\x00\x00\x00\x02x\x00\x00\x00" + "\x88\x25\x00\x04\x00\x00\x00\x01\x00\x00\x00\x26\x00\x00\x00\x00" +
		"\x00\x01\x00\x01\x00\x02\x00\x00\x00\x02N\x00\x00\x00\x00\x00\x00\x00"
	return droptest.JPEG(droptest.Segment(0xe1, exif), droptest.Segment(0xfe, canary))
}

// A recording of 20 MB and a photo go up over a connection that breaks several times, and come down over one like it. They arrive whole and
// once; the photo has lost what was hidden in it; and what has arrived before a break is not sent again.
func TestFilesOverAFlakyConnection(t *testing.T) {
	o := newOnion(t)
	recording := make([]byte, 20<<20)
	rand.NewChaCha8([32]byte{6}).Read(recording)
	const canary = "canary-in-a-photo"
	o.write("recording.bin", string(recording))
	o.write("photo.jpg", telephoned(canary))

	up := droptest.Flaw{What: droptest.CutRequest, On: "POST " + dropbox.API + "blob", Bytes: 7_300_000, Times: 3}
	o.Break(up)
	said, notes := o.reporter(0, "Something", "send", "-copy", "-text-file", "-", "-file", o.path("recording.bin"), "-file", o.path("photo.jpg"))
	if o.Unbroken() != 0 || strings.Count(notes, "sending file 1 of 2 did not work (no answer came). Trying again in 2s.") != up.Times {
		t.Errorf("%d breaks are left, and she is told %s", o.Unbroken(), notes)
	}
	if !strings.Contains(notes, "note: file 2: photo.jpg, JPEG picture") || !strings.Contains(notes, "Hidden data is taken out: where it was taken; when;") || len(said.Missing) != 0 {
		t.Errorf("she is told %+v, %s", said, notes)
	}
	blobs, err := filepath.Glob(filepath.Join(o.dir, "*", "blobs", "*"))
	if err != nil || len(blobs) != 2 {
		t.Errorf("on the server are %q, %v", blobs, err)
	}
	sent := 0
	for _, p := range o.Passages() {
		sent += len(p.Sent)
	}
	if whole := int(dropbox.BlobSize(20<<20) + dropbox.BlobSize(1)); sent < whole || sent > whole+(up.Times+1)*2<<20 {
		t.Errorf("%d bytes were sent for blobs of %d", sent, whole)
	}
	reports, err := o.box.Reports("alice")
	if err != nil || len(reports) != 1 || len(reports[0].Files) != 2 {
		t.Fatalf("alice has %+v, %v", reports, err)
	}

	o.Break(droptest.Flaw{What: droptest.CutAnswer, On: "GET " + dropbox.API + "blob", Bytes: 7_300_000, Times: 3})
	folder := t.TempDir()
	_, notes = o.reporter(0, said.Code+"\n", "files", "-code-file", "-", "-save", "all", "-out", folder)
	if o.Unbroken() != 0 || strings.Count(notes, "fetching file 1 did not work (no answer came). Trying again in 2s.") == 0 {
		t.Errorf("%d breaks are left, and she is told %s", o.Unbroken(), notes)
	}
	got, err := os.ReadFile(filepath.Join(folder, "recording.bin"))
	if err != nil || string(got) != string(recording) {
		t.Errorf("%d bytes of the recording came back, %v", len(got), err)
	}
	photo, err := os.ReadFile(filepath.Join(folder, "photo.jpg"))
	if err != nil || len(photo) < 100 || strings.Contains(string(photo), canary) {
		t.Errorf("%d bytes of the photo came back, %v; the canary is in it: %v", len(photo), err, strings.Contains(string(photo), canary))
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 2 {
		t.Errorf("in the folder are %v, %v", entries, err)
	}
}

// Whoever stops the program while a file comes, or closes the window, finds nothing of that file on the disk.
func TestStoppedFileIsNowhere(t *testing.T) {
	w := newWary(t)
	w.write("evidence.txt", strings.Repeat("canary-in-a-file", 200_000))
	w.sent("-file", w.path("evidence.txt"))
	size := dropbox.BlobSize(16 * 200_000)
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		folder, came := t.TempDir(), make(chan bool, 1)
		w.liar.Lie("blob/", func(answer http.ResponseWriter, r *http.Request) {
			part := strings.Replace(r.Header.Get("Range"), "=", " ", 1)
			if !strings.HasPrefix(part, "bytes 0-") { // the first piece comes, and the second never
				came <- true
				<-r.Context().Done()
				return
			}
			status, body := w.liar.Forward(r)
			answer.Header().Set("Content-Range", fmt.Sprintf("%s/%d", part, size))
			answer.Header().Set("Content-Length", strconv.Itoa(len(body)))
			answer.WriteHeader(status)
			answer.Write(body)
		})
		c := w.command("reporter", "files", "-server", w.liar.URL, "-keyholders", w.path("K"), "-code-file", w.path("words"), "-save", "1", "-out", folder)
		var errs bytes.Buffer
		c.Stderr = &errs
		w.must(c.Start())
		select {
		case <-came:
		case <-time.After(time.Minute):
			c.Process.Kill()
			t.Fatalf("nothing was asked for: %s", errs.String())
		}
		half, err := os.ReadDir(folder)
		w.must(err)
		w.must(c.Process.Signal(signal))
		c.Wait()
		left, err := os.ReadDir(folder)
		if err != nil || len(half) != 1 || len(left) != 0 || c.ProcessState.ExitCode() != 3 || !strings.Contains(errs.String(), "reporter: error: file 1: ") || !strings.Contains(errs.String(), "hint: nothing of it was saved") {
			t.Errorf("%s: exit %d; there was %v, and there is %v, %v\n%s", signal, c.ProcessState.ExitCode(), half, left, err, errs.String())
		}
	}
}
