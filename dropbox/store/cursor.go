package store

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// cursor is a place in a mailbox: after the entry seq. Its text is the epoch as 32 hexadecimal digits, a hyphen, and seq
// in decimal: "9f…3c-17".
type cursor struct {
	epoch [16]byte
	seq   uint64
}

func (c cursor) String() string {
	return hex.EncodeToString(c.epoch[:]) + "-" + strconv.FormatUint(c.seq, 10)
}

// parseCursor reads what String writes and nothing else; anything else is the zero cursor.
func parseCursor(text string) (c cursor) {
	epoch, seq, _ := strings.Cut(text, "-")
	n, err := strconv.ParseUint(seq, 10, 64)
	if b, err2 := hex.DecodeString(epoch); err == nil && err2 == nil && len(b) == len(c.epoch) {
		c = cursor{[16]byte(b), n}
	}
	if c.String() != text {
		return cursor{}
	}
	return c
}
