package window

import (
	"net/http"
	"strconv"

	"tellbox/dropbox/client"
)

// picture is a preview, in memory alone, until another one is made or the desk locks.
type picture struct {
	id  string
	n   int
	png []byte
}

type picturePage struct {
	ID      string
	Number  int
	N       int
	Name    string
	Address string
}

// saveFile fetches a file into the case's folder.
func (w *Window) saveFile(v *visit) (done, error) {
	id, err := w.named(v)
	if err != nil {
		return done{}, err
	}
	n := atoi(v.sent.Get("file"))
	saved, err := w.desk.Save(v.ctx, id, n, "", client.Transfer{})
	told := "File " + strconv.Itoa(n) + " is saved, readable, as " + saved.Path + ". It is as dangerous as whatever you open it with."
	if saved.Again {
		told = "File " + strconv.Itoa(n) + " was saved before, the same: " + saved.Path + "."
	}
	return done{to: w.casePath(id), told: []string{told}}, err
}

// previewFile makes a new picture of what a picture shows. It does not get onto the disk.
func (w *Window) previewFile(v *visit) (done, error) {
	id, err := w.named(v)
	if err != nil {
		return done{}, err
	}
	n := atoi(v.sent.Get("file"))
	png, err := w.desk.Picture(v.ctx, id, n, client.Transfer{})
	if err != nil {
		return done{}, err
	}
	w.picture = picture{id, n, png}
	return done{to: w.casePath(id) + "/picture"}, nil
}

func (w *Window) showPicture(v *visit) (page, error) {
	id, err := w.named(v)
	if err != nil {
		return page{}, err
	}
	list, err := w.desk.Files(id)
	if err != nil {
		return page{}, err
	}
	if w.picture.id != id || w.picture.n > len(list.Files) {
		return page{}, errNoPage
	}
	return page{"picture", picturePage{id, w.number(id), w.picture.n, list.Files[w.picture.n-1].Name, "/picture.png"}}, nil
}

func (w *Window) givePicture(rw http.ResponseWriter, r *http.Request) {
	v, end := w.begin(rw, r)
	defer end()
	if w.elsewhere(v, joined) {
		return
	}
	if _, err := w.desk.Files(w.picture.id); err != nil { // deleted, taken back, or left
		w.picture = picture{}
	}
	if w.picture.png == nil {
		w.answer(v, func(*visit) (page, error) { return page{}, errNoPage })
		return
	}
	rw.Header().Set("Content-Type", "image/png")
	v.rw.Write(w.picture.png)
}

// atoi is a number out of a form; 0 names nothing.
func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}
