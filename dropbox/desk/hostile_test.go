package desk

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
)

// A server that answers nonsense stops a sync, with what came before safe and nothing written outside the folder.
func TestHostileMail(t *testing.T) {
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	alice := w.desk("alice")
	w.sync(alice)
	id := strings.Repeat("ab", 16)
	page := func(id string, size int, next string) string {
		b, _ := json.Marshal(dropbox.MailAnswer{Entries: []dropbox.MailEntry{{Seq: 1, ID: id, Via: dropbox.ViaParcel, Envelope: make([]byte, size)}}, Next: next})
		return string(b)
	}
	cursor, err := os.ReadFile(alice.home.path("cursor"))
	w.must(err)
	for name, body := range map[string]string{
		"not JSON":          "<html>Sign in to the hotel's network</html>",
		"null":              `{"entries":[null],"next":"x-1"}`,
		"an id that climbs": page("../../../../etc/passwd", 100, "x-1"),
		"a short id":        page("abcd", 100, "x-1"),
		"a huge envelope":   page(id, dropbox.MaxEnvelope+1, "x-1"),
		"a cursor of lines": page(id, 100, "x\n-1"),
		"a long cursor":     page(id, 100, strings.Repeat("x", 5000)),
		"no progress":       page(id, 100, strings.TrimSpace(string(cursor))),
		"endless":           strings.Repeat("[", 17<<20),
	} {
		alice.transport = &between{swap: answering(dropbox.API+"mail", 200, body)}
		_, err := alice.Sync(t.Context())
		if err == nil {
			t.Errorf("%s was taken", name)
			continue
		}
		w.is(err, client.ErrAnswer)
		if now, err := os.ReadFile(alice.home.path("cursor")); err != nil || string(now) != string(cursor) {
			t.Errorf("%s moved the cursor to %.50q", name, now)
		}
	}
	alice = w.again(alice)
	if in, _ := w.sync(alice); len(in.Cases) != 1 || in.Cases[0].Entries != 1 {
		t.Errorf("inbox %+v", in)
	}
}

// A sync that a server would keep busy for ever ends.
func TestEndlessMailbox(t *testing.T) {
	if testing.Short() {
		t.Skip("500 pages")
	}
	w := newWorld(t)
	alice := w.desk("alice")
	n := 0
	body := &between{}
	alice.transport = body
	body.each = func() error {
		n++
		b, _ := json.Marshal(dropbox.MailAnswer{Entries: []dropbox.MailEntry{{Seq: 1, ID: fmt.Sprintf("%032x", 1), Via: dropbox.ViaParcel, Envelope: []byte("x")}}, Next: fmt.Sprintf("x-%d", n)})
		body.swap = answering(dropbox.API+"mail", 200, string(b))
		return nil
	}
	if in, _ := w.sync(alice); in.Unreadable != 1 {
		t.Errorf("inbox %+v", in)
	}
}

// Anybody with the public age program and the identity out of the vault reads what lies in the folder.
func TestPublicAgeOpensEnvelopes(t *testing.T) {
	program := ageProgram(t)
	w := newWorld(t)
	h := w.reporter()
	h.send(dropbox.Report, "Read me with age")
	alice := w.desk("alice")
	w.sync(alice)
	_, err := alice.Reply(t.Context(), h.id(), "And me")
	w.must(err)
	identity := filepath.Join(t.TempDir(), "identity")
	w.must(os.WriteFile(identity, []byte(w.box.Advocates["alice"].Text()), 0o600))
	for glob, want := range map[string]string{"mail/*.age": "Read me with age", "sent/*.age": "And me"} {
		found, err := filepath.Glob(alice.home.path(glob))
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: %v, %v", glob, found, err)
		}
		out, err := exec.Command(program, "-d", "-i", identity, found[0]).CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), "tellbox/1 ") || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, %.200s", glob, err, out)
		}
	}
}

// ageProgram finds an age that knows hybrid identities, so 1.3 or newer, or builds it from the module this program uses.
func ageProgram(t *testing.T) string {
	t.Helper()
	if out, err := exec.Command("age", "--version").Output(); err == nil {
		var major, minor int
		fmt.Sscanf(strings.TrimPrefix(strings.TrimSpace(string(out)), "v"), "%d.%d", &major, &minor)
		if major > 1 || major == 1 && minor >= 3 {
			return "age"
		}
	}
	bin := t.TempDir()
	out, err := exec.Command("go", "build", "-o", bin+"/", "filippo.io/age/cmd/age").CombinedOutput() // a tool of go.mod
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no age 1.3 or newer, and it cannot be built: %v, %s", err, out)
		}
		t.Skipf("the public age program here is older than 1.3, and a newer one cannot be built: %v", err)
	}
	return filepath.Join(bin, "age")
}

// What -json prints has no null, whatever is in it.
func TestNoNulls(t *testing.T) {
	w := newWorld(t)
	alice := w.desk("alice")
	empty, _ := w.sync(alice)
	h := w.reporter()
	h.send(dropbox.Report, "Something")
	h.send(dropbox.Message, "More")
	in, _ := w.sync(alice)
	c := w.read(alice, h.id())
	done, err := alice.Reply(t.Context(), h.id(), "Hello")
	w.must(err)
	h.withdraw()
	after, _ := w.sync(alice)
	gone := w.read(alice, h.id())
	for _, v := range []any{empty, in, c, done, after, gone, Forgotten{}} {
		b, err := json.Marshal(v)
		if err != nil || strings.Contains(string(b), "null") {
			t.Errorf("%s, %v", b, err)
		}
	}
}
