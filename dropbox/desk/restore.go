package desk

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"tellbox/keys/vault"
)

// mailLasts is how long a server surely keeps mail that was acknowledged: 30 days by the week, less two for the clocks.
const mailLasts = 28 * 24 * time.Hour

// Restored is a desk that came out of a backup.
type Restored struct {
	Backed
	Home    string   `json:"home"`
	ID      string   `json:"id"`      // hers
	Day     string   `json:"day"`     // of the backup, as it says
	Notices []string `json:"notices"` // what she has to know before she goes on
}

// restoring is a Restore on its way. Everything goes into home, beside the folder where it belongs, until all of it was verified.
type restoring struct {
	home  *home
	now   func() time.Time
	left  int64 // bytes that files can still have: no more came
	files int
	day   time.Time
}

// Restore makes a home folder out of a backup. folder must be new, or empty. It is there only when all of the backup came, is what was
// sealed, and opens as a desk, and it is durable then. If that fails nothing is left of it, and if the program is killed, at most
// folder.part. Nothing is asked of a server. progress, if not nil, hears of bytes of the backup. Errors: ErrNotEmpty, ErrPart, ErrBackup,
// vault.ErrPassphrase, and those of Open.
func Restore(ctx context.Context, file, folder string, passphrase func() (string, error), now func() time.Time, progress func(done, total int64)) (Restored, error) {
	return (&restoring{home: &home{}, now: now}).restore(ctx, file, folder, passphrase, progress)
}

func (r *restoring) restore(ctx context.Context, file, folder string, passphrase func() (string, error), progress func(done, total int64)) (done Restored, err error) {
	done = Restored{Backed: Backed{File: file}, Home: folder, Notices: []string{}}
	defer func() {
		if err != nil {
			err = fmt.Errorf("restoring: %w", err)
		}
	}()
	f, err := os.Open(file)
	if err != nil {
		return done, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return done, err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return done, err
	}
	r.home.dir, r.left = folder+part, info.Size()
	if err := mayRestore(folder); err != nil {
		return done, err
	}
	p, err := passphrase()
	if err != nil {
		return done, err
	}
	plain, err := vault.OpenFrom(&measured{r: f, total: info.Size(), progress: progress}, p)
	if errors.Is(err, vault.ErrPassphrase) {
		return done, err
	}
	if err != nil {
		return done, ErrBackup // age's own words quote the file, which may be one that nobody should see
	}
	if err := r.home.before(); err != nil {
		return done, err
	}
	if err := os.Mkdir(r.home.dir, 0o700); errors.Is(err, fs.ErrExist) { // another restore's, made meanwhile
		return done, ErrPart
	} else if err != nil {
		return done, err
	}
	if err := r.unpack(ctx, plain); err != nil {
		return done, errors.Join(err, os.RemoveAll(r.home.dir))
	}
	id, err := r.check(p)
	if err == nil {
		err = r.settle(folder)
	}
	if err != nil {
		return done, errors.Join(err, os.RemoveAll(r.home.dir))
	}
	done.Bytes, done.Files, done.ID, done.Day = info.Size(), r.files, id, r.day.Format(time.DateOnly)
	done.Notices = r.notices()
	return done, nil
}

// mayRestore looks at where the desk is to be. Its parents are made if need be.
func mayRestore(folder string) error {
	if info, err := os.Lstat(folder); err == nil {
		if entries, err := os.ReadDir(folder); !info.IsDir() || err != nil || len(entries) > 0 {
			return ErrNotEmpty
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Lstat(folder + part); err == nil {
		return ErrPart
	}
	return os.MkdirAll(filepath.Dir(folder), 0o700)
}

// unpack writes the tar stream into the unfinished folder, to its end: only there age says that nothing is missing.
func (r *restoring) unpack(ctx context.Context, plain io.Reader) error {
	root, err := os.OpenRoot(r.home.dir) // nothing leads out of it, whatever is in the backup
	if err != nil {
		return err
	}
	defer root.Close()
	for t := tar.NewReader(plain); ; {
		if err := errors.Join(ctx.Err(), r.home.before()); err != nil {
			return err
		}
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("%w (%w)", ErrBackup, err)
		}
		if h.Typeflag != tar.TypeReg || !ordinary(h.Name) || !backedUp(h.Name) || h.Size > r.left {
			return fmt.Errorf("%w (it holds what no desk does)", ErrBackup)
		}
		r.left -= h.Size
		if err := write(root, h.Name, damaged{t}); err != nil {
			return err
		}
		r.files++
		r.day = h.ModTime.UTC()
	}
	_, err = io.Copy(io.Discard, damaged{plain})
	return err
}

// write makes a file that is not there, durable.
func write(root *os.Root, name string, content io.Reader) error {
	if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w (it holds a file twice)", ErrBackup)
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// check opens what was unpacked as a desk. Opening it reads every envelope.
func (r *restoring) check(passphrase string) (id string, err error) {
	if err := r.home.before(); err != nil {
		return "", err
	}
	d, err := Open(r.home.dir, func() (string, error) { return passphrase, nil }, r.now)
	if errors.Is(err, ErrNoHome) {
		return "", fmt.Errorf("%w (it holds no key)", ErrBackup)
	}
	if err != nil {
		return "", err
	}
	return d.ID(), d.Close()
}

// settle makes the folders durable, and gives the desk its name.
func (r *restoring) settle(folder string) error {
	err := filepath.WalkDir(r.home.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			err = syncFolder(path)
		}
		return err
	})
	if err == nil {
		err = r.home.before()
	}
	if err == nil {
		err = unix.Rename(r.home.dir, folder) // over an empty folder, and nothing else
	}
	if errors.Is(err, fs.ErrExist) || errors.Is(err, unix.ENOTDIR) {
		err = ErrNotEmpty
	}
	if err != nil {
		return err
	}
	return syncFolder(filepath.Dir(folder))
}

// notices say what no program can find out: what happened on the old desk after the backup.
func (r *restoring) notices() []string {
	n := []string{
		"Use this desk alone from now on, and delete the folder of the old one. Two desks with one key do not see what the other one sends or deletes.",
		"Cases that you deleted, or stepped aside from, after the backup are here again, even those that their reporters had taken back. Please delete them again, unread: advocate forget CASE.",
		"Replies that you sent after the backup are not shown here. The reporters and your colleagues have them: ask, before you write the same again.",
		"Files that you had saved are not here. advocate files CASE fetches them again.",
	}
	if r.now().Sub(r.day) > mailLasts {
		n = append(n, "This backup is older than four weeks. What your old desk had received since may be gone from the server, and with it that somebody took a case back. "+
			"Talk to your colleagues about each case before you write in it or pass anything on.")
	}
	return n
}

// damaged tells apart what is wrong with a backup, and what with the disk that it goes to.
type damaged struct{ io.Reader }

func (d damaged) Read(b []byte) (int, error) {
	n, err := d.Reader.Read(b)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%w (%w)", ErrBackup, err)
	}
	return n, err
}

// measured is the backup as it is read.
type measured struct {
	r           io.Reader
	done, total int64
	progress    func(done, total int64)
}

func (m *measured) Read(b []byte) (int, error) {
	n, err := m.r.Read(b)
	if m.done += int64(n); m.progress != nil {
		m.progress(m.done, m.total)
	}
	return n, err
}
