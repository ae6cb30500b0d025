package web_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// aFile seals a file of n random bytes.
func aFile(t *testing.T, n int) (dropbox.File, []byte) {
	t.Helper()
	var id dropbox.BlobID
	rand.Read(id[:])
	var blob bytes.Buffer
	s, err := dropbox.SealFile(&blob, dropbox.MaxFile)
	if err == nil {
		_, err = io.CopyN(s, rand.Reader, int64(n))
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.Close("a.bin", id)
	if err != nil {
		t.Fatal(err)
	}
	return f, blob.Bytes()
}

// piece posts a piece of a blob.
func piece(t *testing.T, box *droptest.Box, uri string, body io.Reader) (status int, a dropbox.BlobAnswer, refused dropbox.APIError) {
	t.Helper()
	resp, err := http.Post(box.URL+dropbox.API+uri, "application/octet-stream", body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	if len(text) != dropbox.AnswerSize {
		t.Errorf("%s: an answer of %d bytes", uri, len(text))
	}
	json.Unmarshal(text, &a)
	json.Unmarshal(text, &refused)
	return resp.StatusCode, a, refused
}

func getBlob(t *testing.T, box *droptest.Box, id dropbox.BlobID, ranges string) (int, []byte) {
	t.Helper()
	req, _ := http.NewRequest(http.MethodGet, box.URL+dropbox.API+"blob/"+id.String(), nil)
	if ranges != "" {
		req.Header.Set("Range", ranges)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, b
}

// A blob goes up whole or in pieces, pieces again and overlapping, and comes down whole or in ranges.
func TestBlobs(t *testing.T) {
	box := newWorld(t).Box
	f, blob := aFile(t, 300_000)
	status, a, _ := piece(t, box, "blob", bytes.NewReader(blob))
	if status != 200 || a.Have != int64(len(blob)) || a.ID == (dropbox.BlobID{}) {
		t.Fatalf("a whole blob: %d, %+v", status, a)
	}
	if status, got := getBlob(t, box, a.ID, ""); status != 200 || !bytes.Equal(got, blob) {
		t.Errorf("fetched: %d, %d bytes", status, len(got))
	}

	at := func(from int) string { return fmt.Sprintf("blob/%s?at=%d&size=%d", f.Blob, from, len(blob)) }
	for _, p := range []struct{ from, to, have int }{{0, 100_000, 100_000}, {0, 100_000, 100_000}, {50_000, 200_000, 200_000}, {200_000, 200_000, 200_000},
		{200_000, len(blob), len(blob)}, {200_000, len(blob), len(blob)}, {len(blob), len(blob), len(blob)}, {0, len(blob), len(blob)}} {
		status, a, _ := piece(t, box, at(p.from), bytes.NewReader(blob[p.from:p.to]))
		if status != 200 || a.Have != int64(p.have) || a.ID != f.Blob {
			t.Fatalf("from %d to %d: %d, %+v", p.from, p.to, status, a)
		}
		if status, _ := getBlob(t, box, f.Blob, ""); (status == 200) != (p.have == len(blob)) {
			t.Errorf("%d bytes there, and asked for it: %d", p.have, status)
		}
	}
	if status, got := getBlob(t, box, f.Blob, "bytes=1000-1999"); status != 206 || !bytes.Equal(got, blob[1000:2000]) {
		t.Errorf("a range: %d, %d bytes", status, len(got))
	}
	if status, _ := getBlob(t, box, dropbox.BlobID{9}, ""); status != 404 {
		t.Errorf("an unknown blob: %d", status)
	}
	if status, _ := getBlob(t, box, f.Blob, "bytes=99999999-"); status != 416 {
		t.Errorf("beyond the end: %d", status)
	}
}

func TestBlobRefusals(t *testing.T) {
	box := newWorld(t).Box
	f, blob := aFile(t, 1000)
	uri := func(at, size any) string { return fmt.Sprintf("blob/%s?at=%v&size=%v", f.Blob, at, size) }
	junk := bytes.Repeat([]byte{'x'}, len(blob))
	for what, c := range map[string]struct {
		uri, body, token string
		status           int
	}{
		"no size class":         {"blob", string(blob[:5000]), "malformed", 400},
		"junk of the size":      {"blob", string(junk), "malformed", 400},
		"nothing":               {"blob", "", "malformed", 400},
		"a piece of junk":       {fmt.Sprintf("blob/%s?at=0&size=%d", dropbox.BlobID{8}, len(junk)), string(junk), "malformed", 400},
		"beyond what is there":  {uri(10, len(blob)), "x", "nothing-here", 404},
		"no size":               {uri(0, ""), "x", "malformed", 400},
		"less than nothing":     {uri(-1, len(blob)), "x", "malformed", 400},
		"after its end":         {uri(len(blob)+1, len(blob)), "x", "malformed", 400},
		"4 GiB":                 {uri(0, int64(4<<30)), "x", "too-large", 413},
		"more than it promises": {uri(0, len(blob)), string(blob) + "x", "too-large", 413},
		"no id":                 {"blob/x?at=0&size=1", "x", "malformed", 400},
		"no blob":               {fmt.Sprintf("blob/%s?at=0&size=%d", dropbox.BlobID{}, len(blob)), string(blob), "malformed", 400},
	} {
		status, _, refused := piece(t, box, c.uri, strings.NewReader(c.body))
		if status != c.status || refused.Token != c.token {
			t.Errorf("%s: %d %q, want %d %q", what, status, refused.Token, c.status, c.token)
		}
	}
	if status, _ := getBlob(t, box, f.Blob, ""); status != 404 {
		t.Errorf("something came of it: %d", status)
	}
}
