package client

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

func serve(t *testing.T, handle http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	c, err := Dial(s.URL+"/", "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAddresses(t *testing.T) {
	for base, want := range map[string]string{
		"https://box.example": "", "https://box.example/": "", "http://127.0.0.1:8080": "", "http://[::1]:1": "", "http://localhost": "",
		"http://box.example": "http", "http://192.168.0.1": "http", "http://localhost.example": "http", "http://onion": "http",
		"http://abcd.onion": "onion", "https://abcd.ONION": "onion",
		"": "server", "box.example": "server", "ftp://box.example": "server", "https://": "server", "https://u:p@box.example": "server",
		"https://box.example/path": "server", "https://box.example/?q": "server", "https://box.example/#f": "server", "http://a b": "server",
	} {
		_, err := Dial(base, "")
		checkAddress(t, base, err, want)
	}
	for proxy, want := range map[string]string{
		"socks5://127.0.0.1:9050": "", "socks5h://127.0.0.1:9050": "", "http://127.0.0.1:3128": "proxy", "127.0.0.1:9050": "proxy", "socks5://": "proxy",
	} {
		_, err := Dial("http://abcd.onion", proxy)
		checkAddress(t, proxy, err, want)
	}
}

func checkAddress(t *testing.T, what string, err error, want string) {
	t.Helper()
	got := ""
	if a, ok := errors.AsType[*AddressError](err); ok {
		got = a.Token
	}
	if got != want || (err == nil) != (want == "") {
		t.Errorf("%q: got %v, want %q", what, err, want)
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   Error
		later  bool
	}{
		"of the contract": {404, `{"error":"nothing-here","message":"nothing is here","time":1770800000}`,
			Error{404, "nothing-here", "nothing is here", time.Unix(1770800000, 0).UTC()}, false},
		"busy":                   {503, `{"error":"busy","message":"later"}`, Error{Status: 503, Token: "busy", Message: "later"}, true},
		"a proxy in between":     {502, "<html>Bad gateway</html>", Error{Status: 502}, true},
		"a redirect":             {302, "", Error{Status: 302}, false},
		"drawing on a terminal":  {400, `{"error":"malformed","message":"a\u001b[2Jb\n\tadvocate: hint: x\u202e"}`, Error{Status: 400, Token: "malformed", Message: "a[2Jb advocate: hint: x\u202e"}, false},
		"a token of another way": {400, `{"error":"Robert'); DROP","message":"x"}`, Error{Status: 400}, false},
		"huge":                   {400, `{"error":"malformed","message":"` + strings.Repeat("x", 1<<20) + `"}`, Error{Status: 400}, false},
		"long":                   {400, `{"error":"malformed","message":"` + strings.Repeat("x", 1000) + `"}`, Error{Status: 400, Token: "malformed", Message: strings.Repeat("x", 300)}, false},
	} {
		client := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://elsewhere.example/")
			w.WriteHeader(c.status)
			io.WriteString(w, c.body)
		})
		_, err := client.Roster(t.Context())
		e, ok := errors.AsType[*Error](err)
		if !ok || *e != c.want || TryLater(err) != c.later || errors.Is(err, ErrUnreachable) {
			t.Errorf("%s: %#v, later %v", name, err, TryLater(err))
		}
	}
}

func TestAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want error
	}{
		"not JSON":   {"<html>", ErrAnswer},
		"empty":      {"", ErrAnswer},
		"wrong kind": {`{"roster":[1]}`, ErrAnswer},
		"too long":   {`{"roster":"` + strings.Repeat("x", maxRoster) + `"}`, ErrAnswer},
		"more":       {`{"roster":"r","keyholders":"k","later":1}`, nil},
	} {
		client := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, c.body) })
		if _, err := client.Roster(t.Context()); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever breaks on the way is one error, which names no URL and no address; cancelling is not that error.
func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + l.Addr().String()
	l.Close()
	nobody, err := Dial(base, "")
	if err != nil {
		t.Fatal(err)
	}
	cut := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, `{"roster":`)
	})
	release := make(chan struct{})
	slow := serve(t, func(w http.ResponseWriter, r *http.Request) { <-release })
	defer close(release)
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	closed, err := Dial("http://abcd.onion", "socks5://"+l.Addr().String())
	must(t, err)
	proxy, err := droptest.NewProxy(nil)
	must(t, err)
	defer proxy.Close()
	unknown, err := Dial("http://abcd.onion", proxy.URL)
	must(t, err)
	for name, try := range map[string]func() error{
		"nobody there": func() error { _, err := nobody.Roster(t.Context()); return err },
		"no proxy":     func() error { _, err := closed.Roster(t.Context()); return err },
		"no such name": func() error { _, err := unknown.Roster(t.Context()); return err },
		"cut off":      func() error { _, err := cut.Roster(t.Context()); return err },
		"too slow":     func() error { _, err := slow.Roster(short); return err },
	} {
		if err := try(); !errors.Is(err, ErrUnreachable) || !TryLater(err) || strings.Contains(err.Error(), "/api/1/") || strings.Contains(err.Error(), "127.0.0.1") || strings.Contains(err.Error(), "onion") {
			t.Errorf("%s: %v", name, err)
		}
	}
	stopped, stop := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, stop)
	if _, err := slow.Roster(stopped); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnreachable) {
		t.Errorf("cancelled: %v", err)
	}
}

