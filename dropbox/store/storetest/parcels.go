package storetest

import (
	"crypto/rand"

	"tellbox/dropbox"
)

// Envelope makes bytes of the shape of an envelope or line whose frame fills bucket: random, and nobody can open them.
func Envelope(bucket int) []byte {
	b := make([]byte, dropbox.EnvelopeSize(bucket))
	rand.Read(b)
	small := dropbox.Buckets[0]
	header := b[:dropbox.EnvelopeSize(small)-small-32] // what is left beside the nonce and one chunk's tag
	for i := range header {
		header[i] = 'A'
	}
	copy(header, "age-encryption.org/v1\n-> mlkem768x25519 ")
	copy(header[len(header)-49:], "\n--- ")
	header[len(header)-1] = '\n'
	if dropbox.CheckEnvelope(b) != nil {
		panic("storetest: the shape of envelopes has changed")
	}
	return b
}

// Random is a random locator, drop or sending number.
func Random() (h dropbox.Hex32) {
	rand.Read(h[:])
	return h
}

// Parcel makes a parcel of a new reporter: a line and an envelope to each reader, of the smallest bucket.
func Parcel(readers ...string) *dropbox.Parcel {
	p := &dropbox.Parcel{Roster: 1, Locator: Random()}
	p.Drop = dropbox.DropOf(p.Locator)
	return refill(p, readers...)
}

// More makes a further parcel by the reporter of p, under a sending number of its own.
func More(p *dropbox.Parcel, readers ...string) *dropbox.Parcel {
	return refill(&dropbox.Parcel{Roster: 1, Locator: p.Locator, Drop: p.Drop}, readers...)
}

// Answer makes a reply to the reporter of p, with copies to readers.
func Answer(p *dropbox.Parcel, readers ...string) *dropbox.Parcel {
	return refill(&dropbox.Parcel{Drop: p.Drop}, readers...)
}

// Withdrawal makes what takes p back, with a frame to each reader.
func Withdrawal(p *dropbox.Parcel, readers ...string) *dropbox.Parcel {
	w := More(p, readers...)
	w.Line = nil
	w.SetDigest()
	return w
}

func refill(p *dropbox.Parcel, readers ...string) *dropbox.Parcel {
	p.Sending = Random()
	p.Line = Envelope(dropbox.Buckets[0])
	for _, id := range readers {
		p.To = append(p.To, dropbox.Envelope{Reader: id, Sealed: Envelope(dropbox.Buckets[0])})
	}
	p.SetDigest()
	return p
}
