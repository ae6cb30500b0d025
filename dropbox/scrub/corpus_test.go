package scrub_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"strings"
	"testing"

	"tellbox/dropbox/scrub"
)

// canary is in every piece of hidden data of the corpus.
const canary = "CANARY"

// picture is a dirty picture, and what has to come out.
type picture struct {
	name        string
	dirty, want []byte
	end         int // of the picture in dirty; what follows is behind
	removed     scrub.Data
}

func scene() image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, 24, 17))
	for i := range m.Pix {
		m.Pix[i] = byte(i * i / 7)
	}
	m.Set(3, 3, color.NRGBA{1, 2, 3, 40})
	return m
}

func baseJPEG(t testing.TB) []byte {
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, scene(), &jpeg.Options{Quality: 70}))
	return b.Bytes()
}

func basePNG(t testing.TB) []byte {
	var b bytes.Buffer
	must(t, png.Encode(&b, scene()))
	return b.Bytes()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fromCJPEG is a picture that cjpeg made, of a kind that image/jpeg does not write, without its JFIF.
func fromCJPEG(t testing.TB, name string) []byte {
	b, err := os.ReadFile("testdata/" + name)
	must(t, err)
	if string(b[6:10]) != "JFIF" {
		t.Fatal("no JFIF in", name)
	}
	return append(bytes.Clone(b[:2]), b[20:]...)
}

// segment is one of a JPEG.
func segment(marker byte, data string) []byte {
	n := len(data) + 2
	return append([]byte{0xff, marker, byte(n >> 8), byte(n)}, data...)
}

// chunk is one of a PNG.
func chunk(kind, data string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(b, kind+data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(kind+data)))
}

// insert puts pieces into a picture: after SOI, or after IHDR.
func insert(base []byte, pieces ...[]byte) []byte {
	at := 2
	if base[0] != 0xff {
		at = 8 + 25
	}
	return append(append(bytes.Clone(base[:at]), bytes.Join(pieces, nil)...), base[at:]...)
}

var bigEndian order = binary.BigEndian

type order interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

type entry struct {
	tag, kind uint16
	count     uint32
	value     string // 4 bytes, or what goes behind
}

// directory is an IFD at an offset of its Exif, and what its entries point to.
func directory(o order, at int, next uint32, entries ...entry) []byte {
	b := o.AppendUint16(nil, uint16(len(entries)))
	var behind []byte
	for _, e := range entries {
		b = o.AppendUint32(o.AppendUint16(o.AppendUint16(b, e.tag), e.kind), e.count)
		if len(e.value) <= 4 {
			b = append(b, e.value...)
			continue
		}
		b = o.AppendUint32(b, uint32(at+2+12*len(entries)+4+len(behind)))
		behind = append(behind, e.value...)
	}
	return append(o.AppendUint32(b, next), behind...)
}

// exif is what a telephone writes: make, model, date, author, place, thumbnail and which way up.
func exif(o order, orientation uint16) string {
	long := func(n int) string { return string(o.AppendUint32(nil, uint32(n))) }
	text := func(tag uint16) entry { return entry{tag, 2, 10, canary + "123\x00"} }
	start := "MM\x00*"
	if o.String() == "LittleEndian" {
		start = "II*\x00"
	}
	at := []int{8, 0, 0, 0}
	var parts [4][]byte
	for range 2 { // the second time with the offsets of the first
		parts[0] = directory(o, at[0], uint32(at[3]), text(0x010f), text(0x0110), entry{0x0112, 3, 1, string(o.AppendUint16(nil, orientation)) + "\x00\x00"},
			text(0x0132), text(0x013b), entry{0x8769, 4, 1, long(at[1])}, entry{0x8825, 4, 1, long(at[2])})
		parts[1] = directory(o, at[1], 0, text(0x9003), text(0xa431), text(0x9286))
		parts[2] = directory(o, at[2], 0, entry{1, 2, 2, "N\x00\x00\x00"}, text(2))
		parts[3] = directory(o, at[3], 0, entry{0x0201, 4, 1, long(at[3])}, text(0x0202))
		for i := range 3 {
			at[i+1] = at[i] + len(parts[i])
		}
	}
	return start + long(8) + string(bytes.Join(parts[:], nil))
}

