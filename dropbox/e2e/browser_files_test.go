package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// In every browser she sends a photograph and a text, reads what became of them, and later saves what a reader sent her. The download leaves
// her on the page, where everything else still works.
func TestBrowserFiles(t *testing.T) {
	s := newSite(t)
	photo, notes := s.path("IMG_0815.jpg"), s.path("What I wrote.txt")
	s.write("IMG_0815.jpg", snapshot(t, "canary-in-a-picture"))
	s.write("What I wrote.txt", strings.Repeat("that evening\n", 50_000))
	everyWay(t, func(t *testing.T, b *tab) {
		b.toForm(s.url)
		account := "with files, " + b.w.String()
		b.write("#account", account)
		b.do("attach", args{"at": "input[type=file]", "paths": []string{photo, notes}})
		b.follow(sendReport, "code")
		words := b.words()
		said := value[[]string](b, `[...document.querySelectorAll("#files li")].map(li => li.dataset.file + " " + li.textContent)`)
		if len(said) != 2 || !strings.HasPrefix(said[0], "cleaned ") || !strings.Contains(said[0], "IMG_0815.jpg") || !strings.HasPrefix(said[1], "as-is ") || !strings.Contains(said[1], "What I wrote.txt") {
			t.Errorf("the page says %q", said)
		}
		b.look(narrow)
		b.fits(narrow, "the words, with files")

		// Not a PDF: Firefox shows those in a new tab once it has saved them, whatever the server says.
		answer := fmt.Sprintf("An answer, %v.odt", b.w)
		content := strings.Repeat("to be signed\n", 20_000)
		s.write(answer, content)
		desk.Lock()
		id := s.caseOf("alice", account)
		dir := filepath.Join(t.TempDir(), "saved")
		s.advocate("alice", "files", id, "-save", "all", "-out", dir)
		s.advocate("alice", "reply", id, "-file", s.path(answer))
		desk.Unlock()
		path, _ := saved(t, dir, "IMG_0815.jpg")
		isClean(t, path, "canary-in-a-picture")
		if _, got := saved(t, dir, "What I wrote.txt"); len(got) != 13*50_000 {
			t.Errorf("%d bytes arrived", len(got))
		}

		b.toConversation(s.url, words)
		b.fits(narrow, "the conversation, with files")
		got := decode[string](t, string(b.do("download", args{"at": `form[action="/file"] button`})))
		if b, err := os.ReadFile(got); err != nil || string(b) != content {
			t.Errorf("%d bytes were saved of %d, %v", len(b), len(content), err)
		}
		if name := filepath.Base(got); !strings.HasPrefix(name, "An answer") || !strings.HasSuffix(name, ".odt") {
			t.Errorf("saved as %q", name)
		}
		b.at("conversation")
		b.do("attach", args{"at": "input[type=file]", "paths": []string{notes}}) // without a word
		b.follow(sendMessage, "conversation")
		names := value[[]string](b, `[...document.querySelectorAll("#files li")].map(li => li.dataset.file)`)
		if !slices.Equal(names, []string{"as-is"}) {
			t.Errorf("of a file alone the page says %q", names)
		}
	})
}

// caseOf is the id of the case with that account in an advocate's folder.
func (s *site) caseOf(advocate, account string) string {
	s.t.Helper()
	for _, c := range decode[inbox](s.t, s.advocate(advocate, "inbox", "-json")).Cases {
		if decode[caseView](s.t, s.advocate(advocate, "read", c.ID, "-json")).Account == account {
			return c.ID
		}
	}
	s.t.Fatalf("%s has no case %q", advocate, account)
	return ""
}
