package store

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzRecords: a decoder never panics, and takes nothing but what its encoder writes. The first byte picks which.
func FuzzRecords(f *testing.F) {
	type codec func([]byte) ([]byte, bool)
	codecs := []codec{
		func(b []byte) ([]byte, bool) { r, ok := decodeBox(b); return r.encode(), ok },
		func(b []byte) ([]byte, bool) { r, ok := decodeHead(b); return r.encode(), ok },
		func(b []byte) ([]byte, bool) { r, ok := decodeMark(b); return r.encode(), ok },
		func(b []byte) ([]byte, bool) { r, ok := decodeMail(b); return r.encode(), ok },
		func(b []byte) ([]byte, bool) { r, ok := decodeSent(b); return encodeSent(r), ok },
		func(b []byte) ([]byte, bool) { r, ok := decodeEntry(b); return r.encode(), ok },
		func(b []byte) ([]byte, bool) { r, ok := decodeBundle(b); return r.encode(), ok },
		func(b []byte) ([]byte, bool) { r, ok := decodeSeq(b); return seqBytes(r), ok },
		func(b []byte) ([]byte, bool) { r, ok := decodePlace(b); return r.append(nil), ok },
		func(b []byte) ([]byte, bool) { r, ok := decodeSegment(b); return r.encode(), ok },
		func(b []byte) ([]byte, bool) { r, ok := decodeWipe(b); return r.encode(), ok },
	}
	for i, b := range [][]byte{
		boxRecord{whole: true, week: "2026-W07", keep: 2, lines: 3, bytes: 60000, mails: 4}.encode(),
		headRecord{next: 7, entries: 3, bytes: 60000}.encode(),
		markRecord{put: "2026-W07", acknowledged: "2026-W08"}.encode(),
		mailRecord{place: place{span{1, 2, 18043}, [32]byte{3}}}.encode(),
		encodeSent([]sentRecord{{week: "2026-W07"}, {digest: hash{1}, week: "2026-W08"}}),
		entryRecord{size: 18027}.encode(),
		Bundle{[]byte("keyholders"), []byte("roster")}.encode(),
		seqBytes(1),
		place{span{1, 2, 18043}, [32]byte{3}}.append(nil),
		segmentRecord{end: 18043, live: 18043}.encode(),
		wipeRecord{[]span{{1, 2, 3}, {4, 5, 6}}, "2026-W07", []hash{{1}, {2}}}.encode(),
	} {
		b = append([]byte{byte(i)}, b...)
		if got, ok := codecs[i](b[1:]); !ok || !bytes.Equal(got, b[1:]) {
			f.Fatalf("record %d is not read as it was written", i)
		}
		f.Add(b)
		f.Add(b[:len(b)-1])
		f.Add(append(bytes.Clone(b), 'x'))
	}
	f.Add([]byte{6, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		if got, ok := codecs[int(b[0])%len(codecs)](b[1:]); ok && !bytes.Equal(got, b[1:]) {
			t.Errorf("%x is read as %x", b[1:], got)
		}
	})
}

// FuzzCursor: any text is a cursor as String writes it, or the zero cursor.
func FuzzCursor(f *testing.F) {
	c := cursor{[16]byte{0x9f, 15: 1}, 17}
	if parseCursor(c.String()) != c {
		f.Fatalf("got %v, want %v", parseCursor(c.String()), c)
	}
	for _, seed := range []string{c.String(), "", "-", "-1", c.String() + "0", strings.ToUpper(c.String()), strings.Repeat("0", 32) + "-0", strings.Replace(c.String(), "-", "-0", 1)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if c := parseCursor(text); c != (cursor{}) && c.String() != text {
			t.Errorf("%q is read as %v", text, c)
		}
	})
}

// FuzzMarkers: whatever the files format and pepper hold, Open refuses it in one of its words and does not panic.
func FuzzMarkers(f *testing.F) {
	f.Add([]byte(formatLine+"check "+strings.Repeat("0", 64)+"\n"), []byte(strings.Repeat("ab", 32)+"\n"))
	f.Add([]byte("tellbox/2 store\n"), []byte("pepper"))
	dir := f.TempDir()
	cfg := Config{Dir: filepath.Join(dir, "data"), Pepper: filepath.Join(dir, "pepper")}
	if err := os.MkdirAll(filepath.Join(cfg.Dir, "badger"), 0o700); err != nil {
		f.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cfg.Dir, "badger", "MANIFEST"), nil, 0o600); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, format, pepper []byte) {
		if os.WriteFile(filepath.Join(cfg.Dir, "format"), format, 0o600) != nil || os.WriteFile(cfg.Pepper, pepper, 0o600) != nil {
			t.Fatal("no temporary files")
		}
		if p, err := readMarkers(cfg); err == nil && !bytes.Contains(format, []byte(hex.EncodeToString(mac(p, "check")))) {
			t.Errorf("took %q", format)
		}
	})
}
