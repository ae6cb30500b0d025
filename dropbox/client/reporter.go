package client

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"

	"tellbox/dropbox"
)

// Send hands over what she sends. receivers are all ids of the roster that could have got an envelope: the parcel is
// padded to the length it would have with all of them. Sending the same parcel again is safe.
func (c *Client) Send(ctx context.Context, p *dropbox.Parcel, receivers []string) (dropbox.StoredAnswer, error) {
	var a dropbox.StoredAnswer
	r, err := parcelRequest("parcel?a", p, receivers) // the server takes no query: so that the head is as long as that of "withdraw"
	if err != nil {
		return a, err
	}
	if err = c.do(ctx, "sending", r, &a); err == nil {
		err = sent(a, p)
	}
	return a, err
}

// Pickup fetches her lines, which only she can open. Nothing there, taken back and over are one answer: nothing-here.
func (c *Client) Pickup(ctx context.Context, l dropbox.Locator) (dropbox.PickupAnswer, error) {
	var a dropbox.PickupAnswer
	return a, c.do(ctx, "looking for replies", request{method: http.MethodPost, uri: "pickup",
		contentType: "application/x-www-form-urlencoded", body: []byte(url.Values{"locator": {l.String()}}.Encode()), limit: maxPickup}, &a)
}

// Withdraw deletes her box and all mail nobody has been handed; p holds a withdrawn frame for every reader.
func (c *Client) Withdraw(ctx context.Context, p *dropbox.Parcel, receivers []string) (dropbox.WithdrawAnswer, error) {
	var a dropbox.WithdrawAnswer
	r, err := parcelRequest("withdraw", p, receivers)
	if err != nil {
		return a, err
	}
	return a, c.do(ctx, "taking it back", r, &a)
}

// parcelRequest holds the whole parcel in memory, 8 MB at most: what is signed must be known before it is sent.
func parcelRequest(uri string, p *dropbox.Parcel, receivers []string) (request, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := p.WriteMultipart(w, receivers); err != nil {
		return request{}, fmt.Errorf("sending: %w", err)
	}
	return request{method: http.MethodPost, uri: uri, contentType: w.FormDataContentType(), body: b.Bytes(), limit: maxSmall}, nil
}
