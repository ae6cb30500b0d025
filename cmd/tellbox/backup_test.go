package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox/store"
)

func TestBackupAndRestore(t *testing.T) {
	both(t, func(t *testing.T, b *box) {
		var made struct {
			File                    string
			Records, Bytes, Damaged int
		}
		b.json(0, &made, "backup", "-data", b.data, "-out", b.path("B"))
		info, err := os.Stat(b.path("B"))
		b.must(err)
		if made.File != b.path("B") || made.Records == 0 || made.Bytes < 3*3*16<<10 || made.Damaged != 0 || info.Mode() != 0o600 || info.Size() < int64(made.Bytes) {
			t.Errorf("got %+v in a file of %v, %d bytes", made, info.Mode(), info.Size())
		}
		if out, _ := b.run(0, "backup", "-data", b.data, "-out", b.path("B2")); !strings.Contains(out, "data.pepper") || !strings.Contains(out, "data.erased") {
			t.Errorf("backup says %q, and not what else has to be kept", out)
		}
		b.absent(b.path("B.part"), b.path("B2.part"))

		b.write(b.path("new.pepper"), b.read(b.data+".pepper"))
		var got struct {
			Boxes, Files, Mail, Lines, Erased int
			Faults                            []string
		}
		b.json(0, &got, "restore", "-data", b.path("new"), "-from", b.path("B"), "-erased", b.data+".erased")
		if got.Boxes != 3 || got.Mail != 6 || got.Lines != 3 || got.Erased != 0 || len(got.Faults) != 0 {
			t.Errorf("restored %+v", got)
		}
		var found checkJSON
		b.json(0, &found, "check", "-data", b.path("new"))
		if !found.OK || found.Boxes != 3 || found.Mail != 6 || found.Lines != 3 {
			t.Errorf("in the restored store: %+v", found)
		}
		if out, _ := b.run(0, "status", "-data", b.path("new")); !strings.Contains(out, "The demo box: ") || !strings.Contains(out, "    3 waiting") {
			t.Errorf("status of the restored store: %s", out)
		}
	})
}

// What was taken back after the backup stays so, unless the list is lost and the operator says so.
func TestRestoreReplaysErasures(t *testing.T) {
	b := newBox(t)
	b.run(0, "backup", "-data", b.data, "-out", b.path("B"))
	b.withdraw(b.reports[0])
	for _, name := range []string{"new", "lost"} {
		b.write(b.path(name+".pepper"), b.read(b.data+".pepper"))
	}
	out, _ := b.run(0, "restore", "-data", b.path("new"), "-from", b.path("B"), "-erased", b.data+".erased")
	if !strings.Contains(out, " 4 entries of mail, 2 lines and 0 files ") || !strings.Contains(out, "; 1 that had been erased") || !strings.Contains(out, "serve it") {
		t.Errorf("restore says %q", out)
	}
	if !strings.HasPrefix(b.read(b.path("new.erased")), b.read(b.data+".erased")) {
		t.Error("the list of erasures did not come along")
	}
	if out, _ := b.run(0, "restore", "-data", b.path("lost"), "-from", b.path("B"), "-without-erasures"); !strings.Contains(out, " 6 entries of mail, 3 lines and 0 files ") {
		t.Errorf("without the list: %q", out)
	}
}

