package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/badger/v4/y"
	"golang.org/x/sys/unix"
)

// Badger is no judge of its own files: of a flipped bit in a table it dies, tables that a cut manifest does not name it deletes,
// and a damaged log it shortens without a word. So they are looked at before it opens them, by reading alone.

// inspected is what badger's files hold.
type inspected struct {
	commits uint64   // the newest of the store's transactions
	version uint64   // the newest of badger's
	wrong   []string // sentences that name a file of which something cannot be read
	closed  bool     // without one of them nothing can be opened
	torn    bool     // the manifest ends amid a change
	tables  []uint64 // that badger would die of
	orphans []string // tables that the manifest does not name
	useless []string // files that hold nothing and over which badger would stumble; it makes them anew
}

func (i *inspected) fault(format string, args ...any) {
	i.wrong = append(i.wrong, fmt.Sprintf(format, args...))
}

// inspect looks at badger's files in dir. Its errors are ErrLocked and the file system's.
func inspect(dir string) (i inspected, err error) {
	lock, err := os.Open(dir)
	if err != nil {
		return i, err
	}
	defer lock.Close()
	if unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil { // as badger does
		return i, ErrLocked
	}
	tables, err := i.manifest(filepath.Join(dir, badger.ManifestFilename))
	for _, id := range tables {
		if err == nil {
			err = i.table(id, table.NewFilename(id, dir))
		}
	}
	if err != nil {
		return i, err
	}
	entries, err := os.ReadDir(dir) // sorted: logs are numbered as they were begun
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case err != nil:
		case filepath.Ext(path) == ".sst" && !slices.ContainsFunc(tables, func(id uint64) bool { return table.NewFilename(id, dir) == path }):
			i.orphans = append(i.orphans, path)
		case e.Name() == badger.KeyRegistryFileName, filepath.Ext(path) == ".vlog", filepath.Ext(path) == ".mem":
			err = mapped(path, func(b []byte) { i.file(path, b) })
		}
	}
	return i, err
}

