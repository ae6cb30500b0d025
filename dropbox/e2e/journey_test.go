package e2e

import (
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/keys"
	"tellbox/keys/vault"
)

type inbox struct {
	Box   string
	Cases []struct {
		ID, Week, Wish, Waiting string
		New, Withdrawn          bool
		Entries                 int
		Readers                 []string
		AcknowledgeBy, AnswerBy string
	}
	Unreadable int
}

type caseView struct {
	ID, Sent, Wish, About, Account string
	Prompts                        []struct{ ID, Text string }
	Readers                        []string
	StruckOff                      []string `json:"struck_off"`
	Withdrawn                      bool
	Warnings                       []string
	Entries                        []struct {
		N                     int
		Kind, From, Day, Text string
	}
}

// The story, from keygen to pickup, ending in a search of everything the server left on disk.
func TestStoryAndCanaries(t *testing.T) {
	s := newSite(t)
	const account, prompt, message, reply = "canary-account Ünïcode \"quoted\" & <b>", "canary-prompt-4711", "canary-message-0815", "canary-reply-2342"
	const name, phone = "Zebedee Canaryname", "canary-phone-555"

	// She reports, strikes nobody off, keeps a copy.
	start, err := s.Get("/")
	if err != nil {
		t.Fatal(err)
	}
	blank, err := s.Press(start, "/report")
	if err != nil {
		t.Fatal(err)
	}
	form, err := blank.Form("/report/send")
	if err != nil {
		t.Fatal(err)
	}
	sent, err := s.Send(form.With("account", account+" "+name, "prompt.when", prompt, "prompt.contact", phone, "copy", "yes"))
	if err != nil || sent.Words() == "" {
		t.Fatalf("%v: status %d, %s", err, sent.Status, sent.Problem())
	}
	words := sent.Words()
	// Mistakes leave nothing behind either.
	for _, c := range [][2]string{{"/report/send", "account"}, {"/report", "canary-nowhere"}, {"/" + prompt, ""}} {
		f := &droptest.Form{Action: c[0], Values: form.With(c[1], strings.Repeat(account, 5000)).Values}
		if _, err := s.Send(f); err != nil {
			t.Fatal(err)
		}
	}
	if p, err := s.Check(words + " " + prompt); err != nil || p.Status != 422 {
		t.Errorf("wrong words: %v", err)
	}

	// Alice reads and replies, Bob sees it.
	in := decode[inbox](t, s.advocate("alice", "inbox", "-json"))
	if len(in.Cases) != 1 || !in.Cases[0].New || in.Cases[0].Waiting != "advocate" || in.Unreadable != 0 {
		t.Fatalf("inbox %+v", in)
	}
	id := in.Cases[0].ID
	c := decode[caseView](t, s.advocate("alice", "read", id, "-json"))
	if c.Account != account+" "+name || len(c.Prompts) != 2 || c.Sent != time.Now().UTC().Format(time.DateOnly) {
		t.Errorf("alice reads %+v", c)
	}
	s.write("reply.txt", reply+"\n")
	s.advocate("alice", "reply", id, "-text-file", s.path("reply.txt"), "-json")
	s.advocate("bob", "inbox")
	if b := decode[caseView](t, s.advocate("bob", "read", id, "-json")); len(b.Entries) != 2 || b.Entries[1].From != "alice" || b.Entries[1].Text != reply {
		t.Errorf("bob reads %+v", b.Entries)
	}

	// She comes back, reads it, writes more.
	p, err := s.Check(strings.ToUpper(words))
	if err != nil || p.Name() != "conversation" {
		t.Fatalf("check: %v %s", err, p.Problem())
	}
	if !slices.ContainsFunc(p.Entries(), func(e droptest.Entry) bool { return e.From == "alice" && e.Text == reply && e.New }) {
		t.Errorf("she sees %+v", p.Entries())
	}
	if p, err = s.Press(p, "/message", "text", message); err != nil || p.Name() != "conversation" {
		t.Fatalf("message: %v", err)
	}
	s.advocate("alice", "inbox")
	if c := decode[caseView](t, s.advocate("alice", "read", id, "-json")); len(c.Entries) != 3 || c.Entries[2].Text != message || c.Entries[2].From != "reporter" {
		t.Errorf("alice reads %+v", c.Entries)
	}
	s.publicAge(t, account)

	// Somebody keeps a record, for herself alone.
	_, alone, err := s.Report(account+" "+name, "wish", "record", "prompt.when", prompt)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = s.Check(alone); err != nil || len(p.Entries()) != 1 || p.Entries()[0].Text != account+" "+name {
		t.Fatalf("she sees %+v of her record, %v", p.Entries(), err)
	}
	if in := decode[inbox](t, s.advocate("alice", "inbox", "-json")); len(in.Cases) != 1 {
		t.Errorf("alice has %d cases: a record is for nobody", len(in.Cases))
	}

	// What her words stand for is not there either.
	code, err := dropbox.ParseCode(words)
	if err != nil {
		t.Fatal(err)
	}
	box := s.boxID()
	her, err := code.Reporter(box)
	if err != nil {
		t.Fatal(err)
	}
	entropy := code.Entropy()
	secrets := []string{account, "canary-account", prompt, message, reply, name, phone, words, strings.ReplaceAll(words, " ", "-"), string(entropy[:]), hex.EncodeToString(entropy[:]),
		string(her.Locator[:]), her.Locator.String(), string(her.Drop[:]), her.Drop.String(), form.Get("sending"), form.Get("ticket")}
	for _, w := range []string{words, alone} {
		fields := strings.Fields(w)
		for i := range fields[1:] {
			secrets = append(secrets, fields[i]+" "+fields[i+1], fields[i]+fields[i+1])
		}
	}
	check := func(when string) {
		t.Helper()
		for _, found := range search(t, secrets, s.path("D"), s.path("D.pepper"), s.path("log"), s.path("tmp")) {
			t.Errorf("%s: %s", when, found)
		}
	}
	check("while serving")
	// The readers' ids stand in the roster, and in no key: mailboxes are keyed hashes.
	s.advocate("bob", "forget", id, "-json")
	if p, err = s.Check(words); err != nil {
		t.Fatal(err)
	}
	if p, err = s.Press(p, "/withdraw", "confirm", "yes"); err != nil || p.Name() != "withdrawn" {
		t.Fatalf("withdraw: %v", err)
	}
	s.advocate("alice", "inbox")
	if c := decode[caseView](t, s.advocate("alice", "read", id, "-json")); !c.Withdrawn || c.Account != "" {
		t.Errorf("after withdrawal alice reads %+v", c)
	}
	check("after withdrawal")
	if code := s.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("after SIGTERM the server's exit code is %d", code)
	}
	check("after shutdown")
	if b, _ := os.ReadFile(s.path("log")); strings.Contains(string(b), "127.0.0.1") {
		t.Errorf("the log holds an address: %s", b)
	}
}

