package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/keys"
)

var (
	errNoReader      = errors.New("nobody is left to read this")
	errUnknownReader = errors.New("somebody to be left out is not on the list of readers")
	errChoice        = errors.New("there is no such choice")
)

// draft is a report before it is sealed.
type draft struct {
	text, wish, about string
	answers           []dropbox.Prompt
	exclude           []string
	copy              bool
	files             []*attachment
}

// sent is what became of it.
type sent struct {
	Code    string   `json:"code"`
	Readers []string `json:"readers"`
	Record  bool     `json:"record"`

	Files   []sentFile `json:"files,omitempty"`
	Missing []int      `json:"missing,omitempty"` // of those: they did not arrive, and have to be sent again
}

func send(c *call) (any, error) {
	d := &draft{wish: c.choice, about: c.about, exclude: c.exclude, copy: c.copy}
	var err error
	if d.text, _, err = c.written(); err != nil {
		return nil, err
	}
	if d.answers, err = c.readAnswers(); err != nil {
		return nil, err
	}
	if d.wish == "" && !c.asks {
		d.wish = "advice"
	}
	if d.files, err = c.attached(); err != nil {
		return nil, err
	}
	if err := d.check(); err != nil && (!c.asks || errors.Is(err, errChoice)) { // a text can still be mended
		return nil, err
	}
	b, err := c.connect()
	if err != nil {
		return nil, err
	}
	if _, _, err := b.audience(d.exclude); errors.Is(err, errUnknownReader) {
		return nil, err
	}
	if c.asks {
		return c.sendAsking(b, d)
	}
	if err := c.vouched(b); err != nil {
		return nil, err
	}
	c.noteFiles(d.files)
	s, err := d.seal(c, b)
	if err != nil {
		return nil, err
	}
	if s.missing, err = c.give(b, s.parcel); err != nil {
		if !errors.Is(err, errUndelivered) {
			return nil, err
		}
		c.showUndelivered(s.code)
		return s.result(d), err
	}
	c.showSent(b, d, s)
	return s.result(d), nil
}

// check finds what is wrong with it as far as that does not depend on who reads.
func (d *draft) check() error {
	if d.wish != "" && !slices.Contains(dropbox.Wishes, d.wish) {
		return fmt.Errorf("-wish: %w; there are %s", errChoice, strings.Join(dropbox.Wishes, ", "))
	}
	if d.about != "" && !slices.Contains(dropbox.Abouts, d.about) {
		return fmt.Errorf("-about: %w; there are %s", errChoice, strings.Join(dropbox.Abouts, ", "))
	}
	f := dropbox.Frame{Wish: d.wish, Text: d.text, Prompt: d.answers}
	return f.CheckAccount()
}

// audience is who gets what she sends now, and whom she struck off: nobody whom the list does not name.
func (b *box) audience(exclude []string) (to []dropbox.Reader, struckOff []string, err error) {
	struckOff = slices.Compact(slices.Sorted(slices.Values(exclude)))
	for _, id := range struckOff {
		if _, ok := b.roster.Reader(id); !ok {
			return nil, nil, errUnknownReader
		}
	}
	for _, p := range b.roster.ReadersBut(struckOff) {
		to = append(to, readerOf(p))
	}
	if len(to) == 0 {
		return nil, struckOff, errNoReader // which is no obstacle to a record, whose list counts when it is shared
	}
	return to, struckOff, nil
}

// sealed is a report that waits to be stored: whatever happens on the way, it is these bytes and no others.
type sealed struct {
	code   dropbox.Code
	to     []dropbox.Reader
	parcel *dropbox.Parcel

	missing []dropbox.BlobID // of its files, once it is stored
}

func (s *sealed) result(d *draft) *sent {
	return &sent{s.code.Words(), append([]string{}, dropbox.IDs(s.to)...), len(s.to) == 0, sentFiles(d.files), missed(d.files, s.missing)}
}

// seal sends the files, makes new words, and seals the report to its readers and to them. What is wrong is found before anything is sent.
func (d *draft) seal(c *call, b *box) (*sealed, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	record := d.wish == dropbox.Record
	if b.expired && !record {
		return nil, fmt.Errorf("sending: %w: on %s", keys.ErrExpired, dropbox.Today(b.roster.Expires))
	}
	s := &sealed{code: dropbox.NewCode()}
	to, struckOff, err := b.audience(d.exclude)
	if err != nil && !(record && errors.Is(err, errNoReader)) {
		return nil, err
	}
	if !record {
		s.to = to
	}
	files, err := c.upload(b, d.files)
	if err != nil {
		return nil, err
	}
	f := dropbox.Frame{Kind: dropbox.Report, Day: dropbox.Today(c.now()), Roster: b.roster.Version, Text: d.text, About: d.about, Wish: d.wish,
		Prompt: d.answers, Readers: dropbox.IDs(s.to), StruckOff: struckOff, Copy: d.copy || record, Files: files}
	her, err := s.code.Reporter(b.roster.Box)
	if err != nil {
		return nil, err
	}
	if s.parcel, err = her.Seal(f, s.to, nil, b.people); err != nil {
		return nil, err
	}
	s.parcel.Sending = newSending()
	return s, nil
}

func newSending() (n dropbox.Sending) {
	rand.Read(n[:])
	return n
}

// sendAsking leads a person through it. Nothing is sent before she says so, and no refusal costs her the text.
func (c *call) sendAsking(b *box, d *draft) (any, error) {
	if _, _, err := b.audience(d.exclude); errors.Is(err, errUnknownReader) { // before she writes
		return nil, err
	}
	if err := c.begin(b); err != nil {
		return nil, err
	}
	if err := c.compose(b, d); err != nil {
		return nil, err
	}
	for {
		if err := c.review(b, d); err != nil {
			return nil, err
		}
		if d.wish != dropbox.Record { // a list that had ended when she began may be current by now
			if err := c.vouched(b); err != nil {
				return nil, err
			}
		}
		c.para("Please keep this window open until you have your words.")
		s, err := d.seal(c, b)
		if ofFile(err) {
			alone, stop := c.alone(err, d.text)
			if stop != nil {
				return nil, stop
			}
			if !alone {
				continue
			}
			d.files = nil
			s, err = d.seal(c, b)
		}
		if err == nil {
			s.missing, err = c.give(b, s.parcel)
		}
		for errors.Is(err, errUndelivered) {
			c.showUndelivered(s.code)
			if _, stop := c.ask("Press Enter to try again; it is not sent twice. Ctrl-D stops: "); stop != nil {
				return s.result(d), err
			}
			s.missing, err = c.give(b, s.parcel)
		}
		if err == nil {
			c.showSent(b, d, s)
			if err = c.keepWords(s.code); err == nil {
				c.tellMissed(d.files, missed(d.files, s.missing)) // which no cleared screen hides
			}
			return s.result(d), err
		}
		c.unsent(err, stillHere)
		if client.Refused(err, "readers-changed") {
			if err := c.refresh(b); err != nil { // those whom she has seen stay her readers
				c.unsent(err, stillHere)
				continue
			}
			c.showReaders(b)
		}
	}
}
