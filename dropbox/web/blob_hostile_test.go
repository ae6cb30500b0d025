package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/web"
)

// A parcel came without its file, and the answer was lost. Meanwhile the file came; but no parcel will name it any more, and tomorrow it is
// gone. So the answer to the same parcel again still says that it is missing.
func TestMissingStaysMissing(t *testing.T) {
	w := newWorld(t)
	file, blob := aFile(t, 1000)
	p := w.program().parcel(dropbox.Frame{Kind: dropbox.Report, Text: "x", Files: []dropbox.File{file}}, "alice")
	for n := range 2 {
		status, _, body := w.deliver("parcel", p)
		var a dropbox.StoredAnswer
		if err := json.Unmarshal(body, &a); err != nil || status != 200 || a.Again != (n == 1) || !slices.Equal(a.Missing, []dropbox.BlobID{file.Blob}) {
			t.Errorf("sent for the %d. time: %d %+v, %v; want that the file is missing", n+1, status, a, err)
		}
		if status, _, refused := piece(t, w.Box, fmt.Sprintf("blob/%s?at=0&size=%d", file.Blob, len(blob)), bytes.NewReader(blob)); status != 200 {
			t.Fatal(status, refused)
		}
	}
}

// Whoever promises gigabytes and sends a kilobyte is given up after some minutes: uploads are few, and others wait for his.
func TestPromisedAndNotSent(t *testing.T) {
	w := newWorld(t)
	file, blob := aFile(t, 6<<20)
	for name, c := range map[string]struct {
		body io.Reader
		most time.Duration
	}{
		"nothing":    {strings.NewReader(""), 10 * time.Minute},
		"a kilobyte": {bytes.NewReader(blob[:1000]), 10 * time.Minute},
		"3 MiB":      {bytes.NewReader(blob[:3<<20]), 17 * time.Minute},
	} {
		r := httptest.NewRequest("POST", fmt.Sprintf("%sblob/%s?at=0&size=%d", dropbox.API, file.Blob, dropbox.BlobSize(dropbox.MaxFile)), io.MultiReader(c.body, broken{}))
		r.ContentLength = dropbox.BlobSize(dropbox.MaxFile)
		p, start := &patient{ResponseRecorder: httptest.NewRecorder()}, time.Now()
		w.Web.ServeHTTP(p, r)
		if longest := slices.MaxFunc(p.till, time.Time.Compare).Sub(start); longest > c.most {
			t.Errorf("%s of 500 MiB: it is waited for %s", name, longest)
		}
	}
}

// broken is a connection that breaks off.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// deaf is a store that finds no lines while it is.
type deaf struct {
	web.Store
	deaf *atomic.Bool
}

func (d deaf) Lines(ctx context.Context, drop dropbox.Drop) (dropbox.Lines, error) {
	if d.deaf.Load() {
		return dropbox.Lines{}, errDown
	}
	return d.Store.Lines(ctx, drop)
}

// A report with a file is stored, and sent again while the store cannot read. She is asked to try again, and not told that no file was stored.
func TestFilesAreNotDenied(t *testing.T) {
	var d deaf
	w := newWorld(t, func(o *droptest.Options) {
		o.Wrap = func(s web.Store) web.Store { d = deaf{s, new(atomic.Bool)}; return d }
	})
	f := w.blank().With("account", "x")
	first := w.sendFiles(f, textFile("a.txt", "a"))
	w.expect(first, 200, "code", "")
	d.deaf.Store(true)
	page := w.sendFiles(f, textFile("a.txt", "a"))
	w.expect(page, 503, "form", "store-down")
	if !strings.Contains(page.Body, "choose your files again") || strings.Contains(page.Body, "was stored") {
		t.Error("it says of files that are stored that they are not, or does not ask for them")
	}
	d.deaf.Store(false)
	again := w.sendFiles(w.form(page, "/report/send"), textFile("a.txt", "a"))
	w.expect(again, 200, "code", "")
	if again.Words() != first.Words() || w.blobs() != 1 || len(w.reports("alice")) != 1 {
		t.Errorf("other words, or %d blobs, %d reports", w.blobs(), len(w.reports("alice")))
	}
}

// Two pieces of one upload at a time, by somebody who wants the operator to look for a fault: his log says nothing.
func TestOvertakenPieceIsNoFault(t *testing.T) {
	var log bytes.Buffer
	w := newWorld(t, func(o *droptest.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	file, blob := aFile(t, 1000)
	uri := fmt.Sprintf("blob/%s?at=0&size=%d", file.Blob, len(blob))
	overtake := &during{bytes.NewReader(blob[70_000:]), func() {
		if status, _, _ := piece(t, w.Box, uri, bytes.NewReader(blob[:80_000])); status != 200 {
			t.Errorf("the second: %d", status)
		}
	}}
	status, _, refused := piece(t, w.Box, uri, io.MultiReader(bytes.NewReader(blob[:70_000]), overtake))
	if status != 503 || refused.Token != "busy" || log.Len() > 0 {
		t.Errorf("the first: %d %q; the log says %q", status, refused.Token, log.String())
	}
}