func (s *site) boxID() dropbox.BoxID {
	s.t.Helper()
	b, err := os.ReadFile(s.path("K"))
	if err != nil {
		s.t.Fatal(err)
	}
	k, err := keys.ParseKeyholders(b)
	if err != nil {
		s.t.Fatal(err)
	}
	return dropbox.BoxID(k.Box)
}

// publicAge opens what alice fetched with nothing but her identity and the public age program, and reads it.
func (s *site) publicAge(t *testing.T, account string) {
	t.Helper()
	sealed, err := os.ReadFile(s.path("alice", "secret.age"))
	if err != nil {
		t.Fatal(err)
	}
	identity, err := vault.Open(sealed, "a passphrase of six words or more")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "identity")
	if err := os.WriteFile(file, identity, 0o600); err != nil {
		t.Fatal(err)
	}
	envelopes, _ := filepath.Glob(s.path("alice", "mail", "*.age"))
	found := false
	for _, e := range envelopes {
		out, err := exec.Command(filepath.Join(bin, "age"), "-d", "-i", file, e).Output()
		if err != nil {
			t.Fatalf("age -d: %v", err)
		}
		text := string(out)
		found = found || strings.HasPrefix(text, "tellbox/1 report\nmac ") && strings.Contains(text, strings.ReplaceAll(account, `"`, `\"`))
	}
	if len(envelopes) != 2 || !found {
		t.Errorf("of %d envelopes none reads as the report with the public age program", len(envelopes))
	}
}

