package store

import (
	"encoding/binary"
	"fmt"
	"time"

	"tellbox/dropbox"
)

// Sizes and times of records.
const (
	keepDays    = 30                // for which sending numbers and tombstones count
	defaultKeep = dropbox.KeepYears // years after its last line, for a box of which nobody said how many
	maxKeep     = 100
	maxSent     = 64 // sendings remembered under one number
	maxBundle   = 1<<20 - 64

	// A withdrawal takes a whole box in one transaction: four deletions for each piece of mail and one for a line.
	// Badger takes 26,214 entries at this memtable's size, so: 4·5,000 + 4,000 and some.
	maxBoxLines = dropbox.MaxLines
	maxBoxMails = 5_000
)

// hash is a keyed hash: the name of a box, a mailbox or a sending number.
type hash [32]byte

// week is an ISO 8601 week, "2026-W07", or "" for never. Weeks compare as strings.
type week string

func weekOf(t time.Time) week {
	y, w := t.UTC().ISOWeek()
	return week(fmt.Sprintf("%04d-W%02d", y, w))
}

// append writes the week in 8 bytes.
func (w week) append(b []byte) []byte {
	if w == "" {
		return append(b, make([]byte, 8)...)
	}
	return append(b, w...)
}

func decodeWeek(b []byte) (week, bool) {
	if string(b) == "\x00\x00\x00\x00\x00\x00\x00\x00" {
		return "", true
	}
	if len(b) != 8 || b[4] != '-' || b[5] != 'W' {
		return "", false
	}
	for _, i := range [...]int{0, 1, 2, 3, 6, 7} {
		if b[i] < '0' || b[i] > '9' {
			return "", false
		}
	}
	return week(b), true
}

// boxRecord is what is known of a drop. 28 bytes:
//
//	1 'o' open or 't' a tombstone  ‖ 1 whole ‖ 8 week ‖ 2 keep ‖ 4 lines ‖ 8 bytes ‖ 4 mails
type boxRecord struct {
	tombstone bool
	whole     bool   // this store has had it since its first report, so it knows of everything that was handed out
	week      week   // open: the week it ends, after which it counts as absent; tombstone: the week it was made
	keep      int    // years after its last line
	lines     uint32 // how many, and so the next one's seq
	bytes     uint64 // of all lines
	mails     uint32 // how many keys drop/‹box› there are
}

func (r boxRecord) encode() []byte {
	b := []byte{'o', 0}
	if r.tombstone {
		b[0] = 't'
	}
	if r.whole {
		b[1] = 1
	}
	b = r.week.append(b)
	b = binary.BigEndian.AppendUint16(b, uint16(r.keep))
	b = binary.BigEndian.AppendUint32(b, r.lines)
	b = binary.BigEndian.AppendUint64(b, r.bytes)
	return binary.BigEndian.AppendUint32(b, r.mails)
}

func decodeBox(b []byte) (r boxRecord, ok bool) {
	if len(b) != 28 || b[0] != 'o' && b[0] != 't' || b[1] > 1 {
		return r, false
	}
	r.tombstone, r.whole = b[0] == 't', b[1] == 1
	r.week, ok = decodeWeek(b[2:10])
	r.keep = int(binary.BigEndian.Uint16(b[10:]))
	r.lines = binary.BigEndian.Uint32(b[12:])
	r.bytes = binary.BigEndian.Uint64(b[16:])
	r.mails = binary.BigEndian.Uint32(b[24:])
	return r, ok && r.week != "" && r.keep <= maxKeep
}

// headRecord is a mailbox: 16 epoch ‖ 8 next seq ‖ 8 entries ‖ 8 bytes of envelopes.
type headRecord struct {
	epoch                [16]byte
	next, entries, bytes uint64
}

func (r headRecord) encode() []byte {
	b := append([]byte(nil), r.epoch[:]...)
	b = binary.BigEndian.AppendUint64(b, r.next)
	b = binary.BigEndian.AppendUint64(b, r.entries)
	return binary.BigEndian.AppendUint64(b, r.bytes)
}

func decodeHead(b []byte) (r headRecord, ok bool) {
	if len(b) != 40 {
		return r, false
	}
	copy(r.epoch[:], b)
	r.next = binary.BigEndian.Uint64(b[16:])
	r.entries = binary.BigEndian.Uint64(b[24:])
	r.bytes = binary.BigEndian.Uint64(b[32:])
	return r, r.next > 0
}

