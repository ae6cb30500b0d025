package web_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/web"
)

// Names can be anything. What is shown and sealed is the end of a path, without what could mislead.
func TestNamesOfFiles(t *testing.T) {
	w := newWorld(t)
	names := []string{strings.Repeat("é", 300) + ".jpeg", "../../../etc/passwd", `C:\Users\her\notes.txt`, "photo\u202Egpj.exe", "…", ".hidden", "<b>&amp;.txt", "💔.png", "\xff\xfe.bin", "a;b\tc.txt"}
	var files []upload
	var want []string
	for _, name := range names {
		files, want = append(files, textFile(name, "x")), append(want, dropbox.CleanName(name))
	}
	page := w.sendFiles(w.blank().With("account", "x", "copy", "yes"), files...)
	w.expect(page, 200, "code", "")
	var got []string
	for _, f := range must[[]*dropbox.Frame](t)(w.Reports("alice"))[0].Files {
		got = append(got, f.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for i, item := range page.Items("files") {
		if !strings.HasPrefix(item, want[i]+" ") {
			t.Errorf("the page says %q, want %q", item, want[i])
		}
	}
	if strings.Contains(page.Body, "\u202E") || strings.Contains(page.Body, "<b>") || strings.Contains(page.Body, "Users") {
		t.Error("the page shows a name as it came")
	}
}

// What is no form of ours stores nothing, takes no memory, and gives back what she typed.
func TestHostileParts(t *testing.T) {
	w := newWorld(t, small(4096))
	field := func(name, value string) string {
		return fmt.Sprintf("--b\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", name, value)
	}
	file := func(name, header, content string) string {
		return fmt.Sprintf("--b\r\nContent-Disposition: form-data; name=%q; filename=\"a.txt\"\r\n%s\r\n%s\r\n", name, header, content)
	}
	header := "X: " + strings.Repeat("x", 2<<20) + "\r\n"
	for name, c := range map[string]struct {
		after, token string
		status       int
	}{
		"a file of another name":     {file("evil", "", "x") + "--b--\r\n", "malformed", 400},
		"a field after a file":       {file("files", "", "x") + field("original", "yes") + "--b--\r\n", "malformed", 400},
		"a header of 2 MB":           {file("files", header, "x") + "--b--\r\n", "too-large", 413},
		"a header of 2 MB, later":    {file("files", "", "x") + file("files", header, "x") + "--b--\r\n", "too-large", 413},
		"a header of 2 MB, no file":  {"--b\r\n" + header + "\r\nx\r\n--b--\r\n", "too-large", 413},
		"more than all files can be": {file("files", "", strings.Repeat("x", 100_000)) + "--b--\r\n", "too-large", 413},
		"no end":                     {file("files", "", "x"), "malformed", 400},
		"an end in a file":           {strings.TrimSuffix(file("files", "", strings.Repeat("x", 3000)), "\r\n"), "malformed", 400},
		"a name with controls":       {strings.Replace(file("files", "", "x"), "a.txt", "a\x01.txt", 1) + "--b--\r\n", "malformed", 400},
		"a thousand files":           {strings.Repeat(file("files", "", "x"), 1100) + "--b--\r\n", "malformed", 400},
	} {
		f := w.blank()
		body := field("account", "what she typed")
		for key, values := range f.Values {
			for _, v := range values {
				if key != "account" && key != "files" {
					body += field(key, v)
				}
			}
		}
		page := must[*droptest.Page](t)(w.post("/report/send", "multipart/form-data; boundary=b", body+c.after))
		if page.Status != c.status || page.Problem() != c.token || page.Name() != "form" {
			t.Errorf("%s: page %q, %d, %q; want %d, %q", name, page.Name(), page.Status, page.Problem(), c.status, c.token)
			continue
		}
		w.typed(page, "/report/send", "account", "what she typed")
		if w.blobs() != 0 {
			t.Errorf("%s: %d blobs are left", name, w.blobs())
		}
	}
	// Where no files are asked for, there are none.
	c := w.check(w.report("x"))
	for _, action := range []string{"/wish", "/withdraw"} {
		if page := w.sendFiles(w.form(c, action).With("wish", "advice", "confirm", "yes"), textFile("a", "x")); page.Status != 400 || page.Problem() != "malformed" {
			t.Errorf("%s with a file: %d", action, page.Status)
		}
	}
	if n := len(must[[]dropbox.MailEntry](t)(w.Mail("alice"))); n != 1 || w.blobs() != 0 {
		t.Errorf("alice has %d, and the store %d blobs", n, w.blobs())
	}
}

// during is a file in whose middle something happens.
type during struct {
	io.Reader
	do func()
}

func (d *during) Read(p []byte) (int, error) {
	if d.do != nil {
		d.do()
		d.do = nil
	}
	return d.Reader.Read(p)
}

// newWatched is a world that has an upload in whose middle do is done: when the store has 400 KB of it.
func newWatched(t *testing.T) (w *world, store *watched, slow func(do func()) upload) {
	store = &watched{wrote: make(chan int, 1000), discarded: make(chan int, 1000)}
	w = newWorld(t, func(o *droptest.Options) { o.Wrap = func(s web.Store) web.Store { store.Store = s; return store } })
	return w, store, func(do func()) upload {
		for len(store.wrote) > 0 {
			<-store.wrote
		}
		wait := func() {
			for have := 0; have < 400_000; {
				have = <-store.wrote
			}
			do()
		}
		return upload{"slow.txt", io.MultiReader(strings.NewReader(strings.Repeat("x", 1_000_000)), &during{strings.NewReader("end"), wait})}
	}
}

// An upload may take longer than a ticket lives; it holds no memory that others wait for; and when she leaves meanwhile it shows nothing.
func TestSlowFiles(t *testing.T) {
	w, _, slow := newWatched(t)
	f := w.blank().With("account", "an hour and a minute")
	page := w.sendFiles(f, slow(func() { w.clock.Add(61 * time.Minute) }))
	w.expect(page, 200, "code", "")
	c := w.check(page.Words())
	c = w.sendFiles(w.form(c, "/message").With("text", "again"), slow(func() {
		w.clock.Add(61 * time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		release, err := w.Web.Strain(ctx)
		if err != nil {
			t.Error("a slow file holds memory")
			return
		}
		release()
	}))
	w.expect(c, 200, "conversation", "")

	form := w.press(w.get("/"), "/report")
	page = w.sendFiles(w.form(form, "/report/send").With("account", "left meanwhile"), slow(func() { w.get(exit(form)) }))
	if page.Words() != "" || page.Name() != "check" {
		t.Errorf("after leaving: page %q", page.Name())
	}
}

// When as many uploads as there may be go on, her words are stored, and of her file she is told to send it later. A file alone comes back.
func TestUploadsAreBounded(t *testing.T) {
	t.Parallel() // it waits for 20 seconds, twice
	w := newWorld(t)
	release := w.Web.StrainUploads(t.Context())
	page := w.sendFiles(w.blank().With("account", "what she typed"), textFile("a", "x"), textFile("b", "y"))
	w.expect(page, 200, "code", "")
	if got := fates(page); !slices.Equal(got, []string{"busy", "busy"}) || !strings.Contains(page.Body, "add these files to a message") {
		t.Errorf("the page says %q", got)
	}
	if got := w.reports("alice"); !slices.Equal(got, []string{"what she typed"}) {
		t.Errorf("alice has %q", got)
	}
	page = w.sendFiles(w.form(w.check(page.Words()), "/message"), textFile("a", "x"))
	w.expect(page, 503, "conversation", "busy")
	if !strings.Contains(page.Body, "choose your files again") {
		t.Error("the page does not say that the file is not there")
	}
	release()
	w.expect(w.sendFiles(w.form(page, "/message"), textFile("a", "x")), 200, "conversation", "")
	if n := w.blobs(); n != 1 {
		t.Errorf("%d blobs, want 1", n)
	}
}

// What waits for more than a day is taken away, so the first files of a long sending can be gone at its end: she is told, and no frame names them.
func TestFilesGoneBeforeTheEnd(t *testing.T) {
	w, store, slow := newWatched(t)
	page := w.sendFiles(w.blank().With("account", "x"), textFile("a.txt", "a"), slow(func() { store.Store.Discard(store.ids[0]) }))
	w.expect(page, 200, "code", "")
	if got := fates(page); !slices.Equal(got, []string{"failed", "as-is"}) {
		t.Errorf("fates %q", got)
	}
	if files := must[[]*dropbox.Frame](t)(w.Reports("alice"))[0].Files; len(files) != 1 || files[0].Name != "slow.txt" {
		t.Errorf("%+v", files)
	}
}

// An upload can take hours. Meanwhile a long text before it holds no more of the memory for bodies than it needs.
func TestLongTextBeforeASlowFile(t *testing.T) {
	w, _, slow := newWatched(t)
	text, asked := strings.Repeat("说", 90_000), 0
	page := w.sendFiles(w.blank().With("account", text), slow(func() {
		asked++
		if w.Web.HasMemory(web.BodyMemory) || !w.Web.HasMemory(web.BodyMemory-3*int64(len(text))) {
			t.Error("it holds nothing, or more than three times the text")
		}
	}))
	if w.expect(page, 200, "code", ""); asked == 0 || !w.Web.HasMemory(web.BodyMemory) {
		t.Errorf("asked %d times; all is given back: %v", asked, w.Web.HasMemory(web.BodyMemory))
	}
}