func TestRestoreRefuses(t *testing.T) {
	b := newBox(t)
	b.run(0, "backup", "-data", b.data, "-out", b.path("B"))
	whole := b.read(b.path("B"))
	b.write(b.path("cut"), whole[:len(whole)-1])
	flipped := []byte(whole)
	flipped[len(flipped)/2] ^= 1
	b.write(b.path("flipped"), string(flipped))
	b.write(b.path("letter"), "Dear")
	b.must(os.Mkdir(b.path("full"), 0o700))
	b.write(b.path("full/letter"), "Dear")
	for _, name := range []string{"new", "full", "listed"} {
		b.write(b.path(name+".pepper"), b.read(b.data+".pepper"))
	}
	b.write(b.path("wrong.pepper"), strings.Repeat("ab", 32)+"\n")
	b.write(b.path("listed.erased"), "something else")

	restore := func(name, from string, more ...string) []string {
		return append([]string{"restore", "-data", b.path(name), "-from", b.path(from)}, more...)
	}
	list := []string{"-erased", b.data + ".erased"}
	b.fails(1, "not-empty", restore("full", "B", list...), "folder")
	b.fails(1, "pepper", restore("bare", "B", list...), "copy the pepper of the old box to "+b.path("bare.pepper"))
	b.fails(1, "pepper", restore("wrong", "B", list...), "copy the pepper of the old box to "+b.path("wrong.pepper"))
	b.fails(1, "erasures", restore("new", "B"), "-erased FILE", "-without-erasures", "comes back")
	b.fails(1, "erasures", restore("new", "B", "-erased", b.path("letter")), "-erased FILE")
	b.fails(1, "erasures", restore("listed", "B", list...), "differs")
	for _, from := range []string{"cut", "flipped", "letter"} {
		b.fails(1, "backup", restore("new", from, list...), "another backup")
	}
	if _, errs := b.run(1, restore("new", "nowhere", list...)...); !strings.Contains(errs, "no such file") {
		t.Errorf("no backup: %q", errs)
	}
	b.run(2, restore("new", "B", append(list, "-without-erasures")...)...)
	b.run(2, "restore", "-data", b.path("new"))

	b.absent(b.path("new"), b.path("bare"), b.path("wrong"), b.path("listed"))
	b.absent(b.path("new.erased"), b.path("bare.erased"), b.path("wrong.erased"), b.path("full.erased"), b.path("new.erased.part"))
	if b.read(b.path("listed.erased")) != "something else" || b.read(b.path("full/letter")) != "Dear" {
		t.Error("a refused restore changed what was there")
	}

	stop := b.serve()
	before := b.read(b.data + "/format")
	b.fails(3, "busy", []string{"restore", "-data", b.data, "-from", b.path("B")}, "a server runs on")
	stop()
	b.run(0, "check", "-data", b.data)
	b.fails(1, "not-empty", []string{"restore", "-data", b.data, "-from", b.path("B")})
	if b.read(b.data+"/format") != before {
		t.Error("a refused restore changed the store")
	}
}

func TestBackupRefuses(t *testing.T) {
	b := newBox(t)
	b.write(b.path("B"), "an older one")
	b.write(b.path("C.part"), "half a one")
	backup := func(out string) []string { return []string{"backup", "-data", b.data, "-out", out} }
	b.fails(1, "exists", backup(b.path("B")), "there already")
	b.fails(1, "exists", backup(b.path("C")), "C.part", "killed")
	b.fails(1, "inside", backup(filepath.Join(b.data, "B")), "elsewhere")
	b.run(1, backup(b.path("nowhere/B"))...)
	b.fails(1, "no-store", []string{"backup", "-data", b.path("none"), "-out", b.path("D")})
	b.absent(b.path("B.part"), b.path("C"), b.path("D"), b.path("D.part"), filepath.Join(b.data, "B"), filepath.Join(b.data, "B.part"))
	if b.read(b.path("B")) != "an older one" || b.read(b.path("C.part")) != "half a one" {
		t.Error("a refused backup changed what was there")
	}
}

// operator serves the control socket of a folder without a store, with what backup writes.
func (b *box) operator(ctx context.Context, backup http.HandlerFunc) *http.Server {
	b.Helper()
	b.must(os.MkdirAll(b.data, 0o700))
	l, err := listenControl(b.data)
	b.must(err)
	s := operatorServer(ctx, backup)
	go s.Serve(l)
	b.Cleanup(func() { s.Close() })
	return s
}

