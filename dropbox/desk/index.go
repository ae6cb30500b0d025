package desk

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"filippo.io/age"

	"tellbox/dropbox"
)

// indexFile is what the envelopes in mail/ and sent/ say, in one age file sealed to herself, so that a start need not open each of them:
//
//	tellbox/1 index    the header line
//	HASH LENGTH        the SHA-256 of an envelope, in hexadecimal, and the bytes of the frame in it
//	…                  that frame as dropbox.Opened.Bytes has it, and a newline
//	                   and so on
//	mac 64 hex digits  HMAC-SHA256 under her local key over "tellbox/1 private\n", "index.age\n" and all before this line: anybody can
//	                   seal to her, and could have one envelope stand for another
//	                   spaces up to a dropbox.PaddedSize: its length must not tell how much somebody wrote
//
// All of it is derived. If it is lost, cut, damaged, of another version or sealed to another key, nothing is said, and it
// is made anew out of the envelopes; so is one that she did not make. What it says of an envelope that is not there counts for nothing; an envelope that it does not have is
// opened. It makes nobody believed: frames out of it go through every check that frames out of envelopes do. Like all of the folder it is
// trusted as far as the disk is.
//
// It is opened with the identity of today alone, and has no envelope that only a former one opens: so a start knows which have to be sealed anew.
// Nor has it one that did not open: a later program, or another identity, may open it; nor what was taken back or belongs to a
// case that she has forgotten.
const (
	indexFile   = "index.age"
	indexHeader = "tellbox/1 index\n"
)

var errIndex = errors.New("this is no index")

// readIndex gives the frames by the hashes of their envelopes; none if there is anything wrong with it.
func (d *Desk) readIndex() map[string][]byte {
	f, err := os.Open(d.home.path(indexFile))
	if err != nil {
		return nil
	}
	defer f.Close()
	r, err := age.Decrypt(bufio.NewReader(f), d.me.Identity)
	if err != nil {
		return nil
	}
	frames, err := parseIndex(bufio.NewReaderSize(r, 64<<10), d.vouching(indexFile))
	if err != nil {
		return nil
	}
	return frames
}

func parseIndex(r *bufio.Reader, mac hash.Hash) (map[string][]byte, error) {
	mac.Write([]byte(indexHeader))
	if header, err := r.ReadString('\n'); err != nil || header != indexHeader {
		return nil, errIndex
	}
	frames := map[string][]byte{}
	for {
		line, err := r.ReadString('\n')
		if sum, ok := strings.CutPrefix(line, "mac "); ok {
			if !hmac.Equal([]byte(sum), []byte(hex.EncodeToString(mac.Sum(nil))+"\n")) {
				return nil, errIndex
			}
			_, err := io.Copy(io.Discard, r) // to its end, or it may be cut
			return frames, err
		}
		hash, length, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		n, err2 := strconv.Atoi(length)
		if err != nil || err2 != nil || !ok || n < 0 || n > dropbox.MaxEnvelope {
			return nil, errIndex
		}
		frame := make([]byte, n+1)
		if _, err := io.ReadFull(r, frame); err != nil || frame[n] != '\n' {
			return nil, errIndex
		}
		mac.Write([]byte(line))
		mac.Write(frame)
		frames[hash] = frame[:n]
	}
}

// reopen opens an item out of the index, if that has it.
func (it *item) reopen(frames map[string][]byte) bool {
	frame, ok := frames[it.hash]
	if !ok {
		return false
	}
	o, err := dropbox.Reopen(frame)
	if err != nil {
		return false
	}
	it.opened, it.exact, it.indexed = o, true, true
	return true
}

// saveIndex writes the index if it would be another than the one that is there.
func (d *Desk) saveIndex() error {
	keep := d.indexable()
	if maps.Equal(d.indexed, keep) {
		return nil
	}
	sealed, err := d.sealIndex(keep)
	if err != nil {
		return fmt.Errorf("sealing the index: %w", err)
	}
	if err := d.home.write(indexFile, sealed); err != nil {
		return err
	}
	d.indexed = keep
	return nil
}

// indexable are the hashes of the envelopes that the index is to have.
func (d *Desk) indexable() hashes {
	keep := hashes{}
	for _, it := range slices.Concat(d.mail, d.sent) {
		if it.opened != nil && it.exact && !it.former && !d.ofForgotten(it) {
			keep[it.hash] = true
		}
	}
	if !d.Joined() {
		return keep
	}
	f := d.fold()
	for _, c := range f.cases {
		if c.gone() {
			for _, it := range slices.Concat(c.items, c.strangers) {
				delete(keep, it.hash)
			}
		}
	}
	return keep
}

func (d *Desk) sealIndex(keep hashes) ([]byte, error) {
	var b bytes.Buffer
	w, err := age.Encrypt(&b, d.me.Identity.Recipient())
	if err != nil {
		return nil, err
	}
	plain, mac := bufio.NewWriterSize(w, 64<<10), d.vouching(indexFile) // what the first fails with, Flush says
	both := io.MultiWriter(plain, mac)
	length, _ := io.WriteString(both, indexHeader)
	for _, it := range slices.Concat(d.mail, d.sent) {
		if keep[it.hash] {
			frame := it.opened.Bytes()
			n, _ := fmt.Fprintf(both, "%s %d\n%s\n", it.hash, len(frame), frame)
			length += n
		}
	}
	n, _ := fmt.Fprintf(plain, "mac %x\n", mac.Sum(nil))
	length += n
	for range dropbox.PaddedSize(int64(length)) - int64(length) {
		plain.WriteByte(' ')
	}
	if err := errors.Join(plain.Flush(), w.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// whole says whether an envelope is on the disk as it came, or as it was sealed anew. That it was opened out of the index does not say so.
func (d *Desk) whole(it *item) bool {
	envelope, err := d.home.read(it.name(".age"))
	return err == nil && it.is(envelope)
}

// dropIndex deletes the index before anything that stands in it is deleted: wherever the program is stopped, no index has what is gone. The
// next is written without it.
func (d *Desk) dropIndex() error {
	d.indexed = nil
	return d.home.remove(indexFile)
}
