package desk

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"tellbox/keys/vault"
)

// A backup of a desk is one file: the home folder as a tar stream, sealed with age under the passphrase of her key, so that
//
//	age -d FILE | tar t
//
// lists it. It holds every ordinary file of the folder, under its name there, in the order of names: those of today and whatever a later
// version keeps. The times in it say its day, and nothing more. It does not hold
//
//	lock               means nothing elsewhere
//	index.age          is made anew
//	unfinished files   are no part of the desk
//	files/             is readable, large, and can be fetched again
//
// Its thief learns its size and when it was made. With the passphrase it is her desk as it was on that day: her key too, and what she has
// deleted since. Changing or forgetting something here changes no backup.

var (
	ErrBackup   = errors.New("this is not a whole backup of a desk: it was cut off or damaged, or it is something else")
	ErrTaken    = errors.New("there is something of that name already")
	ErrPart     = errors.New("there is an unfinished one beside it already")
	ErrInside   = errors.New("a backup in the folder of the desk would be lost with it")
	ErrOddFile  = errors.New("it is no ordinary file with an ordinary name, so no backup could bring it back")
	ErrNotEmpty = errors.New("the folder is not new or empty")
)

// part ends the names of a backup and of a restored folder that are not whole yet.
const part = ".part"

// maxBackupName bounds a file's name in a backup, folders included, in bytes.
const maxBackupName = 500

// Backed is what went into a backup.
type Backed struct {
	File  string `json:"file"`
	Bytes int64  `json:"bytes"` // of the sealed file
	Files int    `json:"files"`

	Damaged int      `json:"damaged"` // envelopes among them that are not on this disk as they came
	Notices []string `json:"notices"`
}

// backedUp says whether a file of the home belongs in a backup. name has slashes.
func backedUp(name string) bool {
	first, _, inFolder := strings.Cut(name, "/")
	base := path.Base(name)
	return name != "lock" && name != indexFile && !(inFolder && first == "files") && !strings.HasPrefix(base, unfinished) && !strings.HasPrefix(base, vault.Unfinished)
}

// ordinary says whether a backup takes a name, and gives it back: one that leads out of a folder, or could draw on a terminal, is none.
func ordinary(name string) bool {
	return fs.ValidPath(name) && filepath.IsLocal(name) && len(name) <= maxBackupName &&
		!strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' })
}

