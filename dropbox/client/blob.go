package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"

	"tellbox/dropbox"
)

const (
	blobPiece = 1 << 20 // bytes: what a broken connection costs, and what is held in memory
	maxBegun  = 3       // how often one file begins, if the server loses what it had of it
)

var (
	// ErrNoFiles: this server takes none.
	ErrNoFiles = errors.New("this drop-box takes no files")
	// ErrChanged: a file is not as long as was said, so it changed meanwhile.
	ErrChanged = errors.New("the file changed while it was read")
)

// Source is a file that goes to the server. Size is the exact number of bytes that Open's readers give: the size of the blob is told to the
// server with its first piece. Open is called again when the server has lost what it had, as it does when it is restarted.
type Source struct {
	Name string // as it was; CleanName of it stands in the File
	Size int64
	Open func() (io.ReadCloser, error)
}

// Transfer is how long somebody is patient with a file, and what she sees meanwhile.
type Transfer struct {
	// Again is asked when there is no verdict about a piece (TryLater), for the nth time in a row: nil tries it again, after the time that
	// Again took; an error ends the transfer. Without Again each piece is tried once.
	Again func(ctx context.Context, n int, err error) error
	// Progress is told how many bytes of the blob are on their way, or here; may be nil. When something begins anew, done gets smaller.
	// While a file is sent it is called from other goroutines, and a last time even after SendFile has returned.
	Progress func(done, total int64)
}

// again decides about a piece that failed n times in a row, the last time with err.
func (t Transfer) again(ctx context.Context, n int, err error) error {
	if t.Again == nil || !TryLater(err) {
		return err
	}
	return t.Again(ctx, n, err)
}

func (t Transfer) progress(done, total int64) {
	if t.Progress != nil {
		t.Progress(done, total)
	}
}

// SendFile seals a file and sends it in pieces. The File it returns belongs in a frame; the server keeps the blob for a day, or until it is
// restarted, unless a parcel names it. Errors: dropbox.ErrFileTooLarge for more than dropbox.MostFile, ErrChanged, ErrNoFiles, those of
// reading the file (without its name), and those of asking a server: full and too-large are for the caller to explain.
func (c *Client) SendFile(ctx context.Context, from Source, how Transfer) (dropbox.File, error) {
	if from.Size > dropbox.MostFile {
		return dropbox.File{}, dropbox.ErrFileTooLarge
	}
	for begun := 1; ; begun++ {
		f, err := c.sendOnce(ctx, from, how)
		switch {
		case err == nil:
			return f, nil
		case !errors.Is(err, errLost):
			return dropbox.File{}, fmt.Errorf("sending a file: %w", err)
		case begun == maxBegun:
			return dropbox.File{}, fmt.Errorf("sending a file: %w: it keeps losing what it has of it", ErrUnreachable)
		}
	}
}

// errLost: the server does not have what it said it had.
var errLost = errors.New("the server has lost the file")

// sendOnce sends a file from its beginning, under a new id and a new key: nothing of an earlier attempt can be mixed with it.
func (c *Client) sendOnce(ctx context.Context, from Source, how Transfer) (dropbox.File, error) {
	src, err := from.Open()
	if err != nil {
		return dropbox.File{}, reading(err)
	}
	defer src.Close()
	up := &upload{c: c, ctx: ctx, how: how, size: dropbox.BlobSize(from.Size)}
	rand.Read(up.id[:])
	s, err := dropbox.SealFile(up, from.Size)
	if err != nil {
		return dropbox.File{}, err
	}
	n, err := io.Copy(s, src)
	switch {
	case up.err != nil:
		return dropbox.File{}, up.err
	case errors.Is(err, dropbox.ErrFileTooLarge), err == nil && n != from.Size:
		return dropbox.File{}, ErrChanged
	case err != nil:
		return dropbox.File{}, reading(err)
	}
	f, err := s.Close(from.Name, up.id)
	if err == nil && len(up.piece) > 0 {
		err = up.send()
	}
	if up.err != nil {
		err = up.err
	}
	return f, err
}

// reading wraps an error of a file, without its name.
func reading(err error) error { return fmt.Errorf("reading it: %w", pathless(err)) }