// markRecord is what changes about a piece of mail: 8 week put ‖ 8 first handed out ‖ 8 first acknowledged.
type markRecord struct{ put, handed, acknowledged week }

func (r markRecord) encode() []byte { return r.acknowledged.append(r.handed.append(r.put.append(nil))) }

func decodeMark(b []byte) (r markRecord, ok bool) {
	if len(b) != 24 {
		return r, false
	}
	var ok2, ok3 bool
	r.put, ok = decodeWeek(b[:8])
	r.handed, ok2 = decodeWeek(b[8:16])
	r.acknowledged, ok3 = decodeWeek(b[16:])
	return r, ok && ok2 && ok3 && r.put != ""
}

// mailRecord is a piece of mail, which never changes: 16 id ‖ 32 box ‖ 1 how it came ‖ 44 place.
type mailRecord struct {
	id    [16]byte
	box   hash
	reply bool // 'r': with a reader's reply; otherwise 'p', in a parcel or withdrawal of hers
	place place
}

func (r mailRecord) encode() []byte {
	b := make([]byte, 0, 49+placeSize)
	b = append(append(b, r.id[:]...), r.box[:]...)
	if r.reply {
		b = append(b, 'r')
	} else {
		b = append(b, 'p')
	}
	return r.place.append(b)
}

func decodeMail(b []byte) (r mailRecord, ok bool) {
	if len(b) != 49+placeSize || b[48] != 'r' && b[48] != 'p' {
		return r, false
	}
	copy(r.id[:], b)
	copy(r.box[:], b[16:])
	r.reply = b[48] == 'r'
	r.place, ok = decodePlace(b[49:])
	return r, ok
}

// sentRecord is one sending under a number: 32 digest ‖ 32 box ‖ 8 week.
type sentRecord struct {
	digest, box hash
	week        week
}

func encodeSent(rs []sentRecord) []byte {
	rs = rs[max(0, len(rs)-maxSent):]
	b := make([]byte, 0, 72*len(rs))
	for _, r := range rs {
		b = r.week.append(append(append(b, r.digest[:]...), r.box[:]...))
	}
	return b
}

func decodeSent(b []byte) (rs []sentRecord, ok bool) {
	if len(b) == 0 || len(b)%72 != 0 || len(b) > 72*maxSent {
		return nil, false
	}
	for ; len(b) > 0; b = b[72:] {
		w, ok := decodeWeek(b[64:72])
		if !ok || w == "" {
			return nil, false
		}
		rs = append(rs, sentRecord{hash(b[:32]), hash(b[32:64]), w})
	}
	return rs, true
}

func decodeSeq(b []byte) (uint64, bool) {
	if len(b) != 8 {
		return 0, false
	}
	return binary.BigEndian.Uint64(b), true
}

// entryRecord stands in the index of a box's mail: 16 id ‖ 4 length of the envelope.
type entryRecord struct {
	id   [16]byte
	size uint32
}

func (r entryRecord) encode() []byte { return binary.BigEndian.AppendUint32(r.id[:], r.size) }

func decodeEntry(b []byte) (r entryRecord, ok bool) {
	if len(b) != 20 {
		return r, false
	}
	return entryRecord{[16]byte(b), binary.BigEndian.Uint32(b[16:])}, true
}

// Bundle is the roster and the keyholders that sign it. The store does not read them.
type Bundle struct{ Keyholders, Roster []byte }

func (r Bundle) encode() []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(r.Keyholders)))
	return append(append(b, r.Keyholders...), r.Roster...)
}

func decodeBundle(b []byte) (r Bundle, ok bool) {
	if len(b) < 4 || uint64(binary.BigEndian.Uint32(b)) > uint64(len(b)-4) {
		return r, false
	}
	n := 4 + int(binary.BigEndian.Uint32(b))
	return Bundle{b[4:n], b[n:]}, true
}

// blobRecord is whose a blob is: 32 box ‖ 8 length ‖ 32 SHA-256 of it.
type blobRecord struct {
	box  hash
	size uint64
	sum  hash
}

func (r blobRecord) encode() []byte {
	return append(binary.BigEndian.AppendUint64(append([]byte(nil), r.box[:]...), r.size), r.sum[:]...)
}

func decodeBlob(b []byte) (r blobRecord, ok bool) {
	if len(b) != 72 {
		return r, false
	}
	return blobRecord{hash(b[:32]), binary.BigEndian.Uint64(b[32:]), hash(b[40:])}, true
}
