package scrub_test

import (
	"bytes"
	"errors"
	"testing"

	"tellbox/dropbox/scrub"
)

// Whatever comes, Clean does not panic, makes nothing longer than by an Exif of one tag, and finds nothing in what it has cleaned. And the
// same bytes in a place for hidden data of a good picture leave nothing behind but a number from 2 to 8.
func FuzzClean(f *testing.F) {
	seeds := [][]byte{nil, []byte(canary), []byte(turned(5)), []byte(exif(bigEndian, 7)), baseJPEG(f), basePNG(f)}
	for _, p := range corpus(f) {
		seeds = append(seeds, p.dirty[:min(len(p.dirty), 8000)], p.dirty[:p.end], p.want)
	}
	if len(seeds) < 10 {
		f.Fatal("no seeds")
	}
	j, p := baseJPEG(f), basePNG(f)
	for i, s := range seeds {
		f.Add(s, byte(i))
	}
	for where := range places {
		f.Add([]byte(canary), byte(where))
		f.Add([]byte(exif(bigEndian, 7)), byte(where))
	}
	f.Fuzz(func(t *testing.T, data []byte, where byte) {
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
		place := places[int(where)%len(places)]
		hidden := place.prefix + string(data[:min(len(data), 60000)])
		if place.kind != "" {
			hide(t, p, chunk(place.kind, hidden), func(o byte) []byte { return chunk("eXIf", turned(o)) })
		} else {
			hide(t, j, segment(place.marker, hidden), func(o byte) []byte { return segment(0xe1, "Exif\x00\x00"+turned(o)) })
		}
		for _, base := range [][]byte{j, p} {
			if got, report := clean(t, append(bytes.Clone(base), canary+hidden...)); !bytes.Equal(got, base) || report.Removed != scrub.Behind {
				t.Errorf("behind the end: %+v, same %v", report, bytes.Equal(got, base))
			}
		}
	})
}

// places are where data can be hidden in a good picture.
var places = []struct {
	marker byte
	kind   string
	prefix string
}{
	{0xe1, "", "Exif\x00\x00"}, {0xe1, "", "http://ns.adobe.com/xap/1.0/\x00"}, {0xed, "", "Photoshop 3.0\x00"}, {0xe0, "", "JFXX\x00"},
	{0xe1, "", canary}, {0xe2, "", canary}, {0xe5, "", ""}, {0xef, "", canary}, {0xfe, "", ""},
	{0, "tEXt", ""}, {0, "zTXt", ""}, {0, "iTXt", ""}, {0, "tIME", ""}, {0, "sPLT", ""}, {0, "prVt", ""}, {0, "fdAT", ""}, {0, "eXIf", ""},
}

// hide puts a piece into a picture, which has to come out as it was, but for an orientation.
func hide(t *testing.T, base, piece []byte, exif func(byte) []byte) {
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
