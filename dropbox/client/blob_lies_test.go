package client

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
)

// Answers to a piece that no honest server gives.
func TestUploadLies(t *testing.T) {
	other := dropbox.BlobID{1}.String()
	for name, lie := range map[string]func(id string) string{
		"less":         func(id string) string { return fmt.Sprintf(`{"id":"%s","have":100}`, id) },
		"more":         func(id string) string { return fmt.Sprintf(`{"id":"%s","have":99999999}`, id) },
		"nothing":      func(id string) string { return fmt.Sprintf(`{"id":"%s"}`, id) },
		"negative":     func(id string) string { return fmt.Sprintf(`{"id":"%s","have":-1}`, id) },
		"fractions":    func(id string) string { return fmt.Sprintf(`{"id":"%s","have":1.5}`, id) },
		"another blob": func(string) string { return fmt.Sprintf(`{"id":"%s","have":%d}`, other, dropbox.BlobSize(10)) },
		"no blob":      func(string) string { return fmt.Sprintf(`{"have":%d}`, dropbox.BlobSize(10)) },
		"empty":        func(string) string { return "" },
		"long":         func(string) string { return strings.Repeat(" ", maxSmall+1) },
	} {
		s, c := blobServer(t)
		s.before = func(w http.ResponseWriter, r *http.Request) bool {
			io.Copy(io.Discard, r.Body)
			io.WriteString(w, lie(strings.TrimPrefix(r.URL.Path, dropbox.API+"blob/")))
			return true
		}
		_, err := c.SendFile(t.Context(), source(content(10)), tries(3))
		if n := s.requests(); !errors.Is(err, ErrAnswer) || n != 1 {
			t.Errorf("%s: %v after %d tries", name, err, n)
		}
	}
}

// What comes back is what was asked for or an error; and never more is read than a file of that size has.
func TestDownloadLies(t *testing.T) {
	f := someFile(3 << 20)
	size := dropbox.BlobSize(f.Size)
	head := func(w http.ResponseWriter, status int, of string, length int64) {
		w.Header().Set("Content-Range", of)
		if length > 0 {
			w.Header().Set("Content-Length", strconv.FormatInt(length, 10))
		}
		w.WriteHeader(status)
	}
	part := fmt.Sprintf("bytes 0-%d/%d", blobPiece-1, size)
	zeros := make([]byte, blobPiece)
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter)
		want   error
	}{
		"everything": {func(w http.ResponseWriter) { head(w, 200, "", 0); w.Write(zeros) }, ErrAnswer},
		"no content": {func(w http.ResponseWriter) { head(w, 204, part, 0) }, ErrAnswer},
		"no range":   {func(w http.ResponseWriter) { head(w, 206, "", blobPiece); w.Write(zeros) }, ErrAnswer},
		"another range": {func(w http.ResponseWriter) {
			head(w, 206, fmt.Sprintf("bytes 1-%d/%d", blobPiece, size), blobPiece)
			w.Write(zeros)
		}, ErrAnswer},
		"of a longer blob": {func(w http.ResponseWriter) {
			head(w, 206, fmt.Sprintf("bytes 0-%d/%d", blobPiece-1, size+1), blobPiece)
			w.Write(zeros)
		}, ErrAnswer},
		"of unknown length": {func(w http.ResponseWriter) {
			head(w, 206, fmt.Sprintf("bytes 0-%d/*", blobPiece-1), blobPiece)
			w.Write(zeros)
		}, ErrAnswer},
		"a short part":  {func(w http.ResponseWriter) { head(w, 206, part, 100); w.Write(zeros[:100]) }, ErrAnswer},
		"a long part":   {func(w http.ResponseWriter) { head(w, 206, part, blobPiece+1); w.Write(zeros); w.Write(zeros[:1]) }, ErrAnswer},
		"without end":   {func(w http.ResponseWriter) { head(w, 206, part, 0); endless(w, zeros) }, ErrAnswer},
		"noise":         {func(w http.ResponseWriter) { head(w, 206, part, blobPiece); w.Write(content(blobPiece)) }, dropbox.ErrOpen},
		"a redirect":    {func(w http.ResponseWriter) { w.Header().Set("Location", "/"); head(w, 302, "", 0) }, &Error{Status: 302}},
		"no such range": {func(w http.ResponseWriter) { head(w, 416, "", 0) }, &Error{Status: 416}},
		"all parts in one": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "multipart/byteranges")
			head(w, 206, "", 0)
			w.Write(zeros)
		}, ErrAnswer},
		"nothing is here":    {func(w http.ResponseWriter) { refuse(w, 404, "nothing-here") }, &Error{404, "nothing-here", "no", time.Time{}}},
		"breaks off at once": {func(w http.ResponseWriter) { panic(http.ErrAbortHandler) }, ErrUnreachable},
		"always breaks off": {func(w http.ResponseWriter) {
			head(w, 206, part, blobPiece)
			w.Write(zeros[:100])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, ErrAnswer}, // the second time it is the wrong part
		"promises and stalls": {func(w http.ResponseWriter) { head(w, 206, part, blobPiece); w.(http.Flusher).Flush(); stall(w) }, ErrUnreachable},
	} {
		s, client := blobServer(t)
		client.Timeout = time.Second
		s.before = func(w http.ResponseWriter, r *http.Request) bool { c.answer(w); return true }
		got, err := fetch(client, f, tries(2))
		e, refused := errors.AsType[*Error](err)
		want, refusal := c.want.(*Error)
		if len(got) > 0 || !refusal && !errors.Is(err, c.want) || refused != refusal || refused && *e != *want {
			t.Errorf("%s: %d bytes, %v, want %v", name, len(got), err, c.want)
		}
		if n := s.requests(); n > 3 {
			t.Errorf("%s: it was asked %d times", name, n)
		}
	}
}

// endless writes until nobody reads any more.
func endless(w io.Writer, b []byte) {
	for {
		if _, err := w.Write(b); err != nil {
			return
		}
	}
}

// stall says nothing more until the client has gone.
func stall(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		io.Copy(io.Discard, conn)
	}
}

// A server may miss only blobs that the parcel names; one that never heard of blobs misses none.
func TestMissing(t *testing.T) {
	a, b := dropbox.BlobID{1}, dropbox.BlobID{2}
	for missing, ok := range map[string]bool{`,"missing":[]`: true, "": true, `,"missing":null`: true, `,"missing":["` + a.String() + `"]`: true,
		`,"missing":["` + b.String() + `"]`: false, `,"missing":["` + a.String() + `","` + a.String() + `"]`: false, `,"missing":[null]`: false,
		`,"missing":["x"]`: false, `,"missing":"` + a.String() + `"`: false} {
		var got dropbox.StoredAnswer
		err := read([]byte(`{"stored":true`+missing+`}`), &got)
		if err == nil {
			err = sent(got, &dropbox.Parcel{Blobs: []dropbox.BlobID{a}})
		}
		if (err == nil) != ok || err != nil && !errors.Is(err, ErrAnswer) {
			t.Errorf("%s: %v", missing, err)
		}
	}
}