// Whatever cuts a stream off, no file remains that looks like a backup.
func TestBackupCutOff(t *testing.T) {
	whole := func(_ context.Context, w io.Writer) (store.Backed, error) {
		n, err := w.Write(make([]byte, 300<<10))
		return store.Backed{Records: 7, Bytes: int64(n)}, err
	}
	for _, c := range []struct {
		name   string
		code   int
		words  string
		answer http.HandlerFunc
	}{
		{"whole", 0, "", func(w http.ResponseWriter, r *http.Request) { streamBackup(w, r, whole) }},
		{"no trailer", 3, "cut off", func(w http.ResponseWriter, r *http.Request) { whole(r.Context(), w) }},
		{"nothing", 3, "cut off", func(http.ResponseWriter, *http.Request) {}},
		{"died", 3, "cut off", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Trailer", backupTrailer)
			whole(r.Context(), w)
			panic(http.ErrAbortHandler)
		}},
		{"died at once", 3, "running server", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{"failed at once", 3, "the store is down", func(w http.ResponseWriter, r *http.Request) {
			streamBackup(w, r, func(context.Context, io.Writer) (store.Backed, error) { return store.Backed{}, store.ErrDown })
		}},
		{"failed late", 3, "the store is down", func(w http.ResponseWriter, r *http.Request) {
			streamBackup(w, r, func(ctx context.Context, w io.Writer) (store.Backed, error) {
				backed, _ := whole(ctx, w)
				return backed, store.ErrDown
			})
		}},
		{"another version", 1, "does not know backup", http.NotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &box{T: t, dir: t.TempDir()}
			b.data = b.path("data")
			b.operator(t.Context(), c.answer)
			_, errs := b.run(c.code, "backup", "-data", b.data, "-out", b.path("B"))
			if !strings.Contains(errs, c.words) {
				t.Errorf("got %q", errs)
			}
			b.absent(b.path("B.part"))
			if c.code != 0 {
				b.absent(b.path("B"))
			} else if got := b.read(b.path("B")); len(got) != 300<<10 {
				t.Errorf("got %d bytes", len(got))
			}
		})
	}
}

// endless is a backup that begins, and goes on until its context ends.
func endless(begun, ended chan<- struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		streamBackup(w, r, func(ctx context.Context, w io.Writer) (store.Backed, error) {
			w.Write(make([]byte, 1<<20))
			close(begun)
			<-ctx.Done()
			close(ended)
			return store.Backed{}, ctx.Err()
		})
	}
}

// A server that is told to stop does not wait for a backup; an operator who has enough stops the server's work too.
func TestBackupStopped(t *testing.T) {
	for _, who := range []string{"server", "operator"} {
		t.Run(who, func(t *testing.T) {
			b := &box{T: t, dir: t.TempDir()}
			b.data = b.path("data")
			begun, ended := make(chan struct{}), make(chan struct{})
			serving, stopServer := context.WithCancel(t.Context())
			defer stopServer()
			asking, stopOperator := context.WithCancel(t.Context())
			defer stopOperator()
			server := b.operator(serving, endless(begun, ended))
			var errs bytes.Buffer
			exit := make(chan int)
			go func() {
				exit <- run(asking, []string{"backup", "-data", b.data, "-out", b.path("B")}, io.Discard, &errs)
			}()
			<-begun
			if who == "server" {
				stopServer()
			} else {
				stopOperator()
			}
			<-ended
			end(server)
			if code := <-exit; code != 3 || !strings.Contains(errs.String(), "stopped before it was done") {
				t.Errorf("exit %d, want 3\n%s", code, &errs)
			}
			b.absent(b.path("B"), b.path("B.part"))
		})
	}
}

// slowReader notes how long each piece may take.
type slowReader struct {
	http.ResponseWriter
	deadline time.Time
	pieces   []int
	t        *testing.T
}

func (s *slowReader) SetWriteDeadline(t time.Time) error {
	s.deadline = t
	return nil
}

func (s *slowReader) Write(p []byte) (int, error) {
	if left := time.Until(s.deadline); left <= 0 || left > patience {
		s.t.Errorf("a piece may take %v", left)
	}
	s.deadline = time.Now() // as if it had taken that long
	s.pieces = append(s.pieces, len(p))
	if len(s.pieces) == 3 {
		return 5, os.ErrDeadlineExceeded
	}
	return len(p), nil
}

func TestStalledReader(t *testing.T) {
	s := &slowReader{t: t}
	w := patientWriter{s}
	if n, err := w.Write(make([]byte, 100<<10)); n != 100<<10 || err != nil || len(s.pieces) != 2 || !s.deadline.IsZero() {
		t.Errorf("got %d, %v in pieces of %d, and the deadline %v", n, err, s.pieces, s.deadline)
	}
	if n, err := w.Write(make([]byte, 300<<10)); n != 5 || !errors.Is(err, os.ErrDeadlineExceeded) || len(s.pieces) != 3 {
		t.Errorf("got %d, %v in pieces of %d", n, err, s.pieces)
	}
}
