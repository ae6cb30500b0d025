package web

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"tellbox/dropbox"
)

// Tickets keep a private page from being shown twice. Going Back re-sends the form that led to a page, so what must
// never work again is the form. Each private form carries one ticket: 53 bytes sealed with XChaCha20-Poly1305
// (draft-irtf-cfrg-xchacha) under a key that lives in this process's memory only:
//
//	purpose 1 | sitting 16 | number 16 | issued, unix seconds 8 | code 12
//
// A sitting is one visit, from the first private page until she leaves. What is remembered here, in memory only, is which
// numbers are spent and which sittings have ended. If there is ever too much of that, all tickets become void at once by a
// new key; a void ticket costs nobody her text.
const (
	ticketLife  = time.Hour
	resendLife  = 15 * time.Minute // how long a resend of the report form shows its words again
	sittingLife = 24 * time.Hour   // how long an ended sitting is remembered
	maxTickets  = 200_000          // remembered of either kind: some 30 MB
)

type purpose byte

const (
	forReport purpose = 'r' // the code is the new one, for that report alone
	forCheck  purpose = 'c' // no code
	forFollow purpose = 'f' // the code she typed, or none if the form asks for it
)

type ticket struct {
	purpose purpose
	sitting [16]byte
	number  [16]byte
	issued  int64
	code    dropbox.Code
}

// state is what became of a ticket that comes back.
type state int

const (
	good  state = iota
	void        // of another process, another form, or older than an hour
	spent       // its page has been shown, or what it sent is stored
	left        // she has left
)

type tickets struct {
	now func() time.Time

	mu    sync.Mutex // protects the rest
	aead  cipher.AEAD
	void  [32]byte // key for what stands in for void tickets
	spent map[[16]byte]spending
	ended map[[16]byte]time.Time
	swept time.Time
}

type spending struct {
	at     time.Time
	digest dropbox.Hex32 // of the report that spent it
}

func newTickets(now func() time.Time) *tickets {
	t := &tickets{now: now}
	t.reset()
	return t
}

// reset makes every ticket void.
func (t *tickets) reset() {
	var key [chacha20poly1305.KeySize]byte
	rand.Read(key[:])
	rand.Read(t.void[:])
	t.aead, _ = chacha20poly1305.NewX(key[:]) // errs for a wrong key size only
	t.spent, t.ended, t.swept = map[[16]byte]spending{}, map[[16]byte]time.Time{}, t.now()
}

func newSitting() (s [16]byte) {
	rand.Read(s[:])
	return s
}

// issue makes a ticket's text. code is the zero Code where the form has none.
func (t *tickets) issue(p purpose, sitting [16]byte, code dropbox.Code) string {
	var number [16]byte
	rand.Read(number[:])
	entropy := code.Entropy()
	plain := append([]byte{byte(p)}, sitting[:]...)
	plain = append(plain, number[:]...)
	plain = binary.BigEndian.AppendUint64(plain, uint64(t.now().Unix()))
	plain = append(plain, entropy[:]...)
	nonce := make([]byte, chacha20poly1305.NonceSizeX, 128)
	rand.Read(nonce)
	t.mu.Lock()
	defer t.mu.Unlock()
	return base64.RawURLEncoding.EncodeToString(t.aead.Seal(nonce, nonce, plain, nil))
}

// open reads a ticket that came with the form for p, which began to come at seen: large files can take longer than a ticket
// lives. Void tickets carry nothing of hers; the others tell their sitting. No ticket
// at all is a void one that nobody has seen before.
func (t *tickets) open(text string, p purpose, seen time.Time) (ticket, state) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) < chacha20poly1305.NonceSizeX {
		return t.foreign(rand.Text(), p)
	}
	plain, err := t.aead.Open(nil, b[:chacha20poly1305.NonceSizeX], b[chacha20poly1305.NonceSizeX:], nil)
	if err != nil || len(plain) != 53 || purpose(plain[0]) != p {
		return t.foreign(text, p)
	}
	k := ticket{purpose: p, sitting: [16]byte(plain[1:17]), number: [16]byte(plain[17:33]),
		issued: int64(binary.BigEndian.Uint64(plain[33:41])), code: dropbox.CodeOf([12]byte(plain[41:53]))}
	if _, ok := t.ended[k.sitting]; ok {
		return k, left
	}
	if age := seen.Sub(time.Unix(k.issued, 0)); age > ticketLife || age < -time.Minute { // before spent: of tickets that old it is not remembered whether they are
		return t.foreign(text, p)
	}
	if _, ok := t.spent[k.number]; ok {
		return k, spent
	}
	return k, good
}

