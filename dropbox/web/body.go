package web

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/julienschmidt/httprouter"

	"tellbox/dropbox"
)

// streamed reads a form that may end in files, which can take hours. So it takes memory only when its fields turn out to be large; whole or
// not at all, as bounded does. Its deadline moves with what has come, up to that of the whole body.
func (s *Server) streamed(next formHandle) httprouter.Handle {
	return func(w http.ResponseWriter, r *http.Request, _ httprouter.Params) {
		size := maxForm + dropbox.MaxFiles*s.MaxFile
		if r.ContentLength >= 0 {
			size = min(size, r.ContentLength)
		}
		start, weight := time.Now(), 3*min(size, maxForm)
		deadline := func(read int64) {
			http.NewResponseController(w).SetReadDeadline(start.Add(bodyTime(min(size, read+aheadBody))))
		}
		deadline(0)
		held, crowded := int64(0), false
		body := &limited{r: r.Body, left: maxForm, files: dropbox.MaxFiles * s.MaxFile, moved: deadline, more: func() bool {
			ctx, cancel := context.WithTimeout(r.Context(), queueTime)
			defer cancel()
			s.waiting.Add(1)
			defer s.waiting.Add(-1)
			if crowded = s.memory.Acquire(ctx, weight) != nil; !crowded {
				held = weight
			}
			return !crowded
		}}
		defer func() { s.memory.Release(held) }()
		f := s.newForm()
		f.attached.server, f.attached.ctx, f.attached.body = s, r.Context(), body
		f.attached.begun = func() { // what the fields are, and once more for their cleaned copies: files can take hours
			if fields := int64(maxForm - body.left); held > 2*fields {
				s.memory.Release(held - 2*fields)
				held = 2 * fields
			}
		}
		defer f.attached.discard()
		defer f.attached.leave()
		err := body.verdict(f.read(r, body), f.attached.chosen)
		f.attached.end()
		body.drain()
		if crowded {
			s.crowded(w, r, f)
			return
		}
		next(w, r, f, err)
	}
}

// limited is a body that ends in errTooLarge after left bytes of fields, and of what stands around parts, or after files bytes of files, of
// which nothing stays in memory.
type limited struct {
	r             io.Reader
	left          int
	files         int64
	file          bool        // what is read now belongs to a file
	read          int64       // all bytes
	moved         func(int64) // is told read after each MiB; may be nil
	more          func() bool // is asked once, when there are more than freeBody of fields; may be nil
	large, failed bool        // failed: it broke off, or its time was over
}

func (b *limited) Read(p []byte) (int, error) {
	if !b.file && b.more != nil && b.left < maxForm-freeBody {
		if !b.more() {
			b.left = 0
		}
		b.more = nil
	}
	left := int64(b.left)
	if b.file {
		left = b.files
	}
	if left == 0 {
		b.large = true
		return 0, errTooLarge
	}
	n, err := b.r.Read(p[:min(int64(len(p)), left)])
	if b.file {
		b.files -= int64(n)
	} else {
		b.left -= n
	}
	before := b.read
	if b.read += int64(n); b.moved != nil && b.read>>20 > before>>20 {
		b.moved(b.read)
	}
	b.failed = b.failed || err != nil && err != io.EOF
	return n, err
}

// drain reads what is left, so that browsers show a refusal.
func (b *limited) drain() {
	b.file = true
	io.Copy(io.Discard, b)
}

// verdict is what was wrong with a form whose reading ended in err. If its text is whole, no more than files is lost.
func (b *limited) verdict(err error, whole bool) error {
	token := ""
	switch {
	case b.large:
		token = "too-large"
	case b.failed:
		token = "malformed"
	case err != nil:
		return errForm
	default:
		return nil
	}
	if whole {
		return problemOf(token)
	}
	return cutOff(token)
}
