package web_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// upload is a file as she chooses it.
type upload struct {
	name string
	body io.Reader
}

func textFile(name, text string) upload { return upload{name, strings.NewReader(text)} }

// sendFiles sends a form as a browser does: fields, then files. It streams.
func (w *world) sendFiles(f *droptest.Form, files ...upload) *droptest.Page {
	w.t.Helper()
	r, out := io.Pipe()
	mw := multipart.NewWriter(out)
	go func() {
		for name, values := range f.Values {
			for _, value := range values {
				if name != "files" {
					mw.WriteField(name, value)
				}
			}
		}
		var err error
		for _, file := range files {
			part, partErr := mw.CreateFormFile("files", file.name)
			if err = partErr; err == nil {
				_, err = io.Copy(part, file.body)
			}
		}
		mw.Close()
		out.CloseWithError(err)
	}()
	req := must[*http.Request](w.t)(http.NewRequest("POST", w.URL+f.Action, r))
	req.Header.Set("Content-Type", mw.FormDataContentType())
	return must[*droptest.Page](w.t)(w.Do(req))
}

// fates are what a page says became of her files.
func fates(p *droptest.Page) (out []string) {
	list := p.ByID("files")
	if list == nil {
		return nil
	}
	for n := range list.Descendants() {
		if fate := droptest.Attr(n, "data-file"); fate != "" {
			out = append(out, fate)
		}
	}
	return out
}

// fetched is what stands in a file that a frame names.
func (w *world) fetched(f dropbox.File) string {
	w.t.Helper()
	blob := must[io.ReadSeekCloser](w.t)(w.Store.Blob(w.t.Context(), f.Blob))
	defer blob.Close()
	return string(must[[]byte](w.t)(io.ReadAll(must[io.Reader](w.t)(f.Open(blob)))))
}

// blobs counts the files that the store has, parts of them too.
func (w *world) blobs() int {
	w.t.Helper()
	return len(must[[]os.DirEntry](w.t)(os.ReadDir(filepath.Join(w.Dir, "blobs"))))
}

func small(max int64) func(*droptest.Options) {
	return func(o *droptest.Options) { o.MaxFile = max }
}

// aPicture is a JPEG that tells where it was taken, if there is a place, and a PNG that tells nothing.
func aPicture(t *testing.T, place string) (withPlace, plain string) {
	t.Helper()
	var p bytes.Buffer
	if err := png.Encode(&p, image.NewGray(image.Rect(0, 0, 40, 40))); err != nil {
		t.Fatal(err)
	}
	exif := "Exif\x00\x00MM\x00*\x00\x00\x00\x08" + "\x00\x01\x88\x25\x00\x04\x00\x00\x00\x01\x00\x00\x00\x1a\x00\x00\x00\x00" +
		fmt.Sprintf("\x00\x01\x00\x02\x00\x02\x00\x00\x00%c\x00\x00\x00\x2c\x00\x00\x00\x00%s\x00", len(place)+1, place)
	return droptest.JPEG(droptest.Segment(0xe1, exif)), p.String()
}

