package scrub_test

import (
	"bytes"
	"errors"
	"image"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"tellbox/dropbox/scrub"
)

func clean(t testing.TB, b []byte) ([]byte, scrub.Report) {
	t.Helper()
	var out bytes.Buffer
	report, err := scrub.Clean(&out, bytes.NewReader(b))
	must(t, err)
	return out.Bytes(), report
}

// What a camera and an editor plant is gone, said, and gone for good; the picture is the same.
func TestCleanCorpus(t *testing.T) {
	for _, p := range corpus(t) {
		t.Run(p.name, func(t *testing.T) {
			if n := bytes.Count(p.dirty, []byte(canary)); n < 10 {
				t.Fatalf("only %d canaries planted", n)
			}
			got, report := clean(t, p.dirty)
			if bytes.Contains(got, []byte(canary)) || bytes.Contains(got, []byte("CANA")) {
				t.Errorf("a canary survives in %q", got)
			}
			if !bytes.Equal(got, p.want) {
				t.Errorf("got %d bytes, want %d:\n%q\n%q", len(got), len(p.want), got[:200], p.want[:200])
			}
			want := scrub.Report{Kind: scrub.KindOf(p.dirty), Cleaned: true, Removed: p.removed, Orientation: true, Turn: 6, Profile: true}
			if p.name == "png" {
				want.Turn = 8
			}
			if report != want {
				t.Errorf("got %+v, want %+v: %v", report, want, report.Removed.Words())
			}
			if !reflect.DeepEqual(pixels(t, p.dirty), pixels(t, got)) {
				t.Error("the picture has changed")
			}
			again, report := clean(t, got)
			if !bytes.Equal(again, got) || report.Removed != 0 || !report.Orientation || !report.Profile {
				t.Errorf("cleaned twice: same %v, %+v", bytes.Equal(again, got), report)
			}
			var slow bytes.Buffer
			_, err := scrub.Clean(&slow, iotest.OneByteReader(bytes.NewReader(p.dirty)))
			if must(t, err); !bytes.Equal(slow.Bytes(), got) {
				t.Error("byte by byte it comes out differently")
			}
		})
	}
}

func pixels(t testing.TB, b []byte) image.Image {
	t.Helper()
	m, _, err := image.Decode(bytes.NewReader(b))
	must(t, err)
	return m
}

// A picture without hidden data passes byte for byte.
func TestNothingToFind(t *testing.T) {
	for _, b := range [][]byte{baseJPEG(t), basePNG(t), fromCJPEG(t, "progressive.jpg"), fromCJPEG(t, "restart.jpg"),
		fromCJPEG(t, "progressive-restart.jpg")} { // the last one image/jpeg cannot decode
		got, report := clean(t, b)
		if want := (scrub.Report{Kind: scrub.KindOf(b), Cleaned: true}); report != want || !bytes.Equal(got, b) {
			t.Errorf("got %+v, want %+v, same %v", report, want, bytes.Equal(got, b))
		}
	}
}

