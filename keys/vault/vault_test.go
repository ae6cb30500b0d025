package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/armor"

	"tellbox/keys"
)

// askOnTerminal makes the test binary a program that asks for a passphrase, for TestAsk.
const askOnTerminal = "TELLBOX_TEST_ASK"

func TestMain(m *testing.M) {
	if os.Getenv(askOnTerminal) != "" {
		p, err := ReadPassphrase("", true)
		fmt.Printf("got %q, %v\n", p, err)
		os.Exit(0)
	}
	real := workFactor
	WeakenForTests()
	strongWorkFactor = real
	os.Exit(m.Run())
}

var strongWorkFactor int

func TestSealAndOpen(t *testing.T) {
	sealed, err := Seal([]byte("secret"), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Open(sealed, "correct horse"); err != nil || string(got) != "secret" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, wrong := range []string{"correct hors", "correct horse ", "Correct horse"} {
		if _, err := Open(sealed, wrong); !errors.Is(err, ErrPassphrase) {
			t.Errorf("%q: got %v, want %v", wrong, err, ErrPassphrase)
		}
	}
	binary, err := io.ReadAll(armor.NewReader(bytes.NewReader(sealed)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Open(binary, "correct horse"); err != nil || string(got) != "secret" {
		t.Errorf("not armored: got %q, %v", got, err)
	}
	for i := range len(sealed) {
		if got, err := Open(sealed[:i], "correct horse"); err == nil && i < len(sealed)-1 {
			t.Fatalf("cut after %d bytes: got %q", i, got)
		} else if errors.Is(err, ErrPassphrase) {
			t.Fatalf("cut after %d bytes: blamed the passphrase", i)
		}
	}
	if _, err := Seal([]byte("secret"), ""); err == nil {
		t.Error("sealed under an empty passphrase")
	}
	if _, err := Open(sealed, ""); err == nil {
		t.Error("opened with an empty passphrase")
	}
	if _, err := Seal(make([]byte, maxSecret+1), "p"); err == nil {
		t.Error("sealed too much")
	}
	if _, err := Open(make([]byte, maxFile+1), "p"); err == nil {
		t.Error("opened too much")
	}
	most, err := Seal(make([]byte, maxSecret), "p")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(most, "p"); err != nil {
		t.Errorf("the largest secret does not open: %v", err)
	}
	identity, _ := age.GenerateHybridIdentity()
	var other bytes.Buffer
	w, _ := age.Encrypt(&other, identity.Recipient())
	w.Close()
	if _, err := Open(other.Bytes(), "p"); err == nil || errors.Is(err, ErrPassphrase) {
		t.Errorf("a file sealed to a key: got %v", err)
	}
}

// One Seal and one Open with the factor that real files have.
func TestRealWorkFactor(t *testing.T) {
	weak := workFactor
	workFactor = strongWorkFactor
	defer func() { workFactor = weak }()
	sealed, err := Seal([]byte("secret"), "p")
	if err != nil {
		t.Fatal(err)
	}
	binary, _ := io.ReadAll(armor.NewReader(bytes.NewReader(sealed)))
	if !bytes.Contains(binary, []byte(" 17\n")) {
		t.Errorf("the header does not name work factor 17: %q", binary[:80])
	}
	start := time.Now()
	if _, err := Open(sealed, "p"); err != nil {
		t.Fatal(err)
	}
	t.Logf("one Open takes %v", time.Since(start)) // a machine under load proves nothing: not asserted
}

// A hostile file must not cost minutes: factor 21 and above are refused unread.
func TestWorkFactorIsBounded(t *testing.T) {
	sealed, _ := Seal([]byte("secret"), "p")
	binary, _ := io.ReadAll(armor.NewReader(bytes.NewReader(sealed)))
	hostile := bytes.Replace(binary, []byte(" 10\n"), []byte(" 21\n"), 1)
	start := time.Now()
	if _, err := Open(hostile, "p"); err == nil || errors.Is(err, ErrPassphrase) || time.Since(start) > time.Second {
		t.Errorf("got %v after %v", err, time.Since(start))
	}
}

func TestSecrets(t *testing.T) {
	k, public, err := NewKeyholder("Ana María")
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseKeyholder([]byte(k.Text()))
	if err != nil || again.Text() != k.Text() || again.Signer().KeyHash() != k.Signer().KeyHash() {
		t.Fatalf("keyholder came back as %v, %v", again, err)
	}
	if p, err := again.Public(); err != nil || p.Text() != public.Text() || p.NoteName() != k.Signer().Name() {
		t.Errorf("public half is %q, %v", p.Text(), err)
	}
	if _, _, err := NewKeyholder("two\nlines"); !errors.Is(err, keys.ErrFormat) {
		t.Errorf("a name of two lines: %v", err)
	}

	a, card, err := NewAdvocate("alice", "Alice Smith", "Rape Crisis")
	if err != nil {
		t.Fatal(err)
	}
	b, err := ParseAdvocate([]byte(a.Text()))
	if err != nil || b.Text() != a.Text() {
		t.Fatalf("advocate came back as %v, %v", b, err)
	}
	if c, err := b.Card("Alice Smith", "Rape Crisis"); err != nil || c.Text() != card.Text() {
		t.Errorf("card is another: %v", err)
	}
	if _, _, err := NewAdvocate("server", "n", "o"); !errors.Is(err, keys.ErrFormat) {
		t.Errorf("reserved id: %v", err)
	}
	// The text is an identity file of age itself, and opens what is sealed to the card.
	identities, err := age.ParseIdentities(strings.NewReader(a.Text()))
	if err != nil || len(identities) != 1 {
		t.Fatalf("age reads %d identities, %v", len(identities), err)
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, card.Recipient)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "for alice")
	w.Close()
	r, err := age.Decrypt(&sealed, identities...)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != "for alice" {
		t.Errorf("got %q, %v", got, err)
	}

	for name, text := range map[string]string{
		"empty": "", "swapped": a.Text(), "no end": strings.TrimSuffix(k.Text(), "\n"), "extra": k.Text() + "\n",
		"short seed": strings.Replace(k.Text(), "seed ", "seed 0", 1), "capitals": strings.ToUpper(k.Text()),
		"piped name": strings.Replace(k.Text(), "Ana", "A|a", 1),
	} {
		if _, err := ParseKeyholder([]byte(text)); err == nil {
			t.Errorf("keyholder, %s: accepted", name)
		}
	}
	for name, text := range map[string]string{
		"empty": "", "swapped": k.Text(), "no end": strings.TrimSuffix(a.Text(), "\n"), "extra": a.Text() + "\n",
		"bad id": strings.Replace(a.Text(), "# id alice", "# id Alice", 1), "lower case": strings.ToLower(a.Text()),
		"cut identity": a.Text()[:len(a.Text())-3] + "\n",
	} {
		if _, err := ParseAdvocate([]byte(text)); err == nil {
			t.Errorf("advocate, %s: accepted", name)
		} else if strings.Contains(err.Error(), "AGE-SECRET") {
			t.Errorf("advocate, %s: the error contains the secret", name)
		}
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "k1")
	if err := WriteFile(path, []byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, []byte("two")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("second: got %v, want %v", err, fs.ErrExist)
	}
	if err := claim(path, path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("claiming a name that appeared meanwhile: got %v", err)
	}
	if err := WritePublic(path, []byte("two"), false); !errors.Is(err, fs.ErrExist) {
		t.Errorf("public: got %v, want %v", err, fs.ErrExist)
	}
	dangling := filepath.Join(dir, "link")
	os.Symlink(filepath.Join(dir, "nowhere"), dangling)
	if err := WriteFile(dangling, []byte("two")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a dangling link: got %v", err)
	}
	if info, _ := os.Stat(path); info.Mode() != 0o600 {
		t.Errorf("mode is %v", info.Mode())
	}
	if got, _ := os.ReadFile(path); string(got) != "one" {
		t.Errorf("the secret became %q", got)
	}
	public := filepath.Join(dir, "R")
	for _, text := range []string{"one", "two"} {
		if err := WritePublic(public, []byte(text), true); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(public); string(got) != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
	if info, _ := os.Stat(public); info.Mode() != 0o644 {
		t.Errorf("mode is %v", info.Mode())
	}
	if err := WriteFile(filepath.Join(dir, "no", "folder"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: got %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".tellbox-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestPassphrases(t *testing.T) {
	for text, want := range map[string]string{
		"pass\nmore\n": "pass", "pass\r\n": "pass", "pass": "pass", " a b \n": " a b ", "päss\n": "päss",
		"": "", "\n": "", "\r\n": "", "\nsecond\n": "", strings.Repeat("x", 1025): "",
	} {
		file := filepath.Join(t.TempDir(), "p")
		os.WriteFile(file, []byte(text), 0o600)
		if got, err := ReadPassphrase(file, true); got != want || (err == nil) != (want != "") {
			t.Errorf("%.20q: got %q, %v, want %q", text, got, err, want)
		}
	}
	if _, err := ReadPassphrase(filepath.Join(t.TempDir(), "none"), false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: got %v", err)
	}
	r := strings.NewReader("pass\nthe reply")
	PassphraseLine(r)
	if rest, _ := io.ReadAll(r); string(rest) != "the reply" {
		t.Errorf("left %q of the input", rest)
	}
}
