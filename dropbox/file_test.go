package dropbox

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"
	"unicode/utf8"
)

// sealFile seals a file of n bytes.
func sealFile(t testing.TB, name string, content []byte) (File, []byte) {
	t.Helper()
	var blob bytes.Buffer
	s, err := SealFile(&blob, MaxFile)
	if err == nil {
		_, err = s.Write(content)
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.Close(name, BlobID{7})
	if err != nil {
		t.Fatal(err)
	}
	return f, blob.Bytes()
}

func openFile(f File, blob []byte) ([]byte, error) {
	r, err := f.Open(bytes.NewReader(blob))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func TestFileSizes(t *testing.T) {
	classes := map[int64]bool{}
	for _, n := range []int64{0, 1, 256<<10 - 1, 256 << 10, 256<<10 + 1, 1 << 20, 1<<20 + 1, 64 << 20, 64<<20 + 1, 128 << 20, 200 << 20, MaxFile, 2 << 30} {
		padded, size := PaddedSize(n), BlobSize(n)
		if padded < n || n > minBlob && padded > 2*n || n > 2*stepBlob && padded > n+stepBlob || !CheckBlobSize(size) {
			t.Errorf("%d bytes: padded to %d, a blob of %d; CheckBlobSize %v", n, padded, size, CheckBlobSize(size))
		}
		if CheckBlobSize(size-1) || CheckBlobSize(size+1) {
			t.Errorf("%d bytes: a blob one byte shorter or longer passes", n)
		}
		classes[padded] = true
	}
	if len(classes) != 9 {
		t.Errorf("%d size classes, want 9: %v", len(classes), classes)
	}
	for _, n := range []int64{-1, 0, 1, 1627, headerSize + 16, 1 << 40, 1<<63 - 1} {
		if CheckBlobSize(n) {
			t.Errorf("a blob of %d bytes passes", n)
		}
	}
}

// What was sealed comes out again, whatever its size; nothing else does, and no end of it is clean.
func TestFileOpens(t *testing.T) {
	for _, n := range []int{0, 1, 65536, 256 << 10, 256<<10 + 1, 300_000} {
		content := bytes.Repeat([]byte("canary-evidence "), n/16+1)[:n]
		f, blob := sealFile(t, "a.txt", content)
		if int64(len(blob)) != BlobSize(int64(n)) || CheckBlobHead(blob) != nil || bytes.Contains(blob, []byte("canary")) || f.Size != int64(n) || !f.check() {
			t.Fatalf("%d bytes: a blob of %d, want %d; %+v", n, len(blob), BlobSize(int64(n)), f.Size)
		}
		if got, err := openFile(f, blob); err != nil || !bytes.Equal(got, content) {
			t.Fatalf("%d bytes: got %d back, %v", n, len(got), err)
		}
		for _, at := range []int{0, 100, headerSize, headerSize + 20, len(blob) / 2, len(blob) - 1} {
			changed := bytes.Clone(blob)
			changed[at] ^= 1
			if _, err := openFile(f, changed); !errors.Is(err, ErrOpen) {
				t.Errorf("%d bytes, byte %d changed: %v", n, at, err)
			}
			if _, err := openFile(f, blob[:at]); !errors.Is(err, ErrOpen) {
				t.Errorf("%d bytes, cut at %d: %v", n, at, err)
			}
		}
		if _, err := openFile(f, append(bytes.Clone(blob), 0)); !errors.Is(err, ErrOpen) {
			t.Errorf("%d bytes and one more: %v", n, err)
		}
		for what, g := range map[string]File{
			"another size": {Size: f.Size + 1, SHA256: f.SHA256, Key: f.Key}, "another hash": {Size: f.Size, Key: f.Key},
			"no key": {Size: f.Size, SHA256: f.SHA256}, "another class": {Size: f.Size + 10<<20, SHA256: f.SHA256, Key: f.Key},
		} {
			if _, err := openFile(g, blob); !errors.Is(err, ErrOpen) {
				t.Errorf("%d bytes, %s: %v", n, what, err)
			}
		}
	}
	one, blob := sealFile(t, "a", []byte("a"))
	two, _ := sealFile(t, "a", []byte("a"))
	two.Blob = one.Blob
	if _, err := openFile(two, blob); !errors.Is(err, ErrOpen) {
		t.Errorf("opened with the key of another file: %v", err)
	}
	broken := errors.New("the line is dead")
	r, err := one.Open(io.MultiReader(bytes.NewReader(blob[:70_000]), iotest.ErrReader(broken)))
	if err == nil {
		_, err = io.ReadAll(r)
	}
	if !errors.Is(err, broken) || errors.Is(err, ErrOpen) {
		t.Errorf("a source that breaks off: got %v, want its own error", err)
	}
}

func TestFileTooLarge(t *testing.T) {
	s, err := SealFile(io.Discard, 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(make([]byte, 10)); err != nil {
		t.Fatalf("as much as may be: %v", err)
	}
	if _, err := s.Write([]byte{1}); !errors.Is(err, ErrFileTooLarge) {
		t.Fatalf("one byte more: %v", err)
	}
	if _, err := s.Close("a", BlobID{1}); !errors.Is(err, ErrFileTooLarge) {
		t.Fatalf("closed after that: %v", err)
	}
}

func TestCleanName(t *testing.T) {
	long := strings.Repeat("é", 300) + ".jpeg"
	for in, want := range map[string]string{
		"photo.jpg": "photo.jpg", "": "file", ".": "file", "..": "file", "/": "file", "   ": "file", "../../etc/passwd": "passwd", `C:\Users\anna\me.png`: "me.png",
		"/tmp/": "tmp", ".bashrc": "bashrc", "-rf": "rf", "a\x00b\nc\x1b[2J.txt": "abc[2J.txt", "exe\u202egpj.scr": "exegpj.scr", "a<b>:\"|?*c": "abc",
		"bad\xff.txt": "bad\uFFFD.txt", "说明 书.pdf": "说明 书.pdf", "a. . ": "a", "x\u2028y": "xy", "\u200e\u200f": "file",
		long: strings.Repeat("é", 95) + ".jpeg", strings.Repeat("a", 200): strings.Repeat("a", 100),
		strings.Repeat("a", 99) + " ." + strings.Repeat("b", 50): strings.Repeat("a", 99),
	} {
		if got := CleanName(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzCleanName(f *testing.F) {
	f.Add("photo.jpg")
	f.Add("..\\-\u202e/ .a")
	f.Fuzz(func(t *testing.T, s string) {
		name := CleanName(s)
		if name == "" || CleanName(name) != name || utf8.RuneCountInString(name) > MaxFileName || strings.ContainsAny(name, "/\\\x00\n") ||
			strings.HasPrefix(name, ".") || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsGraphic(r) }) {
			t.Errorf("%q became %q", s, name)
		}
	})
}

// Files go with what she sends and to nobody else: her own line has them only if she keeps a copy, and the parcel says their blobs.
func TestFilesInFrames(t *testing.T) {
	her := testReporter(t, 7)
	alice, key := testReader(t, "alice")
	file, _ := sealFile(t, `the "photo".jpg`, []byte("\xff\xd8\xff\xe0 picture"))
	if file.Type != "image/jpeg" {
		t.Errorf("type %q", file.Type)
	}
	for _, keep := range []bool{false, true} {
		f := testReport("alice")
		f.Files, f.Copy = []File{file}, keep
		p, err := her.Seal(f, []Reader{alice}, nil, everyone)
		if err != nil {
			t.Fatal(err)
		}
		p.Sending = Sending{5}
		o, err := Open(p.To[0].Sealed, key)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := o.AsReport(her.Box, "alice"); err != nil || len(got.Files) != 1 || got.Files[0] != file {
			t.Errorf("the reader has %+v, %v", got, err)
		}
		c := her.Fold([][]byte{p.Line})
		if got := len(c.Files()); got != 1 && keep || got != 0 && !keep {
			t.Errorf("copy %v: her line has %d files", keep, got)
		}
		if len(p.Blobs) != 1 || p.Blobs[0] != file.Blob {
			t.Errorf("the parcel names %v", p.Blobs)
		}
		again, err := ReadParcel(multipart.NewReader(bytes.NewReader(multipartBytes(t, p, everyone)), testBoundary))
		if err != nil || len(again.Blobs) != 1 || again.Blobs[0] != file.Blob {
			t.Errorf("read again: %+v, %v", again, err)
		}
		bare := *p
		bare.Blobs = nil
		if a, b := len(multipartBytes(t, p, everyone)), len(multipartBytes(t, &bare, everyone)); a != b {
			t.Errorf("%d bytes with a file, %d without", a, b)
		}
		if bare.SetDigest(); bare.Digest == again.Digest {
			t.Error("the digest does not tell a parcel without the file")
		}
		p.Blobs = append(p.Blobs, p.Blobs[0])
		if p.CheckShape() == nil {
			t.Error("one blob named twice passes")
		}
	}

	for what, change := range map[string]func(*Frame){
		"a path in a name": func(f *Frame) { f.Files[0].Name = "../x" }, "no name": func(f *Frame) { f.Files[0].Name = "" },
		"a name that turns": func(f *Frame) { f.Files[0].Name = "a\u202eb" }, "a type that is none": func(f *Frame) { f.Files[0].Type = "x" },
		"a type with more": func(f *Frame) { f.Files[0].Type = "text/html; charset=utf-8" }, "less than nothing": func(f *Frame) { f.Files[0].Size = -1 },
		"no blob": func(f *Frame) { f.Files[0].Blob = BlobID{} }, "no key": func(f *Frame) { f.Files[0].Key = "" },
		"too many": func(f *Frame) { f.Files = make([]File, maxFiles+1) }, "with a wish": func(f *Frame) { f.Kind, f.Wish, f.Text = Wish, "advice", "" },
		"blanks for words": func(f *Frame) { f.Text = "  " },
	} {
		f := Frame{Kind: Message, Box: her.Box, Drop: her.Drop, From: FromReporter, To: "alice", ID: newID(), Day: "2026-02-11", Count: 2, Files: []File{file}}
		if _, err := f.document(); err != nil {
			t.Fatalf("a message of a file alone: %v", err)
		}
		change(&f)
		if _, err := f.document(); err == nil {
			t.Errorf("%s passes", what)
		}
	}
}

// The room that is counted for a file is enough, whatever it is.
func TestFileFitsItsRoom(t *testing.T) {
	her := testReporter(t, 7)
	alice, _ := testReader(t, "alice")
	file, _ := sealFile(t, "x", nil)
	file.Name, file.Size, file.Type = strings.Repeat("𐍈", MaxFileName), MaxBlob, "application/"+strings.Repeat("x", 88)
	if !file.check() {
		t.Fatal("not a file")
	}
	f := testReport("alice")
	f.Box, f.Drop, f.From, f.To, f.ID, f.Count = her.Box, her.Drop, FromReporter, "alice", newID(), maxCount
	f.Kind, f.About, f.Wish, f.Readers, f.StruckOff = Message, "", "", nil, nil
	before := 0
	for n := range 3 {
		document, err := f.document()
		if err != nil {
			t.Fatal(err)
		}
		if room := len(document) - before; n > 1 && room > file.size() {
			t.Errorf("a file takes %d bytes, and %d are counted", room, file.size())
		}
		before = len(document)
		f.Files = append(f.Files, file)
	}
	f = testReport("alice")
	for range maxFiles {
		f.Files = append(f.Files, file)
	}
	if _, err := her.Seal(f, []Reader{alice}, nil, everyone); err != nil {
		t.Errorf("as many as there may be: %v", err)
	}
}
