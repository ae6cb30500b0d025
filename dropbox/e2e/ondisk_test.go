package e2e

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// bare is where a program runs that may leave nothing: home, temporary and working folder are new, and nothing else is set.
type bare struct {
	*onion
	home, tmp, work string
}

func (o *onion) bare() *bare {
	return &bare{o, o.t.TempDir(), o.t.TempDir(), o.t.TempDir()}
}

// writes are the calls that make, change or rename something that has a name.
var writes = regexp.MustCompile(`^\d+ +(open\w*\(.*(O_CREAT|O_WRONLY|O_RDWR)|creat\(|rename|mkdir|link|symlink|mknod|truncate)`)

// run runs her program there, and returns what it says and what it wrote to, as strace saw it.
func (b *bare) run(stdin string, args ...string) (said told, wrote []string) {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), "strace")
	c := exec.Command("strace", append([]string{"-f", "-qq", "-e", "signal=none", "-e", "trace=%file,prctl", "-e", "inject=prctl:retval=0",
		"-o", file, filepath.Join(bin, "reporter")}, args...)...)
	c.Dir, c.Env = b.work, []string{"HOME=" + b.home, "TMPDIR=" + b.tmp, "PATH=" + os.Getenv("PATH")}
	var out, errs bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(stdin), &out, &errs
	if err := c.Run(); err != nil {
		b.t.Fatalf("%s: %v\n%s%s", args[0], err, out.String(), errs.String())
	}
	calls, err := os.ReadFile(file)
	if err != nil || !bytes.Contains(calls, []byte("exec")) {
		b.t.Fatalf("strace saw nothing: %v", err)
	}
	for line := range strings.Lines(string(calls)) {
		if writes.MatchString(line) && !strings.Contains(line, `"/dev/null"`) {
			wrote = append(wrote, line)
		}
	}
	return saidBy(b.t, args[0], out.String()), wrote
}

// files are all that is in those folders now.
func (b *bare) files() (names []string) {
	b.t.Helper()
	for _, dir := range []string{b.home, b.tmp, b.work} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if path != dir {
				names = append(names, path)
			}
			return err
		})
		if err != nil {
			b.t.Fatal(err)
		}
	}
	return names
}

// Her program writes nothing anywhere. With -remember it writes that one file, which holds nothing of hers.
func TestReporterLeavesNothingOnDisk(t *testing.T) {
	needsStrace(t)
	o := newOnion(t)
	const account, message, inFile = "canary-account", "canary-message", "canary-in-a-file"
	o.write("evidence.txt", inFile)
	o.write("photo.jpg", telephoned(inFile))
	attached := []string{"-file", o.path("evidence.txt"), "-file", o.path("photo.jpg")}
	for _, remembers := range []bool{false, true} {
		b := o.bare()
		var remember []string
		if remembers {
			remember = []string{"-remember", filepath.Join(b.work, "box")}
		}
		said, wrote := b.run(account, slices.Concat(o.here("send", "-text-file", "-", "-copy", "-json"), attached, remember)...)
		words := said.Code
		for _, s := range everyVerb(words, o.send("For me", "-wish", "record")) {
			s.stdin = strings.Replace(s.stdin, "More", message, 1)
			args := append(o.here(s.verb, s.args...), "-json")
			if remembers { // which says where the box is, and who vouches
				args = slices.Concat([]string{s.verb}, s.args, remember, []string{"-json"})
			}
			_, more := b.run(s.stdin, args...)
			wrote = append(wrote, more...)
			if files := b.files(); len(files) > len(remember)/2 {
				t.Errorf("after %s there is %q", s.verb, files)
			}
		}
		files := b.files()
		if !remembers {
			if len(files) != 0 || len(wrote) != 0 {
				t.Errorf("it left %q, and wrote by %q", files, wrote)
			}
			continue
		}
		if !slices.Equal(files, remember[1:]) || len(wrote) == 0 {
			t.Errorf("with -remember it left %q, and wrote by %q", files, wrote)
		}
		for _, call := range wrote {
			if !strings.Contains(call, `"`+remember[1]) && !strings.Contains(call, `"`+b.work+"/.tellbox-") {
				t.Errorf("with -remember it wrote by %s", call)
			}
		}
		info, err := os.Stat(remember[1])
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("the file is %v, %v; want 0600", info.Mode(), err)
		}
		_, her := o.reporterOf(words)
		secrets := append(secretsOf(t, words, dropbox.BoxID(o.box.Set.Box), "alice", "bob"), account, message, her.Locator.String(), string(her.Locator[:]), her.Recipient().String()[10:60], inFile, "evidence.txt")
		for _, found := range search(t, secrets, b.work, b.home, b.tmp) {
			t.Errorf("what it remembers: %s", found)
		}
		if len(search(t, []string{onionName, "Alice Okafor"}, b.work)) < 2 {
			t.Error("what it remembers has neither address nor readers")
		}
	}
}

// The one exception is a file that she saves: it is in the folder that she names, and nothing else is anywhere.
func TestSavedFileIsWhereSheSaidAlone(t *testing.T) {
	needsStrace(t)
	o := newOnion(t)
	o.write("evidence.txt", "canary-in-a-file")
	words := o.send("Something", "-copy", "-file", o.path("evidence.txt"))
	b, folder := o.bare(), t.TempDir()
	said, wrote := b.run(words+"\n", append(o.here("files", "-code-file", "-", "-save", "1", "-out", folder), "-json")...)
	if len(said.Saved) != 1 || said.Saved[0].Path != filepath.Join(folder, "evidence.txt") || len(b.files()) != 0 || len(wrote) == 0 {
		t.Errorf("it saved %+v, left %q, and wrote by %q", said.Saved, b.files(), wrote)
	}
	for _, call := range wrote {
		if !strings.Contains(call, `"`+folder+"/") {
			t.Errorf("it wrote by %s", call)
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("in the folder are %v, %v", entries, err)
	}
}