// Each thing that a page has a word for, alone.
func TestSays(t *testing.T) {
	xmp := func(s string) []byte { return segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00"+s) }
	iptc := func(set string) []byte {
		return segment(0xed, "Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x08\x1c\x02"+set)
	}
	tag := func(n uint16) []byte {
		return segment(0xe1, "Exif\x00\x00MM\x00*\x00\x00\x00\x08"+string(directory(bigEndian, 8, 0, entry{n, 2, 4, "abc\x00"})))
	}
	jpegs, pngs := baseJPEG(t), basePNG(t)
	for _, c := range []struct {
		name  string
		base  []byte
		piece []byte
		want  string
	}{
		{"author in Exif", jpegs, tag(0x013b), "author"},
		{"date in Exif", jpegs, tag(0x0132), "time"},
		{"program in Exif", jpegs, tag(0x0131), "device"},
		{"description in Exif", jpegs, tag(0x010e), "comment"},
		{"something in Exif", jpegs, tag(0xa001), "app"},
		{"an empty Exif", jpegs, segment(0xe1, "Exif\x00\x00"), "app"},
		{"place in XMP", jpegs, xmp("<photoshop:City>"), "place"},
		{"date in XMP", jpegs, xmp("xmp:CreateDate="), "time"},
		{"something in XMP", jpegs, xmp("<x/>"), "app"},
		{"author in IPTC", jpegs, iptc("\x50\x00\x03Ana"), "author"},
		{"place in IPTC", jpegs, iptc("\x5a\x00\x03Rye"), "place"},
		{"a comment", jpegs, segment(0xfe, "x"), "comment"},
		{"text", pngs, chunk("tEXt", "Anything\x00x"), "text"},
		{"author in PNG", pngs, chunk("tEXt", "Author\x00x"), "author text"},
		{"time in PNG", pngs, chunk("tIME", "1234567"), "time"},
		{"private chunk", pngs, chunk("abCd", "x"), "app"},
	} {
		got, report := clean(t, insert(c.base, c.piece))
		if said := strings.Join(report.Removed.Words(), " "); said != c.want || !bytes.Equal(got, c.base) {
			t.Errorf("%s: got %q, want %q; taken out: %v", c.name, said, c.want, bytes.Equal(got, c.base))
		}
		if _, report := clean(t, append(bytes.Clone(c.base), 0)); report.Removed != scrub.Behind {
			t.Errorf("one byte behind: %v", report.Removed.Words())
		}
	}
}

// Orientation is kept where it turns the picture, and nowhere else.
func TestOrientation(t *testing.T) {
	for o := range uint16(11) {
		for _, base := range [][]byte{baseJPEG(t), basePNG(t)} {
			dirty, want := insert(base, chunk("eXIf", exif(bigEndian, o))), base
			if base[0] == 0xff {
				dirty = insert(base, segment(0xe1, "Exif\x00\x00"+exif(bigEndian, o)))
			}
			if o >= 2 && o <= 8 {
				want = insert(base, chunk("eXIf", turned(byte(o))))
				if base[0] == 0xff {
					want = insert(base, segment(0xe1, "Exif\x00\x00"+turned(byte(o))))
				}
			}
			if got, report := clean(t, dirty); !bytes.Equal(got, want) || report.Orientation != (o >= 2 && o <= 8) || report.Orientation != (report.Turn != 0) {
				t.Errorf("orientation %d: %+v, as wanted %v", o, report, bytes.Equal(got, want))
			}
		}
	}
}

// Anything else passes as it is, and is not called clean, whatever its name would be.
func TestOthersPass(t *testing.T) {
	for _, s := range []string{"", "\xff", "\xff\xd8", "\x89PNG\r\n\x1a", "%PDF-1.7 " + canary, "GIF89a", strings.Repeat("long ", 1e5)} {
		got, report := clean(t, []byte(s))
		if string(got) != s || report != (scrub.Report{}) {
			t.Errorf("%.10q: %d of %d bytes, %+v", s, len(got), len(s), report)
		}
	}
}

// A picture that is cut is broken; an upload that stops, and a disk that is full, are said as what they are.
func TestCut(t *testing.T) {
	stop := errors.New("connection lost")
	for _, p := range corpus(t) {
		p.dirty = p.dirty[:p.end]
		if len(p.dirty) > 20000 {
			p.dirty = bytes.Replace(p.dirty, chunk("caBX", strings.Repeat(canary, 20000)), nil, 1)
		}
		for n := 0; n < len(p.dirty); n++ {
			cut := p.dirty[:n]
			report, err := scrub.Clean(io.Discard, bytes.NewReader(cut))
			if other := scrub.KindOf(cut) == scrub.Other; report.Cleaned || other != (err == nil) || !other && !errors.Is(err, scrub.ErrBroken) {
				t.Fatalf("%s cut at %d: %+v, %v", p.name, n, report, err)
			}
			for _, stop := range []error{stop, io.ErrUnexpectedEOF} {
				report, err = scrub.Clean(io.Discard, io.MultiReader(bytes.NewReader(cut), iotest.ErrReader(stop)))
				if report.Cleaned || !errors.Is(err, stop) || errors.Is(err, scrub.ErrBroken) {
					t.Fatalf("%s stopped at %d: %+v, %v", p.name, n, report, err)
				}
			}
		}
		if _, err := scrub.Clean(io.Discard, bytes.NewReader(p.dirty)); err != nil {
			t.Errorf("%s uncut: %v", p.name, err)
		}
		_, err := scrub.Clean(io.Discard, io.MultiReader(bytes.NewReader(p.dirty), strings.NewReader(canary), iotest.ErrReader(stop)))
		if !errors.Is(err, stop) {
			t.Errorf("%s stopped behind its end: %v", p.name, err)
		}
		_, err = scrub.Clean(fullDisk{}, bytes.NewReader(p.dirty))
		if !errors.Is(err, errFull) || errors.Is(err, scrub.ErrBroken) {
			t.Errorf("%s to a full disk: %v", p.name, err)
		}
	}
}

var errFull = errors.New("disk full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }
