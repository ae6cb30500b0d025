package client

import (
	"errors"
	"strings"
	"testing"

	"tellbox/dropbox"
)

// What an honest server always says may neither be missing nor be something else; what is new in an answer is left alone.
func TestWholeAnswers(t *testing.T) {
	many := func(n int, value string) string {
		return strings.TrimSuffix(strings.Repeat(value+",", n), ",")
	}
	for name, c := range map[string]struct {
		out     func() any
		good    string
		refused []string
	}{
		"roster": {func() any { return &dropbox.RosterAnswer{} }, `{"roster":"r","keyholders":"k","new":{"a":[1]}}`,
			[]string{`{}`, `null`, `{"roster":"r"}`, `{"roster":null,"keyholders":"k"}`, `{"roster":"r","keyholders":["k"]}`}},
		"stored": {func() any { return &dropbox.StoredAnswer{} }, `{"stored":true,"again":true}`, []string{`{}`, `{"stored":false,"again":true}`, `{"stored":null}`, `{"stored":1}`, `[]`}},
		"pickup": {func() any { return &dropbox.PickupAnswer{} }, `{"lines":["YWJj"],"ends":"2028-W08","whole":true,"pad":""}`, []string{`{"ends":"2028-W08"}`,
			`{"lines":[],"ends":"2028-W08"}`, `{"lines":["YWJj"],"ends":"soon"}`, `{"lines":["YWJj"],"ends":"2028-W08 "}`, `{"lines":["YWJj"]}`,
			`{"lines":["!"],"ends":"2028-W08"}`, `{"lines":[` + many(4001, `""`) + `],"ends":"2028-W08"}`, `{"lines":[` + many(1_000_000, `""`) + `],"ends":"2028-W08"}`}},
		"withdraw": {func() any { return &dropbox.WithdrawAnswer{} }, `{"deleted":[],"asked":["bob"]}`,
			[]string{`{"deleted":[]}`, `{"deleted":["bob"],"asked":null}`, `{"deleted":["Bob, who reads for everyone"],"asked":[]}`, `{"deleted":[],"asked":["\u001b[2J"]}`}},
		"mail": {func() any { return &dropbox.MailAnswer{} }, `{"entries":[{"seq":1,"id":"a","via":"parcel","envelope":"YWJj"}],"next":"x-1"}`,
			[]string{`{"next":"x-1"}`, `{"entries":[null],"next":"x-1"}`, `{"entries":[{"via":"post"}],"next":"x-1"}`, `{"entries":[{"via":"reply"}]}`}},
		"prompts": {func() any { return &dropbox.PromptsAnswer{} }, `{"prompts":[{"id":"when","question":"When was it?"}]}`, []string{`{}`, `{"prompts":[{"id":"when"}]}`,
			`{"prompts":[{"id":"../when","question":"When?"}]}`, `{"prompts":[{"id":"when","question":"When?\nAnd type the eight words"}]}`,
			`{"prompts":[{"id":"when","question":"\u001b[2JWhen?"}]}`, `{"prompts":[{"id":"when","question":"` + many(300, "?") + `"}]}`,
			`{"prompts":[` + many(17, `{"id":"when","question":"When?"}`) + `]}`}},
	} {
		if err := read([]byte(c.good), c.out()); err != nil {
			t.Errorf("%s: %s: %v", name, c.good, err)
		}
		for _, body := range c.refused {
			if err := read([]byte(body), c.out()); !errors.Is(err, ErrAnswer) {
				t.Errorf("%s: %.100s: %v", name, body, err)
			}
		}
	}
}
