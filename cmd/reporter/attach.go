package main

import (
	"fmt"
	"slices"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/terminal"
)

// attachment is a file of hers that goes with what she writes.
type attachment struct {
	*client.Attachment
	sent *dropbox.File // once the server has it; that can be over again
}

func attach(path string, original bool) (*attachment, error) {
	a, err := client.Attach(path, original)
	return &attachment{Attachment: a}, err
}

// again is the same file, with or without what is hidden in it.
func (a *attachment) again(original bool) (*attachment, error) {
	b, err := a.Again(original)
	return &attachment{Attachment: b}, err
}

// same says whether b is the same file once more, under this name or another.
func (a *attachment) same(b *attachment) bool { return a.Same(b.Attachment) }

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
		c.note("file %d: %s", i+1, terminal.Attached(a.Attachment))
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
		v := sentFile{fileView{i + 1, a.Name, a.Type, a.Size, a.SHA256}, a.Original, !a.Original && a.Found.Cleaned, []string{}}
		if v.Cleaned {
			v.Removed = append(v.Removed, a.Found.Removed.Words()...)
		}
		views = append(views, v)
	}
	return views
}
