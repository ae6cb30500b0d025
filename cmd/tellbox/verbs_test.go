package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/store"
	"tellbox/dropbox/store/storetest"
)

// box is a data folder with three reports in it, each with a line and two pieces of mail, and its operator at work.
type box struct {
	*testing.T
	dir     string // everything
	data    string // the data folder in it
	url     string // where serve last listened
	reports []*dropbox.Parcel
}

func newBox(t *testing.T) *box {
	t.Helper()
	b := &box{T: t, dir: t.TempDir()}
	made, err := droptest.Start(b.dir, droptest.Options{})
	b.must(err)
	b.must(made.Stop())
	b.data = made.Dir
	b.store(store.Config{}, func(st *store.Store) {
		for range 3 {
			p := storetest.Parcel("alice", "bob")
			_, err := st.Put(t.Context(), p, true)
			b.must(err)
			b.reports = append(b.reports, p)
		}
	})
	return b
}

// store opens the store for f alone.
func (b *box) store(cfg store.Config, f func(*store.Store)) {
	b.Helper()
	cfg.Dir, cfg.Tidy = b.data, -1
	st, err := store.Open(cfg)
	b.must(err)
	f(st)
	b.must(st.Close())
}

func (b *box) withdraw(p *dropbox.Parcel) {
	b.Helper()
	b.store(store.Config{}, func(st *store.Store) {
		_, err := st.Withdraw(b.Context(), storetest.Withdrawal(p, "alice", "bob"))
		b.must(err)
	})
}

func (b *box) path(name string) string { return filepath.Join(b.dir, name) }

func (b *box) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *box) read(path string) string {
	b.Helper()
	text, err := os.ReadFile(path)
	b.must(err)
	return string(text)
}

func (b *box) write(path, text string) {
	b.Helper()
	b.must(os.WriteFile(path, []byte(text), 0o600))
}

// absent expects that there is nothing at those paths.
func (b *box) absent(paths ...string) {
	b.Helper()
	for _, path := range paths {
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			b.Errorf("%s: got %v, want nothing there", filepath.Base(path), err)
		}
	}
}

// run carries out a command line and expects its exit status.
func (b *box) run(want int, args ...string) (stdout, stderr string) {
	b.Helper()
	var out, errs bytes.Buffer
	if got := run(b.Context(), args, &out, &errs); got != want {
		b.Fatalf("tellbox %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, want, &out, &errs)
	}
	return out.String(), errs.String()
}

// json is run with -json; v gets the one document it prints.
func (b *box) json(want int, v any, args ...string) {
	b.Helper()
	out, _ := b.run(want, append(args, "-json")...)
	if strings.Count(out, "\n") != 1 || strings.Contains(out, "null") {
		b.Errorf("tellbox %v -json: %q", args, out)
	}
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		b.Errorf("tellbox %v -json: %v in %s", args, err, out)
	}
}

// fails expects a refusal with a token, and with words in what is said to people.
func (b *box) fails(code int, token string, args []string, words ...string) {
	b.Helper()
	out, errs := b.run(code, args...)
	if out != "" || !strings.HasPrefix(errs, "tellbox: error: ") || !strings.Contains(errs, "\ntellbox: hint: ") {
		b.Errorf("tellbox %v: got %q and %q", args, out, errs)
	}
	for _, w := range words {
		if !strings.Contains(errs, w) {
			b.Errorf("tellbox %v: %q is not in %q", args, w, errs)
		}
	}
	var got struct{ Error, Message string }
	b.json(code, &got, args...)
	if got.Error != token || !strings.Contains(errs, got.Message) {
		b.Errorf("tellbox %v: got %+v, want the token %q", args, got, token)
	}
}

// serve serves the box until the test ends, or stop is called.
func (b *box) serve(flags ...string) (stop func()) {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	var errs bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"serve", "-data", b.data, "-listen", "127.0.0.1:0"}, flags...), w, &errs)
		w.Close()
	}()
	line, _ := bufio.NewReader(r).ReadString('\n')
	if !strings.HasPrefix(line, "listening http://127.0.0.1:") {
		b.Fatalf("serve: exit %d, said %q and %q", <-ended, line, &errs)
	}
	b.url = strings.TrimSpace(strings.TrimPrefix(line, "listening "))
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if code := <-ended; code != 0 {
			b.Errorf("serve: exit %d\n%s", code, &errs)
		}
	}
	b.Cleanup(stop)
	return stop
}

