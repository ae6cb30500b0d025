package vault

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
)

// An advocate begins with one key, prepares, drops and changes keys, and lets old ones go. Her secret is one age identity file all the while, and
// what she has on her own machine stays hers.
func TestAdvocateThroughTheYears(t *testing.T) {
	a, _, err := NewAdvocate("alice", "Alice", "Centre")
	must(t, err)
	first := a
	local := a.LocalKey()
	if !bytes.Equal(local, a.Signin.Seed()) || a.Next != nil || strings.Count(a.Text(), "\n") != 4 {
		t.Fatalf("she begins with %d lines", strings.Count(a.Text(), "\n"))
	}
	keep := func(b *Advocate) *Advocate {
		t.Helper()
		again, err := ParseAdvocate([]byte(b.Text()))
		if err != nil || again.Text() != b.Text() || !bytes.Equal(again.LocalKey(), local) {
			t.Fatalf("%v: it came back as another", err)
		}
		return again
	}
	prepared, err := a.Prepared()
	must(t, err)
	if same, err := keep(prepared).Prepared(); err != nil || same.Text() != prepared.Text() || a.Next != nil {
		t.Errorf("prepared twice: %v", err)
	}
	if prepared.Cancelled().Text() != a.Text() {
		t.Error("cancelled, it is another than before")
	}
	a = keep(keep(prepared).Promoted(sheetDay))
	if a.Identity.String() != prepared.Next.Identity.String() || a.Former[0].Identity.String() != first.Identity.String() || a.Former[0].Until.Format("2006-01-02") != "2027-01-27" ||
		!a.Signin.Equal(prepared.Next.Signin) || !a.Signed[0].Equal(first.Signin.Public()) {
		t.Errorf("promoted, she has %q", a.Former)
	}
	a, err = a.Prepared()
	must(t, err)
	a = keep(a.Promoted(sheetDay.AddDate(0, 0, 30)))
	a, err = a.Prepared()
	must(t, err)
	a = keep(a)
	identities, err := age.ParseIdentities(strings.NewReader(a.Text()))
	if err != nil || len(identities) != 4 || len(a.Identities()) != 4 || len(a.Wrote()) != 3 {
		t.Errorf("age reads %d identities, %v", len(identities), err)
	}
	for _, days := range []int{60, 61, 90, 91} {
		left, gone := a.Outlived(sheetDay.AddDate(0, 0, days))
		if want := map[int]int{60: 0, 61: 1, 90: 1, 91: 2}[days]; gone != want || len(left.Former) != 2-want || len(keep(left).Wrote()) != 3 || left.Next == nil {
			t.Errorf("after %d days %d are gone, want %d", days, gone, want)
		}
	}
	if strings.Count(a.Text(), strings.Fields(first.Text())[9]) != 1 {
		t.Errorf("her first seed does not stand there once, as the local one")
	}

	lines := strings.SplitAfter(a.Text(), "\n")
	for i := range lines[:len(lines)-1] {
		for name, text := range map[string]string{
			"without it": strings.Join(slices.Delete(slices.Clone(lines), i, i+1), ""),
			"twice":      strings.Join(slices.Insert(slices.Clone(lines), i, lines[i]), ""),
			"shorter":    strings.Replace(a.Text(), lines[i], lines[i][:max(0, len(lines[i])-2)]+"\n", 1),
			"longer":     strings.Replace(a.Text(), lines[i], strings.TrimSuffix(lines[i], "\n")+" \n", 1),
			"capitals":   strings.Replace(a.Text(), lines[i], strings.ToUpper(lines[i]), 1),
		} {
			b, err := ParseAdvocate([]byte(text))
			// Another id, another local key, or more or fewer keys to look back with make a secret too.
			optional := strings.HasPrefix(lines[i], "# signed ") || name == "without it" && strings.HasPrefix(lines[i], "# local ")
			other := i == 1 && name == "shorter" || optional && (name == "without it" || name == "twice")
			if err == nil && text != a.Text() && !other {
				t.Errorf("line %d %s: read as %d identities", i+1, name, len(b.Identities()))
			}
			if err != nil && strings.Contains(err.Error(), "AGE-SECRET") {
				t.Errorf("line %d %s: the error contains the secret", i+1, name)
			}
		}
	}
	if _, err := ParseAdvocate([]byte(strings.Replace(a.Text(), "# until 2027-", "# until 2027-1", 1))); err == nil {
		t.Error("no day, and it was read")
	}
	if _, err := ParseAdvocate([]byte(strings.Replace(a.Text(), "# local ", "# local 00", 1))); err == nil {
		t.Error("no seed, and it was read")
	}
}

// The public age program opens with her secret what was sealed to any of her keys.
func TestPublicAgeProgramKnowsFormerKeys(t *testing.T) {
	a := aged(t)
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "secret"), []byte(a.Text()), 0o600))
	build := exec.Command("go", "build", "-o", dir+"/", "filippo.io/age/cmd/age") // a tool of go.mod: Debian's may be too old for these keys
	if out, err := build.CombinedOutput(); err != nil {
		skip(t, "age cannot be built: "+string(out))
	}
	for i, identity := range a.Identities() {
		var sealed bytes.Buffer
		w, err := age.Encrypt(&sealed, identity.(*age.HybridIdentity).Recipient())
		must(t, err)
		io.WriteString(w, "for alice")
		must(t, w.Close())
		c := exec.Command(filepath.Join(dir, "age"), "-d", "-i", filepath.Join(dir, "secret"))
		c.Stdin = &sealed
		if out, err := c.CombinedOutput(); err != nil || string(out) != "for alice" {
			t.Errorf("identity %d: %v, %q", i, err, out)
		}
	}
}
