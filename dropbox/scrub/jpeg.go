package scrub

import (
	"bufio"
	"bytes"
	"encoding/binary"
)

// Markers of T.81, table B.1, without their 0xFF.
const (
	sof0, sof15 = 0xc0, 0xcf // but for dht, jpg and dac, which lie between
	dht         = 0xc4
	jpg         = 0xc8
	dac         = 0xcc
	rst0, rst7  = 0xd0, 0xd7
	eoi         = 0xd9
	sos         = 0xda
	dqt         = 0xdb
	dnl         = 0xdc
	dri         = 0xdd
	app0, app15 = 0xe0, 0xef
	com         = 0xfe
	tem         = 0x01
)

const (
	exifName = "Exif\x00\x00"
	iccName  = "ICC_PROFILE\x00"
)

// jpegCleaner goes from marker to marker:
//
//	SOI  { 0xFF marker length(2, itself included) bytes }  SOS segment, scan  { tables, SOS segment, scan }  EOI
//
// In a scan 0xFF stands before 0x00, where it is data, or before a restart marker; any other marker ends it.
type jpegCleaner struct {
	*cleaner
	frame, scan bool // seen
	jfif, adobe bool // seen, and not wanted twice

	chunks, total byte // of the colour profile: how many were kept, of how many
	profile       int  // bytes of it
}

func (j *jpegCleaner) clean() error {
	j.in.Discard(2)
	j.out.WriteString("\xff\xd8")
	marker, err := j.next(false)
	for ; err == nil && marker != eoi; marker, err = j.next(marker == sos) {
		if marker == tem || marker >= rst0 && marker <= rst7 { // they stand alone, and mean nothing here
			continue
		}
		if marker < sof0 {
			return broken("a marker that nobody has defined")
		}
		if err := j.segment(marker); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if !j.scan {
		return broken("there is no picture in it")
	}
	j.out.WriteString("\xff\xd9")
	return j.behind()
}

// next goes on to the next marker. Of a scan it copies what comes before; elsewhere nothing should, and what does is dropped. Fill bytes
// (B.1.1.2) are dropped everywhere.
func (j *jpegCleaner) next(scan bool) (marker byte, err error) {
	for {
		data, err := j.in.ReadSlice(0xff)
		if err != nil && err != bufio.ErrBufferFull {
			return 0, err
		}
		full := err != nil
		if !full {
			data = data[:len(data)-1]
		}
		if scan {
			j.out.Write(data)
		} else if len(data) > 0 {
			j.removed(App)
		}
		if full {
			continue
		}
		marker = 0xff
		for marker == 0xff {
			if marker, err = j.in.ReadByte(); err != nil {
				return 0, err
			}
		}
		switch {
		case scan && (marker == 0 || marker >= rst0 && marker <= rst7):
			j.out.WriteByte(0xff)
			j.out.WriteByte(marker)
		case marker == 0:
			j.removed(App)
		default:
			return marker, nil
		}
	}
}

// segment reads the segment of a marker, and writes what is kept of it.
func (j *jpegCleaner) segment(marker byte) error {
	length, err := j.take(2)
	if err != nil {
		return err
	}
	n := binary.BigEndian.Uint16(length)
	if n < 2 {
		return broken("a segment shorter than its own length")
	}
	data, err := j.take(int64(n) - 2)
	if err != nil {
		return err
	}
	switch {
	case marker >= app0 && marker <= app15:
		j.app(marker, data)
		return nil
	case marker == com:
		j.removed(Comment)
		return nil
	case !whole(marker, data):
		return broken("a segment of another length than its fields say, or of no known kind")
	case marker == sos:
		if !j.frame {
			return broken("a scan before its frame")
		}
		j.scan = true
	case isFrame(marker):
		if j.frame {
			return broken("two frames")
		}
		j.frame = true
	}
	j.write(marker, data)
	return nil
}

func isFrame(marker byte) bool {
	return marker >= sof0 && marker <= sof15 && marker != dht && marker != jpg && marker != dac
}

// whole says whether a segment of the picture holds what its fields say (B.2.2 to B.2.5), and not a byte more.
func whole(marker byte, data []byte) bool {
	switch {
	case marker == dqt:
		for len(data) > 0 {
			n := 1 + 64
			if data[0]>>4 != 0 {
				n += 64
			}
			if len(data) < n {
				return false
			}
			data = data[n:]
		}
		return true
	case marker == dht:
		for len(data) > 0 {
			n := 1 + 16
			for i := 1; i <= 16 && i < len(data); i++ {
				n += int(data[i])
			}
			if len(data) < n {
				return false
			}
			data = data[n:]
		}
		return true
	case marker == dac:
		return len(data)%2 == 0
	case marker == dri, marker == dnl:
		return len(data) == 2
	case marker == sos:
		return len(data) > 0 && len(data) == 4+2*int(data[0])
	case isFrame(marker):
		return len(data) > 5 && len(data) == 6+3*int(data[5])
	}
	return false
}

// app writes what is kept of an application segment, and notes what is not.
func (j *jpegCleaner) app(marker byte, data []byte) {
	has := func(n byte, name string) bool { return marker == app0+n && bytes.HasPrefix(data, []byte(name)) }
	switch {
	case has(0, "JFIF\x00") && len(data) >= 14 && !j.jfif: // version, units and density; then the thumbnail
		j.jfif = true
		if len(data) > 14 {
			j.removed(Thumbnail)
		}
		j.write(marker, append(data[:12], 0, 0))
	case has(14, "Adobe") && len(data) >= 12 && !j.adobe: // version, flags, and the transform, which alone matters
		j.adobe = true
		if len(data) > 12 {
			j.removed(App)
		}
		j.write(marker, []byte("Adobe\x00\x64\x00\x00\x00\x00"+string(data[11:12])))
	case has(2, iccName) && j.colour(data[len(iccName):]):
		j.report.Profile = true
		j.write(marker, data)
	case has(1, exifName):
		if kept := j.turned(data[len(exifName):]); kept != nil {
			j.write(marker, append([]byte(exifName), kept...))
		}
	case has(0, "JFXX"):
		j.removed(Thumbnail)
	case has(1, "http://ns.adobe.com/"):
		j.removed(readXMP(data))
	case has(13, "Photoshop"):
		j.removed(readIPTC(data))
	default:
		j.removed(App)
	}
}

// colour says whether this is the next chunk of a colour profile (ICC.1, annex B.4: its number, how many there are, its bytes).
func (j *jpegCleaner) colour(data []byte) bool {
	if len(data) < 2 || j.profile+len(data)-2 > maxProfile || data[0] > data[1] || j.chunks == 255 || data[0] != j.chunks+1 {
		return false
	}
	if j.chunks == 0 && (len(data) < 2+128 || string(data[2+36:2+40]) != "acsp") || j.chunks > 0 && data[1] != j.total {
		return false
	}
	j.chunks, j.total, j.profile = data[0], data[1], j.profile+len(data)-2
	return true
}

func (j *jpegCleaner) write(marker byte, data []byte) {
	n := len(data) + 2
	j.out.Write([]byte{0xff, marker, byte(n >> 8), byte(n)})
	j.out.Write(data)
}
