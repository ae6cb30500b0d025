package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"tellbox/keys"
)

func verify(c *call) (any, error) {
	path := c.flags.String("roster", "", "")
	var keyholders list
	c.flags.Var(&keyholders, "keyholders", "")
	if err := c.parseOnly("roster", "keyholders"); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(*path)
	if err != nil {
		return nil, err
	}
	kh, err := openKeyholders(keyholders)
	if err != nil {
		return nil, err
	}
	r, err := keys.OpenRoster(text, kh, c.now)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(c.out, "Vouched for by %s: %d of %d keyholders, and %d are needed.\n",
		strings.Join(r.SignedBy, ", "), len(r.SignedBy), len(kh.Keyholders), kh.Threshold)
	describeRoster(c.out, r)
	return verifiedView{viewRoster(r), true, r.SignedBy, kh.Threshold}, nil
}

func show(c *call) (any, error) {
	path := c.flags.String("roster", "", "")
	if err := c.parseOnly("roster"); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(*path)
	if err != nil {
		return nil, err
	}
	r, err := keys.ParseRoster(text)
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(c.out, "This is what the roster says. Who signed it was not checked; keyholder verify does.")
	describeRoster(c.out, r)
	return viewRoster(r), nil
}

// fingerprint takes its files as arguments or with the flags that other verbs have for them.
func fingerprint(c *call) (any, error) {
	var files list
	for _, name := range []string{"keyholders", "keyholder", "card"} {
		c.flags.Var(&files, name, "")
	}
	rest, err := c.parse()
	if err != nil {
		return nil, err
	}
	files = append(files, rest...)
	if len(files) == 0 {
		return nil, usage("fingerprint needs a file: keyholders, a key's .pub or a card")
	}
	prints := []keyView{}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		views, err := fingerprintsOf(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		prints = append(prints, views...)
	}
	for _, p := range prints {
		fmt.Fprintf(c.out, "%s  %s\n", p.Fingerprint, p.Name)
	}
	return map[string]any{"fingerprints": prints}, nil
}

func fingerprintsOf(text []byte) ([]keyView, error) {
	header, _, _ := bytes.Cut(text, []byte("\n"))
	switch string(header) {
	case "tellbox/1 keyholder":
		k, err := keys.ParseKeyholder(text)
		return []keyView{{k.Name, k.Fingerprint()}}, err
	case "tellbox/1 card":
		card, err := keys.ParseCard(text)
		if err != nil {
			return nil, err
		}
		return []keyView{{card.Name, card.Fingerprint()}}, nil
	}
	kh, err := keys.OpenChain(text)
	if err != nil {
		return nil, err
	}
	return viewKeyholders(kh).Keyholders, nil
}

// What -json prints. Arrays are never null.
type (
	keyView struct {
		Name        string `json:"name"`
		Fingerprint string `json:"fingerprint"`
	}
	keyholdersView struct {
		Box        string    `json:"box"`
		Generation int       `json:"generation"`
		Threshold  int       `json:"threshold"`
		Keyholders []keyView `json:"keyholders"`
	}
	rosterView struct {
		Box        string       `json:"box"`
		Name       string       `json:"name"`
		Generation int          `json:"generation"`
		Version    int          `json:"version"`
		Issued     string       `json:"issued"`
		Expires    string       `json:"expires"`
		Readers    []readerView `json:"readers"`
		Retired    []string     `json:"retired"`
		Lines      []string     `json:"lines"`
	}
	readerView struct {
		ID        string    `json:"id"`
		Role      keys.Role `json:"role"`
		Name      string    `json:"name"`
		Org       string    `json:"org"`
		Statement string    `json:"statement"`
		Languages string    `json:"languages"`
		Card      string    `json:"card"` // fingerprint
	}
	verifiedView struct {
		rosterView
		Valid      bool     `json:"valid"`
		Signatures []string `json:"signatures"` // names
		Threshold  int      `json:"threshold"`
	}
)

func viewKeyholders(kh *keys.Keyholders) keyholdersView {
	v := keyholdersView{Box: fmt.Sprintf("%x", kh.Box), Generation: kh.Generation, Threshold: kh.Threshold}
	for _, k := range kh.Keyholders {
		v.Keyholders = append(v.Keyholders, keyView{k.Name, k.Fingerprint()})
	}
	return v
}

func viewRoster(r *keys.Roster) rosterView {
	v := rosterView{
		Box: fmt.Sprintf("%x", r.Box), Name: r.Name, Generation: r.Generation, Version: r.Version,
		Issued: r.Issued.Format(day), Expires: r.Expires.Format(day),
		Readers: []readerView{}, Retired: append([]string{}, r.Retired...), Lines: []string{},
	}
	for _, p := range r.Readers {
		v.Readers = append(v.Readers, readerView{p.ID, p.Role, p.Name, p.Org, p.Statement, p.Languages, p.Fingerprint()})
	}
	for _, s := range r.Lines {
		v.Lines = append(v.Lines, s.String())
	}
	return v
}

func describeKeyholders(w io.Writer, kh *keys.Keyholders) {
	fmt.Fprintf(w, "Keyholders, generation %d; %d of these %d must sign:\n", kh.Generation, kh.Threshold, len(kh.Keyholders))
	for _, k := range kh.Keyholders {
		fmt.Fprintf(w, "  %s  %s\n", k.Fingerprint(), k.Name)
	}
	fmt.Fprintf(w, "Box %x\n", kh.Box)
}

func describeRoster(w io.Writer, r *keys.Roster) {
	fmt.Fprintf(w, "%s: roster version %d, for keyholders of generation %d\n", r.Name, r.Version, r.Generation)
	fmt.Fprintf(w, "Issued %s, valid through %s (UTC)\nBox %x\n", r.Issued.Format(day), r.Expires.Format(day), r.Box)
	if len(r.Receivers()) == 0 {
		fmt.Fprintln(w, "Nobody reads reports yet.")
	}
	for _, p := range r.Readers {
		what := "reads reports"
		if p.Role == keys.Investigator || p.Role == keys.Adjudicator {
			what = "sees consented exports only"
		}
		fmt.Fprintf(w, "  %s: %s, %s; %s, %s\n", p.ID, p.Name, p.Org, p.Role, what)
		if p.Statement != "" {
			fmt.Fprintf(w, "    %q\n", p.Statement)
		}
		if p.Languages != "" {
			fmt.Fprintf(w, "    reads %s\n", p.Languages)
		}
		fmt.Fprintf(w, "    card %s\n", p.Fingerprint())
	}
	for _, s := range r.Lines {
		fmt.Fprintf(w, "  Support: %s, %s, %s (%s)\n", s.Name, s.Phone, s.Hours, s.Hours.Zone())
	}
	if len(r.Retired) > 0 {
		fmt.Fprintf(w, "  Left, never to come back: %s\n", strings.Join(r.Retired, ", "))
	}
}
