package dropbox

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// API is the path under which programs speak to a server.
const API = "/api/1/"

// AnswerSize is the length in bytes that a shorter answer of the API is filled up to, with spaces after its JSON: who counts bytes
// cannot tell "stored" from "taken back". A pickup has steps of its own: PickupSize.
const AnswerSize = 2 << 10

// The JSON of the API. Byte slices are base64 (RFC 4648, padded).
type (
	// APIError stands in every answer that is not a success, with the same status as the page.
	APIError struct {
		Token   string `json:"error"`
		Message string `json:"message"`
		Time    int64  `json:"time"` // the server's, unix seconds: clocks that differ show here
	}
	// StoredAnswer is the answer to a parcel and to a reply.
	StoredAnswer struct {
		Stored bool `json:"stored"`
		Again  bool `json:"again"` // it had been stored before: nothing was stored now
		// Missing are the blobs it names that are not there: those files have to be sent again, with another message.
		Missing []BlobID `json:"missing"`
	}
	// BlobAnswer is the answer to a blob, or to a piece of one: it is whole and durable when Have is its size.
	BlobAnswer struct {
		ID   BlobID `json:"id"`
		Have int64  `json:"have"` // bytes that the server has
	}
	// PickupAnswer holds a reporter's lines in the order they came. Its length is padded: PickupSize.
	PickupAnswer struct {
		Lines [][]byte `json:"lines"`
		Ends  string   `json:"ends"`  // ISO week
		Whole bool     `json:"whole"` // as the server has it; see Lines
		Pad   string   `json:"pad"`
	}
	// WithdrawAnswer names of whom everything unread was deleted and who was asked to delete.
	WithdrawAnswer struct {
		Deleted []string `json:"deleted"`
		Asked   []string `json:"asked"`
	}
	// MailAnswer is one page of a mailbox; Next is the cursor after it.
	MailAnswer struct {
		Entries []MailEntry `json:"entries"`
		Next    string      `json:"next"`
	}
	MailEntry struct {
		Seq      uint64 `json:"seq"`
		ID       string `json:"id"`
		Via      string `json:"via"` // ViaParcel or ViaReply
		Envelope []byte `json:"envelope"`
	}
	// AckRequest names mail that is safe on the advocate's disk.
	AckRequest struct {
		IDs []string `json:"ids"`
	}
	// PromptsAnswer is what the form asks beside the account, in its order. Whoever runs the server chooses it.
	PromptsAnswer struct {
		Prompts []Question `json:"prompts"`
	}
	Question struct {
		ID       string `json:"id"`
		Question string `json:"question"`
	}
	// RosterAnswer is the signed roster, and every generation of the keyholders file, oldest first.
	RosterAnswer struct {
		Keyholders string `json:"keyholders"`
		Roster     string `json:"roster"`
	}
)

// Limits of what answers hold.
const (
	MaxQuestions = 16   // that a form asks: a long one exhausts
	MaxQuestion  = 200  // characters of one, on one line
	MaxLines     = 4000 // of one box
)

// PickupSize is the length in bytes that a pickup answer of n bytes is padded to: a power of two from 128 KiB, which holds five
// lines of the first bucket, to 1 MiB, then whole MiB.
func PickupSize(n int) int {
	for size := 128 << 10; size <= 1<<20; size *= 2 {
		if n <= size {
			return size
		}
	}
	return (n + 1<<20 - 1) &^ (1<<20 - 1)
}

// SignatureWindow is how far an advocate's clock may be from the server's, either way.
const SignatureWindow = 5 * time.Minute

// ErrSignature is the error of a request that is not an advocate's: forged, stale or not signed at all.
var ErrSignature = errors.New("the request is not signed by an advocate of this box, or her clock is off")

// Authorization is who signed a request, and when. Its header value is "Tellbox id=…,time=…,sig=…".
type Authorization struct {
	ID   string
	Time int64 // unix seconds
	sig  []byte
}

func requestText(method, uri string, body []byte, unix int64, box BoxID) []byte {
	sum := sha256.Sum256(body)
	return fmt.Appendf(nil, "tellbox/1 request\n%s\n%s\n%x\n%d\n%s\n", method, uri, sum, unix, box)
}

// SignRequest makes the header value for a request. uri is path and query as they stand in the request line.
// A replay within the window changes nothing: what changes anything carries a sending number or names one entry.
func SignRequest(id string, key ed25519.PrivateKey, method, uri string, body []byte, now time.Time, box BoxID) string {
	sig := ed25519.Sign(key, requestText(method, uri, body, now.Unix(), box))
	return fmt.Sprintf("Tellbox id=%s,time=%d,sig=%x", id, now.Unix(), sig)
}

// ParseAuthorization reads a header value; it proves nothing yet.
func ParseAuthorization(header string) (*Authorization, error) {
	rest, ok := strings.CutPrefix(header, "Tellbox ")
	fields := strings.Split(rest, ",")
	if !ok || len(fields) != 3 {
		return nil, ErrSignature
	}
	id, ok1 := strings.CutPrefix(fields[0], "id=")
	unix, ok2 := strings.CutPrefix(fields[1], "time=")
	sig, ok3 := strings.CutPrefix(fields[2], "sig=")
	t, err := strconv.ParseInt(unix, 10, 64)
	b, err2 := hex.DecodeString(sig)
	if !ok1 || !ok2 || !ok3 || err != nil || err2 != nil || len(b) != ed25519.SignatureSize || !ValidID(id) {
		return nil, ErrSignature
	}
	return &Authorization{ID: id, Time: t, sig: b}, nil
}

// Verify checks the signature and the clock.
func (a *Authorization) Verify(key ed25519.PublicKey, method, uri string, body []byte, now time.Time, box BoxID) error {
	if d := now.Sub(time.Unix(a.Time, 0)); d > SignatureWindow || d < -SignatureWindow {
		return ErrSignature
	}
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, requestText(method, uri, body, a.Time, box), a.sig) {
		return ErrSignature
	}
	return nil
}
