package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// caller is a client on one connection that stays open. It costs the processors, which it shares with the servers, as little as it can:
// requests are ready-made bytes, and answers are not looked at but for their status and a mark.
type caller struct {
	conn net.Conn
	in   *bufio.Reader
	body bytes.Buffer
}

// dial connects; the connection ends with ctx.
func dial(ctx context.Context, addr string) (*caller, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	return &caller{conn: conn, in: bufio.NewReaderSize(conn, 32<<10)}, nil
}

// patience is how long an answer may take before its request has failed.
const patience = 30 * time.Second

// ask sends a request and returns the answer's body, which the next one overwrites.
func (c *caller) ask(request []byte) ([]byte, error) {
	c.conn.SetDeadline(time.Now().Add(patience))
	if _, err := c.conn.Write(request); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	c.body.Reset()
	if _, err := c.body.ReadFrom(resp.Body); err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d %s", resp.StatusCode, problem(c.body.Bytes()))
	}
	return c.body.Bytes(), nil
}

// problem is the token of a refusal, on a page or of the API.
func problem(body []byte) string {
	return between(body, `data-error="`, `"`) + between(body, `{"error":"`, `"`)
}

// between is the first text in body that stands between two others, or "".
func between(body []byte, before, after string) string {
	_, rest, ok := bytes.Cut(body, []byte(before))
	text, _, ok2 := bytes.Cut(rest, []byte(after))
	if !ok || !ok2 {
		return ""
	}
	return string(text)
}

// request is a whole HTTP request with a body.
func request(method, path, header string, body []byte) []byte {
	return append(fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%sContent-Length: %d\r\n\r\n", method, path, header, len(body)), body...)
}

// burst is what came of many requests.
type burst struct {
	rate   float64 // successful ones a second
	cpu    float64 // seconds of processor time that the server spent on one; 0 if not known
	failed int
	fault  error // the first
}

// maxFailed is after how many failures a burst is given up.
const maxFailed = 100

// fire makes requests on all connections at once, for as long as length or until supply is used up, at least one on
// each, and waits for the last answer.
func fire(ctx context.Context, s side, supply supply, connections int, length time.Duration) (*burst, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // closes the connections
	callers := make([]*caller, connections)
	for i := range callers {
		var err error
		if callers[i], err = dial(ctx, s.addr()); err != nil {
			return nil, err
		}
	}
	var next, done, failed atomic.Int64
	var fault sync.Once
	var wg sync.WaitGroup
	b, spent, begin := &burst{}, s.cpu(), time.Now()
	for _, c := range callers {
		wg.Go(func() {
			for first := true; first || time.Since(begin) < length && failed.Load() < maxFailed; first = false {
				r := supply(int(next.Add(1) - 1))
				if r == nil {
					return
				}
				err := s.exchange(c, r)
				if err == nil {
					done.Add(1)
					continue
				}
				failed.Add(1)
				fault.Do(func() { b.fault = err })
				c.conn.Close()
				if again, err := dial(ctx, s.addr()); err == nil {
					c = again
				}
			}
		})
	}
	wg.Wait()
	b.rate, b.failed = float64(done.Load())/time.Since(begin).Seconds(), int(failed.Load())
	b.cpu = (s.cpu() - spent).Seconds() / float64(max(1, done.Load()))
	return b, ctx.Err()
}

// exchange is one request and, where there is a second step, the one that follows from its answer.
func (s side) exchange(c *caller, request []byte) error {
	answer, err := c.ask(request)
	if err == nil && s.then != nil {
		if request, err = s.then(answer); err == nil {
			answer, err = c.ask(request)
		}
	}
	if err == nil && !bytes.Contains(answer, s.mark) {
		err = fmt.Errorf("an answer without %s", s.mark)
	}
	return err
}
