package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/terminal"
	"tellbox/keys"
)

// box is a drop-box whose readers the keyholders vouch for.
type box struct {
	*client.Client
	roster     *keys.Roster
	keyholders *keys.Keyholders
	expired    bool
	receivers  []dropbox.Reader // all to whom reports can go
	people     []string         // ids of everyone in the roster

	pinned        bool // something that the server did not say tells who the keyholders are
	unchecked     bool // she knows that nothing does
	recalled, now memory
}

// closed says whether nothing new can be sent to readers.
func (b *box) closed() bool { return b.expired || len(b.receivers) == 0 }

// memory is the file of -remember. It holds nothing of hers.
type memory struct {
	Server string `json:"server"`
	Proxy  string `json:"proxy,omitempty"`
	keys.Pin
}

var errNotPinned = errors.New("nothing says who may vouch for the readers, but the server itself")

// connect fetches the list of readers and believes it by what she brought: the memory of an earlier time, the keyholders file, the
// fingerprints of a poster. With none of these it is for her to compare, or, in a script, refused.
func (c *call) connect() (*box, error) {
	m, err := c.recall()
	if err != nil {
		return nil, err
	}
	var file *keys.Keyholders
	if c.keyholders != "" {
		text, err := os.ReadFile(c.keyholders)
		if err != nil {
			return nil, fmt.Errorf("-keyholders: %w", pathless(err))
		}
		if file, err = keys.OpenChain(text); err != nil {
			return nil, err
		}
	}
	now := memory{Server: cmp.Or(c.server, m.Server), Proxy: cmp.Or(c.proxy, m.Proxy)}
	if now.Server == "" && !c.asks {
		return nil, usage("-server is missing")
	}
	b := &box{recalled: m, now: now}
	if err := c.dial(b); err != nil {
		return nil, err
	}
	if c.asks {
		if b.now.Proxy == "" {
			c.para("You are not using Tor. So this drop-box, and whoever runs your network, can see where you are and that you come here. Ctrl-C stops.")
		}
		c.para("Asking the drop-box who reads there. Through Tor this can take a minute or two. Nothing of yours is sent.")
	}
	b.Timeout, b.now.Server = c.timeout, b.Base()
	var answer dropbox.RosterAnswer
	err = c.patiently("fetching the list of readers", func(ctx context.Context) error {
		answer, err = b.Roster(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := c.believe(b, answer, m, file); err != nil {
		return nil, err
	}
	c.keep(b)
	return b, nil
}

// believe verifies what the server shows, by everything that she brought: each of it must agree.
func (c *call) believe(b *box, a dropbox.RosterAnswer, m memory, file *keys.Keyholders) error {
	from, err := keys.OpenChain([]byte(a.Keyholders)) // whoever made it; its signatures fit one another
	if err != nil {
		return err
	}
	var seen *keys.Roster
	if file != nil {
		from, b.pinned = file, true
		if _, err := keys.Follow(file, []byte(a.Keyholders)); err != nil {
			return err
		}
	}
	if m.Keyholders != "" {
		b.pinned = true
		if from, err = m.Pinned(); err != nil {
			return fmt.Errorf("-remember: %w", err)
		}
		if seen, err = m.Seen(); err != nil {
			return fmt.Errorf("-remember: %w", err)
		}
	}
	if err := c.adopt(b, from, seen, a); err != nil {
		return err
	}
	if len(c.fingerprints) > 0 {
		b.pinned = true
		return c.onPoster(b)
	}
	return nil
}

// adopt verifies what the server shows from the keyholders from on, and makes it the box's.
func (c *call) adopt(b *box, from *keys.Keyholders, seen *keys.Roster, a dropbox.RosterAnswer) error {
	pin, roster, err := keys.Accept(from, seen, []byte(a.Keyholders), []byte(a.Roster), c.now())
	expired := errors.Is(err, keys.ErrExpired)
	if err != nil && !expired {
		return err
	}
	if b.keyholders, err = pin.Pinned(); err != nil {
		return err
	}
	b.now.Pin, b.roster, b.expired, b.receivers, b.people = pin, roster, expired, nil, nil
	for _, p := range roster.Receivers() {
		b.receivers = append(b.receivers, readerOf(p))
	}
	for _, p := range roster.Readers {
		b.people = append(b.people, p.ID)
	}
	return nil
}

// onPoster holds the keyholders to the numbers of a poster: all of these, and no others. A poster does not say how many of them have to
// sign, so it must be more than half.
func (c *call) onPoster(b *box) error {
	want, got := []string{}, []string{}
	for _, f := range c.fingerprints {
		want = append(want, digits(f))
	}
	for _, k := range b.keyholders.Keyholders {
		got = append(got, digits(k.Fingerprint()))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(slices.Compact(want), got) {
		return fmt.Errorf("comparing with -fingerprint: %w", keys.ErrOtherKeyholders)
	}
	return b.byMost()
}

// byMost wants every list of readers, this one and later ones, to need more than half of the keyholders. Numbers alone do not say how many
// have to sign: a server could show the right people and say that one of them is enough.
func (b *box) byMost() error {
	if k := b.keyholders; 2*k.Threshold <= len(k.Keyholders) {
		return fmt.Errorf("%w: %d of %d are to be enough, and by fingerprints alone more than half must sign", keys.ErrTooFewSignatures, k.Threshold, len(k.Keyholders))
	}
	return nil
}

// digits are those of a fingerprint, however its groups are written.
func digits(fingerprint string) string {
	return strings.ToLower(strings.Join(strings.FieldsFunc(fingerprint, func(r rune) bool { return r == ' ' || r == '-' || r == ':' }), ""))
}

// vouched wants to know who vouches from somebody else than the server, before anything of hers is sealed.
func (c *call) vouched(b *box) error {
	switch {
	case b.pinned, b.unchecked:
		return nil
	case !c.asks:
		return errNotPinned
	}
	if err := c.compare(b); err != nil {
		return err
	}
	c.keep(b)
	return nil
}

// recall reads the file of -remember, if it is there.
func (c *call) recall() (m memory, err error) {
	if c.remember == "" {
		return m, nil
	}
	text, err := os.ReadFile(c.remember)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		if err = json.Unmarshal(text, &m); err != nil || m.Keyholders == "" || m.Roster == "" {
			err = fmt.Errorf("-remember: %w: this file is not one that reporter made", keys.ErrFormat)
		}
	}
	return m, err
}

// keep writes what is new into the file of -remember; never what nobody but the server said. If it cannot, it says so: that is no reason not
// to send.
func (c *call) keep(b *box) {
	if c.remember == "" || b.recalled == b.now || !b.pinned {
		return
	}
	if err := b.now.write(c.remember); err != nil {
		c.note("what is new cannot be remembered (-remember: %v)", pathless(err))
		return
	}
	b.recalled = b.now
}

// write puts it into a file, in the place of what was there.
func (m memory) write(path string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".tellbox-*") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// reader is somebody of the roster by id.
func (b *box) reader(id string) string {
	if p, ok := b.roster.Reader(id); ok {
		return p.Name
	}
	return id
}

// names are those of readers by id, in a row, as a terminal can show them.
func (b *box) names(ids []string) string {
	var names []string
	for _, id := range ids {
		names = append(names, b.reader(id))
	}
	return terminal.Visible(strings.Join(names, ", "))
}

// readerOf is somebody of the roster, to seal to.
func readerOf(p keys.Reader) dropbox.Reader { return dropbox.Reader{ID: p.ID, Recipient: p.Recipient} }
