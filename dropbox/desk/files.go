package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
)

// Files come with what the reporter, a colleague or she herself wrote, and stay on the server until she asks for one. Nothing of a file is
// written under a name, decoded or shown before all of it is here and is what the frame says; and nothing here ever opens one with another
// program. No more is fetched than the blob of a file of that size can have, whatever a sender or a server says.

var (
	ErrNoSuchFile = errors.New("the case has no such file")
	ErrFileGone   = errors.New("the server does not have this file")
	ErrNotTheFile = errors.New("what came is not the file that the message names: it was damaged, or somebody lied; nothing of it was kept")
)

// File is an attachment. Name and Type are its sender's words, as they came; the type is what its first bytes look like.
type File struct {
	N      int    `json:"n"` // of the files of its case, in the order of the conversation
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`   // bytes
	SHA256 string `json:"sha256"` // hex

	sealed dropbox.File
}

// CaseFile is a File, and with what it came.
type CaseFile struct {
	File
	Entry int    `json:"entry"`
	From  string `json:"from"`
	Day   string `json:"day"`
}

// CaseFiles are those of one case. Folder is where they are saved if she does not say where; it need not be there.
type CaseFiles struct {
	ID     string     `json:"id"`
	Folder string     `json:"folder"`
	Files  []CaseFile `json:"files"`
}

// Saved is what stands in a folder now.
type Saved struct {
	N     int    `json:"n"`
	Path  string `json:"path"`
	Again bool   `json:"again"` // it stood there before, the same
}

// filesOf numbers the files of a frame, of which seen came before.
func filesOf(f *dropbox.Frame, seen int) []File {
	files := []File{}
	for i, sealed := range f.Files {
		files = append(files, File{N: seen + i + 1, Name: sealed.Name, Type: sealed.Type, Size: sealed.Size, SHA256: sealed.SHA256.String(), sealed: sealed})
	}
	return files
}

// Files lists a case's files; it asks no server. Of a case that was taken back there are none: ErrWithdrawn.
func (d *Desk) Files(id string) (CaseFiles, error) {
	c, err := d.writable(id)
	if err != nil {
		return CaseFiles{ID: id, Files: []CaseFile{}}, err
	}
	list := CaseFiles{ID: c.id, Files: []CaseFile{}}
	if list.Folder, err = filepath.Abs(d.home.path("files", c.id)); err != nil {
		return list, err
	}
	for _, e := range c.view().Entries {
		for _, f := range e.Files {
			list.Files = append(list.Files, CaseFile{f, e.N, e.From, e.Day})
		}
	}
	return list, nil
}

// Save fetches the n-th file of a case into folder, or into the case's own if that is "". A file that stands there is never overwritten;
// if it is the same, nothing is fetched. Stopped or failed, it leaves nothing. Errors beyond the client's and the disk's: ErrNoSuchFile,
// ErrFileGone, ErrNotTheFile.
func (d *Desk) Save(ctx context.Context, id string, n int, folder string, how client.Transfer) (Saved, error) {
	f, folder, err := d.file(id, n, folder)
	if err != nil {
		return Saved{}, err
	}
	p := place{folder, fileName(f.N, f.Name), f.Size, f.sealed.SHA256}
	if path := p.taken(); path != "" {
		return Saved{n, path, true}, nil
	}
	path, err := d.home.put(p, func(w io.Writer) error { return d.receiveFile(ctx, w, f, how) })
	return Saved{n, path, false}, err
}

// Preview makes a new picture of what a JPEG, PNG or GIF shows, and puts that into the folder, as Save does. What the sender made does
// not get onto the disk. Errors are those of Save, and ErrNoPreview.
func (d *Desk) Preview(ctx context.Context, id string, n int, folder string, how client.Transfer) (Saved, error) {
	f, folder, err := d.file(id, n, folder)
	if err != nil {
		return Saved{}, err
	}
	picture, err := d.picture(ctx, f, how)
	if err != nil {
		return Saved{}, err
	}
	p := place{folder, fmt.Sprintf("%d preview.png", n), int64(len(picture)), hashBytes(picture)}
	if path := p.taken(); path != "" {
		return Saved{n, path, true}, nil
	}
	path, err := d.home.put(p, func(w io.Writer) error { _, err := w.Write(picture); return err })
	return Saved{n, path, false}, err
}

// Picture is what Preview makes, a PNG, and nothing of it gets onto the disk.
func (d *Desk) Picture(ctx context.Context, id string, n int, how client.Transfer) ([]byte, error) {
	f, _, err := d.file(id, n, "")
	if err != nil {
		return nil, err
	}
	return d.picture(ctx, f, how)
}

func (d *Desk) picture(ctx context.Context, f File, how client.Transfer) ([]byte, error) {
	if f.Size > maxPreview {
		return nil, noPreview("it is larger than 64 MB")
	}
	var content bytes.Buffer // no longer than f.Size, whatever comes
	if err := d.receiveFile(ctx, &content, f, how); err != nil {
		return nil, err
	}
	return preview(ctx, content.Bytes())
}

// file finds the n-th file of a case, and the folder it goes to.
func (d *Desk) file(id string, n int, folder string) (File, string, error) {
	list, err := d.Files(id)
	if err != nil {
		return File{}, "", err
	}
	if n < 1 || n > len(list.Files) {
		return File{}, "", fmt.Errorf("file %d: %w", n, ErrNoSuchFile)
	}
	if folder == "" {
		folder = list.Folder
	}
	folder, err = filepath.Abs(folder) // what is said of it should be enough to find it
	return list.Files[n-1].File, folder, err
}

// receiveFile writes a file to w. Only if there is no error is what was written that file.
func (d *Desk) receiveFile(ctx context.Context, w io.Writer, f File, how client.Transfer) error {
	c, err := d.server()
	if err != nil {
		return err
	}
	r, err := f.sealed.Open(c.FetchFile(ctx, f.sealed, how))
	if err == nil {
		_, err = io.Copy(w, r)
	}
	refusal, refused := errors.AsType[*client.Error](err)
	switch {
	case err == nil:
		return nil
	case client.Refused(err, "nothing-here"):
		return fmt.Errorf("file %d: %w", f.N, ErrFileGone)
	case errors.Is(err, dropbox.ErrOpen), errors.Is(err, client.ErrAnswer), refused && !refusal.Later():
		return fmt.Errorf("file %d: %w", f.N, ErrNotTheFile)
	}
	return fmt.Errorf("file %d: %w", f.N, err)
}

// maxFileName is how many bytes of a sender's name stand in a name on the disk. Systems take 255, and the rest is ours.
const maxFileName = 200

// fileName is what the n-th file is saved as. The number comes first, so no name is hidden, an option, or one that a system treats in
// its own way (CON); the rest is what dropbox.CleanName left of it, cut if need be before its ending.
func fileName(n int, name string) string {
	base, ext := splitExt(dropbox.CleanName(name))
	for len(base)+len(ext) > maxFileName {
		_, size := utf8.DecodeLastRuneInString(base)
		base = base[:len(base)-size]
	}
	return fmt.Sprintf("%d %s%s", n, strings.TrimRight(base, ". "), ext)
}

// numbered is the name for the i-th different file of that name.
func numbered(name string, i int) string {
	if i == 1 {
		return name
	}
	base, ext := splitExt(name)
	return fmt.Sprintf("%s (%d)%s", base, i, ext)
}

func splitExt(name string) (base, ext string) {
	if ext = path.Ext(name); len(ext) > 40 {
		ext = ""
	}
	return strings.TrimSuffix(name, ext), ext
}

// dropGone deletes what she has kept of cases that were forgotten, or taken back.
func (d *Desk) dropGone() (notices []string) { return append(d.dropFiles(), d.dropPrivate()...) }

// dropFiles deletes the saved files of cases that were forgotten, or taken back, and says of which. What cannot be deleted is said as well,
// and is no reason not to go on.
func (d *Desk) dropFiles() (notices []string) {
	ids := d.home.folders("files")
	if len(ids) == 0 || !d.Joined() {
		return nil
	}
	f := d.fold()
	for _, id := range ids {
		c, err := f.lookup(id)
		gone := err == nil && c.id == id && c.gone()
		if !gone && (err == nil || !d.forgotten[d.mark(id)]) {
			continue
		}
		if err := d.home.removeFolder(filepath.Join("files", id)); err != nil {
			notices = append(notices, fmt.Sprintf("The saved files of case %s could not all be deleted. Please delete this folder yourself: %s", id, d.home.path("files", id)))
		} else if gone {
			notices = append(notices, c.why()+" The files of it that you had saved here are deleted. Please delete those that you saved elsewhere.")
		}
	}
	return notices
}
