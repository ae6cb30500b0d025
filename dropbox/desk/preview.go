package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"time"

	"tellbox/dropbox/scrub"
)

// What is looked at in a picture, so that nobody's picture makes this machine stand still. Decoding the worst of these takes some 700 MB
// of memory.
const (
	maxPreview  = 64 << 20 // bytes of the file
	maxPixels   = 40_000_000
	maxSide     = 20_000
	previewSide = 1600
	maxDecoding = 2 * time.Minute
)

// ErrNoPreview: this is no picture that can be made anew. The original can still be saved.
var ErrNoPreview = errors.New("there can be no preview of this file")

func noPreview(why string) error { return fmt.Errorf("%w: %s", ErrNoPreview, why) }

// decoders are Go's own for the kinds that are decoded, by what http.DetectContentType says of the first bytes.
var decoders = map[string]struct {
	size   func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}{
	"image/jpeg": {jpeg.DecodeConfig, jpeg.Decode},
	"image/png":  {png.DecodeConfig, png.Decode},
	"image/gif":  {gif.DecodeConfig, gif.Decode}, // the first picture of it
}

// preview decodes a picture and makes a PNG of what it shows, no larger than previewSide a side: what she looks at with another program
// was then made here. Whatever the picture does to the decoder, an error is all that comes of it, in time.
func preview(ctx context.Context, content []byte) ([]byte, error) {
	type result struct {
		picture []byte
		err     error
	}
	done := make(chan result, 1)
	go func() {
		defer func() {
			if recover() != nil {
				done <- result{nil, noPreview("the picture is broken")}
			}
		}()
		picture, err := redraw(content)
		done <- result{picture, err}
	}()
	ctx, cancel := context.WithTimeoutCause(ctx, maxDecoding, noPreview("to read the picture takes too long"))
	defer cancel()
	select {
	case r := <-done:
		return r.picture, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func redraw(content []byte) ([]byte, error) {
	kind := http.DetectContentType(content)
	d, ok := decoders[kind]
	if !ok {
		return nil, noPreview("it is no JPEG, PNG or GIF")
	}
	size, err := d.size(bytes.NewReader(content))
	if err != nil {
		return nil, noPreview("the picture is broken, or made in a way that this program cannot read")
	}
	if !fits(size.Width, size.Height) {
		return nil, noPreview("the picture has more than 40 megapixels, or more than 20,000 on one side")
	}
	decoded, err := d.decode(bytes.NewReader(content))
	if err != nil {
		return nil, noPreview("the picture is broken, or made in a way that this program cannot read")
	}
	pixels, ok := decoded.(image.RGBA64Image)
	if !ok || !fits(pixels.Bounds().Dx(), pixels.Bounds().Dy()) {
		return nil, noPreview("the picture is not what it says")
	}
	about, _ := scrub.Clean(io.Discard, bytes.NewReader(content)) // for the turn alone; without it the picture lies on its side
	var out bytes.Buffer
	if err := png.Encode(&out, turned(shrunk(pixels), about.Turn)); err != nil {
		return nil, noPreview("the picture cannot be drawn")
	}
	return out.Bytes(), nil
}

func fits(width, height int) bool {
	return width > 0 && height > 0 && width <= maxSide && height <= maxSide && width*height <= maxPixels
}

// shrunk draws a picture so that it fits previewSide: each pixel is the mean of those in its place.
func shrunk(src image.RGBA64Image) *image.RGBA {
	all := src.Bounds()
	w, h := all.Dx(), all.Dy()
	longest := max(w, h)
	side := min(longest, previewSide)
	tw, th := max(1, w*side/longest), max(1, h*side/longest)
	dst := image.NewRGBA(image.Rect(0, 0, tw, th))
	for y := range th {
		for x := range tw {
			dst.SetRGBA64(x, y, mean(src, image.Rect(x*w/tw, y*h/th, (x+1)*w/tw, (y+1)*h/th).Add(all.Min)))
		}
	}
	return dst
}

func mean(src image.RGBA64Image, of image.Rectangle) color.RGBA64 {
	var r, g, b, a, n uint64
	for y := of.Min.Y; y < of.Max.Y; y++ {
		for x := of.Min.X; x < of.Max.X; x++ {
			c := src.RGBA64At(x, y)
			r, g, b, a, n = r+uint64(c.R), g+uint64(c.G), b+uint64(c.B), a+uint64(c.A), n+1
		}
	}
	return color.RGBA64{R: uint16(r / n), G: uint16(g / n), B: uint16(b / n), A: uint16(a / n)}
}

// turned undoes an Exif orientation (Exif 2.32, 4.6.4 A): where its rows and columns say that the picture's are.
func turned(src *image.RGBA, orientation byte) *image.RGBA {
	if orientation < 2 || orientation > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation >= 5 {
		dst = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			across, down := x, y
			if orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8 {
				across = w - 1 - x
			}
			if orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7 {
				down = h - 1 - y
			}
			if orientation >= 5 {
				across, down = down, across
			}
			dst.SetRGBA(across, down, src.RGBAAt(x, y))
		}
	}
	return dst
}
