package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/desk"
)

func keygen(c *call) (any, error) {
	id := c.flags.String("id", "", "")
	name := c.flags.String("name", "", "")
	org := c.flags.String("org", "", "")
	if err := c.parseFlags("id", "name", "org"); err != nil {
		return nil, err
	}
	card, err := desk.Keygen(*c.home, *id, *name, *org, func() (string, error) { return c.passphrase(true) })
	if err != nil {
		return nil, err
	}
	path := filepath.Join(*c.home, "card.txt")
	fmt.Fprintf(c.out, "Your keys are in %s.\n\nGive %s to a keyholder; nothing in it is secret.\nThen let them ring you, and read this out. They must see the same:\n\n  %s\n\n",
		*c.home, path, card.Fingerprint())
	fmt.Fprint(c.out, "Then print your recovery sheet, for a safe: advocate sheet. Nobody can replace your key or your passphrase.\n")
	return map[string]string{"id": card.ID, "card": path, "fingerprint": card.Fingerprint()}, nil
}

func join(c *call) (any, error) {
	server := c.flags.String("server", "", "")
	proxy := c.flags.String("proxy", "", "")
	file := c.flags.String("keyholders", "", "")
	if err := c.parseFlags("server", "keyholders"); err != nil {
		return nil, err
	}
	keyholders, err := os.ReadFile(*file)
	if err != nil {
		return nil, err
	}
	d, err := c.open()
	if err != nil {
		return nil, err
	}
	defer d.Close()
	r, err := d.Join(c.network(), *server, *proxy, keyholders)
	if err != nil {
		return nil, err
	}
	result := joined{Box: dropbox.BoxID(r.Box).String(), Name: r.Name, ID: d.ID(), Version: r.Version,
		Expires: r.Expires.Format("2006-01-02"), SignedBy: append([]string{}, r.SignedBy...), Readers: []string{}}
	for _, p := range r.Receivers() {
		result.Readers = append(result.Readers, p.ID)
	}
	showJoined(c.out, r, d.ID())
	return result, nil
}

type joined struct {
	Box      string   `json:"box"`
	Name     string   `json:"name"`
	ID       string   `json:"id"`
	Version  int      `json:"version"`
	Expires  string   `json:"expires"`
	SignedBy []string `json:"signed_by"`
	Readers  []string `json:"readers"`
}

// inbox lists what is on the disk whether the server answers or not; an error says that there may be more.
func inbox(c *call) (any, error) {
	again := c.flags.Bool("again", false, "")
	only := c.flags.String("only", "", "")
	if err := c.parseFlags(); err != nil {
		return nil, err
	}
	if *only != "" && !slices.Contains(desk.Views, *only) {
		return nil, usage("-only is one of %s", strings.Join(desk.Views, ", "))
	}
	d, err := c.open()
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if *again {
		if err := d.Rewind(); err != nil {
			return nil, err
		}
	}
	notices, syncErr := d.Sync(c.network())
	in, err := d.Inbox()
	if err != nil {
		return nil, err
	}
	c.note(notices)
	all := len(in.Cases)
	if *only != "" {
		in.Cases = slices.DeleteFunc(in.Cases, func(l desk.CaseLine) bool { return !l.In(*only) })
	}
	showInbox(c.out, in, all, syncErr == nil)
	return struct {
		desk.Inbox
		Notices []string `json:"notices"`
	}{in, append([]string{}, notices...)}, syncErr
}

func read(c *call) (any, error) {
	id, err := c.parseCase()
	if err != nil {
		return nil, err
	}
	d, err := c.open()
	if err != nil {
		return nil, err
	}
	defer d.Close()
	v, err := d.Read(id)
	if err != nil {
		return nil, err
	}
	showCase(c.out, v)
	return v, nil
}

func forget(c *call) (any, error) {
	unreadable := c.flags.Bool("unreadable", false, "")
	rest, err := c.parse()
	if err != nil {
		return nil, err
	}
	if *unreadable == (len(rest) == 1) {
		return nil, usage("forget takes a case, or -unreadable")
	}
	d, err := c.open()
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if *unreadable {
		n, err := d.ForgetUnreadable(c.network())
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(c.out, "%d deleted, here and in your mailbox.\n", n)
		return map[string]any{"unreadable": n, "local": true, "server": true}, nil
	}
	gone, err := d.Forget(c.network(), rest[0])
	if err != nil {
		return gone, err
	}
	fmt.Fprintf(c.out, "Case %s is deleted, here and in your mailbox, with your notes and the files in its folder. Copies and files that you saved elsewhere,\nand backups of this machine, are not: please delete those yourself.\n", gone.ID)
	return gone, nil
}
