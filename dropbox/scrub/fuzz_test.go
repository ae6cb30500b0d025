package scrub_test

import (
	"bytes"
	"errors"
	"testing"

	"tellbox/dropbox/scrub"
)

// Whatever comes, Clean does not panic, makes nothing longer than by an Exif of one tag, and finds nothing in what it has cleaned. And the
// same bytes in every place for hidden data of a good picture leave nothing behind but a number from 2 to 8.
func FuzzClean(f *testing.F) {
	seeds := [][]byte{nil, []byte(canary), []byte(turned(5)), []byte(exif(bigEndian, 7)), baseJPEG(f), basePNG(f)}
	for _, p := range corpus(f) {
		seeds = append(seeds, p.dirty[:min(len(p.dirty), 8000)], p.dirty[:p.end], p.want)
	}
	if len(seeds) < 10 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var once, twice bytes.Buffer
		report, err := scrub.Clean(&once, bytes.NewReader(data))
		if err != nil && !errors.Is(err, scrub.ErrBroken) || report.Cleaned != (err == nil && report.Kind != scrub.Other) {
			t.Fatalf("%+v, %v", report, err)
		}
		if err == nil {
			if once.Len() > len(data)+len(turned(2)) {
				t.Errorf("%d bytes became %d", len(data), once.Len())
			}
			again, err := scrub.Clean(&twice, bytes.NewReader(once.Bytes()))
			if report.Removed = 0; err != nil || again != report || !bytes.Equal(once.Bytes(), twice.Bytes()) {
				t.Errorf("cleaned twice: %+v, %v; once: %+v; same %v", again, err, report, bytes.Equal(once.Bytes(), twice.Bytes()))
			}
		}
		hide(t, data)
	})
}

// hide plants data in good pictures, wherever hidden data can be.
func hide(t *testing.T, data []byte) {
	s := canary + string(data[:min(len(data), 60000)])
	for _, prefix := range []string{"", "Exif\x00\x00", "http://ns.adobe.com/xap/1.0/\x00", "Photoshop 3.0\x00"} {
		for _, marker := range []byte{0xe1, 0xe5, 0xed, 0xfe} {
			hidden(t, baseJPEG(t), segment(marker, prefix+s), func(o byte) []byte { return segment(0xe1, "Exif\x00\x00"+turned(o)) })
		}
	}
	// Without the canary before it, for it has to begin as an Exif does.
	hidden(t, baseJPEG(t), segment(0xe1, "Exif\x00\x00"+s[len(canary):]), func(o byte) []byte { return segment(0xe1, "Exif\x00\x00"+turned(o)) })
	for _, kind := range []string{"tEXt", "zTXt", "iTXt", "tIME", "sPLT", "prVt", "eXIf"} {
		hidden(t, basePNG(t), chunk(kind, s), func(o byte) []byte { return chunk("eXIf", turned(o)) })
	}
	hidden(t, basePNG(t), chunk("eXIf", s[len(canary):]), func(o byte) []byte { return chunk("eXIf", turned(o)) })
	for _, base := range [][]byte{baseJPEG(t), basePNG(t)} {
		if got, report := clean(t, append(bytes.Clone(base), s...)); !bytes.Equal(got, base) || report.Removed != scrub.Behind {
			t.Errorf("behind the end: %+v, same %v", report, bytes.Equal(got, base))
		}
	}
}

func hidden(t *testing.T, base, piece []byte, exif func(byte) []byte) {
	got, report := clean(t, insert(base, piece))
	if bytes.Equal(got, base) {
		if report.Removed == 0 || report.Orientation {
			t.Errorf("%.20q went unsaid: %+v", piece, report)
		}
		return
	}
	for o := byte(2); o <= 8; o++ {
		if bytes.Equal(got, insert(base, exif(o))) && report.Orientation && (report.Removed != 0 || bytes.Equal(piece, exif(o))) {
			return
		}
	}
	t.Errorf("%.20q left something: %+v", piece, report)
}
