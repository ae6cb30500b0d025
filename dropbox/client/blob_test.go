package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	mrand "math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tellbox/dropbox"
)

// blobs is a server of files as it should be, until something is laid over it.
type blobs struct {
	mu     sync.Mutex // protects what follows
	there  map[string][]byte
	whole  map[string]bool
	asked  []string                                          // method and query or range of each request
	before func(w http.ResponseWriter, r *http.Request) bool // true: it has answered
}

func (s *blobs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Method+" "+r.URL.RawQuery+r.Header.Get("Range"))
	if s.before != nil && s.before(w, r) {
		return
	}
	id := strings.TrimPrefix(r.URL.Path, dropbox.API+"blob/")
	if r.Method == http.MethodGet {
		if !s.whole[id] {
			refuse(w, 404, "nothing-here")
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.there[id]))
		return
	}
	at, _ := strconv.ParseInt(r.FormValue("at"), 10, 64)
	size, _ := strconv.ParseInt(r.FormValue("size"), 10, 64)
	if at > int64(len(s.there[id])) {
		refuse(w, 404, "nothing-here")
		return
	}
	io.CopyN(io.Discard, r.Body, int64(len(s.there[id]))-at)
	more, err := io.ReadAll(r.Body) // what comes before it breaks stays
	s.there[id] = append(s.there[id], more...)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	s.whole[id] = int64(len(s.there[id])) == size
	fmt.Fprintf(w, `{"id":"%s","have":%d}`, id, at+max(int64(len(more)), int64(len(s.there[id]))-at))
}

// requests are those so far, or since the last time.
func (s *blobs) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.asked)
	s.asked = nil
	return n
}

func refuse(w http.ResponseWriter, status int, token string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":%q,"message":"no"}`, token)
}

func blobServer(t *testing.T) (*blobs, *Client) {
	s := &blobs{there: map[string][]byte{}, whole: map[string]bool{}}
	return s, serve(t, s.ServeHTTP)
}

// content is a file of n bytes that looks like nothing else.
func content(n int) []byte {
	b := make([]byte, n)
	src := mrand.New(mrand.NewPCG(uint64(n), 7))
	for i := range b {
		b[i] = byte(src.Uint32())
	}
	return b
}

