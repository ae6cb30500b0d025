package desk

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
)

// corners is a picture whose corners tell where up is: red, green, blue, white, from the upper left on, clockwise.
func corners(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, [4]color.RGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {255, 255, 255, 255}, {0, 0, 255, 255}}[x*2/w+y*2/h*2])
		}
	}
	return m
}

// seen are the corners of a picture, in one letter each.
func seen(m image.Image) string {
	b := m.Bounds()
	letters := ""
	for _, at := range []image.Point{{0, 0}, {b.Dx() - 1, 0}, {b.Dx() - 1, b.Dy() - 1}, {0, b.Dy() - 1}} {
		r, g, bl, _ := m.At(b.Min.X+at.X, b.Min.Y+at.Y).RGBA()
		letters += map[[3]bool]string{{true, false, false}: "R", {false, true, false}: "G", {false, false, true}: "B", {true, true, true}: "W"}[[3]bool{r > 0x8000, g > 0x8000, bl > 0x8000}]
	}
	return letters
}

func encoded(t testing.TB, m image.Image, kind string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch kind {
	case "jpeg":
		err = jpeg.Encode(&b, m, nil)
	case "png":
		err = png.Encode(&b, m)
	case "gif":
		paletted := image.NewPaletted(m.Bounds(), palette.WebSafe)
		for y := range m.Bounds().Dy() {
			for x := range m.Bounds().Dx() {
				paletted.Set(x, y, m.At(x, y))
			}
		}
		err = gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{paletted, paletted}, Delay: []int{1, 1}})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif is a JPEG with an orientation, and a secret, in its Exif.
func withExif(picture []byte, orientation byte) []byte {
	tiff := "II*\x00\x08\x00\x00\x00\x02\x00\x0f\x01\x02\x00\x14\x00\x00\x00\x26\x00\x00\x00\x12\x01\x03\x00\x01\x00\x00\x00" + string(orientation) +
		"\x00\x00\x00\x00\x00\x00\x00SECRET-CAMERA-MAKER\x00"
	exif := "Exif\x00\x00" + tiff
	segment := binary.BigEndian.AppendUint16([]byte("\xff\xe1"), uint16(len(exif)+2))
	return append(append(append(bytes.Clone(picture[:2]), segment...), exif...), picture[2:]...)
}

func drawn(t *testing.T, content []byte) image.Image {
	t.Helper()
	b, err := preview(t.Context(), content)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte("SECRET")) {
		t.Error("the preview has something hidden of the original")
	}
	m, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A preview shows what the picture shows, the right way up, no larger than a screen.
func TestPreview(t *testing.T) {
	for _, kind := range []string{"jpeg", "png", "gif"} {
		if m := drawn(t, encoded(t, corners(60, 40), kind)); m.Bounds().Dx() != 60 || m.Bounds().Dy() != 40 || seen(m) != "RGBW" {
			t.Errorf("%s: %v, %s", kind, m.Bounds(), seen(m))
		}
	}
	for orientation, want := range []string{"RGBW", "RGBW", "GRWB", "BWRG", "WBGR", "RWBG", "WRGB", "BGRW", "GBWR", "RGBW"} {
		m := drawn(t, withExif(encoded(t, corners(64, 32), "jpeg"), byte(orientation)))
		if on := orientation >= 5 && orientation <= 8; seen(m) != want || (m.Bounds().Dx() == 32) != on {
			t.Errorf("orientation %d: %v, %s, want %s", orientation, m.Bounds(), seen(m), want)
		}
	}
	for size, want := range map[image.Point]image.Point{{4000, 1000}: {1600, 400}, {1000, 4000}: {400, 1600}, {1601, 3}: {1600, 2}, {20_000, 1}: {1600, 1}, {1, 1}: {1, 1}} {
		m := drawn(t, encoded(t, corners(size.X, size.Y), "png"))
		if got := m.Bounds().Size(); got != want || size.Y > 3 && seen(m) != "RGBW" {
			t.Errorf("%v becomes %v, %s", size, got, seen(m))
		}
	}
	grey := image.NewGray16(image.Rect(0, 0, 3200, 2))
	for x := range 3200 {
		for y := range 2 {
			grey.SetGray16(x, y, color.Gray16{Y: uint16(x%2) * 0xffff})
		}
	}
	if r, _, _, _ := drawn(t, encoded(t, grey, "png")).At(700, 0).RGBA(); r < 0x7e00 || r > 0x8100 {
		t.Errorf("black and white in turn become %x, not the mean", r)
	}
}

