package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// TestScreenshots writes pictures of every page in every state, narrow and wide, light and dark, for people to look at, into the
// folder that TELLBOX_SCREENSHOTS names; without one, of a single page, to see that it can.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	url, names := everyPage(t)
	dir := os.Getenv("TELLBOX_SCREENSHOTS")
	if dir == "" {
		dir, names = t.TempDir(), []string{"start"}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, way{"chromium", "off"})
	for _, name := range names {
		b.visit(url + "/" + name)
		for size, l := range map[string]look{"320": narrow, "1280": wide} {
			for _, scheme := range []string{"light", "dark"} {
				b.look(l.in(args{"prefers-color-scheme": scheme}))
				path := filepath.Join(dir, name+"-"+size+"-"+scheme+".png")
				b.do("shot", args{"path": path})
				if info, err := os.Stat(path); err != nil || info.Size() < 1000 {
					t.Errorf("no picture of %s: %v", name, err)
				}
			}
		}
	}
}
