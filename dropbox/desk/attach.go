package desk

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/scrub"
)

var (
	ErrFolder       = errors.New("it is a folder, not a file")
	ErrNoFile       = errors.New("it is no ordinary file")
	ErrEmptyFile    = errors.New("the file is empty")
	ErrUncleanable  = errors.New("hidden data cannot be taken out of the picture")
	ErrTooManyFiles = fmt.Errorf("there are more than %d files", dropbox.MaxFiles)
)

// Attachment is a file of hers that can go with a reply, as it will be sent: a JPEG or PNG without its hidden data, unless she wants the
// original; anything else as it is. It was read through once, so that all that can be wrong with it is known before anything is sent.
type Attachment struct {
	Name     string        `json:"name"` // as the reporter will see it
	Size     int64         `json:"size"` // bytes that are sent, as SHA256 is of them
	SHA256   dropbox.Hex32 `json:"sha256"`
	Cleaned  bool          `json:"cleaned"`
	Removed  []string      `json:"removed"` // words of scrub.Data
	Profile  bool          `json:"profile"` // its colour profile stays, which can name a screen
	Original bool          `json:"original"`

	path string
}

// Attach looks at the file at path. Errors beyond those of the disk: ErrFolder, ErrNoFile, ErrEmptyFile, dropbox.ErrFileTooLarge,
// ErrUncleanable.
func Attach(path string, original bool) (*Attachment, error) {
	a := &Attachment{Name: dropbox.CleanName(filepath.Base(path)), Removed: []string{}, Original: original, path: path}
	info, err := os.Stat(path) // before it is opened: a pipe would wait for somebody
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, &fs.PathError{Op: "sending", Path: path, Err: ErrFolder}
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "sending", Path: path, Err: ErrNoFile}
	case info.Size() == 0:
		return nil, &fs.PathError{Op: "sending", Path: path, Err: ErrEmptyFile}
	case info.Size() > dropbox.MaxFile:
		return nil, &fs.PathError{Op: "sending", Path: path, Err: dropbox.ErrFileTooLarge}
	}
	sum := &summing{sha256.New(), 0}
	report, err := a.write(sum)
	if err != nil {
		return nil, &fs.PathError{Op: "sending", Path: path, Err: err}
	}
	a.Size, a.SHA256 = sum.n, dropbox.Hex32(sum.Sum(nil))
	a.Profile = report.Profile
	a.Cleaned, a.Removed = report.Cleaned, append(a.Removed, report.Removed.Words()...)
	return a, nil
}

// write writes what is sent of it.
func (a *Attachment) write(w io.Writer) (report scrub.Report, err error) {
	f, err := os.Open(a.path)
	if err != nil {
		return report, errors.Unwrap(err) // the path is said already
	}
	defer f.Close()
	if a.Original {
		_, err = io.Copy(w, f)
		return report, err
	}
	if report, err = scrub.Clean(w, f); errors.Is(err, scrub.ErrBroken) {
		err = fmt.Errorf("%w: %w", ErrUncleanable, err)
	}
	return report, err
}

// open is the reader of what is sent of it.
func (a *Attachment) open() (io.ReadCloser, error) {
	r, w := io.Pipe()
	go func() {
		_, err := a.write(w)
		w.CloseWithError(err) // nil is the end
	}()
	return r, nil
}

// upload sends the files of a reply ahead of it. What no reply names in the end the server drops by itself.
func (d *Desk) upload(ctx context.Context, files []*Attachment, how client.Transfer) (sent []dropbox.File, err error) {
	c, err := d.server()
	if err != nil {
		return nil, err
	}
	for _, a := range files {
		f, err := c.SendFile(ctx, client.Source{Name: a.Name, Size: a.Size, Open: a.open}, how)
		if err == nil && f.SHA256 != a.SHA256 {
			err = client.ErrChanged
		}
		if err != nil {
			return nil, fmt.Errorf("sending %s: %w", a.Name, err)
		}
		sent = append(sent, f)
	}
	return sent, nil
}

// says whether a frame is this reply: the same words, and the same files in the same order.
func says(f *dropbox.Frame, text string, files []*Attachment) bool {
	return f.Text == text && slices.EqualFunc(f.Files, files, func(sent dropbox.File, a *Attachment) bool {
		return sent.Name == a.Name && sent.SHA256 == a.SHA256
	})
}

// summing is a hash that counts.
type summing struct {
	hash.Hash
	n int64
}

func (s *summing) Write(p []byte) (int, error) {
	s.n += int64(len(p))
	return s.Hash.Write(p)
}