// turned is the only Exif that is kept.
func turned(orientation byte) string {
	return "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(orientation) + "\x00\x00\x00\x00\x00\x00"
}

// icc is a colour profile of n bytes, at least 160, with one tag: a copyright of nobody.
func icc(n int) string {
	b := make([]byte, n)
	binary.BigEndian.PutUint32(b, uint32(n))
	copy(b[8:], "\x04\x30\x00\x00mntrRGB XYZ ")
	copy(b[36:], "acsp")
	copy(b[128:], "\x00\x00\x00\x01cprt\x00\x00\x00\x90\x00\x00\x00\x10text\x00\x00\x00\x00nobody\x00\x00")
	return string(b)
}

// squeezed is a profile as a PNG holds it, behind its name.
func squeezed(profile string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(profile))
	w.Close()
	return "\x00\x00" + b.String()
}

const everything = scrub.Place | scrub.Time | scrub.Device | scrub.Author | scrub.Thumbnail | scrub.Comment

func corpus(t testing.TB) []picture {
	profile := icc(300)
	jpegs := func(name string, base []byte) picture {
		iccs := [][]byte{segment(0xe2, "ICC_PROFILE\x00\x01\x02"+profile[:200]), segment(0xe2, "ICC_PROFILE\x00\x02\x02"+profile[200:])}
		p := picture{name: name, removed: everything | scrub.App | scrub.Behind}
		p.dirty = insert(base, segment(0xe0, "JFIF\x00\x01\x02\x01\x00\x48\x00\x48\x03\x01"+canary+"123"),
			segment(0xe0, "JFXX\x00\x10"+canary), segment(0xe1, "Exif\x00\x00"+exif(binary.LittleEndian, 6)),
			segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<exif:GPSLatitude>"+canary+"</><dc:creator>"), iccs[0],
			segment(0xe1, "Exif\x00\x00"+exif(bigEndian, 3)), segment(0xed, "Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x0b\x1c\x02\x50\x00\x06"+canary),
			segment(0xe2, "MPF\x00"+canary), segment(0xe2, "FPXR\x00"+canary), segment(0xfe, canary), segment(0xef, canary), []byte("\xff\xff\xff"), iccs[1],
			[]byte(canary), segment(0xee, "Adobe\x00\x64\xc0\x00\x00\x00\x01"+canary), segment(0xe2, "ICC_PROFILE\x00\x01\x01"+canary), segment(0xe1, ""))
		p.end = len(p.dirty)
		p.dirty = append(append(p.dirty, base...), canary...)
		p.want = insert(base, segment(0xe0, "JFIF\x00\x01\x02\x01\x00\x48\x00\x48\x00\x00"), segment(0xe1, "Exif\x00\x00"+turned(6)), iccs[0], iccs[1],
			segment(0xee, "Adobe\x00\x64\x00\x00\x00\x00\x01"))
		return p
	}
	base := basePNG(t)
	p := picture{name: "png", removed: everything | scrub.Text | scrub.App | scrub.Behind}
	colours := append(chunk("gAMA", "\x00\x00\xb1\x8f"), chunk("pHYs", "\x00\x00\x0b\x13\x00\x00\x0b\x13\x01")...)
	p.dirty = insert(base, chunk("tEXt", "Author\x00"+canary), chunk("zTXt", "Comment\x00\x00"+canary), chunk("iCCP", canary+squeezed(profile)),
		chunk("iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00<exif:GPSLatitude>"+canary), chunk("tIME", "\x07\xea\x01\x02\x03\x04\x05"), colours,
		chunk("gAMA", "CANA"), chunk("sRGB", canary), chunk("sPLT", canary+"\x00\x08"), chunk("prVt", canary), chunk("eXIf", exif(bigEndian, 8)),
		chunk("eXIf", exif(bigEndian, 2)), chunk("fdAT", canary), chunk("caBX", strings.Repeat(canary, 20000)))
	p.end = len(p.dirty)
	p.dirty = append(p.dirty, "PK\x03\x04"+canary...)
	p.want = insert(base, chunk("iCCP", "icc"+squeezed(profile)), colours, chunk("eXIf", turned(8)))
	return []picture{jpegs("jpeg", baseJPEG(t)), jpegs("progressive", fromCJPEG(t, "progressive.jpg")),
		jpegs("restart markers", fromCJPEG(t, "restart.jpg")), p}
}
