package web

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"math"
	"mime/multipart"
	"slices"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/scrub"
)

// attached are the files that a form brings. They stream: from the body through package scrub, unless she keeps the original, into a blob of
// the store, sealed. No byte of a file is ever on disk in any other way, and what becomes of one does not stop her words.
type attached struct {
	server *Server // nil where no files are taken
	ctx    context.Context
	body   *limited
	begun  func() // when the first file comes: the fields before it are whole
	chosen bool   // a file came
	ended  func() // when all have come, if the upload had begun
	busy   bool   // too many others upload: none is taken
	list   []arrival
	files  []dropbox.File // of those that arrived
	blobs  []dropbox.BlobID
	stored bool // a parcel names them
}

// arrival is what became of a file that she chose.
type arrival struct {
	Name    string
	Size    int64    // bytes: of what arrived, or of what she sent
	Fate    string   // one of fates
	Removed []string // words of package scrub
}

// fates are all that can become of a file; the first four arrived.
var fates = []string{"cleaned", "clean", "original", "as-is", "empty", "too-large", "broken", "full", "busy", "too-many", "failed"}

// Arrived says whether it is with her words now.
func (a arrival) Arrived() bool { return slices.Contains(fates[:4], a.Fate) }

// take reads a file to its end. The error is that of the body, which ends all.
func (a *attached) take(part *multipart.Part, original bool) error {
	if !a.chosen {
		a.begun()
	}
	a.chosen = true
	if a.ended == nil && !a.busy { // asked once: her words do not wait longer than that for files
		var err error
		a.ended, err = a.server.upload(a.ctx)
		a.busy = err != nil
	}
	is, src := arrival{Name: dropbox.CleanName(part.FileName())}, &filePart{r: part, max: a.server.MaxFile}
	in := bufio.NewReader(src)
	switch _, err := in.Peek(1); {
	case len(a.list) >= dropbox.MaxFiles:
		is.Fate = "too-many"
	case err == io.EOF:
		is.Fate = "empty"
	case a.busy:
		is.Fate = "busy"
	case a.server.Store.FilesFull():
		is.Fate = "full"
	default:
		file, report, err := a.seal(in, is.Name, original)
		if src.broken != nil {
			return src.broken
		}
		is.Fate = a.fate(file, report, original, err)
		if err == nil {
			is.Size, is.Removed, a.files = file.Size, report.Removed.Words(), append(a.files, file)
		}
	}
	if !is.Arrived() {
		src.max = math.MaxInt64
		io.Copy(io.Discard, src) // its error is in src
		is.Size = src.n
	}
	a.list = append(a.list, is)
	return src.broken
}

// seal puts a file into a blob of its own. After an error nothing is left of it.
func (a *attached) seal(src io.Reader, name string, original bool) (file dropbox.File, report scrub.Report, err error) {
	var id dropbox.BlobID
	rand.Read(id[:])
	up, err := a.server.Store.Upload(a.ctx, id, 0, 0)
	if err != nil {
		return file, report, err
	}
	a.blobs = append(a.blobs, id)
	defer func() {
		if err != nil {
			up.Close()
			a.server.Store.Discard(id)
		}
	}()
	sealer, err := dropbox.SealFile(up, a.server.MaxFile)
	if err != nil {
		return file, report, err
	}
	if original {
		_, err = io.Copy(sealer, src)
	} else {
		report, err = scrub.Clean(sealer, src)
	}
	if err == nil {
		file, err = sealer.Close(name, id)
	}
	if err == nil {
		err = up.Finish()
	}
	return file, report, err
}

// fate is what became of a file whose sealing ended in err.
func (a *attached) fate(file dropbox.File, report scrub.Report, original bool, err error) string {
	switch {
	case err == nil && original && (file.Type == "image/jpeg" || file.Type == "image/png"):
		return "original"
	case err == nil && !report.Cleaned:
		return "as-is"
	case err == nil && report.Removed == 0:
		return "clean"
	case err == nil:
		return "cleaned"
	case errors.Is(err, dropbox.ErrFileTooLarge):
		return "too-large"
	case errors.Is(err, scrub.ErrBroken):
		return "broken"
	case a.server.problemFrom(err).Token == "full": // it also tells the operator
		return "full"
	}
	return "failed"
}

// end says that all has come. A sending that took more than a day finds its first files gone: nobody had claimed them.
func (a *attached) end() {
	a.leave()
	if len(a.files) > 0 {
		a.without(a.server.Store.Missing)
	}
}

// keep says that her words are stored. Files that no box has all the same, since hers is full of them, are said not to be.
func (a *attached) keep() {
	a.stored = true
	if len(a.files) > 0 {
		a.without(a.server.Store.Unclaimed)
	}
}

// without takes files off the list that are not there. If the store does not say, storing will.
func (a *attached) without(lost func(context.Context, []dropbox.BlobID) ([]dropbox.BlobID, error)) {
	var ids []dropbox.BlobID
	for _, f := range a.files {
		ids = append(ids, f.Blob)
	}
	missing, err := lost(a.ctx, ids)
	if err != nil || len(missing) == 0 {
		return
	}
	n := 0
	for i, is := range a.list {
		if is.Arrived() {
			if slices.Contains(missing, ids[n]) {
				a.list[i].Fate, a.list[i].Removed = "failed", nil
			}
			n++
		}
	}
	a.files = slices.DeleteFunc(a.files, func(f dropbox.File) bool { return slices.Contains(missing, f.Blob) })
}

// leave gives its place among the uploads to another.
func (a *attached) leave() {
	if a.ended != nil {
		a.ended()
		a.ended = nil
	}
}

// discard takes back what no parcel names.
func (a *attached) discard() {
	if !a.stored && len(a.blobs) > 0 {
		a.server.Store.Discard(a.blobs...)
		a.blobs = nil
	}
}

// parts stand for the files in a digest: the same form with the same files is the same sending.
func (a *attached) parts() (parts [][]byte) {
	for _, f := range a.files {
		parts = append(parts, []byte(f.Name), f.SHA256[:])
	}
	return parts
}

// alone is what is wrong with a message that is nothing but files, if none of them arrived.
func (a *attached) alone(text string) error {
	if strings.TrimSpace(text) != "" || len(a.files) > 0 || len(a.list) == 0 {
		return nil
	}
	token := map[string]string{"too-large": "too-large", "full": "full", "busy": "busy", "failed": "store-down"}[a.list[0].Fate]
	if token == "" {
		token = "file-not-sent"
	}
	p := problemOf(token)
	p.Files = a.list
	return p
}

// filePart is a file as it comes, which ends in ErrFileTooLarge after max bytes. It remembers what was wrong with the body.
type filePart struct {
	r      io.Reader
	n, max int64
	broken error
}

func (p *filePart) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if p.n += int64(n); err != nil && err != io.EOF {
		p.broken = err
	} else if p.n > p.max {
		return 0, dropbox.ErrFileTooLarge
	}
	return n, err
}