func TestServeRefuses(t *testing.T) {
	s := newSite(t)
	again := s.try("", "tellbox", "serve", "-data", s.path("D"), "-listen", "127.0.0.1:0")
	if again.code == 0 || !strings.Contains(again.stderr, "tellbox: error: ") || !strings.Contains(again.stderr, "tellbox: hint: ") {
		t.Errorf("a second server: %+v", again)
	}
	if p, err := s.Get("/health"); err != nil || p.Status != 200 {
		t.Errorf("the first server is hurt: %v", err)
	}
	s.stop(syscall.SIGTERM)
	s.write("other.pepper", strings.Repeat("ab", 32)+"\n")
	for name, args := range map[string][]string{
		"missing":       {"serve", "-data", s.path("nowhere")},
		"foreign":       {"serve", "-data", s.path("k")},
		"wrong pepper":  {"serve", "-data", s.path("D"), "-pepper", s.path("other.pepper")},
		"no pepper":     {"serve", "-data", s.path("D"), "-pepper", s.path("nothing")},
		"public":        {"serve", "-data", s.path("D"), "-listen", "0.0.0.0:0"},
		"init again":    {"init", "-data", s.path("D"), "-roster", s.path("R"), "-keyholders", s.path("K")},
		"init unsigned": {"init", "-data", s.path("D2"), "-roster", s.path("K"), "-keyholders", s.path("K")},
	} {
		r := s.try("", "tellbox", args...)
		if r.code != 1 || !strings.HasPrefix(r.stderr, "tellbox: error: ") {
			t.Errorf("%s: %+v", name, r)
		}
	}
	for _, args := range [][]string{{}, {"nonsense"}, {"serve"}, {"init", "-data", s.path("D3")}, {"serve", "-data", s.path("D"), "more"}, {"serve", "-nonsense"}} {
		if r := s.try("", "tellbox", args...); r.code != 2 || r.stderr == "" {
			t.Errorf("%q: %+v", args, r)
		}
	}
	for _, made := range []string{"nowhere", "D2", "D3"} {
		if _, err := os.Stat(s.path(made)); err == nil {
			t.Errorf("%s was made", made)
		}
	}
	// On a unix socket, and after a kill that left its sockets behind.
	s.start("unix:" + s.path("tellbox.sock"))
	s.stop(syscall.SIGKILL)
	s.start("unix:" + s.path("tellbox.sock"))
	var status struct {
		Box     string
		Readers []struct{ ID string }
	}
	if status = decode[struct {
		Box     string
		Readers []struct{ ID string }
	}](t, s.run("tellbox", "status", "-data", s.path("D"), "-json")); status.Box != "The box" || len(status.Readers) != 3 {
		t.Errorf("status %+v", status)
	}
}

