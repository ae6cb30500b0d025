package vault

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

var sheetDay = time.Date(2026, 11, 28, 10, 0, 0, 0, time.UTC)

const sheetName, sheetOrg = "Alice Ökafor", "Survivors’ Centre"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// aged is an advocate who has had three keys, and has a fourth to come.
func aged(t *testing.T) *Advocate {
	t.Helper()
	a, _, err := NewAdvocate("alice", sheetName, sheetOrg)
	must(t, err)
	for n := range 3 {
		a, err = a.Prepared()
		must(t, err)
		if n < 2 {
			a = a.Promoted(sheetDay.AddDate(0, 0, n))
		}
	}
	return a
}

func sheetOf(t *testing.T, a *Advocate) (sheet string, lines []string) {
	t.Helper()
	sheet, err := RecoverySheet(a, sheetName, sheetOrg, "A box, http://127.0.0.1:1", sheetDay)
	must(t, err)
	parts := strings.Split(sheet, ruler+"\n")
	if len(parts) != 3 {
		t.Fatalf("the sheet is\n%s", sheet)
	}
	return sheet, strings.Split(strings.TrimSuffix(parts[1], "\n"), "\n")
}

// What was printed and typed again is the same secret, and the same card, byte for byte.
func TestRecoverySheet(t *testing.T) {
	young, _, err := NewAdvocate("alice", sheetName, sheetOrg)
	must(t, err)
	for name, a := range map[string]*Advocate{"new": young, "with former keys": aged(t)} {
		sheet, lines := sheetOf(t, a)
		card, err := a.Card(sheetName, sheetOrg)
		must(t, err)
		for _, want := range []string{"alice", sheetName, sheetOrg, "2026-11-28", card.Fingerprint(), "Whoever holds it can read everything", "a safe", "never with your laptop", "advocate recover"} {
			if !strings.Contains(sheet, want) {
				t.Errorf("%s: the sheet does not say %q:\n%s", name, want, sheet)
			}
		}
		for _, line := range strings.Split(sheet, "\n") {
			if len([]rune(line)) > 120 {
				t.Errorf("%s: too wide to print: %q", name, line)
			}
		}
		t.Logf("%s: %d lines to type", name, len(lines))
		for how, typed := range map[string]string{
			"as printed":         sheet,
			"the lines alone":    strings.Join(lines, "\n"),
			"Windows":            strings.ReplaceAll(sheet, "\n", "\r\n"),
			"in small letters":   strings.ToLower(strings.Join(lines, "\n")),
			"without spaces":     strings.ReplaceAll(strings.Join(lines, "\n"), " ", ""),
			"another order":      strings.Join(append(slices.Clone(lines[1:]), lines[0]), "\n"),
			"without numbers":    without(lines),
			"all in one line":    strings.ReplaceAll(without(lines), "\n", " "),
			"broken elsewhere":   strings.ReplaceAll(without(lines), " ", "\n"),
			"with 0 read as O":   readWrongly(lines),
			"numbers with zeros": " 0" + strings.TrimSpace(strings.Join(lines, "\n")),
		} {
			got, gotCard, err := ParseRecoverySheet(typed)
			if err != nil || got.Text() != a.Text() || gotCard.Text() != card.Text() {
				t.Errorf("%s, %s: %v", name, how, err)
			}
		}
	}
	if _, err := RecoverySheet(young, "two\nlines", sheetOrg, "", sheetDay); err == nil {
		t.Error("a name of two lines was printed")
	}
}

func without(lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		_, rest, _ := strings.Cut(l, ".")
		b.WriteString(rest + "\n")
	}
	return b.String()
}

// readWrongly has for some characters those that they look like, and that stand for nothing else.
func readWrongly(lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		n, rest, _ := strings.Cut(l, ".")
		b.WriteString(n + "." + strings.NewReplacer("0", "O", "8", "B", "L", "1").Replace(rest) + "\n")
	}
	return b.String()
}

