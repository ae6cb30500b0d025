package web

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"

	"github.com/julienschmidt/httprouter"

	"tellbox/dropbox"
)

// Bodies are read here and nowhere else: streamed, never by ParseMultipartForm, which spills plaintext to the temporary
// folder. The limits are on bytes, never on addresses: Tor users share those, and so does a workplace.
const (
	maxForm    = 3 << 19   // bytes of fields that a form may bring; 100,000 code points need 400 KB, or 1.2 MB urlencoded
	maxDrain   = 64 << 20  // bytes that are read and thrown away before a refusal, so that browsers show it
	maxLang    = 35        // bytes of a language tag, as RFC 5646 advises; finding the nearest to a long one takes long
	maxParts   = 1000      // fields of a form: 200 people, shown and struck off, and the rest
	maxHead    = 4 << 10   // bytes of a form that is not read, in which its language is looked for
	freeBody   = 192 << 10 // bytes of a body that waits for nothing: nearly every form, and an ordinary parcel to nine readers
	bodyMemory = 64 << 20  // bytes for the larger bodies, and what is made of them until they are answered
	sealMemory = 64 << 20  // bytes for envelopes that are being made
	queueTime  = 20 * time.Second
	maxWaiting = 64      // larger bodies that wait, before no new blank forms are given out
	aheadBody  = 4 << 20 // bytes that a body with files may be behind: one that stands still is given up after nine minutes
)

// formHandle answers a form as far as it could be read; err is what was wrong with it.
type formHandle func(w http.ResponseWriter, r *http.Request, f *form, err error)

// bodyTime is how long a body of that many bytes may take: 8 KiB a second, as over a bad Tor circuit, and a start.
func bodyTime(size int64) time.Duration {
	return 45*time.Second + time.Duration(size>>13)*time.Second
}

// bounded gives a request of up to limit bytes the memory it needs, before a byte of it is read and until it is answered, and a
// deadline. Whole or not at all: if everybody held a part and waited for the rest, nobody would get any.
func (s *Server) bounded(limit int64, next httprouter.Handle) httprouter.Handle {
	return func(w http.ResponseWriter, r *http.Request, p httprouter.Params) {
		size := min(r.ContentLength, limit)
		if r.ContentLength < 0 {
			size = limit
		}
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime(size))) // a connection that cannot have one has others
		if size > freeBody {
			ctx, cancel := context.WithTimeout(r.Context(), queueTime)
			s.waiting.Add(1)
			err := s.memory.Acquire(ctx, 3*size)
			s.waiting.Add(-1)
			cancel()
			if err != nil {
				f := s.newForm()
				f.read(r, io.LimitReader(r.Body, maxHead))
				drain(r)
				s.crowded(w, r, f)
				return
			}
			defer s.memory.Release(3 * size)
		}
		next(w, r, p)
	}
}

// crowded answers a form for which there is no memory: it is not read to its end, and not given back cut.
func (s *Server) crowded(w http.ResponseWriter, r *http.Request, f *form) {
	busy := problemOf("busy")
	busy.Unread = true
	s.refuse(w, r, &view{Page: "problem", Lang: f.Get("lang")}, busy)
}

// fields reads a form without files.
func (s *Server) fields(next formHandle) httprouter.Handle {
	return s.bounded(maxForm, func(w http.ResponseWriter, r *http.Request, _ httprouter.Params) {
		f, err := s.readForm(r)
		next(w, r, f, err)
	})
}

func drain(r *http.Request) { io.Copy(io.Discard, io.LimitReader(r.Body, maxDrain)) }

// sealingRoom waits for the memory that sealing takes.
func (s *Server) sealingRoom(ctx context.Context, f *dropbox.Frame, envelopes int) (release func(), err error) {
	text := len(f.Text)
	for _, p := range f.Prompt {
		text += len(p.Text)
	}
	text += 500 * len(f.Files)
	size := int64(dropbox.Buckets[0])
	for _, b := range dropbox.Buckets[1:] {
		if 2*text > int(size)-4096 { // escapes make a text up to twice as long
			size = int64(b)
		}
	}
	weight := min(3*size*int64(envelopes), sealMemory)
	if s.sealing.Acquire(ctx, weight) != nil {
		return nil, dropbox.ErrBusy
	}
	return func() { s.sealing.Release(weight) }, nil
}

// errTooLarge is more than maxForm; errForm is what is no form at all. With either, what could be read is kept.
var (
	errTooLarge = errors.New("form too large")
	errForm     = errors.New("not a form")
)

// form is what she sent, cleaned by the fields' readers, not here.
type form struct {
	url.Values
	began    time.Time // when its first byte was awaited
	file     bool      // it brought a file that nobody asked for
	attached *attached // its files
}

func (s *Server) newForm() *form {
	return &form{Values: url.Values{}, began: s.Now(), attached: &attached{}}
}

// readForm reads a form in either encoding. On an error the fields read so far are returned too.
func (s *Server) readForm(r *http.Request) (*form, error) {
	f := s.newForm()
	body := &limited{r: r.Body, left: maxForm}
	err := body.verdict(f.read(r, body), false)
	drain(r)
	return f, err
}

// read takes the fields of a form in either encoding from body, which is r's, or what was read of it.
func (f *form) read(r *http.Request, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == "multipart/form-data" && params["boundary"] != "":
		return f.readMultipart(multipart.NewReader(body, params["boundary"]))
	case err == nil && kind == "application/x-www-form-urlencoded":
		return f.readURLEncoded(body)
	case r.Body == http.NoBody:
		return nil // a button without fields
	}
	return errForm
}

func (f *form) readMultipart(mr *multipart.Reader) error {
	for n := 0; ; n++ {
		part, err := mr.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		isFile := part.FileName() != ""
		switch {
		case n == maxParts, f.attached.chosen && part.FormName() != "files":
			return errForm // files are last: what is chosen for them stands before
		case isFile && part.FormName() == "files" && f.attached.server != nil:
			f.attached.body.file = true
			err = f.attached.take(part, f.Get("original") == "yes")
			f.attached.body.file = false
		case isFile:
			f.file = true
		default:
			var value []byte
			value, err = io.ReadAll(part)
			f.Add(part.FormName(), string(value)) // also what came before a body broke off
		}
		if err != nil {
			return err
		}
	}
}

func (f *form) readURLEncoded(body io.Reader) error {
	b, readErr := io.ReadAll(body)
	values, err := url.ParseQuery(string(b))
	f.Values = values // also what came before a body broke off
	if readErr != nil {
		return readErr
	}
	n := 0
	for _, v := range values {
		n += len(v)
	}
	if n > maxParts {
		return errForm
	}
	return err
}

// strained says whether many large forms wait for memory: then no new blank ones are given out.
func (s *Server) strained() bool { return s.waiting.Load() > maxWaiting }