// mapped calls f with what is in a file: logs are 32 MiB of which most is a hole.
func mapped(path string, f func(b []byte)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		f(nil)
		return err
	}
	b, err := unix.Mmap(int(file.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	f(b)
	return unix.Munmap(b)
}

// manifest is which tables there are. A power cut can tear its last change; then the log still has what that table holds,
// and nothing else is wrong. If something is, badger must not open: what the manifest does not name any more it would delete.
func (i *inspected) manifest(path string) (tables []uint64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	m, end, err := badger.ReplayManifestFile(f, 0, badger.Options{})
	if err != nil {
		i.fault("badger/%s cannot be read", badger.ManifestFilename)
		i.closed = true
		return nil, nil
	}
	i.torn = end != info.Size()
	for id := range m.Tables {
		tables = append(tables, id)
	}
	slices.Sort(tables)
	return tables, nil
}

// table reads all of a table, as badger would.
func (i *inspected) table(id uint64, path string) (err error) {
	sound := false
	err = mapped(path, func(b []byte) { sound = i.readTable(b) })
	if err == nil && sound {
		return nil
	}
	what := "cannot be read"
	if errors.Is(err, os.ErrNotExist) {
		what, err = "is missing", nil
	}
	i.fault("badger/%s %s", filepath.Base(path), what)
	i.tables = append(i.tables, id)
	return err
}

func (i *inspected) readTable(b []byte) (sound bool) {
	defer func() {
		if recover() != nil {
			sound = false
		}
	}()
	t, err := table.OpenInMemoryTable(b, 0, &table.Options{ChkMode: options.OnBlockRead})
	if err != nil || t.VerifyChecksum() != nil {
		return false
	}
	i.version = max(i.version, t.MaxVersion())
	it := t.NewIterator(0)
	defer it.Close()
	if it.Seek(y.KeyWithTs([]byte("commits"), math.MaxUint64)); it.Valid() && string(y.ParseKey(it.Key())) == "commits" {
		n, _ := decodeSeq(it.Value().Value)
		i.commits = max(i.commits, n)
	}
	return true
}

// A log is 20 bytes, the first 8 zero, and entries: 1 meta ‖ 1 ‖ varint k ‖ varint v ‖ varint ‖ k key, with 8 bytes of version ‖ v
// value ‖ 4 CRC-32C of all that. The last entry of a transaction has bitFin, and its version as text.
const (
	logHead = 20
	bitTxn  = 1 << 6
	bitFin  = 1 << 7
)

// file looks at one of the files that are no tables. The value log and the registry of keys hold nothing: every value
// stays in the LSM tree, and badger's encryption is not used.
func (i *inspected) file(path string, b []byte) {
	name, sound := filepath.Base(path), len(b) >= logHead && blank(b[:8])
	switch {
	case name == badger.KeyRegistryFileName && (len(b) != 28 || string(b[16:]) != "Hello Badger"),
		filepath.Ext(name) == ".vlog" && !sound, filepath.Ext(name) == ".mem" && len(b) == 0:
		i.useless = append(i.useless, path)
	case filepath.Ext(name) == ".mem" && !sound:
		i.fault("badger/%s cannot be read", name)
		i.closed = true
	case filepath.Ext(name) == ".mem":
		i.log(name, b[logHead:])
	}
}

// log reads a log as far as badger would. What follows was never committed, or it was and is damaged: then the newest
// transaction is not the last that was answered, or there is a gap between this file and the next.
func (i *inspected) log(name string, b []byte) {
	var commits, version uint64
	for {
		meta, key, value, n := logEntry(b)
		if n == 0 {
			return
		}
		b = b[n:]
		switch {
		case meta&bitTxn != 0:
			version = y.ParseTs(key)
			if string(y.ParseKey(key)) == "commits" {
				commits, _ = decodeSeq(value)
			}
		case meta&bitFin != 0 && string(value) == strconv.FormatUint(version, 10):
			if version > i.version+1 {
				i.fault("badger/%s begins with change %d, and the other files end with %d", name, version, i.version)
			}
			i.version, i.commits = max(i.version, version), max(i.commits, commits)
		default:
			return
		}
	}
}

// logEntry is the entry at the beginning of b, and its length: 0 if there is none.
func logEntry(b []byte) (meta byte, key, value []byte, n int) {
	if len(b) < 2 {
		return
	}
	head := bytes.NewReader(b[2:min(len(b), 32)])
	k, err := binary.ReadUvarint(head)
	v, err2 := binary.ReadUvarint(head)
	_, err3 := binary.ReadUvarint(head)
	at := uint64(2 + int(head.Size()) - head.Len())
	if errors.Join(err, err2, err3) != nil || k <= 8 || k > 1<<16 || v > 1<<30 || uint64(len(b)) < at+k+v+4 {
		return
	}
	end := at + k + v
	if crc32.Checksum(b[:end], y.CastagnoliCrcTable) != binary.BigEndian.Uint32(b[end:]) {
		return
	}
	return b[0], b[at : at+k], b[at+k : end], int(end + 4)
}

// prepare lets badger open dir all the same. Tables that cannot be read are taken out of its hands and kept: everything that stands
// in them is missing.
func (i *inspected) prepare(dir string) error {
	removeAll(i.useless)
	for _, path := range i.orphans { // badger deletes them, and is right unless something is missing
		if len(i.wrong) > 0 {
			if err := os.Rename(path, path+".damaged"); err != nil {
				return err
			}
		}
	}
	if len(i.tables) == 0 {
		return nil
	}
	var changes []byte // as badger writes them: protocol buffers of {1: repeated {1: id, 2: 1 for a deletion}}
	for _, id := range i.tables {
		change := append(binary.AppendUvarint([]byte{0x08}, id), 0x10, 1)
		changes = append(append(changes, 0x0a, byte(len(change))), change...)
		path := table.NewFilename(id, dir)
		if err := os.Rename(path, path+".damaged"); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	f, err := os.OpenFile(filepath.Join(dir, badger.ManifestFilename), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	b := binary.BigEndian.AppendUint32(nil, uint32(len(changes)))
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(changes, y.CastagnoliCrcTable))
	if _, err := f.Write(append(b, changes...)); err != nil {
		return err
	}
	return errors.Join(f.Sync(), syncDir(dir))
}
