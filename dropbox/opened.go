package dropbox

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"unicode/utf8"
)

// Route is where a frame must belong to be believed.
type Route struct {
	Box      BoxID
	Drop     Drop
	From, To string
}

// Opened is a well-formed frame whose sender is not yet believed. Claimed says what it says of itself: enough to find
// the key, no more. ByMAC, BySig and AsReport give the frame to whoever can check it. It is for one goroutine: of what is dear to check it
// remembers what came of it, so that it can be asked again.
type Opened struct {
	claimed Frame
	signed  []byte
	mac     []byte // one of these two
	sig     []byte

	signer  ed25519.PublicKey // sig is right by this key
	refused ed25519.PublicKey // and was last found wrong by this one
	granted bool              // the grant is right
}

// Claimed is what an unverified frame says: to pick the key by, never to show.
func (o *Opened) Claimed() (kind string, drop Drop, from string) {
	return o.claimed.Kind, o.claimed.Drop, o.claimed.From
}

func (o *Opened) on(r Route) bool {
	f := &o.claimed
	return f.Box == r.Box && f.Drop == r.Drop && f.From == r.From && f.To == r.To
}

// ByMAC gives the frame if its MAC is right under key and it belongs on that route.
func (o *Opened) ByMAC(key Hex32, r Route) (*Frame, error) {
	if o.mac == nil || key == (Hex32{}) || !hmac.Equal(o.mac, mac(key, o.signed)) || !o.on(r) {
		return nil, ErrOpen
	}
	return &o.claimed, nil
}

// BySig gives the frame if it is signed by a reader with that sign-in key and belongs on that route. Whether the sender is a
// reader of that case is for the caller to know. What was right by one key is asked of no other.
func (o *Opened) BySig(key ed25519.PublicKey, r Route) (*Frame, error) {
	if o.sig == nil || len(key) != ed25519.PublicKeySize || !o.on(r) {
		return nil, ErrOpen
	}
	if !key.Equal(o.signer) {
		if o.signer != nil || key.Equal(o.refused) || !ed25519.Verify(key, o.signed, o.sig) {
			o.refused = bytes.Clone(key)
			return nil, ErrOpen
		}
		o.signer = bytes.Clone(key)
	}
	return &o.claimed, nil
}

// AsReport gives the frame if it is a report to this reader in this box, with her grant. Nobody vouches for who she is: it is
// whoever has the report's keys that speaks from then on. The caller must not let a second one for a known drop replace the first.
func (o *Opened) AsReport(box BoxID, me string) (*Frame, error) {
	f := &o.claimed
	if f.Kind != Report || f.To == FromReporter || f.To != me || f.Box != box || !bytes.Equal(o.mac, make([]byte, 32)) {
		return nil, ErrOpen
	}
	if !o.granted {
		if grant := lowerHex([]byte(f.Grant), ed25519.SignatureSize); grant == nil || !ed25519.Verify(f.Consent[:], f.granted(), grant) {
			return nil, ErrOpen
		}
		o.granted = true
	}
	return f, nil
}

var spaces = bytes.Repeat([]byte{' '}, 512)

// decode reads a padded frame. Its only error is ErrOpen.
func decode(plain []byte) (*Opened, error) {
	if bucketFor(len(plain)) != len(plain) {
		return nil, ErrOpen
	}
	for bytes.HasSuffix(plain, spaces) { // faster than one at a time, and there are thousands
		plain = plain[:len(plain)-len(spaces)]
	}
	o, err := Reopen(bytes.TrimRight(plain, " "))
	if err == nil && o.claimed.Recipient != "" && !o.claimed.checkRecipient() {
		return nil, ErrOpen
	}
	return o, err
}

// Bytes is the frame as it stood in its envelope, without the padding. It is for a sealed store of one's own, from which Reopen reads it again
// without the cost of opening an envelope.
func (o *Opened) Bytes() []byte {
	line := "mac " + hex.EncodeToString(o.mac)
	if o.sig != nil {
		line = "sig " + hex.EncodeToString(o.sig)
	}
	header, document, _ := bytes.Cut(o.signed, []byte("\n"))
	return slices.Concat(header, []byte("\n"+line+"\n\n"), document)
}

// Reopen reads what Bytes gave, with every check that Open makes of what stands in an envelope but one: that a recipient is one, which costs more than
// all others. So it is for what was opened here, and kept where nobody else can write it. Nobody is believed by it: as after Open, that takes
// ByMAC, BySig or AsReport. Its only error is ErrOpen.
func Reopen(frame []byte) (*Opened, error) {
	if bucketFor(len(frame)) == 0 || !utf8.Valid(frame) {
		return nil, ErrOpen
	}
	header, rest, ok := bytes.Cut(frame, []byte("\n"))
	kind, ok2 := bytes.CutPrefix(header, []byte("tellbox/1 "))
	line, rest, ok3 := bytes.Cut(rest, []byte("\n"))
	document, ok4 := bytes.CutPrefix(rest, []byte("\n"))
	if !ok || !ok2 || !ok3 || !ok4 || bytes.ContainsRune(document, '\n') {
		return nil, ErrOpen
	}
	o := &Opened{signed: append(append(bytes.Clone(header), '\n'), document...)}
	if h, found := bytes.CutPrefix(line, []byte("mac ")); found {
		o.mac = lowerHex(h, sha256.Size)
	} else if h, found := bytes.CutPrefix(line, []byte("sig ")); found {
		o.sig = lowerHex(h, ed25519.SignatureSize)
	}
	if o.mac == nil && o.sig == nil {
		return nil, ErrOpen
	}
	if err := json.Unmarshal(document, &o.claimed); err != nil {
		return nil, ErrOpen
	}
	o.claimed.Kind = string(kind)
	// What is there must be what would be written: no unknown, repeated or differently-cased key, no other escape, number or order.
	if again, err := o.claimed.document(); err != nil || !bytes.Equal(again, document) {
		return nil, ErrOpen
	}
	return o, nil
}

func lowerHex(h []byte, size int) []byte {
	b, err := hex.DecodeString(string(h))
	if err != nil || len(b) != size || !bytes.Equal(bytes.ToLower(h), h) {
		return nil
	}
	return b
}
