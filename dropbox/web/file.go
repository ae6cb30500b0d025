package web

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"tellbox/dropbox"
)

// maxReading is how many files are verified at a time: each costs a core half a second at most.
const maxReading = 2

// file hands out a file of her conversation. It does not spend the ticket: a download leaves her on the page she is on. What comes is
// verified as a whole before its first byte goes out, and no browser is told to show it.
func (s *Server) file(w http.ResponseWriter, r *http.Request, f *form, err error) {
	lang := f.Get("lang")
	k, st := s.tickets.open(f.Get("ticket"), forFollow, f.began)
	if st == left {
		s.askWords(w, r, lang, newSitting(), problemOf("used-ticket"), &checkView{Left: true})
		return
	}
	id, wrong := dropbox.ParseHex32(f.Get("file"))
	switch {
	case err != nil:
	case wrong != nil, f.file:
		err = problemOf("malformed")
	case st != good || k.code == dropbox.Code{}:
		err = problemOf("used-ticket")
	default:
		err = s.download(w, r, k.code, id)
	}
	if err != nil {
		s.askWords(w, r, lang, k.sitting, err, &checkView{})
	}
}

// download answers with the file, or with nothing yet and an error.
func (s *Server) download(w http.ResponseWriter, r *http.Request, code dropbox.Code, id dropbox.BlobID) error {
	c, _, err := s.readLines(r.Context(), code, s.roster.Load())
	if err != nil {
		return err
	}
	file := fileOf(c, id)
	if file == nil {
		return problemOf("no-file")
	}
	blob, err := s.Store.Blob(r.Context(), id)
	if err != nil { // whatever the reason: the store has just answered
		return problemOf("no-file")
	}
	defer blob.Close()
	if err := s.verify(r.Context(), file, blob); err != nil {
		return err
	}
	plain, err := file.Open(blob)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
	h.Set("Content-Length", strconv.FormatInt(file.Size, 10))
	h.Set("Content-Security-Policy", policy+"; sandbox")
	s.answerTime(w, int(file.Size))
	io.Copy(w, plain) // what breaks off is shorter than it says, so that no browser takes it for whole
	return nil
}

// fileOf finds a file by its blob among those of a conversation.
func fileOf(c *dropbox.Conversation, id dropbox.BlobID) *dropbox.File {
	for _, e := range c.Entries {
		for i := range e.Files {
			if e.Files[i].Blob == id {
				return &e.Files[i]
			}
		}
	}
	return nil
}

// verify reads a blob through, and goes back to its beginning.
func (s *Server) verify(ctx context.Context, file *dropbox.File, blob io.ReadSeeker) error {
	if s.reading.Acquire(ctx, 1) != nil {
		return dropbox.ErrBusy
	}
	defer s.reading.Release(1)
	plain, err := file.Open(blob)
	if err == nil {
		_, err = io.Copy(io.Discard, plain)
	}
	if errors.Is(err, dropbox.ErrOpen) {
		s.log("a stored file is damaged: see tellbox check")
		return problemOf("no-file")
	}
	if err == nil {
		_, err = blob.Seek(0, io.SeekStart)
	}
	return err
}

// size is a number of bytes as people write it; less than one KB counts as one.
func (l *tongue) size(n int64) (string, error) {
	switch {
	case n < 1<<20:
		return l.text("size.kb", "Size", l.printer.Sprint((n+1023)>>10))
	case n < 10<<20:
		return l.text("size.mb", "Size", l.printer.Sprintf("%.1f", float64(n)/(1<<20)))
	}
	return l.text("size.mb", "Size", l.printer.Sprint((n+1<<19)>>20))
}

// kind is a media type in words: what a file looks like, by its first bytes.
func (l *tongue) kind(media string) (string, error) {
	kind, _, _ := strings.Cut(media, "/")
	member, ok := map[string]string{"image": "picture", "video": "film", "audio": "sound", "text": "text"}[kind]
	if media == "application/pdf" {
		member, ok = "pdf", true
	}
	if !ok {
		member = "other"
	}
	return l.of("type", member)
}
