package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// Sizes that the operator cannot have meant are refused before anything is opened.
func TestServeFileSizes(t *testing.T) {
	b := newBox(t)
	for _, size := range []string{"500", "1023K", "4G", "3073M"} {
		if out, errs := b.run(2, "serve", "-data", b.data, "-listen", "127.0.0.1:0", "-max-file", size); !strings.Contains(errs, "-max-file takes 1M to 3G") || out != "" {
			t.Errorf("%s: got %q, %q", size, out, errs)
		}
	}
	stopped, stop := context.WithCancel(b.Context())
	stop()
	for _, size := range []string{"1M", "500M", "3G"} {
		var out, errs bytes.Buffer
		if code := run(stopped, []string{"serve", "-data", b.data, "-listen", "127.0.0.1:0", "-max-file", size}, &out, &errs); code != 0 {
			t.Errorf("%s: exit %d, %s", size, code, &errs)
		}
	}
}

// The operator names the languages of the pages; one that is none stops the server before it listens, and says what there is.
func TestServeLanguages(t *testing.T) {
	b := newBox(t)
	args := []string{"serve", "-data", b.data, "-listen", "127.0.0.1:0", "-languages"}
	out, errs := b.run(1, append(args, "en,tlh")...)
	if !strings.Contains(errs, `error: -languages: no such language: "tlh"; there are en`) || !strings.Contains(errs, "hint: ") || out != "" {
		t.Errorf("got %q, %q", out, errs)
	}
	stopped, stop := context.WithCancel(b.Context())
	stop()
	for _, languages := range []string{"", "en", "en, en,"} {
		var out, errs bytes.Buffer
		if code := run(stopped, append(args, languages), &out, &errs); code != 0 || !strings.HasPrefix(out.String(), "listening http://127.0.0.1:") {
			t.Errorf("-languages %q: exit %d, %s%s", languages, code, &out, &errs)
		}
	}
}
