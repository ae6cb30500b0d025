package e2e

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox/droptest"
)

// root is the checkout.
const root = "../.."

// readDoc reads a file of the checkout.
func readDoc(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// block is the shell block that follows <!-- name --> in a document.
func block(t *testing.T, doc, name string) string {
	t.Helper()
	_, rest, found := strings.Cut(readDoc(t, doc), "<!-- "+name+" -->\n```sh\n")
	text, _, ended := strings.Cut(rest, "\n```\n")
	if !found || !ended {
		t.Fatalf("%s has no block %s", doc, name)
	}
	return text
}

// workshop is a folder in which commands of the documents run, with the built programs first in PATH.
type workshop struct{ *site }

func newWorkshop(t *testing.T) *workshop {
	s := &site{t: t, dir: t.TempDir()}
	for _, d := range []string{"tmp", "w"} {
		if err := os.Mkdir(s.path(d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.write("pass", "a passphrase of six words or more\n")
	return &workshop{s}
}

var (
	asksPassphrase = regexp.MustCompile(`(?m)^(keyholder (?:keygen|sign)|advocate (?:keygen|join|inbox|read|reply|forget|backup|restore|rotate))\b`)
	lastDay        = regexp.MustCompile(`-expires \d{4}-\d\d-\d\d`)
	serveLine      = regexp.MustCompile(`(?m)^tellbox serve (.*) &$`)
)

// sh runs lines as they stand, but with the passphrase from a file and a last day some days from now.
func (w *workshop) sh(lines string, days int) string {
	w.t.Helper()
	lines = asksPassphrase.ReplaceAllString(lines, "$0 -passphrase-file "+w.path("pass"))
	lines = lastDay.ReplaceAllString(lines, "-expires "+time.Now().AddDate(0, 0, days).Format(time.DateOnly))
	c := exec.Command("bash", "-eu", "-o", "pipefail", "-c", lines)
	c.Dir = w.path("w")
	c.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "TMPDIR="+w.path("tmp"), "HOME="+w.path("tmp"))
	out, err := c.CombinedOutput()
	if err != nil {
		w.t.Fatalf("%v in\n%s\n%s", err, lines, out)
	}
	return string(out)
}

// serve starts the server with those arguments in the workshop, and waits until it listens.
func (w *workshop) serve(args ...string) {
	w.t.Helper()
	w.server = w.command("tellbox", append([]string{"serve"}, args...)...)
	w.server.Dir = w.path("w")
	var said strings.Builder
	w.server.Stderr = &said
	out, err := w.server.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.server.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		w.server.Process.Kill()
		w.server.Wait()
	})
	line, _ := bufio.NewReader(out).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening ")
	if !ok {
		w.server.Wait()
		w.t.Fatalf("the server said %q, and on stderr %q", line, said.String())
	}
	w.url, w.Visitor = url, droptest.NewVisitor(url)
}

// The README's commands make a box that carries a report, as they stand but for passphrases, days and the port.
func TestReadmeSetup(t *testing.T) {
	w := newWorkshop(t)
	setup := block(t, "README.md", "setup")
	build, setup, found := strings.Cut(setup, "\n\n")
	if !found || !strings.HasPrefix(build, "go build ") {
		t.Fatalf("the setup does not begin by building: %q", build)
	}
	for _, word := range strings.Fields(strings.SplitN(build, "\n", 2)[0]) {
		if program, ok := strings.CutPrefix(word, "./cmd/"); ok {
			if _, err := os.Stat(filepath.Join(bin, program)); err != nil {
				t.Error(err)
			}
		}
	}

	at := serveLine.FindStringSubmatchIndex(setup)
	if at == nil {
		t.Fatal("the setup starts no server")
	}
	before, args, after := setup[:at[0]], strings.Fields(setup[at[2]:at[3]]), setup[at[1]:]
	w.sh(before, 50)
	where := slices.Index(args, "-listen") + 1
	url := "http://" + args[where]
	args[where] = "127.0.0.1:0"
	w.serve(args...)
	if !strings.Contains(after, url) {
		t.Errorf("nobody joins at %s", url)
	}
	after = strings.ReplaceAll(after, url, w.url)
	if out := w.sh(after, 50); !strings.Contains(out, ": 0 cases") {
		t.Errorf("Alice's first inbox: %s", out)
	}

	_, words, err := w.Report("Sent by the README")
	if err != nil {
		t.Fatal(err)
	}
	in := decode[inbox](t, w.sh("advocate inbox -home alice -json", 0))
	if len(in.Cases) != 1 || in.Unreadable != 0 {
		t.Fatalf("inbox %+v", in)
	}
	c := decode[caseView](t, w.sh("advocate read -home alice -json "+in.Cases[0].ID, 0))
	if c.Account != "Sent by the README" {
		t.Errorf("Alice reads %+v", c)
	}
	if out := w.sh(block(t, "README.md", "desk"), 0); !strings.Contains(out, ": 1 case") {
		t.Errorf("Alice's desk on another laptop: %s", out)
	}
	if out := w.sh(block(t, "README.md", "rotate"), 0); !strings.Contains(out, "Your new keys are in force") {
		t.Errorf("Alice's new keys: %s", out)
	}
	w.sh(block(t, "README.md", "renew"), 55)
	w.sh(block(t, "README.md", "care"), 0)
	if out := w.sh(block(t, "README.md", "restore"), 0); !strings.Contains(out, "all good: 1 box") {
		t.Errorf("what was restored: %s", out)
	}
	if p, err := w.Check(words); err != nil || p.Name() != "conversation" {
		t.Errorf("after the renewal: %v %s", err, p.Problem())
	}
	w.herProgram()
}

// herProgram runs the README's lines for somebody who writes in a program of her own. Alice reads it before it is taken back.
func (w *workshop) herProgram() {
	w.t.Helper()
	writes, takesBack, found := strings.Cut(block(w.t, "README.md", "reporter"), "\nreporter withdraw ")
	account := regexp.MustCompile(`(?m)^echo "(.*)" > `).FindStringSubmatch(writes)
	more := regexp.MustCompile(`(?m)^echo "(.*)" \| `).FindStringSubmatch(writes)
	server := regexp.MustCompile(`-server (\S+)`).FindStringSubmatch(writes)
	if !found || account == nil || more == nil || server == nil {
		w.t.Fatalf("the README's program writes no report, no message, or takes nothing back: %q", writes)
	}
	if out := w.sh(strings.ReplaceAll(writes, server[1], w.url), 0); !strings.Contains(out, "Your message was sent to your readers.") {
		w.t.Errorf("her program says %s", out)
	}
	in := decode[inbox](w.t, w.sh("advocate inbox -home alice -json", 0))
	for _, c := range in.Cases {
		v := decode[caseView](w.t, w.sh("advocate read -home alice -json "+c.ID, 0))
		found = v.Account == account[1] && len(v.Entries) == 3 && v.Entries[1].Text == more[1] && v.Entries[2].Text == "" // a file alone
		if found {
			break
		}
	}
	if !found {
		w.t.Errorf("Alice has no such report among %+v", in)
	}
	if out := w.sh("reporter withdraw "+takesBack, 0); !strings.Contains(out, "Asked to delete their copy: Alice Okafor.") {
		w.t.Errorf("taking it back says %s", out)
	}
}

// The two commands of the README are the ones that people and CI run, and every package has its line.
func TestReadmeNames(t *testing.T) {
	readme, ci := readDoc(t, "README.md"), readDoc(t, ".ci/run")
	for _, command := range []string{"    go run ./cmd/demo\n", "    go test ./...\n"} {
		if !strings.Contains(readme, command) {
			t.Errorf("the README has no line %q", command)
		}
	}
	if !strings.Contains(ci, "go test ./...\n") {
		t.Error(".ci/run does not run the README's test command")
	}
	list := exec.Command("go", "list", "./...")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range strings.Fields(string(out)) {
		if name := strings.TrimPrefix(p, "tellbox/"); !strings.Contains(readme, "\n| `"+name+"` | ") {
			t.Errorf("the README has no line about %s", name)
		}
	}
	for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(readme, -1) {
		if _, err := os.Stat(filepath.Join(root, link[1])); err != nil && !strings.Contains(link[1], "://") {
			t.Error(err)
		}
	}
}

// The unit makes and serves a box by the commands it names, at the socket where the torrc looks for it.
func TestUnitAndTorrc(t *testing.T) {
	w := newWorkshop(t)
	unit := readDoc(t, "deploy/tellbox.service")
	setup, _, _ := strings.Cut(block(t, "README.md", "setup"), "\n# The operator")
	_, setup, _ = strings.Cut(setup, "\n\n")
	w.sh(setup, 50)
	here := strings.NewReplacer("/var/lib/tellbox/R", "roster.txt", "/var/lib/tellbox/K", "keyholders.txt", "/var/lib/tellbox/", "", "/etc/tellbox/", "", "/run/tellbox/", "")

	made := regexp.MustCompile(`(?m)^#.* (tellbox init .*)\\\n#\s+(.*)$`).FindStringSubmatch(unit)
	started := regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/tellbox serve (.*)$`).FindStringSubmatch(unit)
	if made == nil || started == nil {
		t.Fatal("the unit names no init or no serve")
	}
	w.sh(here.Replace(made[1]+made[2]), 0)
	w.serve(strings.Fields(here.Replace(started[1]))...)
	info, err := os.Stat(w.path("w", "http"))
	if err != nil || info.Mode() != os.ModeSocket|0o660 {
		t.Errorf("the socket is %v, %v; want 0660, for Tor's group", info, err)
	}

	socket := regexp.MustCompile(`-listen (unix:\S+)`).FindStringSubmatch(started[1])
	port := regexp.MustCompile(`(?m)^HiddenServicePort 80 (\S+)$`).FindStringSubmatch(readDoc(t, "deploy/torrc"))
	if socket == nil || port == nil || socket[1] != port[1] {
		t.Errorf("the unit listens at %q, and the torrc looks at %q", socket, port)
	}
}

// testsOf are the names of the tests and fuzz targets in a package, and all strings that may name a subtest in it.
func testsOf(t *testing.T, pkg string) (names, texts map[string]bool) {
	t.Helper()
	names, texts = map[string]bool{}, map[string]bool{}
	files, _ := filepath.Glob(filepath.Join(root, pkg, "*_test.go"))
	suites, _ := filepath.Glob(filepath.Join(root, pkg, "storetest", "*.go"))
	for _, path := range append(files, suites...) {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Recv == nil && strings.HasSuffix(path, "_test.go") {
				names[d.Name.Name] = true
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.BasicLit); ok && s.Kind == token.STRING {
				texts[strings.Trim(s.Value, `"`)] = true
			}
			return true
		})
	}
	return names, texts
}

