package static

import (
	"bytes"
	"compress/gzip"
	"image/png"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func gzipped(t *testing.T, b []byte) int {
	t.Helper()
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if _, err := io.Copy(w, bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return out.Len()
}

// A page asks nobody for anything but this sheet and this icon, and both are small.
func TestRenderStyle(t *testing.T) {
	css := read(t, "style.css")
	if n := gzipped(t, css); n > 3<<10 {
		t.Errorf("style.css has %d bytes gzipped, want at most %d", n, 3<<10)
	}
	for _, no := range []string{"url(", "@import", "@font-face", "://", "-left:", "-right:", "margin-top", "margin-bottom", "text-align: left", "!important"} {
		if bytes.Contains(css, []byte(no)) {
			t.Errorf("style.css contains %q", no)
		}
	}
	for _, yes := range []string{"prefers-color-scheme: dark", "forced-colors: active", "@media print", ":focus-visible"} {
		if !bytes.Contains(css, []byte(yes)) {
			t.Errorf("style.css does not contain %q", yes)
		}
	}
}

// The script is small enough to be read by whoever wonders, and has no way to keep or send anything.
func TestScript(t *testing.T) {
	js := string(read(t, "app.js"))
	if len(js) > 2<<10 {
		t.Errorf("app.js has %d bytes, want at most %d", len(js), 2<<10)
	}
	if !strings.Contains(js, "(() => {\n'use strict';\n") {
		t.Error("app.js is not strict, or leaves names behind")
	}
	for _, no := range []string{"innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval", "Function", "import", "Storage", "indexedDB", "caches",
		"cookie", "XMLHttp", "WebSocket", "EventSource", "sendBeacon", "Worker", "postMessage", "pushState", "replaceState", "createElement", "http", "'//", "src", "beforeunload"} {
		if i := strings.Index(js, no); i >= 0 {
			t.Errorf("app.js contains %q", no)
		}
	}
	if n := strings.Count(js, "fetch"); n != 1 || !strings.Contains(js, "fetch('/words.txt')") {
		t.Errorf("app.js fetches %d times, want the list of words alone", n)
	}
}

func TestRenderIcon(t *testing.T) {
	icon := read(t, "icon.png")
	if _, err := png.Decode(bytes.NewReader(icon)); err != nil {
		t.Errorf("icon.png: %v", err)
	}
	if len(icon) > 512 {
		t.Errorf("icon.png has %d bytes, want at most 512", len(icon))
	}
}

// Text stands out 4.5 to 1, the edges of controls 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11), by day and by night.
func TestRenderContrast(t *testing.T) {
	roots := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllSubmatch(read(t, "style.css"), -1)
	if len(roots) != 2 {
		t.Fatalf("got %d :root rules, want one for each scheme", len(roots))
	}
	for i, root := range roots {
		scheme := []string{"light", "dark"}[i]
		colours := map[string]float64{}
		for _, m := range regexp.MustCompile(`--([a-z]+): #([0-9a-f]{6});`).FindAllSubmatch(root[1], -1) {
			colours[string(m[1])] = luminance(t, string(m[2]))
		}
		for _, text := range []string{"ink", "soft", "accent"} {
			for _, ground := range []string{"paper", "card", "tint"} {
				if c := contrast(colours[text], colours[ground]); c < 4.5 {
					t.Errorf("%s: %s on %s has contrast %.2f, want 4.5", scheme, text, ground, c)
				}
			}
		}
		for _, ground := range []string{"paper", "card", "tint"} {
			if c := contrast(colours["line"], colours[ground]); c < 3 {
				t.Errorf("%s: line on %s has contrast %.2f, want 3", scheme, ground, c)
			}
		}
	}
}

func contrast(a, b float64) float64 {
	return (math.Max(a, b) + .05) / (math.Min(a, b) + .05)
}

func luminance(t *testing.T, hex string) (l float64) {
	t.Helper()
	for i, weight := range []float64{.2126, .7152, .0722} {
		v, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(v) / 255
		if c <= .04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		l += weight * c
	}
	return l
}

// A template says nothing of its own: what reads as a word between tags is the catalogue's. The renderer's own test does
// this for whole pages; here it is the sources, also where no sample leads.
func TestRenderTemplatesAreWordless(t *testing.T) {
	pages, err := Files.ReadDir("pages")
	if err != nil {
		t.Fatal(err)
	}
	action := regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	tag := regexp.MustCompile(`(?s)<[^>]*>`)
	letters := regexp.MustCompile(`\pL+`)
	for _, p := range pages {
		text := tag.ReplaceAllString(action.ReplaceAllString(string(read(t, "pages/"+p.Name())), ""), " ")
		if got := letters.FindAllString(text, -1); len(got) > 0 {
			t.Errorf("%s says %q outside the catalogue", p.Name(), strings.Join(got, " "))
		}
	}
}
