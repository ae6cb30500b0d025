package client

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"tellbox/dropbox"
)

// MailPage is how many of the largest envelopes fit in an answer, so how many may be asked for at once.
const MailPage = 15

// Mailbox is the server as one advocate signs in to it: every request bears a signature of its own.
type Mailbox struct {
	c   *Client
	id  string
	key ed25519.PrivateKey
	box dropbox.BoxID
	now func() time.Time
}

// SignIn makes the mailbox of the advocate with that id and sign-in key. It sends nothing. The server accepts signatures
// up to five minutes old or early by its clock; a refusal ("signature") brings its time.
func (c *Client) SignIn(id string, key ed25519.PrivateKey, box dropbox.BoxID, now func() time.Time) *Mailbox {
	return &Mailbox{c, id, key, box, now}
}

func (m *Mailbox) sign(method, uri string, body []byte) string {
	return dropbox.SignRequest(m.id, m.key, method, uri, body, m.now(), m.box)
}

// Mail fetches what came after cursor; "" is the beginning. A limit over MailPage is lowered to it.
func (m *Mailbox) Mail(ctx context.Context, cursor string, limit int) (dropbox.MailAnswer, error) {
	query := url.Values{"after": {cursor}, "limit": {strconv.Itoa(min(limit, MailPage))}}
	var a dropbox.MailAnswer
	return a, m.c.do(ctx, "fetching mail", request{method: http.MethodGet, uri: "mail?" + query.Encode(), limit: maxMail, as: m}, &a)
}

// Ack tells the server that this mail is safe on the advocate's disk: it will be deleted there in time.
func (m *Mailbox) Ack(ctx context.Context, ids []string) error {
	body, err := json.Marshal(dropbox.AckRequest{IDs: ids})
	if err != nil {
		return err
	}
	return m.c.do(ctx, "acknowledging mail", request{method: http.MethodPost, uri: "mail/ack", contentType: "application/json",
		body: body, limit: maxSmall, as: m}, nil)
}

// DeleteMail deletes one entry; found is false if the server has no such entry (any more).
func (m *Mailbox) DeleteMail(ctx context.Context, id string) (found bool, err error) {
	err = m.c.do(ctx, "deleting mail", request{method: http.MethodDelete, uri: "mail/" + url.PathEscape(id), limit: maxSmall, as: m}, nil)
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusNotFound && e.Token == "nothing-here" {
		return false, nil
	}
	return err == nil, err
}

// Reply hands over an advocate's reply, padded to the length it would have with all of receivers.
func (m *Mailbox) Reply(ctx context.Context, p *dropbox.Parcel, receivers []string) (dropbox.StoredAnswer, error) {
	var a dropbox.StoredAnswer
	r, err := parcelRequest("reply", p, receivers)
	if err != nil {
		return a, err
	}
	r.as = m
	if err = m.c.do(ctx, "replying", r, &a); err == nil {
		err = sent(a, p)
	}
	return a, err
}
