package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/keys"
)

// families are the keys that are put together when the program runs, by the expression that does it.
var families = map[string][]string{
	`family + "." + k`:                   slices.Concat(of("about.", dropbox.Abouts), of("wish.", dropbox.Wishes)),
	`"wish.what." + k`:                   of("wish.what.", dropbox.Wishes),
	`"about." + d.about`:                 of("about.", dropbox.Abouts),
	`"about." + f.About`:                 of("about.", dropbox.Abouts),
	`"wish." + d.wish`:                   of("wish.", dropbox.Wishes),
	`"wish." + f.Wish`:                   of("wish.", dropbox.Wishes),
	`"kind." + f.Kind`:                   of("kind.", []string{dropbox.Report, dropbox.Message, dropbox.Wish, dropbox.Share, dropbox.Reply, dropbox.Status, dropbox.Added}),
	`"stands." + f.Status`:               of("stands.", dropbox.Statuses),
	`"stands." + stands.Status`:          of("stands.", dropbox.Statuses),
	`fmt.Sprintf("month.%d", d.Month())`: of("month.", strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12")),
	`"role." + string(role)`:             of("role.", roles),
	`"role.what." + string(role)`:        of("role.what.", roles),
	`"problem." + e.Token + ".title"`:    {"problem.code-word.title", "problem.code-length.title", "problem.code-checksum.title"},
	`"problem." + e.Token + ".next"`:     {"problem.code-word.next", "problem.code-length.next", "problem.code-checksum.next"},
}

var roles = []string{string(keys.Advocate), string(keys.Ombudsperson), string(keys.Investigator), string(keys.Adjudicator)}

func of(prefix string, ends []string) (all []string) {
	for _, e := range ends {
		all = append(all, prefix+e)
	}
	return all
}

// Every sentence of the page that the program asks for is in the catalogue, and takes the values that it is given: nobody is left with half a
// screen because one is missing.
func TestTexts(t *testing.T) {
	found := 0
	for _, f := range sources(t) {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Name.Name == "done" { // which hands on what its callers say
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				name := types.ExprString(call.Fun)
				if i := strings.LastIndex(name, "."); name[i+1:] == "done" {
					name = "done"
				}
				if (name != "text" && name != "counted" && name != "done") || len(call.Args) == 0 {
					return true
				}
				keys := keysOf(fn, call.Args[0])
				if len(keys) == 0 {
					t.Errorf("%s in %s: no key is known for %s", name, fn.Name.Name, types.ExprString(call.Args[0]))
				}
				for _, key := range keys {
					found++
					holds(t, name, key, call.Args[1:])
				}
				return true
			})
		}
	}
	if found < 120 {
		t.Errorf("only %d texts were found in the sources", found)
	}
}

func sources(t *testing.T) (files []*ast.File) {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
			f, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
	}
	return files
}

// keysOf are all keys that an expression can be: a literal, a family, or a variable that is given literals in this function.
func keysOf(fn *ast.FuncDecl, e ast.Expr) (found []string) {
	switch e := e.(type) {
	case *ast.BasicLit:
		return []string{literal(e)}
	case *ast.Ident:
		ast.Inspect(fn, func(n ast.Node) bool {
			if a, ok := n.(*ast.AssignStmt); ok && len(a.Lhs) == len(a.Rhs) {
				for i, to := range a.Lhs {
					if id, ok := to.(*ast.Ident); ok && id.Name == e.Name {
						found = append(found, literal(a.Rhs[i]))
					}
				}
			}
			return true
		})
		return found
	}
	return families[types.ExprString(e)]
}

func literal(e ast.Expr) string {
	if lit, ok := e.(*ast.BasicLit); ok {
		s, _ := strconv.Unquote(lit.Value)
		return s
	}
	return types.ExprString(e) // in no catalogue
}

var placeholder = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

// holds looks a key up, and holds the values that a call gives to those that the sentence takes.
func holds(t *testing.T, name, key string, args []ast.Expr) {
	t.Helper()
	sentences := []any{catalogue()[key]}
	var given []string
	if name == "counted" {
		forms, _ := catalogue()[key].(map[string]any)
		sentences, given = []any{forms["one"], forms["other"]}, []string{"PluralCount"}
	} else {
		for i := 0; i+1 < len(args); i += 2 {
			given = append(given, literal(args[i]))
		}
	}
	for _, s := range sentences {
		sentence, ok := s.(string)
		if !ok || sentence == "" {
			t.Errorf("%s(%q): no such sentence", name, key)
			continue
		}
		for _, m := range placeholder.FindAllStringSubmatch(sentence, -1) {
			if !slices.Contains(given, m[1]) {
				t.Errorf("%s(%q): %s is not given", name, key, m[1])
			}
		}
		if strings.Count(sentence, "{{") != len(placeholder.FindAllString(sentence, -1)) {
			t.Errorf("%s(%q): a template that this test does not understand: %s", name, key, sentence)
		}
		if name == "text" && len(given)*2 != len(args) {
			t.Errorf("text(%q): a name without a value", key)
		}
	}
}

// Programs for different people hold different secrets: this one links neither the server's store, nor keys at rest.
func TestLinksNoStore(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(out)) {
		n++
		for _, no := range []string{"badger", "tellbox/dropbox/store", "tellbox/dropbox/web", "tellbox/dropbox/desk", "tellbox/keys/vault", "testing"} {
			if strings.TrimSpace(line) == no || strings.Contains(line, no+"/") || no == "badger" && strings.Contains(line, no) {
				t.Errorf("reporter links %s", line)
			}
		}
	}
	if n < 50 {
		t.Errorf("only %d packages are linked", n)
	}
}
