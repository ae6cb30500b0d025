package window

import (
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"tellbox/dropbox/droptest"
)

// Who locks the desk does not wait for a server that says nothing, nor for a file that does not end.
func TestLockWaitsForNothing(t *testing.T) {
	h := openedDesk(t)
	h.must(h.box.Stop())
	silent, err := net.Listen("tcp", strings.TrimPrefix(h.box.URL, "http://"))
	h.must(err)
	defer silent.Close()
	reached := make(chan net.Conn, 10)
	go func() {
		for {
			c, err := silent.Accept()
			if err != nil {
				return
			}
			reached <- c
		}
	}()
	lock := h.request("/lock", nil)
	h.go_("/")
	fetch := h.request("/fetch", nil)
	done := make(chan *droptest.Page)
	send := func(r *http.Request) {
		r.Header.Set("Cookie", h.cookie())
		page, err := (&droptest.Visitor{Client: http.DefaultClient}).Do(r)
		if err != nil {
			t.Error(err)
		}
		done <- page
	}
	go send(fetch)
	defer (<-reached).Close()
	h.do(lock)
	h.shows("locked", "")
	<-done

	h.press("/unlock", "passphrase", passphrase, "next", "/case/1")
	h.shows("case", "", secret)
	lock = h.request("/lock", nil)
	upload := h.request("/case/1/reply", []string{"reply", "With a file", "do", "draft"}, droptest.File{Name: "a.txt", Content: "beginning"})
	all, err := io.ReadAll(upload.Body)
	h.must(err)
	begins, _, found := strings.Cut(string(all), "beginning")
	if !found {
		t.Fatal("there is no file in the form")
	}
	body := &endless{Reader: strings.NewReader(begins + "begin"), begun: make(chan bool), stop: make(chan bool)}
	defer close(body.stop)
	upload.Body, upload.ContentLength, upload.GetBody = body, -1, nil
	go func() {
		upload.Header.Set("Cookie", h.cookie())
		http.DefaultClient.Do(upload) // its answer may or may not come
	}()
	<-body.begun
	for { // the file is coming in, so the desk is in use
		if taken, _ := filepath.Glob(filepath.Join(h.home, ".unfinished*")); len(taken) > 0 {
			break
		}
		runtime.Gosched()
	}
	h.do(lock)
	h.shows("locked", "")
}

// endless is a body that gives what it has, and then nothing.
type endless struct {
	io.Reader
	begun, stop chan bool
	told        bool
}

func (e *endless) Read(p []byte) (int, error) {
	if n, err := e.Reader.Read(p); err == nil {
		return n, nil
	}
	if !e.told {
		e.told = true
		e.begun <- true
	}
	<-e.stop
	return 0, net.ErrClosed
}

func (e *endless) Close() error { return nil }

// Nor for a browser that does not take what it asked for: a download that she paused, or a window to choose a folder that stands open.
func TestLockWaitsForNoDownload(t *testing.T) {
	h := openedDesk(t)
	big := make([]byte, 24<<20) // more than the system takes in between
	rand.Read(big)
	h.must(os.WriteFile(filepath.Join(h.home, "kept-by-her"), big, 0o600))
	lock := h.request("/lock", nil)
	h.go_("/backup")
	backup := h.request("/backup", []string{"passphrase", passphrase, "do", "download"})
	backup.Header.Set("Cookie", h.cookie())
	browser, err := net.Dial("tcp", h.window.host)
	h.must(err)
	defer browser.Close()
	h.must(backup.Write(browser))
	begin := make([]byte, 12)
	if _, err := io.ReadFull(browser, begin); err != nil || string(begin) != "HTTP/1.1 200" {
		t.Fatalf("the download begins with %q, %v", begin, err)
	}
	h.do(lock)
	h.shows("locked", "")
}
