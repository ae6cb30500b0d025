package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/url"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/dropbox/web"
)

// answer is all that crosses the wire in answer to one request, headers included.
func (w *world) answer(route, kind string, body []byte) []byte {
	w.t.Helper()
	conn := must[net.Conn](w.t)(net.Dial("tcp", strings.TrimPrefix(w.URL, "http://")))
	defer conn.Close()
	fmt.Fprintf(conn, "POST %s%s HTTP/1.1\r\nHost: box\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", dropbox.API, route, kind, len(body), body)
	return must[[]byte](w.t)(io.ReadAll(conn))
}

func (w *world) answerTo(route string, p *dropbox.Parcel) string {
	w.t.Helper()
	var b bytes.Buffer
	mw := multipart.NewWriter(&b)
	if err := p.WriteMultipart(mw, []string{"alice", "bob", "carol"}); err != nil {
		w.t.Fatal(err)
	}
	answer := string(w.answer(route, mw.FormDataContentType(), b.Bytes()))
	if !strings.HasPrefix(answer, "HTTP/1.1 200 OK\r\n") {
		w.t.Fatalf("%s: %q", route, answer)
	}
	return answer
}

func (p *program) pickupAnswer() []byte {
	p.t.Helper()
	return p.answer("pickup", "application/x-www-form-urlencoded", []byte(url.Values{"locator": {p.her.Locator.String()}}.Encode()))
}

// unsure is a store that is told how sure its lines are, and when they end.
type unsure struct {
	web.Store
	whole *bool
	ends  *string
}

func (u unsure) Lines(ctx context.Context, d dropbox.Drop) (dropbox.Lines, error) {
	l, err := u.Store.Lines(ctx, d)
	l.Whole, l.Ends = *u.whole, *u.ends
	return l, err
}

// A pickup's answer is as long with one line as with five, short texts or long, sure or not, whenever it ends; with a sixth it is
// a whole step longer.
func TestPickupAnswersHaveSteps(t *testing.T) {
	whole, ends := true, "2028-W07"
	w := newWorld(t, func(o *droptest.Options) { o.Wrap = func(s web.Store) web.Store { return unsure{s, &whole, &ends} } })
	lengths := map[int]int{} // of answers, by step
	look := func(p *program, lines int) {
		t.Helper()
		answer := p.pickupAnswer()
		var got dropbox.PickupAnswer
		_, body, _ := bytes.Cut(answer, []byte("\r\n\r\n"))
		_, body, _ = bytes.Cut(body, []byte("\r\n")) // the length of the one chunk
		body, _, _ = bytes.Cut(body, []byte("\r\n"))
		if err := json.Unmarshal(body, &got); err != nil || len(got.Lines) != lines || got.Whole != whole || got.Ends != ends {
			t.Fatalf("%d lines, want %d; whole %v, ends %q, %v", len(got.Lines), lines, got.Whole, got.Ends, err)
		}
		if len(body) != dropbox.PickupSize(len(body)) {
			t.Errorf("%d lines: a body of %d bytes, which is no step", lines, len(body))
		}
		if lengths[len(body)] == 0 {
			lengths[len(body)] = len(answer)
		}
		if len(answer) != lengths[len(body)] {
			t.Errorf("%d lines: %d bytes, another of its step has %d", lines, len(answer), lengths[len(body)])
		}
		if want := map[bool]int{true: 128 << 10, false: 256 << 10}[lines <= 5]; len(body) != want {
			t.Errorf("%d lines: a body of %d bytes, want %d", lines, len(body), want)
		}
	}
	for _, text := range []string{"x", strings.Repeat("x", 12_000)} {
		p := w.program()
		w.answerTo("parcel", p.parcel(dropbox.Frame{Kind: dropbox.Report, Text: text, Copy: true}, "alice", "bob"))
		look(p, 1)
		frames := must[[]*dropbox.Frame](t)(w.Reports("alice"))
		must[dropbox.Outcome](t)(w.Reply(t.Context(), "alice", frames[len(frames)-1], 1, text))
		look(p, 2)
		for n := 3; n <= 6; n++ {
			w.answerTo("parcel", p.parcel(dropbox.Frame{Kind: dropbox.Message, Text: text, Copy: true}, "alice"))
			for _, whole = range []bool{true, false} {
				for _, ends = range []string{"2026-W07", "2037-W53"} {
					look(p, n)
				}
			}
		}
	}
	if len(lengths) != 2 {
		t.Errorf("steps %v, want two", lengths)
	}
}

// "Stored", "stored before" and "taken back" have one length, whomever they name.
func TestAnswersHaveOneLength(t *testing.T) {
	w := newWorld(t)
	p := w.program()
	report := p.parcel(dropbox.Frame{Kind: dropbox.Report, Text: "x"}, "alice", "bob")
	first := w.answerTo("parcel", report)
	again := w.answerTo("parcel", report)
	frames := must[[]*dropbox.Frame](t)(w.Reports("alice"))
	message := w.answerTo("parcel", p.parcel(dropbox.Frame{Kind: dropbox.Message, Text: "x"}, "alice"))
	must[dropbox.Outcome](t)(w.Reply(t.Context(), "alice", frames[0], 1, "y"))
	withdrawal := w.answerTo("withdraw", p.parcel(dropbox.Frame{Kind: dropbox.Withdrawn}, "alice", "bob"))
	for name, a := range map[string][2]string{
		"stored before": {again, `{"stored":true,"again":true,"missing":[]} `}, "a message": {message, `{"stored":true,"again":false,"missing":[]} `}, "a withdrawal": {withdrawal, `{"deleted":["bob"],"asked":["alice"]} `},
	} {
		if !strings.Contains(a[0], a[1]) {
			t.Errorf("%s: %q, want %s", name, a[0], a[1])
		}
		if len(a[0]) != len(first) {
			t.Errorf("%s: an answer of %d bytes, a report's has %d", name, len(a[0]), len(first))
		}
	}
}