func TestRosterInForce(t *testing.T) {
	s := newSite(t)
	s.run("advocate", "keygen", "-home", s.path("dora"), "-id", "dora", "-name", "Dora Finch", "-org", "Helpline", "-passphrase-file", s.path("pass"))
	old, err := os.ReadFile(s.path("R"))
	if err != nil {
		t.Fatal(err)
	}
	s.run("keyholder", "add", "-roster", s.path("R"), "-card", s.path("dora", "card.txt"), "-role", "advocate")
	if r := s.try("", "tellbox", "roster", "-data", s.path("D"), "-roster", s.path("R")); r.code != 1 {
		t.Errorf("an unsigned roster: %+v", r)
	}
	s.run("keyholder", "sign", "-roster", s.path("R"), "-key", s.path("k/k2"), "-passphrase-file", s.path("pass"))
	if r := s.try("", "tellbox", "roster", "-data", s.path("D"), "-roster", s.path("R")); r.code != 1 || !strings.Contains(r.stderr, "hint: keyholders sign") {
		t.Errorf("a roster signed once: %+v", r)
	}
	s.run("keyholder", "sign", "-roster", s.path("R"), "-key", s.path("k/k3"), "-passphrase-file", s.path("pass"))
	s.run("tellbox", "roster", "-data", s.path("D"), "-roster", s.path("R"))
	s.write("old", string(old))
	if r := s.try("", "tellbox", "roster", "-data", s.path("D"), "-roster", s.path("old")); r.code != 1 {
		t.Errorf("an older roster: %+v", r)
	}
	if page, err := s.Get("/readers"); err != nil || !strings.Contains(page.Body, "Dora Finch") {
		t.Errorf("the page does not name dora: %v", err)
	}
	s.stop(syscall.SIGTERM)
	s.start("127.0.0.1:0")
	if page, err := s.Get("/readers"); err != nil || !strings.Contains(page.Body, "Dora Finch") {
		t.Errorf("after a restart the page does not name dora: %v", err)
	}
	if s.run("tellbox", "roster", "-data", s.path("D")) != must(os.ReadFile(s.path("R"))) {
		t.Error("tellbox roster shows another text")
	}
}

func must(b []byte, err error) string {
	if err != nil {
		panic(err)
	}
	return string(b)
}

// The linker keeps secrets apart.
func TestLinkedPackages(t *testing.T) {
	for program, never := range map[string][]string{
		"tellbox":   {"tellbox/keys/vault", "tellbox/dropbox/desk", "tellbox/dropbox/client"},
		"advocate":  {"github.com/dgraph-io/badger/v4", "tellbox/dropbox/store", "tellbox/dropbox/web"},
		"reporter":  {"github.com/dgraph-io/badger/v4", "tellbox/dropbox/store", "tellbox/dropbox/web", "tellbox/dropbox/desk", "tellbox/keys/vault"},
		"keyholder": {"github.com/dgraph-io/badger/v4", "tellbox/dropbox", "tellbox/dropbox/web"},
	} {
		out, err := exec.Command("go", "list", "-deps", "tellbox/cmd/"+program).Output()
		if err != nil {
			t.Fatal(err)
		}
		deps := strings.Fields(string(out))
		for _, p := range never {
			if slices.Contains(deps, p) {
				t.Errorf("%s links %s", program, p)
			}
		}
	}
	for pkg, never := range map[string][]string{
		"dropbox": {"tellbox/keys", "tellbox/static"}, "keys": {"tellbox/dropbox", "tellbox/static"}, "static": {"tellbox/dropbox", "tellbox/keys"},
		"dropbox/store": {"tellbox/keys"}, "dropbox/client": {"tellbox/keys"}, "dropbox/web": {"tellbox/dropbox/store", "tellbox/keys/vault", "github.com/dgraph-io/badger/v4"},
		"dropbox/desk": {"tellbox/dropbox/web", "tellbox/dropbox/store", "tellbox/dropbox/window"}, "dropbox/window": {"tellbox/dropbox/web", "tellbox/dropbox/store"},
	} {
		out, err := exec.Command("go", "list", "-deps", "tellbox/"+pkg).Output()
		if err != nil {
			t.Fatal(err)
		}
		deps := strings.Fields(string(out))
		for _, p := range never {
			if slices.Contains(deps, p) {
				t.Errorf("%s links %s", pkg, p)
			}
		}
	}
}