// both runs f with and without a server.
func both(t *testing.T, f func(t *testing.T, b *box)) {
	t.Run("serving", func(t *testing.T) {
		b := newBox(t)
		b.serve()
		f(t, b)
	})
	t.Run("stopped", func(t *testing.T) { f(t, newBox(t)) })
}

type purgeJSON struct{ Mail, Lines, Boxes, Numbers int }

func TestPurge(t *testing.T) {
	long := func() time.Time { return time.Now().AddDate(-3, 0, 0) }
	both(t, func(t *testing.T, b *box) {
		var went purgeJSON
		b.json(0, &went, "purge", "-data", b.data)
		if went != (purgeJSON{}) {
			t.Errorf("nothing has ended, and %+v went", went)
		}
		if out, _ := b.run(0, "purge", "-data", b.data); !strings.HasPrefix(out, "0 entries of mail, ") {
			t.Errorf("got %q", out)
		}
	})
	b := newBox(t)
	b.store(store.Config{Now: long}, func(st *store.Store) {
		p := storetest.Parcel("alice")
		_, err := st.Put(t.Context(), p, true)
		b.must(err)
		mail, _, err := st.Mail(t.Context(), "alice", "", 100)
		b.must(err)
		b.must(st.Ack(t.Context(), "alice", []string{mail[len(mail)-1].ID}))
	})
	b.serve()
	var went purgeJSON
	b.json(0, &went, "purge", "-data", b.data)
	if went != (purgeJSON{1, 1, 1, 1}) {
		t.Errorf("got %+v, want one of each", went)
	}
}

func TestStatusOfTheDisk(t *testing.T) {
	b := newBox(t)
	var said struct {
		Free   int64 `json:"disk_free"`
		Alarms []string
	}
	files := int64(1)
	status := func(reserve int64) error {
		var out bytes.Buffer
		c := &command{out: &out, log: io.Discard, json: true, store: store.Config{Dir: b.data, DiskReserve: reserve, TextReserve: files}}
		if err := c.status(t.Context()); err != nil {
			return err
		}
		return json.Unmarshal(out.Bytes(), &said)
	}
	b.must(status(1 << 20))
	if said.Free <= 1<<20 || len(said.Alarms) != 0 {
		t.Errorf("got %+v", said)
	}
	files = said.Free
	b.must(status(1 << 20))
	if len(said.Alarms) != 1 || !strings.Contains(said.Alarms[0], "without files") {
		t.Errorf("where only texts have room: %+v", said)
	}
	b.must(status(2 * said.Free))
	if len(said.Alarms) != 1 || !strings.Contains(said.Alarms[0], "until there is room") || !strings.Contains(said.Alarms[0], " MiB free") {
		t.Errorf("on a full disk: %+v", said)
	}
	if h := explain(status(1 << 60)); h.token != "no-room" || h.code != 3 {
		t.Errorf("got %+v", h)
	}
}

// Every verb stands in the usage, and says what it takes.
func TestUsage(t *testing.T) {
	b := &box{T: t, dir: t.TempDir()}
	help, _ := b.run(0, "help")
	for verb, v := range verbs {
		if !strings.Contains(help, "\n  tellbox "+verb+" ") {
			t.Errorf("the usage says nothing of %s", verb)
		}
		_, flags := b.run(2, verb, "-h")
		for _, name := range strings.Fields(v.flags) {
			name, must := strings.CutSuffix(name, "!")
			if word := regexp.MustCompile("\\s\\[?-" + name + "\\b"); !word.MatchString(flags) || !word.MatchString(help) {
				t.Errorf("%s -%s is not explained", verb, name)
			}
			if _, errs := b.run(2, verb, "-"+name+"="); must && !strings.Contains(errs, " is missing") {
				t.Errorf("%s without -%s: %q", verb, name, errs)
			}
		}
	}
}
