package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/scrub"
)

var (
	errFolder    = errors.New("it is a folder")
	errNotAFile  = errors.New("it is no ordinary file")
	errEmptyFile = errors.New("it is empty")
)

// attachment is a file of hers that goes with what she writes. All that is said of it is true of what is sent, not of what is on her disk.
type attachment struct {
	path     string
	on       os.FileInfo // her disk
	name     string
	kind     string // by its first bytes, as dropbox.File has it
	size     int64
	sum      dropbox.Hex32
	original bool          // it goes with all that is hidden in it
	found    scrub.Report  // what is taken out of it, or would be
	broken   bool          // it is a picture of which that is not known
	sent     *dropbox.File // once the server has it; that can be over again
}

// attach looks at a file, all of it: what is hidden in it, and how much is left to be sent, is not known before. Errors have no path.
func attach(path string, original bool) (*attachment, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, pathless(err)
	case info.IsDir():
		return nil, errFolder
	case !info.Mode().IsRegular():
		return nil, errNotAFile
	case info.Size() == 0:
		return nil, errEmptyFile
	case info.Size() > dropbox.MaxFile:
		return nil, dropbox.ErrFileTooLarge
	}
	a := &attachment{path: path, on: info, name: dropbox.CleanName(filepath.Base(path)), original: original}
	if original {
		a.found, err = a.clean(io.Discard)
		a.broken = errors.Is(err, scrub.ErrBroken)
	}
	m := &meter{sum: sha256.New()}
	if err == nil || a.broken {
		a.found, err = a.read(m)
	}
	a.kind, a.size, a.sum = m.kind(), m.n, dropbox.Hex32(m.sum.Sum(nil))
	return a, pathless(err)
}

// read writes what is sent to w.
func (a *attachment) read(w io.Writer) (scrub.Report, error) {
	if !a.original {
		return a.clean(w)
	}
	f, err := os.Open(a.path)
	if err != nil {
		return a.found, err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return a.found, err
}

func (a *attachment) clean(w io.Writer) (scrub.Report, error) {
	f, err := os.Open(a.path)
	if err != nil {
		return scrub.Report{}, err
	}
	defer f.Close()
	return scrub.Clean(w, f)
}

// open gives what is sent, for sending it.
func (a *attachment) open() (io.ReadCloser, error) {
	r, w := io.Pipe()
	go func() {
		_, err := a.read(w)
		w.CloseWithError(err) // nil is the end
	}()
	return r, nil
}

// meter is what has to be known of a file.
type meter struct {
	n    int64
	sum  hash.Hash
	head []byte
}

func (m *meter) Write(p []byte) (int, error) {
	m.n += int64(len(p))
	m.head = append(m.head, p[:min(len(p), 512-len(m.head))]...)
	return m.sum.Write(p)
}

// kind is a media type, as dropbox.File has it.
func (m *meter) kind() string {
	kind, _, _ := strings.Cut(http.DetectContentType(m.head), ";")
	return kind
}

// same says whether b is the same file once more, under this name or another.
func (a *attachment) same(b *attachment) bool { return os.SameFile(a.on, b.on) || a.sum == b.sum }

// fileError says which of several files it is about, by number: its name stays out of errors.
type fileError struct {
	n      int
	err    error
	saving bool // it comes here
}

func (e *fileError) Error() string { return fmt.Sprintf("file %d: %v", e.n, e.err) }
func (e *fileError) Unwrap() error { return e.err }

// attached are the files of the flags. What is wrong with one of them is found here, before the server is spoken to.
func (c *call) attached() (files []*attachment, err error) {
	for i, path := range c.paths {
		a, err := attach(path, c.original)
		if err != nil {
			return nil, &fileError{n: i + 1, err: err}
		}
		if slices.ContainsFunc(files, a.same) {
			c.note("file %d is there twice; it is sent once", i+1)
			continue
		}
		if len(files) == dropbox.MaxFiles {
			return nil, &dropbox.TextError{Token: "too-many-files"}
		}
		files = append(files, a)
	}
	return files, nil
}

// noteFiles says of each file what goes, to whoever does not see a review.
func (c *call) noteFiles(files []*attachment) {
	for i, a := range files {
		c.note("file %d: %s", i+1, a.says())
	}
}

// fileView is a file in JSON, in the contract's shape.
type fileView struct {
	N      int           `json:"n"` // among all of a conversation, or of a sending
	Name   string        `json:"name"`
	Type   string        `json:"type"`
	Size   int64         `json:"size"`
	SHA256 dropbox.Hex32 `json:"sha256"` // of the bytes that were sealed
}

// sentFile is one of hers, and what became of what was hidden in it.
type sentFile struct {
	fileView
	Original bool     `json:"original"` // it went as it is
	Cleaned  bool     `json:"cleaned"`  // false: we do not clean this kind
	Removed  []string `json:"removed"`  // kinds of hidden data, as scrub names them
}

func viewOf(n int, f *dropbox.File) fileView { return fileView{n, f.Name, f.Type, f.Size, f.SHA256} }

func sentFiles(files []*attachment) (views []sentFile) {
	for i, a := range files {
		v := sentFile{fileView{i + 1, a.name, a.kind, a.size, a.sum}, a.original, !a.original && a.found.Cleaned, []string{}}
		if v.Cleaned {
			v.Removed = append(v.Removed, a.found.Removed.Words()...)
		}
		views = append(views, v)
	}
	return views
}
