// Package scrub takes hidden data out of pictures: what a camera or a program writes beside the picture itself, and what can lead to
// whoever took it, from where it was taken to the serial number of the telephone.
//
// It removes from a JPEG (ITU-T T.81) every application segment but those named below, so Exif (2.32, on TIFF 6.0), XMP, IPTC,
// Photoshop's, MPF's and makers' own; every comment; the thumbnail of JFIF; what lies between segments; and all that follows the end of
// the picture, as second pictures, short films, archives, and what an editor left of the picture before it was cropped. From a PNG
// (third edition) it removes texts, eXIf, tIME, sPLT, every chunk that it does not know, and all that follows IEND.
//
// It keeps the picture, byte for byte and never compressed anew: frames, tables, scans, in PNG also transparency, colour and animation;
// Adobe's colour transform; the density of JFIF; a turn of the picture (Exif orientation 2 to 8), alone in an Exif of our own; and the ICC
// profile, up to 4 MiB, without its name in PNG. Tables and small chunks are kept only when they are as long as their own fields say.
//
// It does not promise that a picture is anonymous. What can be seen in it stays, and so do the noise of the sensor, the choice of tables,
// and anything hidden in pixels, in compressed data behind its end, or in a colour profile, which can name the screen that a screenshot
// was taken on and the day it was made. Other formats, HEIC, PDF and films among them, pass through as they are, and the report says so.
//
// Nothing in a file is trusted: a length is only ever a number of bytes to read, and memory stays below 300 KB, whatever the file says.
package scrub

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// ErrBroken: the picture ends too early, or is made in a way that cannot be cleaned. Whoever sends it can keep the original, or take
// another picture.
var ErrBroken = errors.New("the picture is broken")

// maxProfile is how large a colour profile may be, in a PNG compressed. Those of printing presses have 2 MiB.
const maxProfile = 4 << 20

// maxLook is how much of one piece of hidden data is looked at to say what it is; a segment of a JPEG is never longer.
const maxLook = 1<<16 - 1 - 2

// Kind is what a file is, by its first bytes.
type Kind int

// Other is everything that this package does not clean.
const (
	Other Kind = iota
	JPEG
	PNG
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// KindOf tells by the first eight bytes of a file what it is. Names do not count.
func KindOf(head []byte) Kind {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return JPEG
	case bytes.HasPrefix(head, []byte(pngMagic)):
		return PNG
	}
	return Other
}

// Data is a set of kinds of hidden data.
type Data uint16

// The kinds. What is in none of the others is App.
const (
	Place Data = 1 << iota
	Time
	Device // make, model, serial numbers, and the program
	Author
	Thumbnail
	Comment
	Text
	App
	Behind // anything after the end of the picture
)

var words = [...]string{"place", "time", "device", "author", "thumbnail", "comment", "text", "app", "behind"}

// Words lists the kinds in the set, in the order above, each as one lower-case word that a page has a sentence for.
func (d Data) Words() []string {
	var list []string
	for i, word := range words {
		if d&(1<<i) != 0 {
			list = append(list, word)
		}
	}
	return list
}

// Report says what Clean did.
type Report struct {
	Kind        Kind
	Cleaned     bool // false: the file was copied as it is, or there was an error
	Removed     Data // nothing of these is in the copy
	Orientation bool // kept: which way up the picture is
	Turn        byte // as Exif says it: 2 to 8, or 0 where nothing was kept
	Profile     bool // kept: its colour profile
}

// Clean copies a file from src to dst, a JPEG or PNG without its hidden data, anything else as it is. It reads src to its end. After any
// error what has been written is part of a file, and must not be used. The error is ErrBroken, or what reading or writing failed with; none
// holds anything of the file.
func Clean(dst io.Writer, src io.Reader) (Report, error) {
	out := bufio.NewWriterSize(dst, 64<<10)
	from := &source{r: src, out: out}
	c := &cleaner{in: bufio.NewReaderSize(from, 64<<10), out: out}
	head, _ := c.in.Peek(len(pngMagic)) // an error comes again, or is in from
	c.report.Kind = KindOf(head)
	var err error
	switch c.report.Kind {
	case JPEG:
		err = (&jpegCleaner{cleaner: c}).clean()
	case PNG:
		err = (&pngCleaner{cleaner: c, seen: map[string]bool{}}).clean()
	default:
		_, err = io.Copy(c.out, c.in)
	}
	wrote := c.out.Flush()
	switch {
	case from.err != nil: // before all else: an upload that stops is not a broken picture
		return c.report, fmt.Errorf("reading the file: %w", from.err)
	case wrote != nil:
		return c.report, fmt.Errorf("writing the cleaned file: %w", wrote)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return c.report, broken("it ends too early")
	case err != nil:
		return c.report, err
	}
	c.report.Cleaned = c.report.Kind != Other
	return c.report, nil
}

func broken(why string) error { return fmt.Errorf("%w: %s", ErrBroken, why) }

// source remembers why reading failed, where it was not the end. It stops when writing has failed, which bufio.Writer remembers, so that no
// single write needs to be asked.
type source struct {
	r   io.Reader
	out *bufio.Writer
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if _, err := s.out.Write(nil); err != nil {
		return 0, err
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF && s.err == nil {
		s.err = err
	}
	return n, err
}

// cleaner is what both formats need. Its errors are those of bufio: Clean gives them their names.
type cleaner struct {
	in     *bufio.Reader
	out    *bufio.Writer
	report Report
	look   []byte // the piece that is looked at, at most maxLook bytes
	exif   bool   // there was one; only the first counts
}

// each hands the next n bytes of the file to do, piece by piece.
func (c *cleaner) each(n int64, do func([]byte)) error {
	for n > 0 {
		piece, err := c.in.Peek(int(min(n, int64(c.in.Size()))))
		if err != nil {
			return err
		}
		do(piece)
		c.in.Discard(len(piece))
		n -= int64(len(piece))
	}
	return nil
}

// take reads n bytes, of which it gives back the first maxLook. They are good until the next call.
func (c *cleaner) take(n int64) ([]byte, error) {
	c.look = c.look[:0]
	err := c.each(n, func(piece []byte) {
		c.look = append(c.look, piece[:min(len(piece), maxLook-len(c.look))]...)
	})
	return c.look, err
}

// turned reads the TIFF structure of an Exif, notes what it tells, and returns what of it is kept: nil, or an Exif with one tag.
func (c *cleaner) turned(tiff []byte) []byte {
	found, orientation := readExif(tiff)
	var kept []byte
	if orientation >= 2 && orientation <= 8 && !c.exif {
		kept = []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00_\x00\x00\x00\x00\x00\x00")
		kept[19] = orientation
		c.report.Orientation, c.report.Turn = true, orientation
	}
	c.exif = true
	if kept == nil || !bytes.Equal(kept, tiff) {
		c.removed(found)
	}
	return kept
}

// removed notes what a piece held that was taken out; one that told nothing in particular is App.
func (c *cleaner) removed(found Data) {
	if found == 0 {
		found = App
	}
	c.report.Removed |= found
}

// behind reads what follows the picture, and drops it.
func (c *cleaner) behind() error {
	n, err := io.Copy(io.Discard, c.in)
	if n > 0 {
		c.report.Removed |= Behind
	}
	return err
}
