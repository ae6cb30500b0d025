package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/terminal"
)

// saveOne fetches a file into the folder, under a name that nothing there has. Until all of it is there and is what was sent, it has a
// temporary name; if that does not come about, nothing stays.
func (v *visit) saveOne(f theirs) (path string, err error) {
	tmp, err := os.CreateTemp(v.folder, ".tellbox-*") // 0600
	if err != nil {
		return "", pathless(err)
	}
	defer func() {
		tmp.Close()
		if err != nil {
			os.Remove(tmp.Name())
			err = pathless(err)
		}
	}()
	err = v.transfer(fmt.Sprintf("fetching file %d", f.n), func(ctx context.Context, how client.Transfer) error {
		r, err := f.Open(v.b.FetchFile(ctx, *f.File, how))
		if err != nil {
			return err
		}
		_, err = io.Copy(tmp, r)
		return err
	})
	head := make([]byte, 512)
	n, _ := tmp.ReadAt(head, 0)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return "", err
	}
	if looks := dropbox.TypeOf(head[:n]); looks != f.Type {
		v.note("file %d was said to be this: %s. It looks like this: %s. Do not open it unless you know why", f.n, terminal.Kind(f.Type), terminal.Kind(looks))
	}
	return settle(tmp.Name(), v.folder, f.Name)
}

// settle gives a temporary file its name in a folder: that of the file, or that with a number, but never one that is taken. The name is
// taken with an empty file of its own first, as not every disk has links.
func settle(tmp, folder, name string) (path string, err error) {
	ending := filepath.Ext(name)
	if len(ending) > 20 {
		ending = ""
	}
	bare := strings.TrimSuffix(name, ending)
	for len(bare) > 200 { // bytes; disks take 255
		bare = string([]rune(bare)[:len([]rune(bare))-1])
	}
	for n := 1; ; n++ {
		path = filepath.Join(folder, bare+ending)
		if n > 1 {
			path = filepath.Join(folder, fmt.Sprintf("%s (%d)%s", bare, n, ending))
		}
		mine, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) && n < 1000 {
			continue
		}
		if err != nil {
			return "", err
		}
		mine.Close()
		if err = os.Rename(tmp, path); err != nil {
			os.Remove(path)
			return "", err
		}
		if dir, err := os.Open(folder); err == nil {
			dir.Sync() // not every disk can
			dir.Close()
		}
		return path, nil
	}
}
