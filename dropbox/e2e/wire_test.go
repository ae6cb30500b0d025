package e2e

import (
	"bufio"
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// exchange is one request as it crossed, and what it was answered.
type exchange struct {
	*http.Request
	body         []byte
	size         int // of the whole request in bytes
	status       int
	answer, head int // lengths of the answer's body, and of the rest of it
}

// exchanges are all that a proxy recorded, in order.
func exchanges(t *testing.T, passages []droptest.Passage) (all []exchange) {
	t.Helper()
	for _, p := range passages {
		sentBytes, gotBytes := bytes.NewReader(p.Sent), bytes.NewReader(p.Got)
		sent, got := bufio.NewReader(sentBytes), bufio.NewReader(gotBytes)
		for {
			from, answerFrom := sentBytes.Len()+sent.Buffered(), gotBytes.Len()+got.Buffered()
			r, err := http.ReadRequest(sent)
			if err == io.EOF {
				break
			}
			e := exchange{Request: r}
			var resp *http.Response
			if err == nil {
				e.body, err = io.ReadAll(r.Body)
			}
			if err == nil {
				resp, err = http.ReadResponse(got, r)
			}
			if err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			e.size, e.status, e.answer = from-sentBytes.Len()-sent.Buffered(), resp.StatusCode, len(answer)
			e.head = answerFrom - gotBytes.Len() - got.Buffered() - e.answer
			all = append(all, e)
		}
	}
	return all
}

// locators are the values of the fields of that name, and whether there was more than one in a request.
func (e exchange) locators() (found []string, err error) {
	kind, params, err := mime.ParseMediaType(e.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		if rest, ok := bytes.CutPrefix(e.body, []byte("locator=")); ok {
			return []string{string(rest)}, nil
		}
		return nil, nil
	}
	for r := multipart.NewReader(bytes.NewReader(e.body), params["boundary"]); ; {
		part, partErr := r.NextRawPart()
		if partErr == io.EOF {
			return found, err
		}
		if partErr != nil {
			return nil, errors.Join(err, partErr)
		}
		if part.FormName() == "locator" {
			b, readErr := io.ReadAll(part)
			found, err = append(found, string(b)), errors.Join(err, readErr)
		}
	}
}

// recorded writes what crossed to files, for search: from her to the proxy and the server, and back.
func recorded(t *testing.T, passages []droptest.Passage) (sent, got string) {
	t.Helper()
	sent, got = t.TempDir(), t.TempDir()
	for i, p := range passages {
		if err := errors.Join(os.WriteFile(filepath.Join(sent, fmt.Sprint(i)), append([]byte(p.Asked+p.User), p.Sent...), 0o600), os.WriteFile(filepath.Join(got, fmt.Sprint(i)), p.Got, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return sent, got
}

// secretsOf are the words and all that grows from them and never leaves her computer, in the forms in which it might: the words in pairs too,
// however joined.
func secretsOf(t *testing.T, words string, box dropbox.BoxID, readers ...string) (secrets []string) {
	t.Helper()
	code, err := dropbox.ParseCode(words)
	if err != nil {
		t.Fatal(err)
	}
	her, err := code.Reporter(box)
	if err != nil {
		t.Fatal(err)
	}
	add := func(key []byte) {
		secrets = append(secrets, string(key), hex.EncodeToString(key), strings.ToUpper(hex.EncodeToString(key)))
	}
	entropy := code.Entropy()
	add(entropy[:])
	for _, label := range []string{"identity", "thread", "self", "consent"} {
		key, err := hkdf.Key(sha256.New, entropy[:], box[:], "tellbox/1 "+label, 32)
		if err != nil {
			t.Fatal(err)
		}
		add(key)
		secrets = append(secrets, bech32(key), strings.ToUpper(bech32(key)))
	}
	secrets = append(secrets, "AGE-SECRET-KEY-", "age-secret-key-")
	for _, id := range readers {
		key := her.ReaderKey(id)
		add(key[:])
	}
	add(her.Drop[:])
	for _, joint := range []string{" ", "-", "", ",", "+"} {
		fields := strings.Fields(words)
		secrets = append(secrets, strings.Join(fields, joint))
		for i := range fields[1:] {
			secrets = append(secrets, fields[i]+joint+fields[i+1])
		}
	}
	return secrets
}

// bech32 is what stands between the prefix and the checksum of a secret key in Bech32, without the last, incomplete letter.
func bech32(key []byte) string {
	var b strings.Builder
	for bit := 0; bit+5 <= 8*len(key); bit += 5 {
		v := int(key[bit/8]) << 8
		if bit/8+1 < len(key) {
			v |= int(key[bit/8+1])
		}
		b.WriteByte("qpzry9x8gf2tvdw0s3jn54khce6mua7l"[v>>(11-bit%8)&31])
	}
	return b.String()
}
