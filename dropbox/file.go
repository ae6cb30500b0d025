package dropbox

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"filippo.io/age"
)

// Files go another way than texts, as they can be large: each is an age file of its own, a blob, which is sealed while it streams to an
// identity made for it alone. Frames name it, with the secret of that identity; whoever cannot open a frame cannot open its files.
const (
	MaxFiles    = 20               // with one report, message or reply
	maxFiles    = 100              // in one frame: a record that is shared brings those of all its pieces
	MaxFileName = 100              // code points
	MaxFile     = 500 << 20        // bytes of a file, unless a server is told otherwise
	MostFile    = 3 << 30          // bytes of a file, whatever a server is told: the blob of a larger one might not be one
	minBlob     = 256 << 10        // bytes of the smallest size class
	stepBlob    = 64 << 20         // bytes from one size class to the next, from this one on
	MaxBlob     = 4<<30 - stepBlob // bytes of a blob, whatever a server is told
)

// BlobID names a blob on the server: 32 random bytes, chosen by whoever sends it. Whoever knows it can fetch the ciphertext.
type BlobID = Hex32

// File is an attachment as frames name it.
type File struct {
	Name   string `json:"name"`   // as CleanName leaves it
	Type   string `json:"type"`   // a media type, by the first bytes of the file: what it looks like, not what it is
	Size   int64  `json:"size"`   // bytes, without the padding
	SHA256 Hex32  `json:"sha256"` // of those bytes
	Blob   BlobID `json:"blob"`
	Key    string `json:"key"` // AGE-SECRET-KEY-PQ-1…, the identity that opens the blob
}

// ErrFileTooLarge is returned when a file turns out to be larger than it may be.
var ErrFileTooLarge = errors.New("the file is too large")

// PaddedSize is how many bytes are sealed for a file of n bytes, which zeros fill up: a power of two from 256 KiB to 64 MiB, then
// whole steps of 64 MiB.
func PaddedSize(n int64) int64 {
	if n > stepBlob {
		return (n + stepBlob - 1) / stepBlob * stepBlob
	}
	size := int64(minBlob)
	for size < n {
		size *= 2
	}
	return size
}

// BlobSize is the length in bytes of the blob of a file of n bytes: an age header with one hybrid stanza, and chunks.
func BlobSize(n int64) int64 {
	padded := PaddedSize(n)
	return headerSize + 16 + padded + 16*((padded+65535)/65536)
}

// CheckBlobSize says whether a blob can have that length: that of a size class, less than 4 GiB.
func CheckBlobSize(n int64) bool {
	return n > 0 && n <= MaxBlob && BlobSize(max(0, n-headerSize-16)*65536/65552) == n
}

// BlobHead is how many bytes of a blob CheckBlobHead wants to see.
const BlobHead = headerSize

// CheckBlobHead refuses what does not begin as an age file with one hybrid stanza.
func CheckBlobHead(head []byte) error {
	if len(head) < headerSize || !oneStanza(head[:headerSize]) {
		return ErrShape
	}
	return nil
}

// CleanName makes a file name that can be shown and saved: its last element, without controls, marks that change the direction of text,
// and what paths are made of; at most MaxFileName code points, of which the ending is kept; "file" if nothing is left.
func CleanName(name string) string {
	name = strings.ToValidUTF8(name, "\uFFFD")
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) || strings.ContainsRune(`<>:"/\|?*`, r) || unicode.In(r, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, name)
	name = strings.TrimLeft(strings.Trim(name, " "), ".- ")
	if n := utf8.RuneCountInString(name); n > MaxFileName {
		end := []rune(path.Ext(name))
		if len(end) > 12 {
			end = nil
		}
		name = string([]rune(name)[:MaxFileName-len(end)]) + string(end)
	}
	if name = strings.TrimRight(name, ". "); name == "" {
		return "file"
	}
	return name
}

// TypeOf is what a file looks like by its first 512 bytes.
func TypeOf(head []byte) string {
	media, _, _ := strings.Cut(http.DetectContentType(head), ";")
	return media
}

