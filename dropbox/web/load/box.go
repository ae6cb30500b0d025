package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tellbox/dropbox"
	"tellbox/dropbox/client"
	"tellbox/dropbox/droptest"
	"tellbox/keys"
)

// people are three readers, and an ombudsperson who gets nothing as long as one of them reads.
var people = []droptest.Person{
	{ID: "alice", Name: "Alice Okafor", Org: "Survivors' Centre North", Role: keys.Advocate},
	{ID: "bob", Name: "Bob Lindqvist", Org: "Law Clinic East", Role: keys.Advocate},
	{ID: "dora", Name: "Dora Haddad", Org: "Survivors' Centre South", Role: keys.Advocate},
	{ID: "carol", Name: "Carol Adeyemi", Org: "Independent", Role: keys.Ombudsperson},
}

const senders = 8 // at a time, while a box is filled

const reader = "alice" // who replies, and whose mail is fetched

// account is 2,000 characters of ordinary words.
var account = strings.Repeat("On Tuesday evening, after the meeting in the large room upstairs, he stayed behind and asked me to stay too. ", 20)[:2000]

// answer is what she finds.
var answer = strings.Repeat("Thank you for telling us. You decide what happens next, and nothing is passed on unless you say so. ", 4)

// box is a box at rest, to be copied for every server that is measured, and the words that open what is in it.
type box struct {
	*droptest.Box
	dir   string
	words []string // of reports with a reply waiting
}

// fill makes a box in dir with that many reports that have a reply, and that many more that have none, all sent through the API.
func fill(ctx context.Context, dir string, replies, reports int) (_ *box, err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	started, err := droptest.Start(dir, droptest.Options{People: people})
	if err != nil {
		return nil, err
	}
	b := &box{Box: started, dir: dir}
	connections := &http.Transport{MaxIdleConnsPerHost: senders}
	defer func() {
		connections.CloseIdleConnections() // else Stop waits for those on which nothing was sent yet
		err = errors.Join(err, b.Stop())
	}()
	c, err := client.New(b.URL, &http.Client{Transport: connections})
	if err != nil {
		return nil, err
	}
	mailbox := c.SignIn(reader, b.Advocates[reader].Signin, b.id(), time.Now)
	var mu sync.Mutex // protects b.words
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(senders)
	for i := range replies + reports {
		all.Go(func() error {
			words, report, err := b.report(ctx, c)
			if err != nil || i >= replies {
				return err
			}
			mu.Lock()
			b.words = append(b.words, words)
			mu.Unlock()
			return b.reply(ctx, mailbox, report)
		})
	}
	return b, all.Wait()
}

func (b *box) id() dropbox.BoxID { return dropbox.BoxID(b.Set.Box) }

// report sends one as cmd/reporter does, and returns her words and what the reader gets.
func (b *box) report(ctx context.Context, c *client.Client) (words string, report *dropbox.Frame, err error) {
	code := dropbox.NewCode()
	p, err := sealReport(code, account, b.id(), b.Roster)
	if err != nil {
		return "", nil, err
	}
	if _, err := c.Send(ctx, p, b.receivers()); err != nil {
		return "", nil, err
	}
	for _, e := range p.To {
		if e.Reader != reader {
			continue
		}
		opened, err := dropbox.Open(e.Sealed, b.Advocates[reader].Identity)
		if err != nil {
			return "", nil, err
		}
		report, err = opened.AsReport(b.id(), reader)
		return code.Words(), report, err
	}
	return "", nil, errors.New("sealing: nothing for the reader")
}

func (b *box) reply(ctx context.Context, m *client.Mailbox, report *dropbox.Frame) error {
	p, err := b.SealReply(reader, report, 1, answer)
	if err != nil {
		return err
	}
	_, err = m.Reply(ctx, p, b.receivers())
	return err
}

func (b *box) receivers() (ids []string) {
	for _, r := range b.Roster.Receivers() {
		ids = append(ids, r.ID)
	}
	return ids
}

// copyTo copies the data folder and what lies beside it, and returns the copy's data folder.
func (b *box) copyTo(dir string) (data string, err error) {
	if err := os.CopyFS(dir, os.DirFS(b.dir)); err != nil {
		return "", fmt.Errorf("copying the box: %w", err)
	}
	return filepath.Join(dir, filepath.Base(b.Dir)), nil
}

// sealReport makes the parcel of a report to all advocates, as the page without script does.
func sealReport(code dropbox.Code, text string, id dropbox.BoxID, roster *keys.Roster) (*dropbox.Parcel, error) {
	var to []dropbox.Reader
	var readers, everyone []string
	for _, r := range roster.Advocates() {
		to, readers = append(to, dropbox.Reader{ID: r.ID, Recipient: r.Recipient}), append(readers, r.ID)
	}
	for _, r := range roster.Readers {
		everyone = append(everyone, r.ID)
	}
	her, err := code.Reporter(id)
	if err != nil {
		return nil, err
	}
	p, err := her.Seal(dropbox.Frame{Kind: dropbox.Report, Day: dropbox.Today(time.Now()), Text: text, About: "me", Wish: "advice",
		Roster: roster.Version, Readers: readers}, to, nil, everyone)
	if err != nil {
		return nil, err
	}
	rand.Read(p.Sending[:])
	p.Digest, p.Keep = dropbox.DigestOf(p.Sending, []byte(text)), 2
	return p, nil
}