func pathless(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// upload is a blob on its way.
type upload struct {
	c     *Client
	ctx   context.Context
	how   Transfer
	id    dropbox.BlobID
	size  int64
	at    int64  // bytes that the server has
	piece []byte // what comes after them
	err   error  // what ended it
}

func (u *upload) Write(p []byte) (n int, err error) {
	for ; n < len(p) && u.err == nil; err = u.err {
		k := min(len(p)-n, blobPiece-len(u.piece))
		u.piece = append(u.piece, p[n:n+k]...)
		if n += k; len(u.piece) == blobPiece {
			u.err = u.send()
		}
	}
	return n, err
}

// send sends the piece until the server has it. What it got of it before, it skips.
func (u *upload) send() error {
	for n := 1; ; n++ {
		err := u.post()
		e, _ := errors.AsType[*Error](err)
		switch {
		case err == nil:
			u.at += int64(len(u.piece))
			u.piece = nil // a body can still be leaving when its answer is there
			return nil
		case e != nil && e.Status == http.StatusNotFound && u.at == 0:
			return ErrNoFiles
		case Refused(err, "nothing-here"):
			return errLost
		}
		if err = u.how.again(u.ctx, n, err); err != nil {
			return err
		}
	}
}

func (u *upload) post() error {
	at, end := u.at, u.at+int64(len(u.piece))
	var a dropbox.BlobAnswer
	err := u.c.exchange(u.ctx, request{method: http.MethodPost, uri: fmt.Sprintf("blob/%s?at=%d&size=%d", u.id, at, u.size),
		contentType: "application/octet-stream", body: u.piece, limit: maxSmall,
		sent: func(done, _ int) { u.how.progress(at+int64(done), u.size) }}, &a)
	if err == nil && (a.ID != u.id || a.Have != end) {
		return fmt.Errorf("%w: it has %d bytes of %d", ErrAnswer, a.Have, end)
	}
	return err
}

// FetchFile returns the blob of f, for f.Open: it is fetched in pieces as it is read, never more of it than a file of that size can have, and
// none of it is verified here. Errors of Read are those of asking a server; the blob is gone if it is Refused(err, "nothing-here").
func (c *Client) FetchFile(ctx context.Context, f dropbox.File, how Transfer) io.Reader {
	return &download{c: c, ctx: ctx, how: how, id: f.Blob, size: dropbox.BlobSize(f.Size)}
}

// download is a blob on its way here.
type download struct {
	c     *Client
	ctx   context.Context
	how   Transfer
	id    dropbox.BlobID
	size  int64
	at    int64        // bytes that are here
	piece bytes.Buffer // the last of them, not read yet
	err   error        // what ended it
}

func (d *download) Read(p []byte) (int, error) {
	if d.piece.Len() == 0 && d.err == nil {
		d.err = d.fetch()
	}
	if d.piece.Len() > 0 {
		return d.piece.Read(p)
	}
	return 0, d.err
}

// fetch gets the next piece; where it breaks off it goes on from there.
func (d *download) fetch() error {
	if d.at == d.size {
		return io.EOF
	}
	end := min(d.at+blobPiece, d.size)
	for n := 1; d.at < end; n++ {
		if err := d.get(end); err != nil {
			if err = d.how.again(d.ctx, n, err); err != nil {
				return fmt.Errorf("fetching a file: %w", err)
			}
		}
	}
	return nil
}

// get asks for what is missing before end, and keeps what comes.
func (d *download) get(end int64) error {
	ctx, cancel := context.WithTimeout(d.ctx, d.c.Timeout)
	defer cancel()
	resp, err := d.c.begin(d.ctx, ctx, request{method: http.MethodGet, uri: "blob/" + d.id.String(), part: fmt.Sprintf("bytes=%d-%d", d.at, end-1)})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if got, want := resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-%d/%d", d.at, end-1, d.size); got != want || resp.ContentLength != end-d.at {
		return fmt.Errorf("%w: it is not the part that was asked for", ErrAnswer)
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := resp.Body.Read(buf)
		d.piece.Write(buf[:n])
		if d.at += int64(n); n > 0 {
			d.how.progress(d.at, d.size)
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return unreachable(d.ctx, err)
		}
	}
}