// A whole reporter's conversation with the real server, and an advocate's mailbox.
func TestRealServer(t *testing.T) {
	clock := droptest.NewClock()
	box, err := droptest.Start(t.TempDir(), droptest.Options{Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Stop()
	c, err := Dial(box.URL, "")
	must(t, err)
	roster, err := c.Roster(t.Context())
	if err != nil || roster.Roster != string(box.Signed) || roster.Keyholders != string(box.Chain) {
		t.Fatalf("roster %.80q, %v", roster, err)
	}
	r, p := report(t, box, clock)
	if a, err := c.Send(t.Context(), p, []string{"bob", "carol"}); err != nil || !a.Stored || a.Again {
		t.Fatalf("%+v, %v", a, err)
	}
	if a, err := c.Send(t.Context(), p, []string{"bob", "carol"}); err != nil || !a.Again {
		t.Fatalf("again %+v, %v", a, err)
	}
	if a, err := c.Pickup(t.Context(), r.Locator); err != nil || len(a.Lines) != 1 || !bytes.Equal(a.Lines[0], p.Line) || a.Ends == "" {
		t.Fatalf("%d lines, %v", len(a.Lines), err)
	}
	if _, err := c.Pickup(t.Context(), dropbox.Locator{1}); !Refused(err, "nothing-here") {
		t.Fatal(err)
	}

	mailbox := c.SignIn("alice", box.Advocates["alice"].Signin, dropbox.BoxID(box.Set.Box), clock.Now)
	page, err := mailbox.Mail(t.Context(), "", 1000)
	if err != nil || len(page.Entries) != 1 || !bytes.Equal(page.Entries[0].Envelope, p.To[0].Sealed) {
		t.Fatalf("%+v, %v", page, err)
	}
	must(t, mailbox.Ack(t.Context(), []string{page.Entries[0].ID}))
	if page, err = mailbox.Mail(t.Context(), page.Next, 10); err != nil || len(page.Entries) != 0 {
		t.Fatalf("%+v, %v", page, err)
	}
	first, err := mailbox.Mail(t.Context(), "", 1)
	must(t, err)
	for _, want := range []bool{true, false} {
		if found, err := mailbox.DeleteMail(t.Context(), first.Entries[0].ID); found != want || err != nil {
			t.Fatalf("deleted %v, %v, want %v", found, err, want)
		}
	}

	late := func() time.Time { return clock.Now().Add(6 * time.Minute) }
	_, stranger, err := ed25519.GenerateKey(nil)
	must(t, err)
	for name, m := range map[string]*Mailbox{
		"late":        c.SignIn("alice", box.Advocates["alice"].Signin, dropbox.BoxID(box.Set.Box), late),
		"another key": c.SignIn("alice", stranger, dropbox.BoxID(box.Set.Box), clock.Now),
		"another box": c.SignIn("alice", box.Advocates["alice"].Signin, dropbox.BoxID{1}, clock.Now),
	} {
		_, err := m.Mail(t.Context(), "", 1)
		if e, ok := errors.AsType[*Error](err); !ok || e.Token != "signature" || !e.ServerTime.Equal(clock.Now()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func report(t *testing.T, box *droptest.Box, clock *droptest.Clock) (*dropbox.Reporter, *dropbox.Parcel) {
	t.Helper()
	r, err := dropbox.NewCode().Reporter(dropbox.BoxID(box.Set.Box))
	must(t, err)
	alice, _ := box.Roster.Reader("alice")
	p, err := r.Seal(dropbox.Frame{Kind: dropbox.Report, Day: dropbox.Today(clock.Now()), Roster: box.Roster.Version, Text: "Something",
		About: "me", Wish: "advice", Readers: []string{"alice"}}, []dropbox.Reader{{ID: "alice", Recipient: alice.Recipient}}, nil, []string{"alice", "bob"})
	must(t, err)
	p.Sending = dropbox.Sending{1, 2, 3}
	return r, p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
