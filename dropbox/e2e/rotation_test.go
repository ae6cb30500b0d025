package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Alice and Bob both change their keys while two reporters write to them, one on the page and one in her program. Neither reporter does anything
// for it, nor sees anything of it. Afterwards the new key opens all of Alice's folder, by the public age program, and her old one nothing of it.
func TestRotation(t *testing.T) {
	s := newSite(t)
	both := map[string]hands{"page": byPage{s}, "program": byProgram{s}}
	words := map[string]string{}
	for by, h := range both {
		words[by] = h.send("By the "+by, options{wish: "thinking", about: "saw", when: "in March", copy: true})
	}
	s.advocate("alice", "inbox")
	s.write("reply", "With the old key.")
	ids := map[string]string{}
	for by := range both {
		ids[by] = s.caseOf("alice", "By the "+by)
		s.advocate("alice", "reply", ids[by], "-text-file", s.path("reply"))
		both[by].message(words[by], "Waiting for both.")
	}
	// What opens her folder so far, as a thief has it who knows her passphrase.
	old := s.identityOf("alice", "old")

	for _, id := range []string{"alice", "bob"} {
		s.advocate(id, "rotate")
		s.run("keyholder", "add", "-roster", s.path("R"), "-card", s.path(id, "card-next.txt"), "-replace")
	}
	for _, k := range []string{"k/k1", "k/k3"} {
		s.run("keyholder", "sign", "-roster", s.path("R"), "-key", s.path(k), "-passphrase-file", s.path("pass"))
	}
	s.run("tellbox", "roster", "-data", s.path("D"), "-roster", s.path("R"))

	for by, h := range both {
		h.message(words[by], "To the new keys.")
	}
	s.write("reply", "With the new key.")
	for by := range both {
		s.advocate("alice", "reply", ids[by], "-text-file", s.path("reply"))
	}
	for _, id := range []string{"bob", "alice"} {
		if in := decode[inbox](t, s.advocate(id, "inbox", "-json")); len(in.Cases) != 2 || in.Unreadable != 0 {
			t.Errorf("%s has %+v", id, in)
		}
		for by := range both {
			c := decode[caseView](t, s.advocate(id, "read", s.caseOf(id, "By the "+by), "-json"))
			if len(c.Entries) != 5 || len(c.Warnings) != 0 {
				t.Errorf("%s reads %+v", id, c)
			}
		}
	}
	for by, h := range both {
		got, here := h.check(words[by])
		for _, want := range []string{entryText("reply", "alice", "With the old key.", ""), entryText("reply", "alice", "With the new key.", ""),
			entryText("message", "you", "Waiting for both.", ""), entryText("message", "you", "To the new keys.", "")} {
			if !here || !strings.Contains(got.String(), want) {
				t.Errorf("by %s she does not see %s in %s", by, want, got)
			}
		}
	}

	now := s.identityOf("alice", "now")
	for _, folder := range []string{"mail", "sent", "."} {
		entries, err := os.ReadDir(s.path("alice", folder))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".age") || e.Name() == "secret.age" {
				continue
			}
			n++
			if out, err := s.command("age", "-d", "-o", "/dev/null", "-i", now, s.path("alice", folder, e.Name())).CombinedOutput(); err != nil {
				t.Errorf("the new key does not open %s: %s", e.Name(), out)
			}
			if s.command("age", "-d", "-o", "/dev/null", "-i", old, s.path("alice", folder, e.Name())).Run() == nil {
				t.Errorf("the old key opens %s", e.Name())
			}
		}
		if want := map[string]int{"mail": 6, "sent": 4, ".": 1}[folder]; n != want {
			t.Errorf("%s has %d files, not %d", folder, n, want)
		}
	}
	if rest := time.Now().AddDate(0, 0, 60).Format(time.DateOnly); !strings.Contains(must(os.ReadFile(now)), "# until "+rest) {
		t.Errorf("the former key does not say that it stays until %s", rest)
	}

	// Her laptop is gone the same day. The sheet brings back all that the server still has, sealed to either key.
	s.advocate("alice", "sheet", "-out", s.path("sheet"))
	s.advocate("found", "recover", "-sheet-file", s.path("sheet"))
	s.advocate("found", "join", "-server", s.url, "-keyholders", s.path("K"))
	if in := decode[inbox](t, s.advocate("found", "inbox", "-json")); len(in.Cases) != 2 || in.Unreadable != 0 || in.Cases[0].Entries != 3 {
		t.Errorf("with the sheet she has %+v", in)
	}
	if got, want := must(os.ReadFile(s.path("found", "card.txt"))), must(os.ReadFile(s.path("alice", "card.txt"))); got != want {
		t.Errorf("her card is\n%s\nand was\n%s", got, want)
	}
}

// identityOf opens an advocate's secret with the public age program, as she can herself, into a file.
func (s *site) identityOf(id, name string) string {
	s.t.Helper()
	plain := s.path(name)
	c := exec.Command("script", "-qec", s.command("age").Path+" -d -o "+plain+" "+s.path(id, "secret.age"), "/dev/null")
	c.Stdin = strings.NewReader(strings.TrimSpace(must(os.ReadFile(s.path("pass")))) + "\n")
	if out, err := c.CombinedOutput(); err != nil {
		s.t.Fatalf("age: %v, %s", err, out)
	}
	return plain
}