// Every promise names a test, and every test that is named is there.
func TestSecurityNamesItsTests(t *testing.T) {
	doc := readDoc(t, "SECURITY.md")
	named := regexp.MustCompile("`([a-z0-9/]+)\\.((?:Test|Fuzz)\\w+)(?:/([^`]+))?`")
	for _, m := range named.FindAllStringSubmatch(doc, -1) {
		names, texts := testsOf(t, m[1])
		if !names[m[2]] || m[3] != "" && !texts[m[3]] {
			t.Errorf("there is no %s", m[0])
		}
	}
	if left := regexp.MustCompile(`\b(Test|Fuzz)[A-Z]\w*`).FindAllString(named.ReplaceAllString(doc, ""), -1); len(left) > 0 {
		t.Errorf("tests without their package: %q", left)
	}

	_, table, found := strings.Cut(doc, "<!-- promises -->\n| Promise | Tests |\n|---|---|\n")
	table, _, ended := strings.Cut(table, "\n\n")
	rows := strings.Split(table, "\n")
	if !found || !ended || len(rows) < 20 {
		t.Fatalf("%d promises", len(rows))
	}
	for _, row := range rows {
		cells := strings.Split(row, "|")
		if len(cells) != 4 || !named.MatchString(cells[2]) {
			t.Errorf("a promise without a test: %s", row)
		}
	}
}
