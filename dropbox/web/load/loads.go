package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/droptest"
)

// load is one kind of request. Its sides are measured in turn: the whole server, the bare handler, and perhaps more.
type load struct {
	name  string
	sides func(b *box, whole, bare *server) ([]side, error)
}

var loads = []load{{"send", sendSides}, {"check", checkSides}, {"sync", syncSides}}

// side is one server that is asked in one way.
type side struct {
	*server
	mark []byte // stands in every right answer
	// prepare makes n requests ready, outside the time that is measured; it may give more, or the same ones over and over.
	prepare func(ctx context.Context, n int) (supply, error)
	// then makes the second request out of the first one's answer, if there are two.
	then func(answer []byte) ([]byte, error)
}

// supply gives the i-th request, or nil when they are used up. Many goroutines ask it.
type supply func(i int) []byte

// once gives each request once; some of the servers' forms can be sent only once.
func once(requests [][]byte) supply {
	return func(i int) []byte {
		if i >= len(requests) {
			return nil
		}
		return requests[i]
	}
}

// over gives the same requests over and over.
func over(requests ...[]byte) supply { return func(i int) []byte { return requests[i%len(requests)] } }

func always(s supply) func(context.Context, int) (supply, error) {
	return func(context.Context, int) (supply, error) { return s, nil }
}

const (
	plainText  = "Content-Type: text/plain\r\n"
	urlEncoded = "Content-Type: application/x-www-form-urlencoded\r\n"
)

// sendSides: a report of 2,000 characters, the form already open, answered with the words; and the same with fetching the form.
func sendSides(_ *box, whole, bare *server) ([]side, error) {
	form, err := newReportForm(whole)
	if err != nil {
		return nil, err
	}
	mark := []byte(`id="code"`)
	return []side{
		{server: whole, mark: mark, prepare: func(ctx context.Context, n int) (supply, error) {
			requests, err := fetch(ctx, whole, blankReport, n, form.fill)
			return once(requests), err
		}},
		{server: bare, mark: []byte("ok"), prepare: always(over(request("POST", "/send", plainText, []byte(account))))},
		{server: whole, mark: mark, prepare: always(over(blankReport)), then: func(page []byte) ([]byte, error) { return form.fill(page, 0) }},
	}, nil
}

var blankReport = request("POST", "/report", urlEncoded, []byte("lang=en"))

// reportForm is the request of a filled form. From one blank form to the next only ticket and sending number differ, and not in length.
type reportForm struct {
	request         []byte
	ticket, sending int // where they stand
}

