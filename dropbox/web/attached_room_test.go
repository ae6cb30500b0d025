package web_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/web"
)

// crammed is a store whose disk is full, or broken, for files.
type crammed struct {
	web.Store
	full  bool
	err   error // of Upload
	write error // after a few bytes
}

func (c *crammed) FilesFull() bool { return c.full }

func (c *crammed) Upload(ctx context.Context, id dropbox.BlobID, at, size int64) (dropbox.Upload, error) {
	if c.err != nil {
		return nil, c.err
	}
	u, err := c.Store.Upload(ctx, id, at, size)
	return crammedUpload{u, c}, err
}

type crammedUpload struct {
	dropbox.Upload
	c *crammed
}

func (u crammedUpload) Write(p []byte) (int, error) {
	if u.c.write != nil && u.Have() > 0 {
		return 0, u.c.write
	}
	return u.Upload.Write(p)
}

// When there is no room for files, the page says so before she chooses any, and text goes through. A message that is nothing but a file comes
// back with the reason.
func TestNoRoomForFiles(t *testing.T) {
	c := &crammed{}
	w := newWorld(t, func(o *droptest.Options) {
		o.Wrap = func(s web.Store) web.Store { c.Store = s; return c }
		o.MaxFile = 1 << 20
	})
	words := w.report("before")
	open := w.check(words)
	message := func(text string) *droptest.Page {
		return w.sendFiles(w.form(open, "/message").With("text", text), textFile("a.txt", strings.Repeat("x", 300_000)))
	}
	for _, step := range []struct {
		name, fate, token string
		status            int
		set               crammed
	}{
		{"full", "full", "full", 503, crammed{full: true}},
		{"full when it begins", "full", "full", 503, crammed{err: dropbox.ErrFull}},
		{"full in the middle", "full", "full", 503, crammed{write: dropbox.ErrFull}},
		{"broken", "failed", "store-down", 503, crammed{err: errDown}},
		{"broken in the middle", "failed", "store-down", 503, crammed{write: errDown}},
	} {
		c.full, c.err, c.write = step.set.full, step.set.err, step.set.write
		blank := w.press(w.get("/"), "/report")
		if offers := blank.ByID("files-field") != nil; offers == c.full || c.full != strings.Contains(blank.Body, "There is no room for files right now. You can still send text") {
			t.Errorf("%s: the form offers files: %v", step.name, offers)
		}
		page := w.sendFiles(w.form(blank, "/report/send").With("account", step.name), textFile("a.txt", strings.Repeat("x", 300_000)))
		w.expect(page, 200, "code", "")
		if got := fates(page); !slices.Equal(got, []string{step.fate}) {
			t.Errorf("%s: %q", step.name, got)
		}
		page = message("  ")
		w.expect(page, step.status, "conversation", step.token)
		if got := fates(page); !slices.Equal(got, []string{step.fate}) {
			t.Errorf("%s, a file alone: %q", step.name, got)
		}
	}
	if n := w.blobs(); n != 0 {
		t.Errorf("%d blobs are left", n)
	}
	*c = crammed{Store: c.Store}
	for name, step := range map[string]struct {
		file   upload
		status int
		token  string
	}{
		"too large": {textFile("a", strings.Repeat("x", 1<<20+1)), 413, "too-large"},
		"broken":    {textFile("a", "\xff\xd8\xff\xe0"), 422, "file-not-sent"},
		"empty":     {textFile("a", ""), 422, "file-not-sent"},
	} {
		page := w.sendFiles(w.form(open, "/message").With("text", ""), step.file)
		w.expect(page, step.status, "conversation", step.token)
		if len(fates(page)) != 1 {
			t.Errorf("%s: the page does not say why", name)
		}
	}
	if n := len(must[[]dropbox.MailEntry](t)(w.Mail("alice"))); n != 6 {
		t.Errorf("alice has %d, want the six reports", n)
	}
	page := message("now there is room")
	w.expect(page, 200, "conversation", "")
	if got := fates(page); !slices.Equal(got, []string{"as-is"}) || w.blobs() != 1 {
		t.Errorf("%q, %d blobs", got, w.blobs())
	}
}
