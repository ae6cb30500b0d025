// Package client speaks the API of a drop-box's server ("/api/1/"), for the programs of advocates and reporters.
//
// # What it promises
//
// Nothing secret stands in a URL: locators travel in bodies, and what is sent is a sealed Parcel. The id of a blob does stand in one:
// it is good for a ciphertext. Files pass through in pieces of 1 MiB, and touch no disk here. Redirects are not followed, cookies
// not kept, answers read up to a bound and no further. Plain http goes to loopback and onion addresses only; an onion address
// needs a proxy, which then resolves the name, so that no name server hears of it.
//
// # What it does not promise
//
// It believes nothing of what a server says and neither should its callers: rosters are verified by keys.OpenRoster,
// envelopes and lines by package dropbox, files by File.Open. A server that answers "stored" and stores nothing is not noticed here.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tellbox/dropbox"
)

// Bounds of answers, in bytes. A full page of mail is limited by what the caller asks for, and a box holds 16 MiB of lines.
const (
	maxMail   = 16 << 20
	maxPickup = 24 << 20
	maxRoster = 8 << 20 // two texts of 1 MiB at most, as JSON
	maxSmall  = 64 << 10
	maxError  = 64 << 10
)

// Timeout bounds one exchange as a whole, if a Client says nothing else. It is long because a parcel over Tor is slow; ctx can be shorter.
const Timeout = 10 * time.Minute

// Client is a server. It may be used by many goroutines once its fields are set.
type Client struct {
	Timeout time.Duration         // of one exchange
	Sent    func(done, total int) // is told how many bytes of a body are on their way, however often it begins anew; may be nil

	base string // scheme and host, no slash at the end
	http *http.Client
}

// Dial makes a Client with an HTTP client of its own. proxy is "" or socks5://HOST:PORT. It connects to nothing yet. To the proxy each
// Client has another name, so that Tor does not lead two of them the same way. Errors are *AddressError.
func Dial(base, proxy string) (*Client, error) {
	t := &http.Transport{
		DialContext:           (&net.Dialer{Timeout: time.Minute}).DialContext,
		TLSHandshakeTimeout:   time.Minute,
		ResponseHeaderTimeout: 3 * time.Minute,
		IdleConnTimeout:       time.Minute,
		MaxIdleConnsPerHost:   2,
		DisableCompression:    true,
	}
	if proxy != "" {
		u, err := url.Parse(proxy)
		if err != nil || u.Scheme != "socks5" && u.Scheme != "socks5h" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			return nil, &AddressError{"proxy", "the proxy is not an address like socks5://127.0.0.1:9050"}
		}
		if u.User == nil { // Tor keeps apart, on circuits of their own, whoever gives it different names (IsolateSOCKSAuth)
			u.User = url.UserPassword(rand.Text(), rand.Text())
		}
		t.Proxy = http.ProxyURL(u) // net/http hands names to a SOCKS proxy as they are
	}
	c, err := New(base, &http.Client{Transport: t})
	if err == nil && proxy == "" && isOnion(c.base) {
		return nil, &AddressError{"onion", "an onion address is reached through Tor only"}
	}
	return c, err
}

// New makes a Client of the server at base: http:// or https://, a host, and nothing after it. Redirects and cookies of hc
// are not used. Errors are *AddressError.
func New(base string, hc *http.Client) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" ||
		u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return nil, &AddressError{"server", "the server is not an address like https://box.example"}
	}
	c := &Client{Timeout: Timeout, base: u.Scheme + "://" + u.Host, http: &http.Client{Transport: hc.Transport, Timeout: hc.Timeout}}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if ip := net.ParseIP(u.Hostname()); u.Scheme == "http" && u.Hostname() != "localhost" && !ip.IsLoopback() && !isOnion(c.base) {
		return nil, &AddressError{"http", "plain http:// would show everyone on the way who speaks to this server"}
	}
	return c, nil
}

func isOnion(base string) bool {
	u, err := url.Parse(base)
	return err == nil && strings.HasSuffix(strings.ToLower(u.Hostname()), ".onion")
}

