package main

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"tellbox/dropbox"
	"tellbox/dropbox/droptest"
	"tellbox/keys"
)

// loose is a list of keyholders that a lying server made up: the people of the poster, but one of them is enough.
func (h *here) loose() *keys.Keyholders {
	h.Helper()
	set, err := keys.NewKeyholders(h.box.Set.Box, 1, h.box.Set.Keyholders)
	h.must(err)
	return set
}

// alone signs a list of readers with the one key of Ana, who is dishonest.
func (h *here) alone(r *keys.Roster) string {
	h.Helper()
	signed, err := keys.Sign([]byte(r.Text()), h.box.Keyholders[0].Signer())
	h.must(err)
	return string(signed)
}

func (h *here) liar() *droptest.Liar {
	h.Helper()
	l, err := droptest.NewLiar(h.box)
	h.must(err)
	h.Cleanup(func() { l.Close() })
	return l
}

func (h *here) poster() (args []string) {
	for _, k := range h.box.Set.Keyholders {
		args = append(args, "-fingerprint", k.Fingerprint())
	}
	return args
}

func (l *lie) to(t *testing.T, server *droptest.Liar) {
	t.Helper()
	body, err := json.Marshal(dropbox.RosterAnswer{Keyholders: l.keyholders, Roster: l.roster})
	if err != nil {
		t.Fatal(err)
	}
	server.Say("roster", http.StatusOK, string(body))
}

type lie struct{ keyholders, roster string }

// One keyholder and the server together show the poster's numbers, and say that one signature is enough. Numbers alone do not let them.
func TestOneKeyholderAndThePoster(t *testing.T) {
	h, server := setUp(t), ""
	l := h.liar()
	server = l.URL
	both := lie{h.loose().Text(), string(h.box.Signed)} // signed by two, as it should be; the next one need not be
	(&lie{h.loose().Text(), h.alone(h.box.Roster)}).to(t, l)

	code, out, errs := h.start(true, strings.Join(append([]string{"1"}, append(asked("Something"), "1", "", "")...), "\n")+"\n", "send", "-server", server)
	if code != 1 || !strings.Contains(errs, "more than half") || len(l.Arrived("parcel")) != 0 {
		t.Errorf("comparing: exit %d, %s%s", code, out, errs)
	}
	for _, what := range []lie{both, {h.loose().Text(), h.alone(h.box.Roster)}} {
		what.to(t, l)
		memory := h.dir + "/memory"
		code, out, errs = h.start(false, "Something", slices.Concat([]string{"send", "-server", server, "-remember", memory, "-json"}, h.poster())...)
		if code != 1 || !strings.Contains(out, "too-few-signatures") || len(l.Arrived("parcel")) != 0 {
			t.Errorf("-fingerprint: exit %d, %s%s", code, out, errs)
		}
	}
}

// A list that had ended when she began to write is current when she sends: then she compares before anything goes to readers.
func TestExpiredListComesBackUnvouched(t *testing.T) {
	h := setUp(t)
	l := h.liar()
	h.clock.Add(60 * 24 * 3600e9) // it has ended
	next := *h.box.Roster
	h.must(next.Renew(h.clock.Now().AddDate(0, 0, 30), 1, h.clock.Now()))
	l.Lie("parcel", func(w http.ResponseWriter, _ *http.Request) {
		signed := []byte(next.Text())
		for _, k := range h.box.Keyholders[:2] {
			var err error
			signed, err = keys.Sign(signed, k.Signer())
			h.must(err)
		}
		(&lie{string(h.box.Chain), string(signed)}).to(t, l)
		w.WriteHeader(422)
		w.Write([]byte(`{"error":"readers-changed","message":"x"}`))
	})
	lines := []string{"yes", "4", "s", "Something", ".", "", "1", // a record, sent: the list has changed
		"4", "1", "", "no", "1", "2"} // advice then, nobody ruled out, no copy; send; no, they are not those of the poster
	code, out, errs := h.start(true, strings.Join(lines, "\n")+"\n", "send", "-server", l.URL)
	if code != 1 || !strings.Contains(out, "Are they the same?") || len(l.Arrived("parcel")) != 1 {
		t.Errorf("exit %d, %d parcels\n%s%s", code, len(l.Arrived("parcel")), out, errs)
	}
}

// The list changes while she writes: the newer one is remembered, so that no later run takes the older.
func TestNewerListIsRemembered(t *testing.T) {
	h := setUp(t)
	memory := h.dir + "/memory"
	words := h.script(0, "Something", "send", "-remember", memory).Code
	l := h.liar()
	l.Lie("pickup", func(w http.ResponseWriter, r *http.Request) {
		status, body := l.Forward(r)
		h.must(h.box.Add(dora))
		h.must(h.box.Install(t.Context()))
		l.Honest()
		w.WriteHeader(status)
		w.Write(body)
	})
	code, out, errs := h.start(false, words+"\nMore", "message", "-server", l.URL, "-remember", memory, "-code-file", "-", "-json")
	text, err := os.ReadFile(memory)
	h.must(err)
	if code != 0 || !strings.Contains(string(text), "reader dora") {
		t.Errorf("exit %d, %s%s; dora is not remembered", code, out, errs)
	}
}
