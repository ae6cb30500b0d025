package window

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/desk"
)

// maxFields bounds what a form may bring beside files, in bytes. A reply has 100,000 characters at most.
const maxFields = 8 << 20

var (
	errTooLarge = errors.New("the form is too large")
	errForm     = errors.New("the form did not come whole")
)

// read reads a form. Its files go where they belong as they come in, and no part of one is written down readable.
func (w *Window) read(v *visit) error {
	defer context.AfterFunc(v.ctx, func() { http.NewResponseController(v.rw).SetReadDeadline(time.Now()) })() // who locks the desk does not wait for a file
	parts, err := v.MultipartReader()
	if err != nil {
		v.Body = http.MaxBytesReader(v.rw, v.Body, maxFields)
		if err := v.ParseForm(); err != nil {
			return errTooLarge
		}
		v.sent = v.PostForm
		return nil
	}
	left, wrong := int64(maxFields), error(nil)
	for {
		p, err := parts.NextRawPart()
		if err == io.EOF {
			return wrong
		}
		if err != nil {
			return errors.Join(wrong, errForm)
		}
		if p.FileName() != "" || isFile[p.FormName()] {
			if p.FileName() != "" && wrong == nil {
				wrong = w.take(v, p)
			}
			io.Copy(io.Discard, p)
			continue
		}
		text, err := io.ReadAll(io.LimitReader(p, left+1))
		if err != nil {
			return errors.Join(wrong, errForm)
		}
		if left -= int64(len(text)); left < 0 {
			return errTooLarge
		}
		v.sent.Add(p.FormName(), string(text))
	}
}

// isFile are the fields for files. One that is empty comes as a part all the same.
var isFile = map[string]bool{"files": true, "keyholders": true, "backup": true}

// take takes a file in. The fields before it say whether it is hers, and to what it belongs.
func (w *Window) take(v *visit, p *multipart.Part) error {
	if !same(v.sent.Get("form"), w.form) {
		return errForm
	}
	switch field := p.FormName(); {
	case field == "keyholders":
		text, err := io.ReadAll(io.LimitReader(p, maxFields))
		v.sent.Set("chain", string(text))
		return err
	case field == "backup" && w.desk == nil:
		return w.takeBackup(v, p)
	case field == "files" && w.desk != nil:
		id, err := w.named(v)
		if err != nil {
			return err
		}
		return w.takeFile(v, id, p.FileName(), p)
	}
	return nil // the desk is locked: she chooses it again
}

func (w *Window) takeFile(v *visit, id, name string, from io.Reader) error {
	if len(w.attached[id]) >= dropbox.MaxFiles {
		return desk.ErrTooManyFiles
	}
	a, err := w.desk.Attach(name, from, v.sent.Get("original") == "yes")
	if err != nil {
		return &fileError{dropbox.CleanName(name), err}
	}
	for _, before := range w.attached[id] {
		if before.Same(a.Attachment) {
			return a.Discard()
		}
	}
	w.attached[id] = append(w.attached[id], a)
	return nil
}

// fileError is an error with the name of the file that it is about.
type fileError struct {
	name string
	err  error
}

func (e *fileError) Error() string { return "a file: " + e.err.Error() }
func (e *fileError) Unwrap() error { return e.err }

func attachments(files []*desk.Attached) (list []*client.Attachment) {
	for _, f := range files {
		list = append(list, f.Attachment)
	}
	return list
}
