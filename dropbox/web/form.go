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

	"tellbox/dropbox"
)

// Bodies are read here and nowhere else: streamed, never by ParseMultipartForm, which spills plaintext to the temporary
// folder. The limits are on bytes, never on addresses: Tor users share those, and so does a workplace.
const (
	maxForm    = 4 << 20  // bytes of fields that a form may bring; 100,000 code points need 400 KB, or 1.2 MB urlencoded
	maxDrain   = 64 << 20 // bytes that are read and thrown away before a refusal, so that browsers show it
	maxParts   = 1000     // fields of a form: 200 people, shown and struck off, and the rest
	freeBody   = 64 << 10 // bytes of each body that wait for nothing; nearly every form
	bodyMemory = 64 << 20 // bytes for all bodies beyond that
	formTime   = 3 * time.Minute
	queueTime  = 20 * time.Second
)

// errTooLarge is more than maxForm; errForm is what is no form at all. With either, what could be read is kept.
var (
	errTooLarge = errors.New("form too large")
	errForm     = errors.New("not a form")
)

// form is what she sent, cleaned by the fields' readers, not here.
type form struct {
	url.Values
	file bool // it brought a file, which is not taken yet
}

// readForm reads a form in either encoding. On an error the fields read so far are returned too.
func (s *Server) readForm(w http.ResponseWriter, r *http.Request) (*form, error) {
	http.NewResponseController(w).SetReadDeadline(time.Now().Add(formTime)) // a connection that cannot have one has others
	f := &form{Values: url.Values{}}
	body := &budgeted{server: s, ctx: r.Context(), r: r.Body, free: freeBody, left: maxForm}
	defer body.release()
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == "multipart/form-data" && params["boundary"] != "":
		err = f.readMultipart(multipart.NewReader(body, params["boundary"]))
	case err == nil && kind == "application/x-www-form-urlencoded":
		err = f.readURLEncoded(body)
	case r.Body == http.NoBody:
		err = nil // a button without fields
	default:
		err = errForm
	}
	if body.busy {
		err = dropbox.ErrBusy
	} else if body.large {
		err = errTooLarge
	} else if err != nil {
		err = errForm
	}
	io.Copy(io.Discard, io.LimitReader(r.Body, maxDrain))
	return f, err
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
		if n == maxParts {
			return errForm
		}
		if part.FileName() != "" {
			f.file = true
			continue
		}
		value, err := io.ReadAll(part)
		f.Add(part.FormName(), string(value)) // also what came before a body broke off
		if err != nil {
			return err
		}
	}
}

func (f *form) readURLEncoded(body io.Reader) error {
	b, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	values, err := url.ParseQuery(string(b))
	f.Values = values
	if len(values) > maxParts {
		return errForm
	}
	return err
}

// budgeted is a body that waits for memory beyond its first bytes, and ends in errTooLarge after left bytes.
type budgeted struct {
	server      *Server
	ctx         context.Context
	r           io.Reader
	free, left  int
	held        int64
	large, busy bool
}

func (b *budgeted) Read(p []byte) (int, error) {
	if b.left == 0 {
		b.large = true
		return 0, errTooLarge
	}
	if b.free == 0 {
		if err := b.grow(); err != nil {
			return 0, err
		}
	}
	n, err := b.r.Read(p[:min(len(p), b.free, b.left)])
	b.free -= n
	b.left -= n
	return n, err
}

// grow gets room for the next freeBody bytes. Twice that is held for them: they are copied once on their way.
func (b *budgeted) grow() error {
	ctx, cancel := context.WithTimeout(b.ctx, queueTime)
	defer cancel()
	b.server.waiting.Add(1)
	defer b.server.waiting.Add(-1)
	if err := b.server.memory.Acquire(ctx, 2*freeBody); err != nil {
		b.busy = true
		return dropbox.ErrBusy
	}
	b.held += 2 * freeBody
	b.free = freeBody
	return nil
}

func (b *budgeted) release() { b.server.memory.Release(b.held) }

// strained says whether forms already wait for memory: then no new blank ones are given out.
func (s *Server) strained() bool { return s.waiting.Load() > 4 }