// She sends all kinds of files at once. Each is named with what became of it; none stops her words.
func TestFiles(t *testing.T) {
	w := newWorld(t, small(1<<20))
	photo, screen := aPicture(t, "canary-gps")
	if !strings.Contains(photo, "canary-gps") {
		t.Fatal("nothing is planted")
	}
	f := w.blank().With("account", "What happened", "copy", "yes")
	page := w.sendFiles(f, textFile("street.jpg", photo), textFile("screen.png", screen), textFile("notes.txt", "what he wrote"), textFile("empty.txt", ""),
		textFile("film.mp4", strings.Repeat("x", 4<<20)), textFile("torn.jpg", photo[:200]), textFile("fits.bin", strings.Repeat("y", 1<<20)))
	w.expect(page, 200, "code", "")
	if got, want := fates(page), []string{"cleaned", "clean", "as-is", "empty", "too-large", "broken", "as-is"}; !slices.Equal(got, want) {
		t.Errorf("the page says %q, want %q", got, want)
	}
	for i, want := range []string{"street.jpg 1 KB Stored. We took out: the place", "screen.png 1 KB Stored.", "notes.txt 1 KB Stored as it is.", "empty.txt 0 KB Not stored, as it is empty.",
		"film.mp4 4.0 MB Not stored, as it is too large.", "torn.jpg 1 KB Not stored, as we could not clean this picture.", "fits.bin 1.0 MB"} {
		if got := page.Items("files")[i]; !strings.HasPrefix(got, want) {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
	if !strings.Contains(page.Body, "add these files to a message") {
		t.Error("it does not say what to do about files that were not stored")
	}
	cleaned := strings.Replace(photo, photo[2:strings.Index(photo, "canary-gps")+len("canary-gps")+1], "", 1)
	want := []string{"street.jpg image/jpeg " + cleaned, "screen.png image/png " + screen, "notes.txt text/plain what he wrote", "fits.bin text/plain " + strings.Repeat("y", 1<<20)}
	for _, id := range []string{"alice", "bob"} {
		var got []string
		for _, file := range must[[]*dropbox.Frame](t)(w.Reports(id))[0].Files {
			text := w.fetched(file)
			got = append(got, file.Name+" "+file.Type+" "+text)
			if file.Size != int64(len(text)) {
				t.Errorf("%s: %d bytes, said to be %d", file.Name, len(text), file.Size)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s got %.300q", id, got)
		}
	}
	if n := w.blobs(); n != 4 {
		t.Errorf("the store has %d blobs, want 4", n)
	}
	shown := must[*droptest.Page](t)(w.Check(page.Words()))
	var files []string
	for n := range shown.Root.Descendants() {
		if n.Type == html.ElementNode && droptest.Attr(n, "data-size") != "" {
			files = append(files, droptest.Attr(n, "data-size")+" "+droptest.Attr(n, "data-type"))
		}
	}
	if want := []string{fmt.Sprint(len(cleaned), " image/jpeg"), fmt.Sprint(len(screen), " image/png"), "13 text/plain", "1048576 text/plain"}; !slices.Equal(files, want) {
		t.Errorf("her conversation lists %q, want %q", files, want)
	}
}

// The original is kept where she asks for it, byte for byte.
func TestOriginal(t *testing.T) {
	w := newWorld(t)
	photo, screen := aPicture(t, "canary-gps")
	page := w.sendFiles(w.blank().With("account", "x", "original", "yes"), textFile("a.jpg", photo), textFile("b.png", screen), textFile("c.jpg", photo[:200]), textFile("d.pdf", "%PDF-1.7"))
	if got, want := fates(page), []string{"original", "original", "original", "as-is"}; page.Words() == "" || !slices.Equal(got, want) {
		t.Errorf("page %q says %q, want %q", page.Name(), got, want)
	}
	files := must[[]*dropbox.Frame](t)(w.Reports("alice"))[0].Files
	if len(files) != 4 || w.fetched(files[0]) != photo || w.fetched(files[2]) != photo[:200] {
		t.Errorf("%d files, and not what she sent", len(files))
	}
	// What she chose is still chosen when the form comes back.
	page = w.sendFiles(w.blank().With("account", "", "original", "yes"), textFile("a.jpg", photo))
	w.expect(page, 422, "form", "empty-account")
	w.typed(page, "/report/send", "original", "yes")
	if !strings.Contains(page.Body, "choose your files again") || fates(page) != nil {
		t.Error("the page does not say that her files have to be chosen again")
	}
	if page = w.send(w.blank()); strings.Contains(page.Body, "choose your files again") {
		t.Error("it speaks of files where there were none")
	}
}

// An empty file field, as browsers send it, is none.
func TestNoFileChosen(t *testing.T) {
	w := newWorld(t)
	f := w.blank().With("account", "x")
	var b bytes.Buffer
	mw := multipart.NewWriter(&b)
	for name, values := range f.Values {
		for _, v := range values {
			if name != "files" {
				mw.WriteField(name, v)
			}
		}
	}
	b.WriteString("\r\n--" + mw.Boundary() + "\r\nContent-Disposition: form-data; name=\"files\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n")
	mw.Close()
	page := must[*droptest.Page](t)(w.post(f.Action, mw.FormDataContentType(), b.String()))
	w.expect(page, 200, "code", "")
	if page.ByID("files") != nil || w.blobs() != 0 {
		t.Error("something came of it")
	}
}

// The same form with the same files is the same sending, and its words are shown again; with other files it is another.
func TestFilesTwice(t *testing.T) {
	w := newWorld(t)
	photo, _ := aPicture(t, "canary-gps")
	f := w.blank().With("account", "x")
	first := w.sendFiles(f, textFile("a.jpg", photo), textFile("b.txt", "b"))
	again := w.sendFiles(f, textFile("a.jpg", photo), textFile("b.txt", "b"))
	w.expect(again, 200, "code", "")
	if first.Words() != again.Words() || len(w.reports("alice")) != 1 || w.blobs() != 2 || !slices.Equal(fates(again), []string{"cleaned", "as-is"}) {
		t.Errorf("words %q and %q, %d reports, %d blobs, %q", first.Words(), again.Words(), len(w.reports("alice")), w.blobs(), fates(again))
	}
	for n, files := range [][]upload{{textFile("a.jpg", photo), textFile("b.txt", "c")}, {textFile("a.jpg", photo), textFile("c.txt", "b")}, {textFile("a.jpg", photo)}, nil} {
		other := w.sendFiles(f, files...)
		w.expect(other, 200, "code", "")
		if other.Words() == first.Words() || len(w.reports("alice")) != n+2 || !strings.Contains(other.Body, "An earlier version") {
			t.Errorf("%d: the same words for other files, or %d reports", n, len(w.reports("alice")))
		}
	}
	// In one form, the same file twice is two.
	page := w.sendFiles(w.blank().With("account", "x"), textFile("a.txt", "same"), textFile("a.txt", "same"))
	reports := must[[]*dropbox.Frame](t)(w.Reports("alice"))
	files := reports[len(reports)-1].Files
	if page.Words() == "" || len(files) != 2 || files[0].Blob == files[1].Blob || w.fetched(files[1]) != "same" {
		t.Errorf("%q: %+v", page.Name(), files)
	}
}

func TestTooManyFiles(t *testing.T) {
	w := newWorld(t)
	var files []upload
	for i := range dropbox.MaxFiles + 2 {
		files = append(files, textFile(fmt.Sprintf("%d.txt", i), "x"))
	}
	page := w.sendFiles(w.blank().With("account", "x"), files...)
	w.expect(page, 200, "code", "")
	got := fates(page)
	if len(got) != 22 || got[19] != "as-is" || got[20] != "too-many" || got[21] != "too-many" || w.blobs() != 20 || len(must[[]*dropbox.Frame](t)(w.Reports("bob"))[0].Files) != 20 {
		t.Errorf("fates %q, %d blobs", got, w.blobs())
	}
}
