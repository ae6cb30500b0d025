package store_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/store"
	"tellbox/dropbox/store/storetest"
)

var (
	flips = flag.Int("flips", 200, "how many random bits TestFlippedBits flips")
	seed  = flag.Uint64("seed", 0, "where TestFlippedBits begins; 0: anywhere")
)

// verdict is what came of one damage.
type verdict struct {
	Trial  int
	How    string   // "refused", "named by check", "harmless"; "" if it has only begun
	Wrongs []string // broken promises
}

func (v *verdict) wrong(format string, args ...any) {
	v.Wrongs = append(v.Wrongs, fmt.Sprintf(format, args...))
}

// TestDamageChild is the other process of TestDamage and TestFlippedBits: badger's own way to say that a file is
// damaged can be to die.
func TestDamageChild(t *testing.T) {
	dir := os.Getenv("TELLBOX_TEST_DAMAGE")
	if dir == "" {
		return
	}
	var job struct {
		Image  *image
		Trials []damage
		From   int
	}
	b, err := os.ReadFile(filepath.Join(dir, "job"))
	if err == nil {
		err = json.Unmarshal(b, &job)
	}
	if err != nil {
		t.Fatal(err)
	}
	out := json.NewEncoder(os.Stdout)
	for i := job.From; i < len(job.Trials); i++ {
		out.Encode(verdict{Trial: i})
		v := &verdict{Trial: i}
		if err := job.Image.try(t, filepath.Join(dir, "work"), job.Trials[i], v); err != nil {
			t.Fatal(err)
		}
		out.Encode(v)
	}
}

// try inflicts d on a fresh copy and opens it.
func (m *image) try(t *testing.T, dir string, d damage, v *verdict) error {
	fresh := func() error { return errors.Join(m.lay(dir), d.inflict(dir)) }
	if err := fresh(); err != nil {
		return err
	}
	cfg := store.Config{Dir: filepath.Join(dir, "data"), Tidy: -1, Now: func() time.Time { return m.Now }}
	s, err := store.Open(cfg)
	if err == nil {
		m.opened(t, s, v)
		return nil
	}
	v.How = "refused"
	named := strings.Contains(err.Error(), filepath.Base(d.File)) || strings.HasSuffix(d.File, ".mem") && strings.Contains(err.Error(), "log")
	if !errors.Is(err, store.ErrErasures) && !errors.Is(err, store.ErrPepper) && !errors.Is(err, store.ErrForeign) &&
		!(errors.Is(err, store.ErrDamaged) && named) {
		v.wrong("Open does not name it: %v", err)
	}
	if s, err := store.Open(cfg); err == nil {
		v.wrong("the second Open was content")
		m.opened(t, s, v)
	}
	if err := fresh(); err != nil {
		return err
	}
	cfg.Damaged = true
	if s, err = store.Open(cfg); err == nil {
		v.How += ", served with Damaged"
		m.left(t, s, v)
	}
	return nil
}

// opened holds a store that opened as if nothing was wrong to what was acknowledged, unless Check says what is wrong.
func (m *image) opened(t *testing.T, s *store.Store, v *verdict) {
	c, err := s.Check(t.Context())
	silent := err == nil && len(c.Faults) == 0
	if v.How = "harmless"; !silent {
		v.How = "named by check"
	}
	v.Wrongs = append(v.Wrongs, m.held(t, s, silent)...)
	if _, err := s.Put(t.Context(), storetest.Parcel("alice"), true); err != nil && (silent || !errors.Is(err, store.ErrDown)) {
		v.wrong("a report after it: %v", err)
	}
	if err := s.Close(); err != nil && silent {
		v.wrong("closing: %v", err)
	}
}

// left holds a store opened with Damaged to serving what is left, and to calling nothing unknown.
func (m *image) left(t *testing.T, s *store.Store, v *verdict) {
	for drop := range m.Lines {
		if _, err := s.Lines(t.Context(), hex32(drop)); errors.Is(err, dropbox.ErrNothing) {
			v.wrong("with Damaged an acknowledged report counts as nothing here")
		}
	}
	if _, err := s.Lines(t.Context(), storetest.Random()); !errors.Is(err, store.ErrDown) {
		v.wrong("with Damaged an unknown drop: %v", err)
	}
	for reader := range m.Mail {
		if _, err := allMail(t, s, reader); err != nil && !errors.Is(err, store.ErrDown) {
			v.wrong("with Damaged, mail: %v", err)
		}
	}
	if _, err := s.Check(t.Context()); err != nil && !errors.Is(err, store.ErrDown) {
		v.wrong("with Damaged, check: %v", err)
	}
	s.Close()
}

// trials inflicts each damage in another process, a new one whenever it dies.
func (m *image) trials(t *testing.T, ds []damage) {
	dir, count := memoryDir(t), map[string]int{}
	for from := 0; from < len(ds); {
		job, err := json.Marshal(map[string]any{"Image": m, "Trials": ds, "From": from})
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "job"), job, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestDamageChild$", "-test.count=1")
		cmd.Env = append(os.Environ(), "TELLBOX_TEST_DAMAGE="+dir)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		last, said := verdict{Trial: -1}, []string{}
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var v verdict
			if json.Unmarshal(lines.Bytes(), &v) != nil {
				said = append(said, lines.Text())
				continue
			}
			if last = v; v.How == "" {
				continue
			}
			kind := strings.TrimLeft(filepath.Ext(ds[v.Trial].File)+" "+v.How, " ")
			count[kind]++
			for _, w := range v.Wrongs {
				t.Errorf("%v: %s (%s)", ds[v.Trial], w, v.How)
			}
		}
		io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil && last.Trial >= 0 && last.How == "" {
			text := stderr.String()
			t.Errorf("%v: the process died: %s", ds[last.Trial], text[:min(len(text), 600)])
			count["died"]++
		} else if err != nil {
			t.Fatalf("the child failed: %v\n%q\n%s", err, said, stderr.String())
		}
		from = last.Trial + 1
	}
	t.Logf("%d damages: %v", len(ds), count)
}

func TestFlippedBits(t *testing.T) {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("-seed %d", *seed)
	r := rand.New(rand.NewPCG(*seed, 0))
	m := newImage(t)
	var names []string
	for name, f := range m.Files {
		if len(f.Content) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var ds []damage
	for range *flips {
		name := names[r.IntN(len(names))]
		ds = append(ds, damage{name, "flip", r.Int64N(int64(len(m.Files[name].Content))), r.IntN(8)})
	}
	m.trials(t, ds)
}
