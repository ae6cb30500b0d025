package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// fileFigures are what -files measures.
type fileFigures struct {
	figures
	Size    int64    `json:"size"` // bytes of each file
	Uploads []upload `json:"uploads"`
	Stored  int      `json:"stored"` // files in the second of two boxes that are alike otherwise
	Looks   []look   `json:"looks"`
}

// upload is so many reports at once, each with a file, by the page.
type upload struct {
	Parallel int     `json:"parallel"`
	Whole    spread  `json:"whole"` // MB/s of all together, until the last one has its words
	Bare     spread  `json:"bare"`  // of a handler that seals and syncs the same bytes
	Ratio    float64 `json:"ratio"`
	Memory   *memory `json:"memory"`
}

// look is what something costs without and with files stored, in milliseconds.
type look struct {
	What    string  `json:"what"`
	Without float64 `json:"without"` // 0 if it needs a file
	With    float64 `json:"with"`
}

// noise is a file: a megabyte that nothing compresses, over and over.
type noise struct {
	block []byte
	at    int
}

func newNoise() *noise {
	n := &noise{block: make([]byte, 1<<20)}
	rand.Read(n.block)
	return n
}

func (n *noise) Read(p []byte) (int, error) {
	k := copy(p, n.block[n.at:])
	n.at = (n.at + k) % len(n.block)
	return k, nil
}

// measureFiles builds the server and carries out the plan for files.
func measureFiles(ctx context.Context, p *plan, stderr io.Writer) (*fileFigures, error) {
	dir, tellbox, err := workshop(ctx)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	b, err := fill(ctx, filepath.Join(dir, "box"), 0, 0)
	if err != nil {
		return nil, err
	}
	f := &fileFigures{figures: *newFigures(p), Size: p.size, Stored: p.stored}
	for _, n := range p.connections {
		fmt.Fprintf(stderr, "%d files at once …\n", n)
		t := &trial{plan: p, box: b, connections: n, stderr: stderr}
		u, err := t.uploads(ctx, tellbox, filepath.Join(dir, fmt.Sprint("upload-", n)))
		if err != nil {
			return nil, fmt.Errorf("%d files at once: %w", n, err)
		}
		f.Uploads = append(f.Uploads, *u)
	}
	fmt.Fprintf(stderr, "with %d files stored …\n", p.stored)
	t := &trial{plan: p, box: b, stderr: stderr}
	f.Looks, err = t.looks(ctx, tellbox, dir)
	return f, err
}

// uploads sends that many reports with a file at once, to the whole server and, in turn, their files to the bare handler.
func (t *trial) uploads(ctx context.Context, tellbox, dir string) (*upload, error) {
	defer os.RemoveAll(dir)
	whole, bare, err := t.serveBoth(ctx, tellbox, dir)
	if err != nil {
		return nil, err
	}
	defer whole.stop()
	defer bare.stop()
	u := &upload{Parallel: t.connections}
	if rest, _, ok := whole.resident(); ok {
		u.Memory = &memory{Rest: rest}
	}
	var rates [2][]*burst
	for range t.runs {
		for i, send := range []func(context.Context, *server, int64) error{sendFileByPage, sendFileBare} {
			began := time.Now()
			all, ctx := errgroup.WithContext(ctx)
			for range t.connections {
				all.Go(func() error { return send(ctx, []*server{whole, bare}[i], t.size) })
			}
			if err := all.Wait(); err != nil {
				return nil, err
			}
			rates[i] = append(rates[i], &burst{rate: float64(t.size) * float64(t.connections) / 1e6 / time.Since(began).Seconds()})
		}
	}
	u.Whole, u.Bare = rateOf(rates[0]), rateOf(rates[1])
	u.Ratio = u.Whole.Median / u.Bare.Median
	if peak, _, ok := whole.resident(); ok {
		u.Memory.Peak, u.Memory.Anonymous = peak, whole.anonymous.Load()
	}
	return u, nil
}

