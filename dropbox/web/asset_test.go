package web_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// What is the same for everybody comes compressed to whoever takes it, and as it is to others; what is hers never does.
func TestCompressed(t *testing.T) {
	w := newWorld(t)
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	ask := func(method, path, kind, body, accept string) (*http.Response, string) {
		t.Helper()
		r := must[*http.Request](t)(http.NewRequest(method, w.URL+path, strings.NewReader(body)))
		r.Header.Set("Content-Type", kind)
		if accept != "" {
			r.Header.Set("Accept-Encoding", accept)
		}
		resp := must[*http.Response](t)(client.Do(r))
		defer resp.Body.Close()
		return resp, string(must[[]byte](t)(io.ReadAll(resp.Body)))
	}
	for path, want := range map[string]struct{ kind, starts string }{
		"/": {"text/html; charset=utf-8", "<!DOCTYPE html>"}, "/readers": {"text/html; charset=utf-8", "<!DOCTYPE html>"},
		"/nothing": {"text/html; charset=utf-8", "<!DOCTYPE html>"}, "/style.css": {"text/css; charset=utf-8", "/* One calm"},
		"/app.js": {"text/javascript; charset=utf-8", "//"}, "/words.txt": {"text/plain; charset=utf-8", dropbox.WordList()},
	} {
		_, plain := ask("GET", path, "", "", "")
		if !strings.HasPrefix(plain, want.starts) {
			t.Errorf("%s begins with %.40q", path, plain)
		}
		for accept, packed := range map[string]bool{"": false, "gzip, deflate, br": true, "br;q=1, GZIP;q=0.5": true, "gzip;q=0": false, "gzip; q=0.000": false, "identity": false} {
			resp, body := ask("GET", path, "", "", accept)
			if got := resp.Header.Get("Content-Encoding") == "gzip"; got != packed || resp.Header.Get("Vary") != "Accept-Encoding" ||
				resp.Header.Get("Content-Type") != want.kind || int(resp.ContentLength) != len(body) {
				t.Errorf("%s to %q: %v", path, accept, resp.Header)
			}
			if packed {
				if len(body) >= len(plain) {
					t.Errorf("%s: %d bytes became %d", path, len(plain), len(body))
				}
				z := must[*gzip.Reader](t)(gzip.NewReader(bytes.NewBufferString(body)))
				body = string(must[[]byte](t)(io.ReadAll(z)))
			}
			if body != plain {
				t.Errorf("%s to %q: %d bytes, want the %d of the plain answer", path, accept, len(body), len(plain))
			}
		}
	}
	form := w.blank().With("account", "What happened")
	for path, body := range map[string]string{"/report": "", "/check": "", "/report/send": form.Encode()} {
		resp, page := ask("POST", path, "application/x-www-form-urlencoded", body, "gzip")
		if resp.StatusCode != 200 || resp.Header.Get("Content-Encoding") != "" || !strings.HasPrefix(page, "<!DOCTYPE html>") {
			t.Errorf("%s, %d: a private page is compressed: %v", path, resp.StatusCode, resp.Header)
		}
	}
}

// The script's count ends where the server's does.
func TestScriptKnowsTheLimit(t *testing.T) {
	if js := newWorld(t).get("/app.js").Body; dropbox.MaxText != 1e5 || !strings.Contains(js, "length, 1e5)") {
		t.Error("app.js and dropbox.MaxText disagree")
	}
}
