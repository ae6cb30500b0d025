package droptest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"filippo.io/age"

	"tellbox/dropbox"
)

// Clock is a clock that tests set. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex // protects now
	now time.Time
}

// NewClock starts at noon of a day well inside every lifetime.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 2, 11, 12, 0, 0, 0, time.UTC)} }

// Now is the time it shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Add moves it.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Request sends a request as an advocate signs it, with now as her clock, and returns status and body.
func (b *Box) Request(id, method, uri, kind string, body []byte, now time.Time) (int, []byte, error) {
	r, err := http.NewRequest(method, b.URL+uri, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("Authorization", dropbox.SignRequest(id, b.Advocates[id].Signin, method, uri, body, now, dropbox.BoxID(b.Set.Box)))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// Mail fetches all of a reader's mail.
func (b *Box) Mail(id string) ([]dropbox.MailEntry, error) {
	var all []dropbox.MailEntry
	cursor := ""
	for {
		status, body, err := b.Request(id, "GET", dropbox.API+"mail?limit=100&after="+cursor, "", nil, b.options.Now())
		if err != nil {
			return nil, err
		}
		var answer dropbox.MailAnswer
		if err := json.Unmarshal(body, &answer); err != nil || status != http.StatusOK {
			return nil, fmt.Errorf("fetching mail: status %d: %w", status, err)
		}
		if len(answer.Entries) == 0 {
			return all, nil
		}
		all, cursor = append(all, answer.Entries...), answer.Next
	}
}

// Reports fetches a reader's mail and opens what are reports to her.
func (b *Box) Reports(id string) (reports []*dropbox.Frame, err error) {
	mail, err := b.Mail(id)
	if err != nil {
		return nil, err
	}
	for _, m := range mail {
		o, err := dropbox.Open(m.Envelope, b.Advocates[id].Identity)
		if err != nil {
			return nil, fmt.Errorf("opening mail of %s: %w", id, err)
		}
		if f, err := o.AsReport(dropbox.BoxID(b.Set.Box), id); err == nil {
			reports = append(reports, f)
		}
	}
	return reports, nil
}

// Reply answers a report as its reader does, with files whose blobs are on the server.
func (b *Box) Reply(ctx context.Context, id string, report *dropbox.Frame, count int, text string, files ...dropbox.File) (dropbox.Outcome, error) {
	p, err := b.SealReply(id, report, count, text, files...)
	if err != nil {
		return 0, err
	}
	return b.Store.Reply(ctx, id, p)
}

// SealReply makes the parcel of a reply.
func (b *Box) SealReply(id string, report *dropbox.Frame, count int, text string, files ...dropbox.File) (*dropbox.Parcel, error) {
	her, err := age.ParseHybridRecipient(report.Recipient)
	if err != nil {
		return nil, err
	}
	var others []dropbox.Reader
	for _, r := range report.Readers {
		if p, ok := b.Roster.Reader(r); ok && r != id {
			others = append(others, dropbox.Reader{ID: r, Recipient: p.Recipient})
		}
	}
	sender := dropbox.Sender{ID: id, Key: report.Key, Consent: report.Consent, SignIn: b.Advocates[id].Signin}
	f := dropbox.Frame{Box: report.Box, Drop: report.Drop, Day: dropbox.Today(b.options.Now()), Count: count, Seen: report.Count, Text: text, Files: files}
	p, err := sender.SealReply(f, her, others)
	if err != nil {
		return nil, err
	}
	rand.Read(p.Sending[:])
	p.SetDigest()
	return p, nil
}

// Step carries out a step of casework as a reader of a case does: f says what, others besides her get it. report is what he knows the case by. Of
// somebody who was added, its key is dropbox.AddedKey, and f names the chain.
func (b *Box) Step(ctx context.Context, id string, report *dropbox.Frame, f dropbox.Frame, others ...string) error {
	her, err := age.ParseHybridRecipient(report.Recipient)
	if err != nil {
		return err
	}
	var to []dropbox.Reader
	for _, other := range others {
		p, _ := b.Roster.Reader(other)
		to = append(to, dropbox.Reader{ID: other, Recipient: p.Recipient})
	}
	f.Box, f.Drop, f.Day = report.Box, report.Drop, dropbox.Today(b.options.Now())
	if f.Kind == dropbox.Added {
		given := dropbox.Pass(report)
		if slices.Contains(report.StruckOff, f.Added) { // a program that does what none should: it leaves out that she struck him off
			given.StruckOff = nil
		}
		f.Roster, f.Readers, f.StruckOff, f.Passed = report.Roster, given.Readers, given.StruckOff, []dropbox.Passed{given}
	}
	p, err := dropbox.Sender{ID: id, Key: report.Key, Consent: report.Consent, SignIn: b.Advocates[id].Signin}.SealReply(f, her, to)
	if err != nil {
		return err
	}
	rand.Read(p.Sending[:])
	p.SetDigest()
	_, err = b.Store.Reply(ctx, id, p)
	return err
}
