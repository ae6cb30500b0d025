package web

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/julienschmidt/httprouter"

	"tellbox/dropbox"
)

// maxUploads bounds the uploads in flight: each takes about a megabyte of memory while it lasts, which can be hours.
const maxUploads = 64

// upload waits for its turn among the uploads.
func (s *Server) upload(ctx context.Context) (release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, queueTime)
	defer cancel()
	if s.uploads.Acquire(ctx, 1) != nil {
		return nil, dropbox.ErrBusy
	}
	return func() { s.uploads.Release(1) }, nil
}

// takeBlob takes a blob from a program, whole or piece by piece. It streams from the connection into the store.
func (s *Server) takeBlob(w http.ResponseWriter, r *http.Request, p httprouter.Params) {
	start := time.Now()
	deadline := func(read int64) { // as in streamed: who promises much and sends nothing is not waited for
		http.NewResponseController(w).SetReadDeadline(start.Add(bodyTime(min(r.ContentLength, dropbox.MaxBlob, read+aheadBody))))
	}
	deadline(0)
	answer, err := s.readBlob(r, p.ByName("id"), deadline)
	if err != nil {
		drain(r)
		s.apiRefuse(w, s.problemFrom(err))
		return
	}
	s.apiAnswer(w, http.StatusOK, answer)
}

func (s *Server) readBlob(r *http.Request, text string, moved func(read int64)) (a dropbox.BlobAnswer, err error) {
	at, size := int64(0), r.ContentLength
	if text == "" {
		rand.Read(a.ID[:])
	} else if a.ID, at, size, err = pieceOf(text, r.URL.Query()); err != nil {
		return a, errForm
	}
	if size > dropbox.BlobSize(s.MaxFile) || r.ContentLength > size {
		return a, errTooLarge
	}
	if size <= 0 {
		return a, errForm
	}
	release, err := s.upload(r.Context())
	if err != nil {
		return a, err
	}
	defer release()
	u, err := s.Store.Upload(r.Context(), a.ID, at, size)
	if err != nil {
		return a, err
	}
	defer u.Close()
	body := &limited{r: r.Body, left: int(size - at + 1), moved: moved}
	_, err = io.Copy(u, body)
	if a.Have = u.Have(); err == nil && a.Have == size {
		err = u.Finish()
	}
	if body.large {
		return a, errTooLarge
	}
	if body.failed { // what has come waits for the next piece, if there is to be one
		err = errForm
	}
	if text == "" && err != nil {
		s.Store.Discard(a.ID)
	}
	return a, err
}

// pieceOf reads which piece of which blob it is.
func pieceOf(text string, query url.Values) (id dropbox.BlobID, at, size int64, err error) {
	if id, err = dropbox.ParseHex32(text); err == nil && id == (dropbox.BlobID{}) {
		err = errForm
	}
	if err == nil {
		at, err = strconv.ParseInt(query.Get("at"), 10, 64)
	}
	if err == nil {
		size, err = strconv.ParseInt(query.Get("size"), 10, 64)
	}
	if err == nil && (at < 0 || at > size) {
		err = errForm
	}
	return id, at, size, err
}

// giveBlob gives the ciphertext of a blob, or a range of it, to whoever knows its id.
func (s *Server) giveBlob(w http.ResponseWriter, r *http.Request, p httprouter.Params) {
	id, err := dropbox.ParseHex32(p.ByName("id"))
	if err != nil {
		s.apiRefuse(w, problemOf("nothing-here"))
		return
	}
	blob, err := s.Store.Blob(r.Context(), id)
	if err != nil {
		s.apiRefuse(w, s.problemFrom(err))
		return
	}
	defer blob.Close()
	size, err := blob.Seek(0, io.SeekEnd)
	if err != nil {
		s.apiRefuse(w, problemOf("store-down"))
		return
	}
	s.answerTime(w, int(size))
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, blob)
}
