package desk

import (
	"errors"
	"fmt"
	"io"
	"os"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
)

// Attached is a file that came from somewhere else than her disk, such as her browser, on its way into a reply.
type Attached struct {
	*client.Attachment
	path string
}

// Attach takes a file in, and reads it through as client.Attach does. It lies in the folder meanwhile, sealed to a key that is in memory alone:
// when the program has ended, nobody can open it, and openHome clears it away. Errors: those of client.Attach and of the disk.
func (d *Desk) Attach(name string, from io.Reader, original bool) (*Attached, error) {
	f, err := os.CreateTemp(d.home.dir, unfinished+"*") // 0600
	if err != nil {
		return nil, fmt.Errorf("taking a file in: %w", err)
	}
	a := &Attached{path: f.Name()}
	sealed, err := seal(f, name, from)
	if err = errors.Join(err, f.Close()); err == nil {
		a.Attachment, err = client.AttachFrom(name, func() (io.ReadCloser, error) { return unseal(a.path, sealed) }, original)
	}
	if err != nil {
		return nil, errors.Join(err, a.Discard())
	}
	return a, nil
}

// Discard deletes it.
func (a *Attached) Discard() error { return os.Remove(a.path) }

func seal(w io.Writer, name string, from io.Reader) (dropbox.File, error) {
	s, err := dropbox.SealFile(w, dropbox.MostFile)
	if err != nil {
		return dropbox.File{}, err
	}
	n, err := io.Copy(s, from)
	if err == nil && n == 0 {
		err = client.ErrEmptyFile
	}
	if err != nil {
		return dropbox.File{}, err
	}
	return s.Close(name, dropbox.BlobID{}) // no server ever hears of it
}

// opened is a file as it was, out of a sealed one.
type opened struct {
	io.Reader
	io.Closer
}

func unseal(path string, sealed dropbox.File) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r, err := sealed.Open(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return opened{r, f}, nil
}
