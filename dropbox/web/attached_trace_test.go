package web_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/web"
)

// watched is a store that says when blobs are written and discarded.
type watched struct {
	web.Store
	wrote, discarded chan int
	ids              []dropbox.BlobID // in the order in which they began
}

func (s *watched) Upload(ctx context.Context, id dropbox.BlobID, at, size int64) (dropbox.Upload, error) {
	s.ids = append(s.ids, id)
	u, err := s.Store.Upload(ctx, id, at, size)
	return watchedUpload{u, s}, err
}

func (s *watched) Discard(ids ...dropbox.BlobID) {
	s.Store.Discard(ids...)
	s.discarded <- len(ids)
}

type watchedUpload struct {
	dropbox.Upload
	s *watched
}

func (u watchedUpload) Write(p []byte) (int, error) {
	n, err := u.Upload.Write(p)
	select {
	case u.s.wrote <- int(u.Have()):
	default:
	}
	return n, err
}

// traces looks for secrets in every file of the data folder, in the names of these, and in the log.
func (w *world) traces(log *syncBuffer, secrets ...string) {
	w.t.Helper()
	files := 0
	err := filepath.WalkDir(filepath.Dir(w.Dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		for _, secret := range secrets {
			if strings.Contains(path, secret) || bytes.Contains(b, []byte(secret)) {
				w.t.Errorf("%s holds %q", path, secret)
			}
		}
		return err
	})
	if err != nil || files < 3 {
		w.t.Fatalf("%d files searched, %v", files, err)
	}
	for _, secret := range secrets {
		if strings.Contains(log.String(), secret) {
			w.t.Errorf("the log holds %q", secret)
		}
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// Whether a file arrives, is refused, or breaks off in the middle: no byte of it, and nothing of its name, is on the disk or in the log; and what is
// not stored is gone.
func TestFilesLeaveNoTrace(t *testing.T) {
	log, store := &syncBuffer{}, &watched{wrote: make(chan int, 1000), discarded: make(chan int, 1000)}
	w := newWorld(t, func(o *droptest.Options) {
		o.Log = slog.New(slog.NewTextHandler(log, nil))
		o.Wrap = func(s web.Store) web.Store { store.Store = s; return store }
	})
	secrets := []string{"canary-name", "canary-content", "canary-gps", "canary-words"}
	photo, _ := aPicture(t, "canary-gps")
	files := func() []upload {
		return []upload{textFile("canary-name.txt", strings.Repeat("canary-content ", 50_000)), textFile("canary-name.jpg", photo), textFile("canary-name-torn.jpg", photo[:300])}
	}
	w.expect(w.sendFiles(w.blank().With("account", "canary-words"), files()...), 200, "code", "")
	w.traces(log, secrets...)
	if n := w.blobs(); n != 2 || len(store.discarded) != 1 {
		t.Errorf("%d blobs, want 2; %d times something was discarded, want the torn picture alone", n, len(store.discarded))
	}
	w.expect(w.sendFiles(w.blank().With("account", ""), files()...), 422, "form", "empty-account")
	w.traces(log, secrets...)
	if n := w.blobs(); n != 2 {
		t.Errorf("after a refusal %d blobs, want 2", n)
	}

	// Somebody pulls the plug in the second file, after three of ten MB.
	f := w.blank().With("account", "canary-words")
	conn := must[net.Conn](t)(net.Dial("tcp", strings.TrimPrefix(w.URL, "http://")))
	fmt.Fprintf(conn, "POST /report/send HTTP/1.1\r\nHost: box\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 10000000\r\n\r\n")
	for name, values := range f.Values {
		for _, v := range values {
			if name != "files" {
				fmt.Fprintf(conn, "--b\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", name, v)
			}
		}
	}
	part := "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"canary-name\"\r\n\r\n"
	fmt.Fprint(conn, part, "canary-content\r\n", part)
	for len(store.discarded) > 0 {
		<-store.discarded
	}
	go io.WriteString(conn, strings.Repeat("canary-content ", 200_000))
	for have := 0; have < 2<<20; {
		have = <-store.wrote
	}
	w.traces(log, secrets...)
	if n := w.blobs(); n != 4 {
		t.Errorf("in the middle %d blobs, want 4", n)
	}
	conn.Close()
	for n := 0; n < 2; { // the blob that was cut, then both
		n = <-store.discarded
	}
	w.traces(log, secrets...)
	if n := w.blobs(); n != 2 || len(w.reports("alice")) != 1 {
		t.Errorf("after it broke off %d blobs, want 2; %d reports", n, len(w.reports("alice")))
	}
}

// grown is a large file that is made while it is sent; halfway and near its end it asks how much memory is in use.
type grown struct {
	n, size int
	heap    []uint64
}

func (g *grown) Read(p []byte) (int, error) {
	if g.n == g.size {
		return 0, io.EOF
	}
	for _, at := range []int{g.size / 10, g.size - 1<<20} {
		if g.n <= at && at < g.n+1<<15 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			g.heap = append(g.heap, m.HeapAlloc)
		}
	}
	n := min(len(p), 1<<15, g.size-g.n)
	for i := range p[:n] {
		p[i] = byte(i)
	}
	g.n += n
	return n, nil
}

// Memory does not grow with a file.
func TestFilesInConstantMemory(t *testing.T) {
	w := newWorld(t)
	film := &grown{size: 40 << 20}
	page := w.sendFiles(w.blank().With("account", "x"), upload{"film.mp4", film})
	w.expect(page, 200, "code", "")
	if len(film.heap) != 2 || film.heap[1] > film.heap[0]+4<<20 {
		t.Errorf("heap of %v bytes after 4 and 39 MB", film.heap)
	}
	if f := must[[]*dropbox.Frame](t)(w.Reports("alice"))[0].Files[0]; f.Size != 40<<20 || len(w.fetched(f)) != 40<<20 {
		t.Errorf("%d bytes arrived", f.Size)
	}
}

// patient notes how long the server would wait for a body.
type patient struct {
	*httptest.ResponseRecorder
	mu   sync.Mutex
	till []time.Time
}

func (p *patient) SetReadDeadline(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.till = append(p.till, t)
	return nil
}

// A body of 10 GB may take days, but one that stands still does not: its time grows with what has come.
func TestTimeForFiles(t *testing.T) {
	w := newWorld(t)
	for size, want := range map[int]time.Duration{100: 45 * time.Second, 6 << 20: 45*time.Second + 512*time.Second, -1: 45*time.Second + 512*time.Second} {
		body := "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\n" + strings.Repeat("x", max(size, 2<<20))
		r := httptest.NewRequest("POST", "/report/send", strings.NewReader(body[:max(100, size)]))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		r.ContentLength = int64(size)
		p, start := &patient{ResponseRecorder: httptest.NewRecorder()}, time.Now()
		w.Web.ServeHTTP(p, r)
		if got := p.till[0].Sub(start).Round(5 * time.Second); p.Code != 400 || got != want.Round(5*time.Second) {
			t.Errorf("%d bytes: %d, at first it waits %v, want %v", size, p.Code, got, want)
		}
		last := p.till[len(p.till)-1].Sub(start).Round(5 * time.Second)
		if whole := (45*time.Second + time.Duration(size>>13)*time.Second).Round(5 * time.Second); size > 1<<20 && last != whole {
			t.Errorf("%d bytes: in the end it waits %v, want %v", size, last, whole)
		}
	}
}
