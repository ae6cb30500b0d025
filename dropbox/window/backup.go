package window

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"tellbox/dropbox"
)

var errNoPath = errors.New("no path to write to")

// askBackup explains what goes into the file.
func (w *Window) askBackup(v *visit) (page, error) {
	return page{"backup", w.desk.ID()}, nil
}

// backup makes the sealed file, and gives it to the browser or puts it where she says.
func (w *Window) backup(v *visit) (done, error) {
	passphrase, path := v.sent.Get("passphrase"), v.sent.Get("path")
	if passphrase == "" {
		return done{}, errNoPassphrase
	}
	if v.sent.Get("do") == "path" {
		if !filepath.IsAbs(path) {
			return done{}, errNoPath
		}
		made, err := w.desk.Backup(v.ctx, path, passphrase, nil)
		return done{to: "/backup", told: append([]string{"The back-up is whole: " + path + ", with " + number(made.Files, "file", "files") + ". Keep it apart from this machine, and the newest alone."}, made.Notices...)}, err
	}
	folder, err := os.MkdirTemp("", "desk-") // 0700
	if err != nil {
		return done{}, err
	}
	defer os.RemoveAll(folder)
	path = filepath.Join(folder, "backup")
	made, err := w.desk.Backup(v.ctx, path, passphrase, nil)
	if err != nil {
		return done{}, err
	}
	w.told = append(w.told, plain(made.Notices)...) // on the next page
	f, err := os.Open(path)
	if err != nil {
		return done{}, err
	}
	defer f.Close()
	h := v.rw.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="desk-`+dropbox.Today(w.Now())+`.age"`)
	h.Set("Content-Length", strconv.FormatInt(made.Bytes, 10))
	defer context.AfterFunc(v.ctx, func() { f.Close() })() // the desk is locked
	io.Copy(v.rw, f)                                       // a browser that went away has to ask again
	return done{sent: true}, nil
}
