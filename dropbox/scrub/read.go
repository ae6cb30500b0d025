package scrub

import (
	"bytes"
	"encoding/binary"
)

// maxIFDs is how many directories of one Exif are read. Cameras write five at most; here one may point to itself.
const maxIFDs = 8

// The directories of an Exif: the picture's, and those that it leads to.
const (
	ifdMain = iota
	ifdExif
	ifdGPS
	ifdThumbnail
)

// readExif says what an Exif tells (Exif 2.32, 4.6), and the orientation in it, 0 when there is none. What lies beyond tiff is not there,
// and not followed; it is dropped in any case, so all that can go wrong is that less is said.
//
//	"II*\0" or "MM\0*"  offset(4)      and there:  count(2)  { tag(2) type(2) count(4) value or offset(4) }  offset(4) of the next
func readExif(tiff []byte) (found Data, orientation byte) {
	if len(tiff) < 8 {
		return 0, 0
	}
	var order binary.ByteOrder = binary.BigEndian
	switch string(tiff[:4]) {
	case "MM\x00*":
	case "II*\x00":
		order = binary.LittleEndian
	default:
		return 0, 0
	}
	type directory struct {
		at   uint32
		kind int
	}
	todo := []directory{{order.Uint32(tiff[4:]), ifdMain}}
	for i := 0; i < len(todo) && i < maxIFDs; i++ {
		at, kind := int64(todo[i].at), todo[i].kind
		if at+2 > int64(len(tiff)) {
			continue
		}
		rest := tiff[at+2:]
		count := order.Uint16(tiff[at:])
		for ; count > 0 && len(rest) >= 12; count, rest = count-1, rest[12:] {
			tag, value := order.Uint16(rest), order.Uint32(rest[8:])
			switch {
			case kind == ifdThumbnail:
				found |= Thumbnail
			case kind == ifdGPS && tag != 0: // 0 is the version
				found |= Place
			}
			switch {
			case kind == ifdGPS:
			case tag == 0x8769 && len(todo) < maxIFDs:
				todo = append(todo, directory{value, ifdExif})
			case tag == 0x8825 && len(todo) < maxIFDs:
				todo = append(todo, directory{value, ifdGPS})
			case tag == 0x0112 && i == 0 && order.Uint16(rest[2:]) == 3: // a SHORT
				orientation = byte(min(order.Uint16(rest[8:]), 0xff))
			}
			if kind != ifdGPS {
				found |= exifTags[tag]
			}
		}
		if kind == ifdMain && count == 0 && len(rest) >= 4 && len(todo) < maxIFDs {
			if next := order.Uint32(rest); next != 0 {
				todo = append(todo, directory{next, ifdThumbnail})
			}
		}
	}
	return found, orientation
}

// exifTags are those that a page has words for. The maker's note (0x927c) is where serial numbers and names of owners hide.
var exifTags = map[uint16]Data{
	0x010f: Device, 0x0110: Device, 0x0131: Device, 0x013c: Device, 0x927c: Device, 0xa420: Device,
	0xa431: Device, 0xa432: Device, 0xa433: Device, 0xa434: Device, 0xa435: Device,
	0x0132: Time, 0x9003: Time, 0x9004: Time, 0x9010: Time, 0x9011: Time, 0x9012: Time, 0x9290: Time, 0x9291: Time, 0x9292: Time,
	0x013b: Author, 0x8298: Author, 0x9c9d: Author, 0xa430: Author,
	0x010e: Comment, 0x9286: Comment, 0x9c9b: Comment, 0x9c9c: Comment, 0x9c9e: Comment, 0x9c9f: Comment,
}

// readXMP says what an XMP tells, by names that are in it. It changes xmp to lower case.
func readXMP(xmp []byte) (found Data) {
	for i, b := range xmp {
		if b >= 'A' && b <= 'Z' {
			xmp[i] = b + 'a' - 'A'
		}
	}
	for _, sign := range []struct {
		name string
		data Data
	}{
		{"gps", Place}, {"location", Place}, {":city", Place}, {":country", Place}, {"date", Time},
		{"tiff:make", Device}, {"tiff:model", Device}, {"creatortool", Device}, {"serialnumber", Device}, {"aux:lens", Device},
		{"dc:creator", Author}, {"dc:rights", Author}, {"author", Author}, {"owner", Author},
		{"thumbnails", Thumbnail}, {"description>", Comment}, {"usercomment", Comment},
	} {
		if bytes.Contains(xmp, []byte(sign.name)) {
			found |= sign.data
		}
	}
	return found
}

// readIPTC says what the IPTC records (IIM 4.2, record 2) and the thumbnail in Photoshop's data tell, by the bytes that they begin with.
func readIPTC(data []byte) (found Data) {
	for _, sign := range []struct {
		begin string
		data  Data
	}{
		{"\x1c\x02\x5a", Place}, {"\x1c\x02\x5c", Place}, {"\x1c\x02\x5f", Place}, {"\x1c\x02\x65", Place},
		{"\x1c\x02\x37", Time}, {"\x1c\x02\x3c", Time}, {"\x1c\x02\x3e", Time},
		{"\x1c\x02\x50", Author}, {"\x1c\x02\x6e", Author}, {"\x1c\x02\x74", Author}, {"\x1c\x02\x7a", Author},
		{"\x1c\x02\x19", Comment}, {"\x1c\x02\x69", Comment}, {"\x1c\x02\x78", Comment}, {"\x1c\x02\x41", Device},
		{"8BIM\x04\x09", Thumbnail}, {"8BIM\x04\x0c", Thumbnail},
	} {
		if bytes.Contains(data, []byte(sign.begin)) {
			found |= sign.data
		}
	}
	return found
}
