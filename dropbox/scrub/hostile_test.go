package scrub_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"tellbox/dropbox/scrub"
)

// repeated is a file of a beginning, the same piece many times, and an end.
func repeated(begin, piece []byte, times int, end []byte) io.Reader {
	parts := []io.Reader{bytes.NewReader(begin)}
	for range times {
		parts = append(parts, bytes.NewReader(piece))
	}
	return io.MultiReader(append(parts, bytes.NewReader(end))...)
}

// counted counts what has been read.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// cleanIn cleans, and fails when that allocates more than limit bytes in all.
func cleanIn(t *testing.T, name string, limit uint64, r io.Reader) (int64, scrub.Report, error) {
	t.Helper()
	src := &counted{r: r}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	report, err := scrub.Clean(io.Discard, src)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > limit {
		t.Errorf("%s: %d bytes allocated for %d read, want at most %d", name, used, src.n, limit)
	}
	return src.n, report, err
}

// Memory does not grow with the file, whatever fills it: one allocation of any of these pieces each would be far over the limit.
func TestMemory(t *testing.T) {
	j, p := baseJPEG(t), basePNG(t)
	scan := bytes.Index(j, []byte("\xff\xda")) + 14
	full := strings.Repeat("x", 65533)
	for _, c := range []struct {
		name       string
		begin, end []byte
		piece      []byte
		times      int
	}{
		{"comments of 64 KiB", j[:2], j[2:], segment(0xfe, full), 500},
		{"XMP of 64 KiB", j[:2], j[2:], segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00"+full[:65000]), 100},
		{"Exif of 64 KiB", j[:2], j[2:], segment(0xe1, "Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff"+full[:65000]), 300},
		{"small segments", j[:2], j[2:], segment(0xe5, ""), 5000},
		{"fill bytes", j[:2], j[2:], bytes.Repeat([]byte{0xff}, 1<<20), 30},
		{"rubbish between segments", append(bytes.Clone(j[:2]), segment(0xe5, "")...), j[2:], bytes.Repeat([]byte("\x00"), 1<<20), 30},
		{"a long scan", j[:scan], j[scan:], bytes.Repeat([]byte("\x12\xff\x00"), 1<<18), 40},
		{"much behind", j, nil, make([]byte, 1<<20), 30},
		{"small chunks", p[:33], p[33:], chunk("teXt", ""), 5000},
		{"texts of 1 MiB", p[:33], p[33:], chunk("tEXt", strings.Repeat("x", 1<<20)), 30},
		{"data of 1 MiB", p[:33], p[33:], chunk("IDAT", strings.Repeat("x", 1<<20)), 30},
	} {
		size := int64(len(c.begin) + len(c.piece)*c.times + len(c.end))
		read, report, err := cleanIn(t, c.name, 1<<20, repeated(c.begin, c.piece, c.times, c.end))
		if read != size || !report.Cleaned || err != nil {
			t.Errorf("%s: %d of %d bytes read, %+v, %v", c.name, read, size, report, err)
		}
	}
}

// A length is only believed as far as the bytes are there.
func TestLies(t *testing.T) {
	j, p := baseJPEG(t), basePNG(t)
	sof, sos, dqt := bytes.Index(j, []byte("\xff\xc0")), bytes.Index(j, []byte("\xff\xda")), bytes.Index(j, []byte("\xff\xdb"))
	with := func(b []byte, at int, s string) []byte {
		return append(append(bytes.Clone(b[:at]), s...), b[at+len(s):]...)
	}
	badCRC := bytes.Clone(p)
	badCRC[bytes.Index(p, []byte("IDAT"))+9] ^= 1
	cases := map[string][]byte{
		"only a start":                     []byte("\xff\xd8\xff"),
		"start and end":                    []byte("\xff\xd8\xff\xd9"),
		"no scan":                          append(bytes.Clone(j[:sos]), 0xff, 0xd9),
		"no frame":                         append(bytes.Clone(j[:sof]), j[sos:]...),
		"two frames":                       insert(j, j[sof:sof+2+17]),
		"two starts":                       insert(j, []byte("\xff\xd8")),
		"segment of length 0":              insert(j, []byte("\xff\xe1\x00\x00")),
		"segment of length 1":              insert(j, []byte("\xff\xfe\x00\x01")),
		"tables of length 0":               with(j, dqt+2, "\x00\x00"),
		"segment beyond the end":           insert(j[:100], []byte("\xff\xe1\xff\xff")),
		"text in a quantisation table":     insert(j, segment(0xdb, canary)),
		"text in a Huffman table":          insert(j, segment(0xc4, canary)),
		"text behind a Huffman table":      insert(j, segment(0xc4, strings.Repeat("\x00", 17)+canary)),
		"text in the restart interval":     insert(j, segment(0xdd, canary)),
		"text in the frame":                insert(j, segment(0xc2, "\x08\x00\x01\x00\x01\x00"+canary)),
		"an extension":                     insert(j, segment(0xf0, canary)),
		"a reserved marker":                insert(j, segment(0x02, canary)),
		"a critical chunk":                 insert(p, chunk("CgBI", "1234")),
		"two headers":                      insert(p, p[8:33]),
		"no header":                        append(bytes.Clone(p[:8]), p[33:]...),
		"a long header":                    append([]byte(p[:8:8]), chunk("IHDR", string(p[16:29])+canary)...),
		"no data":                          append(bytes.Clone(p[:33]), chunk("IEND", "")...),
		"text in the end":                  append(bytes.Clone(p[:len(p)-12]), chunk("IEND", canary)...),
		"a palette of 100,000 colours":     insert(p, chunk("PLTE", strings.Repeat("rgb", 100000))),
		"a wrong checksum":                 badCRC,
		"a wrong checksum of what is kept": insert(p, []byte("\x00\x00\x00\x01sRGB\x00\x00\x00\x00\x00")),
		"a chunk of 4 GiB":                 insert(p, []byte("\xff\xff\xff\xfftEXt")),
	}
	for _, kind := range []string{"tEXt", "eXIf", "iCCP", "IDAT", "prVt", "gAMA", "PLTE"} {
		cases[kind+" of 2 GiB"] = append(bytes.Clone(p[:33]), "\x7f\xff\xff\xff"+kind+"ten bytes."...)
	}
	for name, b := range cases {
		if _, report, err := cleanIn(t, name, 1<<20, bytes.NewReader(b)); !errors.Is(err, scrub.ErrBroken) || report.Cleaned {
			t.Errorf("%s: %+v, %v", name, report, err)
		} else if strings.Contains(err.Error(), "CANA") {
			t.Errorf("%s: the error holds some of the file: %v", name, err)
		}
	}
}

// An Exif may lie as it likes: it is read within its own bytes, and goes.
func TestLyingExif(t *testing.T) {
	loop := string(directory(bigEndian, 8, 8, entry{0x8769, 4, 1, "\x00\x00\x00\x08"}, entry{0x8825, 4, 1, "\x00\x00\x00\x08"}))
	many := string(binary.BigEndian.AppendUint16(nil, 5000)) + strings.Repeat("\x87\x69\x00\x04\x00\x00\x00\x01\x00\x00\x00\x08", 5000)
	base := baseJPEG(t)
	for name, tiff := range map[string]string{
		"one that points to itself":             "MM\x00*\x00\x00\x00\x08" + loop,
		"5,000 that point to themselves":        "MM\x00*\x00\x00\x00\x08" + many,
		"a directory beyond the end":            "MM\x00*\xff\xff\xff\xff" + loop,
		"a directory at the last byte":          "MM\x00*\x00\x00\x00\x09\x00\x00",
		"more entries than there are":           "II*\x00\x08\x00\x00\x00\xff\xff" + canary,
		"a value of 4 GiB beyond 32 bits":       "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x3b\x00\x0c\xff\xff\xff\xff\xff\xff\xff\xff",
		"an orientation that is no SHORT":       "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x04\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00",
		"an orientation of 262, which is 6+256": "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x01\x06\x00\x00\x00\x00\x00\x00",
		"the header of nothing":                 "MM\x00*",
		"no header":                             canary,
	} {
		for cut := range min(len(tiff), 200) { // and every one of them cut
			got, report := clean(t, insert(base, segment(0xe1, "Exif\x00\x00"+tiff[:len(tiff)-cut])))
			if !bytes.Equal(got, base) || report.Removed == 0 {
				t.Fatalf("%s, cut by %d: something is left, or not said: %+v", name, cut, report)
			}
		}
	}
}

// A colour profile is kept in order, whole, and up to 4 MiB; nothing else can call itself one.
func TestProfile(t *testing.T) {
	base := baseJPEG(t)
	part := func(n, of byte, data string) []byte {
		return segment(0xe2, "ICC_PROFILE\x00"+string([]byte{n, of})+data)
	}
	first := part(1, 3, icc(200))
	long := [][]byte{part(1, 255, icc(65000))}
	for n := byte(2); n != 0; n++ {
		long = append(long, part(n, 255, strings.Repeat("x", 65000)))
	}
	for name, c := range map[string]struct{ in, kept [][]byte }{
		"in order":            {[][]byte{first, part(2, 3, "x"), part(3, 3, "y")}, [][]byte{first, part(2, 3, "x"), part(3, 3, "y")}},
		"one twice":           {[][]byte{first, first, part(2, 3, "x")}, [][]byte{first, part(2, 3, "x")}},
		"another number":      {[][]byte{first, part(2, 4, "x")}, [][]byte{first}},
		"a number beyond":     {[][]byte{part(1, 0, icc(200))}, nil},
		"no profile":          {[][]byte{part(1, 1, strings.Repeat(canary, 50))}, nil},
		"nothing":             {[][]byte{segment(0xe2, "ICC_PROFILE\x00\x01")}, nil},
		"255 parts of 64 KiB": {long, long[:4<<20/65000]},
	} {
		got, report := clean(t, insert(base, c.in...))
		if !bytes.Equal(got, insert(base, c.kept...)) || report.Profile != (c.kept != nil) || (report.Removed == scrub.App) != (len(c.in) != len(c.kept)) {
			t.Errorf("%s: %+v, %d bytes", name, report, len(got))
		}
	}
	p := basePNG(t)
	for name, c := range map[string]struct{ in, kept string }{
		"a long name":  {strings.Repeat("x", 79) + "\x00\x00p", "icc\x00\x00p"},
		"a short name": {"x\x00\x00" + strings.Repeat("p", 4<<20-3), "icc\x00\x00" + strings.Repeat("p", 4<<20-3)},
		"too long":     {"x\x00\x00" + strings.Repeat("p", 4<<20), ""},
		"no name":      {"\x00\x00p", ""},
		"only a name":  {strings.Repeat("x", 200), ""},
		"nothing":      {"", ""},
	} {
		want := p
		if c.kept != "" {
			want = insert(p, chunk("iCCP", c.kept))
		}
		if got, report := clean(t, insert(p, chunk("iCCP", c.in))); !bytes.Equal(got, want) || report.Profile != (c.kept != "") {
			t.Errorf("PNG, %s: %+v, %d bytes, want %d", name, report, len(got), len(want))
		}
		if again, report := clean(t, want); !bytes.Equal(again, want) || report.Removed != 0 {
			t.Errorf("PNG, %s: cleaned twice: %+v", name, report)
		}
	}
}