// check holds the name of a file in a frame to what the functions here would write. The key is looked at when it is used.
func (f *File) check() bool {
	kind, params, err := mime.ParseMediaType(f.Type)
	return CleanName(f.Name) == f.Name && err == nil && kind == f.Type && strings.Contains(kind, "/") && len(params) == 0 && len(kind) <= 100 && f.Size >= 0 && f.Size <= MaxBlob &&
		f.Blob != BlobID{} && strings.HasPrefix(f.Key, "AGE-SECRET-KEY-PQ-1") && len(f.Key) <= 100 &&
		strings.Trim(f.Key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}

// size is the room in bytes for it within a frame.
func (f *File) size() int { return 420 + escaped(f.Name) + len(f.Type) }

// FileSealer seals a file while it is written. It holds one chunk of 64 KiB in memory.
type FileSealer struct {
	w      io.WriteCloser
	sum    hash.Hash
	head   []byte // the first 512 bytes
	max    int64
	file   File
	broken error
}

// SealFile begins a blob of a file of at most max bytes, and writes it to dst as the file is written to the FileSealer.
func SealFile(dst io.Writer, max int64) (*FileSealer, error) {
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		return nil, fmt.Errorf("sealing a file: %w", err)
	}
	w, err := age.Encrypt(dst, identity.Recipient())
	if err != nil {
		return nil, fmt.Errorf("sealing a file: %w", err)
	}
	return &FileSealer{w: w, sum: sha256.New(), max: max, file: File{Key: identity.String()}}, nil
}

// Write takes the next bytes of the file. Errors: ErrFileTooLarge, or those of dst, after which the blob is worth nothing.
func (s *FileSealer) Write(p []byte) (int, error) {
	if s.broken != nil {
		return 0, s.broken
	}
	if s.file.Size+int64(len(p)) > s.max {
		s.broken = ErrFileTooLarge
		return 0, s.broken
	}
	if len(s.head) < 512 {
		s.head = append(s.head, p[:min(len(p), 512-len(s.head))]...)
	}
	s.sum.Write(p)
	s.file.Size += int64(len(p))
	var n int
	n, s.broken = s.w.Write(p)
	return n, s.broken
}

// Close fills the blob up to its size class, ends it, and says what a frame has to say of it, under CleanName of name.
func (s *FileSealer) Close(name string, blob BlobID) (File, error) {
	var zeros [32 << 10]byte
	for left := PaddedSize(s.file.Size) - s.file.Size; left > 0 && s.broken == nil; {
		var n int
		n, s.broken = s.w.Write(zeros[:min(left, int64(len(zeros)))])
		left -= int64(n)
	}
	if s.broken == nil {
		s.broken = s.w.Close()
	}
	if s.broken != nil {
		return File{}, fmt.Errorf("sealing a file: %w", s.broken)
	}
	f := s.file
	f.Name, f.Blob, f.SHA256 = CleanName(name), blob, Hex32(s.sum.Sum(nil))
	f.Type = TypeOf(s.head)
	return f, nil
}

// Open reads a file out of its blob. The reader ends with io.EOF only when the whole blob was read, and all of it is what was sealed;
// whoever shows something before that shows what may be cut or forged. Its other errors are ErrOpen, and those of reading blob.
func (f *File) Open(blob io.Reader) (io.Reader, error) {
	identity, err := age.ParseHybridIdentity(f.Key)
	if err != nil {
		return nil, ErrOpen
	}
	src := &blobSource{r: blob}
	plain, err := age.Decrypt(src, identity)
	if err != nil {
		return nil, src.or(ErrOpen)
	}
	return &fileReader{file: f, src: src, plain: plain, sum: sha256.New()}, nil
}

// blobSource remembers why reading failed, where it was not the end.
type blobSource struct {
	r   io.Reader
	err error
}

func (s *blobSource) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func (s *blobSource) or(err error) error {
	if s.err != nil {
		return fmt.Errorf("reading a file: %w", s.err)
	}
	return err
}

type fileReader struct {
	file  *File
	src   *blobSource
	plain io.Reader
	sum   hash.Hash
	n     int64
}

func (r *fileReader) Read(p []byte) (int, error) {
	left := r.file.Size - r.n
	if left == 0 {
		return 0, r.end()
	}
	n, err := r.plain.Read(p[:min(int64(len(p)), left)])
	r.sum.Write(p[:n])
	r.n += int64(n)
	if err != nil {
		return n, r.src.or(ErrOpen) // io.EOF too: it is shorter than it says
	}
	return n, nil
}

// end reads the padding, and gives its verdict.
func (r *fileReader) end() error {
	padding, err := io.Copy(io.Discard, r.plain)
	switch {
	case err != nil:
		return r.src.or(ErrOpen)
	case r.n+padding != PaddedSize(r.file.Size), Hex32(r.sum.Sum(nil)) != r.file.SHA256:
		return ErrOpen
	}
	return io.EOF
}
