package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// editing is a here with an editor: a script that says what it was given, and goes on with a command.
func editing(t *testing.T, then string) (h *here, log string) {
	t.Helper()
	t.Setenv("XDG_RUNTIME_DIR", "")
	if _, err := memoryFolder(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("no folder in memory here: ", err)
	}
	h = setUp(t)
	log = filepath.Join(h.dir, "log")
	script := h.file("ed", `#!/bin/sh
for file; do :; done
{
	stat -c %a "$file"; stat -c %a "$(dirname "$file")"; stat -f -c %T "$file"; echo "$TMPDIR"; echo "$file"
	echo "$#: $*"; cat "$file"; echo; echo --
} >> '`+log+`'
echo copy > "$TMPDIR/backup~"
`+then+"\n")
	h.must(os.Chmod(script, 0o700))
	t.Setenv("VISUAL", "")
	t.Setenv("EDITOR", script+" -x")
	return h, log
}

// given is what the editor was given each time: all of it in memory, for her alone, and gone now.
func (h *here) given(log string) (texts []string) {
	h.Helper()
	b, err := os.ReadFile(log)
	h.must(err)
	for part := range strings.SplitSeq(strings.TrimSuffix(string(b), "--\n"), "--\n") {
		lines := strings.SplitN(part, "\n", 7)
		if len(lines) != 7 || lines[0] != "600" || lines[1] != "700" || lines[2] != "tmpfs" || lines[3] != filepath.Dir(lines[4]) || lines[5] != "2: -x "+lines[4] {
			h.Fatalf("the editor was given %q", lines)
		}
		if _, err := os.Stat(lines[3]); !errors.Is(err, fs.ErrNotExist) {
			h.Errorf("%s is still there: %v", lines[3], err)
		}
		texts = append(texts, strings.TrimSuffix(lines[6], "\n"))
	}
	return texts
}

// She writes in her own editor, and changes it there, in a file that is in memory alone and gone afterwards.
func TestEditor(t *testing.T) {
	h, log := editing(t, `printf 'Line.\r\n' >> "$file"`)
	screen := h.person(0, []string{"1", "", "1", "s", "", "", "no", "2", "", "1", "", "yes"}, "send", "-editor")
	h.says(screen, "does not know whether", "keeps copies or a history", "Press Enter to open it", "Your text: Line.", "Change the text", "Keep these eight words")
	h.is("the editor was given", h.given(log), []string{"", "Line."})
	h.is("alice reads", h.got("alice"), "[Line.Line.]")
	words := h.words(screen)
	h.must(os.Remove(log))
	h.person(0, []string{words, "", "", "2", "", "1", ""}, "message", "-editor") // Enter opens it; no files; go on writing; send
	h.is("the editor was given", h.given(log), []string{"", "Line."})
	h.is("entries", len(h.script(0, words, "check", "-code-file", "-").Entries), 2)
}

// An editor that fails costs her nothing: what she saved in it, and what she had before, is kept, and she goes on in the window.
func TestEditorFails(t *testing.T) {
	h, log := editing(t, `echo "Saved in the editor." >> "$file"; exit 1`)
	screen := h.person(0, []string{"1", "", "1", "s", "", "And more.", ".", "", "no", "2", "And more still.", ".", "1", "", "yes"}, "send", "-editor")
	h.says(screen, "The editor did not work", "You can write here instead.", "Your text so far is kept.", "Saved in the editor.", "And more still.")
	h.is("the editor was given", h.given(log), []string{""})
	h.is("alice reads", h.got("alice"), "[Saved in the editor.\nAnd more.\nAnd more still.]")

	// It fails at the second time only, or takes the file away, or there is none.
	words := h.words(screen)
	h.must(os.Remove(log))
	once := `[ -s "$file" ] && exit 1; echo "First." >> "$file"`
	for then, want := range map[string]string{once: "First.\nMore.", `[ -s "$file" ] && rm "$file"; [ -f "$file" ] && echo "First." >> "$file"; true`: "First.\nMore."} {
		h2, _ := editing(t, then)
		words := h2.script(0, "Something", "send", "-copy").Code
		screen := h2.person(0, []string{words, "", "", "2", "", "More.", ".", "1", ""}, "message", "-editor")
		h2.says(screen, "The editor did not work", "Your text so far is kept.")
		c := h2.script(0, words, "check", "-code-file", "-")
		h2.is("her message", c.Entries[len(c.Entries)-1].Text, want)
	}
	t.Setenv("EDITOR", "/nowhere/editor")
	before := len(h.script(0, words, "check", "-code-file", "-").Entries)
	screen = h.person(0, []string{words, "", "Typed.", ".", "", "1", ""}, "message", "-editor")
	h.says(screen, "The editor did not work", "You can write here instead.", "Typed.")
	h.is("entries", len(h.script(0, words, "check", "-code-file", "-").Entries), before+1)
	// Ctrl-D before it opens is a stop, as it is everywhere.
	code, out, errs := h.start(true, strings.Join([]string{"1", "", "1", "s", ""}, "\n"), h.where("send", "-editor")...)
	h.is("exit", code, 1)
	h.says(out+errs, "Press Enter to open it", "Nothing was sent just now.")
	if strings.Contains(out, "did not work") {
		t.Error("she is told that the editor did not work")
	}
}

// Whoever began in the window can go on in an editor, with all there is so far.
func TestEditorAskedFor(t *testing.T) {
	h, log := editing(t, `echo "And from the editor." >> "$file"`)
	screen := h.person(0, []string{"1", "", "1", "s", "Begun.", ".", "", "no", "2", "Editor", "", "1", "", "yes"}, "send")
	h.says(screen, "type just the word “editor”", "Your text so far is kept.", "does not know whether", "Begun.And from the editor.", "Keep these eight words")
	h.is("the editor was given", h.given(log), []string{"Begun."})
	h.is("alice reads", h.got("alice"), "[Begun.And from the editor.]")
}
