package droptest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// The proxy finds the names it is told, records both ways, and breaks what it is told to, where and as often as it is told to.
func TestProxy(t *testing.T) {
	var served atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b, err := io.ReadAll(r.Body); err == nil && len(b) == 100_000 {
			served.Add(1)
		}
		io.WriteString(w, strings.Repeat("a", 1000))
	}))
	defer server.Close()
	for name, c := range map[string]struct {
		flaw   Flaw
		served int32 // how often the server had a whole request, of two tries
		works  [2]bool
		got    int // bytes of the answer in the broken try
	}{
		"whole":                   {Flaw{}, 2, [2]bool{true, true}, 0},
		"refused":                 {Flaw{What: Refuse, Times: 1}, 1, [2]bool{false, true}, 0},
		"refused twice":           {Flaw{What: Refuse, Times: 2}, 0, [2]bool{false, false}, 0},
		"cut while it is sent":    {Flaw{What: CutRequest, On: "POST /x", Bytes: 50_000, Times: 1}, 1, [2]bool{false, true}, 0},
		"cut in the answer":       {Flaw{What: CutAnswer, On: "POST /x", Bytes: 500, Times: 1}, 2, [2]bool{false, true}, 500},
		"the answer is lost":      {Flaw{What: CutAnswer, On: "POST /x", Times: 1}, 2, [2]bool{false, true}, 0},
		"another request's":       {Flaw{What: CutAnswer, On: "POST /y", Times: 1}, 2, [2]bool{true, true}, 0},
		"after more than it has":  {Flaw{What: CutAnswer, On: "POST /x", Bytes: 5000, Times: 1}, 2, [2]bool{true, true}, 0},
		"cut before a byte of it": {Flaw{What: CutRequest, On: "POST /x", Times: 1}, 1, [2]bool{false, true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			proxy, err := NewProxy(map[string]string{"box.onion": server.Listener.Addr().String()})
			if err != nil {
				t.Fatal(err)
			}
			defer proxy.Close()
			via, _ := url.Parse(proxy.URL)
			client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(via), DisableKeepAlives: true}}
			proxy.Break(c.flaw)
			served.Store(0)
			for i, want := range c.works {
				body, n := bytes.Repeat([]byte("b"), 100_000), 0
				resp, err := client.Post("http://box.onion/x", "text/plain", bytes.NewReader(body))
				if err == nil {
					var b []byte
					b, err = io.ReadAll(resp.Body)
					n = len(b)
					resp.Body.Close()
				}
				if (err == nil) != want {
					t.Errorf("try %d: %v, want it to work: %v", i+1, err, want)
				}
				if !want && n > c.got {
					t.Errorf("try %d: %d bytes of an answer, want at most %d", i+1, n, c.got)
				}
			}
			if served.Load() != c.served {
				t.Errorf("the server had %d whole requests, want %d", served.Load(), c.served)
			}
			all := proxy.Passages()
			if len(all) != 2 || !all[1].Named || all[1].Asked != "box.onion:80" {
				t.Fatalf("%d passages, the last for %q", len(all), all[len(all)-1].Asked)
			}
			if last := all[1]; c.works[1] && (!bytes.HasPrefix(last.Sent, []byte("POST /x ")) || bytes.Count(last.Sent, []byte("b")) < 100_000 || !bytes.HasPrefix(last.Got, []byte("HTTP/1.1 200 OK"))) {
				t.Errorf("recorded %d bytes sent and %d got", len(last.Sent), len(last.Got))
			}
			if _, err := client.Get("http://elsewhere.onion/"); err == nil {
				t.Error("it found a name it does not know")
			}
		})
	}
}
