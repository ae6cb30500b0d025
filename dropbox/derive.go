package dropbox

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"filippo.io/age"
)

// Hex32 is 32 bytes that stand in texts as 64 lower-case hexadecimal digits and nothing else.
type Hex32 [32]byte

// BoxID names one drop-box, for ever: 32 random bytes in its roster. Locator finds a reporter's box and is known to her
// and, while she is there, to the server. Drop is its one-way image, which her readers know as well. Sending is the random
// number of one press of Send.
type (
	BoxID   = Hex32
	Locator = Hex32
	Drop    = Hex32
	Sending = Hex32
)

func (h Hex32) String() string               { return hex.EncodeToString(h[:]) }
func (h Hex32) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText takes 64 lower-case digits only.
func (h *Hex32) UnmarshalText(text []byte) error {
	if len(text) != 64 {
		return errors.New("want 64 hexadecimal digits")
	}
	for _, c := range text {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return errors.New("want lower-case hexadecimal digits")
		}
	}
	_, err := hex.Decode(h[:], text)
	return err
}

// ParseHex32 reads 64 lower-case hexadecimal digits.
func ParseHex32(s string) (h Hex32, err error) { return h, h.UnmarshalText([]byte(s)) }

// DropOf is SHA-256("tellbox/1 drop" ‖ locator).
func DropOf(l Locator) Drop {
	return sha256.Sum256(append([]byte("tellbox/1 drop"), l[:]...))
}

// Reporter is what grows from a code in one drop-box: all that she can find, open and prove.
// Each value is HKDF-SHA256 (RFC 5869) of the code's 12 bytes with the box id as salt and "tellbox/1 " + label as info.
// There is no slow hash: 96 random bits need none, and it would be a lever against the server.
type Reporter struct {
	Box      BoxID
	Locator  Locator // label "locator"
	Drop     Drop
	identity *age.HybridIdentity // label "identity"
	thread   [32]byte            // label "thread"
	self     [32]byte            // label "self"
	consent  ed25519.PrivateKey  // label "consent": the seed
}

// Reporter derives what the code stands for in box.
func (c Code) Reporter(box BoxID) (*Reporter, error) {
	derive := func(label string) (out [32]byte) {
		b, err := hkdf.Key(sha256.New, c.entropy[:], box[:], "tellbox/1 "+label, 32)
		if err != nil {
			panic(err) // only for lengths over 255 hashes
		}
		return [32]byte(b)
	}
	seed := derive("identity")
	identity, err := age.ParseHybridIdentity(bech32Encode("AGE-SECRET-KEY-PQ-", seed[:]))
	if err != nil {
		return nil, fmt.Errorf("deriving her identity: %w", err)
	}
	consent := derive("consent")
	r := &Reporter{Box: box, Locator: derive("locator"), identity: identity, thread: derive("thread"), self: derive("self"),
		consent: ed25519.NewKeyFromSeed(consent[:])}
	r.Drop = DropOf(r.Locator)
	return r, nil
}

// String keeps her secrets out of logs, however they are printed.
func (r *Reporter) String() string   { return "[reporter]" }
func (r *Reporter) GoString() string { return "[reporter]" }

// Recipient is her age recipient, to which lines are sealed.
func (r *Reporter) Recipient() *age.HybridRecipient { return r.identity.Recipient() }

// ReaderKey is the MAC key between her and one reader: HMAC-SHA256(thread, "reader " ‖ id). A reader is given only his
// own, so that none can speak as another or as her.
func (r *Reporter) ReaderKey(id string) Hex32 { return readerKey(r.thread, id) }

// AddedKey is the MAC key between her and a reader whom another has added: HMAC-SHA256(the other's key, "reader " ‖ id). Who adds somebody can
// speak as him.
func AddedKey(adder Hex32, id string) Hex32 { return readerKey(adder, id) }

// chainKey is the key of somebody who was added: the first of chain is a reader with a key of his own, each added the next, the last him.
func (r *Reporter) chainKey(chain []string, id string) Hex32 {
	key := r.thread
	for _, next := range append(slices.Clone(chain), id) {
		key = readerKey(key, next)
	}
	return key
}

func readerKey(thread [32]byte, id string) Hex32 {
	m := hmac.New(sha256.New, thread[:])
	m.Write([]byte("reader " + id))
	return Hex32(m.Sum(nil))
}
