package e2e

import (
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// told is what her program says as JSON.
type told struct {
	Code                    string
	Readers                 []string
	Record, Stored          bool
	Deleted, Asked, Unasked []string
	Wish, Written, Sent     string
	Entries                 []struct{ Kind, From, Text string }
	Warnings                []string
	Missing                 []int
	Saved                   []struct{ Path string }
	Error, Message          string
}

// here are the flags by which her program finds the box.
func (o *onion) here(verb string, args ...string) []string {
	return append([]string{verb, "-server", onionURL, "-proxy", o.URL, "-keyholders", o.path("K")}, args...)
}

// reporter runs her program, which must end with that code, and returns what it says and what it says on stderr.
func (o *onion) reporter(code int, stdin, verb string, args ...string) (told, string) {
	o.t.Helper()
	r := o.try(stdin, "reporter", append(o.here(verb, args...), "-json")...)
	if r.code != code {
		o.t.Fatalf("reporter %s: exit %d, want %d\n%s%s", verb, r.code, code, r.stdout, r.stderr)
	}
	return saidBy(o.t, verb, r.stdout), r.stderr
}

// saidBy reads what a verb says: of readers only that it is JSON.
func saidBy(t *testing.T, verb, stdout string) told {
	t.Helper()
	if verb == "readers" {
		decode[map[string]any](t, stdout)
		return told{}
	}
	return decode[told](t, stdout)
}

// send tells something, and returns her words.
func (o *onion) send(text string, args ...string) string {
	o.t.Helper()
	said, _ := o.reporter(0, text, "send", append(args, "-text-file", "-")...)
	return said.Code
}

// a step is something that she does with her program. stdin begins with her words, but in a send.
type step struct {
	verb, stdin string
	args        []string
}

// everyVerb is one conversation and one record, with all she can do. words are those of the one and of the other.
func everyVerb(words, record string) []step {
	return []step{
		{"readers", "", nil},
		{"check", words + "\n", []string{"-code-file", "-"}},
		{"files", words + "\n", []string{"-code-file", "-"}},
		{"message", words + "\nMore", []string{"-code-file", "-", "-text-file", "-"}},
		{"wish", words + "\n", []string{"-code-file", "-", "-wish", "complaint"}},
		{"message", record + "\nOne more thing", []string{"-code-file", "-", "-text-file", "-"}},
		{"share", record + "\n", []string{"-code-file", "-", "-wish", "thinking", "-exclude", "bob"}},
		{"withdraw", words + "\n", []string{"-code-file", "-", "-yes"}},
		{"withdraw", record + "\n", []string{"-code-file", "-", "-yes"}},
	}
}

// Her program speaks to the proxy alone, and asks it for the name alone, whatever it does.
func TestReporterGoesThroughTheProxy(t *testing.T) {
	needsStrace(t)
	o := newOnion(t)
	words := decode[told](t, o.throughTheProxy("Something", "reporter", o.here("send", "-text-file", "-", "-json")...)).Code
	record := decode[told](t, o.throughTheProxy("For me", "reporter", o.here("send", "-text-file", "-", "-wish", "record", "-json")...)).Code
	for _, s := range everyVerb(words, record) {
		o.throughTheProxy(s.stdin, "reporter", append(o.here(s.verb, s.args...), "-json")...)
	}

	// Without it the same look finds the way round.
	_, calls := o.traced("Something", "reporter", "send", "-server", o.url, "-keyholders", o.path("K"), "-text-file", "-", "-json")
	if others, to := around(calls, o.Addr); len(others) == 0 || to != 0 {
		t.Errorf("without a proxy: %d calls around it, %d to it", len(others), to)
	}
	// It leads to the server itself, not to the proxies that the machine's settings name: here an address where nobody is.
	_, calls = o.traced("Something", "reporter", "send", "-server", "https://192.0.2.1", "-timeout", "300ms", "-tries", "1", "-keyholders", o.path("K"), "-text-file", "-", "-json")
	if others, _ := around(calls, o.Addr); len(others) == 0 || slices.ContainsFunc(others, func(call string) bool { return !strings.Contains(call, `inet_addr("192.0.2.1")`) }) {
		t.Errorf("without a proxy it calls %q", others)
	}
	// And without a proxy an onion's name is not even looked up.
	r, calls := o.traced("Something", "reporter", "send", "-server", onionURL, "-keyholders", o.path("K"), "-text-file", "-", "-json")
	if others, to := around(calls, o.Addr); r.code == 0 || decode[told](t, r.stdout).Error != "onion-address" || len(others) != 0 || to != 0 {
		t.Errorf("an onion without a proxy: exit %d, %s, calls %q", r.code, r.stdout, others)
	}
}

// reporterOf is what stands behind words in that box.
func (o *onion) reporterOf(words string) (dropbox.Code, *dropbox.Reporter) {
	o.t.Helper()
	code, err := dropbox.ParseCode(words)
	if err != nil {
		o.t.Fatal(err)
	}
	her, err := code.Reporter(dropbox.BoxID(o.box.Set.Box))
	if err != nil {
		o.t.Fatal(err)
	}
	return code, her
}

// mail counts a reader's envelopes of the case behind words, by kind. It is the reader's own look, not the server's word.
func (o *onion) mail(id, words string) (kinds []string) {
	o.t.Helper()
	_, her := o.reporterOf(words)
	all, err := o.box.Mail(id)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, m := range all {
		opened, err := dropbox.Open(m.Envelope, o.box.Advocates[id].Identity)
		if err != nil {
			o.t.Fatal(err)
		}
		if kind, drop, _ := opened.Claimed(); drop == her.Drop {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

func TestEveryVerbIsEveryVerb(t *testing.T) {
	r := (&site{t: t, dir: t.TempDir()}).try("", "reporter", "-h")
	for line := range strings.Lines(r.stdout) {
		verb, ok := strings.CutPrefix(line, "  ")
		verb, _, _ = strings.Cut(verb, " ")
		if ok && verb != "" && !strings.HasPrefix(verb, "-") && verb != "send" && !slices.ContainsFunc(everyVerb("", ""), func(s step) bool { return s.verb == verb }) {
			t.Errorf("nothing here tries %q", verb)
		}
	}
}
