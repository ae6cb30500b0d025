package desk

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/droptest"
	"tellbox/keys"
	"tellbox/keys/vault"
)

// world is a real server with its advocates' desks. alice, bob and dora read; eve is an advocate whom reporters here strike off.
type world struct {
	testing.TB
	box     *droptest.Box
	clock   *droptest.Clock
	folders map[string]string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t, clock: droptest.NewClock(), folders: map[string]string{}}
	var err error
	w.box, err = droptest.Start(t.TempDir(), droptest.Options{Now: w.clock.Now, People: []droptest.Person{
		{ID: "alice", Name: "Alice", Org: "Centre", Role: keys.Advocate}, {ID: "bob", Name: "Bob", Org: "Clinic", Role: keys.Advocate},
		{ID: "dora", Name: "Dora", Org: "Clinic", Role: keys.Advocate}, {ID: "eve", Name: "Eve", Org: "Clinic", Role: keys.Advocate},
		{ID: "irene", Name: "Irene", Org: "Office", Role: keys.Investigator},
	}})
	w.must(err)
	t.Cleanup(func() { w.box.Stop() })
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) is(err, want error) {
	w.Helper()
	if !errors.Is(err, want) {
		w.Fatalf("got error %v, want %v", err, want)
	}
}

// desk opens somebody's desk, and joins the box the first time.
func (w *world) desk(id string) *Desk {
	w.Helper()
	if w.folders[id] == "" {
		w.folders[id] = w.TempDir()
	}
	d := w.openAt(w.folders[id], id)
	if !d.Joined() {
		_, err := d.Join(w.Context(), w.box.URL, "", w.box.Chain)
		w.must(err)
	}
	return d
}

func (w *world) openAt(folder, id string) *Desk {
	w.Helper()
	d, err := open(folder, w.box.Advocates[id], w.clock.Now)
	w.must(err)
	w.Cleanup(func() { d.Close() })
	return d
}

// open spares tests the passphrase, where no keys change.
func open(folder string, me *vault.Advocate, now func() time.Time) (*Desk, error) {
	h, err := openHome(folder, false)
	if err != nil {
		return nil, err
	}
	return start(h, me, "", now)
}

// again is the desk after its program ended.
func (w *world) again(d *Desk) *Desk {
	w.Helper()
	d.Close()
	return w.openAt(d.home.dir, d.me.ID)
}

func (w *world) sync(d *Desk) (Inbox, []string) {
	w.Helper()
	notices, err := d.Sync(w.Context())
	w.must(err)
	in, err := d.Inbox()
	w.must(err)
	return in, notices
}

func (w *world) read(d *Desk, id string) Case {
	w.Helper()
	c, err := d.Read(id)
	w.must(err)
	return c
}

func (w *world) client() *client.Client {
	w.Helper()
	c, err := client.Dial(w.box.URL, "")
	w.must(err)
	return c
}

var everyone = []string{"alice", "bob", "dora", "eve", "irene"}

// her is a reporter with a program of her own.
type her struct {
	*dropbox.Reporter
	w       *world
	to      []string
	c       *dropbox.Conversation // what her program knows without asking
	consent dropbox.Hex32
}

func (w *world) reporter() *her {
	w.Helper()
	r, err := dropbox.NewCode().Reporter(dropbox.BoxID(w.box.Set.Box))
	w.must(err)
	to := []string{"alice", "bob", "dora"}
	return &her{Reporter: r, w: w, to: to, c: &dropbox.Conversation{Readers: to, StruckOff: []string{"eve"}, SentTo: map[string]int{}}}
}

func (h *her) id() string { return CaseID(h.Drop) }

func (h *her) frame(kind, text string) dropbox.Frame {
	f := dropbox.Frame{Kind: kind, Day: dropbox.Today(h.w.clock.Now()), Roster: h.w.box.Roster.Version, Text: text}
	if kind == dropbox.Wish {
		f.Wish = "complaint"
	}
	if kind == dropbox.Report {
		f.About, f.Wish, f.Readers, f.StruckOff = "me", "thinking", h.to, []string{"eve"}
		f.Prompt = []dropbox.Prompt{{ID: "when", Text: "For years"}}
	}
	return f
}

