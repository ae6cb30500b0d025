package scrub

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
)

// maxChunk is the longest chunk that there may be.
const maxChunk = 1<<31 - 1

// kept are the chunks of a picture, and how long they may be. A longer one is dropped, or breaks the picture when it is critical. sPLT, a
// palette with a name that no program shows, is not among them: it has room for anything.
var kept = map[string]uint32{
	"IHDR": 13, "PLTE": 3 * 256, "IDAT": maxChunk, "IEND": 0,
	"tRNS": 256, "cHRM": 32, "gAMA": 4, "sBIT": 4, "sRGB": 1, "bKGD": 6, "hIST": 2 * 256, "pHYs": 9, "cICP": 4, "mDCV": 24, "cLLI": 8,
	"acTL": 8, "fcTL": 26, "fdAT": maxChunk,
}

// pngCleaner goes from chunk to chunk:
//
//	signature  { length(4) type(4) bytes CRC(4, of type and bytes) }, from IHDR to IEND
//
// A type that begins with a capital is critical: without it the picture cannot be shown.
type pngCleaner struct {
	*cleaner
	seen map[string]bool // of kept, and iCCP
}

func (p *pngCleaner) clean() error {
	p.in.Discard(len(pngMagic))
	p.out.WriteString(pngMagic)
	for !p.seen["IEND"] {
		head, err := p.take(8)
		if err != nil {
			return err
		}
		if err := p.chunk(string(head[4:]), binary.BigEndian.Uint32(head)); err != nil {
			return err
		}
	}
	if !p.seen["IDAT"] {
		return broken("there is no picture in it")
	}
	return p.behind()
}

func (p *pngCleaner) chunk(kind string, n uint32) error {
	longest, known := kept[kind]
	again := p.seen[kind] && kind != "IDAT" && kind != "fdAT" && kind != "fcTL"
	unmoved := (kind == "fdAT" || kind == "fcTL") && !p.seen["acTL"] // frames that nobody is told to show
	critical := kind[0]&0x20 == 0
	switch {
	case n > maxChunk || !p.seen["IHDR"] && (kind != "IHDR" || n != 13):
		return broken("a chunk where it cannot be")
	case known && n <= longest && !again && !unmoved:
		p.seen[kind] = true
		return p.copy(kind, n, 0, "")
	case critical:
		return broken("a critical chunk that cannot be as it is, or that nobody has defined")
	case kind == "iCCP" && n <= maxProfile+80 && !again:
		return p.colour(n)
	}
	data, err := p.take(int64(n) + 4)
	if err != nil {
		return err
	}
	data = data[:min(len(data), int(n))] // without the CRC
	if kind != "eXIf" {
		p.removed(readChunk(kind, data))
	} else if exif := p.turned(data); exif != nil {
		p.write(kind, exif)
	}
	return nil
}

// copy copies a chunk of n bytes with other first bytes: instead of skip. It holds the CRC against what it read.
func (p *pngCleaner) copy(kind string, n uint32, skip int, instead string) error {
	crc, newCRC := crc32.NewIEEE(), crc32.NewIEEE()
	crc.Write([]byte(kind))
	newCRC.Write([]byte(kind + instead))
	if err := p.each(int64(skip), func(b []byte) { crc.Write(b) }); err != nil {
		return err
	}
	p.out.Write(binary.BigEndian.AppendUint32(nil, n-uint32(skip)+uint32(len(instead))))
	p.out.WriteString(kind + instead)
	err := p.each(int64(n)-int64(skip), func(b []byte) {
		crc.Write(b)
		newCRC.Write(b)
		p.out.Write(b)
	})
	if err != nil {
		return err
	}
	sum, err := p.take(4)
	if err != nil {
		return err
	}
	if binary.BigEndian.Uint32(sum) != crc.Sum32() {
		return broken("a chunk that does not match its checksum")
	}
	p.out.Write(newCRC.Sum(nil))
	return nil
}

// colour copies a colour profile under another name, for the name is free text: name, 0, method, compressed profile.
func (p *pngCleaner) colour(n uint32) error {
	name, err := p.in.Peek(int(min(n, 80)))
	if err != nil {
		return err
	}
	end := bytes.IndexByte(name, 0)
	if end < 1 || int(n)-end > maxProfile {
		p.removed(App)
		_, err := p.take(int64(n) + 4)
		return err
	}
	p.seen["iCCP"] = true
	p.report.Profile = true
	return p.copy("iCCP", n, end, "icc")
}

func (p *pngCleaner) write(kind string, data []byte) {
	p.out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(data))))
	p.out.WriteString(kind)
	p.out.Write(data)
	p.out.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(append([]byte(kind), data...))))
}

// readChunk says what a chunk tells that is neither kept nor an eXIf.
func readChunk(kind string, data []byte) Data {
	switch kind {
	case "tIME":
		return Time
	case "tEXt", "zTXt", "iTXt":
	default:
		return App
	}
	keyword, _, _ := strings.Cut(string(data[:min(len(data), 80)]), "\x00")
	switch keyword {
	case "XML:com.adobe.xmp":
		return Text | readXMP(data)
	case "Author", "Copyright":
		return Text | Author
	case "Creation Time", "date:create", "date:modify":
		return Text | Time
	case "Software", "Source":
		return Text | Device
	case "Comment", "Description", "Title":
		return Text | Comment
	}
	return Text
}