func source(b []byte) Source {
	return Source{Name: "dir/evidence.bin", Size: int64(len(b)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}
}

func fetch(c *Client, f dropbox.File, how Transfer) ([]byte, error) {
	r, err := f.Open(c.FetchFile(context.Background(), f, how))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// tries is a policy of so many tries of one piece, without waiting.
func tries(most int) Transfer {
	return Transfer{Again: func(ctx context.Context, n int, err error) error {
		if n >= most {
			return err
		}
		return ctx.Err()
	}}
}

// A file goes up in pieces and comes down whole, and progress is told from the first byte to the last.
func TestFile(t *testing.T) {
	for _, n := range []int{1, 256 << 10, 3<<20 + 17} {
		s, c := blobServer(t)
		var mu sync.Mutex
		var last, total, calls int64
		how := Transfer{Progress: func(done, of int64) {
			mu.Lock()
			defer mu.Unlock()
			last, total = max(last, done), of
			calls++
		}}
		want := content(n)
		f, err := c.SendFile(t.Context(), source(want), how)
		must(t, err)
		size := dropbox.BlobSize(int64(n))
		if f.Name != "evidence.bin" || f.Size != int64(n) || !s.whole[f.Blob.String()] || int64(len(s.there[f.Blob.String()])) != size {
			t.Errorf("%d bytes: %+v, and the server has %d", n, f, len(s.there[f.Blob.String()]))
		}
		posts := s.requests()
		if want := int((size + blobPiece - 1) / blobPiece); posts != want {
			t.Errorf("%d bytes went in %d pieces, want %d", n, posts, want)
		}
		mu.Lock()
		if last != size || total != size || calls < int64(posts) {
			t.Errorf("%d bytes: progress ended with %d of %d after %d calls, want %d", n, last, total, calls, size)
		}
		last = 0
		mu.Unlock()
		got, err := fetch(c, f, how)
		if err != nil || !bytes.Equal(got, want) || last != size || s.requests() != posts {
			t.Errorf("%d bytes came back as %d, %v; progress ended with %d of %d", n, len(got), err, last, size)
		}
		s.there[f.Blob.String()][size/2] ^= 1
		if _, err = fetch(c, f, how); !errors.Is(err, dropbox.ErrOpen) {
			t.Errorf("%d bytes: one of them changed on the server, %v", n, err)
		}
	}
}

// Wherever a connection breaks, what is there in the end is the file, and each piece went until the server had it.
func TestFileOverABrokenConnection(t *testing.T) {
	src := mrand.New(mrand.NewPCG(1, 2))
	for range 6 {
		s, c := blobServer(t)
		broke := 0
		s.before = func(w http.ResponseWriter, r *http.Request) bool {
			if src.IntN(2) == 0 {
				return false
			}
			broke++
			s.cut(w, r, src.Int64N(blobPiece))
			return true
		}
		want := content(5<<20 + 3)
		f, err := c.SendFile(t.Context(), source(want), tries(50))
		must(t, err)
		got, err := fetch(c, f, tries(50))
		if err != nil || !bytes.Equal(got, want) || broke < 3 {
			t.Errorf("%d bytes came back as %d, %v, over a connection that broke %d times", len(want), len(got), err, broke)
		}
		if len(s.there) != 1 {
			t.Errorf("it went as %d blobs", len(s.there))
		}
	}
}

// cut lets n bytes through, and breaks off. An upload keeps what came; a download has said how much would come.
func (s *blobs) cut(w http.ResponseWriter, r *http.Request, n int64) {
	id := strings.TrimPrefix(r.URL.Path, dropbox.API+"blob/")
	if r.Method == http.MethodPost {
		at, _ := strconv.ParseInt(r.FormValue("at"), 10, 64)
		if have := int64(len(s.there[id])); at <= have {
			io.CopyN(io.Discard, r.Body, have-at)
			more, _ := io.ReadAll(io.LimitReader(r.Body, n))
			s.there[id] = append(s.there[id], more...)
		}
		panic(http.ErrAbortHandler)
	}
	http.ServeContent(&short{w, n}, r, "", time.Time{}, bytes.NewReader(s.there[id]))
	panic(http.ErrAbortHandler)
}

type short struct {
	http.ResponseWriter
	left int64
}

func (s *short) Write(p []byte) (int, error) {
	n, err := s.ResponseWriter.Write(p[:min(int64(len(p)), s.left)])
	if s.left -= int64(n); s.left == 0 && err == nil {
		err = io.ErrShortWrite
	}
	return n, err
}

// The caller says how often a piece is tried; without a word once, and never after a verdict.
func TestPatienceWithAFile(t *testing.T) {
	for _, c := range []struct {
		how    Transfer
		status int
		token  string
		want   int
	}{{Transfer{}, 503, "busy", 1}, {tries(4), 503, "busy", 4}, {tries(4), 413, "too-large", 1}, {tries(4), 503, "", 4}, {tries(4), 422, "malformed", 1}} {
		s, client := blobServer(t)
		s.before = func(w http.ResponseWriter, r *http.Request) bool {
			if c.token == "" {
				panic(http.ErrAbortHandler)
			}
			refuse(w, c.status, c.token)
			return true
		}
		_, err := client.SendFile(t.Context(), source(content(10)), c.how)
		if n := s.requests(); !Refused(err, c.token) && !(c.token == "" && errors.Is(err, ErrUnreachable)) || n != c.want {
			t.Errorf("%s: %v after %d tries, want %d", c.token, err, n, c.want)
		}
		_, err = fetch(client, someFile(10), c.how)
		if n := s.requests(); !Refused(err, c.token) && !(c.token == "" && errors.Is(err, ErrUnreachable)) || n != c.want {
			t.Errorf("fetching, %s: %v after %d tries, want %d", c.token, err, n, c.want)
		}
	}
	s, c := blobServer(t) // the hook ends it with an error of its own
	s.before = func(w http.ResponseWriter, r *http.Request) bool { refuse(w, 503, "full"); return true }
	enough := errors.New("enough")
	if _, err := c.SendFile(t.Context(), source(content(10)), Transfer{Again: func(context.Context, int, error) error { return enough }}); !errors.Is(err, enough) {
		t.Errorf("the hook said enough, and the error is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.before = func(http.ResponseWriter, *http.Request) bool { cancel(); panic(http.ErrAbortHandler) }
	if _, err := c.SendFile(ctx, source(content(10)), tries(4)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func someFile(n int64) dropbox.File {
	s, _ := dropbox.SealFile(io.Discard, n)
	s.Write(make([]byte, n))
	f, _ := s.Close("x", dropbox.BlobID{9})
	return f
}

// A server that was restarted has nothing of it any more: the file begins anew, under another id and sealed to another key, but not for ever.
func TestServerLosesAFile(t *testing.T) {
	for _, losses := range []int{1, 2, 100} {
		s, c := blobServer(t)
		posts, lost := 0, 0
		s.before = func(w http.ResponseWriter, r *http.Request) bool {
			if posts++; posts%3 == 0 && lost < losses {
				lost++
				s.there = map[string][]byte{}
			}
			return false
		}
		want, opened, ids := content(5<<20), 0, map[string]bool{}
		from := source(want)
		open := from.Open
		from.Open = func() (io.ReadCloser, error) { opened++; return open() }
		f, err := c.SendFile(t.Context(), from, Transfer{})
		if losses > maxBegun {
			if !errors.Is(err, ErrUnreachable) || Refused(err, "nothing-here") || opened != maxBegun {
				t.Errorf("a server that loses it always: %v after %d beginnings", err, opened)
			}
			continue
		}
		must(t, err)
		got, err := fetch(c, f, Transfer{})
		if err != nil || !bytes.Equal(got, want) || opened != losses+1 {
			t.Errorf("lost %d times: %d bytes, %v, opened %d times", losses, len(got), err, opened)
		}
		for id, b := range s.there {
			ids[id] = bytes.Contains(b, want[:64])
		}
		if len(ids) != 1 || ids[f.Blob.String()] {
			t.Errorf("in the end the server has %v", ids)
		}
	}
}

// A server of before there were files, or one that says so.
func TestServerWithoutFiles(t *testing.T) {
	for _, token := range []string{"nothing-here", ""} {
		s, c := blobServer(t)
		s.before = func(w http.ResponseWriter, r *http.Request) bool { refuse(w, 404, token); return true }
		_, err := c.SendFile(t.Context(), source(content(10)), tries(3))
		if n := s.requests(); !errors.Is(err, ErrNoFiles) || n != 1 {
			t.Errorf("%v after %d tries", err, n)
		}
	}
}

// What changes while it is read, cannot be read, or is too large, is an error in words, and never whole on the server.
func TestFilesThatCannotBeSent(t *testing.T) {
	b := content(3 << 20)
	broken := &fs.PathError{Op: "read", Path: "/home/her/secret.jpg", Err: errors.New("input/output error")}
	for name, c := range map[string]struct {
		from Source
		want error
	}{
		"grew":      {Source{"x", 2 << 20, source(b).Open}, ErrChanged},
		"shrank":    {Source{"x", 4 << 20, source(b).Open}, ErrChanged},
		"empty now": {Source{"x", 4 << 20, source(nil).Open}, ErrChanged},
		"too large": {Source{"x", dropbox.MaxFile + 1, source(b).Open}, dropbox.ErrFileTooLarge},
		"gone": {Source{"x", 10, func() (io.ReadCloser, error) {
			return nil, &fs.PathError{Op: "open", Path: "/home/her/secret.jpg", Err: fs.ErrNotExist}
		}}, fs.ErrNotExist},
		"breaks off": {Source{"x", 3 << 20, func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(bytes.NewReader(b[:2<<20]), failing{broken})), nil
		}}, broken.Err},
	} {
		s, client := blobServer(t)
		_, err := client.SendFile(t.Context(), c.from, tries(3))
		if !errors.Is(err, c.want) || strings.Contains(err.Error(), "secret") || TryLater(err) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if len(s.whole) > 0 && slices.Contains(slices.Collect(maps.Values(s.whole)), true) {
			t.Errorf("%s: the server has it whole", name)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