// No wrong character, none that is missing or twice, and no two that changed places, is taken for what was printed. The error names the line, and
// nothing that stands in it.
func TestEverySlipIsFoundOnItsLine(t *testing.T) {
	a := aged(t)
	_, lines := sheetOf(t, a)
	slips := 0
	tried := func(n int, line string) {
		t.Helper()
		slips++
		if _, _, ok := SheetLine(n, line); ok {
			t.Fatalf("line %d was taken as %q instead of %q", n, line, lines[n-1])
		}
		if slips%97 != 0 { // all goes through SheetLine, which the whole sheet need not show each time
			return
		}
		typed := slices.Clone(lines)
		typed[n-1] = line
		_, _, err := ParseRecoverySheet(strings.Join(typed, "\n"))
		slip, ok := errors.AsType[*SlipError](err)
		if !ok || !slices.Equal(slip.Lines, []int{n}) || strings.Contains(err.Error(), line[5:9]) {
			t.Fatalf("line %d as %q: %v", n, line, err)
		}
	}
	for i, line := range lines {
		n := i + 1
		if same, total, ok := SheetLine(n, strings.ToLower(line)); !ok || same != line+"\n" || n == 1 && total != len(lines) {
			t.Fatalf("line %d is not taken as it was printed, but as %q, of %d", n, same, total)
		}
		start := strings.Index(line, ".") + 1
		for at := start; at < len(line); at++ {
			if line[at] == ' ' {
				continue
			}
			tried(n, line[:at]+line[at+1:])
			tried(n, line[:at]+"Q"+line[at:])
			for _, c := range sheetAlphabet + "?,Ä'" {
				if string(c) != line[at:at+1] {
					tried(n, line[:at]+string(c)+line[at+1:])
				}
			}
			next := at + 1
			for next < len(line) && line[next] == ' ' {
				next++
			}
			if next < len(line) && line[next] != line[at] {
				swapped := []byte(line)
				swapped[at], swapped[next] = swapped[next], swapped[at]
				tried(n, string(swapped))
			}
		}
		if _, _, ok := SheetLine(n+1, line[start:]); ok {
			t.Errorf("line %d was taken for the next one", n)
		}
	}
	t.Logf("%d slips", slips)
	if slips < 10000 {
		t.Errorf("only %d slips", slips)
	}
}

func TestLinesThatAreNoSheet(t *testing.T) {
	a := aged(t)
	_, lines := sheetOf(t, a)
	all := strings.Join(lines, "\n")
	for name, c := range map[string]struct {
		typed string
		want  []int // none: ErrSheet
	}{
		"nothing":              {"", nil},
		"prose":                {"hello there", []int{1}},
		"the first one alone":  {lines[0], numbers(2, len(lines))},
		"the last is missing":  {strings.Join(lines[:len(lines)-1], "\n"), []int{len(lines)}},
		"one is missing":       {strings.Join(slices.Delete(slices.Clone(lines), 2, 3), "\n"), []int{3}},
		"one twice":            {all + "\n" + lines[4], []int{5}},
		"two exchanged":        {strings.NewReplacer(" 3.", " 4.", " 4.", " 3.").Replace(all), []int{3, 4}},
		"one more":             {all + "\n" + fmt.Sprintf("%d. %s", len(lines)+1, lines[0][4:]), []int{len(lines) + 1}},
		"number nought":        {all + "\n0. QQQQ", []int{0}},
		"missing, not counted": {strings.ReplaceAll(without(lines[:len(lines)-1]), "\n", " "), []int{len(lines)}},
	} {
		_, _, err := ParseRecoverySheet(c.typed)
		slip, slipped := errors.AsType[*SlipError](err)
		if c.want == nil && !errors.Is(err, ErrSheet) || c.want != nil && (!slipped || !slices.Equal(slip.Lines, c.want)) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}

	// Lines of an older sheet among those of the new one are right in themselves.
	old, _ := a.Outlived(sheetDay.AddDate(1, 0, 0))
	_, other := sheetOf(t, old)
	for i := range other {
		if i >= 1 && other[i] != lines[i] {
			mixed := slices.Clone(lines)
			mixed[i] = other[i]
			if _, _, err := ParseRecoverySheet(strings.Join(mixed, "\n")); !errors.Is(err, ErrSheet) {
				t.Errorf("line %d of an older sheet: %v", i+1, err)
			}
		}
	}

	// Whoever makes lines with right checks still makes no sheet by chance.
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		values, err := sheetValues(a, sheetName, sheetOrg)
		must(t, err)
		values[2+r.IntN(len(values)-2)] ^= byte(1 + r.IntN(31))
		if _, _, err := readSheet(values); !errors.Is(err, ErrSheet) {
			t.Fatalf("a made-up sheet: %v", err)
		}
	}
}

func numbers(from, to int) (n []int) {
	for i := from; i <= to; i++ {
		n = append(n, i)
	}
	return n
}

func FuzzParseRecoverySheet(f *testing.F) {
	a, _, err := NewAdvocate("alice", sheetName, sheetOrg)
	if err != nil {
		f.Fatal(err)
	}
	sheet, err := RecoverySheet(a, sheetName, sheetOrg, "", sheetDay)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sheet)
	f.Add(strings.ToLower(sheet))
	f.Fuzz(func(t *testing.T, typed string) {
		got, card, err := ParseRecoverySheet(typed)
		if err != nil {
			return
		}
		again, err := RecoverySheet(got, card.Name, card.Org, "", sheetDay)
		if err != nil {
			t.Fatal(err)
		}
		if b, _, err := ParseRecoverySheet(again); err != nil || b.Text() != got.Text() {
			t.Errorf("%q became %q", got.Text(), b.Text())
		}
	})
}
