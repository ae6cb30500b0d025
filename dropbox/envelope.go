package dropbox

import "bytes"

// headerSize is the length in bytes of an age header (C2SP age.md) with one mlkem768x25519 stanza; 16 bytes of nonce
// follow it, then the plaintext with 16 bytes more per chunk of 64 KiB.
const headerSize = 1627

// stanza is how an age file with one hybrid recipient begins.
const stanza = "age-encryption.org/v1\n-> mlkem768x25519 "

// EnvelopeSize is the length of an envelope or line whose frame fills bucket.
func EnvelopeSize(bucket int) int {
	return headerSize + 16 + bucket + 16*((bucket+65535)/65536)
}

// MaxEnvelope is the length of the largest envelope or line, in bytes.
var MaxEnvelope = EnvelopeSize(Buckets[len(Buckets)-1])

// CheckEnvelope says whether b has the shape of an age file with one hybrid stanza and a padded frame. It cannot know
// whether anybody can open it.
func CheckEnvelope(b []byte) error {
	for _, bucket := range Buckets {
		if len(b) == EnvelopeSize(bucket) && oneStanza(b[:headerSize]) {
			return nil
		}
	}
	return ErrShape
}

// oneStanza says whether header is that of an age file with one hybrid stanza.
func oneStanza(header []byte) bool {
	mac := header[headerSize-48:] // the last line: "--- ", 43 characters of MAC, newline
	return bytes.HasPrefix(header, []byte(stanza)) && bytes.HasPrefix(mac, []byte("--- ")) && mac[47] == '\n' &&
		bytes.Count(header, []byte("\n-> ")) == 1
}
