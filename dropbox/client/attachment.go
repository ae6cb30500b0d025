package client

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"

	"tellbox/dropbox"
	"tellbox/dropbox/scrub"
)

var (
	ErrFolder    = errors.New("it is a folder")
	ErrNotAFile  = errors.New("it is no ordinary file")
	ErrEmptyFile = errors.New("it is empty")
)

// Attachment is a file on a disk that can go with a text, as it will be sent: a JPEG or PNG picture without its hidden data, unless the
// original is wanted; anything else as it is. Name, Type, Size and SHA256 are of what is sent, as a dropbox.File will have them.
type Attachment struct {
	Name     string
	Type     string
	Size     int64
	SHA256   dropbox.Hex32
	Original bool         // it goes with all that is hidden in it
	Found    scrub.Report // what is taken out of it; of an original, what would be
	Unknown  bool         // it is the original of a broken picture: what is hidden in it is not known

	source func() (io.ReadCloser, error) // of the file as it was, from its beginning
	info   os.FileInfo                   // nil if it does not lie on a disk
}

// Attach reads the file at path through, so that all that can be wrong with it, and all that is hidden in it, is known before anything is
// sent. Errors, none of which has the path: ErrFolder, ErrNotAFile, ErrEmptyFile, dropbox.ErrFileTooLarge for what no server takes,
// scrub.ErrBroken, and those of the disk.
func Attach(path string, original bool) (*Attachment, error) {
	info, err := os.Stat(path) // before it is opened: a pipe would wait for somebody
	switch {
	case err != nil:
		return nil, pathless(err)
	case info.IsDir():
		return nil, ErrFolder
	case !info.Mode().IsRegular():
		return nil, ErrNotAFile
	case info.Size() == 0:
		return nil, ErrEmptyFile
	case info.Size() > dropbox.MostFile:
		return nil, dropbox.ErrFileTooLarge
	}
	a, err := AttachFrom(filepath.Base(path), func() (io.ReadCloser, error) { return os.Open(path) }, original)
	if err != nil {
		return nil, err
	}
	a.info = info
	return a, nil
}

// AttachFrom is Attach for a file that is not on a disk under its name. open gives its bytes from the beginning, each time the same ones.
func AttachFrom(name string, open func() (io.ReadCloser, error), original bool) (*Attachment, error) {
	a := &Attachment{Name: dropbox.CleanName(name), Original: original, source: open}
	m := &meter{sum: sha256.New()}
	var err error
	if original {
		a.Found, err = a.write(io.Discard, false)
		a.Unknown = errors.Is(err, scrub.ErrBroken)
		if err == nil || a.Unknown {
			_, err = a.write(m, true)
		}
	} else {
		a.Found, err = a.write(m, false)
	}
	if err != nil {
		return nil, pathless(err)
	}
	a.Type, a.Size, a.SHA256 = dropbox.TypeOf(m.head), m.n, dropbox.Hex32(m.sum.Sum(nil))
	return a, nil
}

// Picture says whether it is of a kind that is cleaned.
func (a *Attachment) Picture() bool { return a.Found.Kind != scrub.Other }

// Same says whether b is the same file once more, under this name or another.
func (a *Attachment) Same(b *Attachment) bool {
	return a.info != nil && b.info != nil && os.SameFile(a.info, b.info) || a.SHA256 == b.SHA256
}

// Again is Attach once more, for the original or not.
func (a *Attachment) Again(original bool) (*Attachment, error) {
	again, err := AttachFrom(a.Name, a.source, original)
	if err == nil {
		again.info = a.info
	}
	return again, err
}

// write writes the file to w, as it is or cleaned.
func (a *Attachment) write(w io.Writer, original bool) (scrub.Report, error) {
	f, err := a.source()
	if err != nil {
		return scrub.Report{}, err
	}
	defer f.Close()
	if !original {
		return scrub.Clean(w, f)
	}
	_, err = io.Copy(w, f)
	return scrub.Report{}, err
}

func (a *Attachment) open() (io.ReadCloser, error) {
	r, w := io.Pipe()
	go func() {
		_, err := a.write(w, a.Original)
		w.CloseWithError(err) // nil is the end
	}()
	return r, nil
}

// SendAttachment is SendFile for a file on a disk. It is ErrChanged if that is not any more what Attach found.
func (c *Client) SendAttachment(ctx context.Context, a *Attachment, how Transfer) (dropbox.File, error) {
	f, err := c.SendFile(ctx, Source{Name: a.Name, Size: a.Size, Open: a.open}, how)
	if err == nil && f.SHA256 != a.SHA256 {
		return dropbox.File{}, ErrChanged
	}
	return f, err
}

// meter is what has to be known of a file before it is sent.
type meter struct {
	n    int64
	sum  hash.Hash
	head []byte // the first 512 bytes
}

func (m *meter) Write(p []byte) (int, error) {
	m.n += int64(len(p))
	m.head = append(m.head, p[:min(len(p), 512-len(m.head))]...)
	return m.sum.Write(p)
}
