package window

import (
	"path/filepath"
	"testing"

	"tellbox/dropbox/droptest"
)

// A file that she chose by mistake, such as her sheet, is not written down readable while it is found to be no back-up.
func TestMistakenBackupIsNotWritten(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "nowhere"))
	w := worldAlone(t)
	w.home = filepath.Join(w.TempDir(), "new")
	h := w.start(nil)
	h.shows("first", "")
	h.do(h.request("/first/restore", []string{"passphrase", passphrase}, droptest.File{Name: "sheet.txt", Content: "TELLBOX RECOVERY SHEET: SECRET"}))
	h.shows("first", "not-a-backup")
}
