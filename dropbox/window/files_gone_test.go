package window

import (
	"testing"

	"tellbox/dropbox/droptest"
)

// A picture of a case that she has deleted, or that was taken back, is gone with it.
func TestPictureGoesWithTheCase(t *testing.T) {
	w := newWorld(t)
	v := droptest.NewVisitor(w.box.URL)
	start, err := v.Get("/")
	w.must(err)
	form, err := v.Press(start, "/report")
	w.must(err)
	f, err := form.Form("/report/send")
	w.must(err)
	_, err = v.Send(f.With("account", secret), droptest.File{Name: "a photo.jpg", Content: droptest.JPEG()})
	w.must(err)
	h := w.start(w.desk())
	h.go_("/case/1")
	h.press("/case/1/preview", "file", "1")
	h.shows("picture", "")
	if p := h.go_("/picture.png"); p.Header.Get("Content-Type") != "image/png" {
		t.Fatalf("there is no picture: %v", p.Header)
	}
	h.go_("/case/1/forget")
	h.press("/case/1/forget", "confirm", "yes")
	h.shows("inbox", "")
	if p := h.go_("/picture.png"); p.Status != 404 || h.window.picture.png != nil {
		t.Errorf("the picture of a case that was deleted: %d %v", p.Status, p.Header)
	}
}
