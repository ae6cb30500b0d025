package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tellbox/dropbox/store"
)

// backup writes all that is stored into a new file, from a running server or not.
func (c *command) backup(ctx context.Context) error {
	dir, file := absolute(c.store.Dir), absolute(c.file)
	if strings.HasPrefix(file, strings.TrimSuffix(dir, "/")+"/") {
		return &hinted{errors.New("a backup in the data folder would be lost with it"), "inside", "name a file elsewhere, on another disk if there is one", 1}
	}
	var backed store.Backed
	err := saveNew(c.file, func(w io.Writer) (err error) {
		backed, err = c.fetchBackup(ctx, w)
		return err
	})
	if err != nil {
		return err
	}
	if c.json {
		err = json.NewEncoder(c.out).Encode(struct {
			File    string `json:"file"`
			Records int    `json:"records"`
			Bytes   int64  `json:"bytes"`
			Damaged int    `json:"damaged"`
		}{c.file, backed.Records, backed.Bytes, backed.Damaged})
	} else {
		_, err = fmt.Fprintf(c.out, "%d records, %d KiB, are in %s. To restore it takes %s as well, which must be kept apart from it, and %s as it is on that day.\n",
			backed.Records, backed.Bytes>>10, c.file, c.pepperFile(), dir+".erased")
	}
	if err == nil && backed.Damaged > 0 { // whoever rotates backups must not throw a better one away
		fmt.Fprintf(c.log, "tellbox: error: %d age files in %s are damaged, as they are in the store\ntellbox: hint: keep it, and older ones; tellbox check names them\n", backed.Damaged, c.file)
		err = told(1)
	}
	return err
}

func (c *command) pepperFile() string {
	if c.store.Pepper != "" {
		return c.store.Pepper
	}
	return absolute(c.store.Dir) + ".pepper"
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return filepath.Clean(path)
}

// saveNew makes a file that was not there, readable by its owner alone. Until it is whole and on disk it is called path.part;
// when it fails, nothing is left of it.
func saveNew(path string, write func(io.Writer) error) error {
	if _, err := os.Lstat(path); err == nil {
		return &hinted{fmt.Errorf("%s is there already", path), "exists", "name a file that does not exist yet", 1}
	}
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return &hinted{fmt.Errorf("%s is there already", part), "exists", "another tellbox is writing it, or was killed while it did; then remove it", 1}
	}
	if err != nil {
		return err
	}
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		os.Remove(part)
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// The running server streams a backup; how it ended stands in an HTTP trailer, after the last byte. A stream without it was cut off.
const backupTrailer = "Tellbox-Backup"

type backupEnd struct {
	Backed store.Backed
	Error  *controlError
}

func streamBackup(w http.ResponseWriter, r *http.Request, backup func(context.Context, io.Writer) (store.Backed, error)) {
	w.Header().Set("Trailer", backupTrailer)
	var end backupEnd
	var err error
	if end.Backed, err = backup(r.Context(), patientWriter{w}); err != nil {
		end.Error = asControlError(err)
	}
	text, err := json.Marshal(end)
	if err != nil {
		return
	}
	w.Header().Set(backupTrailer, string(text))
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(patience)) // for what net/http still holds
}

// patientWriter gives up when nothing at all was read for as long as patience; a slow reader may take its time.
type patientWriter struct{ http.ResponseWriter }

func (w patientWriter) Write(p []byte) (n int, err error) {
	control := http.NewResponseController(w.ResponseWriter)
	for n < len(p) {
		if err := control.SetWriteDeadline(time.Now().Add(patience)); err != nil {
			return n, err
		}
		m, err := w.ResponseWriter.Write(p[n:min(n+64<<10, len(p))])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, control.SetWriteDeadline(time.Time{}) // the next piece may be long in coming
}

// fetchBackup has the running server write it to w. Without one it opens the store, and does it here.
func (c *command) fetchBackup(ctx context.Context, w io.Writer) (store.Backed, error) {
	resp, err := c.control(ctx, "GET /backup", nil)
	if err != nil {
		return store.Backed{}, err
	}
	if resp == nil {
		st, err := store.Open(c.store)
		if err != nil {
			return store.Backed{}, err
		}
		backed, err := st.Backup(ctx, w)
		return backed, errors.Join(err, st.Close())
	}
	defer resp.Body.Close()
	_, err = io.Copy(w, resp.Body)
	if failed, ok := errors.AsType[*fs.PathError](err); ok { // w, not the server
		return store.Backed{}, failed
	}
	var end backupEnd
	if err == nil {
		err = json.Unmarshal([]byte(resp.Trailer.Get(backupTrailer)), &end)
	}
	if errors.Is(err, context.Canceled) { // here
		return store.Backed{}, err
	}
	if err != nil {
		return store.Backed{}, &hinted{fmt.Errorf("the backup was cut off: %w", err), "cut-off", "nothing of it was kept; has the server stopped? Then run it again", 3}
	}
	if end.Error != nil {
		return store.Backed{}, end.Error.hinted()
	}
	return end.Backed, nil
}
