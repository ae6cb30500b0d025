package web

import (
	"slices"
	"sync/atomic"
	"time"

	"tellbox/dropbox"
	"tellbox/keys"
)

// Roster is who reads here, as verified.
type Roster struct {
	*keys.Roster
	keyholders *keys.Keyholders
	chain      []byte
	receivers  []dropbox.Reader // advocates, then the ombudsperson
	people     []string         // ids of everyone in it
	persons    []person         // the same as pages show them
	vouchers   []voucher
	spoken     atomic.Pointer[minuteLines]
}

// OpenRoster verifies the keyholders' chain from its first generation, and the roster by its last.
func OpenRoster(keyholders, roster []byte, now time.Time) (*Roster, error) {
	kh, err := keys.OpenChain(keyholders)
	if err != nil {
		return nil, err
	}
	return openRoster(kh, keyholders, roster, now)
}

func openRoster(kh *keys.Keyholders, chain, signed []byte, now time.Time) (*Roster, error) {
	opened, err := keys.OpenRoster(signed, kh, now)
	if opened == nil {
		return nil, err
	}
	r := &Roster{Roster: opened, keyholders: kh, chain: chain}
	for _, reader := range opened.Receivers() {
		r.receivers = append(r.receivers, dropbox.Reader{ID: reader.ID, Recipient: reader.Recipient})
	}
	for _, p := range opened.Readers {
		r.people = append(r.people, p.ID)
		r.persons = append(r.persons, person{ID: p.ID, Name: p.Name, Org: p.Org, Role: string(p.Role), Statement: p.Statement, Languages: p.Languages,
			Fingerprint: p.Fingerprint(), Receives: p.Role.Receives()})
	}
	for _, k := range kh.Keyholders {
		r.vouchers = append(r.vouchers, voucher{k.Name, k.Fingerprint(), slices.Contains(opened.SignedBy, k.Name)})
	}
	return r, nil
}

// CheckRoster verifies a roster, and a keyholders chain if one is given, as successors of those in use.
func (s *Server) CheckRoster(keyholders, roster []byte) (*Roster, error) {
	now := s.roster.Load()
	kh, chain := now.keyholders, now.chain
	if len(keyholders) > 0 {
		next, err := keys.Follow(kh, keyholders)
		if err != nil {
			return nil, err
		}
		kh, chain = next, keyholders
	}
	next, err := openRoster(kh, chain, roster, s.Now())
	if err != nil {
		return nil, err
	}
	if next.Expired(s.Now()) {
		return nil, keys.ErrExpired
	}
	if err := now.Successor(next.Roster); err != nil {
		return nil, err
	}
	return next, nil
}

// UseRoster puts a checked roster into force.
func (s *Server) UseRoster(r *Roster) { s.roster.Store(r) }

// Chain is every generation of the keyholders file.
func (r *Roster) Chain() []byte { return r.chain }

// reader finds a receiver by id.
func (r *Roster) reader(id string) (dropbox.Reader, bool) {
	for _, c := range r.receivers {
		if c.ID == id {
			return c, true
		}
	}
	return dropbox.Reader{}, false
}

// name is what to call a reader on a page: his name, or his id if he is no longer in the roster.
func (r *Roster) name(id string) string {
	if reader, ok := r.Reader(id); ok {
		return reader.Name
	}
	return id
}

func (r *Roster) names(ids []string) []string {
	var out []string
	for _, id := range ids {
		out = append(out, r.name(id))
	}
	return out
}
