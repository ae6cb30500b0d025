package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tellbox/dropbox/droptest"
)

const (
	onionName = "tellboxtellboxtellbox.onion"
	onionURL  = "http://" + onionName
)

// onion is a site that is reached by a made-up name, through a proxy that records what passes.
type onion struct {
	*site
	*droptest.Proxy
	box *droptest.Box // or nil, if the server is a process of its own
}

func (s *site) behindProxy(box *droptest.Box) *onion {
	p, err := droptest.NewProxy(map[string]string{onionName: strings.TrimPrefix(s.url, "http://")})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { p.Close() })
	return &onion{s, p, box}
}

// newOnion is a box within this process, for tests of her program: advocates' keys lie open in it. The keyholders file is "K".
func newOnion(t *testing.T) *onion {
	s := &site{t: t, dir: t.TempDir()}
	if err := os.Mkdir(s.path("tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	box, err := droptest.Start(s.dir, droptest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections() // the box waits for those of its readers that were never used
		box.Stop()
	})
	s.write("K", string(box.Chain))
	s.url, s.Visitor = box.URL, droptest.NewVisitor(box.URL)
	return s.behindProxy(box)
}

// elsewhere are the settings by which other programs find a proxy. Ours take none from there.
var elsewhere = []string{"HTTP_PROXY=http://127.0.0.1:9", "http_proxy=http://127.0.0.1:9", "HTTPS_PROXY=http://127.0.0.1:9", "https_proxy=http://127.0.0.1:9",
	"ALL_PROXY=socks5://127.0.0.1:9", "all_proxy=socks5://127.0.0.1:9", "NO_PROXY=", "no_proxy="}

// traced runs a program and returns what it asked of the network, a line a call: connect(3, {sa_family=AF_INET, …
func (s *site) traced(stdin, program string, args ...string) (result, []string) {
	s.t.Helper()
	// A program that hardens itself hides its memory even from strace, if that is not root. So it only believes that it did.
	file := filepath.Join(s.t.TempDir(), "strace")
	c := exec.Command("strace", append([]string{"-f", "-qq", "-e", "signal=none", "-e", "trace=network,prctl", "-e", "inject=prctl:retval=0",
		"-o", file, filepath.Join(bin, program)}, args...)...)
	c.Env = append(s.command(program).Env, elsewhere...)
	var out, err bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(stdin), &out, &err
	if e := c.Run(); e != nil {
		if _, ok := e.(*exec.ExitError); !ok {
			s.t.Fatalf("strace: %v", e)
		}
	}
	b, e := os.ReadFile(file)
	if e != nil {
		s.t.Fatalf("strace: %v, %s", e, err.String())
	}
	return result{c.ProcessState.ExitCode(), out.String(), err.String()}, strings.Split(string(b), "\n")
}

// needsStrace skips, and in CI fails, where nothing can be traced.
func needsStrace(t *testing.T) {
	if out, err := exec.Command("strace", "-f", "-e", "inject=prctl:retval=0", "true").CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("strace: %v, %s", err, out)
		}
		t.Skipf("needs strace, and ptrace allowed: %v, %s", err, out)
	}
}

// around are the calls that speak to anything but the proxy: another address, a name server, a socket of this machine. to is how many
// spoke to the proxy.
func around(calls []string, proxy string) (others []string, to int) {
	_, port, _ := strings.Cut(proxy, ":")
	there := fmt.Sprintf(`{sa_family=AF_INET, sin_port=htons(%s), sin_addr=inet_addr("127.0.0.1")}`, port)
	for _, call := range calls {
		name, args, found := strings.Cut(call, "(")
		name = name[strings.LastIndex(name, " ")+1:]
		switch {
		case !found || !strings.HasPrefix(name, "connect") && !strings.HasPrefix(name, "send"):
		case name == "connect" && strings.Contains(args, there):
			to++
		case name == "sendto" && strings.Contains(args, ", NULL, 0)"): // on what is connected already
		default:
			others = append(others, call)
		}
	}
	return others, to
}

// An advocate's program finds an onion service through the proxy alone, whatever the machine's settings are: the proxy hears its name
// and never an address, and nothing else is spoken to.
func TestAdvocateGoesThroughTheProxy(t *testing.T) {
	needsStrace(t)
	o := newSite(t).behindProxy(nil)
	_, words, err := o.Report("canary-account")
	if err != nil {
		t.Fatal(err)
	}
	home := []string{"-home", o.path("alice"), "-passphrase-file", o.path("pass")}
	o.write("reply.txt", "An answer")
	o.throughTheProxy("", "advocate", append([]string{"join", "-server", onionURL, "-proxy", o.URL, "-keyholders", o.path("K")}, home...)...)
	in := decode[inbox](t, o.throughTheProxy("", "advocate", append([]string{"inbox", "-json"}, home...)...))
	if len(in.Cases) != 1 {
		t.Fatalf("inbox %+v", in)
	}
	id := in.Cases[0].ID
	o.throughTheProxy("", "advocate", append([]string{"reply", id, "-text-file", o.path("reply.txt")}, home...)...)
	o.throughTheProxy("", "advocate", append([]string{"forget", id, "-json"}, home...)...)
	if p, err := o.Check(words); err != nil || len(p.Entries()) != 2 {
		t.Errorf("she sees %d entries, %v", len(p.Entries()), err)
	}

	// Bob joined without a proxy: the same look finds that.
	_, calls := o.traced("", "advocate", "inbox", "-home", o.path("bob"), "-passphrase-file", o.path("pass"))
	if others, to := around(calls, o.Addr); len(others) == 0 || to != 0 {
		t.Errorf("without a proxy: %d calls around it, %d to it", len(others), to)
	}
}

// throughTheProxy runs a program that must do its work, and speak to the proxy only, and ask it for the name only.
func (o *onion) throughTheProxy(stdin, program string, args ...string) string {
	o.t.Helper()
	before := len(o.Passages())
	r, calls := o.traced(stdin, program, args...)
	if r.code != 0 {
		o.t.Fatalf("%s %s: exit %d\n%s%s", program, args[0], r.code, r.stdout, r.stderr)
	}
	others, to := around(calls, o.Addr)
	for _, call := range others {
		o.t.Errorf("%s %s goes round the proxy: %s", program, args[0], call)
	}
	asked := o.Passages()[before:]
	if to == 0 || len(asked) == 0 {
		o.t.Errorf("%s %s: %d calls to the proxy, %d passages through it", program, args[0], to, len(asked))
	}
	for _, p := range asked {
		if !p.Named || p.Asked != onionName+":80" {
			o.t.Errorf("%s %s: the proxy was asked for %q", program, args[0], p.Asked)
		}
	}
	return r.stdout
}
