package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime/quotedprintable"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// disguises are the forms in which a text may lie on a disk.
func disguises(s string) map[string][]byte {
	out := map[string][]byte{"plain": []byte(s)}
	out["hex"] = []byte(hex.EncodeToString([]byte(s)))
	// Base64 of a text within a longer one: three alignments, without the characters that its neighbours decide.
	for shift := range 3 {
		b := []byte(base64.StdEncoding.EncodeToString(append(bytes.Repeat([]byte{0}, shift), s...)))
		from, to := (shift*8+5)/6, (shift+len(s))*8/6
		out[fmt.Sprint("base64 +", shift)] = b[from:to]
		out[fmt.Sprint("base64url +", shift)] = []byte(strings.NewReplacer("+", "-", "/", "_").Replace(string(b[from:to])))
	}
	if !utf8.ValidString(s) {
		return out
	}
	var le, be []byte
	for _, u := range utf16.Encode([]rune(s)) {
		le, be = append(le, byte(u), byte(u>>8)), append(be, byte(u>>8), byte(u))
	}
	out["utf-16le"], out["utf-16be"] = le, be
	quoted, _ := json.Marshal(s)
	out["json"] = bytes.Trim(quoted, `"`)
	var escaped bytes.Buffer
	for _, r := range s {
		if r < 0x80 && r != '"' && r != '\\' {
			escaped.WriteRune(r)
		} else {
			for _, u := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&escaped, `\u%04x`, u)
			}
		}
	}
	out["json, escaped"] = escaped.Bytes()
	out["url"], out["path"] = []byte(url.QueryEscape(s)), []byte(url.PathEscape(s))
	var qp bytes.Buffer
	w := quotedprintable.NewWriter(&qp)
	w.Write([]byte(s))
	w.Close()
	out["quoted-printable"] = bytes.ReplaceAll(qp.Bytes(), []byte("=\r\n"), nil)
	return out
}

// search reads every file under the paths, and their names, for any of the secrets in any disguise.
func search(t *testing.T, secrets []string, paths ...string) (found []string) {
	t.Helper()
	type needle struct {
		what  string
		bytes []byte
	}
	var needles []needle
	for _, s := range secrets {
		for form, b := range disguises(s) {
			if len(b) >= 8 {
				needles = append(needles, needle{fmt.Sprintf("%q as %s", s, form), b})
			}
		}
	}
	files := 0
	for _, root := range paths {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !d.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files++
			for _, n := range needles {
				if bytes.Contains(b, n.bytes) || strings.Contains(path, string(n.bytes)) {
					found = append(found, n.what+" in "+strings.TrimPrefix(path, root))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files == 0 {
		t.Fatal("nothing was searched")
	}
	return found
}

// The search finds what is planted, in every disguise and in a file's name: otherwise finding nothing means nothing.
func TestSearchFindsWhatIsPlanted(t *testing.T) {
	const secret = "canary-account Ünïcode \"quoted\""
	for form := range disguises(secret) {
		for shift := range 3 {
			dir := t.TempDir()
			before, after := strings.Repeat("x", 100+shift), strings.Repeat("y", 100)
			planted := before + secret + after
			b := disguises(planted)[form]
			if strings.HasPrefix(form, "base64") {
				b = []byte(base64.StdEncoding.EncodeToString([]byte(planted)))
				if strings.HasPrefix(form, "base64url") {
					b = []byte(base64.URLEncoding.EncodeToString([]byte(planted)))
				}
			}
			if err := os.WriteFile(filepath.Join(dir, "000001.vlog"), b, 0o600); err != nil {
				t.Fatal(err)
			}
			if len(search(t, []string{secret}, dir)) == 0 {
				t.Errorf("not found as %s at %d", form, shift)
			}
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a file about canary-phone"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if len(search(t, []string{"canary-phone"}, dir)) == 0 {
		t.Error("not found in a file's name")
	}
	if found := search(t, []string{"canary-elsewhere"}, dir); len(found) != 0 {
		t.Errorf("found what is not there: %v", found)
	}
}
