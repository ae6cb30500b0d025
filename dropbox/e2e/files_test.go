package e2e

import (
	"bytes"
	"context"
	"fmt"
	"image/jpeg"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/html"

	"tellbox/dropbox/droptest"
	"tellbox/keys/vault"
)

// sendFiles sends a filled form with files.
func (s *site) sendFiles(f *droptest.Form, files ...droptest.File) *droptest.Page {
	s.t.Helper()
	p, err := s.Send(f, files...)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// blankReport is the form for a report, with that account.
func (s *site) blankReport(account string) *droptest.Form {
	s.t.Helper()
	start, err := s.Get("/")
	if err != nil {
		s.t.Fatal(err)
	}
	page, err := s.Press(start, "/report")
	if err != nil {
		s.t.Fatal(err)
	}
	f, err := page.Form("/report/send")
	if err != nil {
		s.t.Fatal(err)
	}
	return f.With("account", account)
}

// snapshot is a photograph as a telephone takes it: with a place, a name, a time and a small copy of itself, each with the canary in it
// where a text can be. Without exiftool, which plants and finds them, nothing is shown.
func snapshot(t *testing.T, canary string) string {
	t.Helper()
	if _, err := exec.LookPath("exiftool"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no exiftool: apt-get install libimage-exiftool-perl")
		}
		t.Skip("no exiftool here (Debian's libimage-exiftool-perl)")
	}
	path, small := filepath.Join(t.TempDir(), "a.jpg"), filepath.Join(t.TempDir(), "small.jpg")
	for _, p := range []string{path, small} {
		if err := os.WriteFile(p, []byte(droptest.JPEG()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	exiftool(t, "-q", "-overwrite_original", "-GPSLatitude=51.5", "-GPSLatitudeRef=N", "-GPSLongitude=0.1", "-Artist="+canary, "-Make="+canary,
		"-DateTimeOriginal=2026:01:02 03:04:05", "-XMP:Creator="+canary, "-Comment="+canary, "-ThumbnailImage<="+small, "-Orientation#=6", path)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before := exiftool(t, "-a", "-G1", path)
	for _, want := range []string{"GPS Latitude", "Artist", "Thumbnail Image", "Date/Time Original", "Orientation", canary} {
		if !strings.Contains(before, want) {
			t.Fatalf("not planted: %s in\n%s", want, before)
		}
	}
	return string(b)
}

func exiftool(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("exiftool", args...).Output()
	if err != nil {
		t.Fatalf("exiftool: %v", err)
	}
	return string(out)
}

// isClean holds a saved picture to having nothing but itself, and which way up it is.
func isClean(t *testing.T, path, canary string) {
	t.Helper()
	got := exiftool(t, "-a", "-G1", "-u", "-ee", "-x", "System:all", path)
	for _, never := range []string{"GPS", "Artist", "Make", "Date/Time", "Thumbnail", "XMP", "Creator", "Comment", canary} {
		if strings.Contains(got, never) {
			t.Errorf("%s is left in\n%s", never, got)
		}
	}
	if !strings.Contains(got, "Orientation") {
		t.Errorf("it does not say any more which way up it is:\n%s", got)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := jpeg.Decode(f); err != nil {
		t.Errorf("it is no picture any more: %v", err)
	}
}

// blobs are the files in the server's folder of blobs.
func (s *site) blobs() (names []string) {
	s.t.Helper()
	entries, err := os.ReadDir(s.path("D", "blobs"))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// saved finds what a program saved under a name that ends like that.
func saved(t *testing.T, dir, end string) (path, content string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), end) {
			path = filepath.Join(dir, e.Name())
			return path, must(os.ReadFile(path))
		}
	}
	t.Fatalf("%s: none of %v ends in %q", dir, entries, end)
	return "", ""
}

// filesOf are the names, types and sizes of all files in a case or conversation.
type filesOf struct {
	Entries []struct {
		From, Text string
		Files      []struct {
			N          int
			Name, Type string
			Size       int64
			SHA256     string
		}
	}
}

// Files both ways, by the page and by the programs: they arrive whole, pictures without what they gave away, and nothing of them can be read
// anywhere on the server: after success, after an upload that broke off, after kill -9 in the middle, and after she took it back.
func TestFilesAndCanaries(t *testing.T) {
	s := newSite(t)
	const canary, account = "canary-in-a-picture", "canary-account of the files"
	evidence := droptest.File{Name: "canary-evidence name.txt", Content: strings.Repeat("canary-evidence content. ", 20_000)}
	photo := droptest.File{Name: "canary-photo.jpg", Content: snapshot(t, canary)}
	secrets := []string{account, "canary-account", canary, "canary-evidence", "canary-photo", "canary-reply", "canary-more", "canary-cut", "canary-killed", "canary-refused"}
	clean := func(when string) {
		t.Helper()
		for _, found := range search(t, secrets, s.path("D"), s.path("D.pepper"), s.path("D.erased"), s.path("log"), s.path("tmp")) {
			t.Errorf("%s: %s", when, found)
		}
	}

	sent := s.sendFiles(s.blankReport(account).With("copy", "yes"), evidence, photo)
	words := sent.Words()
	if words == "" {
		t.Fatalf("status %d, %s", sent.Status, sent.Problem())
	}
	said := sent.Items("files")
	if len(said) != 2 || !strings.Contains(said[0], evidence.Name) || !strings.Contains(said[1], photo.Name) {
		t.Errorf("the page says %q", said)
	}
	s.write("words", words+"\n")
	clean("stored")

	// Alice lists them, saves them, and answers with one.
	id := decode[inbox](t, s.advocate("alice", "inbox", "-json")).Cases[0].ID
	c := decode[filesOf](t, s.advocate("alice", "read", id, "-json"))
	if len(c.Entries) != 1 || len(c.Entries[0].Files) != 2 || c.Entries[0].Files[0].Name != evidence.Name || c.Entries[0].Files[0].Size != int64(len(evidence.Content)) ||
		c.Entries[0].Files[1].Type != "image/jpeg" {
		t.Fatalf("alice reads %+v", c)
	}
	s.advocate("alice", "files", id, "-save", "all", "-out", s.path("alices"))
	if _, got := saved(t, s.path("alices"), evidence.Name); got != evidence.Content {
		t.Errorf("alice has %d bytes of %d", len(got), len(evidence.Content))
	}
	path, _ := saved(t, s.path("alices"), photo.Name)
	isClean(t, path, canary)
	s.write("canary-reply.pdf", "%PDF-1.7 canary-reply, with a form to sign")
	s.advocate("alice", "reply", id, "-file", s.path("canary-reply.pdf"), "-json")
	clean("answered")

	// She takes it from the page, and with her program, and sends more with that.
	page, err := s.Check(words)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.download(page, "canary-reply.pdf"); got != "%PDF-1.7 canary-reply, with a form to sign" {
		t.Errorf("from the page: %q", got)
	}
	if err := os.Mkdir(s.path("hers"), 0o700); err != nil {
		t.Fatal(err)
	}
	s.hers("files", "-code-file", s.path("words"), "-save", "all", "-out", s.path("hers"))
	if _, got := saved(t, s.path("hers"), "canary-reply.pdf"); got != "%PDF-1.7 canary-reply, with a form to sign" {
		t.Errorf("by her program: %q", got)
	}
	s.write("canary-more.jpg", photo.Content)
	s.hers("message", "-code-file", s.path("words"), "-file", s.path("canary-more.jpg"))
	s.advocate("alice", "inbox")
	s.advocate("alice", "files", id, "-save", "all", "-out", s.path("alices"))
	path, _ = saved(t, s.path("alices"), "canary-more.jpg")
	isClean(t, path, canary)
	clean("more")

	// What breaks off, is refused, or is cut by kill -9 leaves nothing.
	before := s.blobs()
	if len(before) != 4 {
		t.Errorf("%d blobs, want 4", len(before))
	}
	s.breakOff(droptest.File{Name: "canary-cut.bin", Content: strings.Repeat("canary-cut ", 200_000)})
	s.until("an upload that broke off leaves nothing", func() bool { return slices.Equal(s.blobs(), before) })
	if p := s.sendFiles(s.blankReport(" "), droptest.File{Name: "canary-refused.txt", Content: strings.Repeat("canary-refused ", 100_000)}); p.Problem() != "empty-account" {
		t.Errorf("without words: %d %s", p.Status, p.Problem())
	}
	if got := s.blobs(); !slices.Equal(got, before) {
		t.Errorf("a refused form leaves %d blobs, there were %d", len(got), len(before))
	}
	clean("broken off")
	hold := s.begin(droptest.File{Name: "canary-killed.bin", Content: strings.Repeat("canary-killed ", 200_000)})
	s.until("a part is written", func() bool { return len(s.blobs()) > len(before) })
	clean("in the middle of an upload")
	s.stop(syscall.SIGKILL)
	hold.Close()
	clean("killed in the middle of an upload")
	s.start("127.0.0.1:0")
	if got := s.blobs(); !slices.Equal(got, before) {
		t.Errorf("after kill -9 there are %d blobs, want %d", len(got), len(before))
	}
	s.run("tellbox", "check", "-data", s.path("D"))

	if page, err = s.Check(words); err != nil {
		t.Fatal(err)
	}
	if page, err = s.Press(page, "/withdraw", "confirm", "yes"); err != nil || page.Name() != "withdrawn" {
		t.Fatalf("taking it back: %v", err)
	}
	if got := s.blobs(); len(got) != 0 {
		t.Errorf("taken back: %d blobs are left", len(got))
	}
	clean("taken back")
}

// hers runs a verb of her program.
func (s *site) hers(verb string, args ...string) string {
	s.t.Helper()
	return s.run("reporter", append([]string{verb, "-server", s.url, "-keyholders", s.path("K")}, args...)...)
}

// download presses the button beside a file in a conversation.
func (s *site) download(p *droptest.Page, name string) string {
	s.t.Helper()
	li := p.Find(func(n *html.Node) bool {
		return n.Data == "li" && droptest.HasAttr(n, "data-size") && strings.Contains(droptest.Text(n), name)
	})
	if li == nil {
		s.t.Fatalf("the page does not show %s", name)
	}
	fields := url.Values{}
	for n := range li.Descendants() {
		if n.Data == "input" {
			fields.Set(droptest.Attr(n, "name"), droptest.Attr(n, "value"))
		}
	}
	resp, err := http.PostForm(s.url+"/file", fields)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Disposition"), "attachment") {
		s.t.Fatalf("fetching %s: status %d, %v", name, resp.StatusCode, err)
	}
	return string(b)
}

// begin sends a report with all but the end of a file, and keeps the connection open.
func (s *site) begin(file droptest.File) net.Conn {
	s.t.Helper()
	kind, body, err := s.blankReport("canary-account, broken off").Body(file)
	if err != nil {
		s.t.Fatal(err)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "POST /report/send HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", kind, len(body))
	if _, err := conn.Write(body[:len(body)-100_000]); err != nil {
		s.t.Fatal(err)
	}
	return conn
}

func (s *site) breakOff(file droptest.File) {
	s.t.Helper()
	conn := s.begin(file)
	s.until("a part is written", func() bool {
		return slices.ContainsFunc(s.blobs(), func(n string) bool { return strings.HasSuffix(n, ".part") })
	})
	conn.Close()
}

// until waits for something that the server does by itself.
func (s *site) until(what string, done func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	for !done() {
		select {
		case <-ctx.Done():
			s.t.Fatalf("%s: not within a minute", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// A file is nobody's prisoner: with a frame opened, the public age program opens its blob.
func TestPublicAgeOpensFiles(t *testing.T) {
	s := newSite(t)
	content := strings.Repeat("what she wrote down at the time\n", 10_000)
	if p := s.sendFiles(s.blankReport("with a file"), droptest.File{Name: "notes.txt", Content: content}); p.Words() == "" {
		t.Fatalf("status %d, %s", p.Status, p.Problem())
	}
	s.advocate("alice", "inbox")
	sealed, err := vault.Open([]byte(must(os.ReadFile(s.path("alice", "secret.age")))), "a passphrase of six words or more")
	if err != nil {
		t.Fatal(err)
	}
	s.write("identity", string(sealed))
	envelopes, _ := filepath.Glob(s.path("alice", "mail", "*.age"))
	if len(envelopes) != 1 || len(s.blobs()) != 1 {
		t.Fatalf("%d envelopes, %d blobs", len(envelopes), len(s.blobs()))
	}
	frame, err := exec.Command(filepath.Join(bin, "age"), "-d", "-i", s.path("identity"), envelopes[0]).Output()
	if err != nil {
		t.Fatal(err)
	}
	_, document, _ := strings.Cut(string(frame), "\n\n")
	file := decode[struct {
		Files []struct {
			Size int
			Key  string
		}
	}](t, document).Files[0]
	s.write("key", file.Key+"\n")
	plain, err := exec.Command(filepath.Join(bin, "age"), "-d", "-i", s.path("key"), s.path("D", "blobs", s.blobs()[0])).Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(plain[:file.Size]) != content || len(bytes.Trim(plain[file.Size:], "\x00")) > 0 {
		t.Errorf("got %d bytes, of which %d are the file, want %d", len(plain), file.Size, len(content))
	}
}