func (w *world) readers(ids []string) []dropbox.Reader {
	w.Helper()
	var out []dropbox.Reader
	for _, id := range ids {
		p, ok := w.box.Roster.Reader(id)
		if !ok {
			w.Fatalf("no reader %s", id)
		}
		out = append(out, dropbox.Reader{ID: id, Recipient: p.Recipient})
	}
	return out
}

func (h *her) seal(f dropbox.Frame) *dropbox.Parcel {
	h.w.Helper()
	p, err := h.Seal(f, h.w.readers(h.to), h.c, everyone)
	h.w.must(err)
	h.c.Count++
	for _, id := range h.to {
		h.c.SentTo[id]++
	}
	p.Sending = hash32(f.Kind, f.Text, h.Locator.String(), fmt.Sprint(h.c.Count))
	if f.Kind == dropbox.Report && h.Box == h.w.box.Set.Box {
		o, err := dropbox.Open(p.To[0].Sealed, h.w.box.Advocates["alice"].Identity)
		h.w.must(err)
		r, err := o.AsReport(h.Box, "alice")
		h.w.must(err)
		h.consent = r.Consent
	}
	return p
}

func hash32(parts ...string) [32]byte {
	return dropbox.DigestOf(dropbox.Sending{}, []byte(strings.Join(parts, "\x00")))
}

func (h *her) send(kind, text string) {
	h.w.Helper()
	h.post(h.seal(h.frame(kind, text)))
}

func (h *her) post(p *dropbox.Parcel) {
	h.w.Helper()
	_, err := h.w.client().Send(h.w.Context(), p, everyone[:4])
	h.w.must(err)
}

func (h *her) withdraw() {
	h.w.Helper()
	f := h.frame(dropbox.Withdrawn, "")
	p := h.seal(f)
	_, err := h.w.client().Withdraw(h.w.Context(), p, everyone[:4])
	h.w.must(err)
}

func (h *her) conversation() *dropbox.Conversation {
	h.w.Helper()
	a, err := h.w.client().Pickup(h.w.Context(), h.Locator)
	h.w.must(err)
	return h.Fold(a.Lines)
}

// texts are what readers told her.
func (h *her) texts() []string {
	h.w.Helper()
	out := []string{}
	for _, f := range h.conversation().Entries {
		if f.Kind == dropbox.Reply {
			out = append(out, f.From+": "+f.Text)
		}
	}
	return out
}

// said are the texts of a case's entries.
func said(c Case) []string {
	out := []string{}
	for _, e := range c.Entries {
		out = append(out, e.From+": "+e.Text)
	}
	return out
}

// between stands between a desk and its server. each is called before a request leaves and after its answer came; an error ends
// the exchange there. swap may change an answer.
type between struct {
	each func() error
	swap func(r *http.Request, resp *http.Response) *http.Response
	mu   sync.Mutex // protects seen: there may be many on their way
	seen []string
}

func (b *between) RoundTrip(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	b.seen = append(b.seen, r.Method+" "+r.URL.Path)
	b.mu.Unlock()
	if b.each != nil {
		if err := b.each(); err != nil {
			return nil, err
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && b.swap != nil {
		resp = b.swap(r, resp)
	}
	if err == nil && b.each != nil {
		if err := b.each(); err != nil {
			resp.Body.Close()
			return nil, err
		}
	}
	return resp, err
}

// answering is a swap that gives another answer on one path.
func answering(path string, status int, body string) func(*http.Request, *http.Response) *http.Response {
	return func(r *http.Request, resp *http.Response) *http.Response {
		if strings.HasPrefix(r.URL.Path, path) {
			resp.Body.Close()
			resp.StatusCode, resp.Body, resp.ContentLength = status, io.NopCloser(strings.NewReader(body)), int64(len(body))
		}
		return resp
	}
}

var errStopped = errors.New("the program was stopped")

// stopAt makes the desk fail at the n-th thing it does, counted from 0, as if it had been killed there. It returns how many
// things were done.
func stopAt(d *Desk, n int) *int {
	done, mu := 0, sync.Mutex{}
	step := func() error {
		mu.Lock()
		defer mu.Unlock()
		done++
		if done > n {
			return errStopped
		}
		return nil
	}
	d.home.step = step
	d.transport = &between{each: step}
	return &done
}

const day = 24 * time.Hour
