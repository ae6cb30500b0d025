package desk

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
)

// Whatever the sender says of a file and whatever the server gives for it: nothing is kept, no more is fetched than such a file can
// have, and it is said.
func TestFilesThatLie(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	small, large := []byte("A kilobyte or so"), bytes.Repeat([]byte("Some megabytes. "), 200_000)
	one, many := w.upload("one", small), w.upload("many", large)
	lies := []struct {
		name string
		file func(f dropbox.File) dropbox.File
		want error
	}{
		{"says less than it has", func(f dropbox.File) dropbox.File {
			f.Blob, f.Key, f.SHA256 = many.Blob, many.Key, many.SHA256
			return f
		}, ErrNotTheFile},
		{"says more than it has", func(f dropbox.File) dropbox.File { f.Size = dropbox.MaxFile; return f }, ErrNotTheFile},
		{"one byte less", func(f dropbox.File) dropbox.File { f.Size--; return f }, ErrNotTheFile},
		{"one byte more", func(f dropbox.File) dropbox.File { f.Size++; return f }, ErrNotTheFile},
		{"nothing at all", func(f dropbox.File) dropbox.File { f.Size = 0; return f }, ErrNotTheFile},
		{"another hash", func(f dropbox.File) dropbox.File { f.SHA256[0]++; return f }, ErrNotTheFile},
		{"another file's blob", func(f dropbox.File) dropbox.File { f.Blob = w.upload("x", small).Blob; return f }, ErrNotTheFile},
		{"a key that is none", func(f dropbox.File) dropbox.File { f.Key = "AGE-SECRET-KEY-PQ-1XYZ"; return f }, ErrNotTheFile},
		{"a blob that is not there", func(f dropbox.File) dropbox.File { f.Blob[5]++; return f }, ErrFileGone},
	}
	var files []dropbox.File
	for _, lie := range lies {
		files = append(files, lie.file(one))
	}
	report := h.frame(dropbox.Report, "See")
	report.Files = append([]dropbox.File{one, many}, files...)
	parcel := h.seal(report)
	parcel.Blobs = parcel.Blobs[:2] // the others name the same, or what is not there
	h.post(parcel)
	alice := w.desk("alice")
	w.sync(alice)
	for i, lie := range lies {
		got := &counting{}
		alice.transport = got
		_, err := alice.Save(t.Context(), h.id(), i+3, "", client.Transfer{})
		if !errors.Is(err, lie.want) {
			t.Errorf("%s: %v, want %v", lie.name, err, lie.want)
		}
		if left := inFolder(alice, h.id()); len(left) != 0 {
			t.Errorf("%s: the folder has %q", lie.name, left)
		}
		if most := dropbox.BlobSize(files[i].Size) + 4096; got.n > most {
			t.Errorf("%s: %d bytes were fetched, of at most %d", lie.name, got.n, most)
		}
		if _, err := alice.Preview(t.Context(), h.id(), i+3, "", client.Transfer{}); !errors.Is(err, lie.want) && !errors.Is(err, ErrNoPreview) {
			t.Errorf("%s: a preview: %v", lie.name, err)
		}
	}
	alice.transport = nil
	if s := w.save(alice, h.id(), 2); filepath.Base(s.Path) != "2 many" {
		t.Errorf("the honest one is %+v", s)
	}
}

// A server that gives something else for a file, or never ends, is stopped there.
func TestServersThatLieAboutFiles(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	content := bytes.Repeat([]byte("Some megabytes. "), 200_000)
	h.sendFiles(dropbox.Report, "See", w.upload("a.txt", content))
	alice := w.desk("alice")
	w.sync(alice)
	change := func(do func(b []byte) []byte) func(*http.Request, *http.Response) *http.Response {
		return func(_ *http.Request, resp *http.Response) *http.Response {
			b, _ := io.ReadAll(resp.Body)
			b = do(b)
			resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
			return resp
		}
	}
	for name, swap := range map[string]func(*http.Request, *http.Response) *http.Response{
		"a flipped bit": change(func(b []byte) []byte { b[len(b)-1] ^= 1; return b }),
		"other bytes":   change(func(b []byte) []byte { return make([]byte, len(b)) }),
		"a web page":    answering(dropbox.API+"blob", 200, "<html>Sign in</html>"),
		"a redirect":    answering(dropbox.API+"blob", 302, ""),
		"no such range": answering(dropbox.API+"blob", 416, ""),
		"without end": func(_ *http.Request, resp *http.Response) *http.Response {
			resp.Body, resp.ContentLength = io.NopCloser(endless{}), -1
			return resp
		},
	} {
		alice.transport = &between{swap: swap}
		if _, err := alice.Save(t.Context(), h.id(), 1, "", client.Transfer{}); !errors.Is(err, ErrNotTheFile) {
			t.Errorf("%s: %v", name, err)
		}
		if left := inFolder(alice, h.id()); len(left) != 0 {
			t.Errorf("%s: the folder has %q", name, left)
		}
	}
	alice.transport = &between{swap: answering(dropbox.API+"blob", 503, `{"error":"busy"}`)}
	if _, err := alice.Save(t.Context(), h.id(), 1, "", client.Transfer{}); !client.TryLater(err) {
		t.Errorf("a busy server: %v", err)
	}
}

// counting counts the bytes of answers.
type counting struct{ n int64 }

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(resp.Body, c), resp.Body}
	}
	return resp, err
}

func (c *counting) Write(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
