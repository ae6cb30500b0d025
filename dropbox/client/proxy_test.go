package client

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
)

// The proxy gets the name of an onion service, not an address: no name server ever hears of it.
func TestProxyResolves(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"roster":"r","keyholders":"k"}`) }))
	defer server.Close()
	proxy, err := droptest.NewProxy(map[string]string{"abcd.onion": server.Listener.Addr().String()})
	must(t, err)
	defer proxy.Close()
	c, err := Dial("http://abcd.onion", proxy.URL)
	must(t, err)
	a, err := c.Roster(t.Context())
	if all := proxy.Passages(); err != nil || a.Roster != "r" || len(all) != 1 || !all[0].Named || all[0].Asked != "abcd.onion:80" {
		t.Errorf("the proxy was asked for %v; %+v, %v", all, a, err)
	}
}

// Tor leads what bears one name one way, and what bears another on circuits of its own: so no two runs of a program have the same, and none
// has a name that tells anything.
func TestEachClientHasItsOwnCircuits(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		io.WriteString(w, `{"roster":"r","keyholders":"k"}`)
	}))
	defer server.Close()
	proxy, err := droptest.NewProxy(map[string]string{"abcd.onion": server.Listener.Addr().String()})
	must(t, err)
	defer proxy.Close()
	for range 2 {
		c, err := Dial("http://abcd.onion", proxy.URL)
		must(t, err)
		for range 2 {
			_, err = c.Roster(t.Context())
			must(t, err)
		}
	}
	all := proxy.Passages()
	if len(all) != 4 || len(all[0].User) < 40 || all[0].User != all[1].User || all[2].User != all[3].User || all[0].User == all[2].User {
		t.Errorf("the proxy saw %+v", all)
	}
	given, err := Dial("http://abcd.onion", strings.Replace(proxy.URL, "://", "://me:too@", 1))
	must(t, err)
	_, err = given.Roster(t.Context())
	must(t, err)
	if last := proxy.Passages()[4]; last.User != "me:too" {
		t.Errorf("a name that was given is %q", last.User)
	}
}

// Whatever she sends, whatever it is asked of the server, and whomever it goes to: one length, head and body.
func TestRequestsHaveOneLength(t *testing.T) {
	clock := droptest.NewClock()
	box, err := droptest.Start(t.TempDir(), droptest.Options{Now: clock.Now})
	must(t, err)
	defer box.Stop()
	proxy, err := droptest.NewProxy(map[string]string{"abcd.onion": strings.TrimPrefix(box.URL, "http://")})
	must(t, err)
	defer proxy.Close()
	readers := []string{"alice", "bob", "carol"}
	r, p := report(t, box, clock)
	withdrawal, err := r.Seal(dropbox.Frame{Kind: dropbox.Withdrawn, Day: dropbox.Today(clock.Now()), Roster: box.Roster.Version}, nil, &dropbox.Conversation{}, readers)
	must(t, err)
	withdrawal.Sending = dropbox.Sending{3}
	for _, send := range []func(*Client) error{
		func(c *Client) error { _, err := c.Send(t.Context(), p, readers); return err },
		func(c *Client) error { _, err := c.Withdraw(t.Context(), withdrawal, readers); return err },
	} {
		c, err := Dial("http://abcd.onion", proxy.URL)
		must(t, err)
		must(t, send(c))
	}
	all := proxy.Passages()
	if len(all) != 2 || len(all[0].Sent) != len(all[1].Sent) || len(all[0].Got) != len(all[1].Got) {
		t.Errorf("a report took %d bytes and was answered with %d, taking it back %d and %d", len(all[0].Sent), len(all[0].Got), len(all[1].Sent), len(all[1].Got))
	}
}