// sendFileByPage fills in a form, with a file of that size.
func sendFileByPage(ctx context.Context, s *server, size int64) error {
	v := droptest.NewVisitor(s.url)
	defer v.Client.CloseIdleConnections()
	start, err := v.Get("/")
	if err != nil {
		return err
	}
	page, err := v.Press(start, "/report")
	if err != nil {
		return err
	}
	form, err := page.Form("/report/send")
	if err != nil {
		return err
	}
	var around bytes.Buffer
	w := multipart.NewWriter(&around)
	for name, values := range form.With("account", account).Values {
		for _, value := range values {
			if err := w.WriteField(name, value); err != nil {
				return err
			}
		}
	}
	if _, err := w.CreateFormFile("files", "film.bin"); err != nil {
		return err
	}
	head := around.Len()
	if err := w.Close(); err != nil {
		return err
	}
	body := io.MultiReader(bytes.NewReader(around.Bytes()[:head]), io.LimitReader(newNoise(), size), bytes.NewReader(around.Bytes()[head:]))
	answer, err := post(ctx, s.url+"/report/send", w.FormDataContentType(), body, size+int64(around.Len()))
	if err == nil && (!bytes.Contains(answer, []byte(`id="code"`)) || !bytes.Contains(answer, []byte(`data-file="as-is"`))) {
		err = fmt.Errorf("no words, or no file: %s", problem(answer))
	}
	return err
}

func sendFileBare(ctx context.Context, s *server, size int64) error {
	_, err := post(ctx, s.url+"/file", "application/octet-stream", io.LimitReader(newNoise(), size), size)
	return err
}

func post(ctx context.Context, url, kind string, body io.Reader, size int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
	if err != nil {
		return nil, err
	}
	req.ContentLength = size
	req.Header.Set("Content-Type", kind)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d %s", resp.StatusCode, problem(answer))
	}
	return answer, err
}

// file seals a file and makes it durable, and does nothing else. Then it takes it away.
func (h *bareHandler) file(w http.ResponseWriter, r *http.Request) {
	f, err := os.CreateTemp(h.dir, "bare-")
	if err != nil {
		refuse(w, err)
		return
	}
	defer os.Remove(f.Name())
	s, err := dropbox.SealFile(f, dropbox.MaxFile)
	if err == nil {
		_, err = io.Copy(s, r.Body)
	}
	if err == nil {
		_, err = s.Close("film.bin", dropbox.BlobID{1})
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		refuse(w, err)
		return
	}
	io.WriteString(w, "ok")
}

func (f *fileFigures) write(w io.Writer, asJSON bool) error {
	var most int64
	for _, u := range f.Uploads {
		f.Noise = max(f.Noise, u.Whole.noise(), u.Bare.noise())
		if u.Memory != nil {
			most = max(most, u.Memory.Peak)
		}
	}
	if most > 0 {
		f.Targets = append(f.Targets, target{"resident memory under 150 MB", megabytes(most) + " MB", most < targetMemory})
	}
	if asJSON {
		return json.NewEncoder(w).Encode(f)
	}
	fmt.Fprintf(w, "%d CPUs (%s), %s. Medians of %d runs, whole and bare in turn; runs of the same differ by up to %.0f %%. Files of %d MiB.\n\n",
		f.CPUs, f.CPU, f.Go, f.Runs, 100*f.Noise, f.Size>>20)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "files at once\twhole MB/s (min..max)\tbare MB/s (min..max)\twhole/bare\tMB at rest\tpeak\tits own")
	for _, u := range f.Uploads {
		m := []string{"not known", "", ""}
		if u.Memory != nil {
			m = []string{megabytes(u.Memory.Rest), megabytes(u.Memory.Peak), megabytes(u.Memory.Anonymous)}
		}
		fmt.Fprintf(t, "%d\t%v\t%v\t%.0f %%\t%s\t%s\t%s\n", u.Parallel, u.Whole, u.Bare, 100*u.Ratio, m[0], m[1], m[2])
	}
	fmt.Fprintf(t, "\nms\tno file\t%d files stored\n", f.Stored)
	for _, l := range f.Looks {
		without := fmt.Sprintf("%.1f", l.Without)
		if l.Without == 0 {
			without = ""
		}
		fmt.Fprintf(t, "%s\t%s\t%.1f\n", l.What, without, l.With)
	}
	f.writeTargets(t)
	return t.Flush()
}