// foreign stands for a void ticket by what only this process can make of its text: so the same form sent again finds that she
// has left, or that it was stored a moment ago. The caller holds mu.
func (t *tickets) foreign(text string, p purpose) (ticket, state) {
	m := hmac.New(sha512.New, t.void[:])
	m.Write([]byte(text))
	b := m.Sum(nil)
	k := ticket{purpose: p, sitting: [16]byte(b[:16]), number: [16]byte(b[16:32]), issued: t.now().Unix()}
	if p == forReport {
		k.code = dropbox.CodeOf([12]byte(b[32:44]))
	}
	if _, ok := t.ended[k.sitting]; ok {
		return k, left
	}
	return k, void
}

// codeOr is the code she typed, or the ticket's if that still works.
func (k ticket) codeOr(typed string, st state) (dropbox.Code, error) {
	switch {
	case strings.TrimSpace(typed) != "":
		return dropbox.ParseCode(typed)
	case st != good:
		return dropbox.Code{}, problemOf("used-ticket")
	case k.code == (dropbox.Code{}):
		return dropbox.Code{}, &dropbox.CodeError{Token: "code-length"}
	}
	return k.code, nil
}

// spend marks a ticket; it is false if somebody was faster, or she has left meanwhile.
func (t *tickets) spend(k ticket, digest dropbox.Hex32) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep()
	_, gone := t.ended[k.sitting]
	_, done := t.spent[k.number]
	if gone || done {
		return false
	}
	t.spent[k.number] = spending{t.now(), digest}
	return true
}

// claim spends the ticket on a report; it is also true if it was spent on exactly this report so recently that its words may
// be shown again.
func (t *tickets) claim(k ticket, digest dropbox.Hex32) bool {
	if t.spend(k, digest) {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	_, gone := t.ended[k.sitting]
	s, ok := t.spent[k.number]
	return !gone && ok && s.digest == digest && t.now().Sub(s.at) <= resendLife
}

// exitPath is the way out of a sitting. It carries a MAC, so that nobody fills memory with sittings that never were.
func (t *tickets) exitPath(sitting [16]byte) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return "/exit/" + hex.EncodeToString(append(sitting[:], t.exitMAC(sitting)...))
}

func (t *tickets) exitMAC(sitting [16]byte) []byte {
	m := hmac.New(sha512.New, t.void[:])
	m.Write([]byte("exit"))
	m.Write(sitting[:])
	return m.Sum(nil)[:16]
}

// end ends the sitting that an exit path names, and with it all its tickets.
func (t *tickets) end(path string) {
	b, err := hex.DecodeString(path)
	if err != nil || len(b) != 32 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	sitting := [16]byte(b)
	if !hmac.Equal(b[16:], t.exitMAC(sitting)) {
		return
	}
	t.ended[sitting] = t.now()
	t.sweep()
}

// sweep forgets what is too old to matter. The caller holds mu.
func (t *tickets) sweep() {
	now := t.now()
	if len(t.spent) >= maxTickets || len(t.ended) >= maxTickets {
		t.reset()
		return
	}
	if now.Sub(t.swept) < 10*time.Minute {
		return
	}
	t.swept = now
	for n, s := range t.spent {
		if now.Sub(s.at) > 2*ticketLife {
			delete(t.spent, n)
		}
	}
	for n, at := range t.ended {
		if now.Sub(at) > sittingLife {
			delete(t.ended, n)
		}
	}
}