// Base is the server's address, without a slash at the end.
func (c *Client) Base() string { return c.base }

// Roster fetches the signed roster and the keyholders. Nothing of it is verified.
func (c *Client) Roster(ctx context.Context) (dropbox.RosterAnswer, error) {
	var a dropbox.RosterAnswer
	return a, c.do(ctx, "fetching the roster", request{method: http.MethodGet, uri: "roster", limit: maxRoster}, &a)
}

type request struct {
	method      string
	uri         string // below dropbox.API, with its query
	contentType string
	body        []byte
	limit       int64 // of the answer, in bytes
	as          *Mailbox
	part        string                // of what is there: a Range
	sent        func(done, total int) // instead of the client's; may be nil
}

// do carries out r and reads the answer into out, unless that is nil. what begins every error.
func (c *Client) do(ctx context.Context, what string, r request, out any) error {
	if err := c.exchange(ctx, r, out); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (c *Client) exchange(caller context.Context, r request, out any) error {
	ctx, cancel := context.WithTimeout(caller, c.Timeout)
	defer cancel()
	resp, err := c.begin(caller, ctx, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, r.limit+1))
	if err != nil {
		return unreachable(caller, err)
	}
	if int64(len(body)) > r.limit {
		return fmt.Errorf("%w: longer than %d bytes", ErrAnswer, r.limit)
	}
	if out == nil {
		return nil
	}
	return read(body, out)
}

// begin carries out r within ctx, up to the head of an answer that is no refusal.
func (c *Client) begin(caller, ctx context.Context, r request) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, c.base+dropbox.API+r.uri, bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err) // only if the server gave an id or a cursor that fits in no URL
	}
	sent, want := c.Sent, http.StatusOK
	if r.sent != nil {
		sent = r.sent
	}
	if sent != nil && len(r.body) > 0 {
		req.Body = &watched{r: req.Body, total: len(r.body), sent: sent}
		req.GetBody = nil // it would go round what watches
	}
	req.Header.Set("User-Agent", "tellbox/1") // all programs alike, whatever made them
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	if r.part != "" {
		req.Header.Set("Range", r.part)
		want = http.StatusPartialContent
	}
	if r.as != nil {
		req.Header.Set("Authorization", r.as.sign(r.method, req.URL.RequestURI(), r.body))
	}
	resp, err := c.http.Do(req)
	switch {
	case err != nil:
		return nil, unreachable(caller, err)
	case resp.StatusCode == want, resp.StatusCode == http.StatusNoContent && r.part == "":
		return resp, nil
	}
	defer resp.Body.Close()
	if r.part != "" && resp.StatusCode < 300 {
		return nil, fmt.Errorf("%w: no part of a file, where one was asked for", ErrAnswer)
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxError)) // what is missing is only a sentence
	return nil, refusal(resp.StatusCode, body)
}

// watched is a body that says how much of it was read.
type watched struct {
	r           io.ReadCloser
	done, total int
	sent        func(done, total int)
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.r.Read(b)
	if n > 0 {
		w.done += n
		w.sent(w.done, w.total)
	}
	return n, err
}

func (w *watched) Close() error { return w.r.Close() }

// Prompts fetches what the form asks beside the account. The server chooses it.
func (c *Client) Prompts(ctx context.Context) (dropbox.PromptsAnswer, error) {
	var a dropbox.PromptsAnswer
	return a, c.do(ctx, "fetching the questions", request{method: http.MethodGet, uri: "prompts", limit: maxSmall}, &a)
}

// unreachable wraps whatever went wrong on the way, without the URL and without addresses: what is printed may be shown to others. The
// caller's own cancelling stays what it is.
func unreachable(caller context.Context, err error) error {
	if errors.Is(caller.Err(), context.Canceled) {
		return context.Canceled
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	for op, ok := errors.AsType[*net.OpError](err); ok; op, ok = errors.AsType[*net.OpError](err) { // that of a proxy holds another
		err = op.Err
	}
	if name, ok := errors.AsType[*net.DNSError](err); ok {
		err = errors.New(name.Err)
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}