// newReportForm fills in a form as a browser does, with every hidden field.
func newReportForm(s *server) (*reportForm, error) {
	v := droptest.NewVisitor(s.url)
	defer v.Client.CloseIdleConnections()
	start, err := v.Get("/")
	if err != nil {
		return nil, err
	}
	page, err := v.Press(start, "/report")
	if err != nil {
		return nil, err
	}
	blank, err := page.Form("/report/send")
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range blank.With("account", account, "wish", "advice", "about", "me").Values {
		for _, value := range values {
			if err := w.WriteField(name, value); err != nil {
				return nil, err
			}
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	f := &reportForm{request: request("POST", "/report/send", "Content-Type: "+w.FormDataContentType()+"\r\n", body.Bytes())}
	f.ticket, f.sending = bytes.Index(f.request, []byte(blank.Get("ticket"))), bytes.Index(f.request, []byte(blank.Get("sending")))
	if blank.Get("ticket") == "" || blank.Get("sending") == "" {
		return nil, errors.New("the form has no ticket or no sending number")
	}
	return f, nil
}

// fill makes the request of another blank form.
func (f *reportForm) fill(page []byte, _ int) ([]byte, error) {
	ticket, sending := hidden(page, "ticket"), hidden(page, "sending")
	filled := bytes.Clone(f.request)
	if len(ticket) < 64 || len(sending) != 64 {
		return nil, errors.New("a form without ticket or sending number")
	}
	copy(filled[f.ticket:], ticket)
	copy(filled[f.sending:], sending)
	return filled, nil
}

// hidden is the value of the first hidden field of that name.
func hidden(page []byte, name string) string { return between(page, `name="`+name+`" value="`, `"`) }

// fetch gets n blank forms, a few at a time, and fills them in.
func fetch(ctx context.Context, s *server, blank []byte, n int, fill func(page []byte, i int) ([]byte, error)) ([][]byte, error) {
	const visitors = 8
	requests := make([][]byte, n)
	all, ctx := errgroup.WithContext(ctx)
	for first := range visitors {
		all.Go(func() error {
			c, err := dial(ctx, s.addr())
			if err != nil {
				return err
			}
			defer c.conn.Close()
			for i := first; i < n; i += visitors {
				page, err := c.ask(blank)
				if err != nil {
					return fmt.Errorf("fetching a blank form: %w", err)
				}
				if requests[i], err = fill(page, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return requests, all.Wait()
}

// checkSides: the words, in a blank form that is open already, answered with the conversation, in which a reply waits.
func checkSides(b *box, whole, bare *server) ([]side, error) {
	var plain [][]byte
	for _, words := range b.words {
		plain = append(plain, request("POST", "/check", plainText, []byte(words)))
	}
	blank := request("POST", "/check", urlEncoded, []byte("lang=en"))
	fill := func(page []byte, i int) ([]byte, error) {
		ticket := hidden(page, "ticket")
		if ticket == "" {
			return nil, errors.New("a form without ticket")
		}
		fields := url.Values{"ticket": {ticket}, "lang": {"en"}, "code": {b.words[i%len(b.words)]}}
		return request("POST", "/check", urlEncoded, []byte(fields.Encode())), nil
	}
	return []side{
		{server: whole, mark: []byte(`data-from="` + reader + `" data-new="yes"`), prepare: func(ctx context.Context, n int) (supply, error) {
			requests, err := fetch(ctx, whole, blank, n, fill)
			return once(requests), err
		}},
		{server: bare, mark: []byte("ok"), prepare: always(over(plain...))},
	}, nil
}

// syncSides: an advocate's mailbox, page after page from the beginning and then again. That it was handed out is noted the first
// time, which is while requests are prepared: what is measured is reading.
func syncSides(b *box, whole, bare *server) ([]side, error) {
	key := b.Advocates[reader].Signin
	uri := func(cursor string) string {
		return "mail?" + url.Values{"after": {cursor}, "limit": {fmt.Sprint(client.MailPage)}}.Encode()
	}
	signed := func(cursor string) []byte {
		path := dropbox.API + uri(cursor)
		auth := dropbox.SignRequest(reader, key, "GET", path, nil, time.Now(), b.id())
		return request("GET", path, "Authorization: "+auth+"\r\n", nil)
	}
	unsigned := func(cursor string) []byte { return request("GET", "/"+uri(cursor), "", nil) }
	mark := []byte(`"envelope":"`)
	pages := func(s *server, page func(string) []byte) side {
		return side{server: s, mark: mark, prepare: func(ctx context.Context, _ int) (supply, error) { return walk(ctx, s, page, mark) }}
	}
	return []side{pages(whole, signed), pages(bare, unsigned)}, nil
}

// walk goes through a mailbox and gives the requests of all its pages, over and over.
func walk(ctx context.Context, s *server, page func(cursor string) []byte, mark []byte) (supply, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c, err := dial(ctx, s.addr())
	if err != nil {
		return nil, err
	}
	var requests [][]byte
	for cursor := ""; ; {
		r := page(cursor)
		answer, err := c.ask(r)
		if err != nil {
			return nil, fmt.Errorf("fetching mail: %w", err)
		}
		if !bytes.Contains(answer, mark) {
			break
		}
		requests, cursor = append(requests, r), between(answer[max(0, len(answer)-200):], `"next":"`, `"`)
	}
	if len(requests) == 0 {
		return nil, errors.New("fetching mail: none is there")
	}
	return over(requests...), nil
}