// header is a PNG that says how large it is, and has nothing else.
func header(w, h uint32) []byte {
	chunk := append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), w), h), 8, 6, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
}

// What is no picture, too large a one, or one that cannot be read, gives a sentence and nothing else; a decoder that panics does as well.
func TestNoPreview(t *testing.T) {
	whole := encoded(t, corners(60, 40), "png")
	other, err := os.ReadFile("../scrub/testdata/progressive-restart.jpg") // image/jpeg cannot decode it
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"empty": {}, "text": []byte("text"), "pdf": []byte("%PDF-1.7"), "webp": []byte("RIFF\x00\x00\x00\x00WEBPVP8 "), "svg": []byte("<svg/>"),
		"cut": whole[:len(whole)-20], "too many pixels": header(6400, 6400), "too wide": header(20_001, 1), "too high": header(1, 20_001), "huge": header(1<<31-1, 1<<31-1),
		"only a header": header(6000, 6000), "gif without a picture": []byte("GIF89a\x10\x00\x10\x00\x00\x00\x00;"), "a JPEG of a rare kind": other,
	} {
		b, err := preview(t.Context(), content)
		if !errors.Is(err, ErrNoPreview) || b != nil {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		} else if strings.HasPrefix(name, "too ") && !strings.Contains(err.Error(), "40 megapixels") { // seen before it is decoded
			t.Errorf("%s: %v", name, err)
		}
	}
	before := decoders["image/gif"]
	defer func() { decoders["image/gif"] = before }()
	hostile := before
	hostile.size = func(r io.Reader) (image.Config, error) { panic("index out of range") }
	decoders["image/gif"] = hostile
	if _, err := preview(t.Context(), encoded(t, corners(60, 40), "gif")); !errors.Is(err, ErrNoPreview) {
		t.Errorf("a panic: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	reading := make(chan bool)
	hostile.size = func(io.Reader) (image.Config, error) { close(reading); select {} }
	decoders["image/gif"] = hostile
	if _, err := preview(ctx, encoded(t, corners(60, 40), "gif")); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	<-reading
}

// The preview is all of a picture that gets onto the disk, and only once it is verified.
func TestPreviewOfACase(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	picture := withExif(encoded(t, corners(64, 32), "jpeg"), 6)
	lie := w.upload("lie.jpg", picture)
	lie.SHA256[0]++
	huge := w.upload("huge.jpg", picture)
	huge.Size = maxPreview + 1
	h.sendFiles(dropbox.Report, "See", w.upload("p.jpg", picture), w.upload("t.txt", []byte("text")), lie, huge)
	alice := w.desk("alice")
	w.sync(alice)
	for n, want := range map[int]error{2: ErrNoPreview, 3: ErrNotTheFile, 4: ErrNoPreview} {
		if _, err := alice.Preview(t.Context(), h.id(), n, "", client.Transfer{}); !errors.Is(err, want) {
			t.Errorf("file %d: %v", n, err)
		}
	}
	if names := inFolder(alice, h.id()); len(names) != 0 {
		t.Errorf("the folder has %q", names)
	}
	for _, again := range []bool{false, true} {
		s, err := alice.Preview(t.Context(), h.id(), 1, "", client.Transfer{})
		if err != nil || s.Again != again || s.Path != filepath.Join(alice.home.path("files", h.id()), "1 preview.png") {
			t.Fatalf("%+v, %v", s, err)
		}
	}
	b, err := os.ReadFile(alice.home.path("files", h.id(), "1 preview.png"))
	w.must(err)
	if m, err := png.Decode(bytes.NewReader(b)); err != nil || seen(m) != "WRGB" || bytes.Contains(b, []byte("SECRET")) {
		t.Errorf("the preview is not what was sent: %v", err)
	}
	if names := inFolder(alice, h.id()); fmt.Sprint(names) != "[1 preview.png]" {
		t.Errorf("the folder has %q", names)
	}
}
