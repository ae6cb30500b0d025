package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tellbox/static"
)

// everyPage serves what dropbox/web's tests render: each page in every state that looks different, errors included, and those that a
// browser can hardly reach, such as a full disk. With ?dir=rtl they are laid out from right to left.
func everyPage(t *testing.T) (url string, names []string) {
	t.Helper()
	dir, err := renderedPages()
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.html"))
	if err != nil || len(paths) < 40 {
		t.Fatalf("%d pages were rendered, %v", len(paths), err)
	}
	for _, p := range paths {
		names = append(names, strings.TrimSuffix(filepath.Base(p), ".html"))
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, err := os.ReadFile(filepath.Join(dir, filepath.Base(r.URL.Path)+".html"))
		if err != nil {
			http.FileServerFS(static.Files).ServeHTTP(w, r)
			return
		}
		if r.FormValue("dir") == "rtl" {
			page = bytes.Replace(page, []byte(` dir="ltr">`), []byte(` dir="rtl">`), 1)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(page)
	}))
	t.Cleanup(s.Close)
	return s.URL, names
}

var renderedPages = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(bin, "pages")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	render := exec.Command("go", "test", "-count=1", "-run", "^TestRenderPages$", "tellbox/dropbox/web")
	render.Env = append(os.Environ(), "TELLBOX_PAGES="+dir)
	if out, err := render.CombinedOutput(); err != nil {
		return "", fmt.Errorf("rendering pages: %w\n%s", err, out)
	}
	return dir, nil
})

// A look is how a page is looked at: the window, the size of text, and what a style sheet can ask for.
type look struct {
	name          string
	width, height int
	text          string
	media         args
}

var (
	narrow = look{name: "320 px", width: 320, height: 700}
	wide   = look{name: "1280 px", width: 1280, height: 800}
	large  = look{name: "200 % text", width: 640, height: 800, text: "200%"}
	zoomed = look{name: "400 % zoom", width: 320, height: 200} // all that is left of 1280 by 800
)

func (l look) in(media args) look {
	l.media = media
	return l
}

func (b *tab) look(l look) {
	b.t.Helper()
	b.do("view", args{"width": l.width, "height": l.height, "media": l.media})
}

// fits wants no sideways scrolling, the way out in the window, and most of the window for the text.
func (b *tab) fits(l look, page string) {
	b.t.Helper()
	const measure = `
		const d = document.documentElement, wrong = [];
		if (d.scrollWidth > d.clientWidth) wrong.push(d.scrollWidth - d.clientWidth + " px too wide");
		scrollTo(0, d.scrollHeight);
		if (d.scrollHeight > 2 * innerHeight && scrollY === 0) wrong.push("it does not scroll");
		const at = document.querySelector("#exit").getBoundingClientRect();
		if (at.left < 0 || at.right > innerWidth || at.top < 0 || at.bottom > innerHeight) wrong.push("at its end, the way out is not in sight");
		if (document.querySelector("header").offsetHeight > innerHeight / 2) wrong.push("the strip on top takes more than half of the window");
		return wrong;`
	for _, wrong := range value[[]string](b, `(() => {document.documentElement.style.fontSize = "`+l.text+`";`+measure+`})()`) {
		b.t.Errorf("%s, %s: %s", l.name, page, wrong)
	}
}

// axe wants axe-core to find nothing wrong.
func (b *tab) axe(l look, dir string) {
	b.t.Helper()
	for _, wrong := range decode[[]string](b.t, string(b.do("axe", args{"forced": l.media["forced-colors"] != nil}))) {
		b.t.Errorf("%s, %s, %v: %s", l.name, dir, l.media, wrong)
	}
}

// axe-core finds nothing on any page in any state. Of light and dark, narrow and wide, left to right and right to left each goes with
// each; and forced colours.
func TestAxe(t *testing.T) {
	t.Parallel()
	url, names := everyPage(t)
	b := open(t, way{"chromium", "on"})
	light, dark := args{"prefers-color-scheme": "light"}, args{"prefers-color-scheme": "dark"}
	looks := map[string][]look{
		"ltr": {narrow.in(light), wide.in(dark), narrow.in(args{"forced-colors": "active"})},
		"rtl": {narrow.in(dark), wide.in(light)},
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			b := &tab{t, b.b, b.w}
			for dir, looks := range looks {
				b.visit(url + "/" + name + "?dir=" + dir)
				for _, l := range looks {
					b.look(l)
					b.axe(l, dir)
				}
			}
		})
	}
}

// No page scrolls sideways, and the way out stays in sight: with text of twice the size, and at 400 % zoom, which is 320 px; in
// both browsers and both directions.
func TestPagesFit(t *testing.T) {
	t.Parallel()
	url, names := everyPage(t)
	for _, w := range ways {
		if w.scripts == "on" { // these have enough to do
			continue
		}
		t.Run(w.String(), func(t *testing.T) {
			t.Parallel()
			b := open(t, w)
			for _, name := range names {
				for _, dir := range []string{"ltr", "rtl"} {
					b.visit(url + "/" + name + "?dir=" + dir)
					for _, l := range []look{large, zoomed} {
						b.look(l)
						b.fits(l, name+", "+dir)
					}
				}
			}
		})
	}
}