// Backup writes a backup into file, which must not be there yet and has mode 0600. It has that name only when it is whole and durable;
// if it fails nothing of it is left, and if the program is killed, at most file.part. passphrase must be that of her key:
// vault.ErrPassphrase. progress, if not nil, hears of bytes of the folder. Other errors: ErrTaken, ErrPart, ErrInside, ErrOddFile.
func (d *Desk) Backup(ctx context.Context, file, passphrase string, progress func(done, total int64)) (Backed, error) {
	b := Backed{File: file, Notices: []string{}}
	if err := d.mayBackUp(file, passphrase); err != nil {
		return b, fmt.Errorf("making a backup: %w", err)
	}
	names, total, err := d.home.ordinaryFiles()
	if err != nil {
		return b, fmt.Errorf("making a backup: %w", err)
	}
	var mail, sent int // damaged ones
	err = d.home.writePart(file, func(w io.Writer) error {
		sealed, err := vault.SealTo(w, passphrase)
		if err != nil {
			return err
		}
		t := &tarring{Writer: tar.NewWriter(sealed), home: d.home, day: d.now().UTC().Truncate(24 * time.Hour), total: total, progress: progress, damaged: map[string]int{}}
		for _, name := range names {
			if err := errors.Join(ctx.Err(), d.home.before()); err != nil {
				return err
			}
			if err := t.add(name); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		mail, sent = t.damaged["mail"], t.damaged["sent"]
		return errors.Join(t.Close(), sealed.Close())
	})
	if err != nil {
		return b, fmt.Errorf("making a backup: %w", err)
	}
	b.Files, b.Damaged = len(names), mail+sent
	if mail > 0 {
		b.Notices = append(b.Notices, fmt.Sprintf("%s not as it came, because this disk has damaged it, and so it is in the backup. "+
			"Run advocate inbox -again, which fetches anew what the server still has, and make another backup then. Keep the one before this until it says nothing of the kind.", counted(mail, "1 piece of mail is", "pieces of mail are")))
	}
	if sent > 0 {
		b.Notices = append(b.Notices, fmt.Sprintf("%s damaged on this disk, and so in the backup. The reporter has what she was sent. An earlier backup may have the copy whole.", counted(sent, "Your own copy of 1 reply is", "of your own copies of replies are")))
	}
	info, err := os.Stat(file)
	if err == nil {
		b.Bytes = info.Size()
	}
	return b, err
}

func (d *Desk) mayBackUp(file, passphrase string) error {
	if _, err := os.Lstat(file); err == nil {
		return ErrTaken
	}
	if _, err := os.Lstat(file + part); err == nil {
		return ErrPart
	}
	home, err := filepath.EvalSymlinks(d.home.dir)
	if err != nil {
		return err
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(file))
	if err != nil {
		return err
	}
	home, errHome := filepath.Abs(home)
	folder, errFolder := filepath.Abs(folder)
	if err := errors.Join(errHome, errFolder); err != nil {
		return err
	}
	if rel, err := filepath.Rel(home, folder); err == nil && filepath.IsLocal(rel) {
		return ErrInside
	}
	secret, err := d.home.read("secret.age")
	if err == nil {
		_, err = vault.Open(secret, passphrase)
	}
	return err
}

// ordinaryFiles are the names, with slashes, of all that belongs in a backup, and their size.
func (h *home) ordinaryFiles() (names []string, total int64, err error) {
	err = fs.WalkDir(os.DirFS(h.dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() && name != "files" || !backedUp(name) {
			return err
		}
		if e.IsDir() {
			return fs.SkipDir
		}
		info, err := e.Info()
		if err == nil && (!info.Mode().IsRegular() || !ordinary(name)) {
			err = ErrOddFile // left out, she would miss it when it is too late
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		names, total = append(names, name), total+info.Size()
		return nil
	})
	return names, total, err
}

// writePart makes a file that was not there. Unless all of it is durable, it has another name, and goes.
func (h *home) writePart(file string, write func(io.Writer) error) error {
	f, err := os.OpenFile(file+part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(file + part) // fails, rightly, after a rename
	err = write(f)
	if err == nil {
		err = h.before()
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = h.before()
	}
	if err == nil {
		err = link(file+part, file)
	}
	if errors.Is(err, fs.ErrExist) {
		err = ErrTaken
	}
	if err != nil {
		return err
	}
	syncFolder(filepath.Dir(file)) // not every USB stick can
	return nil
}

// tarring is a backup as it is written.
type tarring struct {
	*tar.Writer
	home        *home
	day         time.Time
	done, total int64
	progress    func(done, total int64)
	damaged     map[string]int // envelopes, by folder
}

func (t *tarring) add(name string) error {
	f, err := os.Open(t.home.path(filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Size: info.Size(), ModTime: t.day}); err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(t, sum), f)
	if folder, hash := path.Split(strings.TrimSuffix(name, ".age")); path.Ext(name) == ".age" && (folder == "mail/" || folder == "sent/") {
		it := &item{folder: strings.TrimSuffix(folder, "/"), hash: hash}
		if beside, err := t.home.read(it.name(".json")); err == nil {
			json.Unmarshal(beside, &it.about) // without it the envelope is as it came, or it is damaged
		}
		if !it.has(hex.EncodeToString(sum.Sum(nil))) {
			t.damaged[it.folder]++
		}
	}
	if t.done += n; t.progress != nil {
		t.progress(t.done, t.total)
	}
	return err
}
