package terminal

import (
	"os"
	"path/filepath"
	"testing"

	"tellbox/dropbox/client"
	"tellbox/dropbox/droptest"
)

// Before a file goes, she reads what is hidden in it and what becomes of that.
func TestAttached(t *testing.T) {
	dirty := droptest.JPEG(droptest.Segment(0xfe, "SECRET"))
	clean := droptest.JPEG()
	for _, c := range []struct {
		name, content string
		original      bool
		want          string
	}{
		{"a.jpg", dirty, false, "a.jpg, JPEG picture, " + Size(int64(len(clean))) + ". Hidden data is taken out: comments."},
		{"a.jpg", dirty, true, "a.jpg, JPEG picture, " + Size(int64(len(dirty))) + ". It goes as it is, with what is hidden in it: comments."},
		{"a.jpg", dirty[:20], true, "a.jpg, JPEG picture, 20 bytes. It goes as it is. What is hidden in it is not known."},
		{"a.jpg", clean, true, "a.jpg, JPEG picture, " + Size(int64(len(clean))) + ". No hidden data was found in it."},
		{"a.pdf", "%PDF-1.7", false, "a.pdf, PDF, 8 bytes. We do not take hidden data out of this kind of file. It may hold names, dates, earlier versions, and text under black bars."},
		{"a.heic", "\x00\x00\x00\x18ftypheic", true, "a.heic, file of a kind that we do not know, 12 bytes. We do not take hidden data out of this kind of file. It may hold names, comments, earlier versions, and where, when and with what it was made."},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := client.Attach(path, c.original)
		if err != nil {
			t.Fatal(err)
		}
		if got := Attached(a); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 1: "1 byte", 1023: "1023 bytes", 1 << 10: "1 KB", 1<<20 - 1: "1023 KB", 3 << 19: "1.5 MB", 500 << 20: "500.0 MB"} {
		if got := Size(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
