package droptest

import (
	"bytes"
	"image"
	"image/jpeg"
)

// JPEG is a small picture with those segments in it, where a telephone writes them; without any, nothing is hidden in it.
func JPEG(segments ...string) string {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30)), nil); err != nil {
		panic(err) // a buffer takes all
	}
	picture := b.String()
	dirty := picture[:2]
	for _, s := range segments {
		dirty += s
	}
	return dirty + picture[2:]
}

// Segment is a piece of a JPEG (ITU-T T.81, B.1.1.4), of at most 253 bytes here: 0xe1 is for an Exif, 0xfe for a comment.
func Segment(marker byte, data string) string {
	return string([]byte{0xff, marker, 0, byte(len(data) + 2)}) + data
}
